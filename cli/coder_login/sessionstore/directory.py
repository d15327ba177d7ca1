"""The config directory that all Coder clients share, and its small text files.

A file is read and written whole: through a temporary file beside it, flushed to disk and renamed over. What is not a
regular file of ours (a link, a directory, a pipe) is refused, and so is what can't be text.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time

from coder_login.errors import find_words
from coder_login.sessionstore.file_checks import check_regular, check_trusted, decode, is_absolute, is_open, is_ours
from coder_login.sessionstore.file_errors import Action, FileError, ForeignFileError, NoConfigDirectoryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    _Result = TypeVar("_Result")

DIRECTORY_NAME = "coderv2"
MAX_FILE_SIZE = 64 * 1024
"""Bytes that are read of a file at most: a URL and a token are far shorter."""

REPLACE_TIMEOUT = 2.0 if sys.platform == "win32" else 0.0
"""Seconds that a Windows reader, which has the file open, can delay its replacement; elsewhere it does not."""

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PRIVATE = 0o600


def find_default_directory() -> str:
    """Where the other Coder clients look, without --global-config. Raises NoConfigDirectoryError."""
    if sys.platform == "win32":
        return os.path.join(_required("APPDATA"), DIRECTORY_NAME)
    if sys.platform == "darwin":  # without XDG_CONFIG_HOME, at which the Go client does not look there
        return os.path.join(_required("HOME"), "Library", "Application Support", DIRECTORY_NAME)
    # As platformdirs finds it, whose import takes longer than a whole read.
    if os.environ.get("XDG_CONFIG_HOME", "").strip():
        return os.path.join(_required("XDG_CONFIG_HOME"), DIRECTORY_NAME)
    return os.path.join(_required("HOME"), ".config", DIRECTORY_NAME)


def _required(variable: str) -> str:
    path = os.environ.get(variable, "")
    if not is_absolute(path):
        raise NoConfigDirectoryError(variable)
    return path


class ConfigDirectory:
    """The directory at *path*, which may not exist yet. Every method raises StoreUnavailableError and nothing else."""

    def __init__(self, path: str) -> None:
        self.path = path

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def create(self) -> None:
        """Make the directory, for its owner alone."""
        from coder_login.sessionstore.private_directory import make_private  # not at every start

        with _file_errors(self.path, Action.MADE):
            make_private(self.path)

    def read(self, name: str) -> str | None:
        """The file's text without the white space around it; None when there is no such file."""
        content = self.read_bytes(name)
        return None if content is None else decode(content, self.file(name)).strip()

    def read_bytes(self, name: str) -> bytes | None:
        """The file as it is; None when there is no such file."""
        path = self.file(name)
        with _file_errors(path, Action.READ):
            try:
                check_regular(path)
                descriptor = _retry(lambda: os.open(path, _READ))
            except FileNotFoundError:
                return None
            try:
                check_trusted(descriptor, path)
                content = _read_up_to(descriptor, MAX_FILE_SIZE + 1)
            finally:
                os.close(descriptor)
        if len(content) > MAX_FILE_SIZE:
            raise ForeignFileError(path, f"has more than {MAX_FILE_SIZE} bytes")
        return content

    def is_writable_by_others(self) -> bool:
        """Whether another user (root aside) can remove or rename the files of the directory; never so on Windows."""
        if sys.platform == "win32":
            return False
        try:
            found = os.stat(self.path)
        except OSError:
            return False
        return not is_ours(found) or (is_open(found) and not found.st_mode & stat.S_ISVTX)

    def is_readable_by_others(self, name: str) -> bool:
        """Whether the mode lets another user read the file; never so on Windows, where the profile's list applies."""
        if sys.platform == "win32":
            return False
        try:
            return bool(os.lstat(self.file(name)).st_mode & 0o077)
        except OSError:
            return False

    def last_changes(self, name: str) -> tuple[int, ...]:
        """When the file was last changed, in nanoseconds since 1970, by each clock that tells; () when there is none.

        Who writes a file can set the time of the write, and not that of the change. (On Windows that is when it was
        made.)
        """
        with _file_errors(self.file(name), Action.READ):
            try:
                found = os.lstat(self.file(name))
            except FileNotFoundError:
                return ()
        return found.st_mtime_ns, found.st_ctime_ns

    def check_removable(self, name: str) -> None:
        """Raise what `remove` would for what is not a file of ours; nothing happens when there is none."""
        with _file_errors(self.file(name), Action.REMOVED), contextlib.suppress(FileNotFoundError):
            check_regular(self.file(name))

    def stage(self, name: str, content: bytes) -> None:
        """Write a new file *name* with *content*, flushed to disk; one of that name is removed first."""
        path = self.file(name)
        self.discard(name)
        with _file_errors(path, Action.WRITTEN):
            descriptor = _retry(lambda: os.open(path, _CREATE, _PRIVATE))
            try:
                if sys.platform != "win32":
                    os.fchmod(descriptor, _PRIVATE)  # a umask can have taken even the owner's rights
                _write_whole(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, source: str, target: str) -> None:
        """Put *source* in the place of *target*, at once."""
        path = self.file(target)
        with _file_errors(path, Action.REPLACED):
            with contextlib.suppress(FileNotFoundError):
                check_regular(path)
            _retry(lambda: os.replace(self.file(source), path))
            self._flush()

    def remove(self, name: str) -> bool:
        """Remove the file; whether there was one."""
        path = self.file(name)
        with _file_errors(path, Action.REMOVED):
            try:
                check_regular(path)
            except FileNotFoundError:
                return False
            _retry(lambda: _unlink(path))
            self._flush()
            return True

    def discard(self, name: str) -> None:
        """Remove the staged file *name*, or a link of that name; nothing happens when there is none."""
        path = self.file(name)
        with _file_errors(path, Action.REMOVED):
            _retry(lambda: _unlink(path))

    def check_writable(self, name: str, staged_name: str, size: int) -> None:
        """Raise what a write of *size* bytes to *name*, staged as *staged_name*, would."""
        self.create()
        self.read_bytes(name)
        try:
            self.stage(staged_name, b"." * size)
        finally:
            self.discard(staged_name)

    def _flush(self) -> None:
        """Ask for the directory on the disk. A failure changes nothing: the rename, or the removal, is done."""
        if sys.platform == "win32":
            return  # a directory can't be opened there; NTFS keeps renames in its journal
        with contextlib.suppress(OSError):
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _write_whole(descriptor: int, content: bytes) -> None:
    # Not by os.fdopen, which asks what kind of file it is; a failure of that leaves the descriptor open.
    while content:
        content = content[os.write(descriptor, content) :]


def _read_up_to(descriptor: int, size: int) -> bytes:
    # Likewise: on Windows that takes longer than to read it.
    content = b""
    while piece := os.read(descriptor, size - len(content)):
        content += piece
    return content


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def _file_errors(path: str, action: Action) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(path, action, find_words(error)) from error


def _retry(call: Callable[[], _Result]) -> _Result:
    """*call*, tried again while Windows says that another process has the file open without sharing it."""
    deadline = time.monotonic() + REPLACE_TIMEOUT
    while True:
        try:
            return call()
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
