"""From an error to its next step: the table, and the command lines that it makes of the options that were given."""

from __future__ import annotations

import copy
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coder_login.commands import errors, output
from coder_login.commands.hints import _STEPS
from coder_login.commands.invocation import quote
from coder_login.commands.options import Given
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError, KeyLeftError
from coder_login.sessionstore import errors as store
from coder_login.sessionstore import file_errors as files
from coder_login.sessionstore.go_form import Misfits
from memory_keyring import MemoryKeyring

from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

URL = DeploymentURL.parse("https://dev.example.com/base")
HTTP = DeploymentURL.parse("http://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com")
HALF = errors.HalfLoggedOutError("no", URL, files.FileError(Path("x"), files.Action.REMOVED, "no"), 1)
HERE = quote([os.path.abspath("D")])
D = "D:\\a b" if sys.platform == "win32" else "/a b"
QUOTED = '"D:\\a b"' if sys.platform == "win32" else "'/a b'"
WITHOUT_KEYRING = "Without --use-keyring, a login keeps the token in a file."


def step(error: CoderError | errors.Notice | Warning, **given: Any) -> str:
    return output.find_hint(error, Given(given))


def missing(url: DeploymentURL = URL) -> store.SessionNotFoundError:
    return store.SessionNotFoundError("no session", url)


# Command lines.


@pytest.mark.parametrize(
    ("given", "line"),
    [
        pytest.param({}, "coder login https://dev.example.com/base", id="nothing"),
        pytest.param({"global_config": os.path.abspath("D")}, f"coder login --global-config {HERE} {URL}", id="text"),
        pytest.param({"global_config": "D"}, f"coder login --global-config {HERE} {URL}", id="relative"),
        pytest.param(
            {"global_config": D}, f"coder login --global-config {QUOTED} https://dev.example.com/base", id="quoted"
        ),
        pytest.param({"use_keyring": True}, "coder login --use-keyring https://dev.example.com/base", id="keyring"),
        pytest.param(
            {"use_keyring": False}, "coder login --use-keyring=false https://dev.example.com/base", id="no-keyring"
        ),
        pytest.param({"url": "https://x.example"}, "coder login https://dev.example.com/base", id="url-is-named"),
        pytest.param(
            {"no_open": True, "allow_redirects": False, "timeout": 2.5},
            "coder login --no-open --allow-redirects=false --timeout 2.5 https://dev.example.com/base",
            id="others",
        ),
        pytest.param({"token": TOKEN}, "coder login https://dev.example.com/base", id="no-token"),
    ],
)
def test_a_command_repeats_what_was_given(given: dict[str, Any], line: str) -> None:
    """So that it means the same store, directory and network when it is pasted."""
    assert step(missing(), **given) == f"Log in with: {line}"


def test_a_url_that_was_given_is_repeated_where_the_command_names_none() -> None:
    """Else the pasted command would be about another deployment."""
    given = {"url": "https://u.example", "use_keyring": True}
    assert step(store.NoRoomError("x"), **given) == (
        "Log out of a deployment that is no longer needed. List them with: coder keyring list --url https://u.example"
    )


@pytest.mark.parametrize("url", ["https://anna:hunter2@u.example", "hunter2!", "https://u.example?hunter2"])
def test_a_url_that_is_none_is_not_repeated(url: str) -> None:
    """It can hold a password, or be one."""
    assert step(store.NoRoomError("x"), url=url).endswith(" coder keyring list")


