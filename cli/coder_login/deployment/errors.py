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


class WebPageError(NotCoderError):
    """What answered is a web page: perhaps one to sign in, in front of the deployment."""


class PageURLError(APIError):
    """The URL has the path of a page, and not of a deployment; *deployment* is the one that it most likely means."""

    def __init__(self, message: str, status: int, url: DeploymentURL, deployment: DeploymentURL) -> None:
        super().__init__(message, status, url)
        self.deployment = deployment


class NoUserError(APIError):
    """The deployment has no user yet."""


class TokenRefusedError(APIError):
    """The deployment itself says that the token is not, or no longer, good."""


class InFrontError(APIError):
    """The answer does not say that it is the deployment's: perhaps something in front of it has refused the request."""


class SignInError(InFrontError):
    """Something in front of the deployment asks for a sign-in of its own."""


class UnexpectedAnswerError(APIError):
    """The deployment reports success in a form that we don't understand."""


class CompressedAnswerError(UnexpectedAnswerError):
    """The answer is compressed, which was not asked for, in a way that can't be read."""


class InvalidKeyError(UnexpectedAnswerError):
    """The session key that the deployment made can't be a token."""


class ForeignRedirectError(APIError):
    """The deployment redirects to *target*, of another origin, where its token does not go.

    *deployment* is the URL of the one that answered there; None when no Coder deployment did.
    """

    def __init__(
        self, message: str, status: int, url: DeploymentURL, target: str, deployment: DeploymentURL | None = None
    ) -> None:
        super().__init__(message, status, url)
        self.target = target
        self.deployment = deployment


class Failure(Enum):
    """Why a request got no answer that we can use."""

    NAME = auto()  # the host's is not found
    CERTIFICATE_EXPIRED = auto()
    CERTIFICATE_EARLY = auto()  # not valid yet
    CERTIFICATE_HOST = auto()  # it is another host's
    CERTIFICATE_NAMELESS = auto()  # it is no host's
    CERTIFICATE_SELF_SIGNED = auto()
    CERTIFICATE_AUTHORITY = auto()  # it is not trusted
    CERTIFICATE_ISSUER = auto()  # not known, or one in between is missing
    CERTIFICATE_FILE = auto()  # the authority is not in the file of SSL_CERT_FILE
    CERTIFICATE_NO_AUTHORITIES = auto()  # this Python knows none at all
    CERTIFICATE_FORM = auto()  # an extension is missing or wrong
    CERTIFICATE_WEAK = auto()
    CERTIFICATE = auto()
    TLS_VERSION = auto()
    TLS_CLIENT_CERTIFICATE = auto()  # the server wants one
    TLS_NONE = auto()  # the server does not speak it
    TLS = auto()
    TIMEOUT = auto()
    REFUSED = auto()  # the connection
    CUT_SHORT = auto()
    TOO_LONG = auto()
    NOT_HTTP = auto()
    UNSENDABLE = auto()
    PROXY = auto()  # it failed, or does not lead to the deployment
    PROXY_LOGIN = auto()  # it wants a user and a password, or others
    PROXY_LOGIN_KIND = auto()  # it takes none that we can give
    PROXY_SCHEME = auto()  # is not http
    PROXY_FORM = auto()  # of its URL
    REDIRECTED = auto()  # which is not allowed
    REDIRECTED_NOWHERE = auto()
    REDIRECTED_TOO_OFTEN = auto()
    REDIRECTED_WITH_SECRET = auto()  # a token or a header's value in a URL of another origin
    OTHER = auto()


_AFTER_SENDING = {Failure.TIMEOUT, Failure.CUT_SHORT, Failure.TOO_LONG, Failure.NOT_HTTP, Failure.OTHER}
"""What can befall a request that has arrived."""


class RequestError(CoderError):
    """A request got no answer that we can use; *was_sent* is false when there was not even a connection."""

    def __init__(self, message: str, failure: Failure, *, was_sent: bool = True) -> None:
        super().__init__(message)
        self.failure = failure
        self.was_sent = was_sent


class RedirectedError(RequestError):
    """The deployment at *url* redirects, which is not followed.

    *deployment* is the one that the redirect names for the same call; None when it leads to another page.
    """

    def __init__(self, message: str, url: DeploymentURL, deployment: DeploymentURL | None) -> None:
        super().__init__(message, Failure.REDIRECTED)
        self.url = url
        self.deployment = deployment


class TLSSetupError(CoderError):
    """TLS can't be used on this machine; *variable* is the one at fault, "" where it is none."""

    def __init__(self, message: str, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


def may_have_acted(error: BaseException) -> bool:
    """Whether the deployment may have done all the same what a request asked for, which failed with *error*: it gave
    no answer, or one that says nothing."""
    if isinstance(error, RequestError):
        return error.was_sent and error.failure in _AFTER_SENDING
    if isinstance(error, TLSSetupError):
        return False
    if not isinstance(error, APIError) or isinstance(error, UnexpectedAnswerError):
        return True
    return error.status >= 500


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
