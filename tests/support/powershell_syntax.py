"""PowerShell, parsed where there is no PowerShell to run it, by another parser than its own."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

only_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the parser is installed on Linux alone")


def has_error(script: bytes) -> bool:
    """Whether *script* is none; the parser lets some that PowerShell refuses pass."""
    tree_sitter: Any = importlib.import_module("tree_sitter")
    grammar: Any = importlib.import_module("tree_sitter_powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    return bool(parser.parse(script).root_node.has_error)
