"""The command in a process that is asked to run it again and again: a line of JSON in for each run, and one out.

Each run begins in `main`, as that of the console script does, with standard streams and an environment of its own.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from typing import Any

from coder_login.__main__ import main


def read_peak() -> int:
    """Bytes of memory at the peak of this process; on Linux since the last `reset_peak`."""
    if sys.platform == "win32":
        return _ask_windows()
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024


def reset_peak() -> None:
    """Count from here on; proc(5), clear_refs. Windows can't."""
    if sys.platform != "win32":
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS: https://learn.microsoft.com/windows/win32/api/psapi/"""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            ("PeakWorkingSetSize", ctypes.c_size_t),
            ("others", ctypes.c_size_t * 7),
        )

    def _ask_windows() -> int:
        counters = _Counters()
        ask = ctypes.WinDLL("kernel32").K32GetProcessMemoryInfo
        ask.argtypes = (wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD)
        if not ask(wintypes.HANDLE(-1), ctypes.byref(counters), ctypes.sizeof(counters)):
            raise ctypes.WinError()
        return int(counters.PeakWorkingSetSize)


def run(words: list[str], environment: dict[str, str], typed: str) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
    outputs = [io.BytesIO(), io.BytesIO()]
    sys.stdout, sys.stderr = (io.TextIOWrapper(output, encoding="utf-8") for output in outputs)
    reset_peak()
    start, busy = time.monotonic(), time.process_time()
    code = _run_main(words)
    taken = {"seconds": time.monotonic() - start, "busy": time.process_time() - busy, "peak": read_peak()}
    for stream in filter(None, (sys.stdout, sys.stderr)):  # a stream that failed is given up, and None
        stream.flush()
    stdout, stderr = (output.getvalue().decode("latin-1") for output in outputs)
    return {"code": code, "stdout": stdout, "stderr": stderr, **taken}


def _run_main(words: list[str]) -> object:
    try:
        main(words)
    except SystemExit as end:
        return end.code
    except BaseException as problem:  # which the interpreter would print
        sys.stderr.write(f"Traceback: {problem!r}\n")
        return -1


def serve() -> None:
    """Until standard input ends."""
    requests, answers = sys.stdin, sys.stdout
    for line in requests:
        answer = run(**json.loads(line))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
