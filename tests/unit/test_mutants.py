"""The mutants, their lists and their score, with small sources; one is tried for real, in a copy of this tree."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pytest

pytest.importorskip("coverage", reason="the mutants need what the group `reliability` installs")
if sys.platform != "linux":
    pytest.skip("the mutants are tried on Linux", allow_module_level=True)

assert sys.platform == "linux"  # mypy reads no further for another system

import mutants
from mutating import verdicts
from mutating.bench import ROOT, Bench
from mutating.child import run_in_child
from mutating.line_map import ABOUT_TEXT, OF_OTHERS, UNSEEN, LineMap
from mutating.lists import (
    Excuse,
    find_stale,
    name_short,
    read_excuses,
    read_killers,
    read_sample,
    render_key,
    write_killers,
    write_sample,
)
from mutating.mutation import Mutant, make_mutants
from mutating.product import list_mutants
from mutating.score import choose_sample, count, judge
from mutating.session import put_in
from mutating.source import Change
from mutating.trial import Court, Verdict, try_tests

VALUE, SESSION_STORE = "cli/coder_login/value.py", "cli/coder_login/sessionstore/__init__.py"
CERTIFICATES, DEPLOYMENT_URL = (f"cli/coder_login/deployment/{name}.py" for name in ("certificates", "url"))
FOUND, SURVIVED = Verdict("killed", "tests/unit/test_it.py::test_it"), Verdict("survived")


def make_texts(text: str, operator: str) -> set[str]:
    """The mutants of *text* that *operator* makes, each as its whole text."""
    return {mutant.apply(text) for mutant in make_mutants("it.py", text) if mutant.change.operator == operator}


def make_one(text: str = "LIMIT = 1 < 2\n", operator: str = "comparison") -> Mutant:
    return next(mutant for mutant in make_mutants("it.py", text) if mutant.change.operator == operator)


@pytest.mark.parametrize(
    ("text", "operator", "made"),
    [
        pytest.param("a < b", "comparison", {"a <= b"}, id="boundary"),
        pytest.param("(a) is not (b)", "comparison", {"(a) is (b)"}, id="identity"),
        pytest.param("a <= b < c", "comparison", {"a < b < c", "a <= b <= c"}, id="chain"),
        pytest.param("a or b", "boolean", {"(a) and (b)", "(a)", "(b)"}, id="or"),
        pytest.param("not a", "boolean", {"(a)"}, id="not"),
        pytest.param("a = 2 + b", "arithmetic", {"a = 2 - b"}, id="sum"),
        pytest.param("a += b", "arithmetic", {"a -= b"}, id="assigned-sum"),
        pytest.param("a = 2", "number", {"a = 3", "a = 1"}, id="number"),
        pytest.param("a = True", "constant", {"a = False"}, id="constant"),
        pytest.param("a = 'ä', ''", "text", {"a = \"\", ''", "a = 'ä', \"XX\""}, id="texts"),
        pytest.param("a = f'{b!r} {c + 1}'", "text", {'a = ""'}, id="f-string"),
        pytest.param("def f(): return g()", "return", {"def f(): return None"}, id="return"),
        pytest.param("f()\ng()", "statement", {"pass\ng()", "f()\npass"}, id="statement"),
        pytest.param("raise A from b", "raise", {"pass", "raise A"}, id="raise"),
        pytest.param("with a: f()", "with", {"if True: f()"}, id="with"),
        pytest.param("with a as b, c: f()", "with", {"if True: f()", "with c: f()", "with a as b: f()"}, id="with-two"),
        pytest.param("try: f()\nexcept A: g()", "except", {"try: f()\nexcept A: raise"}, id="except"),
        pytest.param(
            "try: f()\nexcept (A, B): raise",
            "except",
            {f"try: f()\nexcept ({kind},): raise" for kind in "AB"},
            id="type",
        ),
        pytest.param("f(suppress(A, B))", "except", {"f(suppress(A))", "f(suppress(B))"}, id="suppress"),
        pytest.param("try: f()\nfinally: g()", "finally", {"try: f()\nfinally: pass"}, id="finally"),
        pytest.param("if a: b", "condition", {"if True: b", "if False: b"}, id="if"),
        pytest.param("while a: b", "condition", {"while False: b"}, id="while"),
        pytest.param("[a for a in b if c]", "condition", {"[a for a in b if True]"}, id="comprehension"),
        pytest.param("f(a, b=1)", "argument", {"f(a)"}, id="argument"),
        pytest.param("for a in b: break", "loop", {"for a in (): break", "for a in b: continue"}, id="loop"),
        pytest.param("a[b:c]", "slice", {"a[:c]", "a[b:]"}, id="slice"),
        pytest.param("a in {b, c}", "element", {"a in {b,}", "a in {c,}"}, id="element"),
        pytest.param("@a\ndef f(): ...", "decorator", {"\ndef f(): ..."}, id="decorator"),
    ],
)
def test_an_operator_makes_its_changes(text: str, operator: str, made: set[str]) -> None:
    """Each in its place, with all else as it was."""
    assert make_texts(text, operator) == made


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('"""What it is."""', id="docstring"),
        pytest.param("import a", id="import"),
        pytest.param("def f(a: int | None) -> 'A': ...", id="annotations"),
        pytest.param("if TYPE_CHECKING: a = 1", id="types"),
        pytest.param("__all__ = ['a']", id="all"),
        pytest.param("T = TypeVar('T')", id="type-variable"),
        pytest.param("class A(Protocol):\n    @property\n    def a(self) -> int: ...", id="protocol"),
    ],
)
def test_what_does_not_run_is_left_alone(text: str) -> None:
    """A mutant there could not be found, or says nothing."""
    assert make_mutants("it.py", text) == []


def test_a_mutant_of_the_product_is_python_and_another_text() -> None:
    """One that can't be read would pass for one that was found; 500 are looked at, to be quick."""
    for mutant in sorted(list_mutants(), key=lambda mutant: mutant.rank)[:500]:
        text = (ROOT / mutant.path).read_text(encoding="utf-8")
        assert mutant.apply(text) != text
        ast.parse(mutant.apply(text))


