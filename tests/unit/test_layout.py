"""The C structures are wincred.h's, and the generated module is what build_ffi.py makes; with no DLL."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import cast

import pytest

import wincred
from wincred import _dll

BUILDER = Path(__file__).parents[2] / "build_ffi.py"

# From wincred.h: the offset with pointers of 8 bytes, then of 4.
CREDENTIALW = {
    "Flags": (0, 0),
    "Type": (4, 4),
    "TargetName": (8, 8),
    "Comment": (16, 12),
    "LastWritten": (24, 16),
    "CredentialBlobSize": (32, 24),
    "CredentialBlob": (40, 28),
    "Persist": (48, 32),
    "AttributeCount": (52, 36),
    "Attributes": (56, 40),
    "TargetAlias": (64, 44),
    "UserName": (72, 48),
}
CREDENTIAL_ATTRIBUTEW = {"Keyword": (0, 0), "Flags": (8, 4), "ValueSize": (12, 8), "Value": (16, 12)}
FILETIME = {"dwLowDateTime": (0, 0), "dwHighDateTime": (4, 4)}
STRUCTS = {"CREDENTIALW": CREDENTIALW, "CREDENTIAL_ATTRIBUTEW": CREDENTIAL_ATTRIBUTEW, "FILETIME": FILETIME}


def by_pointer_size(sizes: tuple[int, int]) -> int:
    """The one of *sizes* that holds here."""
    return sizes[{8: 0, 4: 1}[_dll.load_ffi().sizeof("void *")]]


@pytest.mark.parametrize(
    ("struct", "sizes"),
    [("CREDENTIALW", (80, 52)), ("CREDENTIAL_ATTRIBUTEW", (24, 16)), ("FILETIME", (8, 8))],
    ids=STRUCTS,
)
def test_a_struct_has_the_size_of_windows(struct: str, sizes: tuple[int, int]) -> None:
    """80 and 24 bytes on a 64-bit system, 52 and 16 on 32-bit Windows."""
    assert _dll.load_ffi().sizeof(struct) == by_pointer_size(sizes)


@pytest.mark.parametrize(
    ("struct", "field", "offsets"),
    [
        pytest.param(struct, field, offsets, id=f"{struct}-{field}")
        for struct, fields in STRUCTS.items()
        for field, offsets in fields.items()
    ],
)
def test_a_field_lies_where_windows_has_it(struct: str, field: str, offsets: tuple[int, int]) -> None:
    """The offset in bytes."""
    assert _dll.load_ffi().offsetof(struct, field) == by_pointer_size(offsets)


@pytest.mark.parametrize(("struct", "fields"), STRUCTS.items(), ids=STRUCTS)
def test_a_struct_has_no_other_field(struct: str, fields: dict[str, tuple[int, int]]) -> None:
    """Those of wincred.h, in its order."""
    assert [name for name, _ in _dll.load_ffi().typeof(struct).fields or ()] == list(fields)


@pytest.mark.parametrize(
    "protocol", [_dll.CREDENTIALW, _dll.CREDENTIAL_ATTRIBUTEW, _dll.FILETIME], ids=lambda protocol: protocol.__name__
)
def test_a_protocol_has_the_fields_of_its_struct(protocol: type) -> None:
    """mypy knows each field by the name and the kind of type that the C declaration gives it."""
    fields = _dll.load_ffi().typeof(protocol.__name__).fields or ()
    types = {"primitive": "int", "pointer": "CData", "struct": "FILETIME"}
    assert list(protocol.__annotations__.items()) == [(name, types[field.type.kind]) for name, field in fields]


def test_a_misspelt_field_is_refused() -> None:
    """By cffi, and before that by mypy, which would find the ignore below unused."""
    struct = cast("_dll.CREDENTIALW", _dll.load_ffi().new("CREDENTIALW *"))
    with pytest.raises(AttributeError, match="CredentialBlobsize"):
        struct.CredentialBlobsize = 1  # type: ignore[attr-defined]  # the point


def test_the_generated_module_is_fresh(tmp_path: Path) -> None:
    """What build_ffi.py makes today is, byte for byte, the module in use."""
    spec = importlib.util.spec_from_file_location("build_ffi", BUILDER)
    assert spec is not None
    assert spec.loader is not None
    build_ffi = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_ffi)
    build_ffi.emit(tmp_path / "_advapi32.py")
    in_use = Path(wincred.__file__).with_name("_advapi32.py")
    assert (tmp_path / "_advapi32.py").read_bytes() == in_use.read_bytes()
