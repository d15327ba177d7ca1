"""The inputs that are kept, a folder a target: those that reach new code, as the fuzzer found, and some by hand."""

from __future__ import annotations

import re
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path

from fuzzing.targets import TARGETS

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
CRASHES = CORPUS.with_name("crashes")

_HASH = re.compile("[0-9a-f]{40}")  # SHA-1, by which libFuzzer names a file


def list_inputs(name: str) -> list[Path]:
    """The files of the target *name*, in their order."""
    return sorted(path for path in (CORPUS / name).iterdir() if path.is_file())


def replace_inputs(name: str, minimised: Path) -> None:
    """Keep the files in *minimised*, and those that were written by hand, which have a name in words."""
    for path in list_inputs(name):
        if _HASH.fullmatch(path.name):
            path.unlink()
    shutil.copytree(minimised, CORPUS / name, dirs_exist_ok=True)


def replay(name: str) -> list[str]:
    """Try each input of the target *name*, in this process; what is lost."""
    try_input = TARGETS[name].load()
    return [fault for path in list_inputs(name) if (fault := _try(try_input, name, path))]


def _try(try_input: Callable[[bytes], None], name: str, path: Path) -> str:
    try:
        try_input(path.read_bytes())
    except Exception:
        return describe_fault(name, path, traceback.format_exc().strip().rpartition("\n")[2])
    return ""


def describe_fault(name: str, path: Path, reason: str) -> str:
    root = CORPUS.parents[1]
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{name}: {reason}; again by: python reliability/fuzz.py {name} {shown.as_posix()}"
