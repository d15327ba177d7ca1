"""A plugin of pytest for one run of chosen tests: their order, what became of them, and the lines that each reaches."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

TEST_VARIABLE = "PYTHON_MUTANT_TEST"
"""Names the test to a process that it starts; what begins with PYTHON gets into the clean environments of the tests."""


class Chosen:
    """*files* are collected; of their tests those of *tests* are run in that order, or all when it is empty.

    With *coverage_rc*, a configuration of coverage.py, the lines that each test reaches are measured as well.
    """

    def __init__(self, files: list[str], tests: list[str], coverage_rc: str | None, answer: Path) -> None:
        self.files = files
        self.tests = tests
        self._answer = answer
        self._failed: list[str] = []
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._coverage = coverage.Coverage(config_file=coverage_rc) if coverage_rc else None
        if self._coverage:
            self._coverage.start()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.tests:
            known = {item.nodeid: item for item in items}
            items[:] = [known[name] for name in self.tests if name in known]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self._coverage:
            self._coverage.switch_context(item.nodeid)
            os.environ[TEST_VARIABLE] = item.nodeid
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def pytest_sessionfinish(self) -> None:
        if self._coverage:
            self._coverage.stop()
            self._coverage.save()
        self._write()

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)
            self._write()  # now: a mutant can end the process before its end

    def _write(self) -> None:
        self._answer.write_text(json.dumps({"failed": self._failed, "durations": self._seconds}))
