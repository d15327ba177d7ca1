"""Where a session is kept, as a person names the place, and whom the command believes there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from coder_login.commands.invocation import quote
from deployment import Deployment

from cli import OTHER, TOKEN, Inside, Machine

pytest_plugins = ["cli_fixtures"]

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes of POSIX")
WINDOWS_ONLY = pytest.mark.skipif(sys.platform != "win32", reason="click expands arguments on Windows")


@pytest.fixture
def elsewhere(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, empty."""
    directory = inside.machine.home / "elsewhere"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


WAYS = pytest.mark.parametrize("way", ["option", "variable"])


def named(way: str, text: str) -> tuple[list[str], dict[str, str]]:
    """Options and variables that name the directory *text*."""
    return ([f"--global-config={text}"], {}) if way == "option" else ([], {"CODER_CONFIG_DIR": text})


@WAYS
@pytest.mark.parametrize("text", ["~/x", f"~{os.sep}x", "~/y/../x"])
def test_a_tilde_is_the_home_directory(
    inside: Inside, deployment: Deployment, elsewhere: Path, way: str, text: str
) -> None:
    """Where the shell has left it: after an equals sign, in quotes, in a file of variables."""
    options, env = named(way, text)
    run = inside.run("login", deployment.url, *options, env=env, input=deployment.issue_token())
    place = inside.machine.home / "x" / "session"
    assert (run.code, run.stderr) == (0, "")
    assert run.text.endswith(f"The token is kept in the file {place}.\n")
    assert place.exists()
    assert list(elsewhere.iterdir()) == []


@WAYS
def test_a_relative_directory_is_named_absolutely(
    inside: Inside, deployment: Deployment, elsewhere: Path, way: str
) -> None:
    """In the answer, in an error, and in a command to paste."""
    options, env = named(way, "x")
    run = inside.run("login", deployment.url, *options, env=env, input=deployment.issue_token())
    assert run.text.endswith(f"The token is kept in the file {elsewhere / 'x' / 'session'}.\n")
    run = inside.run("login", "token", "--url", OTHER, *options, env=env)
    assert f"--global-config {elsewhere / 'x'}" in run.stderr.replace('"', "")
    assert " x " not in run.stderr


@WAYS
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("'~/x'", "has quotes or white space around it", id="single-quotes"),
        pytest.param('"/x"', "has quotes or white space around it", id="double-quotes"),
        pytest.param('C:\\x"', "has quotes or white space around it", id="one-quote"),
        pytest.param(" /x", "has quotes or white space around it", id="space"),
        pytest.param("$HOME/x", "starts with a variable that nothing has replaced", id="variable"),
        pytest.param("\u201c~/x\u201d", "has quotes or white space around it", id="curly-quotes"),
        pytest.param("$(pwd)/x", "starts with a variable that nothing has replaced", id="command"),
        pytest.param("!HOME!/x", "starts with a variable that nothing has replaced", id="delayed-variable"),
        pytest.param("${HOME}/x", "starts with a variable that nothing has replaced", id="variable-in-braces"),
        pytest.param("%APPDATA%\\x", "starts with a variable that nothing has replaced", id="variable-of-windows"),
        pytest.param(
            "~nobody-of-that-name/x",
            "it starts with a home directory that is not known",
            id="unknown-user",
            marks=POSIX_ONLY,
        ),
    ],
)
@pytest.mark.parametrize("words", [["login", OTHER], ["login", "token"], ["logout", "-y"], ["whoami"]], ids=" ".join)
def test_what_a_shell_would_have_replaced_is_refused(
    inside: Inside, elsewhere: Path, way: str, text: str, problem: str, words: list[str]
) -> None:
    """No directory of that name comes to be, and no session is looked for in one."""
    options, env = named(way, text)
    run = inside.run(*words, *options, env=env)
    source = "--global-config" if way == "option" else "CODER_CONFIG_DIR"
    assert (run.code, run.stdout) == (2, b"")
    assert f"error: {source}: " in run.stderr
    assert problem in run.stderr
    assert list(elsewhere.iterdir()) == []


