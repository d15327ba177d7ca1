"""One HTTP request after another to one deployment: who gets the token, which way it goes, and how long it may take.

The token and the custom headers go to the deployment's origin and nowhere else.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from coder_login import IDENTITY
from coder_login.deployment.codings import UnreadableBodyError, unpack
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Dialer
from coder_login.deployment.errors import Failure, RedirectedError, RequestError
from coder_login.deployment.exchange import Request, perform
from coder_login.deployment.faults import ERRORS, MAX_BODY, UnsentError, marked
from coder_login.deployment.headers import Headers, join_headers, split_value
from coder_login.deployment.proxies import find_proxy
from coder_login.deployment.redirects import find_deployment
from coder_login.deployment.response import Response
from coder_login.deployment.url import DeploymentURL, Origin, parse_origin
from coder_login.text import printable, redact

if TYPE_CHECKING:
    import ssl
    from email.message import Message

TOKEN_HEADER = "Coder-Session-Token"  # noqa: S105  # the header's name
USER_AGENT = f"{IDENTITY.replace(' ', '/')} ({sys.platform}; Python {sys.version_info[0]}.{sys.version_info[1]})"
"""This program, its version and the system."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 10
_PLAIN = re.compile("[!-~]*")  # what http.client sends of a URL
_SHORTEST_SECRET = 6  # characters; a shorter value of a header, like "true", is in every other text


class Transport:
    """Sends requests to *deployment*, with *headers* on each; *log* gets one line a request, without any header.

    *timeout* is how many seconds a whole answer may take: connections, redirects, and the body to its last byte.
    """

    def __init__(
        self,
        deployment: DeploymentURL,
        *,
        headers: Headers | None = None,
        allow_redirects: bool = False,
        timeout: float,
        log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._deployment = deployment
        self._headers = join_headers(headers or [])
        self._allow_redirects = allow_redirects
        self._timeout = timeout
        self._log = log
        self._dialer = Dialer()
        self._secrets: set[str] = set()
        for _, value in headers or []:
            self._keep_secret(*split_value(value))

    def make_printable(self, text: str) -> str:
        """*text*, which a server may have made of what it was sent, for a person: without a token or a header."""
        # Again at last: the digits of an escaped character can be the first ones of a token.
        return self.hide(printable(self.hide(text)))

    def hide(self, text: str) -> str:
        """*text*, which a server may have made of what it was sent, without a token or a header."""
        return redact(text, self._secrets)

    def find_deployment(self, asked: str, target: str) -> DeploymentURL | None:
        """As `redirects.find_deployment`; None also for one whose URL can't be shown, as a secret is in it."""
        return None if self._holds_secret(target) else find_deployment(asked, target)

    def _holds_secret(self, text: str) -> bool:
        return self.hide(text) != text

    def is_own(self, url: str) -> bool:
        """Whether *url* is of the deployment's origin, the only one that gets the token and the custom headers."""
        return parse_origin(url) == self._deployment.origin

    def send(self, method: str, url: str, *, token: str | None = None) -> Response:
        """The answer to *method* on *url*, whatever its status is; redirects are followed if they are allowed.

        Raises RequestError when there is no answer.
        """
        if token is not None:
            self._keep_secret(token)
        deadline = Deadline(self._timeout)
        for _ in range(_MAX_REDIRECTS):
            response = self._send_once(Request(method, url, self._make_headers(method, url, token)), deadline)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or not location:
                return response
            url = self._follow(url, str(location))
            method = "GET" if response.status == 303 else method
        fact = f"{self._deployment} redirects {_MAX_REDIRECTS} times in a row"
        raise RequestError(fact, Failure.REDIRECTED_TOO_OFTEN)

    def _keep_secret(self, *secrets: str) -> None:
        """Hide *secrets* from now on; not what is so short that it is in every other text."""
        self._secrets.update(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    def _follow(self, url: str, location: str) -> str:
        """Where the redirect leads. Raises RequestError when we don't go there."""
        target = _resolve(url, location)
        fact = f"{self.make_printable(url)} redirects to {self.make_printable(target or location)}"
        if target is None:
            raise RequestError(fact, Failure.REDIRECTED_NOWHERE)
        if not self._allow_redirects:
            raise RedirectedError(fact, self._deployment, self.find_deployment(url, target))
        if not self.is_own(target) and self._holds_secret(target):
            raise RequestError(f"{fact}, and so tells a secret to another server", Failure.REDIRECTED_WITH_SECRET)
        return target

    def _make_headers(self, method: str, url: str, token: str | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
        if method == "POST":
            headers |= {"Content-Type": "application/json"}
        if self.is_own(url):
            headers |= self._headers | ({} if token is None else {TOKEN_HEADER: token})
        return headers

    def _send_once(self, request: Request, deadline: Deadline) -> Response:
        start, outcome = time.monotonic(), "failed"
        try:
            response = self._exchange(request, deadline)
            outcome = str(response.status)
            return response
        finally:
            milliseconds = (time.monotonic() - start) * 1000
            self._log(f"{request.method} {self.make_printable(request.url)} {outcome} {milliseconds:.0f} ms")

    def _exchange(self, request: Request, deadline: Deadline) -> Response:
        proxy = None
        try:
            with marked(UnsentError):
                origin = request.origin
                proxy = find_proxy(origin, self._deployment.origin, deadline)
                tls = make_tls_context() if origin.scheme == "https" else None  # a wrong variable of TLS stops no http
            answer, body = perform(request, self._dialer, proxy, tls, deadline)
            return Response(request.url, answer.status, answer.headers, _unpack(body, answer.headers))
        except ERRORS as error:
            from coder_login.deployment.failures import translate

            ask_names = partial(self._find_names, request, deadline)
            problem = translate(error, self.make_printable(request.url), self._timeout, proxy, ask_names)
        # Outside of the except block: http.client's ValueError carries the header that it refused.
        raise problem

    def _find_names(self, request: Request, deadline: Deadline) -> list[str] | None:
        return find_names(request.origin, self._dialer, deadline)


# What follows is needed with TLS alone, or when a request fails, and takes long to import.


def make_tls_context() -> ssl.SSLContext:
    from coder_login.deployment import certificates

    return certificates.make_tls_context()


def find_names(origin: Origin, dialer: Dialer, deadline: Deadline) -> list[str] | None:
    from coder_login.deployment import tls_failures

    return tls_failures.find_names(origin, dialer, deadline)


def _unpack(body: bytes, headers: Message) -> bytes | None:
    try:
        return unpack(body, headers, MAX_BODY)
    except UnreadableBodyError:
        return None


def _resolve(url: str, location: str) -> str | None:
    """Where a redirect leads; None for what is not http, nor https, has no place that can be read in one way, or has
    what no URL may have as it stands."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
    except ValueError:
        return None
    can_be_sent = _PLAIN.fullmatch(parts.path + parts.query)
    return target if can_be_sent and parse_origin(f"{parts.scheme}://{parts.netloc}") else None
