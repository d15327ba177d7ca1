"""What can go wrong in an exchange, as it is met, and the limits of an answer; `failures` puts it into words."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

MAX_BODY = 1024 * 1024
"""Bytes that are read of a body at most."""

MAX_HEAD = 256 * 1024
"""Bytes of an answer's head at most, with the heads of the interim answers before it."""


MAX_LINES = 100
"""Headers that http.client takes: its _MAXHEADERS."""

MAX_LINE = 16 * 1024
"""Bytes of a header with its folds, or of another line: as many as Node, and so the editors, take of a whole head.

http.client looks at a header's parameters in a time that grows with the square of this."""


class ExchangeError(Exception):
    """The root of those that Python has no class for."""


class CausedError(ExchangeError):
    """One that another exception, *cause*, has led to."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class TruncatedError(ExchangeError):
    """The connection ended before the body did."""


class TooLongError(ExchangeError):
    """The body is over the limit."""


class HeadTooLongError(ExchangeError):
    """The head is over the limit."""


class HeadLinesError(ExchangeError):
    """The head has too many lines, or one that is too long."""


class HeadFormError(ExchangeError):
    """The head has a header that can't be read."""


class TLSFloodError(ExchangeError):
    """Messages of TLS came without end, and nothing of an answer."""


class TLSBrokenError(CausedError):
    """TLS, which stood, broke off: what was sent may have arrived."""


class EndlessInterimError(ExchangeError):
    """One interim answer came after the other."""


class TunnelRefusedError(ExchangeError):
    """The proxy does not lead to the deployment: it answered with the HTTP status *status*."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class LoginMissingError(TunnelRefusedError):
    """The proxy asks for a user and a password."""


class LoginRefusedError(TunnelRefusedError):
    """The proxy does not take the user and the password that it got."""


class LoginKindError(TunnelRefusedError):
    """The proxy asks for a user and a password, and not in the one way that we can give them."""


class UnsentError(CausedError):
    """There was no connection that a request could be sent over: the deployment has done nothing."""


class ProxyFailedError(UnsentError):
    """It is the proxy that failed, before the deployment was reached."""


class NameTimeoutError(TimeoutError):
    """The system did not look up the host's name in time."""


class UnfinishedError(TimeoutError):
    """The answer has begun, and did not end in time."""


ERRORS = (OSError, http.client.HTTPException, ValueError, ExchangeError)
"""All of them, with those of Python."""


@contextmanager
def marked(kind: type[UnsentError]) -> Iterator[None]:
    """Let what goes wrong, of all of them, be the cause of a *kind*."""
    try:
        yield
    except ERRORS as error:
        raise kind(error) from None
