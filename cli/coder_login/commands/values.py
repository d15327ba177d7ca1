"""The values of the options: booleans as the editors spell them, time limits, and directories as a person writes them.

Their errors say what is allowed, and never repeat the value: what was typed in its place can be a secret.
"""

from __future__ import annotations

import os

_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})
QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
"""What a person, a shell or a word processor puts around a text."""

_BOOLEAN_FORM = "true, false, t, f, 1 or 0"
LONGEST = 3600
"""Seconds of a time limit at most."""


def parse_boolean(text: str) -> bool:
    """A boolean as the editors spell it. Raises ValueError."""
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"it is not one of {_BOOLEAN_FORM}")
    return word in _TRUE


def parse_seconds(text: str) -> float:
    """A time limit: over 0, an hour at most. Raises ValueError."""
    problem = f"it is not a number of seconds, over 0 and up to {LONGEST}"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:  # not a number is in no range
        # Raised here, not there: the ValueError of float repeats the text.
        raise ValueError(problem)
    return seconds


def parse_directory(text: str) -> str:
    """The absolute path of the directory *text*, as a person writes it: a leading ``~`` is a home directory.

    Raises ValueError for what a shell would have replaced, had it seen it: taken for a name, it would put a token into
    a new directory below the working directory.
    """
    if text != text.strip() or text[0] in QUOTES or text[-1] in QUOTES:
        raise ValueError("it has quotes or white space around it, which are not part of a directory's name")
    if text[0] in "$%!" and _is_variable(text):
        raise ValueError("it starts with a variable that nothing has replaced")
    path = os.path.expanduser(text)
    if text.startswith("~") and not (os.path.isabs(path) and os.path.isabs(os.environ.get("HOME", os.sep))):
        raise ValueError("it starts with a home directory that is not known")
    try:
        return os.path.abspath(path)
    except OSError as error:
        reason = f"the working directory can't be found: {error.strerror}"
        raise ValueError(f"it is relative, and {reason}") from error


def _is_variable(text: str) -> bool:
    import re

    return re.match(r"\$[\w({]|%\w+%|!\w+!", text) is not None
