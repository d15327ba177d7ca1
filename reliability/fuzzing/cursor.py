"""How a target reads its input: the same with atheris and without it, so that every file of a corpus means the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Cursor:
    """The bytes of an input, taken from the front; at their end a number is 0, and a piece is empty."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def __bool__(self) -> bool:
        return bool(self._rest)

    def take_number(self, below: int) -> int:
        """A number under *below*, out of as many bytes as that needs."""
        size = max(1, (below - 1).bit_length() + 7 >> 3)
        return int.from_bytes(self.take(size), "little") % below

    def pick(self, choices: Sequence[T]) -> T:
        """One of at most 256 *choices*."""
        return choices[self.take_number(len(choices))]

    def take(self, size: int) -> bytes:
        """*size* bytes, or what is left."""
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def take_piece(self) -> bytes:
        """Up to 255 bytes, their number in front of them."""
        return self.take(self.take_number(256))

    def take_text(self) -> str:
        """A piece as text."""
        return read_text(self.take_piece())

    def take_rest(self) -> bytes:
        return self.take(len(self._rest))


def read_text(data: bytes) -> str:
    """*data* as text that can hold anything: a byte that is no UTF-8 is a lone surrogate, as in an argument."""
    return data.decode("utf-8", "surrogateescape")
