"""One deadline over a whole answer, and a limit to what is read of it, whatever a server does. No Windows API in it.

Servers here are bare sockets on loopback. A bound of some seconds is far from both: from the limits that are given
here, and from the 30 s and more that each test would take, or the time without end, if a wait had a limit of its own.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import itertools
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest
from coder_login.deployment import dialer
from coder_login.deployment import transport as http
from coder_login.deployment.channel import Channel
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.errors import Failure, InFrontError, RequestError
from coder_login.deployment.faults import TooLongError
from deployment import Deployment
from loopback import Answer, bare_server, dead_listener
from patience import at_most

from cli import client

pytest_plugins = ["cli_fixtures"]

FIRST = "/api/v2/users/first"
OK = b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version: v2\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

Behaviour = Callable[[socket.socket], None]


def drip(head: bytes, pieces: Iterable[bytes], pause: float = 0.05) -> Behaviour:
    """After *head* one of *pieces*, then the next, with a *pause* between them; for 20 s, if it is heard out."""

    def behave(connection: socket.socket) -> None:
        end = time.monotonic() + 20
        connection.sendall(head)
        for piece in itertools.takewhile(lambda _: time.monotonic() < end, pieces):
            connection.sendall(piece)
            time.sleep(pause)

    return behave


def await_the_end(connection: socket.socket) -> None:
    connection.recv(65536)


@pytest.fixture
def tls_context(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The TLS context of the client, made before the time counts."""
    context = ssl.create_default_context()
    monkeypatch.setattr(http, "make_tls_context", lambda: context)
    return context


def provoke(url: str, **options: object) -> RequestError:
    with pytest.raises(RequestError) as caught, at_most(10):
        client(url, **options).check_deployment()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        pytest.param(b"", CONTINUE, id="100-continue"),
        pytest.param(CONTINUE * 3, b"H", id="status-line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: ", b"b", id="one-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", id="header-after-header"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nA: ", b"b", id="header-of-an-interim-answer"),
        pytest.param(OK + b"\r\n", b" ", id="body-without-length"),
        pytest.param(OK + b"Content-Length: 100000\r\n\r\n", b" ", id="body"),
        pytest.param(CHUNKED, b"1\r\n \r\n", id="chunks"),
        pytest.param(CHUNKED, b"0", id="size-of-a-chunk"),
        pytest.param(CHUNKED + b"1;a=", b"b", id="extension-of-a-chunk"),
        pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\nA: ", b"b", id="one-trailer"),
        pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n", id="trailer-after-trailer"),
    ],
)
def test_a_server_that_drips_is_given_up(head: bytes, piece: bytes) -> None:
    """However it goes on, in whichever part of the answer: each wait is short, and the limit holds for all of them."""
    with bare_server(drip(head, itertools.repeat(piece))) as server:
        problem = provoke(f"http://{server}", timeout=0.6)
    assert problem.message == f"http://{server}{FIRST}: the answer did not end within 0.6 s"
    assert problem.failure is Failure.TIMEOUT


HEAD = "the answer's head is longer than 262144 bytes"
LINES = "the answer's head has more than 100 lines, or one of more than 16384 bytes"
BODY = "the answer is longer than 1048576 bytes"
HEADER = b"A: " + b"b" * 16_000 + b"\r\n"
FOLD = b" " + b"b" * 4000 + b"\r\n"


