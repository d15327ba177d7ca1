"""The program as click knows it: what is listed without being imported, and what click refuses."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from coder_login.commands import program
from coder_login.commands.options import Given
from coder_login.text import printable

from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

NAMES = program.coder.list_commands(click.Context(program.coder))


@pytest.mark.parametrize("name", NAMES)
def test_the_list_has_each_commands_first_sentence(inside: Inside, name: str) -> None:
    """The list is made without the command, and must say what the command says of itself."""
    command = program.coder.get_command(click.Context(program.coder), name)
    assert command is not None
    sentence = command.get_short_help_str(1000)
    assert f"{name} {sentence}" in " ".join(inside.run("--help").text.split())


def test_the_list_imports_no_command() -> None:
    """Each of them takes as long to import as all of the list."""
    code = (
        "import sys, coder_login.__main__ as m; m._run(['--help']);"
        "print([name for name in sys.modules if 'session' in name or name.endswith(('.login', '.whoami'))])"
    )
    words, pipe = [sys.executable, "-P", "-c", code], subprocess.PIPE
    done = subprocess.run(words, stdin=pipe, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().splitlines()[-1] == "[]"


def test_what_click_refuses_is_an_error_of_ours() -> None:
    """With neither cause nor context: what click says repeats what was typed."""
    with pytest.raises(Exception, match=r"^No such option\. Did you mean '--token'\?$") as caught:
        program.run(["--tok3n=hunter2", "version"], Given())
    assert type(caught.value).__name__ == "UsageError"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "hunter2" not in repr(vars(caught.value))


def test_what_click_says_is_one_line() -> None:
    """Some of it is what was typed."""
    problem = program._make_usage_error(click.UsageError("two\nlines"))
    assert (problem.message, problem.usage) == ("two\\nlines", "")


@pytest.mark.parametrize("before", ["\x1b", "a " * 240], ids=["escaped", "cut"])
def test_what_click_says_shows_no_token(before: str) -> None:
    """Neither behind a control character, which is shown as letters, nor its first part, where the text is cut."""
    problem = program._make_usage_error(click.UsageError(f"{before}{TOKEN}"))
    assert problem.message == printable(f"{before}[hidden]")
