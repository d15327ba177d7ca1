"""Completion for PowerShell: what its script asks, and what it is answered. The script itself is run on Windows, by
`tests/integration/test_powershell.py`."""

from __future__ import annotations

import pytest

from cli import Machine

pytest_plugins = ["cli_fixtures"]


def complete(machine: Machine, *words: str, word: str = "") -> list[str]:
    """The answers for a line of *words*, of which *word* is the last one, unfinished."""
    env = {"_CODER_COMPLETE": "powershell_complete", "COMP_WORDS": "\n".join(["coder", *words]), "COMP_WORD": word}
    run = machine.run(env=env)
    assert (run.code, run.stderr) == (0, "")
    return [line.split("\t")[0] for line in run.text.splitlines()]


@pytest.mark.parametrize(
    ("words", "word", "completed"),
    [
        pytest.param(["log"], "log", ["login", "logout"], id="subcommand"),
        pytest.param(["login"], "login", ["login"], id="a-whole-word"),
        pytest.param(["keyring"], "", ["list", "migrate", "reset", "status"], id="after-a-space"),
        pytest.param(["--use-keyring", "log"], "log", ["login", "logout"], id="after-a-bare-flag"),
        pytest.param(["--global-config", "C:\\Program Files\\x", "who"], "who", ["whoami"], id="after-a-path"),
        pytest.param(["logout", "--yes", "--loc"], "--loc", ["--local-only"], id="option"),
        pytest.param(["whoami", "-o"], "", ["text", "json"], id="value"),
        pytest.param([], "", ["keyring", "login", "logout", "version", "whoami"], id="nothing-yet"),
    ],
)
def test_what_is_completed(machine: Machine, words: list[str], word: str, completed: list[str]) -> None:
    """The words of a line keep their spaces; the last one may not be there yet."""
    assert complete(machine, *words, word=word) == completed


def test_each_answer_has_something_to_show(machine: Machine) -> None:
    """PowerShell takes no empty tooltip."""
    for words in (["log"], ["whoami", "-o"]):
        env = {"_CODER_COMPLETE": "powershell_complete", "COMP_WORDS": "\n".join(["coder", *words])}
        lines = machine.run(env=env).text.splitlines()
        assert lines
        assert all(line.partition("\t")[2] for line in lines)


def test_the_script_asks_this_command(machine: Machine) -> None:
    """By its name, with and without .exe, and in the form that is read here."""
    script = machine.run(env={"_CODER_COMPLETE": "powershell_source"}).text
    assert script.startswith('Register-ArgumentCompleter -Native -CommandName "coder", "coder.exe" -ScriptBlock {\n')
    assert '$env:_CODER_COMPLETE = "powershell_complete"' in script
    assert "& coder |" in script
    assert "%" not in script
