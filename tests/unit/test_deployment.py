"""The stand-in deployment and the recording proxy do what the other tests take for granted."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import trustme
from deployment import Deployment
from loopback import Answer, json_answer, redirect
from proxy import RecordingProxy

TOKEN = re.compile(r"[A-Za-z0-9]{10}-[A-Za-z0-9]{22}")
SIGNED_OUT = "You are signed out, or your session has expired. Sign in again."


class Reply(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Clock:
    """A clock that moves when told."""

    time = 1000.0

    def __call__(self) -> float:
        return self.time


def connect(url: str, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    assert parts.hostname
    if context:
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=5, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    token: str | None = None,
    body: bytes | None = None,
) -> Reply:
    headers: Mapping[str, str] = {"Coder-Session-Token": token} if token is not None else {}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read())


def call(deployment: Deployment, method: str, route: str, token: str | None = None, body: bytes | None = None) -> Reply:
    with contextlib.closing(connect(deployment.url)) as connection:
        return ask(connection, method, f"{urlsplit(deployment.url).path}/api/v2/{route}", token, body)


@contextlib.contextmanager
def dial(deployment: Deployment, context: ssl.SSLContext | None = None) -> Iterator[socket.socket]:
    """A bare connection, for what no HTTP client would send."""
    with socket.create_connection(("127.0.0.1", port_of(deployment.url)), 5) as plain:
        if context is None:
            yield plain
            return
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            yield secure


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment() as running:
        yield running


class Certificate:
    """A certificate for localhost and 127.0.0.1: the server's side, and a client that trusts it."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(self.server)
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate()


# The API


def test_first_user_exists(deployment: Deployment) -> None:
    """A deployment that is set up says so."""
    reply = call(deployment, "GET", "users/first")
    assert (reply.status, reply.json) == (200, {"message": "The initial user has already been created!"})


def test_first_user_does_not_exist() -> None:
    """A deployment without a user answers 404 to users/first, with the build version."""
    with Deployment(first_user=False) as deployment:
        reply = call(deployment, "GET", "users/first")
    assert (reply.status, reply.json) == (404, {"message": "The initial user has not been created!"})
    assert reply.headers["X-Coder-Build-Version"] == "v2.31.0+standin"


def test_users_me() -> None:
    """The user is described with the API's fields, a name that isn't ASCII included."""
    with Deployment(username="zoe", name="Zoë 世界") as deployment:
        reply = call(deployment, "GET", "users/me", deployment.issue_token())
    assert reply.status == 200
    assert "Zoë 世界".encode() in reply.body
    user = reply.json
    assert re.fullmatch(r"[0-9a-f-]{36}", user.pop("id"))
    assert [len(identifier) for identifier in user.pop("organization_ids")] == [36]
    assert user == {
        "username": "zoe",
        "name": "Zoë 世界",
        "email": "zoe@example.com",
        "roles": [{"name": "owner", "display_name": "Owner"}],
        "status": "active",
        "login_type": "password",
        "avatar_url": "",
        "created_at": "2025-01-02T03:04:05.678901Z",
        "updated_at": "2025-01-02T03:04:05.678901Z",
        "last_seen_at": "2025-01-02T03:04:05.678901Z",
    }


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        pytest.param(None, "The header Coder-Session-Token must be provided.", id="absent"),
        pytest.param("", "The header Coder-Session-Token must be provided.", id="empty"),
        pytest.param("nonsense", "Invalid API key format.", id="malformed"),
        pytest.param("0123456789-abcdefghijklmnopqrstuv", "API key is invalid.", id="unknown"),
    ],
)
@pytest.mark.parametrize(
    ("method", "route"), [("GET", "users/me"), ("POST", "users/me/keys"), ("POST", "users/logout")]
)
def test_bad_token(deployment: Deployment, method: str, route: str, token: str | None, detail: str) -> None:
    """Whatever needs a session answers 401 to a bad token, and changes nothing."""
    reply = call(deployment, method, route, token)
    assert (reply.status, reply.json) == (401, {"message": SIGNED_OUT, "detail": detail})
    assert deployment.valid_tokens() == set()


