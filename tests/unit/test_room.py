"""How many sessions the keyring holds, and what happens at its limit; at the DLL seam, with a fake."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import KeyringStore, NoRoomError
from fake_advapi32 import FakeAdvapi32
from memory_keyring import MemoryKeyring
from stores import SERVICE, TOKEN


def url(number: int) -> DeploymentURL:
    return DeploymentURL.parse(f"https://dev-{number:02}.example.com")


@pytest.fixture
def store(advapi32: FakeAdvapi32, tmp_path: Path) -> KeyringStore:
    """A store on the fake, whose room is Windows' own limit."""
    return KeyringStore(SERVICE, lock_path=tmp_path / "lock")


def fill(store: KeyringStore) -> int:
    """Store sessions until one more does not fit; how many there are."""
    for number in range(100):
        try:
            store.write(url(number), TOKEN)
        except NoRoomError:
            return number
    raise AssertionError("there is no limit")


def test_about_twenty_deployments_fit(store: KeyringStore) -> None:
    """In 2560 bytes, of hosts and tokens of usual length."""
    assert 18 <= fill(store) <= 24
    assert store.usage().limit == 2560


def test_what_does_not_fit_changes_nothing_and_says_what_would_help(
    store: KeyringStore, advapi32: FakeAdvapi32
) -> None:
    """The bytes that are needed, those that there are, and the deployments that could be logged out."""
    count = fill(store)
    before = advapi32.get(SERVICE)
    assert before is not None
    writes = len(advapi32.writes)
    entry = f',"{url(count).origin.key}":{{"coder_url":"{url(count)}","api_token":"{TOKEN}"}}'
    with pytest.raises(NoRoomError) as caught:
        store.write(url(count), TOKEN)
    assert caught.value.message == (
        f"the keyring has no room for another session: {len(before.blob) + len(entry)} bytes are needed, "
        "and there are 2560"
    )
    assert caught.value.others == tuple(url(number) for number in range(count))
    assert advapi32.get(SERVICE) == before
    assert len(advapi32.writes) == writes


def test_an_entry_that_is_not_ours_can_take_all_the_room(tmp_path: Path) -> None:
    """Then no deployment can be named."""
    provider = MemoryKeyring(max_size=100)
    provider.blobs[SERVICE] = b'{"x":"%b"}' % (b"y" * 80)
    store = KeyringStore(SERVICE, provider=provider, lock_path=tmp_path / "lock")
    with pytest.raises(NoRoomError) as caught:
        store.write(url(1), TOKEN)
    assert caught.value.others == ()


def test_a_full_keyring_still_takes_a_new_token_of_an_old_deployment(store: KeyringStore) -> None:
    """And room is made by a logout."""
    count = fill(store)
    newer = TOKEN[::-1]
    store.write(url(3), newer)
    assert store.read(url(3)) == newer
    store.delete(url(4))
    store.write(url(count), TOKEN)
    assert store.read(url(count)) == TOKEN


def test_the_last_byte_can_be_used(store: KeyringStore) -> None:
    """2560 bytes fit, 2561 do not, and a check says so beforehand."""
    fill(store)
    store.delete(url(0))
    free = 2560 - store.usage().used
    room = free - len(f',"{url(99).origin.key}":{{"coder_url":"{url(99)}","api_token":""}}')
    for operation in (partial(store.check, url(99), room + 1), partial(store.write, url(99), "x" * (room + 1))):
        with pytest.raises(NoRoomError, match="2561 bytes are needed, and there are 2560"):
            operation()
    store.check(url(99), room)
    store.write(url(99), "x" * room)
    assert store.usage().used == 2560
    assert store.read(url(99)) == "x" * room


def test_check_writes_nothing(store: KeyringStore, advapi32: FakeAdvapi32) -> None:
    """It asks and reads."""
    store.check(url(1))
    assert {*advapi32.calls} == {"CredGetSessionTypes", "CredReadW"}
