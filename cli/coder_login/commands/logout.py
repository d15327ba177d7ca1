"""`coder logout`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.errors import DeclinedError, LeftoverNotice, NotRevokedError, TokenVariableNotice
from coder_login.commands.parsing import Command, Flag
from coder_login.commands.settings import TOKEN_VARIABLE, Settings
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError

if TYPE_CHECKING:
    from coder_login.deployment.api import Client
    from coder_login.session import Forgotten, Session


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  coder logout\n"
    "  coder logout --yes --use-keyring --url https://dev.example.com\n"
    "  coder logout --local-only   (forgets the token here, and lets it live on the deployment)",
)
@click.option("-y", "--yes", cls=Flag, help="Do not ask.")
@click.option("--local-only", cls=Flag, help="Do not revoke the session on the deployment.")
@click.pass_context
def command(ctx: click.Context, yes: bool, local_only: bool) -> None:
    """Revoke the stored session on its deployment, then forget it here.

    It is the stored session that is revoked, never CODER_SESSION_TOKEN. A deployment that can't be reached is no
    obstacle: the token is forgotten all the same, and the exit code is 1.
    """
    settings = Settings(ctx)
    session = settings.open_session()
    token = "" if local_only else session.read()
    _confirm(session.url, yes=yes)
    problem = None if local_only else _revoke(settings.make_client(session.url), token)
    _tell_forgotten(settings, session, session.forget())
    _tell(settings, session.url, local_only=local_only, problem=problem)
    if problem is not None:
        ctx.exit(1)


def _confirm(url: DeploymentURL, *, yes: bool) -> None:
    if yes:
        return
    output.check_person()
    if not click.confirm(f"Log out of {url}?", default=True, err=True):
        raise DeclinedError("nothing was done: the session is still stored and good")


def _revoke(client: Client, token: str) -> CoderError | None:
    """Why the session could not be revoked; None when it is no longer good."""
    from coder_login.deployment.errors import TokenRefusedError

    try:
        client.logout(token)
    except TokenRefusedError:
        return None
    except CoderError as problem:
        return problem
    return None


def _tell_forgotten(settings: Settings, session: Session, forgotten: Forgotten) -> None:
    if forgotten.leftover:
        fact = f"a plaintext session of {session.url.origin} is left in {settings.open_files().place}"
        settings.warn(LeftoverNotice(fact, session.url))
    if forgotten.problem is not None:
        settings.warn(forgotten.problem)


def _tell(settings: Settings, url: DeploymentURL, *, local_only: bool, problem: CoderError | None) -> None:
    if problem is not None:
        settings.report(NotRevokedError(url, problem.message))
    elif local_only:
        output.answer(f"Forgot the session for {url}. It was not revoked: the deployment still accepts it.")
    else:
        output.answer(f"Logged out of {url}.")
    if settings.token_variable is not None:
        settings.warn(TokenVariableNotice(f"{TOKEN_VARIABLE} is still set, and other commands use it"))
