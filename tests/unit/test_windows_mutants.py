"""The mutants of what only Windows runs: which they are, with which tests they are tried, and what becomes of them.

The run of the tests is a fake; the quick form of the part runs them in the Windows Python.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import windows_mutants
from mutating.bench import ROOT
from mutating.lists import Excuse, name_short
from mutating.mutation import Mutant, make_mutants
from mutating.product import list_mutants
from mutating.trial import Verdict

PATH = "cli/coder_login/deployment/dialer.py"
TEXT = "import sys\nif sys.platform == 'win32':\n    LIMIT = 1\nOTHER = 2\n"
SURVIVED, KILLED = Verdict("survived"), Verdict("killed", "tests/unit/test_dialer.py::test_it")


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Mutant]:
    """Those of a module of two numbers, the first of which is Windows'; nothing is found, known or excused."""
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_text(TEXT, encoding="utf-8")
    made = [mutant for mutant in make_mutants(PATH, TEXT) if mutant.change.operator == "number"]
    monkeypatch.setattr(windows_mutants, "ROOT", tmp_path)
    monkeypatch.setattr(windows_mutants, "list_mutants", lambda: made)
    monkeypatch.setattr(windows_mutants, "read_killers", dict)
    monkeypatch.setattr(windows_mutants, "read_excuses", dict)
    return made


def fake_run(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict) -> list[str]:
    """Let the runs of the tests end with *verdicts*; the text of the module at each of them."""
    texts: list[str] = []
    left = list(verdicts)

    def run_tests(tree: Path, tests: object) -> Verdict:
        texts.append((tree / PATH).read_text(encoding="utf-8"))
        return left.pop(0)

    monkeypatch.setattr(windows_mutants, "run_tests", run_tests)
    return texts


def test_every_mutant_of_windows_that_linux_does_not_find_has_tests() -> None:
    """They are there, too."""
    left = windows_mutants.choose(list_mutants())
    assert len(left) > 20
    for mutant in left:
        tests = windows_mutants.find_tests(mutant.path)
        assert tests
        assert all((ROOT / test).exists() for test in tests)


def test_those_are_tried_that_no_test_finds_on_linux(mutants: list[Mutant], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake of the system can find one there."""
    assert [mutant.what for mutant in windows_mutants.choose(mutants)] == ["number: 1 → 2", "number: 1 → 0"]
    monkeypatch.setattr(windows_mutants, "read_killers", lambda: {name_short(mutants[0]): "a test with a fake"})
    assert [mutant.what for mutant in windows_mutants.choose(mutants)] == ["number: 1 → 0"]


@pytest.mark.usefixtures("mutants")
def test_what_survives_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests are run on the module as it is, and then on each mutant."""
    texts = fake_run(monkeypatch, SURVIVED, KILLED, KILLED, SURVIVED)
    result = windows_mutants.run(long=True)
    assert texts == [TEXT, *[TEXT.replace("= 1", "= 2")] * 2, TEXT.replace("= 1", "= 0")]
    assert f"survived: {PATH}:3 <module>: number: 1 → 0" in result.faults
    assert result.rows[-1] == ("all", 2, 0, 0, 1, 0, 1, "50.0")


def test_the_module_is_as_it_was_after_its_mutant(
    mutants: list[Mutant], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when the run of its tests was broken off."""
    clean = {windows_mutants.find_tests(PATH): True}
    monkeypatch.setattr(windows_mutants, "run_tests", mock.Mock(side_effect=[SURVIVED, KeyboardInterrupt]))
    windows_mutants.try_mutant(tmp_path, mutants[0], clean)
    assert (tmp_path / PATH).read_text(encoding="utf-8") == TEXT
    with pytest.raises(KeyboardInterrupt):
        windows_mutants.try_mutant(tmp_path, mutants[0], clean)
    assert (tmp_path / PATH).read_text(encoding="utf-8") == TEXT


def test_an_equivalent_one_is_not_tried(mutants: list[Mutant], monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as one that nobody can tell."""
    monkeypatch.setattr(windows_mutants, "read_excuses", lambda: {mutants[1].key: Excuse("equivalent", "It is.")})
    fake_run(monkeypatch, SURVIVED, Verdict("timeout", "a file"))
    result = windows_mutants.run(long=True)
    assert (result.faults, result.rows[-1]) == ([], ("all", 2, 1, 0, 1, 1, 0, "100.0"))


@pytest.mark.usefixtures("mutants")
def test_tests_that_fail_without_a_mutant_find_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would seem to find each."""
    texts = fake_run(monkeypatch, KILLED)
    result = windows_mutants.run(long=True)
    assert result.faults == ["fails without any mutant: tests/unit/test_dialer.py"]
    assert texts == [TEXT]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([SURVIVED], SURVIVED),
        ([KILLED, KILLED], KILLED),
        ([KILLED, SURVIVED, SURVIVED], SURVIVED),
        ([KILLED, SURVIVED, KILLED], KILLED),
        ([Verdict("killed")], Verdict("killed")),
        ([Verdict("timeout", "a file")], Verdict("timeout", "a file")),
    ],
    ids=["passed", "failed", "the-machines", "another-one", "crashed", "endless"],
)
def test_a_failure_is_looked_at_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdicts: list[Verdict], expected: Verdict
) -> None:
    """It may be the machine's, which is busy."""
    runs: list[list[str]] = []
    left = list(verdicts)

    def run_tests(tree: Path, tests: list[str]) -> Verdict:
        runs.append(tests)
        return left.pop(0)

    monkeypatch.setattr(windows_mutants, "run_tests", run_tests)
    assert windows_mutants.look_twice(tmp_path, ["a", "b"]) == expected
    assert runs == [["a", "b"], [KILLED.killer], ["a", "b"]][: len(verdicts)]


@pytest.mark.usefixtures("mutants")
def test_the_quick_form_tries_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ones each time."""
    monkeypatch.setattr(windows_mutants, "QUICK_SIZE", 1)
    fake_run(monkeypatch, SURVIVED, KILLED, KILLED)
    assert windows_mutants.run(long=False).rows[-1] == ("all", 1, 0, 0, 1, 0, 0, "100.0")


@pytest.mark.parametrize(
    ("done", "verdict"),
    [
        (subprocess.CompletedProcess([], 0, b"12 passed"), SURVIVED),
        (
            subprocess.CompletedProcess([], 1, b"F\nFAILED a::b[c d] - it - is\n1 failed"),
            Verdict("killed", "a::b[c d]"),
        ),
        (subprocess.CompletedProcess([], 2, b"ERROR a\n"), Verdict("killed", "a")),
        (subprocess.CompletedProcess([], -9, b""), Verdict("killed", "")),
        (subprocess.TimeoutExpired([], 1), Verdict("timeout", "a")),
    ],
    ids=["passed", "failed", "not-collected", "crashed", "endless"],
)
def test_a_run_of_tests_says_whether_they_found_something(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, done: Any, verdict: Verdict
) -> None:
    """By pytest's exit code; and that of the copy, not of this tree."""
    run = mock.Mock(side_effect=[done])
    monkeypatch.setattr(subprocess, "run", run)
    assert windows_mutants.run_tests(tmp_path, ["a"]) == verdict
    assert run.call_args.kwargs["cwd"] == tmp_path
    assert run.call_args.kwargs["env"]["PYTHONPATH"].startswith(str(tmp_path))
    assert run.call_args.kwargs["env"]["PYTHONDONTWRITEBYTECODE"]  # a compiled file could be that of another mutant
    assert "-x" in run.call_args.args[0]
