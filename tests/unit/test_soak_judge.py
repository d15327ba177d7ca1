"""Whose doing the judge of the soak finds it that a session is not what was stored; acts made up."""

from __future__ import annotations

import pytest
from process_size import Size
from soaking.judge import Act, Suspect, blame
from soaking.one_process import MAX_BLOCKS, MAX_GROWTH, find_growth

URL, ELSEWHERE = "https://ours.example.com", "https://elsewhere.example.com"


def suspect(kind: str, found: str | None = None) -> Suspect:
    return Suspect(kind, URL, "token", found, since=10, until=20)


def act(kind: str, start: float, end: float, **stored: str) -> Act:
    return Act(kind, start, end, {URL if name == "own" else ELSEWHERE: token for name, token in stored.items()})


CASES = {
    "nobody": (suspect("keyring"), [], [], "lost"),
    "stale-map": (suspect("keyring"), [], [act("keyring", 9, 11, other="x")], "overwritten"),
    "stale-token": (suspect("keyring", "old"), [], [act("keyring", 9, 11, own="old")], "overwritten"),
    "a-map-with-it": (suspect("keyring"), [], [act("keyring", 9, 11, own="token")], "lost"),
    "before-the-look": (suspect("keyring"), [], [act("keyring", 8, 9.9)], "lost"),
    "after-the-find": (suspect("keyring"), [], [act("keyring", 20.1, 21)], "lost"),
    "other-store": (suspect("keyring"), [act("files", 11, 11, other="x")], [act("files", 11, 12)], "lost"),
    "go-login": (suspect("files"), [], [act("files", 9, 11)], "overwritten"),
    "go-mixed": (suspect("files", "theirs"), [], [act("files", 9, 11)], "overwritten"),
    "ours-elsewhere": (suspect("files"), [act("files", 11, 11, other="x")], [], "switched"),
    "ours-before": (suspect("files"), [act("files", 9, 9, other="x")], [], "lost"),
    "ours-and-a-wrong-token": (suspect("files", "x"), [act("files", 11, 11, other="x")], [], "lost"),
    "our-own": (suspect("files"), [act("files", 11, 11, own="x")], [], "lost"),
}


@pytest.mark.parametrize(("found", "ours", "others", "verdict"), CASES.values(), ids=CASES)
def test_a_difference_is_lost_unless_an_act_explains_it(
    found: Suspect, ours: list[Act], others: list[Act], verdict: str
) -> None:
    """One after our last look; in the keyring, one that stored what was found."""
    assert blame(found, ours, others) == verdict


BEFORE = Size(handles=10, memory=2**20, blocks=1000)


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        (BEFORE, []),
        (Size(10, 2**20 + MAX_GROWTH - 1, 999 + MAX_BLOCKS), []),
        (Size(11, 2**20, 1000), ["x: 10 handles became 11"]),
        (Size(10, 2**20 + MAX_GROWTH, 1000), [f"x: the memory grew by {MAX_GROWTH} bytes"]),
        (Size(10, 2**20, 1000 + MAX_BLOCKS), [f"x: {MAX_BLOCKS} objects of Python were left"]),
    ],
    ids=["same", "a-little", "handles", "memory", "objects"],
)
def test_what_grows_is_found(after: Size, problem: list[str]) -> None:
    """Handles by one, memory beyond a bound."""
    assert find_growth("x", BEFORE, after) == problem
