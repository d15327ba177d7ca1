"""From the global options to the things that a command works with."""

from __future__ import annotations

from coder_login.commands import options, output
from coder_login.deployment.url import DEFAULT_PORTS, DeploymentURL, InvalidURLError
from coder_login.sessionstore.file_store import FileStore
from coder_login.text import looks_like_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from coder_login.commands.errors import Notice
    from coder_login.deployment.api import Client
    from coder_login.deployment.headers import Headers
    from coder_login.errors import CoderError
    from coder_login.session import Session
    from coder_login.sessionstore import KeyringStore, SessionStore

TOKEN_VARIABLE = options.TOKEN.variable
KEYRING_VARIABLE = options.USE_KEYRING.variable


class Settings:
    """The global options of one run, *given*, as a command uses them."""

    def __init__(self, given: options.Given) -> None:
        self._given = given
        self.use_keyring = self._given.get_flag(options.USE_KEYRING)
        self.no_open = self._given.get_flag(options.NO_OPEN)
        self.token_option: str | None = self._given.values.get(options.TOKEN.key)
        self.token_variable = options.read_variable(options.TOKEN)
        self._headers = self._parse_headers()

    def find_hint(self, error: CoderError | Notice) -> str:
        """The next step after *error*."""
        return output.find_hint(error, self._given)

    def report(self, error: CoderError) -> None:
        output.error(error, self.find_hint(error))

    def warn(self, problem: CoderError | Notice) -> None:
        output.warning(problem, self.find_hint(problem))

    def open_session(self, argument: str | None = None) -> Session:
        """The session that the command is about, in the store that was asked for.

        Raises at once when that store can't be used; then UnnamedDeploymentError when no deployment is named anywhere.
        """
        from coder_login.session import Session

        files = self.open_files()
        store: SessionStore = self.open_keyring() if self.use_keyring else files
        make_other: Callable[[], SessionStore] = (lambda: files) if self.use_keyring else self.open_keyring
        return Session(self._find_url(argument, files), store, files, make_other)

    def open_files(self) -> FileStore:
        return FileStore(self._given.get_directory(options.GLOBAL_CONFIG))

    def open_keyring(self) -> KeyringStore:
        from coder_login.sessionstore.keyring_store import KeyringStore

        return KeyringStore()

    def find_given_url(self, argument: str | None = None) -> DeploymentURL | None:
        """The deployment by argument, option or variable; a wrong one is a usage error."""
        text = argument if argument is not None else self._given.get_text(options.URL)
        if text is None:
            return None
        if _is_token(text):
            # Taken for a host, it would go out in a name lookup.
            raise options.make_usage_error(
                "that looks like a session token, not like a URL: the token is asked for separately"
            )
        try:
            return DeploymentURL.parse(text)
        except InvalidURLError as error:
            raise options.make_usage_error(error.message) from error

    def _find_url(self, argument: str | None, files: FileStore) -> DeploymentURL:
        """The deployment, also by the `url` file. Raises UnnamedDeploymentError when none is named anywhere."""
        url = self.find_given_url(argument) or files.current()
        if url is None:
            raise _make_unnamed_error(None if self.use_keyring else files)
        return url

    def make_client(self, url: DeploymentURL) -> Client:
        """The API of *url*, with the custom headers; the header command runs now."""
        from coder_login.commands.errors import NoTLSNotice
        from coder_login.deployment.api import Client
        from coder_login.deployment.transport import Transport

        if url.origin.scheme == "http" and not url.origin.is_loopback:
            self.warn(NoTLSNotice(f"{url} has no TLS: everybody on the way can read the token"))
        transport = Transport(
            url,
            headers=self._headers + self._run_header_command(url),
            allow_redirects=self._given.get_flag(options.ALLOW_REDIRECTS),
            timeout=self._given.get_seconds(options.TIMEOUT),
            log=output.progress if self._given.get_flag(options.VERBOSE) else lambda line: None,
        )
        return Client(url, transport)

    def _parse_headers(self) -> Headers:
        texts, line = self._given.get_texts(options.HEADER), options.read_variable(options.HEADER)
        if not texts and not line:
            return []
        from coder_login.deployment.errors import HeaderError
        from coder_login.deployment.headers import parse_header, parse_header_line

        try:
            if texts:
                return [parse_header(text, options.HEADER.name) for text in texts]
            return parse_header_line(line or "", options.HEADER.variable)
        except HeaderError as error:
            raise options.make_usage_error(error.message) from error

    def _run_header_command(self, url: DeploymentURL) -> Headers:
        command = self._given.get_text(options.HEADER_COMMAND)
        if not command:
            return []
        from coder_login.deployment.header_command import run_header_command

        return run_header_command(command, str(url))


def _is_token(text: str) -> bool:
    """Whether *text* is a token, perhaps dressed up as a URL."""
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    host = (rest if separator and scheme.lower() in DEFAULT_PORTS else text).removesuffix("/")
    return "/" not in host and looks_like_token(host)


def _make_unnamed_error(files: FileStore | None) -> CoderError:
    """No deployment is named: neither anywhere, nor where a session lies in the *files* that were to be used."""
    from coder_login.commands.errors import OwnerlessSessionError, UnnamedDeploymentError

    return OwnerlessSessionError(files.place) if files and files.has_session() else UnnamedDeploymentError()
