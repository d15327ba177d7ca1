"""Proxies: those of the environment are used, but never for this machine, nor for a token without TLS.

Windows' settings are faked at urllib's functions; one test asks the real registry, under Wine or on Windows.
"""

from __future__ import annotations

import base64
import runpy
import socket
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from coder_login.deployment import dialer, proxies
from coder_login.deployment import transport as http
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Address
from coder_login.deployment.errors import Failure, ForeignRedirectError, RequestError
from coder_login.deployment.proxies import Proxy, find_proxy
from coder_login.deployment.url import DeploymentURL
from deployment import Deployment
from loopback import Answer, bare_server, redirect
from patience import at_most
from proxy import RecordingProxy, relay

from cli import TOKEN, Inside, client

pytest_plugins = ["cli_fixtures"]

HOST = "dev.example.com"
GATE = ("X-Gate", "open sesame")
FIRST = "/api/v2/users/first"
PASSWORD = "hunter2"
USER = f"anna:{PASSWORD}@"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is this machine's, and no proxy is set."""
    real = socket.getaddrinfo

    def fake(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if host == HOST.encode() else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingProxy]:
    """A proxy that the environment names for everything."""
    with RecordingProxy() as served:
        name_proxy(monkeypatch, served.url)
        yield served


def name_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", url)
    monkeypatch.setenv("HTTPS_PROXY", url)


@pytest.fixture
def certificate(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate that this process trusts, for another machine's name and for this machine."""
    authority = trustme.CA()
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HOST, "127.0.0.1", "localhost").configure_cert(serving)
    authority.configure_trust(asking)
    monkeypatch.setattr(http, "make_tls_context", lambda: asking)
    return serving


@pytest.fixture
def secure_deployment(certificate: ssl.SSLContext) -> Iterator[Deployment]:
    """An https deployment by the name of another machine."""
    with Deployment(host=HOST, ssl_context=certificate) as served:
        yield served


def test_https_goes_through_the_proxy(secure_deployment: Deployment, proxy: RecordingProxy) -> None:
    """In a tunnel: the proxy learns host and port, and sees neither token nor headers."""
    token = secure_deployment.issue_token()
    assert client(secure_deployment.url, headers=[GATE]).identify(token).username == "alex"
    (request,) = proxy.requests
    assert (request.method, request.path) == ("CONNECT", secure_deployment.url.removeprefix("https://"))
    assert token not in str(request.headers)
    assert GATE[1] not in str(request.headers)
    assert [request.headers["X-Gate"] for request in secure_deployment.requests] == [GATE[1]]


