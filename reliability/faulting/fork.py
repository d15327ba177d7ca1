"""A process that has imported the command, and forks one for each run: that is ten times faster than a start.

    python fork.py

On standard input it takes one line of JSON for each run, and then an empty one when the run may begin; on standard
output it says the number of the process, and then how it ended, as `os.waitpid` does. What is tried is all that the
command does from `main` on to the end of the process.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
from pathlib import Path
from typing import NoReturn, TypedDict

import coder_login.__main__
from coder_login.sessionstore import keyring_store
from file_keyring import FileKeyring

_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)


class Job(TypedDict):
    """A run: the *words* after the program's name, the directory *root* of its standard streams and of its home, and
    whether it has a keyring."""

    words: list[str]
    root: str
    keyring: bool


def main() -> None:
    """Fork until the input ends; in a forked process, become the command."""
    if sys.platform == "win32":
        raise SystemExit("fork.py: this system does not fork")
    _import_all()
    gc.freeze()  # what is common stays common
    requests, answers = os.fdopen(os.dup(0)), os.dup(1)
    for line in requests:
        gate, opener = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(opener)
            requests.close()
            become_command(json.loads(line), gate, answers)
        os.close(gate)
        requests.readline()
        os.close(opener)
        _tell(answers, os.waitpid(child, 0)[1])


def _import_all() -> None:
    """What a run would import while it counts."""
    for module in pkgutil.walk_packages(coder_login.__path__, "coder_login."):
        if "windows" not in module.name and "testing" not in module.name:
            importlib.import_module(module.name)


def become_command(job: Job, gate: int, answers: int) -> NoReturn:
    """Be as the command is when it has just been started, and run it once *gate* ends."""
    # A debugger that is not our parent is refused by some systems.
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
    root = Path(job["root"])
    for number, (name, mode) in enumerate([("stdin", "rb"), ("stdout", "wb"), ("stderr", "wb")]):
        with (root / name).open(mode) as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(HOME=str(root), XDG_CONFIG_HOME=str(root / "config"), XDG_STATE_HOME=str(root / "state"))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a shell
    os.umask(0o022)
    if job["keyring"]:
        keyring = FileKeyring(root / "keyring")
        keyring_store.open_system_keyring = lambda: keyring  # type: ignore[attr-defined]  # a seam
    _tell(answers, os.getpid())
    select.select([gate], [], [])  # not a read, which strace would count or not
    os.close(gate)
    os.close(answers)
    coder_login.__main__.main(job["words"])


def _tell(answers: int, number: int) -> None:
    os.write(answers, b"%d\n" % number)


if __name__ == "__main__":
    main()