def test_issued_token_has_coders_form(deployment: Deployment) -> None:
    """A token is a 10-character id, a dash and a 22-character secret, new each time."""
    one, other = deployment.issue_token(), deployment.issue_token()
    assert TOKEN.fullmatch(one)
    assert TOKEN.fullmatch(other)
    assert deployment.valid_tokens() == {one, other}


def test_created_key_is_a_session(deployment: Deployment) -> None:
    """The key that a session creates is a session itself, beside the first."""
    token = deployment.issue_token()
    reply = call(deployment, "POST", "users/me/keys", token)
    assert reply.status == 201
    assert list(reply.json) == ["key"]
    assert call(deployment, "GET", "users/me", reply.json["key"]).status == 200
    assert deployment.valid_tokens() == {token, reply.json["key"]}


def test_logout_revokes_its_own_session_only(deployment: Deployment) -> None:
    """Logging out ends the session it is called with, once."""
    token, other = deployment.issue_token(), deployment.issue_token()
    reply = call(deployment, "POST", "users/logout", token)
    assert (reply.status, reply.json) == (200, {"message": "Logged out!"})
    assert call(deployment, "POST", "users/logout", token).status == 401
    assert deployment.valid_tokens() == {other}


def test_build_info(deployment: Deployment) -> None:
    """The build is described to anyone."""
    reply = call(deployment, "GET", "buildinfo")
    assert reply.status == 200
    assert reply.json == {
        "version": "v2.31.0+standin",
        "deployment_id": deployment.user["id"],
        "external_url": "https://github.com/coder/coder",
        "dashboard_url": deployment.url,
    }


def test_sign_in_page_shows_a_usable_token(deployment: Deployment) -> None:
    """The page that login opens is HTML and shows a new session token."""
    with contextlib.closing(connect(deployment.url)) as connection:
        reply = ask(connection, "GET", "/cli-auth")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert TOKEN.findall(reply.body.decode()) == list(deployment.valid_tokens())


@pytest.mark.parametrize("path", ["/api/v2/nowhere", "/api/v2/users/me/", "/users/me", "/", "//users/me"])
def test_unknown_route(deployment: Deployment, path: str) -> None:
    """A path that is not in the API is a 404 in JSON, from Coder by its header."""
    with contextlib.closing(connect(deployment.url)) as connection:
        reply = ask(connection, "GET", path)
    assert reply.status == 404
    assert reply.json == {
        "message": "Route not found.",
        "detail": "This deployment serves nothing at that path.",
    }
    assert reply.headers["X-Coder-Build-Version"] == "v2.31.0+standin"


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("POST", "users/me", "GET"),
        ("PUT", "users/first", "GET"),
        ("GET", "users/me/keys", "POST"),
        ("GET", "users/logout", "POST"),
        ("DELETE", "buildinfo", "GET"),
    ],
)
def test_wrong_method(deployment: Deployment, method: str, route: str, allowed: str) -> None:
    """A method that the route doesn't have is a 405 that names the one it has."""
    reply = call(deployment, method, route, deployment.issue_token())
    assert reply.status == 405
    assert reply.json == {"message": "Method not allowed.", "detail": f"Use {allowed}."}
    assert reply.headers["Allow"] == allowed
    assert reply.headers["X-Coder-Build-Version"] == "v2.31.0+standin"


def test_head_has_no_body(deployment: Deployment) -> None:
    """An answer to HEAD leaves the connection fit for the next request."""
    with contextlib.closing(connect(deployment.url)) as connection:
        assert ask(connection, "HEAD", "/api/v2/users/first")[::2] == (405, b"")
        assert ask(connection, "GET", "/api/v2/users/first").status == 200


def test_base_path() -> None:
    """Under a base path everything moves, and nothing is left at the root."""
    with Deployment(base_path="/dev/coder/") as deployment:
        assert deployment.url.endswith(f":{port_of(deployment.url)}/dev/coder")
        assert call(deployment, "GET", "users/first").status == 200
        with contextlib.closing(connect(deployment.url)) as connection:
            assert ask(connection, "GET", "/dev/coder/cli-auth").status == 200
            assert ask(connection, "GET", "/api/v2/users/first").status == 404