def test_no_proxy_is_heeded(
    secure_deployment: Deployment, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that NO_PROXY names is asked directly."""
    monkeypatch.setenv("NO_PROXY", "example.com")
    client(secure_deployment.url).check_deployment()
    assert proxy.requests == []


@pytest.mark.parametrize("tls", [pytest.param(True, id="https"), pytest.param(False, id="http")])
@pytest.mark.parametrize("host", [pytest.param("127.0.0.1", id="address"), pytest.param("localhost", id="name")])
def test_loopback_is_never_proxied(proxy: RecordingProxy, certificate: ssl.SSLContext, host: str, tls: bool) -> None:
    """A deployment on this machine is asked directly, whatever the environment says."""
    with Deployment(host=host, ssl_context=certificate if tls else None) as deployment:
        client(deployment.url).identify(deployment.issue_token())
        assert len(deployment.requests) == 1
    assert proxy.requests == []


def test_a_token_without_tls_is_not_sent_through_a_proxy(proxy: RecordingProxy) -> None:
    """The proxy would read it."""
    with Deployment(host=HOST) as deployment:
        token = deployment.issue_token()
        api = client(deployment.url, headers=[GATE])
        api.check_deployment()
        api.identify(token)
        api.logout(token)
        assert len(deployment.requests) == 3
    assert proxy.requests == []


def test_a_redirect_to_another_host_goes_through_the_proxy_bare(deployment: Deployment, proxy: RecordingProxy) -> None:
    """What is followed elsewhere carries no secret, so the environment's proxy is right for it."""
    with Deployment(host=HOST) as elsewhere:
        token = deployment.issue_token()
        deployment.answer("GET", "users/me", redirect(f"{elsewhere.url}/x"))
        with pytest.raises(Exception, match="where its token does not go"):
            client(deployment.url, headers=[GATE], allow_redirects=True).identify(token)
        (request,) = proxy.requests
    assert request.path == f"{elsewhere.url}/x"
    assert token not in str(request.headers)
    assert GATE[1] not in str(request.headers)


def provoke(url: str, **options: object) -> RequestError:
    with pytest.raises(RequestError) as caught:
        client(url, **options).check_deployment()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("status", "user", "fact", "failure"),
    [
        pytest.param(407, "", "asks for a user and a password", Failure.PROXY_LOGIN, id="407"),
        pytest.param(407, USER, "does not take its user and password", Failure.PROXY_LOGIN, id="407-with-a-user"),
        pytest.param(403, USER, "does not connect to it", Failure.PROXY, id="403"),
        pytest.param(502, "", "does not connect to it", Failure.PROXY, id="502"),
        pytest.param(302, "", "does not connect to it", Failure.PROXY, id="302"),
        pytest.param(300, "", "does not connect to it", Failure.PROXY, id="300"),
    ],
)
def test_a_proxy_that_refuses(
    secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, status: int, user: str, fact: str, failure: Failure
) -> None:
    """Its status is reported as the proxy's, whatever it says besides."""
    with RecordingProxy(refusal=status) as proxy:
        name_proxy(monkeypatch, proxy.url.replace("://", f"://{user}"))
        problem = provoke(secure_deployment.url)
        where = f"{secure_deployment.url}{FIRST} through the proxy {proxy.url.removeprefix('http://')}"
    assert (problem.message, problem.failure) == (f"{where}: the proxy {fact} (HTTP status {status})", failure)
    assert secure_deployment.requests == []


@pytest.mark.parametrize(
    ("offered", "failure"),
    [
        pytest.param("Negotiate", Failure.PROXY_LOGIN_KIND, id="negotiate"),
        pytest.param("NTLM", Failure.PROXY_LOGIN_KIND, id="ntlm"),
        pytest.param('Basic realm="x"', Failure.PROXY_LOGIN, id="basic"),
    ],
)
def test_a_proxy_that_asks_for_a_login(
    secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, offered: str, failure: Failure
) -> None:
    """Where it does not take the one that we can give, no other spelling of user and password helps."""
    with RecordingProxy(refusal=407, headers={"Proxy-Authenticate": offered}) as proxy:
        name_proxy(monkeypatch, proxy.url.replace("://", f"://{USER}"))
        problem = provoke(secure_deployment.url)
    assert problem.failure is failure
    assert ("takes no Basic authentication" in problem.message) is (failure is Failure.PROXY_LOGIN_KIND)


def drip(connection: socket.socket, head: bytes) -> None:
    connection.sendall(head)
    for _ in range(400):
        connection.sendall(b"A: b\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("behave", "fact"),
    [
        pytest.param(lambda c: c.recv(1), "no answer within 1 s", id="silent"),
        pytest.param(lambda c: drip(c, b"HTTP/1.1 200 OK\r\n"), "the answer did not end within 1 s", id="drips-200"),
        pytest.param(lambda c: drip(c, b"HTTP/1.1 407 No\r\n"), "the answer did not end within 1 s", id="drips-407"),
        pytest.param(lambda c: None, "the proxy hung up without an answer", id="hangs-up"),
        pytest.param(
            lambda c: c.sendall(b"\5\xff SSH-2.0\r\n"), "the answer is not HTTP (BadStatusLine)", id="garbage"
        ),
        pytest.param(
            lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n" + (b"A: " + b"b" * 16_000 + b"\r\n") * 20),
            "the answer's head is longer than 262144 bytes",
            id="flood",
        ),
        pytest.param(
            lambda c: c.sendall(b"HTTP/1.1 502 Bad\r\nContent-Length: 99999999\r\n\r\n"),
            "the proxy does not connect to it (HTTP status 502)",
            id="body-that-never-comes",
        ),
    ],
)
def test_a_proxy_that_fails(monkeypatch: pytest.MonkeyPatch, behave: Callable[[socket.socket], Any], fact: str) -> None:
    """Whatever it does instead of a tunnel is its own failure, and ends with the time limit."""
    with bare_server(behave) as proxy:
        name_proxy(monkeypatch, f"http://{USER}{proxy}")
        with at_most(10):
            problem = provoke("https://dev.example.com", timeout=1 if " 1 s" in fact else 30)
    assert problem.message == f"https://dev.example.com{FIRST} through the proxy {proxy}: {fact}"
    assert problem.failure is Failure.PROXY


