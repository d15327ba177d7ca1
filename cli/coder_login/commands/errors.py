"""What the commands themselves refuse, and what they point out; what to do about each is in `hints`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coder_login import IDENTITY
from coder_login.commands.go_cli import find_own_place
from coder_login.errors import CoderError

if TYPE_CHECKING:
    from coder_login.deployment.url import DeploymentURL


class StoppedError(CoderError):
    """Ctrl-C, or a polite kill, ended the run."""


class DeclinedError(CoderError):
    """The person said no; nothing was done."""


class BugError(CoderError):
    """Something that no one has foreseen: the message says what and where."""


class UsageError(CoderError):
    """Wrong usage, in click's words."""


class ForeignCommandError(CoderError):
    """The command *name* is one of the Go CLI's, and we don't have it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the command {name} is the Go CLI's, and this is {IDENTITY}: {find_own_place()}")
        self.name = name


class NobodyToAskError(CoderError):
    """A question, and no terminal to ask it on."""

    def __init__(self) -> None:
        super().__init__("nobody is there to be asked")


class UnwrittenAnswerError(CoderError):
    """Standard output did not take the answer."""


class UnnamedDeploymentError(CoderError):
    """Neither an argument, an option, a variable nor the `url` file names a deployment."""

    def __init__(self) -> None:
        super().__init__("no deployment is named")


class TokenVariableSetError(CoderError):
    """A variable's token would override the one that a login stores."""


class NoTokenError(CoderError):
    """The prompt for a token got none."""


class NoTokenPipedError(CoderError):
    """Standard input had no token; *page* shows how to get one."""

    def __init__(self, page: str) -> None:
        super().__init__("no token on standard input")
        self.page = page


class PastedTokenError(CoderError):
    """What was pasted at the prompt is no token, or not a good one."""


class RefusedVariableError(CoderError):
    """The deployment refused the token of *variable*."""

    def __init__(self, message: str, variable: str) -> None:
        super().__init__(message)
        self.variable = variable


class NotRevokedError(CoderError):
    """The session was forgotten here, and the deployment still accepts it."""

    def __init__(self, url: DeploymentURL, reason: str) -> None:
        super().__init__(f"the session was forgotten here, but not revoked: {reason}")
        self.url = url


class Notice:
    """Something that stops nothing, and that a person should know."""

    def __init__(self, message: str) -> None:
        self.message = message


class NoTLSNotice(Notice):
    """The deployment's URL is http."""


class LeftoverNotice(Notice):
    """A plaintext session of the same deployment, *url*, is left beside the keyring's."""

    def __init__(self, message: str, url: DeploymentURL) -> None:
        super().__init__(message)
        self.url = url


class DisplacedNotice(Notice):
    """A login has removed or replaced the plaintext session of another deployment, *owner*."""

    def __init__(self, message: str, owner: str) -> None:
        super().__init__(message)
        self.owner = owner


class TokenVariableNotice(Notice):
    """The token variable is set, and other commands use it."""
