"""What every keyring promises to the store that stands on it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from coder_login.sessionstore import KeyringProvider, KeyringStore, NoRoomError, SessionStoreError

URL = "https://dev.example.com"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"  # noqa: S105  # one that no deployment has issued
BLOB = b'{"dev.example.com":{}}'
NEWER = b'{"dev.example.com":{},"other.example.com":{}}'
PLENTY = 4096
"""Bytes that a keyring without a limit is tried with."""


class KeyringContract:
    """Inherit this, and give the fixture *keyring*: the one to try. Each test uses a service name of its own."""

    @pytest.fixture
    def service(self, keyring: KeyringProvider) -> Iterator[str]:
        """A name that no other program uses; what is stored under it is removed in the end."""
        name = f"coder-test-{uuid.uuid4().hex}"
        yield name
        with contextlib.suppress(SessionStoreError):
            keyring.delete(name)

    def test_nothing_is_stored_at_first(self, keyring: KeyringProvider, service: str) -> None:
        """And to remove nothing is no error."""
        keyring.delete(service)
        assert keyring.get(service) is None

    def test_a_blob_comes_back_as_it_was_set(self, keyring: KeyringProvider, service: str) -> None:
        """Each of its bytes, whichever it is."""
        blob = bytes(range(256))
        keyring.set(service, blob)
        assert keyring.get(service) == blob

    def test_a_newer_blob_takes_the_place_of_the_older(self, keyring: KeyringProvider, service: str) -> None:
        """A shorter one wholly, too."""
        keyring.set(service, BLOB)
        keyring.set(service, NEWER)
        assert keyring.get(service) == NEWER
        keyring.set(service, BLOB)
        assert keyring.get(service) == BLOB

    def test_a_deleted_blob_is_gone(self, keyring: KeyringProvider, service: str) -> None:
        """And can be set again."""
        keyring.set(service, BLOB)
        keyring.delete(service)
        assert keyring.get(service) is None
        keyring.set(service, NEWER)
        assert keyring.get(service) == NEWER

    def test_services_are_apart(self, keyring: KeyringProvider, service: str) -> None:
        """One that begins with the other's name, too."""
        longer = f"{service}-2"
        try:
            keyring.set(service, BLOB)
            keyring.set(longer, NEWER)
            keyring.delete(service)
            assert (keyring.get(service), keyring.get(longer)) == (None, NEWER)
        finally:
            keyring.delete(longer)

    def test_the_longest_blob_is_kept(self, keyring: KeyringProvider, service: str) -> None:
        """As long as the limit, or several thousand bytes where none is known."""
        blob = b"x" * (PLENTY if keyring.max_size is None else keyring.max_size)
        keyring.set(service, blob)
        assert keyring.get(service) == blob

    def test_what_is_too_long_changes_nothing(self, keyring: KeyringProvider, service: str) -> None:
        """It is NoRoomError, and the older blob stays."""
        if keyring.max_size is None:
            return
        keyring.set(service, BLOB)
        with pytest.raises(NoRoomError):
            keyring.set(service, b"x" * (keyring.max_size + 1))
        assert keyring.get(service) == BLOB

    def test_its_persistence_is_asked_without_writing(self, keyring: KeyringProvider, service: str) -> None:
        """It is a word; nothing is stored for it."""
        assert keyring.persistence()
        assert keyring.get(service) is None

    def test_a_store_stands_on_it(self, keyring: KeyringProvider, service: str, tmp_path: Path) -> None:
        """A session is stored, read by another store, and leaves nothing behind when it is forgotten."""
        store, again = (KeyringStore(service, provider=keyring, lock_path=tmp_path / "lock") for _ in range(2))
        store.check(URL)
        store.write(URL, TOKEN)
        assert (again.read(URL), again.usage().used) == (TOKEN, len(keyring.get(service) or b""))
        again.delete(URL)
        assert keyring.get(service) is None
