"""Run another program, and end the check when something is not as it should be."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping


def run(*command: str, environment: Mapping[str, str] | None = None, umask: int = -1) -> str:
    """The output of *command*; its failure ends the check."""
    result = outcome(*command, environment=environment, umask=umask)
    check(result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def outcome(
    *command: str, environment: Mapping[str, str] | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """*command*, run away from the checkout, with variables of its own; a umask of -1 is the one of this process."""
    return subprocess.run(
        command,
        cwd=tempfile.gettempdir(),
        env=os.environ | (environment or {}),
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check(condition: bool, problem: str) -> None:
    if not condition:
        raise SystemExit(f"check_distribution: {problem}")
