"""Build both distributions, check what they hold and say, and run them from every kind of install.

    python dev/check_distribution.py                all of it, with the examples and a program frozen by PyInstaller
    python dev/check_distribution.py --quick        without those two
    python dev/check_distribution.py --keep FOLDER  and put what was checked into FOLDER

Each wheel is built from its sdist. All is built twice, from two places, and is the same bytes; so is the bill of
materials of each. The metadata is complete, and agrees. Alone, wincred brings no program and no package that Linux
does not need; together, from the sdists, editable, beside a distribution with a package called `coder`, from a plain
checkout and frozen, the command runs, and with the wheels so do the examples of the README and of `--help`. Every other
package is one that dev/requirements/distribution.txt pins.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from distribution.bill import make_bills_twice
from distribution.build import build_twice
from distribution.contents import check_contents
from distribution.environments import fetch_packages
from distribution.installed import check_examples, check_frozen, check_installs
from distribution.kept import check_empty, keep
from distribution.metadata import check_metadata
from distribution.ours import check_versions


def main(*arguments: str) -> int:
    options = read_options(arguments)
    if options.keep:
        check_empty(options.keep)
    check_versions()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        packages = fetch_packages(folder / "packages")
        built, again = build_twice(folder)
        for archives in built:
            check_contents(archives)
        check_metadata(*built)
        bills = make_bills_twice(built, again, packages, folder)
        check_installs(folder, *built)
        if not options.quick:
            check_examples(folder, *built)
            check_frozen(folder)
        if options.keep:
            keep([*bills, *(file for archives in built for file in archives.files)], options.keep)
    return 0


def read_options(arguments: Iterable[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build and check both distributions.")
    parser.add_argument("--quick", action="store_true", help="run no examples, and freeze no program")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new or empty folder for what was checked")
    return parser.parse_args([*arguments])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
