"""Writes docs/troubleshooting.md: each message of the command, and its next step from the table of hints.

Run ``python dev/make_troubleshooting.py`` after an edit of the table. A test fails when the page is not what this
makes, when a row of the table has no message here, and when the command has no such message.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TypeAlias

from coder_login.commands import errors, output
from coder_login.commands.hints import find_step
from coder_login.commands.invocation import Invocation
from coder_login.commands.options import Given
from coder_login.deployment import errors as deployment
from coder_login.deployment.errors import Failure, HeaderError, HeaderFault, RequestError
from coder_login.deployment.session_token import InvalidTokenError, QuotedTokenError
from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.deployment.url_parsing import URLFault
from coder_login.errors import CoderError, KeyLeftError
from coder_login.sessionstore import errors as store
from coder_login.sessionstore import file_errors as files
from coder_login.sessionstore.file_errors import Action, FileError
from coder_login.sessionstore.go_form import Misfits

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"

Sample: TypeAlias = CoderError | errors.Notice | files.FileWarning

URL = DeploymentURL.parse("https://dev.example.com")
HTTP = DeploymentURL.parse("http://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com")
PASTED = DeploymentURL.parse("https://dev.example.com/workspaces")
DIRECTORY = Path("/home/anna/.config/coderv2")
SESSION, URL_FILE = DIRECTORY / "session", DIRECTORY / "url"
FIRST, ME = "https://dev.example.com/api/v2/users/first", "https://dev.example.com/api/v2/users/me"
LOGIN_PAGE = "https://dev.example.com/cli-auth"


def request(fact: str, failure: Failure) -> RequestError:
    return RequestError(f"{FIRST}: {fact}", failure)


def refused(fact: str, status: int, kind: type[deployment.APIError] = deployment.APIError) -> deployment.APIError:
    return kind(fact, status, URL)


READ_ONLY = FileError(SESSION, Action.REMOVED, "Read-only file system")

SECTIONS: list[tuple[str, list[Sample]]] = [
    (
        "The URL",
        [
            errors.UnnamedDeploymentError(),
            errors.MisplacedURLError(URL.origin),
            InvalidURLError("the URL is empty", URLFault.FORM),
            InvalidURLError("the URL can't be parsed", URLFault.PARSING),
            InvalidURLError("the URL has the scheme ftp", URLFault.SCHEME),
            InvalidURLError("the URL holds a user name or a password", URLFault.USER),
            InvalidURLError("the URL's host is not ASCII", URLFault.NOT_ASCII),
            InvalidURLError("a browser takes the URL's host for the address 127.0.0.1", URLFault.NUMBER),
            InvalidURLError("the URL's host is not an IPv6 address", URLFault.IPV6),
            InvalidURLError("the URL has the port 0", URLFault.PORT),
            InvalidURLError("the URL's path has a . or .. in it", URLFault.PATH),
            InvalidURLError("the URL has a query or a fragment", URLFault.QUERY, URL.origin),
            deployment.PageURLError(f"{PASTED} is not a deployment's own URL, and {URL} is", 200, PASTED, URL),
            errors.NoTLSNotice(f"{HTTP} has no TLS: everybody on the way can read the token"),
        ],
    ),
    (
        "The network",
        [
            request("the host's name was not found", Failure.NAME),
            request("no answer within 30 s", Failure.TIMEOUT),
            request("the connection was refused", Failure.REFUSED),
            request("the server hung up without an answer", Failure.CUT_SHORT),
            request("the answer did not end within 30 s", Failure.TIMEOUT),
            request("the answer is longer than 1048576 bytes", Failure.TOO_LONG),
            request("the answer's head has more than 100 lines, or one of more than 16384 bytes", Failure.TOO_LONG),
            request("messages of TLS came without end, and no answer", Failure.TOO_LONG),
            request("the answer is not HTTP (BadStatusLine)", Failure.NOT_HTTP),
            request("the request could not be sent (UnicodeEncodeError)", Failure.UNSENDABLE),
            request("the connection failed (Network is unreachable)", Failure.OTHER),
        ],
    ),
    (
        "Certificates and TLS",
        [
            request("the server's certificate, or its authority's, has expired …", Failure.CERTIFICATE_EXPIRED),
            request("the server's certificate, or its authority's, is not valid yet …", Failure.CERTIFICATE_EARLY),
            request("the server's certificate is for another host …", Failure.CERTIFICATE_HOST),
            request(
                "the server's certificate names no host (a common name does not count)", Failure.CERTIFICATE_NAMELESS
            ),
            request(
                "the server's certificate is signed by itself, not by an authority …", Failure.CERTIFICATE_SELF_SIGNED
            ),
            request(
                "the server's certificate comes from an authority that is not trusted here …",
                Failure.CERTIFICATE_AUTHORITY,
            ),
            request(
                "the server's certificate comes from an authority that is not known here …", Failure.CERTIFICATE_ISSUER
            ),
            request(
                "the server's certificate comes from an authority that is not known here … SSL_CERT_FILE …",
                Failure.CERTIFICATE_FILE,
            ),
            request("this machine's Python knows no certificate authority …", Failure.CERTIFICATE_NO_AUTHORITIES),
            request(
                "the server's certificate, or its authority's, is not made as RFC 5280 asks for …",
                Failure.CERTIFICATE_FORM,
            ),
            request("a key or a signature in the server's certificates is too weak …", Failure.CERTIFICATE_WEAK),
            request("the server's certificate is not trusted …", Failure.CERTIFICATE),
            request("the server and this machine have no TLS version or cipher in common …", Failure.TLS_VERSION),
            request("the server wants a certificate of this client …", Failure.TLS_CLIENT_CERTIFICATE),
            request("the server does not speak TLS …", Failure.TLS_NONE),
            request("no TLS connection could be made …", Failure.TLS),
            deployment.TLSSetupError("SSL_CERT_FILE names …, which has no certificate in PEM form", "SSL_CERT_FILE"),
            deployment.TLSSetupError("SSL_CERT_DIR names …, which is not a directory", "SSL_CERT_DIR"),
            deployment.TLSSetupError("SSLKEYLOGFILE names …, which can't be written", "SSLKEYLOGFILE"),
            deployment.TLSSetupError(
                "the TLS library can't be used with the file that OPENSSL_CONF names, …", "OPENSSL_CONF"
            ),
            deployment.TLSSetupError("the TLS library can't be used …", ""),
        ],
    ),
    (
        "Proxies, sign-ins and redirects",
        [
            request("the proxy does not connect to it (HTTP status 403)", Failure.PROXY),
            request("the proxy asks for a user and a password (HTTP status 407)", Failure.PROXY_LOGIN),
            request("the proxy takes no Basic authentication (HTTP status 407)", Failure.PROXY_LOGIN_KIND),
            RequestError("the proxy of HTTPS_PROXY has the scheme socks5, not http", Failure.PROXY_SCHEME),
            RequestError("the proxy of HTTPS_PROXY has no usable port", Failure.PROXY_FORM),
            deployment.SignInError(
                f"{ME} answered 403 Forbidden, perhaps from something in front of the deployment", 403, URL
            ),
            deployment.WebPageError(f"{FIRST} answered with a web page, not as a Coder deployment", 200, URL),
            deployment.NotCoderError(f"{FIRST} answered with something else, not as a Coder deployment", 200, URL),
            deployment.InFrontError(
                f"{FIRST} answered 502 Bad Gateway, perhaps from something in front of the deployment", 502, URL
            ),
            deployment.RedirectedError(f"{FIRST} redirects to https://login.example.com/…", URL, None),
            deployment.RedirectedError(f"{FIRST} redirects to {OTHER}/api/v2/users/first", URL, OTHER),
            deployment.RedirectedError(f"{FIRST} redirects to {HTTP}/api/v2/users/first", URL, HTTP),
            deployment.ForeignRedirectError(
                f"{URL} redirects to https://login.example.com/…, where its token does not go",
                200,
                URL,
                "https://login.example.com/",
            ),
            request("… redirects to …", Failure.REDIRECTED_NOWHERE),
            RequestError(f"{URL} redirects 10 times in a row", Failure.REDIRECTED_TOO_OFTEN),
            RequestError(
                f"{ME} redirects to https://other.example.com/[hidden], and so tells a secret to another server",
                Failure.REDIRECTED_WITH_SECRET,
            ),
            deployment.CompressedAnswerError(f"the answer of {URL} is compressed (br), and can't be read", 200, URL),
        ],
    ),
    (
        "The deployment's answer",
        [
            *(refused(f"{URL} answered {status} …", status) for status in (403, 404, 429, 500, 502, 503, 504, 418)),
            refused(f"{URL} has no user yet", 404, deployment.NoUserError),
            refused(f"{URL} answered 401 Unauthorized: …", 401, deployment.TokenRefusedError),
            refused(f"the answer of {URL} to users/me is not understood", 200, deployment.UnexpectedAnswerError),
            refused("the session key from the deployment is …", 201, deployment.InvalidKeyError),
        ],
    ),
    (
        "The token",
        [
            errors.TokenVariableSetError("CODER_SESSION_TOKEN is set, and would override whatever this login stores"),
            errors.EmptyTokenVariableError("CODER_SESSION_TOKEN is empty"),
            errors.NoTokenError("no token was given"),
            errors.NoTokenPipedError(LOGIN_PAGE),
            errors.PastedTokenError("that is not a session token: …"),
            errors.ConsolePasteError("that was Ctrl-V itself: this console pastes nothing for it here"),
            InvalidTokenError("--token is not a session token: it holds white space …"),
            QuotedTokenError("CODER_SESSION_TOKEN has quotes around it"),
            errors.RefusedTokenError(f"{URL} answered 401 Unauthorized: …", "--token", LOGIN_PAGE),
            errors.RefusedTokenError(f"{URL} answered 401 Unauthorized: …", "CODER_SESSION_TOKEN", None),
            errors.TokenVariableNotice("CODER_SESSION_TOKEN is still set, and other commands use it"),
        ],
    ),
    (
        "Headers",
        [
            HeaderError("--header has a header without a =", HeaderFault.FORM),
            HeaderError("--header sets Host", HeaderFault.RESERVED),
            HeaderError("CODER_HEADER is not one line of CSV", HeaderFault.CSV),
            HeaderError("the header command did not end within 10 s", HeaderFault.COMMAND),
            HeaderError("the header command failed with exit code 1", HeaderFault.COMMAND_EXIT),
        ],
    ),
    (
        "The stored session",
        [
            store.SessionNotFoundError(f"no session for {URL} in the file {SESSION}", URL),
            store.SessionElsewhereError(f"no session for {URL} in the file {SESSION}", URL),
            store.OriginMismatchError(URL, HTTP.origin, in_keyring=False),
            store.OriginMismatchError(URL, OTHER.origin, same_host=False, in_keyring=False),
            store.OriginMismatchError(
                URL, None, f"an unknown deployment ({URL_FILE} names none)", same_host=False, in_keyring=False
            ),
            store.SchemeNotRecordedError(HTTP),
            errors.OwnerlessSessionError(f"the file {SESSION}"),
            store.URLFileError(f"{URL_FILE} names no deployment: the URL's host is not a host name"),
            store.DamagedTokenError(f"the token in {SESSION} is not a session token: …", URL, in_keyring=False),
            store.SessionConflictError(URL),
            store.StoreLockedError("another process has kept the session store locked: …"),
            store.StoreChangedError(f"another program has changed the files in {DIRECTORY} at the same time"),
            store.RestoreError(f"the files in {DIRECTORY} could not be put back as they were: …", READ_ONLY),
            store.MigrationError(f"the session is still in the file {SESSION}: interrupted", None),
            KeyLeftError(f"interrupted; nothing was stored here, but {URL} may have made a session key", URL),
            errors.NotRevokedError(URL, "perhaps not revoked: …"),
            errors.HalfLoggedOutError(
                f"{READ_ONLY.message}: the session of {URL} was revoked, and is still stored in the file {SESSION}",
                URL,
                READ_ONLY,
                1,
            ),
            errors.AnotherSessionNotice(
                f"another session was stored in the file {SESSION} meanwhile, and was left alone"
            ),
            errors.LeftoverNotice(f"a plaintext session of the same deployment is left in the file {SESSION}", URL),
            errors.DisplacedNotice(
                f"the plaintext session of {OTHER} was replaced, because the url file now names {URL}", str(OTHER)
            ),
        ],
    ),
    (
        "The files",
        [
            files.NoConfigDirectoryError("HOME"),
            files.NoLockDirectoryError(Path("state/coderv2"), "XDG_STATE_HOME or HOME"),
            *(FileError(SESSION, action, "…") for action in Action),
            files.LockError("the session store can't be locked: No locks available"),
            files.LinkError(SESSION),
            files.ForeignFileError(SESSION, "is not a file"),
            files.UntrustedFileError(URL_FILE, owner=1001),
            files.UntrustedFileError(URL_FILE),
            files.InsecureFileWarning(SESSION),
            files.InsecureDirectoryWarning(DIRECTORY),
            files.LeftoverFileWarning(DIRECTORY / ".session.old"),
        ],
    ),
    (
        "The keyring",
        [
            store.UnsupportedKeyringError("there is no supported keyring on this system (linux)"),
            store.NoLogonSessionKeyringError(
                "the Windows Credential Manager failed: …: … no credential store (Windows error 1312)"
            ),
            store.NotPersistentError("Windows keeps no credentials beyond this logon session"),
            store.KeyringDeniedError("the Windows Credential Manager failed: … denies access … (Windows error 5)"),
            store.KeyringFullError("the Windows Credential Manager failed: … (Windows error 8)"),
            store.KeyringLimitError("the Windows Credential Manager failed: … (Windows error 1783)"),
            store.KeyringInstallationError("the Windows Credential Manager can't be reached: …"),
            store.KeyringFailedError("the Windows Credential Manager failed: … (Windows error …)"),
            store.NoRoomError("the keyring has no room for another session: …", (OTHER,)),
            store.NoRoomError("the keyring has no room for another session: … bytes are needed, …", ()),
            store.NoRoomError("the Windows Credential Manager failed: …: … is too large"),
            store.AmbiguousSessionError(("dev.example.com", "dev.example.com:443"), URL.origin),
            store.StoreDamagedError("text that is not JSON: an error at character 3 of 90"),
            store.StoreDamagedError('the entry "dev.example.com" is a JSON string, not an object', "dev.example.com"),
            store.StoreInOrderError("coder-v2-credentials"),
            store.NothingStoredError("coder-v2-credentials"),
            store.WriteLostError("the keyring did not keep what was written, 5 times in a row"),
            store.KeyringRestoreError("the keyring could not be put back as it was: …", READ_ONLY),
            errors.MisfitNotice(Misfits(["it is a single session, in an older form"], is_mended=True)),
            errors.MisfitNotice(
                Misfits(['the entry "dev.example.com" is a JSON string, not an object'], False, has_hosts=True)
            ),
            errors.MisfitNotice(
                Misfits(['the entry "version" is a JSON number, not an object'], False, has_hosts=True, has_others=True)
            ),
            errors.MisfitNotice(Misfits(['the entry "" is a JSON number, not an object'], False, has_others=True)),
        ],
    ),
    (
        "The command itself",
        [
            errors.ForeignCommandError("ssh"),
            errors.NobodyToAskError(),
            errors.UnwrittenAnswerError("the answer could not be written: No space left on device"),
            errors.BugError("an unforeseen RuntimeError in login.py, line 1"),
        ],
    ),
]

HEAD = """\
# Troubleshooting

