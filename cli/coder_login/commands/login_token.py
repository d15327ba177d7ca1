"""`coder login token`"""

from __future__ import annotations

import click

from coder_login.commands import output
from coder_login.commands.parsing import Command
from coder_login.commands.settings import Settings


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n  coder login token\n  coder login token --use-keyring --url https://dev.example.com",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the stored session token and a newline, nothing else. No network.

    It is the token of --url or CODER_URL, else of the deployment that the url file names. To log in to a host that is
    called "token", write coder login https://token.
    """
    output.answer_line(Settings(ctx).open_session().read())
