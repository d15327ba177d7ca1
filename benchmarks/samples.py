"""What is measured, many times in turn, and what is said of it: the median and the quartiles."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat

Measure = Callable[[], float]
"""Does a thing once, and says what it took: seconds, or bytes."""

CALL_ROUNDS = 4
"""How many rounds of calls there are for each round of processes."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What a thing took, once for each round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The values with a quarter of all below and above them."""
        ordered, last = sorted(self.values), len(self.values) - 1
        return ordered[round(last / 4)], ordered[round(last * 3 / 4)]

    def minus(self, other: Samples) -> Samples:
        """What it took beyond *other*, in each round."""
        return Samples(tuple(mine - others for mine, others in zip(self.values, other.values, strict=True)))

    def divided_by(self, other: Samples) -> Samples:
        """The ratio of each round; without end where the other, over a bare interpreter, is lost in the noise."""
        pairs = zip(self.values, other.values, strict=True)
        return Samples(tuple(mine / others if others > 0 else math.inf for mine, others in pairs))


def interleave_calls(things: Mapping[str, Measure], rounds: int) -> dict[str, Samples]:
    """As `interleave`, in more rounds: what takes no new process costs so much less."""
    return interleave(things, rounds * CALL_ROUNDS)


def interleave(things: Mapping[str, Measure], rounds: int) -> dict[str, Samples]:
    """Measure all *things* in each of *rounds*, so that whatever else the machine does meets all of them alike.

    Every second round goes backwards: nothing always follows the same neighbour. The round before the first, which does
    not count, fills the caches, that of the bytecode too.
    """
    for thing in things.values():
        thing()
    values: dict[str, list[float]] = {name: [] for name in things}
    for turn in range(rounds):
        for name in list(things) if turn % 2 else reversed(list(things)):
            values[name].append(things[name]())
    return {name: Samples(tuple(taken)) for name, taken in values.items()}


def batch(call: Callable[[], object], count: int) -> Measure:
    """The seconds of one of *count* calls in a row: a clock is too coarse for a single one."""

    def measure() -> float:
        start = time.perf_counter_ns()
        for _ in repeat(None, count):
            call()
        return (time.perf_counter_ns() - start) / count / 1e9

    return measure
