"""What a start imports: an editor runs `coder login token` all day."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import coder_login
import coder_login.sessionstore
import pytest
from coder_login.sessionstore import FileStore, SessionStoreError

from cli import TOKEN, Machine

pytest_plugins = ["cli_fixtures"]

README = Path(__file__).parents[2] / "README.md"
NETWORK = {"urllib.request", "http.client", "ssl", "socket", "webbrowser", "email.message"}
REPORT = "import sys; sys.stderr.write('modules: ' + ' '.join(sys.modules))"


def modules_after(code: str, machine: Machine) -> set[str]:
    """The modules of a new process that has run *code*."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}\n{REPORT}"],
        env=machine.environment(),
        stdin=subprocess.PIPE if sys.platform == "win32" else subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return set(done.stderr.decode().rpartition("modules: ")[2].split())


def test_login_token_imports_no_network(machine: Machine) -> None:
    """Neither urllib.request nor ssl; from the file, no keyring either, and on Linux and macOS no OpenSSL at all."""
    machine.keep("https://dev.example.com", TOKEN)
    loaded = modules_after("import coder_login.__main__ as m; assert m._run(['login', 'token']) == 0", machine)
    assert "coder_login.commands.login_token" in loaded
    assert not loaded & NETWORK
    assert not loaded & {"cffi", "_cffi_backend", "wincred", "coder_login.sessionstore.keyring_store"}
    assert not loaded & {"coder_login.commands.hints", "coder_login.deployment.errors"}
    if sys.platform != "win32":
        assert "_hashlib" not in loaded


def test_the_keyring_is_a_name_of_the_package(machine: Machine) -> None:
    """Though it is imported late; another name is an AttributeError."""
    loaded = modules_after("from coder_login.sessionstore import KeyringProvider, KeyringStore, Usage", machine)
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
    loaded = modules_after(f"import coder_login.__main__ as m; m._run({name.split()!r})", machine)
    assert not loaded & NETWORK


def test_the_program_imports_no_subcommand(machine: Machine) -> None:
    """Each is imported when it is asked for, and the table of hints when there is an error."""
    loaded = modules_after("import coder_login.__main__", machine)
    subcommands = {"login", "login_token", "logout", "whoami", "keyring", "version"}
    assert not loaded & {f"coder_login.commands.{name}" for name in (*subcommands, "settings", "hints")}
    assert not loaded & {
        *NETWORK,
        "coder_login.session",
        "coder_login.sessionstore",
        "coder_login.deployment",
        "platformdirs",
    }