def test_each_mutant_has_a_key_of_its_own() -> None:
    """An excuse is for one."""
    assert [mutant.what for mutant in make_mutants("it.py", "def f(): return a < b < c")] == [
        "return: return a < b < c → return None",
        "comparison: < → <=",
        "comparison: < → <= (2)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("if sys.platform == 'win32':\n    a = 1", id="if"),
        pytest.param("if sys.platform != 'win32':\n    pass\nelse:\n    a = 1", id="else"),
        pytest.param("a = 1 if sys.platform == 'darwin' else b", id="expression"),
        pytest.param("def f():\n    if sys.platform != 'win32':\n        return b\n    g(1)", id="after-return"),
        pytest.param("a = sys.platform == 'win32' and f(1)", id="and"),
        pytest.param("a = getattr(os, 'O_NOFOLLOW', 1)", id="default"),
    ],
)
def test_what_another_system_runs_is_known(text: str) -> None:
    """It is counted apart, when nothing with a fake finds it."""
    numbers = [mutant for mutant in make_mutants("it.py", text) if mutant.change.operator == "number"]
    assert [mutant.elsewhere for mutant in numbers] == [True, True]


def test_what_only_another_systems_os_has_is_known() -> None:
    """Here it is the default, and with | it changes nothing."""
    made = make_mutants("it.py", "a = b | getattr(os, 'O_BINARY', 0)")
    assert {mutant.what: mutant.elsewhere for mutant in made} == {
        "statement: a = b | getattr(os, 'O_BINARY', 0) → pass": False,
        "arithmetic: | → &": True,
        "text: 'O_BINARY' → \"\"": True,
        "number: 0 → 1": False,
        "number: 0 → -1": False,
    }


def test_a_survivor_fails_the_run() -> None:
    """And is named; one that is excused does not, and is named with its reason."""
    mutant = make_one()
    result = judge([mutant], {mutant: SURVIVED}, {}, [])
    assert result.rows[-1] == ("all", 1, 0, 0, 0, 0, 1, "0.0")
    assert "survived: it.py:1 <module>: comparison: < → <=" in result.faults
    result = judge([mutant], {mutant: SURVIVED}, {mutant.key: Excuse("survives", "too slow")}, [])
    assert not [fault for fault in result.faults if fault.startswith("survived")]
    assert result.notes == ["- survived: it.py:1 <module>: comparison: < → <=: too slow"]


def test_a_low_score_fails_the_run() -> None:
    """Of a module, and of all."""
    made = make_mutants("it.py", "a = [1, 2, 3, 4, 5]")
    excuses = {mutant.key: Excuse("survives", "it does") for mutant in made[:2]}
    found = {mutant: SURVIVED if mutant.key in excuses else FOUND for mutant in made}
    assert judge(made, found, excuses, []).faults == [
        "it.py: 87.5% are found, of at least 92",
        "too few are found in all",
    ]


