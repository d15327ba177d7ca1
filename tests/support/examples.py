"""The code blocks of the documentation: read, sorted by where they can be run, without what CI runs elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
_SET_UP = [
    "python -m venv .venv",
    ".venv\\Scripts\\Activate.ps1",
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    "python -m pip install --require-hashes -r dev/requirements/test.txt",
    "python -m pip install --no-deps --no-build-isolation --editable . --editable ./cli",
    "python -P -m pytest",
    "python -P -m pytest tests/unit/test_read.py",
    "python -P -m pytest tests/unit/test_hints.py -k next_step",
    "python -P -m pytest tests/unit/test_read.py --randomly-seed=1",
]
_CHECKS = ["ruff check", "ruff format --check", "mypy --strict --platform linux", "mypy --strict --platform win32"]


class Block(NamedTuple):
    """A fenced block, at a *line* of a page."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def read_blocks(page: Path) -> list[Block]:
    """The fenced blocks of *page*, in their order, without the directives of the site."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    fences = [token for token in tokens if token.type == "fence" and not token.info.startswith("{")]
    return [Block(page, (token.map or [0])[0] + 1, token.info.strip(), token.content) for token in fences]


_BESIDE_WINE = [line for block in read_blocks(ROOT / "dev/wine/README.md") for line in block.text.splitlines()]
RUN_ELSEWHERE = {
    "bash dev/test": (".ci/run", "bash dev/test"),
    "bash dev/try": ("dev/test", "bash dev/try"),
    **{line: ("dev/test", f"  {line}\n") for line in _CHECKS},
    **dict.fromkeys(_BESIDE_WINE, ("dev/test", "dev/wine/README.md | bash -eux")),
    **{line: (".github/workflows/ci.yml", f"          {line}\n") for line in _SET_UP},
}
"""Commands, each with a file that CI runs and what in it runs the command."""

PROMPTS = {"$ ": "posix", "> ": "windows"}


SYSTEMS = {"sh": {"posix"}, "bash": {"posix"}, "bat": {"windows"}, "powershell": {"windows itself"}, "text": set[str]()}
"""Of those that are not for all; text is no code."""
EXAMPLES = ROOT / "docs" / "examples"


def find_systems(block: Block) -> set[str]:
    """Where *block* can be run: "posix", "windows", Wine too, or "windows itself"."""
    if "cmdkey " in block.text:
        return {"windows itself"}
    if block.language == "console":
        return {PROMPTS[block.text[:2]]}
    if block.language == "python" and re.search(r"\bwincred\.(?!\w*Error)|KeyringStore|import keyring", block.text):
        return {"windows"}
    return SYSTEMS.get(block.language, {"posix", "windows"})


def is_program(block: Block) -> bool:
    """Whether *block* is one of docs/examples in full, which tests of its own run."""
    return block.text in {path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.*") if path.is_file()}


def find_lines(block: Block) -> list[str]:
    """The lines of *block* that are to be run here: all but those that something else runs in CI."""
    return [line for line in block.text.splitlines() if line and not is_done_elsewhere(line)]


def is_done_elsewhere(line: str) -> bool:
    """Whether something else runs *line* in CI, or it installs one of ours and nothing that is not."""
    if line in RUN_ELSEWHERE:
        file, text = RUN_ELSEWHERE[line]
        assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} does not run `{line}` any more"
        return True
    found = re.fullmatch(r"(?:python -m )?pip install (.+)", line)
    assert not found or set(found[1].split()) <= {"wincred", "coder-login"}, f"{line}: whose is that?"
    return found is not None
