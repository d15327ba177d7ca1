"""Whose certificates are trusted, and what an untrusted one is told of; the servers are real, on every system."""

from __future__ import annotations

import datetime
import errno
import hashlib
import os
import re
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from coder_login.deployment import certificates, tls_failures, transport
from coder_login.deployment.errors import Failure, RequestError, TLSSetupError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from deployment import Deployment
from proxy import RecordingProxy

from cli import Machine, client

pytest_plugins = ["cli_fixtures"]

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
FIRST = "/api/v2/users/first"
CLOCK = r"by this machine's clock \(20\d\d-\d\d-\d\d \d\d:\d\d UTC\)"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of the TLS library is set, and no context of another test is used."""
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF"):
        monkeypatch.delenv(variable, raising=False)
    certificates._get_context.cache_clear()
    yield
    certificates._get_context.cache_clear()


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority that this machine does not know."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """That authority, named in SSL_CERT_FILE."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


def serve(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def serve_pem(pem: bytes, directory: Path) -> ssl.SSLContext:
    """A server's context of the key and the certificates in *pem*, however weak they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    (directory / "server.pem").write_bytes(pem)
    context.load_cert_chain(directory / "server.pem")
    return context


def provoke(context: ssl.SSLContext) -> tuple[str, Failure]:
    """What a request to a server with *context* fails with, without the URL; no request has arrived there."""
    with Deployment(ssl_context=context) as deployment:
        with pytest.raises(RequestError) as caught:
            client(deployment.url, timeout=10).check_deployment()
        assert deployment.requests == []
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    where = f"{deployment.url}{FIRST}: "
    assert caught.value.message.startswith(where)
    return caught.value.message.removeprefix(where), caught.value.failure


def make_key(size: int | None = None) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return ec.generate_private_key(ec.SECP256R1()) if size is None else rsa.generate_private_key(65537, size)


def make_pem(*names: str, size: int | None = None, issuer: bytes | None = None, is_authority: bool = False) -> bytes:
    """A key and a certificate for *names* without key identifiers, signed by the PEM of *issuer* or by itself."""
    key = make_key(size)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    signer, signer_name = key, subject
    if issuer is not None:
        loaded = serialization.load_pem_private_key(issuer, None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signer, signer_name = loaded, x509.load_pem_x509_certificate(issuer).subject
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
    builder = x509.CertificateBuilder(
        signer_name, subject, key.public_key(), x509.random_serial_number(), NOW - DAY, NOW + DAY
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    certificate = builder.sign(signer, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


def name_by_hash(authority: trustme.CA) -> str:
    """The name under which OpenSSL looks for the authority: X509_NAME_hash(3), of the canonical form of the subject."""
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    canonical = b"".join(
        x509.Name([x509.NameAttribute(part.oid, " ".join(str(part.value).lower().split()))]).public_bytes()[2:]
        for part in subject
    )
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}.0"


def trust(pem: bytes, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    (directory / "trusted.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(directory / "trusted.pem"))


# Each flaw of a certificate.


@pytest.mark.parametrize(
    ("start", "end", "fact", "failure"),
    [
        pytest.param(-2 * DAY, -DAY, "has expired", Failure.CERTIFICATE_EXPIRED, id="expired"),
        pytest.param(DAY, 2 * DAY, "is not valid yet", Failure.CERTIFICATE_EARLY, id="not-yet-valid"),
    ],
)
def test_a_certificate_of_another_time(
    trusted: trustme.CA, start: datetime.timedelta, end: datetime.timedelta, fact: str, failure: Failure
) -> None:
    """What this machine's clock says is part of it: that may be what is wrong."""
    message, found = provoke(serve(trusted.issue_cert("127.0.0.1", not_before=NOW + start, not_after=NOW + end)))
    assert re.fullmatch(f"the server's certificate, or its authority's, {fact} {CLOCK}", message)
    assert found is failure


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        pytest.param(["dev.example.com"], "dev.example.com", id="one"),
        pytest.param(["a.example", "*.b.example", "10.0.0.1"], "a.example, *.b.example, 10.0.0.1", id="several"),
        pytest.param(
            [f"h{n}.example" for n in range(7)],
            "h0.example, h1.example, h2.example, h3.example, h4.example and 2 more",
            id="seven",
        ),
        pytest.param(["::2", "2001:db8::1:0:0:5"], "::2, 2001:db8::1:0:0:5", id="ipv6"),
        pytest.param([f"{'x' * 60}.{'y' * 60}.example"], f"{'x' * 60}.{'y' * 39}…", id="long"),
    ],
)
def test_a_certificate_of_another_host(trusted: trustme.CA, names: list[str], shown: str) -> None:
    """The names that it is for are told, five at most, and nothing but a handshake was needed to learn them."""
    message, failure = provoke(serve(trusted.issue_cert(*names)))
    assert message == f"the server's certificate is for another host: {shown}"
    assert failure is Failure.CERTIFICATE_HOST


