"""The contract of the keyrings: one in memory, one in a file, Windows' with a fake in the DLL's place, the system's."""

from __future__ import annotations

from pathlib import Path

import pytest
from coder_login.sessionstore import KeyringProvider
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from coder_login.testing import KeyringContract
from fake_advapi32 import FakeAdvapi32
from file_keyring import FileKeyring
from memory_keyring import MemoryKeyring


class TestInMemory(KeyringContract):
    @pytest.fixture
    def keyring(self) -> MemoryKeyring:
        return MemoryKeyring()


class TestInAFile(KeyringContract):
    @pytest.fixture
    def keyring(self, tmp_path: Path) -> FileKeyring:
        return FileKeyring(tmp_path / "keyring")


class TestWindowsWithAFake(KeyringContract):
    """Windows' keyring on any system, at the DLL seam."""

    @pytest.fixture
    def keyring(self, advapi32: FakeAdvapi32) -> WindowsCredentialManager:
        return WindowsCredentialManager()


@pytest.mark.credential_manager
class TestSystem(KeyringContract):
    """The real Credential Manager."""

    @pytest.fixture
    def keyring(self) -> KeyringProvider:
        return open_system_keyring()
