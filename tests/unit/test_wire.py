"""TLS that is fed by hand: no server keeps it busy for longer than the deadline, and nothing is lost or added.

Servers are real ones of Python, or bare sockets, on loopback. No Windows API in it. Where a server floods, it does so
for 20 s at most: a client that listens to it for so long is far over each bound here.
"""

from __future__ import annotations

import _thread
import contextlib
import errno
import itertools
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from unittest import mock

import pytest
import trustme
from coder_login.deployment import dialer, tls_wire, transport
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Address
from coder_login.deployment.errors import Failure, RequestError, may_have_acted
from coder_login.deployment.faults import TLSBrokenError, TLSFloodError
from coder_login.deployment.tls_wire import TLSWire
from coder_login.deployment.wire import BareWire
from deployment import Deployment
from loopback import bare_server
from patience import at_most

from cli import TOKEN, client

pytest_plugins = ["cli_fixtures"]

FIRST = "/api/v2/users/first"
FLOOD = "messages of TLS came without end, and no answer"
HELLO_REQUESTS = b"\x16\x03\x03\x00\x04\0\0\0\0" * 10_000  # RFC 5246 section 7.4.1.1: ignored within a handshake
ANSWER = b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version: v2\r\nContent-Type: application/json\r\n\r\n{}"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def client_context(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The client's context, made before the time counts; it trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    monkeypatch.setattr(transport, "make_tls_context", lambda: context)
    return context


@pytest.fixture
def server_context(authority: trustme.CA, client_context: ssl.SSLContext) -> ssl.SSLContext:
    """A server's context, whose certificate the client trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "dev.example.com").configure_cert(context)
    return context


def flood(connection: socket.socket) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        connection.sendall(HELLO_REQUESTS)


def provoke(url: str, timeout: float) -> tuple[str, Failure]:
    """What a request fails with, without the URL."""
    with pytest.raises(RequestError) as caught, at_most(15):
        client(url, timeout=timeout).check_deployment()
    return caught.value.message.removeprefix(f"{url}{FIRST}: "), caught.value.failure


@contextmanager
def tls_server(
    context: ssl.SSLContext, answer: bytes, *, says_so: bool = False, waits: bool = False, then: bytes = b""
) -> Iterator[str]:
    """A server of one connection that sends *answer* under TLS, and hangs up with or without a word of TLS; when it
    *waits*, after the client. What it sends *then* is sent as it is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(answer)
                if then:
                    with socket.socket(fileno=connection.detach()) as bare:
                        bare.sendall(then)
                    return
                with contextlib.suppress(OSError):
                    connection.recv(int(waits))
                if says_so:
                    with contextlib.suppress(OSError):  # the client does not say so in its turn
                        connection.unwrap()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@pytest.mark.usefixtures("client_context")
def test_a_flood_within_the_handshake_is_given_up() -> None:
    """OpenSSL reads on as long as bytes are there: it gets 256 KiB, and no socket."""
    with bare_server(flood) as server:
        assert provoke(f"https://{server}", timeout=60) == (FLOOD, Failure.TOO_LONG)


class FloodingServer:
    """A wire to one that asks for a handshake, again and again."""

    def __init__(self) -> None:
        self.said = 0

    def receive(self, limit: int) -> bytes:
        start = self.said % 9  # within one of the requests
        piece = HELLO_REQUESTS[start : start + limit]
        self.said += len(piece)
        return piece

    def send(self, data: memoryview) -> None: ...

    def close(self) -> None: ...


def test_a_handshake_has_256_kib(client_context: ssl.SSLContext) -> None:
    """More than OpenSSL takes of certificates; and not a byte more than that."""
    server = FloodingServer()
    with pytest.raises(TLSFloodError):
        TLSWire(server, client_context, "dev.example.com").shake_hands()
    assert server.said == 256 * 1024


def read_all(tls: TLSWire) -> None:
    while tls.receive(1 << 20):
        pass


def test_what_follows_a_handshake_has_16_mib(client_context: ssl.SSLContext, server_context: ssl.SSLContext) -> None:
    """With the data in it: far more than is read of an answer, and not a byte more than that."""
    here, there = socket.socketpair()

    def send() -> None:
        with suppress(OSError), server_context.wrap_socket(there, server_side=True) as connection:
            while True:
                connection.sendall(bytes(1 << 20))

    class Counted(BareWire):
        received = 0

        def receive(self, limit: int) -> bytes:
            piece = super().receive(limit)
            self.received += len(piece)
            return piece

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    wire = Counted(here, Deadline(30))
    with closing(TLSWire(wire, client_context, "dev.example.com")) as tls:
        tls.shake_hands()
        before = wire.received
        with pytest.raises(TLSFloodError):
            read_all(tls)
    thread.join(10)
    assert wire.received - before == 16 << 20


