"""A long time of reads and writes: nothing grows, and nothing gets lost among many processes."""

from __future__ import annotations

from result import Result
from soaking.one_process import READS, soak_all
from soaking.processes import soak_processes

ABOUT = """\
One process reads 100,000 times and writes 10,000 times, with deletions and listings in between, through `wincred` (on
Windows) and through each session store: its handles (of Windows; descriptors elsewhere) are as many as after a warm-up,
and its memory has grown by less than 1 MB.

Then 12 processes do 500 operations each (log in, read, log in again, read, log out, read) with deployments of their own
on one keyring and one config directory: every answer must be what the process itself has stored, or in the files, which
have one deployment only, nothing where another process has logged in since. The same once more beside a client that
takes no lock and does what the Go CLI does, some thirty times a second: `session` in its place, then `url`; the map
read, sorted and written whole. Against it this is promised: what was stored, or removed, was so when it was last looked
at, after the change. What that client's acts undo later, with what it had read before, is counted apart, as
overwritten; a difference that no act of it explains is lost.
"""

COLUMNS = ("what", "operations", "lost", "overwritten later", "handles", "memory")
_QUICK = 100


def run(*, long: bool) -> Result:
    rows, faults, notes = [], [], []
    for row, grown in soak_all(READS if long else READS // _QUICK):
        rows.append(row)
        faults += grown
    count, operations = (12, 500) if long else (4, 40)
    for beside in (False, True):
        row, lost, note = soak_processes(count, operations, beside=beside)
        rows.append(row)
        faults += lost
        notes.append(note)
    return Result(COLUMNS, rows, faults, notes)
