"""Ctrl-C or a polite kill at any moment of a login or a logout."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import click
import pytest
from child import Child
from coder_login import session
from coder_login.commands import logout, output, prompt
from coder_login.deployment.api import Client
from coder_login.interrupts import TerminatedError
from coder_login.session import Session
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringStore, StoreUnavailableError
from coder_login.sessionstore import lock as lock_module
from deployment import Deployment
from file_steps import before_step, raising
from loopback import Answer, json_answer

from cli import OTHER, TOKEN, Machine, World, finished

pytest_plugins = ["cli_fixtures"]

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
EACH_STORE = pytest.mark.parametrize("world", ["file", "keyring"], indirect=True)


@pytest.mark.parametrize(
    ("words", "stop", "code"),
    [
        pytest.param(["login", "{url}", "--no-open"], KeyboardInterrupt(), 130, id="token-prompt"),
        pytest.param(["login", "{url}", "--no-open"], TerminatedError(15), 143, id="sigterm"),
        pytest.param(["login", "{other}", "--no-open"], KeyboardInterrupt(), 130, id="give-up"),
        pytest.param(["logout"], KeyboardInterrupt(), 130, id="logout"),
        pytest.param(["keyring", "reset"], KeyboardInterrupt(), 130, id="reset"),
    ],
)
def test_at_a_question(
    world: World, monkeypatch: pytest.MonkeyPatch, words: list[str], stop: BaseException, code: int
) -> None:
    """Nothing has changed, and no token has left."""
    url = world.deployment.url
    world.inside.machine.keep(url, world.deployment.issue_token())
    world.keyring.blobs[DEFAULT_SERVICE] = b"damaged"
    before = world.state
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda prompt: raising(stop)())
    monkeypatch.setattr(prompt, "read_hidden_line", lambda question: raising(stop)())
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    run = world.inside.run(*(word.format(url=url, other=url.replace("http:", "https:")) for word in words))
    assert (run.code, run.stdout) == (code, b"")
    assert run.stderr.splitlines()[-1] == f"error: {'Interrupted' if code == 130 else 'Terminated'}"
    assert world.state == before
    assert all(request.token is None for request in world.deployment.requests)


@POSIX_ONLY
@pytest.mark.parametrize(
    ("name", "method", "route"),
    [
        pytest.param("SIGINT", "GET", "users/first", id="ctrl-c-first"),
        pytest.param("SIGTERM", "GET", "users/me", id="sigterm-me"),
        pytest.param("SIGHUP", "GET", "users/me", id="hangup-me"),
        pytest.param("SIGTERM", "POST", "users/me/keys", id="sigterm-keys"),
    ],
)
def test_in_the_middle_of_a_request(
    machine: Machine, deployment: Deployment, name: str, method: str, route: str
) -> None:
    """As a process: what was stored is as before, and a key that may have been made is named."""
    number = signal.Signals[name]  # Windows has not all of them
    before = machine.keep(OTHER, TOKEN)
    token = deployment.issue_token()
    deployment.answer(method, route, replace(json_answer({"key": TOKEN}, 201), delay=30, after_effect=True))
    with machine.start("login", deployment.url, "--token", token) as process:
        wait_for(lambda: any(request.path.endswith(route) for request in deployment.requests))
        process.send_signal(number)
        run = finished(process)
    if route == "users/me/keys":
        assert run == (
            128 + number,
            b"",
            f"error: Interrupted; nothing was stored here, but {deployment.url} may have made a session key\n"
            f"Look for it, and revoke it, at {deployment.url}/settings/tokens\n",
        )
        assert len(deployment.valid_tokens()) == 2
    else:
        word = "Interrupted" if number == signal.SIGINT else "Terminated"
        assert run == (128 + number, b"", run.stderr)
        assert run.stderr.lstrip() == f"error: {word}\n"  # click ends the line after ^C
        assert deployment.valid_tokens() == {token}
    assert machine.files() == before


@POSIX_ONLY
def test_in_the_middle_of_a_revocation(machine: Machine, deployment: Deployment) -> None:
    """A logout that is interrupted has forgotten nothing: the next one counts an ended session as logged out."""
    before = machine.keep(deployment.url, deployment.issue_token())
    deployment.answer("POST", "users/logout", Answer(delay=30, after_effect=True))
    with machine.start("logout", "-y") as process:
        wait_for(lambda: bool(deployment.requests))
        process.send_signal(signal.SIGTERM)
        assert finished(process) == (
            143,
            b"",
            f"error: Interrupted: {deployment.url} may have revoked the session, and it is still stored in the file "
            f"{machine.directory / 'session'}\nFinish it with: coder logout --url {deployment.url}\n",
        )
    assert machine.files() == before
    assert machine.run("logout", "-y").code == 0
    assert machine.files() == {}


@POSIX_ONLY
def test_an_ignored_hangup_stays_ignored(machine: Machine, deployment: Deployment) -> None:
    """As `nohup` asks for."""
    hangup = signal.Signals["SIGHUP"]  # by its name: the type checker knows none on Windows
    deployment.answer("GET", "users/first", Answer(delay=30))
    before = signal.signal(hangup, signal.SIG_IGN)
    try:
        process = machine.start("login", deployment.url, "--token", TOKEN)
    finally:
        signal.signal(hangup, before)
    with process:
        wait_for(lambda: bool(deployment.requests))
        process.send_signal(hangup)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert finished(process).code == 143


@POSIX_ONLY
def test_a_parent_that_ignores_the_end_of_its_children(machine: Machine, deployment: Deployment) -> None:
    """A program inherits that; the failure of a header command is seen all the same, and nothing is sent."""
    child = signal.Signals["SIGCHLD"]
    before = signal.signal(child, signal.SIG_IGN)
    try:
        process = machine.start("login", deployment.url, "--token", TOKEN, "--header-command", "echo A=1; exit 3")
    finally:
        signal.signal(child, before)
    with process:
        run = finished(process)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: The header command failed with exit code 3\n")
    assert deployment.requests == []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_while_the_key_is_revoked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An impatient second Ctrl-C does not leave the key of a failed login behind."""
    token = world.deployment.issue_token()
    before = world.state
    revoke = Client.logout

    def interrupted(client: Client, key: str) -> None:
        signal.raise_signal(signal.SIGINT)
        revoke(client, key)

    monkeypatch.setattr(Client, "logout", interrupted)
    before_step(monkeypatch, "rename", "url", raising(StoreUnavailableError("the disk is gone")))
    run = world.log_in("--token", token)
    assert (run.code, run.stderr) == (1, "error: The disk is gone\n")
    assert world.state == before


