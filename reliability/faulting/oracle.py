"""Whether a run that had a fault ended as it should: what is stored, what is said, and the exit code."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from faulting.calls import BURST, Call
from faulting.scenarios import ELSEWHERE, GIVEN, MINTED, PLAIN, STORED, Scenario

_TOKENS = (STORED, GIVEN, MINTED, ELSEWHERE, PLAIN)
_EXIT_CODES = {"SIGINT": (130,), "SIGTERM": (143, -15)}
"""After a signal; -15 is what it does by itself in the first moments, and 143 for a shell, too."""
_KILLED = -9
_NOT_TRIED_AGAIN = ("close", "connect")  # after EINTR: the one is done, the other goes on
_MUTE = "stderr"  # the target of a call after which nothing can be said


@dataclass(frozen=True)
class State:
    """What is stored, and which tokens the deployment accepts.

    *files* are those of the config directory but for what is *staged*; *open* are those that others can read.
    """

    files: Mapping[str, str]
    keyring: str | None
    staged: frozenset[str]
    valid: frozenset[str]
    open: frozenset[str] = frozenset()

    @property
    def stored(self) -> tuple[Mapping[str, str], str | None]:
        """What is kept here."""
        return self.files, self.keyring


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit code, -N for signal N, None for one that had to be ended; its output, with labels in
    the place of tokens; what is stored then; and what strace has logged."""

    code: int | None
    stdout: str
    stderr: str
    state: State
    log: str = ""


class Kind(StrEnum):
    """What is stored after a run."""

    OLD = "old"
    NEW = "new"
    BETWEEN = "between"
    LOST = "lost"


