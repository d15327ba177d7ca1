"""From an error to the next step: one table, which knows every option that was given.

A step is made of whole sentences. A command or a URL in it stands at the end of a line, without a full stop, and can be
pasted as it stands.
"""

from __future__ import annotations

from typing import Any

from coder_login.commands import deployment_hints, errors, keyring_hints, options
from coder_login.commands.go_cli import find_go_program
from coder_login.commands.invocation import Invocation, Step, quote
from coder_login.deployment.session_token import InvalidTokenError, QuotedTokenError
from coder_login.errors import CoderError, KeyLeftError
from coder_login.sessionstore import errors as store
from coder_login.sessionstore import file_errors as files
from coder_login.text import printable


def find_step(error: CoderError | errors.Notice | Warning, run: Invocation) -> str:
    """What to do about *error*, by its class or the nearest parent that has a row; "" when there is nothing to say."""
    for kind in type(error).__mro__:
        if kind in _STEPS:
            step = _STEPS[kind]
            return step if isinstance(step, str) else step(error, run)
    return ""


def _after_foreign_command(error: errors.ForeignCommandError, run: Invocation) -> str:
    other = find_go_program()
    if other is None:
        return "The Go CLI is not found on the PATH. Install it: https://coder.com/docs/install/cli"
    return f"Give the same words to the Go CLI, by its path: {other}"


def _after_refused_token(error: errors.RefusedTokenError, run: Invocation) -> str:
    if error.page is not None:
        return f"That was the token of {error.source}: copy a new one from {error.page}"
    verb = "leave it out" if error.source == options.TOKEN.name else "unset it"
    return f"That was the token of {error.source}: {verb} to use the stored session."


def _after_half_logout(error: errors.HalfLoggedOutError, run: Invocation) -> str:
    finish = run.spell("Finish it with:", "logout", "--url", str(error.url))
    # Without the keyring, the next logout would be another session's.
    look = _after_failure(error, run.about_stored())
    return "\n".join(filter(None, (look, finish)))


def _after_mismatch(error: store.OriginMismatchError, run: Invocation) -> str:
    words = [*run.repeat_local("--use-token-as-session"), *(["--replace"] if error.same_host else [])]
    text = f"Name {error.owner} instead, or log in with:" if error.owner else "Log in with:"
    if error.owner is None and not error.same_host:
        text = "Write the URL of the deployment that issued it into that file, or log in with:"
    keyring = run.store_of(error.in_keyring)
    login = run.spell(text, "login", *words, str(error.requested), keyring=keyring, token=True)
    if error.owner is None and not error.in_keyring:
        return "\n".join((login, run.spell("Or forget it with:", "logout", "--local-only", keyring=keyring)))
    return login


def _after_damaged_token(error: store.DamagedTokenError, run: Invocation) -> str:
    url, keyring = str(error.url), run.store_of(error.in_keyring)
    login = run.spell("Log in again with:", "login", url, keyring=keyring)
    return "\n".join((login, run.spell("Or forget it with:", "logout", "--local-only", "--url", url, keyring=keyring)))


def _after_key_left(error: KeyLeftError, run: Invocation) -> str:
    look = f"Look for it, and revoke it, at {error.url.join('settings/tokens')}"
    return "\n".join(filter(None, (look, _after_failure(error, run))))


def _after_failure(
    error: store.RestoreError | store.MigrationError | KeyLeftError | errors.HalfLoggedOutError, run: Invocation
) -> str:
    return find_step(error.failure, run) if error.failure else ""


def _after_untrusted(error: files.UntrustedFileError, run: Invocation) -> str:
    look = "No token was sent to where it says, and nothing was stored."
    if error.owner is not None:
        return f"{look} Remove it, or name another directory with --global-config."
    return f"{look} Check what it says, and close it to them with: chmod go-w {quote([str(error.path)])}"


_FILE_STEPS = {
    files.Action.MADE: "Name another directory with --global-config.",
    files.Action.RESOLVED: "Name another directory with --global-config.",
    files.Action.READ: "Check its permissions.",
    files.Action.WRITTEN: "Make room, or make the directory writable for you.",
    files.Action.REPLACED: "Close the program that has it open, or check its permissions.",
    files.Action.REMOVED: "Remove {path} by hand.",
    files.Action.OPENED: "Make it and its directory writable for you.",
}

