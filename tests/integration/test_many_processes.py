"""Many processes on one keyring, on the real Credential Manager and on a keyring in files."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import store_worker
from child import Child
from coder_login.sessionstore import KeyringStore
from coder_login.sessionstore.keyrings import open_system_keyring

WORKERS = 12
ROUNDS = 22  # each a login and, but for the last one, a logout: 12 * 43 operations
READERS = 2
KILLS = 15 if sys.platform == "win32" else 60
TIME_LIMIT = 240

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Place:
    """A keyring that processes share: its store, and the arguments that lead a worker to it."""

    store: KeyringStore
    arguments: tuple[str, str, str]


@pytest.fixture(
    params=[
        pytest.param("files", id="keyring-in-files"),
        pytest.param("system", id="credential-manager", marks=pytest.mark.credential_manager),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A service of this test's own with one session in it, removed whatever happens."""
    service = f"coder-test-{uuid.uuid4().hex}"
    keyring = "system" if request.param == "system" else str(tmp_path / "keyring")
    arguments = (service, keyring, str(tmp_path / "lock"))
    store = store_worker.keyring_store(*arguments)
    store.write(store_worker.KEPT, store_worker.KEPT_TOKEN)
    yield Place(store, arguments)
    if request.param == "system":
        open_system_keyring().delete(service)


@pytest.fixture
def processes() -> Iterator[list[Child]]:
    """Those that were started, ended whatever happens."""
    started: list[Child] = []
    yield started
    for process in started:
        with process:
            pass


def start(processes: list[Child], job: str, *arguments: str) -> Child:
    # Pipes, since Wine takes no regular file for a standard handle.
    process = Child(
        [sys.executable, store_worker.__file__, job, *arguments],
        stdin=subprocess.PIPE if job == "read" else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    processes.append(process)
    return process


def finish(process: Child, deadline: float) -> bytes:
    """What it printed; it must have ended well and in time."""
    output, errors = process.communicate(timeout=max(0.1, deadline - time.monotonic()))
    assert process.returncode == 0, errors.decode(errors="replace")
    return output


def start_worker(processes: list[Child], place: Place, number: int, rounds: int) -> Child:
    return start(processes, "login", str(number), str(rounds), *place.arguments)


def test_no_session_is_lost_and_none_comes_back(place: Place, processes: list[Child]) -> None:
    """Each of 12 processes logs in to its own deployments and out again, beside two that read: 500 operations."""
    deadline = time.monotonic() + TIME_LIMIT
    readers = [start(processes, "read", *place.arguments) for _ in range(READERS)]
    workers = [start_worker(processes, place, number, ROUNDS) for number in range(WORKERS)]
    for worker in workers:
        finish(worker, deadline)
    assert all(int(finish(reader, deadline)) > 0 for reader in readers)
    last = {store_worker.own_url(number, ROUNDS - 1) for number in range(WORKERS)}
    assert {*place.store.deployments()} == last | {store_worker.KEPT}
    assert {place.store.read(url) for url in last} == {store_worker.own_token(url, ROUNDS - 1) for url in last}
    assert place.store.read(store_worker.KEPT) == store_worker.KEPT_TOKEN


def test_killed_holders_lose_nobody_elses_session(place: Place, processes: list[Child]) -> None:
    """At random moments; each is started again. What is stored stays whole, and the lock free."""
    deadline = time.monotonic() + TIME_LIMIT
    chance = random.Random(20240101)
    reader = start(processes, "read", *place.arguments)
    survivors = [start_worker(processes, place, number, ROUNDS) for number in range(2)]
    victims = {number: start_worker(processes, place, number, 1_000_000) for number in range(2, 5)}
    for _ in range(KILLS):
        number = chance.choice([*victims])
        _wait_until_at_work(victims[number])
        time.sleep(chance.uniform(0, 0.05))
        assert victims[number].poll() is None, finish(victims[number], deadline)
        victims[number].kill()
        victims[number].communicate()
        victims[number] = start_worker(processes, place, number, 1_000_000)
    for victim in victims.values():
        victim.kill()
    for survivor in survivors:
        finish(survivor, deadline)
    assert int(finish(reader, deadline)) > 0
    _check_after_kills(place)


def _wait_until_at_work(worker: Child) -> None:
    assert worker.read_line() == b"ready", worker.communicate()


def _check_after_kills(place: Place) -> None:
    kept = place.store.deployments()
    last = [store_worker.own_url(number, ROUNDS - 1) for number in range(2)]
    assert {*kept} >= {*last, store_worker.KEPT}
    assert [place.store.read(url) for url in last] == [store_worker.own_token(url, ROUNDS - 1) for url in last]
    assert {url.origin.host.split("-")[0] for url in kept} <= {"kept.example.com", *(f"w{n}" for n in range(5))}
    start = time.monotonic()
    place.store.delete(store_worker.KEPT)
    assert time.monotonic() - start < 5
