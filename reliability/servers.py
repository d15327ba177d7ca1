"""Hostile servers against the real command: how a run ends, what it costs, what it prints, and whom it tells its token.

    python reliability/servers.py NAME...    the rows with NAME in their titles, at every step and on every way

A title is like `floods/trailers`. The exit code is 1 when a promise is broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# For a run by itself; last, as in prove.py.
sys.path += [str(ROOT / name) for name in ("reliability", "tests/support", "benchmarks")]

from hostile.bombs import list_bombs  # noqa: E402
from hostile.certificates import list_certificates  # noqa: E402
from hostile.lengths import list_lengths  # noqa: E402
from hostile.redirects import list_redirects  # noqa: E402
from hostile.rows import Row  # noqa: E402
from hostile.statuses import list_statuses  # noqa: E402
from hostile.steps import FIRST, JSON, ME, STEPS, Visit  # noqa: E402
from hostile.streams import list_streams  # noqa: E402
from hostile.texts import list_texts  # noqa: E402
from hostile.trials import GOOD, Trial, try_all  # noqa: E402
from page import render_table  # noqa: E402
from result import Result  # noqa: E402

ABOUT = """\
A table of servers on 127.0.0.1 that flood, drip and stall, are wrong about lengths, send bombs, redirect to strangers,
and say what is meant for the terminal. The command meets each of them, and has to end within its time limit and within
40 MB over what it takes with a good server; with the right exit code and one error; without a raw control character, a
traceback or a secret in what it prints; and the token, a new session key and the custom header go to the deployment's
origin alone. In the long form each row is tried at every request of `whoami`, `login` and `logout`, plain, under TLS
and through a proxy.
"""
COLUMNS = ("servers", "runs", "ended in time", "most memory, MB", "lost")

FEW_STATUSES = (*range(100, 105), *range(199, 210), *range(299, 310), *range(400, 600, 3), 401, 404, 599, 600, 999)


def run(*, long: bool) -> Result:
    return report(try_all(list(_list_all() if long else _list_cheapest())))


def _list_all() -> Iterator[Visit]:
    """Each row at every step and on every way that it is for."""
    return chain.from_iterable(map(_list_visits, _list_rows(range(1000), seconds=2)))


def _list_rows(statuses: Iterable[int], seconds: float) -> Iterator[Row]:
    yield GOOD
    yield from list_streams(seconds)
    yield from chain(list_lengths(), list_bombs(), list_certificates(), list_redirects(), list_texts())
    yield from list_statuses(statuses)


def _list_visits(row: Row) -> Iterator[Visit]:
    return (
        Visit(row, step, carrier) for step in STEPS if row.request in ("", step.request) for carrier in row.carriers
    )


def _list_cheapest() -> Iterator[Visit]:
    """Each row once, and the good server everywhere."""
    yield from _list_visits(GOOD)
    for row in _list_rows(FEW_STATUSES, seconds=0.5):
        step = ME if row.request else JSON if row.family == "bombs" else FIRST
        yield Visit(row, step, row.carriers[0])


def report(trials: Sequence[Trial]) -> Result:
    families = dict.fromkeys(trial.visit.row.family for trial in trials)
    rows = [_count(family, [trial for trial in trials if trial.visit.row.family == family]) for family in families]
    return Result(COLUMNS, rows, [_describe(trial, fault) for trial in trials for fault in trial.faults])


def _count(family: str, trials: Sequence[Trial]) -> tuple[str | int, ...]:
    in_time = sum(not trial.is_late for trial in trials)
    most = max(trial.growth for trial in trials)
    return family, len(trials), in_time, round(most / 1e6), sum(bool(trial.faults) for trial in trials)


def _describe(trial: Trial, fault: str) -> str:
    return f"{trial.visit.title} {fault}; python reliability/servers.py '{trial.visit.row.title}'"


def main() -> int:
    rows = [row for row in _list_rows(range(1000), seconds=2) if any(name in row.title for name in sys.argv[1:])]
    if not rows:
        raise SystemExit(__doc__)
    result = report(try_all([visit for row in rows for visit in _list_visits(row)]))
    print(render_table(result), *result.faults, sep="\n")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
