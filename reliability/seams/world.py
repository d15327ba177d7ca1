"""All that a run of the command can change: the two files, one credential, the sessions on a deployment."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TypeAlias
from unittest import mock
from urllib.parse import urlsplit

import loopback
from coder_login.deployment import exchange, transport
from coder_login.sessionstore import keyring_store
from deployment import Deployment

import wincred

OTHER = "https://other.example.com"
"""A deployment that nobody serves."""

TOKENS = {"GIVEN": "given12345-abcdefghijklmnopqrstuv", "OLD": "oldold6789-abcdefghijklmnopqrstuv"}
"""Those of the deployment's sessions at first: the one that a person gives, and the one that is stored."""

OTHERS_TOKEN = "otherother-abcdefghijklmnopqrstuv"


class NearDeployment(Deployment):
    """One that answers without a network, which is no part of this."""

    url = "http://127.0.0.1:7080"

    def perform(self, request: exchange.Request, *_: object) -> tuple[SimpleNamespace, bytes]:
        """In the place of the exchange over a connection."""
        answer = self.respond(
            loopback.Request(request.method, urlsplit(request.url).path, _make_message(request.headers))
        )
        return SimpleNamespace(status=answer.status, headers=_make_message(answer.headers)), answer.body

    def restart(self) -> None:
        """As at first: no sessions but those of TOKENS."""
        for token in self.valid_tokens():
            self.revoke(token)
        for token in TOKENS.values():
            self.issue_token(token)
        self.keys.clear()


@dataclass(frozen=True)
class State:
    """What is stored, and which tokens the deployment accepts; a key that was made in the run is called MADE."""

    files: tuple[tuple[str, str], ...]
    keyring: str
    valid: frozenset[str]


Pair: TypeAlias = tuple[str | None, str | None]


@dataclass
class World:
    """A home, a credential and a deployment of its own."""

    home: Path
    deployment: NearDeployment
    service: str = field(default_factory=lambda: f"coder-seam-{uuid.uuid4().hex}")

    @property
    def directory(self) -> Path:
        return self.home / "config" / "coderv2"

    def put(self, files: dict[str, str], keyring: bytes) -> None:
        """Make everything as it is to be at first."""
        self.deployment.restart()
        for path in self.home.iterdir():
            shutil.rmtree(path)
        if files:
            self.directory.mkdir(parents=True, mode=0o700)
        for name, text in files.items():
            (self.directory / name).write_bytes(text.encode())
            (self.directory / name).chmod(0o600)
        if keyring:
            wincred.write(self.service, keyring)
        else:
            self.discard_credential()

    def discard_credential(self) -> None:
        with contextlib.suppress(wincred.NotFoundError):
            wincred.delete(self.service)

    def look(self) -> State:
        names = [name for name in self._list_files() if not name.startswith(".")]
        named = {name: self._name_tokens((self.directory / name).read_text()) for name in names}
        valid = {self._name_tokens(token) for token in self.deployment.valid_tokens()}
        return State(tuple(sorted(named.items())), self._name_tokens(self.read_keyring()), frozenset(valid))

    def find_pair(self) -> Pair:
        """What is in `url` and in `session` now; None for a file that is not there."""
        texts = [self._read(name) for name in ("url", "session")]
        return texts[0], texts[1]

    def _read(self, name: str) -> str | None:
        path = self.directory / name
        return self._name_tokens(path.read_text()) if path.exists() else None

    def read_keyring(self) -> str:
        try:
            return (wincred.read(self.service).blob or b"").decode()
        except wincred.NotFoundError:
            return ""

    def find_staged(self) -> list[str]:
        """Temporary files of ours that are left."""
        return [name for name in self._list_files() if name.startswith(".") and name != ".lock"]

    def _list_files(self) -> list[str]:
        return sorted(os.listdir(self.directory)) if self.directory.is_dir() else []

    @property
    def tokens(self) -> list[str]:
        return [*TOKENS.values(), OTHERS_TOKEN, *self.deployment.keys]

    def _name_tokens(self, text: str) -> str:
        names = {token: name for name, token in TOKENS.items()} | {OTHERS_TOKEN: "OTHERS"}
        for token in self.tokens:
            text = text.replace(token, names.get(token, "MADE"))
        return text


@contextmanager
def entered() -> Iterator[World]:
    """A world, with the environment of a process that lives in it; nothing of it is left in the end."""
    with TemporaryDirectory() as directory, ExitStack() as stack:
        world = World(Path(directory), NearDeployment())
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("CODER_")}
        places = {"APPDATA": "config", "XDG_CONFIG_HOME": "config", "LOCALAPPDATA": "local", "XDG_STATE_HOME": "local"}
        environment = kept | {name: str(world.home / place) for name, place in places.items()}
        stack.enter_context(mock.patch.dict(os.environ, environment, clear=True))
        stack.enter_context(mock.patch.object(keyring_store.KeyringStore.__init__, "__defaults__", (world.service,)))
        stack.enter_context(mock.patch.object(transport, "perform", world.deployment.perform))
        stack.callback(world.discard_credential)
        yield world


def _make_message(headers: Mapping[str, str]) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return message


def make_keyring(entries: dict[str, str]) -> bytes:
    """The blob of sessions, their tokens by their URLs."""
    if not entries:
        return b""
    value = {url.partition("://")[2]: {"coder_url": url, "api_token": token} for url, token in entries.items()}
    return json.dumps(value, separators=(",", ":")).encode()
