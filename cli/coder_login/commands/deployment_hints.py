"""The next step after an error of a deployment, of its URL or of its custom headers: the rows of `hints` for them."""

from __future__ import annotations

from typing import Any

from coder_login.commands.invocation import Invocation, Step
from coder_login.deployment.errors import (
    APIError,
    CompressedAnswerError,
    Failure,
    ForeignRedirectError,
    HeaderError,
    HeaderFault,
    InFrontError,
    InvalidKeyError,
    NotCoderError,
    NoUserError,
    PageURLError,
    RedirectedError,
    RequestError,
    SignInError,
    TLSSetupError,
    TokenRefusedError,
    UnexpectedAnswerError,
    WebPageError,
)
from coder_login.deployment.url import InvalidURLError
from coder_login.deployment.url_parsing import URLFault

_AFTER_STATUS = {
    403: "The user of this token may not do that: ask the deployment's administrator.",
    404: "Check the URL and its base path.",
    429: "Too many requests: wait a minute, and try again.",
    500: "The deployment has a problem: try again, or ask its administrator.",
    502: "The deployment can't be reached behind its proxy: try again later.",
    503: "The deployment is not ready: try again later.",
    504: "The deployment does not answer its proxy: try again later.",
}
_NAME_AUTHORITY = (
    "Put the authority's certificate, in PEM form, into the file that SSL_CERT_FILE names; a proxy that looks into TLS "
    "has an authority of its own."
)
_AFTER_FAILURE: dict[Failure, str] = {
    Failure.NAME: "Check the URL, and whether this machine is online.",
    Failure.CERTIFICATE_EXPIRED: (
        "Set this machine's clock if it is wrong; else the deployment's administrator must renew the certificate."
    ),
    Failure.CERTIFICATE_EARLY: (
        "Set this machine's clock if it is wrong; else ask the deployment's administrator for a valid certificate."
    ),
    Failure.CERTIFICATE_HOST: (
        "Give the URL with a host that the certificate is for, or ask the deployment's administrator for one of this "
        "host."
    ),
    Failure.CERTIFICATE_NAMELESS: (
        "The deployment's administrator must replace it with one that has the host as a subject alternative name."
    ),
    Failure.CERTIFICATE_SELF_SIGNED: (
        "If you know the certificate, put it into a file in PEM form, and name the file in SSL_CERT_FILE."
    ),
    Failure.CERTIFICATE_AUTHORITY: _NAME_AUTHORITY,
    Failure.CERTIFICATE_ISSUER: (
        f"{_NAME_AUTHORITY}\n"
        "If browsers trust the deployment, its server may leave out a certificate in between: tell its administrator."
    ),
    Failure.CERTIFICATE_FILE: (
        "Add the authority's certificate to that file in PEM form, or one in between that the server leaves out.\n"
        "Or unset SSL_CERT_FILE, if the system trusts the deployment without it."
    ),
    Failure.CERTIFICATE_NO_AUTHORITIES: (
        "Install the system's certificates (the package ca-certificates; for Python from python.org on macOS its "
        '"Install Certificates.command"), or name a file of them in SSL_CERT_FILE.'
    ),
    Failure.CERTIFICATE_FORM: (
        "Whoever runs the authority must make that certificate anew, with what is missing. Python before 3.13 does not "
        "ask for all of it; verification can't be turned off."
    ),
    Failure.CERTIFICATE_WEAK: (
        "The deployment's administrator must replace it: RSA keys of 2048 bits or more, and SHA-256 signatures."
    ),
    Failure.CERTIFICATE: "Ask the deployment's administrator; verification can't be turned off.",
    Failure.TLS_VERSION: "The deployment or what is in front of it must offer TLS 1.2 or 1.3: ask its administrator.",
    Failure.TLS_CLIENT_CERTIFICATE: (
        "This command has none to give: use the Go CLI, which takes --client-tls-cert-file, for this deployment."
    ),
    Failure.TLS_NONE: "Check the port, or give an http:// URL if the deployment really has no TLS.",
    Failure.TLS: "Check the host, the port, and what the server asks for: its TLS version, or a client certificate.",
    Failure.TIMEOUT: "Try again, or give it more than {timeout:g} s with --timeout.",
    Failure.REFUSED: "Check the port, and whether the deployment runs.",
    Failure.CUT_SHORT: "Try again.",
    Failure.TOO_LONG: "Check the URL: this is not how a Coder deployment answers.",
    Failure.NOT_HTTP: "Check the port in the URL, and its scheme.",
    Failure.UNSENDABLE: "Check the URL and the custom headers.",
    Failure.PROXY: "Check the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or on Windows the system's settings.",
    Failure.PROXY_LOGIN: (
        "Percent-encode what is not a letter or digit in them, and write: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
    ),
    Failure.PROXY_LOGIN_KIND: (
        "Name a local proxy in HTTPS_PROXY that signs in to that one, or in NO_PROXY the hosts that are asked directly."
    ),
    Failure.PROXY_SCHEME: "Name an http:// proxy in HTTPS_PROXY, or in NO_PROXY the hosts that are asked directly.",
    Failure.PROXY_FORM: "Write it as in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT with special characters as %XX.",
    Failure.REDIRECTED: "Check the URL.",
    Failure.REDIRECTED_NOWHERE: "No deployment can be there: check the deployment's URL.",
    Failure.REDIRECTED_TOO_OFTEN: "Check the URL: what answers there sends every request on, without end.",
    Failure.REDIRECTED_WITH_SECRET: (
        "It was not followed. Tell the deployment's administrator: what answers there puts what it was sent into URLs."
    ),
    Failure.OTHER: "Check the URL, the network and the proxy variables.",
}
_AFTER_HEADER = {
    HeaderFault.FORM: "Write it as NAME=VALUE.",
    HeaderFault.RESERVED: "Leave it out: the command sets it itself.",
    HeaderFault.CSV: 'Write it as NAME=VALUE,"NAME=VALUE, WITH A COMMA".',
    HeaderFault.COMMAND: "Fix the header command.",
    HeaderFault.COMMAND_EXIT: "Run it by hand to see why.",
}
_AFTER_URL = {
    URLFault.FORM: "Give a deployment's URL, such as https://dev.example.com",
    URLFault.PARSING: "Check its brackets and its port.",
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
_AFTER_VARIABLE = {
    "SSL_CERT_FILE": "Name a file of certificates in PEM form, or unset it to trust the system's authorities.",
    "SSL_CERT_DIR": "Name a directory that openssl rehash has prepared, or unset it to trust the system's authorities.",
    "SSLKEYLOGFILE": "Unset it, or name a file that you can write.",
    "OPENSSL_CONF": "Unset it, or fix that file.",
    "": "Check the configuration of OpenSSL, and on Windows the system's certificates.",
}


def _after_sign_in(run: Invocation) -> str:
    if run.sends_headers:
        return "The custom headers do not let this command through a sign-in in front of the deployment: check them."
    way = "give the headers that let a program through it, with --header or --header-command"
    return f"If there is a sign-in in front of the deployment, {way}"


_WITHOUT_TLS = "Do not follow it: it leads from https to a URL without TLS. Ask the deployment's administrator."


def _leads_out_of_tls(error: RedirectedError | ForeignRedirectError) -> bool:
    return error.deployment is not None and error.url.origin.scheme == "https" != error.deployment.origin.scheme


def _after_redirect(error: RedirectedError, run: Invocation) -> str:
    if _leads_out_of_tls(error):
        return _WITHOUT_TLS
    if error.deployment is None:
        return f"Check the URL and its base path.\n{_after_sign_in(run)}"
    if error.deployment == error.url:
        return "Follow it with --allow-redirects"
    return f"Give that deployment's own URL: {error.deployment}"


def _after_foreign_redirect(error: ForeignRedirectError, run: Invocation) -> str:
    if _leads_out_of_tls(error):
        return _WITHOUT_TLS
    if error.deployment is not None:
        return f"Give that deployment's own URL: {error.deployment}"
    return f"Check the URL and its base path.\n{_after_sign_in(run)}"


def _after_url(error: InvalidURLError, run: Invocation) -> str:
    if error.fault is URLFault.QUERY and error.origin is not None:
        return f"Give the deployment's own URL, without a page and what follows ? or #: {error.origin}"
    return _AFTER_URL[error.fault]


STEPS: dict[type[Any], Step] = {
    APIError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Check the deployment's log, or ask its administrator."
    ),
    NotCoderError: "Check the URL and its base path.",
    WebPageError: lambda error, run: f"Check the URL and its base path.\n{_after_sign_in(run)}",
    PageURLError: lambda error, run: f"Leave out the rest of the path: {error.deployment}",
    NoUserError: lambda error, run: f"Make the first one at {error.url.join('setup')}",
    TokenRefusedError: lambda error, run: run.spell("Log in again with:", "login", str(error.url)),
    InFrontError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Check the URL, and what stands between here and the deployment."
    ),
    SignInError: lambda error, run: _after_sign_in(run),
    UnexpectedAnswerError: "This command may be too old or too new for the deployment: look for another version of it.",
    CompressedAnswerError: (
        "Something in front of the deployment compresses what nobody asked it to: tell its administrator."
    ),
    InvalidKeyError: "Tell the deployment's administrator.",
    ForeignRedirectError: _after_foreign_redirect,
    RequestError: lambda error, run: _AFTER_FAILURE[error.failure].format(timeout=run.timeout),
    RedirectedError: _after_redirect,
    TLSSetupError: lambda error, run: _AFTER_VARIABLE[error.variable],
    HeaderError: lambda error, run: _AFTER_HEADER[error.fault],
    InvalidURLError: _after_url,
}
