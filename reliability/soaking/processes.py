"""Many processes on one keyring and one config directory, alone and beside a client that takes no lock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from coder_login.sessionstore.keyrings import open_system_keyring
from machine import name_system
from store_worker import keyring_store

from soaking import worker
from soaking.judge import Act, Report, Suspect, blame
from soaking.other import GO_URLS

TIME_LIMIT = 3600
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Place:
    """Where the processes meet: a service of a *keyring*, which is a directory or "system", and a directory."""

    service: str
    keyring: str
    directory: Path

    def start(self, job: str, *arguments: object) -> Process:
        words = [worker.__file__, job, self.service, self.keyring, self.directory, *arguments]
        environment = os.environ | {"LOCALAPPDATA": str(self.directory)}  # where the files' lock is on Windows
        # Pipes, since Wine takes no regular file for a standard handle.
        pipe = subprocess.PIPE
        command = [sys.executable, *map(str, words)]
        return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)

    def read_acts(self, name: str) -> list[Act]:
        path = self.directory / name
        lines = path.read_text().splitlines() if path.exists() else []
        return [Act(**json.loads(line)) for line in lines]


def soak_processes(count: int, operations: int, *, beside: bool) -> tuple[tuple[str | int, ...], list[str], str]:
    """The row, what was lost, and a note."""
    with _make_place(beside=beside) as place:
        other = [place.start("other")] if beside else []
        processes = [place.start("ours", number, operations) for number in range(count)]
        try:
            reports = [_read_report(process) for process in processes]
            for process in other:
                _finish(process)
        finally:
            for process in [*processes, *other]:
                process.kill()
        ours, others = place.read_acts("ours"), place.read_acts("other")
        counted = Counter({"overwritten": 0, "mixed": 0})
        lost = [problem for report in reports for problem in report.lost]
        for suspect in (suspect for report in reports for suspect in report.suspects):
            verdict = blame(suspect, ours, others)
            counted[verdict] += 1
            counted["mixed"] += verdict == "overwritten" and suspect.kind == "files" and suspect.found is not None
            if verdict == "lost":
                lost.append(describe(suspect))
        lost += _find_leftovers(place, others)
    what = f"{count} processes, {'beside a client without a lock' if beside else 'with locks'}, {_name(place)}"
    done = sum(report.operations for report in reports)
    refused = sum((Counter(report.refused) for report in reports), Counter[str]())
    note = f"{what}: {_tell_refused(refused)}."
    if beside:
        note += (
            f" The other client did {len(others)} acts; of what it has overwritten, {counted['mixed']} mixed the pair."
        )
    return (what, done, len(lost), counted["overwritten"], "", ""), lost, note


def describe(suspect: Suspect) -> str:
    return f"{suspect.kind}: {suspect.found} stood for {suspect.url} in the place of {suspect.expected}: {suspect}"


def _tell_refused(refused: Counter[str]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in sorted(refused.items()))
    return f"operations that ended in an error and changed nothing: {told or 'none'}"


def _name(place: Place) -> str:
    return "the system's keyring and files" if place.keyring == "system" else "a keyring in a file and files"


@contextmanager
def _make_place(*, beside: bool) -> Iterator[Place]:
    """A new one. Under Wine, where a read beside a write without a lock is torn, or hangs, the unlocked client works on
    a keyring in a file."""
    with TemporaryDirectory() as name:
        service = f"coder-soak-{uuid.uuid4().hex}"
        has_keyring = sys.platform == "win32" and not (beside and "Wine" in name_system())
        yield Place(service, "system" if has_keyring else str(Path(name) / "keyring"), Path(name))
        if has_keyring:
            open_system_keyring().delete(service)


def _read_report(process: Process) -> Report:
    report = json.loads(_finish(process))
    return Report(**report | {"suspects": [Suspect(**suspect) for suspect in report["suspects"]]})


def _finish(process: Process) -> bytes:
    output, errors = process.communicate(timeout=TIME_LIMIT)
    if process.returncode:
        raise AssertionError(errors.decode(errors="replace"))
    return output


def _find_leftovers(place: Place, others: list[Act]) -> list[str]:
    """The sessions of ours that are in the keyring, after all have logged out, and that no other client put there."""
    store = keyring_store(place.service, place.keyring, str(place.directory / "lock"))
    last = next((act.stored for act in reversed(others) if act.kind == "keyring"), {})
    left = [str(url) for url in store.deployments()]
    return [f"keyring: {url} came back" for url in left if url not in GO_URLS and url not in last]
