"""The `coder` program: the group of its subcommands, and how a run of it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

import click

from coder_login import IDENTITY
from coder_login.commands import ending, output, streams
from coder_login.commands.errors import ForeignCommandError
from coder_login.commands.go_cli import COMMANDS
from coder_login.commands.options import Given
from coder_login.commands.parsing import Group, scan
from coder_login.interrupts import STOPS, ignore_signals, ignore_signals_for_good, unwind_on_termination

# Each is imported only when it is asked for, as an editor calls one of them all day; and by an import that is spelled
# out, for programs that freeze this one look for it.


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


_COMMANDS: dict[str, Callable[[], click.Command]] = {
    "keyring": _load_keyring,
    "login": _load_login,
    "logout": _load_logout,
    "version": _load_version,
    "whoami": _load_whoami,
}


class Subcommands(Group):
    """The subcommands, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS and not ctx.resilient_parsing:
            raise ForeignCommandError(cmd_name)
        return _COMMANDS[cmd_name]() if cmd_name in _COMMANDS else None

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
    epilog="\b\nExamples:\n"
    "  coder login https://dev.example.com\n"
    "  coder login --use-keyring https://dev.example.com\n"
    "  coder login token\n"
    "  coder logout",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Print the version."
)
def coder() -> None:
    """Log in to Coder deployments, and keep the session tokens where they belong.

    With --use-keyring a token is kept in the Windows Credential Manager, else in a plaintext file that other Coder
    clients read too. Options work before and after the name of a subcommand.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program with *arguments*, those of the process without any, and exit."""
    given = Given()
    try:
        streams.prepare()
        ending.show_own_warnings(given)
        unwind_on_termination()
        code = _run(arguments, given)
    except STOPS as stop:  # in the moments outside of the run
        code = ending.end(stop, given)
    ignore_signals_for_good()
    sys.exit(code)


def _run(arguments: list[str] | None, given: Given | None = None) -> int:
    """The exit code of a run: 0, 1 for an error, 2 for wrong usage. *given* gets the global options."""
    given = given or Given()
    output.forget_tokens()
    try:
        ending.check_completion()
        code = coder.main(
            arguments,
            prog_name="coder",
            standalone_mode=False,
            # What click would see in the arguments of a Windows process is no variable and no pattern: `pa$$word`.
            windows_expand_args=False,
            obj=given,
        )
    except BaseException as problem:  # noqa: BLE001  # the last resort: Ctrl-C, too, ends with a word and an exit code
        with ignore_signals():  # another one must not take the place of what is said
            return ending.end(problem, given)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
