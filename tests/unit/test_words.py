"""Which words read like a name, which like a secret."""

from __future__ import annotations

import pytest
from coder_login.text import is_plain_word, looks_like_token

from cli import TOKEN


@pytest.mark.parametrize(
    "word",
    ["login", "use-token-as-session", "Authorization", "CF-Access-Client-Secret", "X-Gate", "x" * 24],
)
def test_a_name_is_a_plain_word(word: str) -> None:
    """Letters and single dashes."""
    assert is_plain_word(word)


@pytest.mark.parametrize(
    "word",
    ["", "-", "a-", "-a", "a--b", "hunter2", "a b", "a\n", "ä", "camelCase", "correct-horse-battery-staple", "x" * 25],
)
def test_what_may_be_a_secret_is_no_plain_word(word: str) -> None:
    """Also what is merely long."""
    assert not is_plain_word(word)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"Token: {TOKEN}.",
        "0123456789abcdef0123456789ABCDEF",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.c2ln",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "aB3dE6gH9jK2mN5pQ8sT",
    ],
)
def test_the_usual_forms_of_a_token(text: str) -> None:
    """Of a deployment's and of others' tokens."""
    assert looks_like_token(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dev.example.com",
        "https://dev.example.com",
        "ip-10-0-0-12.eu-central-1.compute.internal",
        "coder-7d9f8b6c5d-x2x9z",
        "DESKTOP-7A8B9C0",
        "my-very-long-workstation-name-2",
        "2001:db8::1",
        "x" * 63,
    ],
)
def test_a_host_is_no_token(text: str) -> None:
    """Names that machines really have."""
    assert not looks_like_token(text)
