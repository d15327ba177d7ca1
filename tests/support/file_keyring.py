"""A keyring in a directory, one file for each service: a third one, written against the protocol alone."""

from __future__ import annotations

import hashlib
from pathlib import Path


class FileKeyring:
    """A KeyringProvider with no limit of its own."""

    max_size = None

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, service: str) -> bytes | None:
        path = self._path(service)
        return path.read_bytes() if path.exists() else None

    def set(self, service: str, blob: bytes) -> None:
        self._directory.mkdir(exist_ok=True)
        self._path(service).write_bytes(blob)

    def delete(self, service: str) -> None:
        self._path(service).unlink(missing_ok=True)

    def persistence(self) -> str:
        return "file"

    def _path(self, service: str) -> Path:
        return self._directory / hashlib.sha256(service.encode()).hexdigest()
