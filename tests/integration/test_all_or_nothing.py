"""A login, a logout or a migration that fails or is interrupted anywhere leaves what was, or says what is left."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pytest
from coder_login.commands import output
from coder_login.deployment.api import Client
from coder_login.deployment.url import DeploymentURL
from coder_login.interrupts import TerminatedError
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringStore, StoreUnavailableError
from coder_login.sessionstore.directory import ConfigDirectory
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from deployment import Deployment
from loopback import Answer, error, json_answer
from memory_keyring import MemoryKeyring

import wincred
from cli import TOKEN, Inside, Machine, finished

pytest_plugins = ["cli_fixtures"]

OTHER = "https://other.example.com"
KEYRING_PLACE = f"the system's keyring ({DEFAULT_SERVICE})"
MINTED = (
    "nothing was stored here, but {url} may have made a session key\n"
    "Look for it, and revoke it, at {url}/settings/tokens\n"
)


@dataclass(slots=True)
class World:
    """Everything that a run could change."""

    inside: Inside
    deployment: Deployment
    keyring: MemoryKeyring
    store: str

    @property
    def state(self) -> tuple[dict[str, bytes], dict[str, bytes], set[str]]:
        return self.inside.machine.files(), dict(self.keyring.blobs), self.deployment.valid_tokens()

    @property
    def login(self) -> list[str]:
        return ["login", self.deployment.url, *(["--use-keyring"] if self.store == "keyring" else [])]


@pytest.fixture(params=["file", "keyring"])
def world(
    request: pytest.FixtureRequest, inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> World:
    """A session of another deployment in the files, and sessions of both in the keyring."""
    inside.machine.keep(OTHER, TOKEN)
    store = KeyringStore(lock_path=inside.machine.home / "lock")
    store.write(DeploymentURL.parse(OTHER), TOKEN)
    store.write(DeploymentURL.parse(deployment.url), deployment.issue_token())
    memory_keyring.calls.clear()
    return World(inside, deployment, memory_keyring, request.param)


class Failing:
    """Something to happen, once, at the *turn*-th rename, staging or removal of the file *name*."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str, name: str, happens: Callable[[], object]) -> None:
        real = getattr(ConfigDirectory, method)
        done: list[bool] = []

        def fail(config: ConfigDirectory, *arguments: str) -> object:
            if name in arguments and not done:
                done.append(True)
                happens()
            return real(config, *arguments)

        monkeypatch.setattr(ConfigDirectory, method, fail)


def raising(problem: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise problem

    return fail


DROP, TRUNCATED = Answer(drop=True), replace(json_answer({"key": "x" * 50}, 201), truncate=True)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error(500, "No.", ""), id="500"),
        pytest.param(error(403, "No.", ""), id="403"),
        pytest.param(DROP, id="dropped"),
        pytest.param(TRUNCATED, id="truncated"),
        pytest.param(Answer(body=b"<html>", build_version=False), id="web-page"),
    ],
)
@pytest.mark.parametrize("route", ["users/first", "users/me"])
def test_a_request_before_the_key_fails(world: World, route: str, answer: Answer) -> None:
    """Nothing has changed, here or there."""
    token = world.deployment.issue_token()
    before = world.state
    world.deployment.answer("GET", route, answer)
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert f"{world.deployment.url}" in run.stderr
    assert world.state == before


def test_the_making_of_the_key_is_refused(world: World) -> None:
    """A refusal says that there is no key: nothing has changed."""
    token = world.deployment.issue_token()
    before = world.state
    world.deployment.answer("POST", "users/me/keys", error(403, "Not you.", ""))
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {world.deployment.url} answered 403 Forbidden: Not you.")
    assert "may have made" not in run.stderr
    assert world.state == before


