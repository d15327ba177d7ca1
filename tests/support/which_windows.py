"""Whether this Windows is Microsoft's, or Wine's, which has no PowerShell and no cmdkey, and enforces few limits."""

import ctypes
import sys


def is_wine() -> bool:
    return sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def is_windows_itself() -> bool:
    return sys.platform == "win32" and not is_wine()
