"""Requests that fail: each failure names the URL and says what happened; and what every request says and does not."""

import http.client
import itertools
import platform
import socket
import ssl
import sys
import time
from dataclasses import replace

import coder_login
import pytest
import trustme
from coder_login.deployment import transport
from coder_login.deployment.dialer import Dialer
from coder_login.deployment.errors import Failure, RequestError
from coder_login.deployment.exchange import Request
from coder_login.deployment.failures import translate
from coder_login.deployment.faults import MAX_BODY
from coder_login.errors import CoderError
from deployment import Deployment
from loopback import Answer, bare_server, json_answer

from cli import TOKEN, Machine, client

pytest_plugins = ["cli_fixtures"]

FIRST = "/api/v2/users/first"
ME = "/api/v2/users/me"


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this machine does not know."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    return trustme.CA()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HAS_IPV6 = has_ipv6()


def make_tls(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def find_unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def provoke(url: str, **options: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        client(url, **options).check_deployment()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that no resolver knows is a wrong URL, or a machine that is offline."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "*")
    problem = provoke("https://dev.invalid")
    assert problem.message == f"https://dev.invalid{FIRST}: the host's name was not found"
    assert problem.failure is Failure.NAME


def test_a_refused_connection() -> None:
    """Nobody listens at the port."""
    url = f"http://127.0.0.1:{find_unused_port()}"
    problem = provoke(url)
    assert problem.message == f"{url}{FIRST}: the connection was refused"
    assert problem.failure is Failure.REFUSED


LONG = "the answer is longer than 1048576 bytes"


@pytest.mark.parametrize(
    ("answer", "fact", "failure"),
    [
        pytest.param(Answer(delay=30), "no answer within 0.3 s", Failure.TIMEOUT, id="silence"),
        pytest.param(Answer(drop=True), "the server hung up without an answer", Failure.CUT_SHORT, id="hang-up"),
        pytest.param(
            replace(json_answer({"message": "x" * 100}), truncate=True),
            "the answer was cut short",
            Failure.CUT_SHORT,
            id="half-a-body",
        ),
        pytest.param(Answer(body=b" " * (MAX_BODY + 1)), LONG, Failure.TOO_LONG, id="one-byte-over-1-MiB"),
    ],
)
def test_an_answer_that_does_not_come_whole(
    deployment: Deployment, answer: Answer, fact: str, failure: Failure
) -> None:
    """It is never taken for one: what the deployment has done is not known."""
    deployment.answer("GET", "users/first", answer)
    problem = provoke(deployment.url, timeout=0.3 if failure is Failure.TIMEOUT else 30)
    assert (problem.message, problem.failure) == (f"{deployment.url}{FIRST}: {fact}", failure)


@pytest.mark.usefixtures("another_authority")
def test_a_certificate_that_is_not_trusted(authority: trustme.CA) -> None:
    """A private authority is not trusted unless it is named, and nothing has been sent by then."""
    with Deployment(ssl_context=make_tls(authority)) as deployment:
        problem = provoke(deployment.url)
        assert problem.message.startswith(f"{deployment.url}{FIRST}: the server's certificate comes from an authority ")
        assert deployment.requests == []


def test_ssl_cert_file_names_a_private_authority(authority: trustme.CA, machine: Machine) -> None:
    """With its certificate in SSL_CERT_FILE, a private authority's deployment is logged in to."""
    certificate = machine.home / "authority.pem"
    authority.cert_pem.write_to_path(certificate)
    with Deployment(ssl_context=make_tls(authority)) as deployment:
        token = deployment.issue_token()
        run = machine.run("login", deployment.url, env={"SSL_CERT_FILE": str(certificate)}, input=token)
        assert (run.code, run.text.splitlines()[0]) == (
            0,
            f"Logged in to {deployment.url} as alex. The token is kept in the file {machine.directory / 'session'}.",
        )


def test_plain_http_behind_an_https_url(deployment: Deployment) -> None:
    """A server without TLS is told from an untrusted one; the request is not repeated without TLS."""
    url = deployment.url.replace("http:", "https:")
    problem = provoke(url)
    assert problem.message.startswith(f"{url}{FIRST}: the server does not speak TLS (")
    assert problem.failure is Failure.TLS_NONE
    assert deployment.requests == []


def test_tls_behind_an_http_url(authority: trustme.CA) -> None:
    """The other way round, something is wrong with the URL's scheme."""
    with Deployment(ssl_context=make_tls(authority)) as deployment:
        url = deployment.url.replace("https:", "http:")
        assert provoke(url).message.startswith(f"{url}{FIRST}: ")


def test_a_chunked_answer_that_is_cut_short() -> None:
    """Without its last chunk it is not whole."""
    head = b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version: v2\r\nTransfer-Encoding: chunked\r\n\r\n"
    with bare_server(lambda connection: connection.sendall(head + b"40\r\n{}")) as server:
        assert provoke(f"http://{server}").message == f"http://{server}{FIRST}: the answer was cut short"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "BadStatusLine", id="ssh"),
        pytest.param(b"HTTP/9.9 200 OK\r\n\r\n", "UnknownProtocol", id="version"),
    ],
)
def test_an_answer_that_is_not_http(answer: bytes, kind: str) -> None:
    """What another protocol says is not repeated: nobody knows what is in it."""
    with bare_server(lambda connection: connection.sendall(answer)) as server:
        problem = provoke(f"http://{server}")
    assert problem.message == f"http://{server}{FIRST}: the answer is not HTTP ({kind})"
    assert problem.failure is Failure.NOT_HTTP


