"""Where the runs of one worker take place: a directory, a stand-in deployment, and what both hold.

What differs from run to run has a label in its place: `@HOST@`, and a token's name.
"""

from __future__ import annotations

import os
import secrets
import shutil
import string
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from coder_login.sessionstore import DEFAULT_SERVICE
from deployment import Deployment
from file_keyring import DRAFT, FileKeyring

from faulting.oracle import Outcome, State
from faulting.process import Forks
from faulting.scenarios import ELSEWHERE, GIVEN, MINTED, PLAIN, STORED, Scenario

STAGED = frozenset((".url.new", ".session.new", ".url.old", ".session.old"))
"""Files that a killed writer may leave, and the next one removes."""


class World:
    """A worker's, while it is entered. `set_up` for each run of a scenario, then `run`, perhaps more than once."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._deployment = stack.enter_context(Deployment())
            self.root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coder-faults-"))).resolve()
            self._forks = stack.enter_context(Forks(self.root))
            self._close = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._close.close()

    def set_up(self, scenario: Scenario) -> State:
        """The stores as *scenario* has them beforehand, with tokens that no run has had."""
        for name in ("config", "state", "keyring"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for token in self._deployment.valid_tokens():
            self._deployment.revoke(token)
        self._deployment.keys.clear()
        self._tokens = {label: _make_token() for label in (STORED, GIVEN, ELSEWHERE, PLAIN)}
        for label in (STORED, GIVEN):
            self._deployment.issue_token(self._tokens[label])
        self._write_files(scenario)
        return self._look()

    def run(self, scenario: Scenario, tracing: Sequence[str] = ()) -> Outcome:
        """A run of *scenario*, under strace with the options *tracing* if there are any."""
        (self.root / "stdin").write_text(self._expand(scenario.input))
        words = [self._expand(word) for word in scenario.words]
        code, log = self._forks.run(words, has_keyring=scenario.has_keyring, tracing=tracing)
        stdout, stderr = (self._label((self.root / name).read_bytes()) for name in ("stdout", "stderr"))
        return Outcome(code, stdout, stderr, self._look(), log)

    def _write_files(self, scenario: Scenario) -> None:
        config = self.root / "config/coderv2"
        for name, text in scenario.files.items():
            config.mkdir(0o700, parents=True, exist_ok=True)
            with open(os.open(config / name, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(self._expand(text))
        if scenario.keyring is not None:
            FileKeyring(self.root / "keyring").set(DEFAULT_SERVICE, self._expand(scenario.keyring).encode())

    def _look(self) -> State:
        found = {path.name: path for path in (self.root / "config/coderv2").glob("*") if path.name != ".lock"}
        texts = {name: self._label(path.read_bytes()) for name, path in found.items() if name not in STAGED}
        blobs = [self._label(path.read_bytes()) for path in (self.root / "keyring").glob("*") if path.name != DRAFT]
        valid = {self._label(token.encode()) for token in self._deployment.valid_tokens()}
        opened = frozenset(name for name, path in found.items() if "session" in name and path.stat().st_mode & 0o077)
        return State(texts, blobs[0] if blobs else None, STAGED & found.keys(), frozenset(valid), opened)

    @property
    def _labels(self) -> dict[str, str]:
        """Each text that differs from run to run, and its label."""
        tokens = {token: label for label, token in self._tokens.items()}
        host = self._deployment.url.partition("://")[2]
        return tokens | dict.fromkeys(self._deployment.keys, MINTED) | {host: "@HOST@", str(self.root): "@ROOT@"}

    def _label(self, content: bytes) -> str:
        text = content.decode(errors="backslashreplace")
        for found, label in self._labels.items():
            text = text.replace(found, label)
        return text

    def _expand(self, text: str) -> str:
        for found, label in self._labels.items():
            text = text.replace(label, found)
        return text


def _make_token() -> str:
    letters = string.ascii_letters + string.digits
    return "-".join("".join(secrets.choice(letters) for _ in range(length)) for length in (10, 22))
