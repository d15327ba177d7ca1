"""The folder in which what was checked is kept, to be released."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from distribution.run import check


def check_empty(folder: Path) -> None:
    """A file of an earlier build would be released with the others."""
    is_empty = not folder.exists() or not any(folder.iterdir())
    check(is_empty, f"{folder} is not empty: remove it, or name another folder")


def keep(files: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