_STEPS: dict[type[Any], Step] = {
    errors.BugError: "This is a bug in the command: please report it.",
    errors.MisplacedURLError: lambda error, run: run.spell("To log in, use:", "login", str(error.origin or "URL")),
    errors.ForeignCommandError: _after_foreign_command,
    errors.NobodyToAskError: lambda error, run: f"Confirm with {error.option}",
    errors.UnwrittenAnswerError: "Check where standard output goes.",
    errors.UnnamedDeploymentError: lambda error, run: run.spell("Give --url URL, or log in with:", "login", "URL"),
    errors.OwnerlessSessionError: lambda error, run: "\n".join(
        (
            run.spell("Give --url URL, or log in with:", "login", "URL"),
            run.spell("Or forget it with:", "logout", "--local-only", keyring=run.store_of(False)),
        )
    ),
    errors.TokenVariableSetError: "Unset it, or store that token itself with --use-token-as-session",
    errors.NoTokenError: "Run this again, and paste one.",
    errors.NoTokenPipedError: lambda error, run: f"Run this in a terminal, or pipe one in, as shown by {error.page}",
    errors.PastedTokenError: "Paste another one, or press Ctrl-C to stop.",
    errors.ConsolePasteError: "Paste with a right click, Shift-Insert or Ctrl-Shift-V, or press Ctrl-C to stop.",
    errors.EmptyTokenVariableError: "Set it to the token that is to be stored, or run this in a terminal.",
    QuotedTokenError: "Leave out the quotes: in cmd, set NAME=VALUE and echo take them for a part of the text.",
    errors.RefusedTokenError: _after_refused_token,
    errors.NotRevokedError: lambda error, run: f"Revoke it at {error.url.join('settings/tokens')}",
    errors.HalfLoggedOutError: _after_half_logout,
    errors.AnotherSessionNotice: "Run this again to log out of that one too.",
    errors.NoTLSNotice: "Use https, if the deployment has it.",
    errors.LeftoverNotice: lambda error, run: run.spell(
        "Revoke and remove it with:", "logout", "--url", str(error.url), keyring=False
    ),
    errors.DisplacedNotice: lambda error, run: (
        f"It was not revoked: {error.owner} still accepts it until it expires or is revoked there."
    ),
    errors.TokenVariableNotice: "Unset it.",
    KeyLeftError: _after_key_left,
    store.SessionNotFoundError: lambda error, run: run.spell("Log in with:", "login", str(error.url or "URL")),
    store.SessionElsewhereError: lambda error, run: (
        f"There is one in the other store: add --use-keyring{'=false' if run.uses_keyring else ''}"
    ),
    store.OriginMismatchError: _after_mismatch,
    store.SchemeNotRecordedError: lambda error, run: run.spell(
        "Log in again, which replaces it, with:", "login", str(error.requested), keyring=run.store_of(error.in_keyring)
    ),
    store.SessionConflictError: lambda error, run: run.spell(
        "Replace that one with --replace, or give up the file's with:", "logout", "--url", str(error.url), keyring=False
    ),
    store.DamagedTokenError: _after_damaged_token,
    store.StoreLockedError: "Try again, or end the coder process that hangs.",
    store.StoreChangedError: "End the other program that writes it, and try again.",
    store.URLFileError: lambda error, run: "\n".join(
        (
            "Log in, or write the URL of a deployment into it.",
            run.spell("Or forget it, and the session beside it, with:", "logout", "--local-only", keyring=False),
        )
    ),
    store.RestoreError: _after_failure,
    store.MigrationError: lambda error, run: _after_failure(error, run) or "Run this again.",
    files.NoConfigDirectoryError: "Say where with --global-config DIR or CODER_CONFIG_DIR.",
    files.NoLockDirectoryError: lambda error, run: f"Set {error.variables} to one.",
    files.LockError: (
        "Put the directory of the lock on a local disk: --global-config, XDG_STATE_HOME or LOCALAPPDATA names it."
    ),
    files.FileError: lambda error, run: _FILE_STEPS[error.action].format(path=printable(str(error.path))),
    files.LinkError: "Put a file in its place: a link can lead a token astray.",
    files.ForeignFileError: "Move it away: it is not a file of a Coder client.",
    files.UntrustedFileError: _after_untrusted,
    files.InsecureFileWarning: lambda error, run: f"Close it to them with: chmod 600 {quote([str(error.path)])}",
    files.InsecureDirectoryWarning: lambda error, run: (
        f"Name another one with --global-config, or close it to them with: chmod go-w {quote([str(error.path)])}"
    ),
    files.LeftoverFileWarning: "Remove it by hand.",
    InvalidTokenError: "Copy the token alone, as the deployment's page shows it.",
    **deployment_hints.STEPS,
    **keyring_hints.STEPS,
}
