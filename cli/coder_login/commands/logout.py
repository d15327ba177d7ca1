"""`coder logout`"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.hints import is_in_other_store, read_session
from coder_login.commands.options import Command
from coder_login.commands.parsing import Flag
from coder_login.commands.settings import TOKEN_VARIABLE, Settings
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.sessionstore import FileStore, SessionStore

if TYPE_CHECKING:
    from coder_login.deployment.api import Client


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
    store, url = settings.store(), settings.url()
    token = "" if local_only else read_session(settings, store, url)
    _confirm(url, yes=yes)
    problem = None if local_only else _revoke(settings.client(url), token)
    _forget(settings, store, url)
    _tell(url, local_only=local_only, problem=problem)
    if problem is not None:
        ctx.exit(1)


def _confirm(url: DeploymentURL, *, yes: bool) -> None:
    if yes:
        return
    output.check_person("confirm with --yes")
    if not click.confirm(f"Log out of {url}?", default=True, err=True):
        raise CoderError("nothing was done: the session is still stored and good")


def _revoke(client: Client, token: str) -> CoderError | None:
    """Why the session could not be revoked; None when it is no longer good."""
    from coder_login.deployment.api import TokenRefusedError

    try:
        client.logout(token)
    except TokenRefusedError:
        return None
    except CoderError as problem:
        return problem
    return None


def _forget(settings: Settings, store: SessionStore, url: DeploymentURL) -> None:
    """Remove the session, and `url` with it if it names that deployment and no session in the other store needs it."""
    if isinstance(store, FileStore):
        store.delete(url, keep_url=is_in_other_store(settings, url))
        return
    store.delete(url)
    try:
        _forget_url(settings.files(), url)
    except CoderError as problem:  # the session is gone all the same, and what became of it is still to be told
        output.warning(problem.message, problem.hint)


def _forget_url(files: FileStore, url: DeploymentURL) -> None:
    if url.origin in files.deployments():
        output.warning(
            f"a plaintext session of {url.origin} is left in {files.place}",
            "revoke and remove it with: coder logout --use-keyring=false",
        )
    else:
        files.forget(url)


def _tell(url: DeploymentURL, *, local_only: bool, problem: CoderError | None) -> None:
    if problem is not None:
        output.error(
            CoderError(
                f"the session was forgotten here, but not revoked: {problem.message}",
                f"revoke it at {url.join('settings/tokens')}",
            )
        )
    elif local_only:
        output.answer(f"Forgot the session for {url}. It was not revoked: the deployment still accepts it.")
    else:
        output.answer(f"Logged out of {url}.")
    if os.environ.get(TOKEN_VARIABLE):
        output.warning(f"{TOKEN_VARIABLE} is still set, and other commands use it", "unset it")
