"""One credential, read by a new process: by the binding, by its peers, and by as little as can read it."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator

from sessions import make_name, removed, temporary_directory

import wincred

Things = dict[str, tuple[str, ...]]
"""What a process does, and the interpreter's arguments for it."""

WINCRED = "first read, wincred"
PYWIN32_CTYPES, PYWIN32_CFFI = "first read, pywin32-ctypes with ctypes", "first read, pywin32-ctypes with cffi"
GET_PASSWORD, KEYRING_GET, KEYRING_GET_CTYPES = "`keyring.get_password`", "`keyring get`", "`keyring get`, without cffi"
FLOOR = "first read, the generated module alone"

USER, PASSWORD = "anna", "0123456789-abcdefghijklmnopqrstuv"

# pywin32-ctypes, which keyring uses too, takes cffi where it is installed; this is as where it is not.
WITHOUT_CFFI = "import sys; sys.modules['cffi'] = None; "
READ_PYWIN32 = "from win32ctypes.pywin32 import win32cred; win32cred.CredRead({!r}, win32cred.CRED_TYPE_GENERIC)"
RUN_KEYRING = "import runpy; runpy.run_module('keyring', run_name='__main__', alter_sys=True)"
READ_ALONE = """if True:
    import sys
    sys.path.insert(0, {!r})
    from _advapi32 import ffi
    found = ffi.new("CREDENTIALW **")
    assert ffi.dlopen("advapi32.dll").CredReadW(ffi.new("wchar_t[]", {!r}), 1, 0, found)
"""


@contextlib.contextmanager
def open_readers() -> Iterator[Things]:
    """All readers of one credential, which has gone in the end."""
    name = make_name()
    with removed(name), generated_module() as directory:
        wincred.write(name, PASSWORD.encode("utf-16-le"), user_name=USER)
        yield {
            WINCRED: ("-c", f"import wincred; wincred.read({name!r})"),
            PYWIN32_CTYPES: ("-c", WITHOUT_CFFI + READ_PYWIN32.format(name)),
            PYWIN32_CFFI: ("-c", READ_PYWIN32.format(name)),
            GET_PASSWORD: ("-c", f"import keyring; assert keyring.get_password({name!r}, {USER!r})"),
            KEYRING_GET: ("-m", "keyring", "get", name, USER),
            KEYRING_GET_CTYPES: ("-c", WITHOUT_CFFI + RUN_KEYRING, "get", name, USER),
            FLOOR: ("-c", READ_ALONE.format(directory, name)),
        }


@contextlib.contextmanager
def generated_module() -> Iterator[str]:
    """A folder with a copy of the generated module, to be imported without the package around it."""
    spec = importlib.util.find_spec("wincred._advapi32")
    assert spec is not None
    assert spec.origin is not None
    with temporary_directory() as directory:
        shutil.copy(spec.origin, directory)
        yield str(directory)


def find_missing(things: Things) -> dict[str, str]:
    """Those of *things* that need a program which is not installed, and which one."""
    needed = {PYWIN32_CTYPES: "win32ctypes", PYWIN32_CFFI: "win32ctypes"}
    needed |= dict.fromkeys((GET_PASSWORD, KEYRING_GET, KEYRING_GET_CTYPES), "keyring")
    modules = {name: module for name, module in needed.items() if name in things}
    return {name: f"{module} is not installed" for name, module in modules.items() if not is_installed(module)}


def is_installed(module: str) -> bool:
    return sys.platform == "win32" and importlib.util.find_spec(module) is not None
