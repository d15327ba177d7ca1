"""docs/other-programs.md: its programs are the files of docs/examples, its lines run. With the fake at the DLL seam."""

from __future__ import annotations

import re

import pytest
from coder_login.sessionstore import DEFAULT_SERVICE
from fake_advapi32 import FakeAdvapi32
from powershell_syntax import has_error, only_on_linux
from stored_forms import EXAMPLES
from stores import HTTPS, NEWER, TOKEN, compact, entry

import wincred
from cli import Machine

pytest_plugins = ["cli_fixtures"]

PAGE = EXAMPLES.parent / "other-programs.md"
TEXT = PAGE.read_text(encoding="utf-8")
IN_FULL = re.findall(r"\]\(examples/([\w./]+)\)\n\n```\w+\n(.*?)```", TEXT, re.DOTALL)
LINKED = set(re.findall(r"\]\(examples/([\w./]+)\)", TEXT))
FILES = [path for path in EXAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.mark.parametrize(("name", "code"), IN_FULL, ids=[name for name, _ in IN_FULL])
def test_the_page_shows_a_program_as_it_is(name: str, code: str) -> None:
    """The one that is tested: copy the file into the page when this fails."""
    assert code == (EXAMPLES / name).read_text(encoding="utf-8")


def test_every_language_is_shown_and_no_program_is_left_out() -> None:
    """Each in full, or linked, by itself or with its folder."""
    assert [name for name, _ in IN_FULL] == [
        "read_session.py",
        "read_session.ps1",
        "read_session_go/credential_windows.go",
    ]
    shown = {path for path in FILES if any((EXAMPLES / name) in (path, *path.parents) for name in LINKED)}
    assert shown == set(FILES)


@only_on_linux
def test_the_program_for_powershell_can_be_parsed() -> None:
    """Also where it can't be run."""
    assert not has_error((EXAMPLES / "read_session.ps1").read_bytes())


def test_the_program_for_powershell_is_ascii() -> None:
    """Windows PowerShell takes a file without a byte-order mark for one in the system's code page."""
    assert (EXAMPLES / "read_session.ps1").read_bytes().isascii()


@pytest.mark.parametrize("name", ["read_session.py", "read_session.ps1", "read_session_go/main.go"])
def test_a_program_looks_in_the_credential_that_all_clients_have(name: str) -> None:
    """On Wine, the one in Go is tried with another name."""
    assert f'"{DEFAULT_SERVICE}"' in (EXAMPLES / name).read_text(encoding="utf-8").replace("'", '"')


def test_the_lines_with_the_session_store(
    machine: Machine, advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They read from either store, one after the other."""
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)
    machine.keep(HTTPS, TOKEN)
    wincred.write(DEFAULT_SERVICE, compact({"dev.example.com": entry(HTTPS, NEWER)}))
    code = re.search(r"```python\n(from coder_login.*?)```", TEXT, re.DOTALL)
    assert code is not None
    *lines, files, keyring = code[1].splitlines()
    for line, token in (files, TOKEN), (keyring, NEWER):
        names: dict[str, object] = {}
        exec("\n".join([*lines, line]), names)
        assert names["token"] == token
