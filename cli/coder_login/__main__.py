"""The `coder` program: from the start of the process to its exit code."""

from __future__ import annotations

import sys

from coder_login.commands import everyday, output, streams
from coder_login.commands.options import Given
from coder_login.commands.warning_filter import show_own_warnings
from coder_login.interrupts import (
    STOPS,
    await_children,
    ignore_signals,
    ignore_signals_for_good,
    unwind_on_termination,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program with *arguments*, those of the process without any, and exit."""
    given = Given()
    try:
        streams.prepare()
        show_own_warnings(given)
        unwind_on_termination()
        await_children()
        code = _run(sys.argv[1:] if arguments is None else arguments, given)
    except STOPS as stop:  # in the moments outside of the run
        code = _end(stop, given)
    ignore_signals_for_good()
    sys.exit(code)


def _run(arguments: list[str], given: Given | None = None) -> int:
    """The exit code of a run: 0, 1 for an error, 2 for wrong usage. *given* gets the global options."""
    given = given or Given()
    output.forget_tokens()
    try:
        if everyday.run(arguments, given):
            return 0
        from coder_login.commands import program

        return program.run(arguments, given)
    except BaseException as problem:  # noqa: BLE001  # the last resort: Ctrl-C, too, ends with a word and an exit code
        with ignore_signals():  # another one must not take the place of what is said
            return _end(problem, given)


def _end(problem: BaseException, given: Given) -> int:
    from coder_login.commands.ending import end

    return end(problem, given)


if __name__ == "__main__":
    main()
