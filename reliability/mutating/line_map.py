"""Which tests reach which line, and how long each takes: measured once, and kept until a source changes.

The unit tests and the contracts: an integration test takes seconds, and what it alone finds is better held by a unit
test, too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import coverage

from mutating.bench import ROOT, Bench
from mutating.mutation import Mutant

CACHE = ROOT / ".mutants" / "map.json"
ABOUT_TEXT = (
    # They read our sources or pages: a mutant that they alone find is not told from a clumsy edit.
    "tests/unit/test_architecture.py",
    "tests/unit/test_troubleshooting.py",
    "tests/unit/test_library_page.py",
    "tests/unit/test_other_programs_page.py",
    "tests/unit/test_messages.py",
    "tests/unit/test_pages.py",
    "tests/unit/test_command_reference.py",
    "tests/unit/test_shutdown.py::test_no_time_is_made_by_a_timedelta",
    "tests/unit/test_startup.py::test_the_readme",
)
OF_OTHERS = tuple(
    f"tests/unit/test_{name}.py"
    for name in (
        *("benchmarks", "windows_bench", "windows_job", "reliability"),
        *("bills", "contributing", "metadata", "release", "requirements", "same_bytes", "workflows"),
    )
)
UNSEEN = {
    # Coverage sees nothing of what they run: that is another process, or they trace the lines themselves.
    "wincred/": (
        "tests/unit/test_import.py",
        "tests/unit/test_loaded.py",
        "tests/unit/test_interruptions.py",
        "tests/unit/test_shutdown.py",
    ),
    "cli/coder_login/sessionstore/__init__.py": ("tests/unit/test_store_startup.py",),
    "cli/coder_login/deployment/url.py": ("tests/unit/test_store_startup.py",),
    "cli/coder_login/deployment/certificates.py": (
        "tests/unit/test_certificates.py::test_certificates_from_a_pipe",
        "tests/unit/test_certificates.py::test_a_broken_configuration_of_the_library",
    ),
}


class LineMap:
    """The tests of the project, as far as they can tell a mutant; by the lines of the modules that they reach."""

    def __init__(self, tests: dict[str, Any]) -> None:
        self.red = [name for name, test in tests.items() if test["red"]]
        """What fails without any mutant; no mutant is tried with it."""
        tests = {name: test for name, test in tests.items() if not test["red"]}
        self.seconds: dict[str, float] = {name: test["seconds"] for name, test in tests.items()}
        self.sizes = Counter(name.partition("::")[0] for name in tests)
        """How many tests a file has."""
        self._tests: dict[str, dict[int, list[str]]] = {}
        for name, test in tests.items():
            for path, lines in test["lines"].items():
                for line in lines:
                    self._tests.setdefault(path, {}).setdefault(line, []).append(name)

    def find(self, mutant: Mutant) -> list[list[str]]:
        """The tests that may find it, in groups: those that reach its own line or use it, the others that reach the
        function around it. In front are those whose file imports the module, which it may be about.

        What runs but once, when its module is imported, is also for those that import the module or its package.
        """
        package, _, name = mutant.path.removeprefix("cli/").removesuffix(".py").replace("/", ".").rpartition(".")
        module = rf"from {package}\.{name} |import {package}\.{name}\b|from {package} import .*\b{name}\b"
        about = self._list_matching(f"^({module})")
        near = self._list_tests(mutant.path, [mutant.number, *sorted(mutant.uses)])
        first, last = mutant.function
        around = self._list_tests(mutant.path, range(first, last + 1))
        if not mutant.owner:
            near |= about
            around |= self._list_matching(rf"^(from|import) {package}\b")
        groups = ([name for name in near if name in about], [name for name in near if name not in about])
        return [*groups, [name for name in around if name not in near]]

    def list_unseen(self, mutant: Mutant) -> list[str]:
        """The tests that may reach it without being seen to."""
        files = tuple(file for top, unseen in UNSEEN.items() if mutant.path.startswith(top) for file in unseen)
        return [name for name in self.seconds if files and name.startswith(files)]

    def _list_matching(self, pattern: str) -> dict[str, None]:
        files = [file for file in self.sizes if re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.M)]
        return dict.fromkeys(test for test in self.seconds if test.partition("::")[0] in files)

    def _list_tests(self, path: str, lines: Iterable[int]) -> dict[str, None]:
        tests = self._tests.get(path, {})
        return dict.fromkeys(name for line in lines for name in tests.get(line, ()))


def load_map(bench: Bench) -> LineMap:
    """The map, measured where a test file or the product has changed."""
    known = json.loads(CACHE.read_text()) if CACHE.exists() else {}
    files = {path: _hash(path) for path in _list_test_files()}
    stale = [path for path, key in files.items() if known.get(path, {}).get("key") != key]
    if stale:
        print(f"measuring which lines the tests of {len(stale)} files reach", flush=True)
        measured = _measure(bench, stale)
        known = {path: known[path] for path in files if path not in stale}
        known |= {path: {"key": files[path], "tests": measured.get(path, {})} for path in stale}
        CACHE.parent.mkdir(exist_ok=True)
        CACHE.write_text(json.dumps(known))
    tests = {name: test for entry in known.values() for name, test in entry["tests"].items()}
    return LineMap({name: test for name, test in tests.items() if not name.startswith(ABOUT_TEXT)})


def _list_test_files() -> list[str]:
    files = [*(ROOT / "tests/unit").glob("test_*.py"), *(ROOT / "tests/contract").glob("test_*.py")]
    paths = sorted(file.relative_to(ROOT).as_posix() for file in files)
    return [path for path in paths if path not in ABOUT_TEXT + OF_OTHERS and "mutant" not in path]


def _hash(test_file: str) -> str:
    product = [*(ROOT / "wincred").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]
    support = [ROOT / "tests/conftest.py", *(ROOT / "tests/support").glob("*.py"), ROOT / test_file]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(product) + sorted(support))).hexdigest()


def _measure(bench: Bench, files: list[str]) -> dict[str, dict[str, Any]]:
    data = bench.folder / "coverage"
    answer = bench.run_tests([], 3600, files=files, coverage_data=str(data))
    red = _find_red(bench, answer["failed"])
    tests: dict[str, dict[str, Any]] = {}
    for name, seconds in answer["durations"].items():
        entry = {"seconds": round(seconds, 3), "lines": {}, "red": name in red}
        tests.setdefault(name.partition("::")[0], {})[name] = entry
    for name, path, line in _read_lines(bench, data):
        if test := tests.get(name.partition("::")[0], {}).get(name):
            test["lines"].setdefault(path, []).append(line)
    return tests


def _find_red(bench: Bench, failed: Iterable[str]) -> list[str]:
    """Those that fail without coverage too, which a few can tell: what is loaded, what a trace sees."""
    return [name for name in dict.fromkeys(failed) if bench.run_tests([name], 120)["code"] != 0]


def _read_lines(bench: Bench, data_file: Path) -> Iterator[tuple[str, str, int]]:
    """Each line that a test has reached: test, module, line."""
    data = coverage.CoverageData(str(data_file))
    data.read()
    for file in data.measured_files():
        path = Path(file).relative_to(bench.tree).as_posix()
        for line, names in data.contexts_by_lineno(file).items():
            yield from ((name, path, line) for name in names if name)
