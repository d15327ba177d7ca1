"""`coder login token` and `coder version`: what editors call all day, also without click, which takes longer to import
than all the rest of such a call.

Only a plain command line is read here, in which nothing can be meant in another way than click would read it. Every
other one is click's, help, completion and wrong usage among them.
"""

from __future__ import annotations

import os

from coder_login import IDENTITY, __version__
from coder_login.commands import output
from coder_login.commands.options import GLOBAL_OPTIONS
from coder_login.commands.values import parse_boolean, parse_seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from coder_login.commands.options import Given, GlobalOption

COMPLETION = "_CODER_COMPLETE"
"""The variable by which a shell asks click for completions, which click prints by itself."""

_OPTIONS = {name: option for option in GLOBAL_OPTIONS for name in (option.name, option.short) if name}
_OUTPUT = ("-o", "--output")
_FORMS = ("text", "json")


def print_token(given: Given) -> None:
    """The stored session token and a newline, nothing else."""
    from coder_login.commands.settings import Settings

    output.answer_line(Settings(given).open_session().read())


def print_version(form: str) -> None:
    """Which `coder` this is, as text or as json."""
    if form == "json":
        output.answer_json({"version": __version__})
    else:
        output.answer(IDENTITY)


def run(arguments: list[str], given: Given) -> bool:
    """Do what *arguments* ask for; whether they are a plain command line. *given* gets the global options."""
    task = find_task(arguments, given)
    if task is None:
        return False
    try:
        task()
    except KeyboardInterrupt:
        output.progress("")  # as click does: a terminal has shown ^C
        raise
    return True


def find_task(arguments: list[str], given: Given) -> Callable[[], None] | None:
    """What a plain command line asks for, with its global options noted in *given*; None for any other one."""
    if COMPLETION in os.environ:
        return None
    try:
        line = _Line(arguments)
    except ValueError:
        return None
    if line.operands == ["login", "token"]:
        given.values = line.values
        return lambda: print_token(given)
    if line.operands == ["version"]:
        given.values = line.values
        return lambda: print_version(line.form)
    return None


class _Line:
    """The operands of a command line, the values of its global options by their keys, and that of --output.

    Raises ValueError for what click must read: another option, a value that is missing or could be an option, a wrong
    one.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.operands: list[str] = []
        self.values: dict[str, Any] = {}
        self.form = "text"
        self._rest = iter(arguments)
        for word in self._rest:
            if word.startswith("-"):
                self._read_option(word)
            else:
                self.operands.append(word)

    def _read_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if equals and not name.startswith("--"):
            raise ValueError("a short option with an equals sign")
        given = value if equals else None
        if name in _OUTPUT and self.operands == ["version"]:
            self.form = self._take(given)
            if self.form not in _FORMS:
                raise ValueError("another form")
        elif name in _OPTIONS:
            self._note(_OPTIONS[name], given)
        else:
            raise ValueError("another option")

    def _note(self, option: GlobalOption, given: str | None) -> None:
        """The value of *option*, which follows where none is *given*, but of a flag."""
        if option.kind == "flag":
            self.values[option.key] = given is None or parse_boolean(given)
        elif option.kind == "list":
            self.values[option.key] = [*self.values.get(option.key, ()), self._take(given)]
        else:
            text = self._take(given)
            self.values[option.key] = parse_seconds(text) if option.kind == "seconds" else text

    def _take(self, given: str | None) -> str:
        text = next(self._rest, "-") if given is None else given
        if given is None and text.startswith("-"):
            raise ValueError("no value, or one that could be an option")
        return text
