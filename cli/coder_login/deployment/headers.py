"""Custom headers and their form.

They are for what stands in front of a deployment, so they go to the deployment's origin with every request. They are as
secret as a token: an error names a header, and never shows its value.
"""

from __future__ import annotations

import re

from coder_login.deployment.errors import HeaderError, HeaderFault
from coder_login.text import is_plain_word

Headers = list[tuple[str, str]]
"""Names and values; a name can be there more than once."""

_RESERVED = {"coder-session-token", "host", "content-length"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2


def parse_header(text: str, source: str) -> tuple[str, str]:
    """Name and value of ``NAME=VALUE``; *source* is what an error calls the place it came from. Raises HeaderError."""
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator:
        raise HeaderError(f"{source} has a header without a =", HeaderFault.FORM)
    _check_name(name, source)
    if any((c < " " and c != "\t") or "\x7f" <= c <= "\x9f" or c > "\xff" for c in value):
        content = "a control character, or one beyond Latin-1"
        where = f", in the header {name}" if is_plain_word(name) else ""
        raise HeaderError(f"{source} has {content}{where}", HeaderFault.FORM)
    return name, value.strip()


def _check_name(name: str, source: str) -> None:
    legal = _NAME.match(name)
    if legal is None:
        raise HeaderError(f"{source} has a header without a name", HeaderFault.FORM)
    if legal.group() != name:
        # No part of it is shown: it need not be a name at all, as in "Cookie: c2VjcmV0==".
        raise HeaderError(f"{source} has a header with a character in its name that none may have", HeaderFault.FORM)
    if name.lower() in _RESERVED:
        raise HeaderError(f"{source} sets {name}", HeaderFault.RESERVED)


def parse_header_line(line: str, source: str) -> Headers:
    """The headers of one CSV line, as CODER_HEADER has them. Raises HeaderError."""
    import csv

    try:
        fields = next(csv.reader([line], strict=True), [])
    except csv.Error:
        fields = None
    if fields is None or "\n" in line or "\r" in line:
        raise HeaderError(f"{source} is not one line of CSV", HeaderFault.CSV)
    return [parse_header(field, source) for field in fields]


def join_headers(headers: Headers) -> dict[str, str]:
    """The value of each name: several of one name are joined as in RFC 9110 section 5.3, and cookies as in RFC 6265."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.title()
        separator = "; " if key == "Cookie" else ", "
        joined[key] = f"{joined[key]}{separator}{value}" if key in joined else value
    return joined


def split_value(value: str) -> list[str]:
    """A header's *value*, and the parts of it that a server may repeat alone: the secret of ``Bearer s3cret``, and the
    values of cookies."""
    cookies = [cookie.partition("=")[2] for cookie in re.split(r";\s*", value)]
    return [value, value.partition(" ")[2].strip(), *cookies]
