"""`coder version`"""

from __future__ import annotations

import click

import wincred
from coder.commands import output
from coder.commands.options import Command, output_option


@click.command(cls=Command, epilog="\b\nExamples:\n  coder version\n  coder version --output json")
@output_option
def command(form: str) -> None:
    """Print the version of this command."""
    if form == "json":
        output.answer_json({"version": wincred.__version__})
    else:
        output.answer(f"wincred {wincred.__version__}")
