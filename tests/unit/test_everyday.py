"""What editors call all day is read without click, and read as click reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from coder_login.commands import everyday, program
from coder_login.commands.options import GLOBAL_OPTIONS, Given
from coder_login.interrupts import TerminatedError
from coder_login.session import Session
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

URL = "https://dev.example.com"
TOKEN_LINES = [
    "login token",
    "login token --url https://dev.example.com",
    "--url https://dev.example.com login token",
    "login --url=https://dev.example.com token",
    "--global-config /home/anna/dev login token",
    "--global-config=/home/anna/dev login token --use-keyring",
    "--use-keyring=false --no-open -v login token",
    "--header a=1 --header b=2 login token --header c=3",
    "login token --timeout 5 --token x",
]
VERSION_LINES = [
    "version",
    "version -o json",
    "version --output json --output text",
    "--verbose version --output=json",
    "--url= version",
]
OTHER_LINES = [
    "",
    "login",
    "token login",
    "login token extra",
    "login token ",
    "login -- token",
    "login token --help",
    "login token -h",
    "--version",
    "login --replace token",
    "login token --output json",
    "-o json version",
    "version -ojson",
    "version -o=json",
    "version -o xml",
    "version --out json",
    "version -o",
    "login token --url",
    "--url -v login token",
    "login token --use-keyring=perhaps",
    "login token --timeout 0",
    "login token --timeout nan",
    "login token -v=true",
    "login token --force-tty",
    "--url=https://dev.example.com whoami",
]


@contextmanager
def noted() -> Iterator[list[object]]:
    """What is printed is not, but noted, with the global options of the call."""
    notes: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(everyday.COMPLETION, raising=False)
        patch.setattr(everyday, "print_token", lambda given: notes.append(("token", given.values)))
        patch.setattr(everyday, "print_version", lambda form: notes.append(("version", form)))
        yield notes


def read(words: list[str]) -> list[object]:
    """What we make of *words*; nothing where they are click's to read."""
    given = Given()
    with noted() as notes:
        if everyday.run(words, given):
            notes.append(given.values)
    return notes


def read_with_click(words: list[str]) -> list[object]:
    """What click makes of them."""
    given = Given()
    with noted() as notes:
        program.run(words, given)
        notes.append(given.values)
    return notes


@pytest.mark.parametrize("line", [*TOKEN_LINES, *VERSION_LINES])
def test_a_plain_line_is_read_without_click(line: str) -> None:
    """And means what click makes of it, the global options too."""
    words = line.split(" ")
    assert read(words) == read_with_click(words)


@pytest.mark.parametrize("line", OTHER_LINES)
def test_any_other_line_is_clicks(line: str) -> None:
    """Help, wrong usage, what the Go CLI alone knows, and every other command; nothing is noted of it."""
    found = Given()
    assert everyday.find_task(line.split(" "), found) is None
    assert found.values == {}


NAMES = [name for option in GLOBAL_OPTIONS for name in (option.name, option.short) if name] + ["-o", "--output"]
VALUES = st.sampled_from(["", "1", "t", "TRUE", "json", "text", "5", "1e3", "x=y", "a=b", "~", "é", URL])
ODD = st.sampled_from(
    ["--", "-", "", "-h", "-vv", "-vo", "-v", "--url", "--version", "--replace", "--force-tty", "token"]
)
PIECES = st.one_of(
    st.tuples(st.sampled_from(NAMES), VALUES),
    st.tuples(st.builds("{}={}".format, st.sampled_from(NAMES), VALUES)),
    st.tuples(st.sampled_from([option.name for option in GLOBAL_OPTIONS if option.kind == "flag"])),
    st.tuples(ODD),
)
PLACE = st.lists(PIECES, max_size=2).map(lambda pieces: [word for piece in pieces for word in piece])


@settings(max_examples=500, deadline=None, database=None)
@example("login token", ["--url", "--use-keyring"], [], [])
@example("version", ["--output", "json"], [], [])
@given(st.sampled_from(["login token", "version"]), PLACE, PLACE, PLACE)
def test_what_is_read_without_click_is_what_click_reads(
    command: str, before: list[str], between: list[str], after: list[str]
) -> None:
    """Whatever the options are, and wherever they stand: it is the same, or click's."""
    first, *second = command.split()
    words = [*before, first, *between, *second, *after]
    ours = read(words)
    event("ours" if ours else "click's")
    assert not ours or ours == read_with_click(words)


def test_a_completion_is_clicks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the words are."""
    monkeypatch.setenv(everyday.COMPLETION, "bash_source")
    assert everyday.find_task(["version"], Given()) is None


@pytest.mark.parametrize("change", [lambda word: word, lambda word: word.replace("version", "--version")])
def test_the_version_is_the_same_both_ways(inside: Inside, change: Callable[[str], str]) -> None:
    """Read without click, and by it."""
    assert inside.run(change("version")) == inside.run("version", "--force-tty")


def test_a_token_is_the_same_both_ways(inside: Inside) -> None:
    """Read without click, and by it."""
    inside.machine.keep(URL, TOKEN)
    lines = [("login", "token"), ("login", "--", "token"), ("login", "token", "--force-tty")]
    assert {inside.run(*line) for line in lines} == {(0, f"{TOKEN}\n".encode(), "")}


@pytest.mark.parametrize("line", ["login token", "login token --url nowhere!", "login token --global-config $HOME/x"])
def test_an_error_is_the_same_both_ways(inside: Inside, line: str) -> None:
    """In words, next step and exit code."""
    words = line.split()
    plain, by_click = inside.run(*words), inside.run(*words, "--force-tty")
    assert plain == by_click
    assert plain.code in (1, 2)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), TerminatedError(15), OSError(5, "no")], ids=repr)
def test_an_interruption_is_told_the_same_both_ways(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    """On a line of its own, after the ^C that a terminal shows."""

    def read(session: Session) -> str:
        raise stop

    monkeypatch.setattr(Session, "read", read)
    inside.machine.keep(URL, TOKEN)
    plain, by_click = inside.run("login", "token"), inside.run("login", "token", "--force-tty")
    assert plain == by_click
    assert plain.stdout == b""
