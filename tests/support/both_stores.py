"""Both session stores side by side, the keyring in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from coder_login.sessionstore import FileStore, KeyringStore, SessionStore
from memory_keyring import MemoryKeyring

OTHER = {"files": "keyring", "keyring": "files"}


@dataclass(slots=True)
class Stores:
    """Both stores, by their names too."""

    directory: Path
    memory: MemoryKeyring
    files: FileStore
    keyring: KeyringStore
    looks: list[str] = field(default_factory=list)
    """The names of the stores that were asked for with `look`."""

    def named(self, name: str) -> SessionStore:
        return self.files if name == "files" else self.keyring

    def look(self, name: str) -> SessionStore:
        self.looks.append(name)
        return self.named(name)

    def put(self, **files: str) -> None:
        """Files as another client may have left them."""
        self.directory.mkdir(exist_ok=True)
        for name, text in files.items():
            (self.directory / name).touch(0o600)
            (self.directory / name).write_text(text)

    @property
    def state(self) -> tuple[dict[str, str], dict[str, bytes]]:
        """What other clients see: the files, and the credentials."""
        files = (path for path in self.directory.glob("*") if path.is_file() and not path.name.startswith("."))
        return {path.name: path.read_text() for path in files}, dict(self.memory.blobs)


def make_stores(directory: Path) -> Stores:
    """Both empty, in *directory*, with locks of their own."""
    memory, config = MemoryKeyring(), directory / "config"
    return Stores(config, memory, FileStore(config), KeyringStore(provider=memory, lock_path=directory / "lock"))
