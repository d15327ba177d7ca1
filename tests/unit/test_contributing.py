"""CONTRIBUTING.md: its set-up is what a job of the workflow does."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import RUN_ELSEWHERE, Block, read_blocks

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
WORKFLOW = ".github/workflows/ci.yml"


def is_set_up(block: Block) -> bool:
    """Whether the workflow is to do it: for a line of it, that is said."""
    return any(RUN_ELSEWHERE.get(line, ("",))[0] == WORKFLOW for line in block.text.splitlines())


BLOCKS = [block for block in read_blocks(PAGE) if is_set_up(block)]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_workflow_does_a_set_up_as_it_stands(block: Block) -> None:
    """All of its lines, in their order, with nothing in between."""
    lines = "".join(f"          {line}\n" for line in block.text.splitlines())
    assert lines in (ROOT / WORKFLOW).read_text(encoding="utf-8")


def test_there_is_a_set_up_for_each_shell() -> None:
    """And a way to one test."""
    assert [block.language for block in BLOCKS] == ["powershell", "powershell", "sh"]
