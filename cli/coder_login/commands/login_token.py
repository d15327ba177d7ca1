"""`coder login token`"""

from __future__ import annotations

import click

from coder_login.commands import everyday
from coder_login.commands.help_page import WITH_KEYRING
from coder_login.commands.parsing import Command, find_given


@click.command(
    cls=Command,
    examples=["coder login token", f"coder login token{WITH_KEYRING} --url https://dev.example.com"],
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the stored session token and a newline, nothing else. No network.

    It is the token of --url or CODER_URL, else of the deployment that the url file names. To log in to a host that is
    called "token", write coder login https://token.
    """
    everyday.print_token(find_given(ctx))
