"""A logout, and what else of the session there is: beside it, in the other store, or in a damaged form."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from coder_login.deployment.api import Client
from coder_login.sessionstore import FileError, FileStore
from coder_login.sessionstore.file_errors import Action
from deployment import Deployment
from file_steps import before_step, put_link, raising
from loopback import Answer, error, json_answer
from memory_keyring import MemoryKeyring

from cli import OTHER, TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right on Windows")


@pytest.fixture(autouse=True)
def _both(inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring) -> None:
    """A session of the deployment in each store."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    inside.machine.keyring().write(deployment.url, deployment.issue_token())


def test_a_keyring_logout_points_out_a_plaintext_session(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """It is another session, and stays with its url file."""
    before = inside.machine.files()
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.text, memory_keyring.blobs) == (0, f"Logged out of {deployment.url}.\n", {})
    assert run.stderr == (
        f"warning: A plaintext session of {deployment.url} is left in the file {inside.machine.directory / 'session'}\n"
        f"Revoke and remove it with: coder logout --use-keyring=false --url {deployment.url}\n"
    )
    assert inside.machine.files() == before


def test_a_file_logout_leaves_the_url_to_the_keyring(inside: Inside, deployment: Deployment) -> None:
    """The command that a keyring login gives for a leftover session must not take the new one's name away."""
    assert inside.run("logout", "-y", "--use-keyring=false").code == 0
    assert inside.machine.files() == {"url": deployment.url.encode()}
    assert inside.run("whoami", "--use-keyring").text == f"alex at {deployment.url}\n"


def test_a_keyring_logout_beside_broken_files(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """They are pointed out; that the session is gone here, and perhaps not there, is said all the same."""
    (inside.machine.directory / "session").unlink()
    (inside.machine.directory / "session").mkdir()
    deployment.answer("POST", "users/logout", error(503, "Not ready.", ""))
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.stdout, memory_keyring.blobs) == (1, b"", {})
    assert "warning: " in run.stderr
    assert "session is not a file" in run.stderr
    assert "error: The session was forgotten here, but perhaps not revoked: " in run.stderr


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        pytest.param(error(403, "No.", ""), "not revoked", id="refused"),
        pytest.param(replace(error(502, "No.", ""), after_effect=True), "perhaps not revoked", id="in-front"),
        pytest.param(Answer(drop=True, after_effect=True), "perhaps not revoked", id="dropped"),
        pytest.param(json_answer("no object"), "perhaps not revoked", id="not-understood"),
    ],
)
def test_what_is_known_of_the_revocation(inside: Inside, deployment: Deployment, answer: Answer, fact: str) -> None:
    """That there is none is said only where the deployment says it: a lost answer denies nothing."""
    deployment.answer("POST", "users/logout", answer)
    run = inside.run("logout", "-y")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: The session was forgotten here, but {fact}: ")


def test_a_stored_text_that_is_no_token(inside: Inside, deployment: Deployment) -> None:
    """The error names the two ways out, and the second one works."""
    (inside.machine.directory / "session").write_text("no token")
    run = inside.run("logout", "-y")
    assert run.code == 1
    assert run.stderr.endswith(
        f"\nLog in again with: coder login {deployment.url}\n"
        f"Or forget it with: coder logout --local-only --url {deployment.url}\n"
    )
    assert inside.run("logout", "--local-only", "-y").code == 0
    assert "session" not in inside.machine.files()


@pytest.mark.parametrize("words", [["login", "token"], ["whoami"], ["logout", "-y"]], ids=" ".join)
def test_a_session_in_the_other_store(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring, words: list[str]
) -> None:
    """The error names the option that finds it, either way; nothing is used without being asked for."""
    memory_keyring.blobs.clear()
    before = inside.machine.files()
    run = inside.run(*words, "--use-keyring")
    assert (run.code, run.stdout, run.stderr) == (
        1,
        b"",
        f"error: No session for {deployment.url} in the keyring\n"
        "There is one in the other store: add --use-keyring=false\n",
    )
    assert (inside.machine.files(), memory_keyring.blobs) == (before, {})
    inside.machine.keyring().write(OTHER, TOKEN)
    (inside.machine.directory / "session").unlink()
    run = inside.run(*words, "--url", OTHER)
    assert run.code == 1
    assert run.stderr.endswith("\nThere is one in the other store: add --use-keyring\n")
    assert deployment.requests == []


# What is left, and what was stored meanwhile.


