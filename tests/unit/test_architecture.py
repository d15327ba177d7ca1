"""The plan of the rooms, as docs/architecture.md draws it: who may import whom, who knows click, who touches C data."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = ROOT / "cli" / "coder_login"
MODULES = sorted([*(ROOT / "wincred").glob("*.py"), *COMMAND.rglob("*.py")])

# From a room to what it may import of ours beside its own modules; the commands may import all, and who we are anybody.
VALUES = ["coder_login.deployment.url", "coder_login.deployment.session_token"]
FOUNDATION = ["coder_login.errors", "coder_login.text", "coder_login.interrupts", "coder_login.value"]
ALLOWED = {
    "wincred": [],
    "coder_login.errors": VALUES,
    "coder_login.text": [],
    "coder_login.interrupts": [],
    "coder_login.value": [],
    "coder_login.deployment": FOUNDATION,
    "coder_login.sessionstore": ["wincred", *VALUES, *FOUNDATION],
    "coder_login.session": ["coder_login.sessionstore", *VALUES, *FOUNDATION],
    "coder_login.login": ["coder_login.session", "coder_login.deployment", *FOUNDATION],
    "coder_login.testing": ["coder_login.sessionstore", *VALUES],
}


def name(path: Path) -> str:
    """As it is imported."""
    base = ROOT if path.is_relative_to(ROOT / "wincred") else ROOT / "cli"
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """The modules, of ours and of others, that *path* imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (member if member in NAMES else node.module or "" for member in members)


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


NAMES = {name(path) for path in MODULES}
ROOMS = [(room, path) for room in ALLOWED for path in MODULES if is_in(name(path), room)]


@pytest.mark.parametrize(("room", "path"), ROOMS, ids=[name(path) for _, path in ROOMS])
def test_imports_run_one_way(room: str, path: Path) -> None:
    """Commands know all; nothing below them knows a command."""
    ours = {module for module in imported(path) if module.partition(".")[0] in ("wincred", "coder_login")}
    allowed = [room, *ALLOWED[room]]
    strangers = {module for module in ours if not any(is_in(module, other) for other in allowed)}
    assert strangers <= (set() if room == "wincred" else {"coder_login"})  # all rooms of the command may say who it is


def test_every_module_has_a_room() -> None:
    """A new one is added to the plan, or to a room."""
    top = {"coder_login", "coder_login.__main__"}
    homeless = [name(path) for path in MODULES if not any(is_in(name(path), room) for room in ALLOWED)]
    assert {module for module in homeless if not is_in(module, "coder_login.commands")} == top


def test_only_the_commands_know_click() -> None:
    """A store and a deployment can be used by a program without it."""
    knowing = {name(path) for path in MODULES if "click" in imported(path)}
    assert "coder_login.commands.program" in knowing
    assert not {module for module in knowing if not is_in(module, "coder_login.commands")}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_has_the_name_of_a_standard_one(path: Path) -> None:
    """Started in its folder, Python would import it in the other's place."""
    assert path.stem not in sys.stdlib_module_names - {"__main__"}


def test_only_three_modules_touch_c_data() -> None:
    """What is freed by hand is seen at a glance."""
    touching = {name(path) for path in MODULES if re.search(r"\bffi\b|\bCData\b", path.read_text(encoding="utf-8"))}
    assert touching == {"wincred._advapi32", "wincred._api", "wincred._dll", "wincred._marshal", "wincred._protocols"}


ADVICE = re.compile(r"(?<![\w-])--[a-z]|\bcoder (login|logout|keyring|whoami|version)\b|Control Panel|chmod")


def texts(path: Path) -> Iterator[str]:
    """The strings of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


BELOW = [path for path in MODULES if not name(path).startswith(("coder_login.commands", "coder_login.__", "wincred"))]


@pytest.mark.parametrize("path", BELOW, ids=name)
def test_no_advice_below_the_commands(path: Path) -> None:
    """An error has facts; a command, an option or another program's screen is named in the table of hints alone."""
    assert [text for text in texts(path) if ADVICE.search(text)] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_room_is_small(path: Path) -> None:
    """About 200 lines: one that is larger does more than one thing."""
    if path.stem != "_advapi32":
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 270
