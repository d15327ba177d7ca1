"""A login, all or nothing: what can fail is tried first, and what was done is undone when a later step fails."""

from __future__ import annotations

from contextlib import ExitStack

from coder_login.deployment.api import APIError, Client, TokenRefusedError, User
from coder_login.deployment.session_token import USUAL_LENGTH
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.interrupts import deferred
from coder_login.sessionstore import FileStore, SessionStore


class KeyLeftError(CoderError):
    """The login failed, and a session key that it made may be left on the deployment."""


class Login:
    """One login to *url*, into *store*; *files* hold the `url` file, and are the store themselves without a keyring."""

    def __init__(self, url: DeploymentURL, client: Client, store: SessionStore, files: FileStore) -> None:
        self._url = url
        self._client = client
        self._store = store
        self._files = files

    @property
    def _elsewhere(self) -> bool:
        return self._store is not self._files

    def check_stores(self, token: str | None, *, replace: bool) -> None:
        """Raise what the writes at the end would: before any request, any prompt, any new key."""
        self._store.check(self._url, len(token) if token else USUAL_LENGTH, replace=replace)
        if self._elsewhere:
            self._files.check_naming()

    def check_deployment(self) -> None:
        """Make sure that a Coder deployment answers, before a token goes there."""
        self._client.check_deployment()

    def user(self, token: str) -> User:
        """Who *token* belongs to. Raises TokenRefusedError when it is not good."""
        return self._client.me(token)

    def keep(self, token: str, *, replace: bool) -> None:
        """Store *token*, and let `url` name the deployment: both, or neither."""
        with deferred(), ExitStack() as undone_on_error:
            undone_on_error.enter_context(self._store.replacing(self._url, token, replace=replace))
            if self._elsewhere:
                undone_on_error.enter_context(self._files.naming(self._url))

    def keep_new_key(self, token: str, *, replace: bool) -> None:
        """Mint a session key with *token* and keep that; when it can't be kept, it is revoked."""
        key, kept = None, False
        try:
            key = self._client.mint_key(token)
            with deferred():  # until it is known here: a signal right after the commit must not revoke what is stored
                self.keep(key, replace=replace)
                kept = True
        except BaseException as error:
            if kept:
                raise
            if key is not None:
                self._revoke(key, error)
            elif _may_have_minted(error):
                raise KeyLeftError(
                    _reason(error),
                    f"nothing was stored here, but {self._url} may have made a session key: look at {self._tokens}",
                ) from error
            raise

    def _revoke(self, key: str, error: BaseException) -> None:
        try:
            with deferred():
                self._client.logout(key)
        except TokenRefusedError:
            return
        except CoderError as failure:
            raise KeyLeftError(
                f"{_reason(error)}; and the session key of this login could not be revoked: {failure.message}",
                f"revoke it at {self._tokens}" + (f"; {error.hint}" if isinstance(error, CoderError) else ""),
            ) from error

    @property
    def _tokens(self) -> str:
        return self._url.join("settings/tokens")


def _may_have_minted(error: BaseException) -> bool:
    """Whether the deployment may have made a key all the same: it gave no answer, or one that says nothing."""
    return not isinstance(error, APIError) or error.status is None or error.status >= 500


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, CoderError) else "interrupted"
