"""What a file must be to pass for a Coder client's: a regular one, ours, with text that nobody else can write."""

from __future__ import annotations

import os
import stat
import sys

from coder_login.sessionstore.file_errors import ForeignFileError, LinkError, UntrustedFileError

_OTHERS_WRITE = 0o022
_ROOT = 0  # the superuser can do as he likes, whoever owns a file


def is_ours(found: os.stat_result) -> bool:
    """Whether we own it, or the superuser; always on Windows, where the profile's access list keeps others out."""
    return sys.platform == "win32" or found.st_uid in (os.geteuid(), _ROOT)


def is_open(found: os.stat_result) -> bool:
    """Whether its mode lets other users write it; never on Windows, where it means nothing."""
    return sys.platform != "win32" and bool(found.st_mode & _OTHERS_WRITE)


def is_absolute(path: str) -> bool:
    """Whether *path* names the same place from everywhere; on Windows it then has a drive, or a share, too."""
    return os.path.isabs(path) and (sys.platform != "win32" or bool(os.path.splitdrive(path)[0]))


def check_regular(path: str) -> None:
    """Raise LinkError or ForeignFileError for what is not a file, FileNotFoundError for what is not there."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise LinkError(path)
    if not stat.S_ISREG(mode):
        raise ForeignFileError(path, "is not a file")


def check_trusted(descriptor: int, path: str) -> None:
    """Raise UntrustedFileError for a file that another user (root aside) owns or can write: what it says may be his."""
    if sys.platform == "win32":
        return
    found = os.fstat(descriptor)
    if not is_ours(found):
        raise UntrustedFileError(path, owner=found.st_uid)
    if is_open(found):
        raise UntrustedFileError(path)


def decode(content: bytes, path: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    # Raised here, not there: a UnicodeDecodeError carries the content, which may be a token.
    if "\0" in text:
        raise ForeignFileError(path, "is not UTF-8 text")
    return text
