"""Directories for the targets that need files: in memory where that is to be had, and gone in the end."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

VARIABLE = "FUZZ_SCRATCH"
"""Names the directory of a whole run to its child processes, which the fuzzer ends without a last word."""

_MEMORY = "/dev/shm"


@cache
def find_scratch(name: str) -> Path:
    """The directory of the target *name* in this process."""
    directory = make_scratch(name)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def make_scratch(name: str) -> Path:
    """A new directory, which the caller removes. A write asks for its file on the disk, and memory is faster."""
    parent = os.environ.get(VARIABLE) or (_MEMORY if sys.platform == "linux" and os.path.isdir(_MEMORY) else None)
    return Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-", dir=parent))
