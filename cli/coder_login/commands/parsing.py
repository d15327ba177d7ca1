"""How arguments are read: commands that take the global options, and one scanner that spells options out for click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from coder_login.commands import options
from coder_login.commands.click_types import Boolean, Seconds, Word
from coder_login.commands.go_cli import IGNORED_FLAGS, IGNORED_OPTIONS
from coder_login.commands.help_page import Helpful
from coder_login.commands.options import Given, GlobalOption

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def find_given(ctx: click.Context) -> Given:
    """The one record of a run, which its contexts share."""
    found: Given = ctx.find_root().ensure_object(Given)
    return found


class Flag(click.Option):
    """A boolean option: bare, or with its value after an equals sign. It never takes the next word for its value."""

    def __init__(self, names: Sequence[str], **attributes: Any) -> None:
        super().__init__(names, type=Boolean(), default=False, **attributes)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What the command itself completes: a bare flag takes no next word."""
        return ctx.command.shell_complete(ctx, incomplete)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return ", ".join(self.opts) + "[=true|false]", self.help or ""


class Scanned(NamedTuple):
    """The arguments of a command, with each flag's value spelled out, and the index of its first operand."""

    words: list[str]
    first_operand: int | None


def scan(command: click.Command, arguments: Sequence[str]) -> Scanned:
    """*arguments* as *command*'s: a bare flag gets ``=true``, as click would take the next word for its value.

    Joined short flags (``-yv``) are taken apart, and what the Go CLI alone knows is left out. After ``--`` there are
    operands alone, and after the first operand of a group its subcommand's words: neither is touched.
    """
    words: list[str] = []
    rest = list(arguments)
    first_operand = None
    while rest:
        word = rest.pop(0)
        if word == "--":
            after = len(words) + 1 if rest else None
            return Scanned([*words, word, *rest], after if first_operand is None else first_operand)
        if not word.startswith("-") or word == "-":
            first_operand = len(words) if first_operand is None else first_operand
            words.append(word)
            if not command.allow_interspersed_args:
                break
            continue
        spelled, takes_next = _spell_out(command, word)
        value = [rest.pop(0)] if takes_next and rest else []
        if spelled:  # nothing is, of an option to ignore
            words += spelled + value
    return Scanned(words + rest, first_operand)


def _spell_out(command: click.Command, word: str) -> tuple[list[str], bool]:
    """The option *word* as click is to see it, nothing for one to ignore; and whether the next word is its value."""
    name, equals, _ = word.partition("=")
    if name in IGNORED_FLAGS or name in IGNORED_OPTIONS:
        return [], name in IGNORED_OPTIONS and not equals
    if not word.startswith("--"):
        return _spell_out_short(command, word[1:])
    option = _find_option(command, word)
    if isinstance(option, Flag):
        return [f"{word}=true"], False
    return [word], _takes_value(option)


def _spell_out_short(command: click.Command, letters: str) -> tuple[list[str], bool]:
    spelled: list[str] = []
    while letters:
        option, rest = _find_option(command, f"-{letters[0]}"), letters[1:]
        if option is None:  # `-h` is click's own; another one it will name
            spelled.append(f"-{letters[0]}")
            letters = rest
            continue
        if not isinstance(option, Flag):
            return [*spelled, f"-{letters}"], _takes_value(option) and not rest
        value, letters = (rest[1:], "") if rest.startswith("=") else ("true", rest)
        spelled.append(f"{option.opts[-1]}={value}")
    return spelled, False


def _find_option(command: click.Command, name: str) -> click.Option | None:
    """The option of that *name*; None for one that is not known, or has its ``=value`` already."""
    for param in command.params:
        if isinstance(param, click.Option) and name in param.opts:
            return param
    return None


def _takes_value(option: click.Option | None) -> bool:
    return option is not None and not option.is_flag and not option.count


class Command(Helpful):
    """A command that takes the global options too."""

    allow_extra_args = True  # for click, whose error would repeat them

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params += _make_parameters()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        extra = _parse(super().parse_args, ctx, scan(self, args).words)
        if extra and not ctx.resilient_parsing:
            from coder_login.commands.words import make_argument_error

            raise make_argument_error(ctx, extra)
        return extra

    def invoke(self, ctx: click.Context) -> Any:
        find_given(ctx).local_flags |= {param.opts[-1] for param in self.params if ctx.params.get(param.name) is True}
        return super().invoke(ctx)


class Group(Helpful, click.Group):
    """A group that takes the global options too; what follows a subcommand's name is the subcommand's."""

    command_class = Command

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params += _make_parameters()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return _parse(super().parse_args, ctx, scan(self, args).words)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            from coder_login.commands.words import make_command_error

            raise make_command_error(ctx, args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _parse(parse: Callable[[click.Context, list[str]], list[str]], ctx: click.Context, words: list[str]) -> list[str]:
    try:
        return parse(ctx, words)
    except click.NoSuchOption as error:
        from coder_login.commands.words import make_option_error

        problem = make_option_error(error)
    # Outside of the except block: click's own error repeats the word.
    raise problem


def _make_parameters() -> list[click.Parameter]:
    """New instances: click keeps the state of an option with its command."""
    return [_make_parameter(option) for option in options.GLOBAL_OPTIONS]


def _make_parameter(option: GlobalOption) -> click.Option:
    names = [name for name in (option.short, option.name) if name]
    help_text = option.help + (f" [{option.sources}]" if option.sources else "")
    attributes: dict[str, Any] = {"help": help_text}
    if option.kind != "flag":
        attributes |= {"metavar": option.metavar, "multiple": option.kind == "list"}
    if option.kind == "seconds":
        attributes["type"] = Seconds()
    make: Callable[..., click.Option] = Flag if option.kind == "flag" else click.Option
    return make(names, expose_value=False, callback=_keep, **attributes)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Note *value*, the last one before or after the subcommand's name; a list's are all kept."""
    if not param.name or ctx.get_parameter_source(param.name) is not ParameterSource.COMMANDLINE:
        return
    values = find_given(ctx).values
    values[param.name] = [*values.get(param.name, ()), *value] if param.multiple else value


output_option = click.option(
    "-o",
    "--output",
    "form",
    type=Word(["text", "json"]),
    default="text",
    help="The form of the answer.  [default: text]",
)
