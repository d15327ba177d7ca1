"""What an editor relies on: the argument shapes, who wins, wrong values, and that standard output is the answer."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from pathlib import Path
from typing import Any

import coder_login
import pytest
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringStore
from deployment import Deployment
from loopback import Answer
from memory_keyring import MemoryKeyring

import wincred
from cli import TOKEN, Inside, Machine

pytest_plugins = ["cli_fixtures"]


@pytest.fixture
def keyring_session(memory_keyring: MemoryKeyring, machine: Machine, deployment: Deployment) -> str:
    """A session in the keyring alone."""
    token = deployment.issue_token()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALAPPDATA", str(machine.home))
        KeyringStore(lock_path=machine.home / "lock").write(DeploymentURL.parse(deployment.url), token)
    return token


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param("--url {url} --use-keyring=true login token", id="before"),
        pytest.param("login token --url {url} --use-keyring=true", id="after"),
        pytest.param("login --url {url} token --use-keyring=true", id="around"),
        pytest.param("login --use-keyring token --url={url}", id="bare-flag-before-token"),
        pytest.param("--use-keyring login --url {url} token", id="bare-flag-before-login"),
        pytest.param("--url https://other.example.com login token --url {url} --use-keyring", id="last-url"),
        pytest.param("--use-keyring=false --url {url} login token --use-keyring=1", id="last-flag"),
    ],
)
def test_login_token(inside: Inside, deployment: Deployment, keyring_session: str, shape: str) -> None:
    """Options before the subcommand, after it, and between its two words; the last one given wins."""
    arguments = shlex.split(shape.format(url=deployment.url))
    run = inside.run(*arguments)
    assert run == (0, f"{keyring_session}\n".encode(), "")
    assert deployment.requests == []


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(
            "--global-config D --url {url} --use-keyring=false login --use-token-as-session {url}", id="before"
        ),
        pytest.param("--global-config=D login --use-token-as-session {url} --use-keyring=false", id="equals"),
        pytest.param("login {url} --use-token-as-session --global-config D", id="after"),
        pytest.param("login --use-token-as-session=true {url} --global-config D", id="flag-value"),
    ],
)
def test_login_with_the_token_of_the_variable(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    """The token itself is stored in the named directory, and nowhere else."""
    monkeypatch.chdir(inside.machine.home)
    token = deployment.issue_token()
    run = inside.run(*shlex.split(shape.format(url=deployment.url)), env={"CODER_SESSION_TOKEN": token})
    assert (run.code, run.stderr) == (0, "")
    directory = inside.machine.home / "D"
    assert (directory / "session").read_text() == token
    assert (directory / "url").read_text() == deployment.url
    assert inside.machine.files() == {}


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param("login {url} --token {token} --global-config D", id="after"),
        pytest.param("--token {token} --global-config D login {url}", id="before"),
        pytest.param("--global-config=D --url {url} login --token={token}", id="url-by-option"),
    ],
)
def test_login_with_a_token_option(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    """A key is minted and stored."""
    monkeypatch.chdir(inside.machine.home)
    token = deployment.issue_token()
    run = inside.run(*shlex.split(shape.format(url=deployment.url, token=token)))
    assert (run.code, run.stderr) == (0, "")
    assert deployment.valid_tokens() == {token, (inside.machine.home / "D" / "session").read_text()}


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param("--global-config D --url {url} --use-keyring=false logout --yes", id="before"),
        pytest.param("logout --yes --global-config=D --use-keyring=f", id="after"),
        pytest.param("--global-config D logout --yes=true", id="flag-value"),
    ],
)
def test_logout(inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    """Without a question."""
    monkeypatch.chdir(inside.machine.home)
    token = deployment.issue_token()
    assert inside.run("login", deployment.url, "--global-config", "D", input=token).code == 0
    run = inside.run(*shlex.split(shape.format(url=deployment.url)))
    assert (run.code, run.text, run.stderr) == (0, f"Logged out of {deployment.url}.\n", "")
    assert deployment.valid_tokens() == set()


def test_the_shapes_as_a_process(machine: Machine, deployment: Deployment) -> None:
    """One of each as a real process, with a directory whose name has a space."""
    token = deployment.issue_token()
    directory = machine.home / "a directory"
    options = ["--global-config", str(directory), "--url", deployment.url, "--use-keyring=false"]
    run = machine.run(*options, "login", "--use-token-as-session", deployment.url, env={"CODER_SESSION_TOKEN": token})
    assert (run.code, run.stderr) == (0, "")
    assert machine.run(*options, "login", "token") == (0, f"{token}\n".encode(), "")
    assert machine.run(f"--global-config={directory}", "login", "token") == (0, f"{token}\n".encode(), "")
    assert machine.run(*options, "--allow-redirects", "logout", "--yes").code == 0


def test_the_version_in_json(machine: Machine) -> None:
    """`.version` of `version --output json`."""
    run = machine.run("version", "--output", "json")
    assert (run.code, json.loads(run.stdout), run.stderr) == (0, {"version": coder_login.__version__}, "")


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


def test_a_header_command_runs_once(inside: Inside, deployment: Deployment) -> None:
    """Once a run, not once a request; a login makes several."""
    log = inside.machine.home / "log"
    command = f'echo x>>"{log}"&& echo A=1'
    run = inside.run("login", deployment.url, "--header-command", command, input=deployment.issue_token())
    assert run.code == 0
    assert [request.headers["A"] for request in deployment.requests] == ["1", "1"]
    assert log.read_text().split() == ["x"]


def test_a_header_command_does_not_read_the_token(machine: Machine, deployment: Deployment) -> None:
    """The token on standard input is the command's: neither swallowed nor sent as a header."""
    script = machine.home / "headers.py"
    script.write_text("import sys; print('A=[' + sys.stdin.read() + ']')")
    token = deployment.issue_token()
    command = f'"{sys.executable}" -S "{script}"'
    run = machine.run("login", deployment.url, "--header-command", command, input=f"{token}\n")
    assert (run.code, run.stderr) == (0, "")
    assert {request.headers["A"] for request in deployment.requests} == {"[]"}


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