def test_a_variable_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person who reads an editor's log has not the editor's variables."""
    monkeypatch.setenv("CODER_CONFIG_DIR", "D")
    monkeypatch.setenv("CODER_NO_OPEN", "1")
    monkeypatch.setenv("CODER_URL", "https://u.example")
    monkeypatch.setenv("CODER_SESSION_TOKEN", TOKEN)
    assert step(missing()) == f"Log in with: coder login --global-config {HERE} --no-open {URL}"
    assert step(store.StoreInOrderError("x")).endswith(
        f"coder logout --use-keyring --global-config {HERE} --no-open --url URL"
    )
    assert step(store.StoreDamagedError("x")).endswith(
        f"coder keyring reset --url https://u.example --global-config {HERE} --no-open"
    )


@pytest.mark.parametrize("in_keyring", [True, False], ids=["keyring", "files"])
@pytest.mark.parametrize("asked", [True, False], ids=["keyring-asked-for", "files-asked-for"])
@pytest.mark.parametrize(
    "kind",
    [
        lambda in_keyring: store.OriginMismatchError(URL, HTTP.origin, in_keyring=in_keyring),
        lambda in_keyring: store.DamagedTokenError("x", URL, in_keyring=in_keyring),
    ],
    ids=["mismatch", "damaged-token"],
)
def test_a_step_means_the_store_of_the_error(kind: Callable[[bool], CoderError], in_keyring: bool, asked: bool) -> None:
    """A migration meets errors of both, whichever was asked for."""
    for line in step(kind(in_keyring), use_keyring=asked).splitlines():
        assert ("--use-keyring " in line, "--use-keyring=false " in line) == (in_keyring, not in_keyring)


def test_the_form_of_a_login_is_repeated() -> None:
    """A login that stores the token itself is not made one that makes a new key."""
    given = Given({"token": TOKEN}, {"--use-token-as-session"})
    hint = output.find_hint(store.OriginMismatchError(URL, HTTP.origin, in_keyring=False), given)
    assert hint.endswith(
        "coder login --use-token-as-session --replace https://dev.example.com/base\nGive --token again, too."
    )


def test_a_refused_login_can_be_pasted_with_what_it_lacks(inside: Inside) -> None:
    """Its own flags are repeated as the command line had them."""
    inside.machine.keep(str(HTTP), TOKEN)
    run = inside.run("login", "https://dev.example.com", "--token", TOKEN, "--use-token-as-session", "--no-open")
    assert run.stderr.splitlines()[1:] == [
        "Name http://dev.example.com instead, or log in with: "
        "coder login --no-open --use-token-as-session --replace https://dev.example.com",
        "Give --token again, too.",
    ]


@pytest.mark.parametrize("error", [store.StoreDamagedError("x"), store.NoRoomError("x")], ids=["reset", "list"])
def test_what_sends_nothing_needs_no_header(error: CoderError) -> None:
    """The command works without."""
    assert "--header" not in step(error, header=["A=b"])


def test_secrets_are_asked_for_again_and_not_repeated() -> None:
    """A header's value is as secret as a token."""
    hint = step(missing(), header=["Cookie=s3cret"], header_command="get s3cret")
    assert hint == (
        "Log in with: coder login https://dev.example.com/base\nGive --header and --header-command again, too."
    )


