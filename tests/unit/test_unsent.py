"""What a request that failed may have done at the deployment: nothing, where there was not even a connection.

The servers are bare sockets on loopback; one address that can't be reached is faked at the socket. No Windows API.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from unittest import mock

import pytest
from coder_login.deployment import proxies, transport
from coder_login.deployment.errors import Failure, RequestError, TLSSetupError, may_have_acted
from loopback import bare_server, dead_listener

from cli import TOKEN, client

pytest_plugins = ["cli_fixtures"]

Behaviour = Callable[[socket.socket], None]


def provoke(url: str, timeout: float = 0.5) -> tuple[Failure, bool]:
    """Why a key could not be made, and whether there may be one all the same."""
    with pytest.raises(RequestError) as caught:
        client(url, timeout=timeout).mint_key(TOKEN)
    return caught.value.failure, may_have_acted(caught.value)


def be_silent(connection: socket.socket) -> None:
    """Until the other one has gone."""
    with suppress(OSError):
        while connection.recv(65536):
            pass


def break_off(connection: socket.socket) -> None:
    """Once something has come, which it has."""


def flood(connection: socket.socket) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        connection.sendall(b"\x16\x03\x03\x00\x04\0\0\0\0" * 10_000)


@pytest.fixture(autouse=True)
def context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made before the time counts."""
    made = ssl.create_default_context()
    monkeypatch.setattr(transport, "make_tls_context", lambda: made)


def test_an_address_that_never_answers() -> None:
    with dead_listener() as listener:
        assert provoke(f"http://127.0.0.1:{listener.getsockname()[1]}") == (Failure.TIMEOUT, False)


def test_a_system_that_does_not_say_which_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script of the network's can take for ever; it is waited for before anything is sent."""
    goes_on = threading.Event()
    monkeypatch.setattr(proxies, "_SETTINGS", "registry")
    monkeypatch.setattr(proxies, "_ask_system", lambda origin: goes_on.wait(20) and "")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert provoke("https://dev.example.com") == (Failure.TIMEOUT, False)
    goes_on.set()


def test_tls_that_can_not_be_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong variable is found out before there is a connection."""
    problem = TLSSetupError("SSL_CERT_FILE names /x, which does not exist", "SSL_CERT_FILE")
    monkeypatch.setattr(transport, "make_tls_context", mock.Mock(side_effect=problem))
    with pytest.raises(TLSSetupError) as caught:
        client("https://127.0.0.1:1").logout(TOKEN)
    assert not may_have_acted(caught.value)


class Unreachable(socket.socket):
    """A socket on a machine that has no way to any network."""

    def connect_ex(self, address: object) -> int:
        return errno.ENETUNREACH


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setattr(socket, "socket", Unreachable)
    assert provoke(f"{scheme}://127.0.0.1:1") == (Failure.OTHER, False)


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        pytest.param(be_silent, Failure.TIMEOUT, id="silence"),
        pytest.param(flood, Failure.TOO_LONG, id="flood"),
        pytest.param(break_off, Failure.TLS, id="hang-up"),
    ],
)
def test_a_handshake_that_does_not_come_about(behave: Behaviour, failure: Failure) -> None:
    """The token has not left yet."""
    with bare_server(behave) as server:
        assert provoke(f"https://{server}", timeout=60 if failure is Failure.TOO_LONG else 0.5) == (failure, False)


@pytest.mark.parametrize(
    ("behave", "failure"),
    [pytest.param(be_silent, Failure.TIMEOUT, id="silence"), pytest.param(break_off, Failure.CUT_SHORT, id="hang-up")],
)
def test_a_request_that_has_left(behave: Behaviour, failure: Failure) -> None:
    """Nobody knows what became of it."""
    with bare_server(behave) as server:
        assert provoke(f"http://{server}") == (failure, True)
