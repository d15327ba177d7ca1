"""`coder whoami`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coder_login.commands import output, tokens
from coder_login.commands.help_page import WITH_KEYRING
from coder_login.commands.parsing import Command, find_given, output_option
from coder_login.commands.settings import Settings
from coder_login.text import printable

if TYPE_CHECKING:
    from coder_login.deployment.api import User
    from coder_login.session import Session


@click.command(cls=Command, examples=["coder whoami", f"coder whoami{WITH_KEYRING} --output json"])
@output_option
@click.pass_context
def command(ctx: click.Context, form: str) -> None:
    """Say who is logged in, and where.

    The token is that of --token, else CODER_SESSION_TOKEN, else the stored one.
    """
    settings = Settings(find_given(ctx))
    session = settings.open_session()  # first of all: that there is no keyring matters more than a wrong token
    user = _fetch_user(settings, session, tokens.take_given(settings))
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


def _fetch_user(settings: Settings, session: Session, given: str | None) -> User:
    token = session.read() if given is None else given
    output.hide(token)
    client = settings.make_client(session.url)
    client.check_deployment()
    if given is None:
        return client.identify(token)
    with tokens.explain_refusal(tokens.find_source(settings), page=None):
        return client.identify(token)
