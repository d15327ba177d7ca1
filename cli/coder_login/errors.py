"""The root of every error that this package raises on purpose."""

from __future__ import annotations


class CoderError(Exception):
    """Something failed in a way that we understand.

    ``message`` says what and to which thing; ``hint`` is the next step. Neither ever holds a token. ``str`` joins them.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
