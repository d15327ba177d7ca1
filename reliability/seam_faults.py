"""A fault at every call that the program makes to the Credential Manager and to the file functions of Windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from result import Result
from seams.oracle import Expected, Outcome, judge, name_state
from seams.running import Run
from seams.scenarios import Scenario, make_scenarios
from seams.seam import UNGUARDED, Fault, Seam, find_kinds, misleads
from seams.watched_advapi32 import WatchedAdvapi32
from seams.world import Pair, World, entered

ABOUT = """\
Every form of `login`, `logout`, `login token`, `keyring migrate` and `keyring reset`, and the methods of the stores
that change something, run within one process on the real Credential Manager, under a name of their own, and on real
files. A first run lists the calls of advapi32.dll, and those of the file functions of `os` and `msvcrt` that the stores
and their locks make. Then each call meets each fault in a run of its own: the errors of Windows, once or from that call
on; a file that is open elsewhere, denied access, a full disk; Ctrl-C before the call and after it. What is stored is
then the old state or the new one, or the message says what is left; exit code and message agree with what was done; at
no moment does a token stand beside another deployment's URL; no key stays on the deployment without a word; nothing
shows a token; what Windows gave out is wiped and freed; the next run works.
"""

_QUICK_STEP = 97
"""In the quick form, one fault of so many is tried; it divides no count of kinds, so that all of them are seen."""


@dataclass
class Tally:
    """What was counted of a scenario."""

    calls: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def make_row(self, name: str) -> tuple[str | int, ...]:
        states = [self.counts[state] for state in ("old", "new", "between")]
        return name, self.calls, self.counts.total(), *states, len(self.faults)


COLUMNS = ("what", "calls", "runs", "old state", "new state", "between, told", "lost")


def run(*, long: bool) -> Result:
    step = 1 if long else _QUICK_STEP
    with entered() as world:
        tallies = [(scenario.name, try_scenario(world, scenario, step)) for scenario in make_scenarios(world)]
    rows = [tally.make_row(name) for name, tally in tallies]
    sums = [sum(int(row[column]) for row in rows) for column in range(1, len(COLUMNS))]
    return Result(COLUMNS, [*rows, ("all of them", *sums)], [fault for _, tally in tallies for fault in tally.faults])


def try_scenario(world: World, scenario: Scenario, step: int = 1) -> Tally:
    """Every *step*-th fault of *scenario*."""
    trial = Trial(world, scenario)
    tally = Tally(len(trial.calls))
    for fault in list(list_faults(trial.calls))[::step]:
        state, problems = trial.try_fault(fault)
        tally.counts[state] += 1
        if problems:
            tally.faults.append(describe(scenario, trial.calls, fault, problems))
    return tally


def list_faults(calls: list[str]) -> Iterable[Fault]:
    for number, name in enumerate(calls):
        yield from (Fault(number, kind) for kind in find_kinds(name))


def describe(scenario: Scenario, calls: list[str], fault: Fault, problems: list[str]) -> str:
    call = f"{calls[fault.number]}, call {fault.number}"
    return (
        f"{scenario.name}: {fault.kind.name} at {call}: {'; '.join(problems)}: "
        f'python reliability/repeat_seam_fault.py "{scenario.name}" {fault.number} "{fault.kind.name}"'
    )


class Trial:
    """A *scenario*, first run without a fault: the *calls* that it makes, and what is to come of it."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self._world = world
        self._scenario = scenario
        scenario.prepare(world)
        old = world.look()
        run, self.calls, problems = self._watch(None)
        if run.code or problems:
            raise AssertionError(f"{scenario.name} fails without a fault: {run} {problems}")
        self._expected = Expected(old, world.look(), run.stdout, "token" in scenario.arguments, not scenario.arguments)
        self._code_after = scenario.run().code

    def try_fault(self, fault: Fault) -> tuple[str, list[str]]:
        """The name of the state that is left, and what is wrong."""
        self._scenario.prepare(self._world)
        self.last_run, _, problems = self._watch(fault)
        is_misled = misleads(self.calls[fault.number], fault.kind)
        outcome = Outcome(self.last_run, self._world.look(), tuple(self._world.tokens), tuple(self._pairs), is_misled)
        state = name_state(self._expected, outcome.state)
        return state, [*judge(self._expected, outcome), *problems, *self._go_on(state)]

    def _watch(self, fault: Fault | None) -> tuple[Run, list[str], list[str]]:
        """The run, its calls, and what is wrong with what it left in the process."""
        self._pairs: list[Pair] = []
        seam = Seam(fault, lambda: self._pairs.append(self._world.find_pair()))
        dll = WatchedAdvapi32(seam)
        with seam.installed(dll.load_ffi(), dll):
            run = self._scenario.run()
        may_leave = fault is not None and fault.kind.error is None and seam.calls[fault.number] in UNGUARDED
        problems = dll.find_problems(may_leave=may_leave)
        if seam.opened and not may_leave:
            problems.append(f"{len(seam.opened)} descriptors are open")
        seam.close()
        if fault and not seam.is_reached:
            problems.append("the call was not reached: the scenario does not repeat itself")
        return run, seam.calls, problems

    def _go_on(self, state: str) -> list[str]:
        """What is wrong with a plain run after it."""
        run = self._scenario.run()
        after = self._world.look()
        problems = [f"and {name} is left" for name in self._world.find_staged()]
        if state == "old" and (run.code, after) != (0, self._expected.new):
            problems.append(f"the next run ends with {run.code}: {run.stderr}")
        if state == "new" and run.code != self._code_after:
            problems.append(f"the next run ends with {run.code}, not with {self._code_after}: {run.stderr}")
        if "Traceback" in run.stderr or "unforeseen" in run.stderr:
            problems.append(f"the next run: {run.stderr}")
        return problems
