"""One session of pytest, with all tests collected, that forks for each mutant: nothing is imported or collected anew.

Started by `bench` in a copy of the tree, with the test files as its arguments, and asked as `server` is.
A mutant in the body of a function is put into that function, wherever it is referred to; a module that is imported
later, and a process that a test starts, finds it in the copy.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TextIO

import pytest

assert sys.platform == "linux"

from mutating.bench import UNSUITED
from mutating.child import become_reaper, run_in_child
from mutating.server import ANSWER, OPTIONS, choose_examples, read_answer


class Server:
    """The loop of the session: each request names a module, its text, the function that differs, and tests."""

    def __init__(self, requests: TextIO, answers: TextIO) -> None:
        self._requests = requests
        self._answers = answers
        self._failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        print("{}", file=self._answers, flush=True)  # all tests are collected
        for line in self._requests:
            request = json.loads(line)
            ANSWER.unlink(missing_ok=True)
            chosen = [items[name] for name in request["tests"] if name in items]
            code = run_in_child(lambda: self._try(request, chosen), request["seconds"])  # noqa: B023  # called at once
            print(json.dumps({"code": code, **read_answer()}), file=self._answers, flush=True)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)
            ANSWER.write_text(json.dumps({"failed": self._failed}))

    def _try(self, request: dict[str, Any], items: list[pytest.Item]) -> int:
        try:
            put_in(**request["mutant"])
        except ValueError:
            return UNSUITED
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return 1
        return 0


def put_in(path: str, text: str, owner: str, first: int, end: int, gone: int) -> None:
    """Let each function *owner* of the module *path*, which begins in the line *first*, be as in *text*.

    Behind the line *end*, where the change ends, *text* is *gone* lines shorter; the function keeps its line numbers.
    Raises ValueError when it can't be put in.
    """
    file = str(Path.cwd() / path)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) > end:
            node.lineno += gone  # type: ignore[attr-defined]  # as has just been seen
            node.end_lineno += gone  # type: ignore[attr-defined]  # likewise
    new = next(_find_code(compile(tree, file, "exec"), owner, first))
    for function in [item for item in gc.get_objects() if isinstance(item, FunctionType)]:
        code = function.__code__
        if (code.co_filename, code.co_qualname, code.co_firstlineno) == (file, owner, first):
            function.__code__ = new


def _find_code(code: CodeType, owner: str, first: int) -> Iterator[CodeType]:
    if (code.co_qualname, code.co_firstlineno) == (owner, first):
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _find_code(constant, owner, first)


def main() -> None:
    become_reaper()
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    log = os.open("session.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)
    choose_examples()
    pytest.main([*OPTIONS, *sys.argv[1:]], plugins=[Server(requests, answers)])


if __name__ == "__main__":
    main()
