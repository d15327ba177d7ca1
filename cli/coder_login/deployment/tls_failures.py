"""What a failed TLS handshake means: by the code of the certificate's check, else by the TLS library's reason."""

from __future__ import annotations

import ipaddress
import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, TypeAlias

from coder_login.deployment.addresses import compress_ipv6, parse_address
from coder_login.deployment.certificates import (
    FILE_VARIABLE,
    build_tls_context,
    describe_sources,
    knows_authorities,
    make_tls_context,
)
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Dialer
from coder_login.deployment.errors import Failure, TLSSetupError
from coder_login.deployment.faults import ERRORS
from coder_login.deployment.tls_wire import CERTIFICATE_WANTED, TLSWire
from coder_login.deployment.url import Origin
from coder_login.deployment.wire import BareWire
from coder_login.text import printable

NameFinder: TypeAlias = Callable[[], list[str] | None]

NAMES_TIMEOUT = 5.0
"""Seconds that the look at the names in another host's certificate may take at most."""

_NAMES_SHOWN = 5

# Codes of OpenSSL's include/openssl/x509_vfy.h: X509_V_ERR_…
_CERT_NOT_YET_VALID = 9
_CERT_HAS_EXPIRED = 10
_DEPTH_ZERO_SELF_SIGNED_CERT = 18
_SELF_SIGNED_CERT_IN_CHAIN = 19
_UNKNOWN_ISSUER = frozenset({2, 20, 21})  # UNABLE_TO_GET_ISSUER_CERT, its _LOCALLY, UNABLE_TO_VERIFY_LEAF_SIGNATURE
_UNKNOWN_AUTHORITY = _UNKNOWN_ISSUER | {_DEPTH_ZERO_SELF_SIGNED_CERT, _SELF_SIGNED_CERT_IN_CHAIN}
_OTHER_HOST = frozenset({62, 64})  # HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH
_WEAK = frozenset({66, 67, 68})  # EE_KEY_TOO_SMALL, CA_KEY_TOO_SMALL, CA_MD_TOO_WEAK
# NO_ISSUER_PUBLIC_KEY (INVALID_CA before OpenSSL 3), PATH_LENGTH_EXCEEDED, INVALID_PURPOSE; KEYUSAGE_NO_CERTSIGN;
# UNHANDLED_CRITICAL_EXTENSION, INVALID_NON_CA, KEYUSAGE_NO_DIGITAL_SIGNATURE, INVALID_EXTENSION; name constraints;
# signature algorithms; INVALID_CA; and, from 80 on, what X509_V_FLAG_X509_STRICT asks for, as Python does from 3.13 on:
# MISSING_AUTHORITY_KEY_IDENTIFIER (85), MISSING_SUBJECT_KEY_IDENTIFIER (86), CA_CERT_MISSING_KEY_USAGE (92) and others.
_FORM = frozenset({*range(24, 27), 32, 34, 37, 39, 41, *range(47, 50), *range(76, 95)})

_REASONS: dict[Failure, tuple[str, frozenset[str]]] = {
    Failure.TLS_VERSION: (
        "the server and this machine have no TLS version or cipher in common",
        frozenset(
            {
                "UNSUPPORTED_PROTOCOL",
                "TLSV1_ALERT_PROTOCOL_VERSION",
                "TLSV1_ALERT_INSUFFICIENT_SECURITY",
                "NO_PROTOCOLS_AVAILABLE",
                "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
                "VERSION_TOO_LOW",
            }
        ),
    ),
    Failure.CERTIFICATE_WEAK: (
        "a key or a signature of the server is too weak",
        frozenset({"DH_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "BAD_ECPOINT"}),
    ),
    Failure.TLS_CLIENT_CERTIFICATE: (
        "the server wants a certificate of this client",
        CERTIFICATE_WANTED,
    ),
    Failure.TLS_NONE: (
        "the server does not speak TLS",
        frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}),
    ),
}


