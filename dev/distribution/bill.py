"""A bill of materials for each distribution: CycloneDX, of a new environment in which the built wheel is installed.

It covers every system that the classifiers name. The environment has what any of them needs, without pip; a component
that only some need has the property `wincred:environment-marker`. So cffi and pycparser, which only Windows needs, are
there with `sys_platform == 'win32'`. Each version is the one that dev/requirements/distribution.txt pins, with which
the checks have run: an installer may choose another one that the wheel allows.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from distribution.bill_contents import check_bill, complete
from distribution.build import Built
from distribution.needs import find_needs, read_requirements
from distribution.run import check, run

VERSION = SchemaVersion.V1_6


def make_bills_twice(built: list[Built], again: list[Built], packages: Path, folder: Path) -> list[Path]:
    """The checked bill of each distribution; those of both builds are the same."""
    bills, others = make_bills(built, packages, folder / "bills"), make_bills(again, packages, folder / "bills again")
    for bill, other in zip(bills, others, strict=True):
        check(bill.read_bytes() == other.read_bytes(), f"{bill.name} is not the same when it is made again")
    return bills


def make_bills(built: Iterable[Built], packages: Path, folder: Path) -> list[Path]:
    """The checked bill of each distribution, in *folder*."""
    folder.mkdir()
    wheels = [*(one.wheel for one in built), *packages.glob("*.whl")]
    return [make_bill(one, wheels, folder) for one in built]


def make_bill(built: Built, wheels: list[Path], folder: Path) -> Path:
    distribution = built.distribution
    needs = find_needs(distribution.name, read_requirements(wheels))
    path = folder / f"{distribution.package}-{distribution.version}.cdx.json"
    with tempfile.TemporaryDirectory() as place:
        describe(new_environment(Path(place), [distribution.name, *needs], wheels), path)
    bill = json.loads(path.read_text(encoding="utf-8"))
    complete(bill, distribution, needs)
    path.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    check_bill(bill, distribution)
    check_form(path)
    return path


def new_environment(place: Path, names: list[str], wheels: list[Path]) -> Path:
    """Its interpreter. Installed by name, as from an index: of a wheel's own path, the bill would keep the path."""
    run(sys.executable, "-m", "venv", "--without-pip", str(place))
    python = place / "bin" / "python"
    folders = [option for folder in {wheel.parent for wheel in wheels} for option in ("--find-links", str(folder))]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--no-index", "--no-deps", *folders, *names)
    return python


def describe(python: Path, path: Path) -> None:
    """Without a serial number or a time, so that the same materials make the same bill."""
    options = ["--output-reproducible", "--spec-version", VERSION.to_version(), "--output-file", str(path)]
    run(sys.executable, "-m", "cyclonedx_py", "environment", *options, str(python))


def check_form(path: Path) -> None:
    error = JsonStrictValidator(VERSION).validate_str(path.read_text(encoding="utf-8"))
    check(error is None, f"{path.name} is no bill of CycloneDX {VERSION.to_version()}: {error}")
