"""The lists of mutants in the repository: those that need not be found, each with its reason; a sample; and the tests
that have found the others, with which they are tried first.

An entry names its mutant by the file, the function, the line and the change, or by a hash of these, so that it holds
while lines move.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mutating.mutation import Mutant

FOLDER = Path(__file__).resolve().parent
EXCUSED = FOLDER / "excused.toml"
SAMPLE = FOLDER / "sample.toml"
KILLERS = FOLDER / "killers.json"
_HASH_SIZE = 10  # hexadecimal digits: of some thousand mutants no two are alike

Key = tuple[str, str, str, str]


class Excuse(NamedTuple):
    """Why a mutant is not found: *kind* is "equivalent", when nobody can tell it, or "survives"."""

    kind: str
    reason: str


def read_excuses(path: Path = EXCUSED) -> dict[Key, Excuse]:
    """Every excuse, by its mutant's key. Raises ValueError for one of another kind, without a reason, or twice."""
    excuses: dict[Key, Excuse] = {}
    for kind, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for entry in entries:
            key, reason = _read_key(entry), entry.get("reason", "").strip()
            if kind not in ("equivalent", "survives") or not reason or key in excuses:
                raise ValueError(f"{path.name}: an excuse of an unknown kind, without a reason, or twice: {entry}")
            excuses[key] = Excuse(kind, reason)
    return excuses


def find_stale(excuses: Iterable[Key], mutants: Iterable[Mutant]) -> list[str]:
    """A fault for each excuse that no mutant needs any more."""
    there = {mutant.key for mutant in mutants}
    return [
        f"{EXCUSED.name} excuses a mutant that there is not: {' | '.join(key)}" for key in excuses if key not in there
    ]


def leave_out_equivalents(mutants: Iterable[Mutant], excuses: Mapping[Key, Excuse]) -> list[Mutant]:
    """Those that can be told."""
    return [mutant for mutant in mutants if mutant.key not in excuses or excuses[mutant.key].kind != "equivalent"]


def read_sample(path: Path = SAMPLE) -> dict[Key, list[str]]:
    """The tests that find each mutant of the sample, by its key."""
    return {_read_key(entry): entry["tests"] for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]}


def write_sample(sample: Sequence[tuple[Mutant, list[str]]], path: Path = SAMPLE) -> None:
    lines = ["# Mutants that the quick form tries, and the tests that find them. Written by the long form.", ""]
    for mutant, tests in sample:
        lines += ["[[mutant]]", *render_key(mutant), f"tests = {json.dumps(tests)}", ""]
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def render_key(mutant: Mutant) -> list[str]:
    """The lines of an entry that name *mutant*."""
    words = zip(("file", "where", "line", "change"), mutant.key, strict=True)
    return [f"{name} = {json.dumps(word, ensure_ascii=False)}" for name, word in words]


def _read_key(entry: dict[str, str]) -> Key:
    return entry["file"], entry["where"], entry["line"], entry["change"]


def read_killers(path: Path = KILLERS) -> dict[str, str]:
    """The test that has found each mutant, by the hash of `name_short`."""
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: test for test, names in found.items() for name in names.split()}


def write_killers(killers: Mapping[str, str], path: Path = KILLERS) -> None:
    """Each test once, with the mutants that it has found."""
    found: dict[str, list[str]] = {}
    for name, test in sorted(killers.items(), key=lambda item: (item[1], item[0])):
        found.setdefault(test, []).append(name)
    lines = {test: " ".join(names) for test, names in found.items()}
    path.write_text(json.dumps(lines, indent=0) + "\n", encoding="utf-8", newline="\n")


def name_short(mutant: Mutant) -> str:
    return mutant.rank[:_HASH_SIZE]
