"""A keyring in a directory, one file for each service: a third one, written against the protocol alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coder_login.sessionstore import KeyringFailedError

DRAFT = "draft"
"""The file of a write that has not ended: a real keyring holds the old blob or the new one, too."""


class FileKeyring:
    """A KeyringProvider with no limit of its own."""

    max_size = None

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, service: str) -> bytes | None:
        with _store_errors():
            try:
                return self._find(service).read_bytes()
            except FileNotFoundError:
                return None

    def set(self, service: str, blob: bytes) -> None:
        with _store_errors():
            self._directory.mkdir(exist_ok=True)
            draft = self._directory / DRAFT
            draft.write_bytes(blob)
            draft.replace(self._find(service))

    def delete(self, service: str) -> None:
        with _store_errors():
            self._find(service).unlink(missing_ok=True)

    def persistence(self) -> str:
        return "file"

    def _find(self, service: str) -> Path:
        return self._directory / hashlib.sha256(service.encode()).hexdigest()


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyringFailedError(f"the directory of the keyring failed: {error.strerror}") from error
