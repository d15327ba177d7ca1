"""What the archives hold: every file of the package, what stands beside it, and nothing else."""

from __future__ import annotations

import email
import tarfile
import zipfile
from pathlib import Path

from distribution.build import Built
from distribution.ours import Distribution
from distribution.run import check


def check_contents(built: Built) -> None:
    check_sdist(built.distribution, built.sdist)
    check_wheel(built.distribution, built.wheel)


def check_sdist(distribution: Distribution, sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    check_modules(distribution, sdist.name, names)
    rest = {name for name in names if not name.startswith(f"{distribution.package}/")} - {".gitignore"}
    check(rest == distribution.beside, f"{sdist.name} holds {sorted(rest)}, not {sorted(distribution.beside)}")
    check_clean(sdist.name, names)


def check_wheel(distribution: Distribution, wheel: Path) -> None:
    check(wheel.name.endswith("-py3-none-any.whl"), f"{wheel.name} is not for every system")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        entry_points = f"{info}/entry_points.txt"
        scripts = archive.read(entry_points).decode().strip() if entry_points in names else ""
    check_modules(distribution, wheel.name, names)
    top = {name.partition("/")[0] for name in names}
    check(top == {distribution.package, info}, f"{wheel.name} installs {sorted(top)}")
    check(f"{info}/licenses/LICENSE" in names, f"{wheel.name} has no licence")
    check(metadata["License-Expression"] == "MIT", f"{wheel.name} is under {metadata['License-Expression']}")
    check(metadata["Version"] == distribution.version, f"{wheel.name} says the version {metadata['Version']}")
    requires = frozenset(metadata.get_all("Requires-Dist", []))
    check(requires == distribution.requires, f"{wheel.name} requires {sorted(requires)}")
    check(scripts == distribution.scripts, f"{wheel.name} has the scripts {scripts!r}")
    check_clean(wheel.name, names)


def check_modules(distribution: Distribution, archive: str, names: set[str]) -> None:
    """Every file of the package, and no other."""
    found = {name for name in names if name.startswith(f"{distribution.package}/")}
    check(found == distribution.modules, f"{archive} differs in {sorted(found ^ distribution.modules)}")


def check_clean(archive: str, names: set[str]) -> None:
    stray = sorted(name for name in names if "__pycache__" in name or name.startswith((".venv", ".windows")))
    check(not stray, f"{archive} holds {stray}")
