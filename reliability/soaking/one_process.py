"""One process that reads and writes for a long time: its handles and its memory must not grow."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from coder_login.sessionstore import FileStore, KeyringProvider, KeyringStore, pair
from coder_login.sessionstore.keyrings import open_system_keyring
from process_size import Size, measure
from store_worker import FileKeyring

import wincred

URL, TOKEN = "https://dev.example.com", "0123456789-abcdefghijklmnopqrstuv"
OTHER = "https://other.example.com"
READS = 100_000
_WRITES, _DELETES, _LISTINGS = 10, 100, 1000  # reads for each of them
_WARM_UP = 500  # reads, with all that goes with them, after which every cache is full

MAX_GROWTH = 1024 * 1024
"""Bytes: a leak of eleven bytes a read, the smallest object that there is in C, is more in the long form."""

MAX_BLOCKS = 250
"""Objects of Python: a leak of one in four reads is more, also in the quick form."""


@dataclass(frozen=True)
class Subject:
    """What is called: reads, and each so often a write, a delete followed by a write, and a listing."""

    name: str
    read: Callable[[], object]
    write: Callable[[], object]
    delete: Callable[[], object]
    list_all: Callable[[], object]

    def use(self, reads: int) -> int:
        """How many operations that were."""
        self.write()
        others = 1
        for number in range(reads):
            self.read()
            for every, call in ((_WRITES, self.write), (_DELETES, self._replace), (_LISTINGS, self.list_all)):
                if number % every == 0:
                    call()
                    others += 1
        self.delete()
        return reads + others + 1

    def _replace(self) -> None:
        self.delete()
        self.write()


def soak_all(reads: int) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """A row for each subject of this system, and what grew."""
    with _subjects() as subjects:
        for subject in subjects:
            subject.use(_WARM_UP)
            before = measure()
            operations = subject.use(reads)
            after = measure()
            yield make_row(subject.name, operations, before, after), find_growth(subject.name, before, after)


def make_row(name: str, operations: int, before: Size, after: Size) -> tuple[str | int, ...]:
    memory = " → ".join(f"{size.memory / 2**20:.1f} MB" for size in (before, after))
    return name, operations, 0, "", f"{before.handles} → {after.handles}", memory


def find_growth(name: str, before: Size, after: Size) -> list[str]:
    """What grew more than it may, in words."""
    problems = []
    if after.handles != before.handles:
        problems.append(f"{name}: {before.handles} handles became {after.handles}")
    if after.memory - before.memory >= MAX_GROWTH:
        problems.append(f"{name}: the memory grew by {after.memory - before.memory} bytes")
    if after.blocks - before.blocks >= MAX_BLOCKS:
        problems.append(f"{name}: {after.blocks - before.blocks} objects of Python were left")
    return problems


@contextmanager
def _subjects() -> Iterator[list[Subject]]:
    """Those of this system, in a place of their own; files pass for settled at once."""
    name = f"coder-soak-{uuid.uuid4().hex}"
    with TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, {"LOCALAPPDATA": directory}))
        stack.enter_context(mock.patch.object(pair, "SETTLING_TIME", 0))
        home = Path(directory)
        files = FileStore(home / "config")
        keyring: KeyringProvider = FileKeyring(home / "keyring")
        subjects = [_make_store("the session store, files", files)]
        if wincred.is_supported():
            stack.callback(_discard, name)
            stack.callback(_discard, f"{name}-binding")
            keyring = open_system_keyring()
            subjects.append(_make_binding(f"{name}-binding"))
        store = KeyringStore(name, provider=keyring, lock_path=home / "lock")
        # So that the credential is always there: for one that is not, Wine's CredReadW itself keeps a handle each time.
        store.write(OTHER, TOKEN)
        kind = "keyring" if wincred.is_supported() else "keyring in a file"
        yield [*subjects, _make_store(f"the session store, {kind}", store)]


def _make_binding(name: str) -> Subject:
    return Subject(
        "wincred",
        lambda: wincred.read(name),
        lambda: wincred.write(name, TOKEN.encode(), comment="a comment"),
        lambda: wincred.delete(name),
        lambda: wincred.enumerate(f"{name}*"),
    )


def _make_store(name: str, store: KeyringStore | FileStore) -> Subject:
    return Subject(
        name,
        lambda: store.read(URL),
        lambda: store.write(URL, TOKEN),
        lambda: store.delete(URL),
        lambda: store.deployments(),
    )


def _discard(name: str) -> None:
    with contextlib.suppress(wincred.NotFoundError):
        wincred.delete(name)