def test_an_equivalent_mutant_is_not_counted() -> None:
    """Nobody can tell it; so it has no verdict."""
    mutant, other = make_mutants("it.py", "a = 1")[:2]
    assert judge([mutant, other], {mutant: FOUND}, {}, []).rows[-1] == ("all", 2, 1, 0, 1, 0, 0, "100.0")


def test_an_excuse_that_is_not_needed_fails_the_run(tmp_path: Path) -> None:
    """The line has changed, or a test finds the mutant by now."""
    mutant, excused = make_one(), tmp_path / "excused.toml"
    excused.write_text("\n".join(["[[survives]]", *render_key(mutant), 'reason = "too slow"']))
    excuses = read_excuses(excused)
    assert find_stale(excuses, [mutant]) == []
    assert find_stale(excuses, [make_one("LIMIT = 1 < 3\n")]) == [
        "excused.toml excuses a mutant that there is not: it.py | <module> | LIMIT = 1 < 2 | comparison: < → <="
    ]
    assert judge([mutant], {mutant: FOUND}, excuses, []).faults == [f"is found by now, and needs no excuse: {mutant}"]


@pytest.mark.parametrize("reason", ["", " "], ids=["none", "blank"])
def test_an_excuse_needs_a_reason(tmp_path: Path, reason: str) -> None:
    """Or it hides what nobody has looked at."""
    excused = tmp_path / "excused.toml"
    excused.write_text("\n".join(["[[survives]]", *render_key(make_one()), f'reason = "{reason}"']))
    with pytest.raises(ValueError, match="without a reason"):
        read_excuses(excused)


def test_the_excuses_of_the_project_are_needed() -> None:
    """As the long form says, but at once."""
    assert find_stale(read_excuses(), list_mutants()) == []


def test_the_sample_has_each_operator_and_module(tmp_path: Path) -> None:
    """With the test that has found it; one that only a time limit has found would take long."""
    made = [*make_mutants("one.py", "a = 1 < 2"), *make_mutants("two.py", "a = 1")]
    slow = make_one("raise A", "raise")
    sample = choose_sample({**dict.fromkeys(made, FOUND), slow: Verdict("timeout", FOUND.killer)})
    assert {mutant.change.operator for mutant, _ in sample} == {mutant.change.operator for mutant in made}
    assert {mutant.path for mutant, _ in sample} == {"one.py", "two.py"}
    write_sample(sample, tmp_path / "sample.toml")
    assert read_sample(tmp_path / "sample.toml") == {mutant.key: [FOUND.killer] for mutant, _ in sample}


def test_the_tests_that_have_found_mutants_are_kept(tmp_path: Path) -> None:
    """Each once, with all that it has found; no two mutants have one name."""
    killers = {"b" * 10: "test_1", "a" * 10: "test_1", "c" * 10: "test_0"}
    write_killers(killers, tmp_path / "killers.json")
    assert json.loads((tmp_path / "killers.json").read_text()) == {
        "test_0": "c" * 10,
        "test_1": f"{'a' * 10} {'b' * 10}",
    }
    assert read_killers(tmp_path / "killers.json") == killers
    assert read_killers(tmp_path / "none.json") == {}
    every = list_mutants()
    assert len({name_short(mutant) for mutant in every}) == len(every)


def test_a_sample_that_has_gone_fails_the_quick_form() -> None:
    """A few mutants may go with their lines; most of them would leave nothing to try."""
    mutant = make_one()
    sample = {mutant.key: ["test"]}
    assert count(sample, {mutant: FOUND}).faults == []
    assert count(sample, {mutant: SURVIVED}).faults == [f"survived: {mutant}, which ['test'] found"]
    assert count(sample, {}).faults == []
    assert count({}, {}).faults == ["the sample is empty: run the long form, which chooses one"]
    gone = {(*mutant.key[:3], f"{number}"): ["test"] for number in range(11)}
    assert count(gone, {}).faults == [
        "11 of the sample are gone with their lines or tests: run the long form, which chooses anew"
    ]


def make_map(*tests: str, line: int = 1) -> LineMap:
    return LineMap({name: {"seconds": 0.1, "red": False, "lines": {"it.py": [line]}} for name in tests})


