"""Imports that wait until a call needs them, possible while the interpreter shuts down too."""

from __future__ import annotations

import sys

from wincred import __path__ as _package_path

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from functools import cache as cache
    from types import ModuleType
else:

    def cache(load):
        """`functools.cache`, whose module takes a start a while to import, of a function without parameters.

        The answer is kept by us: while the interpreter shuts down, sys.modules is already empty.
        """
        kept = []

        def get():
            if not kept:
                kept.append(load())
            return kept[0]

        get.cache_clear = kept.clear
        return get


# What an import needs of `sys`, as it is now: an interpreter that shuts down sets each to None.
_IMPORT_SYSTEM = {name: getattr(sys, name) for name in ("meta_path", "path", "path_hooks", "path_importer_cache")}


class PossibleImports:
    """In a ``with`` of it, imports are possible even then: a finaliser's call may be the first one of all."""

    def __enter__(self) -> None:
        self._were_over = sys.meta_path is None
        if self._were_over:
            _revive()

    def __exit__(self, *_: object) -> None:
        if self._were_over:
            vars(sys).update(dict.fromkeys(_IMPORT_SYSTEM))


def _revive() -> None:
    for name in [name for name, module in sys.modules.items() if module is None]:
        del sys.modules[name]  # a module that has gone; None forbids its import
    sys.modules.setdefault("sys", sys)  # an import would make another one, of which half is missing
    package = type(sys)("wincred")  # in the place of ours, which must not run again
    package.__path__ = _package_path
    sys.modules.setdefault("wincred", package)
    vars(sys).update(_IMPORT_SYSTEM)


@cache
def load_enums() -> ModuleType:
    """`wincred._enums`."""
    with PossibleImports():
        from wincred import _enums
    return _enums
