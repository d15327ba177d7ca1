"""The second handshake, which learns whose certificate it was: it takes no more time than the call has, and is no risk.

Servers are real ones of Python, or bare sockets, on loopback. No Windows API in it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from coder_login.deployment import certificates, dialer, tls_failures
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Address
from coder_login.deployment.errors import RequestError, TLSSetupError
from coder_login.deployment.tls_wire import TLSWire
from loopback import dead_listener
from patience import at_most

from cli import client

FIRST = "/api/v2/users/first"
UNNAMED = "the server's certificate is for another host"


@pytest.fixture
def other_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A server's context with another host's certificate, of an authority that is trusted."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    authority.issue_cert("other.example.com").configure_cert(context)
    for variable in ("SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    certificates.make_tls_context()  # before the time counts
    return context


def stay_silent(connection: socket.socket) -> None:
    connection.settimeout(20)
    while connection.recv(65536):
        pass


def shows(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Another handshake."""
    return lambda connection: context.wrap_socket(connection, server_side=True).close()


def flood(connection: socket.socket) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        connection.sendall(b"\x16\x03\x03\x00\x04\0\0\0\0" * 10_000)


@contextmanager
def server(context: ssl.SSLContext, behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that shows its certificate, and at its second connection does *behave*; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                context.wrap_socket(connection, server_side=True).close()
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join(10)


def provoke(url: str, timeout: float) -> str:
    """What a request fails with, without the URL."""
    with pytest.raises(RequestError) as caught, at_most(15):
        client(url, timeout=timeout).check_deployment()
    return caught.value.message.removeprefix(f"{url}{FIRST}: ")


@pytest.mark.parametrize("behave", [stay_silent, flood])
def test_a_second_handshake_that_does_not_end_has_the_deadline(
    monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext, behave: Callable[[socket.socket], None]
) -> None:
    """The call's own, and not another 5 s; the error is told without the names."""
    monkeypatch.setattr(tls_failures, "NAMES_TIMEOUT", 60)
    with server(other_host, behave) as port:
        assert provoke(f"https://127.0.0.1:{port}", timeout=1.5) == UNNAMED


def test_a_second_handshake_has_seconds_alone(monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext) -> None:
    """However much time the call has left: the names are no more than a help."""
    monkeypatch.setattr(tls_failures, "NAMES_TIMEOUT", 0.5)
    with server(other_host, stay_silent) as port:
        assert provoke(f"https://127.0.0.1:{port}", timeout=60) == UNNAMED


def test_a_second_handshake_goes_to_the_address_that_answered(
    monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext
) -> None:
    """A dead first address does not use up its time."""

    with dead_listener() as dead, server(other_host, shows(other_host)) as port:
        places = [dead.getsockname(), ("127.0.0.1", port)]
        found = [Address(socket.AF_INET, socket.SOCK_STREAM, 0, place) for place in places]
        head_starts = iter([0.25, 60.0])

        def ask(host: str, port: int) -> list[Address]:
            monkeypatch.setattr(dialer, "_HEAD_START", next(head_starts))
            return list(found)

        monkeypatch.setattr(dialer, "_ask_system", ask)
        message = provoke("https://dev.example.com", timeout=30)
    assert message == f"{UNNAMED}: other.example.com"


def test_names_of_another_kind_are_no_hosts(monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext) -> None:
    """A certificate may have addresses of mail and URLs beside them."""
    names = {"subjectAltName": (("email", "a@example.com"), ("DNS", " b.example.com"), ("URI", "https://c"))}
    monkeypatch.setattr(TLSWire, "get_certificate", lambda wire: names)

    with server(other_host, shows(other_host)) as port:
        assert provoke(f"https://127.0.0.1:{port}", timeout=30) == f"{UNNAMED}: b.example.com"


def test_tls_that_is_spoilt_meanwhile_costs_the_names_alone(
    monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext
) -> None:
    """The error that asked for them is told."""

    def fail() -> ssl.SSLContext:
        raise TLSSetupError("spoilt", "SSL_CERT_FILE")

    with server(other_host, stay_silent) as port:
        monkeypatch.setattr(tls_failures, "build_tls_context", fail)
        assert provoke(f"https://127.0.0.1:{port}", timeout=2) == UNNAMED


def test_a_second_handshake_with_an_ipv6_address(monkeypatch: pytest.MonkeyPatch, other_host: ssl.SSLContext) -> None:
    """The system knows it without the brackets of a URL alone."""
    asked = []

    with server(other_host, shows(other_host)) as port:
        found = Address(socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", port))

        def ask(host: str, port: int) -> list[Address]:
            asked.append(host)
            return [found]

        monkeypatch.setattr(dialer, "_ask_system", ask)
        message = provoke("https://[2001:db8::1]", timeout=30)
    assert message == f"{UNNAMED}: other.example.com"
    assert asked == ["2001:db8::1", "2001:db8::1"]


def test_a_shorter_deadline_is_the_sooner_of_both() -> None:
    """It never lengthens the one that it was made of."""
    assert Deadline(60).shorten(0.05).compute_slice() < 0.1
    with pytest.raises(TimeoutError):
        Deadline(0).shorten(60).compute_slice()
