"""From the exception of a failed request to an error of ours, with a fact that repeats nothing that was sent."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error

from coder_login.deployment.errors import Failure, RequestError
from coder_login.deployment.tls_failures import explain_tls
from coder_login.deployment.url import parse_origin
from coder_login.text import printable

MAX_BODY = 1024 * 1024
"""Bytes that are read of an answer at most."""


class TruncatedError(Exception):
    """The connection ended before the body did."""


class TooLongError(Exception):
    """The body is over the limit, or its end never comes."""


def translate(error: Exception, where: str, timeout: float, proxy: str) -> RequestError:
    """The RequestError that *error* means, for the URL *where* and the *proxy*: host and port, "" without one.

    What *error* itself says may hold what was sent: only the words of the system and of the TLS library are repeated.
    """
    cause = _unwrap(error)
    if isinstance(cause, ssl.SSLError):
        failure, fact = explain_tls(cause, None if proxy else parse_origin(where))
    else:
        failure, fact = next((failure, fact) for kind, failure, fact in _FAILURES if isinstance(cause, kind))
        fact = fact.format(timeout=timeout, detail=_describe(cause))
    if proxy:
        where += f" through the proxy {printable(proxy)}"
        failure = Failure.PROXY if _is_of_proxy(cause) else failure
    return RequestError(f"{where}: {fact}", failure)


def _unwrap(error: Exception) -> Exception:
    reason = error.reason if isinstance(error, urllib.error.URLError) else None
    return reason if isinstance(reason, Exception) else error


def _is_of_proxy(cause: Exception) -> bool:
    """Whether it is the proxy that failed, not the deployment behind it."""
    # The bare classes are urllib's own, for a tunnel that is refused and for a protocol that it doesn't speak.
    is_bare = type(cause) in (OSError, urllib.error.URLError)
    # The name and the port that we ask for are the proxy's: it reaches the deployment itself.
    return is_bare or isinstance(cause, socket.gaierror | ConnectionRefusedError)


def _describe(cause: Exception) -> str:
    if isinstance(cause, OSError):
        return printable(cause.strerror or str(cause))
    return type(cause).__name__  # its text may carry what was sent


# The first row that fits counts: a subclass stands before its base.
_FAILURES: tuple[tuple[type[Exception], Failure, str], ...] = (
    (socket.gaierror, Failure.NAME, "the host's name was not found"),
    (TimeoutError, Failure.TIMEOUT, "no answer within {timeout:g} s"),
    (ConnectionRefusedError, Failure.REFUSED, "the connection was refused"),
    (TruncatedError, Failure.CUT_SHORT, "the answer was cut short"),
    (http.client.IncompleteRead, Failure.CUT_SHORT, "the answer was cut short"),
    (http.client.RemoteDisconnected, Failure.CUT_SHORT, "the server hung up without an answer"),
    (TooLongError, Failure.TOO_LONG, f"the answer is longer than {MAX_BODY} bytes, or too slow"),
    (http.client.HTTPException, Failure.NOT_HTTP, "the answer is not HTTP ({detail})"),
    (ValueError, Failure.UNSENDABLE, "the request could not be sent ({detail})"),
    (Exception, Failure.OTHER, "the connection failed ({detail})"),
)
