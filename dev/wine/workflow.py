"""The Windows job of .github/workflows/ci.yml: its steps, as they are for one Python of its matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML

PATH = Path(__file__).resolve().parents[2] / ".github/workflows/ci.yml"
JOB = "windows"
JOB_KEYS = {"name", "runs-on", "timeout-minutes", "strategy", "env", "steps"}
STEP_KEYS = {"name", "uses", "with", "run", "env"}
# What they do on a runner is done for the bench's Python already: the checkout, and `python` on the PATH.
ACTIONS = {"actions/checkout", "actions/setup-python"}
# A word that pwsh, the shell of a Windows runner, hands to a program as it stands. It splits -x.y and -x:y in two.
WORD = re.compile(r"(?!-[^-].*[.:])[\w./:=+-]+", re.ASCII)


@dataclass(frozen=True)
class Step:
    """A command of the job, and the variables that are set for it."""

    command: tuple[str, ...]
    environment: dict[str, str]

    def __str__(self) -> str:
        return " ".join(self.command)


def read_steps(text: str, *, version: str, architecture: str = "x64") -> list[Step]:
    """The steps that run a command, in their order, for this Python.

    Whatever this cannot repeat as a runner does it is an error: a key, an action, a line that needs a shell.
    """
    workflow = YAML(typ="safe", pure=True).load(text)
    job = workflow["jobs"][JOB]
    check_keys("the job", job, JOB_KEYS)
    check_keys("the workflow", workflow, {"name", "on", "permissions", "concurrency", "jobs"})
    values = find_combination(job["strategy"]["matrix"], python=version, architecture=architecture)
    return list(_steps(resolve(job, values), version))


def _steps(job: dict[str, Any], version: str) -> Iterator[Step]:
    for step in job["steps"]:
        check_keys("a step", step, STEP_KEYS)
        if "uses" in step:
            check_action(step, version)
        else:
            yield Step(split(step["run"]), {**job.get("env", {}), **step.get("env", {})})


def check_keys(what: str, mapping: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(mapping.keys() - known):
        refuse(f"{what} has the key {unknown[0]!r}")


def check_action(step: dict[str, Any], version: str) -> None:
    """It is one of ours; the Python that it sets up is this one."""
    action = step["uses"].partition("@")[0]
    if action not in ACTIONS:
        refuse(f"a step uses {action}")
    if action == "actions/setup-python" and step["with"]["python-version"] != version:
        refuse(f"the Python is {step['with']['python-version']}, not {version}")


def find_combination(matrix: dict[str, Any], **wanted: str) -> dict[str, str]:
    """The values of the matrix's first combination with these."""
    axes = {name: values for name, values in matrix.items() if name != "include"}
    combinations = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    found = [combination for combination in combinations if wanted.items() <= combination.items()]
    if "exclude" in axes or not found:
        refuse(f"the matrix has no combination with {wanted}, or it has an exclude")
    return found[0]


def resolve(value: Any, matrix: dict[str, str]) -> Any:
    """*value* with the matrix's values in the place of the expressions everywhere in it."""
    if isinstance(value, dict):
        return {key: resolve(inner, matrix) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, matrix) for inner in value]
    return re.sub(r"\$\{\{(.*?)\}\}", partial(_evaluate, matrix), value) if isinstance(value, str) else value


def _evaluate(matrix: dict[str, str], found: re.Match[str]) -> str:
    name = found[1].strip().removeprefix("matrix.")
    if name not in matrix:
        refuse(f"nothing here knows what {found[0]} is")
    return matrix[name]


def split(line: str) -> tuple[str, ...]:
    """The words of a `run:` that pwsh, and every other shell, takes for the same command.

    After a failing line in the middle of several, pwsh goes on; so there must be one.
    """
    words = line.split(" ")
    if odd := [word for word in words if not WORD.fullmatch(word)]:
        refuse(f"the line {line!r} needs a shell to read {odd[0]!r}: make it a step of plain words")
    if words[0] != "python":
        refuse(f"the line {line!r} runs {words[0]}, and only python is there")
    return tuple(words)


def refuse(problem: str) -> NoReturn:
    raise SystemExit(f"dev/wine/windows.py job: in the job {JOB!r} of {PATH.name}, {problem}")
