"""How a run ends: what is said of the problem that ended it, and the exit code."""

from __future__ import annotations

import os

from coder_login.commands import output
from coder_login.commands.errors import BugError, StoppedError, UsageError
from coder_login.commands.everyday import COMPLETION
from coder_login.commands.options import Given
from coder_login.errors import CoderError
from coder_login.interrupts import STOPS, TerminatedError, find_exit_code


def end(problem: BaseException, given: Given) -> int:
    """Say what *problem* is; the exit code."""
    stop = _find_stop(problem)
    if stop is not None:
        output.error(StoppedError("terminated" if isinstance(stop, TerminatedError) else "interrupted"))
        return find_exit_code(stop)
    if not isinstance(problem, Exception):
        raise problem
    known = problem if isinstance(problem, CoderError) else _describe(problem)
    _report(known, given)
    return getattr(known, "exit_code", find_exit_code(problem.__cause__ or problem))


def _find_stop(problem: BaseException) -> BaseException | None:
    """Ctrl-C or a polite kill, where *problem* is one, or came after it."""
    # The line is ended after ^C by click, for which standard error may take nothing any more.
    cause = problem.__context__ if isinstance(problem, OSError) else problem
    return cause if isinstance(cause, STOPS) else None


def _report(problem: CoderError, given: Given) -> None:
    about: BaseException | None = problem
    if isinstance(problem, UsageError):
        about = problem.__cause__  # which alone can know a next step
        if problem.usage:
            output.progress(problem.usage)
    output.error(problem, output.find_hint(about, given) if isinstance(about, CoderError) else "")


def _describe(problem: Exception) -> CoderError:
    if isinstance(problem, OSError) and COMPLETION in os.environ:
        output.give_up("stdout")
        return output.make_unwritten_error(problem.strerror)
    return _describe_bug(problem)


def _describe_bug(problem: Exception) -> BugError:
    """What went wrong and where, but not the exception's own text: nobody checked it for a token."""
    traceback = problem.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = (
        f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}, line {traceback.tb_lineno}" if traceback else "?"
    )
    return BugError(f"an unforeseen {type(problem).__name__} in {place}")