def test_a_mutant_is_tried_with_the_tests_that_reach_it() -> None:
    """Those of its line, and those of the function around it; of a constant, those of the lines that name it."""
    line, function, other = (f"tests/unit/test_value.py::{name}" for name in ("line", "function", "other"))
    tests, path = {line: [3], function: [2], other: [9]}, "cli/nowhere/it.py"
    line_map = LineMap({name: {"seconds": 0.1, "red": False, "lines": {path: at}} for name, at in tests.items()})
    body = make_one("def f():\n    a = 1\n    return a < 2\n")
    assert line_map.find(replace(body, path=path)) == [[], [line], [function]]
    constant = make_one("A = 1 < 2\n\ndef f():\n" + "\n" * 5 + "    return A\n")
    assert line_map.find(replace(constant, path=path))[1] == [other]


def test_what_runs_when_its_module_is_imported_is_tried_with_the_tests_that_import_it() -> None:
    """A class's attribute is used by lines of other modules; then come those that import its package."""
    value, hints = "tests/unit/test_value.py::test_it", "tests/unit/test_hints.py::test_it"
    mutant = replace(make_one("class A:\n    a = 1 < 2\n"), path="cli/coder_login/value.py")
    assert make_map(hints, value).find(mutant) == [[value], [], [hints]]


def test_tests_that_reach_a_mutant_without_being_seen_to_are_tried() -> None:
    """They run it in another process; each that is named is there."""
    names = [f"tests/unit/test_{name}.py::test_it" for name in ("import", "store_startup", "value")]
    pipe = "tests/unit/test_certificates.py::test_certificates_from_a_pipe"
    line_map, mutant = make_map(*names, pipe), make_one()
    unseen = {
        path: line_map.list_unseen(replace(mutant, path=path))
        for path in ("wincred/errors.py", SESSION_STORE, DEPLOYMENT_URL, CERTIFICATES, VALUE)
    }
    assert unseen == {
        "wincred/errors.py": names[:1],
        SESSION_STORE: names[1:2],
        DEPLOYMENT_URL: names[1:2],
        CERTIFICATES: [pipe],
        VALUE: [],
    }
    for name in [name for named in UNSEEN.values() for name in named]:
        file, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8") or not test


class FakeBench:
    """Its tests fail as often as *failures* says, each for one run."""

    def __init__(self, *failures: list[str]) -> None:
        self.failures = list(failures)
        self.runs: list[list[str]] = []
        self.done: list[str] = []

    def open_session(self) -> None:
        self.done.append("open")

    def mutated(self, mutant: Mutant) -> AbstractContextManager[None]:
        self.done.append("mutate")
        return nullcontext()

    def run_inside(self, mutant: Mutant, tests: Sequence[str], seconds: float) -> dict[str, Any]:
        self.done.append("run")
        return self.run_tests(tests, seconds)

    def run_tests(self, tests: Sequence[str], seconds: float) -> dict[str, Any]:
        self.runs.append(list(tests))
        failed = self.failures.pop(0) if self.failures else []
        return {"code": 1 if failed else 0, "failed": failed}


def test_a_slow_test_must_fail_twice() -> None:
    """On a busy machine it fails by itself; the others are run without it, then."""
    bench = FakeBench(["slow"])
    assert try_tests(bench.run_tests, ["slow", "quick"], {"slow": 1, "quick": 0.1}) == Verdict("survived")
    assert bench.runs == [["slow", "quick"], ["slow"], ["quick"]]
    assert try_tests(FakeBench(["slow"], ["slow"]).run_tests, ["slow"], {"slow": 1}) == Verdict("killed", "slow")


def test_what_found_a_mutant_in_an_earlier_run_is_tried_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its verdict is known only as long as nothing has changed; the test that found it is the likeliest ever after."""
    monkeypatch.setattr(verdicts, "CACHE", tmp_path / "verdicts.json")
    monkeypatch.setattr(verdicts, "_hash", lambda module, test_file: "as it was")
    quick, killer = (f"tests/unit/test_{name}.py::test_it" for name in ("value", "words"))
    mutant = make_one()
    monkeypatch.setattr(verdicts, "read_killers", lambda: {name_short(mutant): "a test of another machine"})
    assert verdicts.KnownVerdicts().find_killer(mutant) == "a test of another machine"
    verdicts.KnownVerdicts().note(mutant, Verdict("killed", killer))
    assert verdicts.KnownVerdicts().find(mutant) == Verdict("killed", killer)
    monkeypatch.setattr(verdicts, "_hash", lambda module, test_file: "changed")
    known, bench = verdicts.KnownVerdicts(), FakeBench([killer])
    assert known.find(mutant) is None
    court = Court(make_map(quick, killer), known)
    assert court.try_mutant(cast("Bench", bench), mutant) == Verdict("killed", killer)
    assert bench.runs[0][0] == killer


def test_what_found_a_mutant_in_an_earlier_run_is_tried_alone_at_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the mutant in it another test can go on for ever."""
    monkeypatch.setattr(verdicts, "CACHE", tmp_path / "verdicts.json")
    mutant = make_one("def f():\n    return 1 < 2\n")
    quick, killer = (f"tests/unit/test_{name}.py::test_it" for name in ("value", "words"))
    monkeypatch.setattr(verdicts, "read_killers", lambda: {name_short(mutant): killer})
    court = Court(make_map(quick, killer, line=2), verdicts.KnownVerdicts())
    bench = FakeBench([killer])
    assert court.try_mutant(cast("Bench", bench), mutant) == Verdict("killed", killer)
    assert bench.runs == [[killer]]
    blind = FakeBench()
    assert court.try_mutant(cast("Bench", blind), mutant) == Verdict("survived")
    assert blind.runs[:2] == [[killer], [killer, quick]]


