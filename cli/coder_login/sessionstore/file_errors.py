"""What can be wrong with the config directory, its files and the locks: the file part of the tree in `errors`."""

from __future__ import annotations

from enum import StrEnum

from coder_login.errors import CoderWarning
from coder_login.sessionstore.errors import StoreUnavailableError
from coder_login.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


class NoConfigDirectoryError(StoreUnavailableError):
    """No config directory is named, and the *variable* that the usual one depends on is unset or relative."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"the config directory is not known: {variable} is not set to an absolute path")
        self.variable = variable


class NoLockDirectoryError(StoreUnavailableError):
    """The directory of the lock depends on *variables*, and is relative."""

    def __init__(self, directory: Path | str, variables: str) -> None:
        super().__init__(f"the directory of the lock is not an absolute path: {printable(str(directory))}")
        self.variables = variables


class LockError(StoreUnavailableError):
    """The file system under the lock file can't lock."""


class Action(StrEnum):
    """What was to be done with a file, or a directory."""

    MADE = "made"
    READ = "read"
    WRITTEN = "written"
    REPLACED = "replaced"
    REMOVED = "removed"
    OPENED = "opened"
    RESOLVED = "resolved"


class _AtPath:
    """What an error or a warning has that is about one file or directory: its *path*, kept as text."""

    _path: str

    @property
    def path(self) -> Path:
        from pathlib import Path  # not at every start

        return Path(self._path)


class FileError(_AtPath, StoreUnavailableError):
    """The system refused an *action* on the file or the directory *path*."""

    def __init__(self, path: Path | str, action: Action, reason: str, *, kind: str = "") -> None:
        super().__init__(f"{kind}{printable(str(path))} can't be {action}: {reason}")
        self._path = str(path)
        self.action = action


class LinkError(StoreUnavailableError):
    """A link stands where a file is to be."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{printable(str(path))} is a link")


class ForeignFileError(StoreUnavailableError):
    """What stands where our file is to be is none of a Coder client's: *what* says why."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(f"{printable(str(path))} {what}")


class UntrustedFileError(_AtPath, StoreUnavailableError):
    """Another user owns the file *path*, or can write it: what it says may be his."""

    def __init__(self, path: Path | str, *, owner: int | None = None) -> None:
        what = "can be written by other users" if owner is None else f"belongs to another user (uid {owner})"
        super().__init__(f"{printable(str(path))} {what}")
        self._path = str(path)
        self.owner = owner


class FileWarning(_AtPath, CoderWarning):
    """Something about the file or directory *path*."""

    def __init__(self, path: Path | str, fact: str) -> None:
        super().__init__(fact.format(printable(str(path))))
        self._path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._path,)


class InsecureFileWarning(FileWarning):
    """Other users of this machine can read the session file *path*."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, "other users can read {}")


class InsecureDirectoryWarning(FileWarning):
    """Other users of this machine can write the config directory *path*: they can remove what is in it."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, "other users can write the directory {}")


class LeftoverFileWarning(FileWarning):
    """The file *path*, which may hold a token that is stored no more, could not be removed."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, "{} could not be removed, and may hold an old session token")
