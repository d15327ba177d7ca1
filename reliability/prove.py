"""Try what the project promises, by looking for faults: count what was tried and what was lost.

    python reliability/prove.py [PART...]           the quick form of every part that this system has, or of these
    python reliability/prove.py --long [PART...]    the long form, which writes its figures into docs/reliability.md

The exit code is 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
# Last: what is tried is what is installed, and no file beside this one takes its place.
sys.path += [str(ROOT / name) for name in ("reliability", "tests/support", "benchmarks")]

from machine import name_system  # noqa: E402
from page import render_section, render_table, replace_section  # noqa: E402
from result import Result  # noqa: E402

PAGE = ROOT / "docs/reliability.md"


class Module(Protocol):
    """A part: *ABOUT* says, for the page, what is promised and how it is tried."""

    ABOUT: str

    def run(self, *, long: bool) -> Result: ...


@dataclass(frozen=True)
class Part:
    """A part by its heading, and the systems that can run it."""

    heading: str
    systems: frozenset[str]


LINUX, WINDOWS = frozenset({"linux"}), frozenset({"win32"})
PARTS = {
    "faults": Part("A fault at every system call", LINUX),
    "seam_faults": Part("A fault at every call of the DLL and of the file functions", WINDOWS),
    "servers": Part("Hostile servers", LINUX | WINDOWS),
    "fuzz": Part("Fuzzing", LINUX),
    "mutants": Part("Mutants", LINUX),
    "windows_mutants": Part("Mutants of what only Windows runs", WINDOWS),
    "soak": Part("Soak", LINUX | WINDOWS),
}


def main() -> int:
    given = parse_arguments()
    here = [name for name, part in PARTS.items() if sys.platform in part.systems]
    if elsewhere := [name for name in given.parts if name not in here]:
        raise SystemExit(f"reliability/prove.py: {elsewhere[0]} does not run on this system ({sys.platform})")
    lost = [name for name in given.parts or here if try_part(name, given.long)]
    return 1 if lost else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--long", action="store_true", help="the long form; write its figures into the page")
    return parser.parse_args()


def try_part(name: str, long: bool) -> bool:
    """Run a part, tell what it counted, and whether anything was lost."""
    print(f"\n{PARTS[name].heading}", flush=True)
    start = time.monotonic()
    module: Module = importlib.import_module(name)
    result = module.run(long=long)
    print(render_table(result), *result.notes, sep="\n", flush=True)
    print(f"lost: {len(result.faults)}, in {time.monotonic() - start:.0f} s", *result.faults, sep="\n", flush=True)
    if long:
        write_section(name, module.ABOUT, result)
    return bool(result.faults)


def write_section(name: str, about: str, result: Result) -> None:
    system = name_system()
    bench = "python dev/wine/windows.py " if "Wine" in system else ""
    command = f"{bench}python reliability/prove.py --long {name}"
    versions = f"Python {platform.python_version()}, wincred {version('wincred')}"
    section = render_section(f"{PARTS[name].heading}, {system}", about, command, versions, result)
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(replace_section(page, section), encoding="utf-8", newline="\n")


def find_scenario(scenarios: Mapping[str, T], name: str) -> T:
    """The one of that *name*, for a fault that is tried again. Ends the program for a name that there is not."""
    if name not in scenarios:
        raise SystemExit(f"no scenario is called {name}; there are: {', '.join(scenarios)}")
    return scenarios[name]


if __name__ == "__main__":
    sys.exit(main())
