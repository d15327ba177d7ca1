"""The mutants of a Python module: each is its text with one small change, that a good test notices.

The changes are spliced into the text, so that every other line stays as it is, where it is. Left alone are docstrings,
annotations, what only a type checker reads, and what is inside an f-string (which goes as a whole).
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mutating.operators import find_changes
from mutating.platforms import is_elsewhere_after, split_by_platform
from mutating.source import Change, Source


@dataclass(frozen=True)
class Mutant:
    """One change of the module at *path*, in the function or class *scope*; *line* is the text where it begins."""

    path: str
    scope: str
    line: str
    number: int
    """Of the line, from 1."""
    function: tuple[int, int]
    """The lines of the function around it, from its first decorator to its end; of the whole module outside of one."""
    owner: str
    """That function's qualified name; empty when what is changed runs but once: outside of a function, or cached."""
    uses: frozenset[int]
    """The lines that name the constant of the module in which it lies."""
    change: Change
    what: str
    """The change in words: "<=: size <= limit → size < limit"."""
    elsewhere: bool
    """Whether it lies in what only another system runs."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it, and it alone, in a list, and stays when lines move."""
        return self.path, self.scope, self.line, self.what

    @property
    def rank(self) -> str:
        """Its place in an order that is arbitrary, but always the same, for a sample."""
        return hashlib.sha256("\n".join(self.key).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.path}:{self.number} {self.scope}: {self.what}"

    def apply(self, text: str) -> str:
        return text[: self.change.start] + self.change.text + text[self.change.end :]


def make_mutants(path: str, text: str) -> list[Mutant]:
    """Every mutant of the module at *path* that reads *text*, in the order of their places."""
    walker = _Walker(path, Source(text))
    walker.walk_module()
    found: dict[tuple[int, int, str], Mutant] = {}
    for mutant in walker.mutants:
        found.setdefault((mutant.change.start, mutant.change.end, mutant.change.text), mutant)
    return list(_tell_apart(sorted(found.values(), key=lambda mutant: (mutant.change.start, mutant.change.end))))


def _tell_apart(mutants: list[Mutant]) -> Iterator[Mutant]:
    """Those that read the same in one line are numbered."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for mutant in mutants:
        seen[mutant.key] += 1
        count = seen[mutant.key]
        yield replace(mutant, what=f"{mutant.what} ({count})") if count > 1 else mutant


class _Walker:
    def __init__(self, path: str, source: Source) -> None:
        self.source = source
        self.mutants: list[Mutant] = []
        self._path = path
        self._scope: list[str] = []
        self._function = (1, len(source.lines))
        self._owner = ""
        self._uses: frozenset[int] = frozenset()

    def walk_module(self) -> None:
        elsewhere = False
        for statement in self.source.tree.body:
            self._uses = self._find_uses(statement)
            self.walk_body([statement], elsewhere=elsewhere)
            elsewhere = elsewhere or is_elsewhere_after(statement)

    def _find_uses(self, statement: ast.stmt) -> frozenset[int]:
        names = {
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            return frozenset()
        every = (node for node in ast.walk(self.source.tree) if isinstance(node, ast.Name))
        return frozenset(node.lineno for node in every if node.id in names)

    def walk_body(self, body: Sequence[ast.stmt], *, elsewhere: bool) -> None:
        for statement in body:
            self.walk(statement, elsewhere=elsewhere)
            elsewhere = elsewhere or is_elsewhere_after(statement)

    def walk(self, node: ast.AST, *, elsewhere: bool) -> None:
        if _is_left_alone(node):
            return
        for change in find_changes(self.source, node):
            self._add(change, elsewhere or change.elsewhere)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            self._walk_definition(node, elsewhere)
        elif not isinstance(node, ast.JoinedStr):
            self._walk_children(node, elsewhere)

    def _walk_definition(self, node: ast.FunctionDef | ast.ClassDef, elsewhere: bool) -> None:
        around = self._function, self._owner, self._scope
        self._scope = [*self._scope, node.name]
        outermost = isinstance(node, ast.FunctionDef) and self._function == (1, len(self.source.lines))
        if outermost:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            self._function = first, node.end_lineno or node.lineno
        for part in ast.iter_child_nodes(node):
            if not isinstance(part, ast.stmt) and part is not getattr(node, "returns", None):
                self.walk(part, elsewhere=elsewhere)
        if outermost and not any(
            re.search(r"\b(lru_)?cache\b", self.source.segment(part)) for part in node.decorator_list
        ):
            self._owner = ".".join(self._scope)
        self.walk_body(node.body, elsewhere=elsewhere)
        self._function, self._owner, self._scope = around

    def _walk_children(self, node: ast.AST, elsewhere: bool) -> None:
        of_others = split_by_platform(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self.walk_body(value, elsewhere=elsewhere or bool(of_others & {id(item) for item in value}))
            else:
                for child in _list_nodes(value):
                    self.walk(child, elsewhere=elsewhere or id(child) in of_others)

    def _add(self, change: Change, elsewhere: bool) -> None:
        before = self.source.text[change.start : change.end]
        what = change.what or f"{before} → {change.text or '(nothing)'}"
        number = self.source.text.count("\n", 0, change.start) + 1
        self.mutants.append(
            Mutant(
                path=self._path,
                scope=".".join(self._scope) or "<module>",
                line=self.source.lines[number - 1].strip(),
                number=number,
                function=self._function,
                owner=self._owner,
                uses=self._uses,
                change=change,
                what=f"{change.operator}: {_shorten(what)}",
                elsewhere=elsewhere,
            )
        )


def _list_nodes(value: object) -> Iterator[ast.AST]:
    yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, ast.AST))


def _is_left_alone(node: ast.AST) -> bool:
    """What does not run, or what only a type checker or a star import reads."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.AnnAssign(value=None):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.ClassDef(bases=[ast.Name(id="Protocol")]):
            return True
        case ast.Assign(targets=[ast.Name(id="TYPE_CHECKING" | "__all__")]):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
    return False


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:60]} … {line[-35:]}"
