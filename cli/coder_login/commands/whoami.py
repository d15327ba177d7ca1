"""`coder whoami`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.errors import RefusedVariableError
from coder_login.commands.parsing import Command, output_option
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
    session = settings.open_session()  # first of all: that there is no keyring matters more than a wrong token
    token = _take_given_token(settings)
    user = _fetch_user(settings, session.url, session.read() if token is None else token)
    if form == "text":
        output.answer(f"{printable(user.username)} at {session.url}")
        return
    answer = {
        "url": str(session.url),
        "username": user.username,
        "user_id": user.id,
        "organization_ids": user.organization_ids,
        "roles": user.roles,
    }
    output.answer_json([answer])


def _fetch_user(settings: Settings, url: DeploymentURL, token: str) -> User:
    from coder_login.deployment.errors import TokenRefusedError

    client = settings.make_client(url)
    client.check_deployment()
    try:
        return client.identify(token)
    except TokenRefusedError as refusal:
        if settings.token_option is not None or settings.token_variable is None:
            raise
        raise RefusedVariableError(refusal.message, TOKEN_VARIABLE) from refusal


def _take_given_token(settings: Settings) -> str | None:
    if settings.token_option is not None:
        return check_token(settings.token_option.strip(), "--token")
    if settings.token_variable is not None:
        return check_token(settings.token_variable.strip(), TOKEN_VARIABLE)
    return None
