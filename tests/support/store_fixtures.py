"""A keyring and a config directory for the tests of the stores, by ``pytest_plugins = ["store_fixtures"]``."""

from __future__ import annotations

from pathlib import Path

import pytest
from coder_login.sessionstore import FileStore, KeyringStore
from coder_login.sessionstore import pair as pair_module
from stores import OLD, SERVICE, TOKEN, SharedKeyring


@pytest.fixture
def provider() -> SharedKeyring:
    return SharedKeyring()


@pytest.fixture
def store(provider: SharedKeyring, tmp_path: Path) -> KeyringStore:
    return KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")


@pytest.fixture
def _settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just written are read at once; on Windows their lock is in a directory of the test's own."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)


@pytest.fixture
def directory(tmp_path: Path, _settled: None) -> Path:
    """A config directory that is not there yet, nor the one above it."""
    return tmp_path / "parent" / "coderv2"


@pytest.fixture
def files(directory: Path) -> FileStore:
    return FileStore(directory)


@pytest.fixture
def logged_in(files: FileStore) -> FileStore:
    """The files with a session of OLD."""
    files.write(OLD, TOKEN)
    return files
