"""A keyring in a directory, one file for each service: a third one, written against the protocol alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coder_login.sessionstore import KeyringFailedError


class FileKeyring:
    """A KeyringProvider with no limit of its own."""

    max_size = None

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, service: str) -> bytes | None:
        path = self._find(service)
        with _store_errors():
            return path.read_bytes() if path.exists() else None

    def set(self, service: str, blob: bytes) -> None:
        with _store_errors():
            self._directory.mkdir(exist_ok=True)
            self._find(service).write_bytes(blob)

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