def test_a_flood_after_the_handshake_is_given_up(
    server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Session tickets: a read of data goes on within OpenSSL as long as they come; 1 MiB of them here."""
    monkeypatch.setattr(tls_wire, "_MAX_RECORDS", 1 << 20)
    server_context.num_tickets = 10_000_000
    with Deployment(ssl_context=server_context) as deployment:
        assert provoke(deployment.url, timeout=60) == (FLOOD, Failure.TOO_LONG)


@pytest.mark.usefixtures("client_context")
def test_a_flood_of_tls_has_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at before each piece; without a limit of bytes, so that only the time is left."""
    monkeypatch.setattr(tls_wire, "_MAX_HANDSHAKE", 1 << 40)
    with bare_server(flood) as server:
        assert provoke(f"https://{server}", timeout=0.6) == ("no answer within 0.6 s", Failure.TIMEOUT)


@pytest.mark.usefixtures("client_context")
def test_ctrl_c_ends_a_flood_of_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python looks at signals between two pieces, and not within a call of OpenSSL."""
    monkeypatch.setattr(tls_wire, "_MAX_HANDSHAKE", 1 << 40)
    timer = threading.Timer(0.5, _thread.interrupt_main)
    with bare_server(flood) as server, at_most(15):
        api = client(f"https://{server}", timeout=60)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            api.check_deployment()
    timer.join(10)


def test_every_piece_of_tls_is_bounded(client_context: ssl.SSLContext) -> None:
    """However much is there: OpenSSL never works on more than that between two looks at the deadline."""
    here, there = socket.socketpair()
    asked: list[int] = []

    class Counted(BareWire):
        def receive(self, limit: int) -> bytes:
            asked.append(limit)
            return super().receive(limit)

    with there:
        there.sendall(HELLO_REQUESTS[:50_000])
        there.shutdown(socket.SHUT_WR)
        tls = TLSWire(Counted(here, Deadline(10)), client_context, "dev.example.com")
        # The second one is Debian's Python 3.11.
        with closing(tls), pytest.raises((ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            tls.shake_hands()
    assert max(asked) == 16 * 1024
    assert len(asked) >= 4


@pytest.mark.parametrize("says_so", [pytest.param(True, id="close-notify"), pytest.param(False, id="bare")])
def test_a_hang_up_ends_an_answer(server_context: ssl.SSLContext, says_so: bool) -> None:
    """Many servers hang up without a word of TLS; where a length is given, it says what is missing."""
    with tls_server(server_context, ANSWER, says_so=says_so) as url:
        client(url).check_deployment()


@pytest.mark.parametrize(
    ("answer", "fact"),
    [(b"", "no answer within 1 s"), (ANSWER[:20], "the answer did not end within 1 s")],
    ids=["nothing", "a-start"],
)
def test_a_server_that_falls_silent_under_tls(server_context: ssl.SSLContext, answer: bytes, fact: str) -> None:
    """What came for the handshake was no answer."""
    with tls_server(server_context, answer, waits=True) as url:
        assert provoke(url, timeout=1) == (fact, Failure.TIMEOUT)


@pytest.mark.parametrize("start", [b"", ANSWER[:30]], ids=["no-answer", "a-start"])
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n{}", id="plain"),
        pytest.param(b"\x17\x03\x03\x00\x20" + bytes(32), id="damaged-record"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x50", id="alert-without-encryption"),
    ],
)
def test_tls_that_breaks_off_after_the_request(server_context: ssl.SSLContext, start: bytes, sent: bytes) -> None:
    """The deployment may have acted: it is no fault of the handshake, and no advice to leave TLS out is given."""
    with tls_server(server_context, start, then=sent) as url, pytest.raises(RequestError) as caught:
        client(url).mint_key(TOKEN)
    assert caught.value.failure is Failure.CUT_SHORT
    assert may_have_acted(caught.value)
    assert "users/me/keys: the TLS connection broke off ([SSL: " in caught.value.message


def test_tls_that_breaks_off_within_a_request(client_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of it may have arrived."""
    here, there = socket.socketpair()
    with there, closing(TLSWire(BareWire(here, Deadline(30)), client_context, "dev.example.com")) as tls:
        monkeypatch.setattr(tls, "_tls", mock.Mock(**{"write.side_effect": ssl.SSLError(1, "broken")}))
        with pytest.raises(TLSBrokenError):
            tls.send(memoryview(b"a request"))


def test_a_certificate_that_is_wanted_after_the_handshake(
    authority: trustme.CA, server_context: ssl.SSLContext
) -> None:
    """TLS 1.3 tells so late; the server has looked at nothing that was sent, and the fact says what it wants."""
    server_context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(server_context)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection = listener.accept()[0]
            tls = server_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            with suppress(ssl.SSLError):
                tls.do_handshake()
            with socket.socket(fileno=tls.detach()) as bare:
                while bare.recv(65536):  # what was sent meanwhile: to hang up before would take the alert back
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(RequestError) as caught:
            client(f"https://127.0.0.1:{listener.getsockname()[1]}").mint_key(TOKEN)
        thread.join(10)
    assert caught.value.failure is Failure.TLS_CLIENT_CERTIFICATE
    assert not may_have_acted(caught.value)


def test_a_hang_up_within_an_answer_is_one(server_context: ssl.SSLContext) -> None:
    """The length is that of HTTP."""
    cut = ANSWER.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n")
    with tls_server(server_context, cut) as url:
        assert provoke(url, timeout=10) == ("the answer was cut short", Failure.CUT_SHORT)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_nothing_is_held_back(
    client_context: ssl.SSLContext, server_context: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    """A handshake is complete on the server's side too when it is here, and what was sent has left: whether more is
    sent or read afterwards or not."""
    server_context.maximum_version = version
    here, there = socket.socketpair()
    heard: queue.SimpleQueue[bytes | str | None] = queue.SimpleQueue()

    def listen() -> None:
        with server_context.wrap_socket(there, server_side=True) as connection:
            heard.put(connection.version())
            heard.put(connection.recv(100))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    with closing(TLSWire(BareWire(here, Deadline(30)), client_context, "dev.example.com")) as tls:
        tls.shake_hands()
        assert heard.get(timeout=5) == version.name.replace("_", ".")
        tls.send(memoryview(b"a request"))
        assert heard.get(timeout=5) == b"a request"
    thread.join(10)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_all_bytes_come_through_in_their_order(
    client_context: ssl.SSLContext, server_context: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    """Both ways, many records of them."""
    server_context.maximum_version = version
    here, there = socket.socketpair()
    data = bytes(itertools.islice(itertools.cycle(range(251)), 1_000_000))

    def echo() -> None:
        with server_context.wrap_socket(there, server_side=True) as connection:
            received = bytearray()
            while len(received) < len(data):
                received += connection.recv(65536)
            connection.sendall(received)
            with suppress(OSError):  # until it is closed at the other end, which it may hear with an error
                connection.recv(1)

    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    received = bytearray()
    with closing(TLSWire(BareWire(here, Deadline(30)), client_context, "dev.example.com")) as tls:
        tls.shake_hands()
        tls.send(memoryview(data))
        while len(received) < len(data):
            received += tls.receive(1000)
    thread.join(10)
    assert received == data


@pytest.mark.usefixtures("server_context", "another_authority")
def test_a_server_hears_why_it_is_refused(server_context: ssl.SSLContext) -> None:
    """Its log then says that the certificate is not trusted, and not just that someone hung up."""
    heard: list[str | None] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            with listener.accept()[0] as connection:
                try:
                    server_context.wrap_socket(connection, server_side=True).close()
                except ssl.SSLError as error:
                    heard.append(error.reason)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        message, _ = provoke(url, timeout=10)
        thread.join(10)
    assert message.startswith("the server's certificate comes from an authority that is not known here")
    assert heard == ["TLSV1_ALERT_UNKNOWN_CA"]


def test_a_host_with_a_final_dot(server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name in a certificate has it, and none is asked for with it: RFC 6066 section 3."""
    names: list[str] = []
    server_context.sni_callback = lambda connection, name, context: names.append(name)
    with Deployment(ssl_context=server_context) as deployment:
        port = int(deployment.url.rpartition(":")[2])
        found = Address(socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", port))
        monkeypatch.setattr(dialer, "_ask_system", lambda host, port: [found])
        client(f"https://dev.example.com.:{port}").check_deployment()
        assert len(deployment.requests) == 1
    assert names == ["dev.example.com"]


class DeafServer:
    """A wire to one that answers a greeting with what is no TLS, and then takes nothing any more."""

    def __init__(self) -> None:
        self.sent = 0

    def receive(self, limit: int) -> bytes:
        return b"HTTP/1.1 400 Bad Request\r\n\r\n"

    def send(self, data: memoryview) -> None:
        self.sent += 1
        if self.sent > 1:
            raise BrokenPipeError

    def close(self) -> None: ...


def test_a_server_that_does_not_hear_why_it_is_refused(client_context: ssl.SSLContext) -> None:
    """What is wrong with its TLS is the error all the same."""
    server = DeafServer()
    with pytest.raises(ssl.SSLError):
        TLSWire(server, client_context, "dev.example.com").shake_hands()
    assert server.sent == 2


def test_a_connection_that_the_system_gives_up_is_at_its_end() -> None:
    """It is not tried again until the deadline: the error has a code, and the end of a slice has none."""
    lost = TimeoutError(errno.ETIMEDOUT, "Connection timed out")
    connection = mock.Mock(spec=socket.socket, **{"recv.side_effect": [lost, b"never"]})
    with pytest.raises(TimeoutError) as caught:
        BareWire(connection, Deadline(30)).receive(10)
    assert caught.value is lost


def test_an_answer_that_takes_longer_than_a_slice_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait is cut into slices for Ctrl-C alone."""
    monkeypatch.setattr("coder_login.deployment.deadline._SLICE", 0.01)
    here, there = socket.socketpair()
    timer = threading.Timer(0.2, there.sendall, [b"late"])
    timer.start()
    with closing(there), closing(BareWire(here, Deadline(30))) as wire:
        assert wire.receive(10) == b"late"
        timer.join(10)
