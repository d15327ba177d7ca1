"""The files `url` and `session` as a pair: the order of every step, its undo, and other clients that write too."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coder_login.sessionstore import (
    FileError,
    FileStore,
    OriginMismatchError,
    RestoreError,
    SessionNotFoundError,
    SessionStoreError,
    StoreChangedError,
    StoreUnavailableError,
)
from coder_login.sessionstore import pair as pair_module
from coder_login.sessionstore.directory import ConfigDirectory
from stores import (
    FILE_OPERATIONS,
    NEW,
    NEW_FILES,
    NEWER,
    OLD,
    OLD_FILES,
    STAGED,
    TOKEN,
    BodyError,
    content,
    fail_after,
    go_login,
    go_logout,
    write_other,
)

pytest_plugins = ["store_fixtures"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="directories are flushed on POSIX")

DISK_FULL = OSError(errno.ENOSPC, "No space left on device")
SWITCH = ["unlink session", "replace .url.new url", "replace .session.new session"]
"""The steps of a switch that another client can see."""


class Steps:
    """Every change of a file, in order; and a failure at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self._failure: tuple[str, int, BaseException] | None = None
        for method in ("replace", "unlink", "fsync"):
            monkeypatch.setattr(os, method, self._recorded(method, getattr(os, method)))

    @property
    def visible(self) -> list[str]:
        """Those that another client can see."""
        return [step for step in self.taken if step != "fsync" and not step.startswith("unlink .")]

    def fail(self, step: str, error: BaseException, *, after: int = 0) -> None:
        """Raise *error* in the place of *step*, once it has been taken *after* times more."""
        self._failure = (step, self.taken.count(step) + after, error)

    def _recorded(self, method: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step = " ".join([method, *(Path(arg).name for arg in args if not isinstance(arg, int))])
            if self._failure and self._failure[:2] == (step, self.taken.count(step)):
                raise self._failure[2]
            if method != "unlink" or Path(args[0]).exists():
                self.taken.append(step)
            return real(*args, **kwargs)

        return call


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


# The order of every step.


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param(OLD_FILES, SWITCH, id="another-origin"),
        pytest.param({"session": TOKEN.encode()}, SWITCH, id="nobody-knows-whose"),
        pytest.param(NEW_FILES | {"session": TOKEN.encode()}, SWITCH[1:], id="the-same-origin"),
    ],
)
def test_another_origins_session_is_removed_first_and_the_new_one_written_last(
    files: FileStore, steps: Steps, before: dict[str, bytes], expected: list[str]
) -> None:
    """So that no reader takes one deployment's token for the other's; and where it may stay, one is always there."""
    write_other(files, before)
    files.write(NEW, NEWER)
    assert steps.visible == expected
    assert content(files) == NEW_FILES


@pytest.mark.parametrize("keep_url", [False, True])
def test_a_logout_removes_the_session_first(logged_in: FileStore, steps: Steps, keep_url: bool) -> None:
    """Then what names the deployment, unless a keyring has a session of it."""
    write_other(logged_in, {"organization": b"org"})
    logged_in.delete(OLD, keep_url=keep_url)
    assert steps.visible == ["unlink session", *([] if keep_url else ["unlink url", "unlink organization"])]


