"""What a part of the reliability suite tried, how often, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """One table of counts, and every fault that was found.

    The first column of a row names what was tried; the others are counts. A fault says what went wrong and how to
    repeat it, in a line or a few; a single one makes the run fail.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str | int, ...]]
    faults: Sequence[str] = field(default=())
    notes: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        uneven = [row for row in self.rows if len(row) != len(self.columns)]
        if uneven or not self.rows:
            raise ValueError(f"a row for {len(self.columns)} columns, please, not {uneven or 'none at all'}")
