"""Every input that the fuzzer has kept, tried again on every system; and how an input is read. No fuzzer is needed.

The targets say themselves what of them is real, and what a fake at a seam.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fuzz
import pytest
from fuzzing import campaign, corpus
from fuzzing.cursor import Cursor, read_text
from fuzzing.headers import read_csv
from fuzzing.targets import TARGETS, Target

MAX_CORPUS = 250_000  # bytes, of all targets


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_finds_nothing(name: str) -> None:
    """What was once found stays mended, whatever the system."""
    assert corpus.list_inputs(name)
    assert corpus.replay(name) == []


def test_the_corpus_is_small() -> None:
    """It is a part of the repository, and has no folder that no target reads."""
    folders = {path.name for path in corpus.CORPUS.iterdir()}
    assert folders == set(TARGETS)
    assert sum(path.stat().st_size for name in folders for path in corpus.list_inputs(name)) < MAX_CORPUS


def refuse(data: bytes) -> None:
    raise AssertionError(f"lost at {len(data)}")


def test_a_fault_is_told_with_the_way_to_repeat_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the target, what went wrong, and the command."""
    folder = tmp_path / "reliability/corpus"
    monkeypatch.setattr(corpus, "CORPUS", folder)
    monkeypatch.setattr(Target, "load", lambda self: refuse)
    (folder / "url").mkdir(parents=True)
    (folder / "url/input").write_bytes(b"abc")
    again = "python reliability/fuzz.py url reliability/corpus/url/input"
    assert corpus.replay("url") == [f"url: AssertionError: lost at 3; again by: {again}"]


def test_without_a_fuzzer_the_corpus_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the page does not say that anything new was tried."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(corpus, "list_inputs", lambda name: [])
    monkeypatch.setattr(fuzz, "list_inputs", lambda name: [Path("a"), Path("b")])
    monkeypatch.setattr(fuzz, "replay", lambda name: ["lost"] if name == "url" else [])
    result = fuzz.run(long=True)
    assert result.rows[0] == ("url", 2, 2, "", "", 1)
    assert (result.faults, len(result.rows)) == (["lost"], len(TARGETS))
    assert result.notes == ["atheris is not installed here: the corpus was replayed, and nothing new was tried."]


def test_a_file_is_tried_again_by_hand(tmp_path: Path) -> None:
    """In a process as a person starts it; one that is lost shows its traceback."""
    (tmp_path / "input").write_bytes(b"https://dev.example.com")
    script = str(Path(fuzz.__file__))
    done = subprocess.run(
        [sys.executable, script, "url", str(tmp_path / "input")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 tried, none lost\n", "")


# The fuzzer itself, where it is installed.


def test_a_campaign_counts_what_it_tried() -> None:
    """The corpus, and as many new inputs as it was asked for."""
    pytest.importorskip("atheris")
    outcome = campaign.explore("texts", 50, minimise=False)
    assert (outcome.inputs, outcome.faults) == (50 + len(corpus.list_inputs("texts")), [])
    assert 0 < outcome.edges < outcome.features


def test_a_campaign_tells_a_fault_and_keeps_its_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Here the check of a token has been taken out of the product, in the fuzzer's process alone."""
    pytest.importorskip("atheris")
    change = (
        "import coder_login.deployment.session_token as changed\nchanged.check_token = lambda token, source: token\n"
    )
    (tmp_path / "sitecustomize.py").write_text(change)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(campaign, "CRASHES", tmp_path / "crashes")
    outcome = campaign.explore("texts", 50, minimise=False)
    (kept,) = (tmp_path / "crashes").iterdir()
    again = f"again by: python reliability/fuzz.py texts {kept.as_posix()}"
    assert [fault.split("; ")[-1] for fault in outcome.faults] == [again]
    assert outcome.faults[0].startswith("texts: AssertionError: ")
    assert kept.read_bytes()[0] % 4 == 2  # by which it is the check of a token that was tried


# How an input is read.


def test_numbers_are_taken_from_the_front() -> None:
    """Of as many bytes as they need; at the end they are 0."""
    cursor = Cursor(b"\x05\x02\x01\x07")
    taken = [cursor.take_number(4), cursor.take_number(300), cursor.take_number(8), cursor.take_number(8)]
    assert taken == [1, 0x102, 7, 0]
    assert not cursor


def test_pieces_are_as_long_as_the_byte_before_them_says() -> None:
    """Or as what is left."""
    cursor = Cursor(b"\x02ab\x00\x09cd")
    assert [cursor.take_piece(), cursor.take_piece(), cursor.take_piece(), cursor.take_piece()] == [
        b"ab",
        b"",
        b"cd",
        b"",
    ]


def test_any_bytes_are_text() -> None:
    """A byte that is no UTF-8 is a lone surrogate."""
    assert read_text("é".encode() + b"\xff") == "é\udcff"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a,b", ["a", "b"], id="two"),
        pytest.param("a,", ["a", ""], id="empty-last"),
        pytest.param('"a,""b""",c', ['a,"b"', "c"], id="quoted"),
        pytest.param('a"b', None, id="bare-quote"),
        pytest.param('"a"b', None, id="after-quote"),
        pytest.param('"a', None, id="open-quote"),
        pytest.param("a\nb", None, id="two-lines"),
    ],
)
def test_a_record_of_csv_as_go_reads_it(line: str, fields: list[str] | None) -> None:
    """By the documentation of encoding/csv; the oracle of the headers compares with it."""
    assert read_csv(line) == fields
