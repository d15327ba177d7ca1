"""The small changes of expressions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mutating.platforms import names_foreign, names_platform
from mutating.source import Change, Source

COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
ARITHMETIC = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: (r"\*\*", "*"),
    ast.BitOr: (r"\|", "&"),
    ast.BitAnd: ("&", "|"),
    ast.BitXor: (r"\^", "|"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}


def find_expression_changes(source: Source, node: ast.expr | ast.keyword) -> Iterator[Change]:
    match node:
        case ast.Compare():
            yield from change_comparison(source, node)
        case ast.BoolOp():
            yield from change_bool_op(source, node)
        case ast.BinOp():
            sign = swap_sign(source, "arithmetic", (node.left, node.right), ARITHMETIC[type(node.op)])
            yield replace(sign, elsewhere=names_foreign(node.right))
        case ast.UnaryOp():
            operator = "boolean" if isinstance(node.op, ast.Not) else "arithmetic"
            yield Change(operator, *source.span(node), f"({source.segment(node.operand)})")
        case ast.Lambda() if source.segment(node.body) != "None":
            yield Change("return", *source.span(node.body), "None")
        case ast.JoinedStr():
            yield Change("text", *source.span(node), '""')
        case ast.Constant():
            yield from change_constant(source, node)
        case ast.Call():
            yield from drop_arguments(source, node)
        case ast.Slice():
            yield from open_slice(source, node)
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if len(node.elts) > 1:
            yield from drop_elements(source, node)
        case ast.Dict() if len(node.keys) > 1 and None not in node.keys:
            yield from drop_entries(source, node)


def change_comparison(source: Source, node: ast.Compare) -> Iterator[Change]:
    for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
        yield swap_sign(source, "comparison", (left, right), COMPARISONS[type(op)])


def change_bool_op(source: Source, node: ast.BoolOp) -> Iterator[Change]:
    """`and` in the place of `or`, and each operand left out."""
    words = [f"({segment})" for segment in source.segments(node.values)]
    other = " or " if isinstance(node.op, ast.And) else " and "
    same = " and " if isinstance(node.op, ast.And) else " or "
    yield Change("boolean", *source.span(node), other.join(words))
    for dropped, kept in zip(node.values, drop_each(words), strict=True):
        what = f"without {source.segment(dropped)}"
        yield Change("boolean", *source.span(node), same.join(kept), what, elsewhere=names_platform(dropped))


def change_constant(source: Source, node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool():
            yield Change("constant", *source.span(node), str(not node.value))
        case int() | float():
            yield from (Change("number", *source.span(node), f"{node.value + step}") for step in (1, -1))
        case str():
            yield Change("text", *source.span(node), '""' if node.value else '"XX"')
        case bytes():
            yield Change("text", *source.span(node), 'b""' if node.value else 'b"XX"')


def drop_arguments(source: Source, node: ast.Call) -> Iterator[Change]:
    """Each named argument left out; of `suppress`, each error."""
    words = source.segments([*node.args, *node.keywords])
    start, end = source.end(node.func), source.end(node)
    for dropped, kept in zip([*node.args, *node.keywords], drop_each(words), strict=True):
        named = isinstance(dropped, ast.keyword) and dropped.arg
        if named or source.segment(node.func).endswith("suppress"):
            operator, what = "argument" if named else "except", f"without {source.segment(dropped)}"
            yield Change(operator, start, end, f"({', '.join(kept)})", what)


def drop_elements(source: Source, node: ast.Tuple | ast.List | ast.Set) -> Iterator[Change]:
    opening, closing = {ast.Tuple: ("(", ")"), ast.List: ("[", "]"), ast.Set: ("{", "}")}[type(node)]
    words = source.segments(node.elts)
    for dropped, kept in zip(words, drop_each(words), strict=True):
        yield Change("element", *source.span(node), f"{opening}{', '.join(kept)},{closing}", f"without {dropped}")


def drop_entries(source: Source, node: ast.Dict) -> Iterator[Change]:
    entries = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key]
    words = [f"{source.segment(key)}: {source.segment(value)}" for key, value in entries]
    for dropped, kept in zip(words, drop_each(words), strict=True):
        yield Change("element", *source.span(node), f"{{{', '.join(kept)}}}", f"without {dropped}")


def open_slice(source: Source, node: ast.Slice) -> Iterator[Change]:
    for bound in (node.lower, node.upper):
        if bound:
            yield Change("slice", *source.span(bound), "")


def drop_each(words: Sequence[str]) -> list[list[str]]:
    """*words* without the first, without the second …"""
    return [[*words[:place], *words[place + 1 :]] for place in range(len(words))]


def swap_sign(source: Source, operator: str, sides: tuple[ast.expr, ast.expr], signs: tuple[str, str]) -> Change:
    """The second of *signs* in the place of the first one, a pattern, between *sides*."""
    # What lies between the two sides is the sign, white space, and parentheses of either.
    start, end = source.end(sides[0]), source.start(sides[1])
    sign = re.search(signs[0], source.text[start:end])
    assert sign is not None
    return Change(operator, start + sign.start(), start + sign.end(), signs[1])
