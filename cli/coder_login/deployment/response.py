"""What a deployment has answered, and how its JSON is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from coder_login.value import Value

if TYPE_CHECKING:
    from email.message import Message
    from typing import Any

BUILD_HEADER = "X-Coder-Build-Version"

_MAX_VALUES = 10_000  # of JSON: each of three bytes can take a hundred of memory, and is looked through for secrets
_MAX_NESTING = 100  # levels of JSON; how many Python itself reads differs from version to version


class Response(Value):
    """An answer: its status, what it says, and whether a Coder deployment gave it."""

    __slots__ = ("url", "status", "headers", "content")
    _SECRETS = frozenset({"content"})
    url: str
    status: int
    headers: Message
    content: bytes | None
    """The body without the codings in which it came; None when they can't be undone."""

    def __init__(self, url: str, status: int, headers: Message, content: bytes | None) -> None:
        self._fill(url, status, headers, content)

    @property
    def build_version(self) -> str | None:
        version = self.headers.get(BUILD_HEADER)
        return None if version is None else str(version)

    def read_json(self) -> Any:
        """The body as JSON; None when it is not, or has more than _MAX_VALUES or _MAX_NESTING."""
        if self.content is None or _count_values(self.content) > _MAX_VALUES:
            return None
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            return None
        return None if _is_nested_deeper(value, _MAX_NESTING) else value


def _count_values(content: bytes) -> int:
    """At least as many as the JSON in *content* has: all but one come after one of these, in UTF-16 as well."""
    return 1 + sum(map(content.count, (b",", b"[", b"{")))


def _is_nested_deeper(value: Any, levels: int) -> bool:
    """Whether more than so many *levels* of arrays and objects lie in each other, *value* among them."""
    outer = [value]
    for _ in range(levels):
        outer = [item for each in outer if isinstance(each, list | dict) for item in _list_items(each)]
    return any(isinstance(each, list | dict) for each in outer)


def _list_items(value: list[Any] | dict[str, Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
