"""May these files be released under this tag? Prints the notes of the release, or every reason against it.

    python dev/check_release.py vX.Y.Z dist

The folder is the one that `python dev/check_distribution.py --keep dist` has filled. The tag is the version of both
distributions, CHANGELOG.md has a dated section for it, and no address in the metadata is under .example, where nothing
can be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from distribution.ours import OURS, ROOT
from distribution.read import read_metadata
from packaging.metadata import Metadata

URL = re.compile(r"""https?://[^\s()<>"'`\]]+""")


def main(*arguments: str) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    tag, folder = arguments
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    problems = list(find_problems(tag, Path(folder), changelog))
    for problem in problems:
        print(f"check_release: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(notes_of(tag.removeprefix("v"), changelog))
    return 0


def find_problems(tag: str, folder: Path, changelog: str) -> Iterator[str]:
    if not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        yield f"the tag {tag!r} is not of the form vX.Y.Z: tag the commit with its version"
        return
    version = tag.removeprefix("v")
    yield from problems_of_files(version, folder)
    yield from problems_of_changelog(version, changelog)


def problems_of_files(version: str, folder: Path) -> Iterator[str]:
    archives = sorted(path for path in folder.glob("*") if path.name.endswith((".tar.gz", ".whl")))
    metadata = {archive.name: read_metadata(archive) for archive in archives}
    others = {name: str(one.version) for name, one in metadata.items() if str(one.version) != version}
    for name, other in others.items():
        yield f"{name} is version {other}, and the tag v{version}: set __version__ of both packages, or tag v{other}"
    found = {path.name for path in folder.glob("*")}
    wanted = {name for one in OURS for name in names_of(one.package, version)}
    if found != wanted and not others:
        change = f"is without {sorted(wanted - found)}" if wanted - found else f"has {sorted(found - wanted)} too"
        yield f"{folder} {change}: fill a new folder with python dev/check_distribution.py --keep {folder}"
    for name, one in metadata.items():
        yield from problems_of_urls(name, urls_of(one))


def names_of(package: str, version: str) -> Iterator[str]:
    """The two archives of a distribution, and its bill of materials."""
    for end in ("-py3-none-any.whl", ".tar.gz", ".cdx.json"):
        yield f"{package}-{version}{end}"


def problems_of_urls(archive: str, urls: Iterable[str]) -> Iterator[str]:
    if reserved := [url for url in urls if is_reserved(url)]:
        yield (
            f"{archive} names {len(reserved)} addresses under .example, where nothing can be, as {reserved[0]}: "
            "give [project.urls] of both pyproject.toml, and the links of the README there, the project's own home"
        )


def urls_of(metadata: Metadata) -> list[str]:
    """Those of the project, and those of the description."""
    return [*(metadata.project_urls or {}).values(), *URL.findall(metadata.description or "")]


def is_reserved(url: str) -> bool:
    """Its host is under .example, a domain that nobody can have (RFC 2606)."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host.rpartition(".")[2] == "example"


def problems_of_changelog(version: str, changelog: str) -> Iterator[str]:
    notes = notes_of(version, changelog)
    if notes is None:
        yield f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD': write it, with the date of the release"
    elif not notes:
        yield f"CHANGELOG.md says nothing about version {version}: write what has changed"


def notes_of(version: str, changelog: str) -> str | None:
    """The section of *version*, without its heading; None where there is none with a date."""
    section = rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$(.*?)(?=^## |\Z)"
    found = re.search(section, changelog, re.DOTALL | re.MULTILINE)
    return found[2].strip() if found and is_date(found[1]) else None


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
