"""What the distributions say of themselves: the checks of dev/distribution/, and both pyproject.toml as they are."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from archives import make_sdist, make_wheel, write_metadata
from distribution.metadata import check_agreement, check_one, relative_targets
from distribution.read import read_metadata
from packaging.metadata import Metadata

ROOT = Path(__file__).parents[2]
HOME = "https://wincred.example"
PATHS = {"Homepage": "", "Documentation": "/docs", "Source": "/source", "Issues": "/issues", "Changelog": "/changelog"}
GOOD: dict[str, str | list[str]] = {
    "Name": "wincred",
    "Version": "0.1.0",
    "Summary": "A binding",
    "Author": "The developers",
    "Keywords": "windows,keyring",
    "License-Expression": "MIT",
    "License-File": "LICENSE",
    "Requires-Python": ">=3.11",
    "Description-Content-Type": "text/markdown",
    "Classifier": ["Programming Language :: Python :: 3.12", "Programming Language :: Python :: 3.11"],
    "Project-URL": [f"{label}, {HOME}{path}" for label, path in PATHS.items()],
}
DESCRIPTION = f"# A binding\n[Docs]({HOME}/docs)\n"


def parse(changed: Mapping[str, str | list[str] | None] | None = None, description: str = DESCRIPTION) -> Metadata:
    """The good ones, with some *changed*; None takes one away."""
    kept = {name: value for name, value in {**GOOD, **(changed or {})}.items() if value is not None}
    return Metadata.from_email(write_metadata(kept, description).encode())


def test_good_metadata_pass() -> None:
    """Those that the cases below change."""
    check_one("a.whl", parse())


@pytest.mark.parametrize("field", sorted(GOOD.keys() - {"Name", "Version"}))
def test_a_field_that_is_not_there_is_named(field: str) -> None:
    """Each one that a reader of an index looks for."""
    with pytest.raises(SystemExit) as failed:
        check_one("a.whl", parse({field: None}))
    assert str(failed.value) == f"check_distribution: a.whl has no {field}: give it in pyproject.toml"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param(
            {"Classifier": ["Topic :: Wallets", "Programming Language :: Python :: 3.11"]},
            "has classifiers that no index knows: ['Topic :: Wallets']",
            id="unknown-classifier",
        ),
        pytest.param(
            {"Classifier": ["Natural Language :: Ukranian", "Programming Language :: Python :: 3.11"]},
            "has classifiers that are deprecated: ['Natural Language :: Ukranian']",
            id="deprecated-classifier",
        ),
        pytest.param(
            {"Classifier": ["License :: OSI Approved :: MIT License", "Programming Language :: Python :: 3.11"]},
            "names its licence twice, in License-Expression and in ['License :: OSI Approved :: MIT License']",
            id="licence-twice",
        ),
        pytest.param(
            {"Requires-Python": ">=3.10"},
            "requires Python >=3.10, and its oldest classifier is for 3.11",
            id="other-python",
        ),
        pytest.param(
            {"Project-URL": [f"Homepage, {HOME}"]},
            "has the URLs ['Homepage'], not ['Changelog', 'Documentation', 'Homepage', 'Issues', 'Source']",
            id="missing-url",
        ),
        pytest.param(
            {"Project-URL": [f"{name}, {HOME}{path.replace('/docs', '.org/docs')}" for name, path in PATHS.items()]},
            f"has URLs that are not below its home page {HOME}: ['{HOME}.org/docs']",
            id="url-elsewhere",
        ),
    ],
)
def test_a_value_that_is_not_good_is_named(changed: dict[str, Any], problem: str) -> None:
    """With the archive in which it is."""
    with pytest.raises(SystemExit) as failed:
        check_one("a.whl", parse(changed))
    assert str(failed.value) == f"check_distribution: a.whl {problem}"


def test_a_description_of_another_type_is_refused() -> None:
    """An index would show the marks of Markdown as they are."""
    with pytest.raises(SystemExit) as failed:
        check_one("a.whl", parse({"Description-Content-Type": "text/plain"}))
    assert str(failed.value) == "check_distribution: the description in a.whl is no text/markdown"


def test_a_description_with_a_relative_link_is_refused() -> None:
    """The page of an index has no such file beside it."""
    with pytest.raises(SystemExit) as failed:
        check_one("a.whl", parse(description="[docs](docs/library.md)"))
    assert str(failed.value) == (
        "check_distribution: a.whl has a description with relative links, which an index does not follow: "
        "['docs/library.md']"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("[a](docs/a.md)", ["docs/a.md"], id="link"),
        pytest.param('[a](docs/a.md "title")', ["docs/a.md"], id="title"),
        pytest.param("![a](<a b.png>)", ["a"], id="image"),
        pytest.param("[![a](a.svg)](https://a.example.com)", ["a.svg"], id="image-in-a-link"),
        pytest.param("[a][b]\n\n[b]: docs/a.md\n", ["docs/a.md"], id="reference"),
        pytest.param('<img alt="" src="a.png"> <a href=/top>', ["a.png", "/top"], id="html"),
        pytest.param("[a](#use)", ["#use"], id="heading"),
        pytest.param("[a](//a.example.com)", ["//a.example.com"], id="no-scheme"),
        pytest.param("[a](https://a.example.com) <https://b.example.com> [c](mailto:c@example.com)", [], id="absolute"),
        pytest.param("`x[a](b)` and ``[`](c)``\n```python\nx[1](y)\n```\n", [], id="code"),
        pytest.param("```sh\n```\n[a](b)\n```sh\n```\n", ["b"], id="between-code"),
    ],
)
def test_a_relative_target_is_found(text: str, found: list[str]) -> None:
    """In each form of a link or an image, and not in code."""
    assert relative_targets(text) == found


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        pytest.param({"Version": "0.2.0"}, "Version: 0.1.0, and 0.2.0", id="version"),
        pytest.param({"Author": "Another"}, "Author: The developers, and Another", id="author"),
        pytest.param({"License-Expression": "MIT-0"}, "License-Expression: MIT, and MIT-0", id="licence"),
        pytest.param({"Requires-Python": ">=3.12"}, "Requires-Python: >=3.11, and >=3.12", id="python"),
        pytest.param(
            {"Project-URL": [f"Homepage, {HOME}"]},
            f"Project-URL: { ({label: HOME + path for label, path in PATHS.items()}) }, and { ({'Homepage': HOME}) }",
            id="urls",
        ),
        pytest.param(
            {"Classifier": ["Programming Language :: Python :: 3.11", "Topic :: Utilities"]},
            "Classifier: ['Programming Language :: Python :: 3.12', 'Programming Language :: Python :: 3.11'], "
            "and ['Programming Language :: Python :: 3.11']",
            id="classifiers",
        ),
    ],
)
def test_the_two_have_to_agree(changed: dict[str, Any], problem: str) -> None:
    """On what is said of the project; each is about something else otherwise."""
    with pytest.raises(SystemExit) as failed:
        check_agreement(parse(), parse({"Name": "coder-login", **changed}))
    assert str(failed.value) == f"check_distribution: wincred and coder-login differ in {problem}"


def test_what_is_of_one_of_them_may_differ() -> None:
    """Its name, its summary, its keywords, and what it is about."""
    topic = [*GOOD["Classifier"], "Topic :: Utilities"]
    changed: dict[str, str | list[str] | None]
    changed = {"Name": "coder-login", "Summary": "Another", "Keywords": "coder", "Classifier": topic}
    check_agreement(parse(), parse(changed))


def test_metadata_are_read_from_both_kinds_of_archive(tmp_path: Path) -> None:
    """From the file at its own place: another of that name, which a package may hold, is none of its."""
    text, other = write_metadata(GOOD, DESCRIPTION), write_metadata(GOOD | {"Version": "9"})
    files = {"w-1/PKG-INFO": text, "w-1/w/PKG-INFO": other, "w-1.dist-info/METADATA": text, "w/METADATA": other}
    for archive in (make_sdist(tmp_path / "w-1.tar.gz", files), make_wheel(tmp_path / "w-1.whl", files)):
        metadata = read_metadata(archive)
        assert (metadata.name, str(metadata.version), metadata.description) == ("wincred", "0.1.0", DESCRIPTION)


def project(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


def hook() -> dict[str, Any]:
    """What makes the description of wincred from the README."""
    settings: dict[str, Any] = project(".")["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    return settings


def test_one_home_is_named_everywhere() -> None:
    """Who gives the project a home changes each of these places, and no other."""
    urls = {label: HOME + path for label, path in PATHS.items()}
    assert [project(folder)["project"]["urls"] for folder in (".", "cli")] == [urls, urls]
    assert [each["replacement"] for each in hook()["substitutions"]] == [
        rf"]({urls['Source']}/\1",
        rf'\1="{urls["Source"]}/\2"',
    ]


def test_the_readme_has_no_relative_link_on_an_index() -> None:
    """Each leads to the file of that name in the source, and every other text stays as it is."""
    (fragment,) = hook()["fragments"]
    readme = (ROOT / fragment["path"]).read_text(encoding="utf-8")
    relative = relative_targets(readme)
    assert {"SECURITY.md", "docs/session-light.svg", "docs/session-dark.svg"} <= set(relative)
    assert [target for target in relative if not (ROOT / target).is_file()] == []
    description = readme
    for change in hook()["substitutions"]:
        description = re.sub(change["pattern"], change["replacement"], description)
    assert relative_targets(description) == []
    assert description.replace(f"{HOME}/source/", "") == readme


def test_the_readme_of_the_command_is_shown_as_it_is() -> None:
    """So it can have absolute links alone."""
    assert relative_targets((ROOT / "cli" / "README.md").read_text(encoding="utf-8")) == []
