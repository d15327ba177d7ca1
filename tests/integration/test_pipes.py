"""The command between pipes: tokens from standard input, answers for scripts, names in other scripts."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from child import Child
from coder_login.commands import output, prompt
from coder_login.deployment.api import Client
from deployment import Deployment
from loopback import error

from cli import TOKEN, Inside, Machine, Run, command, finished

pytest_plugins = ["cli_fixtures"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{token}\n", id="line"),
        pytest.param("{token}", id="no-line-end"),
        pytest.param("{token}\r\n", id="windows-line-end"),
        pytest.param("  {token}\t \n", id="white-space"),
        pytest.param("{token}\nsomething else\n", id="more-lines"),
        pytest.param("\ufeff{token}\r\n", id="byte-order-mark"),
    ],
)
def test_a_token_on_standard_input(inside: Inside, deployment: Deployment, line: str) -> None:
    """One line, without the white space around it; no prompt, and no page to open."""
    token = deployment.issue_token()
    run = inside.run("login", deployment.url, input=line.format(token=token))
    assert (run.code, run.stderr) == (0, "")
    assert inside.machine.files()["session"].decode() == token


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param("", "No token on standard input", id="nothing"),
        pytest.param("\n", "No token on standard input", id="empty-line"),
        pytest.param("two words\n", "The line on standard input is not a session token: it holds", id="two-words"),
        pytest.param("x" * 300, "The line on standard input is not a session token: it has 300", id="300"),
        pytest.param("x" * 5000, "The line on standard input is not a session token: it has 4096", id="5000"),
    ],
)
def test_no_token_on_standard_input(inside: Inside, deployment: Deployment, line: str, problem: str) -> None:
    """An error that does not repeat it, and nothing sent."""
    run = inside.run("login", deployment.url, input=line)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {problem}")
    assert not line.strip() or line.strip() not in run.stderr
    assert [request.token for request in deployment.requests] == [None]
    assert inside.machine.files() == {}


@pytest.mark.parametrize("quotes", ['""', "''", "\u201c\u201d", "``"], ids=["double", "single", "curly", "back"])
@pytest.mark.parametrize("way", ["pipe", "option", "variable"])
def test_a_token_in_quotes(inside: Inside, deployment: Deployment, way: str, quotes: str) -> None:
    """As cmd keeps them; they are named, and the token is not sent."""
    text = f"{quotes[0]}{deployment.issue_token()}{quotes[1]}"
    words = {"option": ["--token", text], "variable": ["--use-token-as-session"], "pipe": []}[way]
    env = {"CODER_SESSION_TOKEN": text} if way == "variable" else {}
    run = inside.run("login", deployment.url, *words, env=env, input=text if way == "pipe" else "")
    source = {"option": "--token", "variable": "CODER_SESSION_TOKEN", "pipe": "The line on standard input"}[way]
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith(f"error: {source} has quotes around it\nLeave out the quotes: ")
    assert [request.token for request in deployment.requests if request.token] == []


@pytest.mark.parametrize("way", ["pipe", "option", "variable"])
def test_a_refused_token(inside: Inside, deployment: Deployment, way: str) -> None:
    """The next step is not the same command again."""
    words = {"option": ["--token", TOKEN], "variable": ["--use-token-as-session"], "pipe": []}[way]
    env = {"CODER_SESSION_TOKEN": TOKEN} if way == "variable" else {}
    run = inside.run("login", deployment.url, *words, env=env, input=TOKEN if way == "pipe" else "")
    source = {"option": "--token", "variable": "CODER_SESSION_TOKEN", "pipe": "the line on standard input"}[way]
    assert (run.code, run.stdout) == (1, b"")
    page = f"{deployment.url}/cli-auth"
    assert run.stderr.endswith(f"\nThat was the token of {source}: copy a new one from {page}\n")


def test_an_empty_variable_is_not_waited_for(machine: Machine, deployment: Deployment) -> None:
    """An editor that has no token gives an empty one, and keeps standard input open: an error at once."""
    with machine.start("login", deployment.url, "--use-token-as-session", env={"CODER_SESSION_TOKEN": ""}) as process:
        process.wait()  # its standard input stays open
        run = finished(process)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        "error: CODER_SESSION_TOKEN is empty\nSet it to the token that is to be stored, or run this in a terminal.\n"
    )
    assert deployment.requests == []


@pytest.mark.parametrize("stdin", [subprocess.PIPE, subprocess.DEVNULL], ids=["empty-pipe", "null-device"])
def test_nothing_to_read_does_not_hang(machine: Machine, deployment: Deployment, stdin: int) -> None:
    """An editor gives the null device; Windows says that it is a terminal, and no key will ever be pressed."""
    words, env, pipe = [*command(), "login", deployment.url], machine.environment(), subprocess.PIPE
    with Child(words, env=env, stdin=stdin, stdout=pipe, stderr=pipe) as process:
        run = finished(process)
    assert run == (
        1,
        b"",
        "error: No token on standard input\n"
        f"Run this in a terminal, or pipe one in, as shown by {deployment.url}/cli-auth\n",
    )


def test_a_pipe_that_stays_open_does_not_hang(machine: Machine, deployment: Deployment) -> None:
    """A line is enough: its writer need not end."""
    with machine.start("login", deployment.url) as process:
        assert process.stdin
        process.stdin.write(f"{deployment.issue_token()}\n".encode())
        process.stdin.flush()
        assert process.wait() == 0


def test_no_standard_input_at_all(inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `<&-` in a shell, or a program without a console."""
    monkeypatch.setattr(sys, "stdin", None)
    run = inside.run("login", deployment.url, input=None)
    assert run.code == 1
    assert run.stderr.startswith("error: No token on standard input")


