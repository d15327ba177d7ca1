"""A run of the command, or of the library, within this process: how it ended, and what it said."""

from __future__ import annotations

import io
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from unittest import mock

import coder_login.__main__
from coder_login.errors import CoderError


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    code: int
    stdout: str
    stderr: str


class Sink(io.BytesIO):
    """What was written stays to be read when the program has closed it."""

    def close(self) -> None:
        pass


def run_command(arguments: tuple[str, ...], input: str) -> Run:
    """The command in this process, from its first line to its exit code."""

    def call() -> int:
        try:
            coder_login.__main__.main(list(arguments))
        except SystemExit as exit:
            return exit.code if isinstance(exit.code, int) else 1

    return _run(call, input)


def run_library(action: Callable[[], object]) -> Run:
    """A call of the stores, by a program that heeds Ctrl-C in Python's own way."""

    def call() -> int:
        try:
            action()
        except KeyboardInterrupt:
            sys.stderr.write("error: Interrupted\n")
            return 130
        except CoderError as error:
            sys.stderr.write(f"error: {error.message}\n")
            return 1
        return 0

    return _run(call, "")


def _run(call: Callable[[], int], input: str) -> Run:
    out, err = Sink(), Sink()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for name, stream in {"stdin": io.BytesIO(input.encode()), "stdout": out, "stderr": err}.items():
            stack.enter_context(mock.patch.object(sys, name, io.TextIOWrapper(stream, "utf-8", write_through=True)))
        try:
            code = call()
        except BaseException as error:  # what the interpreter would show with a traceback
            code = 99
            err.write(f"Traceback: {type(error).__name__}\n".encode())
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Run(code, *(sink.getvalue().decode().replace("\r\n", "\n") for sink in (out, err)))
