"""The `coder` program: the group of its subcommands, and how a run of it ends."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from coder_login import IDENTITY
from coder_login.commands import output
from coder_login.commands.errors import BugError, ForeignCommandError, Notice, StoppedError, UsageError
from coder_login.commands.go_cli import COMMANDS
from coder_login.commands.options import Given
from coder_login.commands.parsing import Group, scan
from coder_login.errors import CoderError, CoderWarning
from coder_login.interrupts import TerminatedError, unwind_on_termination
from coder_login.text import printable, redact

_INTERRUPTED = 130  # a shell's exit code of a program that Ctrl-C ended


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
    _occupy_standard_handles()
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_print(stream)
    given = Given()
    _show_own_warnings(given)
    unwind_on_termination()
    sys.exit(_run(arguments, given))


def _run(arguments: list[str] | None, given: Given | None = None) -> int:
    """The exit code of a run: 0, 1 for an error, 2 for wrong usage. *given* gets the global options."""
    given = given or Given()
    output.forget_tokens()
    try:
        code = coder.main(
            arguments,
            prog_name="coder",
            standalone_mode=False,
            # What click would see in the arguments of a Windows process is no variable and no pattern: `pa$$word`.
            windows_expand_args=False,
            obj=given,
        )
    except CoderError as problem:
        _report(problem, given)
        return getattr(problem, "exit_code", 1)
    except click.ClickException as problem:
        _report_usage(problem, given)
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        output.error(StoppedError("interrupted"))
        return _INTERRUPTED
    except TerminatedError as problem:
        output.error(StoppedError("terminated"))
        return problem.exit_code
    except Exception as problem:  # noqa: BLE001
        _report(_describe_bug(problem), given)
        return 1
    return code if isinstance(code, int) else 0


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


def _describe_bug(problem: Exception) -> BugError:
    """What went wrong and where, but not the exception's own text: nobody checked it for a token."""
    traceback = problem.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f"{Path(traceback.tb_frame.f_code.co_filename).name}, line {traceback.tb_lineno}" if traceback else "?"
    return BugError(f"an unforeseen {type(problem).__name__} in {place}")


def _never_fail_to_print(stream: TextIO | Any) -> None:
    """Escape what the stream's encoding can't carry: a name in another script must not end the program."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _occupy_standard_handles() -> None:
    """Open the null device where a standard handle is closed: the next file, a session's, would get its number, and
    what a header command says on that handle."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def _show_own_warnings(given: Given) -> None:
    """Ours are shown in our form, once each; those of others, and what PYTHONWARNINGS says, are for developers."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("once", CoderWarning)
    warnings.showwarning = functools.partial(_show_warning, given)


def _show_warning(given: Given, message: Warning | str, *details: Any, **options: Any) -> None:
    output.warning(Notice(str(message)), output.find_hint(message, given) if isinstance(message, Warning) else "")


if __name__ == "__main__":
    main()
