"""What `--help` shows: a command's own options, its subcommands, then the global options, which every command has."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from coder_login.commands import output
from coder_login.commands.options import GLOBAL_OPTIONS

WITH_KEYRING = " --use-keyring" if sys.platform == "win32" else ""
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
        own, shared = self.sort_options(ctx)
        _write(ctx, formatter, "Options", own)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        _write(ctx, formatter, "Global options", shared)

    def sort_options(self, ctx: click.Context) -> tuple[list[click.Option], list[click.Option]]:
        """The command's own, and those that every command has."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        shared = [one for one in options if one.name in _GLOBAL]
        return [one for one in options if one not in shared], shared

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")  # never wrapped: it is there to be pasted


def _tell_help(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        output.answer_lines([ctx.get_help()])
        ctx.exit()


def _write(ctx: click.Context, formatter: click.HelpFormatter, heading: str, options: Iterable[click.Option]) -> None:
    records = [record for option in options if (record := option.get_help_record(ctx))]
    if records:
        with formatter.section(heading):
            formatter.write_dl(records)
