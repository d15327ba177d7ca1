"""A login with a session key of its own: made on the deployment, kept here, and revoked there when it can't be kept."""

from __future__ import annotations

import contextlib

from coder_login.deployment.api import Client
from coder_login.deployment.errors import TokenRefusedError, may_have_acted
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError, KeyLeftError, find_reason
from coder_login.interrupts import heed_signals, ignore_signals
from coder_login.session import Kept, Session


def keep_new_key(client: Client, session: Session, token: str, *, replace: bool) -> Kept:
    """Make a session key with *token* and keep that; when it can't be kept, it is revoked.

    Raises what `Client.mint_key` and `Session.keep` do; KeyLeftError when the key may live on.
    """
    key, kept = None, None
    try:
        with ignore_signals():  # until it is known here: a signal right after the commit must not revoke what is stored
            with heed_signals():
                key = client.mint_key(token)
            kept = session.keep(key, replace=replace)
    except BaseException as error:
        if kept is None:
            _clean_up(client, key, session.url, error)
        raise
    return kept


def _clean_up(client: Client, key: str | None, url: DeploymentURL, error: BaseException) -> None:
    """Revoke the *key* that could not be kept because of *error*. Raises KeyLeftError where one may live on."""
    if key is not None:
        _revoke(client, key, url, error)
    elif may_have_acted(error):
        fact = f"{find_reason(error)}; nothing was stored here, but {url} may have made a session key"
        raise KeyLeftError(fact, url) from error


def _revoke(client: Client, key: str, url: DeploymentURL, error: BaseException) -> None:
    try:
        with ignore_signals(), contextlib.suppress(TokenRefusedError):
            client.logout(key)
    except CoderError as failure:
        fact = f"{find_reason(error)}; and the session key of this login could not be revoked: {failure.message}"
        raise KeyLeftError(fact, url, error if isinstance(error, CoderError) else None) from error
