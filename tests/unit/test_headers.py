"""Custom headers: their form, the command that prints them, and that no error shows a value."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest
from coder_login.deployment import header_command
from coder_login.deployment.errors import HeaderError, HeaderFault
from coder_login.deployment.header_command import run_header_command
from coder_login.deployment.headers import join_headers, parse_header, parse_header_line

from cli import TOKEN

SECRET = "open sesame"
URL = "https://dev.example.com"


def provoke(text: str) -> HeaderError:
    with pytest.raises(HeaderError) as caught:
        parse_header(text, "--header")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("text", "header"),
    [
        pytest.param("X-Gate=open", ("X-Gate", "open"), id="plain"),
        pytest.param("X-Gate=a=b==", ("X-Gate", "a=b=="), id="equals-in-value"),
        pytest.param("X-Gate=", ("X-Gate", ""), id="empty"),
        pytest.param(" X-Gate = a, b; c ", ("X-Gate", "a, b; c"), id="spaces-and-commas"),
        pytest.param("X-Gate=a\tb", ("X-Gate", "a\tb"), id="tab"),
        pytest.param("X-Gate=\xe4", ("X-Gate", "\xe4"), id="latin-1"),
        pytest.param("X-Gate=\xa1\xff", ("X-Gate", "\xa1\xff"), id="first-and-last-of-latin-1"),
        pytest.param("x!#$%&'*+-.^_`|~9=y", ("x!#$%&'*+-.^_`|~9", "y"), id="symbols"),
    ],
)
def test_a_header_is_taken_whole(text: str, header: tuple[str, str]) -> None:
    """Everything after the first = is the value."""
    assert parse_header(text, "--header") == header


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        pytest.param(SECRET, "without a =", id="no-equals"),
        pytest.param("", "without a =", id="nothing"),
        pytest.param(f"={SECRET}", "without a name", id="no-name"),
        pytest.param("\xc4=1", "without a name", id="non-ascii-name"),
    ],
)
def test_a_header_without_its_parts(text: str, fact: str) -> None:
    """What is missing is said, and what is there is not."""
    problem = provoke(text)
    assert (problem.message, problem.fault) == (f"--header has a header {fact}", HeaderFault.FORM)


@pytest.mark.parametrize("text", [f"Authorization: {SECRET}==", "X Gate=1", f"{SECRET}:=1", f"{TOKEN} x=1"])
def test_a_name_that_is_none(text: str) -> None:
    """No part of it is shown: it can be a value that stands in the wrong place."""
    problem = provoke(text)
    assert problem.message == "--header has a header with a character in its name that none may have"
    assert problem.fault is HeaderFault.FORM


@pytest.mark.parametrize(
    "character", ["\r\nX-Other: 1", "\x00", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\u0100", "\u20ac"], ids=ascii
)
def test_a_value_that_no_header_can_carry(character: str) -> None:
    """Control characters, and what Latin-1 does not have."""
    problem = provoke(f"X-Gate={SECRET}{character}")
    assert problem.message == "--header has a control character, or one beyond Latin-1, in the header X-Gate"
    problem = provoke(f"{TOKEN}={SECRET}{character}")
    assert problem.message == "--header has a control character, or one beyond Latin-1"
    assert problem.fault is HeaderFault.FORM


@pytest.mark.parametrize("name", ["Coder-Session-Token", "coder-session-token", "HOST", "Content-Length"])
def test_a_header_that_the_command_sets_itself(name: str) -> None:
    """In any case of letters."""
    problem = provoke(f"{name}={SECRET}")
    assert problem.message == f"--header sets {name}"
    assert problem.fault is HeaderFault.RESERVED


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("A=1,B=2", [("A", "1"), ("B", "2")], id="two"),
        pytest.param('A=1,"B=2, with a comma"', [("A", "1"), ("B", "2, with a comma")], id="quoted"),
        pytest.param('"A=say ""hi"""', [("A", 'say "hi"')], id="quote-in-quotes"),
    ],
)
def test_a_csv_line(line: str, expected: list[tuple[str, str]]) -> None:
    """As CODER_HEADER has it."""
    assert parse_header_line(line, "CODER_HEADER") == expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f'"A={SECRET}', id="open-quote"),
        pytest.param(f'"A="{SECRET}', id="after-quote"),
        pytest.param(f"A=1\nB={SECRET}", id="two-lines"),
        pytest.param(f"A={SECRET}\n", id="line-feed-at-the-end"),
        pytest.param(f"A={SECRET}\r", id="carriage-return-at-the-end"),
        pytest.param("A=" + "x" * 200_000 + SECRET, id="field-over-the-limit"),
    ],
)
def test_what_is_not_a_csv_line(line: str) -> None:
    """A wrong line is refused whole, and not shown."""
    with pytest.raises(HeaderError) as caught:
        parse_header_line(line, "CODER_HEADER")
    assert caught.value.message == "CODER_HEADER is not one line of CSV"
    assert caught.value.fault is HeaderFault.CSV
    assert SECRET not in str(caught.value)


