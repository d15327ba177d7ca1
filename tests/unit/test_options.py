"""The global options, from their rows to what click, a person and the docs see; and the scanner of arguments."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import click
import pytest
from coder_login import IDENTITY, __version__
from coder_login.commands import options
from coder_login.commands.go_cli import COMMANDS, IGNORED_FLAGS, IGNORED_OPTIONS
from coder_login.commands.options import GLOBAL_OPTIONS, GlobalOption
from coder_login.commands.parsing import Flag, Group, scan
from coder_login.commands.program import coder

from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]


@pytest.mark.parametrize("name", ["login", "logout", "keyring", "whoami", "version"])
def test_every_command_offers_every_row(inside: Inside, name: str) -> None:
    """With its variable and its default, in `--help`."""
    shown = " ".join(inside.run(name, "--help").text.split())
    for option in GLOBAL_OPTIONS:
        assert option.name in shown
        assert f"{option.help}{f' [{option.sources}]' if option.sources else ''}" in shown


LINES = [
    pytest.param(["--yes", "x"], ["--yes=true", "x"], 1, id="bare-flag"),
    pytest.param(["--yes=false", "x"], ["--yes=false", "x"], 1, id="flag-with-value"),
    pytest.param(["-y", "x"], ["--yes=true", "x"], 1, id="short-flag"),
    pytest.param(["-y=false", "x"], ["--yes=false", "x"], 1, id="short-flag-with-value"),
    pytest.param(["-yv"], ["--yes=true", "--verbose=true"], None, id="joined"),
    pytest.param(["-vy=f", "x"], ["--verbose=true", "--yes=f", "x"], 2, id="joined-with-value"),
    pytest.param(["-yo", "json", "x"], ["--yes=true", "-o", "json", "x"], 3, id="joined-with-next"),
    pytest.param(["-yojson", "x"], ["--yes=true", "-ojson", "x"], 2, id="joined-with-text"),
    pytest.param(["-ov", "x"], ["-ov", "x"], 1, id="the-value-of-a-short-option"),
    pytest.param(["-yz", "x"], ["--yes=true", "-z", "x"], 2, id="joined-with-unknown"),
    pytest.param(["-yh"], ["--yes=true", "-h"], None, id="joined-with-help"),
    pytest.param(["-hv"], ["-h", "--verbose=true"], None, id="help-joined-with-flag"),
    pytest.param(["--url", "-y", "x"], ["--url", "-y", "x"], 2, id="value-like-a-flag"),
    pytest.param(["--url=u", "x"], ["--url=u", "x"], 1, id="value-after-equals"),
    pytest.param(["--header", "--yes"], ["--header", "--yes"], None, id="value-like-a-long-flag"),
    pytest.param(["--url"], ["--url"], None, id="no-value"),
    pytest.param(["--", "-y", "--yes"], ["--", "-y", "--yes"], 1, id="after-dashes"),
    pytest.param(["x", "--", "-y"], ["x", "--", "-y"], 0, id="operand-and-dashes"),
    pytest.param(["--url", "--", "-y"], ["--url", "--", "--yes=true"], None, id="dashes-as-value"),
    pytest.param(["--yes", "--"], ["--yes=true", "--"], None, id="nothing-after-dashes"),
    pytest.param(["-", "-y"], ["-", "--yes=true"], 0, id="a-lone-dash"),
    pytest.param([], [], None, id="nothing"),
]


@pytest.mark.parametrize(("given", "spelled", "operand"), LINES)
def test_arguments_are_spelled_out(given: list[str], spelled: list[str], operand: int | None) -> None:
    """Each flag with its value, and the place of the first word that is neither an option nor a value."""
    flags = [Flag(["-y", "--yes"]), Flag(["-v", "--verbose"]), click.Option(["--version"], is_flag=True)]
    texts = [click.Option(["-o", "--out"]), click.Option(["--url"]), click.Option(["--header"], multiple=True)]
    command = click.Command("c", params=[*flags, *texts])
    scanned = scan(command, given)
    assert (scanned.words, scanned.first_operand) == (spelled, operand)


def test_a_subcommands_words_are_left_alone() -> None:
    """A group spells out what stands before the subcommand's name."""
    assert scan(coder, ["-v", "logout", "-y"]).words == ["--verbose=true", "logout", "-y"]


