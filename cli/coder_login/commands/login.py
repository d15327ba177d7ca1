"""`coder login [URL]`"""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.options import Command
from coder_login.commands.parsing import Flag
from coder_login.commands.settings import KEYRING_VARIABLE, TOKEN_VARIABLE, Settings
from coder_login.deployment.session_token import InvalidTokenError, check_token
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.sessionstore import FileStore, OriginMismatchError, SessionStoreError
from coder_login.text import printable

if TYPE_CHECKING:
    from coder_login.deployment.api import User
    from coder_login.login import Login

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
    from coder_login.login import Login

    settings = Settings(ctx)
    token = _given_token(settings, use_token_as_session=use_token_as_session)
    store = settings.store()
    files = store if isinstance(store, FileStore) else settings.files()
    url = settings.url(deployment)
    before = _Before(files, url)
    login = Login(url, settings.client(url), store, files)
    replace = _checked_stores(login, token, replace=replace)
    login.check_deployment()
    if token is None:
        token, user = _asked_token(settings, login, url)
    else:
        user = login.user(token)
    mint = settings.token_option is not None and not use_token_as_session
    (login.keep_new_key if mint else login.keep)(token, replace=replace)
    output.answer(f"Logged in to {url} as {printable(user.username)}. The token is kept in {store.place}.")
    before.tell_changes(settings)


def _given_token(settings: Settings, *, use_token_as_session: bool) -> str | None:
    if settings.token_option is not None:
        return check_token(settings.token_option.strip(), "--token")
    if settings.token_variable is None:
        return None
    if not use_token_as_session:
        raise CoderError(
            f"{TOKEN_VARIABLE} is set, and would override whatever this login stores",
            "unset it, or store that token itself with --use-token-as-session",
        )
    return check_token(settings.token_variable.strip(), TOKEN_VARIABLE)


def _checked_stores(login: Login, token: str | None, *, replace: bool) -> bool:
    """Whether to replace another origin's session: asked for by option, or by the person."""
    try:
        login.check_stores(token, replace=replace)
    except OriginMismatchError as conflict:
        if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
            raise
        output.warning(conflict.message)
        if not click.confirm(f"Give up the session for {printable(conflict.stored)}?", err=True):
            raise
        login.check_stores(token, replace=True)
        return True
    return replace


def _asked_token(settings: Settings, login: Login, deployment: DeploymentURL) -> tuple[str, User]:
    page = deployment.join("cli-auth")
    if not output.is_terminal(sys.stdin):
        token = _line_of_stdin(page)
        return token, login.user(token)
    opened = output.is_terminal(sys.stdout) and not settings.no_open and _open_browser(page)
    output.progress(f"{'Your browser was asked to open' if opened else 'Open in your browser'}:\n\n    {page}\n")
    return _prompted(login)


def _prompted(login: Login) -> tuple[str, User]:
    from coder_login.deployment.api import TokenRefusedError

    while True:
        token = _hidden_line()
        try:
            return check_token(token, "that"), login.user(token)
        except (InvalidTokenError, TokenRefusedError) as refusal:
            output.error(CoderError(refusal.message, "paste another one, or press Ctrl-C to stop"))


def _hidden_line() -> str:
    try:
        return str(click.prompt("Paste your token here", hide_input=True, err=True)).strip()
    except click.Abort as stop:
        if not isinstance(stop.__context__, EOFError):
            raise
    raise CoderError("no token was given", "run this again, and paste one")


def _line_of_stdin(page: str) -> str:
    # PowerShell can put a byte-order mark before what it pipes.
    bytes_ = sys.stdin.buffer.readline(_LINE_LIMIT).removeprefix(codecs.BOM_UTF8) if sys.stdin else b""
    line = bytes_.decode("ascii", "replace")
    if not line.strip():
        raise CoderError("no token on standard input", f"pipe one in, as shown by {page}; or run this in a terminal")
    return check_token(line.strip(), "the line on standard input")


def _open_browser(page: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False


class _Before:
    """What the files held before the login, so that its effects on others can be told."""

    def __init__(self, files: FileStore, deployment: DeploymentURL) -> None:
        self._files = files
        self._deployment = deployment
        try:
            current = files.current()
            self._owner = str(current.origin) if current else "an unknown deployment"
        except SessionStoreError:
            self._owner = "an unknown deployment"
        self._had_session = files.has_session()

    def tell_changes(self, settings: Settings) -> None:
        same = self._owner == str(self._deployment.origin)
        if self._had_session and not same:
            verb = "removed" if settings.use_keyring else "replaced"
            output.warning(
                f"the plaintext session of {self._owner} was {verb}, because the url file now names {self._deployment}",
                f"it was not revoked: {self._owner} still accepts it until it expires or is revoked there",
            )
        if settings.use_keyring:
            self._tell_keyring(leftover=self._had_session and same)
        if settings.token_option is not None and settings.token_variable is not None:
            output.warning(f"{TOKEN_VARIABLE} is set, and overrides the stored token in coder whoami and other clients")

    def _tell_keyring(self, *, leftover: bool) -> None:
        if leftover:
            output.warning(
                f"a plaintext session of the same deployment is left in {self._files.place}",
                "revoke and remove it with: coder logout --use-keyring=false",
            )
        if not os.environ.get(KEYRING_VARIABLE):
            output.note(f"Set {KEYRING_VARIABLE}=true to make every command use the keyring")
