"""Command lines, in this process: exit code 0, 1 or 2, no bug, no secret in what is printed; `everyday` is as click.

There is no network (a connection is refused at the seam of the dialer), no header command and no browser; the config
directory is one of its own whatever the line says, and the keyring is one in memory. A session is stored in both.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import coder_login.__main__
from coder_login.commands import browser, everyday, options, program
from coder_login.commands.options import GLOBAL_OPTIONS, Given
from coder_login.commands.values import parse_directory
from coder_login.deployment import dialer, header_command
from coder_login.deployment.errors import HeaderError, HeaderFault
from coder_login.errors import CoderError
from coder_login.sessionstore import DEFAULT_SERVICE, keyring_store, pair
from memory_keyring import MemoryKeyring

from fuzzing.cursor import Cursor
from fuzzing.scratch import find_scratch

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
GIVEN = "9876543210-vutsrqponmlkjihgfedcba"
SECRET = "s3cret-of-the-gate"
URL = "https://dev.example.com"
_BLOB = f'{{"dev.example.com":{{"coder_url":"{URL}","api_token":"{TOKEN}"}}}}'.encode()

# fmt: off
_COMMANDS = (
    "login", "token", "version", "logout", "whoami", "keyring", "status", "list", "migrate", "reset", "ssh", "help",
)
_NAMES = [name for option in GLOBAL_OPTIONS for name in (option.name, option.short) if name]
_OWN = (
    "-o", "--output", "-y", "--yes", "--local-only", "--replace", "--use-token-as-session", "--force-tty", "--version",
)
_VALUES = (
    "json", "text", "true", "false", "1", "5", "0", "nan", "-", "--", "-h", "--help", "~", "$HOME/x", "localhost:3000",
    "", URL, TOKEN,
)
# fmt: on
_SECRETS = (GIVEN, f"X-Gate={SECRET}", f"{GIVEN}.example.com", f"https://anna:{SECRET}@dev.example.com")
VOCABULARY = (*_COMMANDS, *_NAMES, *_OWN, *_VALUES, *_SECRETS)
WORDS = (
    "=true",
    "=",
    "-vy",
    "-ojson",
    "--url=",
    "--header=",
    "--token=",
    "%2e",
    "\x1b[2J",
    "\udcff",
    "\0",
    SECRET,
    GIVEN,
)
_FIRST = ((), ("login",), ("login", "token"), ("version",), ("logout", "-y"), ("keyring", "status"))
"""What a line has among its words, so that it is not always wrong usage."""

_VARIABLES = [option.variable for option in GLOBAL_OPTIONS if option.variable]


def try_line(data: bytes) -> None:
    cursor = Cursor(data)
    environment = {variable: cursor.pick(VOCABULARY) for variable in _VARIABLES if cursor.take_number(8) == 7}
    first, place = cursor.pick(_FIRST), cursor.take_number(4)
    words: list[str] = []
    while cursor and len(words) < 8:
        words.append(_take_word(cursor))
    words[place:place] = first
    with _isolated({name: value.replace("\0", "") for name, value in environment.items()}):
        _check_run(words)
        _check_everyday(words)


def _take_word(cursor: Cursor) -> str:
    """A word that is known, one with a value behind an equals sign, or any text."""
    kind = cursor.take_number(256)
    if kind < len(VOCABULARY):
        return VOCABULARY[kind]
    if kind < 2 * len(VOCABULARY):
        return f"{VOCABULARY[kind - len(VOCABULARY)]}={cursor.pick(VOCABULARY)}"
    return cursor.take_text()


@contextmanager
def _isolated(environment: dict[str, str]) -> Iterator[None]:
    home = _make_home()
    keyring = MemoryKeyring()
    keyring.blobs[DEFAULT_SERVICE] = _BLOB
    places = dict.fromkeys(
        ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), f"{home}"
    )
    with ExitStack() as stack:
        places |= {name: value for name, value in os.environ.items() if name.upper() == "SYSTEMROOT"}
        stack.enter_context(mock.patch.dict(os.environ, {**places, **environment}, clear=True))
        for module, name, substitute in (
            (options, "parse_directory", _parse_directory),
            (dialer.Dialer, "connect", _refuse_connection),
            (header_command, "_run", _refuse_command),
            (browser, "open_page", lambda page: False),
            (keyring_store, "open_system_keyring", lambda: keyring),
            (pair, "SETTLING_TIME", 0),
        ):
            stack.enter_context(mock.patch.object(module, name, substitute))
        yield


def _make_home() -> Path:
    config = find_scratch("lines") / "coderv2"
    config.mkdir(0o700, exist_ok=True)
    for name, content in (("url", URL), ("session", TOKEN)):
        path = config / name
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(content)
    return find_scratch("lines")


def _parse_directory(text: str) -> str:
    """The errors of the real one, and a directory of ours in the place of the one that a line names."""
    parse_directory(text)
    return str(find_scratch("lines") / "coderv2")


def _refuse_connection(*_: object) -> NoReturn:
    raise ConnectionRefusedError(111, "Connection refused")


def _refuse_command(command: str, url: str) -> NoReturn:
    raise HeaderError("the header command failed with exit code 1", HeaderFault.COMMAND_EXIT)


def _check_run(words: list[str]) -> None:
    code, out, err = _run(words)
    assert code in (0, 1, 2), f"exit code {code}"
    assert "Traceback" not in err and "unforeseen" not in err, err
    is_unusable = "Usable: no" in out or '"usable": false' in out  # which `keyring status` answers with exit code 1
    has_failed = "error: " in err or ("Usage: " in err and not out) or is_unusable
    assert bool(code) == has_failed, f"exit code {code}, {out!r} and {err!r}"
    for secret in (TOKEN, GIVEN, SECRET):
        assert secret not in err, "a secret on standard error"
    assert not any(character < " " and character != "\n" for character in err), "a control character on standard error"
    assert TOKEN not in out or (out == f"{TOKEN}\n" and code == 0), "a token, and it is not the answer alone"


def _run(words: list[str]) -> tuple[int, str, str]:
    written = io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(raw, "utf-8", "backslashreplace", newline="") for raw in written]
    with (
        mock.patch.object(sys, "stdin", io.StringIO("")),
        mock.patch.object(sys, "stdout", streams[0]),
        mock.patch.object(sys, "stderr", streams[1]),
    ):
        code = coder_login.__main__._run(list(words))
    for stream in streams:
        stream.flush()
    return code, written[0].getvalue().decode(), written[1].getvalue().decode()


def _check_everyday(words: list[str]) -> None:
    """Hold that what is read without click is read as click reads it."""
    given = Given()
    if everyday.find_task(words, given) is None:
        return
    notes: list[Any] = []
    with (
        mock.patch.object(everyday, "print_token", lambda found: notes.append(("token", found.values))),
        mock.patch.object(everyday, "print_version", lambda form: notes.append(("version", form))),
    ):
        task = everyday.find_task(words, given)
        assert task is not None
        task()
        try:
            program.run(list(words), by_click := Given())
        except CoderError as error:
            raise AssertionError(f"click refuses what is read without it: {error.message}") from error
    assert notes[0] == notes[1] and given.values == by_click.values, "click reads it otherwise"
