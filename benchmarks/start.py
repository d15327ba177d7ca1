"""How long an editor waits: the start of `coder login token`, and the first read of a credential, against a peer.

    python benchmarks/start.py            here
    python dev/wine/windows.py python benchmarks/start.py    in the Windows Python

Each line is the median of many starts of a new process, interleaved, as a ratio to a Python that does nothing. The
peer of the first read is pywin32-ctypes, a binding of the same functions.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import wincred

ROUNDS = 25
NOTHING = "a Python that does nothing"


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        commands = {NOTHING: ["-c", "pass"], "import wincred": ["-c", "import wincred"]}
        commands["coder login token, from the file"] = [
            "-m",
            "coder_login",
            "--global-config",
            directory,
            "login",
            "token",
        ]
        (Path(directory) / "url").write_text("https://dev.example.com")
        session = Path(directory) / "session"
        session.write_text("0123456789-abcdefghijklmnopqrstuv")
        session.chmod(0o600)
        if not wincred.is_supported():
            report(commands)
            return
        target = f"wincred-benchmark-{uuid.uuid4().hex}"
        wincred.write(target, b"secret")
        try:
            report(commands | readers(target))
        finally:
            wincred.delete(target)


def readers(target: str) -> dict[str, list[str]]:
    return {
        "first read, wincred": ["-c", f"import wincred; wincred.read({target!r})"],
        "first read, pywin32-ctypes": [
            "-c",
            f"from win32ctypes.pywin32 import win32cred; win32cred.CredRead({target!r}, win32cred.CRED_TYPE_GENERIC)",
        ],
    }


def report(commands: dict[str, list[str]]) -> None:
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, arguments in commands.items():
            times[name].append(seconds(arguments))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:36} {median / medians[NOTHING]:5.2f}")


def seconds(arguments: list[str]) -> float:
    left_out = ("CODER_", "PYTHONDONTWRITEBYTECODE")  # compiled once, as an installer does it
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
