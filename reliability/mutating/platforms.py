"""What of a module only another system than Linux runs: a test there can tell its mutants with `sys` faked alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence

HERE = "linux"
_OF_WINDOWS = frozenset({"O_BINARY", "O_NOINHERIT"})


def split_by_platform(node: ast.AST) -> set[int]:
    """The ids of those children of *node* that Linux never runs."""
    match node:
        case ast.If(test, body, orelse):
            return {id(child) for child in _choose(test, body, orelse)}
        case ast.IfExp(test, body, orelse):
            return {id(child) for child in _choose(test, [body], [orelse])}
        case ast.BoolOp(op, values):
            return {id(child) for child in _find_unreached(op, values)}
        case ast.Compare() if names_platform(node):
            return {id(node.left), *map(id, node.comparators)}
        case ast.Call(args=[_, name, default]) if find_name_of_os(node):
            return {id(name)} if names_foreign(node) else {id(default)}
    return set()


def find_name_of_os(node: ast.AST) -> str:
    """What *node* asks for that only some systems' `os` has, as in `getattr(os, "O_BINARY", 0)`; "" for all else."""
    match node:
        case ast.Call(ast.Name("getattr"), [ast.Name("os"), ast.Constant(value=str(name)), ast.Constant()]):
            return name
    return ""


def names_foreign(node: ast.AST) -> bool:
    """Whether Linux' `os` has not what *node* asks it for."""
    return find_name_of_os(node) in _OF_WINDOWS


def is_elsewhere_after(statement: ast.stmt) -> bool:
    """Whether Linux never comes past *statement*."""
    if not isinstance(statement, ast.If) or ask_platform(statement.test) is not True:
        return False
    return isinstance(statement.body[-1], ast.Return | ast.Raise) and not statement.orelse


def ask_platform(test: ast.expr) -> bool | None:
    """What *test* is on Linux; None when it asks something else, or something more."""
    match test:
        case ast.Compare(left=ast.Attribute(attr="platform"), ops=[op], comparators=[ast.Constant(value=name)]):
            return (name == HERE) == isinstance(op, ast.Eq)
        case ast.BoolOp(op, values):
            decisive = isinstance(op, ast.Or)
            return decisive if any(ask_platform(value) is decisive for value in values) else None
    return None


def names_platform(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Attribute) and inner.attr == "platform" for inner in ast.walk(node))


def _choose(test: ast.expr, body: Sequence[ast.AST], orelse: Sequence[ast.AST]) -> Sequence[ast.AST]:
    answer = ask_platform(test)
    return [] if answer is None else orelse if answer else body


def _find_unreached(op: ast.boolop, values: list[ast.expr]) -> list[ast.expr]:
    """The operands behind the one that decides."""
    decisive = isinstance(op, ast.Or)
    decided = [ask_platform(value) is decisive for value in values]
    return values[decided.index(True) + 1 :] if True in decided else []
