"""What a server sends, to every call of the API: an answer is read within the limits, or an error of ours says why not.

The token and the headers go to the deployment's origin alone, however it redirects, and stand in no error, though the
server may repeat them. The bytes come from a socket of ours in the place of the dialer's; TLS is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest import mock

from coder_login.deployment import channel, transport
from coder_login.deployment.api import Client, User
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.errors import APIError, RequestError
from coder_login.deployment.transport import Transport
from coder_login.deployment.url import DeploymentURL

from fuzzing.cursor import Cursor
from fuzzing.judging import check_error

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
SECRET = "s3cret-of-the-gate"
NEXT = b"\xff\xfe\xfd"
"""Between what one connection brings and the next."""

WORDS = (
    "HTTP/1.1 200 OK\r\n", "HTTP/1.1 404 Not Found\r\n", "HTTP/1.1 401 Unauthorized\r\n", "HTTP/1.1 302 Found\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.0 200\r\n", "HTTP/0.9", "\r\n\r\n",
    "\r\n", "X-Coder-Build-Version: v2.29.0\r\n", "Content-Type: application/json\r\n", "Content-Type: text/html\r\n",
    "Content-Length: 2\r\n", "Content-Length: -1\r\n", "Content-Length: 999999999999\r\n",
    "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n", "Content-Encoding: deflate, gzip\r\n",
    "Location: https://other.example.com/\r\n", "Location: http://localhost:3000/x/api/v2/users/me\r\n",
    "Location: //other\r\n", "Location: http://localhost:3001/\r\n", "Location: https://localhost:3000/\r\n",
    "Location: http://a@localhost:3000/\r\n", "Location: \\\\other\\\r\n", "{}", "{\"", '"id":"u","username":"anna"',
    '"organization_ids":[', '"roles":[{"name":"owner"}]', '"key":"', '"message":"', '"detail":"',
    '"validations":[{"field":"', '"Route not found."', TOKEN, TOKEN.upper(), SECRET, "5\r\n", "0\r\n\r\n",
    "ffffffffff\r\n", ";x=y", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "\x78\x9c", "\x1b[31m", "\u202e", "\\u202e",
    "\\ud800", "NaN", "[[[[",
)  # fmt: skip

_URL = DeploymentURL.parse("http://localhost:3000")
_CALLS: tuple[Callable[[Client], object], ...] = (
    Client.check_deployment,  # which sends no token: who writes one into an answer to it has guessed it
    lambda client: client.identify(TOKEN),
    lambda client: client.mint_key(TOKEN),
    lambda client: client.logout(TOKEN),
)
_REQUESTS = 2
"""Of a call at most: that, and one to the URL above when it looks like a page's. Each follows 10 redirects at most."""

_ENDS: tuple[bytes | OSError, ...] = (
    b"",
    ConnectionResetError(104, "Connection reset by peer"),
    TimeoutError(110, "Connection timed out"),
)


class FuzzedSocket:
    """A connection that brings *data*, in pieces of *size*, and then *end*."""

    def __init__(self, data: bytes, size: int, end: bytes | OSError) -> None:
        self._rest, self._size, self._end = data, size, end
        self.sent = b""

    def recv(self, limit: int) -> bytes:
        if not self._rest:
            if isinstance(self._end, OSError):
                raise self._end
            return self._end
        size = min(limit, self._size)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def send(self, data: memoryview) -> int:
        self.sent += data
        return len(data)

    def settimeout(self, seconds: float) -> None:
        assert 0 < seconds <= 1

    def close(self) -> None:
        self._rest = b""


class FuzzedDialer:
    """Connections to anywhere, with what each brings; and what each was sent, with the place that it led to."""

    def __init__(self, cursor: Cursor) -> None:
        self._size = cursor.pick((1 << 16, 1, 7))
        self._end = cursor.pick(_ENDS)
        self._answers = cursor.take_rest().split(NEXT)
        self.connections: list[tuple[str, FuzzedSocket]] = []

    def connect(self, host: str, port: int, deadline: Deadline) -> Any:
        deadline.compute_slice()
        data = self._answers[min(len(self.connections), len(self._answers) - 1)]
        connection = FuzzedSocket(data, self._size, self._end)
        self.connections.append((f"http://{host}:{port}", connection))
        return connection

    def start_tls(self, *_: object) -> None:
        place, connection = self.connections.pop()
        self.connections.append((place.replace("http:", "https:"), connection))


def try_answer(data: bytes) -> None:
    cursor = Cursor(data)
    call, follows = cursor.pick(_CALLS), cursor.pick((False, True))
    check_shown = partial(_check_shown, (SECRET,) if call is Client.check_deployment else (SECRET, TOKEN))
    dialer = FuzzedDialer(cursor)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, clear=True))
        stack.enter_context(mock.patch.object(transport, "Dialer", return_value=dialer))
        stack.enter_context(mock.patch.object(transport, "make_tls_context", return_value="TLS"))
        stack.enter_context(mock.patch.object(channel.Channel, "start_tls", dialer.start_tls))
        headers = [("X-Gate", SECRET)]
        client = Client(_URL, Transport(_URL, headers=headers, allow_redirects=follows, timeout=30, log=check_shown))
        try:
            _check_result(call(client), check_shown)
        except (RequestError, APIError) as error:
            check_error(error)
            check_shown(f"{error.message}{vars(error)}")
    _check_connections(dialer, follows)


def _check_shown(secrets: tuple[str, ...], text: str) -> None:
    for secret in secrets:
        assert secret.lower() not in text.lower(), "a secret is shown"


def _check_result(result: object, check_shown: Callable[[str], None]) -> None:
    if isinstance(result, User):
        texts = [result.id, result.username, *result.organization_ids]
        texts += [text for names in (result.roles, *result.roles.values()) for text in names]
        assert all(isinstance(text, str) for text in texts)
        check_shown(f"{texts}")
    elif result is not None:
        assert isinstance(result, str) and result.isascii() and result.isprintable() and 0 < len(result) <= 256


def _check_connections(dialer: FuzzedDialer, follows: bool) -> None:
    assert 0 < len(dialer.connections) <= _REQUESTS * (10 if follows else 1)
    for place, connection in dialer.connections:
        # Its value alone can be in a host's name, or a path: the one that the server told us to go to.
        names = {line.partition(b":")[0].lower() for line in connection.sent.split(b"\r\n")[1:]}
        secret = names & {b"coder-session-token", b"x-gate"}
        assert place == str(_URL) or not secret, f"{secret} went to {place}"