def test_a_certificate_without_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A common name alone is not looked at."""
    pem = make_pem()
    trust(pem, monkeypatch, tmp_path)
    message, failure = provoke(serve_pem(pem, tmp_path))
    assert message == "the server's certificate names no host (a common name does not count)"
    assert failure is Failure.CERTIFICATE_NAMELESS


def test_a_name_with_a_control_character_is_escaped(monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA) -> None:
    """An authority can sign what it likes."""
    monkeypatch.setattr(transport, "find_names", lambda *_: ["a\x1b[31m\u202e"])
    message, _ = provoke(serve(trusted.issue_cert("dev.example.com")))
    assert message == "the server's certificate is for another host: a\\x1b[31m\\u202e"


def test_names_that_do_not_come_are_not_waited_for(monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA) -> None:
    """The error is told without them."""
    monkeypatch.setattr(tls_failures, "NAMES_TIMEOUT", 0)
    message, _ = provoke(serve(trusted.issue_cert("dev.example.com")))
    assert message == "the server's certificate is for another host"


def test_no_names_are_looked_up_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA) -> None:
    """Without it that host would be asked, which may not be reachable, or another one."""
    monkeypatch.setattr(transport, "find_names", lambda *_: pytest.fail("that host was asked directly"))
    context = serve(trusted.issue_cert("x.example"))
    with Deployment(host="dev.example.com", ssl_context=context) as deployment, RecordingProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(RequestError) as caught:
            client(deployment.url).check_deployment()
        assert len(proxy.requests) == 1
    assert caught.value.message.endswith(": the server's certificate is for another host")
    assert caught.value.failure is Failure.CERTIFICATE_HOST


UNKNOWN = "the server's certificate comes from an authority that is not known here"
LOCAL = "unable to get local issuer certificate"


def test_an_unknown_authority(authority: trustme.CA) -> None:
    """The usual case of a private one, and of a proxy that looks into TLS."""
    message, failure = provoke(serve(authority.issue_cert("127.0.0.1")))
    assert (message, failure) == (f"{UNKNOWN} ({LOCAL})", Failure.CERTIFICATE_ISSUER)


def test_an_authority_that_is_sent_along(authority: trustme.CA, tmp_path: Path) -> None:
    """The chain is whole then: nothing in between is missing."""
    leaf = authority.issue_cert("127.0.0.1")
    message, failure = provoke(
        serve_pem(leaf.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes(), tmp_path)
    )
    assert message.startswith("the server's certificate comes from an authority that is not trusted here (self")
    assert failure is Failure.CERTIFICATE_AUTHORITY


def test_a_self_signed_certificate(tmp_path: Path) -> None:
    """It has no authority."""
    message, failure = provoke(serve_pem(make_pem("127.0.0.1"), tmp_path))
    assert message.startswith("the server's certificate is signed by itself, not by an authority (self")
    assert failure is Failure.CERTIFICATE_SELF_SIGNED


def test_an_authority_that_is_not_in_the_file(trusted: trustme.CA, tmp_path: Path) -> None:
    """To name a file would be a circle: one is named, and the error says which."""
    message, failure = provoke(serve(trustme.CA().issue_cert("127.0.0.1")))
    assert message == f"{UNKNOWN} ({LOCAL}; SSL_CERT_FILE names {tmp_path / 'authority.pem'})"
    assert failure is Failure.CERTIFICATE_FILE


def test_a_missing_intermediate(trusted: trustme.CA, tmp_path: Path) -> None:
    """The authority is known, and what links the two is not sent."""
    leaf = trusted.create_child_ca().issue_cert("127.0.0.1")
    alone = leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes()
    assert provoke(serve_pem(alone, tmp_path))[0].startswith(f"{UNKNOWN} (")


def test_a_python_without_authorities(monkeypatch: pytest.MonkeyPatch, authority: trustme.CA) -> None:
    """As a slim container has it, or Python from python.org on macOS: no certificate is at fault then."""
    monkeypatch.setattr(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setattr(certificates, "_list_directories", list)
    message, failure = provoke(serve(authority.issue_cert("127.0.0.1")))
    assert message == f"this machine's Python knows no certificate authority ({LOCAL})"
    assert failure is Failure.CERTIFICATE_NO_AUTHORITIES


def test_an_authority_without_key_identifiers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Python asks for them from 3.13 on; the flag is set here by hand, for every version."""
    root = make_pem(is_authority=True)
    trust(root, monkeypatch, tmp_path)
    strict = certificates.make_tls_context()
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(transport, "make_tls_context", lambda: strict)
    message, failure = provoke(serve_pem(make_pem("127.0.0.1", issuer=root), tmp_path))
    start = "the server's certificate, or its authority's, is not made as RFC 5280 asks for ("
    assert message.startswith(start)
    assert re.search("Authority Key Identifier|Subject Key Identifier|key usage", message)
    assert failure is Failure.CERTIFICATE_FORM


