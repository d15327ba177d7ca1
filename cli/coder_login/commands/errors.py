"""What the commands themselves refuse, and what they point out; what to do about each is in `hints`."""

from __future__ import annotations

from coder_login import IDENTITY
from coder_login.commands.go_cli import find_own_place
from coder_login.errors import CoderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from coder_login.deployment.url import DeploymentURL, Origin
    from coder_login.sessionstore.go_form import Misfits


class StoppedError(CoderError):
    """Ctrl-C, or a polite kill, ended the run."""


class DeclinedError(CoderError):
    """The person said no; nothing was done."""


class BugError(CoderError):
    """Something that no one has foreseen: the message says what and where."""


class UsageError(CoderError):
    """Wrong usage, in click's words or in ours; *usage* is how the command is called, "" where that is no help."""

    exit_code = 2

    def __init__(self, message: str, usage: str = "") -> None:
        super().__init__(message)
        self.usage = usage


class MisplacedURLError(CoderError):
    """A URL stands where a command is expected; *origin* is its own, None where it may hold a password."""

    def __init__(self, origin: Origin | None) -> None:
        super().__init__("a URL is not a command")
        self.origin = origin


class ForeignCommandError(CoderError):
    """The command *name* is one of the Go CLI's, and we don't have it."""

    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(f"the command {name} is the Go CLI's, and this is {IDENTITY}: {find_own_place()}")
        self.name = name


class NobodyToAskError(CoderError):
    """A question, and no terminal to ask it on; *option* answers it without one."""

    def __init__(self, option: str = "--yes") -> None:
        self.option = option
        super().__init__("this must be confirmed, and there is no terminal to ask on")


class UnwrittenAnswerError(CoderError):
    """Standard output did not take the answer."""


class UnnamedDeploymentError(CoderError):
    """Neither an argument, an option, a variable nor the `url` file names a deployment."""

    def __init__(self, message: str = "no deployment is named") -> None:
        super().__init__(message)


class OwnerlessSessionError(UnnamedDeploymentError):
    """No deployment is named, and there is a plaintext session that belongs to none."""

    def __init__(self, place: str) -> None:
        super().__init__(f"no deployment is named, and nothing says to which one the session in {place} belongs")


class TokenVariableSetError(CoderError):
    """A variable's token would override the one that a login stores."""


class EmptyTokenVariableError(CoderError):
    """A variable's token was to be stored, it is empty, and nobody is there to be asked for another one."""


class NoTokenError(CoderError):
    """The prompt for a token got none."""


class NoTokenPipedError(CoderError):
    """Standard input had no token; *page* shows how to get one."""

    def __init__(self, page: str) -> None:
        super().__init__("no token on standard input")
        self.page = page


class PastedTokenError(CoderError):
    """What was pasted at the prompt is no token, or not a good one."""


class ConsolePasteError(CoderError):
    """Ctrl-V was typed at a prompt of a console that hands it on, and pastes nothing."""


class RefusedTokenError(CoderError):
    """The deployment refused the token from *source*.

    *page* is where a new one is made, for a login; None where the stored session can be used instead.
    """

    def __init__(self, message: str, source: str, page: str | None) -> None:
        super().__init__(message)
        self.source = source
        self.page = page


class NotRevokedError(CoderError):
    """The session was forgotten here, and the deployment still accepts it, or may do so: *fact* says which, and why."""

    def __init__(self, url: DeploymentURL, fact: str) -> None:
        super().__init__(f"the session was forgotten here, but {fact}")
        self.url = url


class HalfLoggedOutError(CoderError):
    """A logout has come half-way: the message says what is done, and the session of *url* is still stored here.

    *failure* is why, None for an interruption.
    """

    def __init__(self, message: str, url: DeploymentURL, failure: CoderError | None, exit_code: int) -> None:
        super().__init__(message)
        self.url = url
        self.failure = failure
        self.exit_code = exit_code


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


class AnotherSessionNotice(Notice):
    """A logout has left a session alone that another program has stored meanwhile."""


class MisfitNotice(Notice):
    """The Go CLI can't read the stored sessions, because of these *misfits*."""

    def __init__(self, misfits: Misfits) -> None:
        super().__init__(f"the Go CLI can't read the credential: {'; '.join(misfits.facts)}")
        self.misfits = misfits


class TokenVariableNotice(Notice):
    """The token variable is set, and other commands use it."""
