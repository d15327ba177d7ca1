"""What the oracles of the targets share: what may stand in an error of ours."""

from __future__ import annotations

from coder_login.errors import CoderError
from coder_login.text import printable_lines

MAX_MESSAGE = 1500
"""Characters of a message: a sentence, with one text of others in it, each character of which may be escaped."""

SHORTEST_SECRET = 8
"""Characters; a shorter text is found in many others by chance."""


def check_error(error: CoderError, secrets: dict[str, str] | None = None) -> None:
    """Hold that what *error* says is safe to print, not endless, and without the *secrets*, by what each is."""
    message = error.message
    assert message
    assert message == printable_lines(message) and "\n" not in message, "a control character in a message"
    assert len(message) <= MAX_MESSAGE, f"a message of {len(message)} characters"
    for what, secret in (secrets or {}).items():
        assert len(secret) < SHORTEST_SECRET or secret not in message, f"the secret of {what} in a message"
        assert len(secret) < SHORTEST_SECRET or secret not in repr(vars(error)), (
            f"the secret of {what} in an error's facts"
        )
