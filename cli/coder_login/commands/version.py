"""`coder version`"""

from __future__ import annotations

import click

from coder_login.commands import everyday
from coder_login.commands.parsing import Command, output_option


@click.command(cls=Command, examples=["coder version", "coder version --output json"])
@output_option
def command(form: str) -> None:
    """Print the version of this command."""
    everyday.print_version(form)
