"""Runs of libFuzzer, each in a child process: a target, so many new inputs, and what came of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fuzzing.corpus import CORPUS, CRASHES, describe_fault, list_inputs, replace_inputs
from fuzzing.scratch import VARIABLE, make_scratch
from fuzzing.targets import TARGETS

SEED = 20
_LONGEST = 4 * 3600  # seconds of a process
_ROOT = CORPUS.parents[1]


@dataclass(frozen=True)
class Outcome:
    """How many inputs were really tried, the edges and features that all of them reach, and what was lost."""

    inputs: int
    edges: int
    features: int
    faults: list[str]


class Campaign:
    """Runs of the target *name*, in a *scratch* directory of their own."""

    def __init__(self, name: str, scratch: Path) -> None:
        self._name = name
        self._scratch = scratch
        self._grown = scratch / "grown"
        self._grown.mkdir()

    def explore(self, inputs: int) -> Outcome:
        """Try the corpus, and *inputs* new ones that are made of it."""
        target, known = TARGETS[self._name], len(list_inputs(self._name))
        options = [
            f"-runs={known + inputs}",
            f"-seed={SEED}",
            f"-max_len={target.longest}",
            f"-dict={self._write_dictionary()}",
            f"-artifact_prefix={self._scratch}/found-",
            "-print_final_stats=1",
        ]
        done = self._start(*options, str(self._grown), str(CORPUS / self._name))
        return self._read_outcome(done)

    def minimise(self) -> None:
        """Make of the corpus and of what was found a corpus that reaches as much, with fewer and shorter files."""
        minimised = self._scratch / "minimised"
        minimised.mkdir()
        folders = [minimised, CORPUS / self._name, self._grown]
        done = self._start("-merge=1", "-use_counters=0", *map(str, folders))
        if done.returncode or not any(minimised.iterdir()):
            raise RuntimeError(f"the merge of {self._name} failed: {done.stderr[-2000:]}")
        replace_inputs(self._name, minimised)

    def _start(self, *options: str) -> subprocess.CompletedProcess[str]:
        places = [os.environ.get("PYTHONPATH", ""), str(_ROOT / "reliability"), str(_ROOT / "tests/support")]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
            "PYTHONHASHSEED": "0",
            VARIABLE: str(self._scratch),
        }
        words = [sys.executable, "-m", "fuzzing.child", self._name, *options]
        return subprocess.run(
            words,
            env=environment,
            cwd=self._scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST,
        )

    def _write_dictionary(self) -> Path:
        words = [word.encode("utf-8", "surrogateescape") for word in TARGETS[self._name].load_words()]
        path = self._scratch / "words.dict"
        path.write_text("".join(f'"{_escape(word)}"\n' for word in words), encoding="ascii")
        return path

    def _read_outcome(self, done: subprocess.CompletedProcess[str]) -> Outcome:
        said = done.stdout + done.stderr
        edges, features = _find_last(r"^#\d+\s.*\bcov: (\d+) ft: (\d+)", said) or (0, 0)
        tried = _find_last(r"^stat::number_of_executed_units:\s+(\d+)", said)
        faults = [describe_fault(self._name, path, _find_reason(said)) for path in self._keep_crashes()]
        if (done.returncode or not tried) and not faults:
            faults = [f"{self._name}: the fuzzer ended with exit code {done.returncode}: {said[-2000:]}"]
        return Outcome(sum(tried), edges, features, faults)

    def _keep_crashes(self) -> list[Path]:
        found = sorted(self._scratch.glob("found-*"))
        if found:
            CRASHES.mkdir(exist_ok=True)
        return [Path(shutil.copy(path, CRASHES / f"{self._name}-{path.name.removeprefix('found-')}")) for path in found]


def explore(name: str, inputs: int, *, minimise: bool) -> Outcome:
    """A whole campaign of the target *name*; with *minimise* the corpus is what it has found."""
    scratch = make_scratch(name)
    try:
        campaign = Campaign(name, scratch)
        outcome = campaign.explore(inputs)
        if minimise and not outcome.faults:
            campaign.minimise()
        return outcome
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _find_last(pattern: str, said: str) -> tuple[int, ...]:
    """The numbers of the last match; () for none."""
    found = [*re.finditer(pattern, said, re.MULTILINE)]
    return tuple(map(int, found[-1].groups())) if found else ()


def _escape(word: bytes) -> str:
    return "".join(rf"\x{byte:02x}" for byte in word)


def _find_reason(said: str) -> str:
    """The exception, as atheris tells it, or libFuzzer's own word."""
    found = re.search(r"Uncaught Python exception: ===\n(.*)", said) or re.search(r"ERROR: libFuzzer: (.*)", said)
    return found[1] if found else "no reason was given"