def test_joined_flags_work_in_the_command(inside: Inside) -> None:
    """Before and after its name."""
    run = inside.run("-v", "version", "-vojson")
    assert (run.code, run.text) == (0, '{\n  "version": "0.1.0"\n}\n')


@pytest.mark.parametrize("seconds", ["nan", "NaN", "-nan", "inf", "-1", "0", "3601", "soon"])
def test_a_time_limit_is_a_number_in_range(inside: Inside, seconds: str) -> None:
    """Anything else is wrong usage."""
    run = inside.run("whoami", f"--timeout={seconds}")
    assert (run.code, run.stdout) == (2, b"")
    assert "'--timeout': it is not a number of seconds, over 0 and up to 3600" in run.stderr


def test_a_list_that_is_no_header_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second option that can be given again keeps its texts apart from the first one's, before and after the name."""
    colour = GlobalOption("--colour", "A colour.", "list", metavar="NAME")
    monkeypatch.setattr(options, "GLOBAL_OPTIONS", (options.HEADER, colour))
    found = options.Given()

    @click.group(cls=Group)
    def group() -> None:
        pass

    @group.command()
    def inner() -> None:
        pass

    words = ["--colour", "red", "--header", "a=1", "inner", "--colour", "blue", "--header", "b=2"]
    group.main(words, standalone_mode=False, obj=found)
    assert (found.get_texts(colour), found.get_texts(options.HEADER)) == (["red", "blue"], ["a=1", "b=2"])


# Beside the Go CLI.


@pytest.mark.parametrize("name", sorted(IGNORED_FLAGS | IGNORED_OPTIONS))
def test_the_go_clis_other_options_do_nothing(inside: Inside, name: str) -> None:
    """Before and after the name of the command, with a value in either form; `--help` and click do not offer them."""
    forms = [[name], [f"{name}=true"]] if name in IGNORED_FLAGS else [[name, "x"], [f"{name}=x"], [name, "--url"]]
    for form in forms:
        for words in ([*form, "version", "-o", "json"], ["version", *form, "-o", "json"]):
            assert inside.run(*words) == (0, b'{\n  "version": "0.1.0"\n}\n', "")
    assert name not in inside.run("version", "--help").text
    assert f"'{name}'" not in inside.run("version", f"{name}s").stderr


def test_what_editors_and_scripts_give_is_among_them() -> None:
    """Of the options that its reference lists, all that are not ours."""
    flags = "disable-direct-connections no-version-warning no-feature-warning disable-network-telemetry force-tty"
    assert {f"--{name}" for name in [*flags.split(), "debug-options"]} <= IGNORED_FLAGS
    files = {f"--client-tls-{name}-file" for name in ("ca", "cert", "key")}
    assert files | {"--agent-token", "--agent-token-file", "--agent-url"} <= IGNORED_OPTIONS


def test_what_looks_like_an_ignored_option_can_be_a_value_or_an_operand() -> None:
    """Only where an option can stand is it one."""
    assert scan(coder, ["--url", "--force-tty", "version"]).words == ["--url", "--force-tty", "version"]
    assert scan(coder, ["--", "--force-tty"]).words == ["--", "--force-tty"]


