"""What `--help` shows: a command's own options, its subcommands, then the global options, which every command has."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from coder_login.commands import output
from coder_login.commands.options import GLOBAL_OPTIONS

USE_KEYRING = " --use-keyring" if sys.platform == "win32" else ""
"""In an example: where there is no keyring, a command that asks for it fails."""

_GLOBAL = {option.key for option in GLOBAL_OPTIONS}


class Helpful(click.Command):
    """A command with *examples*, lines that can be pasted into this system's shell.

    Its help is an answer like every other: it may not fit, or find nobody who takes it.
    """

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.examples = tuple(examples)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _tell_help
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        parameters = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        _write(ctx, formatter, "Options", (one for one in parameters if one.name not in _GLOBAL))
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        _write(ctx, formatter, "Global options", (one for one in parameters if one.name in _GLOBAL))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")  # never wrapped: it is there to be pasted


def _tell_help(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        output.answer_lines([ctx.get_help()])
        ctx.exit()


def _write(
    ctx: click.Context, formatter: click.HelpFormatter, heading: str, parameters: Iterable[click.Option]
) -> None:
    records = [record for parameter in parameters if (record := parameter.get_help_record(ctx))]
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)
