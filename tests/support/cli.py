"""The `coder` command as the tests run it: as a process in a clean environment, or within this one."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import coder_login.__main__
import pytest
from child import Child
from coder_login.deployment import transport as http
from coder_login.deployment.api import Client
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import DEFAULT_SERVICE, FileStore, KeyringStore, UnsupportedKeyringError
from coder_login.sessionstore.keyrings import open_system_keyring
from deployment import Deployment
from memory_keyring import MemoryKeyring

TOKEN = "0123456789-abcdefghijklmnopqrstuv"
"""A token that no deployment has issued."""

OTHER = "https://other.example.com"
"""A deployment that nobody serves."""

# What a process needs to start at all, and how the tests themselves are run.
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATH", "WINE", "PYTHON", "LANG", "LC_")


class Run(NamedTuple):
    """How a run ended: its exit code, its standard output, and its standard error with ``\\n`` at the line ends."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output, with ``\\n`` at the line ends."""
        return self.stdout.decode().replace("\r\n", "\n")


@dataclass(slots=True)
class Machine:
    """A home directory of its own, empty at first, and the command in it."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        """The config directory."""
        base = self.home / "Library" / "Application Support" if sys.platform == "darwin" else self.home / "config"
        return base / "coderv2"

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.upper().startswith(_KEPT)}
        kept.pop("PYTHONUNBUFFERED", None)  # it would hide what is still to be written at the end
        places = dict.fromkeys(["HOME", "USERPROFILE", "TMP", "TEMP"], str(self.home))
        places |= dict.fromkeys(["APPDATA", "XDG_CONFIG_HOME"], str(self.home / "config"))
        places |= dict.fromkeys(["LOCALAPPDATA", "XDG_STATE_HOME"], str(self.home / "local"))
        # Whatever goes wrong, no browser opens.
        return kept | places | {"BROWSER": "true"} | self.env | dict(env or {})

    def start(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
    ) -> Child:
        """The process, with pipes for its standard handles, but perhaps *stdout* or *stderr*."""
        words, environment = [*command(), *arguments], self.environment(env)
        return Child(words, env=environment, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, input: str | bytes = b"") -> Run:
        """The command as a process, with *input* in the pipe that is its standard input, which then ends."""
        with self.start(*arguments, env=env) as process:
            return finished(process, input.encode() if isinstance(input, str) else input)

    def files(self) -> dict[str, bytes]:
        """What other clients see in the config directory: names and contents."""
        files = self.directory.iterdir() if self.directory.is_dir() else ()
        return {path.name: path.read_bytes() for path in sorted(files) if path.suffix != ".lock" != path.name}

    def keyring(self) -> KeyringStore:
        """The store on this system's keyring, or on what stands in its place, with a lock of this machine's own."""
        return KeyringStore(lock_path=self.home / "lock")

    def keep(self, url: str, token: str) -> dict[str, bytes]:
        """Store a session in the files, as a login does; what `files` says then."""
        FileStore(self.directory).write(DeploymentURL.parse(url), token)
        return self.files()


def has_keyring() -> bool:
    """Whether this system has a keyring that we support."""
    try:
        open_system_keyring()
    except UnsupportedKeyringError:
        return False
    return True


def finished(process: Child, input: bytes = b"") -> Run:
    """How *process* ends, once it has read *input*."""
    stdout, stderr = process.communicate(input if process.stdin else None)
    return Run(process.returncode, stdout or b"", (stderr or b"").decode(errors="replace").replace("\r\n", "\n"))


def command() -> list[str]:
    """The installed console script; on Windows the module, as the script lies elsewhere with every installer."""
    if sys.platform == "win32":
        return [sys.executable, "-P", "-m", "coder_login"]
    return [str(Path(sys.executable).with_name("coder"))]


def client(url: str, **options: object) -> Client:
    """The API of the deployment at *url*, on a transport with *options*."""
    deployment = DeploymentURL.parse(url)
    return Client(deployment, http.Transport(deployment, **{"timeout": 30, **options}))  # type: ignore[arg-type]  # the caller's to know


def piped(text: str) -> io.TextIOWrapper:
    """A standard input that is no terminal."""
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")


@dataclass(slots=True)
class Inside:
    """The command within this process, for faults at seams and for long tables."""

    machine: Machine
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, env: Mapping[str, str] | None = None, input: str | None = "") -> Run:
        """As `Machine.run`; with *input* None, standard input is left as the test patched it."""
        with self.monkeypatch.context() as patch:
            self._patch_environment(patch, self.machine.environment(env))
            if input is not None:
                patch.setattr(sys, "stdin", piped(input))
            self.capsys.readouterr()
            code = coder_login.__main__._run(list(arguments))
        captured = self.capsys.readouterr()
        return Run(code, captured.out.encode(), captured.err)

    @staticmethod
    def _patch_environment(patch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
        for name in list(os.environ):
            if name not in environment:
                patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)


@dataclass(slots=True)
class World:
    """Everything that a run of the command could change, and which store it is to use."""

    inside: Inside
    deployment: Deployment
    keyring: MemoryKeyring
    store: str

    @property
    def state(self) -> tuple[dict[str, bytes], dict[str, bytes], set[str]]:
        return self.inside.machine.files(), dict(self.keyring.blobs), self.deployment.valid_tokens()

    @property
    def stored(self) -> bytes:
        """Where a login has put its token."""
        blobs, files = self.keyring.blobs, self.inside.machine.files()
        return blobs[DEFAULT_SERVICE] if self.store == "keyring" else files["session"]

    def log_in(self, *options: str, input: str = "") -> Run:
        words = ["--use-keyring", *options] if self.store == "keyring" else options
        return self.inside.run("login", self.deployment.url, *words, input=input)
