"""What a start costs: the modules that `import wincred` and a first read load, and no other.

On Windows (Wine's advapi32 too) the read is of the real Credential Manager, elsewhere of a DLL that answers at once.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import _cffi_backend
import pytest

import wincred

OURS = {"_api", "_checks", "_dll", "_late", "_marshal", "credential", "errors"}
BY_IMPORT = {
    "wincred",
    *(f"wincred.{name}" for name in OURS),
    "__future__",
    "_collections_abc",  # which a start with site-packages has loaded already
}
BY_READ = {*BY_IMPORT, "wincred._advapi32", "_cffi_backend"}

IMPORT = f"""
import sys
sys.path[:0] = [{str(Path(wincred.__file__).parents[1])!r}, {str(Path(_cffi_backend.__file__).parent)!r}]
import wincred
"""
REAL_READ = """
wincred.write(sys.argv[1], b"secret", user_name="anna", comment="made by a test")
credential = wincred.read(sys.argv[1])
"""
FAKE_READ = """
from wincred import _dll

class DLL:
    def CredReadW(self, name, type, flags, found):
        found[0] = struct
        return 1

    def CredFree(self, block):
        pass

    def CredDeleteW(self, name, type, flags):
        return 0

_dll.last_error = lambda: (1168, "Element not found.")
_dll.is_supported = lambda: True
_dll.load_advapi32 = DLL
ffi = _dll.load_ffi()
struct, texts = ffi.new("CREDENTIALW *"), [ffi.new("wchar_t[]", text) for text in ("example.com", "anna")]
struct.Type, struct.Persist, (struct.TargetName, struct.UserName) = 1, 2, texts
blob = ffi.new("uint8_t[]", b"secret")
struct.CredentialBlob, struct.CredentialBlobSize = blob, 6
credential = wincred.read("example.com")
"""
FIND_NOTHING = """
try:
    wincred.delete("wincred-test-that-nobody-stores")
except wincred.NotFoundError as error:
    assert str(error).startswith("deleting the generic credential 'wincred-test-that-nobody-stores': "), error
else:
    raise AssertionError
"""
SHOW = """
assert (credential.blob, credential.user_name) == (b"secret", "anna"), credential
"""


def loaded_by(program: str, *arguments: str) -> set[str]:
    """What a new Python without site-packages has loaded after *program*."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{program}\nimport sys\nprint(*sys.modules)", *arguments],
        stdin=subprocess.PIPE if sys.platform == "win32" else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """What a Python that does nothing has loaded."""
    return loaded_by("")


def complain(heavy: set[str]) -> str:
    return (
        f"each start now waits for {', '.join(sorted(heavy))} too: import it in the function that needs it (see "
        "wincred/_late.py), do without it, or, if there is no other way, add it to the lists in this test"
    )


def test_an_import_loads_no_other_module(bare: set[str]) -> None:
    """Neither `enum` nor `typing`, `re`, `functools` or `datetime`, and no cffi."""
    loaded = loaded_by(IMPORT)
    assert "wincred._api" in loaded
    assert not (heavy := loaded - bare - BY_IMPORT), complain(heavy)


def test_a_first_read_loads_no_other_module(bare: set[str], target_name: str) -> None:
    """The declarations and cffi's own module; the time and the enums of a credential wait until they are asked for."""
    read = REAL_READ if wincred.is_supported() else FAKE_READ
    loaded = loaded_by(IMPORT + read + SHOW, target_name)
    assert {"wincred._advapi32", "_cffi_backend"} <= loaded
    assert not (heavy := loaded - bare - BY_READ), complain(heavy)


def test_to_find_no_credential_loads_no_other_module(bare: set[str], target_name: str) -> None:
    """The error names the type without its enum."""
    read = REAL_READ if wincred.is_supported() else FAKE_READ
    loaded = loaded_by(IMPORT + read + FIND_NOTHING, target_name)
    assert not (heavy := loaded - bare - BY_READ), complain(heavy)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("wincred.Persist", id="attribute"),
        pytest.param("from wincred import CredentialType", id="from-import"),
        pytest.param("import typing; typing.get_type_hints(wincred.read)", id="type-hints"),
    ],
)
def test_the_enums_are_imported_when_they_are_asked_for(asked: str) -> None:
    """And are found as every other name is."""
    assert {"enum", "wincred._enums"} <= loaded_by(f"{IMPORT}\n{asked}")