@pytest.mark.parametrize("coding", [pytest.param(b"\0", id="NUL"), pytest.param(b"undefined", id="undefined")])
def test_a_header_in_a_coding_that_python_can_not_read(coding: bytes) -> None:
    """RFC 2231 lets a server name one for a parameter; what fails is the answer, and not what was sent."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary*=" + coding + b"''x\r\n\r\n"
    with bare_server(lambda connection: connection.sendall(head)) as server:
        problem = provoke(f"http://{server}")
    assert problem.message == f"http://{server}{FIRST}: the answer's head has a header that can't be read"
    assert problem.failure is Failure.NOT_HTTP


def test_a_parameter_that_is_there_whole_and_in_parts_ends_in_an_error_of_ours() -> None:
    """Some versions of Python read it, and others fail with a TypeError."""
    head = b'HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary*="a"; boundary*1="b"\r\n\r\n'
    with bare_server(lambda connection: connection.sendall(head)) as server, pytest.raises(CoderError):
        client(f"http://{server}").check_deployment()


def test_a_body_at_the_limit(deployment: Deployment) -> None:
    """1 MiB itself is read."""
    body = b"{}".ljust(MAX_BODY)
    deployment.answer("GET", "users/first", Answer(headers={"Content-Type": "application/json"}, body=body))
    client(deployment.url).check_deployment()


def test_a_token_that_http_refuses_stays_out_of_the_error(deployment: Deployment) -> None:
    """http.client's own error carries the header: neither its text nor the exception itself gets out."""
    with pytest.raises(RequestError) as caught:
        client(deployment.url).identify(f"{TOKEN}\n")
    assert str(caught.value) == f"{deployment.url}{ME}: the request could not be sent (ValueError)"
    assert caught.value.failure is Failure.UNSENDABLE
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "target"),
    [
        pytest.param("https://dev.example.com", "/", id="nothing"),
        pytest.param("https://dev.example.com?a=b", "/?a=b", id="query-alone"),
        pytest.param("https://dev.example.com/a/b?c", "/a/b?c", id="path-and-query"),
    ],
)
def test_a_server_is_asked_for_the_path_and_the_query(url: str, target: str) -> None:
    """RFC 9112 section 3.2.1: there is always a path."""
    assert Request("GET", url, {}).target == target


