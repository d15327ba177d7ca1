"""Runs of the command in processes that `fork` makes, each under strace where it is to have a fault."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from faulting.fork import Job

TIME_LIMIT = 20.0
"""Seconds after which a run hangs."""

_SUPPORT = Path(__file__).resolve().parents[2] / "tests/support"


class Forks:
    """The process that forks, while it is entered; *root* has the standard streams of every run."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Self:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_SUPPORT), "PYTHONHASHSEED": "0"}
        program = [sys.executable, "-P", str(Path(__file__).with_name("fork.py"))]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(program, env=environment, stdin=pipe, stdout=pipe, text=True, cwd="/")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, words: list[str], *, has_keyring: bool, tracing: Sequence[str]) -> tuple[int | None, str]:
        """The exit code, -N for signal N, None for a run that had to be ended; and the log of strace with the options
        *tracing*, if there are any."""
        job: Job = {"words": words, "root": str(self._root), "keyring": has_keyring}
        self._tell(json.dumps(job))
        child, log = int(self._hear()), self._root / "log"
        if not tracing:
            return self._finish(child), ""
        with _attach(child, log, tracing) as tracer:
            code = self._finish(child)
            tracer.communicate()
        return code, log.read_text(errors="replace")

    def _finish(self, child: int) -> int | None:
        """Let it run; its exit code, None when it had to be ended."""
        end = threading.Timer(TIME_LIMIT, _kill, [child])
        end.start()
        start = time.monotonic()
        self._tell("")
        status = int(self._hear())
        end.cancel()
        return None if time.monotonic() - start >= TIME_LIMIT else os.waitstatus_to_exitcode(status)

    def _tell(self, line: str) -> None:
        print(line, file=self._process.stdin, flush=True)

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def check_strace() -> None:
    """Raise SystemExit where a process can't be traced."""
    if shutil.which("strace") is None:
        raise SystemExit("reliability/prove.py: faults needs strace: apt-get install strace")


def _attach(child: int, log: Path, tracing: Sequence[str]) -> subprocess.Popen[str]:
    words = ["strace", "-f", "-y", "-o", str(log), *tracing, "-p", str(child)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    said = _read_line(tracer.stderr)
    if "attached" not in said:
        _kill(child)
        raise SystemExit(f"reliability/prove.py: faults needs strace to be let trace a process: {said.strip()}")
    return tracer


def _read_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def _kill(process: int) -> None:
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
