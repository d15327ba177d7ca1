"""tests/messages.txt: every message of the binding and of the program, in one file; and the rules of their voice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dev_tools import load

ROOT = Path(__file__).parents[2]


MAKER = load("make_messages")
MESSAGES: list[str] = MAKER.FILE.read_text(encoding="utf-8").splitlines()


def test_the_file_has_what_the_code_says() -> None:
    """Run `python dev/make_messages.py` when this fails, and read what has changed."""
    assert MAKER.FILE.read_text(encoding="utf-8") == MAKER.make_file()


SOURCE = '''
"""A module, which says nothing."""

LIMIT = 10
"""How much: not said either."""


@click.command(cls=Command, examples=["coder move it"])
@click.option("--far", help="Move it far.")
def command(place: str) -> None:
    """Move it to PLACE,
    and only there.

    Nothing is lost.
    """
    raise MoveError(f"{place!r} is not a place" + (", and " + reason if reason else ""))


def find(name: str) -> str:
    """Not said."""
    told = f"{'Going there' if name else 'Staying here'}:"
    return TABLE["a_key"] or f"no {name} here, " "of all places"
'''


def test_what_a_message_is() -> None:
    """What is said, with its variable parts, a sum as one; a command's help; no other docstring, no single word."""
    assert MAKER.find_messages(SOURCE) == [
        "Move it to PLACE, and only there.\\n\\nNothing is lost.",
        "{place} is not a place{', and ' + reason if reason else ''}",
        "coder move it",
        "Move it far.",
        "Going there",
        "Staying here",
        "no {name} here, of all places",
    ]


def test_every_module_that_speaks_is_there() -> None:
    """The binding's and the program's; not the suites for the authors of stores."""
    named = {line for line in MESSAGES if re.fullmatch(r"\S+\.py", line)}
    assert {"wincred/errors.py", "cli/coder_login/commands/hints.py", "cli/coder_login/session.py"} <= named
    assert not {line for line in named if "testing" in line}


RULES = {
    "a contraction is the usual form": r"\b([Cc]annot|is not able)\b",
    "two spaces": r"[a-z,.]  [A-Za-z]",
    "a letter's mark": r"[\u2018\u2019\u201c\u201d]",
    "an exclamation mark": r"!(?![}a-z=])\s*$",
    "an error that asks for patience": r"\b(?:[Ss]orry|[Oo]ops|[Uu]nfortunately)\b",
    "what only a programmer knows": r"\b(?:[Ee]xception|[Tt]raceback|NoneType|stderr|stdout|stdin)\b",
    "an abbreviation": r"\b(?:e\.g\.|i\.e\.|etc\.|aka)",
    "other words for mending": r"\b(?:[Mm]end(?:s|ed)?)\b",
    "looking at what is to be checked": r"\bLook at the (?:URL|port|host|proxy)\b",
}
PYTHONS_OWN = {"cannot assign to field {name}", "cannot delete field {name}"}
"""Those of a dataclass, which a value of ours stands for."""


@pytest.mark.parametrize("rule", RULES)
def test_no_message_has(rule: str) -> None:
    """One voice: the same word for the same thing everywhere."""
    found = {line.strip() for line in MESSAGES if re.search(RULES[rule], line)}
    assert found - PYTHONS_OWN == set()


def test_an_error_of_the_binding_is_no_sentence() -> None:
    """It stands in somebody else's message: no capital letter, no full stop."""
    start = MESSAGES.index("wincred/__init__.py")
    said = [line.strip() for line in MESSAGES[start:] if line.startswith("  ")]
    assert len(said) > 50
    assert [line for line in said if re.match(r"[A-Z][a-z]", line) and not line.startswith(("Windows", "UTF-16"))] == []
    assert [line for line in said if re.search(r"\.$|[a-z]\. ", line)] == []
