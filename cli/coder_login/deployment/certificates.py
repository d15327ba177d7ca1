"""The TLS context: whose certificates are trusted here, and the variables of the TLS library that say so.

OpenSSL ignores a variable that names an unusable file, in silence: here it is an error, before anything is sent.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import ssl
import stat
import sys

from coder_login.deployment.errors import TLSSetupError
from coder_login.text import printable, redact

FILE_VARIABLE = "SSL_CERT_FILE"
DIRECTORY_VARIABLE = "SSL_CERT_DIR"
KEY_LOG_VARIABLE = "SSLKEYLOGFILE"
CONFIG_VARIABLE = "OPENSSL_CONF"

_NO_PEM = frozenset({"NO_CERTIFICATE_OR_CRL_FOUND", "NO_START_LINE"})
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")  # as `openssl rehash` makes it


def make_tls_context() -> ssl.SSLContext:
    """A context that trusts the system's authorities, or those of the variables; it always verifies.

    Raises TLSSetupError.
    """
    return _get_context(*map(os.environ.get, (FILE_VARIABLE, DIRECTORY_VARIABLE, KEY_LOG_VARIABLE)))


def build_tls_context() -> ssl.SSLContext:
    """A new context of that kind, for a caller that changes it."""
    file, directories = os.environ.get(FILE_VARIABLE), os.environ.get(DIRECTORY_VARIABLE)
    if file:
        _check_file(file)
    elif directories:  # beside a file, a missing directory does no harm: conda names both, and makes one
        _check_directories(directories)
    context = _create_context()
    if file:
        _load_file(context, file)
    _load_defaults(context, file, directories)
    return context


def knows_authorities(context: ssl.SSLContext) -> bool:
    """Whether there is any certificate to check another one against."""
    return context.cert_store_stats()["x509"] > 0 or any(map(_has_hashed_names, _list_directories()))


def describe_sources() -> str:
    """The variables that say whose certificates are trusted, and what they name, for an error; "" without any."""
    file, directories = os.environ.get(FILE_VARIABLE), os.environ.get(DIRECTORY_VARIABLE)
    facts = [f"{FILE_VARIABLE} names {_show(file)}"] if file else []
    if directories:
        useless = "" if any(map(_has_hashed_names, _list_directories())) else ", where no file is named by a hash"
        facts.append(f"{DIRECTORY_VARIABLE} names {_show(directories)}{useless}")
    return "; ".join(facts)


@functools.cache
def _get_context(*variables: str | None) -> ssl.SSLContext:
    return build_tls_context()


def _check_file(file: str) -> None:
    if "\n" in file:
        raise TLSSetupError(f"{FILE_VARIABLE} holds several lines, and not the name of a file", FILE_VARIABLE)
    if os.path.isdir(file):
        raise _refuse_file(file, "is a directory")
    if not os.path.exists(file):
        raise _refuse_file(file, "does not exist")
    if not (os.path.isfile(file) or _is_shells_pipe(file)):  # to read it could take any time
        raise _refuse_file(file, "is not a regular file")


def _is_shells_pipe(file: str) -> bool:
    """Whether *file* is what a shell makes of ``<(command)``: a pipe that somebody has opened already."""
    return stat.S_ISFIFO(os.stat(file).st_mode) and file.startswith(("/dev/fd/", "/proc/"))


def _check_directories(directories: str) -> None:
    if not any(map(os.path.isdir, directories.split(os.pathsep))):
        fact = f"{DIRECTORY_VARIABLE} names {_show(directories)}, which is not a directory"
        raise TLSSetupError(fact, DIRECTORY_VARIABLE)


def _create_context() -> ssl.SSLContext:
    try:
        _check_key_log(os.environ.get(KEY_LOG_VARIABLE, ""))
        context = ssl.create_default_context()
    except ssl.SSLError as error:
        variable = CONFIG_VARIABLE if os.environ.get(CONFIG_VARIABLE) else ""
        named = f" with the file that {variable} names, {_show(os.environ[variable])}" if variable else ""
        raise TLSSetupError(f"the TLS library can't be used{named} ({_describe(error)})", variable) from error
    except OSError as error:
        path = os.environ.get(KEY_LOG_VARIABLE)
        if not path:  # it is the system's own certificates, then
            raise TLSSetupError(f"the TLS library can't be used ({error.strerror})", "") from error
        fact = f"{KEY_LOG_VARIABLE} names {_show(path)}, which can't be written ({error.strerror})"
        raise TLSSetupError(fact, KEY_LOG_VARIABLE) from error
    # The default of CPython; Debian's Python 3.11 leaves it to the library, which takes older ones, too.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    return context


def _check_key_log(path: str) -> None:
    """Raise OSError for a named pipe that nobody reads: to open it would take any time."""
    if sys.platform != "win32" and os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode):
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


def _load_file(context: ssl.SSLContext, file: str) -> None:
    """Load *file* once more, for the error that was ignored the first time."""
    if stat.S_ISFIFO(os.stat(file).st_mode):
        return  # it is empty by now
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError as error:
        is_other = getattr(error, "reason", None) in _NO_PEM
        flaw = "has no certificate in PEM form" if is_other else f"is damaged ({_describe(error)})"
        raise _refuse_file(file, flaw) from error
    except OSError as error:
        raise _refuse_file(file, f"can't be read ({error.strerror})") from error


def _load_defaults(context: ssl.SSLContext, file: str | None, directories: str | None) -> None:
    """What OpenSSL loads without a variable, for one that is empty: that is as good as unset."""
    paths = ssl.get_default_verify_paths()
    with contextlib.suppress(OSError):
        if file == "":
            context.load_verify_locations(cafile=paths.openssl_cafile)
    with contextlib.suppress(OSError):
        if directories == "":
            context.load_verify_locations(capath=paths.openssl_capath)


def _list_directories() -> list[str]:
    named = os.environ.get(DIRECTORY_VARIABLE)
    return (named or ssl.get_default_verify_paths().openssl_capath).split(os.pathsep)


def _has_hashed_names(directory: str) -> bool:
    try:
        return any(map(_HASHED_NAME.fullmatch, os.listdir(directory)))
    except OSError:
        return False


def _refuse_file(file: str, flaw: str) -> TLSSetupError:
    return TLSSetupError(f"{FILE_VARIABLE} names {_show(file)}, which {flaw}", FILE_VARIABLE)


def _describe(error: ssl.SSLError) -> str:
    return printable(str(error))


def _show(path: str) -> str:
    return printable(redact(path))
