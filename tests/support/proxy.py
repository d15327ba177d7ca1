"""A forward HTTP proxy on loopback that records what it is asked to carry."""

import contextlib
import http.client
import select
import socket
import threading
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlsplit

from loopback import Answer, Handler, LoopbackServer, Request

_PER_HOP = {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "transfer-encoding"}


class RecordingProxy:
    """Up while it is entered. Whatever host is named, it connects to 127.0.0.1, at the port that is named.

    With *ports*, only a tunnel to a `host:port` in it is made, to the port that it says. So a test can name a host that
    isn't loopback, and nothing leaves the machine. `refusal`, such as 407 or 403, is the status that every CONNECT gets
    instead of a tunnel, with the `headers`.
    """

    url: str

    def __init__(
        self,
        *,
        refusal: int | None = None,
        headers: Mapping[str, str] | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        self.refusal = refusal
        self._ports = ports
        self._headers = dict(headers or {})
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def __enter__(self) -> Self:
        handler = type("_Handler", (_ProxyHandler,), {"ports": self._ports})
        self._server = LoopbackServer(self.respond, handler)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def requests(self) -> list[Request]:
        """The requests so far, as they arrived: `path` is an absolute URL, or CONNECT's host:port."""
        with self._lock:
            return list(self._requests)

    def respond(self, request: Request) -> Answer:
        """Record the request; answer CONNECT with 200 or the refusal, the rest with what the server answers."""
        with self._lock:
            self._requests.append(request)
        if request.method == "CONNECT":
            return Answer(self.refusal or 200, headers=self._headers)
        try:
            return _forward(request)
        except (OSError, ValueError, http.client.HTTPException):
            return Answer(502)


def _forward(request: Request) -> Answer:
    url = urlsplit(request.path)
    target = url._replace(scheme="", netloc="").geturl() or "/"
    upstream = http.client.HTTPConnection("127.0.0.1", url.port or 80, timeout=10)
    with contextlib.closing(upstream):
        upstream.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in _end_to_end(request.headers.items()):
            upstream.putheader(name, value)
        upstream.endheaders(request.body)
        response = upstream.getresponse()
        headers = dict(_end_to_end(response.getheaders()))
        headers.pop("Content-Length", None)
        return Answer(response.status, headers, response.read())


def _end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _PER_HOP]


class _ProxyHandler(Handler):
    ports: Mapping[str, int] | None = None

    def do_CONNECT(self) -> None:  # noqa: N802  # looked up by name
        answer = self.server.respond(Request(self.command, self.path, self.headers))
        if answer.status != 200:
            self.send(answer)
            return
        self.close_connection = True
        try:
            upstream = socket.create_connection(("127.0.0.1", self._find_port()), 10)
        except (OSError, ValueError, LookupError):
            self.send(Answer(502))
            return
        with upstream:
            self.send_response(200)
            self.end_headers()
            relay(self.connection, upstream, self.server.stopping)

    def _find_port(self) -> int:
        """Raises LookupError for a name that leads nowhere."""
        return int(self.path.rpartition(":")[2]) if self.ports is None else self.ports[self.path]


def relay(one: socket.socket, other: socket.socket, stopping: threading.Event) -> None:
    """Carry bytes both ways until either end closes."""
    opposite = {one: other, other: one}
    while not stopping.is_set():
        for ready in select.select([one, other], [], [], 0.1)[0]:
            data = ready.recv(65536)
            if not data:
                return
            opposite[ready].sendall(data)
