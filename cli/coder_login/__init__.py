"""The `coder` command, and its session store as a library.

>>> from coder_login import KeyringStore
>>> token = KeyringStore().read("https://dev.example.com")
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from coder_login.sessionstore import FileStore, KeyringStore, SessionStoreError

__version__ = "0.1.0"

IDENTITY = f"coder-login {__version__}"
"""Distribution and version: what `coder version` says, and which `coder` this is."""

__all__ = ["FileStore", "KeyringStore", "SessionStoreError"]


def __getattr__(name: str) -> Any:
    """The stores, imported when they are asked for: most of the command needs one of them at most."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from coder_login import sessionstore

    return getattr(sessionstore, name)


def __dir__() -> list[str]:
    """With the stores: `help` and a prompt's completion go by it."""
    return sorted({*globals(), *__all__})
