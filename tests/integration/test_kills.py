"""A writer that is killed at any moment of a switch between two deployments: never a mixed pair of files."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import store_worker
from child import Child
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import FileStore, OriginMismatchError, SessionNotFoundError
from coder_login.sessionstore import pair as pair_module

KILLS = 25 if sys.platform == "win32" else 200
LONGEST_RUN = 0.06
LAST = DeploymentURL.parse("https://last.example.com")


@pytest.fixture(autouse=True)
def _own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setattr(pair_module, "SETTLING_TIME", 0)


if sys.platform == "win32":

    @contextmanager
    def writer(directory: Path) -> Iterator[Callable[[], None]]:
        """A process that switches the files; call it to kill it."""
        with Child(
            [sys.executable, store_worker.__file__, "switch", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.read_line() == b"ready", process.communicate()

            def kill() -> None:
                assert process.poll() is None, process.communicate()
                process.kill()
                process.wait()

            yield kill

else:

    @contextmanager
    def writer(directory: Path) -> Iterator[Callable[[], None]]:
        """A process that switches the files; call it to kill it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a thread of another test may be left
            process = os.fork()
        if not process:
            with contextlib.suppress(BaseException), contextlib.redirect_stdout(None):
                store_worker.switch(directory)
            os._exit(1)

        def kill() -> None:
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            assert os.WIFSIGNALED(status), "the writer ended by itself"

        yield kill


def found(directory: Path) -> tuple[str | None, str | None]:
    """The url file, and the host that the token in the session file names; a torn one is an error."""
    url, session = (path.read_text() if path.exists() else None for path in (directory / "url", directory / "session"))
    if session is None:
        return url, None
    whole = re.fullmatch(r"([a-z]+\.example\.com)-(\d+)-x*-end", session)
    assert whole, f"a torn session: {session}"
    assert session == store_worker.switched_token(DeploymentURL.parse(whole[1]), int(whole[2]))
    return url, f"https://{whole[1]}"


def killing_until(enough: Callable[[], bool]) -> Iterator[int]:
    """The number of each kill: KILLS of them, and as many more as a busy machine needs to have *enough*."""
    yield from range(KILLS)
    deadline = time.monotonic() + 60
    for number in itertools.count(KILLS):
        if enough():
            return
        assert time.monotonic() < deadline
        yield number


@pytest.mark.timeout(300)
def test_a_killed_writer_leaves_the_old_pair_no_session_or_the_new_pair(tmp_path: Path) -> None:
    """Each whole, never mixed; and the next writer leaves nothing of ours but the two files and the lock."""
    directory = tmp_path / "coderv2"
    store = FileStore(directory)
    chance = random.Random(20240101)
    seen: set[str | None] = set()
    for number in killing_until(lambda: seen >= {str(url) for url in store_worker.SWITCHED}):
        with writer(directory) as kill:
            time.sleep(chance.uniform(0.005, LONGEST_RUN))
            kill()
        url, owner = found(directory) if directory.exists() else (None, None)
        assert owner in (None, url), "a mixed pair"
        seen.add(owner)
        for asked in store_worker.SWITCHED:
            with contextlib.suppress(SessionNotFoundError, OriginMismatchError):
                assert store.read(asked).startswith(f"{asked.origin.host}-")
        if number % 2:
            store.write(LAST, "last", replace=True)
            assert {path.name for path in directory.iterdir()} - {".lock"} == {"url", "session"}
            assert store.read(LAST) == "last"
            store.delete(LAST)