@pytest.mark.parametrize(
    ("error", "fact", "failure"),
    [
        pytest.param(OSError(5, "its words\x1b"), "the connection failed (its words\\x1b)", Failure.OTHER, id="code"),
        pytest.param(OSError("its words"), "the connection failed (its words)", Failure.OTHER, id="words"),
        pytest.param(KeyError(TOKEN), "the connection failed (KeyError)", Failure.OTHER, id="another-error"),
        pytest.param(
            http.client.InvalidURL(TOKEN), "the request could not be sent (InvalidURL)", Failure.UNSENDABLE, id="url"
        ),
        pytest.param(
            http.client.BadStatusLine(TOKEN), "the answer is not HTTP (BadStatusLine)", Failure.NOT_HTTP, id="form"
        ),
    ],
)
def test_only_the_words_of_the_system_are_told(error: Exception, fact: str, failure: Failure) -> None:
    """What another error says may be what was sent."""
    told = translate(error, "where", 5, None, lambda: None)
    assert (told.message, told.failure) == (f"where: {fact}", failure)


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
@pytest.mark.parametrize("tls", [pytest.param(True, id="https"), pytest.param(False, id="http")])
def test_a_deployment_at_an_ipv6_address(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tls: bool) -> None:
    """In the URL and in Host it has brackets, for the system and in the certificate it has none."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(transport, "make_tls_context", lambda: trusting)
    with Deployment(host="[::1]", ssl_context=make_tls(authority, "::1") if tls else None) as deployment:
        client(deployment.url).check_deployment()
        assert [request.headers["Host"] for request in deployment.requests] == [deployment.url.partition("//")[2]]


class Unclosable(socket.socket):
    """A connection whose end fails."""

    def close(self) -> None:
        super().close()
        raise OSError(5, "Input/output error")


def test_an_answer_counts_though_the_connection_can_not_be_closed(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has come over it has come: a key that was made must not pass for one that was perhaps made."""
    real = Dialer.connect
    monkeypatch.setattr(Dialer, "connect", lambda *where: Unclosable(fileno=real(*where).detach()))
    assert client(deployment.url).mint_key(deployment.issue_token()) in deployment.valid_tokens()


def test_every_request_asks_for_the_connections_end(deployment: Deployment) -> None:
    """It is never used again, and a server need not keep it open."""
    api, token = client(deployment.url), deployment.issue_token()
    api.identify(token)
    api.logout(token)
    assert [request.headers["Connection"] for request in deployment.requests] == ["close", "close"]


def test_every_request_says_who_asks(deployment: Deployment) -> None:
    """The User-Agent names us, our version and the system."""
    client(deployment.url).check_deployment()
    version = ".".join(platform.python_version_tuple()[:2])
    agent = deployment.requests[0].headers["User-Agent"]
    assert agent == f"coder-login/{coder_login.__version__} ({sys.platform}; Python {version})"


def test_every_request_asks_for_json_as_it_is(deployment: Deployment) -> None:
    """No page, and nothing compressed."""
    api, token = client(deployment.url), deployment.issue_token()
    api.identify(token)
    api.logout(token)
    assert [(request.headers["Accept"], request.headers["Accept-Encoding"]) for request in deployment.requests] == [
        ("application/json", "identity")
    ] * 2


def test_a_post_has_an_empty_body(deployment: Deployment) -> None:
    """It says so, and in which form; a GET has none to speak of."""
    api, token = client(deployment.url), deployment.issue_token()
    api.identify(token)
    api.logout(token)
    assert [
        (request.headers["Content-Length"], request.headers["Content-Type"]) for request in deployment.requests
    ] == [
        (None, None),
        ("0", "application/json"),
    ]


def test_the_log_shows_no_header_and_no_body(deployment: Deployment) -> None:
    """A line a request: method, URL, status and time."""
    lines: list[str] = []
    token = deployment.issue_token()
    api = client(deployment.url, headers=[("X-Gate", "open sesame")], log=lines.append)
    api.identify(token)
    api.mint_key(token)
    deployment.answer("POST", "users/logout", Answer(drop=True))
    with pytest.raises(RequestError):
        api.logout(token)
    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        f"GET {deployment.url}{ME} 200",
        f"POST {deployment.url}{ME}/keys 201",
        f"POST {deployment.url}/api/v2/users/logout failed",
    ]
    assert all(line.rsplit(" ", 2)[1].isdecimal() and line.endswith(" ms") for line in lines)


def test_the_log_tells_milliseconds(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of the request itself; here each look at it is a quarter of a second later."""
    lines: list[str] = []
    clock = itertools.count(1000, step=0.25)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    client(deployment.url, log=lines.append).check_deployment()
    milliseconds = int(lines[0].rsplit(" ", 2)[1])
    assert 250 <= milliseconds < 1_000_000
    assert milliseconds % 250 == 0
