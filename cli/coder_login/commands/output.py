"""What a person or an editor sees: answers on standard output, everything else on standard error.

All of it goes through one door, `_hide`, which escapes control characters, wherever a text came from, and knows the
tokens of the run: a server can have put one into what it says. The one exception is `answer_line`.
"""

from __future__ import annotations

import contextlib
import os
import sys

from coder_login.text import MAX_PRINTED, printable_lines, redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO

    from coder_login.commands.errors import Notice, UnwrittenAnswerError
    from coder_login.commands.options import Given
    from coder_login.errors import CoderError

_MIN_WIDTH = 30  # columns; narrower than that, wrapped text reads worse than what the terminal breaks


_tokens: set[str] = set()


def hide(*tokens: str | None) -> None:
    """Print *tokens* nowhere, from now on."""
    _tokens.update(token for token in tokens if token)


def forget_tokens() -> None:
    """At the start of a run: the tokens of another one are nothing to it."""
    _tokens.clear()


def answer(text: str) -> None:
    _print(_wrap(_hide(text), is_terminal(sys.stdout)) + "\n")


def answer_done(sentence: str) -> None:
    """The answer of a command that has changed something: when it can't be written, the error says it all the same."""
    from coder_login.commands.errors import UnwrittenAnswerError

    try:
        answer(sentence)
    except UnwrittenAnswerError as problem:
        raise UnwrittenAnswerError(f"{sentence} But {problem.message}") from problem


def answer_json(value: Any) -> None:
    """JSON that every encoding can carry."""
    import json

    _print(json.dumps(_hide_all(value), indent=2) + "\n")


def answer_line(line: str) -> None:
    """The same bytes everywhere: Windows would end the line with a carriage return, which a script takes for text."""
    _print(f"{line}\n".encode())


def answer_lines(lines: Iterable[str]) -> None:
    """A list, one thing a line, never wrapped: a URL must stay beside its mark."""
    _print(_hide("".join(f"{line}\n" for line in lines)))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sees, or types into, *stream*, which is None when the program was started without it."""
    if stream is None or not stream.isatty():
        return False
    # On Windows NUL, where editors let standard input come from, says that it is a terminal; a prompt would then wait
    # for keys for ever. Python itself tells a console from it.
    return sys.platform != "win32" or _is_console(stream)


def _is_console(stream: TextIO) -> bool:
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return type(raw).__name__ == "_WindowsConsoleIO"


def confirm(question: str, *, default: bool, option: str = "--yes") -> bool:
    """Whether the person says yes, as *option* does. Raises NobodyToAskError where the terminal can't be used."""
    import click

    from coder_login.commands.errors import NobodyToAskError

    try:
        return click.confirm(_hide(question), default=default, err=True)
    except OSError as problem:
        if isinstance(problem.__context__, KeyboardInterrupt):
            raise
        raise NobodyToAskError(option) from problem


def check_person() -> None:
    """Raise NobodyToAskError when nobody is there to see a question and to answer it."""
    from coder_login.commands.errors import NobodyToAskError

    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise NobodyToAskError


def _print(text: str | bytes) -> None:
    if sys.stdout is None:  # the program was started without it
        raise make_unwritten_error("standard output is closed")
    try:
        if isinstance(text, str):
            sys.stdout.write(text)
        else:
            sys.stdout.buffer.write(text)
        sys.stdout.flush()
    except OSError as problem:
        give_up("stdout")
        raise make_unwritten_error(problem.strerror) from problem


def make_unwritten_error(reason: str | None) -> UnwrittenAnswerError:
    from coder_login.commands.errors import UnwrittenAnswerError

    return UnwrittenAnswerError(f"the answer could not be written: {reason}")


def _say(text: str, end: str = "\n") -> None:
    """Write *text* to standard error; when that can't be done, there is no other place to say so."""
    if sys.stderr is None:
        return
    try:
        if is_terminal(sys.stderr):
            import click  # which knows the colours of Windows' consoles

            click.echo(text + end, nl=False, err=True)
        else:
            sys.stderr.write(text + end)
            sys.stderr.flush()  # Python would keep a question, which ends no line: with `2>&1 | tee log` nobody saw it
    except OSError:
        give_up("stderr")


def give_up(name: str) -> None:
    """Close the stream *name* of `sys`, and drop the rest that it holds: else the interpreter would try to write that
    in the end, and fail aloud, or succeed after we have said that it can't be written."""
    stream = getattr(sys, name)
    setattr(sys, name, None)
    with contextlib.suppress(OSError):
        _lead_nowhere(stream.fileno())
    with contextlib.suppress(OSError):
        stream.close()


def _lead_nowhere(descriptor: int) -> None:
    """What is written to *descriptor* from now on is dropped; it stays open, so that no other file gets its number."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def _hide(text: str) -> str:
    # Again at last: the digits of an escaped character can be the first ones of a token.
    return redact(printable_lines(redact(text, _tokens)), _tokens)


def _hide_all(value: Any) -> Any:
    """*value*, which is to be JSON, with each string in it through the door, and cut."""
    if isinstance(value, str):  # JSON escapes for itself, in a way that a program undoes
        hidden = redact(value, _tokens)  # before it is cut: a part of a token is not found
        return hidden if len(hidden) <= MAX_PRINTED else hidden[:MAX_PRINTED] + "…"
    if isinstance(value, list):
        return [_hide_all(item) for item in value]
    if isinstance(value, dict):
        return {_hide_all(key): _hide_all(item) for key, item in value.items()}
    return value


def find_hint(problem: CoderError | Notice | Warning, given: Given) -> str:
    """The next step after *problem*, in a run whose global options are *given*."""
    from coder_login.commands.hints import find_step  # not at every start: it knows every error
    from coder_login.commands.invocation import Invocation

    return find_step(problem, Invocation(given))


def error(problem: CoderError, hint: str = "") -> None:
    _tell("error", "red", problem.message, hint)


def warning(problem: CoderError | Notice, hint: str = "") -> None:
    _tell("warning", "yellow", problem.message, hint)


def note(sentence: str) -> None:
    """Something worth knowing that is not wrong."""
    _say(_wrap(_hide(sentence), is_terminal(sys.stderr)))


def ask(question: str) -> None:
    """A question, whose answer is typed behind it."""
    _say(_hide(question), end="")


def progress(line: str) -> None:
    """A line as it is, never wrapped: a URL must stay whole."""
    _say(_hide(line))


def _tell(label: str, colour: str, message: str, hint: str) -> None:
    # A line of a hint that is no sentence ends in what can be pasted: wrapped, it would be cut in two.
    message, hint = _hide(message), _hide(hint)
    lines = [(f"{label}: {capitalize(message)}", True), *((line, line.endswith(".")) for line in hint.splitlines())]
    on_terminal = is_terminal(sys.stderr)
    text = "\n".join(_wrap(line, on_terminal and is_prose) for line, is_prose in lines)
    if on_terminal and not os.environ.get("NO_COLOR"):
        import click

        text = text.replace(label, click.style(label, fg=colour, bold=True), 1)
    _say(text)


def capitalize(message: str) -> str:
    """*message* as the start of a line; a URL or a file's name that it starts with stays as it is."""
    is_word = message.split(" ", 1)[0].rstrip(",;:").isalpha()
    return message[:1].upper() + message[1:] if is_word else message


def _wrap(text: str, for_terminal: bool) -> str:
    if not for_terminal:
        return text
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    if width < _MIN_WIDTH:
        return text
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines()
    )
