"""Completion in PowerShell, by its own engine: on Windows itself, as Wine has no PowerShell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from child import Child
from coder_login.commands.completion import PowerShellComplete
from example_world import ExampleWorld
from powershell_syntax import has_error, only_on_linux

PROGRAMS = [
    pytest.param("powershell", id="5.1"),
    pytest.param("pwsh", id="7", marks=pytest.mark.skipif(shutil.which("pwsh") is None, reason="pwsh is not here")),
]
# What Tab asks for, a line for each answer.
COMPLETE = """\
$ErrorActionPreference = 'Stop'
$env:_CODER_COMPLETE = 'powershell_source'
coder | Out-String | Invoke-Expression
$env:_CODER_COMPLETE = $null
(TabExpansion2 -inputScript $env:LINE -cursorColumn $env:LINE.Length).CompletionMatches.CompletionText
"""


@pytest.mark.windows
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        pytest.param("coder log", ["login", "logout"], id="subcommand"),
        pytest.param("coder keyring ", ["list", "migrate", "reset", "status"], id="after-a-space"),
        pytest.param("coder --use-keyring log", ["login", "logout"], id="after-a-bare-flag"),
        pytest.param("coder --global-config 'C:\\Program Files\\x' who", ["whoami"], id="after-a-path"),
        pytest.param("coder logout --loc", ["--local-only"], id="option"),
        pytest.param("coder.exe whoami -o ", ["text", "json"], id="value"),
    ],
)
def test_tab_completes(tmp_path: Path, program: str, line: str, completed: list[str]) -> None:
    """As at the prompt, once the script is loaded; no variable of the completion is left."""
    with ExampleWorld(tmp_path) as world:
        words = [program, "-NoProfile", "-NonInteractive", "-Command", f'{COMPLETE}\n"left: $env:COMP_WORDS"']
        environment = {**world.environment, "LINE": line}
        with Child(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            said = process.communicate()[0].decode().split("\n")
    assert [text.strip() for text in said if text.strip()] == [*completed, "left:"]


@only_on_linux
def test_the_script_can_be_parsed() -> None:
    """Also where it can't be run."""
    script = PowerShellComplete(None, {}, "coder", "_CODER_COMPLETE").source()  # type: ignore[arg-type]  # it asks the command for nothing
    assert not has_error(script.encode())
