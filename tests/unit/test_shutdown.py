"""A finaliser may call every function while the interpreter shuts down; with the fake at the DLL seam, and on the real
Credential Manager (Wine's advapi32 too)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import wincred
from wincred import _dll

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