@pytest.mark.parametrize("made", [pytest.param(True, id="made"), pytest.param(False, id="not-made")])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(DROP, id="dropped"),
        pytest.param(TRUNCATED, id="truncated"),
        pytest.param(error(502, "No.", ""), id="502"),
        pytest.param(json_answer({}, 201), id="no-key"),
        pytest.param(json_answer({"key": "not a token"}, 201), id="no-token"),
    ],
)
def test_the_answer_about_the_key_is_lost(world: World, answer: Answer, made: bool) -> None:
    """Nobody here can know whether there is a key: the error says so, and where to look."""
    token = world.deployment.issue_token()
    files, blobs, sessions = world.state
    world.deployment.answer("POST", "users/me/keys", replace(answer, after_effect=made))
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith(MINTED.format(url=world.deployment.url))
    assert world.state[:2] == (files, blobs)
    assert len(world.state[2] - sessions) == made


INTERRUPTIONS = [
    pytest.param(StoreUnavailableError("the store is gone"), 1, "The store is gone", id="fails"),
    pytest.param(KeyboardInterrupt(), 130, "Interrupted", id="ctrl-c"),
    pytest.param(TerminatedError(15), 143, "Terminated", id="sigterm"),
]


@pytest.mark.parametrize(("problem", "code", "said"), INTERRUPTIONS)
@pytest.mark.parametrize(
    ("store", "call", "after"),
    [
        pytest.param("keyring", "get", 1, id="keyring-read"),
        pytest.param("keyring", "set", 0, id="keyring-write"),
        pytest.param("keyring", "get", 2, id="keyring-read-back"),
        pytest.param("keyring", "rename", "url", id="keyring-url"),
        pytest.param("keyring", "remove", "session", id="keyring-old-session"),
        pytest.param("keyring", "stage", ".url.new", id="keyring-url-staged"),
        pytest.param("file", "stage", ".url.new", id="url-staged"),
        pytest.param("file", "stage", ".session.new", id="session-staged"),
        pytest.param("file", "remove", "session", id="old-session"),
        pytest.param("file", "rename", "url", id="url"),
        pytest.param("file", "rename", "session", id="session"),
    ],
)
@pytest.mark.parametrize("mint", [pytest.param(True, id="minted"), pytest.param(False, id="given")])
def test_a_write_fails(
    inside: Inside,
    deployment: Deployment,
    memory_keyring: MemoryKeyring,
    monkeypatch: pytest.MonkeyPatch,
    store: str,
    call: str,
    after: int | str,
    mint: bool,
    problem: BaseException,
    code: int,
    said: str,
) -> None:
    """Store and url file are as before, and the key that was made is revoked."""
    inside.machine.keep(OTHER, TOKEN)
    KeyringStore(lock_path=inside.machine.home / "lock").write(DeploymentURL.parse(OTHER), TOKEN)
    memory_keyring.calls.clear()
    world = World(inside, deployment, memory_keyring, store)
    token = deployment.issue_token()
    before = world.state
    armed = arm(world, monkeypatch, call, after, problem)
    run = inside.run(*world.login, *(["--token", token] if mint else []), input=token)
    assert armed == ["happened"]
    assert (run.code, run.stdout) == (code, b"")
    assert run.stderr.lstrip().startswith(f"error: {said}")  # click ends the line after ^C
    assert world.state == before
    assert [request.path.rpartition("/")[2] for request in deployment.requests] == (
        ["first", "me", "keys", "logout"] if mint else ["first", "me"]
    )


def arm(
    world: World, monkeypatch: pytest.MonkeyPatch, call: str, after: int | str, problem: BaseException
) -> list[str]:
    """Let *problem* happen in the store once users/me is asked, so not in the checks before; what has happened."""
    happened: list[str] = []

    def happens() -> None:
        if not happened:
            happened.append("happened")
            raise problem

    answer = world.deployment.respond

    def arm_at_me(request: object) -> Answer:
        path = getattr(request, "path", "")
        if path.endswith("/users/me"):
            if isinstance(after, int):
                world.keyring.before(call, happens, after=after - (call == "get"))
            else:
                Failing(monkeypatch, call, after, happens)
        return answer(request)  # type: ignore[arg-type]  # it is what the server got

    monkeypatch.setattr(world.deployment._server, "respond", arm_at_me)
    return happened


