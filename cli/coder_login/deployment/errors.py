"""What can go wrong with a deployment and its custom headers: classes with facts, and nothing that opens a connection.

An error here says what happened, never what to do about it, and holds no token and no header's value.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from coder_login.errors import CoderError

if TYPE_CHECKING:
    from coder_login.deployment.url import DeploymentURL


class APIError(CoderError):
    """The deployment at *url* answered, and not as it was asked to. *status* is that of HTTP."""

    def __init__(self, message: str, status: int, url: DeploymentURL) -> None:
        super().__init__(message)
        self.status = status
        self.url = url


class NotCoderError(APIError):
    """What answered is not a Coder deployment."""


class NoUserError(APIError):
    """The deployment has no user yet."""


class TokenRefusedError(APIError):
    """The deployment itself says that the token is not, or no longer, good."""


class InFrontError(APIError):
    """The answer does not say that it is the deployment's: perhaps something in front of it has refused the request."""


class UnexpectedAnswerError(APIError):
    """The deployment reports success in a form that we don't understand."""


class InvalidKeyError(UnexpectedAnswerError):
    """The session key that the deployment made can't be a token."""


class ForeignRedirectError(APIError):
    """The deployment redirects to *target*, of another origin, where its token does not go."""

    def __init__(self, message: str, status: int, url: DeploymentURL, target: str) -> None:
        super().__init__(message, status, url)
        self.target = target


class Failure(Enum):
    """Why a request got no answer that we can use."""

    NAME = auto()  # the host's is not found
    CERTIFICATE = auto()
    TLS = auto()
    TIMEOUT = auto()
    REFUSED = auto()  # the connection
    CUT_SHORT = auto()
    TOO_LONG = auto()
    NOT_HTTP = auto()
    UNSENDABLE = auto()
    PROXY = auto()
    REDIRECTED = auto()  # which is not allowed
    REDIRECTED_NOWHERE = auto()
    REDIRECTED_TOO_OFTEN = auto()
    OTHER = auto()


class RequestError(CoderError):
    """A request got no answer that we can use."""

    def __init__(self, message: str, failure: Failure) -> None:
        super().__init__(message)
        self.failure = failure


class HeaderFault(Enum):
    """What is wrong with a custom header, or with the command that prints them."""

    FORM = auto()
    RESERVED = auto()  # the name is one that we set ourselves
    CSV = auto()
    COMMAND = auto()  # it goes on for too long, or prints something else
    COMMAND_EXIT = auto()  # its exit code is not 0


class HeaderError(CoderError):
    """A custom header is not of the right form, or its command failed."""

    def __init__(self, message: str, fault: HeaderFault) -> None:
        super().__init__(message)
        self.fault = fault
