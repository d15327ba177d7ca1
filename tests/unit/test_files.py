"""The session in plaintext files: modes, links, the order of every step, and whose token it is."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import (
    FileError,
    FileStore,
    ForeignFileError,
    InsecureFileWarning,
    LinkError,
    NoConfigDirectoryError,
    OriginMismatchError,
    RestoreError,
    SessionNotFoundError,
    SessionStoreError,
    StoreLockedError,
    StoreUnavailableError,
    URLFileError,
)
from coder_login.sessionstore import directory as config_module
from coder_login.sessionstore import lock as lock_module
from coder_login.sessionstore import pair as pair_module
from coder_login.sessionstore.directory import ConfigDirectory, default_directory

OLD = DeploymentURL.parse("https://old.example.com")
NEW = DeploymentURL.parse("https://new.example.com:8443/base")
HTTP = DeploymentURL.parse("http://old.example.com")
OLD_TOKEN = "0123456789-oldoldoldoldoldoldoldol"
NEW_TOKEN = "9876543210-newnewnewnewnewnewnewne"
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes of POSIX")
windows = pytest.mark.skipif(sys.platform != "win32", reason="sharing of Windows")


class BodyError(Exception):
    pass


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "coderv2"


@pytest.fixture
def store(directory: Path) -> FileStore:
    return FileStore(directory)


@pytest.fixture
def logged_in(store: FileStore, directory: Path) -> FileStore:
    """A store with a session of OLD."""
    store.write(OLD, OLD_TOKEN)
    return store


def content(directory: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != ".lock"}


OLD_FILES = {"url": str(OLD).encode(), "session": OLD_TOKEN.encode()}
NEW_FILES = {"url": str(NEW).encode(), "session": NEW_TOKEN.encode()}


def write_other(directory: Path, files: dict[str, bytes]) -> None:
    """As another client would, without the lock."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
        (directory / name).chmod(0o600)


def go_logout(directory: Path) -> None:
    (directory / "session").unlink()
    (directory / "url").unlink()


# What is written.


def test_the_files_hold_the_url_and_the_raw_token(store: FileStore, directory: Path) -> None:
    """Normalised, with its base path; no line end, and nothing else beside them."""
    store.write(DeploymentURL.parse("HTTPS://New.example.com:8443/base/"), NEW_TOKEN)
    assert content(directory) == NEW_FILES
    assert store.current() == NEW


@pytest.mark.parametrize(
    ("url", "session"),
    [
        pytest.param(b"https://old.example.com", b"0123456789-oldoldoldoldoldoldoldol", id="exact"),
        pytest.param(
            b" https://OLD.example.com:443/\r\n", b"\t0123456789-oldoldoldoldoldoldoldol\r\n", id="white-space"
        ),
        pytest.param(b"old.example.com\n", b"0123456789-oldoldoldoldoldoldoldol\n", id="no-scheme"),
        pytest.param(b"https://old.example.com/base", b"0123456789-oldoldoldoldoldoldoldol", id="base-path"),
    ],
)
def test_what_other_clients_wrote_is_read(store: FileStore, directory: Path, url: bytes, session: bytes) -> None:
    """White space around it is trimmed."""
    write_other(directory, {"url": url, "session": session})
    assert (store.read(OLD), store.deployments()) == (OLD_TOKEN, [OLD])


def test_a_login_replaces_both(logged_in: FileStore, directory: Path) -> None:
    """Nothing of the other deployment is left, nor of the change."""
    logged_in.write(NEW, NEW_TOKEN)
    assert content(directory) == NEW_FILES


def test_a_write_leaves_the_organization(logged_in: FileStore, directory: Path) -> None:
    """It belongs to other clients, whatever we write."""
    write_other(directory, {"organization": b"org"})
    logged_in.write(NEW, NEW_TOKEN)
    with logged_in.naming(OLD):
        pass
    assert content(directory) == {"url": OLD_FILES["url"], "organization": b"org"}


def test_a_logout_removes_the_organization_too(logged_in: FileStore, directory: Path) -> None:
    """Nothing but the lock is left."""
    write_other(directory, {"organization": b"org"})
    logged_in.delete(OLD)
    assert content(directory) == {}


# The order of every step.