def test_what_a_proxy_says_before_tls_is_no_answer(
    secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that sends an answer of its own together with that to CONNECT is not taken for the deployment."""
    forged = b'{"id": "x", "username": "mallory"}'
    head = b"HTTP/1.1 200 OK\r\nX-Coder-Build-Version: v2\r\nContent-Length: %d\r\n\r\n" % len(forged)
    port = int(secure_deployment.url.rpartition(":")[2])

    def forge(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + head + forged)
        with socket.create_connection(("127.0.0.1", port), 10) as upstream:
            relay(connection, upstream, threading.Event())

    with bare_server(forge) as proxy:
        name_proxy(monkeypatch, f"http://{proxy}")
        user = client(secure_deployment.url, timeout=10).identify(secure_deployment.issue_token())
    assert user.username == "alex"


def test_a_proxy_whose_name_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the deployment's."""
    monkeypatch.setattr(dialer, "_ask_system", fail_to_look_up)
    name_proxy(monkeypatch, f"http://{USER}proxy.example.com")
    problem = provoke("https://dev.example.com")
    assert problem.message == (
        f"https://dev.example.com{FIRST} through the proxy proxy.example.com:80: the proxy's name was not found"
    )
    assert problem.failure is Failure.PROXY


def fail_to_look_up(host: str, port: int) -> list[Address]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_an_error_behind_the_proxy_is_not_the_proxys(
    secure_deployment: Deployment, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the tunnel stands, what fails is the deployment; the way is told all the same."""
    secure_deployment.answer("GET", "users/first", Answer(drop=True))
    problem = provoke(secure_deployment.url)
    assert problem.message == (
        f"{secure_deployment.url}{FIRST} through the proxy {proxy.url.removeprefix('http://')}: "
        "the server hung up without an answer"
    )
    assert problem.failure is Failure.CUT_SHORT


def test_no_proxy_is_told_of_where_none_was_used(proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error says which way the request went."""
    monkeypatch.setenv("NO_PROXY", "*.example.com")
    monkeypatch.setattr(dialer, "_ask_system", fail_to_look_up)
    assert (
        provoke("https://dev.example.com").message == f"https://dev.example.com{FIRST}: the host's name was not found"
    )
    assert proxy.requests == []


def test_a_proxy_that_is_down(secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never asked directly instead; a password in the proxy's URL is not shown."""
    with RecordingProxy() as gone:
        address = gone.url.removeprefix("http://")
    name_proxy(monkeypatch, f"http://user:password@{address}")
    with pytest.raises(RequestError) as caught:
        client(secure_deployment.url).check_deployment()
    assert caught.value.message == (
        f"{secure_deployment.url}/api/v2/users/first through the proxy {address}: the connection was refused"
    )
    assert caught.value.failure is Failure.PROXY
    assert secure_deployment.requests == []


@pytest.mark.parametrize(
    ("scheme", "shown"),
    [
        pytest.param("https", "https", id="https"),
        pytest.param("HTTPS", "https", id="upper-case"),
        pytest.param("socks", "socks", id="socks"),
        pytest.param("socks5", "socks5", id="socks5"),
        pytest.param("socks5h", "socks5h", id="socks5h"),
        pytest.param("Socks4", "socks4", id="socks4"),
        pytest.param("socks4a", "socks4a", id="socks4a"),
        pytest.param("ftp", "another one", id="ftp"),
        pytest.param("hunter2", "another one", id="perhaps-a-password"),
    ],
)
def test_a_proxy_of_another_scheme(monkeypatch: pytest.MonkeyPatch, scheme: str, shown: str) -> None:
    """It is refused before anything is sent, and before its name is looked up; its password is not shown."""
    asked: list[str] = []
    monkeypatch.setattr(dialer, "_ask_system", lambda host, port: asked.append(host))
    name_proxy(monkeypatch, f"{scheme}://{USER}proxy.example.com:3128")
    lines: list[str] = []
    problem = provoke("https://dev.example.com", log=lines.append)
    assert problem.message == f"the proxy of HTTPS_PROXY has the scheme {shown}, not http"
    assert problem.failure is Failure.PROXY_SCHEME
    assert asked == []
    assert PASSWORD not in "".join(lines)


def test_a_redirect_to_a_proxy_of_another_scheme(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS it is HTTP_PROXY that counts, and the same holds."""
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    deployment.answer("GET", "users/first", redirect(f"http://{HOST}/"))
    problem = provoke(deployment.url, allow_redirects=True)
    assert problem.message == "the proxy of HTTP_PROXY has the scheme socks5, not http"
    assert problem.failure is Failure.PROXY_SCHEME


def test_a_proxy_that_is_not_used_is_not_refused(
    secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where NO_PROXY names the host, HTTPS_PROXY may be anything."""
    name_proxy(monkeypatch, "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", HOST)
    client(secure_deployment.url).check_deployment()


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        pytest.param("http://", "has no usable host", id="no-host"),
        pytest.param("http:///", "has no usable host", id="slashes"),
        pytest.param("http://:3128", "has no usable host", id="port-alone"),
        pytest.param(f"http://{USER}", "has no usable host", id="user-alone"),
        pytest.param("http://[::1", "has no usable host", id="bracket"),
        pytest.param("http://::1", "has no usable host", id="ipv6-without-brackets"),
        pytest.param("http://pro xy:3128", "has no usable host", id="space"),
        pytest.param("http://pr\u00f6xy:3128", "has no usable host", id="not-ascii"),
        pytest.param("http://proxy\\x:3128", "has no usable host", id="backslash"),
        pytest.param("http://proxy:x", "has no usable port", id="port-is-no-number"),
        pytest.param("http://proxy:0", "has no usable port", id="port-0"),
        pytest.param("http://proxy:99999", "has no usable port", id="port-99999"),
        pytest.param("http://proxy:-1", "has no usable port", id="port-negative"),
        pytest.param("http://[::1]:x", "has no usable port", id="port-of-ipv6"),
        pytest.param(f"{USER}proxy:x", "has no usable port", id="port-without-scheme"),
        pytest.param("://", "has no usable host", id="empty-scheme"),
        pytest.param("://proxy:3128", "is not a URL", id="empty-scheme-and-host"),
        pytest.param("//proxy:3128", "is not a URL", id="no-scheme-but-slashes"),
        pytest.param("http:/proxy:3128", "is not a URL", id="one-slash"),
        pytest.param("http:proxy:3128", "has no usable host", id="no-slash"),
        pytest.param("proxy:3128/x", "is not a URL", id="path-without-scheme"),
        pytest.param("http://user:pass/word@proxy:3128", "has a /, ? or # before its @", id="slash-in-password"),
        pytest.param("http://user:12#word@proxy:3128", "has a /, ? or # before its @", id="hash-in-password"),
        pytest.param("user:pass?word@proxy:3128", "has a /, ? or # before its @", id="question-mark-in-password"),
        pytest.param("http://proxy:3128/\n@evil", "has a /, ? or # before its @", id="line-end"),
        pytest.param("user:a://word@proxy:3128", "has a /, ? or # before its @", id="scheme-in-password"),
    ],
)
def test_what_is_no_url_of_a_proxy(monkeypatch: pytest.MonkeyPatch, value: str, fact: str) -> None:
    """The error is about the proxy, and repeats nothing of it."""
    name_proxy(monkeypatch, value)
    problem = provoke("https://dev.example.com")
    assert problem.message == f"the proxy of HTTPS_PROXY {fact}"
    assert problem.failure is Failure.PROXY_FORM


def find(url: str = "https://dev.example.com") -> Proxy | None:
    """The proxy for a request to *url*, when the deployment is another one."""
    other = DeploymentURL.parse("https://other.example.com").origin
    return find_proxy(DeploymentURL.parse(url).origin, other, Deadline(30))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        pytest.param("http://proxy.example.com:3128", "proxy.example.com:3128", id="url"),
        pytest.param("HTTP://Proxy.Example.com:3128/", "proxy.example.com:3128", id="case-and-slash"),
        pytest.param("http://proxy.example.com", "proxy.example.com:80", id="no-port"),
        pytest.param("http://proxy.example.com:", "proxy.example.com:80", id="empty-port"),
        pytest.param("http://proxy.example.com:3128/path?query", "proxy.example.com:3128", id="path"),
        pytest.param("proxy.example.com:3128", "proxy.example.com:3128", id="no-scheme"),
        pytest.param("proxy", "proxy:80", id="bare-host"),
        pytest.param("127.0.0.1:3128", "127.0.0.1:3128", id="address"),
        pytest.param("[::1]:3128", "[::1]:3128", id="ipv6"),
        pytest.param("http://[::1]", "[::1]:80", id="ipv6-no-port"),
        pytest.param("user:pw@proxy:3128", "proxy:3128", id="user-no-scheme"),
        pytest.param(" http://proxy:3128\t", "proxy:3128", id="white-space-around"),
    ],
)
def test_how_a_proxy_is_written(monkeypatch: pytest.MonkeyPatch, value: str, place: str) -> None:
    """As the Go CLI takes it: a scheme may be missing, and the port is that of http then."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    assert str(find()) == place


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        pytest.param("", None, id="none"),
        pytest.param("user:password@", b"user:password", id="plain"),
        pytest.param("user%40corp:p%3Aw%2F%25@", b"user@corp:p:w/%", id="percent"),
        pytest.param("user@corp:p@ss@", b"user@corp:p@ss", id="at-signs"),
        pytest.param("user:p:w@", b"user:p:w", id="colons"),
        pytest.param("user@", b"user:", id="user-alone"),
        pytest.param(":password@", b":password", id="password-alone"),
        pytest.param("@", b":", id="empty"),
        pytest.param("user:%0d%0aX-Evil:1@", b"user:\r\nX-Evil:1", id="line-end"),
        pytest.param("j\u00f6rg:%c3%b6@", "j\u00f6rg:\u00f6".encode(), id="utf-8"),
        pytest.param(
            "user:\udcff@",
            b"user:\xff",
            id="not-utf-8",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="bytes in a variable are of POSIX"),
        ),
    ],
)
def test_what_a_proxy_is_told_of_the_user(
    secure_deployment: Deployment, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch, user: str, sent: bytes | None
) -> None:
    """User and password, decoded, in the CONNECT alone."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", f"://{user}"))
    client(secure_deployment.url).check_deployment()
    (request,) = proxy.requests
    header = None if sent is None else f"Basic {base64.b64encode(sent).decode()}"
    assert request.headers["Proxy-Authorization"] == header
    assert secure_deployment.requests[0].headers["Proxy-Authorization"] is None


