"""The system and the versions that were measured. Nothing in it names the machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from samples import CALL_ROUNDS

PACKAGES = ("wincred", "cffi", "click", "keyring", "pywin32-ctypes")


def name_system() -> str:
    """The heading of this system's section."""
    if sys.platform == "win32":
        return "The Windows Python under Wine" if _ask_wine() else "Windows"
    return "macOS" if sys.platform == "darwin" else "Linux"


def find_command() -> str:
    """How this is run here, from the root of the repository."""
    command = "python benchmarks/run.py"
    return f"taskset -c 0 python dev/wine/windows.py {command}" if _ask_wine() else command


def describe(rounds: int) -> str:
    """What the figures hold for."""
    versions = [f"{name} {found}" for name in PACKAGES if (found := _find_version(name))]
    python = f"Python {platform.python_version()}"
    counted = f"{rounds} rounds of processes, {rounds * CALL_ROUNDS} of calls"
    return f"{', '.join([python, *versions])}; {_describe_system()}, {os.cpu_count()} CPUs; {counted}."


def _describe_system() -> str:
    if sys.platform == "win32":
        if wine := _ask_wine():
            return f"Wine {wine}"
        found = sys.getwindowsversion()
        return f"Windows {found.major}.{found.minor}.{found.build}"
    return platform.system()


def _ask_wine() -> str | None:
    """Wine's version; None on Windows."""
    if sys.platform != "win32":
        return None
    import ctypes

    ask = getattr(ctypes.CDLL("ntdll"), "wine_get_version", None)
    if ask is None:
        return None
    ask.restype = ctypes.c_char_p
    return bytes(ask()).decode()


def _find_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
