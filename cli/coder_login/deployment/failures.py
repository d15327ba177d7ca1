"""Why a request got no answer, in words: the URL, what happened, and the next step."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error

from coder_login.errors import CoderError
from coder_login.text import printable

MAX_BODY = 1024 * 1024
"""Bytes that are read of an answer at most."""


class RequestError(CoderError):
    """A request got no answer that we can use."""


class TruncatedError(Exception):
    """The connection ended before the body did."""


class TooLongError(Exception):
    """The body is over the limit, or its end never comes."""


def failure(where: str, error: Exception, timeout: float, proxy: str) -> RequestError:
    """*error* in words; *where* and *proxy* (host and port, "" without one) are named. The error's text may hold what
    was sent: only what the system and the TLS library say is repeated.
    """
    error, detail = _root(error), _detail(_root(error))
    _, fact, hint = next(row for row in _FAILURES if isinstance(error, row[0]))
    if proxy:
        where += f" through the proxy {printable(proxy)}"
        hint = _PROXY if isinstance(error, _REACHED_PROXY_ONLY) or type(error) in _SAID_OF_PROXIES else hint
    return RequestError(f"{where}: {fact.format(timeout=timeout, detail=detail)}", hint)


def _root(error: Exception) -> Exception:
    reason = getattr(error, "reason", None)
    return reason if isinstance(error, urllib.error.URLError) and isinstance(reason, Exception) else error


def _detail(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return printable(error.verify_message)
    if isinstance(error, OSError):
        return printable(error.strerror or str(error))
    return type(error).__name__  # its text may carry what was sent


_PROXY = "look at the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or on Windows the system's settings"
_REACHED_PROXY_ONLY = (socket.gaierror, ConnectionRefusedError)  # the deployment itself is reached by the proxy
_SAID_OF_PROXIES = (OSError, urllib.error.URLError)  # urllib's for a tunnel that is refused, and a strange protocol
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
    (TruncatedError, "the answer was cut short", "try again"),
    (http.client.IncompleteRead, "the answer was cut short", "try again"),
    (http.client.RemoteDisconnected, "the server hung up without an answer", "try again"),
    (
        TooLongError,
        f"the answer is longer than {MAX_BODY} bytes, or too slow",
        "look at the URL: this is not how a Coder deployment answers",
    ),
    (http.client.HTTPException, "the answer is not HTTP ({detail})", "look at the port in the URL, and at its scheme"),
    (ValueError, "the request could not be sent ({detail})", "look at the URL and at the custom headers"),
    (Exception, "the connection failed ({detail})", "look at the URL, at the network and at the proxy variables"),
)