def test_a_request_without_tls_tells_the_proxy_too(
    deployment: Deployment, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no CONNECT then: the proxy is asked for the whole URL."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", f"://{USER}"))
    with Deployment(host=HOST) as elsewhere:
        deployment.answer("GET", "users/first", redirect(f"{elsewhere.url}/x?y#z"))
        with pytest.raises(ForeignRedirectError):
            client(deployment.url, allow_redirects=True).check_deployment()
        (request,) = proxy.requests
        assert request.path == f"{elsewhere.url}/x?y"
        assert request.headers["Proxy-Authorization"] == f"Basic {base64.b64encode(USER[:-1].encode()).decode()}"
        assert request.headers["Host"] == elsewhere.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("proxy_url", "last_line"),
    [
        pytest.param(
            f"https://{USER}proxy.example.com",
            "Name an http:// proxy in HTTPS_PROXY, or in NO_PROXY the hosts that are asked directly.",
            id="scheme",
        ),
        pytest.param(
            f"http://{USER}proxy.example.com:x",
            "Write it as in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT with special characters as %XX.",
            id="port",
        ),
    ],
)
def test_the_command_does_not_show_the_password(inside: Inside, proxy_url: str, last_line: str) -> None:
    """Nor with -v; the next step is about the proxy."""
    run = inside.run("login", "https://dev.example.com", "-v", env={"HTTPS_PROXY": proxy_url}, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert "error: The proxy of HTTPS_PROXY has " in run.stderr
    assert run.stderr.splitlines()[-1] == last_line
    assert PASSWORD not in run.stderr


def test_a_proxy_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as text nor in a traceback's repr."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}proxy:3128")
    proxy = find()
    assert proxy is not None
    assert proxy.authorization is not None
    assert proxy.authorization not in f"{proxy} {proxy!r}"


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"HTTPS_PROXY": "a"}, "a:80", id="upper-case"),
        pytest.param({"https_proxy": "a"}, "a:80", id="lower-case"),
        pytest.param({"HTTPS_PROXY": ""}, None, id="empty"),
        pytest.param({"HTTPS_PROXY": "  "}, None, id="blank"),
        pytest.param({"HTTP_PROXY": "a"}, None, id="of-http"),
        pytest.param({"ALL_PROXY": "a", "all_proxy": "a"}, None, id="all"),
        pytest.param({"ALL_PROXY": "socks5://a", "HTTPS_PROXY": "b"}, "b:80", id="all-and-https"),
        pytest.param({"HTTPS_PROXY": "a", "REQUEST_METHOD": "GET"}, "a:80", id="cgi"),
        pytest.param({"HTTPS_PROXY": "a", "NO_PROXY": "example.com"}, None, id="no-proxy"),
        pytest.param({"HTTPS_PROXY": "a", "no_proxy": "example.com"}, None, id="no-proxy-lower-case"),
    ],
)
def test_which_variable_counts(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], place: str | None) -> None:
    """For a request with TLS; as in the Go CLI."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = find()
    assert (proxy and str(proxy)) == place


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one spelling of a variable")
def test_upper_case_counts_before_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the Go CLI, and unless it is empty."""
    monkeypatch.setenv("https_proxy", "lower")
    monkeypatch.setenv("HTTPS_PROXY", "upper")
    assert str(find()) == "upper:80"
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert str(find()) == "lower:80"


