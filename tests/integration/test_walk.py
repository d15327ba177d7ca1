"""The walk as processes: log in, print the token, say who, log out; with the files, and with the real keyring."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from coder_login.sessionstore import DEFAULT_SERVICE
from deployment import Deployment
from loopback import Answer

from cli import Machine, has_keyring

pytest_plugins = ["cli_fixtures"]

HINT = "Set CODER_USE_KEYRING=true to make every command use the keyring.\n"


@dataclass(slots=True)
class Walk:
    """The command on a machine, with one store, against one deployment."""

    machine: Machine
    deployment: Deployment
    store: str

    @property
    def options(self) -> list[str]:
        return ["--use-keyring"] if self.store == "keyring" else []

    @property
    def place(self) -> str:
        if self.store == "keyring":
            return f"the system's keyring ({DEFAULT_SERVICE})"
        return f"the file {self.machine.directory / 'session'}"

    @property
    def logged_in(self) -> str:
        return f"Logged in to {self.deployment.url} as alex. The token is kept in {self.place}.\n"

    @property
    def note(self) -> str:
        return HINT if self.store == "keyring" else ""

    def log_in(self) -> str:
        """Log in with a new token, which is then stored."""
        token = self.deployment.issue_token()
        run = self.machine.run("login", *self.options, self.deployment.url, input=f"{token}\n")
        assert (run.code, run.text) == (0, self.logged_in)
        assert run.stderr == self.note
        return token

    def stored(self) -> str | None:
        """The token as somebody else finds it: pywin32-ctypes in the credential, a plain reader in the file."""
        if self.store == "file":
            session = self.machine.files().get("session")
            return None if session is None else session.decode("ascii")
        return stored_in_credential(self.deployment.url)


def stored_in_credential(url: str) -> str | None:
    """The token, when the credential has exactly the bytes of design section 4: one entry, compact JSON."""
    win32cred = importlib.import_module("win32ctypes.pywin32.win32cred")
    pywintypes = importlib.import_module("win32ctypes.pywin32.pywintypes")

    try:
        found: dict[str, Any] = win32cred.CredRead(DEFAULT_SERVICE, win32cred.CRED_TYPE_GENERIC)
    except pywintypes.error as problem:
        assert problem.winerror == 1168  # noqa: PT017  # the value, not only the kind, says that it is absent
        return None
    blob = bytes(found["CredentialBlob"])
    host = url.removeprefix("http://")
    token = str(json.loads(blob)[host]["api_token"])
    assert blob == f'{{"{host}":{{"coder_url":"{url}","api_token":"{token}"}}}}'.encode()
    assert (found["TargetName"], found["UserName"] or None) == (DEFAULT_SERVICE, None)
    assert found["Persist"] == win32cred.CRED_PERSIST_LOCAL_MACHINE
    return token


@pytest.fixture(params=["file", pytest.param("keyring", marks=pytest.mark.credential_manager)])
def walk(request: pytest.FixtureRequest, machine: Machine, deployment: Deployment) -> Walk:
    """The command with each store."""
    if request.param == "keyring":
        request.getfixturevalue("real_keyring")
    return Walk(machine, deployment, request.param)


def test_from_login_to_logout(walk: Walk) -> None:
    """A token on standard input is stored as it is, printed again, says who it is, and is revoked in the end."""
    token = walk.log_in()
    url, machine = walk.deployment.url, walk.machine
    assert walk.stored() == token
    assert machine.files()["url"] == url.encode()
    assert ("session" in machine.files()) is (walk.store == "file")
    assert machine.run("login", "token", *walk.options) == (0, f"{token}\n".encode(), "")
    run = machine.run("whoami", *walk.options)
    assert (run.code, run.text, run.stderr) == (0, f"alex at {url}\n", "")
    run = machine.run("logout", "-y", *walk.options)
    assert (run.code, run.text, run.stderr) == (0, f"Logged out of {url}.\n", "")
    assert not walk.deployment.is_valid(token)
    assert walk.stored() is None
    assert machine.files() == {}


def test_whoami_in_json(walk: Walk) -> None:
    """A list of one, with stable names."""
    walk.log_in()
    run = walk.machine.run("whoami", *walk.options, "-o", "json")
    user = walk.deployment.user
    assert (run.code, run.stderr) == (0, "")
    assert json.loads(run.stdout) == [
        {
            "url": walk.deployment.url,
            "username": "alex",
            "user_id": user["id"],
            "organization_ids": user["organization_ids"],
            "roles": {"*": ["Owner"]},
        }
    ]


def test_a_token_of_the_variable_is_stored_itself(walk: Walk) -> None:
    """CODER_SESSION_TOKEN with --use-token-as-session."""
    token = walk.deployment.issue_token()
    arguments = ["login", *walk.options, "--use-token-as-session", walk.deployment.url]
    run = walk.machine.run(*arguments, env={"CODER_SESSION_TOKEN": token})
    assert (run.code, run.text, run.stderr) == (0, walk.logged_in, walk.note)
    assert walk.stored() == token


def test_a_token_of_the_option_mints_a_key(walk: Walk) -> None:
    """What is stored is a new session; the token that made it stays good."""
    token = walk.deployment.issue_token()
    run = walk.machine.run("login", *walk.options, "--token", token, walk.deployment.url)
    assert (run.code, run.text, run.stderr) == (0, walk.logged_in, walk.note)
    key = walk.stored()
    assert walk.deployment.valid_tokens() == {token, key}
    assert key != token


def test_a_session_that_is_over_counts_as_logged_out(walk: Walk) -> None:
    """Nothing is left to be revoked: exit code 0."""
    walk.deployment.revoke(walk.log_in())
    run = walk.machine.run("logout", "--yes", *walk.options)
    assert (run.code, run.text, run.stderr) == (0, f"Logged out of {walk.deployment.url}.\n", "")
    assert walk.stored() is None


def test_a_deployment_that_is_down_does_not_keep_the_token_here(walk: Walk) -> None:
    """It is forgotten; the exit code and the error say that it is perhaps not revoked, and where to do that."""
    token = walk.log_in()
    walk.deployment.answer("POST", "users/logout", Answer(drop=True))
    run = walk.machine.run("logout", "--yes", *walk.options)
    url = walk.deployment.url
    assert (run.code, run.text) == (1, "")
    assert run.stderr == (
        f"error: The session was forgotten here, but perhaps not revoked: {url}/api/v2/users/logout: the server hung "
        f"up without an answer\nRevoke it at {url}/settings/tokens\n"
    )
    assert walk.stored() is None
    assert walk.deployment.is_valid(token)


def test_a_local_logout_asks_nobody(walk: Walk) -> None:
    """--local-only forgets, and says that the deployment still accepts the session."""
    token = walk.log_in()
    before = len(walk.deployment.requests)
    run = walk.machine.run("logout", "-y", "--local-only", *walk.options)
    assert (run.code, run.text, run.stderr) == (
        0,
        f"Forgot the session for {walk.deployment.url}. It was not revoked: the deployment still accepts it.\n",
        "",
    )
    assert walk.stored() is None
    assert walk.deployment.is_valid(token)
    assert len(walk.deployment.requests) == before


def test_the_stored_session_is_revoked_and_not_the_variables(walk: Walk) -> None:
    """CODER_SESSION_TOKEN is never revoked, and that it is still set is pointed out."""
    token, other = walk.log_in(), walk.deployment.issue_token()
    run = walk.machine.run("logout", "-y", *walk.options, env={"CODER_SESSION_TOKEN": other})
    assert (run.code, run.text) == (0, f"Logged out of {walk.deployment.url}.\n")
    assert run.stderr == "warning: CODER_SESSION_TOKEN is still set, and other commands use it\nUnset it.\n"
    assert walk.deployment.valid_tokens() == {other}
    assert token != other


@pytest.mark.skipif(has_keyring(), reason="there is a keyring on this system")
def test_a_keyring_that_is_not_there(machine: Machine, deployment: Deployment) -> None:
    """--use-keyring without a keyring fails at once: no prompt, no request, no file, and standard input unread."""
    with machine.start("--use-keyring", "login", deployment.url) as process:
        code = process.wait(20)  # although its standard input stays open, with nothing in it
        stdout, stderr = process.communicate()
    assert (code, stdout) == (1, b"")
    assert stderr.decode().startswith("error: There is no supported keyring on this system")
    assert "(or set CODER_USE_KEYRING=false) to keep the token in a file" in stderr.decode()
    assert deployment.requests == []
    assert machine.files() == {}
