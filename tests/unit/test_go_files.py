"""The files of the Go client's stand-in (`go_files`), which was compared with the real one's code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from go_files import GoFiles

URL, TOKEN = "https://go.example.com", "0123456789-gogogogogogogogogogogo"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done to which file, in order."""
    done: list[str] = []
    for name in ("open", "remove"):

        def step(path: Path, *arguments: int, name: str = name, real: object = getattr(os, name)) -> object:
            done.append(f"{name} {path.name}")
            return real(path, *arguments)  # type: ignore[operator]  # one of the two

        monkeypatch.setattr(os, name, step)
    return done


def test_a_login_writes_the_session_and_then_the_url(tmp_path: Path, steps: list[str]) -> None:
    """Each in its place: another name of the file has the new text."""
    directory = tmp_path / "new" / "coderv2"
    GoFiles(directory).write(URL, "an older and longer token than the next")
    (tmp_path / "other-name").hardlink_to(directory / "session")
    GoFiles(directory).write(URL, TOKEN)
    assert steps == ["open session", "open url"] * 2
    assert {path.name: path.read_text() for path in directory.iterdir()} == {"session": TOKEN, "url": URL}
    assert (tmp_path / "other-name").read_text() == TOKEN


def test_a_logout_removes_the_url_first(tmp_path: Path, steps: list[str]) -> None:
    """And nothing that belongs to others; a second one finds nothing, and that is no error."""
    (tmp_path / "dotfilesurl").write_text("kept")
    GoFiles(tmp_path).write(URL, TOKEN)
    steps.clear()
    GoFiles(tmp_path).delete()
    GoFiles(tmp_path).delete()
    assert steps == ["remove url", "remove session", "remove organization"] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["dotfilesurl"]
