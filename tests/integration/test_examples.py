"""Every code block of the documentation, every example of a docstring and of `--help`, as it stands there.

On Windows they use the real Credential Manager (Wine's advapi32 too): its credentials of the names in the examples are
put aside, and back in the end.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringStore
from credentials import put_aside
from dev_tools import load
from example_runners import RUNNERS, run
from example_world import URL, ExampleWorld
from examples import PROMPTS, Block, find_systems, read_blocks

import wincred

pytest_plugins = ["cli_fixtures"]

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "cli/*.md", "docs/*.md", "dev/*/*.md")
    for path in ROOT.glob(pattern)
    if not path.is_relative_to(ROOT / "dev" / "requirements")
)
NAMES = ("example.com/token", "example.com", "anna@example.com")
"""The target names of the examples."""


@pytest.fixture
def kept_credentials(real_keyring: None) -> Iterator[None]:
    """The real Credential Manager without the credentials of the examples; as it was, in the end."""
    with contextlib.ExitStack() as stack:
        for name in NAMES:
            stack.enter_context(put_aside(name))
        yield


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ExampleWorld]:
    """A machine on which somebody has logged in to the deployment of the examples.

    EXAMPLES_PYTHON names an interpreter with another installation of both distributions.
    """
    with ExampleWorld(tmp_path, Path(os.environ.get("EXAMPLES_PYTHON", sys.executable))) as made:
        yield made


def blocks_for(page: Path, system: str) -> list[Block]:
    return [block for block in read_blocks(page) if system in find_systems(block)]


def name_page(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_every_block_can_be_run(page: Path) -> None:
    """By its language, on a system that CI has; nothing else is code."""
    for block in read_blocks(page):
        assert block.language in {*RUNNERS, "text"}, f"{block.place} is {block.language!r}"
        assert block.language != "console" or block.text[:2] in PROMPTS, f"{block.place} has no prompt"


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows they need the Credential Manager")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks_for(page, "posix")], ids=name_page)
def test_the_blocks_of_a_page(page: Path, world: ExampleWorld) -> None:
    """On Linux and macOS: all but those for Windows."""
    for block in blocks_for(page, "posix"):
        run(block, world)


WINDOWS = {"windows": pytest.mark.credential_manager, "windows itself": pytest.mark.windows}
"""Wine is one of the first; what only the second has is PowerShell, and cmdkey."""


@pytest.mark.usefixtures("kept_credentials")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("page", "system"),
    [
        pytest.param(page, system, marks=mark, id=f"{name_page(page)}-{system}")
        for system, mark in WINDOWS.items()
        for page in PAGES
        if blocks_for(page, system)
    ],
)
def test_the_blocks_of_a_page_on_windows(page: Path, system: str, world: ExampleWorld) -> None:
    """With a session of the deployment in the keyring, too."""
    for block in blocks_for(page, system):
        KeyringStore(lock_path=world.machine.home / "lock").write(URL, world.token)
        run(block, world)


MODULES = [
    path
    for package in (ROOT / "wincred", ROOT / "cli" / "coder_login")
    for path in package.rglob("*.py")
    if "\n>>> " in path.read_text(encoding="utf-8") or "    >>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.credential_manager
@pytest.mark.usefixtures("kept_credentials")
@pytest.mark.parametrize("module", MODULES, ids=name_page)
def test_the_examples_of_a_docstring(module: Path, world: ExampleWorld) -> None:
    """They are those of the docstring as a page: in a process of their own, with a session in the keyring."""
    KeyringStore(lock_path=world.machine.home / "lock").write(URL, world.token)
    text = "\n".join(find_docstrings(module))
    run(Block(module, 1, "python", GIVEN + text), world)


GIVEN = """\
>>> import pytest, wincred
>>> from coder_login.sessionstore import KeyringProvider
>>> from coder_login.testing import KeyringContract

"""


def find_docstrings(module: Path) -> list[str]:
    """The docstrings with an example."""
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [text for node in nodes if isinstance(node, kinds) and ">>> " in (text := ast.get_docstring(node) or "")]


def find_help_examples() -> list[str]:
    found = [line for _, command in load("make_command_reference").find_commands() for line in command.examples]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("line", [line for line in find_help_examples() if "keyring" not in line])
def test_an_example_of_help(line: str, world: ExampleWorld) -> None:
    """In the shell of this system, with a person at the terminal where there is one."""
    if sys.platform == "win32" and line.startswith("coder logout"):
        line += " --yes"  # there is no terminal to be had
    run(Block(Path("--help"), 1, "bat" if sys.platform == "win32" else "sh", line), world)


@pytest.mark.credential_manager
@pytest.mark.usefixtures("kept_credentials")
@pytest.mark.parametrize("line", [line for line in find_help_examples() if "keyring" in line])
def test_an_example_of_help_with_the_keyring(line: str, world: ExampleWorld) -> None:
    """On Windows; a credential is reset only when it is damaged."""
    KeyringStore(lock_path=world.machine.home / "lock").write(URL, world.token)
    if "reset" in line:
        wincred.write(DEFAULT_SERVICE, b"damaged")
    run(Block(Path("--help"), 1, "bat", line), world)
