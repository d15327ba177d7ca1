"""From what a person typed to a deployment's URL and its origin. Pure: no file, no network.

An origin is scheme, host and port, as in `RFC 6454 <https://www.rfc-editor.org/rfc/rfc6454>`_; a token belongs to one.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import SplitResult, quote, urlsplit

from coder_login.errors import CoderError
from coder_login.text import printable

DEFAULT_PORTS = {"https": 443, "http": 80}

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?")
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"


class URLFault(Enum):
    """What is wrong with a URL."""

    FORM = auto()
    PARSING = auto()  # of its brackets, or of its port
    SCHEME = auto()
    USER = auto()
    NOT_ASCII = auto()
    IPV6 = auto()
    PORT = auto()
    PATH = auto()
    QUERY = auto()


class InvalidURLError(CoderError):
    """The text is not the URL of a deployment. A password that it may hold is never part of the error."""

    def __init__(self, message: str, fault: URLFault) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case; IPv6 in brackets) and port of a deployment."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.key}"

    @property
    def key(self) -> str:
        """The host, with the port unless it is the scheme's default: the key of an entry in the keyring."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host names this machine: localhost, 127.0.0.0/8 or [::1]."""
        if self.host == "localhost":
            return True
        address = _parse_address(self.host.strip("[]"))
        return address is not None and address.is_loopback


@dataclass(frozen=True, slots=True)
class DeploymentURL:
    """An origin and the base path of the deployment there, without a trailing slash."""

    origin: Origin
    path: str = ""

    @classmethod
    def of(cls, value: DeploymentURL | str) -> DeploymentURL:
        """*value* itself, or the URL in it when it is text. Raises InvalidURLError."""
        return value if isinstance(value, DeploymentURL) else cls.parse(value)

    @classmethod
    def parse(cls, text: str) -> DeploymentURL:
        """The URL in *text*; without a scheme it is https, or http for localhost. Raises InvalidURLError."""
        text = text.strip()
        if not text:
            raise InvalidURLError("the URL is empty", URLFault.FORM)
        _check_characters(text)
        if re.match(r"https?:(?!//|\d|$)", text, re.IGNORECASE):
            raise InvalidURLError(f"{_cite(text)} lacks a // after the scheme", URLFault.FORM)
        parts = _split(text if "://" in text else f"{_choose_scheme(text)}://{text}")
        _check_parts(parts, text)
        return cls(Origin(parts.scheme, _read_host(parts), _read_port(parts)), _read_path(parts))

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    def join(self, path: str) -> str:
        """The URL of *path* below the deployment's base path."""
        return f"{self}/{path.lstrip('/')}"


def parse_origin(url: str) -> Origin | None:
    """The origin of *url*, which may have a query; None for a text that `DeploymentURL.parse` refuses without it."""
    try:
        return DeploymentURL.parse(re.split("[?#]", url)[0]).origin
    except InvalidURLError:
        return None


def parse_key(key: str, scheme: str) -> Origin | None:
    """The origin that a keyring entry's *key* would have under *scheme*; None for what is not host[:port]."""
    try:
        url = DeploymentURL.parse(f"{scheme}://{key.strip()}")
    except InvalidURLError:
        return None
    return None if url.path or "/" in key else url.origin


def _check_characters(text: str) -> None:
    # urlsplit drops tabs and line ends silently, and a browser takes a backslash for a slash.
    if any(character <= " " or character in "\x7f\\" for character in text):
        raise InvalidURLError("the URL holds white space, a control character or a backslash", URLFault.FORM)
    # A lone surrogate is what Python makes of a byte that is not text, in an argument or a variable.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidURLError("the URL holds bytes that are not UTF-8 text", URLFault.FORM)


def _cite(text: str) -> str:
    # What stands before an @ can be a password, however the text is parsed.
    return "the URL" if "@" in text else repr(printable(text))


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
    if "@" in parts.netloc:
        raise InvalidURLError("the URL holds a user name or a password", URLFault.USER)
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidURLError(f"{_cite(text)} has the scheme {parts.scheme!r}", URLFault.SCHEME)
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise InvalidURLError(f"{_cite(text)} has a query or a fragment", URLFault.QUERY)


def _read_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        raise InvalidURLError("the URL has no host", URLFault.FORM)
    # Asked of the original text: in lower case, as the host name is, the Kelvin sign is an ASCII k.
    if not parts.netloc.isascii():
        raise InvalidURLError(f"the host {printable(parts.netloc)!r} is not ASCII", URLFault.NOT_ASCII)
    if "[" in parts.netloc:
        return _read_ipv6_host(host, parts.netloc)
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise InvalidURLError(f"{printable(host)!r} is not a host name", URLFault.FORM)
    return host


def _read_ipv6_host(host: str, netloc: str) -> str:
    address = _parse_address(host)
    # urlsplit leaves out what stands around the brackets, silently in older versions.
    whole = re.fullmatch(r"\[[^\[\]]*\](:\d*)?", netloc)
    if not whole or not isinstance(address, ipaddress.IPv6Address) or address.scope_id:
        raise InvalidURLError(f"{printable(netloc)!r} is not an IPv6 address", URLFault.IPV6)
    return f"[{address.compressed}]"


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _read_port(parts: SplitResult) -> int:
    if parts.port == 0:
        raise InvalidURLError("the URL has the port 0", URLFault.PORT)
    return parts.port or DEFAULT_PORTS[parts.scheme]


def _read_path(parts: SplitResult) -> str:
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        raise InvalidURLError("the URL's path has a . or .. in it", URLFault.PATH)
    return quote(parts.path.rstrip("/"), safe=_PATH_SAFE)
