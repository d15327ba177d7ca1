"""The process that runs tests of a copy of the tree anew: it has imported what is not ours, and forks for each run.

Started by `bench` in the copy. A line of standard input is a request, a line of standard output its answer, both
in JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest

assert sys.platform == "linux"

from mutating.child import become_reaper, run_in_child
from mutating.plugin import Chosen

# Each costs a run a while, and nothing of ours is in it.
for _name in ("cffi", "click", "trustme", "platformdirs", "hypothesis.strategies", "http.server", "ssl"):
    importlib.import_module(_name)

LOG, ANSWER = Path("mutant.log"), Path("mutant.json")
OPTIONS = [
    "-q",
    "--tb=short",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]


def main() -> None:
    become_reaper()
    for line in sys.stdin:
        request = json.loads(line)
        code = run(request)
        print(json.dumps({"code": code, **read_answer()}), flush=True)


def run(request: dict[str, Any]) -> int | None:
    ANSWER.unlink(missing_ok=True)
    return run_in_child(lambda: run_tests(request["chosen"]), request["seconds"])


def read_answer() -> dict[str, Any]:
    """What the run has noted, by `Chosen`."""
    answer: dict[str, Any] = json.loads(ANSWER.read_text()) if ANSWER.exists() else {}
    return answer


def run_tests(chosen: dict[str, Any]) -> int:
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, target)
    choose_examples()
    plugin = Chosen(**chosen, answer=ANSWER)
    return int(pytest.main([*OPTIONS, *(["-x"] if plugin.tests else []), *plugin.files], plugins=[plugin]))


def choose_examples() -> None:
    """The same in each run of a property; no time is spent on a smaller one."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("mutants")


if __name__ == "__main__":
    main()
