"""The lock: one process, one thread at a time; nobody waits for ever, and a dead holder blocks nobody."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from child import Child
from coder_login.interrupts import ignore_signals
from coder_login.sessionstore import (
    FileError,
    KeyringStore,
    NoLockDirectoryError,
    StoreLockedError,
    StoreUnavailableError,
)
from coder_login.sessionstore import lock as lock_module
from coder_login.sessionstore.file_errors import Action
from coder_login.sessionstore.lock import find_local_directory, find_service_lock_path, locked
from memory_keyring import MemoryKeyring
from stores import is_free

HOLDER = Path(__file__).parents[1] / "support" / "lock_holder.py"
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
windows = pytest.mark.skipif(sys.platform != "win32", reason="a directory of Windows")


@contextmanager
def holder(path: Path) -> Iterator[Child]:
    """Another process that holds the lock."""
    with Child(
        [sys.executable, str(HOLDER), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.read_line() == b"locked"
        yield process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "directory" / "test.lock"


def test_another_process_is_kept_out(path: Path) -> None:
    """Until the holder lets go."""
    with holder(path) as process:
        assert not is_free(path)
        process.communicate(b"")
        assert process.returncode == 0
        assert is_free(path)


@pytest.mark.parametrize("call", ["_unlock", "close"])
def test_letting_go_cannot_fail(path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """What was done under the lock is done: an error now would have a login revoke the key that it has stored."""
    real = os.close

    def fail(descriptor: int) -> None:
        if call == "close":
            real(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(*((lock_module, "_unlock") if call == "_unlock" else (os, "close")), fail)
        with locked(path):
            pass
    assert is_free(path)


def test_an_interruption_while_it_is_let_go_leaves_it_free(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that goes on after Ctrl-C would wait for itself in vain."""

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lock_module, "_unlock", interrupt)
        with pytest.raises(KeyboardInterrupt), locked(path):
            pass
    assert is_free(path)


