"""A login is all or nothing: one that fails anywhere leaves what was, or says what is left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from coder_login.commands import output, prompt
from coder_login.deployment.api import Client, User
from coder_login.sessionstore import DEFAULT_SERVICE, StoreLockedError, StoreUnavailableError
from deployment import Deployment
from file_steps import before_step, put_link, raising
from loopback import Answer, error, json_answer
from memory_keyring import MemoryKeyring

from cli import OTHER, TOKEN, Inside, World

pytest_plugins = ["cli_fixtures"]

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right on Windows")
LINK_HINT = "Put a file in its place: a link can lead a token astray.\n"


def test_ctrl_v_at_a_console_that_pastes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older console of Windows hands the key on: it is named, with the ways to paste."""
    token = world.deployment.issue_token()
    lines = ["\x16", f"\x16{token}"]
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setattr(prompt, "read_hidden_line", lambda question: lines.pop(0))
    run = world.log_in("--no-open")
    assert run.code == 0
    assert "That was Ctrl-V itself: this console pastes nothing for it here" in run.stderr
    assert "Paste with a right click, Shift-Insert or Ctrl-Shift-V, or press Ctrl-C to stop." in " ".join(
        run.stderr.split()
    )
    assert token.encode() in world.stored


DROP, TRUNCATED = Answer(drop=True), replace(json_answer({"key": "x" * 50}, 201), truncate=True)
GONE = StoreUnavailableError("the disk is gone")


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        pytest.param("GET users/first", error(500, "No.", ""), id="first-500"),
        pytest.param("GET users/first", DROP, id="first-dropped"),
        pytest.param("GET users/first", Answer(body=b"<html>", build_version=False), id="web-page"),
        pytest.param("GET users/me", error(403, "No.", ""), id="me-403"),
        pytest.param("GET users/me", DROP, id="me-dropped"),
        pytest.param("POST users/me/keys", error(403, "No.", ""), id="key-403"),
    ],
)
def test_there_is_no_key_yet(world: World, call: str, answer: Answer) -> None:
    """A request before it fails, or it is refused: nothing has changed, here or there."""
    token, (method, route) = world.deployment.issue_token(), call.split()
    before = world.state
    world.deployment.answer(method, route, answer)
    run = world.log_in("--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {world.deployment.url}")
    assert "may have made" not in run.stderr
    assert world.state == before


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(DROP, id="dropped"),
        pytest.param(TRUNCATED, id="truncated"),
        pytest.param(error(500, "No.", ""), id="500"),
        pytest.param(json_answer({}, 201), id="no-key"),
        pytest.param(json_answer({"key": "not a token"}, 201), id="no-token"),
    ],
)
def test_the_answer_about_the_key_is_lost(world: World, answer: Answer) -> None:
    """Nobody here can know whether there is a key: the error says so, and where to look."""
    token, url = world.deployment.issue_token(), world.deployment.url
    files, blobs, sessions = world.state
    world.deployment.answer("POST", "users/me/keys", replace(answer, after_effect=True))
    run = world.log_in("--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith(
        f"nothing was stored here, but {url} may have made a session key\n"
        f"Look for it, and revoke it, at {url}/settings/tokens\n"
    )
    assert world.state[:2] == (files, blobs)
    assert len(world.state[2] - sessions) == 1


def fail_in_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, at: int | str, problem: BaseException
) -> None:
    """Let *problem* happen in the store once users/me was asked, so not in the checks before."""
    real = Client.identify

    def identify(client: Client, token: str) -> User:
        if isinstance(at, int):
            world.keyring.before(call, raising(problem), after=at)
        else:
            before_step(monkeypatch, call, at, raising(problem))
        return real(client, token)

    monkeypatch.setattr(Client, "identify", identify)


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        pytest.param(GONE, 1, "error: The disk is gone\n", id="fails"),
        pytest.param(KeyboardInterrupt(), 130, "\nerror: Interrupted\n", id="ctrl-c"),
    ],
)
@pytest.mark.parametrize(
    ("world", "call", "at"),
    [
        pytest.param("keyring", "get", 0, id="keyring-read"),
        pytest.param("keyring", "set", 0, id="keyring-write"),
        pytest.param("keyring", "get", 1, id="keyring-read-back"),
        pytest.param("keyring", "rename", "url", id="keyring-url"),
        pytest.param("keyring", "remove", "session", id="keyring-old-session"),
        pytest.param("file", "stage", ".session.new", id="session-staged"),
        pytest.param("file", "remove", "session", id="old-session"),
        pytest.param("file", "rename", "url", id="url"),
        pytest.param("file", "rename", "session", id="session"),
    ],
    indirect=["world"],
)
def test_a_write_fails(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    at: int | str,
    problem: BaseException,
    code: int,
    said: str,
) -> None:
    """Store and url file are as before, and the key that was made is revoked."""
    token = world.deployment.issue_token()
    before = world.state
    fail_in_commit(world, monkeypatch, call, at, problem)
    assert world.log_in("--token", token) == (code, b"", said)
    assert world.state == before
    calls = [request.path.rpartition("/")[2] for request in world.deployment.requests]
    assert calls == ["first", "me", "keys", "logout"]


