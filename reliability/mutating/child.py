"""A run of tests in a child of its own, with a limit of time, memory and room for files; nothing is left running.

It runs in the folder `tree` of its bench, and can change no file outside of that bench.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

assert sys.platform == "linux"

SET_CHILD_SUBREAPER = 36  # prctl(2)
DESTRUCTIVE = {"os.chmod", "os.chown", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}
MEMORY, FILE_SIZE = 4 << 30, 64 << 20  # bytes that a mutant may use, and write into one file


def become_reaper() -> None:
    """Let every process that loses its parent become ours."""
    ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run_in_child(work: Callable[[], int], seconds: float) -> int | None:
    """The exit code that *work* gives; None when it was not done after *seconds*, its own or the processor's."""
    child = os.fork()
    if not child:
        _be_child(work, int(seconds) + 1)
    code = _wait(child, seconds)
    _kill_children()
    return code


def _be_child(work: Callable[[], int], seconds: int) -> None:
    code = 3
    try:
        sys.addaudithook(partial(_refuse_outside, os.path.dirname(os.getcwd())))
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _refuse_outside(folder: str, event: str, arguments: tuple[Any, ...]) -> None:
    """Raise for a change of what is not in *folder*: a mutant can make the superuser close the root directory."""
    if event in DESTRUCTIVE and isinstance(arguments[0], str | os.PathLike):
        path = os.path.abspath(os.fspath(arguments[0]))
        if not path.startswith(f"{folder}{os.sep}"):
            raise PermissionError(f"{event} outside of {folder}: {path}")


def _wait(child: int, seconds: float) -> int | None:
    handle = os.pidfd_open(child)
    in_time = select.select([handle], [], [], seconds)[0]
    os.close(handle)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if in_time and code != -signal.SIGXCPU else None


def _kill_children() -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while pids := [int(word) for word in children.read_text().split()]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