def test_a_cgi_program_ignores_http_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a header of whoever asks the program."""
    monkeypatch.setenv("HTTP_PROXY", "a")
    assert str(find("http://dev.example.com")) == "a:80"
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert find("http://dev.example.com") is None


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What urllib reads from Windows' settings, on every system; it bypasses hosts without a dot."""
    settings: dict[str, str] = {}
    monkeypatch.setattr(proxies, "_SETTINGS", "registry")
    monkeypatch.setattr(urllib.request, "getproxies_registry", lambda: settings, raising=False)
    monkeypatch.setattr(urllib.request, "proxy_bypass_registry", lambda host: "." not in host, raising=False)
    return settings


@pytest.mark.parametrize(
    ("settings", "variables", "place"),
    [
        pytest.param({"https": "http://s:8080"}, {}, "s:8080", id="settings"),
        pytest.param({"http": "http://s:8080"}, {}, None, id="of-http"),
        pytest.param({"https": "http://s:8080"}, {"HTTPS_PROXY": "e"}, "e:80", id="environment-first"),
        pytest.param({"https": "http://s:8080"}, {"HTTP_PROXY": "e"}, None, id="environment-alone"),
        pytest.param({"https": "http://s:8080"}, {"HTTPS_PROXY": ""}, "s:8080", id="empty-variable"),
        pytest.param({"https": "http://s:8080"}, {"ALL_PROXY": "e"}, "s:8080", id="all-proxy"),
        pytest.param({"https": "http://s:8080"}, {"NO_PROXY": "example.com"}, None, id="no-proxy"),
        pytest.param({"https": "http://s:8080"}, {"NO_PROXY": "example.org"}, "s:8080", id="no-proxy-of-others"),
    ],
)
def test_the_systems_settings(
    registry: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    variables: dict[str, str],
    place: str | None,
) -> None:
    """They count where the environment names no proxy, and NO_PROXY holds for them, too."""
    registry.update(settings)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = find()
    assert (proxy and str(proxy)) == place


