"""Text of others made safe to print: from a server, a file, a blob or the command line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_PRINTED = 500
"""Characters of such a text that are printed at most."""

# Control characters (Cc: C0 and C1), format characters (Cf: the bidirectional ones among them, which reorder what is
# seen), lone surrogates (Cs, which no encoding takes) and line separators (Zl, Zp).
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_SHORT = 6  # characters; a shorter secret is a part of many other words

# Compiled at their first use: most runs need none of them.
_PLAIN_WORD = r"(?=.{1,24}\Z)([A-Z]?[a-z]+|[A-Z]+)(-([A-Z]?[a-z]+|[A-Z]+))*"
# Hexadecimal digits, a UUID, a JSON Web Token (RFC 7519), and what a base of 62 letters and digits makes of a secret.
_OTHER_FORMS = (
    r"[0-9A-Fa-f]{32,}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|eyJ[\w-]+\.[\w.-]+"
    r"|(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[\w-]{20,}"
)

_TOKEN = re.compile(r"\b[A-Za-z0-9]{10}-[A-Za-z0-9]{22}\b")


def printable(text: str, limit: int = MAX_PRINTED) -> str:
    """*text* with what could move a terminal's cursor or reorder a line escaped, cut at *limit* characters."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return "".join(_escape(character) for character in cut)


def printable_lines(text: str) -> str:
    """As `printable`, for lines of our own that hold such texts: their ends stay, and they are not cut."""
    return "\n".join("".join(_escape(character) for character in line) for line in text.split("\n"))


def _escape(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED:
        return character
    return character.encode("unicode_escape").decode("ascii")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """*text* with ``[hidden]`` in the place of each of the *secrets*, and of what has the form of a session token.

    In upper and lower case alike; a short secret is found as a whole word only.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):  # one that holds another is replaced whole
        pattern = re.escape(secret)
        text = re.sub(pattern if len(secret) >= _SHORT else rf"(?<!\w){pattern}(?!\w)", "[hidden]", text, flags=re.I)
    return _TOKEN.sub("[hidden]", text)


def is_plain_word(text: str) -> bool:
    """Whether *text* reads like a name, and so can be repeated: letters and single dashes, 24 characters at most."""
    return re.fullmatch(_PLAIN_WORD, text) is not None


def looks_like_token(text: str) -> bool:
    """Whether *text* holds a session token, or is all of another secret's usual form."""
    return _TOKEN.search(text) is not None or re.fullmatch(_OTHER_FORMS, text, re.ASCII) is not None
