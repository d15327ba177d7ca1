"""The steps of the protocol at which a server can be hostile, and the ways to it: plain, under TLS, through a proxy."""

from __future__ import annotations

from dataclasses import dataclass

from hostile.calls import GATE, TOKEN
from hostile.rows import Row


@dataclass(frozen=True)
class Step:
    """A command, in *words*; the request with the number *number* of it is the hostile one, *calls* are all of them."""

    words: tuple[str, ...]
    request: str
    number: int
    calls: int
    typed: str = ""
    tells_token_first: bool = False
    """Whether its first request has the token; else none is to leave before that one is answered well."""

    reads_token: bool = True
    """Whether it has a token by then; a text with one is that of nobody before."""

    @property
    def name(self) -> str:
        return f"{' '.join(word for word in self.words if word != TOKEN)}, {self.request}"


_LOGIN = ("login", "--no-open")

FIRST = Step(("whoami",), "users/first", 0, 2)
ME = Step(("whoami",), "users/me", 1, 2)
JSON = Step(("whoami", "-o", "json"), "users/me", 1, 2)
LOGIN_FIRST = Step(_LOGIN, "users/first", 0, 2, typed=f"{TOKEN}\n", reads_token=False)
LOGIN_ME = Step(_LOGIN, "users/me", 1, 2, typed=f"{TOKEN}\n")
KEYS = Step(("login", "--token", TOKEN), "users/me/keys", 2, 4)
LOGOUT = Step(("logout", "--yes"), "users/logout", 0, 1, tells_token_first=True)

STEPS = (FIRST, ME, JSON, LOGIN_FIRST, LOGIN_ME, KEYS, LOGOUT)

PROXIED = "https://dev.example.com"


@dataclass(frozen=True)
class Visit:
    """One run of the command: which row it meets, at which step, and on which way."""

    row: Row
    step: Step
    carrier: str

    @property
    def title(self) -> str:
        return f"{self.row.title} ({self.step.name}, {self.carrier})"

    @property
    def seconds(self) -> float:
        """How long the command may take: each of its requests has the whole of the limit."""
        return self.row.seconds * self.step.calls


def spell(visit: Visit, url: str, directory: str) -> list[str]:
    """The command line, for a session that is stored in *directory*."""
    options = ["--global-config", directory, "--url", url, "--header", f"X-Gate={GATE}", "--verbose"]
    return [*options, "--timeout", str(visit.row.seconds), *visit.row.words, *visit.step.words]