def test_a_weak_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that this machine's TLS library no longer accepts."""
    pem = make_pem("127.0.0.1", size=1024)
    trust(pem, monkeypatch, tmp_path)
    strong = certificates.make_tls_context()
    strong.set_ciphers("DEFAULT:@SECLEVEL=2")
    monkeypatch.setattr(transport, "make_tls_context", lambda: strong)
    message, failure = provoke(serve_pem(pem, tmp_path))
    assert message.startswith("a key or a signature in the server's certificates is too weak (")
    assert failure is Failure.CERTIFICATE_WEAK


def test_what_has_no_row_is_told_in_the_librarys_words() -> None:
    """No code is left without a fact."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = 23, "certificate revoked\x1b"
    assert tls_failures.explain_tls(error, lambda: None) == (
        Failure.CERTIFICATE,
        "the server's certificate is not trusted (certificate revoked\\x1b)",
    )


@pytest.mark.parametrize("code", [2, 20, 21])
def test_an_unknown_issuer_is_one_by_its_code(code: int) -> None:
    """The server's certificate has none that is known, or one in between has none: 2 comes from there alone."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = code, "flaw"
    assert tls_failures.explain_tls(error, lambda: None) == (Failure.CERTIFICATE_ISSUER, f"{UNKNOWN} (flaw)")


