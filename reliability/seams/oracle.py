"""What a run with a fault in it may leave, and must say: decided from what is stored and what was printed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from seams.running import Run
from seams.world import Pair, State

_CTRL_C = 130
_LEFT_WORDS = re.compile(
    r"could not be put back|may be left|still stored|still in |session key|warning: |can't be removed", re.IGNORECASE
)
"""What says that a change is left half-done, or what is left of it."""

_DONE_WORDS = re.compile(r"Logged in to|Logged out of|Forgot |Moved the|Discarded the|the session is in ")
_KEY_WORDS = re.compile("session key")
_REVOKED_WORDS = re.compile("revoked")
_BUG_WORDS = re.compile(r"Traceback|unforeseen|\bbug\b", re.IGNORECASE)


@dataclass(frozen=True)
class Expected:
    """The state before the run, and after one without a fault; with the answer of that one, its tokens by name."""

    old: State
    new: State
    answer: str
    prints_token: bool
    is_library: bool


@dataclass(frozen=True)
class Outcome:
    """How a run with a fault in it ended, and what it left; *tokens* are all that it could know, and *pairs* what was
    in the files after each change of one."""

    run: Run
    state: State
    tokens: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()
    is_misled: bool = False
    """Whether Windows has said that there is no credential, where there is one: who believes it has nothing to do."""


def name_state(expected: Expected, state: State) -> str:
    """old, new or between."""
    return "new" if state == expected.new else "old" if state == expected.old else "between"


def judge(expected: Expected, outcome: Outcome) -> list[str]:
    """What is wrong, in words."""
    checks = (_judge_pair, _judge_keyring, _judge_keys, _judge_revoked, _judge_words, _judge_code, _judge_answer)
    return [problem for check in checks if (problem := check(expected, outcome))]


def _judge_pair(expected: Expected, outcome: Outcome) -> str:
    """A token beside another deployment's URL, in the end or for a moment."""
    good = [_find_pair(state) for state in (expected.old, expected.new)]
    found = {_find_pair(outcome.state), *outcome.pairs}
    mixed = [pair for pair in found if pair[1] is not None and pair not in good]
    return f"the files are a mixed pair: {mixed[0]}" if mixed else ""


def _judge_keyring(expected: Expected, outcome: Outcome) -> str:
    if outcome.state.keyring in (expected.old.keyring, expected.new.keyring):
        return ""
    old, new, found = (_parse(state.keyring) for state in (expected.old, expected.new, outcome.state))
    if found is None or old is None or new is None:
        return "the credential is neither the old one nor the new one, and no map"
    wrong = [host for host in {*old, *new, *found} if found.get(host) not in (old.get(host), new.get(host))]
    return f"in the keyring, neither old nor new: {', '.join(sorted(wrong))}" if wrong else ""


def _judge_keys(expected: Expected, outcome: Outcome) -> str:
    state = outcome.state
    if "MADE" not in state.valid or "MADE" in _list_stored(state) or _KEY_WORDS.search(outcome.run.stderr):
        return ""
    return "a session key is left on the deployment without a word"


def _judge_revoked(expected: Expected, outcome: Outcome) -> str:
    if outcome.is_misled:
        return ""
    gone = expected.old.valid - outcome.state.valid
    if not gone & _list_stored(outcome.state) or _REVOKED_WORDS.search(outcome.run.stderr):
        return ""
    return "a revoked token is still stored, and nothing says so"


def _judge_words(expected: Expected, outcome: Outcome) -> str:
    run = outcome.run
    if _BUG_WORDS.search(run.stderr):
        return "a traceback, or a bug"
    printed = run.stderr if expected.prints_token else run.stderr + run.stdout
    return "a token was printed" if any(token in printed for token in outcome.tokens) else ""


def _judge_code(expected: Expected, outcome: Outcome) -> str:
    run, found = outcome.run, name_state(expected, outcome.state)
    if run.code and "error: " not in run.stderr:
        return "it failed without an error"
    if expected.is_library and (_is_logged_out(expected, outcome.state) or (found, run.code) == ("new", _CTRL_C)):
        return ""  # by the protocol of a store, where the token goes first; Ctrl-C came when all was done
    if found == "between" and not (_LEFT_WORDS.search(run.stderr) or outcome.is_misled):
        return "what is left is neither old nor new, and nothing says so"
    if run.code == 0 and found == "old" and expected.old != expected.new:
        return "it succeeded, and nothing has changed"
    if expected.old == expected.new or run.code == 0 or found != "new":
        return ""
    is_told = _DONE_WORDS.search(run.stderr) or _LEFT_WORDS.search(run.stderr)
    return "" if is_told else "it is done, and the error does not say so"


def _judge_answer(expected: Expected, outcome: Outcome) -> str:
    if not expected.prints_token:
        return ""
    wanted = expected.answer if outcome.run.code == 0 else ""
    return "" if outcome.run.stdout == wanted else "it printed something else than the token"


def _is_logged_out(expected: Expected, state: State) -> bool:
    """Whether the session file is gone, as it was to be, and the keyring is as it was to be."""
    return _find_pair(state)[1] is _find_pair(expected.new)[1] is None and state.keyring == expected.new.keyring


def _list_stored(state: State) -> set[str]:
    """The names of the tokens that are stored."""
    files = dict(state.files)
    return {files.get("session", ""), *re.findall("GIVEN|OLD|MADE", state.keyring)}


def _find_pair(state: State) -> Pair:
    files = dict(state.files)
    return files.get("url"), files.get("session")


def _parse(keyring: str) -> dict[str, object] | None:
    try:
        value = json.loads(keyring or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
