"""The binding on another DLL. Nothing else here knows how it reaches for the one of Windows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from wincred import _dll


def load_ffi() -> Any:
    """The binding's own C declarations."""
    return _dll.load_ffi()


@contextlib.contextmanager
def in_place_of_advapi32(dll: object) -> Iterator[None]:
    """Let the binding call *dll*, on every system."""
    with mock.patch.multiple(_dll, is_supported=lambda: True, load_advapi32=lambda: dll):
        yield