@pytest.mark.parametrize(
    ("failure", "codes"),
    [
        pytest.param(Failure.CERTIFICATE_FORM, {24, 25, 26, 32, 34, 37, 39, 41, 47, 48, 49, *range(76, 95)}, id="form"),
        pytest.param(Failure.CERTIFICATE_WEAK, {66, 67, 68}, id="weak"),
        pytest.param(Failure.CERTIFICATE_HOST, {62, 64}, id="host"),
    ],
)
def test_a_flaw_of_a_certificate_is_one_by_its_code(failure: Failure, codes: set[int]) -> None:
    """Whatever the words of this version of OpenSSL are; all the others have another meaning."""
    found = set()
    for code in range(120):
        error = ssl.SSLCertVerificationError(1, "x")
        error.verify_code, error.verify_message = code, "flaw"
        if tls_failures.explain_tls(error, lambda: None)[0] is failure:
            found.add(code)
    assert found == codes


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, "n0"), (5, "n0, n1, n2, n3, n4"), (6, "n0, n1, n2, n3, n4 and 1 more"), (9, "n0, n1, n2, n3, n4 and 4 more")],
)
def test_five_names_of_another_host_are_shown(count: int, shown: str) -> None:
    """A certificate can have hundreds."""
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = 62, "flaw"
    fact = f"the server's certificate is for another host: {shown}"
    names = [f"n{number}" for number in range(count)]
    assert tls_failures.explain_tls(error, lambda: names) == (Failure.CERTIFICATE_HOST, fact)


# Other flaws of TLS.


def test_an_old_version(trusted: trustme.CA) -> None:
    """TLS 1.1 is too old for this machine's library."""
    context = serve(trusted.issue_cert("127.0.0.1"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    message, failure = provoke(context)
    assert message.startswith("the server and this machine have no TLS version or cipher in common (")
    assert failure is Failure.TLS_VERSION


@pytest.mark.parametrize(
    ("found", "used"),
    [(ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_2), (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)],
    ids=["any", "newer"],
)
def test_an_old_version_is_never_offered(
    monkeypatch: pytest.MonkeyPatch, found: ssl.TLSVersion, used: ssl.TLSVersion
) -> None:
    """Some systems' Python would, and leaves it to the library to refuse; a stricter setting of the system holds."""
    context = ssl.create_default_context()
    context.minimum_version = found
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    assert certificates.make_tls_context().minimum_version is used


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", Failure.TLS_CLIENT_CERTIFICATE),
        ("SSLV3_ALERT_BAD_CERTIFICATE", Failure.TLS_CLIENT_CERTIFICATE),
        ("DH_KEY_TOO_SMALL", Failure.CERTIFICATE_WEAK),
        ("EE_KEY_TOO_SMALL", Failure.CERTIFICATE_WEAK),
        ("CA_KEY_TOO_SMALL", Failure.CERTIFICATE_WEAK),
        ("CA_MD_TOO_WEAK", Failure.CERTIFICATE_WEAK),
        ("BAD_ECPOINT", Failure.CERTIFICATE_WEAK),
        ("RECORD_LAYER_FAILURE", Failure.TLS_NONE),
        ("WRONG_VERSION_NUMBER", Failure.TLS_NONE),
        ("HTTP_REQUEST", Failure.TLS_NONE),
        ("PACKET_LENGTH_TOO_LONG", Failure.TLS_NONE),
        ("UNSUPPORTED_PROTOCOL", Failure.TLS_VERSION),
        ("TLSV1_ALERT_PROTOCOL_VERSION", Failure.TLS_VERSION),
        ("TLSV1_ALERT_INSUFFICIENT_SECURITY", Failure.TLS_VERSION),
        ("NO_PROTOCOLS_AVAILABLE", Failure.TLS_VERSION),
        ("UNSAFE_LEGACY_RENEGOTIATION_DISABLED", Failure.TLS_VERSION),
        ("VERSION_TOO_LOW", Failure.TLS_VERSION),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", Failure.TLS),
        (None, Failure.TLS),
    ],
)
def test_a_flaw_is_one_by_its_reason(reason: str | None, failure: Failure) -> None:
    """Whatever the words of this version of OpenSSL are; they are told, too."""
    error = ssl.SSLError(1, "its words\x1b")
    error.reason = reason  # type: ignore[assignment]  # None is what Python's own ones have
    found, fact = tls_failures.explain_tls(error, lambda: None)
    assert found is failure
    assert fact.endswith(" (its words\\x1b)")


