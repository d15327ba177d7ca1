"""Proxies: those of the environment are used, but never for this machine, nor for a token without TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from coder_login.deployment import transport as http
from coder_login.deployment.errors import Failure, RequestError
from deployment import Deployment
from loopback import redirect
from proxy import RecordingProxy

from cli import client

pytest_plugins = ["cli_fixtures"]

HOST = "dev.example.com"
GATE = ("X-Gate", "open sesame")


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is this machine's, and no proxy is set."""
    real = socket.getaddrinfo

    def fake(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real("127.0.0.1" if host == HOST else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
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


@pytest.mark.parametrize("status", [pytest.param(407, id="407"), pytest.param(403, id="403")])
def test_a_proxy_that_refuses(secure_deployment: Deployment, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Its status is reported as the proxy's."""
    with RecordingProxy(refusal=status) as proxy:
        name_proxy(monkeypatch, proxy.url)
        with pytest.raises(RequestError) as caught:
            client(secure_deployment.url).check_deployment()
        where = f"{secure_deployment.url}/api/v2/users/first through the proxy {proxy.url.removeprefix('http://')}"
    assert caught.value.message.startswith(f"{where}: the connection failed (Tunnel connection failed: {status} ")
    assert caught.value.failure is Failure.PROXY
    assert secure_deployment.requests == []


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


def test_a_proxy_of_another_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy, which we don't speak to, is an error and not a bug."""
    name_proxy(monkeypatch, "socks5://127.0.0.1:1")
    deployment = client("https://dev.example.com")
    with pytest.raises(RequestError) as caught:
        deployment.check_deployment()
    assert "through the proxy 127.0.0.1:1: " in caught.value.message


def test_a_redirect_through_a_proxy_of_another_protocol(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without TLS urllib asks for the proxy's protocol itself, and has none."""
    name_proxy(monkeypatch, "socks5://127.0.0.1:1")
    deployment.answer("GET", "users/first", redirect(f"http://{HOST}/"))
    with pytest.raises(RequestError) as caught:
        client(deployment.url, allow_redirects=True).check_deployment()
    assert caught.value.message.startswith(f"http://{HOST}/ through the proxy 127.0.0.1:1: the connection failed (")
    assert caught.value.failure is Failure.PROXY
