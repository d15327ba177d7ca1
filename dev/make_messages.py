"""Make tests/messages.txt: every message of the binding and of the program, as the code has it.

A message is a text in the code with words in it: what is said, asked and answered, and what `--help` shows, which for a
command is its docstring. Other docstrings are none. Variable parts stand in braces. Read as a whole, the file shows
whether all of it speaks with one voice; `tests/unit/test_messages.py` holds that it is what the code says, and the
rules that can be checked.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "messages.txt"
PACKAGES = (ROOT / "wincred", ROOT / "cli" / "coder_login")
# The first is generated, the other one is for the authors of stores.
LEFT_OUT = {"_advapi32.py", "testing"}
HEAD = "# Every message, as the code has it: python dev/make_messages.py\n"
WORDS = re.compile(r"[A-Za-z]{2,}[,:;]? (?:[a-z]{2,}|a )|^[A-Z][a-z]+ [A-Za-z]+")


def make_file() -> str:
    """The whole file."""
    parts = [HEAD]
    for path in find_modules():
        messages = find_messages(path.read_text(encoding="utf-8"))
        if messages:
            parts.append(f"\n{path.relative_to(ROOT).as_posix()}\n")
            parts += [f"  {line}\n" for line in messages]
    return "".join(parts)


def find_modules() -> list[Path]:
    found = (path for package in PACKAGES for path in package.rglob("*.py"))
    return sorted(path for path in found if not LEFT_OUT & {*path.relative_to(ROOT).parts})


def find_messages(source: str) -> list[str]:
    """The messages of a module's *source*, in their order, each on a line."""
    tree = ast.parse(source)
    texts = [text.strip().replace("\n", "\\n") for text in _find_texts(tree) if _has_words(text)]
    return list(dict.fromkeys(texts))


def _find_texts(node: ast.AST) -> Iterator[str]:
    """The texts in *node*, an f-string or a sum of texts as one."""
    if isinstance(node, ast.FunctionDef) and _is_command(node):
        yield re.sub(r"(?<!\n)\n(?!\n)", " ", ast.get_docstring(node) or "")
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring, of an attribute too
        text = _spell(child)
        if text is None or not _has_words(text):  # a part of it may say something
            yield from _find_texts(child)
        else:
            yield text


def _is_command(function: ast.FunctionDef) -> bool:
    """Whether click shows its docstring."""
    decorators = map(ast.unparse, function.decorator_list)
    return any(re.match(r"(click|command)\.(command|group)\b", text) for text in decorators)


def _spell(node: ast.AST) -> str | None:
    """What *node* says, its variable parts in braces; None for what is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_spell(value) or "" for value in values)
        case ast.FormattedValue(value=value):
            return f"{{{_show(value)}}}"
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = [(_spell(side), side) for side in (left, right)]
            if any(text is not None for text, _ in parts):
                return "".join(f"{{{_show(side)}}}" if text is None else text for text, side in parts)
    return None


def _show(value: ast.expr) -> str:
    """The code of *value*; an f-string in it as a text, which every version of Python writes alike."""
    return ast.unparse(_Plain().visit(value))


class _Plain(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:  # looked up by name
        return ast.Constant(_spell(node))


def _has_words(text: str) -> bool:
    return bool(WORDS.search(re.sub(r"\{[^}]*\}", "x", text)))


if __name__ == "__main__":
    FILE.write_text(make_file(), encoding="utf-8", newline="\n")
    print(f"wrote {FILE}")