def test_a_lock_is_free_at_once_though_its_file_is_still_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unlocked before the file is closed: a child that was just forked has the file open too."""
    opened: list[int] = []
    real = lock_module._open

    def record(file: str) -> int:
        descriptor = real(file)
        opened.append(os.dup(descriptor))
        return descriptor

    monkeypatch.setattr(lock_module, "_open", record)
    with locked(path):
        pass
    monkeypatch.undo()
    assert is_free(path)
    os.close(opened[0])


@posix
def test_a_lock_file_whose_mode_can_not_be_changed_will_do(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system without modes: who can open the file there, the mount says."""

    def refuse(descriptor: int, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    path.parent.mkdir(parents=True)
    path.touch(0o640)
    monkeypatch.setattr(os, "fchmod", refuse)
    with locked(path):
        assert not is_free(path)


@posix
@pytest.mark.parametrize("place", ["linked", "moved"])
def test_another_file_in_its_place_keeps_its_mode(path: Path, tmp_path: Path, place: str) -> None:
    """Who can write the directory can put a file of ours there, which is to stay readable for others."""
    page = tmp_path / "page.html"
    page.write_text("" if place == "linked" else "for everybody")
    page.chmod(0o644)
    path.parent.mkdir(parents=True)
    path.hardlink_to(page)
    if place == "moved":
        page.unlink()
    with locked(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_ends_the_wait_also_where_signals_are_ignored(path: Path, number: int) -> None:
    """A commit ignores them; while it still waits for its turn, nothing has been done that could be cut in two."""
    before = signal.signal(number, raise_stop)
    timer = threading.Timer(0.2, signal.raise_signal, [number])
    try:
        with holder(path):
            timer.start()
            with pytest.raises(StopError), ignore_signals(), locked(path, timeout=20):
                pytest.fail("the lock is taken")
        assert signal.getsignal(number) is raise_stop
    finally:
        timer.cancel()
        signal.signal(number, before)
    assert is_free(path)


@posix
def test_a_signal_under_the_lock_is_ignored_where_signals_are(path: Path) -> None:
    """After a wait, too."""
    before = signal.signal(signal.SIGINT, raise_stop)
    try:
        with holder(path) as process:
            threading.Timer(0.2, process.kill).start()
            with ignore_signals(), locked(path, timeout=20):
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


class StopError(BaseException):
    """What the handler of a test raises."""


def raise_stop(number: int, frame: FrameType | None) -> None:
    raise StopError


def test_a_killed_holder_blocks_nobody(path: Path) -> None:
    """The system lets go of its lock, at once."""
    with holder(path) as process:
        process.kill()
        process.wait()
        with locked(path, timeout=2):
            pass


def test_another_thread_is_kept_out(path: Path) -> None:
    """A thread counts as a process does: no two are in at once."""
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with locked(path):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (most, inside) == (1, 0)


def test_waiting_ends_with_an_error(path: Path) -> None:
    """Neither much too early nor much too late."""
    with locked(path):
        start = time.monotonic()
        with pytest.raises(StoreLockedError) as caught, locked(path, timeout=0.2):
            pass
        waited = time.monotonic() - start
    assert 0.2 <= waited < 2
    assert caught.value.message == f"another process has kept the session store locked: {path}"


def test_a_wait_ends_after_ten_seconds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the caller has said for how long; by a clock that goes with the pauses."""
    clock = [0.0]
    with locked(path), monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock[0])
        patch.setattr(time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))
        with pytest.raises(StoreLockedError), locked(path):
            pass
    assert 10 <= clock[0] < 10.1


def test_the_wait_pauses_between_its_tries(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each for a time of its own, so that many who wait do not march in step; the holder needs the processor, too."""
    pauses: list[float] = []
    with monkeypatch.context() as patch, contextlib.ExitStack() as held:
        held.enter_context(locked(path))

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                held.close()

        patch.setattr(time, "sleep", sleep)
        with locked(path, timeout=30):
            pass
    assert len({*pauses}) == 3
    assert all(0.002 <= pause <= 0.03 for pause in pauses)


def test_a_lock_that_becomes_free_is_taken(path: Path) -> None:
    """By the one who waits for it."""
    with holder(path) as process:
        threading.Timer(0.2, process.kill).start()
        with locked(path, timeout=5):
            pass


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_an_exception_lets_go(path: Path, error: BaseException) -> None:
    """And comes out unchanged."""
    with pytest.raises(type(error)) as caught, locked(path):
        raise error
    assert caught.value is error
    assert is_free(path)


def test_no_descriptor_is_left_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither after a turn nor after waiting in vain."""
    opened, closed = [], []
    real_open, real_close = os.open, os.close

    def record_open(*args: object, **kwargs: object) -> int:
        opened.append(real_open(*args, **kwargs))  # type: ignore[arg-type]
        return opened[-1]

    def record_close(descriptor: int) -> None:
        closed.append(descriptor)
        real_close(descriptor)

    monkeypatch.setattr(os, "open", record_open)
    monkeypatch.setattr(os, "close", record_close)
    with locked(path):
        assert not is_free(path)
    monkeypatch.undo()
    assert sorted(opened) == sorted(closed)
    assert len(opened) == 2


def test_the_lock_file_is_not_inherited(path: Path) -> None:
    """A program that we start, and that outlives us, would keep the lock."""
    descriptor = lock_module._open(str(path))
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777], ids=oct)
def test_the_lock_file_and_its_directory_are_the_owners_alone(path: Path, umask: int) -> None:
    """Whoever can open the file can lock it: the umask must not matter."""
    old = os.umask(umask)
    try:
        with locked(path):
            pass
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(directory.stat().st_mode) for directory in (path.parent, path.parent.parent)] == [0o700] * 2


@posix
@pytest.mark.parametrize("is_there", [True, False], ids=["in-a-directory", "with-its-directory"])
def test_the_lock_file_is_the_owners_alone_from_its_first_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """It is not made for all and closed afterwards: who opened it in between could lock us out."""
    modes = []

    def look(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(lock_module, "_close_to_others", look)
    if is_there:
        path.parent.mkdir(parents=True)
    old = os.umask(0)
    try:
        with locked(path):
            pass
    finally:
        os.umask(old)
    assert modes == [0o600]


def test_a_lock_that_is_there_is_only_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read takes it: what was made once is not made again, nor closed to others again."""
    with locked(path):
        pass

    def refuse(*arguments: object) -> None:
        pytest.fail("the directory is made, or the mode is changed")

    for change in ("mkdir", "chmod", *(["fchmod"] if sys.platform != "win32" else [])):
        monkeypatch.setattr(os, change, refuse)
    with locked(path):
        assert not is_free(path)


def test_a_directory_that_goes_away_is_made_again(path: Path) -> None:
    """By whoever comes next, for its owner alone."""
    for _ in range(2):
        with locked(path):
            pass
        path.unlink()
        path.parent.rmdir()
    with locked(path):
        assert path.is_file()
    assert sys.platform == "win32" or stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@posix
def test_all_that_is_missing_above_it_is_made(tmp_path: Path) -> None:
    """From the top down, each for its owner alone."""
    missing = [tmp_path / "a", tmp_path / "a/b", tmp_path / "a/b/c", tmp_path / "a/b/c/d"]
    with locked(missing[-1] / "x.lock"):
        assert {stat.S_IMODE(directory.stat().st_mode) for directory in missing} == {0o700}


def test_a_lock_in_the_working_directory_needs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare name is a path as well."""
    monkeypatch.chdir(tmp_path)
    with locked("x.lock"):
        assert (tmp_path / "x.lock").is_file()


def test_a_relative_directory_is_made_with_what_is_missing_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the working directory."""
    monkeypatch.chdir(tmp_path)
    with locked(os.path.join("a", "b", "x.lock")):
        assert (tmp_path / "a/b/x.lock").is_file()


@posix
def test_a_lock_file_that_others_could_open_is_closed_to_them(path: Path) -> None:
    """Another user who can open it could keep us out."""
    path.parent.mkdir(parents=True)
    path.touch(mode=0o666)
    path.chmod(0o666)
    with locked(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("dangling", [True, False], ids=["dangling", "to-a-file"])
def test_a_link_is_not_followed(path: Path, dangling: bool) -> None:
    """Where it leads nothing is made or locked."""
    target = path.parent / "elsewhere"
    path.parent.mkdir(parents=True)
    if not dangling:
        target.write_text("content")
    path.symlink_to(target)
    with pytest.raises(StoreUnavailableError, match=r"can't be opened: "), locked(path):
        pass
    assert target.exists() is not dangling


def test_a_directory_in_its_place_is_an_error(path: Path) -> None:
    """Of ours, which names it."""
    path.mkdir(parents=True)
    with pytest.raises(FileError) as caught, locked(path):
        pass
    reason = os.strerror(errno.EISDIR if sys.platform != "win32" else errno.EACCES)
    assert caught.value.message == f"the lock file {path} can't be opened: {reason}"
    assert (caught.value.path, caught.value.action) == (path, Action.OPENED)
    assert isinstance(caught.value.__cause__, IsADirectoryError if sys.platform != "win32" else PermissionError)


def test_a_file_in_its_directorys_place_is_an_error(path: Path) -> None:
    """Nothing is overwritten."""
    path.parent.parent.mkdir()
    path.parent.write_text("content")
    with pytest.raises(StoreUnavailableError), locked(path):
        pass
    assert path.parent.read_text() == "content"


@posix
def test_a_filesystem_without_locks_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a wait for something that never comes."""
    if sys.platform == "win32":
        return
    import fcntl

    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreUnavailableError) as caught, locked(path):
        pass
    assert caught.value.message == "the session store can't be locked: Operation not supported"
    assert isinstance(caught.value.__cause__, OSError)


# Where it is.


@windows
def test_on_windows_it_is_in_the_users_local_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which does not roam; not a named mutex, which any user can create first."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    expected = tmp_path / "coderv2" / "keyring-coder-v2-credentials.lock"
    assert Path(find_service_lock_path("coder-v2-credentials")) == expected


@windows
def test_on_windows_without_the_variable_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a service that was started without a profile's variables."""
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(lock_module, "_state_directory", lambda: "C:\\asked")
    assert lock_module.find_local_directory() == "C:\\asked"


@posix
def test_elsewhere_it_is_in_the_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For another system's keyring."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))  # as a shell under Windows hands it to its Linux
    path = Path(find_service_lock_path("coder-v2-credentials"))
    assert not path.is_relative_to(tmp_path / "local")
    assert path.is_relative_to(tmp_path)
    assert (path.parent.name, path.name) == ("coderv2", "keyring-coder-v2-credentials.lock")


def test_a_relative_directory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each working directory would have a lock of its own; the error has the variables to set."""
    monkeypatch.setenv("LOCALAPPDATA", "relative")
    monkeypatch.setattr(lock_module, "_state_directory", lambda: "relative")
    with pytest.raises(NoLockDirectoryError) as caught:
        find_local_directory()
    assert caught.value.message.startswith("the directory of the lock is not an absolute path: relative")
    assert caught.value.variables == ("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME or HOME")


@pytest.fixture
def directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("LOCALAPPDATA", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "service",
    ["a/b", "..\\..\\x", "a:b", "ä", "x" * 81, "", "nul\0", "\ud800", "a\n"],
    ids=["slash", "backslashes", "colon", "umlaut", "long", "empty", "nul", "surrogate", "line-end"],
)
def test_a_service_name_that_is_no_file_name_is_hashed(directories: Path, service: str) -> None:
    """It can't lead out of the directory."""
    path = Path(find_service_lock_path(service))
    assert path.parent == Path(find_local_directory())
    assert len(path.name) == len("keyring-") + 64 + len(".lock")
    assert path.name.isascii()


def test_a_service_name_that_is_a_file_name_stays(directories: Path) -> None:
    """Up to 80 characters, so that a person finds the lock."""
    assert Path(find_service_lock_path("x" * 80)).name == f"keyring-{'x' * 80}.lock"


def test_services_have_locks_of_their_own(directories: Path) -> None:
    """One does not wait for another; but two that differ in case are one credential for Windows."""
    names = ["a", "b", "a/b", "a:b", "x" * 81, "x" * 82, "ä/x"]
    assert len({find_service_lock_path(name) for name in names}) == len(names)
    for name in names:
        assert find_service_lock_path(name.upper()) == find_service_lock_path(name)


@pytest.mark.parametrize("service", ["nul", "CON"])
def test_no_lock_file_is_a_device(directories: Path, service: str) -> None:
    """Windows takes nul.lock for one."""
    path = Path(find_service_lock_path(service))
    assert not path.name.casefold().startswith(f"{service.casefold()}.")
    with locked(path):
        pass
    assert path.is_file()


def test_the_keyring_store_takes_its_services_lock(directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And waits for it in vain when another has it."""
    store = KeyringStore("coder-test", provider=MemoryKeyring())
    monkeypatch.setattr(lock_module.locked.__wrapped__, "__defaults__", (0.0,))  # type: ignore[attr-defined]
    with locked(find_service_lock_path("coder-test")):
        for operation in (store.deployments, store.usage, store.reset):
            with pytest.raises(StoreLockedError):
                operation()
