"""A copy of the tree in which one mutant at a time is tried."""

from __future__ import annotations

import contextlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mutating.mutation import Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
NO_TESTS = 5  # pytest's exit code
UNSUITED = 99
"""The exit code for a mutant that can't be put into its function: that takes other variables from around it now."""
NOT_KEPT = ("PYTHON", "PYTEST", "CODER_")


class Bench:
    """Started by `with`; gone with its copy in the end. What is run inside of a session is in *tests*, or all."""

    def __init__(self, *tests: str) -> None:
        self._tests = tests or ("tests/unit", "tests/contract")
        self.folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.tree = self.folder / "tree"
        self._session: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        shutil.copytree(ROOT, self.tree, ignore=LEFT_OUT)
        (self.folder / "tmp").mkdir()
        self._server = self._start("mutating.server")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self._server, self._session):
            if process:
                process.kill()
                process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_session(self) -> None:
        """Let the session collect its tests, if it has not yet: of the product as it is, which a mutant could spoil."""
        if self._session is None:
            self._session = self._start("mutating.session", *self._tests)
            _read_answer(self._session)

    @contextlib.contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """The copy with *mutant* in it."""
        path = self.tree / mutant.path
        text = path.read_text(encoding="utf-8")
        _put(path, mutant.apply(text))
        try:
            yield
        finally:
            _put(path, text)
            py_compile.compile(str(path))

    def run_tests(
        self, tests: Sequence[str], seconds: float, *, files: Sequence[str] = (), coverage_data: str | None = None
    ) -> dict[str, Any]:
        """Run *tests* in their order up to the first failure, or else all of *files*.

        Ends after that many *seconds*, its own or the processor's. ``code`` is pytest's exit code, None for a run that
        was ended; ``failed`` are the names of the tests that failed, ``durations`` the seconds of each.
        """
        named = files or dict.fromkeys(test.partition("::")[0] for test in tests)
        there = [file for file in named if (self.tree / file).exists()]
        if not there:
            return {"code": NO_TESTS, "failed": []}
        chosen = {"files": there, "tests": list(tests), "coverage_data": coverage_data}
        return _ask(self._server, {"seconds": seconds, "chosen": chosen})

    def run_inside(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> dict[str, Any]:
        """The same for a *mutant* with an owner, which is in the copy; without importing or collecting anything anew.

        ``code`` is UNSUITED when that can't be done. The session must be open.
        """
        assert self._session
        change, text = mutant.change, (self.tree / mutant.path).read_text(encoding="utf-8")
        original = (ROOT / mutant.path).read_text(encoding="utf-8")
        place = {
            "path": mutant.path,
            "text": text,
            "owner": mutant.owner,
            "first": mutant.function[0],
            "end": mutant.number + change.text.count("\n"),
            "gone": original.count("\n") - text.count("\n"),
        }
        return _ask(self._session, {"seconds": seconds, "tests": list(tests), "mutant": place})

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_KEPT)}
        path = os.pathsep.join([str(self.tree), str(self.tree / "cli"), str(ROOT / "reliability")])
        scratch = str(self.folder / "tmp")  # also of the fuzzer's targets: nothing outside of the bench can be removed
        environment = kept | {"PYTHONPATH": path, "TMPDIR": scratch, "FUZZ_SCRATCH": scratch}
        words = [sys.executable, "-P", "-m", module, *arguments]
        return subprocess.Popen(
            words, cwd=self.tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )


def _ask(server: subprocess.Popen[str], request: dict[str, Any]) -> dict[str, Any]:
    assert server.stdin
    print(json.dumps(request), file=server.stdin, flush=True)
    return _read_answer(server)


def _read_answer(server: subprocess.Popen[str]) -> dict[str, Any]:
    assert server.stdout
    line = server.stdout.readline()
    if not line:
        raise RuntimeError(f"{' '.join(map(str, server.args))} has ended")  # type: ignore[arg-type]  # it was a list
    answer: dict[str, Any] = {"failed": [], **json.loads(line)}
    return answer


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
    # A compiled file is taken for one of any text of the same size and second.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