@pytest.mark.parametrize("name", ["url", "organization"])
def test_a_logout_that_fails_has_removed_the_token(logged_in: FileStore, steps: Steps, name: str) -> None:
    """As on Windows while an editor has the other file open; what is left holds no secret."""
    write_other(logged_in, {"organization": b"org"})
    steps.fail(f"unlink {name}", PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(StoreUnavailableError, match=f"{name} can't be removed: Permission denied"):
        logged_in.delete(OLD)
    assert "session" not in content(logged_in)
    assert name in content(logged_in)


@posix
def test_what_is_renamed_is_on_disk_first(logged_in: FileStore, steps: Steps) -> None:
    """Each of the four staged files is flushed before the first change, and the directory after each."""
    logged_in.write(NEW, NEWER)
    flushed = [step for step in steps.taken if not step.startswith("unlink .")]
    assert flushed == ["fsync"] * 4 + [step for change in SWITCH for step in (change, "fsync")]


@posix
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO], ids=["invalid", "not-supported", "error"])
def test_a_directory_that_cannot_be_flushed_will_do(
    files: FileStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What was renamed or removed is, as everybody sees; the files themselves are flushed all the same."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.write(NEW, NEWER)
    assert content(files) == NEW_FILES
    files.delete(NEW)
    assert content(files) == {}


# Failures.


@pytest.mark.parametrize(
    ("step", "after"),
    [*(pytest.param("fsync", number, id=f"stage-{number}") for number in range(4)), *((step, 0) for step in SWITCH)],
)
@pytest.mark.parametrize(
    ("error", "raised"), [(DISK_FULL, StoreUnavailableError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_a_failure_at_any_step_leaves_the_old_pair(
    logged_in: FileStore, steps: Steps, step: str, after: int, error: BaseException, raised: type[BaseException]
) -> None:
    """Whole, and with nothing of the change beside it."""
    steps.fail(step, error, after=after)
    with pytest.raises(raised) as caught:
        logged_in.write(NEW, NEWER)
    assert NEWER not in str(caught.value)
    assert content(logged_in) == OLD_FILES


@posix
def test_a_switch_that_cannot_be_undone_keeps_the_old_token_and_says_where(
    logged_in: FileStore, directory: Path, steps: Steps
) -> None:
    """It is not thrown away with the leavings."""
    steps.fail("replace .session.old session", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(RestoreError) as caught, logged_in.replacing(NEW, NEWER):
        raise BodyError
    kept = directory / ".session.old"
    assert caught.value.message == (
        f"the files in {directory} could not be put back as they were: {directory / 'session'} can't be replaced: "
        f"Input/output error; the old session may be left in {kept}"
    )
    assert isinstance(caught.value.failure, FileError)
    assert isinstance(caught.value.__cause__, BodyError)
    assert kept.read_bytes() == OLD_FILES["session"]


@posix
@pytest.mark.parametrize(
    ("token", "left"),
    [
        pytest.param(NEWER.encode(), "the new session may be left in {}", id="login"),
        pytest.param(None, "{} may be left changed", id="naming"),
    ],
)
def test_a_first_login_that_cannot_be_undone_names_no_old_token(
    files: FileStore, directory: Path, steps: Steps, token: bytes | None, left: str
) -> None:
    """There was none; what may be left is the new one, or where the keyring has that, the URL."""
    steps.fail("unlink session" if token else "unlink url", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(RestoreError) as caught, files.replacing(NEW, NEWER) if token else files.naming(NEW):
        raise BodyError
    name = "session" if token else "url"
    assert caught.value.message == (
        f"the files in {directory} could not be put back as they were: {directory / name} can't be removed: "
        f"Input/output error; {left.format(directory / name)}"
    )


def test_a_cleanup_that_fails_does_not_deny_the_login(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session is stored: an error would have its token revoked."""

    def refuse(*args: object) -> None:
        raise StoreUnavailableError("refused")

    with logged_in.replacing(NEW, NEWER):
        monkeypatch.setattr(ConfigDirectory, "discard", refuse)
    assert content(logged_in).items() >= NEW_FILES.items()


@pytest.mark.parametrize("operation", ["switch", "delete", "drop-session", "naming", "check"])
def test_what_a_killed_writer_left_is_removed(logged_in: FileStore, operation: str) -> None:
    """By the next one who comes: it can hold a token."""
    write_other(logged_in, dict.fromkeys(STAGED, b"left over"))
    FILE_OPERATIONS[operation](logged_in)
    assert not {*content(logged_in)} & {*STAGED}


def test_what_a_killed_writer_left_is_removed_by_who_finds_no_session(files: FileStore) -> None:
    """A deletion that has nothing to delete, and what tidies up for a keyring."""
    for operation in (lambda: files.delete(OLD), lambda: files.forget(OLD)):
        write_other(files, dict.fromkeys(STAGED, b"left over"))
        with contextlib.suppress(SessionNotFoundError):
            operation()
        assert content(files) == {}


def test_check_tries_as_many_bytes_as_the_write_would(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk can have room for a name, and none for a token; in the end nothing has changed."""
    sizes = []
    real = ConfigDirectory.stage

    def record(config: ConfigDirectory, name: str, data: bytes) -> None:
        sizes.append((name, len(data)))
        real(config, name, data)

    monkeypatch.setattr(ConfigDirectory, "stage", record)
    logged_in.check(NEW, 200)
    assert sizes == [(".url.new", 1), (".session.new", 200)]
    logged_in.check_naming()
    assert sizes[2:] == [(".url.new", 1)]
    assert content(logged_in) == OLD_FILES


@pytest.mark.parametrize("number", [0, 1], ids=["url", "session"])
def test_check_finds_a_full_disk(logged_in: FileStore, steps: Steps, number: int) -> None:
    """As a write would, and leaves nothing."""
    steps.fail("fsync", DISK_FULL, after=number)
    with pytest.raises(StoreUnavailableError, match="can't be written: No space left on device"):
        logged_in.check(NEW)
    assert content(logged_in) == OLD_FILES


# Undone.


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
def test_an_undo_restores_the_very_bytes(files: FileStore, before: dict[str, bytes], way: str) -> None:
    """Of both files, whoever wrote them; nothing is left beside them."""
    write_other(files, before)
    with pytest.raises(BodyError), files.replacing(NEW, NEWER) if way == "replacing" else files.naming(NEW):
        raise BodyError
    assert content(files) == before


@pytest.mark.parametrize(
    ("action", "left"),
    [
        pytest.param(go_logout, {}, id="logout"),
        pytest.param(
            lambda files: go_login(files, "https://third.example.com", "third"),
            {"url": b"https://third.example.com", "session": b"third"},
            id="login",
        ),
        pytest.param(
            lambda files: write_other(files, {"session": b"third"}),
            NEW_FILES | {"session": b"third"},
            id="token",
        ),
    ],
)
def test_an_undo_keeps_what_another_client_did_meanwhile(
    logged_in: FileStore, directory: Path, action: Callable[[FileStore], None], left: dict[str, bytes]
) -> None:
    """Its session is not lost, nor does the one that it ended come back."""
    with pytest.raises(BodyError), logged_in.replacing(NEW, NEWER):
        fail_after(lambda: action(logged_in))
    assert content(logged_in) == left


# Beside another client.


def test_another_clients_whole_login_is_not_written_over(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came last, and it is a pair: the error says so, and nothing of ours is put in its place."""
    real = pair_module.FilePair._change

    def change(pair: pair_module.FilePair, *arguments: Any, **options: Any) -> None:
        real(pair, *arguments, **options)
        go_login(logged_in, THIRD, "third")

    monkeypatch.setattr(pair_module.FilePair, "_change", change)
    changes = Steps(monkeypatch)
    with pytest.raises(StoreChangedError):
        logged_in.write(NEW, NEWER)
    assert changes.visible == SWITCH
    assert content(logged_in) == {"url": THIRD.encode(), "session": b"third"}


def test_a_write_waits_for_the_other_client_before_it_reads_back(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the clock of the file system says: it may just be between its two writes."""
    waits: list[float] = []
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 5)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "sleep", waits.append)
    logged_in.write(NEW, NEWER)
    assert waits == [5]


def test_another_session_of_the_same_deployment_is_no_login_of_ours(
    files: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its `url` is ours all the same: the token that was said to be stored is put there again."""
    write_other(files, NEW_FILES | {"session": TOKEN.encode()})
    others = [b"third"]
    monkeypatch.setattr(time, "sleep", lambda _: others and (directory / "session").write_bytes(others.pop()))
    files.write(NEW, NEWER)
    assert (others, content(files)) == ([], NEW_FILES)


def test_what_was_not_there_is_not_kept(files: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each staged file costs a wait for the disk."""
    staged, real = [], ConfigDirectory.stage

    def stage(config: ConfigDirectory, name: str, data: bytes) -> None:
        staged.append(name)
        real(config, name, data)

    monkeypatch.setattr(ConfigDirectory, "stage", stage)
    files.write(NEW, NEWER)
    assert staged == [".url.new", ".session.new"]


def test_no_files_are_no_origin_and_no_token(directory: Path) -> None:
    """A token is a text in every case."""
    assert pair_module.FilePair(ConfigDirectory(str(directory))).read() == (None, "")


def test_the_directory_is_made_for_the_pair(directory: Path) -> None:
    """It need not be there for the lock, which is elsewhere on Windows."""
    with pair_module.FilePair(ConfigDirectory(str(directory))).switched(OLD, TOKEN.encode()):
        pass
    assert content(FileStore(directory)) == OLD_FILES


THIRD = "https://third.example.com"
GO_STEPS = (("session", b""), ("session", b"third"), ("url", THIRD.encode()))
"""A login of the Go client: `session` in place, which empties it first, then `url`; without the lock."""


class GoLogin:
    """A Go client's login, whose steps are taken before the steps of ours that *slots* says; the last is the wait."""

    def __init__(self, directory: Path, slots: tuple[int, ...]) -> None:
        self._directory = directory
        self._todo = list(zip(slots, GO_STEPS, strict=True))
        self._turn = 0

    def next(self, *_: object) -> None:
        while self._todo and self._todo[0][0] <= self._turn:
            name, data = self._todo.pop(0)[1]
            (self._directory / name).touch(0o600)
            (self._directory / name).write_bytes(data)
        self._turn += 1

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for method in ("remove", "rename"):
            real = getattr(ConfigDirectory, method)
            monkeypatch.setattr(ConfigDirectory, method, self._between(real))
        monkeypatch.setattr(time, "sleep", self.next)

    def _between(self, real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            self.next()
            return real(*arguments)

        return step


@pytest.mark.parametrize("slots", [*itertools.combinations_with_replacement(range(4), 3)], ids=str)
@pytest.mark.parametrize("before", [{}, OLD_FILES], ids=["logged-out", "logged-in"])
def test_a_go_login_at_the_same_time_mixes_no_pair(
    files: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, bytes], slots: tuple[int, ...]
) -> None:
    """One of the two pairs stands there in the end, and ours says whether it is its own: never one's `url` beside the
    other's token, which the next command would send there."""
    write_other(files, before)
    GoLogin(directory, slots).install(monkeypatch)
    try:
        files.write(NEW, NEWER)
        expected = NEW_FILES
    except StoreChangedError:
        expected = {"url": THIRD.encode(), "session": b"third"}
    assert content(files) == expected


@pytest.mark.parametrize("slots", [*itertools.combinations_with_replacement(range(3), 3)], ids=str)
def test_a_go_login_while_url_is_changed_mixes_no_pair(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, slots: tuple[int, ...]
) -> None:
    """The same where the token goes to a keyring: its token stays in no file whose `url` is ours."""
    GoLogin(directory, slots).install(monkeypatch)
    try:
        with logged_in.naming(NEW):
            pass
        expected = {"url": NEW_FILES["url"]}
    except StoreChangedError:
        expected = {"url": THIRD.encode(), "session": b"third"}
    assert content(logged_in) == expected


def test_files_that_another_program_mixes_again_and_again_are_an_error(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a login that is said to be done."""
    real = pair_module.FilePair._read_files_settled

    def mixed(pair: pair_module.FilePair) -> object:
        (directory / "url").write_bytes(THIRD.encode())
        return real(pair)

    monkeypatch.setattr(pair_module.FilePair, "_read_files_settled", mixed)
    with pytest.raises(StoreChangedError) as caught:
        logged_in.write(NEW, NEWER)
    assert caught.value.message == f"another program has changed the files in {directory} at the same time"


@pytest.mark.parametrize("failing", STAGED)
def test_an_old_token_that_can_not_be_removed_is_pointed_out(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """The session is stored; the other staged files are gone, and one with a token is named."""
    real = ConfigDirectory.discard

    def discard(config: ConfigDirectory, name: str) -> None:
        if name == failing and os.path.exists(config.file(name)):
            raise StoreUnavailableError("refused")
        real(config, name)

    with warnings.catch_warnings(record=True) as caught, logged_in.replacing(NEW, NEWER):
        warnings.simplefilter("always")
        monkeypatch.setattr(ConfigDirectory, "discard", discard)
        kept = directory / failing
        kept.write_bytes(b"left")
    said = f"{kept} could not be removed, and may hold an old session token"
    assert [str(warning.message) for warning in caught] == ([said] if "session" in failing else [])
    assert {*content(logged_in)} - {failing} == {"url", "session"}


def test_a_file_that_was_never_there_is_not_pointed_out(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the system has refused to remove it."""

    def discard(config: ConfigDirectory, name: str) -> None:
        raise StoreUnavailableError("refused")

    with warnings.catch_warnings(record=True) as caught, logged_in.replacing(NEW, NEWER):
        warnings.simplefilter("always")
        for name in STAGED:
            (directory / name).unlink(missing_ok=True)
        monkeypatch.setattr(ConfigDirectory, "discard", discard)
    assert caught == []


def test_a_reader_waits_until_a_go_clients_login_is_whole(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its two writes the files name one deployment and hold the other's token; `url` has long been there."""
    time.sleep(0.1)
    (directory / "session").write_bytes(NEW_FILES["session"])
    before, clock = (directory / "url").stat().st_mtime, [(directory / "session").stat().st_mtime]
    monkeypatch.setattr(time, "time", lambda: clock[-1])
    monkeypatch.setattr(pair_module, "SETTLING_TIME", (clock[0] - before) / 2)
    waits = []

    def second_write(seconds: float) -> None:
        waits.append(seconds)
        (directory / "url").write_bytes(NEW_FILES["url"])
        clock.append(clock[0] + 10)

    monkeypatch.setattr(time, "sleep", second_write)
    with pytest.raises(OriginMismatchError, match=r"the stored session is for https://new\.example\.com:8443, not for"):
        logged_in.read(OLD)
    assert waits == [pair_module.SETTLING_TIME]
    assert logged_in.read(NEW) == NEWER


@pytest.mark.parametrize(
    ("remove", "ownerless"),
    [
        pytest.param(lambda files: files.delete(OLD), False, id="delete"),
        pytest.param(lambda files: files.drop_session(OLD, "third"), False, id="drop-session"),
        pytest.param(lambda files: files.forget_ownerless(), True, id="ownerless"),
    ],
)
def test_a_go_clients_session_is_not_taken_for_the_one_to_remove(
    logged_in: FileStore,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    remove: Callable[[FileStore], object],
    ownerless: bool,
) -> None:
    """Between its two writes it has the old `url` beside it."""
    (directory / "session").write_bytes(b"third")
    if ownerless:
        (directory / "url").write_bytes(b"no url?")
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 1)
    monkeypatch.setattr(time, "sleep", lambda _: (directory / "url").write_bytes(THIRD.encode()))
    with pytest.raises((OriginMismatchError, StoreChangedError)):
        remove(logged_in)
    assert content(logged_in) == {"url": THIRD.encode(), "session": b"third"}


def test_files_that_never_settle_are_an_error(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a wait for ever, and no token."""
    numbers = itertools.count()
    monkeypatch.setattr(pair_module.FilePair, "read", lambda pair: (OLD.origin, f"token-{next(numbers)}"))
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
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    now = time.time() + age
    monkeypatch.setattr(time, "time", lambda: now)
    assert logged_in.read(OLD) == TOKEN


@posix
def test_files_whose_time_was_set_back_are_waited_for(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `cp -p` does, and a file server whose clock differs: when they were changed, the system says itself."""
    os.utime(directory / "url", (1, 1))
    os.utime(directory / "session", (1, 1))
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 5)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    assert logged_in.read(OLD) == TOKEN
    assert waits == [5]
