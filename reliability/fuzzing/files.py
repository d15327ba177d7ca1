"""The files `url` and `session` with any bytes: a session, or an error of ours that shows nothing of `session`.

They are real files in a directory of their own, and every call of the store is tried; one that is refused leaves them
as they are. Nothing waits for them to settle.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from unittest import mock

from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.sessionstore import FileStore, pair

from fuzzing.cursor import Cursor
from fuzzing.judging import check_error
from fuzzing.scratch import find_scratch

WORDS = (
    "https://dev.example.com", "http://localhost:3000/base", "HTTPS://DEV.example.com:443/",
    "https://other.example.com", "0123456789-abcdefghijklmnopqrstuv", "\n", "\r\n", " ", "\ufeff", "\x85", "\u3000",
    "\0", "\xff", "\x1b[2J", "\u202e",
)  # fmt: skip

TOKEN = "9876543210-vutsrqponmlkjihgfedcba"
_URLS = tuple(map(DeploymentURL.parse, ("https://dev.example.com", "http://localhost:3000/base")))
_CALLS: tuple[Callable[[FileStore, DeploymentURL], object], ...] = (
    lambda store, url: store.read(url),
    lambda store, url: store.deployments(),
    lambda store, url: store.current(),
    lambda store, url: store.has_session(),
    lambda store, url: store.is_ownerless(),
    lambda store, url: store.check(url),
    lambda store, url: store.check_naming(),
    lambda store, url: store.delete(url),
    lambda store, url: store.check_delete(url),
    lambda store, url: store.drop_session(url, TOKEN),
    lambda store, url: store.forget(url),
    lambda store, url: store.forget_ownerless(),
    lambda store, url: store.write(url, TOKEN),
)
Files = dict[str, bytes]


def try_files(data: bytes) -> None:
    cursor = Cursor(data)
    call, url, missing = cursor.pick(_CALLS), cursor.pick(_URLS), cursor.pick(("", "", "", "url", "session"))
    given: Files = {"url": cursor.take_piece(), "session": cursor.take_rest()}
    given.pop(missing, None)
    store = _make_store(given)
    places = {"LOCALAPPDATA": str(find_scratch("locks"))}  # on Windows the lock is not beside the files
    with (
        mock.patch.dict(os.environ, places),
        mock.patch.object(pair, "SETTLING_TIME", 0),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        try:
            call(store, url)
        except CoderError as error:
            check_error(error, _find_secrets(given))
            assert _read_files() == given, "a refused call has changed a file"
        _check_session(store, url, _read_files())
        if call is _CALLS[-1]:
            _check_changed(_read_files(), given, url)


def _make_store(files: Files) -> FileStore:
    for name in ("url", "session"):
        path = find_scratch("files") / name
        path.unlink(missing_ok=True)
        if name in files:
            path.touch(0o600)
            path.write_bytes(files[name])
    return FileStore(find_scratch("files"))


def _read_files() -> Files:
    return {path.name: path.read_bytes() for path in find_scratch("files").iterdir() if path.name != ".lock"}


def _find_secrets(files: Files) -> dict[str, str]:
    """What is in `session`, unless it is in what an error may name: the URLs."""
    text = files.get("session", b"").decode("utf-8", "replace").strip()
    named = f"{files.get('url', b'').decode('utf-8', 'replace')} {' '.join(map(str, _URLS))} {_WORDING}"
    return {} if text in named else {"the token": text}


_WORDING = f"the token in {find_scratch('files')} is not a session token: it holds white space, a control character"


def _check_session(store: FileStore, url: DeploymentURL, files: Files) -> None:
    """Hold that a token is given out for the origin that `url` names, and is what `session` holds."""
    with suppress(CoderError):
        token = store.read(url)
        assert files["session"].decode().strip() == token
        assert DeploymentURL.parse(files["url"].decode()).origin == url.origin
        assert re.fullmatch("[!-~]{1,256}", token)


def _check_changed(files: Files, given: Files, url: DeploymentURL) -> None:
    """Hold that a write has left its pair, or what there was."""
    assert files in (given, {"url": f"{url}".encode(), "session": TOKEN.encode()}), "the pair is mixed"