BOOLEANS = "is not one of true, false, t, f, 1 or 0"


@pytest.mark.parametrize(
    ("arguments", "env", "problem"),
    [
        pytest.param(["--use-keyring=maybe", "whoami"], {}, f"'--use-keyring': 'maybe' {BOOLEANS}", id="flag"),
        pytest.param(["whoami", "--no-open="], {}, f"'--no-open': '' {BOOLEANS}", id="empty-flag"),
        pytest.param(["whoami"], {"CODER_USE_KEYRING": "yes"}, f"CODER_USE_KEYRING: 'yes' {BOOLEANS}", id="variable"),
        pytest.param(
            ["whoami", "--header", "X"], {}, "--header has a header without a =\nWrite it as NAME=VALUE", id="header"
        ),
        pytest.param(["whoami", "--header", "Host=x"], {}, "--header sets Host\nLeave it out", id="reserved-header"),
        pytest.param(["whoami"], {"CODER_HEADER": "X"}, "CODER_HEADER has a header without a =", id="header-variable"),
        pytest.param(
            ["login", "ftp://x"], {}, "'ftp://x' has the scheme 'ftp'\nOnly https and http are allowed", id="scheme"
        ),
        pytest.param(
            ["login", "https://u:pass@x"], {}, "The URL holds a user name or a password\nLeave out", id="credentials"
        ),
        pytest.param(["login", "https://[x"], {}, "The URL can't be parsed\nLook at its brackets", id="unparsable"),
        pytest.param(["login", "https://bücher.example"], {}, "is not ASCII\nGive its xn-- form", id="non-ascii"),
        pytest.param(["--url", "https://x?y", "whoami"], {}, "has a query or a fragment", id="url-option"),
        pytest.param(["whoami"], {"CODER_URL": "https://x:0"}, "the URL has the port 0", id="url-variable"),
        pytest.param(["whoami", "-o", "yaml"], {}, "'yaml' is not one of 'text', 'json'", id="output"),
        pytest.param(["whoami", "--timeout", "0"], {}, "'--timeout': 0.0 is not in the range 0<x<=3600", id="timeout"),
        pytest.param(["login", "a", "b"], {}, "Got unexpected extra argument (b)", id="two-urls"),
        pytest.param(["login", "a", "\x1b[31m"], {}, r"unexpected extra argument (\x1b[31m)", id="control-character"),
        pytest.param(["sing"], {}, "No such command 'sing'", id="command"),
        pytest.param(["whoami", "--sing"], {}, "No such option '--sing'", id="option"),
        pytest.param(["whoami", "--token"], {}, "Option '--token' requires an argument", id="no-value"),
        pytest.param(
            ["login", "https://x", TOKEN], {}, "Got unexpected extra argument ([hidden])", id="token-as-argument"
        ),
        pytest.param(["login", TOKEN], {}, "That looks like a session token, not like a URL", id="token-as-url"),
        pytest.param(["login", f" {TOKEN}"], {}, "That looks like a session token", id="token-and-space-as-url"),
        pytest.param(["login", f"https://{TOKEN}/"], {}, "That looks like a session token", id="token-in-url"),
        pytest.param(["login", "--url", TOKEN], {}, "That looks like a session token", id="token-as-url-option"),
        pytest.param(["whoami"], {"CODER_URL": TOKEN}, "That looks like a session token", id="token-as-url-variable"),
        pytest.param([TOKEN], {}, "No such command '[hidden]'", id="token-as-command"),
        pytest.param([f"--use-keyring={TOKEN}"], {}, f"'--use-keyring': '[hidden]' {BOOLEANS}", id="token-as-boolean"),
    ],
)
def test_wrong_usage(inside: Inside, arguments: list[str], env: dict[str, str], problem: str) -> None:
    """Exit code 2, nothing on standard output, and what is allowed."""
    run = inside.run(*arguments, env=env)
    assert (run.code, run.stdout) == (2, b"")
    said = run.stderr[run.stderr.index("error: ") :]
    assert problem.lower() in said.lower()
    assert TOKEN not in run.stderr
    assert TOKEN.lower() not in run.stderr.lower()


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        pytest.param("coder log", ["login", "logout"], id="subcommand"),
        pytest.param("coder --use-keyring log", ["login", "logout"], id="after-a-bare-flag"),
        pytest.param("coder -v keyring mi", ["migrate"], id="in-a-group"),
        pytest.param("coder logout --yes --loc", ["--local-only"], id="option"),
        pytest.param("coder whoami -o j", ["json"], id="value"),
    ],
)
def test_completion(machine: Machine, words: str, completed: list[str]) -> None:
    """As bash asks for it."""
    env = {"_CODER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    run = machine.run(env=env)
    assert (run.code, run.stderr) == (0, "")
    assert run.text.split() == [f"plain,{word}" for word in completed]


def test_no_arguments_show_the_help(inside: Inside) -> None:
    """On standard error, with the exit code of wrong usage, and not as an error."""
    run = inside.run()
    assert (run.code, run.stdout) == (2, b"")
    assert run.stderr.startswith("Usage: coder [OPTIONS] COMMAND [ARGS]...\n")
    assert "error:" not in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words.split(), id=words or "coder")
        for words in (
            "",
            "login",
            "login token",
            "logout",
            "whoami",
            "version",
            "keyring",
            "keyring status",
            "keyring list",
            "keyring migrate",
            "keyring reset",
        )
    ],
)
def test_help_everywhere(inside: Inside, words: list[str]) -> None:
    """With the global options, and with examples."""
    run = inside.run(*words, "--help")
    assert (run.code, run.stderr) == (0, "")
    assert "\n  Examples:\n    " in run.text
    assert "--use-keyring[=true|false]" in run.text