@EACH_STORE
@pytest.mark.parametrize("minted", [True, False], ids=["key", "token"])
def test_right_after_the_commit(world: World, monkeypatch: pytest.MonkeyPatch, minted: bool) -> None:
    """What is stored is not revoked any more, and everything about it is said, warnings too."""
    token = world.deployment.issue_token()
    before = world.deployment.valid_tokens()
    world.inside.machine.keep(OTHER, TOKEN)
    signal_after(monkeypatch, Session, "keep")
    run = world.log_in("--token", token, *([] if minted else ["--use-token-as-session"]))
    assert (run.code, run.text.startswith(f"Logged in to {world.deployment.url} as alex.")) == (0, True)
    assert f"warning: The plaintext session of {OTHER} was " in run.stderr
    stored = (world.deployment.valid_tokens() - before).pop() if minted else token
    assert stored.encode() in world.stored


@POSIX_ONLY
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_while_an_error_is_told(machine: Machine, name: str) -> None:
    """A second Ctrl-C does not take the place of what is said, nor leave a traceback."""
    script = (
        "import signal, sys\n"
        "from coder_login import __main__ as program\n"
        "from coder_login.commands import output\n"
        "real = output.find_hint\n"
        f"def find_hint(*arguments):\n    signal.raise_signal(signal.{name})\n    return real(*arguments)\n"
        "output.find_hint = find_hint\n"
        "program.main(['login', 'token'])\n"
    )
    pipe = subprocess.PIPE
    with Child([sys.executable, "-c", script], env=machine.environment(), stdout=pipe, stderr=pipe) as process:
        run = finished(process)
    assert run == (1, b"", "error: No deployment is named\nGive --url URL, or log in with: coder login URL\n")


