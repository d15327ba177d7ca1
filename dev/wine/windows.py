"""A real Windows Python on Linux, under Wine: what must be tried on Windows is tried here.

    python dev/wine/windows.py build             make it in .windows/, or bring it up to date, and print where it is
    python dev/wine/windows.py pytest [ARGS...]  run the checkout's tests against the installed wheels
    python dev/wine/windows.py job               run the steps of the Windows job of .github/workflows/ci.yml
    python dev/wine/windows.py coder [ARGS...]   run the installed command
    python dev/wine/windows.py python [ARGS...]  run python.exe

Each first makes what is missing, damaged or out of date. Needs: apt-get install wine wine64 gcc-mingw-w64-x86-64-win32

The Windows Python has the version of the one that runs this, and imports the installed wheels, never a file in the
current folder or beside a script. WINDOWS_PYTHON=/path/to/python.exe names another one instead, which is left as it
is and runs in the Wine prefix of the environment. The exit code is the Windows process's. A terminal or a pipe is
passed through to it; anything else is copied through a pipe.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

assert sys.platform == "linux"  # mypy reads no further for another system

from bench import BENCH, HALF_MADE, ROOT, Bench, discard, named_bench, own_bench  # noqa: E402
from process import exit_on_signals, open_standard_handles, run, say  # noqa: E402

COMMANDS = {
    "pytest": ("-m", "pytest", "-p", "no:cacheprovider", "-c", "pyproject.toml"),
    "coder": ("-m", "coder_login"),
    "python": (),
}


def main(*arguments: str) -> int:
    match arguments:
        case ["build"]:
            with working_bench() as bench:
                print(bench.python)
            return 0
        case ["job"]:
            from job import run_job  # it reads YAML, for which alone there must be a library

            with working_bench() as bench:
                return run_job(bench)
        case [command, *rest] if command in COMMANDS:
            with working_bench() as bench:
                return run_python(bench, command, rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def run_python(bench: Bench, command: str, arguments: list[str]) -> int:
    if command == "pytest":
        os.chdir(ROOT)
    return run(bench.python, *COMMANDS[command], *arguments, environment=bench.environment)


@contextlib.contextmanager
def working_bench() -> Iterator[Bench]:
    """The bench, whole and up to date. Until the end others may use it, but nobody changes it."""
    BENCH.mkdir(exist_ok=True)
    with (BENCH / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        named = os.environ.get("WINDOWS_PYTHON")
        bench = named_bench(Path(named).absolute()) if named else own_bench()
        if bench.complaint():
            wait_for(lock)
            heal(bench)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield bench


def wait_for(lock: IO[str]) -> None:
    """Be alone on the bench."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting until other runs end, to bring the bench up to date")
        fcntl.flock(lock, fcntl.LOCK_EX)


def heal(bench: Bench) -> None:
    """Bring the bench up to date, and remove what this or an earlier, interrupted attempt left half-made."""
    try:
        bench.heal()
    finally:
        for leftover in BENCH.glob(f"{HALF_MADE}*"):
            discard(leftover)


if __name__ == "__main__":
    open_standard_handles()
    exit_on_signals()
    sys.exit(main(*sys.argv[1:]))
