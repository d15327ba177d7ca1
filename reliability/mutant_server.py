"""The process that runs tests for the mutants: it has imported what is not ours, and forks a child for each run.

Started by `mutant_bench` in a copy of the tree. A line of standard input is a request, a line of standard output its
answer, both in JSON. Whatever a run leaves running is killed before the answer.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from pathlib import Path

import hypothesis
import pytest
from mutant_plugin import Chosen

# Each costs a run a while, and nothing of ours is in it.
for _name in ("cffi", "click", "trustme", "platformdirs", "hypothesis.strategies", "http.server", "ssl"):
    importlib.import_module(_name)

LOG, ANSWER = Path("mutant.log"), Path("mutant.json")
OPTIONS = ["-q", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
SET_CHILD_SUBREAPER = 36  # prctl(2)
MEMORY, FILE_SIZE = 4 << 30, 64 << 20  # bytes that a mutant may use, and write into one file


def main() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans become ours
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def run(request: dict[str, object]) -> dict[str, object]:
    """Run the tests of *request* in a child: its exit code, or None when the time was over, and what it has noted."""
    ANSWER.unlink(missing_ok=True)
    start = time.monotonic()
    child = os.fork()
    if not child:
        _be_child(request)
    code = _wait(child, float(str(request["seconds"])))
    _kill_children()
    noted = json.loads(ANSWER.read_text()) if ANSWER.exists() else {}
    return {"code": code, "seconds": time.monotonic() - start, **noted}


def _wait(child: int, seconds: float) -> int | None:
    if not select.select([os.pidfd_open(child)], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == -signal.SIGXCPU else code


def _kill_children() -> None:
    """Those of the run, too: each that loses its parent becomes ours."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while pids := [int(word) for word in children.read_text().split()]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _be_child(request: dict[str, object]) -> None:
    code = 3
    try:
        os.setsid()
        _redirect()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
        cpu = int(float(str(request["seconds"])))  # a busy machine gives fewer
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        code = _run_tests(request)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _redirect() -> None:
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)


def _run_tests(request: dict[str, object]) -> int:
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no time is spent on a smaller example
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("mutants")
    chosen = Chosen(**request["chosen"], answer=ANSWER)  # type: ignore[arg-type]  # as the bench has sent it
    return int(pytest.main([*OPTIONS, *(["-x"] if chosen.tests else []), *chosen.files], plugins=[chosen]))


if __name__ == "__main__":
    main()
