"""The stand-in deployment and the recording proxy do what the other tests take for granted."""

import contextlib
import http.client
import json
import re
import socket
import ssl
import threading
import time
from email.message import Message
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import trustme
from deployment import Deployment
from loopback import Answer, json_answer, redirect
from proxy import RecordingProxy

from cli import TOKEN

pytest_plugins = ["cli_fixtures"]

SIGNED_OUT = "You are signed out, or your session has expired. Sign in again."
VERSION = "v2.31.0+standin"


class Reply(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(connection: http.client.HTTPConnection, method: str, path: str, token: str | None = None) -> Reply:
    connection.request(method, path, headers={} if token is None else {"Coder-Session-Token": token})
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read())


def connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", find_port(url), timeout=5)


def find_port(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


def call(deployment: Deployment, method: str, route: str, token: str | None = None) -> Reply:
    with contextlib.closing(connect(deployment.url)) as connection:
        return ask(connection, method, f"{urlsplit(deployment.url).path}/api/v2/{route}", token)


# The API


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        pytest.param(None, "The header Coder-Session-Token must be provided.", id="absent"),
        pytest.param(TOKEN, "API key is invalid.", id="unknown"),
    ],
)
@pytest.mark.parametrize(
    ("method", "route"), [("GET", "users/me"), ("POST", "users/me/keys"), ("POST", "users/logout")]
)
def test_a_bad_token(deployment: Deployment, method: str, route: str, token: str | None, detail: str) -> None:
    """Whatever needs a session answers 401 as the deployment's own, and changes nothing."""
    reply = call(deployment, method, route, token)
    assert (reply.status, reply.json) == (401, {"message": SIGNED_OUT, "detail": detail})
    assert reply.headers["X-Coder-Build-Version"] == VERSION
    assert deployment.valid_tokens() == set()


def test_a_key_is_a_session_of_its_own(deployment: Deployment) -> None:
    """In the form of a token, beside the session that made it, and good for the same user."""
    token = deployment.issue_token()
    reply = call(deployment, "POST", "users/me/keys", token)
    assert (reply.status, list(reply.json)) == (201, ["key"])
    key = reply.json["key"]
    assert all(re.fullmatch(r"[A-Za-z0-9]{10}-[A-Za-z0-9]{22}", text) for text in (token, key))
    assert deployment.valid_tokens() == {token, key}
    assert [call(deployment, "GET", "users/me", text).json for text in (token, key)] == [deployment.user] * 2


def test_a_logout_revokes_its_own_session_only(deployment: Deployment) -> None:
    """Once: the second one is refused."""
    token, other = deployment.issue_token(), deployment.issue_token()
    assert [call(deployment, "POST", "users/logout", token).status for _ in range(2)] == [200, 401]
    assert deployment.valid_tokens() == {other}


@pytest.mark.parametrize("route", ["nowhere", "users/me/keys"], ids=["path", "method"])
def test_what_is_not_in_the_api(deployment: Deployment, route: str) -> None:
    """A wrong path, or the wrong method, is a 404 of the deployment's own."""
    reply = call(deployment, "GET", route, deployment.issue_token())
    assert (reply.status, reply.headers["X-Coder-Build-Version"]) == (404, VERSION)


@pytest.mark.parametrize("path", ["/base", "/base/", "/base/workspaces", "/base/@anna/ws/api/v2/users/first"])
def test_every_other_path_is_a_page(path: str) -> None:
    """As the real one answers it: with 200, HTML and the build header; outside of its base path it is not there."""
    with Deployment(base_path="/base") as deployment, contextlib.closing(connect(deployment.url)) as connection:
        page, outside = ask(connection, "GET", path), ask(connection, "GET", path.replace("base", "other"))
    assert (page.status, page.headers.get_content_type()) == (200, "text/html")
    assert (outside.status, outside.headers["X-Coder-Build-Version"]) == (404, None)
    assert page.headers["X-Coder-Build-Version"] == VERSION


# The record


def test_requests_are_recorded(deployment: Deployment) -> None:
    """In their order, with the query, the headers in any case, and the token; a failing test shows none of it."""
    token, before = deployment.issue_token(), deployment.requests
    call(deployment, "GET", "users/first?a=b")
    call(deployment, "POST", "users/me/keys", token)
    first, second = deployment.requests
    assert (first.method, first.path, first.token) == ("GET", "/api/v2/users/first?a=b", None)
    assert (second.method, second.token, second.headers["coder-SESSION-token"]) == ("POST", token, token)
    assert before == []
    assert token not in repr(deployment.requests) + repr(json_answer({"key": token}))


# Planned answers


