"""A browser at the page where a token is made: one with a window of its own, never one in this terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import PurePath

# They take the terminal, and with it the token that is pasted into it.
_TEXTUAL = frozenset(
    {"browsh", "carbonyl", "elinks", "links", "links2", "lynx", "netrik", "retawq", "w3m", "www-browser"}
)


def open_page(page: str) -> bool:
    """Ask a browser to open *page*; whether there is one to ask."""
    import webbrowser

    try:
        browser = webbrowser.get()
        if _is_textual(browser):
            return False
        return _run_apart(lambda: browser.open(page))
    except (webbrowser.Error, OSError):
        return False


def _is_textual(browser: object) -> bool:
    words = [getattr(browser, "name", ""), *getattr(browser, "args", ())]
    return any(PurePath(str(word)).stem.lower() in _TEXTUAL for word in words)


if sys.platform == "win32":

    def _run_apart(call: Callable[[], bool]) -> bool:
        return call()  # no program of Windows takes the console of another one

else:

    def _run_apart(call: Callable[[], bool]) -> bool:
        """*call* in a process that has no terminal; a script as BROWSER may start anything, and may never end."""
        if os.fork() == 0:
            try:
                os.setsid()
                null = os.open(os.devnull, os.O_RDWR)
                for number in range(3):
                    os.dup2(null, number)
                call()
            finally:
                os._exit(0)
        return True