@pytest.mark.parametrize(
    ("reason", "failure", "fact"),
    [
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            Failure.TLS_CLIENT_CERTIFICATE,
            "the server wants a certificate of this client",
        ),
        ("DH_KEY_TOO_SMALL", Failure.CERTIFICATE_WEAK, "a key or a signature of the server is too weak"),
    ],
)
def test_what_is_known_by_its_reason_has_a_fact(reason: str, failure: Failure, fact: str) -> None:
    """It says what is wrong; the library's words come after it."""
    error = ssl.SSLError(1, "its words")
    error.reason = reason
    assert tls_failures.explain_tls(error, lambda: None) == (failure, f"{fact} (its words)")


@pytest.mark.parametrize("kind", [ssl.SSLError, ssl.SSLEOFError, ssl.SSLCertVerificationError])
def test_an_error_of_python_itself_has_a_fact(kind: type[ssl.SSLError]) -> None:
    """It has neither a reason nor a code."""
    failure, fact = tls_failures.explain_tls(kind(1, "its words"), lambda: None)
    assert failure in (Failure.TLS, Failure.CERTIFICATE)
    assert fact.endswith(" (its words)")


# The variables of the TLS library.


def fail_to_set_up() -> TLSSetupError:
    with Deployment() as deployment:
        url = deployment.url.replace("http:", "https:")
        with pytest.raises(TLSSetupError) as caught:
            client(url).check_deployment()
        assert deployment.requests == []
    return caught.value


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        pytest.param(None, "does not exist", id="missing"),
        pytest.param("directory", "is a directory", id="directory"),
        pytest.param(b"", "has no certificate in PEM form", id="empty"),
        pytest.param(b"\x30\x82\x01\x00\xff", "has no certificate in PEM form", id="not-pem"),
        pytest.param(make_pem().partition(b"-----BEGIN CERT")[0], "has no certificate in PEM form", id="key-alone"),
        pytest.param(
            make_pem() + b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "is damaged (", id="damaged"
        ),
    ],
)
def test_a_file_of_certificates_that_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | str | None, flaw: str
) -> None:
    """OpenSSL ignores it in silence; the error names it before anything is sent."""
    path = tmp_path / "ca\u202e.pem"
    if content == "directory":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    error = fail_to_set_up()
    shown = str(path).replace("\u202e", "\\u202e")
    assert error.message.startswith(f"SSL_CERT_FILE names {shown}, which {flaw}")
    assert error.variable == "SSL_CERT_FILE"


