"""Sessions for the tests of the stores, and another client's hand in the places where they are kept."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import FileStore, KeyringStore, StoreLockedError
from coder_login.sessionstore.lock import locked
from go_files import GoFiles
from memory_keyring import MemoryKeyring

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
NEWER = "9876543210-vutsrqponmlkjihgfedcba"


class BodyError(Exception):
    """What goes wrong in the middle of a change."""


def fail_after(action: Callable[[], object]) -> NoReturn:
    """The body of a change that goes wrong after *action*."""
    action()
    raise BodyError


def failing(error: BaseException) -> Callable[[], None]:
    """An action that raises *error*."""

    def action() -> None:
        raise error

    return action


def is_free(path: str | Path) -> bool:
    """Whether nobody holds the lock *path*."""
    with contextlib.suppress(StoreLockedError), locked(path, timeout=0):
        return True
    return False


# A keyring.

SERVICE = "coder-test"
HTTPS, HTTP, OTHER = "https://dev.example.com", "http://dev.example.com", "https://other.example.com"

KEYRING_OPERATIONS: dict[str, Callable[[KeyringStore], object]] = {
    "read": lambda store: store.read(HTTPS),
    "has": lambda store: store.has(HTTPS),
    "deployments": lambda store: store.deployments(),
    "usage": lambda store: store.usage(),
    "check": lambda store: store.check(HTTPS),
    "write": lambda store: store.write(HTTPS, NEWER),
    "delete": lambda store: store.delete(HTTPS),
}
"""What can be done with a session of HTTPS."""


def entry(url: object, token: object = TOKEN, **unknown: object) -> dict[str, object]:
    return {"coder_url": url, "api_token": token, **unknown}


def compact(value: object) -> bytes:
    """The blob of a map as it is written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class SharedKeyring(MemoryKeyring):
    """A keyring whose blob another client changes too, without the lock."""

    @property
    def raw(self) -> bytes | None:
        return self.blobs.get(SERVICE)

    @raw.setter
    def raw(self, blob: bytes) -> None:
        self.blobs[SERVICE] = blob

    @property
    def entries(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.raw or b"{}")
        return value

    def put(self, entries: dict[str, Any]) -> None:
        self.raw = compact(entries)

    def add(self, url: str, token: str = TOKEN) -> None:
        """The other client's login."""
        self.put(self.entries | {url.partition("//")[2]: entry(url, token)})


# The files.

OLD = DeploymentURL.parse("https://old.example.com")
NEW = DeploymentURL.parse("https://new.example.com:8443/base")
OLD_FILES = {"url": b"https://old.example.com", "session": TOKEN.encode()}
NEW_FILES = {"url": b"https://new.example.com:8443/base", "session": NEWER.encode()}
STAGED = (".url.new", ".session.new", ".url.old", ".session.old")


def name(files: FileStore, url: DeploymentURL) -> None:
    with files.naming(url):
        pass


FILE_OPERATIONS: dict[str, Callable[[FileStore], object]] = {
    "read": lambda files: files.read(OLD),
    "has": lambda files: files.has(OLD),
    "deployments": lambda files: files.deployments(),
    "write": lambda files: files.write(OLD, NEWER),
    "switch": lambda files: files.write(NEW, NEWER),
    "naming": lambda files: name(files, NEW),
    "check": lambda files: files.check(OLD),
    "drop-session": lambda files: files.drop_session(OLD, TOKEN),
    "delete": lambda files: files.delete(OLD),
}
"""What can be done with a session of OLD."""


def content(files: FileStore) -> dict[str, bytes]:
    """Every file in their directory but the lock."""
    return {path.name: path.read_bytes() for path in files.session_path.parent.iterdir() if path.name != ".lock"}


def write_other(files: FileStore, contents: dict[str, bytes]) -> None:
    """As another client would, in place and without the lock."""
    files.session_path.parent.mkdir(parents=True, exist_ok=True)
    for file_name, data in contents.items():
        path = files.session_path.with_name(file_name)
        path.write_bytes(data)
        path.chmod(0o600)


def go_login(files: FileStore, url: str, token: str) -> None:
    GoFiles(files.session_path.parent).write(url, token)


def go_logout(files: FileStore) -> None:
    GoFiles(files.session_path.parent).delete()