@pytest.mark.parametrize("words", [["ssh", "--stdio", "dev"], ["-v", "config-ssh"], ["ls"]], ids=" ".join)
def test_a_command_of_the_go_cli_names_both_programs(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    """Which one this is, where it lies, and the path of the other one: the first on the PATH that is no script."""
    places = [tmp_path / name for name in ("none", "ours", "theirs")]
    go_program = b"\x7fELF" + bytes(1024 * 1024)
    for place, content in zip(places, [None, b'exec ours/coder "$@"', go_program], strict=True):
        place.mkdir()
        if content is not None:
            program = place / ("coder.exe" if sys.platform == "win32" else "coder")
            program.write_bytes(content)
            program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "ours" / "coder"), *words])
    run = inside.run(*words, env={"PATH": os.pathsep.join(map(str, places)), "PATHEXT": ".exe"})
    name = next(word for word in words if not word.startswith("-"))
    assert (run.code, run.stdout) == (2, b"")
    fact, hint = run.stderr.splitlines()
    assert fact == f"error: The command {name} is the Go CLI's, and this is {IDENTITY}: {tmp_path / 'ours' / 'coder'}"
    assert hint.startswith(f"Give the same words to the Go CLI, by its path: {tmp_path / 'theirs' / 'coder'}")


def test_a_command_of_the_go_cli_without_a_go_cli(inside: Inside, tmp_path: Path) -> None:
    """The error says where it is had."""
    run = inside.run("ssh", "dev", env={"PATH": str(tmp_path)})
    assert run.code == 2
    assert run.stderr.endswith(
        "\nThe Go CLI is not found on the PATH. Install it: https://coder.com/docs/install/cli\n"
    )


def test_no_command_of_ours_is_called_the_go_clis(inside: Inside) -> None:
    """What both have is ours here."""
    assert not COMMANDS & set(coder.list_commands(click.Context(coder)))


def test_an_unknown_command_is_nobodys(inside: Inside) -> None:
    """Wrong usage; what there is is said."""
    run = inside.run("sing")
    assert run.code == 2
    assert run.stderr.endswith("\nerror: No such command. The commands are keyring, login, logout, version, whoami\n")


def takes_keyring_for_granted(version: str) -> bool:
    """What the VS Code extension concludes from a semantic version, in its `featureSet.ts`; a devel build has all."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", version)
    assert match, "an editor that can't parse a version takes the deployment's own"
    prerelease = (match[4] or "").split(".")
    return tuple(map(int, match.group(1, 2, 3))) >= (2, 29, 0) or prerelease[0] == "devel"


@pytest.mark.parametrize(
    ("version", "granted"),
    [("2.28.9", False), ("2.29.0", True), ("v2.30.1+abc", True), ("0.0.0-devel+abc", True), ("2.28.3-dev", False)],
)
def test_the_rule_of_the_editors(version: str, granted: bool) -> None:
    """The rule itself, so that the next test can fail."""
    assert takes_keyring_for_granted(version) is granted


def test_editors_do_not_take_us_for_a_binary_with_the_keyring_on(inside: Inside) -> None:
    """Ours is off until it is asked for: a session that they wrote there would not be found."""
    version = json.loads(inside.run("version", "--output", "json").stdout)["version"]
    assert version == __version__
    assert not takes_keyring_for_granted(version)


def test_the_version_is_an_option_too(inside: Inside) -> None:
    """And the same identity as the subcommand's."""
    assert inside.run("--version") == inside.run("version") == (0, f"{IDENTITY}\n".encode(), "")


URL = "https://dev.example.com"


@pytest.mark.parametrize(
    "words",
    [["token"], ["-v", "token"], ["--url", URL, "token"], ["--use-keyring=false", "token"], ["--", "token"]],
    ids=" ".join,
)
def test_token_as_the_argument_of_login_is_the_subcommand(inside: Inside, words: list[str]) -> None:
    """Wherever the options stand."""
    inside.machine.keep(URL, TOKEN)
    assert inside.run("login", *words).text == f"{TOKEN}\n"


@pytest.mark.parametrize("words", [["--url", "token"], ["https://token"]], ids=" ".join)
def test_token_as_a_value_is_a_host(inside: Inside, words: list[str]) -> None:
    """Then it is a login to that host, which finds no token on standard input or no such host."""
    inside.machine.keep(URL, TOKEN)
    run = inside.run("login", *words, "--timeout", "1", env={"NO_PROXY": "*"})
    assert (run.code, run.stdout) == (1, b"")
    assert "https://token" in run.stderr
