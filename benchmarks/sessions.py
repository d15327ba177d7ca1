"""Sessions to measure with: of a deployment that can't be, in places of their own, removed in the end."""

from __future__ import annotations

import contextlib
import json
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from coder_login import FileStore, KeyringStore
from coder_login.sessionstore import DEFAULT_SERVICE, SessionNotFoundError

import wincred

HOST = "benchmark.invalid"  # a name that nobody can have: RFC 2606
URL = f"https://{HOST}"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"
BLOB = json.dumps({HOST: {"coder_url": URL, "api_token": TOKEN}}, separators=(",", ":")).encode()
"""The whole credential, when this session is all that it holds."""


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="coder-benchmark-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@contextlib.contextmanager
def session_directory(url: str = URL, token: str = TOKEN) -> Iterator[str]:
    """A config directory with a session of *url*."""
    with temporary_directory() as directory:
        FileStore(directory).write(url, token)
        yield str(directory)


@contextlib.contextmanager
def system_session() -> Iterator[str | None]:
    """The session in the credential that every Coder client looks in; or why there is none: it holds somebody's own.

    That one is never written to. What another program adds in the meantime stays.
    """
    if not _is_free():
        yield f"the credential {DEFAULT_SERVICE} holds a session of yours"
        return
    store = KeyringStore()
    store.write(URL, TOKEN)
    try:
        yield None
    finally:
        with contextlib.suppress(SessionNotFoundError):
            store.delete(URL, TOKEN)


def _is_free() -> bool:
    """Whether there is no such credential, or only what a run that was killed has left."""
    try:
        return wincred.read(DEFAULT_SERVICE).blob == BLOB
    except wincred.NotFoundError:
        return True


def make_name() -> str:
    """A name of this run's own."""
    return f"wincred-benchmark-{uuid.uuid4().hex}"


@contextlib.contextmanager
def removed(*names: str) -> Iterator[None]:
    """In the end, no credential has one of *names*."""
    try:
        yield
    finally:
        for name in names:
            with contextlib.suppress(wincred.NotFoundError):
                wincred.delete(name)
