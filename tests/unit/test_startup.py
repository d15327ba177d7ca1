"""What a start imports: an editor runs `coder login token` all day."""

from __future__ import annotations

from pathlib import Path

import coder_login
import coder_login.sessionstore
import pytest
from coder_login.sessionstore import FileStore, SessionStoreError
from startup import ADVICE, OF_COMMAND, OF_JSON, OF_KEYRINGS, OURS, STANDARD, modules_after

from cli import TOKEN, Machine

pytest_plugins = ["cli_fixtures"]

README = Path(__file__).parents[2] / "README.md"
NETWORK = {"urllib.request", "http.client", "ssl", "socket", "webbrowser", "email.message"}


def run(*words: str) -> str:
    """A program that runs the command with *words*, whatever its exit code."""
    return f"import coder_login.__main__ as m; m._run({list(words)!r})"


def test_login_token_imports_what_it_needs(machine: Machine) -> None:
    """From the file: neither click nor a keyring, and nothing for a URL, a path or an error that is not there."""
    machine.keep("https://dev.example.com", TOKEN)
    assert machine.run("login", "token").text == f"{TOKEN}\n"
    new = modules_after(run("login", "token"), machine.environment())
    assert {name for name in new if name.startswith("coder_login")} == OURS | OF_COMMAND
    assert new - OURS - OF_COMMAND <= STANDARD, ADVICE


@pytest.mark.credential_manager
def test_login_token_from_windows_imports_the_keyring_besides(machine: Machine) -> None:
    """In the Windows Credential Manager, Wine's too: the binding, and JSON."""
    store = machine.keyring()
    store.write("https://dev.example.com", TOKEN)
    try:
        words = ["--use-keyring", "--url", "https://dev.example.com", "login", "token"]
        assert machine.run(*words).text == f"{TOKEN}\n"
        new = modules_after(run(*words), machine.environment())
    finally:
        store.delete("https://dev.example.com")
    ours = OURS | OF_COMMAND | OF_KEYRINGS | {"coder_login.sessionstore.keyrings.windows"}
    assert {name for name in new if name.startswith("coder_login")} == ours
    of_binding = {name for name in new if name.partition(".")[0] == "wincred"}  # which its own tests hold
    assert new - ours - of_binding <= STANDARD | OF_JSON, ADVICE


@pytest.mark.parametrize("words", [["version"], ["version", "-o", "json"]], ids=" ".join)
def test_version_imports_what_it_needs(machine: Machine, words: list[str]) -> None:
    """No click, and no store."""
    new = modules_after(run(*words), machine.environment())
    assert {name for name in new if name.startswith("coder_login")} <= OURS | OF_COMMAND
    assert not {name for name in new if "sessionstore" in name}
    assert new - OURS - OF_COMMAND <= STANDARD | OF_JSON, ADVICE


def test_a_missing_session_needs_no_click(machine: Machine) -> None:
    """An editor asks again and again whether somebody has logged in."""
    machine.keep("https://dev.example.com", TOKEN)
    (machine.directory / "session").unlink()
    assert machine.run("login", "token").code == 1
    new = modules_after(run("login", "token"), machine.environment())
    assert "coder_login.commands.hints" in new
    assert not new & {"click", *NETWORK}


def test_the_keyring_is_a_name_of_the_package(machine: Machine) -> None:
    """Though it is imported late; another name is an AttributeError."""
    loaded = modules_after("from coder_login.sessionstore import KeyringProvider, KeyringStore, Usage")
    assert "coder_login.sessionstore.keyring_store" in loaded
    with pytest.raises(AttributeError, match=r"^module 'coder_login\.sessionstore' has no attribute 'Keychain'$"):
        _ = coder_login.sessionstore.Keychain


@pytest.mark.usefixtures("memory_keyring")
def test_the_three_lines_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package gives the stores and their error; another name is an AttributeError."""
    for variable in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    coder_login.KeyringStore().write("https://dev.example.com", TOKEN)
    lines = 'from coder_login import KeyringStore\n\ntoken = KeyringStore().read("https://dev.example.com")\n'
    assert f"```python\n{lines}```" in README.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(lines, names)
    assert names["token"] == TOKEN
    assert (coder_login.FileStore, coder_login.SessionStoreError) == (FileStore, SessionStoreError)
    with pytest.raises(AttributeError, match=r"^module 'coder_login' has no attribute 'Keychain'$"):
        _ = coder_login.Keychain


@pytest.mark.parametrize("name", ["version", "keyring list"])
def test_commands_without_a_network_import_none(machine: Machine, name: str) -> None:
    """Whatever their outcome is here."""
    loaded = modules_after(run(*name.split()), machine.environment())
    assert not loaded & NETWORK


def test_the_program_imports_no_subcommand(machine: Machine) -> None:
    """Each is imported when it is asked for, and the table of hints when there is an error."""
    loaded = modules_after("import coder_login.__main__")
    subcommands = {"login", "login_token", "logout", "whoami", "keyring", "version"}
    assert not loaded & {f"coder_login.commands.{name}" for name in (*subcommands, "settings", "hints")}
    assert not loaded & {
        *NETWORK,
        "coder_login.session",
        "coder_login.sessionstore",
        "coder_login.deployment",
        "platformdirs",
    }