def test_headers_of_one_name_are_joined() -> None:
    """With commas, and cookies with semicolons; a name is the same in any case of letters."""
    headers = [("X", "1"), ("cookie", "a=b"), ("x", "2"), ("Cookie", "c=d")]
    assert join_headers(headers) == {"X": "1, 2", "Cookie": "a=b; c=d"}


def write_command(tmp_path: Path, code: str) -> str:
    """A command line that runs *code*, for any system's shell."""
    script = tmp_path / "headers.py"
    script.write_text(f"import os, subprocess, sys, time\n{code}\n", encoding="utf-8")
    return f'"{sys.executable}" -S "{script}"'


def provoke_command(tmp_path: Path, code: str) -> HeaderError:
    with pytest.raises(HeaderError) as caught:
        run_header_command(write_command(tmp_path, code), URL)
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    return caught.value


def test_the_command_prints_headers(tmp_path: Path) -> None:
    """A line each; empty lines and either line end do not matter."""
    command = write_command(tmp_path, r"sys.stdout.buffer.write(b'A=1\r\n\nB=x, y=z\nA=2')")
    assert run_header_command(command, URL) == [("A", "1"), ("B", "x, y=z"), ("A", "2")]


def test_the_command_prints_piece_by_piece(tmp_path: Path) -> None:
    """A header can begin in one piece and end in the next."""
    code = "sys.stdout.write('A='); sys.stdout.flush(); time.sleep(0.3); sys.stdout.write('b')"
    assert run_header_command(write_command(tmp_path, f"import time; {code}"), URL) == [("A", "b")]


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_only_a_line_feed_ends_a_line_of_the_command(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """Another character that Python takes for one is one that no value may have, and makes no second header."""
    monkeypatch.setattr(header_command, "_run", lambda command, url: f"X-Gate={SECRET}{end}X-Other=1\n".encode())
    with pytest.raises(HeaderError) as caught:
        run_header_command("print", URL)
    fact = "a control character, or one beyond Latin-1, in the header X-Gate"
    assert caught.value.message == f"the header command's output has {fact}"


@pytest.mark.skipif(sys.platform == "win32", reason="a handle of Windows is not a number of the C library's")
def test_the_command_reads_nothing_of_ours(tmp_path: Path) -> None:
    """A token may be waiting there, in a pipe."""
    reading, writing = os.pipe()
    os.write(writing, SECRET.encode())
    os.close(writing)
    before = os.dup(0)
    os.dup2(reading, 0)
    try:
        printed = run_header_command(write_command(tmp_path, "sys.stdout.write(f'A=x{sys.stdin.read()}')"), URL)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reading)
    assert printed == [("A", "x")]


def test_the_command_is_one_of_the_shell() -> None:
    """The user's own command line, as it would be typed."""
    assert run_header_command("echo A=1&& echo B=2", URL) == [("A", "1"), ("B", "2")]


def test_the_command_knows_the_deployment_and_not_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CODER_URL is set, CODER_SESSION_TOKEN is removed, and standard input has nothing to read."""
    monkeypatch.setenv("CODER_SESSION_TOKEN", TOKEN)
    monkeypatch.setenv("CODER_URL", "https://other.example.com")
    code = (
        "print('Url=' + os.environ['CODER_URL'])\n"
        "print('Token=' + os.environ.get('CODER_SESSION_TOKEN', 'none'))\n"
        "print('Input=' + repr(sys.stdin.read()))"
    )
    assert run_header_command(write_command(tmp_path, code), URL) == [("Url", URL), ("Token", "none"), ("Input", "''")]
    assert os.environ["CODER_SESSION_TOKEN"] == TOKEN


def test_a_command_that_fails(tmp_path: Path) -> None:
    """Its output counts for nothing, and its exit code is told."""
    problem = provoke_command(tmp_path, f"print('A={SECRET}'); sys.stdout.flush(); sys.exit(3)")
    assert problem.message == "the header command failed with exit code 3"
    assert problem.fault is HeaderFault.COMMAND_EXIT


def test_a_command_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up after the time limit, and killed."""
    monkeypatch.setattr(header_command, "COMMAND_TIMEOUT", 0.2)
    start = time.monotonic()
    problem = provoke_command(tmp_path, "time.sleep(9)")
    assert problem.message == "the header command did not end within 0.2 s"
    assert problem.fault is HeaderFault.COMMAND
    assert time.monotonic() - start < 5


