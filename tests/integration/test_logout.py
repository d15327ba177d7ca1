"""A logout, and what else of the session there is: beside it, in the other store, or in a damaged form."""

from __future__ import annotations

import pytest
from deployment import Deployment
from loopback import error
from memory_keyring import MemoryKeyring

from cli import OTHER, TOKEN, Inside

pytest_plugins = ["cli_fixtures"]


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
    """They are pointed out; that the session is gone here, and not revoked, is said all the same."""
    (inside.machine.directory / "session").unlink()
    (inside.machine.directory / "session").mkdir()
    deployment.answer("POST", "users/logout", error(503, "Not ready.", ""))
    run = inside.run("logout", "-y", "--use-keyring")
    assert (run.code, run.stdout, memory_keyring.blobs) == (1, b"", {})
    assert "warning: " in run.stderr
    assert "session is not a file" in run.stderr
    assert "error: The session was forgotten here, but not revoked: " in run.stderr


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
