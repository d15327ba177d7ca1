"""Build both distributions, check what they hold and say, and run them from every kind of install.

    python dev/check_distribution.py            all of it, with a program frozen by PyInstaller
    python dev/check_distribution.py --quick    without that one

Each wheel is built from its sdist. All is built twice, from two places, and is the same bytes; so is the bill of
materials of each. The metadata is complete, and agrees. Alone, wincred brings no program and no package that Linux
does not need; together, from the sdists, editable, beside a distribution with a package called `coder`, from a plain
checkout and frozen, the command runs. Every other package is one that dev/requirements/distribution.txt pins.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from distribution.bill import make_bills_twice
from distribution.build import build_twice
from distribution.contents import check_contents
from distribution.environments import fetch_packages
from distribution.installed import check_frozen, check_installs
from distribution.metadata import check_metadata
from distribution.ours import check_versions


def main(*arguments: str) -> int:
    check_versions()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        packages = fetch_packages(folder / "packages")
        built, again = build_twice(folder)
        for archives in built:
            check_contents(archives)
        check_metadata(*built)
        make_bills_twice(built, again, packages, folder)
        check_installs(folder, *built)
        if "--quick" not in arguments:
            check_frozen(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