@pytest.mark.skipif(sys.platform == "win32", reason="Wine's taskkill has no /T: it leaves the shell's children alone")
def test_what_the_command_has_started_is_killed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the shell that we start; the program in it does not live on."""
    monkeypatch.setattr(header_command, "COMMAND_TIMEOUT", 0.2)
    mark = tmp_path / "lived on"
    provoke_command(tmp_path, f"time.sleep(1); open({str(mark)!r}, 'w').close()")
    time.sleep(1)
    assert not mark.exists()


def test_a_command_that_leaves_the_pipe_to_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that it started, and that holds its standard output, does not hold us."""
    monkeypatch.setattr(header_command, "COMMAND_TIMEOUT", 2)
    start = time.monotonic()
    child = "[sys.executable, '-S', '-c', 'import time; time.sleep(8)']"
    problem = provoke_command(tmp_path, f"print('A={SECRET}', flush=True); subprocess.Popen({child})")
    assert problem.message == "the header command did not end within 2 s"
    assert time.monotonic() - start < 6


def test_what_a_command_has_left_keeps_no_process_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that reads its output may read for as long as something holds the pipe."""
    threads, drain = [], header_command._drain

    def note(process: subprocess.Popen[bytes], output: list[bytes]) -> None:
        threads.append(threading.current_thread())
        drain(process, output)

    monkeypatch.setattr(header_command, "_drain", note)
    run_header_command("echo A=1", URL)
    assert [thread.daemon for thread in threads] == [True]


def test_what_a_good_command_has_started_lives_on(tmp_path: Path) -> None:
    """As an agent does that it starts once and asks again: only what does not end is killed."""
    script, mark = tmp_path / "agent.py", tmp_path / "lived on"
    script.write_text(f"import time; time.sleep(1); open({str(mark)!r}, 'w').close()", encoding="utf-8")
    nothing = "stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
    code = f"subprocess.Popen([sys.executable, '-S', {str(script)!r}], {nothing}); print('A=1')"
    assert run_header_command(write_command(tmp_path, code), URL) == [("A", "1")]
    assert not mark.exists()
    deadline = time.monotonic() + 20
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def play_windows(monkeypatch: pytest.MonkeyPatch, **outcome: object) -> tuple[mock.Mock, mock.Mock]:
    """A shell that has not ended, and the program that is to end it; *outcome* is what becomes of that."""
    taskkill, shell = mock.Mock(**outcome), mock.Mock(pid=7, **{"poll.return_value": None})
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "run", taskkill)
    return taskkill, shell


@pytest.mark.parametrize(("root", "expected"), [(None, r"C:\Windows"), (r"D:\Win", r"D:\Win")], ids=["usual", "moved"])
def test_on_windows_the_systems_own_program_kills_the_tree(
    monkeypatch: pytest.MonkeyPatch, root: str | None, expected: str
) -> None:
    """By its full path: another one of that name on the PATH is not asked. Played, as Wine's has no /T."""
    if root is None:
        monkeypatch.delenv("SYSTEMROOT", raising=False)
    else:
        monkeypatch.setenv("SYSTEMROOT", root)
    taskkill, shell = play_windows(monkeypatch)
    header_command._kill(shell)
    program = os.path.join(expected, "System32", "taskkill.exe")
    taskkill.assert_called_once_with([program, "/F", "/T", "/PID", "7"], capture_output=True, timeout=5, check=False)
    assert [call[0] for call in shell.method_calls] == ["poll", "kill", "wait"]


