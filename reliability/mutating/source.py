"""A module's text with its syntax tree, where each node lies in it, and a change of it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class Change:
    """*text* in the place of what lies between *start* and *end*; *operator* is the kind of change."""

    operator: str
    start: int
    end: int
    text: str
    what: str = ""
    """The change in words, where both texts are long and nearly the same."""
    elsewhere: bool = False
    """Whether it makes no difference on this system."""


class Source:
    """Places are offsets in *text*, of characters; the tree itself counts lines, and bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    def start(self, node: ast.AST) -> int:
        return self._find_offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]  # each that is asked for has it

    def end(self, node: ast.AST) -> int:
        return self._find_offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]  # likewise

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.start(node), self.end(node)

    def segment(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.end(node)]

    def segments(self, nodes: Sequence[ast.AST]) -> list[str]:
        return [self.segment(node) for node in nodes]

    def find(self, mark: str, start: int) -> int:
        """The end of the first *mark* from *start* on, which is no part of a string or a comment there."""
        return self.text.index(mark, start) + len(mark)

    def _find_offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())
