"""Text of others made safe to print: from a server, a file, a blob or the command line."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PRINTED = 500
"""Characters of such a text that are printed at most."""

# Control characters (Cc: C0 and C1), format characters (Cf: the bidirectional ones among them, which reorder what is
# seen), lone surrogates (Cs, which no encoding takes) and line separators (Zl, Zp).
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_SHORT = 6  # characters; a shorter secret is a part of many other words

# Compiled at their first use, as `re` is imported: most runs need none of them.
_PLAIN_WORD = r"(?=.{1,24}\Z)([A-Z]?[a-z]+|[A-Z]+)(-([A-Z]?[a-z]+|[A-Z]+))*"
# Hexadecimal digits, a UUID, a JSON Web Token (RFC 7519), and what a base of 62 letters and digits makes of a secret.
_OTHER_FORMS = (
    r"[0-9A-Fa-f]{32,}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|eyJ[\w-]+\.[\w.-]+"
    r"|(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[\w-]{20,}"
)

_SESSION_FORM = r"\b[A-Za-z0-9]{10}-[A-Za-z0-9]{22}\b"
_SECRET_LENGTH = 22  # characters, of a token's second part


def printable(text: str, limit: int = MAX_PRINTED) -> str:
    """*text* with what could move a terminal's cursor or reorder a line escaped, cut at *limit* characters."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return _escape_all(cut)


def printable_lines(text: str) -> str:
    """As `printable`, for lines of our own that hold such texts: their ends stay, and they are not cut."""
    return "\n".join(map(_escape_all, text.split("\n")))


def _escape_all(line: str) -> str:
    if line.isprintable():  # which is stricter, and needs no table of categories
        return line
    from unicodedata import category

    return "".join(_escape(character) if category(character) in _ESCAPED else character for character in line)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """*text* with ``[hidden]`` in the place of each of the *secrets*, and of what has the form of a session token.

    In upper and lower case alike, and however its characters are encoded in a URL; a short secret is found as a whole
    word only.
    """
    import re

    spell = _spell_encoded if "%" in text or "+" in text else re.escape
    for secret in sorted(filter(None, secrets), key=len, reverse=True):  # one that holds another is replaced whole
        pattern = spell(secret)
        text = re.sub(pattern if len(secret) >= _SHORT else rf"(?<!\w){pattern}(?!\w)", "[hidden]", text, flags=re.I)
    return re.sub(_SESSION_FORM, "[hidden]", text)


def _spell_encoded(secret: str) -> str:
    """A pattern of *secret*, each character of which may be encoded: which ones are, every encoder decides for itself.

    As bytes they are UTF-8, or, in a header, Latin-1.
    """
    import re

    def spell(character: str) -> str:
        codes = [character.encode(codec, "ignore") for codec in ("utf-8", "latin-1")]
        encoded = ["".join(f"%{byte:02x}" for byte in code) for code in codes if code]
        return "|".join([re.escape(character), *encoded, *([r"\+"] if character == " " else [])])

    return "".join(f"(?:{spell(character)})" for character in secret)


def is_plain_word(text: str) -> bool:
    """Whether *text* reads like a name, and so can be repeated: letters and single dashes, 24 characters at most."""
    import re

    return re.fullmatch(_PLAIN_WORD, text) is not None


def looks_like_token(text: str) -> bool:
    """Whether *text* holds a session token, or is all of another secret's usual form."""
    if "/" in text and not _may_hold_token(text):  # a URL, as nearly always; the other forms have no slash
        return False
    import re

    return re.search(_SESSION_FORM, text) is not None or re.fullmatch(_OTHER_FORMS, text, re.ASCII) is not None


def _may_hold_token(text: str) -> bool:
    """Whether a dash in *text* is followed by as many letters and digits as in a token."""
    starts = [part[:_SECRET_LENGTH] for part in text.split("-")[1:]]
    return any(len(start) == _SECRET_LENGTH and start.isalnum() for start in starts)
