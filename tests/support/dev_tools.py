"""The programs of `dev/`, which are no package: each is loaded from its file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DEV = Path(__file__).parents[2] / "dev"


def load(name: str) -> ModuleType:
    """The module of `dev/NAME.py`."""
    spec = importlib.util.spec_from_file_location(name, DEV / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
