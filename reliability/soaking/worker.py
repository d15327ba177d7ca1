"""A process of the soak: python worker.py JOB SERVICE KEYRING DIRECTORY [NUMBER OPERATIONS]

    ours    log in to deployments of its own, read, log in again, read, log out, read: in the keyring and in the files
    other   the Go client, which does the same without a lock, again and again until the input ends

KEYRING is a directory, for a keyring in a file, or "system". Each prints, or notes in DIRECTORY, what the judge needs.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / name) for name in ("reliability", "tests/support")]

from coder_login.sessionstore import (  # noqa: E402
    FileStore,
    KeyringProvider,
    KeyringStore,
    OriginMismatchError,
    SessionNotFoundError,
    SessionStoreError,
)
from coder_login.sessionstore.directory import ConfigDirectory  # noqa: E402
from store_worker import open_keyring, own_url  # noqa: E402

from soaking.judge import Act, Report, Suspect  # noqa: E402
from soaking.other import play_other  # noqa: E402


class Looks:
    """When a store last looked at what is stored, and whether anything was written since; by the system's clock."""

    def __init__(self) -> None:
        self.last = 0.0
        self.is_last = False

    def look(self) -> None:
        self.last, self.is_last = time.perf_counter(), True

    def write(self) -> None:
        self.is_last = False


class WatchedKeyring:
    """A KeyringProvider whose looks are noted."""

    def __init__(self, provider: KeyringProvider, looks: Looks) -> None:
        self._provider, self._looks = provider, looks
        self.max_size = provider.max_size
        self.persistence = provider.persistence

    def get(self, service: str) -> bytes | None:
        self._looks.look()
        return self._provider.get(service)

    def set(self, service: str, blob: bytes) -> None:
        self._looks.write()
        self._provider.set(service, blob)

    def delete(self, service: str) -> None:
        self._looks.write()
        self._provider.delete(service)


def watch_files(looks: Looks) -> None:
    """Note each look at the file `url`, and each change of one of the two."""

    def watch(method: str, note: Callable[[], None], names: tuple[str, ...]) -> None:
        real = getattr(ConfigDirectory, method)

        def call(config: ConfigDirectory, *arguments: str) -> object:
            if arguments[-1] in names:
                note()
            return real(config, *arguments)

        setattr(ConfigDirectory, method, call)

    watch("read_bytes", looks.look, ("url",))
    for method in ("rename", "remove"):
        watch(method, looks.write, ("url", "session"))


class Client:
    """A client of ours in one of the two stores, and what it expects to find there."""

    def __init__(self, kind: str, store: KeyringStore | FileStore, looks: Looks, journal: Path, report: Report) -> None:
        self._kind, self._store, self._looks, self._journal, self._report = kind, store, looks, journal, report
        self._expected: str | None = None
        self._is_sure = False
        self._since = 0.0

    def live(self, number: int, turn: int) -> None:
        """A session's life, of six operations."""
        url = str(own_url(number, turn))
        for token in (f"{number}-{turn}-first", f"{number}-{turn}-second"):
            self._do(partial(self._write, url, token), url, token)
            self._read(url)
        self._do(partial(self._store.delete, url), url, None)
        self._read(url)

    def _write(self, url: str, token: str) -> None:
        with self._store.replacing(url, token, replace=True):
            # Under the lock, so in the true order.
            self._note(Act(self._kind, time.perf_counter(), time.perf_counter(), {url: token}))
            self._since = self._looks.last
            if not self._looks.is_last:
                self._report.lost.append(f"{self._kind}: a write of {url} was answered without a look at it")

    def _do(self, change: Callable[[], None], url: str, token: str | None) -> None:
        self._report.operations += 1
        try:
            change()
        except (SessionNotFoundError, OriginMismatchError):  # only a logout that finds nothing raises these here
            self._compare(url, None)
        except SessionStoreError as error:
            self._refuse(error)
            return
        self._since = self._looks.last if token is None else self._since
        self._expected, self._is_sure = token, True

    def _read(self, url: str) -> None:
        self._report.operations += 1
        try:
            found = self._store.read(url)
        except (SessionNotFoundError, OriginMismatchError):
            self._compare(url, None)
        except SessionStoreError as error:
            self._refuse(error)
        else:
            self._compare(url, found)

    def _compare(self, url: str, found: str | None) -> None:
        if self._is_sure and found != self._expected:
            until = time.perf_counter()
            self._report.suspects.append(Suspect(self._kind, url, self._expected, found, self._since, until))
            self._is_sure = False

    def _refuse(self, error: SessionStoreError) -> None:
        name = type(error).__name__
        self._report.refused[name] = self._report.refused.get(name, 0) + 1
        self._is_sure = False

    def _note(self, act: Act) -> None:
        with self._journal.open("a") as journal:
            journal.write(json.dumps(asdict(act)) + "\n")


def work(service: str, keyring: str, directory: Path, number: int, operations: int) -> Report:
    """Six operations in the one store, six in the other, and so on."""
    report, looks = Report(), {kind: Looks() for kind in ("keyring", "files")}
    provider = WatchedKeyring(open_keyring(keyring), looks["keyring"])
    watch_files(looks["files"])
    stores: dict[str, KeyringStore | FileStore] = {
        "keyring": KeyringStore(service, provider=provider, lock_path=directory / "lock"),
        "files": FileStore(directory / "config"),
    }
    journal = directory / "ours"
    clients = itertools.cycle(Client(kind, store, looks[kind], journal, report) for kind, store in stores.items())
    for turn, client in enumerate(clients):
        if report.operations >= operations:
            return report
        client.live(number, turn // 2)
    raise AssertionError


def main(job: str, service: str, keyring: str, directory: str, *numbers: str) -> None:
    if job == "ours":
        print(json.dumps(asdict(work(service, keyring, Path(directory), *map(int, numbers)))))
    else:
        play_other(service, keyring, Path(directory))


if __name__ == "__main__":
    main(*sys.argv[1:])
