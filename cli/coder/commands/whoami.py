"""`coder whoami`"""

from __future__ import annotations

import click

from coder.commands import output
from coder.commands.hints import read_session
from coder.commands.options import Command, output_option
from coder.commands.settings import TOKEN_VARIABLE, Settings
from coder.text import printable
from coder.token import check_token


@click.command(cls=Command, epilog="\b\nExamples:\n  coder whoami\n  coder whoami --use-keyring --output json")
@output_option
@click.pass_context
def command(ctx: click.Context, form: str) -> None:
    """Say who is logged in, and where.

    The token is that of --token, else CODER_SESSION_TOKEN, else the stored one.
    """
    settings = Settings(ctx)
    token = _given_token(settings)
    if token is None:
        store = settings.store()  # before all else: a keyring that is not there is the news
        url = settings.url()
        token = read_session(settings, store, url)
    else:
        url = settings.url()
    client = settings.client(url)
    client.check_deployment()
    user = client.me(token)
    if form == "text":
        output.answer(f"{printable(user.username)} at {url}")
        return
    answer = {
        "url": str(url),
        "username": user.username,
        "user_id": user.id,
        "organization_ids": user.organization_ids,
        "roles": user.roles,
    }
    output.answer_json([answer])


def _given_token(settings: Settings) -> str | None:
    if settings.token_option is not None:
        return check_token(settings.token_option.strip(), "--token")
    if settings.token_variable is not None:
        return check_token(settings.token_variable.strip(), TOKEN_VARIABLE)
    return None
