"""What a read of a session imports: an editor waits for it all day.

The keyring is one in memory on every system; the Windows one adds `wincred` alone, and a test of its own holds that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from coder_login import sessionstore
from coder_login.sessionstore import FileStore
from startup import ADVICE, OF_JSON, OF_KEYRINGS, OURS, STANDARD, modules_after

TOKEN, URL = "0123456789-abcdefghijklmnopqrstuv", "https://dev.example.com"

BY_FILE = """
from coder_login.session import Session
from coder_login.sessionstore import FileStore
files = FileStore({directory!r})
url = files.current()
assert url is not None and Session(url, files, files, lambda: files).read() == {token!r}
"""
BY_KEYRING = """
from coder_login.session import Session
from coder_login.sessionstore import FileStore, KeyringStore
class Keyring:
    max_size = None
    def get(self, service):
        return b'{{"dev.example.com":{{"coder_url":"https://dev.example.com","api_token":"{token}"}}}}'
files = FileStore({directory!r})
store = KeyringStore(provider=Keyring(), lock_path={lock!r})
assert Session(files.current(), store, files, lambda: files).read() == {token!r}
"""


@pytest.fixture(autouse=True)
def _local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the locks are in a directory of the test's own."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A config directory with a session."""
    directory = tmp_path / "coderv2"
    FileStore(directory).write(URL, TOKEN)
    return directory


@pytest.mark.parametrize("place", ["given", "by-environment"])
def test_a_read_of_the_file_imports_little(directory: Path, place: str) -> None:
    """No module that generates code, and none for URLs, paths or texts that are out of the ordinary."""
    given = str(directory) if place == "given" else None
    variables = {name: str(directory.parent) for name in ("XDG_CONFIG_HOME", "APPDATA")}
    if sys.platform == "darwin" and given is None:
        pytest.skip("the default directory is below the home directory's Library")
    new = modules_after(BY_FILE.format(directory=given, token=TOKEN), os.environ | variables)
    assert {name for name in new if name.startswith("coder_login")} == OURS
    assert new - OURS <= STANDARD, ADVICE


def test_a_read_of_a_keyring_imports_json_besides(directory: Path, tmp_path: Path) -> None:
    """And what that needs, and no binding that it does not use."""
    code = BY_KEYRING.format(directory=str(directory), lock=str(tmp_path / "lock"), token=TOKEN)
    new = modules_after(code)
    assert {name for name in new if name.startswith("coder_login")} == OURS | OF_KEYRINGS
    assert new - OURS - OF_KEYRINGS <= STANDARD | OF_JSON, ADVICE


@pytest.mark.skipif(sys.platform != "win32", reason="the keyring of Windows")
def test_the_keyring_of_windows_is_the_binding_and_one_module() -> None:
    """Of ours; what the binding itself imports, its own tests hold."""
    before = modules_after("import wincred, json, coder_login.session, coder_login.sessionstore.keyring_store")
    new = modules_after(
        "from coder_login.session import Session\nfrom coder_login.sessionstore import KeyringStore\n"
        "KeyringStore('coder-test-of-imports').has('https://dev.example.com')"
    )
    assert {name for name in new - before if not name.startswith(("wincred", "cffi"))} <= {
        "coder_login.sessionstore.keyrings.windows",
        "coder_login.sessionstore.private_directory",  # where nobody has taken the lock before
        "msvcrt",
    }


@pytest.mark.parametrize(
    ("url", "is_plain"),
    [("https://dev.example.com/base", True), ("http://127.0.0.1:3000", True), ("https://[::1]", False)],
    ids=["name", "address", "ipv6"],
)
def test_a_plain_url_needs_no_rules(url: str, is_plain: bool) -> None:
    """What the whole of the rules imports is for the others."""
    loaded = modules_after(f"from coder_login.deployment.url import DeploymentURL as D; D.parse({url!r})")
    rules = {"coder_login.deployment.url_parsing", "ipaddress", "urllib.parse", "re"}
    assert loaded & rules == (set() if is_plain else rules)


def test_every_public_name_of_the_stores_is_there() -> None:
    """Though each is imported when it is asked for."""
    found = {name: getattr(sessionstore, name) for name in sessionstore.__all__}
    assert {name for name, value in found.items() if name != getattr(value, "__name__", "DEFAULT_SERVICE")} == set()


@pytest.mark.parametrize("module", ["coder_login", "coder_login.sessionstore"])
def test_a_prompt_completes_every_public_name(module: str) -> None:
    """And `help` shows it, before anything has asked for it."""
    code = f"import {module} as m; print(sorted({{*m.__all__}} - {{*dir(m)}}), '__name__' in dir(m))"
    words, pipe = [sys.executable, "-P", "-c", code], subprocess.PIPE
    done = subprocess.run(words, stdin=pipe, capture_output=True, check=True, timeout=60)
    assert done.stdout.decode().strip() == "[] True"
