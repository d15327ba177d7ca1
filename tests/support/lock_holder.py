"""A process that holds a lock file until it is killed, or its input ends: python lock_holder.py PATH."""

from __future__ import annotations

import sys
from pathlib import Path

from coder_login.sessionstore.lock import locked

if __name__ == "__main__":
    with locked(Path(sys.argv[1])):
        print("locked", flush=True)
        sys.stdin.read()
