"""The verdicts of earlier runs, so that only what may have changed is tried again, and that quickly."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence

from mutating.bench import ROOT
from mutating.lists import name_short, read_killers
from mutating.mutation import Mutant
from mutating.trial import Verdict

CACHE = ROOT / ".mutants" / "verdicts.json"


class KnownVerdicts:
    """A mutant that a test has found is found, while its module, that test's file and what supports it are the same."""

    def __init__(self) -> None:
        self._known: dict[str, Sequence[str]] = json.loads(CACHE.read_text()) if CACHE.exists() else {}
        self._killers = read_killers()

    def find(self, mutant: Mutant) -> Verdict | None:
        known = self._known.get(_name(mutant))
        if known is None or known[2] != _hash(mutant.path, known[1].partition("::")[0]):
            return None
        return Verdict(known[0], known[1])

    def find_killer(self, mutant: Mutant) -> str:
        """The test that found it in an earlier run, whatever has changed since; "" for none."""
        known = self._known.get(_name(mutant))
        return known[1] if known else self._killers.get(name_short(mutant), "")

    def note(self, mutant: Mutant, verdict: Verdict) -> None:
        if verdict.killer:
            key = _hash(mutant.path, verdict.killer.partition("::")[0])
            self._known[_name(mutant)] = [*verdict, key]
            CACHE.parent.mkdir(exist_ok=True)
            CACHE.write_text(json.dumps(self._known))


def _name(mutant: Mutant) -> str:
    return "\n".join(mutant.key)


@functools.cache
def _hash(module: str, test_file: str) -> str:
    paths = [
        ROOT / module,
        ROOT / test_file,
        ROOT / "tests/conftest.py",
        *sorted((ROOT / "tests/support").glob("*.py")),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest()