UNCONFIRMED = "error: This must be confirmed, and there is no terminal to ask on\nConfirm with"


def test_a_logout_asks_nobody_without_a_terminal(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no answer from a pipe, and names the way without a question."""
    before = inside.machine.keep("https://dev.example.com", TOKEN)
    monkeypatch.setattr(sys, "stdin", None)
    for input in ("y\n", None):
        assert inside.run("logout", input=input) == (1, b"", f"{UNCONFIRMED} --yes\n")
    assert inside.machine.files() == before


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_warning_reads_like_the_others(machine: Machine) -> None:
    """Not as Python prints it, with a file and a line of the program."""
    machine.keep("https://dev.example.com", TOKEN)
    path = machine.directory / "session"
    path.chmod(0o644)
    run = machine.run("login", "token")
    assert (run.code, run.text) == (0, f"{TOKEN}\n")
    assert run.stderr == f"warning: Other users can read {path}\nClose it to them with: chmod 600 {path}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_warning_is_given_once(machine: Machine) -> None:
    """However often a command looks at the files."""
    machine.keep("https://dev.example.com", TOKEN)
    machine.directory.chmod(0o777)
    run = machine.run("logout", "--local-only", "--yes")
    assert (run.code, run.stderr.count("warning: ")) == (0, 1)


def test_no_colours_in_a_pipe(machine: Machine) -> None:
    """Nor long lines that are broken."""
    run = machine.run("whoami", env={"TERM": "xterm", "COLUMNS": "30"})
    assert run.stderr == "error: No deployment is named\nGive --url URL, or log in with: coder login URL\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        pytest.param("utf-8", "Zoë 日本\\u202e".encode(), id="utf-8"),
        pytest.param("cp1252", b"Zo\xeb \\u65e5\\u672c\\u202e", id="cp1252"),
    ],
)
def test_names_in_other_scripts(machine: Machine, encoding: str, shown: bytes) -> None:
    """What the encoding can't carry is escaped, and so is what would reorder the line."""
    with Deployment(username="Zoë 日本\u202e") as deployment:
        env = {"PYTHONIOENCODING": encoding}
        run = machine.run("login", deployment.url, env=env, input=deployment.issue_token())
        assert (run.code, run.stderr) == (0, "")
        assert b" as " + shown + b". The token" in run.stdout
        assert machine.run("whoami", env=env).stdout.rstrip() == shown + f" at {deployment.url}".encode()


def run_for_nobody(machine: Machine, *words: str) -> Run:
    """The command, with an answer whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    with machine.start(*words, stdout=write) as process:
        os.close(write)
        return finished(process)


ANSWERS = pytest.mark.parametrize(
    "words",
    [["login", "token"], ["version"], ["--version"], ["--help"], ["login", "--help"], ["keyring", "status", "--help"]],
    ids=" ".join,
)


@ANSWERS
def test_an_answer_that_nobody_takes(machine: Machine, words: list[str]) -> None:
    """It is an error of one line, not a bug and not a traceback."""
    machine.keep("https://dev.example.com", TOKEN)
    run = run_for_nobody(machine, *words)
    assert run.code == 1
    assert run.stderr.startswith("error: The answer could not be written: ")
    assert run.stderr.endswith("Check where standard output goes.\n")
    assert run.stderr.count("\n") == 2


def test_what_is_done_stays_done_when_nobody_takes_the_answer(machine: Machine, deployment: Deployment) -> None:
    """And is said: the session of a login is stored, and its key not revoked; that of a logout is revoked and gone."""
    token = deployment.issue_token()
    run = run_for_nobody(machine, "login", deployment.url, "--token", token)
    assert run.code == 1
    assert run.stderr.startswith(
        f"error: Logged in to {deployment.url} as alex. The token is kept in the file {machine.directory / 'session'}. "
        "But the answer could not be written: "
    )
    assert deployment.valid_tokens() == {token, machine.files()["session"].decode()}
    run = run_for_nobody(machine, "logout", "-y")
    assert run.code == 1
    assert run.stderr.startswith(f"error: Logged out of {deployment.url}. But the answer could not be written: ")
    assert (deployment.valid_tokens(), machine.files()) == ({token}, {})


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device on this system")


@FULL
@ANSWERS
def test_an_answer_that_does_not_fit(machine: Machine, words: list[str]) -> None:
    """A full disk is not success."""
    machine.keep("https://dev.example.com", TOKEN)
    with open("/dev/full", "wb") as full, machine.start(*words, stdout=full) as process:  # Wine has that device, too
        run = finished(process)
    said = "error: The answer could not be written: No space left on device\nCheck where standard output goes.\n"
    assert (run.code, run.stderr) == (1, said)


@FULL
@pytest.mark.parametrize("option", ["-v", "--no-open"], ids=["verbose", "quiet"])
def test_words_beside_the_answer_that_do_not_fit(machine: Machine, deployment: Deployment, option: str) -> None:
    """What can't be said stops nothing: the logout goes through, and its answer is written."""
    machine.keep(deployment.url, deployment.issue_token())
    env = {"CODER_SESSION_TOKEN": TOKEN}
    with open("/dev/full", "wb") as full, machine.start("logout", "-y", option, env=env, stderr=full) as process:
        run = finished(process)
    assert (run.code, run.text) == (0, f"Logged out of {deployment.url}.\n")
    assert (deployment.valid_tokens(), machine.files()) == (set(), {})


@pytest.mark.parametrize("words", [["login", "token"], ["--help"], ["keyring", "list", "-o", "json"]], ids=" ".join)
@pytest.mark.usefixtures("memory_keyring")
def test_no_standard_output_at_all(inside: Inside, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Exit code 0 would mean that the answer was written."""
    inside.machine.keep("https://dev.example.com", TOKEN)
    monkeypatch.setattr(sys, "stdout", None)
    run = inside.run(*words)
    assert run.code == 1
    assert run.stderr == (
        "error: The answer could not be written: standard output is closed\nCheck where standard output goes.\n"
    )


def run_without(machine: Machine, handle: int, *words: str, env: Mapping[str, str] | None = None) -> Run:
    """The command, started with one of its standard handles closed."""
    script = f'exec "$@" {handle}>&-'
    process = Child(
        ["sh", "-c", script, "sh", *command(), *words],
        env=machine.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        return finished(process)


POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a shell that closes handles")


@POSIX_ONLY
@pytest.mark.parametrize("words", [["login", "token"], ["version"], ["--help"]], ids=" ".join)
def test_a_closed_standard_output(machine: Machine, words: list[str]) -> None:
    """As a process: a script that reads an empty answer must not think that it is one."""
    machine.keep("https://dev.example.com", TOKEN)
    run = run_without(machine, 1, *words)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: The answer could not be written: standard output is closed\n")


@POSIX_ONLY
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files on this system")
@pytest.mark.parametrize("handle", [1, 2], ids=["output", "error"])
def test_a_closed_handle_is_taken_by_nothing_else(machine: Machine, deployment: Deployment, handle: int) -> None:
    """The next file or connection that is opened would get its number, and what a header command says there."""
    machine.keep(deployment.url, deployment.issue_token())
    run_without(machine, handle, "whoami", "--header-command", "echo X-Place=$(readlink /proc/$PPID/fd/2)")
    if handle == 2:
        assert deployment.requests[-1].headers["X-Place"] == "/dev/null"
    run_without(machine, handle, "whoami", "--header-command", "echo X-Place=$(readlink /proc/$PPID/fd/1)")
    if handle == 1:
        assert deployment.requests[-1].headers["X-Place"] == "/dev/null"


@POSIX_ONLY
@pytest.mark.parametrize("words", [["login", "token"], ["whoami"], ["whoami", "-o", "json"]], ids=" ".join)
def test_a_part_of_an_answer_is_no_answer(machine: Machine, deployment: Deployment, words: list[str]) -> None:
    """Unbuffered, a full disk takes a part of a text: ten bytes here."""
    machine.keep(deployment.url, deployment.issue_token())
    full = machine.home / "answers"
    full.write_bytes(b"x" * (512 * 2 - 10))
    with full.open("ab") as stdout:
        process = Child(
            ["sh", "-c", 'ulimit -f 2; exec "$@"', "sh", *command(), *words],
            env=machine.environment({"PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
        )
        with process:
            run = finished(process)
    assert run.code == 1
    assert run.stderr.startswith("error: The answer could not be written: ")


@POSIX_ONLY
def test_a_pipe_that_takes_nothing(machine: Machine) -> None:
    """Unbuffered and not blocking, a full one takes no byte, and does not say so."""
    machine.keep("https://dev.example.com", TOKEN)
    read, write = os.pipe()
    if sys.platform != "win32":
        os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    with machine.start("login", "token", stdout=write, env={"PYTHONUNBUFFERED": "1"}) as process:
        run = finished(process)
    os.close(read)
    os.close(write)
    assert run.code == 1
    assert run.stderr.startswith("error: The answer could not be written: ")


@pytest.mark.parametrize("instruction", ["bash_source", "bash_complete"])
def test_a_completion_that_can_not_be_written(machine: Machine, instruction: str) -> None:
    """It is click that prints it: no bug all the same, and not success."""
    env = {"_CODER_COMPLETE": instruction, "COMP_WORDS": "coder log", "COMP_CWORD": "1"}
    read, write = os.pipe()
    os.close(read)
    with machine.start(env=env, stdout=write) as process:
        os.close(write)
        run = finished(process)
    assert run.code == 1
    assert run.stderr == "" or "error: The answer could not be written: " in run.stderr  # click is silent of EPIPE
    if sys.platform != "win32":
        run = run_without(machine, 1, env=env)
        assert (run.code, run.stdout) == (1, b"")
        assert run.stderr.startswith("error: The answer could not be written: standard output is closed\n")


class Broken(io.RawIOBase):
    """A file that can't be read, as a terminal that another job has."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(5, "Input/output error")


def test_a_standard_input_that_can_not_be_read(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no token on it, which is no bug."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))
    run = inside.run("login", deployment.url, input=None)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: No token on standard input\n")


@pytest.mark.parametrize("problem", [OSError(11, "no process"), webbrowser.Error("no browser")], ids=["system", "none"])
def test_a_browser_that_can_not_be_started(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """The page is named for the person to open."""

    def fail() -> None:
        raise problem

    token = deployment.issue_token()
    monkeypatch.setattr(webbrowser, "get", fail)
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setattr(prompt, "read_hidden_line", lambda question: token)
    run = inside.run("login", deployment.url)
    assert run.code == 0
    assert "Open in your browser:\n" in run.stderr


def test_a_question_on_a_terminal_that_fails(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that another job has, and no shell gives back: nobody is there, which is no bug.

    The option that answers the question is that command's own.
    """

    def fail(prompt: str) -> str:
        raise OSError(5, "Input/output error")

    inside.machine.keep(deployment.url.replace("http:", "https:"), TOKEN)
    monkeypatch.setattr(click.termui, "visible_prompt_func", fail)
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    for words, option in (["logout"], "--yes"), (["login", deployment.url, "--token", TOKEN], "--replace"):
        run = inside.run(*words)
        assert (run.code, run.stdout) == (1, b"")
        assert run.stderr.endswith(f"{UNCONFIRMED} {option}\n")


def test_a_local_logout_whose_answer_nobody_takes(machine: Machine, deployment: Deployment) -> None:
    """What is done is in the error; of a session without a deployment, too."""
    machine.keep(deployment.url, deployment.issue_token())
    run = run_for_nobody(machine, "logout", "-y", "--local-only")
    assert run.stderr.startswith(f"error: Forgot the session for {deployment.url}. It was not revoked: ")
    machine.keep(deployment.url, deployment.issue_token())
    (machine.directory / "url").unlink()
    run = run_for_nobody(machine, "logout", "-y", "--local-only")
    assert run.stderr.startswith(f"error: Forgot what was in the file {machine.directory / 'session'}. ")
    assert machine.files() == {}


def test_what_else_a_login_has_done_is_said_too(machine: Machine, deployment: Deployment) -> None:
    """Whether or not anybody takes its answer."""
    machine.keep("https://other.example.com", TOKEN)
    run = run_for_nobody(machine, "login", deployment.url, "--token", deployment.issue_token())
    assert "warning: The plaintext session of https://other.example.com was replaced" in run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_warning_stays_a_warning(machine: Machine) -> None:
    """PYTHONWARNINGS is for those who develop: made an error, one would stop a command half-way."""
    machine.keep("https://dev.example.com", TOKEN)
    (machine.directory / "session").chmod(0o644)
    run = machine.run("login", "token", env={"PYTHONWARNINGS": "error"})
    assert (run.code, run.text) == (0, f"{TOKEN}\n")
    assert run.stderr.startswith("warning: Other users can read ")


def test_a_warning_of_another_package_is_for_its_developers(machine: Machine) -> None:
    """PYTHONWARNINGS makes no error of it, nor is it shown."""
    script = (
        "import warnings\n"
        "from coder_login import __main__ as program\n"
        "from coder_login.commands import output\n"
        "real = output.answer\n"
        "output.answer = lambda text: (warnings.warn('old', DeprecationWarning), real(text))\n"
        "program.main(['version'])\n"
    )
    env, pipe = machine.environment({"PYTHONWARNINGS": "error"}), subprocess.PIPE
    with Child([sys.executable, "-c", script], env=env, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        run = finished(process)
    assert (run.code, run.stderr) == (0, "")


# What a server says.


@pytest.mark.parametrize("token", [None, "s3cret", "x.y"], ids=["usual", "of-another-form", "short"])
def test_a_server_that_says_the_token(machine: Machine, token: str | None) -> None:
    """As the user's name, or in an error: it is printed by no command, as text or as JSON."""
    with Deployment() as deployment:
        token = deployment.issue_token(token)
        deployment.user["username"] = f"<{token}>"
        machine.keep(deployment.url, token)
        text, value = machine.run("whoami"), machine.run("whoami", "-o", "json")
        assert text == (0, text.stdout, "")
        assert text.text == f"<[hidden]> at {deployment.url}\n"
        assert json.loads(value.stdout)[0]["username"] == "<[hidden]>"
        run = machine.run("login", deployment.url, input=token)
        assert run.text.startswith(f"Logged in to {deployment.url} as <[hidden]>. ")
        deployment.answer("POST", "users/logout", error(500, f"No {token.upper()}.", token))
        run = machine.run("logout", "-y", "-v")
        assert "[hidden]" in run.stderr
        assert token.lower() not in (run.stderr + run.text).lower()


def test_a_token_is_hidden_in_its_own_run_alone(inside: Inside, deployment: Deployment) -> None:
    """What another run's token was is a word like others."""
    inside.run("whoami", "--url", deployment.url, "--token", "s3cret")
    deployment.user["username"] = "s3cret"
    inside.machine.keep(deployment.url, deployment.issue_token())
    assert inside.run("whoami").text == f"s3cret at {deployment.url}\n"


def test_a_server_that_says_a_header(inside: Inside, deployment: Deployment) -> None:
    """It is as secret as a token; in every text about the user, as text and as JSON."""
    inside.machine.keep(deployment.url, deployment.issue_token())
    secret = "open-sesame"
    deployment.user |= {"username": f"<{secret}>", "id": secret, "organization_ids": [secret]}
    deployment.user["roles"] = [{"name": secret, "organization_id": secret}]
    words = ["whoami", "--header", f"X-Gate={secret}"]
    assert inside.run(*words).text == f"<[hidden]> at {deployment.url}\n"
    (answer,) = json.loads(inside.run(*words, "-o", "json").stdout)
    assert answer == {
        "url": deployment.url,
        "username": "<[hidden]>",
        "user_id": "[hidden]",
        "organization_ids": ["[hidden]"],
        "roles": {"[hidden]": ["[hidden]"]},
    }


def test_a_bug_in_a_revocation_does_not_hide_that_the_session_is_stored(
    inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come after the revocation: what is left is said, and how to finish it."""
    inside.machine.keep(deployment.url, deployment.issue_token())

    def fail(*_: object) -> None:
        raise RuntimeError(f"unexpected {TOKEN}")

    monkeypatch.setattr(Client, "logout", fail)
    run = inside.run("logout", "-y")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        f"error: An unforeseen RuntimeError: {deployment.url} may have revoked the session, and it is still stored in "
        f"the file {inside.machine.directory / 'session'}\nFinish it with: coder logout --url {deployment.url}\n"
    )


def test_a_bug_does_not_show_a_token(inside: Inside, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of an exception that nobody foresaw is not printed, nor is a traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError(f"unexpected {TOKEN}")

    monkeypatch.setattr(Client, "identify", fail)
    run = inside.run("login", deployment.url, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: An unforeseen RuntimeError in test_pipes.py, line ")
    assert run.stderr.endswith("This is a bug in the command: please report it.\n")
    assert TOKEN not in run.stderr
