"""`coder login [URL]`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from coder_login.commands import options, output, tokens
from coder_login.commands.errors import (
    ConsolePasteError,
    DisplacedNotice,
    LeftoverNotice,
    Notice,
    NoTokenError,
    PastedTokenError,
)
from coder_login.commands.help_page import WITH_KEYRING
from coder_login.commands.parsing import Command, Flag, find_given
from coder_login.commands.settings import KEYRING_VARIABLE, TOKEN_VARIABLE, Settings
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.interrupts import ignore_signals
from coder_login.sessionstore import OriginMismatchError
from coder_login.text import printable

if TYPE_CHECKING:
    from coder_login.deployment.api import Client, User
    from coder_login.session import Kept, Session

_CTRL_V = "\x16"

if sys.platform == "win32":
    _SHELL_EXAMPLES = ["type token.txt | coder login dev.example.com"]  # in cmd, and in PowerShell
else:
    _SHELL_EXAMPLES = ["coder login dev.example.com < token.txt"]


@click.command(
    cls=Command,
    examples=[f"coder login{WITH_KEYRING} https://dev.example.com", "coder login dev.example.com", *_SHELL_EXAMPLES],
)
@click.argument("deployment", metavar="[URL]", required=False)
@click.option(
    "--use-token-as-session", cls=Flag, help="Store the given token itself, not a new session key made with it."
)
@click.option("--replace", cls=Flag, help="Replace the session of another origin on the same host.")
@click.pass_context
def command(ctx: click.Context, deployment: str | None, use_token_as_session: bool, replace: bool) -> None:
    """Log in to the deployment at URL, and store its session token.

    Without URL it is the deployment of --url, CODER_URL or the url file. Without a token, one is asked for on a
    terminal, and read as a line of standard input otherwise. To print the stored token: coder login token.
    """
    settings = Settings(find_given(ctx))
    token = tokens.take_given_for_login(settings, use_token_as_session=use_token_as_session)
    session = settings.open_session(deployment)
    client = settings.make_client(session.url)
    replace = _check_stores(session, token, replace=replace)
    client.check_deployment()
    token, user = _identify(settings, client, session.url, token)
    is_minted = settings.token_option is not None and not use_token_as_session
    with ignore_signals():  # from the commit until everything about it is said
        kept = _keep(client, session, token, is_minted=is_minted, replace=replace)
        _tell(settings, session, user, kept)


def _check_stores(session: Session, token: str | None, *, replace: bool) -> bool:
    """Whether to replace another origin's session: asked for by option, or by the person."""
    try:
        session.check(token, replace=replace)
    except OriginMismatchError as conflict:
        if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
            raise
        output.warning(conflict)
        question = f"Replace the session for {printable(conflict.stored)}?"
        if not output.confirm(question, default=False, option="--replace"):
            raise
        session.check(token, replace=True)
        return True
    return replace


def _identify(settings: Settings, client: Client, url: DeploymentURL, token: str | None) -> tuple[str, User]:
    """The token, asked for or read where none was given, and whose it is."""
    page = url.join("cli-auth")
    if token is None and output.is_terminal(sys.stdin):
        return _ask_token(settings, client, page)
    if token is None:
        token = tokens.read_line(page)
    with tokens.explain_refusal(tokens.find_source(settings), page):
        return token, client.identify(token)


def _ask_token(settings: Settings, client: Client, page: str) -> tuple[str, User]:
    opened = output.is_terminal(sys.stdout) and not settings.no_open and _open_browser(page)
    output.progress(f"{'Your browser was asked to open' if opened else 'Open in your browser'}:\n\n    {page}\n")
    from coder_login.deployment.errors import TokenRefusedError

    while True:
        try:
            token = _read_token()
            return token, client.identify(token)
        except (InvalidTokenError, TokenRefusedError) as refusal:
            settings.report(PastedTokenError(refusal.message))
        except ConsolePasteError as problem:
            settings.report(problem)


def _read_token() -> str:
    from coder_login.commands import prompt

    try:
        line = prompt.read_hidden_line("Paste your token here: ")
    except EOFError:
        line = None
    if line is None:
        raise NoTokenError("no token was given")
    if _CTRL_V in line and not line.replace(_CTRL_V, "").strip():
        raise ConsolePasteError("that was Ctrl-V itself: this console pastes nothing for it here")
    return tokens.check(line.replace(_CTRL_V, ""), "that")


def _open_browser(page: str) -> bool:
    from coder_login.commands.browser import open_page

    return open_page(page)


def _keep(client: Client, session: Session, token: str, *, is_minted: bool, replace: bool) -> Kept:
    if not is_minted:
        return session.keep(token, replace=replace)
    from coder_login.login import keep_new_key

    with tokens.explain_refusal(options.TOKEN.name, session.url.join("cli-auth")):
        return keep_new_key(client, session, token, replace=replace)


def _tell(settings: Settings, session: Session, user: User, kept: Kept) -> None:
    try:
        output.answer_done(
            f"Logged in to {session.url} as {printable(user.username)}. The token is kept in {session.place}."
        )
    finally:
        _tell_changes(settings, session.url, kept)


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