def during_the_revocation(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Run *action* once the deployment has revoked the session, before it is removed here."""
    real = Client.logout

    def logout(client: Client, token: str) -> None:
        real(client, token)
        action()

    monkeypatch.setattr(Client, "logout", logout)


@pytest.mark.parametrize("option", ["--use-keyring=false", "--use-keyring"], ids=["file", "keyring"])
def test_another_session_that_was_stored_meanwhile_stays(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """The logout is of the session whose token it revoked."""
    machine, newer = inside.machine, deployment.issue_token()
    in_keyring = option == "--use-keyring"
    store = machine.keyring() if in_keyring else FileStore(machine.directory)
    older = store.read(deployment.url)
    during_the_revocation(monkeypatch, lambda: store.write(deployment.url, newer))
    run = inside.run("logout", "-y", option)
    assert (run.code, run.text) == (0, f"Logged out of {deployment.url}.\n")
    assert run.stderr.startswith(
        f"warning: Another session was stored in {store.place} meanwhile, and was left alone\n"
        "Run this again to log out of that one too.\n"
    )
    assert (store.read(deployment.url), deployment.is_valid(older), deployment.is_valid(newer)) == (newer, False, True)


def test_another_deployments_session_that_was_stored_meanwhile_stays(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files have room for one: it took the place of the session that was revoked."""
    during_the_revocation(monkeypatch, lambda: inside.machine.keep(OTHER, TOKEN))
    run = inside.run("logout", "-y")
    assert run.code == 0
    assert "Another session was stored in " in run.stderr
    assert inside.machine.files() == {"session": TOKEN.encode(), "url": OTHER.encode()}


@pytest.mark.parametrize("option", ["--use-keyring=false", "--use-keyring"], ids=["file", "keyring"])
def test_a_session_that_somebody_else_removed_meanwhile(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """It is gone, as it was to be."""
    machine = inside.machine
    store = machine.keyring() if option == "--use-keyring" else FileStore(machine.directory)
    during_the_revocation(monkeypatch, lambda: store.delete(deployment.url))
    run = inside.run("logout", "-y", option)
    assert (run.code, run.text) == (0, f"Logged out of {deployment.url}.\n")


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "not-revoked"])
def test_a_session_that_can_not_be_removed(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, revoked: bool
) -> None:
    """What is done is said, and what is left, and how to finish; as in a directory that is read-only."""
    before = inside.machine.files()
    path = inside.machine.directory / "session"
    if not revoked:
        deployment.answer("POST", "users/logout", error(503, "Not ready.", ""))
    before_step(monkeypatch, "remove", "session", raising(FileError(path, Action.REMOVED, "Read-only file system")))
    run = inside.run("logout", "-y")
    done = (
        "was revoked"
        if revoked
        else f"was perhaps not revoked ({deployment.url} answered 503 Service Unavailable: Not ready.)"
    )
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        f"error: {path} can't be removed: Read-only file system: the session of {deployment.url} {done}, "
        f"and is still stored in the file {path}\n"
        f"Remove {path} by hand.\nFinish it with: coder logout --url {deployment.url}\n"
    )
    assert inside.machine.files() == before


@pytest.mark.parametrize(
    ("obstacle", "put"),
    [
        pytest.param("organization", Path.mkdir, id="organization"),
        pytest.param("organization", put_link, id="organization-link", marks=LINKS),
        pytest.param("session", put_link, id="session-link", marks=LINKS),
        pytest.param(".session.old", Path.mkdir, id="session-old"),
        pytest.param(".url.new", Path.mkdir, id="url-new"),
    ],
)
def test_what_would_keep_the_session_here_is_found_before_it_is_revoked(
    inside: Inside, deployment: Deployment, obstacle: str, put: Callable[[Path], object]
) -> None:
    """The error comes first; nothing is asked of the deployment."""
    put(inside.machine.directory / obstacle)
    run = inside.run("logout")
    assert (run.code, run.stdout) == (1, b"")
    assert str(inside.machine.directory / obstacle) in run.stderr
    assert deployment.requests == []
    assert (inside.machine.directory / "session").exists()


def test_a_keyring_that_keeps_changing_is_no_other_session(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring
) -> None:
    """The revoked one is still there: that is said, and how to finish."""

    def change() -> None:
        real, numbers = memory_keyring.get, itertools.count()

        def get(service: str) -> bytes | None:
            blob = json.loads(real(service) or b"{}")
            return json.dumps(blob | {f"h{next(numbers)}": {}}).encode()

        monkeypatch.setattr(memory_keyring, "get", get)

    during_the_revocation(monkeypatch, change)
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.stdout) == (1, b"")
    assert f"keeps changing: the session of {deployment.url} was revoked, and is still stored in " in run.stderr


def test_a_url_file_that_can_not_be_removed(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, memory_keyring: MemoryKeyring
) -> None:
    """The session is gone: that is said, and the file is pointed out."""
    memory_keyring.blobs.clear()
    path = inside.machine.directory / "url"
    before_step(monkeypatch, "remove", "url", raising(FileError(path, Action.REMOVED, "Permission denied")))
    run = inside.run("logout", "-y")
    assert (run.code, run.text) == (0, f"Logged out of {deployment.url}.\n")
    assert run.stderr == f"warning: {path} can't be removed: Permission denied\nRemove {path} by hand.\n"
    assert {*inside.machine.files()} == {"url"}


@pytest.mark.parametrize("url", [None, b"", b"no url?"], ids=["missing", "empty", "damaged"])
@pytest.mark.parametrize("options", [[], ["--url", OTHER]], ids=["unnamed", "named"])
def test_a_session_without_a_deployment(
    inside: Inside, deployment: Deployment, url: bytes | None, options: list[str]
) -> None:
    """A logout says how to be rid of it, and that way works: nothing is sent."""
    path = inside.machine.directory / "url"
    path.unlink()
    if url is not None:
        path.touch(0o600)
        path.write_bytes(url)
    run = inside.run("logout", "-y", *options)
    assert (run.code, run.stdout) == (1, b"")
    line = run.stderr.splitlines()[-1]
    assert line.startswith("Or forget it")
    assert {"coder", "logout", "--local-only"} <= {*line.split()}
    run = inside.run("logout", "-y", "--local-only", *options)
    place = f"the file {inside.machine.directory / 'session'}"
    assert run == (0, f"Forgot what was in {place}. Nothing was revoked.\n".encode(), "")
    assert inside.machine.files() == {}
    assert deployment.requests == []
