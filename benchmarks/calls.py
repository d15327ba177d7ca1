"""The time of a call of the binding in a process that runs, beside the least that cffi needs for the same work."""

from __future__ import annotations

from functools import partial

from least import BLOB, COMMENT, NAME, USER, Instant, Least
from samples import Measure, batch, interleave_calls
from seam import in_place_of_advapi32, load_ffi
from table import MICROSECONDS, Comparison, Table, Target

import wincred

COUNT = 1000
CALLS, LISTINGS = 200, 1
EVERY_FIELD = "`wincred.read`, and every field looked at"
READ, WRITE, LISTING = "`wincred.read`", "`wincred.write`", f"`wincred.enumerate` of {COUNT}"
LEAST_READ, LEAST_WRITE, LEAST_LISTING = "the least for a read", "the least for a write", "the least for a listing"


PAIRS = ((READ, LEAST_READ), (WRITE, LEAST_WRITE), (LISTING, LEAST_LISTING))
COMPARISONS = (
    *(Comparison(ours, floor, Target(high=3)) for ours, floor in PAIRS),
    Comparison(EVERY_FIELD, LEAST_READ),
)
NOTE = "The DLL of this table is C data in memory that answers at once; `benchmarks/least.py` has it, and the least."


def measure_calls(rounds: int) -> Table:
    ffi = load_ffi()
    dll = Instant(ffi, COUNT)
    with in_place_of_advapi32(dll):
        samples = interleave_calls(make_ours() | make_least(Least(ffi, dll)), rounds)
    return Table("Calls over the DLL", MICROSECONDS, samples, COMPARISONS, notes=(NOTE,))


def make_ours() -> dict[str, Measure]:
    return {
        READ: batch(partial(wincred.read, NAME), CALLS),
        EVERY_FIELD: batch(partial(read_every_field, NAME), CALLS),
        WRITE: batch(partial(wincred.write, NAME, BLOB, user_name=USER, comment=COMMENT), CALLS),
        LISTING: batch(wincred.enumerate, LISTINGS),
    }


def make_least(least: Least) -> dict[str, Measure]:
    return {
        LEAST_READ: batch(partial(least.read, NAME), CALLS),
        LEAST_WRITE: batch(partial(least.write, NAME, BLOB, USER, COMMENT), CALLS),
        LEAST_LISTING: batch(least.enumerate, LISTINGS),
    }


def read_every_field(name: str) -> tuple[object, ...]:
    """A read, and the fields that are made when they are asked for: the enums and the time."""
    found = wincred.read(name)
    return found.type, found.persist, found.flags, found.last_written
