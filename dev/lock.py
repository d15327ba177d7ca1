"""Pin what CI installs: the version of every package and the hashes of its files, a file of dev/requirements/ a group.

    python dev/lock.py            lock the groups of pyproject.toml; a pinned version that still fits stays
    python dev/lock.py --upgrade  lock the newest versions instead
    python dev/lock.py --check    only say which file is not of the groups as they are now

A file is for every system and every Python of CI. Those of an environment with the checkout in it also have what
an installation of the checkout needs: pip, the build backend, and the dependencies of both distributions.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dev/requirements"
DISTRIBUTIONS = (".", "cli")
# The first has the others' packages in the versions that they get too.
GROUPS = ("check", "test", "release", "benchmark", "distribution", "donor", "audit")
WITH_CHECKOUT = ("check", "test", "release", "distribution")
COMMAND = "python dev/lock.py"
OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-annotate", "--no-header", "--quiet")
# Wheels alone, and the file says so to pip: what an sdist is built with is nowhere pinned.
WHEELS_ALONE = ("--only-binary=:all:", "--emit-build-options")


def main(*arguments: str) -> int:
    match arguments:
        case [] | ["--upgrade"]:
            for group in GROUPS:
                lock(group, *arguments)
            return 0
        case ["--check"]:
            stale = [group for group in GROUPS if not is_current(group)]
            for group in stale:
                print(f"{path_of(group)} is not what pyproject.toml asks for; run: {COMMAND}", file=sys.stderr)
            return 1 if stale else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def lock(group: str, *options: str) -> None:
    """Write the file of *group*: what it is for, then its pins."""
    path, first = path_of(group), path_of(GROUPS[0])
    same = [] if path == first else [f"--constraint={first}"]
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        *OPTIONS,
        *WHEELS_ALONE,
        *options,
        *same,
        f"--output-file={path}",
        "-",
    ]
    wanted = "\n".join(requirements(group))
    subprocess.run(command, input=wanted, text=True, stdout=subprocess.DEVNULL, check=True)
    path.write_text(header(group) + path.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


def is_current(group: str) -> bool:
    """The file of *group* was made for what the group asks for now."""
    path = path_of(group)
    return path.exists() and path.read_text(encoding="utf-8").startswith(header(group))


def header(group: str) -> str:
    lines = [f"Made by `{COMMAND}` for the group {group!r}:", *(f"  {wanted}" for wanted in requirements(group))]
    return "".join(f"# {line}\n" for line in lines) + "\n"


def path_of(group: str) -> Path:
    return FOLDER / f"{group}.txt"


def requirements(group: str) -> list[str]:
    """What the group asks for, and what its environment needs to have the checkout installed."""
    tables = [tomllib.loads((ROOT / name / "pyproject.toml").read_text(encoding="utf-8")) for name in DISTRIBUTIONS]
    installing = needs(tables) if group in WITH_CHECKOUT else []
    return sorted({*installing, *expand(group, tables[0]["dependency-groups"])})


def needs(tables: list[dict[str, Any]]) -> list[str]:
    """What the distributions are built and run with, and pip; without the distributions themselves."""
    ours = tuple(table["project"]["name"] for table in tables)
    built = [name for table in tables for name in table["build-system"]["requires"]]
    run = [name for table in tables for name in table["project"]["dependencies"] if not name.startswith(ours)]
    return ["pip", *built, *run]


def expand(group: str, groups: dict[str, list[Any]]) -> list[str]:
    """The requirements of *group* and of the groups that it includes."""
    expanded = []
    for entry in groups[group]:
        expanded += [entry] if isinstance(entry, str) else expand(entry["include-group"], groups)
    return expanded


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
