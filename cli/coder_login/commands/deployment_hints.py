"""The next step after an error of a deployment, of its URL or of its custom headers: the rows of `hints` for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from coder_login.commands.invocation import Invocation
from coder_login.deployment.errors import (
    APIError,
    Failure,
    ForeignRedirectError,
    HeaderError,
    HeaderFault,
    InFrontError,
    InvalidKeyError,
    NotCoderError,
    NoUserError,
    RequestError,
    TokenRefusedError,
    UnexpectedAnswerError,
)
from coder_login.deployment.url import InvalidURLError, URLFault

Step: TypeAlias = str | Callable[[Any, Invocation], str]

_AFTER_STATUS = {
    403: "The user of this token may not do that: ask the deployment's administrator.",
    404: "Look at the URL, its base path too.",
    429: "Those were too many requests: wait a minute, and try again.",
    500: "The deployment has a problem: try again, or ask its administrator.",
    502: "The deployment can't be reached behind its proxy: try again later.",
    503: "The deployment is not ready: try again later.",
    504: "The deployment does not answer its proxy: try again later.",
}
_AFTER_FAILURE: dict[Failure, str] = {
    Failure.NAME: "Look at the URL, and whether this machine is online.",
    Failure.CERTIFICATE: (
        "For a private authority, name its certificate's file in SSL_CERT_FILE; verification can't be turned off."
    ),
    Failure.TLS: "Give an http:// URL if the deployment really has no TLS.",
    Failure.TIMEOUT: "Try again, or give it more than {timeout:g} s with --timeout.",
    Failure.REFUSED: "Look at the port, and whether the deployment runs.",
    Failure.CUT_SHORT: "Try again.",
    Failure.TOO_LONG: "Look at the URL: this is not how a Coder deployment answers.",
    Failure.NOT_HTTP: "Look at the port in the URL, and at its scheme.",
    Failure.UNSENDABLE: "Look at the URL and at the custom headers.",
    Failure.PROXY: "Look at the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or on Windows the system's settings.",
    Failure.REDIRECTED: "Give that deployment's own URL, or --allow-redirects (the token stays with the first one).",
    Failure.REDIRECTED_NOWHERE: "That is no place of a deployment: look at the deployment's URL.",
    Failure.REDIRECTED_TOO_OFTEN: "Give the URL it ends at.",
    Failure.OTHER: "Look at the URL, at the network and at the proxy variables.",
}
_AFTER_HEADER = {
    HeaderFault.FORM: "Write it as NAME=VALUE.",
    HeaderFault.RESERVED: "Leave it out: the command sets it itself.",
    HeaderFault.CSV: 'Write it as NAME=VALUE,"NAME=VALUE, WITH A COMMA".',
    HeaderFault.COMMAND: "Mend the command.",
    HeaderFault.COMMAND_EXIT: "Run it by hand to see why.",
}
_AFTER_URL = {
    URLFault.FORM: "Give a deployment's URL, such as https://dev.example.com",
    URLFault.PARSING: "Look at its brackets and its port.",
    URLFault.SCHEME: "Only https and http are allowed.",
    URLFault.USER: "Leave out everything up to the @: a session token is asked for separately.",
    URLFault.NOT_ASCII: (
        "Give its xn-- form, as the browser's address bar copies it: other conversions can name another domain."
    ),
    URLFault.NUMBER: "Write the host's name, or its address as four decimal numbers.",
    URLFault.IPV6: "Give one like [::1], without a zone.",
    URLFault.PORT: "Give a port from 1 to 65535.",
    URLFault.PATH: "Give the path itself.",
    URLFault.QUERY: "Give the deployment's own URL, without what follows ? or #.",
}


def _after_url(error: InvalidURLError, run: Invocation) -> str:
    if error.fault is URLFault.QUERY and error.origin is not None:
        return f"Give the deployment's own URL, without a page and what follows ? or #: {error.origin}"
    return _AFTER_URL[error.fault]


STEPS: dict[type[Any], Step] = {
    APIError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Look at the deployment's log, or ask its administrator."
    ),
    NotCoderError: "Look at the URL, its base path too, and whether a login page of a proxy stands in front.",
    NoUserError: lambda error, run: f"Make the first one at {error.url.join('setup')}",
    TokenRefusedError: lambda error, run: run.spell("Log in again with:", "login", str(error.url)),
    InFrontError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Look at the URL, and at what stands between here and the deployment."
    ),
    UnexpectedAnswerError: "The deployment may be older or newer than this command: look for another version of it.",
    InvalidKeyError: "Tell the deployment's administrator.",
    ForeignRedirectError: "Give that deployment's own URL.",
    RequestError: lambda error, run: _AFTER_FAILURE[error.failure].format(timeout=run.timeout),
    HeaderError: lambda error, run: _AFTER_HEADER[error.fault],
    InvalidURLError: _after_url,
}