@pytest.mark.parametrize(
    ("head", "piece", "fact", "failure"),
    [
        pytest.param(b"", HINTS * 100, "interim answers came, and no final one", Failure.TOO_LONG, id="103"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n", HEADER, HEAD, Failure.TOO_LONG, id="headers-of-100"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", HEADER, HEAD, Failure.TOO_LONG, id="long-headers"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n",
            b"A: b\r\n",
            LINES,
            Failure.TOO_LONG,
            id="headers",
        ),
        pytest.param(b"HTTP/1.1 200 ", b"O" * 1000, LINES, Failure.TOO_LONG, id="status-line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 1000, LINES, Failure.TOO_LONG, id="one-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: b\r\n", FOLD, LINES, Failure.TOO_LONG, id="folds-of-a-header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: b\r\n", b"\t" + FOLD[1:], LINES, Failure.TOO_LONG, id="folds-with-tabs"),
        pytest.param(OK + b"\r\n", b" " * 1000, BODY, Failure.TOO_LONG, id="body-without-length"),
        pytest.param(OK + b"Content-Length: 99999999999\r\n\r\n", b" " * 1000, BODY, Failure.TOO_LONG, id="body"),
        pytest.param(CHUNKED + b"FFFFFFFFFF\r\n", b" " * 1000, BODY, Failure.TOO_LONG, id="one-chunk"),
        pytest.param(CHUNKED, b"1\r\n \r\n" * 100, BODY, Failure.TOO_LONG, id="small-chunks"),
        pytest.param(
            CHUNKED, b"0" * 1000, "the answer is not HTTP (LineTooLong)", Failure.NOT_HTTP, id="size-of-a-chunk"
        ),
        pytest.param(CHUNKED, b"1;" + b"a" * 16_000 + b"\r\n \r\n", BODY, Failure.TOO_LONG, id="extensions-of-chunks"),
        pytest.param(CHUNKED + b"0\r\n", HEADER, BODY, Failure.TOO_LONG, id="trailers"),
    ],
)
def test_a_server_that_floods_is_given_up(head: bytes, piece: bytes, fact: str, failure: Failure) -> None:
    """Long before the time limit, and with little of it in memory."""
    with bare_server(drip(head, itertools.repeat(piece), pause=0)) as server:
        problem = provoke(f"http://{server}", timeout=60)
    assert (problem.message, problem.failure) == (f"http://{server}{FIRST}: {fact}", failure)


def test_a_header_that_takes_long_to_read_is_not_read() -> None:
    """http.client looks for the parts of a multipart answer among the parameters, in the square of their length."""
    start = OK.replace(b"application/json", b'multipart/mixed; "' + b";" * 8000)
    with bare_server(drip(start, [b" " + b";" * 16_000 + b"\r\n"] * 12 + [b"\r\n{}"], pause=0)) as server:
        problem = provoke(f"http://{server}", timeout=60)
    assert (problem.message, problem.failure) == (f"http://{server}{FIRST}: {LINES}", Failure.TOO_LONG)


def test_a_line_at_the_limit() -> None:
    """Of 16 KiB with its end; the first line of the next header counts anew."""
    headers = (b"A: " + b"b" * (16 * 1024 - 5) + b"\r\n") * 3
    with bare_server(lambda connection: connection.sendall(OK + headers + b"\r\n{}")) as server:
        client(f"http://{server}").check_deployment()


@pytest.mark.parametrize(("count", "is_read"), [(100, True), (150, False)])
def test_what_is_around_a_body_has_a_limit_of_its_own(count: int, is_read: bool) -> None:
    """1 MiB, and what the body leaves of its own: 1.6 MB of extensions are read, 2.4 MB are not."""
    chunks = (b"1;" + b"a" * 16_000 + b"\r\n \r\n") * count + b"2\r\n{}\r\n0\r\n\r\n"
    with bare_server(lambda connection: connection.sendall(CHUNKED + chunks)) as server:
        if is_read:
            client(f"http://{server}").check_deployment()
        else:
            assert provoke(f"http://{server}", timeout=60).failure is Failure.TOO_LONG


def test_small_chunks_take_little_memory() -> None:
    """A body is kept as its bytes: a list of pieces takes many times as much as what they hold."""
    chunks = b"2\r\n  \r\n" * 100_000 + b"2\r\n{}\r\n0\r\n\r\n"
    with bare_server(lambda connection: connection.sendall(CHUNKED + chunks)) as server:
        api = client(f"http://{server}")
        tracemalloc.start()
        try:
            api.check_deployment()
            assert tracemalloc.get_traced_memory()[1] < 3_000_000
        finally:
            tracemalloc.stop()


def test_what_is_left_of_an_answer_is_collected_in_silence() -> None:
    """http.client flushes its file once more, which may be gone by then: Python 3.13 tells of what fails there."""
    here, there = socket.socketpair()
    with there:
        there.sendall(OK + b"\r\n")
        channel = Channel(here, Deadline(30))
        with contextlib.closing(channel):
            channel.budget = 1000
            answer = HTTPResponse(channel)  # type: ignore[arg-type]  # it asks for makefile alone
            answer.begin()
            channel.__dict__["answer"] = answer
    del channel, answer
    gc.collect()


def test_a_flood_of_100_is_given_up() -> None:
    """Newer versions of Python count them, older ones pass over them without end: then their bytes are counted."""
    with bare_server(drip(b"", itertools.repeat(CONTINUE * 100), pause=0)) as server:
        problem = provoke(f"http://{server}", timeout=60)
    where = f"http://{server}{FIRST}"
    assert problem.message in {f"{where}: {HEAD}", f"{where}: {LINES}"}
    assert problem.failure is Failure.TOO_LONG


@pytest.mark.parametrize(
    "interim",
    [
        pytest.param(CONTINUE, id="100"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" * 3, id="102"),
        pytest.param(HINTS, id="103"),
        pytest.param(HINTS + CONTINUE + HINTS, id="103-100-103"),
        pytest.param(HINTS * 99, id="as-many-as-are-passed-over"),
    ],
)
def test_interim_answers_are_passed_over(interim: bytes) -> None:
    """RFC 9110 section 15.2: a client has to parse them, and may ignore what they say."""
    with bare_server(drip(interim + OK, [b"Content-Length: 2\r\n\r\n{}"])) as server:
        client(f"http://{server}").check_deployment()


def test_one_interim_answer_too_many_is_not_passed_over() -> None:
    """Though the final one follows it."""
    with bare_server(drip(HINTS * 100 + OK, [b"Content-Length: 2\r\n\r\n{}"])) as server:
        problem = provoke(f"http://{server}", timeout=30)
    assert problem.message.endswith(": interim answers came, and no final one")


def test_an_answer_that_begins_with_white_space_goes_on_with_no_header() -> None:
    """There is none before it; it is read as http.client reads it, and nothing breaks."""
    answer = OK.replace(b"HTTP/1.1", b" HTTP/1.1", 1)
    with bare_server(drip(answer, [b"Content-Length: 2\r\n\r\n{}"])) as server:
        client(f"http://{server}").check_deployment()


def test_a_switch_of_protocols_is_no_interim_answer() -> None:
    """What follows it is not HTTP: nobody asked for it, and it is reported as it is."""
    with bare_server(drip(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", [b"\0"])) as server:
        api = client(f"http://{server}", timeout=5)
        with pytest.raises(InFrontError, match="answered 101 Switching Protocols"):
            api.check_deployment()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Content-Length: 2\r\n\r\n{}", id="length"),
        pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", id="chunked"),
        pytest.param(
            CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 99\r\n\r\n") + b"2\r\n{}\r\n0\r\n\r\n", id="both"
        ),
    ],
)
def test_a_whole_answer_needs_no_hang_up(answer: bytes) -> None:
    """What is complete is returned at once, though the server keeps the connection open."""

    def stay(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.recv(1)

    with bare_server(stay) as server, at_most(10):
        client(f"http://{server}", timeout=60).check_deployment()


@pytest.mark.usefixtures("tls_context")
def test_silence_after_the_connection() -> None:
    """A server that never speaks TLS is told from one whose answer does not end."""
    with bare_server(await_the_end) as server:
        problem = provoke(f"https://{server}", timeout=0.5)
    assert problem.message == f"https://{server}{FIRST}: no answer within 0.5 s"


@pytest.mark.usefixtures("tls_context")
def test_a_handshake_that_drips() -> None:
    """TLS is within the deadline as well: a record of 16 KiB, a byte at a time."""
    with bare_server(drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", itertools.repeat(b"\0"))) as server:
        problem = provoke(f"https://{server}", timeout=0.6)
    assert problem.message == f"https://{server}{FIRST}: no answer within 0.6 s"
    assert problem.failure is Failure.TIMEOUT


def test_the_last_byte_of_a_budget_is_received() -> None:
    """And no more."""
    here, there = socket.socketpair()
    with there, contextlib.closing(Channel(here, Deadline(30))) as channel:
        there.sendall(b"ab")
        channel.budget = 1
        assert channel.receive_into(memoryview(bytearray(10))) == 1
        with pytest.raises(TooLongError):
            channel.receive_into(memoryview(bytearray(10)))


def test_no_wait_is_longer_than_ctrl_c_may_take() -> None:
    """However much time there is: on Windows it is noticed between two waits alone."""
    assert Deadline(60).compute_slice(longest=30) < 1


def test_no_time_left_is_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that stands still."""
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    with pytest.raises(TimeoutError):
        Deadline(0).compute_slice()


def test_a_peer_that_never_reads() -> None:
    """Sending has the same deadline, however much is sent. Windows takes the first piece whole, whatever its size."""
    here, there = socket.socketpair()
    channel = Channel(here, Deadline(0.5))
    with there, contextlib.closing(channel), at_most(10), pytest.raises(TimeoutError):
        list(map(channel.sendall, [bytes(16 * 1024 * 1024)] * 4))


def test_a_large_request_is_sent_whole() -> None:
    """Piece for piece, as the other side reads it."""
    here, there = socket.socketpair()
    data, received = bytes(range(256)) * 40_000, bytearray()

    def read() -> None:
        while piece := there.recv(65536):
            received.extend(piece)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with there:
        with contextlib.closing(Channel(here, Deadline(30))) as channel:
            channel.sendall(data)
        reader.join(30)
    assert received == data


def test_redirects_share_the_deadline(deployment: Deployment) -> None:
    """The time limit is that of the call, not of each of its requests."""
    deployment.answer("GET", "users/first", Answer(307, {"Location": FIRST}, delay=0.4), times=None)
    problem = provoke(deployment.url, allow_redirects=True, timeout=1)
    assert problem.message == f"{deployment.url}{FIRST}: no answer within 1 s"
    assert len(deployment.requests) < 5


def test_each_call_has_a_deadline_of_its_own(deployment: Deployment) -> None:
    """A login makes several, and may take longer in all."""
    deployment.answer("GET", "users/first", Answer(307, {"Location": FIRST}, delay=1), times=None)
    api = client(deployment.url, timeout=2.5)
    for _ in range(3):
        with pytest.raises(RequestError) as caught:
            api.check_deployment()
        assert caught.value.failure is Failure.REDIRECTED


def test_a_name_that_is_never_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's look-up can't be interrupted: it is left to itself when the time is over."""
    over = threading.Event()
    monkeypatch.setattr(dialer, "_ask_system", lambda host, port: over.wait(60))
    try:
        problem = provoke("http://dev.example.com", timeout=0.5)
    finally:
        over.set()
    assert problem.message == f"http://dev.example.com{FIRST}: the host's name could not be looked up within 0.5 s"
    assert problem.failure is Failure.NAME


@contextmanager
def ctrl_c_after(seconds: float) -> Iterator[None]:
    """The body is interrupted at that moment, without the signal that wakes on Linux and does not exist on Windows."""
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt), at_most(10):
            yield
    finally:
        timer.cancel()


def test_ctrl_c_ends_a_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows nothing wakes the thread that waits: it looks up by itself, several times a second."""
    over = threading.Event()
    monkeypatch.setattr(dialer, "_ask_system", lambda host, port: over.wait(60))
    try:
        with ctrl_c_after(0.5):
            client("http://dev.example.com", timeout=60).check_deployment()
    finally:
        over.set()


def test_ctrl_c_ends_a_connection_attempt() -> None:
    """Likewise."""
    with dead_listener() as listener, ctrl_c_after(0.5):
        client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60).check_deployment()


@pytest.mark.parametrize("scheme", [pytest.param("https", id="handshake"), pytest.param("http", id="answer")])
@pytest.mark.usefixtures("tls_context")
def test_ctrl_c_ends_a_wait_for_data(scheme: str) -> None:
    """Likewise."""
    with bare_server(await_the_end) as server, ctrl_c_after(0.5):
        client(f"{scheme}://{server}", timeout=60).check_deployment()