@pytest.mark.parametrize("answer", [pytest.param(DROP, id="dropped"), pytest.param(error(500, "No.", ""), id="500")])
def test_the_key_can_not_be_revoked(world: World, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """The error says that it is left, and where to revoke it; here nothing has changed."""
    token = world.deployment.issue_token()
    files, blobs, sessions = world.state
    arm(world, monkeypatch, "rename", "url", StoreUnavailableError("the disk is gone"))
    world.deployment.answer("POST", "users/logout", answer)
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: The disk is gone; and the session key of this login could not be revoked: ")
    assert run.stderr.endswith(f"Look for it, and revoke it, at {world.deployment.url}/settings/tokens\n")
    assert world.state[:2] == (files, blobs)
    assert len(world.state[2] - sessions) == 1


def test_a_key_that_is_gone_already_needs_no_revocation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 401 to the revocation is as good as one."""
    token = world.deployment.issue_token()
    arm(world, monkeypatch, "rename", "url", StoreUnavailableError("the disk is gone"))
    world.deployment.answer("POST", "users/logout", error(401, "Gone.", ""))
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stderr) == (1, "error: The disk is gone\n")


def test_a_signal_while_the_key_is_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An impatient second Ctrl-C does not leave the key behind."""
    token = world.deployment.issue_token()
    before = world.deployment.valid_tokens()
    arm(world, monkeypatch, "rename", "url", StoreUnavailableError("the disk is gone"))
    revoke = Client.logout

    def interrupted(client: Client, key: str) -> None:
        signal.raise_signal(signal.SIGINT)
        revoke(client, key)

    monkeypatch.setattr(Client, "logout", interrupted)
    run = world.inside.run(*world.login, "--token", token)
    assert (run.code, run.stderr) == (1, "error: The disk is gone\n")
    assert world.deployment.valid_tokens() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_within_the_commit_waits(
    world: World, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The two short writes are done as a whole: the login succeeds."""
    token = world.deployment.issue_token()
    handler = signal.signal(signal.SIGTERM, raising(TerminatedError(15)))  # type: ignore[arg-type]  # never called
    try:
        Failing(monkeypatch, "rename", "url", lambda: signal.raise_signal(number))
        run = world.inside.run(*world.login, input=token)
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert run.code == 0
    assert world.inside.machine.files()["url"].decode() == world.deployment.url
    where = (
        world.keyring.blobs[DEFAULT_SERVICE] if world.store == "keyring" else world.inside.machine.files()["session"]
    )
    assert token.encode() in where


def test_a_signal_right_after_the_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new key is stored, with or without a last word about it: then it is not revoked any more."""
    depth = 0

    @contextlib.contextmanager
    def interrupted_once_over() -> Iterator[None]:
        nonlocal depth
        depth += 1
        yield
        depth -= 1
        if depth == 0:
            raise KeyboardInterrupt

    token = world.deployment.issue_token()
    before = world.deployment.valid_tokens()
    monkeypatch.setattr("coder_login.login.ignore_signals", interrupted_once_over)
    monkeypatch.setattr("coder_login.session.ignore_signals", interrupted_once_over)
    assert world.inside.run(*world.login, "--token", token).code == 130
    (key,) = world.deployment.valid_tokens() - before
    where = (
        world.keyring.blobs[DEFAULT_SERVICE] if world.store == "keyring" else world.inside.machine.files()["session"]
    )
    assert key.encode() in where


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        pytest.param(["login", "{url}", "--no-open"], "hidden", id="token-prompt"),
        pytest.param(["login", "{conflict}", "--no-open"], "visible", id="replace-confirmation"),
        pytest.param(["logout"], "visible", id="logout-confirmation"),
        pytest.param(["keyring", "reset"], "visible", id="reset-confirmation"),
    ],
)
@pytest.mark.parametrize(
    ("stop", "code"),
    [pytest.param(KeyboardInterrupt, 130, id="ctrl-c"), pytest.param(TerminatedError, 143, id="sigterm")],
)
def test_an_interruption_at_a_question(
    inside: Inside,
    deployment: Deployment,
    memory_keyring: MemoryKeyring,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    asked: str,
    stop: type[BaseException],
    code: int,
) -> None:
    """Nothing has changed, and no token has left."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    memory_keyring.blobs[DEFAULT_SERVICE] = b"damaged"
    world = World(inside, deployment, memory_keyring, "file")
    before = world.state
    questions: list[str] = []

    def interrupted(prompt: str = "") -> str:
        questions.append(prompt)
        raise stop() if stop is KeyboardInterrupt else stop(15)

    monkeypatch.setattr(click.termui, f"{asked}_prompt_func", interrupted)
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    conflict = deployment.url.replace("http:", "https:")
    run = inside.run(*(word.format(url=deployment.url, conflict=conflict) for word in arguments))
    assert len(questions) == 1
    assert (run.code, run.stdout) == (code, b"")
    assert run.stderr.splitlines()[-1].startswith(("error: Interrupted", "error: Terminated"))
    assert world.state == before
    assert all(request.token is None for request in deployment.requests)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize(
    ("method", "route"),
    [
        pytest.param("GET", "users/first", id="first"),
        pytest.param("GET", "users/me", id="me"),
        pytest.param("POST", "users/me/keys", id="keys"),
    ],
)
def test_a_signal_in_the_middle_of_a_request(
    machine: Machine, deployment: Deployment, method: str, route: str, name: str
) -> None:
    """As a process: what was stored is as before, and a key that may have been made is named."""
    number = signal.Signals[name]  # Windows has not all of them
    before = machine.keep(OTHER, TOKEN)
    token = deployment.issue_token()
    planned = json_answer({"key": TOKEN}, 201)
    deployment.answer(method, route, replace(planned, delay=30, after_effect=True))
    with machine.start("login", deployment.url, "--token", token) as process:
        wait_for(lambda: any(request.path.endswith(route) for request in deployment.requests))
        process.send_signal(number)
        run = finished(process)
    assert run.stdout == b""
    if route == "users/me/keys":
        assert run.code == 1
        assert run.stderr == "error: Interrupted; " + MINTED.format(url=deployment.url)
        assert len(deployment.valid_tokens()) == 2
    else:
        word = "Interrupted" if number == signal.SIGINT else "Terminated"
        assert (run.code, run.stderr.lstrip()) == (128 + number, f"error: {word}\n")
        assert deployment.valid_tokens() == {token}
    assert machine.files() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_a_signal_in_the_middle_of_a_revocation(machine: Machine, deployment: Deployment) -> None:
    """A logout that is interrupted has forgotten nothing: the next one counts an ended session as logged out."""
    before = machine.keep(deployment.url, deployment.issue_token())
    deployment.answer("POST", "users/logout", Answer(delay=30, after_effect=True))
    with machine.start("logout", "-y") as process:
        wait_for(lambda: bool(deployment.requests))
        process.send_signal(signal.SIGTERM)
        run = finished(process)
    assert (run.code, run.stdout, run.stderr) == (143, b"", "error: Terminated\n")
    assert machine.files() == before
    assert machine.run("logout", "-y").code == 0
    assert machine.files() == {}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass(slots=True)
class Migration:
    """A session in the files, to be moved."""

    inside: Inside
    keyring: MemoryKeyring
    before: dict[str, bytes]

    def run(self, *options: str) -> tuple[int, str, str]:
        run = self.inside.run("keyring", "migrate", *options)
        return run.code, run.text, run.stderr

    @property
    def place(self) -> str:
        return f"the file {self.inside.machine.directory / 'session'}"

    @property
    def places(self) -> tuple[bool, bool]:
        """Whether the token is in the file, and in the keyring."""
        blob = self.keyring.blobs.get(DEFAULT_SERVICE, b"")
        return self.inside.machine.files().get("session") == TOKEN.encode(), TOKEN.encode() in blob


@pytest.fixture
def migration(inside: Inside, memory_keyring: MemoryKeyring) -> Migration:
    return Migration(inside, memory_keyring, inside.machine.keep(OTHER, TOKEN))


def test_a_migration(migration: Migration) -> None:
    """The token is in the keyring alone; the url file goes on naming the deployment."""
    said = f"Moved the session for {OTHER} from {migration.place} into {KEYRING_PLACE}.\n"
    assert migration.run() == (0, said, "")
    assert migration.places == (False, True)
    assert migration.inside.machine.files() == {"url": OTHER.encode()}
    assert migration.inside.run("login", "token", "--use-keyring").text == f"{TOKEN}\n"


PROBLEMS = [
    pytest.param(StoreUnavailableError("it is gone"), "it is gone\nRun this again.\n", id="fails"),
    pytest.param(KeyboardInterrupt(), "interrupted\nRun this again.\n", id="ctrl-c"),
    pytest.param(TerminatedError(15), "interrupted\nRun this again.\n", id="sigterm"),
]


@pytest.mark.parametrize(("problem", "said"), PROBLEMS)
@pytest.mark.parametrize(
    ("call", "after"), [pytest.param("set", 0, id="write"), pytest.param("get", 4, id="read-back")]
)
def test_a_migration_whose_write_fails(
    migration: Migration, call: str, after: int, problem: BaseException, said: str
) -> None:
    """The token is in the file, and the message says so."""
    migration.keyring.before(call, raising(problem), after=after - (call == "get"))
    assert migration.run() == (1, "", f"error: The session is still in {migration.place}: {said}")
    assert migration.inside.machine.files() == migration.before
    assert migration.places == (True, False)


def test_a_migration_whose_writes_get_lost(migration: Migration) -> None:
    """What is not there when it is read back was not moved."""
    migration.keyring.lost_writes = 100
    code, stdout, stderr = migration.run()
    assert (code, stdout) == (1, "")
    assert stderr.startswith(f"error: The session is still in {migration.place}: the keyring did not keep")
    assert migration.places == (True, False)


@pytest.mark.parametrize(("problem", "said"), PROBLEMS)
def test_a_migration_whose_removal_fails(
    migration: Migration, monkeypatch: pytest.MonkeyPatch, problem: BaseException, said: str
) -> None:
    """The token is in both places, the message says so, and the next run ends it."""
    Failing(monkeypatch, "remove", "session", raising(problem))
    assert migration.run() == (
        1,
        "",
        f"error: The session is in {KEYRING_PLACE}, and still in {migration.place} too: {said}",
    )
    assert migration.places == (True, True)
    assert migration.run()[0] == 0
    assert migration.places == (False, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_signal_within_a_migration_waits(migration: Migration, number: signal.Signals) -> None:
    """The move is short, and done as a whole."""
    migration.keyring.before("set", lambda: signal.raise_signal(number))
    assert migration.run()[0] == 0
    assert migration.places == (False, True)


def test_a_migration_onto_another_session(migration: Migration) -> None:
    """The keyring's own session is given up only with --replace."""
    other = TOKEN[::-1].replace("-", "x")
    KeyringStore(lock_path=migration.inside.machine.home / "lock").write(DeploymentURL.parse(OTHER), other)
    assert migration.run() == (
        1,
        "",
        f"error: The keyring already has another session for {OTHER}\n"
        "Give up that one with --replace, or the file's with: coder logout --use-keyring=false\n",
    )
    assert migration.inside.machine.files() == migration.before
    assert other.encode() in migration.keyring.blobs[DEFAULT_SERVICE]
    assert migration.run("--replace")[0] == 0
    assert migration.places == (False, True)


