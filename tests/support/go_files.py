"""The files of the Go `coder` CLI: how it writes and removes a session beside ours.

By `cli/login.go`, `cli/logout.go`, `cli/sessionstore/sessionstore.go` and `cli/config/file.go` of coder/coder:

- A login writes `session`, and then `url`. Each is opened with O_TRUNC, empty until it is written, in its place: a
  link is followed, and a file that is there keeps its mode. What is missing is made, with 0600, its directory with
  0750.
- A logout removes `url`, then `session`, then `organization`; what is not there is none of its errors.
- It takes no lock, and reads nothing back.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class GoFiles:
    """It, with its config directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, url: str, token: str) -> None:
        self._write("session", token)
        self._write("url", url)

    def delete(self) -> None:
        for name in ("url", "session", "organization"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._directory / name)

    def _write(self, name: str, text: str) -> None:
        self._directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_TRUNC | os.O_CREAT | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._directory / name, flags, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
