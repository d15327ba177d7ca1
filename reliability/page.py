"""The page docs/reliability.md: a section for each part on each system, with the figures of its last long form."""

from __future__ import annotations

import re

from result import Result

INTRODUCTION = """\
# Reliability

What the project promises is tried by programs that look for the faults themselves. Each counts what it tried and what
was lost, and ends with exit code 1 when anything was. Their quick forms are a part of `bash dev/test`. The figures here
are those of the long forms: a run with `--long` replaces the section of its part and its system.

| system | command |
|---|---|
| Linux, or a real Windows | `python reliability/prove.py [--long] [PART...]` |
| the Windows Python on Linux | `python dev/wine/windows.py python reliability/prove.py [--long] [PART...]` |
"""


def render_section(heading: str, about: str, command: str, versions: str, result: Result) -> str:
    """A part's section: what it does, how to repeat it, what it counted."""
    lost = [f"- {fault}" for fault in result.faults]
    lines = [f"## {heading}", about.strip(), f"`{command}`, with {versions}:", render_table(result), *result.notes]
    return "\n\n".join([*lines, *(["Lost:", "\n".join(lost)] if lost else [])]) + "\n"


def render_table(result: Result) -> str:
    cells = [result.columns, ["---"] * len(result.columns), *([f"{cell}" for cell in row] for row in result.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def replace_section(page: str, section: str) -> str:
    """*page* with *section* in the place of the one with the same heading; all by the order of their headings."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    sections = {part.partition("\n")[0]: part.strip() for part in [*parts, section]}
    return "\n\n".join([INTRODUCTION.strip(), *(sections[heading] for heading in sorted(sections))]) + "\n"
