"""What is tried with a fault at each of its calls: every form of login and logout, and what moves or reads a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import FileStore, KeyringStore

from seams.running import Run, run_command, run_library
from seams.world import OTHER, OTHERS_TOKEN, TOKENS, World, make_keyring

GIVEN, OLD = TOKENS["GIVEN"], TOKENS["OLD"]
KEYRING = ("--use-keyring",)


@dataclass(frozen=True)
class Before:
    """What is stored at first."""

    files: dict[str, str] = field(default_factory=dict)
    keyring: bytes = b""


@dataclass(frozen=True)
class Scenario:
    """A command, or a call of the library, and what is stored before it."""

    name: str
    before: Before
    arguments: tuple[str, ...] = ()
    input: str = ""
    action: Callable[[], object] | None = None

    def prepare(self, world: World) -> None:
        world.put(self.before.files, self.before.keyring)

    def run(self) -> Run:
        return run_library(self.action) if self.action else run_command(self.arguments, self.input)


LOGINS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "a pasted token": ((), f"{GIVEN}\n", ("first", "again", "switch")),
    "a new key": (("--token", GIVEN), "", ("again", "switch")),
    "a token as session": (("--token", GIVEN, "--use-token-as-session"), "", ("first",)),
}
"""The words and the line of input of each form, and where it is tried."""


def make_scenarios(world: World) -> list[Scenario]:
    url = world.deployment.url
    plain = Before(_make_pair(url, OLD))
    beside = Before(_make_pair(url, OLD), make_keyring({OTHER: OTHERS_TOKEN}))
    return [
        *_make_logins(url),
        *_make_logouts(url),
        Scenario("login token, file", plain, ("login", "token")),
        Scenario("login token, keyring", _make_kept(url), ("login", "token", "--use-keyring")),
        Scenario("migrate", plain, ("keyring", "migrate")),
        Scenario("migrate beside others", beside, ("keyring", "migrate")),
        Scenario("reset", Before(_make_pair(url, OLD), b"{damaged"), ("keyring", "reset", "--yes")),
        *_make_library_calls(url),
    ]


def _make_logins(url: str) -> list[Scenario]:
    switch = Before(_make_pair(OTHER, OTHERS_TOKEN), make_keyring({OTHER: OTHERS_TOKEN}))
    other_scheme = url.replace("http:", "https:")
    conflict = Before(_make_pair(other_scheme, OLD), make_keyring({other_scheme: OLD, OTHER: OTHERS_TOKEN}))
    scenarios = []
    for store, options, kept in (("file", (), Before(_make_pair(url, OLD))), ("keyring", KEYRING, _make_kept(url))):
        places = {"first": Before(), "again": kept, "switch": switch}
        scenarios += [
            Scenario(f"login with {form}, {store}, {place}", places[place], ("login", url, *words, *options), line)
            for form, (words, line, tried) in LOGINS.items()
            for place in tried
        ]
        words = ("login", url, "--replace", "--token", GIVEN, *options)
        scenarios.append(Scenario(f"login --replace, {store}", conflict, words))
    return scenarios


def _make_logouts(url: str) -> list[Scenario]:
    stores: tuple[tuple[str, tuple[str, ...], Before], ...] = (
        ("file", (), Before(_make_pair(url, OLD) | {"organization": "o"})),
        ("keyring", KEYRING, _make_kept(url)),
        ("keyring beside others", KEYRING, Before({"url": url}, make_keyring({url: OLD, OTHER: OTHERS_TOKEN}))),
    )
    return [
        Scenario(f"{' '.join(words)}, {store}", before, (*words, *options))
        for words in (("logout", "--yes"), ("logout", "--yes", "--local-only"))
        for store, options, before in stores
    ]


def _make_library_calls(url: str) -> list[Scenario]:
    before = Before(_make_pair(OTHER, OTHERS_TOKEN), make_keyring({OTHER: OTHERS_TOKEN, url: OLD}))
    calls: dict[str, Callable[[], object]] = {
        "KeyringStore.write": lambda: KeyringStore().write(url, GIVEN),
        "KeyringStore.delete": lambda: KeyringStore().delete(url),
        "FileStore.write": lambda: FileStore().write(url, GIVEN),
        "FileStore.delete": lambda: FileStore().delete(OTHER),
        "FileStore.drop_session": lambda: FileStore().drop_session(DeploymentURL.parse(OTHER), OTHERS_TOKEN),
    }
    return [Scenario(name, before, action=action) for name, action in calls.items()]


def _make_pair(url: str, token: str) -> dict[str, str]:
    return {"url": url, "session": token}


def _make_kept(url: str) -> Before:
    """A session in the keyring alone."""
    return Before({"url": url}, make_keyring({url: OLD}))
