"""What an editor relies on: the argument shapes, which value wins, headers, and that standard output is the answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from coder_login.deployment.api import Client
from coder_login.sessionstore import DEFAULT_SERVICE, StoreUnavailableError
from deployment import Deployment
from file_steps import raising
from loopback import Answer
from memory_keyring import MemoryKeyring

import wincred
from cli import TOKEN, Inside, Machine

pytest_plugins = ["cli_fixtures"]


@pytest.fixture
def keyring_session(memory_keyring: MemoryKeyring, machine: Machine, deployment: Deployment) -> str:
    """A session in the keyring alone."""
    token = deployment.issue_token()
    machine.keyring().write(deployment.url, token)
    return token


@pytest.mark.parametrize(
    ("shape", "variable", "uses_keyring"),
    [
        pytest.param("login token", None, False, id="neither"),
        pytest.param("login token", "true", True, id="variable"),
        pytest.param("login token", "", False, id="empty-variable"),
        pytest.param("--url {url} --use-keyring=false login token", "true", False, id="before"),
        pytest.param("login token --url={url} --use-keyring=true", None, True, id="after"),
        pytest.param("login --use-keyring token", "false", True, id="bare-flag-between"),
        pytest.param("login token --use-keyring --use-keyring=0", None, False, id="last"),
        pytest.param("--url https://x.example --use-keyring=F login --url {url} token --use-keyring=T", None, True),
    ],
)
def test_login_token(
    inside: Inside, deployment: Deployment, keyring_session: str, shape: str, variable: str | None, uses_keyring: bool
) -> None:
    """The last option given wins, wherever it stands, then the variable; an empty one is as good as unset."""
    inside.machine.keep(deployment.url, TOKEN)
    env = {} if variable is None else {"CODER_USE_KEYRING": variable}
    run = inside.run(*shape.format(url=deployment.url).split(), env=env)
    assert run == (0, f"{keyring_session if uses_keyring else TOKEN}\n".encode(), "")
    assert deployment.requests == []


def test_login_and_logout(inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """With options after the name; the token itself is stored in the named directory, and nowhere else."""
    monkeypatch.chdir(inside.machine.home)
    token = deployment.issue_token()
    words = ["login", deployment.url, "--use-token-as-session=true", "--global-config=D"]
    run = inside.run(*words, env={"CODER_SESSION_TOKEN": token})
    assert (run.code, run.stderr) == (0, "")
    directory = inside.machine.home / "D"
    assert ((directory / "session").read_text(), (directory / "url").read_text()) == (token, deployment.url)
    assert inside.machine.files() == {}
    run = inside.run("logout", "--yes=true", "--global-config", "D")
    assert (run.code, run.text, run.stderr) == (0, f"Logged out of {deployment.url}.\n", "")
    assert deployment.valid_tokens() == set()


def test_the_shapes_as_a_process(machine: Machine, deployment: Deployment) -> None:
    """Options before the name, as real processes, and a directory whose name has a space."""
    token = deployment.issue_token()
    directory = machine.home / "a directory"
    options = ["--global-config", str(directory), "--url", deployment.url, "--use-keyring=false"]
    run = machine.run(*options, "login", "--use-token-as-session", deployment.url, env={"CODER_SESSION_TOKEN": token})
    assert (run.code, run.stderr) == (0, "")
    assert machine.run(*options, "login", "token") == (0, f"{token}\n".encode(), "")
    assert machine.run(*options, "--allow-redirects", "logout", "--yes").code == 0


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(["--header", "X-One=a, b", "whoami", "--header=X-Two=c=d"], {}, id="options"),
        pytest.param(["whoami"], {"CODER_HEADER": '"X-One=a, b",X-Two=c=d'}, id="variable"),
        pytest.param(["whoami", "--header-command", "{command}"], {}, id="command"),
        pytest.param(["whoami"], {"CODER_HEADER_COMMAND": "{command}"}, id="command-variable"),
        pytest.param(
            ["whoami", "--header", "X-Two=c=d", "--header", "X-One=a, b"],
            {"CODER_HEADER": "X-One=no"},
            id="option-wins",
        ),
    ],
)
def test_headers_reach_the_deployment_on_every_request(
    inside: Inside, deployment: Deployment, arguments: list[str], env: dict[str, str]
) -> None:
    """Taken whole, spaces, commas and = too; -v shows none of them."""
    script = inside.machine.home / "lines.txt"
    script.write_text("X-One=a, b\nX-Two=c=d\n")
    command = f'type "{script}"' if wincred.is_supported() else f'cat "{script}"'
    arguments = [argument.format(command=command) for argument in arguments]
    env = {name: value.replace("{command}", command) for name, value in env.items()}
    inside.machine.keep(deployment.url, deployment.issue_token())
    run = inside.run(*arguments, "-v", env=env)
    assert (run.code, run.text) == (0, f"alex at {deployment.url}\n")
    assert len(deployment.requests) == 2
    assert {(request.headers["X-One"], request.headers["X-Two"]) for request in deployment.requests} == {
        ("a, b", "c=d")
    }
    assert "a, b" not in run.stderr
    assert [line.split()[:3] for line in run.stderr.splitlines()] == [
        ["GET", f"{deployment.url}/api/v2/users/{call}", "200"] for call in ("first", "me")
    ]


def test_a_header_command_runs_once_and_does_not_read_the_token(machine: Machine, deployment: Deployment) -> None:
    """Once a run, not once a request; the token on standard input is neither swallowed nor sent as a header."""
    script, log = machine.home / "headers.py", machine.home / "log"
    script.write_text(f"import sys; open({str(log)!r}, 'a').write('x'); print('A=[' + sys.stdin.read() + ']')")
    token, command = deployment.issue_token(), f'"{sys.executable}" -S "{script}"'
    run = machine.run("login", deployment.url, "--header-command", command, input=f"{token}\n")
    assert (run.code, run.stderr) == (0, "")
    assert [request.headers["A"] for request in deployment.requests] == ["[]", "[]"]
    assert log.read_text() == "x"


@pytest.mark.parametrize("name", ["login", "whoami", "logout"])
def test_a_header_command_that_fails_stops_the_command(inside: Inside, deployment: Deployment, name: str) -> None:
    """Nothing is asked, and nothing is forgotten."""
    before = inside.machine.keep(deployment.url, deployment.issue_token())
    yes = ["-y"] if name == "logout" else []
    run = inside.run(name, *yes, "--header-command", "exit 3", input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == "error: The header command failed with exit code 3\nRun it by hand to see why.\n"
    assert deployment.requests == []
    assert inside.machine.files() == before


@pytest.mark.parametrize(
    ("arguments", "env", "who"),
    [
        pytest.param([], {}, "stored", id="store"),
        pytest.param([], {"CODER_SESSION_TOKEN": "{variable}"}, "variable", id="variable"),
        pytest.param([], {"CODER_SESSION_TOKEN": ""}, "stored", id="empty-variable"),
        pytest.param(["--token", "{option}"], {"CODER_SESSION_TOKEN": "{variable}"}, "option", id="option"),
    ],
)
def test_whose_token_whoami_uses(
    inside: Inside, deployment: Deployment, arguments: list[str], env: dict[str, str], who: str
) -> None:
    """--token, then the variable, then the store."""
    tokens = {name: deployment.issue_token() for name in ("stored", "variable", "option")}
    inside.machine.keep(deployment.url, tokens["stored"])
    run = inside.run(
        "whoami", *(a.format(**tokens) for a in arguments), env={k: v.format(**tokens) for k, v in env.items()}
    )
    assert run.code == 0
    assert deployment.requests[-1].token == tokens[who]


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(["login"], {}, id="url-file"),
        pytest.param(["login"], {"CODER_URL": ""}, id="empty-variable"),
        pytest.param(["login"], {"CODER_URL": "{other}"}, id="variable"),
        pytest.param(["--url", "{other}", "login"], {"CODER_URL": "https://no.example"}, id="option"),
        pytest.param(["login", "{other}"], {"CODER_URL": "https://no.example"}, id="argument"),
        pytest.param(["--url=https://no.example", "login", "{other}"], {}, id="argument-over-option"),
    ],
)
def test_which_deployment(inside: Inside, deployment: Deployment, arguments: list[str], env: dict[str, str]) -> None:
    """The argument, then the option, then the variable, then the url file."""
    with Deployment() as other:
        inside.machine.keep(deployment.url, deployment.issue_token())
        target = other if "{other}" in f"{arguments}{env}" else deployment
        words = [argument.format(other=other.url) for argument in arguments]
        env = {name: value.format(other=other.url) for name, value in env.items()}
        run = inside.run(*words, env=env, input=target.issue_token())
        assert (run.code, run.text.split()[3]) == (0, target.url)


def test_a_refused_variable_is_named(inside: Inside, deployment: Deployment) -> None:
    """Who set CODER_SESSION_TOKEN and forgot it is told so, with the way out."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    run = inside.run("whoami", env={"CODER_SESSION_TOKEN": TOKEN})
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {deployment.url} answered 401 Unauthorized: ")
    assert run.stderr.endswith("\nThat was the token of CODER_SESSION_TOKEN: unset it to use the stored session.\n")
    run = inside.run("whoami", "--token", TOKEN, env={"CODER_SESSION_TOKEN": TOKEN})
    assert run.stderr.endswith("\nThat was the token of --token: leave it out to use the stored session.\n")


