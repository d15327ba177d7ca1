"""Who can read the files and their directory: the modes of POSIX."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from coder_login.sessionstore import FileStore, InsecureFileWarning
from stores import NEW, NEWER, OLD, TOKEN

pytest_plugins = ["store_fixtures"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    old = os.umask(mask)
    try:
        yield
    finally:
        os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777], ids=oct)
def test_modes_do_not_depend_on_the_umask(files: FileStore, directory: Path, mask: int) -> None:
    """0600 for files, 0700 for the directory and what had to be made above it."""
    with umask(mask):
        files.write(OLD, TOKEN)
    modes = {path.name: mode(path) for path in [directory.parent, *directory.parent.rglob("*")]}
    assert modes == {"parent": 0o700, "coderv2": 0o700, "url": 0o600, "session": 0o600, ".lock": 0o600}


def test_a_directory_is_private_from_the_start(files: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not made for all and closed afterwards."""
    modes = []
    real = os.mkdir

    def record(path: Any, mode: int = 0o777) -> None:
        modes.append(mode)
        real(path, mode)

    monkeypatch.setattr(os, "mkdir", record)
    files.write(OLD, TOKEN)
    assert {*modes} == {0o700}


@posix
def test_a_file_is_private_from_its_first_byte(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made with 0600, not closed to others later."""
    made = []
    real = os.fdopen

    def record(descriptor: int, kind: str) -> Any:
        if kind == "wb":
            made.append((os.fstat(descriptor).st_size, stat.S_IMODE(os.fstat(descriptor).st_mode)))
        return real(descriptor, kind)

    monkeypatch.setattr(os, "fdopen", record)
    with umask(0):
        logged_in.write(NEW, NEWER)
    assert made == [(0, 0o600)] * 4


@posix
def test_a_file_that_others_could_read_is_closed_by_the_next_write(logged_in: FileStore) -> None:
    """The new file takes the old one's place, not its mode."""
    logged_in.session_path.chmod(0o644)
    logged_in.write(OLD, NEWER)
    assert mode(logged_in.session_path) == 0o600


@posix
def test_an_existing_directory_keeps_its_mode(files: FileStore, directory: Path) -> None:
    """It may be shared on purpose."""
    directory.mkdir(parents=True)
    directory.chmod(0o750)
    files.write(OLD, TOKEN)
    assert mode(directory) == 0o750


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601], ids=oct)
def test_a_session_file_that_others_can_read_is_warned_of(logged_in: FileStore, mode: int) -> None:
    """The token is read all the same."""
    path = logged_in.session_path
    path.chmod(mode)
    with pytest.warns(InsecureFileWarning) as caught:
        assert logged_in.read(OLD) == TOKEN
    assert [str(warning.message) for warning in caught] == [f"other users can read {path}"]
