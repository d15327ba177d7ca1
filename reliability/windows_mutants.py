"""Mutants of what only Windows runs: those that no test has found on Linux, tried in a Windows Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mutating.bench import LEFT_OUT, ROOT
from mutating.lists import leave_out_equivalents, name_short, read_excuses, read_killers
from mutating.mutation import Mutant
from mutating.product import list_mutants
from mutating.score import judge
from mutating.trial import Verdict
from result import Result

ABOUT = """\
A mutant in what only Windows runs is tried here when no test has found it on Linux with a fake (`killers.json`, which
the long form there writes). It is put into a copy of the tree, and the tests of its module are run on that, each time
in a process of their own, up to the first that fails. The quick form tries a few.
"""

TESTS: Mapping[str, Sequence[str]] = {
    "cli/coder_login/deployment/certificates.py": ("certificates",),
    "cli/coder_login/deployment/dialer.py": ("dialer",),
    "cli/coder_login/deployment/header_command.py": ("headers",),
    "cli/coder_login/sessionstore/": ("directory", "lock", "file_store", "pair", "config_directory", "keyring_store"),
}
"""The unit tests that are run for a module, or for every other one of a package."""

SECONDS = 300
"""Of a run at most: what takes longer has gone on for ever."""

QUICK_SIZE = 2


def run(*, long: bool) -> Result:
    excuses = read_excuses()
    chosen = choose(list_mutants())
    if not long:
        chosen = sorted(chosen, key=lambda mutant: mutant.rank)[:QUICK_SIZE]
    tried = leave_out_equivalents(chosen, excuses)
    with copied_tree() as tree:
        clean = find_clean(tree, {find_tests(mutant.path) for mutant in tried})
        verdicts = {mutant: verdict for mutant in tried if (verdict := try_mutant(tree, mutant, clean))}
    faults = [f"fails without any mutant: {', '.join(tests)}" for tests, is_clean in clean.items() if not is_clean]
    return judge(chosen, verdicts, excuses, faults)


def choose(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Those that no test has found on Linux, as of a system of ours."""
    found = read_killers()
    left = [mutant for mutant in mutants if mutant.elsewhere and name_short(mutant) not in found]
    return [replace(mutant, elsewhere=False) for mutant in left]


def find_tests(path: str) -> tuple[str, ...]:
    """The test files for the module at *path*."""
    names = next((names for place, names in TESTS.items() if path.startswith(place)), ())
    return tuple(f"tests/unit/test_{name}.py" for name in names)


def find_clean(tree: Path, sets: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], bool]:
    """Whether each of the *sets* of tests passes without a mutant."""
    return {tests: run_tests(tree, tests).outcome == "survived" for tests in sorted(sets)}


def try_mutant(tree: Path, mutant: Mutant, clean: Mapping[tuple[str, ...], bool]) -> Verdict | None:
    """What becomes of *mutant*; None when its tests find something without it, too."""
    tests = find_tests(mutant.path)
    if not clean[tests]:
        return None
    path = tree / mutant.path
    text = path.read_text(encoding="utf-8")
    path.write_text(mutant.apply(text), encoding="utf-8", newline="\n")
    try:
        verdict = look_twice(tree, tests)
    finally:
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{verdict.outcome}: {mutant}", flush=True)
    return verdict


def look_twice(tree: Path, tests: Sequence[str]) -> Verdict:
    """What becomes of *tests*; a failure counts that is met again: on a busy machine it may be the machine's."""
    verdict = run_tests(tree, tests)
    if verdict.outcome == "killed" and verdict.killer and run_tests(tree, [verdict.killer]).outcome != "killed":
        return run_tests(tree, tests)
    return verdict


def run_tests(tree: Path, tests: Sequence[str]) -> Verdict:
    paths = os.pathsep.join([str(tree), str(tree / "cli")])
    # A compiled file is taken for one of any text of the same size and second.
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-P", "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:randomly", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*words, *tests], cwd=tree, env=environment, input=b"", capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Verdict("timeout", tests[0])
    lines = done.stdout.decode(errors="replace").splitlines()
    failed = [line.partition(" ")[2].partition(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return Verdict("killed", next(iter(failed), "")) if done.returncode else Verdict("survived")


@contextmanager
def copied_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        yield tree
