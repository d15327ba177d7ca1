"""The command on a terminal: what a person sees, types, and does not see."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from child import TIMEOUT
from deployment import Deployment
from loopback import Answer, json_answer
from terminal import Terminal

from cli import TOKEN, Machine, command

if sys.platform == "win32":
    pytest.skip("a terminal of Windows can't be driven from here", allow_module_level=True)

pytest_plugins = ["cli_fixtures"]

PROMPT = "Paste your token here: "

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(machine: Machine) -> Iterator[Open]:
    """Opens terminals, and closes them in the end."""
    opened: list[Terminal] = []

    def start(*arguments: str, **options: Any) -> Terminal:
        settings = {name: options.pop(name) for name in list(options) if name.isupper()}
        words, environment = [*command(), *arguments], machine.environment(settings)
        opened.append(Terminal(words, environment, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def plain(text: str) -> str:
    """*text* without its colours."""
    return text.replace("\x1b[31m\x1b[1m", "").replace("\x1b[33m\x1b[1m", "").replace("\x1b[0m", "")


def test_the_token_is_not_seen(terminal: Open, deployment: Deployment, machine: Machine) -> None:
    """The page's URL, a prompt, and no echo of what is pasted."""
    token = deployment.issue_token()
    one = terminal("login", "--no-open", deployment.url)
    one.expect(PROMPT)
    one.type(f"{token}\n")
    assert one.end() == 0
    assert one.seen == (
        f"Open in your browser:\n\n    {deployment.url}/cli-auth\n\n{PROMPT}\n"
        f"Logged in to {deployment.url} as alex. The token is kept in the file {machine.directory / 'session'}.\n"
    )
    assert machine.files()["session"].decode() == token


def test_a_refused_token_is_asked_for_again(terminal: Open, deployment: Deployment, machine: Machine) -> None:
    """With the reason: what can't be a token, then what the deployment does not take; white space beside it is not."""
    token = deployment.issue_token()
    one = terminal("login", "--no-open", deployment.url)
    one.expect(PROMPT)
    for times, line in enumerate(("", "two words", TOKEN), start=2):
        one.type(f"{line}\n")
        one.expect(PROMPT, times)
    one.type(f" \t{token}  \n")
    assert one.end() == 0
    seen = plain(one.seen)
    assert "error: That is not a session token: it holds white space, a control character or a non-ASCII one\n" in seen
    assert f"error: {deployment.url} answered 401 Unauthorized: You are signed out" in seen
    assert seen.count("Paste another one, or press Ctrl-C to stop.\n") == 3
    assert TOKEN not in seen
    assert machine.files()["session"].decode() == token


def test_a_server_that_is_gone_is_not_a_wrong_token(terminal: Open, deployment: Deployment) -> None:
    """There is no sense in asking again."""
    deployment.answer("GET", "users/me", Answer(drop=True))
    one = terminal("login", "--no-open", deployment.url)
    one.expect(PROMPT)
    one.type(f"{TOKEN}\n")
    assert one.end() == 1
    assert plain(one.seen).endswith(
        f"error: {deployment.url}/api/v2/users/me: the server hung up without an answer\nTry again.\n"
    )


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [
        pytest.param("\x04", 1, "error: No token was given\nRun this again, and paste one.\n", id="end-of-input"),
        pytest.param("\x03", 130, "error: Interrupted\n", id="ctrl-c"),
    ],
)
def test_the_prompt_can_be_left(terminal: Open, deployment: Deployment, key: str, code: int, said: str) -> None:
    """At the end of input and at Ctrl-C; the terminal echoes again afterwards."""
    one = terminal("login", "--no-open", deployment.url)
    one.expect(PROMPT)
    one.type(key)
    assert one.end() == code
    assert plain(one.seen).endswith(said)
    assert [request.token for request in deployment.requests] == [None]


