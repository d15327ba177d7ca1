"""What a session store does, whatever it stands on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from coder_login.deployment.session_token import USUAL_LENGTH
from coder_login.deployment.url import DeploymentURL


class SessionStore(Protocol):
    """Keeps at most one session token for each deployment's origin.

    A deployment is named by its URL, as text or parsed; InvalidURLError is raised for a text that is none. Every method
    may raise SessionStoreError, and then nothing has changed, but for `delete` and after a RestoreError.
    """

    @property
    def place(self) -> str:
        """Where the tokens are kept, in words for a person."""

    def read(self, deployment: DeploymentURL | str) -> str:
        """The token of the *deployment*'s origin.

        Raises SessionNotFoundError, OriginMismatchError (the host's session is another origin's),
        AmbiguousSessionError, StoreDamagedError, InvalidTokenError.
        """

    def write(self, deployment: DeploymentURL | str, token: str, *, replace: bool = False) -> None:
        """Store *token* for the *deployment*'s origin, in the place of an older one.

        Raises InvalidTokenError, NoRoomError, WriteLostError; and OriginMismatchError when the same host's entry is
        another origin's, unless *replace*.
        """

    def replacing(
        self, deployment: DeploymentURL | str, token: str, *, replace: bool = False
    ) -> AbstractContextManager[None]:
        """`write`, undone when the body of the ``with`` raises: the store is then as it was before."""

    def delete(self, deployment: DeploymentURL | str, token: str | None = None) -> None:
        """Forget the token of the *deployment*'s origin; with a *token*, that one and no other.

        Raises SessionNotFoundError, OriginMismatchError, and StoreChangedError when another token is stored.
        The token goes first: a StoreUnavailableError can mean that only what else names the deployment is left.
        """

    def check(
        self, deployment: DeploymentURL | str, token_length: int = USUAL_LENGTH, *, replace: bool = False
    ) -> None:
        """Raise what a `write` of a token of that many characters would, without writing one."""

    def has(self, deployment: DeploymentURL | str) -> bool:
        """Whether there is a session of the *deployment*'s origin: one that `read` gives, or names in its error.

        Not the same as to be listed: where no scheme was recorded, one session can serve two origins.
        """

    def deployments(self) -> list[DeploymentURL]:
        """The deployments that have a session here, by their origins alone, in the stored order."""
