"""`coder whoami`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.hints import read_session
from coder_login.commands.options import Command, output_option
from coder_login.commands.settings import TOKEN_VARIABLE, Settings
from coder_login.deployment.session_token import check_token
from coder_login.deployment.url import DeploymentURL
from coder_login.text import printable

if TYPE_CHECKING:
    from coder_login.deployment.api import User


@click.command(cls=Command, epilog="\b\nExamples:\n  coder whoami\n  coder whoami --use-keyring --output json")
@output_option
@click.pass_context
def command(ctx: click.Context, form: str) -> None:
    """Say who is logged in, and where.

    The token is that of --token, else CODER_SESSION_TOKEN, else the stored one.
    """
    settings = Settings(ctx)
    store = settings.store()  # before all else: a keyring that is not there is the news
    token = _given_token(settings)
    url = settings.url()
    if token is None:
        token = read_session(settings, store, url)
    user = _user(settings, url, token)
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


def _user(settings: Settings, url: DeploymentURL, token: str) -> User:
    from coder_login.deployment.api import TokenRefusedError

    client = settings.client(url)
    client.check_deployment()
    try:
        return client.me(token)
    except TokenRefusedError as refusal:
        if settings.token_option is not None or settings.token_variable is None:
            raise
        hint = f"that was the token of {TOKEN_VARIABLE}: unset it to use the stored session"
        raise TokenRefusedError(refusal.message, hint, refusal.status) from refusal


def _given_token(settings: Settings) -> str | None:
    if settings.token_option is not None:
        return check_token(settings.token_option.strip(), "--token")
    if settings.token_variable is not None:
        return check_token(settings.token_variable.strip(), TOKEN_VARIABLE)
    return None
