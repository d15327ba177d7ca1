"""The code blocks of the documentation, and how each language of them is run: as it stands, in an `ExampleWorld`.

| language | is run by |
|---|---|
| python | the interpreter; where it has prompts (>>>), its answers are compared |
| console | the shell, a command after each prompt: `$ ` on Linux and macOS, `> ` on Windows; its answers are compared |
| sh, bash | the shell of Linux and macOS, or bash |
| bat | cmd |
| powershell | Windows PowerShell and PowerShell 7, on Windows itself |
| go | nobody: it is a part of docs/examples, as a whole program in another language may be |
| json | nobody: it is read |

What differs from run to run stands as … in an answer. `pip install` is not run again: its packages are looked for. Nor
is a command that is a check of the whole project: RUN_ELSEWHERE says where it is run.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from child import Child
from example_world import ExampleWorld
from markdown_it import MarkdownIt
from terminal import Terminal

ROOT = Path(__file__).parents[2]
WINE_PAGE = ROOT / "dev" / "wine" / "README.md"
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
RUN_ELSEWHERE = {
    "bash dev/test": (".ci/run", "bash dev/test"),
    "bash dev/try": ("dev/test", "bash dev/try"),
    **{line: ("dev/test", f"  {line}\n") for line in _CHECKS},
    **{line: (".github/workflows/ci.yml", f"          {line}\n") for line in _SET_UP},
}
"""Commands, each with a file that CI runs and what in it runs the command."""

PROMPTS = {"$ ": "posix", "> ": "windows"}
HERE = "windows" if sys.platform == "win32" else "posix"
DOCTEST = "import doctest, sys; sys.exit(doctest.testfile(sys.argv[1], module_relative=False, optionflags=8).failed)"
"""8 is ELLIPSIS."""


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


def run(block: Block, world: ExampleWorld) -> None:
    """Run *block*, or raise AssertionError with what it answered instead."""
    if not is_program(block):
        world.log_in()
        RUNNERS[block.language](block, world)


def is_program(block: Block) -> bool:
    """Whether *block* is one of docs/examples in full, which tests of its own run."""
    return block.text in {path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.*") if path.is_file()}


def _run_python(block: Block, world: ExampleWorld) -> None:
    file = world.folder / "example.py"
    file.write_text(block.text, encoding="utf-8")
    words = ["-c", DOCTEST, str(file)] if ">>> " in block.text else [str(file)]
    _check(block, *_call([str(world.python), "-X", "utf8", *words], world))


def _run_console(block: Block, world: ExampleWorld) -> None:
    """Each command gives what stands below it."""
    for command, expected in read_session(block.text):
        if not is_done_elsewhere(command):
            _, answer = _call(_shell(command), world)
            assert matches(answer, expected), f"{block.place}: {command}\n--- it says\n{expected}\n--- it is\n{answer}"


def _run_sh(block: Block, world: ExampleWorld) -> None:
    """On a terminal, with a person who pastes the token and says yes."""
    script = "\n".join([*find_lines(block), *(["complete -p coder"] if "COMPLETE" in block.text else [])])
    one = Terminal([f"/bin/{block.language}", "-eu", "-c", script], world.environment, cwd=world.working_directory)
    try:
        code = one.answer({"Paste your token here: ": f"{world.token}\n", "[Y/n]: ": "y\n"})
    finally:
        one.close()
    _check(block, code, one.seen)


def _run_bat(block: Block, world: ExampleWorld) -> None:
    file = world.folder / "example.bat"
    # Without `call`, a batch file that is called gives the rest of this one no turn.
    checked = [text for line in find_lines(block) for text in (f"call {line}", "if errorlevel 1 exit /b 1")]
    file.write_text("\r\n".join(["@echo off", *checked, ""]), encoding="ascii", newline="")
    _check(block, *_call(["cmd", "/d", "/c", str(file)], world))


def _run_powershell(block: Block, world: ExampleWorld) -> None:
    for program in find_powershells():
        # What a program ends with stops nothing by itself.
        checked = "\n".join(f"{line}\nif ($LASTEXITCODE) {{ exit 1 }}" for line in find_lines(block))
        whole = f"$ErrorActionPreference = 'Stop'\n$LASTEXITCODE = 0\n{checked}"
        options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass"]
        _check(block, *_call([program, *options, "-Command", whole], world))


def find_powershells() -> list[str]:
    """Windows PowerShell, and PowerShell 7 where it is installed."""
    return [program for program in ("powershell", "pwsh") if shutil.which(program)]


def _refuse(block: Block, world: ExampleWorld) -> None:
    raise AssertionError(f"{block.place} is no file of docs/examples")


def _read_json(block: Block, world: ExampleWorld) -> None:
    json.loads(block.text)


RUNNERS: dict[str, Callable[[Block, ExampleWorld], None]] = {
    "python": _run_python,
    "console": _run_console,
    "sh": _run_sh,
    "bash": _run_sh,
    "bat": _run_bat,
    "powershell": _run_powershell,
    "go": _refuse,
    "json": _read_json,
}


def read_session(text: str) -> Iterator[tuple[str, str]]:
    """The commands after the prompts of a session, each with what stands below it."""
    prompt = text[:2]
    for part in f"\n{text}".split(f"\n{prompt}")[1:]:
        command, _, answer = part.partition("\n")
        yield command, answer.strip("\n")


def matches(answer: str, expected: str) -> bool:
    """Whether *answer* is the *expected* one, in which … stands for anything within a line."""
    pattern = re.escape(expected).replace("…", "[^\n]*")
    return re.fullmatch(pattern, answer.strip("\n")) is not None


def _shell(command: str) -> list[str]:
    return ["cmd", "/d", "/s", "/c", command] if sys.platform == "win32" else ["sh", "-c", command]


def _call(words: list[str], world: ExampleWorld) -> tuple[int, str]:
    """The exit code, and what was said; a token is there for who reads standard input."""
    with Child(
        words,
        cwd=world.working_directory,
        env=world.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        said, _ = process.communicate(f"{world.token}\n".encode())
    return process.returncode, said.decode(errors="replace").replace("\r\n", "\n")


def _check(block: Block, code: int, said: str) -> None:
    assert code == 0, f"{block.place} ends with {code}:\n{said}"


def find_lines(block: Block) -> list[str]:
    """The lines of *block* that are to be run here: all but those that something else runs in CI."""
    if block.page == WINE_PAGE:
        assert "dev/wine/README.md | bash -eux" in (ROOT / "dev/test").read_text(encoding="utf-8")
        return []
    return [line for line in block.text.splitlines() if line and not is_done_elsewhere(line)]


def is_done_elsewhere(line: str) -> bool:
    """Whether something else runs *line* in CI, or it installs one of ours and nothing that is not."""
    if line in WINE_PAGE.read_text(encoding="utf-8").splitlines():
        return True
    if line in RUN_ELSEWHERE:
        file, text = RUN_ELSEWHERE[line]
        assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} does not run `{line}` any more"
        return True
    found = re.fullmatch(r"(?:python -m )?pip install (.+)", line)
    assert not found or set(found[1].split()) <= {"wincred", "coder-login"}, f"{line}: whose is that?"
    return found is not None
