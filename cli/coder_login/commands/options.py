"""The global options, which work before and after the name of a subcommand, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from coder_login.text import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})
_BOOLEAN_FORM = "true, false, t, f, 1 or 0"

AnyCommand = TypeVar("AnyCommand", bound=click.Command)


class Boolean(click.ParamType[bool]):
    """A boolean as the editors spell it."""

    name = "true|false"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self.fail(f"{printable(str(value))!r} is not one of {_BOOLEAN_FORM}", param, ctx)
        return text in _TRUE


class Flag(click.Option):
    """A boolean option: bare, or with its value after an equals sign. It never takes the next word for its value."""

    def __init__(self, names: Sequence[str], **attributes: Any) -> None:
        super().__init__(names, type=Boolean(), default=False, **attributes)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What the command itself completes: a bare flag takes no next word."""
        return ctx.command.shell_complete(ctx, incomplete)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return ", ".join(self.opts) + "[=true|false]", self.help or ""


class Command(click.Command):
    """A command that takes the global options too."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params += global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spell_out(self, args))


class Group(click.Group):
    """A group that takes the global options too; what follows a subcommand's name is the subcommand's."""

    command_class = Command

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params += global_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, spell_out(self, args))


def spell_out(command: click.Command, args: list[str]) -> list[str]:
    """*args* with ``=true`` after each bare flag of *command*: click would take the next word for its value."""
    spelled: list[str] = []
    rest = list(args)
    while rest and rest[0] != "--" and (command.allow_interspersed_args or rest[0].startswith("-")):
        option = _option(command, rest[0])
        word = rest.pop(0)
        if isinstance(option, Flag):
            spelled.append(f"{_long_name(option)}=true")
        else:
            spelled.append(word)
            if option is not None and not option.is_flag and not option.count:
                spelled += rest[:1]
                del rest[:1]
    return spelled + rest


def first_positional(command: click.Command, args: list[str]) -> int | None:
    """The index in *args* of the first word that is neither an option of *command* nor an option's value."""
    index = 0
    while index < len(args):
        if not args[index].startswith("-") or args[index] == "-":
            return index
        option = _option(command, args[index])
        takes_next = option is not None and not isinstance(option, Flag) and not option.is_flag
        index += 2 if takes_next else 1
    return None


def _option(command: click.Command, word: str) -> click.Option | None:
    """The option that *word* names, alone: with ``=value`` it needs nothing of the next word."""
    for param in command.params:
        if isinstance(param, click.Option) and word in param.opts:
            return param
    return None


def _long_name(option: click.Option) -> str:
    return next(name for name in option.opts if name.startswith("--"))


@dataclass(slots=True)
class Given:
    """What was given of the global options, on the command line or, without that, in a variable."""

    values: dict[str, Any] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)

    def text(self, name: str, variable: str | None = None) -> str | None:
        value = self.values.get(name)
        return str(value) if value is not None else _environment(variable)

    def flag(self, name: str, variable: str | None = None) -> bool:
        if name in self.values:
            return bool(self.values[name])
        text = _environment(variable)
        if text is None:
            return False
        try:
            return Boolean().convert(text, None, None)
        except click.BadParameter as error:
            raise click.UsageError(f"{variable}: {error.message}") from error


def given(ctx: click.Context) -> Given:
    """The one record of a run, which its contexts share."""
    found: Given = ctx.find_root().ensure_object(Given)
    return found


def _environment(variable: str | None) -> str | None:
    return (os.environ.get(variable) or None) if variable else None


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
        if param.multiple:
            given(ctx).headers.extend(value)
        else:
            given(ctx).values[param.name] = value


def global_options() -> list[click.Parameter]:
    """New instances: click keeps the state of an option with its command."""
    return [make() for make in _MAKERS]


def _option_maker(*names: str, **attributes: Any) -> Callable[[], click.Option]:
    return lambda: click.Option(names, expose_value=False, callback=_keep, **attributes)


def _flag_maker(*names: str, **attributes: Any) -> Callable[[], click.Option]:
    return lambda: Flag(names, expose_value=False, callback=_keep, **attributes)


_MAKERS: list[Callable[[], click.Option]] = [
    _option_maker("--url", metavar="URL", help="The deployment. [CODER_URL; else the url file]"),
    _option_maker("--token", metavar="TOKEN", help="A session token. [CODER_SESSION_TOKEN]"),
    _flag_maker("--use-keyring", help="Keep the token in the system's keyring. [CODER_USE_KEYRING]"),
    _option_maker("--global-config", metavar="DIR", help="The config directory. [CODER_CONFIG_DIR]"),
    _option_maker(
        "--header", metavar="NAME=VALUE", multiple=True, help="Send a header with every request. [CODER_HEADER, as CSV]"
    ),
    _option_maker(
        "--header-command",
        metavar="COMMAND",
        help="Send the NAME=VALUE lines that the command prints. [CODER_HEADER_COMMAND]",
    ),
    _flag_maker("--no-open", help="Open no browser. [CODER_NO_OPEN]"),
    _flag_maker("--allow-redirects", help="Follow redirects, without the token and the headers to elsewhere."),
    _option_maker(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True, max=3600),
        metavar="SECONDS",
        help="Wait so long for a connection or an answer. [default: 30]",
    ),
    _flag_maker("-v", "--verbose", help="Show each request on standard error."),
]

output_option = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The form of the answer.  [default: text]",
)