@pytest.mark.parametrize(
    ("options", "env", "piped", "opens"),
    [
        pytest.param([], {}, False, True, id="terminal"),
        pytest.param(["--no-open"], {}, False, False, id="no-open"),
        pytest.param([], {"CODER_NO_OPEN": "1"}, False, False, id="variable"),
        pytest.param(["--no-open=false"], {"CODER_NO_OPEN": "1"}, False, True, id="option-over-variable"),
        pytest.param([], {}, True, False, id="piped-output"),
    ],
)
def test_the_browser(
    terminal: Open, tmp_path: Path, options: list[str], env: Mapping[str, str], piped: bool, opens: bool
) -> None:
    """Opened at the page below the base path, when somebody sees the output and has not forbidden it."""
    log = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >"{log}"\n')
    browser.chmod(0o755)
    with Deployment(base_path="/base") as deployment:
        one = terminal("login", *options, deployment.url, piped=piped, BROWSER=str(browser), **env)
        one.expect(PROMPT)
        one.type(f"{deployment.issue_token()}\n")
        assert one.end() == 0
    said = "Your browser was asked to open" if opens else "Open in your browser"
    assert f"{said}:\n\n    {deployment.url}/cli-auth\n\n" in one.seen
    assert deployment.url.endswith("/base")
    assert opened_by(log) == f"{deployment.url}/cli-auth\n" if opens else not log.exists()


