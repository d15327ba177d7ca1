"""The global options, one row each: parsing, look-up, `--help` and the reference page follow from the rows.

They work before and after the name of a subcommand. The last one given wins, then the variable; an empty variable is
as good as unset.
"""

from __future__ import annotations

import os

from coder_login.commands.values import parse_boolean, parse_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

    from coder_login.commands.errors import UsageError

    Kind: TypeAlias = Literal["text", "flag", "list", "seconds"]
    """What an option takes; a list is of texts, one each time that the option is given."""


class GlobalOption:
    """A row: how an option is given, in words and by which variable.

    *default* says what holds without it; the value of a *secret* one is never repeated, in a hint for one.
    """

    def __init__(
        self,
        name: str,
        help: str,
        kind: Kind = "text",
        *,
        metavar: str = "",
        variable: str = "",
        default: str = "",
        short: str = "",
        secret: bool = False,
    ) -> None:
        self.name = name
        self.help = help
        self.kind = kind
        self.metavar = metavar
        self.variable = variable
        self.default = default
        self.short = short
        self.secret = secret
        self.key = name.removeprefix("--").replace("-", "_")
        """Its name as click has it for a parameter."""

    @property
    def sources(self) -> str:
        """Where the value comes from when the option is not given, for `--help`."""
        default = f"default: {self.default}" if self.default else ""
        return "; ".join(filter(None, (self.variable, default)))


URL = GlobalOption("--url", "The deployment.", metavar="URL", variable="CODER_URL", default="that of the last login")
TOKEN = GlobalOption("--token", "A session token.", metavar="TOKEN", variable="CODER_SESSION_TOKEN", secret=True)
USE_KEYRING = GlobalOption(
    "--use-keyring", "Keep the token in the system's keyring.", "flag", variable="CODER_USE_KEYRING"
)
GLOBAL_CONFIG = GlobalOption(
    "--global-config", "The config directory.", metavar="DIR", variable="CODER_CONFIG_DIR", default="your own, coderv2"
)
HEADER = GlobalOption(
    "--header",
    "Send a header with every request. Repeatable; the variable is a CSV line.",
    "list",
    metavar="NAME=VALUE",
    variable="CODER_HEADER",
    secret=True,
)
HEADER_COMMAND = GlobalOption(
    "--header-command",
    "Send the NAME=VALUE lines that the command prints.",
    metavar="COMMAND",
    variable="CODER_HEADER_COMMAND",
    secret=True,
)
NO_OPEN = GlobalOption("--no-open", "Open no browser.", "flag", variable="CODER_NO_OPEN")
ALLOW_REDIRECTS = GlobalOption(
    "--allow-redirects", "Follow redirects; to another origin, without the token and the headers.", "flag"
)
TIMEOUT = GlobalOption(
    "--timeout", "Wait at most this long for a whole answer; up to 3600.", "seconds", metavar="SECONDS", default="30"
)
VERBOSE = GlobalOption("--verbose", "Show each request on standard error.", "flag", short="-v")

GLOBAL_OPTIONS = (
    URL,
    TOKEN,
    USE_KEYRING,
    GLOBAL_CONFIG,
    HEADER,
    HEADER_COMMAND,
    NO_OPEN,
    ALLOW_REDIRECTS,
    TIMEOUT,
    VERBOSE,
)


class Given:
    """What was given of the global options, on the command line or, without that, in a variable.

    *values* are those of the command line, by key; *local_flags* the flags of the command itself that are on.
    """

    def __init__(self, values: dict[str, Any] | None = None, local_flags: set[str] | None = None) -> None:
        self.values = values or {}
        self.local_flags = local_flags or set()

    def get_text(self, option: GlobalOption) -> str | None:
        value = self.values.get(option.key)
        return str(value) if value is not None else read_variable(option)

    def get_flag(self, option: GlobalOption) -> bool:
        """Raises UsageError for a variable that is no boolean."""
        if option.key in self.values:
            return bool(self.values[option.key])
        text = read_variable(option)
        if text is None:
            return False
        try:
            return parse_boolean(text)
        except ValueError as error:
            raise make_usage_error(f"{option.variable}: {error}") from error

    def get_directory(self, option: GlobalOption) -> str | None:
        """An absolute path; None for an empty one. Raises UsageError for what no shell would leave like that."""
        text = self.get_text(option)
        if not text:
            return None
        try:
            return parse_directory(text)
        except ValueError as error:
            source = option.name if option.key in self.values else option.variable
            raise make_usage_error(f"{source}: {error}") from error

    def get_seconds(self, option: GlobalOption) -> float:
        return float(self.values.get(option.key, option.default))

    def get_texts(self, option: GlobalOption) -> list[str]:
        """Those of the command line alone; a variable holds them in a form of its own."""
        return list(self.values.get(option.key, ()))


def read_variable(option: GlobalOption) -> str | None:
    """What the option's variable holds; None for an empty one, too."""
    return (os.environ.get(option.variable) or None) if option.variable else None


def make_usage_error(message: str) -> UsageError:
    from coder_login.commands.errors import UsageError

    return UsageError(message)
