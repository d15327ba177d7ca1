"""Making a directory that nobody else can look into."""

from __future__ import annotations

import os
import stat
import sys


def make_private(directory: str) -> None:
    """Make *directory* and what is missing above it, each for its owner alone whatever the umask. Raises OSError."""
    try:
        _make_private(directory)
    except FileNotFoundError:
        # Each once: a name that is too long for Windows, or one in /proc, is not found however often it is tried.
        for missing in [*_find_parents(directory), directory]:
            _make_private(missing)


def _find_parents(directory: str) -> list[str]:
    """What is above *directory*, the root first."""
    parents: list[str] = []
    while (parent := os.path.dirname(directory)) not in ("", directory):
        parents.insert(0, parent)
        directory = parent
    return parents


def _make_private(directory: str) -> None:
    try:
        os.mkdir(directory, 0o700)
    except OSError:
        # Some systems name another reason than that it exists already, as for the root of a drive.
        if not _is_directory(directory):
            raise
    else:
        if sys.platform != "win32":
            os.chmod(directory, 0o700)


def _is_directory(path: str) -> bool:
    """Unlike `os.path.isdir`, which says no when it can't be known. Raises OSError then."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except FileNotFoundError:
        return False
