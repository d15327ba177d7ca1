"""The session in plaintext files: `url` names the deployment, `session` holds its token.

The two are a pair. A reader or a crash finds the old pair, no session, or the new pair, never a mixed one: when the
origin changes, `session` is removed first and written last.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coder.config import ConfigDirectory, ConfigError, default_directory
from coder.errors import CoderError
from coder.origin import DeploymentURL, InvalidURLError, Origin
from coder.sessionstore.errors import (
    OriginMismatchError,
    SessionNotFoundError,
    SessionStoreError,
    StoreUnavailableError,
)
from coder.sessionstore.lock import local_directory, locked
from coder.text import printable
from coder.token import USUAL_LENGTH, check_token

URL_FILE = "url"
SESSION_FILE = "session"
ORGANIZATION_FILE = "organization"

# Beside the files themselves, under the lock, so always the leavings of one writer: the next one removes them.
_NEW_URL, _NEW_SESSION, _OLD_URL, _OLD_SESSION = ".url.new", ".session.new", ".url.old", ".session.old"
_STAGED = (_NEW_URL, _NEW_SESSION, _OLD_URL, _OLD_SESSION)
_STABLE_READS = 20  # tries at a pair that nobody changes between the first file and the last


class InsecureFileWarning(UserWarning):
    """Other users of this machine can read the session file."""


class FileStore:
    """A SessionStore of one deployment, in plaintext files that every Coder client shares.

    Raises StoreUnavailableError when no *directory* is given and none is known.
    """

    def __init__(self, directory: Path | None = None) -> None:
        with _store_errors():
            self._config = ConfigDirectory(directory or default_directory())

    @property
    def place(self) -> str:
        return f"the file {printable(str(self.session_path))}"

    @property
    def session_path(self) -> Path:
        return self._config.file(SESSION_FILE)

    def current(self) -> DeploymentURL | None:
        """The deployment that the `url` file names; None without one. Raises SessionStoreError when it names none."""
        with _store_errors():
            text = self._config.read(URL_FILE)
        try:
            return DeploymentURL.parse(text) if text else None
        except InvalidURLError as error:
            path = printable(str(self._config.file(URL_FILE)))
            raise SessionStoreError(f"{path} names no deployment: {error.message}", "log in, or mend it") from error

    def has_session(self) -> bool:
        """Whether there is a session file with something in it, whoever's it is."""
        with _store_errors():
            return bool(self._config.read(SESSION_FILE))

    def read(self, url: DeploymentURL) -> str:
        with _store_errors(), self._reading():
            owner, token = self._stable_pair()
        self._check_owner(url.origin, owner, token)
        if self._config.is_readable_by_others(SESSION_FILE):
            path = printable(str(self.session_path))
            warnings.warn(f"other users can read {path}; run: chmod 600 {path}", InsecureFileWarning, stacklevel=2)
        return check_token(token, f"the token in {printable(str(self.session_path))}")

    def write(self, url: DeploymentURL, token: str, *, replace: bool = False) -> None:
        with self.replacing(url, token, replace=replace):
            pass

    @contextmanager
    def replacing(self, url: DeploymentURL, token: str, *, replace: bool = False) -> Iterator[None]:
        check_token(token, "the token")
        with locked(self._lock_path()):
            self._check_conflict(url.origin, replace=replace)
            with self._switched(url, token.encode()):
                yield

    @contextmanager
    def naming(self, url: DeploymentURL) -> Iterator[None]:
        """Make `url` name *url*, undone when the body raises; a session of another origin is removed.

        For a session that is kept elsewhere: what lies in `session` would from then on pass for that deployment's.
        """
        with locked(self._lock_path()), self._switched(url, None):
            yield

    def delete(self, url: DeploymentURL) -> None:
        with locked(self._lock_path()), _store_errors():
            owner, token = self._pair()
            self._check_owner(url.origin, owner, token)
            self._remove(SESSION_FILE, *_STAGED, URL_FILE, ORGANIZATION_FILE)

    def drop_session(self, url: DeploymentURL, token: str) -> None:
        """Remove `session` and leave `url`: for a *token* that is now kept elsewhere. Another one is left alone."""
        with locked(self._lock_path()), _store_errors():
            owner, stored = self._pair()
            self._check_owner(url.origin, owner, stored)
            if stored != token:
                raise SessionStoreError(f"{self.place} holds another session by now", "nothing was removed")
            self._remove(SESSION_FILE, *_STAGED)

    def forget(self, url: DeploymentURL) -> bool:
        """Remove `url` and `organization` when they are of *url*'s origin and no session file needs them."""
        with locked(self._lock_path()), _store_errors():
            owner, token = self._pair()
            if owner != url.origin or token:
                return False
            self._remove(URL_FILE, ORGANIZATION_FILE)
            return True

    def check(self, url: DeploymentURL, token_length: int = USUAL_LENGTH, *, replace: bool = False) -> None:
        with locked(self._lock_path()), _store_errors():
            self._check_conflict(url.origin, replace=replace)
            self._config.check_writable(URL_FILE)
            self._config.check_writable(SESSION_FILE)

    def check_naming(self) -> None:
        """Raise what `naming` would."""
        with locked(self._lock_path()), _store_errors():
            self._pair()
            self._config.check_writable(URL_FILE)

    def deployments(self) -> list[Origin]:
        with _store_errors(), self._reading():
            owner, token = self._stable_pair()
        return [owner] if owner and token else []

    def _lock_path(self) -> Path:
        """On Windows in the user's own directory: a config directory named by option may be everybody's."""
        if sys.platform != "win32":
            return self._config.file(".lock")
        directory = os.path.normcase(os.path.realpath(self._config.path))
        return local_directory() / f"files-{hashlib.sha256(directory.encode()).hexdigest()[:32]}.lock"

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if self._config.path.is_dir():
                # Where the lock file can't be made, nobody like us can write; against others the pair is read twice.
                with contextlib.suppress(StoreUnavailableError):
                    stack.enter_context(locked(self._lock_path()))
            yield

    def _pair(self) -> tuple[Origin | None, str]:
        return _origin(self._config.read(URL_FILE)), self._config.read(SESSION_FILE) or ""

    def _stable_pair(self) -> tuple[Origin | None, str]:
        # Other clients take no lock: a token is believed only between two equal readings of whose it is.
        pair = self._pair()
        for _ in range(_STABLE_READS):
            previous, pair = pair, self._pair()
            if pair == previous:
                return pair
        raise SessionStoreError(f"{self.place} keeps changing", "end the other program that writes it, and try again")

    def _check_owner(self, origin: Origin, owner: Origin | None, token: str) -> None:
        if not token:
            raise SessionNotFoundError(f"no session for {origin} in {self.place}", f"log in with: coder login {origin}")
        if owner is None:
            raise OriginMismatchError(
                origin,
                f"an unknown deployment: {printable(str(self._config.file(URL_FILE)))} names none",
                "write the URL of the deployment that issued it into that file, or log in again",
            )
        if owner != origin:
            raise OriginMismatchError(origin, str(owner), f"give --url {owner}, or log in with: coder login {origin}")

    def _check_conflict(self, origin: Origin, *, replace: bool) -> None:
        with _store_errors():
            owner, token = self._pair()
        if owner and owner != origin and owner.key == origin.key and token and not replace:
            raise OriginMismatchError(origin, str(owner), "log in with --replace to give it up, or give that URL")

    @contextmanager
    def _switched(self, url: DeploymentURL, token: bytes | None) -> Iterator[None]:
        """The pair changed to *url* and *token*; None keeps a session of the same origin. The lock is held."""
        config, new_url = self._config, str(url).encode()
        with _store_errors():
            owner, _ = self._pair()
            old_url, old_session = config.read_bytes(URL_FILE), config.read_bytes(SESSION_FILE)
            staged = {_NEW_URL: new_url, _NEW_SESSION: token, _OLD_URL: old_url, _OLD_SESSION: old_session}
        try:
            with _store_errors():
                for name, content in staged.items():
                    if content is not None:
                        config.stage(name, content)
        except BaseException:
            self._discard_staged()
            raise
        try:
            with _store_errors():
                if owner != url.origin:
                    config.remove(SESSION_FILE)
                config.rename(_NEW_URL, URL_FILE)
                if token is not None:
                    config.rename(_NEW_SESSION, SESSION_FILE)
            yield
        except BaseException as error:
            self._put_back(old_url is not None, old_session is not None, error)
            self._discard_staged()
            raise
        self._discard_staged()

    def _put_back(self, had_url: bool, had_session: bool, error: BaseException) -> None:
        config = self._config
        try:
            config.remove(SESSION_FILE)
            config.rename(_OLD_URL, URL_FILE) if had_url else config.remove(URL_FILE)
            if had_session:
                config.rename(_OLD_SESSION, SESSION_FILE)
        except CoderError as failure:
            # What was staged stays: it may be all that is left of the old session.
            raise SessionStoreError(
                f"{self.place} could not be put back as it was: {failure.message}",
                f"the old session may be left in {printable(str(config.file(_OLD_SESSION)))}; mend that first",
            ) from error

    def _discard_staged(self) -> None:
        with _store_errors():
            self._remove(*_STAGED)

    def _remove(self, *names: str) -> None:
        for name in names:
            self._config.remove(name)


def _origin(text: str | None) -> Origin | None:
    try:
        return DeploymentURL.parse(text).origin if text else None
    except InvalidURLError:
        return None


@contextmanager
def _store_errors() -> Iterator[None]:
    """The config directory's errors as a session store's."""
    try:
        yield
    except ConfigError as error:
        raise StoreUnavailableError(error.message, error.hint) from error
