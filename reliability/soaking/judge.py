"""Whose doing it is that a session is not what its client has stored: an unlocked client's, or ours, which is a loss.

What is promised beside a client that takes no lock: a write, or a logout, that has succeeded was there when it was last
looked at, after it was made. What that client does later, with what it had read before, nobody can keep it from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Act:
    """A change in the store *kind*, from *start* to *end*: what it stored, the tokens by their URLs.

    One of the keyring stores all of it; one of the files takes the place of what was there.
    """

    kind: str
    start: float
    end: float
    stored: dict[str, str]


@dataclass(frozen=True)
class Suspect:
    """At *until*, *found* stood in the place of *expected*, which was there when it was last looked at, at *since*."""

    kind: str
    url: str
    expected: str | None
    found: str | None
    since: float
    until: float


@dataclass
class Report:
    """What a process of ours has to tell: its operations, those that ended in an error, by its name, and the rest."""

    operations: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)


def blame(suspect: Suspect, ours: Iterable[Act], others: Iterable[Act]) -> str:
    """switched (another process of ours logged in elsewhere, in the files), overwritten, or lost."""
    if any(_explains_by_switch(act, suspect) for act in ours):
        return "switched"
    return "overwritten" if any(_explains(act, suspect) for act in others) else "lost"


def _explains_by_switch(act: Act, suspect: Suspect) -> bool:
    """Whether *act*, of ours, named another deployment meanwhile; the files have one only."""
    is_meanwhile = suspect.kind == act.kind == "files" and suspect.since < act.end and act.start <= suspect.until
    return is_meanwhile and suspect.found is None and suspect.url not in act.stored


def _explains(act: Act, suspect: Suspect) -> bool:
    """Whether *act*, without a lock, ended after the last look; and in the keyring, whether it left what was found."""
    if act.kind != suspect.kind or act.end < suspect.since or act.start > suspect.until:
        return False
    return act.kind == "files" or act.stored.get(suspect.url) == suspect.found
