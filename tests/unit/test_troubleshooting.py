"""docs/troubleshooting.md: made from the table of hints, with a message of the command for each of its rows."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from coder_login.commands import deployment_hints
from coder_login.commands.hints import _FILE_STEPS, _STEPS
from coder_login.deployment.errors import Failure
from dev_tools import load

ROOT = Path(__file__).parents[2]


PAGE = load("make_troubleshooting")
SAMPLES = [sample for _, samples in PAGE.SECTIONS for sample in samples]
ENUMS = {
    "failure": deployment_hints._AFTER_FAILURE,
    "header": deployment_hints._AFTER_HEADER,
    "url": deployment_hints._AFTER_URL,
    "variable": deployment_hints._AFTER_VARIABLE,
    "file": _FILE_STEPS,
}


def test_the_page_is_what_the_table_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `python dev/make_troubleshooting.py` when this fails."""
    for name in list(os.environ):
        if name.startswith("CODER_"):
            monkeypatch.delenv(name)
    assert PAGE.PAGE.read_text(encoding="utf-8") == PAGE.make_page()


def row(kind: type[Any]) -> type[Any]:
    """The class whose row of the table counts for an error of *kind*."""
    return next(parent for parent in kind.__mro__ if parent in _STEPS)


@pytest.mark.parametrize("kind", _STEPS, ids=lambda kind: kind.__name__)
def test_every_row_has_a_message(kind: type[Any]) -> None:
    """Nobody looks for a class."""
    assert kind in {row(type(sample)) for sample in SAMPLES} or kind in PARENTS


PARENTS = {kind for kind in _STEPS if any(other is not kind and issubclass(other, kind) for other in _STEPS)}
"""Those that are met as one of their subclasses, too."""


@pytest.mark.parametrize("table", ENUMS.values(), ids=ENUMS)
def test_every_fault_has_a_message(table: dict[Enum | str, str]) -> None:
    """Each has a step of its own."""
    facts = {fact for sample in SAMPLES for fact in vars(sample).values() if isinstance(fact, Enum | str)}
    if hasattr(next(iter(table)), "name"):
        assert {*table} - facts <= EXPLAINED
    else:
        assert {*table} <= facts


EXPLAINED = {Failure.REDIRECTED}
"""Those whose class has steps of its own."""


def constants(paths: Iterable[Path]) -> set[str]:
    """The words of the program: every text in it, an f-string by its parts."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


MODULES = (ROOT / "cli" / "coder_login").rglob("*.py")
WORDS = {re.sub(r"\{[^}]*\}.*", "", text).rstrip("(").lower() for text in constants(MODULES)}
WORDS = {words for words in WORDS if len(words) >= 6 and " " in words}
TOLD = [sample for sample in SAMPLES if "message" in inspect.signature(type(sample)).parameters]
"""Those whose message is not made by their class."""


@pytest.mark.parametrize("sample", TOLD, ids=lambda sample: PAGE.find_message(sample)[:60])
def test_a_message_is_one_of_the_command(sample: Any) -> None:
    """A page that was not changed with the words would not be found by them."""
    message = PAGE.find_message(sample).lower()
    assert any(words in message for words in WORDS)
