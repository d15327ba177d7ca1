"""One mutant on trial: which tests are run against it, in which order, and what becomes of it."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from mutating.bench import NO_TESTS, UNSUITED, Bench
from mutating.mutation import Mutant

if TYPE_CHECKING:
    from mutating.line_map import LineMap
    from mutating.verdicts import KnownVerdicts

STAGES = (2, 6)
"""Test files of a first look, at those that are the likeliest to find the mutant, and of a second one; then come all
the others. To collect a file takes longer than most of its tests."""

ALL_SECONDS = 15.0
"""Of a mutant's tests together, the quickest first: what they don't find in that time has survived."""

STEADY_SECONDS = 0.2
"""A failure of a test that takes longer is looked at twice: on a busy machine it may be the machine's."""


class Verdict(NamedTuple):
    """What became of a mutant: "killed", "timeout", "survived"; "untried" when none of its tests is there.

    *killer* is the test that failed, or the file that could not be collected.
    """

    outcome: str
    killer: str = ""


class Court:
    """Tries mutants: first with the test that found it the last time (*known*), then with those that have found others
    of the same module."""

    def __init__(self, test_map: LineMap, known: KnownVerdicts) -> None:
        self._map, self._known = test_map, known
        self._kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def try_mutant(self, bench: Bench, mutant: Mutant) -> Verdict:
        *groups, around = self._map.find(mutant)
        near = [test for group in groups for test in group]
        if mutant.elsewhere and not near:
            return Verdict("survived")
        killer = self._known.find_killer(mutant)
        kills = self._count_kills(mutant, killer)
        tests = sorted(self._cut(*groups, around), key=lambda test: -kills[test])
        tests += [test for test in self._map.list_unseen(mutant) if test not in tests]
        if killer in self._map.seconds and killer not in tests:  # one that was left out for its time
            tests.insert(0, killer)
        is_inside = bool(mutant.owner and near)
        if is_inside:
            bench.open_session()
        with bench.mutated(mutant):
            verdict = self._try_inside(bench, mutant, tests, killer) if is_inside else None
            verdict = verdict or self._try_anew(bench, self._make_stages(tests, near or around, kills))
        self._kills[mutant.path].update([verdict.killer, _name_file(verdict.killer)])
        return verdict

    def _try_inside(self, bench: Bench, mutant: Mutant, tests: Sequence[str], killer: str) -> Verdict | None:
        """First with the *killer* alone, that found it the last time: another test may go on for ever."""
        run = partial(bench.run_inside, mutant)
        verdict = try_tests(run, [killer], self._map.seconds) if killer in tests else None
        return verdict if verdict and verdict.outcome != "survived" else try_tests(run, tests, self._map.seconds)

    def _count_kills(self, mutant: Mutant, killer: str) -> Counter[str]:
        """What each test and each file has found of the same module; the *killer* of an earlier run is before all."""
        earlier = dict.fromkeys([killer, _name_file(killer)] if killer else [], sys.maxsize)
        return self._kills[mutant.path] | Counter(earlier)

    def _try_anew(self, bench: Bench, stages: Iterable[Sequence[str]]) -> Verdict:
        for stage in stages:
            verdict = try_tests(bench.run_tests, stage, self._map.seconds)
            if verdict and verdict.outcome in ("killed", "timeout"):
                return verdict
        return Verdict("survived")

    def _make_stages(self, tests: Sequence[str], near: Sequence[str], kills: Counter[str]) -> Iterator[list[str]]:
        reaching = Counter(_name_file(test) for test in near)
        files = sorted(
            {_name_file(test) for test in tests},
            key=lambda file: (-kills[file], -reaching[file] / self._map.sizes[file], file),
        )
        for start, end in pairwise([0, *STAGES, len(files)]):
            if stage := [test for test in tests if _name_file(test) in files[start:end]]:
                yield stage

    def _cut(self, *groups: Sequence[str]) -> list[str]:
        """As many tests as there is time for: group by group, the quickest first."""
        seconds = self._map.seconds
        ordered = [test for group in groups for test in sorted(group, key=lambda test: (seconds[test], test))]
        ends = accumulate(seconds[test] for test in ordered)
        return [test for test, end in zip(ordered, ends, strict=True) if end <= ALL_SECONDS]


def _name_file(test: str) -> str:
    return test.partition("::")[0]


Run = Callable[[Sequence[str], float], dict[str, Any]]


def try_tests(run: Run, tests: Sequence[str], usual: Mapping[str, float]) -> Verdict | None:
    """Whether *tests*, which take *usual* seconds each, find what *run* runs them against; None when that can't be."""
    left = list(tests)
    while left:
        answer = run(left, 10 + 3 * sum(usual.get(test, 1) for test in left))
        if answer["code"] == UNSUITED:
            return None
        if answer["code"] in (0, NO_TESTS):
            return Verdict("survived" if answer["code"] == 0 else "untried")
        killer = next(iter(answer["failed"]), _name_file(left[0]))
        if answer["code"] is None:
            return Verdict("timeout", killer)
        if usual.get(killer, 0) < STEADY_SECONDS or run([killer], 60)["code"] != 0:
            return Verdict("killed", killer)
        left = [test for test in left if test != killer]
    return Verdict("survived")
