"""One HTTP request after another to one deployment, on urllib: who gets the token, how long, how much, and what failed.

The token and the custom headers go to the deployment's origin and nowhere else.
"""

from __future__ import annotations

import functools
import http.client
import json
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import urljoin, urlsplit

import wincred
from coder.errors import CoderError
from coder.headers import Headers
from coder.origin import DeploymentURL, InvalidURLError
from coder.text import printable

TOKEN_HEADER = "Coder-Session-Token"  # noqa: S105  # the header's name
BUILD_HEADER = "X-Coder-Build-Version"
DEFAULT_TIMEOUT = 30.0
"""Seconds that a connection, and each wait for data, may take; a whole body may take as long again."""

MAX_BODY = 1024 * 1024
"""Bytes that are read of an answer at most."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 10


class RequestError(CoderError):
    """A request got no answer that we can use."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: its status, what it says, and whether a Coder deployment gave it."""

    url: str
    status: int
    headers: Message
    body: bytes = field(repr=False)

    @property
    def build_version(self) -> str | None:
        version = self.headers.get(BUILD_HEADER)
        return None if version is None else str(version)

    def json(self) -> Any:
        """The body as JSON; None when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Transport:
    """Sends requests to *deployment*, with *headers* on each; *log* gets one line a request, without any header."""

    def __init__(
        self,
        deployment: DeploymentURL,
        *,
        headers: Headers | None = None,
        allow_redirects: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._deployment = deployment
        self._headers = _joined(headers or [])
        self._allow_redirects = allow_redirects
        self._timeout = timeout
        self._log = log

    def send(self, method: str, url: str, *, token: str | None = None) -> Response:
        """The answer to *method* on *url*, redirects followed if they are allowed.

        Raises RequestError when there is none, whatever its status is otherwise for the caller to judge.
        """
        for _ in range(_MAX_REDIRECTS):
            response = self._send_once(method, url, token)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location:
                return response
            url = self._redirected(url, str(location))
            method = "GET" if response.status == 303 else method
        raise RequestError(f"{self._deployment} redirects more than {_MAX_REDIRECTS} times", "give the URL it ends at")

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if not target.startswith(("https://", "http://")):
            raise RequestError(f"{printable(url)} redirects to {printable(target)}", "look at the deployment's URL")
        if not self._allow_redirects:
            raise RequestError(
                f"{printable(url)} redirects to {printable(target)}",
                "give that deployment's own URL, or --allow-redirects (the token stays with the first one)",
            )
        return target

    def _send_once(self, method: str, url: str, token: str | None) -> Response:
        request = urllib.request.Request(url, b"" if method == "POST" else None, method=method)
        headers = {"Accept": "application/json", "User-Agent": user_agent()}
        if method == "POST":
            headers["Content-Type"] = "application/json"
        if self._is_own(url):
            headers |= self._headers | ({} if token is None else {TOKEN_HEADER: token})
        for name, value in headers.items():
            request.add_header(name, value)
        return self._timed(request)

    def _is_own(self, url: str) -> bool:
        try:
            return DeploymentURL.parse(url.partition("?")[0]).origin == self._deployment.origin
        except InvalidURLError:
            return False

    def _timed(self, request: urllib.request.Request) -> Response:
        start, outcome = time.monotonic(), "failed"
        try:
            response = self._answer(request)
            outcome = str(response.status)
            return response
        finally:
            milliseconds = (time.monotonic() - start) * 1000
            self._log(f"{request.get_method()} {printable(request.full_url)} {outcome} {milliseconds:.0f} ms")

    def _answer(self, request: urllib.request.Request) -> Response:
        url, proxies = request.full_url, self._proxies(request.full_url)
        try:
            with _opener(proxies).open(request, timeout=self._timeout) as raw:
                return Response(url, raw.status, raw.headers, _body(raw, self._timeout))
        except (OSError, http.client.HTTPException, ValueError, _TruncatedError, _TooLongError) as error:
            failure = _failure(url, _root(error), self._timeout, _proxy_name(proxies, url))
        # Outside of the except block: http.client's ValueError carries the header that it refused.
        raise failure

    def _proxies(self, url: str) -> dict[str, str]:
        """The proxies of the environment, or of Windows; none for loopback, nor for a token without TLS."""
        parts = urlsplit(url)
        if (parts.scheme == "http" and self._is_own(url)) or _is_loopback(url):
            return {}
        proxies = urllib.request.getproxies()
        return {} if urllib.request.proxy_bypass(parts.hostname or "") else proxies


class _TruncatedError(Exception):
    """The connection ended before the body did."""


class _TooLongError(Exception):
    """The body is over the limit, or its end never comes."""


def user_agent() -> str:
    """Us, our version and the system."""
    return f"wincred-coder/{wincred.__version__} ({sys.platform}; Python {sys.version_info[0]}.{sys.version_info[1]})"


def _joined(headers: Headers) -> dict[str, str]:
    """One line a name, as RFC 9110 section 5.3 joins several of one name."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.title()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _opener(proxies: dict[str, str]) -> urllib.request.OpenerDirector:
    # Built by hand: the usual one raises on every status but 2xx and follows redirects with all headers.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=_tls()),
    ):
        opener.add_handler(handler)
    return opener


