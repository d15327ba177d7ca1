"""How a run ends: what is said of the problem that ended it, and the exit code."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import click

from coder_login.commands import output
from coder_login.commands.errors import BugError, Notice, StoppedError, UnwrittenAnswerError, UsageError
from coder_login.commands.options import Given
from coder_login.errors import CoderError, CoderWarning
from coder_login.interrupts import STOPS, TerminatedError, find_exit_code
from coder_login.text import printable, redact

_COMPLETION = "_CODER_COMPLETE"
"""The variable by which a shell asks click for completions, which click prints by itself."""


def check_completion() -> None:
    """Raise UnwrittenAnswerError where the completions that a shell asks for can't be written."""
    if _COMPLETION in os.environ and sys.stdout is None:
        raise UnwrittenAnswerError("the answer could not be written: standard output is closed")


def end(problem: BaseException, given: Given) -> int:
    """Say what *problem* is; the exit code."""
    stop = _find_stop(problem)
    if stop is not None:
        output.error(StoppedError("terminated" if isinstance(stop, TerminatedError) else "interrupted"))
        return find_exit_code(stop)
    if isinstance(problem, click.ClickException):
        _report_usage(problem, given)
        return problem.exit_code
    if not isinstance(problem, Exception):
        raise problem
    known = problem if isinstance(problem, CoderError) else _describe(problem)
    _report(known, given)
    return getattr(known, "exit_code", find_exit_code(problem.__cause__ or problem))


def _find_stop(problem: BaseException) -> BaseException | None:
    """Ctrl-C or a polite kill, where *problem* is one, or what click made of it."""
    if isinstance(problem, click.Abort):
        return KeyboardInterrupt()
    # click ends the line after ^C, and standard error may take nothing any more.
    cause = problem.__context__ if isinstance(problem, OSError) else problem
    return cause if isinstance(cause, STOPS) else None


def _report(problem: CoderError, given: Given) -> None:
    output.error(problem, output.find_hint(problem, given))


def _report_usage(problem: click.ClickException, given: Given) -> None:
    if isinstance(problem, click.exceptions.NoArgsIsHelpError):
        output.progress(problem.format_message())
        return
    context = getattr(problem, "ctx", None)
    if context is not None:
        output.progress(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n")
    cause = problem.__cause__ if isinstance(problem.__cause__, CoderError) else None
    message = printable(redact(problem.format_message()))  # it repeats what was typed
    output.error(UsageError(message), output.find_hint(cause, given) if cause else "")


def _describe(problem: Exception) -> CoderError:
    if isinstance(problem, OSError) and _COMPLETION in os.environ:
        output.give_up("stdout")
        return UnwrittenAnswerError(f"the answer could not be written: {problem.strerror}")
    return _describe_bug(problem)


def _describe_bug(problem: Exception) -> BugError:
    """What went wrong and where, but not the exception's own text: nobody checked it for a token."""
    traceback = problem.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f"{Path(traceback.tb_frame.f_code.co_filename).name}, line {traceback.tb_lineno}" if traceback else "?"
    return BugError(f"an unforeseen {type(problem).__name__} in {place}")


def show_own_warnings(given: Given) -> None:
    """Ours are shown in our form, once each; those of others, and what PYTHONWARNINGS says, are for developers."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("once", CoderWarning)
    warnings.showwarning = functools.partial(_show_warning, given)


def _show_warning(given: Given, message: Warning | str, *details: Any, **options: Any) -> None:
    output.warning(Notice(str(message)), output.find_hint(message, given) if isinstance(message, Warning) else "")
