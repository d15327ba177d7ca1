"""The C structures are wincred.h's, and the generated module is what build_ffi.py makes; with no DLL."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import cast

import pytest

import wincred
from wincred import _dll, _protocols

BUILDER = Path(__file__).parents[2] / "build_ffi.py"

# From wincred.h: the size, and each field's offset in order, with pointers of 8 bytes, then of 4.
SIZES = {"CREDENTIALW": (80, 52), "CREDENTIAL_ATTRIBUTEW": (24, 16), "FILETIME": (8, 8)}
OFFSETS = {
    "CREDENTIALW": {
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
    },
    "CREDENTIAL_ATTRIBUTEW": {"Keyword": (0, 0), "Flags": (8, 4), "ValueSize": (12, 8), "Value": (16, 12)},
    "FILETIME": {"dwLowDateTime": (0, 0), "dwHighDateTime": (4, 4)},
}


@pytest.mark.parametrize("struct", SIZES)
def test_a_struct_lies_in_memory_as_windows_has_it(struct: str) -> None:
    """The size, the names of all fields, and the offset of each."""
    ffi = _dll.load_ffi()
    pointer = {8: 0, 4: 1}[ffi.sizeof("void *")]
    assert ffi.sizeof(struct) == SIZES[struct][pointer]
    assert [(name, field.offset) for name, field in ffi.typeof(struct).fields or ()] == [
        (name, offsets[pointer]) for name, offsets in OFFSETS[struct].items()
    ]


@pytest.mark.parametrize(
    "protocol",
    [_protocols.CREDENTIALW, _protocols.CREDENTIAL_ATTRIBUTEW, _protocols.FILETIME],
    ids=lambda protocol: protocol.__name__,
)
def test_a_protocol_has_the_fields_of_its_struct(protocol: type) -> None:
    """mypy knows each field by the name and the kind of type that the C declaration gives it."""
    fields = _dll.load_ffi().typeof(protocol.__name__).fields or ()
    types = {"primitive": "int", "pointer": "CData", "struct": "FILETIME"}
    assert list(protocol.__annotations__.items()) == [(name, types[field.type.kind]) for name, field in fields]


def test_every_function_of_the_protocol_is_looked_for() -> None:
    """When the DLL is opened, and none beside them."""
    assert [name for name in vars(_protocols.Advapi32) if name.startswith("Cred")] == list(_dll.FUNCTIONS)


def test_a_misspelt_field_is_refused() -> None:
    """By cffi, and before that by mypy, which would find the ignore below unused."""
    struct = cast("_protocols.CREDENTIALW", _dll.load_ffi().new("CREDENTIALW *"))
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
