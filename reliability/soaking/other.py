"""The client that takes no lock: it does what the Go CLI does, again and again, and notes each of its acts."""

from __future__ import annotations

import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from coder_login.sessionstore import KeyringProvider, SessionStoreError
from go_client import GoClient, GoError
from go_files import GoFiles
from store_worker import open_keyring

from soaking.judge import Act

PAUSE = (0.02, 0.04)
"""Seconds between two of its acts, which in life are far more."""

GO_URLS = [f"https://go-{number}.example.com" for number in range(2)]


def play_other(service: str, keyring: str, directory: Path) -> None:
    """The Go client, with its acts noted in the file `other`, each when it is over."""
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=[ended], daemon=True).start()
    provider = NotingKeyring(open_keyring(keyring, staged=".go"))
    client, files = GoClient(provider, records_origin=False, service=service), GoFiles(directory / "config")
    with (directory / "other").open("w") as journal:
        for number in itertools.count():
            if ended.is_set():
                return
            for kind, act in _choose_acts(client, files, number).items():
                start = time.perf_counter()
                try:
                    act()
                except (OSError, GoError, SessionStoreError):
                    continue  # as when we have a file open on Windows: a real one would give up, too
                stored = provider.written if kind == "keyring" else {}
                journal.write(json.dumps(asdict(Act(kind, start, time.perf_counter(), stored))) + "\n")
            time.sleep(random.uniform(*PAUSE))


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def _choose_acts(client: GoClient, files: GoFiles, number: int) -> dict[str, Callable[[], object]]:
    """A login in each store, and then a logout."""
    url, token = GO_URLS[number // 2 % len(GO_URLS)], f"go-{number}"
    if number % 2:
        return {"keyring": lambda: client.delete(url), "files": files.delete}
    return {"keyring": lambda: client.write(url, token), "files": lambda: files.write(url, token)}


class NotingKeyring:
    """A KeyringProvider that knows what was last written: the tokens by their keys."""

    def __init__(self, provider: KeyringProvider) -> None:
        self._provider = provider
        self.max_size, self.get, self.persistence = provider.max_size, provider.get, provider.persistence
        self.written: dict[str, str] = {}

    def set(self, service: str, blob: bytes) -> None:
        self._provider.set(service, blob)
        self.written = {f"https://{key}": entry["api_token"] for key, entry in json.loads(blob).items()}

    def delete(self, service: str) -> None:
        self._provider.delete(service)
        self.written = {}