@POSIX_ONLY
@pytest.mark.parametrize("home", ["", "home", "./home"], ids=["empty", "relative", "dotted"])
def test_a_home_directory_that_is_no_place(inside: Inside, elsewhere: Path, home: str) -> None:
    """A tilde would lead to a directory below the working directory, or to the root."""
    run = inside.run("login", OTHER, "--global-config", "~/y", env={"HOME": home}, input=TOKEN)
    assert (run.code, run.stdout) == (2, b"")
    assert "--global-config: it starts with a home directory that is not known" in run.stderr
    assert list(elsewhere.iterdir()) == []


@POSIX_ONLY
def test_a_working_directory_that_is_gone(inside: Inside, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative directory means nothing then."""
    elsewhere.rmdir()
    run = inside.run("login", "token", "--global-config", "x")
    monkeypatch.chdir(inside.machine.home)
    assert run.code == 2
    assert "it is relative, and the working directory can't be found: No such file or directory" in run.stderr


# Files of others.


@pytest.fixture
def planted(machine: Machine, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A session of ours in a directory where another user has put a `url` with his server in the place of ours."""
    machine.keep(OTHER, TOKEN)
    machine.directory.chmod(0o777)
    url = machine.directory / "url"
    url.write_text(deployment.url)
    if sys.platform != "win32" and os.geteuid() == 0:
        os.chown(url, 54321, -1)
    else:
        url.chmod(0o666)
    yield url
    machine.directory.chmod(0o700)


@POSIX_ONLY
@pytest.mark.parametrize(
    "words", [["whoami"], ["logout", "-y"], ["login", "token"], ["logout", "-y", "--local-only"]], ids=" ".join
)
def test_a_url_of_another_user_is_not_believed(
    machine: Machine, deployment: Deployment, planted: Path, words: list[str]
) -> None:
    """Our token goes nowhere, and the error says what is wrong; so does the warning about the directory."""
    run = machine.run(*words)
    assert (run.code, run.stdout) == (1, b"")
    assert f"warning: Other users can write the directory {machine.directory}\n" in run.stderr
    assert f"error: {planted} " in run.stderr
    assert "No token was sent to where it says, and nothing was stored." in run.stderr
    assert TOKEN not in run.stderr
    assert deployment.requests == []
    assert machine.files()["session"].decode() == TOKEN


@POSIX_ONLY
def test_a_login_beside_a_url_of_another_user(machine: Machine, deployment: Deployment, planted: Path) -> None:
    """Nothing is kept there; no token is asked for, nor sent."""
    before = machine.files()
    run = machine.run("login", deployment.url, input=deployment.issue_token())
    assert run.code == 1
    assert f"error: {planted} " in run.stderr
    assert deployment.requests == []
    assert machine.files() == before


@pytest.mark.parametrize("words", [["whoami"], ["login"], ["logout", "-y"]], ids=" ".join)
def test_a_token_in_the_url_file(inside: Inside, deployment: Deployment, words: list[str]) -> None:
    """Taken for a host, it would go out in a name look-up."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    (inside.machine.directory / "url").write_text(TOKEN)
    run = inside.run(*words)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {inside.machine.directory / 'url'} holds a token, and no deployment's URL\n")
    assert TOKEN not in run.stderr


# Arguments, on the real Windows Python.


@WINDOWS_ONLY
def test_arguments_are_taken_as_given(machine: Machine, deployment: Deployment) -> None:
    """Without the variables, home directories and patterns that a library could see in them."""
    values = ["pa$$word", "%USERPROFILE%", "$USERPROFILE", "~", "*", "100%%"]
    options = [f"--header=X-{number}={value}" for number, value in enumerate(values)]
    run = machine.run("login", deployment.url, *options, input=deployment.issue_token())
    assert run.code == 0
    headers = deployment.requests[-1].headers
    assert [headers[f"X-{number}"] for number in range(len(values))] == values


@WINDOWS_ONLY
def test_a_header_command_is_told_the_deployment_in_use(machine: Machine, deployment: Deployment) -> None:
    """By the variable that its shell expands: not one of ours, and never the token."""
    machine.keep(deployment.url, deployment.issue_token())
    command = "echo X-Url=%CODER_URL%& echo X-Token=%CODER_SESSION_TOKEN%"
    env = {"CODER_URL": OTHER, "CODER_SESSION_TOKEN": TOKEN}
    run = machine.run("logout", "-y", "--url", deployment.url, "--header-command", command, env=env)
    assert run.code == 0
    headers = deployment.requests[-1].headers
    assert headers["X-Url"] == deployment.url
    assert TOKEN not in str(headers)


NAMES = pytest.mark.parametrize(
    "name",
    [
        pytest.param("Žaneta Müller", id="latin"),
        pytest.param("Ωμέγα", id="greek"),
        pytest.param("日本 太郎", id="cjk"),
        pytest.param("\U0001f511 key", id="beyond-the-bmp"),
        pytest.param("o'brien & (söhne) 100%", id="signs-of-a-shell"),
    ],
)
ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437"])
"""Of what the command writes into a pipe: the last two are Windows' own."""


@NAMES
@ENCODINGS
def test_a_home_directory_of_any_name(tmp_path: Path, deployment: Deployment, name: str, encoding: str) -> None:
    """The files, their lock and the temporary files lie in it; and it is named in the answer, as far as that can."""
    home = tmp_path / name
    home.mkdir()
    machine, env, token = Machine(home), {"PYTHONIOENCODING": encoding}, deployment.issue_token()
    run = machine.run("login", deployment.url, env=env, input=token)
    assert (run.code, run.stderr) == (0, "")
    assert str(machine.directory / "session").encode(encoding, "backslashreplace") in run.stdout
    assert machine.files() == {"session": token.encode(), "url": deployment.url.encode()}
    assert machine.run("login", "token", env=env).stdout == f"{token}\n".encode()
    assert machine.run("whoami", env=env).code == 0
    assert machine.run("logout", "--yes", env=env).code == 0
    assert machine.files() == {}


@NAMES
@WAYS
def test_a_config_directory_of_any_name(
    inside: Inside, deployment: Deployment, elsewhere: Path, way: str, name: str
) -> None:
    """By option and by variable; a command to paste names it whole."""
    directory = elsewhere / name
    options, env = named(way, str(directory))
    token = deployment.issue_token()
    assert inside.run("login", deployment.url, *options, env=env, input=token).code == 0
    assert (directory / "session").read_bytes() == token.encode()
    run = inside.run("login", "token", "--url", OTHER, *options, env=env)
    words = ["coder", "login", *(["--global-config", str(directory)]), OTHER]
    assert run.stderr.splitlines()[-1].endswith(quote(words))


@pytest.mark.credential_manager
@pytest.mark.usefixtures("real_keyring")
@NAMES
def test_a_keyring_session_of_a_user_of_any_name(tmp_path: Path, deployment: Deployment, name: str) -> None:
    """The keyring's lock lies in the profile; on the real Credential Manager, or Wine's advapi32."""
    home = tmp_path / name
    home.mkdir()
    machine, env, token = Machine(home), {"CODER_USE_KEYRING": "true"}, deployment.issue_token()
    assert machine.run("login", deployment.url, env=env, input=token).code == 0
    assert list((home / "local" / "coderv2").iterdir()) != []
    assert machine.run("login", "token", env=env).stdout == f"{token}\n".encode()
    assert machine.run("logout", "--yes", env=env).code == 0
    assert machine.run("login", "token", env=env).code == 1