@functools.cache
def _tls() -> ssl.SSLContext:
    """The system's certificates, or those of SSL_CERT_FILE; verification is never turned off."""
    return ssl.create_default_context()


def _body(raw: http.client.HTTPResponse, timeout: float) -> bytes:
    pieces, size, deadline = [], 0, time.monotonic() + timeout
    while piece := raw.read1(64 * 1024):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY or time.monotonic() > deadline:
            raise _TooLongError
    declared = raw.headers.get("Content-Length", "")
    if declared.isdecimal() and size < int(declared):
        raise _TruncatedError
    return b"".join(pieces)


def _is_loopback(url: str) -> bool:
    try:
        return DeploymentURL.parse(url.partition("?")[0]).origin.is_loopback
    except InvalidURLError:
        return False


def _proxy_name(proxies: dict[str, str], url: str) -> str:
    """Host and port of the proxy that *url* goes through, without the password that its own URL may hold."""
    proxy = proxies.get(urlsplit(url).scheme, "")
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")


def _root(error: Exception) -> Exception:
    reason = getattr(error, "reason", None)
    return reason if isinstance(error, urllib.error.URLError) and isinstance(reason, Exception) else error


def _failure(url: str, error: Exception, timeout: float, proxy: str) -> RequestError:
    where = printable(url) + (f" through the proxy {printable(proxy)}" if proxy else "")
    for kind, fact, hint in _FAILURES:
        if isinstance(error, kind):
            detail = _detail(error)
            return RequestError(f"{where}: {fact.format(timeout=timeout, detail=detail)}", hint)
    return RequestError(f"{where}: the connection failed ({_detail(error)})", _ONLINE)


def _detail(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return printable(error.verify_message)
    if isinstance(error, OSError):
        return printable(error.strerror or str(error))
    return type(error).__name__  # its text may carry what was sent


_ONLINE = "look at the URL, at the network and at the proxy variables"
_FAILURES: tuple[tuple[type[Exception], str, str], ...] = (
    (socket.gaierror, "the host's name was not found", "look at the URL, and whether this machine is online"),
    (
        ssl.SSLCertVerificationError,
        "the server's certificate is not trusted ({detail})",
        "for a private authority, name its certificate's file in SSL_CERT_FILE; verification can't be turned off",
    ),
    (
        ssl.SSLError,
        "there is no TLS connection to be had ({detail})",
        "give an http:// URL if the deployment really has no TLS",
    ),
    (TimeoutError, "no answer within {timeout:g} s", "try again, or give it more time with --timeout SECONDS"),
    (ConnectionRefusedError, "the connection was refused", "look at the port, and whether the deployment runs"),
    (_TruncatedError, "the answer was cut short", "try again"),
    (http.client.IncompleteRead, "the answer was cut short", "try again"),
    (http.client.RemoteDisconnected, "the server hung up without an answer", "try again"),
    (
        _TooLongError,
        f"the answer is longer than {MAX_BODY} bytes, or too slow",
        "look at the URL: this is not how a Coder deployment answers",
    ),
    (http.client.HTTPException, "the answer is not HTTP ({detail})", "look at the port in the URL, and at its scheme"),
    (ValueError, "the request could not be sent ({detail})", "look at the URL and at the custom headers"),
)
