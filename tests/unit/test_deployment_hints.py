"""The next step after each error of a deployment, word for word."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
from enum import Enum
from typing import Any

import pytest
from coder_login.commands import deployment_hints, hints, output
from coder_login.commands.errors import RefusedTokenError
from coder_login.commands.invocation import quote
from coder_login.commands.options import Given
from coder_login.deployment import errors
from coder_login.deployment.errors import Failure, HeaderError, HeaderFault, RequestError
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.deployment.url_parsing import URLFault
from coder_login.errors import CoderError

URL = DeploymentURL.parse("https://dev.example.com/base")
AGAIN = "Log in again with: coder login https://dev.example.com/base"

LOOK = "Check the URL and its base path."
SIGN_IN = (
    "If there is a sign-in in front of the deployment, give the headers that let a program through it, "
    "with --header or --header-command"
)
NAME_AUTHORITY = (
    "Put the authority's certificate, in PEM form, into the file that SSL_CERT_FILE names; a proxy that looks into TLS "
    "has an authority of its own."
)
NOT_ENOUGH = "The custom headers do not let this command through a sign-in in front of the deployment: check them."


def step_after(error: CoderError, **given: Any) -> str:
    """What to do about *error*, in a run whose global options were *given*."""
    return output.find_hint(error, Given(given))


@pytest.mark.parametrize(
    ("status", "step"),
    [
        pytest.param(403, "The user of this token may not do that: ask the deployment's administrator.", id="403"),
        pytest.param(404, "Check the URL and its base path.", id="404"),
        pytest.param(429, "Too many requests: wait a minute, and try again.", id="429"),
        pytest.param(500, "The deployment has a problem: try again, or ask its administrator.", id="500"),
        pytest.param(502, "The deployment can't be reached behind its proxy: try again later.", id="502"),
        pytest.param(503, "The deployment is not ready: try again later.", id="503"),
        pytest.param(504, "The deployment does not answer its proxy: try again later.", id="504"),
    ],
)
@pytest.mark.parametrize("kind", [errors.APIError, errors.InFrontError])
def test_after_a_status(kind: type[errors.APIError], status: int, step: str) -> None:
    """The same, whether the deployment or something in front of it says so."""
    assert step_after(kind("it failed", status, URL)) == step


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        pytest.param(errors.APIError, "Check the deployment's log, or ask its administrator.", id="deployment"),
        pytest.param(
            errors.InFrontError,
            "Check the URL, and what stands between here and the deployment.",
            id="in-front",
        ),
        pytest.param(
            errors.NotCoderError,
            "Check the URL and its base path.",
            id="not-coder",
        ),
        pytest.param(errors.WebPageError, f"{LOOK}\n{SIGN_IN}", id="web-page"),
        pytest.param(errors.SignInError, SIGN_IN, id="sign-in"),
        pytest.param(
            errors.CompressedAnswerError,
            "Something in front of the deployment compresses what nobody asked it to: tell its administrator.",
            id="compressed",
        ),
        pytest.param(errors.NoUserError, f"Make the first one at {URL}/setup", id="no-user"),
        pytest.param(errors.TokenRefusedError, AGAIN, id="token-refused"),
        pytest.param(
            errors.UnexpectedAnswerError,
            "This command may be too old or too new for the deployment: look for another version of it.",
            id="unexpected-answer",
        ),
        pytest.param(errors.InvalidKeyError, "Tell the deployment's administrator.", id="invalid-key"),
    ],
)
def test_after_an_answer(kind: type[errors.APIError], step: str) -> None:
    """By the error's class, whatever the status is."""
    assert step_after(kind("it failed", 418, URL)) == step


def test_after_the_url_of_a_page() -> None:
    """The URL to use is ready to be copied."""
    error = errors.PageURLError("it is a page", 200, DeploymentURL.parse(f"{URL}/login"), URL)
    assert step_after(error) == f"Leave out the rest of the path: {URL}"


OTHER = DeploymentURL.parse("https://other.example.com")


@pytest.mark.parametrize(
    ("deployment", "step"),
    [
        pytest.param(OTHER, f"Give that deployment's own URL: {OTHER}", id="other-url"),
        pytest.param(None, f"{LOOK}\n{SIGN_IN}", id="other-page"),
        pytest.param(URL, "Follow it with --allow-redirects", id="same-url"),
    ],
)
def test_after_a_redirect(deployment: DeploymentURL | None, step: str) -> None:
    """A deployment's new URL is told from a page to sign in."""
    assert step_after(errors.RedirectedError("it redirects", URL, deployment)) == step