def test_a_token_that_was_given_is_not_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was good before this login, and is none of its making."""
    token = world.deployment.issue_token()
    before = world.state
    fail_in_commit(world, monkeypatch, "rename", "url", GONE)
    run = world.log_in(input=token)
    assert (run.code, run.stderr) == (1, "error: The disk is gone\n")
    assert world.state == before


@pytest.mark.parametrize(
    ("status", "rest"),
    [
        pytest.param(401, "\nTry again, or end the coder process that hangs.\n", id="gone-already"),
        pytest.param(
            403,
            "; and the session key of this login could not be revoked: {0} answered 403 Forbidden: No. Really.\n"
            "Look for it, and revoke it, at {0}/settings/tokens\nTry again, or end the coder process that hangs.\n",
            id="left",
        ),
    ],
)
def test_the_key_can_not_be_revoked(world: World, monkeypatch: pytest.MonkeyPatch, status: int, rest: str) -> None:
    """The error says where to do that, unless the deployment knows no such key; here nothing has changed."""
    token = world.deployment.issue_token()
    before = world.state
    fail_in_commit(world, monkeypatch, "rename", "url", StoreLockedError("the store is locked"))
    world.deployment.answer("POST", "users/logout", error(status, "No.", "Really."))
    run = world.log_in("--token", token)
    assert run == (1, b"", f"error: The store is locked{rest.format(world.deployment.url)}")
    assert world.state[:2] == before[:2]


def block(world: World, name: str) -> None:
    """Put a directory in the way of the file *name*: it stops root, too."""
    (world.inside.machine.directory / name).mkdir()


def link(world: World, name: str) -> None:
    put_link(world.inside.machine.directory / name)


@pytest.mark.parametrize(
    ("world", "spoil", "said"),
    [
        pytest.param(
            "keyring",
            lambda world: setattr(world.keyring, "max_size", 200),
            f"Log out of a deployment that is no longer needed: {OTHER}\n",
            id="full-keyring",
        ),
        pytest.param(
            "keyring",
            lambda world: world.keyring.blobs.update({DEFAULT_SERVICE: b"{"}),
            "discard it with: coder keyring reset\n",
            id="damaged-credential",
        ),
        pytest.param("keyring", lambda world: block(world, ".url.new"), ".url.new by hand.\n", id="url"),
        pytest.param("file", lambda world: block(world, ".session.new"), ".session.new by hand.\n", id="session"),
        pytest.param("file", lambda world: link(world, "session"), LINK_HINT, id="session-link", marks=LINKS),
        pytest.param("file", lambda world: link(world, "url"), LINK_HINT, id="url-link", marks=LINKS),
    ],
    indirect=["world"],
)
def test_what_can_not_be_stored_is_found_before_any_request(
    world: World, spoil: Callable[[World], object], said: str
) -> None:
    """And before the person is asked; the way out is named, and damage is not overwritten."""
    spoil(world)
    before = dict(world.keyring.blobs)
    run = world.log_in(input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith(said)
    assert world.keyring.blobs == before
    assert world.deployment.requests == []


def test_the_variable_that_would_override_the_login(inside: Inside, deployment: Deployment) -> None:
    """CODER_SESSION_TOKEN without a flag is an error that explains itself."""
    run = inside.run("login", deployment.url, env={"CODER_SESSION_TOKEN": TOKEN}, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        "error: CODER_SESSION_TOKEN is set, and would override whatever this login stores\n"
        "Unset it, or store that token itself with --use-token-as-session\n"
    )
    assert deployment.requests == []


@pytest.mark.parametrize(
    ("world", "is_minted"), [("file", False), ("keyring", True)], indirect=["world"], ids=["given", "minted"]
)
def test_a_session_of_the_other_scheme_is_given_up_with_replace(world: World, is_minted: bool) -> None:
    """Where nobody can be asked, a login without that option is an error, before any request."""
    other = world.deployment.url.replace("http:", "https:")
    world.inside.machine.keep(other, TOKEN)
    world.inside.machine.keyring().write(other, TOKEN, replace=True)
    before, token = world.state, world.deployment.issue_token()
    words = ["--token", token] if is_minted else []
    run = world.log_in(*words, input=token)
    assert run.code == 1
    assert run.stderr.startswith(f"error: The stored session is for {other}, not for {world.deployment.url}\n")
    assert (world.state[:2], world.deployment.requests) == (before[:2], [])
    assert world.log_in("--replace", *words, input=token).code == 0
    assert any(valid.encode() in world.stored for valid in world.deployment.valid_tokens())


@pytest.mark.parametrize(
    ("world", "verb"), [("keyring", "removed"), ("file", "replaced")], indirect=["world"], ids=["keyring", "file"]
)
def test_a_plaintext_session_of_another_deployment(world: World, verb: str) -> None:
    """It would pass for the new deployment's: it goes, and that is said."""
    url, token = world.deployment.url, world.deployment.issue_token()
    run = world.log_in(input=token)
    assert run.code == 0
    assert run.stderr.startswith(
        f"warning: The plaintext session of {OTHER} was {verb}, because the url file now names {url}\n"
        f"It was not revoked: {OTHER} still accepts it until it expires or is revoked there.\n"
    )
    files = world.inside.machine.files()
    assert files == {"url": url.encode()} | ({"session": token.encode()} if world.store == "file" else {})
    assert token.encode() in world.stored


def test_a_plaintext_session_of_the_same_deployment(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It stays, and is pointed out with the command that removes it."""
    before = inside.machine.keep(deployment.url, deployment.issue_token())
    run = inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token())
    leftover = (
        "warning: A plaintext session of the same deployment is left in the file "
        f"{inside.machine.directory / 'session'}\nRevoke and remove it with: "
        f"coder logout --use-keyring=false --url {deployment.url}\n"
    )
    note = "Set CODER_USE_KEYRING=true to make every command use the keyring.\n"
    assert (run.code, run.stderr) == (0, leftover + note)
    assert inside.machine.files() == before
    env = {"CODER_USE_KEYRING": "true"}
    assert inside.run("login", deployment.url, env=env, input=deployment.issue_token()).stderr == leftover