def opened_by(log: Path) -> str:
    """What a browser has written: nobody waits for it."""
    deadline = time.monotonic() + TIMEOUT
    while not (log.exists() and log.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return log.read_text()


@pytest.mark.parametrize("name", ["w3m", "lynx", "links", "elinks", "www-browser", "lynx.exe"])
@pytest.mark.parametrize("form", ["{}", "{} %s", "{} -x %s &"], ids=["name", "command", "background"])
def test_a_browser_in_the_terminal_is_not_started(
    terminal: Open, deployment: Deployment, tmp_path: Path, name: str, form: str
) -> None:
    """It would take the terminal, and the token that is pasted into it."""
    browser, log = tmp_path / name, tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" >"{log}"\n')
    browser.chmod(0o755)
    one = terminal("login", deployment.url, BROWSER=form.format(browser))
    one.expect(PROMPT)
    one.type(f"{deployment.issue_token()}\n")
    assert one.end() == 0
    assert f"Open in your browser:\n\n    {deployment.url}/cli-auth\n\n" in one.seen
    assert not log.exists()


def test_a_browser_has_no_terminal_of_ours(terminal: Open, deployment: Deployment, tmp_path: Path) -> None:
    """Whatever a script starts, it can neither read what is typed nor write between our lines, nor keep us waiting."""
    browser, log = tmp_path / "browser", tmp_path / "opened"
    look = "echo noise; (: </dev/tty) 2>/dev/null && echo terminal; read line && echo $line; test -t 2 && echo error"
    browser.write_text(f'#!/bin/sh\n({look}) >"{log}.part"\nmv "{log}.part" "{log}"\nsleep 60\n')
    browser.chmod(0o755)
    one = terminal("login", deployment.url, BROWSER=str(browser))
    one.expect(PROMPT)
    assert opened_by(log) == "noise\n"
    one.type(f"{deployment.issue_token()}\n")
    assert one.end() == 0


# Job control.


# A shell with one job: it gives it the terminal, takes it back with the echo on when the job stops, and, for each line
# that is typed, sends the job on: in the foreground for `fg`, in the background for `bg`; for `kill` it ends it.
SHELL = """
import fcntl, os, select, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP):
    signal.signal(number, signal.SIG_IGN)
modes = termios.tcgetattr(0)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    echo = bool(termios.tcgetattr(0)[3] & termios.ECHO)
    termios.tcsetattr(0, termios.TCSADRAIN, modes)
    if not os.WIFSTOPPED(status):
        left = bool(select.select([0], [], [], 0)[0])
        print(f"[ended {os.waitstatus_to_exitcode(status)} echo {echo}]\\n[left {left}]", flush=True)
        break
    print(f"[stopped {signal.Signals(os.WSTOPSIG(status)).name} echo {echo}]", flush=True)
    word = input()
    if word == "fg":
        os.tcsetpgrp(0, job)
    if word == "kill":
        os.kill(job, signal.SIGTERM)
    os.kill(job, signal.SIGCONT)
"""


def test_what_was_typed_before_the_prompt_is_no_token(terminal: Open, deployment: Deployment) -> None:
    """It was echoed, and was not meant as an answer."""
    deployment.answer("GET", "users/first", replace(json_answer({"message": "There is one."}), delay=1))
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.type("early\n")
    one.expect("early\n")
    one.expect(PROMPT)
    one.type(f"{deployment.issue_token()}\n")
    one.expect("[ended 0 echo True]\n")
    assert "error" not in one.seen


def test_the_rest_of_a_paste_is_not_for_the_shell(terminal: Open, deployment: Deployment) -> None:
    """It would run it as a command."""
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    one.type(f"{deployment.issue_token()}\nrm -rf x\n")
    one.expect("[ended 0 echo True]\n[left False]\n")
    assert "rm -rf" not in one.seen


def test_a_stop_at_the_prompt(terminal: Open, deployment: Deployment, machine: Machine) -> None:
    """Ctrl-Z leaves the terminal as it was; gone on with, the prompt is there again, and what is pasted is not seen."""
    token = deployment.issue_token()
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    for times in (1, 2, 3):
        one.expect(PROMPT, times)
        one.type("half of a paste\x1a")
        one.expect("[stopped SIGTSTP echo True]\n", times)
        one.type("fg\n")
    one.expect(PROMPT, 4)
    one.type(f"{token}\n")
    one.expect("[ended 0 echo True]\n")
    assert token not in one.seen
    assert "half" not in one.seen
    assert machine.files()["session"].decode() == token


def test_a_stop_and_a_start_in_the_background(terminal: Open, deployment: Deployment) -> None:
    """It waits for the terminal, as a read does; the state that it finds there meanwhile is another program's."""
    token = deployment.issue_token()
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    one.type("\x1a")
    one.expect("[stopped SIGTSTP echo True]\n")
    one.type("bg\n")
    one.expect("[stopped SIGTTIN echo True]\n")
    one.type("fg\n")
    one.expect(PROMPT, 2)
    one.type(f"{token}\n")
    one.expect("[ended 0 echo True]\n")
    assert token not in one.seen


@pytest.mark.parametrize("stops", [["\x1a"], ["\x1a", "bg"]], ids=["stopped", "in-the-background"])
def test_a_stopped_prompt_that_is_ended(terminal: Open, deployment: Deployment, stops: list[str]) -> None:
    """It goes, and does not ask first; the terminal is the shell's."""
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    one.type(stops[0])
    one.expect("[stopped SIGTSTP echo True]\n")
    for word in stops[1:]:
        one.type(f"{word}\n")
        one.expect("[stopped SIGTTIN echo True]\n")
    one.type("kill\n")
    one.expect("[ended 143 echo True]\n")
    assert one.seen.count(PROMPT) == 1


def test_a_stop_that_can_not_be_seen_coming(terminal: Open, deployment: Deployment) -> None:
    """After SIGSTOP the echo is off, until the shell mends it; then it is switched off once more."""
    token = deployment.issue_token()
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    os.kill(foreground_of(one), signal.SIGSTOP)
    one.expect("[stopped SIGSTOP echo False]\n")
    one.type("fg\n")
    one.expect(PROMPT, 2)
    one.type(f"{token}\n")
    one.expect("[ended 0 echo True]\n")
    assert token not in one.seen


@pytest.mark.parametrize(
    "number", [signal.SIGQUIT, signal.SIGUSR1, signal.SIGXCPU, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_signal_that_ends_the_prompt(terminal: Open, deployment: Deployment, number: signal.Signals) -> None:
    """Whatever it is, the terminal echoes afterwards, and the exit is the signal's."""
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    os.kill(foreground_of(one), number)
    code = 128 + number if number in (signal.SIGTERM, signal.SIGHUP) else -number
    one.expect(f"[ended {code} echo True]\n")


@pytest.mark.parametrize("key", ["\x03", "\x04", "\x1c"], ids=["ctrl-c", "end-of-input", "ctrl-backslash"])
def test_a_key_that_ends_the_prompt(terminal: Open, deployment: Deployment, key: str) -> None:
    """The terminal echoes afterwards."""
    one = terminal("login", "--no-open", deployment.url, script=SHELL)
    one.expect(PROMPT)
    one.type(key)
    one.expect(" echo True]\n")


def foreground_of(terminal: Terminal) -> int:
    """The job that has the terminal."""
    return os.tcgetpgrp(terminal.master)


def test_an_error_is_red(terminal: Open) -> None:
    """Unless NO_COLOR is set; below 30 columns it is left to the terminal to break the lines."""
    said = "error: No deployment is named\nGive --url URL, or log in with: coder login URL\n"
    one, other = terminal("whoami"), terminal("whoami", columns=20, NO_COLOR="1")
    assert (one.end(), other.end()) == (1, 1)
    assert (one.seen, other.seen) == (said.replace("error", "\x1b[31m\x1b[1merror\x1b[0m", 1), said)


def test_a_narrow_terminal(terminal: Open, deployment: Deployment, machine: Machine) -> None:
    """Lines end between words, and no URL or path is cut in two."""
    one = terminal("login", "--no-open", deployment.url, columns=30, NO_COLOR="1")
    one.expect(PROMPT)
    one.type(f"{TOKEN}\n")
    one.expect(PROMPT, 2)
    one.type(f"{deployment.issue_token()}\n")
    assert one.end() == 0
    lines = one.seen.splitlines()
    assert all(len(line) <= 30 or " " not in line.strip() for line in lines), lines
    assert str(machine.directory / "session") in one.seen
    assert "error: " in one.seen


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        pytest.param("y\n", 0, "", id="yes"),
        pytest.param("\n", 0, "", id="enter"),
        pytest.param("n\n", 1, "error: Nothing was done: the session is still stored, and was not revoked\n", id="no"),
        pytest.param("\x03", 130, "error: Interrupted\n", id="ctrl-c"),
    ],
)
def test_a_logout_asks(
    terminal: Open, deployment: Deployment, machine: Machine, answer: str, code: int, said: str
) -> None:
    """Though its answer goes elsewhere; without a yes it does nothing."""
    token = deployment.issue_token()
    before = machine.keep(deployment.url, token)
    one = terminal("logout", piped=True)
    one.expect(f"Log out of {deployment.url}? [Y/n]: ")
    one.type(answer)
    assert one.end() == code
    assert plain(one.seen).endswith(said)
    assert one.process.stdout
    assert one.process.stdout.read() == (b"" if code else f"Logged out of {deployment.url}.\n".encode())
    assert deployment.is_valid(token) is (code != 0)
    assert machine.files() == ({} if code == 0 else before)


@pytest.mark.parametrize(
    ("answer", "code"),
    [pytest.param("y\n", 0, id="yes"), pytest.param("\n", 1, id="enter")],
)
def test_another_origin_on_the_same_host_is_asked_about(
    terminal: Open, deployment: Deployment, machine: Machine, answer: str, code: int
) -> None:
    """Before any request; without a yes, the session of the other scheme stays."""
    other = deployment.url.replace("http:", "https:")
    before = machine.keep(other, TOKEN)
    one = terminal("login", "--no-open", deployment.url, piped=True)
    one.expect(f"Replace the session for {other}? [y/N]: ")
    assert deployment.requests == []
    one.type(answer)
    if code == 0:
        one.expect(PROMPT)
        one.type(f"{deployment.issue_token()}\n")
    assert one.end() == code
    assert (machine.files() == before) is (code != 0)
