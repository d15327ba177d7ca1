"""NO_PROXY, read as the Go CLI reads it.

Its rules are those of https://pkg.go.dev/golang.org/x/net/http/httpproxy: names with and without a leading dot, ports,
addresses, CIDR, ``*``. No name is looked up; what can't be understood is passed over.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import TypeAlias

from coder_login.deployment.url import Origin

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# A host, in brackets when it is an IPv6 address, and a port, which may be empty: what Go's net.SplitHostPort takes.
_HOST_AND_PORT = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*):[^\[\]:]*")


def is_excluded(origin: Origin, no_proxy: str) -> bool:
    """Whether *no_proxy*, the value of NO_PROXY, says that *origin* is asked directly."""
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return "*" in entries or any(_names(entry, origin) for entry in entries)


def _names(entry: str, origin: Origin) -> bool:
    address = _parse_address(origin.host.strip("[]"))
    if network := _parse_network(entry):
        return address is not None and address in network
    host, port = _split(entry)
    if port not in ("", str(origin.port)):
        return False
    return address == _parse_address(host) if address else _is_domain_of(host, origin.host)


def _is_domain_of(domain: str, host: str) -> bool:
    """Whether *host* is in *domain*: itself or below it, or only below it when it starts with a dot or ``*.``."""
    domain = _encode(domain.removeprefix("*") if domain.startswith("*.") else domain)
    if domain.startswith("."):
        return host.endswith(domain)
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(entry: str) -> tuple[str, str]:
    if not _HOST_AND_PORT.fullmatch(entry):
        return entry, ""
    host, _, port = entry.rpartition(":")
    return host.strip("[]"), port


def _parse_address(text: str) -> _Address | None:
    try:
        return _unmap(ipaddress.ip_address(text))
    except ValueError:
        return None


def _unmap(address: _Address) -> _Address:
    # An IPv4 address is the same in either form.
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


def _parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    base, _, length = text.partition("/")
    address = _parse_address(base)
    if address is None or "%" in base or not (length.isascii() and length.isdecimal()):
        return None
    mapped = 96 if address.version == 4 and ":" in base else 0  # bits of the IPv6 prefix of an IPv4 address
    try:
        return ipaddress.ip_network((address, int(length) - mapped), strict=False)
    except ValueError:
        return None


def _encode(domain: str) -> str:
    """The ASCII form of an international name: label for label, as it stands, once it is normalised."""
    labels = unicodedata.normalize("NFKC", domain).split(".")
    return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels)
