"""A deployment's URL and its origin. Pure: no file, no network.

An origin is scheme, host and port, as in `RFC 6454 <https://www.rfc-editor.org/rfc/rfc6454>`_; a token belongs to one.
"""

from __future__ import annotations

from coder_login.errors import CoderError
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from coder_login.deployment.url_parsing import URLFault

DEFAULT_PORTS = {"https": 443, "http": 80}

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_HOST = _LETTERS | _DIGITS | {"-", "."}
_PATH = _LETTERS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ") | _DIGITS | {"-", "_", "/"}
_HOST_LIMIT = 63  # octets, of one label alone: RFC 1035 section 2.3.4


class InvalidURLError(CoderError):
    """The text is not the URL of a deployment. It is never part of the error: it can hold a password, or be one."""

    def __init__(self, message: str, fault: URLFault, origin: Origin | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.origin = origin
        """That of a URL whose other parts are at fault; None where the text can hold a password."""


class Origin(Value):
    """Scheme, host (lower case; IPv6 in brackets) and port of a deployment."""

    __slots__ = ("scheme", "host", "port")
    scheme: str
    host: str
    port: int

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self._fill(scheme, host, port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.key}"

    @property
    def key(self) -> str:
        """The host, with the port unless it is the scheme's default: the key of an entry in the keyring."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host names this machine: localhost, 127.0.0.0/8, also as an IPv6 address, or [::1]."""
        if self.host == "localhost":
            return True
        from coder_login.deployment.addresses import is_loopback

        return is_loopback(self.host.strip("[]"))


class DeploymentURL(Value):
    """An origin and the base path of the deployment there, without a trailing slash."""

    __slots__ = ("origin", "path")
    origin: Origin
    path: str

    def __init__(self, origin: Origin, path: str = "") -> None:
        self._fill(origin, path)

    @classmethod
    def of(cls, value: DeploymentURL | str) -> DeploymentURL:
        """*value* itself, or the URL in it when it is text. Raises InvalidURLError."""
        return value if isinstance(value, DeploymentURL) else cls.parse(value)

    @classmethod
    def parse(cls, text: str) -> DeploymentURL:
        """The URL in *text*; without a scheme it is https, or http for localhost. Raises InvalidURLError."""
        return parse_plain(text) or _parse_any(text)

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    def join(self, path: str) -> str:
        """The URL of *path* below the deployment's base path."""
        return f"{self}/{path.lstrip('/')}"


def parse_origin(url: str) -> Origin | None:
    """The origin of *url*, which may have a query; None for a text that `DeploymentURL.parse` refuses without it."""
    try:
        return DeploymentURL.parse(url.partition("?")[0].partition("#")[0]).origin
    except InvalidURLError:
        return None


def parse_key(key: str, scheme: str) -> Origin | None:
    """The origin that a keyring entry's *key* would have under *scheme*; None for what is not host[:port]."""
    try:
        url = DeploymentURL.parse(f"{scheme}://{key.strip()}")
    except InvalidURLError:
        return None
    return None if "/" in key else url.origin


def find_other_spellings(keys: Iterable[str], origin: Origin) -> list[str]:
    """Those of *keys* that `parse_key` takes for *origin*, without its own; most are told apart without being parsed.

    They differ from it in their case, in white space around them, in the port, and in what stands in brackets.
    """
    own, start = origin.key, "[" if origin.host.startswith("[") else origin.host
    near = [key for key in keys if key.strip().lower().startswith(start) and key != own]
    return [key for key in near if parse_key(key, origin.scheme) == origin]


def parse_plain(text: str) -> DeploymentURL | None:
    """The URL in *text*, when it is spelled as nearly all are, and as no two programs can read it differently.

    None means only that it takes `url_parsing`, the whole of the rules, which costs ten times this one's start.
    """
    scheme, _, rest = text.partition("://")
    place, _, path = rest.partition("/")
    host, colon, port = place.partition(":")
    if scheme not in DEFAULT_PORTS or not _is_plain_host(host) or not _is_plain_path(path):
        return None
    if colon and not _is_plain_port(port):
        return None
    origin = Origin(scheme, host, int(port) if port else DEFAULT_PORTS[scheme])
    return DeploymentURL(origin, f"/{path.removesuffix('/')}" if path else "")


def _is_plain_host(host: str) -> bool:
    """Whether *host* is a name in lower case whose last part no browser takes for a number, or 127.0.0.1."""
    if host == "127.0.0.1":
        return True
    labels = host.split(".")
    is_name = _HOST.issuperset(host) and len(host) <= _HOST_LIMIT
    return is_name and all(labels) and labels[-1][0] in _LETTERS and "-" not in (host[0], host[-1])


def _is_plain_port(port: str) -> bool:
    return _DIGITS.issuperset(port) and port[:1] != "0" and len(port) <= 5 and 0 < int(port or "0") <= 0xFFFF


def _is_plain_path(path: str) -> bool:
    return _PATH.issuperset(path) and "//" not in f"/{path}"


def _parse_any(text: str) -> DeploymentURL:
    from coder_login.deployment.url_parsing import parse

    return parse(text)
