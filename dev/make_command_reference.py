"""Make docs/command-reference.md: every command and option, as the program itself knows them.

`tests/unit/test_command_reference.py` holds that the page is what this makes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "cli")]  # a checkout without an installation, too

import click  # noqa: E402
from coder_login.commands.help_page import Helpful  # noqa: E402
from coder_login.commands.login_token import command as login_token  # noqa: E402
from coder_login.commands.options import GLOBAL_OPTIONS, GlobalOption  # noqa: E402
from coder_login.commands.program import coder  # noqa: E402

PAGE = ROOT / "docs" / "command-reference.md"
HEAD = """\
# Every command and option

Made from the program, by `python dev/make_command_reference.py`; `coder COMMAND --help` says the same. [The
guide](command.md) explains it.
"""
GLOBAL_HEAD = """\
## Global options

Every command takes them, before and after its name. The last one given wins, then the variable; an empty variable is as
good as unset. A flag is given bare, or as `--flag=true` or `--flag=false`.

| option | variable | without it | does |
|---|---|---|---|
"""


def make_page() -> str:
    """The whole page."""
    parts = [HEAD, GLOBAL_HEAD + "".join(f"{_row(option)}\n" for option in GLOBAL_OPTIONS)]
    parts += ["".join(_describe(words, command)) for words, command in find_commands()]
    return "\n".join(parts)


def find_commands() -> list[tuple[str, Helpful]]:
    """Each with the words that call it, in the order of the list; a group comes before what is below it."""
    found = list(_walk("coder", coder))
    place = next(number for number, (words, _) in enumerate(found) if words == "coder login")
    return [*found[: place + 1], *_walk("coder login token", login_token), *found[place + 1 :]]


def _walk(words: str, command: click.Command) -> Iterator[tuple[str, Helpful]]:
    assert isinstance(command, Helpful)
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _walk(f"{words} {name}", below)


def _row(option: GlobalOption) -> str:
    names = ", ".join(f"`{name}`" for name in (option.short, option.name) if name)
    value = f" `{option.metavar}`" if option.metavar else ""
    variable = f"`{option.variable}`" if option.variable else ""
    return f"| {names}{value} | {variable} | {option.default} | {option.help} |"


def _describe(words: str, command: Helpful) -> Iterator[str]:
    context = click.Context(command, info_name=words)
    yield f"## {words}\n\n`{' '.join(command.get_usage(context).removeprefix('Usage: ').split())}`\n\n"
    yield from (f"{_as_code(' '.join(part.split()))}\n\n" for part in (command.help or "").split("\n\n"))
    own = [option for option in command.sort_options(context)[0] if option in command.params]  # all have --help
    if own:
        yield "| option | does |\n|---|---|\n"
        yield from map(partial(_describe_option, context), own)
        yield "\n"
    examples = ", ".join(f"`{line}`" for line in command.examples)
    yield f"For example: {examples}\n"


def _describe_option(context: click.Context, option: click.Option) -> str:
    names, text = option.get_help_record(context) or ("", "")
    return f"| {_split_names(names)} | {' '.join(text.split())} |\n"


def _split_names(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.replace("|", "\\|").split(", "))


def _as_code(text: str) -> str:
    """*text* with what is typed marked as such."""
    return re.sub(r"(?<![\w`])(--[a-z][a-z-]+|CODER_[A-Z_]+|coder login(?: token| https://\w+)?)", r"`\1`", text)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8", newline="\n")
    print(f"wrote {PAGE}")