@pytest.mark.parametrize(
    ("arguments", "env", "uses_keyring"),
    [
        pytest.param([], {}, False, id="neither"),
        pytest.param([], {"CODER_USE_KEYRING": "true"}, True, id="variable"),
        pytest.param([], {"CODER_USE_KEYRING": ""}, False, id="empty-variable"),
        pytest.param(["--use-keyring=false"], {"CODER_USE_KEYRING": "true"}, False, id="option-over-variable"),
        pytest.param(["--use-keyring"], {"CODER_USE_KEYRING": "false"}, True, id="bare-over-variable"),
        pytest.param(["--use-keyring", "--use-keyring=0"], {}, False, id="last"),
        pytest.param(["--use-keyring=F", "--use-keyring=T"], {}, True, id="last-letters"),
    ],
)
def test_which_store(
    inside: Inside,
    deployment: Deployment,
    keyring_session: str,
    arguments: list[str],
    env: dict[str, str],
    uses_keyring: bool,
) -> None:
    """The last option wins, then the variable; an empty variable is as good as unset."""
    inside.machine.keep(deployment.url, TOKEN)
    expected = keyring_session if uses_keyring else TOKEN
    assert inside.run("login", "token", *arguments, env=env).text == f"{expected}\n"
    assert inside.run(*arguments, "login", "token", env=env).text == f"{expected}\n"


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
        named = "{other}" in str([*arguments, *env.values()])
        target = other if named else deployment
        run = inside.run(
            *(argument.format(other=other.url) for argument in arguments),
            env={name: value.format(other=other.url) for name, value in env.items()},
            input=target.issue_token(),
        )
        assert (run.code, run.text.split()[3]) == (0, target.url)