def test_what_found_a_mutant_in_an_earlier_run_is_tried_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Though there is no time for a slow test that has not."""
    monkeypatch.setattr(verdicts, "CACHE", tmp_path / "verdicts.json")
    mutant = make_one("def f():\n    return 1 < 2\n")
    killer, slow = (f"tests/unit/test_{name}.py::test_it" for name in ("words", "value"))
    seconds = dict.fromkeys((killer, slow), 1000.0)
    monkeypatch.setattr(verdicts, "read_killers", lambda: {name_short(mutant): killer})
    line_map = LineMap({name: {"seconds": s, "red": False, "lines": {"it.py": [2]}} for name, s in seconds.items()})
    bench = FakeBench()
    Court(line_map, verdicts.KnownVerdicts()).try_mutant(cast("Bench", bench), mutant)
    assert {test for run in bench.runs for test in run} == {killer}


def test_each_processor_has_two_benches(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the slow mutants wait for most of their time."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 2, 3})
    bench = mock.MagicMock()
    monkeypatch.setattr(mutants, "Bench", bench)
    monkeypatch.setattr(mutants, "load_map", lambda first: make_map())
    with ExitStack() as stack:
        mutants.try_all([], stack)
    assert bench.call_count == 6


def test_a_session_has_collected_its_tests_before_a_mutant_is_there() -> None:
    """It could keep them from being collected."""
    mutant = make_one("def f():\n    return 1 < 2\n")
    bench, test = FakeBench(), "tests/unit/test_value.py::test_it"
    Court(make_map(test, line=2), verdicts.KnownVerdicts()).try_mutant(cast("Bench", bench), mutant)
    assert bench.done == ["open", "mutate", "run"]


def test_a_session_that_can_not_collect_its_tests_ends_the_run() -> None:
    """With its name, and not with a verdict."""
    with (
        Bench("tests/unit/test_that_is_not_there.py") as bench,
        pytest.raises(RuntimeError, match=r"session .* has ended"),
    ):
        bench.open_session()


def test_the_long_form_keeps_what_it_has_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample for the quick form, and every test that has found a mutant."""
    kept: list[object] = []
    found, lost = make_mutants("it.py", "a = 1")[:2]
    monkeypatch.setattr(mutants, "read_excuses", dict)
    monkeypatch.setattr(mutants, "try_all", lambda tried, stack: ({found: FOUND, lost: SURVIVED}, []))
    monkeypatch.setattr(mutants, "write_sample", kept.append)
    monkeypatch.setattr(mutants, "write_killers", kept.append)
    assert f"survived: {lost}" in mutants.try_long([found, lost]).faults
    assert kept == [[(found, [FOUND.killer])], {name_short(found): FOUND.killer}]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An imported module `it` in the working directory."""
    (tmp_path / "it.py").write_text(
        "import contextlib\n\n\n@contextlib.contextmanager\n"
        "def held():\n    call(\n        1,\n    )\n    yield inner()\n\n\ndef inner():\n    return 2\n"
    )
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("it", tmp_path / "it.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_mutant_is_put_into_its_function(module: Any, tmp_path: Path) -> None:
    """Behind a decorator, too, and where another module has it already; lines behind the change keep their numbers."""
    text = (tmp_path / "it.py").read_text()
    mutant = next(mutant for mutant in make_mutants("it.py", text) if mutant.what.startswith("statement: call("))
    held, lines = module.held, {line for *_, line in module.held.__wrapped__.__code__.co_lines() if line}
    assert (mutant.owner, mutant.function) == ("held", (4, 9))
    put_in("it.py", mutant.apply(text), mutant.owner, 4, end=6, gone=2)
    with held() as given:
        assert given == 2
    assert {line for *_, line in held.__wrapped__.__code__.co_lines() if line} == lines - {7}


# They read a page or load a maker, and judge what the code does all the same.
JUDGES = {"help_page", "options", "startup", "stored_format", "mutants"}


def test_who_reads_our_text_is_no_judge() -> None:
    """A mutant whose changed words a page does not have would count as found, whatever the code does."""
    readers = re.compile(r"from dev_tools import|\.md\"|MESSAGES")
    unit = (ROOT / "tests/unit").glob("test_*.py")
    found = {path.stem.removeprefix("test_") for path in unit if readers.search(path.read_text(encoding="utf-8"))}
    left_out = {path.partition("test_")[2].removesuffix(".py") for path in ABOUT_TEXT + OF_OTHERS}
    assert found - JUDGES <= left_out


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        pytest.param("a = 1", "", id="module"),
        pytest.param("class A:\n    a = 1", "", id="class"),
        pytest.param("def f(a=1): ...", "", id="default"),
        pytest.param("class A:\n    def f(self):\n        def g():\n            return 1", "A.f", id="body"),
        pytest.param("@functools.cache\ndef f():\n    return 1", "", id="cached"),
    ],
)
def test_what_runs_but_once_has_no_owner(text: str, owner: str) -> None:
    """It is tried in a new process; all else is put into the function that runs again and again."""
    assert {mutant.owner for mutant in make_mutants("it.py", text) if mutant.change.operator == "number"} == {owner}


def break_all(path: str) -> Mutant:
    """The module at *path*, which can't be imported any more."""
    return replace(make_one("a = 1", "number"), path=path, change=Change("raise", 0, 0, "raise ValueError\n"))


