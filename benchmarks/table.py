"""A table of the report: what was measured, in one run, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from samples import Samples


@dataclass(frozen=True, slots=True)
class Unit:
    """How measured values are shown: divided by *size*."""

    name: str
    size: float

    def format(self, value: float) -> str:
        return f"{format_number(value / self.size)} {self.name}".rstrip()


MILLISECONDS, MICROSECONDS, MEGABYTES = Unit("ms", 1e-3), Unit("µs", 1e-6), Unit("MB", 1e6)
NO_UNIT = Unit("", 1)


@dataclass(frozen=True, slots=True)
class Target:
    """The bounds of what is wanted; None is no bound."""

    low: float | None = None
    high: float | None = None

    def is_met_by(self, measured: float) -> bool:
        return (self.low is None or self.low <= measured) and (self.high is None or measured <= self.high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things of a table: in each round, the first divided by the second or, as a *difference*, minus it."""

    what: str
    against: str
    target: Target | None = None
    difference: bool = False

    @property
    def label(self) -> str:
        return f"{self.what} {'minus' if self.difference else '÷'} {self.against}"

    def compute(self, samples: Mapping[str, Samples]) -> Samples | None:
        """None where one of the two was not measured."""
        if not {self.what, self.against} <= samples.keys():
            return None
        first, second = samples[self.what], samples[self.against]
        return first.minus(second) if self.difference else first.divided_by(second)


@dataclass(frozen=True, slots=True)
class Table:
    """Things that were measured in one run, how they compare, and what could not be measured, with the reason."""

    title: str
    unit: Unit
    samples: Mapping[str, Samples]
    comparisons: tuple[Comparison, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def format_number(value: float) -> str:
    """Three digits that count, or all of a larger number's."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
