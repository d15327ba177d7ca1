"""In a Windows Python: run a program on one credential after another, and tell how it ended each time, as JSON.

    python store_and_run.py SERVICE DIRECTORY PROGRAM CASES

Each of CASES, in a file, is the blob of the credential SERVICE in hexadecimal, null for none; or a list of a URL and a
token, which is stored as the command does it. DIRECTORY is for all that is a user's own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from coder_login.sessionstore import KeyringStore

import wincred


def main(service: str, directory: str, program: str, cases: str) -> None:
    environment = os.environ | {"APPDATA": directory}
    answers = []
    for case in json.loads(Path(cases).read_text(encoding="utf-8")):
        try:
            store(service, Path(directory), case["stored"])
            command = [program, case["url"]]
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        finally:
            with contextlib.suppress(wincred.NotFoundError):
                wincred.delete(service)
        answers.append([done.returncode, done.stdout.decode(), done.stderr.decode()])
    print(json.dumps(answers))


def store(service: str, directory: Path, stored: Any) -> None:
    if isinstance(stored, str):
        wincred.write(service, bytes.fromhex(stored))
    elif stored is not None:
        KeyringStore(service, lock_path=directory / "lock").write(*stored)


if __name__ == "__main__":
    main(*sys.argv[1:])
