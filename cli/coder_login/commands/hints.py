"""Where a session may be when it is not where it was asked for."""

from __future__ import annotations

from coder_login.commands.settings import Settings
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from coder_login.sessionstore import OriginMismatchError, SessionNotFoundError, SessionStore


def read_session(settings: Settings, store: SessionStore, url: DeploymentURL) -> str:
    """The stored token; when there is none, the error says if the other store has one."""
    try:
        return store.read(url)
    except InvalidTokenError as damaged:
        option = "--use-keyring " if settings.use_keyring else ""
        hint = f"log in again with: coder login {option}{url}, or forget it with: coder logout {option}--local-only"
        raise InvalidTokenError(damaged.message, hint) from damaged
    except (SessionNotFoundError, OriginMismatchError) as missing:
        if isinstance(missing, OriginMismatchError) or not is_in_other_store(settings, url):
            raise
        other = "--use-keyring=false" if settings.use_keyring else "--use-keyring"
        raise SessionNotFoundError(missing.message, f"there is one in the other store: add {other}") from missing


def is_in_other_store(settings: Settings, url: DeploymentURL) -> bool:
    """Whether the store that was not asked for has a session of *url*; no when that store can't be read."""
    try:
        other: SessionStore = settings.files() if settings.use_keyring else settings.keyring()
        return url.origin in other.deployments()
    except CoderError:
        return False
