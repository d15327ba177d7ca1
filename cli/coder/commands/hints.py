"""Where a session may be when it is not where it was asked for."""

from __future__ import annotations

from coder.commands.settings import Settings
from coder.errors import CoderError
from coder.origin import DeploymentURL
from coder.sessionstore import OriginMismatchError, SessionNotFoundError, SessionStore


def read_session(settings: Settings, store: SessionStore, url: DeploymentURL) -> str:
    """The stored token; when there is none, the error says if the other store has one."""
    try:
        return store.read(url)
    except (SessionNotFoundError, OriginMismatchError) as missing:
        if isinstance(missing, OriginMismatchError) or not _is_in_other_store(settings, url):
            raise
        other = "--use-keyring=false" if settings.use_keyring else "--use-keyring"
        raise SessionNotFoundError(missing.message, f"there is one in the other store: add {other}") from missing


def _is_in_other_store(settings: Settings, url: DeploymentURL) -> bool:
    try:
        other: SessionStore = settings.files() if settings.use_keyring else settings.keyring()
        return url.origin in other.deployments()
    except CoderError:
        return False
