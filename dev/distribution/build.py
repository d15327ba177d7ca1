"""Building a distribution: the sdist from the checkout, and the wheel from the sdist."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from distribution.ours import Distribution
from distribution.run import run


@dataclass(frozen=True)
class Built:
    """The two archives of a distribution."""

    distribution: Distribution
    sdist: Path
    wheel: Path


def build(distribution: Distribution, folder: Path) -> Built:
    """The sdist, and the wheel that is built from it."""
    place = folder / distribution.name
    # Without --wheel or --sdist, build makes the wheel from the sdist, not from the checkout.
    run(sys.executable, "-m", "build", "--outdir", str(place), str(distribution.folder))
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    return Built(distribution, sdist, wheel)
