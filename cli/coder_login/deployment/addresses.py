"""IP addresses in a URL's host, as a browser reads and writes them: the `URL Standard <https://url.spec.whatwg.org/>`_."""

from __future__ import annotations

import ipaddress
import re


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in its usual form; None for anything else."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_loopback(text: str) -> bool:
    """Whether *text* is an address in 127.0.0.0/8, also as an IPv6 address, or ::1."""
    address = parse_address(text)
    # Asked of the IPv4 address itself: Python before 3.13 does not see through an IPv6 form of it.
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner is not None and inner.is_loopback


def compress_ipv6(address: ipaddress.IPv6Address) -> str:
    """*address* in the short form, the same in every version of Python.

    From 3.13 on Python itself writes an IPv4 address within it with dots, which a browser never does.
    """
    if address.ipv4_mapped is None:
        return address.compressed
    number = int(address.ipv4_mapped)
    return f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"


def ends_in_number(host: str) -> bool:
    """Whether a browser takes *host* for an IPv4 address, or refuses it: its last part is a number, in any base."""
    return _parse_number(_split(host)[-1], octal=False) is not None


def read_ipv4(host: str) -> ipaddress.IPv4Address | None:
    """The address that a browser reads in *host*: one to four numbers, the last one of which fills what is left."""
    numbers = [_parse_number(part) for part in _split(host)]
    if len(numbers) > 4:
        return None
    value, limits = 0, [256] * (len(numbers) - 1) + [256 ** (5 - len(numbers))]
    for number, limit in zip(numbers, limits, strict=True):
        if number is None or number >= limit:
            return None
        value = value * limit + number
    return ipaddress.IPv4Address(value)


def _split(host: str) -> list[str]:
    return host.removesuffix(".").split(".")


def _parse_number(text: str, *, octal: bool = True) -> int | None:
    """The decimal, hexadecimal or *octal* number in *text*; None for what is none."""
    if re.fullmatch("0x[0-9a-f]*", text, re.IGNORECASE):
        return int(text[2:] or "0", 16)
    base = 8 if octal and text.startswith("0") else 10
    return int(text, base) if re.fullmatch("[0-7]+" if base == 8 else "[0-9]+", text) else None
