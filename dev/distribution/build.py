"""Building a distribution: the sdist from a checkout, and the wheel from the sdist; twice, to the same bytes.

What a build could take up from its surroundings is different the second time: the place, the umask, the times and modes
of the files, the time zone, the seed of the hashes, and whatever git ignores in the checkout. Not different are the
system, the Python and hatchling, which the caller pins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from distribution.ours import OURS, ROOT, Distribution
from distribution.run import run
from distribution.same import check_same

# A second in 2001, long before any file of ours.
LONG_AGO = 1_000_000_000
FIRST = {"TZ": "UTC", "PYTHONHASHSEED": "1"}
SECOND = {"TZ": "XXX-14", "PYTHONHASHSEED": "2"}
STRICT_UMASK = 0o077


@dataclass(frozen=True)
class Built:
    """The two archives of a distribution."""

    distribution: Distribution
    sdist: Path
    wheel: Path

    @property
    def files(self) -> tuple[Path, Path]:
        return self.sdist, self.wheel


def build_twice(folder: Path) -> tuple[list[Built], list[Built]]:
    """Both distributions, from this checkout and from a copy of it, with every archive the same."""
    # hatchling gives every file the time that this variable says, and one of its own where it says none.
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    first = [build(distribution, ROOT, folder / "first", FIRST) for distribution in OURS]
    copy = copy_checkout(folder / "another place" / "copy")
    second = [build(distribution, copy, folder / "second", SECOND, STRICT_UMASK) for distribution in OURS]
    for one, other in zip(first, second, strict=True):
        for file, again in zip(one.files, other.files, strict=True):
            check_same(file, again)
    return first, second


def build(
    distribution: Distribution, checkout: Path, folder: Path, environment: Mapping[str, str], umask: int = -1
) -> Built:
    """The sdist, and the wheel that is built from it."""
    place = folder / distribution.name
    source = checkout / distribution.folder.relative_to(ROOT)
    # Without --wheel or --sdist, build makes the wheel from the sdist, not from the checkout.
    run(
        *(sys.executable, "-m", "build", "--outdir", str(place), str(source)),
        environment=environment,
        umask=umask,
    )
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    return Built(distribution, sdist, wheel)


def copy_checkout(copy: Path, root: Path = ROOT) -> Path:
    """The files that git has or would add, as they are now, readable by their owner alone, and old."""
    git = ["git", "-c", f"safe.directory={root}", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(git, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (root / name).is_file():
            copy_file(root / name, copy / name)
    return copy


def copy_file(file: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    copy.chmod(file.stat().st_mode & ~STRICT_UMASK)
    os.utime(copy, (LONG_AGO, LONG_AGO))
