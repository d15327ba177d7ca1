"""Wrong usage, help and completion, and what comes before anything else is looked at."""

from __future__ import annotations

import pytest
from memory_keyring import MemoryKeyring

from cli import TOKEN, Inside, Machine

pytest_plugins = ["cli_fixtures"]

COMMANDS = ["", "login", "login token", "logout", "whoami", "version", "keyring"]
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
        pytest.param(["login", "ftp://x"], {}, "the URL has the scheme ftp\nOnly https and http are", id="scheme"),
        pytest.param(
            ["login", "https://u:pass@x"], {}, "The URL holds a user name or a password\nLeave out", id="credentials"
        ),
        pytest.param(["login", "https://[x"], {}, "The URL can't be parsed\nLook at its brackets", id="unparsable"),
        pytest.param(["login", "https://bücher.example"], {}, "is not ASCII\nGive its xn-- form", id="non-ascii"),
        pytest.param(["--url", "https://x?y", "whoami"], {}, "has a query or a fragment", id="url-option"),
        pytest.param(["whoami"], {"CODER_URL": "https://x:0"}, "the URL has the port 0", id="url-variable"),
        pytest.param(["whoami", "-o", "yaml"], {}, "'yaml' is not one of 'text', 'json'", id="output"),
        pytest.param(["login", "a", "b"], {}, "Got unexpected extra argument (b)", id="two-urls"),
        pytest.param(["login", "a", "\x1b[31m"], {}, r"unexpected extra argument (\x1b[31m)", id="control-character"),
        pytest.param(["whoami", "--sing"], {}, "No such option '--sing'", id="option"),
        pytest.param(["whoami", "--token"], {}, "Option '--token' requires an argument", id="no-value"),
        pytest.param(
            ["login", "https://x", TOKEN], {}, "Got unexpected extra argument ([hidden])", id="token-as-argument"
        ),
        pytest.param(["login", TOKEN], {}, "That looks like a session token, not like a URL", id="token-as-url"),
        pytest.param(["login", f" {TOKEN}"], {}, "That looks like a session token", id="token-and-space-as-url"),
        pytest.param(["login", f"https://{TOKEN}/"], {}, "That looks like a session token", id="token-in-url"),
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


@pytest.mark.parametrize("words", [*COMMANDS, *(f"keyring {name}" for name in ("status", "list", "migrate", "reset"))])
def test_help_everywhere(inside: Inside, words: str) -> None:
    """With the global options, and with examples."""
    run = inside.run(*words.split(), "--help")
    assert (run.code, run.stderr) == (0, "")
    assert "\n  Examples:\n    " in run.text
    assert "--use-keyring[=true|false]" in run.text


def test_a_host_called_token(inside: Inside, machine: Machine) -> None:
    """`login token` is the subcommand; with a scheme it is a host."""
    assert inside.run("login", "token").stderr.startswith("error: No deployment is named")
    run = inside.run("login", "https://token", env={"HTTPS_PROXY": "http://127.0.0.1:1"}, input=TOKEN)
    assert run.code == 1
    assert "https://token/api/v2/users/first" in run.stderr
    assert machine.files() == {}


def test_a_flag_never_takes_the_next_word(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """Not even a word that is a boolean: `false` here is a host."""
    run = inside.run("login", "--use-keyring", "false", env={"HTTPS_PROXY": "http://127.0.0.1:1"}, input=TOKEN)
    assert run.code == 1
    assert "https://false/api/v2/users/first" in run.stderr


@pytest.mark.usefixtures("no_keyring")
def test_a_keyring_that_is_not_there_comes_first(inside: Inside) -> None:
    """Even where no deployment is named, or a token is given that needs no store."""
    words = ["whoami", f"whoami --token {TOKEN}", "login token", "logout -y", "login https://x"]
    for line in (*words, "keyring list", "keyring migrate", "keyring reset -y"):
        run = inside.run("--use-keyring", *line.split())
        assert (run.code, run.stderr.startswith("error: There is no supported keyring")) == (1, True)
