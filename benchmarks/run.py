"""Measure what the project promises of speed and memory, and write docs/benchmarks.md.

    python benchmarks/run.py                                 here
    python dev/wine/windows.py python benchmarks/run.py      in the Windows Python on Linux

The exit code says whether it could be measured, never how fast anything is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

# Last: what is measured is what is installed, and no file beside this one takes its place.
sys.path.append(str(Path(__file__).resolve().parent))

from calls import measure_calls
from keyring_reads import measure_keyring_reads
from machine import describe, find_command, name_system
from memory import measure_memory
from peers import measure_peers
from report import render_section, replace_section
from starts import measure_command, measure_imports
from table import Table
from whoami import measure_whoami

import wincred

PAGE = Path(__file__).resolve().parents[1] / "docs/benchmarks.md"
ROUNDS = 31
MEASURES: dict[str, Callable[[int], Table]] = {
    "imports": measure_imports,
    "command": measure_command,
    "calls": measure_calls,
    **({"peers": measure_peers} if wincred.is_supported() else {}),
    "whoami": measure_whoami,
    "keyring": measure_keyring_reads,
    "memory": measure_memory,
}


def main() -> None:
    given = parse_arguments()
    tables = {name: measure(name, given.rounds) for name in given.only or MEASURES}
    section = render_section(name_system(), describe(given.rounds), tables, find_command())
    if not given.only:
        write_page(section)
    sys.stdout.buffer.write(section.encode())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each thing is measured (%(default)s)")
    parser.add_argument("--only", choices=MEASURES, action="append", help="measure this alone, and leave the page")
    return parser.parse_args()


def measure(name: str, rounds: int) -> Table:
    print(f"measuring {name}", file=sys.stderr, flush=True)
    return MEASURES[name](rounds)


def write_page(section: str) -> None:
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(replace_section(page, section), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
