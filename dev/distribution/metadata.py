"""What each archive says of itself: complete, true of both its forms, and good on the page of an index."""

from __future__ import annotations

import re
import sys

from packaging.metadata import Metadata
from packaging.version import Version
from trove_classifiers import classifiers as known_classifiers
from trove_classifiers import deprecated_classifiers

from distribution.build import Built
from distribution.read import read_metadata, read_metadata_file
from distribution.run import check, run

URLS = {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
# What both distributions say of themselves in the same words, beside their version, licence and URLs.
SHARED = ("Development Status", "Natural Language", "Operating System", "Programming Language", "Typing")
PYTHON = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# A target of Markdown's links and images, in its place or in a list of references, and of HTML's.
TARGET = re.compile(
    r"""\]\(\s*<?([^)\s>]*)|^ {0,3}\[[^]]+\]:\s*<?(\S+?)>?\s*$|\b(?:href|src(?:set)?)\s*=\s*["']?([^"'\s>]+)""", re.M
)
CODE = re.compile(r"^(```|~~~).*?^\1|(`+)(?!`).+?(?<!`)\2(?!`)", re.DOTALL | re.MULTILINE)


def check_metadata(*built: Built) -> None:
    """Of all archives; twine's strict check is the one that an index makes."""
    archives = [archive for one in built for archive in one.files]
    run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, archives))
    for one in built:
        same = read_metadata_file(one.sdist) == read_metadata_file(one.wheel)
        check(same, f"{one.sdist.name} and {one.wheel.name} have different metadata")
        check_one(one.wheel.name, read_metadata(one.wheel))
    check_agreement(*(read_metadata(one.wheel) for one in built))


def check_one(name: str, metadata: Metadata) -> None:
    """Every field that a reader of an index looks for, and none of them with a value that leads nowhere."""
    for field, value in fields(metadata).items():
        check(bool(value), f"{name} has no {field}: give it in pyproject.toml")
    check(metadata.description_content_type == "text/markdown", f"the description in {name} is no text/markdown")
    check_classifiers(name, metadata.classifiers or [])
    check_python(name, metadata)
    check_urls(name, metadata.project_urls or {})
    relative = relative_targets(metadata.description or "")
    check(not relative, f"{name} has a description with relative links, which an index does not follow: {relative}")


def fields(metadata: Metadata) -> dict[str, object]:
    return {
        "Summary": metadata.summary,
        "Description": metadata.description,
        "Description-Content-Type": metadata.description_content_type,
        "Author": metadata.author,
        "Keywords": metadata.keywords,
        "Classifier": metadata.classifiers,
        "Project-URL": metadata.project_urls,
        "License-Expression": metadata.license_expression,
        "License-File": metadata.license_files,
        "Requires-Python": metadata.requires_python,
    }


def check_classifiers(name: str, classifiers: list[str]) -> None:
    old = sorted(set(classifiers) & deprecated_classifiers.keys())
    check(not old, f"{name} has classifiers that are deprecated: {old}")
    unknown = sorted(set(classifiers) - known_classifiers)
    check(not unknown, f"{name} has classifiers that no index knows: {unknown}")
    licences = [classifier for classifier in classifiers if classifier.startswith("License ::")]
    check(not licences, f"{name} names its licence twice, in License-Expression and in {licences}")


def check_python(name: str, metadata: Metadata) -> None:
    """The oldest Python among the classifiers is the one that Requires-Python asks for."""
    oldest = min((Version(version) for version in PYTHON.findall("\n".join(metadata.classifiers or []))), default=None)
    said = str(metadata.requires_python)
    check(said == f">={oldest}", f"{name} requires Python {said}, and its oldest classifier is for {oldest}")


def check_urls(name: str, urls: dict[str, str]) -> None:
    """All of them are below the home page: with one left behind when the project moves, readers would be misled."""
    check(urls.keys() == URLS, f"{name} has the URLs {sorted(urls)}, not {sorted(URLS)}")
    home = urls["Homepage"]
    strangers = [url for url in urls.values() if url != home and not url.startswith(f"{home}/")]
    check(not strangers, f"{name} has URLs that are not below its home page {home}: {strangers}")


def relative_targets(description: str) -> list[str]:
    """The targets of links and images without a scheme, those to a heading too: an index gives headings no name."""
    targets = ["".join(groups) for groups in TARGET.findall(CODE.sub("", description))]
    return [target for target in targets if not re.match("(https?|mailto):", target)]


def check_agreement(first: Metadata, second: Metadata) -> None:
    """What is said of the project is the same in both distributions."""
    for field, one, other in zip(
        ("Version", "Author", "License-Expression", "Requires-Python", "Project-URL", "Classifier"),
        shared(first),
        shared(second),
        strict=True,
    ):
        check(one == other, f"{first.name} and {second.name} differ in {field}: {one}, and {other}")


def shared(metadata: Metadata) -> tuple[object, ...]:
    classifiers = [classifier for classifier in metadata.classifiers or [] if classifier.startswith(SHARED)]
    python = str(metadata.requires_python)
    project = (metadata.version, metadata.author, metadata.license_expression)
    return (*map(str, project), python, metadata.project_urls, classifiers)
