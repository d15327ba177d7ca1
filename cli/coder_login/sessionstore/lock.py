"""One process at a time: a lock on a file of the user's own, which the system lets go of when its holder dies.

Windows gives no atomicity across calls, and two files are never replaced at once anywhere; so every read-modify-write
and every read of a store happens under this lock. Other clients take no lock.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from contextlib import contextmanager

from coder_login.errors import find_words
from coder_login.interrupts import heed_signals
from coder_login.sessionstore.directory import DIRECTORY_NAME
from coder_login.sessionstore.errors import StoreLockedError
from coder_login.sessionstore.file_checks import is_absolute
from coder_login.sessionstore.file_errors import Action, FileError, LockError, NoLockDirectoryError
from coder_login.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 10.0
"""Seconds that a lock is waited for at most."""

_PAUSE = (0.002, 0.03)  # seconds, at random between the two: waiting processes must not march in step

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_NAME_LIMIT = 80  # characters, of a service in the name of its lock file

# In its text mode Windows' C library looks for the end of the file first.
_MODES = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FLAGS = os.O_RDWR | os.O_CREAT | _MODES


@contextmanager
def locked(path: str | os.PathLike[str], timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold the lock file *path*, made with its directory when it is not there.

    Raises StoreLockedError after *timeout* seconds, StoreUnavailableError when the file can't be opened or locked.
    Letting go raises nothing: what was done under the lock is done.
    """
    path = os.fspath(path)
    descriptor = _open(path)
    try:
        _wait(descriptor, path, time.monotonic() + timeout)
        yield
    finally:
        _let_go(descriptor)


def _let_go(descriptor: int) -> None:
    # Closing unlocks too, but Windows does not say how soon.
    try:
        with contextlib.suppress(OSError):
            _unlock(descriptor)
    finally:  # Ctrl-C leaves no lock that this process would wait for in vain
        with contextlib.suppress(OSError):
            os.close(descriptor)


def find_service_lock_path(service: str) -> str:
    """The lock file of a keyring *service*: in the user's own, not roaming, directory.

    Not a named mutex: any local user can create one of that name first, and close it to us.
    """
    name = service.casefold()  # as Windows compares target names: two spellings are one credential
    if not (name and _NAME.issuperset(name) and len(name) <= _NAME_LIMIT):
        import hashlib  # not at every start: it loads OpenSSL

        name = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    # With a prefix: nul.lock would be a device.
    return os.path.join(find_local_directory(), f"keyring-{name}.lock")


def find_local_directory() -> str:
    """`%LOCALAPPDATA%\\coderv2` on Windows, the user's state directory elsewhere.

    Raises NoLockDirectoryError when that is not an absolute path: each working directory would have its own lock.
    """
    base = os.environ.get("LOCALAPPDATA", "") if sys.platform == "win32" else ""
    directory = os.path.join(base, DIRECTORY_NAME) if base else _state_directory()
    if not is_absolute(directory):
        variables = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME or HOME"
        raise NoLockDirectoryError(directory, variables)
    return directory


def _state_directory() -> str:
    import platformdirs  # not at every start: it costs as much as all the rest

    return platformdirs.user_state_dir(DIRECTORY_NAME, appauthor=False)


def _open(path: str) -> int:
    try:
        descriptor = _open_in_directory(path)
    except OSError as error:
        raise FileError(path, Action.OPENED, find_words(error), kind="the lock file ") from error
    with contextlib.suppress(OSError):
        _close_to_others(descriptor)
    return descriptor


def _open_in_directory(path: str) -> int:
    with contextlib.suppress(FileNotFoundError):  # as nearly never: the directory is made once
        return os.open(path, _FLAGS, 0o600)
    from coder_login.sessionstore.private_directory import make_private  # not at every start

    make_private(os.path.dirname(path))
    return os.open(path, _FLAGS, 0o600)


def _close_to_others(descriptor: int) -> None:
    """Who can open the file can lock us out; and a umask can have taken even the owner's rights."""
    if sys.platform != "win32":
        found = os.fstat(descriptor)
        # Another file, which somebody has linked or moved there, keeps its mode.
        if stat.S_IMODE(found.st_mode) != 0o600 and found.st_nlink == 1 and found.st_size == 0:
            os.fchmod(descriptor, 0o600)


def _wait(descriptor: int, path: str, deadline: float) -> None:
    while not _try_lock(descriptor):
        import random  # not at every start: the lock is nearly always free

        if time.monotonic() > deadline:
            raise StoreLockedError(f"another process has kept the session store locked: {printable(path)}")
        with heed_signals():
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311  # jitter, not a secret


if sys.platform == "win32":
    import msvcrt

    # Both from the descriptor's place in the file on: its start, as nothing is read or written.

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:  # EACCES, or EDEADLOCK with some C libraries of Windows
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise LockError(f"the session store can't be locked: {error.strerror}") from error
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
