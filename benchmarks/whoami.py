"""The CPU time of `coder whoami`, which asks a stand-in deployment on loopback."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from children import clean_environment, cpu_time, cpu_time_of
from samples import interleave
from sessions import session_directory, temporary_directory
from table import MILLISECONDS, Comparison, Table, Target

STAND_IN = Path(__file__).resolve().parents[1] / "tests/support/deployment.py"
PATIENCE = 60  # seconds
WHOAMI, VERSION = "CPU of `coder whoami`", "CPU of `coder version`"
BARE = "CPU of `python -c pass`"
LIBRARIES = "CPU of `import click, http.client`"
COARSE = "Windows counts the CPU time of a process in steps: of 16 ms, Wine of 10 ms."


def measure_whoami(rounds: int) -> Table:
    with open_deployment() as (url, token), session_directory(url, token) as directory:
        things = {
            VERSION: cpu_time("coder_login", "version"),
            WHOAMI: cpu_time("coder_login", "--global-config", directory, "whoami"),
            BARE: cpu_time_of("pass"),
            LIBRARIES: cpu_time_of("import click, http.client"),
        }
        samples = interleave(things, rounds)
    comparisons = (
        Comparison(WHOAMI, VERSION, Target(high=0.060), difference=True),
        Comparison(LIBRARIES, BARE, difference=True),
    )
    notes = (COARSE,) if sys.platform == "win32" else ()
    return Table("Network", MILLISECONDS, samples, comparisons, notes=notes)


@contextlib.contextmanager
def open_deployment() -> Iterator[tuple[str, str]]:
    """The URL and a token of a stand-in deployment, a process of its own, which is stopped in the end."""
    with temporary_directory() as directory:
        ready = directory / "ready"
        command = [sys.executable, str(STAND_IN), "--ready-file", str(ready)]
        nothing = subprocess.DEVNULL
        # It imports what lies beside it.
        process = subprocess.Popen(command, env=clean_environment(), stdin=nothing, stdout=nothing)
        try:
            facts = dict(line.split(": ") for line in wait_for(ready, process).splitlines())
            yield facts["url"], facts["token"]
        finally:
            process.kill()
            process.wait(PATIENCE)


def wait_for(file: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the stand-in deployment does not start")
        time.sleep(0.05)
    return file.read_text(encoding="utf-8")