@pytest.mark.parametrize("problem", [OSError(2, "no such file"), subprocess.TimeoutExpired([], 5)], ids=repr)
def test_the_shell_is_killed_without_the_systems_program_too(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """One that is missing, or hangs, is no error of the command."""
    _, shell = play_windows(monkeypatch, side_effect=problem)
    header_command._kill(shell)
    assert [call[0] for call in shell.method_calls] == ["poll", "kill", "wait"]


@pytest.mark.parametrize(("system", "leads"), [("linux", True), ("darwin", True), ("win32", False)])
def test_the_shell_leads_a_session_of_its_own_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, system: str, leads: bool
) -> None:
    """So that it can be killed with all that it has started; played for each system."""
    popen = mock.Mock()
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(subprocess, "Popen", popen)
    header_command._start("echo A=1", {})
    assert popen.call_args.kwargs["start_new_session"] is leads


@pytest.mark.skipif(sys.platform == "win32", reason="cmd has no way to close its standard output")
def test_a_command_that_ends_a_moment_after_its_output() -> None:
    """As each one does; its exit code is still waited for."""
    assert run_header_command("echo A=1; exec 1>&-; sleep 0.2", URL) == [("A", "1")]


@pytest.mark.skipif(sys.platform == "win32", reason="cmd has no way to close its standard output")
def test_a_command_that_closes_its_output_and_goes_on() -> None:
    """The end of the output is not the end of the command."""
    with pytest.raises(HeaderError) as caught:
        run_header_command("echo A=1; exec 1>&-; sleep 9", URL)
    assert caught.value.message == "the header command did not end within 10 s"


@pytest.mark.parametrize("ends", [pytest.param(True, id="ends"), pytest.param(False, id="goes-on")])
def test_a_command_that_prints_too_much(tmp_path: Path, ends: bool) -> None:
    """It is given up at the limit, whether it would end or not."""
    code = "sys.stdout.write('x' * 65537)" if ends else "while True: sys.stdout.write('A=1\\n' * 1000)"
    start = time.monotonic()
    problem = provoke_command(tmp_path, code)
    assert time.monotonic() - start < 5
    assert problem.message == "the header command printed more than 65536 bytes"
    assert problem.fault is HeaderFault.COMMAND


def test_a_command_that_prints_as_much_as_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last byte."""
    monkeypatch.setattr(header_command, "COMMAND_MAX_OUTPUT", 3)
    assert run_header_command(write_command(tmp_path, "sys.stdout.write('A=1')"), URL) == [("A", "1")]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
def test_a_command_is_killed_though_its_group_can_not_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell at least: nobody waits for it."""

    def refuse(group: int, number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(header_command, "COMMAND_TIMEOUT", 0.2)
    monkeypatch.setattr(os, "killpg", refuse)
    start = time.monotonic()
    with pytest.raises(HeaderError, match="did not end within"):
        run_header_command("exec sleep 20", URL)
    assert time.monotonic() - start < 10


def test_a_command_that_prints_no_text(tmp_path: Path) -> None:
    """What is not UTF-8 is refused, and not carried by the exception."""
    problem = provoke_command(tmp_path, f"sys.stdout.buffer.write(b'A={SECRET}\\xff')")
    assert problem.message == "the header command printed something that is not UTF-8"


def test_a_command_that_prints_no_header(tmp_path: Path) -> None:
    """A line of another form is an error of the command's."""
    problem = provoke_command(tmp_path, f"print('{SECRET}')")
    assert problem.message == "the header command's output has a header without a ="


def test_a_command_that_does_not_exist() -> None:
    """The shell says so on standard error; the exit code is the shell's."""
    with pytest.raises(HeaderError) as caught:
        run_header_command("coder-no-such-command", URL)
    assert re.fullmatch(r"the header command failed with exit code \d+", caught.value.message)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        pytest.param(OSError(11, "Resource temporarily unavailable"), "Resource temporarily unavailable", id="system"),
        pytest.param(ValueError("embedded null byte: hunter2"), "it holds a NUL", id="nul"),
    ],
)
def test_a_command_that_can_not_be_started(monkeypatch: pytest.MonkeyPatch, problem: Exception, reason: str) -> None:
    """It is the command that fails, not ours; what it says may be a secret, and is in no exception."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise problem

    monkeypatch.setattr(subprocess, "Popen", fail)
    with pytest.raises(HeaderError) as caught:
        run_header_command("echo hunter2", URL)
    assert caught.value.message == f"the header command can't be started: {reason}"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
