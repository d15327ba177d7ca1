"""The `coder` program as click knows it: the group of its subcommands, each imported only when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from coder_login import IDENTITY
from coder_login.commands import output
from coder_login.commands.everyday import COMPLETION
from coder_login.commands.go_cli import COMMANDS
from coder_login.commands.help_page import WITH_KEYRING
from coder_login.commands.options import Given
from coder_login.commands.parsing import Group, scan
from coder_login.text import printable, redact

if TYPE_CHECKING:
    from coder_login.commands.errors import UsageError

# An import is spelled out for each: programs that freeze this one look for it.


def _load_keyring() -> click.Command:
    from coder_login.commands.keyring import command

    return command


def _load_login() -> click.Command:
    from coder_login.commands.login import command

    return command


def _load_login_token() -> click.Command:
    from coder_login.commands.login_token import command

    return command


def _load_logout() -> click.Command:
    from coder_login.commands.logout import command

    return command


def _load_version() -> click.Command:
    from coder_login.commands.version import command

    return command


def _load_whoami() -> click.Command:
    from coder_login.commands.whoami import command

    return command


_COMMANDS: dict[str, tuple[Callable[[], click.Command], str]] = {
    "keyring": (_load_keyring, "Look at the sessions in the system's keyring, or move one there."),
    "login": (_load_login, "Log in to the deployment at URL, and store its session token."),
    "logout": (_load_logout, "Revoke the stored session on its deployment, then forget it here."),
    "version": (_load_version, "Print the version of this command."),
    "whoami": (_load_whoami, "Say who is logged in, and where."),
}
"""How each is imported; and its first sentence, for a list of them all."""


class Subcommands(Group):
    """The subcommands, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS and not ctx.resilient_parsing:
            from coder_login.commands.errors import ForeignCommandError

            raise ForeignCommandError(cmd_name)
        return _COMMANDS[cmd_name][0]() if cmd_name in _COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name != "login" or command is None:
            return name, command, rest
        scanned = scan(command, rest)
        words, first = scanned.words, scanned.first_operand
        if first is None or words[first] != "token":
            return name, command, rest
        return "login token", _load_login_token(), words[:first] + words[first + 1 :]


def _tell_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        output.answer(IDENTITY)
        ctx.exit()


@click.group(
    cls=Subcommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=[
        f"coder login{WITH_KEYRING} https://dev.example.com",
        "coder whoami",
        "coder login token",
        "coder logout",
    ],
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Print the version."
)
def coder() -> None:
    """Log in to Coder deployments, and keep the session tokens where they belong.

    With --use-keyring a token is kept in the Windows Credential Manager, else in a plaintext file that other Coder
    clients read too. Options work before and after the name of a subcommand.
    """


def run(arguments: list[str], given: Given) -> int:
    """The exit code of a run with *arguments*; *given* gets the global options. Raises errors of ours alone."""
    if COMPLETION in os.environ:
        _prepare_completion()
    try:
        return _call(arguments, given)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.NoArgsIsHelpError as problem:
        output.progress(problem.format_message())
        return problem.exit_code
    except click.ClickException as problem:
        usage = _make_usage_error(problem)
        cause = problem.__cause__
    # Outside of the except block: what click says repeats what was typed.
    raise usage from cause


def _prepare_completion() -> None:
    if sys.stdout is None:
        raise output.make_unwritten_error("standard output is closed")
    from coder_login.commands.completion import add_powershell

    add_powershell()


def _make_usage_error(problem: click.ClickException) -> UsageError:
    from coder_login.commands.errors import UsageError

    context = getattr(problem, "ctx", None)
    usage = f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n" if context else ""
    # Hidden before it is cut and escaped: a part of a token is not found, nor one in the middle of a word.
    return UsageError(printable(redact(problem.format_message())), usage)


def _call(arguments: list[str], given: Given) -> int:
    code = coder.main(
        arguments,
        prog_name="coder",
        standalone_mode=False,
        # What click would see in the arguments of a Windows process is no variable and no pattern: `pa$$word`.
        windows_expand_args=False,
        obj=given,
    )
    return code if isinstance(code, int) else 0
