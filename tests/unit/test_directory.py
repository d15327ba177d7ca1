"""The config directory: where it is, what is no file of ours in it, and files that others have open."""

from __future__ import annotations

import contextlib
import copy
import errno
import ntpath
import os
import pickle
import posixpath
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from unittest import mock

import platformdirs
import pytest
from coder_login.sessionstore import (
    FileError,
    FileStore,
    ForeignFileError,
    InsecureDirectoryWarning,
    InsecureFileWarning,
    KeyringStore,
    LeftoverFileWarning,
    LinkError,
    NoConfigDirectoryError,
    StoreUnavailableError,
    UntrustedFileError,
)
from coder_login.sessionstore import directory as config_module
from coder_login.sessionstore.directory import MAX_FILE_SIZE, find_default_directory
from coder_login.sessionstore.file_checks import is_absolute
from coder_login.sessionstore.file_errors import Action
from stores import (
    FILE_OPERATIONS,
    NEW,
    NEW_FILES,
    NEWER,
    OLD,
    OLD_FILES,
    SERVICE,
    STAGED,
    TOKEN,
    SharedKeyring,
    content,
    write_other,
)

pytest_plugins = ["store_fixtures"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the directories of XDG")
windows = pytest.mark.skipif(sys.platform != "win32", reason="sharing of Windows")


@posix
def test_a_relative_directory_where_there_is_no_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error of the store; elsewhere a relative one is named absolutely."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert FileStore(Path("x")).place == f"the file {gone / 'x' / 'session'}"
    gone.rmdir()
    with pytest.raises(FileError, match=r"^x can't be resolved: No such file or directory$") as caught:
        FileStore(Path("x")).read(OLD)
    assert isinstance(caught.value.__cause__, FileNotFoundError)


# What is no file of ours.


def link(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    elsewhere.write_bytes(OLD_FILES[path.name])
    path.symlink_to(elsewhere)


def dangling_link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "elsewhere")


def pipe(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


def bytes_of(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def state(directory: Path) -> dict[str, object]:
    """What everything in it is; a link by where it leads."""
    return {
        str(path): path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        for path in directory.rglob("*")
        if path.name != ".lock"
    }


@pytest.mark.parametrize(
    ("make", "found"),
    [
        pytest.param(link, "is a link", id="link", marks=posix),
        pytest.param(dangling_link, "is a link", id="dangling-link", marks=posix),
        pytest.param(pipe, "is not a file", id="pipe", marks=posix),
        pytest.param(Path.mkdir, "is not a file", id="directory"),
        pytest.param(bytes_of(b"hunter2\0"), "is not UTF-8 text", id="nul"),
        pytest.param(bytes_of("hunter2".encode("utf-16")), "is not UTF-8 text", id="utf-16"),
        pytest.param(bytes_of(b"hunter2\xff"), "is not UTF-8 text", id="not-utf-8"),
        pytest.param(bytes_of(b"x" * (MAX_FILE_SIZE + 1)), "has more than 65536 bytes", id="too-large"),
    ],
)
@pytest.mark.parametrize("name", ["session", "url"])
def test_what_is_no_file_of_ours_is_refused_and_left_alone(
    logged_in: FileStore, directory: Path, name: str, make: Callable[[Path], object], found: str
) -> None:
    """By every operation: a link can lead a token astray, and a pipe can keep us waiting. Nothing of it is shown."""
    path = directory / name
    path.unlink()
    make(path)
    before = state(directory.parent)
    for operation in FILE_OPERATIONS.values():
        with pytest.raises(LinkError if found == "is a link" else ForeignFileError) as caught:
            operation(logged_in)
        assert caught.value.message == f"{path} {found}"
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
        assert state(directory.parent) == before


def test_a_large_file_is_read_only_as_far_as_a_token_or_a_url_can_go(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest that is read has 64 KiB."""
    pieces = []
    real = os.read

    def record(descriptor: int, size: int) -> bytes:
        pieces.append(size)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", record)
    logged_in.session_path.write_bytes(TOKEN.encode().ljust(65536))
    assert logged_in.read(OLD) == TOKEN
    assert max(pieces) == 65537


def test_a_file_that_comes_in_pieces_is_read_whole(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a file system over a network: half a URL would be another deployment's."""
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, min(size, 5)))
    assert (logged_in.current(), logged_in.read(OLD)) == (OLD, TOKEN)


def test_a_file_that_is_taken_in_pieces_is_written_whole(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a file system over a network."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, piece: real(descriptor, piece[:5]))
    logged_in.write(NEW, NEWER)
    assert content(logged_in) == NEW_FILES


@pytest.fixture
def opened(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The descriptors that are open of those that were opened in the test, once the session was stored."""
    opened, real_open, real_close = set(), os.open, os.close

    def record_open(*arguments: Any) -> int:
        descriptor = real_open(*arguments)
        opened.add(descriptor)
        return descriptor

    def record_close(descriptor: int) -> None:
        opened.discard(descriptor)
        real_close(descriptor)

    monkeypatch.setattr(os, "open", record_open)
    monkeypatch.setattr(os, "close", record_close)
    return opened


@pytest.mark.parametrize("problem", ["write", "fsync"])
def test_a_file_that_can_not_be_written_is_closed(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, opened: set[int], problem: str
) -> None:
    """On Windows nobody could remove it any more."""

    def refuse(*arguments: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, problem, refuse)
    with pytest.raises(StoreUnavailableError):
        logged_in.write(NEW, NEWER)
    assert opened == set()


@pytest.mark.parametrize("problem", [None, "read", "too-large"])
def test_a_file_that_was_read_is_closed(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, opened: set[int], problem: str | None
) -> None:
    """Also one that can't be read, or believed: on Windows nobody could replace it any more."""

    def refuse(*arguments: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    if problem == "too-large":
        logged_in.session_path.write_bytes(b"x" * (MAX_FILE_SIZE + 1))
    if problem == "read":
        monkeypatch.setattr(os, "read", refuse)
    with contextlib.suppress(StoreUnavailableError):
        logged_in.read(OLD)
    assert opened == set()


def test_an_error_without_words_of_the_system_is_told_in_its_own(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left untold."""
    monkeypatch.setattr(os, "read", mock.Mock(side_effect=OSError("an odd disk")))
    with pytest.raises(StoreUnavailableError, match=r"can't be read: an odd disk$"):
        logged_in.read(OLD)


@pytest.mark.parametrize("call", ["open", "write"])
def test_a_file_that_cannot_be_made_is_an_error(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """As on a disk that is full; the old pair stays."""

    def refuse(*args: object, **kwargs: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    if call == "write":
        monkeypatch.setattr(os, "write", refuse)
    else:
        real = os.open
        monkeypatch.setattr(
            os, "open", lambda path, flags, mode=0: (refuse if flags & os.O_EXCL else real)(path, flags, mode)
        )
    with pytest.raises(StoreUnavailableError, match=r"\.url\.new can't be written: No space left on device"):
        logged_in.write(NEW, NEWER)
    assert content(logged_in) == OLD_FILES


@posix
@pytest.mark.parametrize("name", STAGED)
def test_a_link_at_a_staged_name_leads_nowhere(logged_in: FileStore, directory: Path, name: str) -> None:
    """It is removed; what it leads to is neither written nor removed."""
    elsewhere = directory.parent / "elsewhere"
    elsewhere.write_bytes(b"content")
    (directory / name).symlink_to(elsewhere)
    logged_in.write(NEW, NEWER)
    assert content(logged_in) == NEW_FILES
    assert elsewhere.read_bytes() == b"content"


@posix
def test_a_link_that_comes_after_the_check_is_not_followed(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses it too."""
    (directory / "session").unlink()
    (directory / "session").symlink_to(directory / "url")
    monkeypatch.setattr(config_module, "check_regular", lambda path: None)
    with pytest.raises(StoreUnavailableError, match="session can't be read"):
        logged_in.read(OLD)


@pytest.mark.parametrize("before", [OLD_FILES, {}], ids=["a-session", "nothing"])
@pytest.mark.parametrize("name", STAGED)
def test_a_directory_at_a_staged_name_is_an_error_before_anything_changes(
    files: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: dict[str, bytes]
) -> None:
    """Even where nothing would be staged: what could not be cleaned up is said beforehand, not afterwards."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0)
    write_other(files, before)
    (directory / name).mkdir()
    for operation in ("switch", "check", "delete") if before else ("switch", "check"):
        with pytest.raises(StoreUnavailableError, match="can't be removed"):
            FILE_OPERATIONS[operation](files)
    (directory / name).rmdir()
    assert content(files) == before


# On Windows a reader only delays a change.


@pytest.fixture
def busy_file(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """`url` can't be replaced, as on Windows while a reader has it open: so many times."""
    left, real = [0], os.replace

    def replace(source: Path, target: Path) -> None:
        if left[0] and Path(target).name == "url":
            left[0] -= 1
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    return left


def test_a_busy_file_only_delays_a_change(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, busy_file: list[int]
) -> None:
    """As the timeout allows."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 2)
    busy_file[0] = 5
    logged_in.write(NEW, NEWER)
    assert content(logged_in) == NEW_FILES


def test_a_file_that_stays_busy_is_an_error(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, busy_file: list[int]
) -> None:
    """After the timeout, with the old pair in its place."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0.1)
    busy_file[0] = 1_000_000
    start = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="The process cannot access the file"):
        logged_in.write(NEW, NEWER)
    assert 0.1 <= time.monotonic() - start < 2
    assert content(logged_in) == OLD_FILES


@posix
def test_elsewhere_nothing_is_tried_again(logged_in: FileStore, busy_file: list[int]) -> None:
    """A permission that is missing is missing."""
    busy_file[0] = 1
    with pytest.raises(StoreUnavailableError, match="The process cannot access the file"):
        logged_in.write(NEW, NEWER)


@windows
@pytest.mark.parametrize("name", ["session", "url"])
def test_on_windows_an_open_file_only_delays_a_change(logged_in: FileStore, directory: Path, name: str) -> None:
    """For as long as the timeout is, until its reader closes it."""
    assert config_module.REPLACE_TIMEOUT == 2
    file = (directory / name).open("rb")
    closer = threading.Timer(0.3, file.close)
    closer.start()
    logged_in.write(NEW, NEWER)
    closer.join(20)
    assert content(logged_in) == NEW_FILES


@windows
@pytest.mark.parametrize("name", ["session", "url"])
def test_on_windows_a_file_that_stays_open_leaves_the_old_pair(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And says so."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0.2)
    with (directory / name).open("rb"), pytest.raises(StoreUnavailableError):
        logged_in.write(NEW, NEWER)
    assert content(logged_in) == OLD_FILES


# The directory itself.


@posix
@pytest.mark.usefixtures("_settled")
def test_a_config_directory_may_be_reached_through_links(tmp_path: Path) -> None:
    """Many a home directory is."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    FileStore(tmp_path / "link").write(OLD, TOKEN)
    assert FileStore(tmp_path / "real").read(OLD) == TOKEN


@posix
def test_a_config_directory_that_is_a_dangling_link_is_an_error(tmp_path: Path) -> None:
    """Nothing is made where it leads."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StoreUnavailableError):
        FileStore(tmp_path / "link").write(OLD, TOKEN)
    assert not (tmp_path / "real").exists()


@pytest.mark.parametrize(
    ("number", "operations"),
    [
        pytest.param(errno.EACCES, FILE_OPERATIONS, id="not-searchable"),
        pytest.param(errno.ENAMETOOLONG, FILE_OPERATIONS, id="too-long"),
        pytest.param(errno.ENOENT, ["write", "check", "naming"], id="never-found"),
    ],
)
def test_a_directory_that_cannot_be_looked_at_is_an_error(
    files: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, number: int, operations: Iterable[str]
) -> None:
    """One of ours, whichever call meets it first. Too long a name on Windows, or one in /proc, is never found."""

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(path, int) and directory in [Path(path), *Path(path).parents]:
                raise OSError(number, os.strerror(number))
            return real(path, *args, **kwargs)

        return call

    for method in ("stat", "lstat", "mkdir", "open"):
        monkeypatch.setattr(os, method, refusing(getattr(os, method)))
    for operation in operations:
        with pytest.raises(StoreUnavailableError, match=os.strerror(number)):
            FILE_OPERATIONS[operation](files)


def test_a_directory_that_may_be_there_is_not_said_to_be_in_the_way(
    files: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It exists, so that it can't be made, and its disk does not say what it is: that is the reason."""
    directory.mkdir(parents=True)
    real = os.stat

    def fail(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        if path == str(directory):
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", fail)
    with pytest.raises(FileError) as caught:
        files.write(OLD, TOKEN)
    assert caught.value.message == f"{directory} can't be made: Input/output error"


# Where it is.


@pytest.fixture
def _no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "USERPROFILE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize("value", [None, "", "relative", "."], ids=["unset", "empty", "relative", "dot"])
def test_no_home_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """Which names the variable; nothing is made in the working directory."""
    variable = "APPDATA" if sys.platform == "win32" else "HOME"
    if value is not None:
        monkeypatch.setenv(variable, value)
    with pytest.raises(NoConfigDirectoryError) as caught:
        FileStore().current()
    assert caught.value.message == f"the config directory is not known: {variable} is not set to an absolute path"
    assert caught.value.variable == variable


@linux
@pytest.mark.usefixtures("_no_home")
def test_a_relative_xdg_directory_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The specification calls it invalid, and the Go client would take it all the same."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    with pytest.raises(NoConfigDirectoryError, match="XDG_CONFIG_HOME is not set to an absolute path"):
        find_default_directory()


@linux
@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize(("xdg", "expected"), [(None, ".config"), ("", ".config"), ("xdg", "xdg")])
def test_the_default_directory_is_the_go_clients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, xdg: str | None, expected: str
) -> None:
    """Below XDG_CONFIG_HOME, else below the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    if xdg is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / xdg) if xdg else "")
    assert Path(find_default_directory()) == tmp_path / expected / "coderv2"


@pytest.mark.usefixtures("_no_home")
def test_the_default_directory_on_macos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the Go client looks, which minds no XDG_CONFIG_HOME there; played on every system."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert Path(find_default_directory()) == tmp_path / "Library" / "Application Support" / "coderv2"


@linux
@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize("home", ["/home/anna", "/", "/home//anna/", "/home/../anna", "//home/anna"])
@pytest.mark.parametrize("xdg", [None, "", " ", "\t", "/xdg", "/xdg/", "/x//d/../g/.", "//xdg", "/~", "/with space"])
def test_the_default_directory_is_the_one_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, home: str, xdg: str | None
) -> None:
    """Which knows the specification, and costs a start more than all else."""
    monkeypatch.setenv("HOME", home)
    if xdg is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", xdg)
    assert Path(find_default_directory()) == platformdirs.user_config_path("coderv2")


@pytest.mark.parametrize("system", [pytest.param(ntpath, id="windows"), pytest.param(posixpath, id="posix")])
@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "x",
        "x/y",
        "/",
        "/x",
        "//x/y",
        "\\x",
        "\\\\server\\share",
        "\\\\server\\share\\x",
        "C:",
        "C:x",
        "C:\\",
        "C:/x",
        "~/x",
    ],
)
def test_an_absolute_path_is_what_pathlib_calls_one(monkeypatch: pytest.MonkeyPatch, system: Any, path: str) -> None:
    """A path of the drive that happens to be the current one is none, whichever Python this is."""
    monkeypatch.setattr("coder_login.sessionstore.file_checks.os.path", system)
    monkeypatch.setattr("coder_login.sessionstore.file_checks.sys.platform", "win32" if system is ntpath else "linux")
    expected = PureWindowsPath(path) if system is ntpath else PurePosixPath(path)
    assert is_absolute(path) is expected.is_absolute()


class Named:
    """Something that names a path, and is none."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __fspath__(self) -> str:
        return self._path


@pytest.mark.parametrize("kind", [str, Path, Named])
def test_a_directory_is_named_by_text_or_by_a_path(
    directory: Path, tmp_path: Path, kind: Callable[[Path], str | os.PathLike[str]]
) -> None:
    """And so is the file of a keyring's lock; what names a file afterwards is a path."""
    store = FileStore(kind(directory))
    store.write(OLD, TOKEN)
    assert (store.read(OLD), store.session_path) == (TOKEN, directory / "session")
    assert isinstance(store.session_path, Path)
    keyring = KeyringStore(SERVICE, provider=SharedKeyring(), lock_path=kind(tmp_path / "new" / "lock"))
    keyring.write(OLD, TOKEN)
    assert (keyring.read(OLD), (tmp_path / "new" / "lock").is_file()) == (TOKEN, True)


@pytest.mark.parametrize(
    "problem",
    [
        FileError("/x/session", Action.READ, "it is broken"),
        FileError(Path("/x/session"), Action.READ, "it is broken"),
        UntrustedFileError("/x/session"),
        InsecureFileWarning("/x/session"),
        InsecureDirectoryWarning(Path("/x/session")),
        LeftoverFileWarning("/x/session"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_what_is_wrong_with_a_file_has_its_path(problem: FileError) -> None:
    """Also after a pickle or a copy."""
    for same in (problem, pickle.loads(pickle.dumps(problem)), copy.copy(problem)):
        assert (type(same), str(same), same.path) == (type(problem), str(problem), Path("/x/session"))
        assert isinstance(same.path, Path)


@linux
@pytest.mark.usefixtures("_no_home")
def test_an_empty_directory_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As an empty variable is; the working directory is named by a dot."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    found = [FileStore(directory).session_path.parent for directory in (None, "", ".", Path())]
    assert found == [tmp_path / "home" / ".config" / "coderv2"] * 2 + [tmp_path] * 2


@windows
def test_the_default_directory_of_windows_is_below_appdata(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As for the Go client."""
    monkeypatch.setenv("APPDATA", str(tmp_path))
    assert FileStore().session_path == tmp_path / "coderv2" / "session"
