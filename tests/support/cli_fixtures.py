"""A machine, a deployment and keyrings for the tests of the command, by ``pytest_plugins = ["cli_fixtures"]``."""

import signal
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from both_stores import Stores, make_stores
from coder_login.deployment import tls_failures, transport
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringProvider, UnsupportedKeyringError
from coder_login.sessionstore import pair as pair_module
from credentials import put_aside
from deployment import Deployment
from memory_keyring import MemoryKeyring

from cli import OTHER, TOKEN, Inside, Machine, World


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nobody has logged in."""
    home = tmp_path / "home"
    home.mkdir()
    return Machine(home)


@pytest.fixture
def inside(machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    """The command in this process, on `machine`."""
    return Inside(machine, monkeypatch, capsys)


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """A deployment with one user."""
    with Deployment() as served:
        yield served


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    """A keyring in memory, in the place of this system's."""
    keyring = MemoryKeyring()
    monkeypatch.setattr("coder_login.sessionstore.keyring_store.open_system_keyring", lambda: keyring)
    return keyring


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without a keyring that we support, whichever this is."""

    def refuse() -> KeyringProvider:
        raise UnsupportedKeyringError(f"there is no supported keyring on this system ({sys.platform})")

    monkeypatch.setattr("coder_login.sessionstore.keyring_store.open_system_keyring", refuse)


@pytest.fixture
def world(
    request: pytest.FixtureRequest, inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> World:
    """A session of another deployment in the files, and of both in the keyring; its parameter is the store to use."""
    inside.machine.keep(OTHER, TOKEN)
    keyring = inside.machine.keyring()
    keyring.write(OTHER, TOKEN)
    keyring.write(deployment.url, deployment.issue_token())
    memory_keyring.calls.clear()
    return World(inside, deployment, memory_keyring, getattr(request, "param", "file"))


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Both stores, empty; files settle at once."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))  # for the lock of the files on Windows
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)
    return make_stores(tmp_path)


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that came through, of Ctrl-C and of a polite kill."""
    numbers: list[int] = []
    listened = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, frame: numbers.append(number)) for number in listened]
    yield numbers
    for number, handler in zip(listened, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def real_keyring() -> Iterator[None]:
    """The credential of the real name, absent at first; what was there before is there again in the end."""
    with put_aside(DEFAULT_SERVICE):
        yield


@pytest.fixture
def another_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate authority that is trusted, and is not that of a test's server: a slim machine knows none at all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trustme.CA().configure_trust(context)
    for module in (transport, tls_failures):
        monkeypatch.setattr(module, "make_tls_context", lambda: context)