def test_a_mutant_is_found_by_a_test_that_fails() -> None:
    """For real, in a copy, which is as it was afterwards, and goes in the end."""
    path, test = "cli/coder_login/value.py", "tests/unit/test_value.py::test_a_value_is_made_of_another_one"
    text = (ROOT / path).read_text(encoding="utf-8")
    with Bench() as bench:
        with bench.mutated(break_all(path)):
            assert (bench.tree / path).read_text(encoding="utf-8") == f"raise ValueError\n{text}"
            assert try_tests(bench.run_tests, [test], {}) == Verdict("killed", "tests/unit/test_value.py")
        assert (bench.tree / path).read_text(encoding="utf-8") == text
        assert try_tests(bench.run_tests, [test], {}) == Verdict("survived")
        assert try_tests(bench.run_tests, [f"{test}_no_more"], {}) == Verdict("untried")
        # They make files where memory is, if they are told of no place.
        assert bench.run_tests(["tests/unit/test_fuzzing.py::test_the_corpus_finds_nothing[files]"], 60)["code"] == 0
    assert not bench.folder.exists()


def test_a_mutant_is_found_in_the_session_as_in_a_new_process() -> None:
    """And none is found where nothing is changed."""
    path, test = "cli/coder_login/value.py", "tests/unit/test_value.py::test_a_value_is_made_of_another_one"
    text = (ROOT / path).read_text(encoding="utf-8")
    mutant = next(mutant for mutant in make_mutants(path, text) if mutant.scope == "Value._fill")
    same = replace(mutant, change=replace(mutant.change, text=text[mutant.change.start : mutant.change.end]))
    with Bench("tests/unit/test_value.py") as bench:
        bench.open_session()
        for tried, outcome in ((same, Verdict("survived")), (mutant, Verdict("killed", test))):
            with bench.mutated(tried):
                assert try_tests(partial(bench.run_inside, tried), [test], {}) == outcome


@pytest.mark.parametrize("place", ["bench/tmp", "elsewhere"])
def test_a_mutant_changes_nothing_outside_of_its_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """One of what makes private directories would close the root of the file system to everybody but its owner."""
    (tmp_path / "bench/tree").mkdir(parents=True)
    (tmp_path / place).mkdir(mode=0o755)
    monkeypatch.chdir(tmp_path / "bench/tree")

    def close() -> int:
        (tmp_path / place).chmod(0o700)
        return 0

    code = run_in_child(close, 20)
    assert (code == 0, (tmp_path / place).stat().st_mode & 0o777) == (
        (True, 0o700) if place == "bench/tmp" else (False, 0o755)
    )
