"""The command and the page of the reliability suite, with a part that counts what it is told to."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import prove
import pytest
from page import render_section, replace_section
from result import Result

RESULT = Result(("what", "tried", "lost"), [("reads", 3, 0), ("writes", 4, 1)], ["a write: repeat it with --seed 4"])
TABLE = "| what | tried | lost |\n| --- | --- | --- |\n| reads | 3 | 0 |\n| writes | 4 | 1 |\n"


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Result]:
    """The results of the parts, which are none yet, by their names; and the page is elsewhere."""
    results: dict[str, Result] = {}
    system = frozenset({sys.platform})
    monkeypatch.setattr(prove, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(
        prove,
        "PARTS",
        {name: prove.Part(name.title(), system) for name in ("good", "bad")} | {"other": prove.Part("", frozenset())},
    )
    modules = lambda name: SimpleNamespace(ABOUT="About it.\n", run=lambda long: results[name])  # noqa: E731
    monkeypatch.setattr(importlib, "import_module", modules)
    results["good"] = Result(("what", "tried"), [("nothing much", 1)])
    results["bad"] = RESULT
    return results


def test_a_fault_can_be_tried_again() -> None:
    """As its report says, also by a Python that looks for nothing beside a script; a wrong name is told with the right
    ones."""
    path = Path(prove.__file__).with_name("repeat_seam_fault.py" if sys.platform == "win32" else "repeat_fault.py")
    done = subprocess.run(
        [sys.executable, "-P", str(path), "no-such"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.partition(";")[0]) == (1, "no scenario is called no-such")


def test_every_part_is_one_of_the_checks() -> None:
    """Each module that can be run as one; and `dev/test` names those that Windows alone has, for the Windows Python."""
    folder = Path(prove.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\nABOUT = " in path.read_text(encoding="utf-8")}
    assert modules == {*prove.PARTS}
    of_windows = {name for name, part in prove.PARTS.items() if part.systems == prove.WINDOWS}
    command = "windows.py python reliability/prove.py "
    lines = (folder.parent / "dev/test").read_text(encoding="utf-8").splitlines()
    (words,) = (line.partition(command)[2] for line in lines if command in line)
    assert of_windows <= {*words.split()}


def prove_parts(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["prove.py", *words])
    return prove.main()


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    ("words", "code"),
    [pytest.param(["good"], 0, id="good"), pytest.param(["bad"], 1, id="bad"), pytest.param([], 1, id="all")],
)
def test_a_fault_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    """Each part that this system has is run, and its table and its faults are told."""
    assert prove_parts(monkeypatch, *words) == code
    told = capsys.readouterr().out
    assert ("| nothing much | 1 |" in told, TABLE in told) == ("good" in words or not words, code == 1)
    assert ("lost: 1, in 0 s\na write: repeat it with --seed 4\n" in told) == (code == 1)
    assert not prove.PAGE.exists()


@pytest.mark.usefixtures("parts")
def test_a_part_of_another_system_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would count nothing."""
    with pytest.raises(SystemExit, match=rf"other does not run on this system \({sys.platform}\)"):
        prove_parts(monkeypatch, "good", "other")


@pytest.mark.usefixtures("parts")
def test_the_long_form_writes_its_section_into_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the one that was there, with the command that repeats it."""
    for _ in range(2):
        prove_parts(monkeypatch, "--long")
    written = prove.PAGE.read_text(encoding="utf-8")
    assert written.count("## ") == 2
    assert f"{TABLE}\nLost:\n\n- a write: repeat it with --seed 4\n" in written
    assert "python reliability/prove.py --long bad`, with Python " in written


def test_the_sections_are_in_the_order_of_their_headings() -> None:
    """Whichever was written last."""
    page = ""
    for heading in ("Soak, Windows", "Fuzzing, Linux", "Soak, Linux"):
        page = replace_section(page, render_section(heading, "About.", "command", "versions", RESULT))
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Fuzzing, Linux",
        "## Soak, Linux",
        "## Soak, Windows",
    ]


@pytest.mark.parametrize("rows", [[], [("reads", 3)]], ids=["none", "uneven"])
def test_a_table_without_its_counts_is_refused(rows: list[tuple[str | int, ...]]) -> None:
    """A part that tried nothing has not succeeded."""
    with pytest.raises(ValueError, match="a row for 3 columns"):
        Result(("what", "tried", "lost"), rows)