@dataclass(frozen=True)
class Trial:
    """A run of *scenario* with *fault* at *call*: what was stored *before*, the *outcome*, and that of a run without a
    fault, the *reference*."""

    scenario: Scenario
    call: Call
    fault: str
    before: State
    reference: Outcome
    outcome: Outcome

    @property
    def kind(self) -> Kind:
        """What of the old state and the new one is stored."""
        after = self.outcome.state
        if after.stored == self.reference.state.stored:
            return Kind.NEW
        if after.stored == self.before.stored:
            return Kind.OLD
        return Kind.BETWEEN if self._is_between(after) else Kind.LOST

    def _is_between(self, after: State) -> bool:
        """Whether each part is old or new, and what a `session` says is one pair with `url`."""
        old, new = self.before, self.reference.state
        pairs = [(state.files.get("url"), state.files.get("session")) for state in (old, new)]
        is_pair = "session" not in after.files or (after.files.get("url"), after.files["session"]) in pairs
        texts = {name: (old.files.get(name), new.files.get(name)) for name in {*old.files, *new.files, *after.files}}
        are_whole = all(after.files.get(name) in texts[name] for name in texts if name != "session")
        is_kept = not self._moves or STORED in f"{after.files.get('session')}{after.keyring}"
        return is_pair and are_whole and is_kept and after.keyring in (old.keyring, new.keyring)

    @property
    def _moves(self) -> bool:
        return STORED in f"{self.reference.state.keyring}" and self.scenario.source == "session"

    def find_flaws(self) -> list[str]:
        """What is wrong, a sentence each."""
        if self.outcome.code is None:
            return ["it hangs"]
        killed = self.fault == "SIGKILL"
        return [*self._find_stored_flaws(killed), *([] if killed else self._find_said_flaws())]

    def _find_stored_flaws(self, killed: bool) -> Iterator[str]:
        state, before = self.outcome.state, self.before
        if self.kind is Kind.LOST:
            yield f"neither the old state nor the new one is stored: {state.stored}"
        if self.kind is Kind.BETWEEN and not killed and not self.scenario.source:
            yield f"a part of the new state is stored: {state.stored}"
        if state.open:
            yield f"others can read {sorted(state.open)}"
        if not self.scenario.source and not before.valid <= state.valid:
            yield f"{sorted(before.valid - state.valid)} was revoked"
        if MINTED in f"{state.stored}" and MINTED not in state.valid:
            yield "the key that is stored was revoked"
        if killed and self.outcome.code != _KILLED:
            yield f"exit code {self.outcome.code} for a killed run"

    def _find_said_flaws(self) -> Iterator[str]:
        outcome = self.outcome
        yield from self._find_secrets()
        if "Traceback" in outcome.stderr or "unforeseen" in outcome.stderr:
            yield "a bug is told"
        if outcome.code == 0:
            yield from self._find_success_flaws()
        elif outcome.code not in _EXIT_CODES.get(self.fault, (1,)):
            yield f"exit code {outcome.code}"
        elif self.call.target != _MUTE and outcome.code > 0:
            yield from self._find_failure_flaws()
        elif self.call.target != _MUTE and outcome.state.stored != self.before.stored:
            yield "ended by the signal half-way"
        if outcome.code != 0 and self.fault in ("EINTR", BURST) and self.call.name not in _NOT_TRIED_AGAIN:
            yield "an interrupted call was not tried again"

    def _find_secrets(self) -> Iterator[str]:
        answer = self.outcome.stdout if self.scenario.done else ""
        for token in _TOKENS:
            if token in self.outcome.stderr + answer:
                yield f"{token} is printed"

    def _find_success_flaws(self) -> Iterator[str]:
        reference, outcome = self.reference, self.outcome
        if outcome.stdout != reference.stdout:
            yield "exit code 0, and another answer"
        if self.kind is Kind.OLD or outcome.state.valid != reference.state.valid:
            yield "exit code 0, and the work is not done"
        if self.kind is Kind.BETWEEN and "warning: " not in outcome.stderr and self.call.target != _MUTE:
            yield "exit code 0, and nothing is said of what is left"

    def _find_failure_flaws(self) -> Iterator[str]:
        said, state = self.outcome.stderr, self.outcome.state
        if self._reason not in said:
            yield "another reason is given"
        if self.outcome.stdout == self.reference.stdout and "could not be written" in said:
            yield "the answer is denied, and written"
        if "error: " not in said:
            yield f"exit code {self.outcome.code}, and no error"
        if self.kind is Kind.NEW and not re.search(self.scenario.done, said + self.outcome.stdout):
            yield "nothing is said of what is done"
        if MINTED in state.valid and MINTED not in f"{state.stored}" and "session key" not in said:
            yield "a key is left without a word"
        if STORED not in state.valid and "revoked" not in said and self.kind is not Kind.NEW:
            yield "nothing is said of the revoked session"
        if STORED not in state.valid and re.search("(?<!perhaps )not revoked", said):
            yield "the session is revoked, and that is denied"
        if STORED in state.valid and "not revoked" not in said and self._has_forgotten:
            yield "nothing is said of the session that was not revoked"
        if any("session" in name and name not in said for name in state.staged):
            yield f"nothing is said of {sorted(state.staged)}"

    @property
    def _reason(self) -> str:
        """What the system says of the fault; "" where we have words of our own for it."""
        if self.call.target == "stdin" or self.fault == "ECONNREFUSED":
            return ""
        return os.strerror(getattr(errno, self.fault.partition("*")[0], 0)) if self.fault.startswith("E") else ""

    @property
    def _has_forgotten(self) -> bool:
        return self.kind is Kind.NEW and STORED not in self.reference.state.valid


def find_next_flaws(trial: Trial, following: Outcome) -> list[str]:
    """What is wrong with *following*, a run without a fault after *trial*: it does the work, or there is none left."""
    state, new = trial.outcome.state, trial.reference.state
    if trial.scenario.source and not _has_source(trial, state):
        is_right = following.code == 1 and "error: " in following.stderr and following.state.stored == state.stored
    else:
        is_right = following.code == 0 and following.state.stored == new.stored
    flaws = [] if is_right else [f"the next run ends with {following.code}: {following.stderr.strip()}"]
    return flaws + ([f"the next run leaves {sorted(following.state.staged)}"] if following.state.staged else [])


def _has_source(trial: Trial, state: State) -> bool:
    """Whether what the command takes away is still there."""
    if trial.scenario.source == "keyring":
        return state.keyring == trial.before.keyring
    return "session" in state.files