def test_a_migration_without_a_session(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """There is nothing to move."""
    run = inside.run("keyring", "migrate")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith("no url file names a deployment\nLog in with: coder login URL\n")
    assert memory_keyring.blobs == {}


def test_a_leftover_session_of_the_same_deployment(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It stays, and is pointed out with the command that removes it."""
    before = inside.machine.keep(deployment.url, deployment.issue_token())
    run = inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token())
    assert run.code == 0
    assert run.stderr == (
        "warning: A plaintext session of the same deployment is left in the file "
        f"{inside.machine.directory / 'session'}\n"
        "Revoke and remove it with: coder logout --use-keyring=false\n"
        "Set CODER_USE_KEYRING=true to make every command use the keyring.\n"
    )
    assert inside.machine.files() == before


def test_a_leftover_session_of_another_deployment(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It would pass for the new deployment's: it is removed, and that is said."""
    inside.machine.keep(OTHER, TOKEN)
    env = {"CODER_USE_KEYRING": "true"}
    run = inside.run("login", deployment.url, env=env, input=deployment.issue_token())
    assert run.code == 0
    assert run.stderr == (
        f"warning: The plaintext session of {OTHER} was removed, because the url file now names {deployment.url}\n"
        f"It was not revoked: {OTHER} still accepts it until it expires or is revoked there.\n"
    )
    assert inside.machine.files() == {"url": deployment.url.encode()}


@pytest.mark.parametrize(
    ("url", "kept"), [pytest.param("{url}", False, id="its-own"), pytest.param(OTHER, True, id="another-deployments")]
)
def test_the_url_file_goes_with_its_own_deployment_only(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring, url: str, kept: bool
) -> None:
    """A keyring logout removes it when it names that deployment, and leaves it otherwise."""
    assert inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token()).code == 0
    file = inside.machine.directory / "url"
    file.write_text(url.format(url=deployment.url))
    assert inside.run("logout", "-y", "--use-keyring", "--url", deployment.url).code == 0
    assert file.exists() is kept
    assert memory_keyring.blobs == {}


def test_a_keyring_logout_points_out_a_plaintext_session(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It is another session, and stays with its url file."""
    before = inside.machine.keep(deployment.url, deployment.issue_token())
    assert inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token()).code == 0
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.text) == (0, f"Logged out of {deployment.url}.\n")
    assert run.stderr.startswith(f"warning: A plaintext session of {deployment.url} is left in the file ")
    assert inside.machine.files() == before


@pytest.mark.parametrize("arguments", [["login", "token"], ["whoami"], ["logout", "-y"]], ids=" ".join)
def test_a_stored_text_that_is_no_token(inside: Inside, deployment: Deployment, arguments: list[str]) -> None:
    """Nobody was about to paste one: the error names the two ways out, and the second one works."""
    url = deployment.url
    inside.machine.keep(url, TOKEN)
    (inside.machine.directory / "session").write_text("no token")
    run = inside.run(*arguments)
    assert run.code == 1
    assert run.stderr.endswith(
        f"\nLog in again with: coder login {url}\nOr forget it with: coder logout --local-only\n"
    )
    assert inside.run("logout", "--local-only", "-y").code == 0
    assert inside.machine.files() == {}


def test_a_keyring_logout_beside_broken_files(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """They are pointed out; that the session is gone here, and not revoked, is said all the same."""
    url = deployment.url
    assert inside.run("login", url, "--use-keyring", input=deployment.issue_token()).code == 0
    (inside.machine.directory / "session").mkdir()
    deployment.answer("POST", "users/logout", error(503, "Not ready.", ""))
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.stdout, memory_keyring.blobs) == (1, b"", {})
    assert "warning: " in run.stderr
    assert "session is not a file" in run.stderr
    assert "error: The session was forgotten here, but not revoked: " in run.stderr


@pytest.mark.parametrize("option", [[], ["--local-only"]], ids=["revoked", "local-only"])
def test_a_file_logout_leaves_the_url_to_the_keyring(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring, option: list[str]
) -> None:
    """The command that a keyring login gives for a leftover session must not take the new one's name away."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    assert inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token()).code == 0
    assert inside.run("logout", "-y", "--use-keyring=false", *option).code == 0
    assert inside.machine.files() == {"url": deployment.url.encode()}
    assert inside.run("whoami", "--use-keyring").text == f"alex at {deployment.url}\n"


@pytest.mark.parametrize("arguments", [["login", "token"], ["whoami"], ["logout", "-y"]], ids=" ".join)
def test_a_token_in_the_other_store(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring, arguments: list[str]
) -> None:
    """The error names the option that finds it, either way; nothing is used without being asked for."""
    url = deployment.url
    before = inside.machine.keep(url, TOKEN)
    run = inside.run(*arguments, "--use-keyring", "--url", url)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        f"error: No session for {url} in the keyring\nThere is one in the other store: add --use-keyring=false\n"
    )
    assert inside.machine.files() == before
    KeyringStore(lock_path=inside.machine.home / "lock").write(DeploymentURL.parse(OTHER), TOKEN)
    (inside.machine.directory / "session").unlink()
    run = inside.run(*arguments, "--url", OTHER)
    assert run.code == 1
    assert run.stderr.endswith("There is one in the other store: add --use-keyring\n")
    assert deployment.requests == []


def test_the_variable_that_would_override_the_login(inside: Inside, deployment: Deployment) -> None:
    """CODER_SESSION_TOKEN without a flag is an error that explains itself."""
    run = inside.run("login", deployment.url, env={"CODER_SESSION_TOKEN": TOKEN}, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        "error: CODER_SESSION_TOKEN is set, and would override whatever this login stores\n"
        "Unset it, or store that token itself with --use-token-as-session\n"
    )
    assert deployment.requests == []


def test_a_network_logon(inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows error 1312, as over SSH: what works there instead, before any request."""

    def no_logon_session(*_: object, **__: object) -> object:
        raise wincred.NoLogonSessionError("no", 1312)

    monkeypatch.setattr("coder_login.sessionstore.keyring_store.system_keyring", WindowsCredentialManager)
    monkeypatch.setattr(wincred, "max_persist", no_logon_session)
    monkeypatch.setattr(wincred, "read", no_logon_session)
    run = inside.run("login", deployment.url, "--use-keyring", input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        "error: This logon session has no Windows Credential Manager (Windows error 1312): a network logon, as over "
        "SSH\nRun this in a desktop session or a scheduled task. Leave out --use-keyring (or set "
        "CODER_USE_KEYRING=false) to keep the token in a file.\n"
    )
    assert deployment.requests == []


def test_a_full_keyring(inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring) -> None:
    """Found before the person is asked and before any request; the error names what could go."""
    KeyringStore(lock_path=inside.machine.home / "lock").write(DeploymentURL.parse(OTHER), TOKEN)
    memory_keyring.max_size = 200
    run = inside.run("login", deployment.url, "--use-keyring", input=deployment.issue_token())
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: The keyring has no room for another session: ")
    assert run.stderr.endswith(f"Log out of a deployment that is no longer needed: {OTHER}\n")
    assert deployment.requests == []


@pytest.mark.parametrize("option", [[], ["--use-keyring"]], ids=["file", "keyring"])
def test_a_directory_that_can_not_be_written(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring, tmp_path: Path, option: list[str]
) -> None:
    """Found before any request, too; with the keyring as well, for `url` is written there."""
    (tmp_path / ".url.new").mkdir()  # in the way, even of root
    run = inside.run("login", deployment.url, "--global-config", str(tmp_path), *option, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: ")
    assert deployment.requests == []


def test_a_damaged_credential_stops_a_login_at_once(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It is never overwritten, and the way out is named."""
    memory_keyring.blobs[DEFAULT_SERVICE] = b"{"
    run = inside.run("login", deployment.url, "--use-keyring", input=TOKEN)
    assert run.code == 1
    assert run.stderr.endswith("discard it with: coder keyring reset\n")
    assert memory_keyring.blobs[DEFAULT_SERVICE] == b"{"
    assert deployment.requests == []