def test_a_planned_answer_replaces_the_real_one(deployment: Deployment) -> None:
    """For one call unless told otherwise, and without its effect; a build version is added."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/logout", Answer(502, {"X": "y"}, b"bad gateway"))
    reply = call(deployment, "POST", "users/logout", token)
    assert (reply.status, reply.headers["X"], reply.body) == (502, "y", b"bad gateway")
    assert reply.headers["X-Coder-Build-Version"] == VERSION
    assert deployment.is_valid(token)
    assert call(deployment, "POST", "users/logout", token).status == 200


def test_plans_follow_one_another(deployment: Deployment) -> None:
    """Each after the real answers that it lets pass, as often as it says, the last one for ever."""
    deployment.answer("GET", "users/first", Answer(500), times=2, after=1)
    deployment.answer("GET", "users/first", Answer(503), times=None, after=1)
    assert [call(deployment, "GET", "users/first").status for _ in range(6)] == [200, 500, 500, 200, 503, 503]


def test_an_answer_of_something_in_front(deployment: Deployment) -> None:
    """Without the build version, and a path outside the API."""
    deployment.answer("GET", "/", redirect("https://other.example/x", 302))
    deployment.answer("GET", "users/first", Answer(build_version=False))
    assert call(deployment, "GET", "users/first").headers["X-Coder-Build-Version"] is None
    with contextlib.closing(connect(deployment.url)) as connection:
        reply = ask(connection, "GET", "/")
    assert (reply.status, reply.headers["Location"]) == (302, "https://other.example/x")


def test_an_effect_without_its_answer(deployment: Deployment) -> None:
    """The real action can happen although the answer says that it failed."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/me/keys", Answer(500, after_effect=True))
    assert call(deployment, "POST", "users/me/keys", token).status == 500
    assert len(deployment.valid_tokens() - {token}) == 1


def test_broken_answers(deployment: Deployment) -> None:
    """None at all, half of one, and a late one; each request is recorded."""
    for answer in (Answer(drop=True), Answer(body=b"0123456789", truncate=True), Answer(delay=0.1)):
        deployment.answer("GET", "users/first", answer)
    with pytest.raises(http.client.RemoteDisconnected):
        call(deployment, "GET", "users/first")
    with pytest.raises(http.client.IncompleteRead) as caught:
        call(deployment, "GET", "users/first")
    assert (caught.value.partial, caught.value.expected) == (b"01234", 5)
    start = time.monotonic()
    assert call(deployment, "GET", "users/first").status == 200
    assert time.monotonic() - start >= 0.09
    assert len(deployment.requests) == 3


# The server


def test_half_a_request_has_no_effect(deployment: Deployment) -> None:
    """A client that dies in the middle of its request has asked for nothing."""
    token = deployment.issue_token()
    head = f"POST /api/v2/users/logout HTTP/1.1\r\nCoder-Session-Token: {token}\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", find_port(deployment.url)), 5) as client:
        client.sendall(head.encode() + b"half")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert deployment.is_valid(token)
    assert deployment.requests == []


@pytest.mark.parametrize("sent", [b"", b"GET /api/v2/users/first HTTP/1.1\r\n\r\n"], ids=["silent", "waiting"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_client_that_hangs_does_not_hang_the_stop(secure: bool, sent: bytes) -> None:
    """Within a second nothing listens, and no thread is left."""
    before = set(threading.enumerate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if secure else None
    if context:
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with contextlib.ExitStack() as clients:
        with Deployment(ssl_context=context) as deployment:
            assert deployment.url.startswith("https:" if secure else "http:")
            deployment.answer("GET", "users/first", Answer(delay=60))
            client = socket.create_connection(("127.0.0.1", find_port(deployment.url)), 5)
            clients.enter_context(client).sendall(sent)
            time.sleep(0.05)  # for the bytes to arrive
            start = time.monotonic()
        assert time.monotonic() - start < 1
        assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        connect(deployment.url).connect()


# The proxy


def test_the_proxy_forwards_and_records(deployment: Deployment) -> None:
    """To this machine, whatever host the URL names; what the server answers comes back as it is."""
    token, url = deployment.issue_token(), f"http://dev.example.com:{find_port(deployment.url)}/api/v2/users/me"
    with RecordingProxy() as proxy, contextlib.closing(connect(proxy.url)) as connection:
        replies = [ask(connection, "GET", url, text) for text in (token, TOKEN)]
    assert [reply.status for reply in replies] == [200, 401]
    assert replies[0].json == deployment.user
    assert [(seen.method, seen.path, seen.token) for seen in proxy.requests] == [
        ("GET", url, token),
        ("GET", url, TOKEN),
    ]
    assert [arrived.token for arrived in deployment.requests] == [token, TOKEN]


@pytest.mark.parametrize("refusal", [None, 407])
def test_the_proxy_tunnels_or_refuses(deployment: Deployment, refusal: int | None) -> None:
    """It records host and port alone; an idle tunnel does not hang the stop."""
    target = f"dev.example.com:{find_port(deployment.url)}"
    with contextlib.ExitStack() as clients:
        with RecordingProxy(refusal=refusal) as proxy:
            client = clients.enter_context(socket.create_connection(("127.0.0.1", find_port(proxy.url)), 5))
            client.sendall(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 %d " % (refusal or 200))
            start = time.monotonic()
        assert time.monotonic() - start < 1
    assert [(request.method, request.path) for request in proxy.requests] == [("CONNECT", target)]
