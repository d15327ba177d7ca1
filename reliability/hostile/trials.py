"""Many visits, in several processes at a time; each run is judged, and one that took too much is tried again alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hostile.calls import TOKEN, Call
from hostile.listeners import Authority, make_authority
from hostile.rows import WORKS, Row
from hostile.runs import Outcome, try_visits
from hostile.steps import FIRST, Visit
from hostile.verdict import MOST_MEMORY, is_late, judge

WORKERS = 3 if sys.platform == "win32" else 8  # under Wine a process takes long to start

GOOD = Row("good servers", "a good server", Call.answer_well, ends=WORKS)


@dataclass(frozen=True)
class Trial:
    """A visit and how it ended, the bytes of memory that it took over a good run's, and what is wrong with it."""

    visit: Visit
    outcome: Outcome
    growth: int
    faults: tuple[str, ...]

    @property
    def is_late(self) -> bool:
        return is_late(self.visit, self.outcome)


def try_all(visits: Sequence[Visit]) -> list[Trial]:
    """A trial of each of *visits*."""
    slices = [visits[start::WORKERS] for start in range(min(WORKERS, len(visits)))]
    with make_authority() as authority, ThreadPoolExecutor(WORKERS) as pool:
        slices_of_trials = pool.map(lambda each: list(_try_slice(each, authority)), slices)
        return [trial for trials in slices_of_trials for trial in trials]


def _try_slice(visits: Sequence[Visit], authority: Authority) -> Iterator[Trial]:
    for trial in _try_in_one_process(visits, authority):
        # What runs before it left behind counts, too.
        again = trial.growth > MOST_MEMORY and len(visits) > 1
        yield next(_try_in_one_process([trial.visit], authority)) if again else trial


def _try_in_one_process(visits: Sequence[Visit], authority: Authority) -> Iterator[Trial]:
    """The trials of *visits*, after good runs that show what is usual in that process."""
    usual = [Visit(GOOD, FIRST, carrier) for carrier in sorted({visit.carrier for visit in visits})]
    runs = try_visits([*usual, *visits], authority)
    peak = max(outcome.peak for _, outcome in (next(runs) for _ in usual))
    for visit, outcome in runs:
        growth = max(0, outcome.peak - peak)
        faults = judge(visit, outcome)
        if visit.row is GOOD and not any(TOKEN.encode() in heard.head for heard in outcome.heard):
            faults.append("did not tell the token to a good server")
        if growth > MOST_MEMORY:
            faults.append(f"took {growth / 1e6:.0f} MB")
        yield Trial(visit, outcome, growth, tuple(faults))
