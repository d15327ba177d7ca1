"""Custom headers on any text: refused without being shown, or sent as a line each, as they were given.

A line of CODER_HEADER is read as Go's `encoding/csv <https://pkg.go.dev/encoding/csv>`_ reads a record: an
implementation of its rules stands here. We are laxer in one place: a quote within a field that has none at its start is
an error to Go, and a quote to us. The command that prints headers is not run: its output is given.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from unittest import mock

from coder_login.deployment import header_command
from coder_login.deployment.errors import HeaderError
from coder_login.deployment.headers import Headers, join_headers, parse_header, parse_header_line, split_value
from coder_login.text import redact

from fuzzing.cursor import Cursor, read_text
from fuzzing.judging import check_error

WORDS = (
    "X-Gate=", "Cookie=", "a=b", "Host=", "Coder-Session-Token=", "content-length=",
    "Authorization=Bearer s3cr3t-s3cr3t", '"', '""', '","', ",", "=", "\r\n", "\n", "\r", "\0", "\t", "\x0b", "\x0c",
    "\x1c", "\x7f", "\x85", "\xa0", "\xff", "\u0100", "\u2028", "; ", "\ufeff",
)  # fmt: skip

_SOURCE = "CODER_HEADER"


def try_headers(data: bytes) -> None:
    cursor = Cursor(data)
    judge = cursor.pick((_try_one, _try_line, _try_output))
    judge(cursor.take_rest())


def _try_one(data: bytes) -> None:
    text = read_text(data)
    headers = _refuse_or(lambda: [parse_header(text, "--header")], text)
    if headers is None:
        return
    name, value = headers[0]
    assert text.partition("=")[0].strip() == name and text.partition("=")[2].strip() == value
    _check_sendable(headers)


def _try_line(data: bytes) -> None:
    text = read_text(data)
    headers = _refuse_or(lambda: parse_header_line(text, _SOURCE), text)
    fields = read_csv(text, lax=True)
    if fields is None:
        assert headers is None, "Go refuses the line, and not for a quote in the middle of a field"
        return
    assert headers == _refuse_or(lambda: [parse_header(field, _SOURCE) for field in fields], text), f"it is {fields}"
    if headers is not None:
        _check_sendable(headers)


def _try_output(data: bytes) -> None:
    """Lines as Go's bufio.ScanLines ends them: with a line feed, and a carriage return before it."""
    with mock.patch.object(header_command, "_run", lambda command, url: data):
        headers = _refuse_or(lambda: header_command.run_header_command("print", "https://dev.example.com"), "")
    if headers is None:
        return
    lines = [line.removesuffix("\r") for line in data.decode().split("\n")]
    assert headers == [parse_header(line, "the output") for line in lines if line.strip()], "a header of two lines"
    _check_sendable(headers)


def _refuse_or(read: Callable[[], Headers], text: str) -> Headers | None:
    """What *read* gives; None for a refusal, which shows no value of *text*, though it may name a header."""
    try:
        return read()
    except HeaderError as error:
        names, _, values = zip(*(part.partition("=") for part in (text, *text.split(","))), strict=True)
        secrets = [value for value in values if not any(value in name for name in names)]
        check_error(error, {f"value {number}": value for number, value in enumerate(secrets)})
        assert error.__cause__ is None and error.__context__ is None, "the cause carries the text"
        return None


def _check_sendable(headers: Headers) -> None:
    """Hold that each of *headers* goes out as one line, and that all that a server may say of them can be hidden."""
    connection = http.client.HTTPConnection("unused")
    connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
    joined = join_headers(headers)
    assert {name.title() for name, _ in headers} == set(joined)
    for name, value in joined.items():
        assert not re.search(r"[^\t -~\xa0-\xff]", value), "a character that no header may have"
        assert name.lower() not in ("host", "coder-session-token", "content-length")
        connection.putheader(name, value)
    sent: list[bytes] = connection._buffer  # type: ignore[attr-defined]  # what it would send
    lines = b"\r\n".join(sent).decode("latin-1").split("\r\n")[1:]
    assert lines == [f"{name}: {value}" for name, value in joined.items()], "a header that is no line"
    for _, value in headers:
        secrets = split_value(value)
        assert secrets[0] == value
        assert len(value) < 6 or value not in redact(f"<{value}>", secrets)


def read_csv(line: str, *, lax: bool = False) -> list[str] | None:
    """The fields of the one record that Go's csv.Reader reads in *line*; [] for none, None for an error, or two lines.

    By the rules of its package comment: a field that starts with a quote ends at the next quote that is not doubled,
    which a comma or the end must follow; in another one there is no quote, unless *lax*.
    """
    if "\n" in line or "\r" in line:
        return None
    if not line:
        return []
    fields, rest = [], line
    plain = "[^,]*" if lax else '[^",]*'
    while True:
        found = re.match(rf'"((?:[^"]|"")*)"(?=,|\Z)|(?!")({plain})(?=,|\Z)', rest)
        if found is None:
            return None
        fields.append((found[1] or "").replace('""', '"') if rest.startswith('"') else found[2])
        if found.end() == len(rest):
            return fields
        rest = rest[found.end() + 1 :]
