"""One request and its answer: HTTP/1.1 as http.client speaks it, over a channel with limits of ours."""

from __future__ import annotations

import http
import http.client
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coder_login.deployment.channel import Channel
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Dialer
from coder_login.deployment.faults import (
    MAX_BODY,
    MAX_HEAD,
    EndlessInterimError,
    HeadFormError,
    HeadLinesError,
    HeadTooLongError,
    LoginKindError,
    LoginMissingError,
    LoginRefusedError,
    ProxyFailedError,
    TooLongError,
    TruncatedError,
    TunnelRefusedError,
    UnsentError,
    marked,
)
from coder_login.deployment.proxies import Proxy
from coder_login.deployment.url import Origin, parse_origin
from coder_login.value import Value

if TYPE_CHECKING:
    import ssl

_MAX_FRAMING = MAX_BODY  # bytes around a body: sizes and extensions of its chunks, trailers
_MAX_INTERIM = 100
_HEAD_LINES = (http.client.HTTPException, http.client.LineTooLong)  # the first for too many, and no class besides it
_PIECE = 64 * 1024  # bytes


class Request(Value):
    """A request without a body, or with an empty one if it is a POST."""

    __slots__ = ("method", "url", "headers")
    _SECRETS = frozenset({"headers"})
    method: str
    url: str
    headers: Mapping[str, str]

    def __init__(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        self._fill(method, url, headers)

    @property
    def origin(self) -> Origin:
        """Where it goes to. Raises ValueError when the URL has no place that can be read in one way."""
        parts = urlsplit(self.url)
        origin = parse_origin(f"{parts.scheme}://{parts.netloc}")
        if origin is None:
            raise ValueError
        return origin

    @property
    def target(self) -> str:
        """What the server is asked for: path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def perform(
    request: Request, dialer: Dialer, proxy: Proxy | None, tls: ssl.SSLContext | None, deadline: Deadline
) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer and its body, with *tls* unless that is None. Raises one of ERRORS."""
    origin = request.origin
    headers = {"Host": origin.key, **request.headers, "Connection": "close"}
    body = b"" if request.method == "POST" else None
    if body is not None:
        headers["Content-Length"] = str(len(body))
    target = request.target
    if proxy and tls is None:  # then it is the proxy that gets the request, and passes it on
        target, headers = f"{origin}{target}", {**headers, **proxy.headers}
    with _open_channel(origin, dialer, proxy, tls, deadline) as channel:
        answer = _ask(channel, request.method, target, headers, body)
        return answer, _read_body(channel, answer)


@contextmanager
def _open_channel(
    origin: Origin, dialer: Dialer, proxy: Proxy | None, tls: ssl.SSLContext | None, deadline: Deadline
) -> Iterator[Channel]:
    """A channel to *origin*: with TLS and a proxy through its tunnel, without TLS to the proxy itself."""
    peer = proxy.origin if proxy else origin
    with marked(ProxyFailedError if proxy else UnsentError):
        connection = dialer.connect(_bare(peer), peer.port, deadline)
    with closing(Channel(connection, deadline)) as channel:
        if tls and proxy:
            with marked(ProxyFailedError):
                _open_tunnel(channel, proxy, origin)
        if tls:
            with marked(UnsentError):
                channel.start_tls(tls, _bare(origin))
        yield channel


def _bare(origin: Origin) -> str:
    """The host, an IPv6 address without its brackets."""
    return origin.host.strip("[]")


def _open_tunnel(channel: Channel, proxy: Proxy, origin: Origin) -> None:
    place = f"{origin.host}:{origin.port}"
    answer = _ask(channel, "CONNECT", place, {"Host": place, **proxy.headers})
    if answer.status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        offered = [value.strip().lower() for value in answer.headers.get_all("Proxy-Authenticate", [])]
        if offered and not any(value.startswith("basic") for value in offered):
            raise LoginKindError(answer.status)
        raise (LoginRefusedError if proxy.authorization else LoginMissingError)(answer.status)
    if not http.HTTPStatus.OK <= answer.status < http.HTTPStatus.MULTIPLE_CHOICES:
        raise TunnelRefusedError(answer.status)


def _ask(
    channel: Channel, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
) -> http.client.HTTPResponse:
    """The answer to a request of exactly these *headers*, as soon as its head has come."""
    connection = http.client.HTTPConnection("unused")
    connection.sock = channel  # all that is asked of a socket: sendall, makefile
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    return _read_head(channel)


def _read_head(channel: Channel) -> http.client.HTTPResponse:
    """The first answer that is not an interim one, such as 103; http.client itself passes over every 100."""
    channel.budget = MAX_HEAD
    for _ in range(_MAX_INTERIM):
        answer = http.client.HTTPResponse(channel)  # type: ignore[arg-type]  # as above
        try:
            answer.begin()
        except TooLongError:
            raise HeadTooLongError from None
        except http.client.HTTPException as error:
            if type(error) in _HEAD_LINES:
                raise HeadLinesError from None
            raise
        except (TypeError, ValueError):  # a parameter of a header in a coding of its own, or in parts that don't fit
            raise HeadFormError from None
        if answer.status >= http.HTTPStatus.OK or answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            return answer
    raise EndlessInterimError


def _read_body(channel: Channel, answer: http.client.HTTPResponse) -> bytes:
    """The whole body."""
    channel.budget += MAX_BODY + _MAX_FRAMING
    body = bytearray()  # a list of pieces would take many times its size when they are small
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > MAX_BODY:
            raise TooLongError
    if answer.length:
        raise TruncatedError
    return bytes(body)