def test_query_is_not_part_of_the_route(deployment: Deployment) -> None:
    """A query is recorded, and ignored."""
    assert call(deployment, "GET", "users/first?a=b").status == 200
    assert deployment.requests[0].path == "/api/v2/users/first?a=b"


def test_no_build_version() -> None:
    """Without a build version no answer carries the header, an error neither."""
    with Deployment(build_version=None) as deployment:
        replies = [call(deployment, "GET", route) for route in ("users/first", "users/me", "nowhere")]
    assert [(reply.status, reply.headers["X-Coder-Build-Version"]) for reply in replies] == [
        (200, None),
        (401, None),
        (404, None),
    ]


def test_own_build_version() -> None:
    """Another build version shows in the header and in buildinfo."""
    with Deployment(build_version="v2.29.1") as deployment:
        reply = call(deployment, "GET", "buildinfo")
    assert (reply.headers["X-Coder-Build-Version"], reply.json["version"]) == ("v2.29.1", "v2.29.1")


# Sessions


def test_session_expires_with_the_clock() -> None:
    """A session lives for its lifetime, and not a second longer."""
    clock = Clock()
    with Deployment(now=clock, lifetime=60) as deployment:
        token = deployment.issue_token()
        clock.time += 59
        assert call(deployment, "GET", "users/me", token).status == 200
        clock.time += 1
        reply = call(deployment, "GET", "users/me", token)
    assert (reply.status, reply.json["detail"]) == (401, "API key expired.")
    assert not deployment.is_valid(token)


@pytest.mark.parametrize(
    ("end", "detail"), [(Deployment.expire, "API key expired."), (Deployment.revoke, "API key is invalid.")]
)
def test_session_ends(deployment: Deployment, end: Callable[[Deployment, str], None], detail: str) -> None:
    """An expired or a revoked session is refused, the others are not."""
    token, other = deployment.issue_token(), deployment.issue_token()
    end(deployment, token)
    assert not deployment.is_valid(token)
    assert deployment.is_valid(other)
    reply = call(deployment, "GET", "users/me", token)
    assert (reply.status, reply.json["detail"]) == (401, detail)
    assert deployment.valid_tokens() == {other}


def test_two_deployments_side_by_side() -> None:
    """Two deployments differ in port, user and sessions."""
    with Deployment() as one, Deployment() as other:
        assert one.url != other.url
        assert one.user["id"] != other.user["id"]
        token = one.issue_token()
        assert call(one, "GET", "users/me", token).status == 200
        assert call(other, "GET", "users/me", token).status == 401
        assert (len(one.requests), len(other.requests)) == (1, 1)


# The record


def test_requests_are_recorded(deployment: Deployment) -> None:
    """Every request is recorded in order, with its headers in any case and its body."""
    call(deployment, "GET", "users/first")
    call(deployment, "POST", "users/me/keys", "nonsense", '{"é": 1}'.encode())
    first, second = deployment.requests
    assert (first.method, first.path, first.body, first.token) == ("GET", "/api/v2/users/first", b"", None)
    assert (second.method, second.path) == ("POST", "/api/v2/users/me/keys")
    assert second.headers["coder-SESSION-token"] == second.token == "nonsense"
    assert second.body == '{"é": 1}'.encode()


def test_the_record_is_a_copy(deployment: Deployment) -> None:
    """The list that was handed out does not change behind the test's back."""
    before = deployment.requests
    call(deployment, "GET", "users/first")
    assert before == []


def test_no_secret_in_a_repr(deployment: Deployment) -> None:
    """Neither a request nor an answer shows its token when a test fails on it."""
    token = deployment.issue_token()
    call(deployment, "POST", "users/me/keys", token, token.encode())
    assert repr(deployment.requests) == "[Request(method='POST', path='/api/v2/users/me/keys')]"
    assert token not in repr(json_answer({"key": token}))


