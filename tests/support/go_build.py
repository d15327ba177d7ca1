"""Building the Go program of docs/examples with the Go compiler of this machine; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from child import Child
from stored_forms import EXAMPLES

SOURCE = EXAMPLES / "read_session_go"
TIMEOUT = 240
"""Seconds: a new cache has none of Go's own packages for another system."""


def require_go() -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")


def build_go(folder: Path, *options: str, system: str = "") -> Path:
    """The program, for this *system* as Go names it, else for the one we run on; Go's own files lie in *folder*."""
    suffix = ".exe" if "windows" in (system, run_go(folder, "env", "GOOS").decode().strip()) else ""
    program = folder / f"read_session{suffix}"
    run_go(folder, "vet", ".", system=system)
    run_go(folder, "build", "-buildvcs=false", f"-o={program}", *options, ".", system=system)
    return program


def run_go(folder: Path, *arguments: str, system: str = "") -> bytes:
    """The output of the go command, with no setting but ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_"))}
    own = {"GOCACHE": str(folder / "go-cache"), "GOPATH": str(folder / "go-path"), "GOENV": "off"}
    own |= {"GOOS": system, "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    pipe = subprocess.PIPE
    command = ["go", *arguments]
    with Child(command, cwd=SOURCE, env=kept | own, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as process:
        output, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors.decode()
    return output
