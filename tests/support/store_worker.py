"""A process at work on a session store, beside others: python store_worker.py JOB ARGUMENTS...

    login NUMBER ROUNDS SERVICE KEYRING LOCK   log in to deployments of its own and out again, so many times
    read SERVICE KEYRING LOCK                  read everything until the input ends
    switch DIRECTORY                           switch the files between two deployments until it is killed

KEYRING is a directory, for a keyring in files, or "system". What goes wrong ends in a traceback and exit code 1.
"""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path

from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import FileStore, KeyringProvider, KeyringStore, SessionNotFoundError, pair
from coder_login.sessionstore.directory import ConfigDirectory
from coder_login.sessionstore.keyrings import open_system_keyring

KEPT = DeploymentURL.parse("https://kept.example.com")
KEPT_TOKEN = "0123456789-keptkeptkeptkeptkeptke"
SWITCHED = tuple(DeploymentURL.parse(f"https://{name}.example.com") for name in ("one", "another"))


class FileKeyring:
    """A KeyringProvider in a file, for systems without a keyring; who takes no lock needs a name of his own for what is
    *staged*."""

    max_size = 2560

    def __init__(self, directory: Path, staged: str = ".new") -> None:
        self._directory = ConfigDirectory(str(directory))
        self._staged = staged

    def get(self, service: str) -> bytes | None:
        return self._directory.read_bytes(service)

    def set(self, service: str, blob: bytes) -> None:
        self._directory.create()
        self._directory.stage(self._staged, blob)
        self._directory.rename(self._staged, service)

    def delete(self, service: str) -> None:
        self._directory.remove(service)

    def persistence(self) -> str:
        return "local_machine"


def open_keyring(keyring: str, staged: str = ".new") -> KeyringProvider:
    return open_system_keyring() if keyring == "system" else FileKeyring(Path(keyring), staged)


def keyring_store(service: str, keyring: str, lock: str) -> KeyringStore:
    return KeyringStore(service, provider=open_keyring(keyring), lock_path=Path(lock))


def own_url(number: int, turn: int) -> DeploymentURL:
    return DeploymentURL.parse(f"https://w{number}-{turn % 3}.example.com")


def own_token(url: DeploymentURL, turn: int) -> str:
    return f"{url.origin.host}-{turn}"


def login(number: int, rounds: int, store: KeyringStore) -> None:
    """Each session must be there until this process ends it, and never come back; the last one is left."""
    print("ready", flush=True)
    for turn in range(rounds):
        url = own_url(number, turn)
        store.write(url, own_token(url, turn))
        assert store.read(url) == own_token(url, turn), "the session was lost"
        if turn == rounds - 1:
            return
        store.delete(url)
        try:
            store.read(url)
        except SessionNotFoundError:
            continue
        raise AssertionError("the session came back")


def read(store: KeyringStore) -> int:
    """How many times everything was read, and was whole."""
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=[ended], daemon=True).start()
    for count in itertools.count():
        if ended.is_set():
            return count
        assert store.read(KEPT) == KEPT_TOKEN
        for url in store.deployments():
            assert url == KEPT or url.origin.host.startswith("w"), "a torn read"
    raise AssertionError


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def switch(directory: Path) -> None:
    """Twice to the one deployment, twice to the other, and so on; without the wait for other clients after each."""
    pair.SETTLING_TIME = 0
    store = FileStore(directory)
    for number in itertools.count():
        url = SWITCHED[number // 2 % 2]
        store.write(url, switched_token(url, number), replace=True)
        if number == 0:
            print("ready", flush=True)


def switched_token(url: DeploymentURL, number: int) -> str:
    """A token that tells whose it is, and whether it is whole."""
    return f"{url.origin.host}-{number}-{'x' * (number * 37 % 200)}-end"


def main(job: str, *arguments: str) -> None:
    if job == "login":
        number, rounds, *where = arguments
        login(int(number), int(rounds), keyring_store(*where))
    elif job == "read":
        print(read(keyring_store(*arguments)))
    else:
        switch(Path(*arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
