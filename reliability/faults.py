"""One fault at one system call, at every call of the commands that change a session or print it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from faulting.calls import Call
from faulting.oracle import Kind
from faulting.process import check_strace
from faulting.prover import Enumerated, Prover, Tried
from faulting.scenarios import make_scenarios
from result import Result

ABOUT = """\
One fault at one system call, injected by strace, at every call that concerns the config directory, the locks, the
keyring (one in files), a socket or the standard streams: the errors that the manual page of the call names, EINTR once
and three times in a row, a write that takes nothing, a connection that is closed, SIGINT, SIGTERM and SIGKILL. After
each run the old state or the new one is stored, whole ("between" is what a killed run, a logout or a migration may
leave, without a mixed pair); no key is left on the deployment without a word; no token and no traceback is printed; the
exit code and the message agree with what was done; and the next run does what is left to do. "Not reached": the calls
came in another order in that run, as when a wait took longer.
"""

_QUICK_RUNS = 8  # for each scenario
_MOST_UNREACHED = 0.1
_COLUMNS = ("command", "calls", "runs", "not reached", "old state", "new state", "between", "lost")


def run(*, long: bool) -> Result:
    check_strace()
    workers = 2 * (os.cpu_count() or 1)  # a run waits as long as it works
    with Prover(workers) as prover, ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(prover.enumerate, make_scenarios().values()))
        chosen = [(one, *fault) for number, one in enumerate(found) for fault in _choose(one.calls, number, long=long)]
        tried = list(pool.map(lambda trial: prover.try_fault(*trial), chosen))
    rows = [_make_row(one, [run for run in tried if run.scenario is one.scenario]) for one in found]
    return Result(_COLUMNS, rows, [*(str(run) for run in tried if run.flaws), *find_unreached(tried)])


def find_unreached(tried: Sequence[Tried]) -> list[str]:
    """What is wrong when too many faults did not come: they have tried nothing."""
    missed = sum(run.kind is None for run in tried)
    return [f"{missed} of {len(tried)} faults were not reached"] if missed > len(tried) * _MOST_UNREACHED else []


def _choose(calls: Sequence[Call], number: int, *, long: bool) -> Iterator[tuple[Call, str]]:
    """Every fault at every one of *calls*; else a few, others for each *number* of a scenario, so that all scenarios
    together see each fault of each name of a call."""
    if long:
        yield from ((call, fault) for call in calls for fault in call.faults)
        return
    pairs = sorted({(call.name, fault) for call in calls for fault in call.faults})
    for turn in range(number * _QUICK_RUNS, (number + 1) * _QUICK_RUNS):
        name, fault = pairs[turn % len(pairs)]
        alike = [call for call in calls if call.name == name]
        yield alike[turn * 7 % len(alike)], fault


def _make_row(found: Enumerated, tried: Sequence[Tried]) -> tuple[str | int, ...]:
    kinds = Counter(run.kind for run in tried)
    counted = [kinds[kind] for kind in (None, Kind.OLD, Kind.NEW, Kind.BETWEEN)]
    return (found.scenario.name, len(found.calls), len(tried), *counted, sum(bool(run.flaws) for run in tried))
