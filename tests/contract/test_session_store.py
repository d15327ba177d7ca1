"""The contract of the session stores: over a keyring in memory, the system's own, one in a file, and the files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from coder_login.sessionstore import FileStore, KeyringProvider, KeyringStore
from coder_login.sessionstore import pair as pair_module
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.testing import SessionStoreContract
from file_keyring import FileKeyring
from memory_keyring import MemoryKeyring


@pytest.fixture
def service() -> str:
    return f"coder-test-{uuid.uuid4().hex}"


class KeyringStoreContract(SessionStoreContract):
    """Over the fixture `provider`."""

    @pytest.fixture
    def make(self, provider: KeyringProvider, service: str, tmp_path: Path) -> Iterator[Callable[[], KeyringStore]]:
        yield lambda: KeyringStore(service, provider=provider, lock_path=tmp_path / "keyring.lock")
        provider.delete(service)

    @pytest.fixture
    def store(self, make: Callable[[], KeyringStore]) -> KeyringStore:
        return make()

    @pytest.fixture
    def again(self, make: Callable[[], KeyringStore]) -> KeyringStore:
        return make()


class TestKeyringInMemory(KeyringStoreContract):
    @pytest.fixture
    def provider(self) -> MemoryKeyring:
        return MemoryKeyring()


class TestKeyringInAFile(KeyringStoreContract):
    """A third keyring, which the store knows nothing of."""

    @pytest.fixture
    def provider(self, tmp_path: Path) -> FileKeyring:
        return FileKeyring(tmp_path / "keyring")


@pytest.mark.credential_manager
class TestSystemKeyring(KeyringStoreContract):
    """The real Credential Manager."""

    @pytest.fixture
    def provider(self) -> KeyringProvider:
        return open_system_keyring()


class TestFiles(SessionStoreContract):
    holds_many = False

    @pytest.fixture(autouse=True)
    def _settled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))  # for the lock of the files on Windows
        monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)

    @pytest.fixture
    def store(self, tmp_path: Path) -> FileStore:
        return FileStore(tmp_path / "config")

    @pytest.fixture
    def again(self, tmp_path: Path) -> FileStore:
        return FileStore(tmp_path / "config")
