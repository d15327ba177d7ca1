"""The code of docs/library.md that shares text with other programs, as it stands there; with the fake at the DLL seam,
and on the real Credential Manager (Wine's advapi32 too)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32

import wincred

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


@pytest.fixture
def page() -> dict[str, Any]:
    """The names that the page's code defines."""
    section = PAGE.read_text(encoding="utf-8").partition("### Text that other programs read")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.credential_manager)])
def windows(request: pytest.FixtureRequest) -> FakeAdvapi32 | None:
    """Which of the two answers."""
    return request.getfixturevalue("advapi32") if request.param == "fake" else None


@pytest.mark.usefixtures("windows")
def test_what_is_written_is_what_keyring_stores(page: dict[str, Any], target_name: str) -> None:
    """The service as the target name, the user in a field of its own, UTF-16LE without a BOM or a final NUL."""
    page["write_password"](target_name, "anna", "pässword \U0001f600")
    credential = wincred.read(target_name)
    assert (credential.type, credential.user_name) == (wincred.CredentialType.GENERIC, "anna")
    assert credential.blob == b"p\0\xe4\0s\0s\0w\0o\0r\0d\0 \0\x3d\xd8\x00\xde"
    assert page["read_password"](target_name, "anna") == "pässword \U0001f600"


@pytest.mark.usefixtures("windows")
def test_a_password_that_keyring_has_moved_is_found(page: dict[str, Any], target_name: str) -> None:
    """Under the compound name, when another user of the service has the plain one."""
    other = f"anna@{target_name}"
    wincred.write(other, "first".encode("utf-16-le"), user_name="anna", comment="Stored using python-keyring")
    try:
        wincred.write(target_name, "second".encode("utf-16-le"), user_name="bert")
        assert [page["read_password"](target_name, user) for user in ("anna", "bert", "carl")] == [
            "first",
            "second",
            None,
        ]
    finally:
        wincred.delete(other)


@pytest.mark.usefixtures("advapi32")
def test_the_limit_in_characters_is_as_the_page_says(page: dict[str, Any]) -> None:
    """1280, or 640 beyond the Basic Multilingual Plane."""
    for text in ("x" * 1280, "\U0001f600" * 640):
        page["write_password"]("example.com", "anna", text)
        assert page["read_password"]("example.com", "anna") == text
        with pytest.raises(wincred.TooLargeError):
            page["write_password"]("example.com", "anna", text + "x")