def test_requests_from_many_threads(deployment: Deployment) -> None:
    """Calls at the same time are all answered and all recorded."""
    token = deployment.issue_token()
    with ThreadPoolExecutor(16) as pool:
        replies = pool.map(lambda _: call(deployment, "POST", "users/me/keys", token), range(64))
        keys = {reply.json["key"] for reply in replies}
    assert deployment.valid_tokens() == keys | {token}
    assert (len(keys), len(deployment.requests)) == (64, 64)


# Planned answers


def test_planned_answer_replaces_the_real_one(deployment: Deployment) -> None:
    """A planned answer is sent as it is, to one call unless told otherwise; others get the real one."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/logout", Answer(502, {"Content-Type": "text/plain"}, b"bad gateway"))
    assert call(deployment, "GET", "users/me", token).status == 200
    reply = call(deployment, "POST", "users/logout", token)
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (502, "text/plain", b"bad gateway")
    assert reply.headers["X-Coder-Build-Version"] == "v2.31.0+standin"
    assert deployment.is_valid(token)
    assert call(deployment, "POST", "users/logout", token).status == 200


def test_times_and_after(deployment: Deployment) -> None:
    """Plans for one call take effect one after the other, each after the real answers that it lets pass."""
    deployment.answer("GET", "users/first", Answer(500), times=2, after=1)
    deployment.answer("GET", "users/first", Answer(503), after=1)
    statuses = [call(deployment, "GET", "users/first").status for _ in range(6)]
    assert statuses == [200, 500, 500, 200, 503, 200]


def test_for_ever(deployment: Deployment) -> None:
    """With times=None the answer stays."""
    deployment.answer("GET", "users/first", Answer(500), times=None)
    assert [call(deployment, "GET", "users/first").status for _ in range(5)] == [500] * 5


def test_plan_outside_the_api() -> None:
    """A route with a leading slash is relative to the base path, and need not exist otherwise."""
    with Deployment(base_path="/coder") as deployment:
        deployment.answer("GET", "/login", Answer(200, body=b"<form>"))
        with contextlib.closing(connect(deployment.url)) as connection:
            assert ask(connection, "GET", "/coder/login").body == b"<form>"
            assert ask(connection, "GET", "/coder/login").status == 404


def test_answer_without_build_version(deployment: Deployment) -> None:
    """One answer can lack the header, as from something in front of the deployment."""
    deployment.answer("GET", "users/first", Answer(200, body=b"{}", build_version=False))
    assert "X-Coder-Build-Version" not in call(deployment, "GET", "users/first").headers
    assert "X-Coder-Build-Version" in call(deployment, "GET", "users/first").headers


def test_after_effect(deployment: Deployment) -> None:
    """The real action can happen although the answer says that it failed."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/me/keys", Answer(500, after_effect=True))
    assert call(deployment, "POST", "users/me/keys", token).status == 500
    assert len(deployment.valid_tokens() - {token}) == 1


def test_drop(deployment: Deployment) -> None:
    """The connection can close without an answer; the request is recorded all the same."""
    deployment.answer("GET", "users/first", Answer(drop=True))
    with pytest.raises(http.client.RemoteDisconnected):
        call(deployment, "GET", "users/first")
    assert len(deployment.requests) == 1


def test_truncate(deployment: Deployment) -> None:
    """The body can break off in the middle of what was declared."""
    deployment.answer("GET", "users/first", Answer(body=b"0123456789", truncate=True))
    with pytest.raises(http.client.IncompleteRead) as caught:
        call(deployment, "GET", "users/first")
    assert (caught.value.partial, caught.value.expected) == (b"01234", 5)


def test_delay(deployment: Deployment) -> None:
    """An answer can be late."""
    deployment.answer("GET", "users/first", Answer(delay=0.1))
    start = time.monotonic()
    assert call(deployment, "GET", "users/first").status == 200
    assert time.monotonic() - start >= 0.09


@pytest.mark.parametrize("status", [307, 302])
def test_redirect(deployment: Deployment, status: int) -> None:
    """A redirection names its target."""
    deployment.answer("GET", "users/first", redirect("https://other.example/x", status))
    reply = call(deployment, "GET", "users/first")
    assert (reply.status, reply.headers["Location"], reply.body) == (status, "https://other.example/x", b"")


