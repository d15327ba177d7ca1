"""From whatever a person typed to a deployment's URL, by the whole of the rules. Pure: no file, no network.

`url` reads plain URLs by itself, and imports this for all others: those that can be misread, and those that are wrong.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from enum import Enum, auto
from urllib.parse import SplitResult, quote, urlsplit

from coder_login.deployment.addresses import compress_ipv6, ends_in_number, parse_address, read_ipv4
from coder_login.deployment.url import DEFAULT_PORTS, DeploymentURL, InvalidURLError, Origin, parse_origin

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_LABEL_LIMIT = 63  # octets, RFC 1035 section 2.3.4
_OTHER_SCHEMES = frozenset({"file", "ftp", "git", "javascript", "ssh", "ws", "wss"})  # that an error may name
_DOT_SEGMENTS = frozenset({".", ".."})
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"


class URLFault(Enum):
    """What is wrong with a URL."""

    FORM = auto()
    PARSING = auto()  # of its brackets, or of its port
    SCHEME = auto()
    USER = auto()
    NOT_ASCII = auto()
    NUMBER = auto()  # which a browser takes for an address
    IPV6 = auto()
    PORT = auto()
    PATH = auto()
    QUERY = auto()


def parse(text: str) -> DeploymentURL:
    """As `DeploymentURL.parse`."""
    text = text.strip()
    if not text:
        raise InvalidURLError("the URL is empty", URLFault.FORM)
    _check_characters(text)
    if re.match(r"https?:(?!//)", text, re.IGNORECASE):
        raise InvalidURLError("the URL lacks a // after the scheme", URLFault.FORM)
    parts = _split(text if "://" in text else f"{_choose_scheme(text)}://{text}")
    _check_parts(parts, text)
    return DeploymentURL(Origin(parts.scheme, _read_host(parts), _read_port(parts)), _read_path(parts))


def _check_characters(text: str) -> None:
    # urlsplit drops tabs and line ends silently, and a browser takes a backslash for a slash.
    if any(character <= " " or character in "\x7f\\" for character in text):
        raise InvalidURLError("the URL holds white space, a control character or a backslash", URLFault.FORM)
    # A lone surrogate is what Python makes of a byte that is not text, in an argument or a variable.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidURLError("the URL holds bytes that are not UTF-8 text", URLFault.FORM)


def _split(text: str) -> SplitResult:
    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        _ = parts.port  # parsed, and refused, only when it is asked for
        return parts
    # Outside of any except block: the ValueError may carry the text, and the text a password.
    raise InvalidURLError("the URL can't be parsed", URLFault.PARSING)


def _choose_scheme(text: str) -> str:
    host = re.split(r"[:/?#]", text)[0]
    return "http" if host.lower() == "localhost" else "https"


def _check_parts(parts: SplitResult, text: str) -> None:
    # Also behind a slash that a user name or a password has in it; a page's own @ starts a segment, as in /@anna/ws.
    if "@" in parts.netloc or re.search("[^/]@", parts.path):
        raise InvalidURLError("the URL holds a user name or a password", URLFault.USER)
    if parts.scheme not in DEFAULT_PORTS:
        which = f"the scheme {parts.scheme}" if parts.scheme in _OTHER_SCHEMES else "an unknown scheme"
        raise InvalidURLError(f"the URL has {which}", URLFault.SCHEME)
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        origin = None if "@" in parts.query + parts.fragment else parse_origin(text)
        raise InvalidURLError("the URL has a query or a fragment", URLFault.QUERY, origin)


def _read_host(parts: SplitResult) -> str:
    host = parts.hostname
    if not host:
        raise InvalidURLError("the URL has no host", URLFault.FORM)
    # Asked of the original text: in lower case, as the host name is, the Kelvin sign is an ASCII k.
    if not parts.netloc.isascii():
        raise InvalidURLError("the URL's host is not ASCII", URLFault.NOT_ASCII)
    if "[" in parts.netloc:
        return _read_ipv6_host(host, parts.netloc)
    _check_name(host)
    _check_number(host)
    return host


def _check_name(host: str) -> None:
    strange = re.search(r"[^a-z0-9_.-]", host)
    if strange:
        raise InvalidURLError(f"the URL's host has the character {strange.group()!r}", URLFault.FORM)
    longest = max(map(len, host.split(".")))
    if not _HOST.fullmatch(host) or len(host) > 253 or longest > _LABEL_LIMIT:
        raise InvalidURLError("the URL's host is not a host name", URLFault.FORM)


def _check_number(host: str) -> None:
    """Refuse what a browser takes for another host than we do."""
    if not ends_in_number(host):
        return
    address = read_ipv4(host)
    if address is None:
        raise InvalidURLError("the URL's host ends in a number, and is not an IPv4 address", URLFault.NUMBER)
    if str(address) != host:
        raise InvalidURLError(f"a browser takes the URL's host for the address {address}", URLFault.NUMBER)


def _read_ipv6_host(host: str, netloc: str) -> str:
    address = parse_address(host)
    # urlsplit leaves out what stands around the brackets, silently in older versions.
    whole = re.fullmatch(r"\[[^\[\]]*\](:\d*)?", netloc)
    if not whole or not isinstance(address, ipaddress.IPv6Address) or address.scope_id:
        raise InvalidURLError("the URL's host is not an IPv6 address", URLFault.IPV6)
    return f"[{compress_ipv6(address)}]"


def _read_port(parts: SplitResult) -> int:
    if parts.port == 0:
        raise InvalidURLError("the URL has the port 0", URLFault.PORT)
    return parts.port or DEFAULT_PORTS[parts.scheme]


def _read_path(parts: SplitResult) -> str:
    # A browser takes %2e for a dot here: https://url.spec.whatwg.org/#double-dot-path-segment
    path = re.sub("%2e", ".", parts.path, flags=re.IGNORECASE)
    if not _DOT_SEGMENTS.isdisjoint(path.split("/")):
        raise InvalidURLError("the URL's path has a . or .. in it", URLFault.PATH)
    return quote(parts.path.rstrip("/"), safe=_PATH_SAFE)