@pytest.mark.parametrize("reason", ["NO_CERTIFICATE_OR_CRL_FOUND", "NO_START_LINE"])
def test_a_file_without_a_certificate_is_told_by_every_openssl(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: str
) -> None:
    """An older one has another word for it."""

    class Context(ssl.SSLContext):
        def load_verify_locations(self, *_: object, **__: object) -> None:
            error = ssl.SSLError(1, "no PEM")
            error.reason = reason
            raise error

    (tmp_path / "ca.pem").touch()
    monkeypatch.setattr(ssl, "create_default_context", lambda: Context(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    error = fail_to_set_up()
    assert error.message.endswith("which has no certificate in PEM form")
    assert isinstance(error.__cause__, ssl.SSLError)


def test_a_file_of_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the system's reason."""

    class Context(ssl.SSLContext):
        def load_verify_locations(self, *_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

    file = tmp_path / "ca.pem"
    file.touch()
    monkeypatch.setattr(ssl, "create_default_context", lambda: Context(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    error = fail_to_set_up()
    assert error.message == f"SSL_CERT_FILE names {file}, which can't be read (Permission denied)"
    assert isinstance(error.__cause__, PermissionError)


def test_a_certificate_in_place_of_a_files_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not repeated: it can be the file with the key."""
    monkeypatch.setenv("SSL_CERT_FILE", "-----BEGIN PRIVATE KEY-----\nhunter2")
    assert fail_to_set_up().message == "SSL_CERT_FILE holds several lines, and not the name of a file"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes and devices of POSIX")
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_could_be_read_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    """A named pipe that nobody writes to would hold the command for ever, before any time limit counts."""
    path = Path("/dev/null") if kind == "device" else tmp_path / "ca.pem"
    if sys.platform != "win32" and kind == "pipe":
        os.mkfifo(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr(certificates, "_create_context", lambda: pytest.fail("it was opened"))
    assert fail_to_set_up().message == f"SSL_CERT_FILE names {path}, which is not a regular file"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_certificates_from_a_pipe(authority: trustme.CA, machine: Machine) -> None:
    """A shell's <(cat …) can be read once, and works."""
    with Deployment(ssl_context=serve(authority.issue_cert("127.0.0.1"))) as deployment:
        token = deployment.issue_token()
        file = machine.home / "a.pem"
        authority.cert_pem.write_to_path(file)
        script = 'SSL_CERT_FILE=<(cat "$1") exec "$2" -P -m coder_login login --no-open "$3"'
        words = ["bash", "-c", script, "-", str(file), sys.executable, deployment.url]
        done = subprocess.run(
            words, env=machine.environment(), input=token.encode(), capture_output=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="a descriptor has a name of this form on Linux")
def test_an_open_pipe_has_a_name_in_proc_too(monkeypatch: pytest.MonkeyPatch, authority: trustme.CA) -> None:
    """What is open there and no pipe is refused, as anywhere else."""
    reading, writing = os.pipe()
    os.write(writing, authority.cert_pem.bytes())
    os.close(writing)
    monkeypatch.setenv("SSL_CERT_FILE", f"/proc/{os.getpid()}/fd/{reading}")
    assert certificates.make_tls_context().cert_store_stats()["x509"] == 1
    here, there = socket.socketpair()
    with here, there:
        name = f"/proc/{os.getpid()}/fd/{here.fileno()}"
        monkeypatch.setenv("SSL_CERT_FILE", name)
        assert fail_to_set_up().message == f"SSL_CERT_FILE names {name}, which is not a regular file"
    os.close(reading)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_empty_variable_is_as_good_as_unset(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """OpenSSL itself would trust nobody then."""
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setenv("SSL_CERT_DIR", "")
    before = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.delenv("SSL_CERT_DIR")
    before.load_default_certs()
    monkeypatch.setenv(variable, "")
    assert certificates.make_tls_context().cert_store_stats() == before.cert_store_stats()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_empty_variable_leaves_the_systems_place(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path, variable: str
) -> None:
    """What OpenSSL itself looks for there is trusted; here a place that only this authority is at."""
    file = tmp_path / name_by_hash(authority)
    authority.cert_pem.write_to_path(file)
    own = {"openssl_cafile": str(file)} if variable == "SSL_CERT_FILE" else {"openssl_capath": str(tmp_path)}
    places = ssl.get_default_verify_paths()._replace(**own)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: places)
    monkeypatch.setenv(variable, "")
    with Deployment(ssl_context=serve(authority.issue_cert("127.0.0.1"))) as deployment:
        client(deployment.url).check_deployment()


@pytest.mark.parametrize("place", ["none", None], ids=["missing", "empty"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_system_without_its_place_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, place: str | None
) -> None:
    """Then nobody is trusted, as by OpenSSL itself; the handshake says so."""
    none = str(tmp_path / place) if place else ""
    places = ssl.get_default_verify_paths()._replace(openssl_cafile=none, openssl_capath=none)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: places)
    monkeypatch.setenv(variable, "")
    certificates.build_tls_context()


def test_a_directory_that_is_named_is_trusted_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not the system's own beside it."""
    loaded = []

    class Context(ssl.SSLContext):
        def load_verify_locations(self, *_: object, **places: object) -> None:
            loaded.append(places)

    monkeypatch.setattr(ssl, "create_default_context", lambda: Context(ssl.PROTOCOL_TLS_CLIENT))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    certificates.build_tls_context()
    assert loaded == []


def test_one_certificate_is_enough_to_know_an_authority(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path
) -> None:
    """An error of an unknown issuer is not put down to an empty store then."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert not certificates.knows_authorities(context)
    authority.configure_trust(context)
    assert certificates.knows_authorities(context)


@pytest.mark.parametrize(
    ("names", "known"),
    [
        pytest.param(["1a2b3c4d.0"], True, id="hash"),
        pytest.param(["1a2b3c4d.12"], True, id="second-hash"),
        pytest.param(["1a2b3c4d", "1A2B3C4D.0", "authority.pem"], False, id="no-hash"),
        pytest.param([], False, id="empty"),
    ],
)
def test_a_directory_of_hashed_names_knows_an_authority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, names: list[str], known: bool
) -> None:
    """OpenSSL reads it when it is asked; a directory that is not there has none."""
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path / "none"), str(tmp_path)]))
    assert certificates.knows_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) is known
    monkeypatch.setenv("SSL_CERT_FILE", "a.pem")
    useless = "" if known else ", where no file is named by a hash"
    expected = f"SSL_CERT_FILE names a.pem; SSL_CERT_DIR names {os.environ['SSL_CERT_DIR']}{useless}"
    assert certificates.describe_sources() == expected


def test_the_systems_own_directory_knows_authorities_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no variable names another one."""
    (tmp_path / "1a2b3c4d.0").touch()
    places = ssl.get_default_verify_paths()._replace(openssl_capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: places)
    assert certificates.knows_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def test_a_directory_of_certificates_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Several may be named: one that is there is enough."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    error = fail_to_set_up()
    assert error.message == f"SSL_CERT_DIR names {tmp_path / 'none'}, which is not a directory"
    assert error.variable == "SSL_CERT_DIR"
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'none'}{os.pathsep}{tmp_path}")
    certificates.make_tls_context()


def test_a_missing_directory_beside_a_file_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA, tmp_path: Path
) -> None:
    """conda names both on Windows, and makes one."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with Deployment(ssl_context=serve(trusted.issue_cert("127.0.0.1"))) as deployment:
        client(deployment.url).check_deployment()
    assert len(deployment.requests) == 1


def test_a_directory_without_hashed_names_is_named(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path
) -> None:
    """OpenSSL finds a certificate there by its hash alone: the file beside it is as good as not there."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    message, _ = provoke(serve(authority.issue_cert("127.0.0.1")))
    assert message == f"{UNKNOWN} ({LOCAL}; SSL_CERT_DIR names {tmp_path}, where no file is named by a hash)"


def test_a_directory_with_a_hashed_name_is_trusted(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path
) -> None:
    """As `openssl rehash` makes it."""
    authority.cert_pem.write_to_path(tmp_path / name_by_hash(authority))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with Deployment(ssl_context=serve(authority.issue_cert("127.0.0.1"))) as deployment:
        client(deployment.url).check_deployment()


@pytest.mark.parametrize("make", [True, False], ids=["directory", "missing-directory"])
def test_a_key_log_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: bool) -> None:
    """An error about the variable, and not a bug in the command."""
    path = tmp_path if make else tmp_path / "none" / "log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    error = fail_to_set_up()
    assert error.message.startswith(f"SSLKEYLOGFILE names {path}, which can't be written (")
    assert error.variable == "SSLKEYLOGFILE"
    assert isinstance(error.__cause__, OSError)


def test_a_system_that_denies_its_certificates_is_no_fault_of_a_key_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows they are in a store that has to be opened."""

    def fail() -> ssl.SSLContext:
        raise PermissionError(errno.EACCES, "no access")

    monkeypatch.setattr(ssl, "create_default_context", fail)
    error = fail_to_set_up()
    assert (error.message, error.variable) == ("the TLS library can't be used (no access)", "")


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_key_log_that_nobody_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A named pipe: to open it would hold the command for ever, before any time limit counts."""
    path = tmp_path / "log"
    if sys.platform != "win32":
        os.mkfifo(path)
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    monkeypatch.setattr(ssl, "create_default_context", lambda: pytest.fail("it was opened"))
    reason = os.strerror(errno.ENXIO)
    assert fail_to_set_up().message == f"SSLKEYLOGFILE names {path}, which can't be written ({reason})"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_a_key_log_is_not_looked_at_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """To look would be to open it, without a way not to wait; played."""
    path = tmp_path / "log"
    if sys.platform != "win32":
        os.mkfifo(path)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "open", lambda *arguments: pytest.fail("it was opened"))
    certificates._check_key_log(str(path))


@pytest.mark.parametrize("conf", ["/etc/mine.cnf", ""], ids=["set", "unset"])
def test_a_tls_library_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, conf: str) -> None:
    """As with a configuration that names a provider which is not there."""

    def fail() -> ssl.SSLContext:
        raise ssl.SSLError(1, "[SSL: LIBRARY_HAS_NO_CIPHERS] library has no ciphers")

    monkeypatch.setattr(ssl, "create_default_context", fail)
    monkeypatch.setenv("OPENSSL_CONF", conf)
    error = fail_to_set_up()
    named = " with the file that OPENSSL_CONF names, /etc/mine.cnf" if conf else ""
    reason = "[SSL: LIBRARY_HAS_NO_CIPHERS] library has no ciphers"
    assert error.message == f"the TLS library can't be used{named} ({reason})"
    assert error.variable == ("OPENSSL_CONF" if conf else "")
    assert isinstance(error.__cause__, ssl.SSLError)


