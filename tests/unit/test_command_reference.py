"""docs/command-reference.md: made from the program."""

from __future__ import annotations

import sys

import pytest
from dev_tools import load

MAKER = load("make_command_reference")


@pytest.mark.skipif(sys.platform == "win32", reason="the examples on the page are those of a POSIX shell")
def test_the_page_is_what_the_program_says() -> None:
    """Run `python dev/make_command_reference.py` when this fails."""
    assert MAKER.PAGE.read_text(encoding="utf-8") == MAKER.make_page()


def test_every_command_is_on_the_page() -> None:
    """Each below its group, and what is written like an argument of `login` too."""
    page = MAKER.PAGE.read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## coder")]
    assert headings == [words for words, _ in MAKER.find_commands()]
    assert {"coder", "coder login", "coder login token", "coder keyring reset"} <= set(headings)
