"""The root of every error that this package raises on purpose."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from coder_login.deployment.url import DeploymentURL


class CoderError(Exception):
    """Something failed in a way that we understand.

    ``message`` says what, and to which thing; further attributes are its facts. None of them ever holds a token, and
    none is advice: what to do next depends on who asks. Pickling and copying keep all of it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by the arguments of the class: an error that can't be unpickled hangs a multiprocessing.Pool.
        return _rebuild, (type(self), self.args, self.__dict__)


class CoderWarning(UserWarning):
    """Something that stops nothing, and that a person should know: never a token."""


class KeyLeftError(CoderError):
    """A login failed, and a session key that it made may live on at the deployment *url*.

    *failure* is why the key could not be kept; None for an interruption, or when no answer brought a key.
    """

    def __init__(self, message: str, url: DeploymentURL, failure: CoderError | None = None) -> None:
        super().__init__(message)
        self.url = url
        self.failure = failure


def find_reason(error: BaseException) -> str:
    """What *error* says; an interruption says nothing itself, and what nobody has foreseen may hold anything."""
    if isinstance(error, CoderError):
        return error.message
    return f"an unforeseen {type(error).__name__}" if isinstance(error, Exception) else "interrupted"


def find_words(error: OSError) -> str:
    """The system's words for *error*; its own, where it has none of those."""
    return error.strerror or str(error)


def _rebuild(kind: type[CoderError], arguments: tuple[Any, ...], facts: dict[str, Any]) -> CoderError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(facts)
    return error
