"""A process of the fuzzer: `python -m fuzzing.child TARGET` and libFuzzer's own arguments; it ends itself.

https://llvm.org/docs/LibFuzzer.html#options
"""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import atheris

assert sys.platform != "win32"  # where there is neither atheris nor SIGALRM

_INSTRUMENTED = ["coder_login", "wincred"]

LONGEST = 60
"""Seconds of one input."""


def main() -> None:
    name, *arguments = sys.argv[1:]
    # Before anything imports them: only what is instrumented tells where it was.
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from fuzzing.targets import TARGETS

        try_input = TARGETS[name].load()
    # A merge starts itself again, through a shell and by the first argument.
    command = f"{shlex.quote(sys.executable)} -m fuzzing.child {name}"
    atheris.Setup([command, "-timeout=0", *arguments], partial(try_in_time, try_input))
    signal.signal(signal.SIGALRM, give_up)
    atheris.Fuzz()


def try_in_time(try_input: Callable[[bytes], None], data: bytes) -> None:
    """Raise HangError when that takes too long; libFuzzer's own alarm would end the process without a word."""
    signal.alarm(LONGEST)
    try_input(data)


def give_up(number: int, frame: object) -> NoReturn:
    raise HangError(f"the input takes longer than {LONGEST} s")


class HangError(BaseException):
    """No OSError, as TimeoutError is, and no exception that the command would end with."""


if __name__ == "__main__":
    main()