def test_a_refused_session_of_the_keyring_is_renewed_there(
    inside: Inside, deployment: Deployment, keyring_session: str
) -> None:
    """Without the option, the login that the hint names would leave the new token in a plaintext file."""
    deployment.revoke(keyring_session)
    run = inside.run("whoami", "--use-keyring", "--url", deployment.url)
    assert run.stderr.endswith(f"\nLog in again with: coder login --use-keyring {deployment.url}\n")


def test_cookies_are_joined_as_cookies(inside: Inside, deployment: Deployment) -> None:
    """Several headers of one name are one line: with commas, and cookies with semicolons."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    words = [word for value in ("X=1", "Cookie=a=b", "X=2", "cookie=c=d") for word in ("--header", value)]
    assert inside.run("whoami", *words).code == 0
    assert {(request.headers["X"], request.headers["Cookie"]) for request in deployment.requests} == {
        ("1, 2", "a=b; c=d")
    }


def test_a_deployment_without_tls_is_warned_of(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is this machine."""
    assert inside.run("whoami", "--url", deployment.url, "--token", deployment.issue_token()).stderr == ""
    monkeypatch.setattr(Client, "check_deployment", lambda client: raising(StoreUnavailableError("gone"))())
    assert inside.run("whoami", "--url", "http://dev.example.com", "--token", TOKEN).stderr == (
        "warning: http://dev.example.com has no TLS: everybody on the way can read the token\n"
        "Use https, if the deployment has it.\nerror: Gone\n"
    )