def test_redirect_is_307_unless_told(deployment: Deployment) -> None:
    """A redirection keeps the method by default."""
    assert redirect("/elsewhere") == Answer(307, {"Location": "/elsewhere"})


# The server


def test_keep_alive(deployment: Deployment) -> None:
    """One connection carries many calls, refusals among them, each with its length, and without delay."""
    with contextlib.closing(connect(deployment.url)) as connection:
        connection.connect()
        opened, start = connection.sock, time.monotonic()
        replies = [ask(connection, "POST", "/api/v2/users/logout", body=b"{}") for _ in range(20)]
        assert connection.sock is opened
    assert time.monotonic() - start < 0.5  # each would take 40 ms if head and body waited for one another
    assert {(reply.status, int(reply.headers["Content-Length"])) for reply in replies} == {(401, len(replies[0].body))}


def test_stop_closes_the_port_and_the_threads() -> None:
    """After the context nothing listens and no thread is left."""
    before = set(threading.enumerate())
    with Deployment() as deployment, contextlib.closing(connect(deployment.url)) as idle:
        assert ask(idle, "GET", "/api/v2/users/first").status == 200
        deployment.__exit__()
        assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        call(deployment, "GET", "users/first")


def test_entered_again() -> None:
    """A deployment can go down and come back, with its sessions."""
    deployment = Deployment()
    with deployment:
        token = deployment.issue_token()
    with deployment:
        assert call(deployment, "GET", "users/me", token).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"GET /api/v2/users/fi", id="half a line"),
        pytest.param(b"POST /api/v2/users/logout HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", id="half a body"),
        pytest.param(b"GET /api/v2/users/first HTTP/1.1\r\n\r\n", id="awaiting a late answer"),
        pytest.param(b"GET /api/v2/buildinfo HTTP/1.1\r\n\r\n", id="not reading a big answer"),
    ],
)
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_slow_clients_do_not_hang_stop(
    secure: bool, sent: bytes, certificate: Certificate, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stopping takes less than a second whatever clients do, and prints nothing; half a request has no effect."""
    before = set(threading.enumerate())
    with contextlib.ExitStack() as clients:
        with Deployment(ssl_context=certificate.server if secure else None) as deployment:
            deployment.answer("GET", "users/first", Answer(delay=60))
            deployment.answer("GET", "buildinfo", Answer(body=bytes(20_000_000)))
            client = clients.enter_context(dial(deployment, certificate.client if secure else None))
            client.sendall(sent)
            time.sleep(0.05)  # for the bytes to arrive
            start = time.monotonic()
        assert time.monotonic() - start < 1
        assert set(threading.enumerate()) == before
    assert len(deployment.requests) == sent.endswith(b"\r\n\r\n")
    assert capfd.readouterr().err == ""


def test_half_a_body_has_no_effect(deployment: Deployment) -> None:
    """A client that gives up in the middle of its request gets no answer, and nothing is done or recorded."""
    token = deployment.issue_token()
    head = f"POST /api/v2/users/logout HTTP/1.1\r\nCoder-Session-Token: {token}\r\nContent-Length: 9\r\n\r\n"
    with dial(deployment) as client:
        client.sendall(head.encode() + b"half")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert deployment.is_valid(token)
    assert deployment.requests == []


def test_no_handshake_blocks_nobody(certificate: Certificate) -> None:
    """A client that connects and never starts TLS keeps neither the next client nor the stop waiting."""
    with contextlib.ExitStack() as clients, Deployment(ssl_context=certificate.server) as deployment:
        clients.enter_context(dial(deployment))
        with contextlib.closing(connect(deployment.url, certificate.client)) as connection:
            assert ask(connection, "GET", "/api/v2/users/first").status == 200


def test_plain_http_to_a_tls_port(certificate: Certificate, capfd: pytest.CaptureFixture[str]) -> None:
    """Speaking plain HTTP to a TLS deployment ends the connection, without a traceback."""
    with Deployment(ssl_context=certificate.server) as deployment, dial(deployment) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert not client.recv(100).startswith(b"HTTP")
    assert deployment.requests == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls(certificate: Certificate, host: str) -> None:
    """With a certificate the URL is https, on the host name that was asked for, and sessions work."""
    with Deployment(ssl_context=certificate.server, host=host) as deployment:
        assert deployment.url == f"https://{host}:{port_of(deployment.url)}"
        with contextlib.closing(connect(deployment.url, certificate.client)) as connection:
            reply = ask(connection, "GET", "/api/v2/users/me", deployment.issue_token())
    assert (reply.status, reply.json) == (200, deployment.user)


def test_verbose_logs_the_request_line_only(capfd: pytest.CaptureFixture[str]) -> None:
    """The log has method, path and status, and no header; without verbose there is none."""
    with Deployment(verbose=True) as loud, Deployment() as silent:
        token = loud.issue_token()
        call(loud, "GET", "users/me", token)
        call(silent, "GET", "users/me", token)
    logged = capfd.readouterr().err
    assert re.fullmatch(r'127\.0\.0\.1 - - \[.+\] "GET /api/v2/users/me HTTP/1\.1" 200 -\n', logged)
    assert token not in logged


# By hand


@contextlib.contextmanager
def by_hand(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The deployment as a program; killed if the test didn't end it."""
    script = Path(__file__).parents[1] / "support" / "deployment.py"
    pipe = subprocess.PIPE
    program = [sys.executable, str(script), *options]
    # What is beside the script must be importable, as it is by hand.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe, env=env, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def printed(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout
    url, token = (process.stdout.readline() for _ in range(2))
    assert url.startswith("url: http://127.0.0.1:")
    assert TOKEN.fullmatch(token.removeprefix("token: ").rstrip("\n"))
    return {"url": url[5:-1], "token": token[7:-1]}


def get(url: str, route: str, token: str) -> Reply:
    with contextlib.closing(connect(url)) as connection:
        return ask(connection, "GET", f"/api/v2/{route}", token)


def test_by_hand_until_eof(tmp_path: Path) -> None:
    """The program prints a URL and a usable token, repeats them in the ready file, and leaves nothing at the end."""
    ready = tmp_path / "ready"
    with by_hand("--until-eof", "--ready-file", str(ready)) as process:
        line = printed(process)
        assert get(line["url"], "users/me", line["token"]).status == 200
        assert ready.read_bytes() == f"url: {line['url']}\ntoken: {line['token']}\n".encode()
        assert process.communicate("", timeout=5) == ("", "")
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        get(line["url"], "users/me", line["token"])


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without a signal that it could handle")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_by_hand_until_a_signal(number: signal.Signals) -> None:
    """A signal ends the program well, even while it waits for the end of its input."""
    with by_hand("--until-eof") as process:
        printed(process)
        process.send_signal(number)
        assert process.wait(5) == 0
        assert process.communicate() == ("", "")


def test_by_hand_options() -> None:
    """Port, lifetime, missing user and log are the deployment's."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = ("--until-eof", "--port", str(port), "--token-lifetime", "0", "--no-user", "-v")
    with by_hand(*options) as process:
        line = printed(process)
        assert line["url"] == f"http://127.0.0.1:{port}"
        assert get(line["url"], "users/first", line["token"]).status == 404
        assert get(line["url"], "users/me", line["token"]).json["detail"] == "API key expired."
        _, logged = process.communicate("", timeout=5)
    assert re.findall(r'"(.+)" (\d+)', logged) == [
        ("GET /api/v2/users/first HTTP/1.1", "404"),
        ("GET /api/v2/users/me HTTP/1.1", "401"),
    ]
    assert line["token"] not in logged


# The proxy


def opener(proxy: RecordingProxy, context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy.url, "https": proxy.url}),
        urllib.request.HTTPSHandler(context=context),
    )


@pytest.mark.parametrize(("method", "route", "status"), [("GET", "users/me", 200), ("POST", "users/me/keys", 201)])
def test_proxy_forwards_and_records(deployment: Deployment, method: str, route: str, status: int) -> None:
    """The proxy carries a call to loopback, whatever host it names, and shows what it saw."""
    url = f"http://dev.example.com:{port_of(deployment.url)}/api/v2/{route}?q=1"
    headers = {"Coder-Session-Token": deployment.issue_token(), "Proxy-Authorization": "Basic eDp5"}
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(url, data, headers, method=method)
    with RecordingProxy() as proxy, opener(proxy).open(request, timeout=5) as response:
        assert response.status == status
        assert response.headers.get_all("X-Coder-Build-Version") == ["v2.31.0+standin"]
        assert json.load(response)
    (seen,), (arrived,) = proxy.requests, deployment.requests
    assert (seen.method, seen.path, seen.body) == (method, url, data or b"")
    assert (arrived.method, arrived.path, arrived.body) == (method, f"/api/v2/{route}?q=1", data or b"")
    assert seen.token == arrived.token == headers["Coder-Session-Token"]
    assert (seen.headers["Proxy-Authorization"], arrived.headers["Proxy-Authorization"]) == ("Basic eDp5", None)
    assert arrived.headers["Host"] == f"dev.example.com:{port_of(deployment.url)}"


def test_proxy_passes_an_error_on(deployment: Deployment) -> None:
    """What the server refuses, the proxy repeats."""
    with RecordingProxy() as proxy, contextlib.closing(connect(proxy.url)) as connection:
        reply = ask(connection, "GET", f"{deployment.url}/api/v2/users/me")
        again = ask(connection, "GET", f"{deployment.url}/api/v2/users/first")
    assert (reply.status, reply.json["message"]) == (401, SIGNED_OUT)
    assert again.status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        pytest.param("GET", "http://127.0.0.1:{port}/", id="forward"),
        pytest.param("GET", "http://127.0.0.1:port/", id="forward to no port"),
        pytest.param("CONNECT", "127.0.0.1:{port}", id="tunnel"),
        pytest.param("CONNECT", "127.0.0.1", id="tunnel to no port"),
    ],
)
def test_proxy_without_server(method: str, target: str) -> None:
    """Where nothing answers, the proxy says 502."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with RecordingProxy() as proxy, contextlib.closing(connect(proxy.url)) as connection:
        assert ask(connection, method, target.format(port=port)).status == 502
    assert [request.path for request in proxy.requests] == [target.format(port=port)]


def test_proxy_tunnels(certificate: Certificate) -> None:
    """Through CONNECT the proxy sees the host and the port, and no token."""
    with Deployment(ssl_context=certificate.server, host="localhost") as deployment, RecordingProxy() as proxy:
        token = deployment.issue_token()
        request = urllib.request.Request(f"{deployment.url}/api/v2/users/me")
        request.add_header("Coder-Session-Token", token)
        with opener(proxy, certificate.client).open(request, timeout=5) as response:
            assert json.load(response) == deployment.user
    (seen,) = proxy.requests
    assert (seen.method, seen.path) == ("CONNECT", f"localhost:{port_of(deployment.url)}")
    assert seen.token is None
    assert token not in str(seen.headers)
    assert deployment.requests[0].token == token


@pytest.mark.parametrize("status", [403, 407])
def test_proxy_refuses_a_tunnel(deployment: Deployment, status: int) -> None:
    """A refused CONNECT is recorded, and goes nowhere."""
    with RecordingProxy(refusal=status) as proxy, contextlib.closing(connect(proxy.url)) as connection:
        assert ask(connection, "CONNECT", f"localhost:{port_of(deployment.url)}").status == status
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert deployment.requests == []


def test_open_tunnel_does_not_hang_stop(deployment: Deployment) -> None:
    """A proxy with an idle tunnel stops within a second, and closes it."""
    with contextlib.ExitStack() as clients:
        with RecordingProxy() as proxy:
            client = socket.create_connection(("127.0.0.1", port_of(proxy.url)), 5)
            clients.enter_context(client)
            client.sendall(f"CONNECT 127.0.0.1:{port_of(deployment.url)} HTTP/1.1\r\n\r\n".encode())
            answered = client.recv(1000)
            start = time.monotonic()
        assert time.monotonic() - start < 1
        assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answered.endswith(b"\r\n\r\n")
        assert client.recv(1) == b""
