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
from process_size import find_peak, reset_peak


def run(words: list[str], environment: dict[str, str], typed: str) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
    outputs = [io.BytesIO(), io.BytesIO()]
    sys.stdout, sys.stderr = (io.TextIOWrapper(output, encoding="utf-8") for output in outputs)
    reset_peak()
    start, busy = time.monotonic(), time.process_time()
    code = _run_main(words)
    taken = {"seconds": time.monotonic() - start, "busy": time.process_time() - busy, "peak": find_peak()}
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