@pytest.mark.parametrize(
    ("deployment", "step"),
    [
        pytest.param(OTHER, f"Give that deployment's own URL: {OTHER}", id="deployment"),
        pytest.param(None, f"{LOOK}\n{SIGN_IN}", id="page"),
    ],
)
def test_after_a_redirect_without_the_token(deployment: DeploymentURL | None, step: str) -> None:
    """It was followed already, so the option is not what is missing."""
    assert step_after(errors.ForeignRedirectError("it redirects", 200, URL, "https://x.example", deployment)) == step


def test_a_redirect_that_leads_out_of_tls() -> None:
    """To follow it would send the token in clear."""
    url = DeploymentURL.parse("https://dev.example.com")
    plain = DeploymentURL.parse("http://dev.example.com")
    step = "Do not follow it: it leads from https to a URL without TLS. Ask the deployment's administrator."
    assert step_after(errors.RedirectedError("it redirects", url, plain)) == step
    assert step_after(errors.ForeignRedirectError("it redirects", 200, url, str(plain), plain)) == step
    assert step_after(errors.RedirectedError("it redirects", plain, url)) == f"Give that deployment's own URL: {url}"


@pytest.mark.parametrize("given", [{"header": ["A=b"]}, {"header_command": "get s3cret"}], ids=["option", "command"])
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(errors.SignInError("it refuses", 403, URL), id="refusal"),
        pytest.param(errors.WebPageError("it is a page", 200, URL), id="page"),
        pytest.param(errors.RedirectedError("it redirects", URL, None), id="redirect"),
        pytest.param(errors.ForeignRedirectError("it redirects", 200, URL, "https://x.example"), id="followed"),
    ],
)
def test_headers_that_were_given_were_not_enough(error: CoderError, given: dict[str, Any]) -> None:
    """To ask for them once more would be a circle."""
    assert step_after(error, **given).splitlines()[-1] == NOT_ENOUGH


