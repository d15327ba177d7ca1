"""Which proxy a request goes through: one of the environment or of the system's settings, and often none.

Only a proxy that is spoken to in plain HTTP is used: another one would be sent its password in a form that it does not
know, and in clear. The rules are those of the Go CLI, which does not ask the system.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from urllib.parse import unquote_to_bytes

from coder_login.deployment.deadline import Deadline, run_within
from coder_login.deployment.errors import Failure, RequestError
from coder_login.deployment.no_proxy import is_excluded
from coder_login.deployment.url import DEFAULT_PORTS, Origin, parse_origin
from coder_login.value import Value

_FORM = r"(?is)(?:([a-z][a-z0-9+.-]*)://)?([^/?#]*)(.*)"  # scheme, authority, rest
_OTHER_SCHEMES = {"https", "socks", "socks4", "socks4a", "socks5", "socks5h"}  # another word may be a user's name

_SETTINGS = {"win32": "registry", "darwin": "macosx_sysconf"}.get(sys.platform, "")
"""How urllib calls the system's settings; "" where there are none."""


class Proxy(Value):
    """A proxy's host and port, and what it is told of the user; None when its URL names none."""

    __slots__ = ("origin", "authorization")
    _SECRETS = frozenset({"authorization"})
    origin: Origin
    authorization: str | None

    def __init__(self, origin: Origin, authorization: str | None = None) -> None:
        self._fill(origin, authorization)

    def __str__(self) -> str:
        return f"{self.origin.host}:{self.origin.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request to the proxy itself says besides."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


def find_proxy(origin: Origin, deployment: Origin, deadline: Deadline) -> Proxy | None:
    """The proxy for a request to *origin*, None for none. Raises RequestError for one that can't be used.

    There is none for this machine. There is none for the *deployment* without TLS either: a proxy would read its token.
    """
    if origin.is_loopback or (origin == deployment and origin.scheme == "http"):
        return None
    _, no_proxy = _read_variable("NO_PROXY")
    if is_excluded(origin, no_proxy):
        return None
    source, text = _find_setting(origin, deadline)
    return _parse(text, source) if text else None


def _find_setting(origin: Origin, deadline: Deadline) -> tuple[str, str]:
    """Where the proxy's URL stands, and the URL; the environment counts alone when it names a proxy of any scheme."""
    named = {scheme: _read_variable(f"{scheme.upper()}_PROXY") for scheme in DEFAULT_PORTS}
    if any(text for _, text in named.values()):
        # A CGI program's HTTP_PROXY is a header of the request that it answers: https://httpoxy.org
        from_request = origin.scheme == "http" and os.environ.get("REQUEST_METHOD")
        source, text = named[origin.scheme]
        return source, "" if from_request else text
    text = run_within(deadline, lambda: _ask_system(origin)) if _SETTINGS else ""
    return "the system's settings", text.strip()


def _read_variable(name: str) -> tuple[str, str]:
    """The spelling of *name* that is set, upper case first, and its value, "" when none is."""
    found = ((spelling, os.environ.get(spelling, "").strip()) for spelling in (name, name.lower()))
    return next((pair for pair in found if pair[1]), (name, ""))


def _ask_system(origin: Origin) -> str:
    """The URL of the proxy in the system's settings, "" for none or for an exception of theirs."""
    import urllib.request

    read = getattr(urllib.request, f"getproxies_{_SETTINGS}")
    is_bypassed = getattr(urllib.request, f"proxy_bypass_{_SETTINGS}")  # some versions of Python look up the host
    text = str(read().get(origin.scheme, ""))
    return "" if text and is_bypassed(origin.host.strip("[]")) else text


def _parse(text: str, source: str) -> Proxy:
    """The proxy that *text* names, as a URL or as host and port. An error repeats nothing of it but a known scheme."""
    scheme, authority, rest = re.findall(_FORM, text)[0]
    if scheme.lower() not in ("", "http"):
        shown = scheme.lower() if scheme.lower() in _OTHER_SCHEMES else "another one"
        raise RequestError(f"the proxy of {source} has the scheme {shown}, not http", Failure.PROXY_SCHEME)
    if "@" in rest:
        raise RequestError(f"the proxy of {source} has a /, ? or # before its @", Failure.PROXY_FORM)
    if not scheme and rest.strip("/"):
        raise RequestError(f"the proxy of {source} is not a URL", Failure.PROXY_FORM)
    user, at, place = authority.rpartition("@")
    return Proxy(_read_place(place, source), _authorize(user) if at else None)


def _read_place(place: str, source: str) -> Origin:
    origin = parse_origin(f"http://{place}")
    if origin is None:
        host, _, _ = place.rpartition(":")
        part = "port" if parse_origin(f"http://{host}") else "host"
        raise RequestError(f"the proxy of {source} has no usable {part}", Failure.PROXY_FORM)
    return origin


def _authorize(user: str) -> str:
    """The Proxy-Authorization header for ``USER:PASSWORD``, whose special characters are percent-encoded."""
    name, _, password = (unquote_to_bytes(part.encode(errors="surrogateescape")) for part in user.partition(":"))
    return f"Basic {base64.b64encode(name + b':' + password).decode('ascii')}"
