"""`coder keyring status|list|migrate|reset`"""

from __future__ import annotations

from typing import Any

import click

from coder_login.commands import output
from coder_login.commands.options import Group, output_option
from coder_login.commands.parsing import Flag
from coder_login.commands.settings import Settings
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.interrupts import deferred
from coder_login.sessionstore import (
    DEFAULT_SERVICE,
    FileStore,
    KeyringStore,
    SessionNotFoundError,
    SessionStoreError,
    UnsupportedKeyringError,
)


@click.group(cls=Group, epilog="\b\nExamples:\n  coder keyring status\n  coder keyring migrate")
def command() -> None:
    """Look at the sessions in the system's keyring, and put them there."""


@command.command(epilog="\b\nExamples:\n  coder keyring status\n  coder keyring status --output json")
@output_option
@click.pass_context
def status(ctx: click.Context, form: str) -> None:
    """Say whether the keyring can be used here, and how full it is. Reads only; exit code 0 only if it can be used."""
    report = _status()
    if form == "json":
        output.answer_json(report)
    else:
        output.answer(_status_text(report))
    ctx.exit(0 if report["usable"] else 1)


@command.command(
    "list",
    short_help="List the deployments that have a session.",
    epilog="\b\nExamples:\n  coder keyring list\n  coder keyring list --output json",
)
@output_option
@click.pass_context
def list_(ctx: click.Context, form: str) -> None:
    """List the deployments that have a session in the keyring; * marks the one that the url file names."""
    settings = Settings(ctx)
    current = _current(settings)
    rows = [
        {"url": str(origin), "current": current is not None and origin == current.origin}
        for origin in settings.keyring().deployments()
    ]
    if form == "json":
        output.answer_json(rows)
    elif rows:
        output.answer_lines(f"{'*' if row['current'] else ' '} {row['url']}" for row in rows)
    else:
        output.note("no session in the keyring")


@command.command(
    short_help="Move the session file's token into the keyring.",
    epilog="\b\nExamples:\n  coder keyring migrate",
)
@click.option("--replace", cls=Flag, help="Give up the session that the keyring has in its place.")
@click.pass_context
def migrate(ctx: click.Context, replace: bool) -> None:
    """Move the session file's token into the keyring, check it there, then remove the file."""
    settings = Settings(ctx)
    keyring, files = settings.keyring(), settings.files()
    url = settings.given_url() or files.current()
    if url is None:
        raise SessionNotFoundError(f"no session in {files.place}: no url file names a deployment", "log in first")
    token = files.read(url)
    if not replace:
        _check_not_other(keyring, url, token)
    keyring.check(url, len(token), replace=replace)
    with deferred():
        _move(keyring, files, url, token, replace=replace)
    output.answer(f"Moved the session for {url} from {files.place} into {keyring.place}.")


@command.command(epilog="\b\nExamples:\n  coder keyring reset")
@click.option("-y", "--yes", cls=Flag, help="Do not ask.")
@click.pass_context
def reset(ctx: click.Context, yes: bool) -> None:
    """Discard a credential that can't be read. One that is in order is never discarded."""
    keyring = Settings(ctx).keyring()
    if not yes:
        output.check_person("confirm with --yes")
        if not click.confirm(f"Discard the credential {keyring.service}, with all that is in it?", err=True):
            raise CoderError("nothing was done: the credential is as it was")
    keyring.reset()
    output.answer(f"Discarded the credential {keyring.service}. Log in again to each deployment.")


def _status() -> dict[str, Any]:
    report: dict[str, Any] = {
        "supported": True,
        "available": False,
        "usable": False,
        "reason": None,
        "target_name": DEFAULT_SERVICE,
        "persistence": None,
        "bytes_used": None,
        "bytes_free": None,
        "deployments": None,
    }
    try:
        keyring = KeyringStore()
        report["persistence"] = keyring.persistence()
        usage = keyring.usage()
        report |= {"available": True, "bytes_used": usage.used, "bytes_free": max(usage.limit - usage.used, 0)}
        report |= {"deployments": len(keyring.deployments()), "usable": True}
    except SessionStoreError as problem:
        report |= {"supported": not isinstance(problem, UnsupportedKeyringError), "reason": str(problem)}
    return report


def _status_text(report: dict[str, Any]) -> str:
    lines = [f"{key.replace('_', ' ')}: {_word(value)}" for key, value in report.items() if value is not None]
    return "\n".join(lines)


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _current(settings: Settings) -> DeploymentURL | None:
    try:
        return settings.files().current()
    except SessionStoreError:
        return None


def _check_not_other(keyring: KeyringStore, url: DeploymentURL, token: str) -> None:
    try:
        stored = keyring.read(url)
    except SessionNotFoundError:
        return
    if stored != token:
        raise SessionStoreError(
            f"the keyring already has another session for {url.origin}",
            "give up that one with --replace, or the file's with: coder logout --use-keyring=false",
        )


def _move(keyring: KeyringStore, files: FileStore, url: DeploymentURL, token: str, *, replace: bool) -> None:
    """Of the files it removes `session` alone: `url` names the deployment for the keyring too."""
    place = f"the session is still in {files.place}"
    try:
        keyring.write(url, token, replace=replace)
        place = f"the session is in {keyring.place}, and still in {files.place} too"
        files.drop_session(url, token)
    except BaseException as error:
        reason, hint = (error.message, error.hint) if isinstance(error, CoderError) else ("interrupted", "")
        raise SessionStoreError(f"{place}: {reason}", hint or "run this again") from error
