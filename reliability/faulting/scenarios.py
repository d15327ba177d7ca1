"""What is run with a fault in it: a command line, and what lies in the stores before it.

The texts hold labels in the place of what differs from run to run: see `world`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

URL, OTHER_URL = "http://@HOST@", "https://@HOST@"
STORED, GIVEN, MINTED, ELSEWHERE, PLAIN = "@STORED@", "@GIVEN@", "@MINTED@", "@ELSEWHERE@", "@PLAIN@"
"""The token of a session that is there already, the one that a login is given, the key that it makes with it, and two
of a deployment that the stand-in knows nothing of."""


@dataclass(frozen=True)
class Scenario:
    """A command line by its *words*, and *input* on its standard input.

    *files* are those of the config directory beforehand, *keyring* the blob, for a run that has a keyring. *source* is
    where the session lies that the command takes away: "session", "keyring", or "" when it takes none. *done* is a
    pattern of what is said once the command has done its work, "" where that changes nothing.
    """

    name: str
    words: tuple[str, ...]
    input: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    keyring: str | None = None
    has_keyring: bool = False
    source: str = ""
    done: str = ""


def make_scenarios() -> dict[str, Scenario]:
    """All of them, by their names."""
    scenarios = [*_make_logins(), *_make_logouts(), *_make_reads(), *_make_keyring_commands()]
    return {scenario.name: scenario for scenario in scenarios}


def _make_blob(token: str, url: str = URL) -> str:
    return f'{{"@HOST@":{{"coder_url":"{url}","api_token":"{token}"}}}}'


_FORMS: dict[str, tuple[tuple[str, ...], str]] = {
    "stdin": ((), f"{GIVEN}\n"),
    "mint": (("--token", GIVEN), ""),
    "as-session": (("--token", GIVEN, "--use-token-as-session"), ""),
}
_LOGGED_IN = {"url": URL, "session": STORED, "organization": "mine"}
_NAMED = {"url": URL, "organization": "mine"}
_OTHER_BLOB = '"dev.example.com":{"api_token":"@ELSEWHERE@","note":1}'
_TWO_BLOB = f"{{{_OTHER_BLOB},{_make_blob(STORED)[1:]}"
_BEFORE: dict[tuple[str, str], tuple[dict[str, str], str | None]] = {
    ("file", "first"): ({}, None),
    ("file", "again"): (_LOGGED_IN, None),
    ("file", "switch"): ({"url": OTHER_URL, "session": ELSEWHERE}, None),
    ("keyring", "first"): ({}, None),
    ("keyring", "again"): (_NAMED, _TWO_BLOB),
    ("keyring", "switch"): ({"url": OTHER_URL, "session": PLAIN}, _make_blob(ELSEWHERE, OTHER_URL)),
}
"""What is there before a login: nothing, a session of the deployment, or of another origin on the same host."""


def _make_logins() -> Iterator[Scenario]:
    for (store, before), (files, keyring) in _BEFORE.items():
        for form, (options, text) in _FORMS.items():
            words = ("login", URL, "--no-open", *options, *_choose_store(store))
            words += ("--replace",) if before == "switch" else ()
            name = f"login-{form}-{store}-{before}"
            yield Scenario(name, words, text, files, keyring, store == "keyring", done="Logged in to ")


def _make_logouts() -> Iterator[Scenario]:
    stores = {"file": (_LOGGED_IN, None, "session"), "keyring": (_NAMED, _make_blob(STORED), "keyring")}
    forms: dict[str, tuple[tuple[str, ...], str]] = {
        "logout": ((), "Logged out of |was forgotten here|was revoked"),
        "logout-local": (("--local-only",), "Forgot the session for "),
    }
    for store, (files, keyring, source) in stores.items():
        for form, (options, done) in forms.items():
            words = ("logout", "--yes", *options, *_choose_store(store))
            blob = _TWO_BLOB if keyring and options else keyring
            name = f"{form}-{store}"
            yield Scenario(name, words, "", files, blob, store == "keyring", source, done)


def _make_reads() -> Iterator[Scenario]:
    words = ("login", "token")
    yield Scenario("token-file", words, files=_LOGGED_IN)
    yield Scenario("token-keyring", (*words, "--use-keyring"), "", _NAMED, _TWO_BLOB, True)


def _make_keyring_commands() -> Iterator[Scenario]:
    words, done = ("keyring", "migrate"), "Moved the session for "
    yield Scenario("migrate-first", words, "", _LOGGED_IN, None, True, "session", done)
    blob = _TWO_BLOB.replace(STORED, GIVEN)
    yield Scenario("migrate-replace", (*words, "--replace"), "", _LOGGED_IN, blob, True, "session", done)
    reset = ("keyring", "reset", "--yes")
    yield Scenario("reset", reset, "", _NAMED, "damaged", True, "keyring", "Discarded the credential ")


def _choose_store(store: str) -> tuple[str, ...]:
    return ("--use-keyring",) if store == "keyring" else ()