def test_the_systems_own_exceptions(registry: dict[str, str]) -> None:
    """As urllib reads them: it is Windows' own language."""
    registry["https"] = "http://s:8080"
    assert find("https://intranet") is None


def test_the_systems_exceptions_are_asked_only_where_there_is_a_proxy(
    registry: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the bare address: some versions of Python look a host up there, which takes time."""
    asked: list[str] = []
    monkeypatch.setattr(urllib.request, "proxy_bypass_registry", asked.append)
    assert find("https://[2001:db8::1]") is None
    assert asked == []
    registry["https"] = "http://s:8080"
    assert find("https://[2001:db8::1]") is not None
    assert asked == ["2001:db8::1"]


def test_settings_that_take_for_ever(registry: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A script of the network's can look up names; it is waited for within the time of the request."""
    goes_on = threading.Event()
    monkeypatch.setattr(urllib.request, "getproxies_registry", lambda: goes_on.wait(20) and {})
    with pytest.raises(RequestError) as caught:
        client(f"https://{HOST}", timeout=0.3).check_deployment()
    goes_on.set()
    assert caught.value.failure is Failure.TIMEOUT
    assert caught.value.message == f"https://{HOST}{FIRST}: no answer within 0.3 s"


def test_a_socks_proxy_of_the_system(registry: dict[str, str]) -> None:
    """urllib makes socks4 of an entry for SOCKS, and it is refused like that of a variable."""
    registry["https"] = "socks4://s:1080"
    with pytest.raises(RequestError) as caught:
        find()
    assert caught.value.message == "the proxy of the system's settings has the scheme socks4, not http"
    assert caught.value.failure is Failure.PROXY_SCHEME


@pytest.mark.parametrize(("system", "settings"), [("win32", "registry"), ("darwin", "macosx_sysconf"), ("linux", None)])
def test_each_system_has_its_settings(monkeypatch: pytest.MonkeyPatch, system: str, settings: str | None) -> None:
    """By the names that urllib has for them; Linux has none."""
    for name in ("registry", "macosx_sysconf"):
        proxy = f"http://{name.partition('_')[0]}:8080"
        monkeypatch.setattr(urllib.request, f"getproxies_{name}", lambda proxy=proxy: {"https": proxy}, raising=False)
        monkeypatch.setattr(urllib.request, f"proxy_bypass_{name}", lambda host: False, raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", system)
        module = runpy.run_path(proxies.__file__)
    origin, other = (DeploymentURL.parse(f"https://{host}.example.com").origin for host in ("dev", "other"))
    proxy = module["find_proxy"](origin, other, Deadline(30))
    assert (proxy and str(proxy)) == (settings and f"{settings.partition('_')[0]}:8080")


@pytest.mark.skipif(sys.platform != "win32", reason="the registry is Windows'")
def test_the_registry_itself_can_be_asked() -> None:
    """urllib has the functions by these names on Windows; whatever this machine's settings are."""
    assert proxies._SETTINGS == "registry"
    assert isinstance(proxies._ask_system(DeploymentURL.parse("https://dev.example.com").origin), str)
