"""The page docs/benchmarks.md: a section for each system, its targets first, then all that was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from samples import Samples
from table import NO_UNIT, Comparison, Table, Target, Unit

INTRODUCTION = """\
# Benchmarks

This page is written by `benchmarks/run.py`; a run replaces the section of its own system.

| system | command |
|---|---|
| Linux, or a real Windows | `python benchmarks/run.py` |
| the Windows Python on Linux | `taskset -c 0 python dev/wine/windows.py python benchmarks/run.py` |

`--only NAME` repeats one table and prints it; `--rounds N` says how often each thing is measured. On a real Windows,
`pip install --group benchmark` installs the programs that ours are compared with; the Windows Python on Linux has them.

In each round of a run all things of a table are measured once, in turn. A ratio is the median of the rounds' own
ratios, so that what else the machine did meets both sides alike; half of what was measured lies between the two
quartiles. The time of a new process is what it takes beyond a bare interpreter, `python -c pass`, of the same round;
bytecode is cached. Times differ from machine to machine: the ratios are what counts.

A target is met when the median is within it. It is missed within the noise when the median is not, and a quartile is.
`taskset` keeps Wine's server and its client, which wait for each other at every call, on one CPU: on two, a call takes
six times as long, and the differences between programs are lost in that.
"""


def render_section(heading: str, machine: str, tables: Mapping[str, Table], command: str) -> str:
    """A system's section; *tables* by the names that `--only` takes, *command* is the run's own."""
    targets = render_targets(tables.values())
    details = (render_table(table, f"{command} --only {name}") for name, table in tables.items())
    return "\n\n".join([f"## {heading}", machine, targets, *details]) + "\n"


def render_targets(tables: Iterable[Table]) -> str:
    """What is wanted, and whether it is so: a target that is missed is said in bold."""
    rows = [
        [*render_comparison(comparison, table), *render_verdict(comparison, comparison.target, table)]
        for table in tables
        for comparison in table.comparisons
        if comparison.target
    ]
    return render_grid("what", "median", "quartiles", "target", "met", rows=rows)


def render_table(table: Table, command: str) -> str:
    """All of *table*, under the command that repeats it."""
    rows = [[name, *render_samples(samples, table.unit)] for name, samples in table.samples.items()]
    rows += [[name, f"not measured: {reason}", ""] for name, reason in table.skipped.items()]
    rows += [render_comparison(comparison, table) for comparison in table.comparisons if not comparison.target]
    parts = [f"### {table.title}", f"`{command}`", render_grid("what", "median", "quartiles", rows=rows)]
    return "\n\n".join([*parts, *table.notes])


def render_comparison(comparison: Comparison, table: Table) -> list[str]:
    computed = comparison.compute(table.samples)
    return [
        comparison.label,
        *(render_samples(computed, find_unit(comparison, table)) if computed else ["not measured", ""]),
    ]


def render_samples(samples: Samples, unit: Unit) -> list[str]:
    first, third = samples.quartiles
    return [unit.format(samples.median), f"{unit.format(first)} to {unit.format(third)}"]


def render_verdict(comparison: Comparison, target: Target, table: Table) -> list[str]:
    computed, unit = comparison.compute(table.samples), find_unit(comparison, table)
    low, high = ("" if bound is None else unit.format(bound) for bound in (target.low, target.high))
    wanted = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    if computed is None:
        return [wanted, "not measured"]
    if target.is_met_by(computed.median):
        return [wanted, "yes"]
    return [wanted, "within the noise" if any(map(target.is_met_by, computed.quartiles)) else "**no**"]


def find_unit(comparison: Comparison, table: Table) -> Unit:
    return table.unit if comparison.difference else NO_UNIT


def render_grid(*columns: str, rows: list[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replace_section(page: str, section: str) -> str:
    """*page* with *section* in the place of the one with the same heading, or after the others.

    What stands before the first section is written anew.
    """
    sections = {part.partition("\n")[0]: part.strip() for part in re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]}
    sections[section.partition("\n")[0]] = section.strip()
    return "\n\n".join([INTRODUCTION.strip(), *sections.values()]) + "\n"