class Steps:
    """Every change of a file, in order; and a failure at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self._fail_at: tuple[str, BaseException] | None = None
        for module, name in [(os, "replace"), (os, "unlink"), (os, "fsync")]:
            monkeypatch.setattr(module, name, self._recorded(name, getattr(module, name)))

    def fail(self, step: str, error: BaseException) -> None:
        self._fail_at = (step, error)

    def _recorded(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step = " ".join([name, *(Path(arg).name for arg in args if not isinstance(arg, int))])
            if self._fail_at and self._fail_at[0] == step:
                raise self._fail_at[1]
            if name != "unlink" or Path(args[0]).exists():
                self.taken.append(step)
            return real(*args, **kwargs)

        return call


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def visible(steps: Steps) -> list[str]:
    """The steps that another client can see."""
    return [step for step in steps.taken if step != "fsync" and not step.startswith("unlink .")]


def test_a_switch_removes_the_session_first_and_writes_it_last(logged_in: FileStore, steps: Steps) -> None:
    """So that no reader takes one deployment's token for the other's."""
    logged_in.write(NEW, NEW_TOKEN)
    assert visible(steps) == ["unlink session", "replace .url.new url", "replace .session.new session"]


def test_a_new_token_of_the_same_deployment_is_swapped_in(logged_in: FileStore, steps: Steps) -> None:
    """There is never a moment without a session."""
    logged_in.write(OLD, NEW_TOKEN)
    assert visible(steps) == ["replace .url.new url", "replace .session.new session"]


def test_a_session_without_a_url_is_removed_first(store: FileStore, directory: Path, steps: Steps) -> None:
    """Nobody knows whose it is."""
    write_other(directory, {"session": OLD_TOKEN.encode()})
    store.write(NEW, NEW_TOKEN)
    assert visible(steps)[0] == "unlink session"


def test_a_logout_removes_the_session_first(logged_in: FileStore, directory: Path, steps: Steps) -> None:
    """Then what names the deployment."""
    write_other(directory, {"organization": b"org"})
    logged_in.delete(OLD)
    assert visible(steps) == ["unlink session", "unlink url", "unlink organization"]


@pytest.mark.parametrize("name", ["url", "organization"])
def test_a_logout_that_fails_has_removed_the_token(
    logged_in: FileStore, directory: Path, steps: Steps, name: str
) -> None:
    """As on Windows while an editor has the other file open; what is left holds no secret."""
    write_other(directory, {"organization": b"org"})
    steps.fail(f"unlink {name}", PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(StoreUnavailableError, match=f"{name} can't be removed: Permission denied"):
        logged_in.delete(OLD)
    assert "session" not in content(directory)
    assert name in content(directory)


@posix
def test_what_is_renamed_is_on_disk_first(logged_in: FileStore, steps: Steps) -> None:
    """Each of the four staged files is flushed before the first rename, and the directory after each change."""
    logged_in.write(NEW, NEW_TOKEN)
    flushed = [step for step in steps.taken if not step.startswith("unlink .")]
    assert flushed == [
        *["fsync"] * 4,
        *["unlink session", "fsync"],
        *["replace .url.new url", "fsync"],
        *["replace .session.new session", "fsync"],
    ]


@posix
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP], ids=["invalid", "not-supported"])
def test_a_file_system_that_flushes_no_directories_will_do(
    store: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The files themselves are flushed all the same."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store.write(OLD, OLD_TOKEN)
    store.write(NEW, NEW_TOKEN)
    assert content(directory) == NEW_FILES
    store.delete(NEW)
    assert content(directory) == {}


FAILURES = [
    pytest.param(OSError(errno.ENOSPC, "No space left on device"), StoreUnavailableError, id="disk-full"),
    pytest.param(OSError(errno.EROFS, "Read-only file system"), StoreUnavailableError, id="read-only"),
    pytest.param(OSError(errno.EIO, "Input/output error"), StoreUnavailableError, id="broken-disk"),
    pytest.param(KeyboardInterrupt(), KeyboardInterrupt, id="interrupt"),
]


@pytest.mark.parametrize(("error", "raised"), FAILURES)
@pytest.mark.parametrize("step", ["fsync", "unlink session", "replace .url.new url", "replace .session.new session"])
def test_a_failure_at_any_step_leaves_the_old_pair(
    logged_in: FileStore,
    directory: Path,
    steps: Steps,
    step: str,
    error: BaseException,
    raised: type[BaseException],
) -> None:
    """Whole, and with nothing of the change beside it."""
    steps.fail(step, error)
    with pytest.raises(raised) as caught:
        logged_in.write(NEW, NEW_TOKEN)
    assert NEW_TOKEN not in str(caught.value)
    assert content(directory) == OLD_FILES


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("call", ["open", "write", "fsync"])
def test_a_full_disk_at_any_staged_file_leaves_the_old_pair(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """When it is made, when it is written, when it is flushed."""
    count = 0

    def fails_in_turn(real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    real_open, real_fdopen, real_fsync = os.open, os.fdopen, os.fsync

    def open_staged(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & os.O_EXCL:
            return int(fails_in_turn(real_open, path, flags, *args, **kwargs))
        return real_open(path, flags, *args, **kwargs)

    def fdopen(descriptor: int, mode: str, **kwargs: Any) -> Any:
        file = real_fdopen(descriptor, mode, **kwargs)
        if "w" not in mode:
            return file
        return _Failing(file, lambda data: fails_in_turn(file.write, data))

    if call == "open":
        monkeypatch.setattr(os, "open", open_staged)
    elif call == "write":
        monkeypatch.setattr(os, "fdopen", fdopen)
    else:
        monkeypatch.setattr(os, "fsync", lambda descriptor: fails_in_turn(real_fsync, descriptor))
    with pytest.raises(StoreUnavailableError, match="can't be written: No space left on device"):
        logged_in.write(NEW, NEW_TOKEN)
    assert count >= number
    monkeypatch.undo()
    assert content(directory) == OLD_FILES


class _Failing:
    def __init__(self, file: Any, write: Callable[[bytes], Any]) -> None:
        self._file, self.write = file, write

    def __enter__(self) -> _Failing:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@posix
def test_a_switch_that_cannot_be_undone_keeps_the_old_token_and_says_where(
    logged_in: FileStore, directory: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not thrown away with the leavings."""
    steps.fail("replace .session.old session", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(RestoreError) as caught, logged_in.replacing(NEW, NEW_TOKEN):
        raise BodyError
    kept = directory / ".session.old"
    assert caught.value.message == (
        f"the session file could not be put back as it was: {directory / 'session'} can't be replaced: "
        f"Input/output error; the old session may be left in {kept}"
    )
    assert isinstance(caught.value.failure, FileError)
    assert kept.read_text() == OLD_TOKEN


# Undone.


def fail_in(change: AbstractContextManager[None], action: Callable[[], object]) -> object:
    """What *action* gives in the middle of a *change* that then fails."""
    result = None

    def act_and_fail() -> None:
        nonlocal result
        with change:
            result = action()
            raise BodyError

    with pytest.raises(BodyError):
        act_and_fail()
    return result


@pytest.mark.parametrize(
    "before",
    [
        pytest.param({}, id="nothing"),
        pytest.param(OLD_FILES, id="a-session"),
        pytest.param({"url": b" https://OLD.example.com/\n", "session": b"old-token\r\n"}, id="other-clients-bytes"),
        pytest.param({"url": b"https://old.example.com"}, id="a-url-alone"),
        pytest.param({"session": b"old-token"}, id="a-session-alone"),
        pytest.param({"url": b"", "session": b""}, id="empty-files"),
        pytest.param({"url": b"no url at all?"}, id="no-url"),
        pytest.param({"url": b"https://new.example.com:8443", "session": b"old-token"}, id="the-same-origin"),
    ],
)
@pytest.mark.parametrize("way", ["replacing", "naming"])
def test_an_undo_restores_the_very_bytes(store: FileStore, directory: Path, before: dict[str, bytes], way: str) -> None:
    """Of both files, whoever wrote them; nothing is left beside them."""
    write_other(directory, before)
    change = store.replacing(NEW, NEW_TOKEN) if way == "replacing" else store.naming(NEW)
    named = fail_in(change, (directory / "url").read_bytes)
    assert named == NEW_FILES["url"]
    assert content(directory) == before


def test_an_undo_keeps_what_another_client_wrote_meanwhile(logged_in: FileStore, directory: Path) -> None:
    """Its session is not lost."""
    theirs = {"url": b"https://third.example.com", "session": b"third-token"}
    fail_in(logged_in.replacing(NEW, NEW_TOKEN), lambda: write_other(directory, theirs))
    assert content(directory) == theirs


def test_an_undo_keeps_another_clients_logout(logged_in: FileStore, directory: Path) -> None:
    """The old session does not come back."""
    fail_in(logged_in.replacing(NEW, NEW_TOKEN), lambda: go_logout(directory))
    assert content(directory) == {}


@pytest.mark.parametrize("operation", ["write", "delete", "drop_session", "naming"])
def test_what_a_killed_writer_left_is_removed(logged_in: FileStore, directory: Path, operation: str) -> None:
    """By the next one who changes anything: it can hold a token."""
    staged = dict.fromkeys((".url.new", ".session.new", ".url.old", ".session.old"), b"left over")
    write_other(directory, staged)
    if operation == "write":
        logged_in.write(NEW, NEW_TOKEN)
    elif operation == "delete":
        logged_in.delete(OLD)
    elif operation == "drop_session":
        logged_in.drop_session(OLD, OLD_TOKEN)
    else:
        with logged_in.naming(NEW):
            pass
    assert not set(content(directory)) & set(staged)


def test_check_leaves_nothing(logged_in: FileStore, directory: Path) -> None:
    """Neither a change nor a file; nor would it if it were killed, since the next writer removes what it made."""
    logged_in.check(NEW)
    logged_in.check_naming()
    assert content(directory) == OLD_FILES


def test_check_tries_as_many_bytes_as_the_write_would(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk can have room for a name, and none for a token."""
    sizes = []
    real = ConfigDirectory.stage

    def record(config: ConfigDirectory, name: str, data: bytes) -> None:
        sizes.append((name, len(data)))
        real(config, name, data)

    monkeypatch.setattr(ConfigDirectory, "stage", record)
    logged_in.check(NEW, 200)
    assert (".session.new", 200) in sizes


def test_check_finds_a_full_disk(logged_in: FileStore, directory: Path, steps: Steps) -> None:
    """As a write would."""
    steps.fail("fsync", OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(StoreUnavailableError, match="can't be written: No space left on device"):
        logged_in.check(NEW)
    with pytest.raises(StoreUnavailableError, match="can't be written: No space left on device"):
        logged_in.check_naming()
    assert content(directory) == OLD_FILES


def test_a_cleanup_that_fails_does_not_deny_the_login(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is stored: an error would have its token revoked."""
    with logged_in.replacing(NEW, NEW_TOKEN):
        monkeypatch.setattr(ConfigDirectory, "discard", _refuse)
    monkeypatch.undo()
    assert content(directory).items() >= NEW_FILES.items()


def _refuse(*args: object) -> None:
    raise StoreUnavailableError("refused")


# Modes.


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
def test_modes_do_not_depend_on_the_umask(store: FileStore, directory: Path, umask: int) -> None:
    """0600 for files, 0700 for the directory and what had to be made above it."""
    old = os.umask(umask)
    try:
        store.write(OLD, OLD_TOKEN)
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [directory.parent, *directory.parent.rglob("*")]}
    assert modes == {"parent": 0o700, "coderv2": 0o700, "url": 0o600, "session": 0o600, ".lock": 0o600}


def test_a_directory_is_private_from_the_start(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not made for all and closed afterwards."""
    modes = []
    real = os.mkdir

    def record(path: Any, mode: int = 0o777) -> None:
        modes.append(mode)
        real(path, mode)

    monkeypatch.setattr(os, "mkdir", record)
    store.write(OLD, OLD_TOKEN)
    assert {*modes} == {0o700}


@posix
@pytest.mark.parametrize("umask", [0o000, 0o777], ids=oct)
def test_a_file_is_private_from_its_first_byte(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    """It is made with no more than 0600, and has 0600 when it is first written to."""
    if sys.platform == "win32":
        return
    made, written = [], []
    real_open, real_chmod = os.open, os.fchmod

    def record_open(path: Any, flags: int, mode: int = 0o777, **kwargs: Any) -> int:
        descriptor = real_open(path, flags, mode, **kwargs)
        if flags & os.O_EXCL:
            made.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    def record_chmod(descriptor: int, mode: int) -> None:
        real_chmod(descriptor, mode)
        if os.fstat(descriptor).st_nlink and ".lock" not in os.readlink(f"/proc/self/fd/{descriptor}"):
            written.append((os.fstat(descriptor).st_size, mode))

    monkeypatch.setattr(os, "open", record_open)
    monkeypatch.setattr(os, "fchmod", record_chmod)
    old = os.umask(umask)
    try:
        logged_in.write(NEW, NEW_TOKEN)
    finally:
        os.umask(old)
    assert made == [0o600 & ~umask] * 4
    assert written == [(0, 0o600)] * 4


@posix
def test_a_file_that_others_could_read_is_closed_by_the_next_write(logged_in: FileStore, directory: Path) -> None:
    """The new file takes the old one's place, not its mode."""
    (directory / "session").chmod(0o644)
    logged_in.write(OLD, NEW_TOKEN)
    assert stat.S_IMODE((directory / "session").stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620, 0o601], ids=oct)
def test_a_session_file_that_others_can_read_is_warned_of(logged_in: FileStore, directory: Path, mode: int) -> None:
    """With the command that mends it; the token is read all the same."""
    path = directory / "session"
    path.chmod(mode)
    with pytest.warns(InsecureFileWarning) as caught:
        assert logged_in.read(OLD) == OLD_TOKEN
    assert [str(warning.message) for warning in caught] == [f"other users can read {path}"]


def test_a_private_session_file_is_not_warned_of(logged_in: FileStore) -> None:
    """Nor any on Windows, where modes mean nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logged_in.read(OLD)


@posix
def test_an_existing_directory_keeps_its_mode(store: FileStore, directory: Path) -> None:
    """It may be shared on purpose."""
    directory.mkdir(parents=True)
    directory.chmod(0o750)
    store.write(OLD, OLD_TOKEN)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o750


# Links, and what is not a file.


OPERATIONS: list[Any] = [
    pytest.param(lambda store: store.read(OLD), id="read"),
    pytest.param(lambda store: store.write(OLD, NEW_TOKEN), id="write"),
    pytest.param(lambda store: store.write(NEW, NEW_TOKEN), id="switch"),
    pytest.param(lambda store: store.delete(OLD), id="delete"),
    pytest.param(lambda store: store.check(OLD), id="check"),
    pytest.param(lambda store: store.deployments(), id="deployments"),
    pytest.param(lambda store: store.naming(NEW).__enter__(), id="naming"),
    pytest.param(lambda store: store.drop_session(OLD, OLD_TOKEN), id="drop-session"),
]


@posix
@pytest.mark.parametrize("target", ["present", "dangling"])
@pytest.mark.parametrize("name", ["session", "url"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_link_is_refused(
    logged_in: FileStore, directory: Path, operation: Callable[[FileStore], object], name: str, target: str
) -> None:
    """It can lead a token astray; neither the link nor what it leads to changes."""
    elsewhere = directory.parent / "elsewhere"
    if target == "present":
        elsewhere.write_bytes(OLD_FILES[name])
    (directory / name).unlink()
    (directory / name).symlink_to(elsewhere)
    with pytest.raises(StoreUnavailableError) as caught:
        operation(logged_in)
    assert caught.value.message == f"{directory / name} is a link"
    assert isinstance(caught.value, LinkError)
    assert (directory / name).is_symlink()
    assert elsewhere.exists() is (target == "present")
    assert target == "dangling" or elsewhere.read_bytes() == OLD_FILES[name]
    other = ({"url", "session"} - {name}).pop()
    assert (directory / other).read_bytes() == OLD_FILES[other]


@posix
@pytest.mark.parametrize("target", ["present", "dangling"])
@pytest.mark.parametrize("name", [".url.new", ".session.new", ".url.old", ".session.old"])
def test_a_link_at_a_staged_name_leads_nowhere(logged_in: FileStore, directory: Path, name: str, target: str) -> None:
    """It is removed; what it leads to is neither written nor removed."""
    elsewhere = directory.parent / "elsewhere"
    if target == "present":
        elsewhere.write_bytes(b"content")
    (directory / name).symlink_to(elsewhere)
    logged_in.write(NEW, NEW_TOKEN)
    assert content(directory) == NEW_FILES
    assert (elsewhere.read_bytes() if elsewhere.exists() else b"") == (b"content" if target == "present" else b"")


@posix
def test_a_link_that_comes_after_the_check_is_not_followed(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses it too."""
    (directory / "session").unlink()
    (directory / "session").symlink_to(directory / "url")
    monkeypatch.setattr(config_module, "_check_regular", lambda path: None)
    with pytest.raises(StoreUnavailableError, match="session can't be read"):
        logged_in.read(OLD)


@posix
def test_a_config_directory_may_be_reached_through_links(tmp_path: Path) -> None:
    """Many a home directory is."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    FileStore(tmp_path / "link").write(OLD, OLD_TOKEN)
    assert FileStore(tmp_path / "real").read(OLD) == OLD_TOKEN


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(lambda store: store.write(OLD, OLD_TOKEN), id="write"),
        pytest.param(lambda store: store.check(OLD), id="check"),
        pytest.param(lambda store: store.naming(OLD).__enter__(), id="naming"),
    ],
)
def test_a_directory_that_the_system_never_finds_is_an_error(
    store: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, operation: Callable[[FileStore], None]
) -> None:
    """Its parent is there, and it can't be made all the same: too long a name on Windows, a name in /proc."""
    real = Path.mkdir

    def mkdir(path: Path, **kwargs: Any) -> None:
        if path == directory:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        real(path, **kwargs)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(StoreUnavailableError, match="No such file or directory"):
        operation(store)


@posix
def test_a_config_directory_that_is_a_dangling_link_is_an_error(tmp_path: Path) -> None:
    """Nothing is made where it leads."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StoreUnavailableError):
        FileStore(tmp_path / "link").write(OLD, OLD_TOKEN)
    assert not (tmp_path / "real").exists()


@pytest.mark.parametrize("name", ["session", "url"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_directory_in_a_files_place_is_an_error(
    logged_in: FileStore, directory: Path, operation: Callable[[FileStore], object], name: str
) -> None:
    """It stays, and so does the other file."""
    (directory / name).unlink()
    (directory / name).mkdir()
    with pytest.raises(StoreUnavailableError) as caught:
        operation(logged_in)
    assert isinstance(caught.value, ForeignFileError)
    assert caught.value.message == f"{directory / name} is not a file"
    other = ({"url", "session"} - {name}).pop()
    assert (directory / name).is_dir()
    assert (directory / other).read_bytes() == OLD_FILES[other]


@pytest.mark.parametrize("name", [".url.new", ".session.new", ".url.old", ".session.old"])
@pytest.mark.parametrize("operation", ["write", "delete", "check"])
def test_a_directory_at_a_staged_name_is_an_error_before_anything_changes(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, operation: str
) -> None:
    """The old pair stays."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0)
    (directory / name).mkdir()
    with pytest.raises(StoreUnavailableError, match="can't be removed"):
        logged_in.write(NEW, NEW_TOKEN) if operation == "write" else getattr(logged_in, operation)(OLD)
    (directory / name).rmdir()
    assert content(directory) == OLD_FILES


@pytest.mark.parametrize("name", [".url.old", ".session.old"])
def test_a_directory_at_a_staged_name_stops_a_first_login(
    store: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Though nothing would be staged there: what could not be cleaned up is said before the login, not after."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0)
    (directory / name).mkdir(parents=True)
    with pytest.raises(StoreUnavailableError, match="can't be removed"):
        store.write(NEW, NEW_TOKEN)
    (directory / name).rmdir()
    assert content(directory) == {}


def test_a_directory_named_organization_is_an_error_before_the_logout(logged_in: FileStore, directory: Path) -> None:
    """Not after half of it."""
    (directory / "organization").mkdir()
    with pytest.raises(StoreUnavailableError, match="organization is not a file"):
        logged_in.delete(OLD)
    (directory / "organization").rmdir()
    assert content(directory) == OLD_FILES


@posix
@pytest.mark.parametrize("name", ["session", "url"])
def test_a_pipe_in_a_files_place_does_not_hang(logged_in: FileStore, directory: Path, name: str) -> None:
    """It is no file of ours, and nobody writes into it."""
    if sys.platform == "win32":
        return
    (directory / name).unlink()
    os.mkfifo(directory / name)
    for operation in (lambda: logged_in.read(OLD), lambda: logged_in.write(OLD, NEW_TOKEN)):
        with pytest.raises(StoreUnavailableError, match="is not a file"):
            operation()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        pytest.param(b"hunter2\0", "is not UTF-8 text", id="nul"),
        pytest.param(b"\xff\xfeh\0u\0n\0t\0e\0r\x002\0", "is not UTF-8 text", id="utf-16"),
        pytest.param(b"hunter2\xff", "is not UTF-8 text", id="not-utf-8"),
        pytest.param(bytes(range(256)) * 4, "is not UTF-8 text", id="binary"),
        pytest.param(b"hunter2" * 1_500_000, "has more than 65536 bytes", id="10-mb"),
    ],
)
@pytest.mark.parametrize("name", ["session", "url"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_no_text_is_an_error_and_not_overwritten(
    logged_in: FileStore,
    directory: Path,
    operation: Callable[[FileStore], object],
    name: str,
    damage: bytes,
    found: str,
) -> None:
    """The error says which file, and shows nothing of it."""
    (directory / name).write_bytes(damage)
    with pytest.raises(StoreUnavailableError) as caught:
        operation(logged_in)
    assert caught.value.message == f"{directory / name} {found}"
    assert isinstance(caught.value, ForeignFileError)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert (directory / name).read_bytes() == damage


def test_a_10_mb_file_is_not_read_whole(logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as far as a token or a URL can go."""
    (directory / "session").write_bytes(b"x" * 10_000_000)
    sizes: list[int] = []
    real = os.fdopen

    def record(descriptor: int, mode: str) -> Any:
        file = real(descriptor, mode)
        return _Recording(file, sizes)

    monkeypatch.setattr(os, "fdopen", record)
    with pytest.raises(StoreUnavailableError):
        logged_in.has_session()
    assert sizes == [65537]


class _Recording(_Failing):
    def __init__(self, file: Any, sizes: list[int]) -> None:
        super().__init__(file, file.write)
        self._sizes = sizes

    def read(self, size: int) -> bytes:
        self._sizes.append(size)
        data: bytes = self._file.read(size)
        return data


# Whose it is.


def test_a_session_without_a_url_is_sent_nowhere(store: FileStore, directory: Path) -> None:
    """The error says which file should name its deployment."""
    write_other(directory, {"session": OLD_TOKEN.encode()})
    for operation in (lambda: store.read(OLD), lambda: store.delete(OLD), lambda: store.drop_session(OLD, OLD_TOKEN)):
        with pytest.raises(OriginMismatchError) as caught:
            operation()
        assert caught.value.message == (
            f"the stored session is for an unknown deployment: {directory / 'url'} names none, "
            "not for https://old.example.com"
        )
        assert (caught.value.owner, caught.value.same_host) == (None, False)
    assert store.deployments() == []
    assert content(directory) == {"session": OLD_TOKEN.encode()}


@pytest.mark.parametrize(
    "url",
    [b"", b"  \n", b"ftp://old.example.com", b"https://anna:x@old.example.com", b"a b", "bücher.example".encode()],
)
def test_a_url_file_that_names_no_deployment_owns_no_session(store: FileStore, directory: Path, url: bytes) -> None:
    """As if it were not there."""
    write_other(directory, {"url": url, "session": OLD_TOKEN.encode()})
    with pytest.raises(OriginMismatchError, match="unknown deployment"):
        store.read(OLD)
    assert store.deployments() == []
    store.write(NEW, NEW_TOKEN)
    assert content(directory) == NEW_FILES


def test_the_current_deployment_is_what_the_url_file_names(store: FileStore, directory: Path) -> None:
    """None without one; an error, with what is wrong, for what is no URL."""
    assert store.current() is None
    write_other(directory, {"url": b"https://old.example.com/base/\n"})
    assert str(store.current()) == "https://old.example.com/base"
    write_other(directory, {"url": b"https://anna:hunter2@old.example.com"})
    with pytest.raises(URLFileError) as caught:
        store.current()
    assert caught.value.message == f"{directory / 'url'} names no deployment: the URL holds a user name or a password"
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_an_origin_is_not_changed_on_the_same_host_unasked(logged_in: FileStore, directory: Path) -> None:
    """https to http is asked for by name, or not done."""
    with pytest.raises(OriginMismatchError) as caught:
        logged_in.write(HTTP, NEW_TOKEN)
    assert (caught.value.requested, caught.value.owner, caught.value.same_host) == (HTTP, OLD.origin, True)
    assert content(directory) == OLD_FILES


def test_another_origin_without_a_session_is_no_conflict(store: FileStore, directory: Path) -> None:
    """There is nothing to give up."""
    write_other(directory, {"url": str(HTTP).encode()})
    store.check(OLD)
    store.write(OLD, OLD_TOKEN)
    assert content(directory) == OLD_FILES


@pytest.mark.parametrize(
    "operation",
    [
        *OPERATIONS,
        pytest.param(lambda store: store.check_naming(), id="check-naming"),
        pytest.param(lambda store: store.forget(OLD), id="forget"),
    ],
)
def test_the_files_are_touched_under_the_lock_only(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, operation: Callable[[FileStore], object]
) -> None:
    """Every read, and every change from its read on, as one piece."""
    held = []

    def recorded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            held.append(is_locked(logged_in._lock_path()))
            return real(*args, **kwargs)

        return call

    for name in ("read", "read_bytes", "stage", "rename", "remove", "discard"):
        monkeypatch.setattr(ConfigDirectory, name, recorded(getattr(ConfigDirectory, name)))
    operation(logged_in)
    assert held
    assert all(held)


def is_locked(path: Path) -> bool:
    try:
        with lock_module.locked(path, timeout=0):
            return False
    except StoreLockedError:
        return True


@pytest.mark.parametrize("session", [b"", b" \r\n"], ids=["empty", "blank"])
def test_an_empty_session_file_is_no_session(store: FileStore, directory: Path, session: bytes) -> None:
    """It is not found, and not listed."""
    write_other(directory, {"url": str(OLD).encode(), "session": session})
    with pytest.raises(SessionNotFoundError) as caught:
        store.read(OLD)
    assert caught.value.url == OLD
    assert (store.deployments(), store.has_session()) == ([], False)


def test_an_error_keeps_the_base_path(store: FileStore, directory: Path) -> None:
    """A login to the bare origin would find no deployment there."""
    url = DeploymentURL.parse("https://dev.example.com/coder")
    with pytest.raises(SessionNotFoundError) as missing:
        store.read(url)
    assert missing.value.url == url
    write_other(directory, OLD_FILES)
    with pytest.raises(OriginMismatchError) as mismatch:
        store.read(url)
    assert (mismatch.value.requested, mismatch.value.same_host) == (url, False)


@pytest.mark.parametrize("token", [b"two words", b"line\nend", b"t\xc3\xb6k", b"x" * 257, b"\x1b[31m"])
def test_a_stored_token_that_can_be_none_is_not_given_out(store: FileStore, directory: Path, token: bytes) -> None:
    """It would go into a header."""
    write_other(directory, {"url": str(OLD).encode(), "session": token})
    with pytest.raises(InvalidTokenError) as caught:
        store.read(OLD)
    assert token.decode() not in str(caught.value)


def test_naming_the_same_origin_keeps_the_session(logged_in: FileStore, directory: Path) -> None:
    """And writes the URL as it was given."""
    with logged_in.naming(DeploymentURL.parse("https://old.example.com/base")):
        pass
    assert content(directory) == {"url": b"https://old.example.com/base", "session": OLD_TOKEN.encode()}


def test_naming_another_origin_removes_the_session(logged_in: FileStore, directory: Path) -> None:
    """It would from then on pass for that deployment's."""
    with logged_in.naming(NEW):
        pass
    assert content(directory) == {"url": NEW_FILES["url"]}


def test_a_moved_session_is_dropped_only_while_it_is_the_same(logged_in: FileStore, directory: Path) -> None:
    """Another client may have logged in meanwhile."""
    with pytest.raises(SessionStoreError, match="holds another session by now"):
        logged_in.drop_session(OLD, NEW_TOKEN)
    assert content(directory) == OLD_FILES
    logged_in.drop_session(OLD, OLD_TOKEN)
    assert content(directory) == {"url": OLD_FILES["url"]}


def test_a_deployment_is_forgotten_only_without_a_session(logged_in: FileStore, directory: Path) -> None:
    """And only when it is the one that is named."""
    write_other(directory, {"organization": b"org"})
    assert not logged_in.forget(OLD)
    logged_in.drop_session(OLD, OLD_TOKEN)
    assert not logged_in.forget(NEW)
    assert content(directory) == {"url": OLD_FILES["url"], "organization": b"org"}
    assert logged_in.forget(OLD)
    assert content(directory) == {}


# Other writers.


def go_login(directory: Path, url: str, token: str) -> None:
    """Session first, then url, each written in place and without a lock, as the Go client does."""
    (directory / "session").write_text(token)
    time.sleep(0.005)
    (directory / "url").write_text(url)


def test_a_reader_waits_until_a_go_clients_login_is_whole(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its two writes the files name one deployment and hold the other's token."""
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 5)
    waits = []

    def second_write(seconds: float) -> None:
        waits.append(seconds)
        (directory / "url").write_bytes(NEW_FILES["url"])
        for name in ("url", "session"):
            os.utime(directory / name, (1, 1))

    monkeypatch.setattr(time, "sleep", second_write)
    (directory / "session").write_bytes(NEW_FILES["session"])
    with pytest.raises(OriginMismatchError, match=r"the stored session is for https://new\.example\.com:8443, not for"):
        logged_in.read(OLD)
    assert waits == [5]
    assert logged_in.read(NEW) == NEW_TOKEN


def test_a_reader_beside_a_go_client_never_takes_a_mixed_pair(
    store: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it logs in to two deployments in turn."""
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0.1)
    write_other(directory, {"url": b"https://host0.example.com", "session": b"token-0"})
    stop = threading.Event()

    def switch() -> None:
        number = 0
        while not stop.wait(0.25):
            number += 1
            go_login(directory, f"https://host{number % 2}.example.com", f"token-{number % 2}")

    writer = threading.Thread(target=switch)
    writer.start()
    found = []
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for number in range(2):
                with contextlib.suppress(OriginMismatchError, SessionNotFoundError):
                    found.append((number, store.read(DeploymentURL.parse(f"https://host{number}.example.com"))))
    finally:
        stop.set()
        writer.join()
    assert found
    assert {*found} <= {(0, "token-0"), (1, "token-1")}


def test_files_that_never_settle_are_an_error(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a wait for ever, and no token."""
    numbers = iter(range(1000))

    def read(pair: object) -> tuple[None, str]:
        return None, f"token-{next(numbers)}"

    monkeypatch.setattr(pair_module.FilePair, "read", read)
    with pytest.raises(SessionStoreError) as caught:
        logged_in.read(OLD)
    assert caught.value.message == f"the files in {directory} keep changing"
    assert next(numbers) < 50


@pytest.mark.parametrize("age", [3600, -3600], ids=["old", "from-the-future"])
def test_files_that_were_left_alone_are_read_at_once(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, age: float
) -> None:
    """The wait is for fresh ones only."""
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 5)
    for name in ("url", "session"):
        os.utime(directory / name, (time.time() - age, time.time() - age))
    start = time.monotonic()
    assert logged_in.read(OLD) == OLD_TOKEN
    assert time.monotonic() - start < 4


def test_a_directory_that_cannot_be_written_can_be_read(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no lock can be made."""

    def refuse(path: Path) -> int:
        raise StoreUnavailableError("the lock file can't be opened")

    monkeypatch.setattr(lock_module, "_open", refuse)
    assert logged_in.read(OLD) == OLD_TOKEN
    assert logged_in.deployments() == [OLD]
    with pytest.raises(StoreUnavailableError):
        logged_in.write(NEW, NEW_TOKEN)
    with pytest.raises(StoreUnavailableError):
        logged_in.delete(OLD)
    assert content(directory) == OLD_FILES


def test_reading_makes_no_directory(store: FileStore, directory: Path) -> None:
    """Nor anything in it."""
    with pytest.raises(SessionNotFoundError):
        store.read(OLD)
    assert (store.deployments(), store.current(), store.has_session()) == ([], None, False)
    assert not directory.parent.exists()


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENAMETOOLONG], ids=["not-searchable", "too-long"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_directory_that_cannot_be_looked_at_is_an_error(
    store: FileStore,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[[FileStore], None],
    error: int,
) -> None:
    """One of ours, whichever call meets it first."""
    for module, name in [(os, "stat"), (os, "lstat"), (os, "mkdir"), (os, "open")]:
        monkeypatch.setattr(module, name, _refusing(getattr(module, name), directory, error))
    with pytest.raises(StoreUnavailableError):
        operation(store)


def _refusing(real: Callable[..., Any], directory: Path, number: int) -> Callable[..., Any]:
    def call(path: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(path, int) and directory in [Path(path), *Path(path).parents]:
            raise OSError(number, os.strerror(number))
        return real(path, *args, **kwargs)

    return call


@windows
def test_on_windows_a_directory_that_cannot_be_resolved_is_an_error(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is named after it."""

    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, "General failure")

    monkeypatch.setattr(os.path, "realpath", refuse)
    with pytest.raises(StoreUnavailableError, match="can't be resolved: General failure"):
        store.write(OLD, OLD_TOKEN)


# On Windows a reader only delays a change.


@pytest.fixture
def busy_file(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """os.replace and os.unlink fail as they do on Windows while a reader has the file open: so many times."""
    left = [0]

    def busy(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if left[0] and not Path(args[0]).name.startswith(".session.old"):
                left[0] -= 1
                raise PermissionError(errno.EACCES, "The process cannot access the file")
            return real(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "replace", busy(os.replace))
    monkeypatch.setattr(os, "unlink", busy(os.unlink))
    return left


def test_a_busy_file_only_delays_a_change(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, busy_file: list[int]
) -> None:
    """As the timeout allows."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 2)
    busy_file[0] = 5
    logged_in.write(NEW, NEW_TOKEN)
    assert content(directory) == NEW_FILES


def test_a_file_that_stays_busy_is_an_error(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, busy_file: list[int]
) -> None:
    """After the timeout, with the old pair in its place."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0.1)
    busy_file[0] = 1_000_000
    start = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="The process cannot access the file"):
        logged_in.write(NEW, NEW_TOKEN)
    assert 0.1 <= time.monotonic() - start < 2
    busy_file[0] = 0
    assert content(directory).items() >= OLD_FILES.items()


def test_elsewhere_nothing_is_tried_again() -> None:
    """A permission that is missing is missing."""
    expected = 2.0 if sys.platform == "win32" else 0.0
    assert expected == config_module.REPLACE_TIMEOUT


@windows
@pytest.mark.parametrize("name", ["session", "url"])
def test_on_windows_an_open_file_only_delays_a_change(logged_in: FileStore, directory: Path, name: str) -> None:
    """Until its reader closes it."""
    file = (directory / name).open("rb")
    closer = threading.Timer(0.3, file.close)
    closer.start()
    logged_in.write(NEW, NEW_TOKEN)
    closer.join()
    assert content(directory) == NEW_FILES


@windows
@pytest.mark.parametrize("name", ["session", "url"])
def test_on_windows_a_file_that_stays_open_leaves_the_old_pair(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And says so."""
    monkeypatch.setattr(config_module, "REPLACE_TIMEOUT", 0.2)
    with (directory / name).open("rb"), pytest.raises(StoreUnavailableError):
        logged_in.write(NEW, NEW_TOKEN)
    assert content(directory) == OLD_FILES


# Where the directory is.


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


@pytest.mark.skipif(sys.platform != "linux", reason="the directories of XDG")
@pytest.mark.usefixtures("_no_home")
def test_a_relative_xdg_directory_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The specification calls it invalid, and the Go client would take it all the same."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    with pytest.raises(NoConfigDirectoryError) as caught:
        default_directory()
    assert caught.value.message == ("the config directory is not known: XDG_CONFIG_HOME is not set to an absolute path")


@pytest.mark.skipif(sys.platform != "linux", reason="the directories of XDG")
@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize(("xdg", "expected"), [(None, ".config"), ("", ".config"), ("xdg", "xdg")])
def test_the_default_directory_is_the_go_clients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, xdg: str | None, expected: str
) -> None:
    """Below XDG_CONFIG_HOME, else below the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    if xdg is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / xdg) if xdg else "")
    assert default_directory() == tmp_path / expected / "coderv2"


@windows
def test_the_default_directory_of_windows_is_below_appdata(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As for the Go client."""
    monkeypatch.setenv("APPDATA", str(tmp_path))
    assert FileStore().session_path == tmp_path / "coderv2" / "session"


def test_a_path_is_printed_without_controls(tmp_path: Path) -> None:
    """A directory's name can hold anything on POSIX."""
    place = FileStore(tmp_path / "a\u202eb\x1b").place
    assert not set(place) & set("\u202e\x1b")
