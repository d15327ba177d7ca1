"""The suite itself: however it is started, it passes, and nothing in it waits for ever. Runs real pytest processes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from child import Child

ROOT = Path(__file__).parents[2]
# What Ctrl-C or another signal does, in this process, in a child, and in one on a terminal.
ON_SIGNALS = (
    "tests/integration/test_signals.py::test_in_the_middle_of_a_request",
    "tests/integration/test_signals.py::test_while_a_logout_waits_for_the_lock",
    "tests/integration/test_terminal.py::test_a_key_that_ends_the_prompt",
    "tests/unit/test_headers.py::test_a_command_that_fails",
    "tests/unit/test_hints.py::test_a_command_repeats_what_was_given",
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.timeout(300)
def test_it_passes_where_signals_are_ignored() -> None:
    """As in the background of a shell's script, where Ctrl-C is, and under nohup; without a terminal, too.

    Nor does it matter what the user's own settings for the command are.
    """
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
    words = [sys.executable, "-P", "-m", "pytest", *options, *ON_SIGNALS]
    settings = ("CODER_CONFIG_DIR=/nowhere", "CODER_USE_KEYRING=true", "http_proxy=http://127.0.0.1:1")
    ignoring = ["sh", "-c", "trap '' HUP INT QUIT TERM CHLD; exec env \"$@\"", "sh", *settings, *words]
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    with Child(ignoring, cwd=ROOT, stdin=nothing, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        output, errors = process.communicate(timeout=240)
    assert (process.returncode, errors) == (0, b""), output.decode()


def find_waits(path: Path) -> Iterator[str]:
    """The calls in *path* that could wait for ever; a `Child` can't."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called, options = ast.unparse(node.func), {option.arg for option in node.keywords}
        is_run = called in {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"}
        is_join = called.endswith(".join") and not node.args
        if called == "subprocess.Popen" or ((is_run or is_join) and "timeout" not in options):
            yield f"{path.name}:{node.lineno}: {called}"


def test_nothing_waits_without_a_limit() -> None:
    """A process that hangs fails its own test, and not the whole run."""
    assert [wait for path in (ROOT / "tests").rglob("*.py") for wait in find_waits(path)] == []