def test_a_keyring_by_variable_is_spelled_out(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """The person who reads an editor's log has not the editor's variables."""
    run = inside.run("login", "token", "--url", str(OTHER), env={"CODER_USE_KEYRING": "true"})
    assert run.stderr.endswith(f"\nLog in with: coder login --use-keyring {OTHER}\n")


@pytest.mark.parametrize("words", [["--global-config", "{D}", "--url", "{U}", "login", "token"]], ids=["before"])
def test_a_hint_can_be_pasted(inside: Inside, tmp_path: Path, words: list[str]) -> None:
    """What it says is what was asked for: the same directory, the same deployment."""
    directory = tmp_path / "d"
    run = inside.run(*(word.format(D=directory, U=OTHER) for word in words))
    assert run.stderr.splitlines()[-1] == f"Log in with: coder login --global-config {directory} {OTHER}"


def test_what_can_be_pasted_is_not_wrapped(inside: Inside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first line of a command that was cut in two can be another command; the sentences before it are wrapped."""
    monkeypatch.setattr("coder_login.commands.output.is_terminal", lambda stream: True)
    directory = tmp_path / "a-directory-with-a-long-name"
    run = inside.run("--global-config", str(directory), "login", "token", "--url", str(OTHER), env={"COLUMNS": "40"})
    lines = run.stderr.splitlines()
    assert len(lines) > 2
    assert lines[-1] == f"Log in with: coder login --global-config {directory} {OTHER}"


@pytest.mark.skipif(sys.platform != "win32", reason="how cmd and PowerShell quote")
@pytest.mark.parametrize("word", ["a b", "R&D", "a;b", "it's", "a(b)"])
def test_on_windows_a_word_is_quoted_for_both_shells(word: str) -> None:
    """In double quotes; a path of plain characters needs none."""
    assert quote(["coder", "C:\\Users\\anna", word]) == f'coder C:\\Users\\anna "{word}"'


# The table.


FAILURE = files.NoConfigDirectoryError("HOME")
SAY_WHERE = "Say where with --global-config DIR or CODER_CONFIG_DIR."

NOWHERE = "No token was sent to where it says, and nothing was stored."

STORES = [
    (missing(), "Log in with: coder login https://dev.example.com/base"),
    (store.SessionNotFoundError("no session"), "Log in with: coder login URL"),
    (store.SessionElsewhereError("x", URL), "There is one in the other store: add --use-keyring"),
    (
        store.OriginMismatchError(URL, HTTP.origin, in_keyring=False),
        "Name http://dev.example.com instead, or log in with: coder login --replace https://dev.example.com/base",
    ),
    (
        store.OriginMismatchError(URL, OTHER.origin, same_host=False, in_keyring=False),
        "Name https://other.example.com instead, or log in with: coder login https://dev.example.com/base",
    ),
    (
        store.OriginMismatchError(URL, None, "an unknown deployment", same_host=False, in_keyring=False),
        "Write the URL of the deployment that issued it into that file, or log in with: "
        "coder login https://dev.example.com/base\n"
        "Or forget it with: coder logout --local-only",
    ),
    (
        store.OriginMismatchError(URL, None, "an unknown deployment", in_keyring=True),
        "Log in with: coder login --use-keyring --replace https://dev.example.com/base",
    ),
    (
        store.SchemeNotRecordedError(HTTP),
        "Log in again, which replaces it, with: coder login --use-keyring http://dev.example.com",
    ),
    (
        store.SessionConflictError(URL),
        "Replace that one with --replace, or give up the file's with: "
        "coder logout --use-keyring=false --url https://dev.example.com/base",
    ),
    (
        store.AmbiguousSessionError(("a", "b"), OTHER.origin),
        "Log in again, which replaces both, with: coder login --use-keyring https://other.example.com",
    ),
    (
        store.DamagedTokenError("x", URL, in_keyring=True),
        "Log in again with: coder login --use-keyring https://dev.example.com/base\n"
        "Or forget it with: coder logout --use-keyring --local-only --url https://dev.example.com/base",
    ),
    (
        store.StoreDamagedError("x"),
        "Nothing was changed. Look at it in the system's own program (on Windows: Control Panel, Credential Manager), "
        "or discard it with: coder keyring reset",
    ),
    (
        store.StoreDamagedError("x", "dev.example.com"),
        "Nothing was changed. A login with --use-keyring and --replace puts a session in its place.",
    ),
    (
        store.StoreInOrderError("x"),
        "To discard it all the same, remove it in the system's own program (on Windows: Control Panel, Credential "
        "Manager).\nTo forget a session, use: coder logout --use-keyring --url URL",
    ),
    (store.NothingStoredError("x"), "Log in with: coder login --use-keyring URL"),
    (store.NoRoomError("x"), "Log out of a deployment that is no longer needed. List them with: coder keyring list"),
    (
        store.NoRoomError("x", ()),
        "What fills it can't be logged out of: remove the credential in the system's own program (on Windows: Control "
        f"Panel, Credential Manager). {WITHOUT_KEYRING}",
    ),
    (
        store.NoRoomError("x", (HTTP, OTHER)),
        "Log out of a deployment that is no longer needed: http://dev.example.com, https://other.example.com",
    ),
    (store.StoreLockedError("x"), "Try again, or end the coder process that hangs."),
    (store.StoreChangedError("x"), "End the other program that writes it, and try again."),
    (store.WriteLostError("x"), "Try again. Another program may be writing the same credential over and over."),
    (
        store.URLFileError("x"),
        "Log in, or write the URL of a deployment into it.\n"
        "Or forget it, and the session beside it, with: coder logout --use-keyring=false --local-only",
    ),
    (store.RestoreError("x", FAILURE), SAY_WHERE),
    (store.KeyringRestoreError("x", FAILURE), "See what is stored with: coder keyring list"),
    (store.MigrationError("x", FAILURE), SAY_WHERE),
    (store.MigrationError("x", None), "Run this again."),
    (FAILURE, SAY_WHERE),
    (files.NoLockDirectoryError(Path("x"), "HOME"), "Set HOME to one."),
    (
        files.LockError("x"),
        "Put the directory of the lock on a local disk: --global-config, XDG_STATE_HOME or LOCALAPPDATA names it.",
    ),
    (files.FileError(Path("x"), files.Action.MADE, "no"), "Name another directory with --global-config."),
    (files.FileError(Path("x"), files.Action.RESOLVED, "no"), "Name another directory with --global-config."),
    (files.FileError(Path("x"), files.Action.READ, "no"), "Check its permissions."),
    (files.FileError(Path("x"), files.Action.WRITTEN, "no"), "Make room, or make the directory writable for you."),
    (
        files.FileError(Path("x"), files.Action.REPLACED, "no"),
        "Close the program that has it open, or check its permissions.",
    ),
    (files.FileError(Path("x"), files.Action.REMOVED, "no"), "Remove x by hand."),
    (files.FileError(Path("x"), files.Action.OPENED, "no"), "Make it and its directory writable for you."),
    (files.LinkError(Path("x")), "Put a file in its place: a link can lead a token astray."),
    (files.ForeignFileError(Path("x"), "is not a file"), "Move it away: it is not a file of a Coder client."),
    (store.KeyringFailedError("x"), WITHOUT_KEYRING),
    (store.UnsupportedKeyringError("x"), WITHOUT_KEYRING),
    (
        store.NoLogonSessionKeyringError("x"),
        "A network logon (SSH, WinRM, runas /netonly) never has one; an elevated process, or a task without a stored "
        "password, may have none. Run this in a desktop session, not elevated, or store the password with the task. "
        f"{WITHOUT_KEYRING}",
    ),
    (
        store.KeyringInstallationError("x"),
        f"{WITHOUT_KEYRING}\nInstall the command again, with what it needs: "
        "python -m pip install --force-reinstall coder-login",
    ),
    (
        store.KeyringDeniedError("x"),
        "Run this outside of an app container, or ask the administrator which policy forbids it. " + WITHOUT_KEYRING,
    ),
    (
        store.KeyringFullError("x"),
        "Other programs' entries fill it: remove some that are no longer needed, in the system's own program (on "
        f"Windows: Control Panel, Credential Manager). {WITHOUT_KEYRING}",
    ),
    (
        store.KeyringLimitError("x"),
        "Windows may be damaged: an administrator can check and repair it with sfc /scannow and a restart. "
        f"{WITHOUT_KEYRING}",
    ),
    (
        store.NotPersistentError("x"),
        'On Windows the policy "Do not allow storage of passwords and credentials for network authentication" is a '
        f"usual cause. {WITHOUT_KEYRING}",
    ),
    (
        files.UntrustedFileError(Path("x")),
        f"{NOWHERE} Check what it says, and close it to them with: chmod go-w x",
    ),
    (
        files.UntrustedFileError(Path("x"), owner=7),
        f"{NOWHERE} Remove it, or name another directory with --global-config.",
    ),
    (files.InsecureFileWarning(Path("x")), "Close it to them with: chmod 600 x"),
    (
        files.InsecureDirectoryWarning(Path("x")),
        "Name another one with --global-config, or close it to them with: chmod go-w x",
    ),
    (files.LeftoverFileWarning(Path("x")), "Remove it by hand."),
    (KeyLeftError("x", HTTP), "Look for it, and revoke it, at http://dev.example.com/settings/tokens"),
    (
        KeyLeftError("x", HTTP, FAILURE),
        f"Look for it, and revoke it, at http://dev.example.com/settings/tokens\n{SAY_WHERE}",
    ),
]

COMMANDS = [
    (errors.BugError("x"), "This is a bug in the command: please report it."),
    (errors.MisplacedURLError(OTHER.origin), "To log in, use: coder login https://other.example.com"),
    (errors.MisplacedURLError(None), "To log in, use: coder login URL"),
    (errors.NobodyToAskError(), "Confirm with --yes"),
    (errors.UnwrittenAnswerError("x"), "Check where standard output goes."),
    (errors.UnnamedDeploymentError(), "Give --url URL, or log in with: coder login URL"),
    (errors.TokenVariableSetError("x"), "Unset it, or store that token itself with --use-token-as-session"),
    (errors.NoTokenError("x"), "Run this again, and paste one."),
    (
        errors.NoTokenPipedError("https://dev.example.com/cli-auth"),
        "Run this in a terminal, or pipe one in, as shown by https://dev.example.com/cli-auth",
    ),
    (errors.PastedTokenError("x"), "Paste another one, or press Ctrl-C to stop."),
    (
        errors.OwnerlessSessionError("the file x"),
        "Give --url URL, or log in with: coder login URL\nOr forget it with: coder logout --local-only",
    ),
    (
        errors.ConsolePasteError("x"),
        "Paste with a right click, Shift-Insert or Ctrl-Shift-V, or press Ctrl-C to stop.",
    ),
    (
        errors.EmptyTokenVariableError("x"),
        "Set it to the token that is to be stored, or run this in a terminal.",
    ),
    (HALF, f"Remove x by hand.\nFinish it with: coder logout --url {URL}"),
    (
        errors.HalfLoggedOutError("x", URL, store.KeyringFailedError("x"), 1),
        f"Finish it with: coder logout --url {URL}",
    ),
    (errors.HalfLoggedOutError("x", URL, None, 130), f"Finish it with: coder logout --url {URL}"),
    (errors.AnotherSessionNotice("x"), "Run this again to log out of that one too."),
    (errors.NotRevokedError(HTTP, "x"), "Revoke it at http://dev.example.com/settings/tokens"),
    (errors.NoTLSNotice("x"), "Use https, if the deployment has it."),
    (
        errors.LeftoverNotice("x", HTTP),
        "Revoke and remove it with: coder logout --use-keyring=false --url http://dev.example.com",
    ),
    (
        errors.DisplacedNotice("x", "https://o.example"),
        "It was not revoked: https://o.example still accepts it until it expires or is revoked there.",
    ),
    (errors.TokenVariableNotice("x"), "Unset it."),
    (errors.MisfitNotice(Misfits(["x"], is_mended=True)), "The next login with --use-keyring repairs it."),
    (
        errors.MisfitNotice(Misfits(["x"], False, has_hosts=True)),
        "A login with --use-keyring and --replace puts a session in the place of what has a deployment's key.",
    ),
    (
        errors.MisfitNotice(Misfits(["x"], False, has_hosts=True, has_others=True)),
        "A login with --use-keyring and --replace puts a session in the place of what has a deployment's key.\n"
        "For the rest, remove the credential in the system's own program (on Windows: Control Panel, Credential "
        "Manager), and log in again to each deployment.",
    ),
    (
        errors.MisfitNotice(Misfits(["x"], False, has_others=True)),
        "No login repairs it: remove the credential in the system's own program (on Windows: Control Panel, Credential "
        "Manager), and log in again to each deployment.",
    ),
]
ROWS = [*STORES, *COMMANDS]
IDS = [f"{type(error).__name__}-{number}" for number, (error, _) in enumerate(ROWS)]


@pytest.mark.parametrize(("error", "hint"), ROWS, ids=IDS)
def test_the_next_step(error: CoderError | errors.Notice | Warning, hint: str) -> None:
    """Of every kind of error that a store or a command can raise."""
    assert step(error) == hint


@pytest.mark.parametrize("repeat", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy], ids=["pickle", "copy"])
@pytest.mark.parametrize("error", [error for error, _ in ROWS if isinstance(error, BaseException)], ids=str)
def test_an_error_keeps_its_facts_in_another_process(error: BaseException, repeat: Any) -> None:
    """One that can't be unpickled hangs a multiprocessing.Pool."""
    again = repeat(error)
    assert (type(again), str(again)) == (type(error), str(error))
    assert {name: str(fact) for name, fact in vars(again).items()} == {
        name: str(fact) for name, fact in vars(error).items()
    }


@pytest.mark.parametrize(("error", "hint"), ROWS, ids=IDS)
def test_a_step_is_sentences_and_what_can_be_pasted_ends_its_line(error: object, hint: str) -> None:
    """No full stop is copied with a command, an option or a URL; a sentence has one."""
    for line in hint.splitlines():
        pasted = re.search(r": (coder|chmod|python) |https?://[^ ]+$|--[a-z-]+$|: https?://", line)
        assert line.endswith(".") is (pasted is None or " still accepts " in line)
        assert line[0].isupper()


KEYRING_ERRORS = [error for error, hint in ROWS if WITHOUT_KEYRING in hint]


@pytest.mark.parametrize("error", KEYRING_ERRORS, ids=lambda error: type(error).__name__)
def test_an_option_that_was_not_given_is_not_to_be_left_out(error: CoderError) -> None:
    """`coder keyring list` needs none; where the keyring was asked for, by option or variable, both can be undone."""
    leave_out = "Leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file."
    assert step(error, use_keyring=True) == step(error).replace(WITHOUT_KEYRING, leave_out)


@pytest.mark.parametrize("error", KEYRING_ERRORS, ids=lambda error: type(error).__name__)
def test_a_session_that_is_in_the_keyring_is_looked_for_nowhere_else(error: CoderError) -> None:
    """After half of a logout, the advice of the failure stands alone, as whole sentences."""
    half = errors.HalfLoggedOutError("x", URL, error, 1)
    advice = step(error).replace(WITHOUT_KEYRING, "").strip()
    finish = f"Finish it with: coder logout --use-keyring --url {URL}"
    assert step(half, use_keyring=True) == f"{advice}\n{finish}".lstrip()


def test_a_question_is_answered_by_its_own_option() -> None:
    """`coder login` has no --yes."""
    assert step(errors.NobodyToAskError("--replace")) == "Confirm with --replace"


NOTHING_TO_DO = {store.SessionStoreError, store.StoreUnavailableError, files.FileWarning, KeyLeftError}
NOTHING_TO_DO |= {errors.StoppedError, errors.DeclinedError, errors.UsageError, errors.Notice}


@pytest.mark.parametrize("module", [store, files, errors], ids=lambda module: str(module.__name__))
def test_every_error_has_a_row(module: Any) -> None:
    """Its own or a parent's; or it is known that there is nothing to say beyond the message."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    spoken = [kind for kind in kinds if issubclass(kind, CoderError | errors.Notice | Warning)]
    silent = [kind for kind in spoken if not any(parent in _STEPS for parent in kind.__mro__)]
    assert spoken
    assert set(silent) <= NOTHING_TO_DO
