"""The next step after an error of the keyring, or of what is stored in it: the rows of `hints` for them."""

from __future__ import annotations

from typing import Any

from coder_login.commands import errors
from coder_login.commands.invocation import Invocation, Step
from coder_login.sessionstore import errors as store

_INSTALL = "Install the command again, with what it needs: python -m pip install --force-reinstall coder-login"
_SYSTEM_PROGRAM = "the system's own program (on Windows: Control Panel, Credential Manager)"


def _after_keyring(advice: str = "") -> Step:
    """*advice*, and how to do without the keyring, where that is a way out."""
    return lambda error, run: _add_way_out(advice, run)


def _add_way_out(advice: str, run: Invocation) -> str:
    return " ".join(filter(None, (advice, _way_out(run))))


def _way_out(run: Invocation) -> str:
    if run.is_about_stored:
        return ""
    if run.uses_keyring:
        return "Leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file."
    return "Without --use-keyring, a login keeps the token in a file."


def _after_misfit(notice: errors.MisfitNotice, run: Invocation) -> str:
    if notice.misfits.is_mended:
        return "The next login with --use-keyring repairs it."
    login = "A login with --use-keyring and --replace puts a session in the place of what has a deployment's key."
    if not notice.misfits.has_others:
        return login
    remove = f"remove the credential in {_SYSTEM_PROGRAM}, and log in again to each deployment."
    return f"{login}\nFor the rest, {remove}" if notice.misfits.has_hosts else f"No login repairs it: {remove}"


def _after_damage(error: store.StoreDamagedError, run: Invocation) -> str:
    if error.key is not None:
        # Not a reset, which would take the other entries along, and refuses to.
        return "Nothing was changed. A login with --use-keyring and --replace puts a session in its place."
    look = f"Nothing was changed. Look at it in {_SYSTEM_PROGRAM}"
    return run.spell(f"{look}, or discard it with:", "keyring reset")


def _after_no_room(error: store.NoRoomError, run: Invocation) -> str:
    if error.others == ():
        remove = f"What fills it can't be logged out of: remove the credential in {_SYSTEM_PROGRAM}."
        return _add_way_out(remove, run)
    if error.others is None:
        return run.spell("Log out of a deployment that is no longer needed. List them with:", "keyring list")
    others = ", ".join(map(str, error.others))
    return f"Log out of a deployment that is no longer needed: {others}"


STEPS: dict[type[Any], Step] = {
    errors.MisfitNotice: _after_misfit,
    store.AmbiguousSessionError: lambda error, run: run.spell(
        "Log in again, which replaces both, with:", "login", str(error.origin), keyring=True
    ),
    store.StoreDamagedError: _after_damage,
    store.StoreInOrderError: lambda error, run: run.spell(
        f"To discard it all the same, remove it in {_SYSTEM_PROGRAM}.\nTo forget a session, use:",
        "logout",
        "--url",
        "URL",
        keyring=True,
    ),
    store.NothingStoredError: lambda error, run: run.spell("Log in with:", "login", "URL", keyring=True),
    store.NoRoomError: _after_no_room,
    store.WriteLostError: "Try again. Another program may be writing the same credential over and over.",
    store.KeyringRestoreError: lambda error, run: run.spell("See what is stored with:", "keyring list"),
    store.KeyringFailedError: _after_keyring(),
    store.KeyringInstallationError: lambda error, run: "\n".join(filter(None, (_way_out(run), _INSTALL))),
    store.NoLogonSessionKeyringError: _after_keyring(
        "A network logon (SSH, WinRM, runas /netonly) never has one; an elevated process, or a task without a stored "
        "password, may have none. Run this in a desktop session, not elevated, or store the password with the task."
    ),
    store.KeyringDeniedError: _after_keyring(
        "Run this outside of an app container, or ask the administrator which policy forbids it."
    ),
    store.KeyringFullError: _after_keyring(
        f"Other programs' entries fill it: remove some that are no longer needed, in {_SYSTEM_PROGRAM}."
    ),
    store.KeyringLimitError: _after_keyring(
        "Windows may be damaged: an administrator can check and repair it with sfc /scannow and a restart."
    ),
    store.NotPersistentError: _after_keyring(
        'On Windows the policy "Do not allow storage of passwords and credentials for network authentication" is a '
        "usual cause."
    ),
}
