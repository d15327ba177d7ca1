"""Fuzzing: targets of bytes, with coverage as the guide, and a corpus that is replayed everywhere.

python reliability/fuzz.py TARGET FILE...    try these inputs again, with the whole traceback
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / name) for name in ("reliability", "tests/support")]  # for a Python that leaves the first out

from fuzzing.campaign import Outcome, explore  # noqa: E402
from fuzzing.corpus import list_inputs, replay  # noqa: E402
from fuzzing.targets import TARGETS  # noqa: E402
from result import Result  # noqa: E402

ABOUT = """\
Whatever comes from outside is read by a target, which gets any bytes and holds what is promised of them: a
deployment's URL is what a browser takes it for (by `ada`, a parser of the URL Standard) or is refused; a session goes
into any stored map and comes out of it, beside everything that was there, and the Go client reads it; headers are one
line each, as they were given; an answer is read or refused within the limits, and no token goes elsewhere; a command
line ends with exit code 0, 1 or 2 and shows no secret; the two files give a token for its own origin; `wincred` hands
to Windows what it got, or refuses it; small texts are printed without what moves a cursor. An exception that is not
ours is a crash.

[atheris](https://github.com/google/atheris) makes the inputs and keeps those that reach new code: the corpus in
`reliability/corpus/`, which `tests/unit/test_fuzzing.py` replays on every system. The seed is fixed.
"""

_COLUMNS = ("target", "inputs", "corpus files", "edges", "features", "crashes")
_QUICK = 100
"""The quick form tries one input of so many."""


def run(*, long: bool) -> Result:
    if importlib.util.find_spec("atheris") is None:
        return _replay_all()
    outcomes = {name: _explore(name, long=long) for name in TARGETS}
    rows = [_make_row(name, outcome) for name, outcome in outcomes.items()]
    total = sum(outcome.inputs for outcome in outcomes.values())
    return Result(
        _COLUMNS, rows, [fault for outcome in outcomes.values() for fault in outcome.faults], [f"{total} inputs."]
    )


def _explore(name: str, *, long: bool) -> Outcome:
    share = TARGETS[name].share
    return explore(name, share if long else share // _QUICK, minimise=long)


def _make_row(name: str, outcome: Outcome) -> tuple[str | int, ...]:
    return name, outcome.inputs, len(list_inputs(name)), outcome.edges, outcome.features, len(outcome.faults)


def _replay_all() -> Result:
    """The corpus alone, where there is no atheris."""
    lost = {name: replay(name) for name in TARGETS}
    rows = [
        (name, len(list_inputs(name)), len(list_inputs(name)), "", "", len(faults)) for name, faults in lost.items()
    ]
    note = "atheris is not installed here: the corpus was replayed, and nothing new was tried."
    return Result(_COLUMNS, rows, [fault for faults in lost.values() for fault in faults], [note])


def main() -> None:
    name, *files = sys.argv[1:] or [""]
    if name not in TARGETS or not files:
        raise SystemExit(f"usage: python reliability/fuzz.py TARGET FILE..., and TARGET one of {', '.join(TARGETS)}")
    try_input = TARGETS[name].load()
    for file in files:
        try_input(Path(file).read_bytes())
    print(f"{len(files)} tried, none lost")


if __name__ == "__main__":
    main()
