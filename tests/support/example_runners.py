"""How each language of the documentation's code blocks is run: as it stands, in an `ExampleWorld`.

| language | is run by |
|---|---|
| python | the interpreter; where it has prompts (>>>), its answers are compared |
| console | the shell, a command after each prompt: `$ ` on Linux and macOS, `> ` on Windows; its answers are compared |
| sh, bash | the shell of Linux and macOS, or bash |
| bat | cmd, each line of its own |
| powershell | Windows PowerShell and PowerShell 7, on Windows itself, each line of its own |
| go | nobody: it is a part of docs/examples, as a whole program in another language may be |
| json | nobody: it is read |

What differs from run to run stands as … in an answer. `pip install` is not run again: its packages are looked for. Nor
is a command that is a check of the whole project: `examples.RUN_ELSEWHERE` says where it is run.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

from child import Child
from example_world import ExampleWorld
from examples import Block, find_lines, is_done_elsewhere, is_program
from terminal import Terminal

DOCTEST = "import doctest, sys; sys.exit(doctest.testfile(sys.argv[1], module_relative=False, optionflags=8).failed)"
"""8 is ELLIPSIS."""


def run(block: Block, world: ExampleWorld) -> None:
    """Run *block*, or raise AssertionError with what it answered instead."""
    if not is_program(block):
        world.log_in()
        RUNNERS[block.language](block, world)


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
