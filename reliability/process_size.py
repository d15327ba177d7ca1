"""How large this process is: what the system counts of it, and what Python does."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Its handles (of Windows; descriptors elsewhere), its memory in bytes, and the blocks of Python's objects."""

    handles: int
    memory: int
    blocks: int


def measure() -> Size:
    """The size without what is only waiting to be collected."""
    gc.collect()
    return Size(count_handles(), find_memory(), sys.getallocatedblocks())


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS

        https://learn.microsoft.com/windows/win32/api/psapi/ns-psapi-process_memory_counters
        """

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("WorkingSetSize", ctypes.c_size_t),
            ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPagedPoolUsage", ctypes.c_size_t),
            ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
            ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        )

    _THIS = wintypes.HANDLE(-1)  # GetCurrentProcess

    def count_handles() -> int:
        """https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-getprocesshandlecount"""
        count = wintypes.DWORD()
        if not ctypes.windll.kernel32.GetProcessHandleCount(_THIS, ctypes.byref(count)):
            raise ctypes.WinError()
        return count.value or _count_listed_handles()

    class _Handle(ctypes.Structure):
        """SYSTEM_HANDLE_TABLE_ENTRY_INFO"""

        _fields_ = (
            ("OwnerPid", wintypes.ULONG),
            ("ObjectType", wintypes.BYTE),
            ("HandleFlags", wintypes.BYTE),
            ("HandleValue", wintypes.USHORT),
            ("ObjectPointer", ctypes.c_void_p),
            ("AccessMask", wintypes.ULONG),
        )

    _SYSTEM_HANDLE_INFORMATION = 16

    def _count_listed_handles() -> int:
        """By the system's list of all handles, for Wine, whose count is always 0."""
        size = 2**20
        listing = ctypes.create_string_buffer(size)
        query = ctypes.windll.ntdll.NtQuerySystemInformation
        if query(_SYSTEM_HANDLE_INFORMATION, listing, size, None):
            raise OSError("the handles can't be listed")
        count = wintypes.ULONG.from_buffer(listing).value
        handles = (_Handle * count).from_buffer(listing, ctypes.sizeof(ctypes.c_void_p))
        return sum(handle.OwnerPid == os.getpid() for handle in handles)

    def _read_counters() -> _Counters:
        """https://learn.microsoft.com/windows/win32/api/psapi/nf-psapi-getprocessmemoryinfo"""
        counters = _Counters(cb=ctypes.sizeof(_Counters))
        if not ctypes.windll.psapi.GetProcessMemoryInfo(_THIS, ctypes.byref(counters), counters.cb):
            raise ctypes.WinError()
        return counters

    def find_memory() -> int:
        return int(_read_counters().WorkingSetSize)

    def find_peak() -> int:
        """Bytes of memory at the peak of this process."""
        return int(_read_counters().PeakWorkingSetSize)

    def reset_peak() -> None:
        """Windows can't."""

else:

    def count_handles() -> int:
        return len(os.listdir("/proc/self/fd"))

    def find_memory() -> int:
        """What is resident: the second field of proc(5)'s statm, in pages."""
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def find_peak() -> int:
        """Bytes of memory at the peak of this process since the last `reset_peak`."""
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024

    def reset_peak() -> None:
        """Count from here on; proc(5), clear_refs."""
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