@pytest.mark.parametrize("name", ["CODER_HEADER", "CODER_HEADER_COMMAND"])
def test_headers_of_a_variable_were_not_enough(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """They were sent as well."""
    monkeypatch.setenv(name, "A=b")
    assert step_after(errors.SignInError("it refuses", 401, URL)) == NOT_ENOUGH


def test_a_new_login_goes_where_the_refused_session_is() -> None:
    """The command has the options that were given, and the deployment by its URL alone."""
    error = errors.TokenRefusedError("it was refused", 401, URL)
    directory = os.path.abspath("dir")
    step = step_after(error, use_keyring=True, url="dev.example.com/base", global_config=directory)
    assert step == f"Log in again with: coder login --use-keyring --global-config {quote([directory])} {URL}"


PAGE = "https://dev.example.com/cli-auth"


@pytest.mark.parametrize(
    ("source", "page", "step"),
    [
        pytest.param(
            "--token", None, "That was the token of --token: leave it out to use the stored session.", id="option"
        ),
        pytest.param(
            "CODER_SESSION_TOKEN",
            None,
            "That was the token of CODER_SESSION_TOKEN: unset it to use the stored session.",
            id="variable",
        ),
        pytest.param(
            "the line on standard input",
            PAGE,
            f"That was the token of the line on standard input: copy a new one from {PAGE}",
            id="login",
        ),
    ],
)
def test_a_refused_token_that_was_given(source: str, page: str | None, step: str) -> None:
    """The same command would be refused again."""
    assert step_after(RefusedTokenError("it was refused", source, page)) == step


@pytest.mark.parametrize(
    ("failure", "step"),
    [
        (Failure.NAME, "Check the URL, and whether this machine is online."),
        (
            Failure.CERTIFICATE_EXPIRED,
            "Set this machine's clock if it is wrong; else the deployment's administrator must renew the certificate.",
        ),
        (
            Failure.CERTIFICATE_EARLY,
            "Set this machine's clock if it is wrong; else ask the deployment's administrator for a valid certificate.",
        ),
        (
            Failure.CERTIFICATE_NAMELESS,
            "The deployment's administrator must replace it with one that has the host as a subject alternative name.",
        ),
        (
            Failure.CERTIFICATE_HOST,
            "Give the URL with a host that the certificate is for, or ask the deployment's administrator for one of "
            "this host.",
        ),
        (
            Failure.CERTIFICATE_SELF_SIGNED,
            "If you know the certificate, put it into a file in PEM form, and name the file in SSL_CERT_FILE.",
        ),
        (Failure.CERTIFICATE_AUTHORITY, NAME_AUTHORITY),
        (
            Failure.CERTIFICATE_ISSUER,
            f"{NAME_AUTHORITY}\nIf browsers trust the deployment, its server may leave out a certificate in between: "
            "tell its administrator.",
        ),
        (
            Failure.CERTIFICATE_FILE,
            "Add the authority's certificate to that file in PEM form, or one in between that the server leaves out.\n"
            "Or unset SSL_CERT_FILE, if the system trusts the deployment without it.",
        ),
        (
            Failure.CERTIFICATE_NO_AUTHORITIES,
            "Install the system's certificates (the package ca-certificates; for Python from python.org on macOS its "
            '"Install Certificates.command"), or name a file of them in SSL_CERT_FILE.',
        ),
        (
            Failure.CERTIFICATE_FORM,
            "Whoever runs the authority must make that certificate anew, with what is missing. Python before 3.13 does "
            "not ask for all of it; verification can't be turned off.",
        ),
        (
            Failure.CERTIFICATE_WEAK,
            "The deployment's administrator must replace it: RSA keys of 2048 bits or more, and SHA-256 signatures.",
        ),
        (Failure.CERTIFICATE, "Ask the deployment's administrator; verification can't be turned off."),
        (
            Failure.TLS_VERSION,
            "The deployment or what is in front of it must offer TLS 1.2 or 1.3: ask its administrator.",
        ),
        (
            Failure.TLS_CLIENT_CERTIFICATE,
            "This command has none to give: use the Go CLI, which takes --client-tls-cert-file, for this deployment.",
        ),
        (Failure.TLS_NONE, "Check the port, or give an http:// URL if the deployment really has no TLS."),
        (
            Failure.TLS,
            "Check the host, the port, and what the server asks for: its TLS version, or a client certificate.",
        ),
        (Failure.TIMEOUT, "Try again, or give it more than 30 s with --timeout."),
        (Failure.REFUSED, "Check the port, and whether the deployment runs."),
        (Failure.CUT_SHORT, "Try again."),
        (Failure.TOO_LONG, "Check the URL: this is not how a Coder deployment answers."),
        (Failure.NOT_HTTP, "Check the port in the URL, and its scheme."),
        (Failure.UNSENDABLE, "Check the URL and the custom headers."),
        (
            Failure.PROXY,
            "Check the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or on Windows the system's settings.",
        ),
        (
            Failure.PROXY_LOGIN,
            "Percent-encode what is not a letter or digit in them, and write: "
            "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
        ),
        (
            Failure.PROXY_SCHEME,
            "Name an http:// proxy in HTTPS_PROXY, or in NO_PROXY the hosts that are asked directly.",
        ),
        (
            Failure.PROXY_FORM,
            "Write it as in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT with special characters as %XX.",
        ),
        (Failure.REDIRECTED_NOWHERE, "No deployment can be there: check the deployment's URL."),
        (
            Failure.PROXY_LOGIN_KIND,
            "Name a local proxy in HTTPS_PROXY that signs in to that one, or in NO_PROXY the hosts that are asked "
            "directly.",
        ),
        (
            Failure.REDIRECTED_TOO_OFTEN,
            "Check the URL: what answers there sends every request on, without end.",
        ),
        (
            Failure.REDIRECTED_WITH_SECRET,
            "It was not followed. Tell the deployment's administrator: what answers there puts what it was sent into "
            "URLs.",
        ),
        (Failure.OTHER, "Check the URL, the network and the proxy variables."),
    ],
)
def test_after_a_request(failure: Failure, step: str) -> None:
    """By what kept the answer away."""
    assert step_after(RequestError("it failed", failure)) == step


@pytest.mark.parametrize(
    ("variable", "step"),
    [
        ("SSL_CERT_FILE", "Name a file of certificates in PEM form, or unset it to trust the system's authorities."),
        (
            "SSL_CERT_DIR",
            "Name a directory that openssl rehash has prepared, or unset it to trust the system's authorities.",
        ),
        ("SSLKEYLOGFILE", "Unset it, or name a file that you can write."),
        ("OPENSSL_CONF", "Unset it, or fix that file."),
        ("", "Check the configuration of OpenSSL, and on Windows the system's certificates."),
    ],
)
def test_after_a_variable_of_the_tls_library(variable: str, step: str) -> None:
    """Each has a step of its own."""
    assert step_after(errors.TLSSetupError("it is wrong", variable)) == step


def test_a_time_limit_that_was_given_is_told() -> None:
    """Only more than that can help."""
    error = RequestError("no answer within 2.5 s", Failure.TIMEOUT)
    assert step_after(error, timeout=2.5) == "Try again, or give it more than 2.5 s with --timeout."


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (HeaderFault.FORM, "Write it as NAME=VALUE."),
        (HeaderFault.RESERVED, "Leave it out: the command sets it itself."),
        (HeaderFault.CSV, 'Write it as NAME=VALUE,"NAME=VALUE, WITH A COMMA".'),
        (HeaderFault.COMMAND, "Fix the header command."),
        (HeaderFault.COMMAND_EXIT, "Run it by hand to see why."),
    ],
)
def test_after_a_header(fault: HeaderFault, step: str) -> None:
    """By what is wrong with it."""
    assert step_after(HeaderError("it is wrong", fault)) == step


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (URLFault.FORM, "Give a deployment's URL, such as https://dev.example.com"),
        (URLFault.PARSING, "Check its brackets and its port."),
        (URLFault.SCHEME, "Only https and http are allowed."),
        (URLFault.USER, "Leave out everything up to the @: a session token is asked for separately."),
        (
            URLFault.NOT_ASCII,
            "Give its xn-- form, as the browser's address bar copies it: other conversions can name another domain.",
        ),
        (URLFault.NUMBER, "Write the host's name, or its address as four decimal numbers."),
        (URLFault.IPV6, "Give one like [::1], without a zone."),
        (URLFault.PORT, "Give a port from 1 to 65535."),
        (URLFault.PATH, "Give the path itself."),
        (URLFault.QUERY, "Give the deployment's own URL, without what follows ? or #."),
    ],
)
def test_after_a_url(fault: URLFault, step: str) -> None:
    """By what is wrong with it."""
    assert step_after(InvalidURLError("it is wrong", fault)) == step


