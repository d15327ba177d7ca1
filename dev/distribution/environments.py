"""The packages that dev/requirements/distribution.txt pins, and virtual environments with some of them."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from distribution.ours import ROOT
from distribution.run import run

PINS = ROOT / "dev/requirements/distribution.txt"


def fetch_packages(folder: Path) -> Path:
    """Download the pinned packages to *folder*; from here on, pip and build know of no other place."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--no-deps", "--require-hashes", "--requirement", str(PINS), "--dest", str(folder))
    os.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    return folder


def new_environment(folder: Path, *what: str) -> str:
    """The interpreter of a new virtual environment with *what* installed."""
    environment = Path(tempfile.mkdtemp(dir=folder))
    run(sys.executable, "-m", "venv", str(environment))
    python = str(environment / "bin" / "python")
    install(python, *what)
    return python


def install(python: str, *what: str) -> None:
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)
