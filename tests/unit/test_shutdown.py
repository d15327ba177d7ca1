"""A finaliser may call every function while the interpreter shuts down; with the fake at the DLL seam, and on the real
Credential Manager (Wine's advapi32 too)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import _cffi_backend
import pytest

import wincred
from wincred import _dll, _late

PROGRAM = Path(__file__).parents[1] / "support" / "finaliser.py"
PLACES = ["global", "cycle", "module", "builtins", "atexit", "thread"]


@pytest.mark.parametrize("dll", ["fake", pytest.param("real", marks=pytest.mark.credential_manager)])
@pytest.mark.parametrize("state", ["cold", "max_persist", "enumerate", "write", "time"])
@pytest.mark.parametrize("place", PLACES)
def test_a_finaliser_may_call_everything(target_name: str, place: str, state: str, dll: str) -> None:
    """Wherever its object lives, and be it the first call of all: an import is not possible then by ordinary means."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), place, state, dll, target_name],
        stdin=subprocess.PIPE if sys.platform == "win32" else subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout.decode(), done.stderr.decode()) == ("[b'secret', True, True, 1, True, True]", "")
    assert done.returncode == 0


ALONE = f"""
import sys
sys.path[:0] = [{str(Path(wincred.__file__).parents[1])!r}, {str(Path(_cffi_backend.__file__).parent)!r}]
import wincred
from wincred import _dll

class DLL:
    def CredWriteW(self, struct, flags):
        self.count = struct.AttributeCount
        return 1

    def CredReadW(self, name, type, flags, found):
        self.struct = _dll.load_ffi().new("CREDENTIALW *")
        self.struct.Type, self.struct.Flags = 1, 2
        found[0] = self.struct
        return 1

    def CredGetSessionTypes(self, count, strongest):
        strongest[1] = 3
        return 1

    def CredFree(self, block):
        pass

class Last:
    def __del__(self, dll=DLL(), write=sys.stdout.write):
        _dll.is_supported = lambda: True
        _dll.load_advapi32 = lambda: dll
        try:
            wincred.write("x", b"", attributes={{"k": b"v"}})
            attributes = wincred.Attributes({{"k": b"v"}})
            credential = wincred.read("x")
            told = (dll.count, len(attributes), wincred.max_persist(), credential)
        except BaseException as error:
            told = error
        write(repr(told))

last = Last()
"""


def test_a_finaliser_of_a_program_that_has_imported_nothing_else() -> None:
    """No other module keeps alive what ours need, such as the classes between a dict and a Mapping."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE],
        stdin=subprocess.PIPE if sys.platform == "win32" else subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout.decode(), done.stderr.decode()) == (
        "(1, 1, <Persist.ENTERPRISE: 3>, Credential(target_name='', type=<CredentialType.GENERIC: 1>, user_name=None, "
        "comment=None, persist=<Persist.NONE: 0>, last_written=datetime.datetime(1601, 1, 1, 0, 0, "
        "tzinfo=datetime.timezone.utc), target_alias=None, flags=<CredentialFlags.PROMPT_NOW: 2>))",
        "",
    )


def test_what_is_left_of_the_modules_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much there is depends on the version of Python: here all that one could meet."""
    modules = {"gone": None, "re": re}
    for name in ("meta_path", "path", "path_hooks", "path_importer_cache"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "modules", modules)
        _late._revive()
    assert modules.keys() == {"re", "sys", "wincred"}
    assert modules["re"] is re
    assert modules["sys"] is sys


def test_no_time_is_made_by_a_timedelta() -> None:
    """CPython 3.13 and later crash at one while the interpreter shuts down; older ones would not show it."""
    modules = [path.read_text(encoding="utf-8") for path in Path(wincred.__file__).parent.glob("*.py")]
    assert not [
        module for module in modules if re.search(r"^from datetime import .*timedelta|timedelta\(", module, re.M)
    ]


def test_cffi_is_told_of_every_type_at_once() -> None:
    """One that it met first while the interpreter shuts down would not fit the functions."""
    modules = [path.read_text(encoding="utf-8") for path in Path(wincred.__file__).parent.glob("*.py")]
    made = {declaration for module in modules for declaration in re.findall(r"\.new\(\"(.*?)\"", module)}
    assert made == set(_dll.DECLARATIONS)
