"""`coder keyring status|list|migrate|reset`"""

from __future__ import annotations

from typing import Any

import click

from coder_login import session
from coder_login.commands import output
from coder_login.commands.errors import DeclinedError, MisfitNotice, Notice
from coder_login.commands.parsing import Flag, Group, find_given, output_option
from coder_login.commands.settings import Settings
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.interrupts import ignore_signals
from coder_login.sessionstore import (
    DEFAULT_SERVICE,
    KeyringStore,
    SessionNotFoundError,
    SessionStoreError,
    UnsupportedKeyringError,
    Usage,
)


@click.group(cls=Group, examples=["coder keyring status", "coder keyring migrate"])
def command() -> None:
    """Look at the sessions in the system's keyring, or move one there."""


@command.command(examples=["coder keyring status", "coder keyring status --output json"])
@output_option
@click.pass_context
def status(ctx: click.Context, form: str) -> None:
    """Say whether the keyring can be used here, and how full it is. Reads only; exit code 0 only if it can be used."""
    report = _make_report(Settings(find_given(ctx)))
    if form == "json":
        output.answer_json(report)
    else:
        output.answer(_format_report(report))
    ctx.exit(0 if report["usable"] else 1)


@command.command(
    "list",
    short_help="List the deployments that have a session.",
    examples=["coder keyring list", "coder keyring list --output json"],
)
@output_option
@click.pass_context
def list_(ctx: click.Context, form: str) -> None:
    """List the deployments that have a session in the keyring; * marks the one that the url file names."""
    settings = Settings(find_given(ctx))
    current = _find_current(settings)
    rows = [
        {"url": str(url), "current": current is not None and url.origin == current.origin}
        for url in settings.open_keyring().deployments(current)
    ]
    if form == "json":
        output.answer_json(rows)
    elif rows:
        output.answer_lines(f"{'*' if row['current'] else ' '} {row['url']}" for row in rows)
    else:
        output.note("No session in the keyring.")


@command.command(
    short_help="Move the session file's token into the keyring.",
    examples=["coder keyring migrate"],
)
@click.option("--replace", cls=Flag, help="Replace the session that the keyring has already.")
@click.pass_context
def migrate(ctx: click.Context, replace: bool) -> None:
    """Move the session file's token into the keyring, check it there, then remove the file."""
    settings = Settings(find_given(ctx))
    keyring, files = settings.open_keyring(), settings.open_files()
    url = settings.find_given_url() or files.current()
    if url is None:
        raise SessionNotFoundError(f"no session in {files.place}: no url file names a deployment")
    with ignore_signals():
        session.migrate(url, files, keyring, replace=replace)
        output.answer_done(f"Moved the session for {url} from {files.place} into {keyring.place}.")


@command.command(examples=["coder keyring reset --yes"])
@click.option("-y", "--yes", cls=Flag, help="Do not ask.")
@click.pass_context
def reset(ctx: click.Context, yes: bool) -> None:
    """Discard a credential that can't be read. One that is in order is never discarded."""
    keyring = Settings(find_given(ctx)).open_keyring()
    if not yes:
        output.check_person()
        if not output.confirm(f"Discard the credential {keyring.service}, with all that is in it?", default=False):
            raise DeclinedError("nothing was done: the credential is as it was")
    with ignore_signals():
        keyring.reset()
        output.answer_done(f"Discarded the credential {keyring.service}. Log in again to each deployment.")


def _make_report(settings: Settings) -> dict[str, Any]:
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
        "go_cli_problem": None,
    }
    try:
        keyring = KeyringStore()
        report["persistence"] = keyring.persistence()
        usage = keyring.usage()
        report |= {"available": True, "bytes_used": usage.used, "bytes_free": _count_free(usage)}
        report |= {"deployments": len(keyring.deployments()), "usable": True}
        report |= {"go_cli_problem": _find_go_problem(keyring, settings)}
    except SessionStoreError as problem:
        supported = not isinstance(problem, UnsupportedKeyringError)
        report |= {"supported": supported, "usable": False, "reason": _explain(problem, settings)}
    return report


def _find_go_problem(keyring: KeyringStore, settings: Settings) -> str | None:
    misfits = keyring.find_misfits()
    return _explain(MisfitNotice(misfits), settings) if misfits.facts else None


def _explain(problem: CoderError | Notice, settings: Settings) -> str:
    """*problem* and the next step, on one line."""
    return ". ".join(filter(None, (problem.message, settings.find_hint(problem).replace("\n", " "))))


def _count_free(usage: Usage) -> int | None:
    return None if usage.limit is None else max(usage.limit - usage.used, 0)


def _format_report(report: dict[str, Any]) -> str:
    lines = [f"{_title(key)}: {_format(value)}" for key, value in report.items() if value is not None]
    return "\n".join(lines)


def _title(key: str) -> str:
    if key == "persistence":  # on offer, for any credential: this one is kept on the computer
        return "strongest persistence"
    return key.replace("_", " ").replace("go cli", "Go CLI")


def _format(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _find_current(settings: Settings) -> DeploymentURL | None:
    try:
        return settings.open_files().current()
    except SessionStoreError:
        return None
