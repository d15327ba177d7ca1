"""Wrong usage, help and completion, and what comes before anything else is looked at."""

from __future__ import annotations

import sys

import pytest
from coder_login.text import printable
from memory_keyring import MemoryKeyring

from cli import TOKEN, Inside, Machine

pytest_plugins = ["cli_fixtures"]

COMMANDS = ["", "login", "login token", "logout", "whoami", "version", "keyring"]
BOOLEANS = "it is not one of true, false, t, f, 1 or 0"

JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."


@pytest.mark.parametrize(
    ("arguments", "env", "problem"),
    [
        pytest.param(["--use-keyring=maybe", "whoami"], {}, f"'--use-keyring': {BOOLEANS}", id="flag"),
        pytest.param(["whoami", "--no-open="], {}, f"'--no-open': {BOOLEANS}", id="empty-flag"),
        pytest.param(["whoami"], {"CODER_USE_KEYRING": "yes"}, f"CODER_USE_KEYRING: {BOOLEANS}", id="variable"),
        pytest.param(
            ["whoami", "--header", "X"], {}, "--header has a header without a =\nWrite it as NAME=VALUE", id="header"
        ),
        pytest.param(["whoami", "--header", "Host=x"], {}, "--header sets Host\nLeave it out", id="reserved-header"),
        pytest.param(["whoami"], {"CODER_HEADER": "X"}, "CODER_HEADER has a header without a =", id="header-variable"),
        pytest.param(["login", "ftp://x"], {}, "the URL has the scheme ftp\nOnly https and http are", id="scheme"),
        pytest.param(
            ["login", "https://u:pass@x"], {}, "The URL holds a user name or a password\nLeave out", id="credentials"
        ),
        pytest.param(["login", "https://[x"], {}, "The URL can't be parsed\nCheck its brackets", id="unparsable"),
        pytest.param(["login", "https://bücher.example"], {}, "is not ASCII\nGive its xn-- form", id="non-ascii"),
        pytest.param(["--url", "https://x?y", "whoami"], {}, "has a query or a fragment", id="url-option"),
        pytest.param(["whoami"], {"CODER_URL": "https://x:0"}, "the URL has the port 0", id="url-variable"),
        pytest.param(["whoami", "-o", "yaml"], {}, "'--output': it is not one of text, json", id="output"),
        pytest.param(["login", "a", "b"], {}, "Got an unexpected extra argument\n", id="two-urls"),
        pytest.param(["logout", "a", "b"], {}, "Got 2 unexpected extra arguments\n", id="two-arguments"),
        pytest.param(["whoami", "--sing"], {}, "No such option '--sing'", id="option"),
        pytest.param(["whoami", "--token"], {}, "Option '--token' requires an argument", id="no-value"),
        pytest.param(
            ["login", "https://x", TOKEN],
            {},
            "Got an unexpected extra argument: a session token is asked for separately\n",
            id="token-as-argument",
        ),
        pytest.param(["login", TOKEN], {}, "That looks like a session token, not like a URL", id="token-as-url"),
        pytest.param(["login", f" {TOKEN}"], {}, "That looks like a session token", id="token-and-space-as-url"),
        pytest.param(["login", f"https://{TOKEN}/"], {}, "That looks like a session token", id="token-in-url"),
        pytest.param(["whoami"], {"CODER_URL": TOKEN}, "That looks like a session token", id="token-as-url-variable"),
        pytest.param(["login", JWT], {}, "That looks like a session token", id="other-token-as-url"),
        pytest.param(["login", f" {JWT} "], {}, "That looks like a session token", id="other-token-and-space-as-url"),
        pytest.param(["login", f"https://{'ab1' * 11}"], {}, "That looks like a session token", id="hex-token-as-url"),
        pytest.param([TOKEN], {}, "No such command: that looks like a session token", id="token-as-command"),
        pytest.param([JWT], {}, "No such command: that looks like a session token", id="other-token-as-command"),
        pytest.param([f"--use-keyring={TOKEN}"], {}, f"'--use-keyring': {BOOLEANS}", id="token-as-boolean"),
        pytest.param(["--tokn=x", "whoami"], {}, "No such option '--tokn'. Did you mean '--token'", id="option-typo"),
        pytest.param(["whoami", "-z9"], {}, "No such option '-z'\n", id="letter"),
        pytest.param(["logn"], {}, "No such command 'logn'. Did you mean 'login' or 'logout'?", id="command-typo"),
        pytest.param(["login2"], {}, "No such command. Did you mean 'login'?", id="command-and-more"),
        pytest.param(
            ["keyring", "sing"],
            {},
            "No such command. The commands are list, migrate, reset, status\n",
            id="command-of-a-group",
        ),
        pytest.param(["--timeout", "x", "whoami"], {}, "it is not a number of seconds, over 0 and up to", id="seconds"),
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
    ("url", "shown"),
    [
        pytest.param("https://dev.example.com", "https://dev.example.com", id="plain"),
        pytest.param("HTTP://dev.example.com:3000/workspaces?a=hunter2#b", "http://dev.example.com:3000", id="page"),
        pytest.param("https://anna:hunter2@dev.example.com", "URL", id="password"),
        pytest.param("https://anna:12/hunter2@dev.example.com", "URL", id="password-with-a-slash"),
        pytest.param("anna:hunter2@dev.example.com", "URL", id="password-without-scheme"),
        pytest.param("ftp://hunter2", "URL", id="other-scheme"),
        pytest.param("dev.example.com", "URL", id="no-scheme"),
        pytest.param("localhost:3000", "URL", id="port"),
        pytest.param("hunter2.x", "URL", id="what-may-be-a-secret"),
    ],
)
@pytest.mark.parametrize("before", [[], ["-v"], ["keyring"]], ids=["alone", "after-an-option", "in-a-group"])
def test_a_url_as_a_command(inside: Inside, before: list[str], url: str, shown: str) -> None:
    """The command that it was meant for is named, with its origin, where no part of it can be a password."""
    run = inside.run(*before, url)
    assert (run.code, run.stdout) == (2, b"")
    assert "hunter2" not in run.stderr
    flags = "--verbose " if "-v" in before else ""
    assert run.stderr.splitlines()[-2:] == [
        "error: No such command: that looks like a URL",
        f"To log in, use: coder login {flags}{shown}",
    ]


@pytest.mark.parametrize(
    ("before", "env"),
    [
        pytest.param([], {"CODER_USE_KEYRING": "perhaps"}, id="keyring"),
        pytest.param([], {"CODER_NO_OPEN": "perhaps"}, id="flag"),
        pytest.param([], {"CODER_CONFIG_DIR": "$HOME/dev"}, id="directory"),
        pytest.param(["--global-config", "'dev'"], {}, id="directory-option"),
    ],
)
def test_a_next_step_leaves_out_what_is_wrong_itself(inside: Inside, before: list[str], env: dict[str, str]) -> None:
    """The value of an option or a variable that no command has looked at yet: it is no second error."""
    run = inside.run(*before, "https://dev.example.com", env=env)
    assert run.code == 2
    assert run.stderr.splitlines()[-2:] == [
        "error: No such command: that looks like a URL",
        "To log in, use: coder login https://dev.example.com",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the quotes of POSIX")
def test_a_next_step_repeats_an_empty_directory_as_one(inside: Inside) -> None:
    """It means the usual one, whatever the variable says, and is no name."""
    run = inside.run("--global-config=", "https://dev.example.com", env={"CODER_CONFIG_DIR": "/home/anna/dev"})
    assert run.stderr.splitlines()[-1] == "To log in, use: coder login --global-config '' https://dev.example.com"


def test_a_url_with_a_password_as_a_command(machine: Machine) -> None:
    """As a person meets it, in a process: every byte of the answer."""
    run = machine.run("https://anna:hunter2@dev.example.com")
    assert run == (
        2,
        b"",
        "Usage: coder [OPTIONS] COMMAND [ARGS]...\nTry 'coder --help' for help.\n\n"
        "error: No such command: that looks like a URL\nTo log in, use: coder login URL\n",
    )


SECRETS = [
    pytest.param("hunter2!", id="password"),
    pytest.param("SWORDFISH", id="capitals"),
    pytest.param("correct-horse-battery-staple", id="passphrase"),
    pytest.param("p4ss w0rd\u202e\x1b", id="odd-characters"),
    pytest.param(TOKEN, id="token"),
    pytest.param(TOKEN[:20], id="half-a-token"),
    pytest.param("ghp_0123456789abcdefghijABCDEFGHIJ012345", id="other-token"),
    pytest.param("0f8fad5b-d9cb-469f-a165-70867728950e", id="uuid"),
    pytest.param("0123456789abcdef" * 2, id="hexadecimal"),
    pytest.param(JWT, id="jwt"),
]
FLAGS = ["--use-keyring", "--no-open", "--allow-redirects", "--verbose", "-v"]
EVERY = ["login", "login token", "logout", "whoami", "version", *(f"keyring {name}" for name in ("status", "list"))]
PLACES = [
    "{S}",
    "-- {S}",
    "-- --url={S}",
    "keyring {S}",
    "https://anna:{S}@dev.example.com",
    "--{S} whoami",
    "--tokn={S} whoami",
    "whoami --tokn {S}",
    "whoami -x{S}",
    "whoami -h={S}",
    "--version={S}",
    "--help={S}",
    "--timeout {S} whoami",
    "whoami -o {S}",
    "whoami -o{S}",
    "keyring status --output={S}",
    "logout --yes={S}",
    "logout --local-only={S}",
    "login --replace={S}",
    "login --use-token-as-session={S}",
    *(f"whoami {flag}={{S}}" for flag in FLAGS),
    *(f"{name} {{S}} {{S}}" for name in EVERY),
    "login https://anna:{S}@dev.example.com",
    "login https://dev.example.com?{S}",
    "login https://dev.example.com/../{S}",
    "login {S}://dev.example.com",
    "login https://[{S}]",
    "--url https://anna:{S}@dev.example.com whoami",
    "--url https://anna:{S}@dev.example.com keyring list",
    "--url https://anna:{S}@dev.example.com keyring reset",
    "--url https://dev.example.com?{S} keyring migrate",
    "whoami --header {S}",
    "whoami --header X:{S}",
    "whoami --header {S}:=x",
    "whoami --header X={S}\x01",
    "whoami --url https://dev.example.com --token {S}\x01",
    "whoami --url https://dev.example.com --header-command {S}\x01",
]


def fill(line: str, secret: str) -> list[str]:
    return [word.format(S=secret) for word in line.split(" ")]


@pytest.mark.usefixtures("memory_keyring")
@pytest.mark.parametrize("secret", SECRETS)
def test_no_word_is_repeated_that_may_be_a_secret(inside: Inside, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    """Wherever it was typed; neither in the error, nor in the usage, nor in the next step."""
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://127.0.0.1:1"})
    for line in PLACES:
        run = inside.run(*fill(line, secret))
        said = (run.text + run.stderr).lower()
        assert run.code != 0 or "keyring list" in line, line  # which needs no URL
        assert secret.strip().lower() not in said, line
        assert printable(secret).lower() not in said, line


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "variable", ["CODER_URL", "CODER_USE_KEYRING", "CODER_NO_OPEN", "CODER_HEADER", "CODER_SESSION_TOKEN"]
)
def test_no_variable_is_repeated_that_may_be_a_secret(inside: Inside, variable: str, secret: str) -> None:
    """An editor's log is read by others."""
    value = f"https://anna:{secret}@dev.example.com" if variable == "CODER_URL" else f"{secret}\x01"
    run = inside.run("login", env={variable: value})
    assert run.code != 0
    assert secret.lower() not in (run.text + run.stderr).lower()


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
    """With the global options, and with examples: `tests/unit/test_help_page.py` looks closer."""
    run = inside.run(*words.split(), "--help")
    assert (run.code, run.stderr) == (0, "")
    assert "\nExamples:\n  coder " in run.text
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
