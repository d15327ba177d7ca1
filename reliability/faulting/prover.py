"""Runs of the command with a fault in each, several side by side, and what became of them."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from faulting.calls import TRACED, Call, is_reached, list_calls, make_injection
from faulting.oracle import Kind, Outcome, State, Trial, find_next_flaws
from faulting.scenarios import Scenario
from faulting.world import World


@dataclass(frozen=True)
class Enumerated:
    """The calls of a run of *scenario* without a fault; what was stored *before*, and how it ended."""

    scenario: Scenario
    calls: Sequence[Call]
    before: State
    reference: Outcome


@dataclass(frozen=True)
class Tried:
    """A run of *scenario* with *fault* at *call*: what is stored after it, None when the fault did not come; what is
    wrong; and how it ended."""

    scenario: Scenario
    call: Call
    fault: str
    kind: Kind | None
    flaws: Sequence[str]
    outcome: Outcome

    def __str__(self) -> str:
        """What is wrong, how it ended, and the command that does it again."""
        name, call, outcome = self.scenario.name, self.call, self.outcome
        command = f"python reliability/repeat_fault.py {name} {call.name} {call.number} '{self.fault}'"
        ended = f"exit code {outcome.code}, {outcome.stdout.strip()!r}, {outcome.stderr.strip()!r}"
        return f"{name}: {self.fault} at {call}: {'; '.join(self.flaws)} ({ended}): {command}"


_MOST_LOOKS = 10
"""Runs that may differ in their calls, as when a wait takes longer: then the last one counts."""


def _watch(world: World, scenario: Scenario) -> Enumerated:
    before = world.set_up(scenario)
    reference = world.run(scenario, ["-e", f"trace={TRACED}"])
    return Enumerated(scenario, list_calls(reference.log, str(world.root)), before, reference)


class Prover:
    """So many *workers*, each with a world of its own, while it is entered; any thread may ask it."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._next_flaws: dict[str, list[str]] = {}
        self._worlds: queue.SimpleQueue[World] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for _ in range(self._workers):
                self._worlds.put(stack.enter_context(World()))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def enumerate(self, scenario: Scenario) -> Enumerated:
        """The calls of *scenario*, by a run without a fault that made the same ones as the run before it."""
        with self._borrow_world() as world:
            found = _watch(world, scenario)
            for _ in range(_MOST_LOOKS):
                previous, found = found, _watch(world, scenario)
                if found.calls == previous.calls:
                    break
            return found

    def try_fault(self, enumerated: Enumerated, call: Call, fault: str) -> Tried:
        """A run with *fault* at *call*, and perhaps the next one."""
        scenario = enumerated.scenario
        with self._borrow_world() as world:
            before = world.set_up(scenario)
            outcome = world.run(scenario, make_injection(call, fault))
            if not is_reached(outcome.log, str(world.root), call, fault):
                return Tried(scenario, call, fault, None, [], outcome)
            trial = Trial(scenario, call, fault, before, enumerated.reference, outcome)
            flaws = trial.find_flaws() + self._try_next(trial, world)
            return Tried(scenario, call, fault, trial.kind, flaws, outcome)

    def _try_next(self, trial: Trial, world: World) -> list[str]:
        """What is wrong with the next run. It depends on what is stored alone, so it is made once for each."""
        key = f"{trial.scenario.name} {trial.outcome.state}"
        if key not in self._next_flaws:
            self._next_flaws[key] = find_next_flaws(trial, world.run(trial.scenario))
        return self._next_flaws[key]

    @contextmanager
    def _borrow_world(self) -> Iterator[World]:
        world = self._worlds.get()
        try:
            yield world
        finally:
            self._worlds.put(world)