def test_the_time_limit_is_an_option(inside: Inside, deployment: Deployment) -> None:
    """In seconds, for each wait."""
    deployment.answer("GET", "users/first", Answer(delay=20))
    run = inside.run("whoami", "--url", deployment.url, "--token", TOKEN, "--timeout", "0.2")
    assert run.code == 1
    assert run.stderr.startswith(f"error: {deployment.url}/api/v2/users/first: no answer within 0.2 s")


def test_warnings_go_to_standard_error(inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring) -> None:
    """An answer with everything that there is to point out is one line all the same."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    token = deployment.issue_token()
    env = {"CODER_SESSION_TOKEN": deployment.issue_token()}
    run = inside.run("login", deployment.url, "--use-keyring", "--token", token, "-v", env=env)
    assert run.code == 0
    assert run.text == (
        f"Logged in to {deployment.url} as alex. The token is kept in the system's keyring ({DEFAULT_SERVICE}).\n"
    )
    assert run.stderr.count("warning: ") == 2


def test_a_token_on_the_command_line_is_not_passed_on(machine: Machine, deployment: Deployment, tmp_path: Path) -> None:
    """No process of ours has it in its own command line."""
    token = deployment.issue_token()
    log = tmp_path / "arguments"
    command = f'echo A=1&& echo "%CMDCMDLINE%">"{log}"' if wincred.is_supported() else f'ps -o args= -p $$ >"{log}"'
    machine.run("whoami", "--url", deployment.url, "--header-command", command, env={"CODER_SESSION_TOKEN": token})
    assert token not in log.read_text(errors="replace")