@pytest.mark.skipif(sys.platform == "win32", reason="the configuration of a POSIX library")
def test_a_broken_configuration_of_the_library(machine: Machine) -> None:
    """The real one, in a process of its own, for it is read once."""
    conf = machine.home / "openssl.cnf"
    conf.write_text("openssl_conf = i\n[i]\nproviders = p\n[p]\nx = f\n[f]\nmodule = none\nactivate = 1\n")
    run = machine.run("login", "https://127.0.0.1:1", env={"OPENSSL_CONF": str(conf)})
    assert run.code == 1
    assert f"error: The TLS library can't be used with the file that OPENSSL_CONF names, {conf} (" in run.stderr
    assert run.stderr.endswith("\nUnset it, or fix that file.\n")


def test_a_deployment_without_tls_needs_none_of_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable that is wrong stops nothing that does not use it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    with Deployment() as deployment:
        client(deployment.url).check_deployment()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_each_variable_is_looked_at_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    """It is named after a context was made without it."""
    certificates.make_tls_context()
    monkeypatch.setenv(variable, str(tmp_path / "none" / "keys"))
    assert fail_to_set_up().variable == variable


def test_the_variables_are_looked_at_again(monkeypatch: pytest.MonkeyPatch, trusted: trustme.CA) -> None:
    """A program that sets one while it runs is not left with the old context."""
    before = certificates.make_tls_context()
    assert certificates.make_tls_context() is before
    monkeypatch.delenv("SSL_CERT_FILE")
    assert certificates.make_tls_context() is not before


def test_a_wrong_variable_in_the_real_command(machine: Machine) -> None:
    """Its error and its step, in that order."""
    run = machine.run("login", "https://127.0.0.1:1", env={"SSL_CERT_FILE": str(machine.home / "none.pem")})
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        f"error: SSL_CERT_FILE names {machine.home / 'none.pem'}, which does not exist\n"
        "Name a file of certificates in PEM form, or unset it to trust the system's authorities.\n"
    )


def test_verification_is_on_in_every_context() -> None:
    """No option and no variable turns TLS verification off."""
    context = certificates.make_tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
