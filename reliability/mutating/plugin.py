"""A plugin of pytest for one run of chosen tests: their order, what became of them, and the lines that each reaches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

PRODUCT = ["wincred", "cli/coder_login"]


class Chosen:
    """*files* are collected; of their tests those of *tests* are run in that order, or all when it is empty.

    With a file for *coverage_data*, the lines of the product that each test reaches in its own process are put there.
    """

    def __init__(self, files: list[str], tests: list[str], coverage_data: str | None, answer: Path) -> None:
        self.files = files
        self.tests = tests
        self._answer = answer
        self._failed: list[str] = []
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._coverage = coverage.Coverage(coverage_data, config_file=False, source=PRODUCT) if coverage_data else None
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
