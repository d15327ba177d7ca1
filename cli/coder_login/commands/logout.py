"""`coder logout`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from coder_login.commands import output
from coder_login.commands.errors import (
    AnotherSessionNotice,
    DeclinedError,
    HalfLoggedOutError,
    LeftoverNotice,
    NotRevokedError,
    TokenVariableNotice,
)
from coder_login.commands.help_page import WITH_KEYRING
from coder_login.commands.parsing import Command, Flag, find_given
from coder_login.commands.settings import TOKEN_VARIABLE, Settings
from coder_login.errors import CoderError, find_reason
from coder_login.interrupts import STOPS, find_exit_code, heed_signals, ignore_signals
from coder_login.sessionstore import FileStore

if TYPE_CHECKING:
    from coder_login.deployment.api import Client
    from coder_login.session import Forgotten, Session


@click.command(
    cls=Command,
    examples=[
        "coder logout",
        f"coder logout --yes{WITH_KEYRING} --url https://dev.example.com",
        "coder logout --local-only",
    ],
)
@click.option("-y", "--yes", cls=Flag, help="Do not ask.")
@click.option("--local-only", cls=Flag, help="Do not revoke the session on the deployment.")
@click.pass_context
def command(ctx: click.Context, yes: bool, local_only: bool) -> None:
    """Revoke the stored session on its deployment, then forget it here.

    It is the stored session that is revoked, never CODER_SESSION_TOKEN. A deployment that can't be reached is no
    obstacle: the token is forgotten all the same, and the exit code is 1.
    """
    settings = Settings(find_given(ctx))
    if local_only and not settings.use_keyring and settings.open_files().is_ownerless():
        _forget_ownerless(settings.open_files(), yes=yes)
        return
    session = settings.open_session()
    if local_only:
        _confirm(f"Forget the session for {session.url}?", yes=yes)
        _forget_only(settings, session)
        return
    token = session.read()
    output.hide(token)
    session.check_forgettable()
    _confirm(f"Log out of {session.url}?", yes=yes)
    if not _log_out(settings, session, settings.make_client(session.url), token):
        ctx.exit(1)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    output.check_person()
    if not output.confirm(question, default=True):
        raise DeclinedError("nothing was done: the session is still stored, and was not revoked")


def _forget_ownerless(files: FileStore, *, yes: bool) -> None:
    _confirm(f"Forget what is in {files.place}, and belongs to no known deployment?", yes=yes)
    with ignore_signals():
        files.forget_ownerless()
        output.answer_done(f"Forgot what was in {files.place}. Nothing was revoked.")


def _forget_only(settings: Settings, session: Session) -> None:
    with ignore_signals():
        forgotten = session.forget()
        _tell_forgotten(settings, session, forgotten)
        output.answer_done(
            f"Forgot the session for {session.url}. It was not revoked: the deployment still accepts it."
        )
        _tell_variable(settings)


def _log_out(settings: Settings, session: Session, client: Client, token: str) -> bool:
    """Whether the session is revoked and forgotten; forgotten it is, or an error says what is left."""
    with ignore_signals():  # but while the deployment, or a lock, is waited for
        problem = _revoke(session, client, token)
        _tell_forgotten(settings, session, _forget(session, token, problem))
        if problem is not None:
            settings.report(NotRevokedError(session.url, f"{_tell_unrevoked(problem)}: {problem.message}"))
        else:
            output.answer_done(f"Logged out of {session.url}.")
        _tell_variable(settings)
    return problem is None


def _revoke(session: Session, client: Client, token: str) -> CoderError | None:
    """Why the session could not be revoked; None when it is no longer good. Raises HalfLoggedOutError when stopped, and
    for what nobody has foreseen."""
    from coder_login.deployment.errors import TokenRefusedError

    try:
        with heed_signals():
            client.logout(token)
    except TokenRefusedError:
        return None
    except CoderError as problem:
        return problem
    except (Exception, *STOPS) as stop:
        fact = f"{session.url} may have revoked the session, and it is still stored in {session.place}"
        raise _make_half_error(session, fact, stop) from stop
    return None


def _tell_unrevoked(problem: CoderError) -> str:
    """What became of the session at the deployment, whose answer to its end was *problem*."""
    from coder_login.deployment.errors import may_have_acted

    return "perhaps not revoked" if may_have_acted(problem) else "not revoked"


def _forget(session: Session, token: str, problem: CoderError | None) -> Forgotten:
    try:
        return session.forget(token)
    except (CoderError, *STOPS) as failure:
        done = "revoked" if problem is None else f"{_tell_unrevoked(problem)} ({problem.message})"
        fact = f"the session of {session.url} was {done}, and is still stored in {session.place}"
        raise _make_half_error(session, fact, failure) from failure


def _make_half_error(session: Session, fact: str, failure: BaseException) -> HalfLoggedOutError:
    cause = failure if isinstance(failure, CoderError) else None
    return HalfLoggedOutError(f"{find_reason(failure)}: {fact}", session.url, cause, find_exit_code(failure))


def _tell_forgotten(settings: Settings, session: Session, forgotten: Forgotten) -> None:
    if forgotten.leftover:
        fact = f"a plaintext session of {session.url.origin} is left in {settings.open_files().place}"
        settings.warn(LeftoverNotice(fact, session.url))
    if forgotten.has_another:
        fact = f"another session was stored in {session.place} meanwhile, and was left alone"
        settings.warn(AnotherSessionNotice(fact))
    if forgotten.problem is not None:
        settings.warn(forgotten.problem)


def _tell_variable(settings: Settings) -> None:
    if settings.token_variable is not None:
        settings.warn(TokenVariableNotice(f"{TOKEN_VARIABLE} is still set, and other commands use it"))
