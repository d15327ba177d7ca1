"""A program whose last object calls every function of wincred while the interpreter shuts down.

::

    finaliser.py PLACE STATE fake|real TARGET_NAME

PLACE is where the object lives, which decides when it goes; STATE is cold, or the call that was made before. It prints
what it did.
"""

from __future__ import annotations

import atexit
import builtins
import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import wincred
from wincred import _dll

_, PLACE, STATE, DLL, TARGET_NAME = sys.argv


def install_fake() -> None:
    """The fake in the place of the DLL, but with the declarations still imported at the first call."""
    sys.path.insert(0, os.path.dirname(__file__))
    from fake_advapi32 import FakeAdvapi32

    fake: Any = FakeAdvapi32()
    load_ffi = _dll.load_ffi
    _dll.is_supported = lambda: True
    _dll.load_advapi32 = lambda: fake
    _dll.last_error = lambda: fake.last_error()
    _dll.load_ffi = lambda: (load_ffi(), fake._heap)[1]
    _dll._import_ffi.cache_clear()
    del sys.modules["wincred._advapi32"]


def use_everything() -> list[object]:
    wincred.write(TARGET_NAME, b"secret", comment="c", attributes={})
    credential = wincred.read(TARGET_NAME)
    done: list[object] = [credential.blob, credential.last_written.year > 2000, "GENERIC: 1" in repr(credential)]
    done.append(len(wincred.enumerate(f"{TARGET_NAME}*")))
    wincred.delete(TARGET_NAME)
    try:
        wincred.read(TARGET_NAME)
    except wincred.NotFoundError as error:
        done.append(error.winerror == 1168)
    done.append(wincred.max_persist() >= wincred.Persist.SESSION)
    return done


def time_of(call: str) -> object:
    WARM_UP[call]()
    return wincred.read(TARGET_NAME).last_written


WARM_UP: dict[str, Callable[[], object]] = {
    "max_persist": wincred.max_persist,
    "enumerate": lambda: wincred.enumerate(f"{TARGET_NAME}*"),
    "time": lambda: time_of("write"),
    "write": lambda: wincred.write(TARGET_NAME, b"old", user_name="anna", attributes={"k": b"v"}),
}


class Last:
    """What goes at the end."""

    def __init__(self) -> None:
        self.itself: object = None

    def __del__(self, write: Any = os.write) -> None:
        try:
            told = repr(use_everything())
        except BaseException as error:  # nobody else would see it
            told = repr(error)
        write(1, told.encode())


def wait_with(_: Last) -> None:
    """Until the main thread has ended."""
    threading.main_thread().join(60)


def keep(last: Last) -> None:
    """Put *last* where it lives until the end."""
    match PLACE:
        case "global":
            globals()["last"] = last
        case "cycle":
            last.itself = last
        case "module":
            module = types.ModuleType("another")
            module.last = last  # type: ignore[attr-defined]  # it is made here
            sys.modules["another"] = module
        case "builtins":
            builtins.last = last  # type: ignore[attr-defined]  # it is made here
        case "atexit":
            atexit.register(lambda: last)
        case "thread":
            threading.Thread(target=wait_with, args=(last,)).start()


# The package itself must not run a second time: its state would be a second one, too. In a namespace of its own: a hook
# lives to the very end, and ours would keep what is to go.
HOOK = """
def tell_import(event, arguments):
    if event == "import" and arguments[0] == "wincred":
        write(2, b"wincred is imported again")
"""


def watch_imports() -> None:
    names: dict[str, Any] = {"write": os.write}
    exec(HOOK, names)
    sys.addaudithook(names["tell_import"])


if DLL == "fake":
    install_fake()
if STATE != "cold":
    WARM_UP[STATE]()
watch_imports()
keep(Last())
