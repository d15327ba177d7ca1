"""A small HTTP server on loopback that stops at once, and what the stand-ins of the tests answer with it."""

import contextlib
import functools
import json
import os
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

BUILD_VERSION_HEADER = "X-Coder-Build-Version"
TOKEN_HEADER = "Coder-Session-Token"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; `path` has the query, `headers` ignores case, and neither headers nor body show."""

    method: str
    path: str
    headers: Message = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def token(self) -> str | None:
        """The session token that travelled with the request, if any."""
        return self.headers.get(TOKEN_HEADER)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and how to fail at it.

    `delay` seconds pass first, unless the server stops; `drop` closes the connection without a byte; `truncate`
    declares the whole body and sends half; `after_effect` performs the real action, then answers this.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    build_version: bool = True
    delay: float = 0
    truncate: bool = False
    drop: bool = False
    after_effect: bool = False


def json_answer(content: object, status: int = 200) -> Answer:
    """`content` as JSON in UTF-8."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, body)


def error(status: int, message: str, detail: str) -> Answer:
    """An error in the form that the API gives it."""
    return json_answer({"message": message, "detail": detail}, status)


def redirect(location: str, status: int = 307) -> Answer:
    """A redirection to `location`."""
    return Answer(status, {"Location": location})


class Handler(BaseHTTPRequestHandler):
    """Reads whole requests, and sends what the server's `respond` answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and the second would wait for an acknowledgement
    timeout = 3600  # seconds; never reached, but without one Windows can't interrupt a write
    server: "LoopbackServer"

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length or self.server.stopping.is_set():  # cut off, here perhaps within the first line
            self.close_connection = True
        else:
            self.send(self.server.respond(Request(self.command, self.path, self.headers, body)))

    do_GET = do_POST = respond  # noqa: N815  # looked up by name

    def send(self, answer: Answer) -> None:
        self.close_connection |= answer.truncate or answer.drop
        if self.server.stopping.wait(answer.delay):
            self.close_connection = True
        elif not answer.drop:
            self._send_head(answer)
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.truncate else answer.body)

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class LoopbackServer(socketserver.ThreadingTCPServer):
    """Serves HTTP on 127.0.0.1 or ::1, each connection in a thread of its own, from `start` to `stop`.

    Not an `HTTPServer`: that one looks up its own host name, which can take seconds.
    """

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(
        self,
        respond: Callable[[Request], Answer],
        handler: type[Handler] = Handler,
        *,
        ssl_context: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 0), handler)
        if ssl_context:  # the handshake is left to the connection's thread: a silent client must not block accept
            self.socket = ssl_context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.respond = respond
        self.port: int = self.socket.getsockname()[1]
        self.stopping = threading.Event()
        self._connections: list[tuple[threading.Thread, socket.socket]] = []
        self._accepting = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> None:
        self._accepting.start()

    def stop(self) -> None:
        """Close the port and every connection, and wait for their threads, a second at most."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for _, connection in self._connections:
            _wake(connection)
        deadline = time.monotonic() + 1
        for thread in [self._accepting, *(thread for thread, _ in self._connections)]:
            thread.join(max(0, deadline - time.monotonic()))

    def process_request(self, request: Any, client_address: Any) -> None:
        serve = self.process_request_thread
        thread = threading.Thread(target=serve, args=(request, client_address), daemon=True)
        self._connections = [pair for pair in self._connections if pair[0].is_alive()]
        self._connections.append((thread, request))
        thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        gone = isinstance(sys.exception(), OSError)
        if not gone and not self.stopping.is_set():
            super().handle_error(request, client_address)


def _wake(connection: socket.socket) -> None:
    """Make the thread that waits for `connection` fail at once."""
    with contextlib.suppress(OSError):  # closed already
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # past the TLS layer, which that thread may be in
        if os.name == "nt":  # where a shutdown wakes nobody
            socket.close(connection.detach())


@contextlib.contextmanager
def bare_server(behave: Callable[[socket.socket], Any]) -> Iterator[str]:
    """A server of one connection that does not speak HTTP by itself; its host and port.

    *behave* gets the connection once a first piece of the request has come, and is ended by the client's leaving.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    behave(connection)
            except OSError:
                pass  # the client has gone, which is what most of these tests want of it

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10)


@contextlib.contextmanager
def dead_listener() -> Iterator[socket.socket]:
    """One at whose address no connection is taken, nor refused: its queue is full. Skips where the system refuses then,
    as real Windows does."""
    import pytest  # here: the stand-in deployment is a program of its own, too

    if sys.platform == "win32" and _refuses_when_full():
        pytest.skip("this system refuses a connection to a full queue")
    with _full_listener() as listener:
        yield listener


@contextlib.contextmanager
def _full_listener() -> Iterator[socket.socket]:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener


@functools.cache
def _refuses_when_full() -> bool:
    """Windows says so after three tries, which take about two seconds."""
    with _full_listener() as listener, socket.socket() as another:
        another.settimeout(4)
        try:
            another.connect(listener.getsockname())
        except TimeoutError:
            return False
        except OSError:
            return True
        return False
