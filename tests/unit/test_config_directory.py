"""One file of the config directory at a time, without the pair and the lock above it; on the real file system."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from coder_login.sessionstore import FileError, LinkError
from coder_login.sessionstore import directory as config_module
from coder_login.sessionstore.directory import ConfigDirectory
from coder_login.sessionstore.file_errors import Action

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc of Linux")


@pytest.fixture
def config(tmp_path: Path) -> ConfigDirectory:
    """A directory with one file in it."""
    (tmp_path / "url").write_bytes(b"old")
    (tmp_path / "url").chmod(0o600)
    return ConfigDirectory(str(tmp_path))


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    """Of ours, which names it."""
    (tmp_path / "file").touch()
    with pytest.raises(FileError) as caught:
        ConfigDirectory(str(tmp_path / "file")).create()
    assert (caught.value.path, caught.value.action) == (tmp_path / "file", Action.MADE)


def test_a_directory_that_can_not_be_made_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason that the system gives, and not one that comes of it."""

    def refuse(path: str, mode: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(FileError, match=rf"^{re.escape(str(tmp_path / 'new'))} can't be made: Read-only file system$"):
        ConfigDirectory(str(tmp_path / "new")).create()


def test_a_file_that_is_there_is_staged_anew(config: ConfigDirectory, tmp_path: Path) -> None:
    """It is another file, not the old one with other bytes."""
    old = tmp_path / "old"
    old.hardlink_to(tmp_path / "url")
    config.stage("url", b"new")
    assert ((tmp_path / "url").read_bytes(), old.read_bytes()) == (b"new", b"old")


def test_what_is_flushed_to_the_disk_is_the_whole_file(
    config: ConfigDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one whose bytes are still on their way: after a power cut, an empty `session` would be the new one."""
    sizes, real = [], os.fsync

    def record(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    config.stage("session.new", b"token")
    assert sizes == [5]


@posix
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda config: config.rename("new", "url"), id="rename"),
        pytest.param(lambda config: config.remove("url"), id="remove"),
        pytest.param(lambda config: config.check_removable("url"), id="check-removable"),
        pytest.param(lambda config: config.check_writable("url", "new", 1), id="check-writable"),
    ],
)
def test_a_link_is_neither_replaced_nor_removed(
    config: ConfigDirectory, tmp_path: Path, change: Callable[[ConfigDirectory], object]
) -> None:
    """Whoever put it there wants the file elsewhere; whichever step meets it first."""
    config.stage("new", b"new")
    (tmp_path / "url").rename(tmp_path / "elsewhere")
    (tmp_path / "url").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LinkError):
        change(config)
    assert (tmp_path / "url").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"old"


def test_a_check_makes_the_directory(tmp_path: Path) -> None:
    """As the write would, which it stands for."""
    ConfigDirectory(str(tmp_path / "new")).check_writable("url", "staged", 1)
    assert list((tmp_path / "new").iterdir()) == []


@posix
def test_a_pipe_that_comes_after_the_check_keeps_nobody_waiting(
    config: ConfigDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is opened without waiting for a writer; an alarm ends the test where it is not."""
    if sys.platform == "win32":
        return
    import signal

    os.mkfifo(tmp_path / "session", 0o600)
    monkeypatch.setattr(config_module, "check_regular", lambda path: None)
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it waits"))
    signal.alarm(5)
    try:
        assert config.read_bytes("session") == b""
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@linux
@pytest.mark.parametrize("fails", [False, True], ids=["well", "badly"])
def test_no_change_leaves_a_file_open(config: ConfigDirectory, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    """Neither the file nor the directory that is flushed after it."""

    def refuse(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    before = os.listdir("/proc/self/fd")
    config.stage("new", b"new")
    if fails:
        monkeypatch.setattr(os, "fsync", refuse)
    config.rename("new", "url")
    config.remove("url")
    assert os.listdir("/proc/self/fd") == before


def test_a_busy_file_is_not_asked_for_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader who has it open needs the processor, too."""
    pauses: list[float] = []
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 60)
    monkeypatch.setattr(time, "sleep", pauses.append)
    answers = [PermissionError(), PermissionError(), None]

    def call() -> None:
        if answer := answers.pop(0):
            raise answer

    config_module._retry(call)
    assert pauses == [0.01, 0.01]


def test_a_removal_says_whether_there_was_a_file(config: ConfigDirectory) -> None:
    """A second one finds none, and that is no error."""
    assert config.remove("url") is True
    assert config.remove("url") is False


@pytest.mark.parametrize(
    ("look", "action"),
    [
        pytest.param(lambda config: config.check_removable("url"), Action.REMOVED, id="check-removable"),
        pytest.param(lambda config: config.last_changes("url"), Action.READ, id="last-changes"),
        pytest.param(lambda config: config.read_bytes("url"), Action.READ, id="read"),
        pytest.param(lambda config: config.remove("url"), Action.REMOVED, id="remove"),
    ],
)
def test_a_file_that_can_not_be_looked_at_is_an_error(
    config: ConfigDirectory, monkeypatch: pytest.MonkeyPatch, look: Callable[[ConfigDirectory], object], action: Action
) -> None:
    """Of ours, with what was to be done with it."""

    def refuse(path: str) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "lstat", refuse)
    with pytest.raises(FileError) as caught:
        look(config)
    assert caught.value.action is action
    assert isinstance(caught.value.__cause__, PermissionError)
