"""The modules whose mutants are tried."""

from __future__ import annotations

from fnmatch import fnmatch

from mutating.bench import ROOT
from mutating.mutation import Mutant, make_mutants

PRODUCT = ("wincred/*.py", "cli/coder_login/sessionstore/*.py", "cli/coder_login/deployment/*.py")
MODULES = ("cli/coder_login/session.py", "cli/coder_login/login.py")
NOT_OURS = ("wincred/_advapi32.py",)  # generated


def list_mutants() -> list[Mutant]:
    """Every mutant of the product."""
    files = [
        path.relative_to(ROOT).as_posix() for top in ("wincred", "cli") for path in sorted((ROOT / top).rglob("*.py"))
    ]
    chosen = [file for file in files if any(fnmatch(file, pattern) for pattern in PRODUCT + MODULES)]
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in chosen if file not in NOT_OURS}
    return [mutant for file, text in texts.items() for mutant in make_mutants(file, text)]
