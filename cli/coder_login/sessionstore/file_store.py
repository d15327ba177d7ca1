"""The session in plaintext files: `url` names the deployment, `session` holds its token, for every Coder client."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from contextlib import contextmanager

from coder_login.deployment.session_token import USUAL_LENGTH, check_token
from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.errors import find_words
from coder_login.sessionstore.directory import ConfigDirectory, find_default_directory
from coder_login.sessionstore.errors import (
    AnotherSessionError,
    OriginMismatchError,
    SessionNotFoundError,
    StoreUnavailableError,
    URLFileError,
)
from coder_login.sessionstore.file_errors import Action, FileError, InsecureDirectoryWarning, InsecureFileWarning
from coder_login.sessionstore.lock import find_local_directory, locked
from coder_login.sessionstore.pair import SESSION_FILE, URL_FILE, FilePair
from coder_login.text import looks_like_token, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coder_login.deployment.url import Origin

ORGANIZATION_FILE = "organization"


class FileStore:
    """A SessionStore of one deployment, in plaintext files that every Coder client shares.

    Without a *directory*, or with an empty text, it is the one where the other clients look; every method raises
    NoConfigDirectoryError when that is not known. On POSIX, a file that another user (root aside) owns or can write is
    not believed (UntrustedFileError), and InsecureDirectoryWarning is given when the directory is like that.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None) -> None:
        self._directory = os.fspath(directory) if directory else None

    @functools.cached_property
    def _config(self) -> ConfigDirectory:
        config = ConfigDirectory(_make_absolute(self._directory) if self._directory else find_default_directory())
        if config.is_writable_by_others():
            _warn(InsecureDirectoryWarning(config.path))
        return config

    @functools.cached_property
    def _pair(self) -> FilePair:
        return FilePair(self._config)

    @property
    def place(self) -> str:
        return f"the file {printable(self._config.file(SESSION_FILE))}"

    @property
    def session_path(self) -> Path:
        from pathlib import Path  # not at every start

        return Path(self._config.file(SESSION_FILE))

    def current(self) -> DeploymentURL | None:
        """The deployment that the `url` file names; None without one. Raises URLFileError when it names none."""
        text = self._config.read(URL_FILE)
        if text and looks_like_token(text):  # taken for a host, it would go out in a name look-up
            raise URLFileError(f"{printable(self._config.file(URL_FILE))} holds a token, and no deployment's URL")
        try:
            return DeploymentURL.parse(text) if text else None
        except InvalidURLError as error:
            path = printable(self._config.file(URL_FILE))
            raise URLFileError(f"{path} names no deployment: {error.message}") from error

    def has_session(self) -> bool:
        """Whether there is a session file with something in it, of whichever deployment."""
        return bool(self._config.read(SESSION_FILE))

    def read(self, deployment: DeploymentURL | str) -> str:
        url = DeploymentURL.of(deployment)
        with self._reading():
            owner, token = self._pair.read_settled()
        self._check_owner(url, owner, token)
        if self._config.is_readable_by_others(SESSION_FILE):
            _warn(InsecureFileWarning(self._config.file(SESSION_FILE)))
        return check_token(token, f"the token in {printable(self._config.file(SESSION_FILE))}")

    def write(self, deployment: DeploymentURL | str, token: str, *, replace: bool = False) -> None:
        with self.replacing(deployment, token, replace=replace):
            pass

    @contextmanager
    def replacing(self, deployment: DeploymentURL | str, token: str, *, replace: bool = False) -> Iterator[None]:
        url = DeploymentURL.of(deployment)
        check_token(token, "the token")
        with locked(self._lock_path()):
            self._check_conflict(url, replace=replace)
            with self._pair.switched(url, token.encode()):
                yield

    @contextmanager
    def naming(self, url: DeploymentURL) -> Iterator[None]:
        """Make `url` name *url*, undone when the body raises; a session of another origin is removed.

        For a session that is kept elsewhere: what lies in `session` would from then on pass for that deployment's.
        """
        with locked(self._lock_path()), self._pair.switched(url, None):
            yield

    def delete(self, deployment: DeploymentURL | str, token: str | None = None, *, keep_url: bool = False) -> None:
        """Forget the session; *keep_url* for a keyring that has one of that deployment, which `url` still names."""
        url = DeploymentURL.of(deployment)
        with locked(self._lock_path()):
            self._prepare_delete(url, token)
            self._remove(SESSION_FILE, *(() if keep_url else (URL_FILE, ORGANIZATION_FILE)))

    def check_delete(self, deployment: DeploymentURL | str) -> None:
        """Raise what `delete` would before it has removed anything."""
        with locked(self._lock_path()):
            self._prepare_delete(DeploymentURL.of(deployment), None)

    def drop_session(self, url: DeploymentURL, token: str) -> None:
        """Remove `session` and leave `url`: for a *token* that is now kept elsewhere. Another one is left alone."""
        with locked(self._lock_path()):
            self._check_stored(url, token)
            self._pair.discard_staged()
            self._remove(SESSION_FILE)

    def is_ownerless(self) -> bool:
        """Whether `url` names no deployment, while it, or `session`, has something in it."""
        owner, token = self._pair.read_settled()
        return owner is None and bool(token or self._config.read(URL_FILE))

    def forget_ownerless(self) -> None:
        """Remove what `is_ownerless` has found. Raises StoreChangedError when a deployment is named by now."""
        with locked(self._lock_path()):
            if not self.is_ownerless():
                raise AnotherSessionError(self.place)
            self._pair.discard_staged()
            self._remove(SESSION_FILE, URL_FILE, ORGANIZATION_FILE)

    def forget(self, url: DeploymentURL) -> bool:
        """Remove `url` and `organization` when they are of *url*'s origin and no session file needs them."""
        with locked(self._lock_path()):
            self._pair.discard_staged()
            owner, token = self._pair.read_settled()
            if owner != url.origin or token:
                return False
            self._remove(URL_FILE, ORGANIZATION_FILE)
            return True

    def check(
        self, deployment: DeploymentURL | str, token_length: int = USUAL_LENGTH, *, replace: bool = False
    ) -> None:
        url = DeploymentURL.of(deployment)
        check_token("x" * token_length, "the token")
        with locked(self._lock_path()):
            self._check_conflict(url, replace=replace)
            self._pair.check_writable(token_length)

    def check_naming(self) -> None:
        """Raise what `naming` would."""
        with locked(self._lock_path()):
            self._pair.read()
            self._pair.check_writable(None)

    def has(self, deployment: DeploymentURL | str) -> bool:
        return DeploymentURL(DeploymentURL.of(deployment).origin) in self.deployments()

    def deployments(self) -> list[DeploymentURL]:
        with self._reading():
            owner, token = self._pair.read_settled()
        return [DeploymentURL(owner)] if owner and token else []

    def _lock_path(self) -> str:
        """On Windows in the user's own directory: a config directory named by option may be everybody's."""
        if sys.platform != "win32":
            return self._config.file(".lock")
        import zlib  # not hashlib, which loads OpenSSL: two directories with one sum only wait for each other

        try:
            directory = os.path.normcase(os.path.realpath(self._config.path))
        except OSError as error:
            raise FileError(self._config.path, Action.RESOLVED, find_words(error)) from error
        return os.path.join(find_local_directory(), f"files-{zlib.crc32(os.fsencode(directory)):08x}.lock")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if os.path.isdir(self._config.path):
                # Where the lock file can't be made, nobody like us can write; against others the pair is read twice.
                with contextlib.suppress(StoreUnavailableError):
                    stack.enter_context(locked(self._lock_path()))
            yield

    def _check_owner(self, url: DeploymentURL, owner: Origin | None, token: str) -> None:
        origin = url.origin
        if not token:
            raise SessionNotFoundError(f"no session for {origin} in {self.place}", url)
        if owner is None:
            stored = f"an unknown deployment ({printable(self._config.file(URL_FILE))} names none)"
            raise OriginMismatchError(url, None, stored, same_host=False, in_keyring=False)
        if owner != origin:
            raise OriginMismatchError(url, owner, same_host=owner.key == origin.key, in_keyring=False)

    def _prepare_delete(self, url: DeploymentURL, token: str | None) -> None:
        self._pair.discard_staged()
        self._check_stored(url, token)
        self._config.check_removable(ORGANIZATION_FILE)

    def _check_stored(self, url: DeploymentURL, token: str | None) -> None:
        """Raise for a session that is not *url*'s, or not *token*'s where one is given."""
        owner, stored = self._pair.read_settled()
        self._check_owner(url, owner, stored)
        if token is not None and stored != token:
            raise AnotherSessionError(self.place)

    def _check_conflict(self, url: DeploymentURL, *, replace: bool) -> None:
        owner, token = self._pair.read()
        if owner and owner != url.origin and owner.key == url.origin.key and token and not replace:
            raise OriginMismatchError(url, owner, in_keyring=False)

    def _remove(self, *names: str) -> None:
        for name in names:
            self._config.remove(name)


def _warn(warning: InsecureFileWarning | InsecureDirectoryWarning) -> None:
    import warnings  # not at every start

    warnings.warn(warning, stacklevel=3)


def _make_absolute(directory: str) -> str:
    try:
        return os.path.abspath(directory)
    except OSError as error:  # the working directory is gone
        raise FileError(directory, Action.RESOLVED, find_words(error)) from error