def test_after_a_url_with_a_query() -> None:
    """The URL to use is ready to be copied."""
    error = InvalidURLError("it has a query", URLFault.QUERY, URL.origin)
    assert step_after(error) == (
        "Give the deployment's own URL, without a page and what follows ? or #: https://dev.example.com"
    )


def test_after_a_token_of_another_form() -> None:
    """The same for every form."""
    error = InvalidTokenError("that is empty")
    assert step_after(error) == "Copy the token alone, as the deployment's page shows it."


DEPLOYMENT_ERRORS = [
    *(kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, CoderError)),
    InvalidURLError,
    InvalidTokenError,
]
DEPLOYMENT_ERRORS.remove(CoderError)


@pytest.mark.parametrize("kind", DEPLOYMENT_ERRORS)
def test_every_error_of_the_deployment_has_a_row(kind: type[CoderError]) -> None:
    """Of its own: none is left to that of its base."""
    assert kind in hints._STEPS


@pytest.mark.parametrize(
    ("steps", "facts"),
    [
        (deployment_hints._AFTER_FAILURE, Failure),
        (deployment_hints._AFTER_HEADER, HeaderFault),
        (deployment_hints._AFTER_URL, URLFault),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_every_fact_has_a_step(steps: dict[Enum, str], facts: type[Enum]) -> None:
    """A new one can't be forgotten."""
    assert list(steps) == list(facts)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(errors.NotCoderError("it failed", 200, URL), id="answer"),
        pytest.param(errors.ForeignRedirectError("it failed", 307, URL, "https://other.example.com"), id="redirect"),
        pytest.param(RequestError("it failed", Failure.TLS), id="request"),
        pytest.param(HeaderError("it failed", HeaderFault.CSV), id="header"),
        pytest.param(InvalidURLError("it failed", URLFault.PATH), id="url"),
        pytest.param(InvalidTokenError("it failed"), id="token"),
    ],
)
@pytest.mark.parametrize("repeat", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy], ids=["pickle", "copy"])
def test_an_error_keeps_its_facts_in_another_process(error: CoderError, repeat: Any) -> None:
    """One that can't be unpickled hangs a multiprocessing.Pool."""
    again = repeat(error)
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == "it failed"
