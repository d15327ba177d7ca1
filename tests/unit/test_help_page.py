"""`--help` at every level: what comes first, what is under which heading, and how wide it is."""

from __future__ import annotations

import re
import sys

import click
import pytest
from coder_login.commands.options import GLOBAL_OPTIONS
from dev_tools import load

from cli import Inside

pytest_plugins = ["cli_fixtures"]

GLOBAL = {option.name for option in GLOBAL_OPTIONS}


COMMANDS = {words.partition(" ")[2]: command for words, command in load("make_command_reference").find_commands()}
"""By the words after `coder`."""


def sections(text: str) -> dict[str, str]:
    """What is under each heading, in their order; under "" what comes before the first one."""
    parts = re.split(r"(?m)^(\S[^\n]*):\n", f"\n{text}")
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def long_options(text: str) -> set[str]:
    return set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", text))


@pytest.mark.parametrize("words", COMMANDS)
def test_what_is_the_commands_own_comes_first(inside: Inside, words: str) -> None:
    """Then the subcommands of a group; then the options that every command has, and examples."""
    shown = sections(inside.run(*words.split(), "--help").text)
    middle = ["Commands"] if isinstance(COMMANDS[words], click.Group) else []
    assert list(shown) == ["", "Options", *middle, "Global options", "Examples"]
    own = {option.opts[-1] for option in COMMANDS[words].params if isinstance(option, click.Option)} - GLOBAL
    assert long_options(shown["Options"]) == own | {"--help"}
    assert long_options(shown["Global options"]) == GLOBAL


@pytest.mark.parametrize("words", COMMANDS)
def test_it_fits_on_80_columns(inside: Inside, words: str) -> None:
    """The examples too, which are never wrapped."""
    run = inside.run(*words.split(), "--help", env={"COLUMNS": "80"})
    assert [line for line in run.text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("words", COMMANDS)
def test_an_example_is_of_the_command(words: str) -> None:
    """Each is a line of its own command, or, of a group, of one below it."""
    assert COMMANDS[words].examples
    for line in COMMANDS[words].examples:
        assert f"coder {words}".strip() in line


def test_a_piped_token_has_this_shells_form(inside: Inside) -> None:
    """`<` is no operator of PowerShell; `type` is a command of cmd's and of PowerShell's."""
    shown = sections(inside.run("login", "--help").text)["Examples"]
    windows, posix = "type token.txt | coder login dev.example.com", "coder login dev.example.com < token.txt"
    here, elsewhere = (windows, posix) if sys.platform == "win32" else (posix, windows)
    assert here in shown
    assert elsewhere not in shown