By what the command says, after `error:` or `warning:`; … stands for what differs. The step below each is the one that
the command itself names, in a run without options. This page is made by `python dev/make_troubleshooting.py`.
"""


def make_page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, samples in SECTIONS:
        parts.append(f"## {title}\n")
        parts += [_format(sample) for sample in samples]
    return "\n".join(parts)


def find_message(sample: Sample) -> str:
    """What *sample* says, as the command prints it."""
    text = sample.message if isinstance(sample, CoderError | errors.Notice) else str(sample)
    if isinstance(sample, errors.ForeignCommandError):
        text = "the command ssh is the Go CLI's, and this is …"  # the rest is this machine's
    return output.capitalize(text.replace("\\", "/"))


def _format(sample: Sample) -> str:
    step = "Give the same words to the Go CLI, by its path: …"
    if not isinstance(sample, errors.ForeignCommandError):
        step = find_step(sample, Invocation(Given())).replace("\\", "/")
    lines = "\n".join(f"  {_mark(line)}" for line in step.splitlines())
    return f"- **{find_message(sample)}**\n\n{lines}\n"


def _mark(line: str) -> str:
    """*line* with what can be pasted at its end marked as such."""
    text, colon, pasted = line.rpartition(": ")
    return f"{text}: `{pasted}`" if colon and pasted.startswith(("coder ", "chmod ", "python ")) else line


if __name__ == "__main__":
    for variable in [name for name in os.environ if name.startswith("CODER_")]:
        del os.environ[variable]  # it would be spelled out in the steps
    PAGE.write_text(make_page(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"wrote {PAGE}\n")
