"""The command, run against a hostile server in a process of its own or in one for many, and how each run ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from children import clean_environment

from hostile.calls import TOKEN
from hostile.listeners import Authority, Heard, Listener
from hostile.steps import PROXIED, Visit, spell

PATIENCE = 30.0
"""Seconds over its limit after which a run is ended: it hangs."""

VISITOR = Path(__file__).with_name("visitor.py")


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what the servers *heard*; *code* None means that it did not end."""

    own: str
    heard: list[Heard] = field(repr=False)
    code: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0
    busy: float = 0
    """CPU seconds."""
    peak: int = 0
    """Bytes."""


class Visitor:
    """A process that runs the command each time that it is told to, while it is entered."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", str(VISITOR)]
        pipe = subprocess.PIPE
        environment = clean_environment() | {"PYTHONUTF8": "1", "PYTHONPATH": str(VISITOR.parents[1])}
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, words: list[str], environment: dict[str, str], typed: str, seconds: float) -> dict[str, Any]:
        """What the run counted; nothing when it did not end in *seconds*, after which no other run is made."""
        request = json.dumps({"words": words, "environment": environment, "typed": typed})
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            return self._ask(request.encode() + b"\n")
        finally:
            timer.cancel()

    def _ask(self, request: bytes) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(request)
        stdin.flush()
        line = stdout.readline()
        if not line:
            return {}
        answer: dict[str, Any] = json.loads(line)
        for name in ("stdout", "stderr"):
            answer[name] = answer[name].encode("latin-1").decode(errors="surrogateescape").replace("\r\n", "\n")
        return answer


def try_visits(visits: Iterable[Visit], authority: Authority) -> Iterator[tuple[Visit, Outcome]]:
    """Each of *visits* and its outcome, all in one process; in another one after a run that did not end."""
    with ExitStack() as stack:
        visitor = stack.enter_context(Visitor())
        for visit in visits:
            outcome = _try(visit, visitor, authority)
            yield visit, outcome
            if outcome.code is None:
                visitor = stack.enter_context(Visitor())


def _try(visit: Visit, visitor: Visitor, authority: Authority) -> Outcome:
    with (
        Listener(authority.context, visit.row, visit.step.number) as listener,
        Listener(authority.context) as other,
        _make_home() as home,
    ):
        own = _name_origin(visit.carrier, listener.port)
        listener.own, listener.other = own, f"http://127.0.0.1:{other.port}"
        proxy = listener if visit.carrier == "proxy" else other
        _store_session(home / "config", own)
        environment = _make_environment(home, authority.file, f"http://127.0.0.1:{proxy.port}")
        words = spell(visit, own, str(home / "config"))
        counted = visitor.run(words, environment, visit.step.typed, visit.seconds + PATIENCE)
        return Outcome(own, [*listener.heard, *other.heard], **counted)


def _name_origin(carrier: str, port: int) -> str:
    return {"plain": f"http://127.0.0.1:{port}", "tls": f"https://127.0.0.1:{port}", "proxy": PROXIED}[carrier]


@contextmanager
def _make_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        yield Path(home)


def _store_session(directory: Path, url: str) -> None:
    """What a login leaves."""
    directory.mkdir(0o700)
    for name, text in (("url", url), ("session", TOKEN)):
        file = os.open(directory / name, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(text)


def _make_environment(home: Path, certificates: Path, proxy: str) -> dict[str, str]:
    """Nothing is asked beyond this machine: every name goes to *proxy*, a server of ours."""
    places = dict.fromkeys(["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME"])
    kept = {name: value for name, value in clean_environment().items() if not name.upper().endswith("_PROXY")}
    proxies = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}
    return kept | dict.fromkeys(places, str(home)) | proxies | {"SSL_CERT_FILE": str(certificates), "BROWSER": "true"}
