"""The door through which everything that is printed goes: control characters are escaped, tokens are hidden."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from coder_login.commands import output
from coder_login.commands.errors import Notice, UnwrittenAnswerError
from coder_login.errors import CoderError

from cli import TOKEN

WAYS: dict[str, Callable[[str], None]] = {
    "answer": output.answer,
    "answer-lines": lambda text: output.answer_lines([text]),
    "answer-done": output.answer_done,
    "error": lambda text: output.error(CoderError(text)),
    "hint": lambda text: output.error(CoderError("x"), text),
    "warning": lambda text: output.warning(Notice(text)),
    "note": output.note,
    "progress": output.progress,
    "question": output.ask,
    "json": lambda text: output.answer_json([{"a": text, text: {"b": [text]}}]),
}
EACH_WAY = pytest.mark.parametrize("say", WAYS.values(), ids=WAYS)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No token of another test is known, nor any of ours afterwards."""
    output.forget_tokens()
    yield
    output.forget_tokens()


@EACH_WAY
@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2028"], ids=ascii)
def test_what_moves_a_cursor_or_reorders_a_line_is_escaped(
    capsys: pytest.CaptureFixture[str], say: Callable[[str], None], character: str
) -> None:
    """Wherever the text came from: a path, a server, a program's name."""
    say(f"a{character}b")
    captured = capsys.readouterr()
    if say is WAYS["json"]:
        assert json.loads(captured.out)[0]["a"] == f"a{character}b"  # undone by whoever reads it
        assert character not in captured.out or character == "\x7f"
    else:
        shown = ascii(character)[1:-1]
        assert f"a{shown}b" in captured.out + captured.err
        assert character not in captured.out + captured.err


@EACH_WAY
@pytest.mark.parametrize("token", [TOKEN, "of-another-form", "short"])
def test_a_token_of_the_run_is_hidden(
    capsys: pytest.CaptureFixture[str], say: Callable[[str], None], token: str
) -> None:
    """In upper case too; the keys of JSON are no exception."""
    output.hide(token)
    say(f"<{token}> {token.upper()}")
    captured = capsys.readouterr()
    assert "<[hidden]> [hidden]" in captured.out + captured.err
    assert token not in (captured.out + captured.err).lower()


def test_no_escape_completes_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """A NUL before the second digit is shown as an escape that ends with the first one."""
    output.hide(TOKEN)
    output.note(f"\0{TOKEN[1:]}")
    assert capsys.readouterr().err == "\\x0[hidden]\n"


def test_a_short_token_leaves_longer_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A token of one letter is in every text."""
    output.hide("a")
    output.note("an answer: a.")
    assert capsys.readouterr().err == "an answer: [hidden].\n"


def test_a_string_in_json_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """Like one in a text."""
    output.answer_json("x" * 501)
    assert json.loads(capsys.readouterr().out) == "x" * 500 + "…"


def test_the_one_answer_that_is_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """`login token` is asked for it."""
    output.hide(TOKEN)
    output.answer_line(TOKEN)
    assert capsys.readouterr().out == f"{TOKEN}\n"


def test_a_question_is_written_before_its_answer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to a pipe, behind which somebody may read it: `coder login 2>&1 | tee log`."""
    pipe = io.BytesIO()
    stream = io.TextIOWrapper(io.BufferedWriter(pipe), line_buffering=True)  # as Python's own
    monkeypatch.setattr(sys, "stderr", stream)
    output.ask("Paste your token here: ")
    assert pipe.getvalue() == b"Paste your token here: "


class FailsOnce(io.FileIO):
    """A file on a disk that has room again after one write."""

    has_failed = False

    def write(self, data: Any, /) -> int:
        if self.has_failed:
            return super().write(data)
        self.has_failed = True
        raise OSError(28, "No space left on device")


def test_an_answer_that_could_not_be_written_is_not_written_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """When standard output is closed, which tries it once more: the error has said by then that there is none."""
    with FailsOnce(tmp_path / "output", "w") as file:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(file), write_through=True))
        with pytest.raises(UnwrittenAnswerError):
            output.answer_line(TOKEN)
    assert (sys.stdout, (tmp_path / "output").read_bytes()) == (None, b"")
