"""The small changes of statements; those of expressions are in the next room."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mutating.expressions import ARITHMETIC, drop_each, find_expression_changes, swap_sign
from mutating.platforms import names_platform
from mutating.source import Change, Source

REMOVABLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Assert, ast.Raise, ast.Break, ast.Continue)
WHOLE = (ast.For, ast.While, ast.With, ast.Try)


def find_changes(source: Source, node: ast.AST) -> Iterator[Change]:
    """Every change of *node* itself, and none of what is inside it."""
    if isinstance(node, ast.expr | ast.keyword):
        yield from find_expression_changes(source, node)
    if isinstance(node, ast.stmt):
        yield from remove_statement(source, node)
    match node:
        case ast.Return(value=ast.expr() as value) if source.segment(value) not in ("None", "False"):
            yield Change("return", *source.span(node), "return None")
        case ast.Raise(cause=ast.expr()):
            yield Change("raise", source.end(node.exc or node), source.end(node), "")
        case ast.If() | ast.While() | ast.IfExp() if not names_platform(node.test):
            yield from fix_condition(source, node)
        case ast.AugAssign():
            yield swap_sign(source, "arithmetic", (node.target, node.value), ARITHMETIC[type(node.op)])
        case ast.For():
            yield Change("loop", *source.span(node.iter), "()")
        case ast.Break() | ast.Continue():
            yield Change("loop", *source.span(node), "continue" if isinstance(node, ast.Break) else "break")
        case ast.With():
            yield from unwrap(source, node)
        case ast.Try():
            yield from break_try(source, node)
        case ast.comprehension(ifs=[*tests]):
            yield from (Change("condition", *source.span(test), "True") for test in tests)
        case ast.FunctionDef() | ast.ClassDef():
            yield from drop_decorators(source, node)


def remove_statement(source: Source, node: ast.stmt) -> Iterator[Change]:
    call = isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant | ast.Yield)
    early = isinstance(node, ast.Return) and node.value is None
    if call or early or isinstance(node, REMOVABLE + WHOLE):
        operator = "raise" if isinstance(node, ast.Raise) else "statement"
        yield Change(operator, *source.span(node), "pass")


def fix_condition(source: Source, node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    values = ["False"] if isinstance(node, ast.While) else ["True", "False"]
    if not isinstance(node.test, ast.Constant):
        yield from (Change("condition", *source.span(node.test), value) for value in values)


def unwrap(source: Source, node: ast.With) -> Iterator[Change]:
    """The body without its `with`, or without one of them."""
    last = node.items[-1]
    colon = source.find(":", source.end(last.optional_vars or last.context_expr))
    yield Change("with", source.start(node), colon, "if True:")
    if len(node.items) > 1:
        words = [_spell_item(source, item) for item in node.items]
        for dropped, kept in zip(words, drop_each(words), strict=True):
            yield Change("with", source.start(node), colon, f"with {', '.join(kept)}:", f"without {dropped}")


def _spell_item(source: Source, item: ast.withitem) -> str:
    name = f" as {source.segment(item.optional_vars)}" if item.optional_vars else ""
    return f"{source.segment(item.context_expr)}{name}"


def break_try(source: Source, node: ast.Try) -> Iterator[Change]:
    """Each handler lets the error pass, or is for fewer errors; no `else`; nothing is cleaned up."""
    for handler in node.handlers:
        body = handler.body[0], handler.body[-1]
        if source.segment(body[0]) != "raise":
            yield Change("except", source.start(body[0]), source.end(body[1]), "raise")
        if isinstance(handler.type, ast.Tuple):
            words = source.segments(handler.type.elts)
            for dropped, kept in zip(words, drop_each(words), strict=True):
                yield Change("except", *source.span(handler.type), f"({', '.join(kept)},)", f"without {dropped}")
    for operator, block in (("else", node.orelse), ("finally", node.finalbody)):
        if block:
            yield Change(operator, source.start(block[0]), source.end(block[-1]), "pass")


def drop_decorators(source: Source, node: ast.FunctionDef | ast.ClassDef) -> Iterator[Change]:
    for decorator in node.decorator_list:
        if source.segment(decorator) != "staticmethod":
            at = source.text.rindex("@", 0, source.start(decorator))
            yield Change("decorator", at, source.end(decorator), "")
