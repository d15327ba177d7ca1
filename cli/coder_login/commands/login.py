"""`coder login [URL]`"""

from __future__ import annotations

import codecs
import sys
from typing import TYPE_CHECKING

import click

from coder_login.commands import options, output
from coder_login.commands.errors import (
    DisplacedNotice,
    LeftoverNotice,
    Notice,
    NoTokenError,
    NoTokenPipedError,
    PastedTokenError,
    TokenVariableSetError,
)
from coder_login.commands.parsing import Command, Flag
from coder_login.commands.settings import KEYRING_VARIABLE, TOKEN_VARIABLE, Settings
from coder_login.deployment.session_token import InvalidTokenError, check_token
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import OriginMismatchError
from coder_login.text import printable

if TYPE_CHECKING:
    from coder_login.deployment.api import Client, User
    from coder_login.session import Kept, Session

_LINE_LIMIT = 4096  # characters of a line of standard input; a token has at most 256


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  coder login https://dev.example.com\n"
    "  coder login --use-keyring dev.example.com\n"
    "  echo TOKEN | coder login https://dev.example.com\n"
    "  CODER_SESSION_TOKEN=... coder login --use-token-as-session https://dev.example.com\n"
    "  coder login token --url https://dev.example.com   (prints the stored token)",
)
@click.argument("deployment", metavar="[URL]", required=False)
@click.option(
    "--use-token-as-session", cls=Flag, help="Store the given token itself, not a new session key made with it."
)
@click.option("--replace", cls=Flag, help="Give up the session of another origin on the same host.")
@click.pass_context
def command(ctx: click.Context, deployment: str | None, use_token_as_session: bool, replace: bool) -> None:
    """Log in to the deployment at URL, and store its session token.

    Without URL it is the deployment of --url, CODER_URL or the url file. Without a token, one is asked for on a
    terminal, and read as a line of standard input otherwise.
    """
    settings = Settings(ctx)
    token = _take_given_token(settings, use_token_as_session=use_token_as_session)
    session = settings.open_session(deployment)
    client = settings.make_client(session.url)
    replace = _check_stores(session, token, replace=replace)
    client.check_deployment()
    if token is None:
        token, user = _ask_token(settings, client, session.url)
    else:
        user = client.identify(token)
    if settings.token_option is not None and not use_token_as_session:
        from coder_login.login import keep_new_key

        kept = keep_new_key(client, session, token, replace=replace)
    else:
        kept = session.keep(token, replace=replace)
    output.answer(f"Logged in to {session.url} as {printable(user.username)}. The token is kept in {session.place}.")
    _tell_changes(settings, session.url, kept)


def _take_given_token(settings: Settings, *, use_token_as_session: bool) -> str | None:
    if settings.token_option is not None:
        return check_token(settings.token_option.strip(), "--token")
    if settings.token_variable is None:
        return None
    if not use_token_as_session:
        raise TokenVariableSetError(f"{TOKEN_VARIABLE} is set, and would override whatever this login stores")
    return check_token(settings.token_variable.strip(), TOKEN_VARIABLE)


def _check_stores(session: Session, token: str | None, *, replace: bool) -> bool:
    """Whether to replace another origin's session: asked for by option, or by the person."""
    try:
        session.check(token, replace=replace)
    except OriginMismatchError as conflict:
        if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
            raise
        output.warning(conflict)
        if not click.confirm(f"Give up the session for {printable(conflict.stored)}?", err=True):
            raise
        session.check(token, replace=True)
        return True
    return replace


def _ask_token(settings: Settings, client: Client, url: DeploymentURL) -> tuple[str, User]:
    page = url.join("cli-auth")
    if not output.is_terminal(sys.stdin):
        token = _read_line(page)
        return token, client.identify(token)
    opened = output.is_terminal(sys.stdout) and not settings.no_open and _open_browser(page)
    output.progress(f"{'Your browser was asked to open' if opened else 'Open in your browser'}:\n\n    {page}\n")
    return _prompt(settings, client)


def _prompt(settings: Settings, client: Client) -> tuple[str, User]:
    from coder_login.deployment.errors import TokenRefusedError

    while True:
        token = _read_hidden_line()
        try:
            return check_token(token, "that"), client.identify(token)
        except (InvalidTokenError, TokenRefusedError) as refusal:
            settings.report(PastedTokenError(refusal.message))


def _read_hidden_line() -> str:
    try:
        return str(click.prompt("Paste your token here", hide_input=True, err=True)).strip()
    except click.Abort as stop:
        if not isinstance(stop.__context__, EOFError):
            raise
    raise NoTokenError("no token was given")


def _read_line(page: str) -> str:
    # PowerShell can put a byte-order mark before what it pipes.
    bytes_ = sys.stdin.buffer.readline(_LINE_LIMIT).removeprefix(codecs.BOM_UTF8) if sys.stdin else b""
    line = bytes_.decode("ascii", "replace")
    if not line.strip():
        raise NoTokenPipedError(page)
    return check_token(line.strip(), "the line on standard input")


def _open_browser(page: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False


def _tell_changes(settings: Settings, url: DeploymentURL, kept: Kept) -> None:
    """What the login changed for others, and what stands in its way."""
    if kept.displaced is not None:
        verb = "removed" if settings.use_keyring else "replaced"
        fact = f"the plaintext session of {kept.displaced} was {verb}, because the url file now names {url}"
        settings.warn(DisplacedNotice(fact, kept.displaced))
    if settings.token_option is not None and settings.token_variable is not None:
        output.warning(Notice(f"{TOKEN_VARIABLE} is set, and overrides the stored token in other commands"))
    if kept.leftover:
        fact = f"a plaintext session of the same deployment is left in {settings.open_files().place}"
        settings.warn(LeftoverNotice(fact, url))
    if settings.use_keyring and options.read_variable(options.USE_KEYRING) is None:
        output.note(f"Set {KEYRING_VARIABLE}=true to make every command use the keyring.")
