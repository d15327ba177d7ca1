"""From an error to the next step: one table, which knows every option that was given.

A step is made of whole sentences. A command or a URL in it stands at the end of a line, without a full stop, and can be
pasted as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from coder_login.commands import errors
from coder_login.commands.go_cli import find_go_program
from coder_login.commands.invocation import Invocation, quote
from coder_login.deployment.errors import (
    APIError,
    Failure,
    ForeignRedirectError,
    HeaderError,
    HeaderFault,
    InFrontError,
    InvalidKeyError,
    NotCoderError,
    NoUserError,
    RequestError,
    TokenRefusedError,
    UnexpectedAnswerError,
)
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import InvalidURLError, URLFault
from coder_login.errors import CoderError, KeyLeftError
from coder_login.sessionstore import errors as store

Step: TypeAlias = str | Callable[[Any, Invocation], str]


def find_step(error: CoderError | errors.Notice | Warning, run: Invocation) -> str:
    """What to do about *error*, by its class or the nearest parent that has a row; "" when there is nothing to say."""
    for kind in type(error).__mro__:
        if kind in _STEPS:
            step = _STEPS[kind]
            return step if isinstance(step, str) else step(error, run)
    return ""


_WITHOUT_KEYRING = "Leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file."


def _after_foreign_command(error: errors.ForeignCommandError, run: Invocation) -> str:
    other = find_go_program()
    if other is None:
        return "The Go CLI is not found on the PATH. Install it: https://coder.com/docs/install/cli"
    return f"Give the same words to the Go CLI, by its path: {other}"


def _after_mismatch(error: store.OriginMismatchError, run: Invocation) -> str:
    words = [*run.repeat_local("--use-token-as-session"), *(["--replace"] if error.same_host else [])]
    text = f"Name {error.owner} instead, or log in with:" if error.owner else "Log in with:"
    if error.owner is None and not error.same_host:
        text = "Write the URL of the deployment that issued it into that file, or log in with:"
    keyring = run.store_of(error.in_keyring)
    return run.spell(text, "login", *words, str(error.requested), keyring=keyring, token=True)


def _after_damaged_token(error: store.DamagedTokenError, run: Invocation) -> str:
    url, keyring = str(error.url), run.store_of(error.in_keyring)
    login = run.spell("Log in again with:", "login", url, keyring=keyring)
    return "\n".join((login, run.spell("Or forget it with:", "logout", "--local-only", "--url", url, keyring=keyring)))


def _after_damage(error: store.StoreDamagedError, run: Invocation) -> str:
    if error.key is not None:
        # Not a reset, which would take the other entries along, and refuses to.
        return "Nothing was changed. A login with --use-keyring and --replace puts a session in its place."
    look = "Nothing was changed. Look at it in the system's own program (on Windows: Control Panel, Credential Manager)"
    return run.spell(f"{look}, or discard it with:", "keyring reset")


def _after_no_room(error: store.NoRoomError, run: Invocation) -> str:
    if not error.others:
        return run.spell("Log out of a deployment that is no longer needed. List them with:", "keyring list")
    others = ", ".join(map(str, error.others))
    return f"Log out of a deployment that is no longer needed: {others}"


def _after_key_left(error: KeyLeftError, run: Invocation) -> str:
    look = f"Look for it, and revoke it, at {error.url.join('settings/tokens')}"
    return "\n".join(filter(None, (look, _after_failure(error, run))))


def _after_failure(error: store.RestoreError | store.MigrationError | KeyLeftError, run: Invocation) -> str:
    return find_step(error.failure, run) if error.failure else ""


_FILE_STEPS = {
    store.Action.MADE: "Name another directory with --global-config.",
    store.Action.RESOLVED: "Name another directory with --global-config.",
    store.Action.READ: "Look at its permissions.",
    store.Action.WRITTEN: "Make room, or make the directory writable for you.",
    store.Action.REPLACED: "Close the program that has it open, or look at its permissions.",
    store.Action.REMOVED: "Remove it by hand.",
    store.Action.OPENED: "Make it and its directory writable for you.",
}

_AFTER_STATUS = {
    403: "The user of this token may not do that: ask the deployment's administrator.",
    404: "Look at the URL, its base path too.",
    429: "Those were too many requests: wait a minute, and try again.",
    500: "The deployment has a problem: try again, or ask its administrator.",
    502: "The deployment can't be reached behind its proxy: try again later.",
    503: "The deployment is not ready: try again later.",
    504: "The deployment does not answer its proxy: try again later.",
}
_AFTER_FAILURE: dict[Failure, str] = {
    Failure.NAME: "Look at the URL, and whether this machine is online.",
    Failure.CERTIFICATE: (
        "For a private authority, name its certificate's file in SSL_CERT_FILE; verification can't be turned off."
    ),
    Failure.TLS: "Give an http:// URL if the deployment really has no TLS.",
    Failure.TIMEOUT: "Try again, or give it more than {timeout:g} s with --timeout.",
    Failure.REFUSED: "Look at the port, and whether the deployment runs.",
    Failure.CUT_SHORT: "Try again.",
    Failure.TOO_LONG: "Look at the URL: this is not how a Coder deployment answers.",
    Failure.NOT_HTTP: "Look at the port in the URL, and at its scheme.",
    Failure.UNSENDABLE: "Look at the URL and at the custom headers.",
    Failure.PROXY: "Look at the proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or on Windows the system's settings.",
    Failure.REDIRECTED: "Give that deployment's own URL, or --allow-redirects (the token stays with the first one).",
    Failure.REDIRECTED_NOWHERE: "That is no place of a deployment: look at the deployment's URL.",
    Failure.REDIRECTED_TOO_OFTEN: "Give the URL it ends at.",
    Failure.OTHER: "Look at the URL, at the network and at the proxy variables.",
}
_AFTER_HEADER = {
    HeaderFault.FORM: "Write it as NAME=VALUE.",
    HeaderFault.RESERVED: "Leave it out: the command sets it itself.",
    HeaderFault.CSV: 'Write it as NAME=VALUE,"NAME=VALUE, WITH A COMMA".',
    HeaderFault.COMMAND: "Mend the command.",
    HeaderFault.COMMAND_EXIT: "Run it by hand to see why.",
}
_AFTER_URL = {
    URLFault.FORM: "Give a deployment's URL, such as https://dev.example.com",
    URLFault.PARSING: "Look at its brackets and its port.",
    URLFault.SCHEME: "Only https and http are allowed.",
    URLFault.USER: "Leave out everything up to the @: a session token is asked for separately.",
    URLFault.NOT_ASCII: (
        "Give its xn-- form, as the browser's address bar copies it: other conversions can name another domain."
    ),
    URLFault.IPV6: "Give one like [::1], without a zone.",
    URLFault.PORT: "Give a port from 1 to 65535.",
    URLFault.PATH: "Give the path itself.",
    URLFault.QUERY: "Give the deployment's own URL, without what follows ? or #.",
}

_STEPS: dict[type[Any], Step] = {
    errors.BugError: "This is a bug in the command: please report it.",
    errors.ForeignCommandError: _after_foreign_command,
    errors.NobodyToAskError: "Confirm with --yes",
    errors.UnwrittenAnswerError: "Look at where standard output goes.",
    errors.UnnamedDeploymentError: lambda error, run: run.spell("Give --url URL, or log in with:", "login", "URL"),
    errors.TokenVariableSetError: "Unset it, or store that token itself with --use-token-as-session",
    errors.NoTokenError: "Run this again, and paste one.",
    errors.NoTokenPipedError: lambda error, run: f"Run this in a terminal, or pipe one in, as shown by {error.page}",
    errors.PastedTokenError: "Paste another one, or press Ctrl-C to stop.",
    errors.RefusedVariableError: lambda error, run: (
        f"That was the token of {error.variable}: unset it to use the stored session."
    ),
    errors.NotRevokedError: lambda error, run: f"Revoke it at {error.url.join('settings/tokens')}",
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
    store.SessionConflictError: lambda error, run: run.spell(
        "Give up that one with --replace, or the file's with:", "logout", "--url", str(error.url), keyring=False
    ),
    store.AmbiguousSessionError: lambda error, run: run.spell(
        "Log in again, which replaces both, with:", "login", str(error.origin), keyring=True
    ),
    store.DamagedTokenError: _after_damaged_token,
    store.StoreDamagedError: _after_damage,
    store.StoreInOrderError: lambda error, run: run.spell(
        "To forget a session, use:", "logout", "--url", "URL", keyring=True
    ),
    store.NoRoomError: _after_no_room,
    store.StoreLockedError: "Try again, or end the coder process that hangs.",
    store.StoreChangedError: "End the other program that writes it, and try again.",
    store.WriteLostError: "Try again. Another program may be writing the same credential over and over.",
    store.URLFileError: "Log in, or write the URL of a deployment into it.",
    store.RestoreError: _after_failure,
    store.KeyringRestoreError: lambda error, run: run.spell("Look with:", "keyring list"),
    store.MigrationError: lambda error, run: _after_failure(error, run) or "Run this again.",
    store.NoConfigDirectoryError: "Say where with --global-config DIR or CODER_CONFIG_DIR.",
    store.NoLockDirectoryError: lambda error, run: f"Set {error.variables} to one.",
    store.LockError: (
        "Put the directory of the lock on a local disk: --global-config, XDG_STATE_HOME or LOCALAPPDATA names it."
    ),
    store.FileError: lambda error, run: _FILE_STEPS[error.action],
    store.LinkError: "Put a file in its place: a link can lead a token astray.",
    store.ForeignFileError: "Move it away: it is not a file of a Coder client.",
    store.KeyringFailedError: _WITHOUT_KEYRING,
    store.NoLogonSessionKeyringError: "Run this in a desktop session or a scheduled task. " + _WITHOUT_KEYRING,
    store.NotPersistentError: (
        'On Windows the policy "Do not allow storage of passwords and credentials for network authentication" is a '
        "usual cause. " + _WITHOUT_KEYRING
    ),
    store.InsecureFileWarning: lambda error, run: f"Close it to them with: chmod 600 {quote([str(error.path)])}",
    APIError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Look at the deployment's log, or ask its administrator."
    ),
    NotCoderError: "Look at the URL, its base path too, and whether a login page of a proxy stands in front.",
    NoUserError: lambda error, run: f"Make the first one at {error.url.join('setup')}",
    TokenRefusedError: lambda error, run: run.spell("Log in again with:", "login", str(error.url)),
    InFrontError: lambda error, run: _AFTER_STATUS.get(
        error.status, "Look at the URL, and at what stands between here and the deployment."
    ),
    UnexpectedAnswerError: "The deployment may be older or newer than this command: look for another version of it.",
    InvalidKeyError: "Tell the deployment's administrator.",
    ForeignRedirectError: "Give that deployment's own URL.",
    RequestError: lambda error, run: _AFTER_FAILURE[error.failure].format(timeout=run.timeout),
    HeaderError: lambda error, run: _AFTER_HEADER[error.fault],
    InvalidURLError: lambda error, run: _AFTER_URL[error.fault],
    InvalidTokenError: "Copy the token alone, as the deployment's page shows it.",
}
