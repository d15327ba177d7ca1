"""Completion for PowerShell, 5.1 and later; bash, zsh and fish are click's own.

The script goes into a profile. PowerShell then calls it at each Tab, and it calls `coder`, with the words of the line
in a variable, one a line.
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/register-argumentcompleter
"""

from __future__ import annotations

import os

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

_WORDS, _WORD = "COMP_WORDS", "COMP_WORD"

_SCRIPT = """\
Register-ArgumentCompleter -Native -CommandName "%(prog_name)s", "%(prog_name)s.exe" -ScriptBlock {
    param($word, $line, $cursor)
    $words = $line.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
        else { $_.Extent.Text }
    }
    try {
        $env:%(complete_var)s = "powershell_complete"
        $env:COMP_WORDS = $words -join "`n"
        $env:COMP_WORD = $word
        & %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
        }
    }
    finally {
        $env:%(complete_var)s = $env:COMP_WORDS = $env:COMP_WORD = $null
    }
}
"""


class PowerShellComplete(ShellComplete):
    """What click needs to know of PowerShell."""

    name = "powershell"
    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one to complete, without the program's name; and that one, empty after a space."""
        words, word = os.environ.get(_WORDS, "").split("\n"), os.environ.get(_WORD, "")
        if word and len(words) > 1:
            words.pop()
        return words[1:], word

    def format_completion(self, item: CompletionItem) -> str:
        """The word and what to show beside it, which PowerShell does not take empty."""
        return f"{item.value}\t{item.help or item.value}"


def add_powershell() -> None:
    """Let click know of it."""
    add_completion_class(PowerShellComplete)