def test_a_host_called_token(inside: Inside, machine: Machine) -> None:
    """`login token` is the subcommand; with a scheme it is a host."""
    assert "no session for https://token" not in inside.run("login", "token").stderr
    run = inside.run("login", "https://token", env={"HTTPS_PROXY": "http://127.0.0.1:1"}, input=TOKEN)
    assert run.code == 1
    assert "https://token/api/v2/users/first" in run.stderr
    assert machine.files() == {}


def test_a_flag_never_takes_the_next_word(inside: Inside, deployment: Deployment, keyring_session: str) -> None:
    """Not even a word that is a boolean: `false` here is a host."""
    run = inside.run("login", "--use-keyring", "false", env={"HTTPS_PROXY": "http://127.0.0.1:1"}, input=TOKEN)
    assert run.code == 1
    assert "https://false/api/v2/users/first" in run.stderr


def test_a_keyring_that_is_not_there_comes_first(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where no deployment is named, or a token is given that needs no store."""
    monkeypatch.setattr(wincred, "is_supported", lambda: False)
    for words in (
        ["whoami"],
        ["whoami", "--token", TOKEN],
        ["login", "token"],
        ["logout", "-y"],
        ["login", "https://x"],
    ):
        run = inside.run("--use-keyring", *words)
        assert (run.code, run.stderr.startswith("error: There is no supported keyring")) == (1, True)


def test_a_refused_variable_is_named(inside: Inside, deployment: Deployment) -> None:
    """Who set CODER_SESSION_TOKEN and forgot it is told so, with the way out."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    run = inside.run("whoami", env={"CODER_SESSION_TOKEN": TOKEN})
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {deployment.url} answered 401 Unauthorized: ")
    assert run.stderr.endswith("\nThat was the token of CODER_SESSION_TOKEN: unset it to use the stored session.\n")
    run = inside.run("whoami", "--token", TOKEN, env={"CODER_SESSION_TOKEN": TOKEN})
    assert run.stderr.endswith(f"\nLog in again with: coder login {deployment.url}\n")


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
    real = socket.getaddrinfo

    def unknown(host: Any, *arguments: Any) -> Any:
        if host == "dev.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(host, *arguments)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    env = {"NO_PROXY": "*"}
    run = inside.run("whoami", "--url", "http://dev.invalid", "--token", TOKEN, "--timeout", "1", env=env)
    assert run.code == 1
    assert run.stderr.startswith(
        "warning: http://dev.invalid has no TLS: everybody on the way can read the token\n"
        "Use https, if the deployment has it.\nerror: "
    )
    run = inside.run("whoami", "--url", deployment.url, "--token", deployment.issue_token())
    assert (run.code, run.stderr) == (0, "")


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
