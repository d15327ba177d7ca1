"""One deployment's session, in whichever store it is kept: the one room that knows both stores.

A run works with the store that was asked for. The plaintext files are that store, or stand beside the keyring: their
`url` names the current deployment for either, and a `session` that lies there must never pass for another deployment's.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress

from coder_login.deployment.session_token import USUAL_LENGTH, InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError, find_reason
from coder_login.interrupts import ignore_signals
from coder_login.sessionstore.errors import (
    AnotherSessionError,
    DamagedTokenError,
    MigrationError,
    OriginMismatchError,
    SessionConflictError,
    SessionElsewhereError,
    SessionNotFoundError,
    SessionStoreError,
    StoreUnavailableError,
)
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from coder_login.sessionstore.file_store import FileStore
    from coder_login.sessionstore.protocol import SessionStore


class Kept(Value):
    """What a login did to a plaintext session that was there before."""

    __slots__ = ("displaced", "leftover")
    displaced: str | None
    """Whose it was, when it was another deployment's, and is gone."""
    leftover: bool
    """Whether it is the same deployment's, and left beside the keyring's."""

    def __init__(self, displaced: str | None = None, leftover: bool = False) -> None:
        self._fill(displaced, leftover)


class Forgotten(Value):
    """What became of the files when a session was forgotten in the keyring."""

    __slots__ = ("leftover", "problem", "has_another")
    leftover: bool
    """Whether a plaintext session of the same deployment is left in them."""
    problem: CoderError | None
    """Why they could not be tidied up; the session is gone all the same."""
    has_another: bool
    """Whether another session was stored in its place meanwhile, and left alone."""

    def __init__(self, leftover: bool = False, problem: CoderError | None = None, has_another: bool = False) -> None:
        self._fill(leftover, problem, has_another)


class Session:
    """The session of the deployment at *url*, in *store*.

    *files* are *store* itself where no keyring is used. *make_other* makes the store that was not asked for; it is
    called only where that one is looked at, and raises SessionStoreError when it can't be used.
    """

    def __init__(
        self, url: DeploymentURL, store: SessionStore, files: FileStore, make_other: Callable[[], SessionStore]
    ) -> None:
        self.url = url
        self._store = store
        self._files = files
        self._make_other = make_other

    @property
    def place(self) -> str:
        """Where it is kept, in words for a person."""
        return self._store.place

    def check(self, token: str | None = None, *, replace: bool = False) -> None:
        """Raise what `keep` would, without storing anything: before any request, any prompt, any new key."""
        self._store.check(self.url, len(token) if token else USUAL_LENGTH, replace=replace)
        if self._is_beside_files:
            self._files.check_naming()

    def keep(self, token: str, *, replace: bool = False) -> Kept:
        """Store *token*, and let `url` name the deployment: both, or neither. Raises what a store's `write` does."""
        owner = self._find_plaintext_owner()
        with ignore_signals(), ExitStack() as undone_on_error:
            undone_on_error.enter_context(self._store.replacing(self.url, token, replace=replace))
            if self._is_beside_files:
                undone_on_error.enter_context(self._files.naming(self.url))
        if owner == str(self.url.origin):
            return Kept(leftover=self._is_beside_files)
        return Kept(displaced=owner)

    def read(self) -> str:
        """The token. Raises what a store's `read` does; DamagedTokenError for one that can't be a token, and
        SessionElsewhereError when there is none, but one in the other store."""
        try:
            return _read(self._store, self.url, in_keyring=self._is_beside_files)
        except SessionNotFoundError as missing:
            if self._is_elsewhere():
                raise SessionElsewhereError(missing.message, self.url) from missing
            raise

    def check_forgettable(self) -> None:
        """Raise what would keep `forget` from removing the session, as far as it can be seen: before it is revoked."""
        if not self._is_beside_files:
            self._files.check_delete(self.url)

    def forget(self, token: str | None = None) -> Forgotten:
        """Remove it, and `url` too, unless that names another deployment or the other store has a session of this one.

        With a *token*, which was revoked, it is that one's session that goes, and no other that was stored meanwhile.
        Without one, raises what a store's `delete` does; with one, only what says that it is still stored.
        """
        try:
            return self._forget(token)
        except SessionNotFoundError:
            if token is None:
                raise
            return Forgotten()
        except (OriginMismatchError, AnotherSessionError):
            if token is None:
                raise
            return Forgotten(has_another=True)

    def _forget(self, token: str | None) -> Forgotten:
        if not self._is_beside_files:
            return self._forget_files(token)
        self._store.delete(self.url, token)
        try:
            if self._files.has(self.url):
                return Forgotten(leftover=True)
            self._files.forget(self.url)
        except CoderError as problem:
            return Forgotten(problem=problem)
        return Forgotten()

    def _forget_files(self, token: str | None) -> Forgotten:
        try:
            self._files.delete(self.url, token, keep_url=self._is_elsewhere())
        except StoreUnavailableError as problem:
            if self._may_have_plaintext():
                raise
            return Forgotten(problem=problem)
        return Forgotten()

    def _may_have_plaintext(self) -> bool:
        """Whether there is a session in the files, as far as it can be seen."""
        try:
            return self._files.has_session()
        except SessionStoreError:
            return True

    @property
    def _is_beside_files(self) -> bool:
        return self._store is not self._files

    def _is_elsewhere(self) -> bool:
        """Whether the other store has a session of this deployment; no when that store can't be read."""
        try:
            return self._make_other().has(self.url)
        except CoderError:
            return False

    def _find_plaintext_owner(self) -> str | None:
        """Whose the session in the files is, in words; None when there is none."""
        if not self._files.has_session():
            return None
        try:
            current = self._files.current()
        except SessionStoreError:
            current = None
        return str(current.origin) if current else "an unknown deployment"


def migrate(url: DeploymentURL, files: FileStore, keyring: SessionStore, *, replace: bool = False) -> None:
    """Move the session of *url* from *files* into *keyring*, read it there, and then remove the file.

    Of the files it removes `session` alone: `url` names the deployment for the keyring too, and is spelled as the key
    there is, by which the Go CLI looks. Raises SessionConflictError when the keyring has another session of that
    deployment, unless *replace*; MigrationError when it fails half-way.
    """
    token = _read(files, url, in_keyring=False)
    if not replace:
        _check_same(keyring, url, token)
    keyring.check(url, len(token), replace=replace)
    files.check_naming()
    with ignore_signals():
        place = f"the session is still in {files.place}"
        try:
            with keyring.replacing(url, token, replace=replace), files.naming(files.current() or url):
                pass
            place = f"the session is in {keyring.place}, and still in {files.place} too"
            with suppress(SessionNotFoundError):  # it went with the name that was written
                files.drop_session(url, token)
        except BaseException as error:
            failure = error if isinstance(error, CoderError) else None
            raise MigrationError(f"{place}: {find_reason(error)}", failure) from error


def _read(store: SessionStore, url: DeploymentURL, *, in_keyring: bool) -> str:
    try:
        return store.read(url)
    except InvalidTokenError as error:
        raise DamagedTokenError(error.message, url, in_keyring=in_keyring) from error


def _check_same(keyring: SessionStore, url: DeploymentURL, token: str) -> None:
    try:
        stored = _read(keyring, url, in_keyring=True)
    except SessionNotFoundError:
        return
    if stored != token:
        raise SessionConflictError(url)
