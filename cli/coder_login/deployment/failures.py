"""From the exception of a failed request to an error of ours, with a fact that repeats nothing that was sent."""

from __future__ import annotations

import http.client
import socket
import ssl

from coder_login.deployment.errors import Failure, RequestError
from coder_login.deployment.faults import (
    MAX_BODY,
    MAX_HEAD,
    MAX_LINE,
    MAX_LINES,
    EndlessInterimError,
    HeadFormError,
    HeadLinesError,
    HeadTooLongError,
    LoginKindError,
    LoginMissingError,
    LoginRefusedError,
    NameTimeoutError,
    ProxyFailedError,
    TLSBrokenError,
    TLSFloodError,
    TooLongError,
    TruncatedError,
    TunnelRefusedError,
    UnfinishedError,
    UnsentError,
)
from coder_login.deployment.proxies import Proxy
from coder_login.deployment.tls_failures import NameFinder, explain_tls
from coder_login.errors import find_words
from coder_login.text import printable


def translate(error: Exception, where: str, timeout: float, proxy: Proxy | None, ask_names: NameFinder) -> RequestError:
    """The RequestError that *error* means, for the URL *where* and the *proxy* that was asked.

    Behind a proxy *ask_names* is not used: it would ask the host directly.

    What *error* itself says may hold what was sent: only the words of the system and of the TLS library are repeated.
    """
    cause = error.cause if isinstance(error, UnsentError) else error
    is_proxys = isinstance(error, ProxyFailedError)
    if isinstance(cause, ssl.SSLError):
        failure, fact = explain_tls(cause, (lambda: None) if proxy else ask_names)
    else:
        failure, fact = _find_row(cause)
        host, server = ("the proxy", "the proxy") if is_proxys else ("the host", "the server")
        fact = fact.format(host=host, server=server, timeout=timeout, detail=_describe(cause))
    if is_proxys and failure not in (Failure.PROXY_LOGIN, Failure.PROXY_LOGIN_KIND):
        failure = Failure.PROXY
    if proxy:
        where += f" through the proxy {proxy}"
    return RequestError(f"{where}: {fact}", failure, was_sent=cause is error)


def _find_row(cause: Exception) -> tuple[Failure, str]:
    return next((failure, fact) for kind, failure, fact in _FAILURES if isinstance(cause, kind))


def _describe(cause: Exception) -> str:
    if isinstance(cause, TunnelRefusedError):
        return f"HTTP status {cause.status}"
    if isinstance(cause, TLSBrokenError):
        return printable(str(cause.cause))
    if isinstance(cause, OSError):
        return printable(find_words(cause))
    return type(cause).__name__  # its text may carry what was sent


# The first row that fits counts: a subclass stands before its base.
_FAILURES: tuple[tuple[type[Exception], Failure, str], ...] = (
    (LoginKindError, Failure.PROXY_LOGIN_KIND, "the proxy takes no Basic authentication ({detail})"),
    (LoginMissingError, Failure.PROXY_LOGIN, "the proxy asks for a user and a password ({detail})"),
    (LoginRefusedError, Failure.PROXY_LOGIN, "the proxy does not take its user and password ({detail})"),
    (TunnelRefusedError, Failure.PROXY, "the proxy does not connect to it ({detail})"),
    (NameTimeoutError, Failure.NAME, "{host}'s name could not be looked up within {timeout:g} s"),
    (socket.gaierror, Failure.NAME, "{host}'s name was not found"),
    (UnfinishedError, Failure.TIMEOUT, "the answer did not end within {timeout:g} s"),
    (TimeoutError, Failure.TIMEOUT, "no answer within {timeout:g} s"),
    (ConnectionRefusedError, Failure.REFUSED, "the connection was refused"),
    (TruncatedError, Failure.CUT_SHORT, "the answer was cut short"),
    (http.client.IncompleteRead, Failure.CUT_SHORT, "the answer was cut short"),
    (http.client.RemoteDisconnected, Failure.CUT_SHORT, "{server} hung up without an answer"),
    (TLSBrokenError, Failure.CUT_SHORT, "the TLS connection broke off ({detail})"),
    (TooLongError, Failure.TOO_LONG, f"the answer is longer than {MAX_BODY} bytes"),
    (HeadTooLongError, Failure.TOO_LONG, f"the answer's head is longer than {MAX_HEAD} bytes"),
    (
        HeadLinesError,
        Failure.TOO_LONG,
        f"the answer's head has more than {MAX_LINES} lines, or one of more than {MAX_LINE} bytes",
    ),
    (HeadFormError, Failure.NOT_HTTP, "the answer's head has a header that can't be read"),
    (TLSFloodError, Failure.TOO_LONG, "messages of TLS came without end, and no answer"),
    (EndlessInterimError, Failure.TOO_LONG, "interim answers came, and no final one"),
    (http.client.InvalidURL, Failure.UNSENDABLE, "the request could not be sent ({detail})"),
    (http.client.HTTPException, Failure.NOT_HTTP, "the answer is not HTTP ({detail})"),
    (ValueError, Failure.UNSENDABLE, "the request could not be sent ({detail})"),
    (Exception, Failure.OTHER, "the connection failed ({detail})"),
)