@EACH_STORE
def test_between_the_revocation_and_the_removal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the deployment has answered, the session is removed here too, and the logout says so."""
    token = world.deployment.issue_token()
    world.log_in(input=token)
    options = ["--use-keyring"] if world.store == "keyring" else []
    signal_after(monkeypatch, logout, "_revoke")
    run = world.inside.run("logout", "-y", *options)
    assert run == (0, f"Logged out of {world.deployment.url}.\n".encode(), "")
    assert token not in str(world.state)


@pytest.mark.parametrize(
    ("words", "owner", "done", "said"),
    [
        pytest.param(["migrate"], session, "migrate", "Moved the session for ", id="migrate"),
        pytest.param(["reset", "-y"], KeyringStore, "reset", "Discarded the credential ", id="reset"),
    ],
)
def test_right_after_a_change_of_the_keyring(
    world: World, monkeypatch: pytest.MonkeyPatch, words: list[str], owner: object, done: str, said: str
) -> None:
    """It is said, as after a login."""
    world.inside.machine.keep(OTHER, TOKEN)
    world.keyring.blobs[DEFAULT_SERVICE] = b"damaged" if done == "reset" else b""
    signal_after(monkeypatch, owner, done)
    run = world.inside.run("keyring", *words)
    assert (run.code, run.text.startswith(said), run.stderr) == (0, True, "")


@EACH_STORE
def test_while_a_commit_waits_for_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been done yet that could be cut in two: the login stops, and its new key is revoked."""
    token = world.deployment.issue_token()
    before = world.state
    busy_from(monkeypatch, Client, "mint_key")
    run = world.log_in("--token", token)
    assert (run.code, run.stdout, run.stderr.lstrip()) == (130, b"", "error: Interrupted\n")
    assert world.state == before


@EACH_STORE
def test_just_before_a_commit_waits_for_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes between two waits is not lost: it is heeded at the next one."""
    token = world.deployment.issue_token()
    before = world.state
    real = Client.mint_key

    def busy(descriptor: int) -> bool:
        press_ctrl_c()
        return False

    def mint_key(client: Client, given: str) -> str:
        key = real(client, given)
        monkeypatch.setattr(lock_module, "_try_lock", busy)
        return key

    monkeypatch.setattr(Client, "mint_key", mint_key)
    run = world.log_in("--token", token)
    assert (run.code, run.stdout, run.stderr.lstrip()) == (130, b"", "error: Interrupted\n")
    assert world.state == before


@EACH_STORE
def test_while_a_logout_waits_for_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops, and says what is done and what is left; the command that it names finishes it."""
    token = world.deployment.issue_token()
    world.log_in(input=token)
    options = ["--use-keyring"] if world.store == "keyring" else []
    place = (
        world.inside.machine.keyring().place if options else f"the file {world.inside.machine.directory / 'session'}"
    )
    with monkeypatch.context() as patch:
        busy_from(patch, Client, "logout")
        run = world.inside.run("logout", "-y", *options)
    url = world.deployment.url
    assert (run.code, run.stdout) == (130, b"")
    assert run.stderr == (
        f"error: Interrupted: the session of {url} was revoked, and is still stored in {place}\n"
        f"Finish it with: coder {' '.join(['logout', *options])} --url {url}\n"
    )
    assert world.inside.run("logout", "-y", *options, "--url", url).code == 0
    assert token not in str(world.state)


def press_ctrl_c(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)


def signal_after(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Let Ctrl-C be pressed right after a call of *owner*'s function *name*."""
    real = getattr(owner, name)

    def signalled(*arguments: object, **options: object) -> object:
        result = real(*arguments, **options)
        press_ctrl_c()
        return result

    monkeypatch.setattr(owner, name, signalled)


def busy_from(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Let every lock be taken after a call of *owner*'s function *name*, and Ctrl-C be pressed in the wait for it."""
    real = getattr(owner, name)

    def call(*arguments: object) -> object:
        result = real(*arguments)
        monkeypatch.setattr(lock_module, "_try_lock", lambda descriptor: False)
        monkeypatch.setattr("coder_login.sessionstore.lock.time.sleep", press_ctrl_c)
        return result

    monkeypatch.setattr(owner, name, call)
