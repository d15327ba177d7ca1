"""New processes of this interpreter, and what they take: seconds, CPU seconds, and memory at its peak."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

from samples import Measure, Samples, interleave

BARE = "`python -c pass`"

# What would change what is measured: whoever runs this has a session and settings of their own.
LEFT_OUT = ("CODER_", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH", "PYTHONUNBUFFERED", "PYTHON_KEYRING_BACKEND")

# A small process, which starts another and says what that one took. What a process starts has at first its memory,
# which counts: ours is larger than what is measured.
LAUNCHER = """if True:
    import os, sys
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ, file_actions=quiet)
    _, status, taken = os.wait4(process, 0)
    print(taken.ru_utime + taken.ru_stime, taken.ru_maxrss)
    sys.exit(os.waitstatus_to_exitcode(status))
"""

# On Windows the process itself asks for its count: Wine knows no other's.
REPORTER = """if True:
    import atexit, os, runpy, sys, time
    atexit.register(lambda: os.write(2, str(time.process_time()).encode()))
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def clean_environment() -> dict[str, str]:
    """This environment without what would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(LEFT_OUT)}


def read_output(*arguments: str) -> bytes:
    """The output of the interpreter with *arguments*, read from a pipe as by an editor; installed modules only.

    Raises CalledProcessError when it fails: the time of what does not work says nothing.
    """
    return _run(arguments, stdout=subprocess.PIPE, stderr=None).stdout


def read_errors(*arguments: str) -> bytes:
    """As `read_output`, what it says on standard error."""
    return _run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr


def _run(arguments: tuple[str, ...], *, stdout: int | None, stderr: int | None) -> subprocess.CompletedProcess[bytes]:
    environment, place = clean_environment() | {"PYTHONSAFEPATH": "1"}, tempfile.gettempdir()
    nothing = subprocess.DEVNULL
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=place, env=environment, stdin=nothing, stdout=stdout, stderr=stderr, check=True)


def wall_time(*arguments: str) -> Measure:
    """The seconds from the start of the process to its end."""

    def measure() -> float:
        start = time.perf_counter()
        read_output(*arguments)
        return time.perf_counter() - start

    return measure


def cpu_time(module: str, *arguments: str) -> Measure:
    """The CPU seconds, the user's and the system's, of a process that runs *module*."""
    if sys.platform == "win32":
        return lambda: float(read_errors("-c", REPORTER, module, *arguments))
    return lambda: float(_launch("-m", module, *arguments)[0])


def cpu_time_of(code: str) -> Measure:
    """Likewise, of a process that runs *code*."""
    if sys.platform == "win32":
        report = "import os, time; os.write(2, str(time.process_time()).encode())"
        return lambda: float(read_errors("-c", f"{code}\n{report}"))
    return lambda: float(_launch("-c", code)[0])


def peak_memory(*arguments: str) -> Measure:
    """The bytes of memory of the process at its peak; not on Windows."""
    size = 1 if sys.platform == "darwin" else 1024
    return lambda: float(_launch(*arguments)[1]) * size


def _launch(*arguments: str) -> list[bytes]:
    return read_output("-I", "-S", "-c", LAUNCHER, *arguments).split()


def measure_starts(things: Mapping[str, tuple[str, ...]], rounds: int) -> dict[str, Samples]:
    """The seconds of a process with the arguments of each of *things*, over those of a bare interpreter, the first."""
    starts = {name: wall_time(*arguments) for name, arguments in things.items()}
    taken = interleave({BARE: wall_time("-c", "pass"), **starts}, rounds)
    return {f"{BARE}, in all": taken[BARE]} | {name: taken[name].minus(taken[BARE]) for name in things}
