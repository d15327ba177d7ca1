"""Run another program, and end the check when something is not as it should be."""

from __future__ import annotations

import os
import subprocess
import tempfile


def run(*command: str) -> str:
    """The output of *command*; its failure ends the check."""
    result = outcome(*command)
    check(result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def outcome(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """*command*, run away from the checkout."""
    return subprocess.run(
        command,
        cwd=tempfile.gettempdir(),
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check(condition: bool, problem: str) -> None:
    if not condition:
        raise SystemExit(f"check_distribution: {problem}")
