"""The memory of `coder login token` at its peak."""

from __future__ import annotations

import sys

from children import BARE, peak_memory
from samples import interleave
from sessions import session_directory
from table import MEGABYTES, Comparison, Table, Target

TOKEN, CLICK = "peak of `coder login token`", "peak of `import click`"
PEAK = (Comparison(TOKEN, CLICK, Target(high=3e6), difference=True),)


def measure_memory(rounds: int) -> Table:
    if sys.platform == "win32":
        return Table("Memory at its peak", MEGABYTES, {}, PEAK, {TOKEN: "it is measured on Linux"})
    with session_directory() as directory:
        things = {
            BARE: peak_memory("-c", "pass"),
            CLICK: peak_memory("-c", "import click"),
            TOKEN: peak_memory("-m", "coder_login", "--global-config", directory, "login", "token"),
        }
        return Table("Memory at its peak", MEGABYTES, interleave(things, rounds), PEAK)
