"""Servers whose certificates are too large to be read."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import partial

import trustme

from hostile.calls import Call
from hostile.rows import Row

_NAMES = {"a certificate of 120 KB": 500, "a certificate of 1 MB": 4200}
"""How many names of some 250 bytes each make a certificate so large; OpenSSL takes 100 KB."""


def _make_context(names: int) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    label = "h" * 60
    hosts = (f"host-{number:05d}.{label}.{label}.{label}.example.com" for number in range(names))
    trustme.CA().issue_cert(*hosts).configure_cert(context)
    return context


def _show(context: ssl.SSLContext, call: Call) -> None:
    with context.wrap_socket(call.connection, server_side=True) as connection:
        connection.recv(1)


def list_certificates() -> Iterator[Row]:
    for name, names in _NAMES.items():
        show = partial(_show, _make_context(names))
        yield Row("bombs", f"TLS: {name}", show, "handshake", carriers=("tls", "proxy"))
