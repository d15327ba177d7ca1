"""The programs of docs/examples, each a process of its own, and what they find of a session.

The files are tried on every system. The credential is the real one, on Wine's advapi32 too for Python; there is neither
PowerShell nor Go on Wine: those two are tried on Windows itself (`test_go_on_wine` has another way).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from child import Child
from coder_login.sessionstore import DEFAULT_SERVICE
from go_build import SOURCE, build_go, require_go
from stored_forms import CREDENTIALS, EXAMPLES, FILES, UNNAMED, Files, Stored, found, missing, seen
from stores import HTTPS, NEWER, OTHER, TOKEN

import wincred
from cli import Machine, Run, finished

pytest_plugins = ["cli_fixtures"]
# On Windows, all of them look at the credential of the real name.
pytestmark = pytest.mark.xdist_group("credential_manager")

ON_WINDOWS = pytest.mark.windows
POWERSHELL = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"]
# Another edition's modules would be loaded by this one.
NOT_INHERITED = {"PSMODULEPATH"}
QUIET = {"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off"}


@pytest.fixture(scope="module")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one in Go, for this system."""
    require_go()
    return build_go(tmp_path_factory.mktemp("go"))


@pytest.fixture
def program(request: pytest.FixtureRequest) -> list[str]:
    """The command line of the one that the parameter names."""
    if request.param == "python":
        return [sys.executable, "-P", str(EXAMPLES / "read_session.py")]
    if request.param == "go":
        return [str(request.getfixturevalue("go_program"))]
    if request.param == "pwsh" and shutil.which("pwsh") is None:
        pytest.skip("PowerShell 7 is not installed")
    return [request.param, *POWERSHELL, str(EXAMPLES / "read_session.ps1")]


def run(machine: Machine, program: list[str], *arguments: str, env: Mapping[str, str] | None = None) -> Run:
    """How *program* ends, on *machine*."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in NOT_INHERITED}
    environment, pipe = kept | QUIET | machine.environment(env), subprocess.PIPE
    with Child([*program, *arguments], env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        return seen(finished(process))


on_files = pytest.mark.parametrize(
    "program",
    [
        "python",
        pytest.param("go", marks=[pytest.mark.go, pytest.mark.timeout(300)]),
        "pwsh",
        pytest.param("powershell", marks=ON_WINDOWS),
    ],
    indirect=True,
)
on_credential = pytest.mark.parametrize(
    "program",
    [
        pytest.param("python", marks=pytest.mark.credential_manager),
        pytest.param("go", marks=[ON_WINDOWS, pytest.mark.timeout(300)]),
        pytest.param("powershell", marks=ON_WINDOWS),
        pytest.param("pwsh", marks=ON_WINDOWS),
    ],
    indirect=True,
)


@pytest.fixture
def no_credential(request: pytest.FixtureRequest) -> None:
    """On Windows, where a program looks there first."""
    if wincred.is_supported():
        request.getfixturevalue("real_keyring")


@on_files
@pytest.mark.usefixtures("no_credential")
@pytest.mark.parametrize("stored", FILES.values(), ids=FILES)
def test_what_lies_in_the_files(machine: Machine, program: list[str], stored: Files) -> None:
    """The token of the deployment that `url` names, and of no other."""
    machine.directory.mkdir(parents=True)
    for name, content in stored.contents.items():
        (machine.directory / name).write_text(content, encoding="utf-8")
    assert run(machine, program, stored.url) == stored.answer


@on_files
@pytest.mark.usefixtures("no_credential")
def test_what_the_command_has_written_into_the_files(machine: Machine, program: list[str]) -> None:
    """Where it writes by itself, and in a directory that CODER_CONFIG_DIR names, for the deployment in CODER_URL."""
    machine.keep(HTTPS, TOKEN)
    assert run(machine, program, HTTPS) == found()
    variables = {"CODER_URL": OTHER, "CODER_CONFIG_DIR": str(machine.home / "elsewhere")}
    assert run(machine, program, env=variables) == missing(OTHER)
    (machine.home / "elsewhere").mkdir()
    for name, content in (("url", OTHER), ("session", NEWER)):
        (machine.home / "elsewhere" / name).write_text(content, encoding="utf-8")
    assert run(machine, program, env=variables) == found(NEWER)
    assert run(machine, program) == UNNAMED


@on_credential
@pytest.mark.usefixtures("real_keyring")
@pytest.mark.parametrize("stored", CREDENTIALS.values(), ids=CREDENTIALS)
def test_what_lies_in_the_credential(machine: Machine, program: list[str], stored: Stored) -> None:
    """Each form that a client has ever written; a token goes to no other origin, and into no error."""
    if stored.blob is not None:
        wincred.write(DEFAULT_SERVICE, stored.blob)
    assert run(machine, program, stored.url) == stored.answer


@on_credential
@pytest.mark.usefixtures("real_keyring")
def test_what_the_command_has_written_into_the_credential(machine: Machine, program: list[str]) -> None:
    """It counts before the files, which are looked at for what it has not."""
    machine.keyring().write(HTTPS, TOKEN)
    machine.keep(HTTPS, NEWER)
    assert run(machine, program, HTTPS) == found()
    machine.keep(OTHER, NEWER)
    assert run(machine, program, OTHER) == found(NEWER)


@pytest.mark.go
@pytest.mark.parametrize("name", [path.name for path in SOURCE.glob("*.go")])
def test_the_go_program_is_formatted(name: str) -> None:
    """As gofmt does it, and Go programmers expect it."""
    if shutil.which("gofmt") is None:
        pytest.skip("Go is not installed")
    text = (SOURCE / name).read_text(encoding="utf-8").encode()
    with Child(["gofmt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.communicate(text)[0] == text
