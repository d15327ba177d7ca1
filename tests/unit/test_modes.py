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
from coder_login.sessionstore import (
    FileStore,
    InsecureDirectoryWarning,
    InsecureFileWarning,
    UntrustedFileError,
    file_checks,
)
from coder_login.sessionstore.private_directory import make_private
from stores import FILE_OPERATIONS, NEW, NEWER, OLD, TOKEN, content

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
    real = os.open

    def record(path: str, flags: int, mode: int = 0o777) -> int:
        descriptor = real(path, flags, mode)
        if flags & os.O_EXCL:
            made.append((os.fstat(descriptor).st_size, stat.S_IMODE(os.fstat(descriptor).st_mode)))
        return descriptor

    monkeypatch.setattr(os, "open", record)
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


def hand_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let *path* belong to another user, or us be another one: who that is."""
    if sys.platform == "win32":
        raise NotImplementedError
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 54321, -1)
        return 54321
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    return owner


@posix
@pytest.mark.parametrize("operation", FILE_OPERATIONS)
@pytest.mark.parametrize("name", ["url", "session"])
def test_what_another_user_owns_is_not_believed(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, operation: str
) -> None:
    """He can have written another deployment's URL into it: nothing is read, kept beside it, or changed."""
    before = content(logged_in)
    owner = hand_over(directory / name, monkeypatch)
    with pytest.raises(UntrustedFileError) as caught:
        FILE_OPERATIONS[operation](logged_in)
    foreign = {"url", "session"} if owner != 54321 else {name}  # where we are the other user, both are
    assert caught.value.path in {directory / file for file in foreign}
    assert caught.value.message == f"{caught.value.path} belongs to another user (uid {owner})"
    assert caught.value.owner == owner
    assert content(logged_in) == before


@posix
@pytest.mark.parametrize("operation", FILE_OPERATIONS)
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666], ids=oct)
@pytest.mark.parametrize("name", ["url", "session"])
def test_what_another_user_can_write_is_not_believed(
    logged_in: FileStore, directory: Path, name: str, mode: int, operation: str
) -> None:
    """As if he owned it; the words say what is wrong."""
    before = content(logged_in)
    (directory / name).chmod(mode)
    with pytest.raises(UntrustedFileError) as caught:
        FILE_OPERATIONS[operation](logged_in)
    assert caught.value.message == f"{directory / name} can be written by other users"
    assert caught.value.owner is None
    assert content(logged_in) == before


@posix
def test_it_is_the_opened_file_that_is_looked_at(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one in its place, by the time of the look, says nothing of what is read."""
    trusted = (directory / "session").read_bytes()
    (directory / "session").chmod(0o666)
    real = os.open

    def swap(path: str, *arguments: Any) -> int:
        descriptor = real(path, *arguments)
        if os.path.basename(path) == "session":
            os.unlink(path)
            os.close(real(path, os.O_WRONLY | os.O_CREAT, 0o600))
            Path(path).write_bytes(trusted)
        return descriptor

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(UntrustedFileError):
        logged_in.read(OLD)


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root can give a file away")
def test_what_the_superuser_owns_is_believed(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """He could change ours just as well: an administrator's `url` is a good one."""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert logged_in.read(OLD) == TOKEN


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="only root can give a file away")
def test_what_is_ours_is_believed_whoever_we_are(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a user who is not the superuser; nobody else's is then."""
    for path in [*directory.iterdir()]:
        hand_over(path, monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert logged_in.read(OLD) == TOKEN
    monkeypatch.setattr(os, "geteuid", lambda: 54322)
    with pytest.raises(UntrustedFileError):
        logged_in.read(OLD)


@posix
@pytest.mark.parametrize("mode", [0o770, 0o777, 0o702], ids=oct)
def test_a_directory_that_others_can_write_is_warned_of(logged_in: FileStore, directory: Path, mode: int) -> None:
    """Once, and the session is read all the same: a container's empty volume is such a directory."""
    directory.chmod(mode)
    again = FileStore(directory)
    with pytest.warns(InsecureDirectoryWarning) as caught:
        assert (again.read(OLD), again.current()) == (TOKEN, OLD)
    assert [str(warning.message) for warning in caught] == [f"other users can write the directory {directory}"]


@posix
def test_a_directory_of_another_user_is_warned_of(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mode lets him in whenever he likes."""
    hand_over(directory, monkeypatch)
    with pytest.warns(InsecureDirectoryWarning):
        assert FileStore(directory).place == f"the file {directory / 'session'}"


@posix
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o1777], ids=oct)
def test_a_directory_where_others_can_remove_nothing_is_not_warned_of(
    logged_in: FileStore, directory: Path, mode: int
) -> None:
    """In one with the sticky bit, as /tmp has it, each user removes his own files only."""
    directory.chmod(mode)
    assert FileStore(directory).read(OLD) == TOKEN


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o601], ids=oct)
def test_a_session_file_that_others_can_read_is_warned_of(logged_in: FileStore, mode: int) -> None:
    """The token is read all the same."""
    path = logged_in.session_path
    path.chmod(mode)
    with pytest.warns(InsecureFileWarning) as caught:
        assert logged_in.read(OLD) == TOKEN
    assert [str(warning.message) for warning in caught] == [f"other users can read {path}"]
    assert [warning.filename for warning in caught] == [__file__], "it is told of the call that reads"


# On Windows, which has no such modes and owners; played, for each system.


@pytest.mark.parametrize(
    ("system", "owner", "mode", "ours", "is_open"),
    [
        ("win32", 54321, 0o100666, True, False),
        ("linux", 54321, 0o100666, False, True),
        ("linux", 0, 0o100644, True, False),
    ],
)
def test_modes_and_owners_say_nothing_on_windows(
    monkeypatch: pytest.MonkeyPatch, system: str, owner: int, mode: int, ours: bool, is_open: bool
) -> None:
    """Each file has the mode 0666 there, or 0444, and the owner 0."""
    found = os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))
    monkeypatch.setattr(os, "geteuid", lambda: 1, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    assert (file_checks.is_ours(found), file_checks.is_open(found)) == (ours, is_open)


@pytest.mark.parametrize(("system", "modes"), [("win32", []), ("linux", [0o700])])
def test_a_directory_has_no_mode_on_windows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, modes: list[int]
) -> None:
    """To set one there would only take or leave the mark of a directory that can't be removed."""
    seen: list[int] = []
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(os, "chmod", lambda path, mode: seen.append(mode))
    make_private(str(tmp_path / "new"))
    assert ((tmp_path / "new").is_dir(), seen) == (True, modes)
