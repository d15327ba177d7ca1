"""What the pages of the documentation say of names, limits and codes, held to the code; and where their links lead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from coder_login.commands import keyring as keyring_command
from coder_login.commands.go_cli import IGNORED_FLAGS, IGNORED_OPTIONS
from coder_login.commands.options import GLOBAL_OPTIONS, Given
from coder_login.commands.settings import Settings
from coder_login.sessionstore import DEFAULT_SERVICE, UnsupportedKeyringError
from dev_tools import load
from examples import find_lines, read_blocks
from powershell_syntax import has_error, only_on_linux

import wincred
from wincred.errors import _KNOWN

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "cli/*.md", "docs/*.md", "docs/reference/*.md", "dev/wine/*.md")
    for path in ROOT.glob(pattern)
)
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}


def prose(name: str) -> str:
    """The text of a page without its blocks, on one line."""
    return " ".join(re.sub(r"```.*?```", "", TEXTS[name], flags=re.DOTALL).split())


LINKS = [
    pytest.param(name, target, id=f"{name}-{target}")
    for name, text in TEXTS.items()
    for target in dict.fromkeys(re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)))
    if not target.startswith(("http://", "https://"))
]


@pytest.mark.parametrize(("name", "target"), LINKS)
def test_a_link_leads_to_a_file_and_a_section(name: str, target: str) -> None:
    """Of this checkout, by the heading's words."""
    file, _, section = target.partition("#")
    page = (ROOT / name).parent / file if file else ROOT / name
    assert page.exists()
    if section:
        headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert section in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


NAMED = r"(?<![\w/])((?:dev|docs|tests|benchmarks|reliability|wincred|\.github)/[\w./*-]+\w|test_\w+\.py)"
WRITTEN = {"docs/reliability.md", "docs/benchmarks.md"}
"""Pages that a program writes, of what it measures."""


@pytest.mark.parametrize("name", sorted({*TEXTS} - WRITTEN))
def test_a_file_that_a_page_names_is_there(name: str) -> None:
    """By its path, or a test of the suite by its name; links are looked at above."""
    text = re.sub(r"\]\([^)]*\)|https?://\S+", "", TEXTS[name])
    named = sorted(set(re.findall(NAMED, text)))
    assert [path for path in named if not [*ROOT.glob(path), *ROOT.glob(f"tests/*/{path}")]] == []


def test_the_readme_lists_every_command() -> None:
    """And none that is not there."""
    table = TEXTS["README.md"].partition("| command | does |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"`(coder(?: [a-z]+)+)", table))
    commands = load("make_command_reference").find_commands()
    assert listed == {words for words, _ in commands} - {"coder", "coder keyring"}


VARIABLES = {option.variable for option in GLOBAL_OPTIONS if option.variable} | {"CODER_URL", "CODER_SESSION_TOKEN"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_variable_of_the_command_is_one_that_it_reads(name: str) -> None:
    """As it is spelled on the page."""
    assert set(re.findall(r"(?<!_)\bCODER_[A-Z_]+\b", TEXTS[name])) <= VARIABLES


@pytest.mark.parametrize("name", [name for name in TEXTS if "coder-v" in TEXTS[name]])
def test_the_credential_has_its_name(name: str) -> None:
    """On every page that names it."""
    assert set(re.findall(r"\bcoder-v\d+-[a-z]+", TEXTS[name])) == {DEFAULT_SERVICE}


@pytest.mark.parametrize(
    "row",
    [
        f"| blob | {wincred.MAX_BLOB_SIZE} bytes |",
        f"| target name | {wincred.MAX_TARGET_NAME_LENGTH} UTF-16 code units; "
        f"{wincred.MAX_DOMAIN_TARGET_NAME_LENGTH} for domain types |",
        f"| user name | {wincred.MAX_USER_NAME_LENGTH} code units |",
        f"| comment, keyword of an attribute | {wincred.MAX_STRING_LENGTH} code units |",
        f"| attributes | {wincred.MAX_ATTRIBUTES}, each value {wincred.MAX_ATTRIBUTE_VALUE_SIZE} bytes |",
    ],
)
def test_the_library_page_has_the_limits(row: str) -> None:
    """Those of the binding."""
    assert f"\n{row}\n" in TEXTS["docs/library.md"]


@pytest.mark.parametrize("code", sorted(_KNOWN))
def test_the_library_page_has_the_codes(code: int) -> None:
    """Beside the class that each becomes."""
    (row,) = re.findall(rf"^\| `{_KNOWN[code][0].__name__}`.*$", TEXTS["docs/library.md"], re.MULTILINE)
    assert re.search(rf"\b{code}\b", row)


def test_the_command_page_has_what_the_status_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name of its JSON, in a row."""

    def refuse(*_: Any) -> Any:
        raise UnsupportedKeyringError("none")

    monkeypatch.setattr(keyring_command, "KeyringStore", refuse)
    report = keyring_command._make_report(Settings(Given()))
    table = TEXTS["docs/command.md"].partition("| name | is |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(report)


def test_the_command_page_has_what_is_ignored() -> None:
    """The options of the Go CLI alone."""
    ignored = prose("docs/command.md").partition("are accepted and ignored:")[2].partition(".")[0]
    assert set(re.findall(r"`(--[a-z-]+)`", ignored)) == {*IGNORED_FLAGS, *IGNORED_OPTIONS}


@only_on_linux
def test_every_powershell_block_can_be_parsed() -> None:
    """Also where it can't be run."""
    blocks = [block for page in PAGES for block in read_blocks(page) if block.language == "powershell"]
    blocks = [block for block in blocks if find_lines(block)]
    assert len(blocks) > 3
    assert [block.place for block in blocks if has_error(block.text.encode())] == []
