"""One mutant on trial: which tests are run against it, in which order, and what becomes of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mutant_bench import NO_TESTS, Bench
from mutant_map import LineMap
from mutation import Mutant

FIRST_FILES, FIRST_SECONDS = 4, 5.0
"""Of a first look, at those tests that are the likeliest to find the mutant: to collect all of them takes longer."""

ALL_SECONDS = 40.0
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
    """Tries mutants; it remembers which tests have found others of the same module, and begins with these."""

    def __init__(self, test_map: LineMap) -> None:
        self._map = test_map
        self._kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def try_mutant(self, bench: Bench, mutant: Mutant) -> Verdict:
        near, around = self._map.find(mutant)
        with bench.mutated(mutant):
            for stage in self._make_stages(mutant.path, near, around):
                verdict = try_tests(bench, stage, self._map.seconds)
                if verdict.outcome in ("killed", "timeout"):
                    self._remember(mutant.path, verdict.killer)
                    return verdict
        return Verdict("survived")

    def _remember(self, path: str, killer: str) -> None:
        self._kills[path][killer] += 1
        self._kills[path][killer.partition("::")[0]] += 1

    def _make_stages(self, path: str, near: Sequence[str], around: Sequence[str]) -> Iterator[list[str]]:
        first = self._choose_first(path, near or around)
        yield from [first] if first else []
        rest = self._cut([*near, *around], set(first), ALL_SECONDS)
        yield from [rest] if rest else []

    def _choose_first(self, path: str, tests: Sequence[str]) -> list[str]:
        kills, reached = self._kills[path], Counter(test.partition("::")[0] for test in tests)
        files = sorted(reached, key=lambda file: (-kills[file], -reached[file] / self._map.sizes[file]))[:FIRST_FILES]
        chosen = [test for test in tests if test.partition("::")[0] in files]
        return sorted(self._cut(chosen, set(), FIRST_SECONDS), key=lambda test: -kills[test])

    def _cut(self, tests: Iterable[str], without: set[str], seconds: float) -> list[str]:
        """The quickest of *tests* that take *seconds* together."""
        chosen = []
        for test in sorted(set(tests) - without, key=lambda test: (self._map.seconds[test], test)):
            seconds -= self._map.seconds[test]
            if seconds > 0:
                chosen.append(test)
        return chosen


def try_tests(bench: Bench, tests: Sequence[str], usual: dict[str, float]) -> Verdict:
    """Whether *tests*, which take *usual* seconds each, find what is in the copy of *bench*."""
    left = list(tests)
    while left:
        answer = bench.run_tests(left, 10 + 5 * sum(usual.get(test, 1) for test in left))
        if answer["code"] in (0, NO_TESTS):
            return Verdict("survived" if answer["code"] == 0 else "untried")
        killer = next(iter(answer["failed"]), left[0].partition("::")[0])
        if answer["code"] is None:
            return Verdict("timeout", killer)
        if usual.get(killer, 0) < STEADY_SECONDS or bench.run_tests([killer], 60)["code"] != 0:
            return Verdict("killed", killer)
        left.remove(killer)
    return Verdict("survived")
