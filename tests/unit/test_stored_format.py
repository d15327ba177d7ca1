"""docs/stored-format.md: each form on the page is what the clients write, byte for byte, and what our stores read.

Our stores, on a keyring in memory and on real files; the Go client is a model, made from its source.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from coder_login.sessionstore import FileStore, KeyringStore
from examples import read_blocks
from go_client import GoClient
from go_files import GoFiles
from stores import SERVICE, SharedKeyring

import wincred

pytest_plugins = ["store_fixtures"]

PAGE = Path(__file__).parents[2] / "docs" / "stored-format.md"
URL, OTHER = "https://dev.example.com", "https://dev.example.com:8443"
TOKEN, OTHER_TOKEN = "0123456789-abcdefghijklmnopqrstuv", "9876543210-vutsrqponmlkjihgfedcba"


def undump(text: str) -> bytes:
    """The bytes of a dump, whose right column must show them too."""
    found = b""
    for line in text.splitlines():
        offset, _, rest = line.partition(": ")
        data = bytes.fromhex(rest[:48])
        assert int(offset, 16) == len(found)
        assert rest[48:].strip() == "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
        found += data
    return found


BLOCKS = {
    name: block.text.removesuffix("\n").encode() if block.language == "json" else undump(block.text)
    for name, block in zip(
        ("origins", "two", "bare", "single", "utf-16", "url", "session"), read_blocks(PAGE), strict=True
    )
}


def test_what_we_write(store: KeyringStore, provider: SharedKeyring) -> None:
    """The map with origins; another entry is appended."""
    store.write(URL, TOKEN)
    assert provider.blobs[SERVICE] == BLOCKS["origins"]
    store.write(OTHER, OTHER_TOKEN)
    assert provider.blobs[SERVICE] == BLOCKS["two"]


@pytest.mark.parametrize(("records_origin", "form"), [(True, "origins"), (False, "bare")], ids=["newest", "released"])
def test_what_the_go_client_writes(provider: SharedKeyring, records_origin: bool, form: str) -> None:
    """The newest source the origin, the released one the bare host."""
    GoClient(provider, records_origin=records_origin).write(URL, TOKEN)
    assert provider.blobs[SERVICE] == BLOCKS[form]


@pytest.mark.parametrize("form", ["origins", "two", "bare", "single"])
def test_every_form_is_read(store: KeyringStore, provider: SharedKeyring, form: str) -> None:
    """And written back as the map with origins, from an older form too."""
    provider.blobs[SERVICE] = BLOCKS[form]
    assert store.read(URL) == TOKEN
    store.write(URL, TOKEN)
    assert provider.blobs[SERVICE] == BLOCKS["two" if form == "two" else "origins"]


def test_utf_16_is_read_and_repaired(store: KeyringStore, provider: SharedKeyring) -> None:
    """The page shows its beginning; the Go client can't read it."""
    whole = BLOCKS["origins"].decode().encode("utf-16-le")
    assert whole.startswith(BLOCKS["utf-16"])
    provider.blobs[SERVICE] = whole
    assert store.read(URL) == TOKEN
    assert store.find_misfits().facts
    store.write(URL, TOKEN)
    assert provider.blobs[SERVICE] == BLOCKS["origins"]


def test_the_files(tmp_path: Path) -> None:
    """The same bytes of both clients."""
    for client in (FileStore(tmp_path / "ours"), GoFiles(tmp_path / "theirs")):
        client.write(URL, TOKEN)
    for name in ("ours", "theirs"):
        assert (tmp_path / name / "url").read_bytes() == BLOCKS["url"]
        assert (tmp_path / name / "session").read_bytes() == BLOCKS["session"]
        assert FileStore(tmp_path / name).read(URL) == TOKEN


def test_the_sizes_on_the_page() -> None:
    """Of the files, of the token, of the credential."""
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"is these {len(BLOCKS['url'])} bytes, and `session` these {len(TOKEN)}:" in text
    assert re.findall(r"22-character secret: (\d+) characters", text) == [str(len(TOKEN))]
    assert f"{wincred.MAX_BLOB_SIZE} bytes at most" in text


@pytest.mark.credential_manager
def test_the_real_credential(target_name: str, tmp_path: Path) -> None:
    """Its fields are those of the page; on the real Credential Manager, or Wine's advapi32."""
    KeyringStore(target_name, lock_path=tmp_path / "lock").write(URL, TOKEN)
    found = wincred.read(target_name)
    assert (found.type, found.persist) == (wincred.CredentialType.GENERIC, wincred.Persist.LOCAL_MACHINE)
    assert (found.user_name, found.comment, dict(found.attributes)) == (None, None, {})
    assert found.blob == BLOCKS["origins"]
