"""What a session token may look like."""

from __future__ import annotations

from coder_login.errors import CoderError

MAX_LENGTH = 256
"""Characters of a token at most."""

USUAL_LENGTH = 10 + 1 + 22
"""Characters of the tokens that deployments issue today: an id, a dash, a secret."""


class InvalidTokenError(CoderError):
    """The text can't be a session token. The text itself is never part of the error."""


class QuotedTokenError(InvalidTokenError):
    """A token was given with quotes around it."""


def check_token(token: str, source: str) -> str:
    """*token*, if it is printable ASCII without white space and not too long; *source* says where it came from.

    Checked before a token goes into a header, a store or standard output. Raises InvalidTokenError.
    """
    if not token:
        raise InvalidTokenError(f"{source} is empty")
    if len(token) > MAX_LENGTH:
        size = f"it has {len(token)} characters, and the limit is {MAX_LENGTH}"
        raise InvalidTokenError(f"{source} is not a session token: {size}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        content = "it holds white space, a control character or a non-ASCII one"
        raise InvalidTokenError(f"{source} is not a session token: {content}")
    return token