def explain_tls(error: ssl.SSLError, ask_names: NameFinder) -> tuple[Failure, str]:
    """The failure that *error* is, and the fact, for a person; *ask_names* is how to learn a certificate's names."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error, ask_names)
    detail = printable(str(error))
    reason = getattr(error, "reason", None)  # one of Python's own has none, and no code either
    for failure, (fact, reasons) in _REASONS.items():
        if reason in reasons:
            return failure, f"{fact} ({detail})"
    return Failure.TLS, f"no TLS connection could be made ({detail})"


def _explain_certificate(error: ssl.SSLCertVerificationError, ask_names: NameFinder) -> tuple[Failure, str]:
    code, detail = getattr(error, "verify_code", 0), printable(getattr(error, "verify_message", str(error.strerror)))
    if code in _UNKNOWN_AUTHORITY:
        return _explain_authority(code, detail)
    if code in _OTHER_HOST:
        return _explain_names(ask_names())
    clock = f"by this machine's clock ({time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())})"
    if code == _CERT_HAS_EXPIRED:
        return Failure.CERTIFICATE_EXPIRED, f"the server's certificate, or its authority's, has expired {clock}"
    if code == _CERT_NOT_YET_VALID:
        return Failure.CERTIFICATE_EARLY, f"the server's certificate, or its authority's, is not valid yet {clock}"
    if code in _WEAK:
        return Failure.CERTIFICATE_WEAK, f"a key or a signature in the server's certificates is too weak ({detail})"
    if code in _FORM:
        fact = "the server's certificate, or its authority's, is not made as RFC 5280 asks for"
        return Failure.CERTIFICATE_FORM, f"{fact} ({detail})"
    return Failure.CERTIFICATE, f"the server's certificate is not trusted ({detail})"


def _explain_authority(code: int, detail: str) -> tuple[Failure, str]:
    if not knows_authorities(make_tls_context()):
        return Failure.CERTIFICATE_NO_AUTHORITIES, f"this machine's Python knows no certificate authority ({detail})"
    failure, who = Failure.CERTIFICATE_AUTHORITY, "comes from an authority that is not trusted here"
    if code == _DEPTH_ZERO_SELF_SIGNED_CERT:
        failure, who = Failure.CERTIFICATE_SELF_SIGNED, "is signed by itself, not by an authority"
    elif code in _UNKNOWN_ISSUER:
        failure, who = Failure.CERTIFICATE_ISSUER, "comes from an authority that is not known here"
    if os.environ.get(FILE_VARIABLE):
        failure = Failure.CERTIFICATE_FILE
    return failure, f"the server's certificate {who} ({'; '.join(filter(None, (detail, describe_sources())))})"


def _explain_names(names: list[str] | None) -> tuple[Failure, str]:
    if names is None:
        return Failure.CERTIFICATE_HOST, "the server's certificate is for another host"
    if not names:
        return Failure.CERTIFICATE_NAMELESS, "the server's certificate names no host (a common name does not count)"
    shown = ", ".join(printable(name, 100) for name in names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return Failure.CERTIFICATE_HOST, f"the server's certificate is for another host: {shown}{more}"


def find_names(origin: Origin, dialer: Dialer, deadline: Deadline) -> list[str] | None:
    """The names in the certificate of the server at *origin*, which must be a trusted authority's; None when unknown.

    It takes one more handshake, after which nothing is sent: Python gives no certificate whose check has failed.
    """
    host = origin.host.strip("[]")
    try:
        context = build_tls_context()
        context.check_hostname = False
        sooner = deadline.shorten(NAMES_TIMEOUT)
        bare = BareWire(dialer.connect(host, origin.port, sooner), sooner)
        with closing(bare):
            tls = TLSWire(bare, context, host)
            tls.shake_hands()
    except (*ERRORS, TLSSetupError):
        return None  # the error that brought us here is told without the names
    return _list_names(tls.get_certificate())


def _list_names(certificate: Mapping[str, Any]) -> list[str]:
    names = certificate.get("subjectAltName", ())
    return [_shorten(str(value).strip()) for kind, value in names if kind in ("DNS", "IP Address")]


def _shorten(name: str) -> str:
    """An IPv6 address as a URL has it; OpenSSL writes every group of it."""
    address = parse_address(name)
    return compress_ipv6(address) if isinstance(address, ipaddress.IPv6Address) else name
