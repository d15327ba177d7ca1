"""What may be released, and under which tag (dev/check_release.py), with small archives for the real ones."""

from __future__ import annotations

from pathlib import Path

import check_release
import pytest
from archives import make_sdist, make_wheel, write_metadata
from distribution.kept import check_empty, keep

CHANGELOG = """# Changelog

## [1.2.4] - unreleased

- Not yet.

## [1.2.3] - 2030-02-28

- A change.

## [1.2.2] - 2030-01-01
"""
HOME = "https://wincred.example.org"
NEXT = "write it, with the date of the release"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """The files of version 1.2.3, with nothing wrong."""
    folder = tmp_path / "dist"
    folder.mkdir()
    fill(folder, "1.2.3")
    return folder


def fill(folder: Path, version: str, home: str = HOME, description: str = "") -> None:
    for name, package in (("wincred", "wincred"), ("coder-login", "coder_login")):
        headers: dict[str, str | list[str]] = {"Name": name, "Version": version, "Project-URL": f"Homepage, {home}"}
        text = write_metadata(headers, description)
        stem = f"{package}-{version}"
        make_sdist(folder / f"{stem}.tar.gz", {f"{stem}/PKG-INFO": text})
        make_wheel(folder / f"{stem}-py3-none-any.whl", {f"{stem}.dist-info/METADATA": text})
        (folder / f"{stem}.cdx.json").write_text("{}", encoding="utf-8")


def find(tag: str, folder: Path, changelog: str = CHANGELOG) -> list[str]:
    return list(check_release.find_problems(tag, folder, changelog))


def test_good_files_may_be_released(dist: Path) -> None:
    """Under the tag of their version."""
    assert find("v1.2.3", dist) == []


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3rc1", "vv1.2.3", "v1.2.3\n"])
def test_a_tag_of_another_form_is_refused(tag: str, dist: Path) -> None:
    """Nothing else can be told then."""
    assert find(tag, dist) == [f"the tag {tag!r} is not of the form vX.Y.Z: tag the commit with its version"]


def test_the_tag_is_the_version(dist: Path) -> None:
    """Of each archive, by what the archive says."""
    files = sorted(path.name for path in dist.iterdir() if path.suffix != ".json")
    advice = "set __version__ of both packages, or tag v1.2.3"
    expected = [f"{name} is version 1.2.3, and the tag v1.2.2: {advice}" for name in files]
    assert find("v1.2.2", dist)[:-1] == expected


@pytest.mark.parametrize(
    "name", ["coder_login-1.2.3.tar.gz", "wincred-1.2.3-py3-none-any.whl", "wincred-1.2.3.cdx.json"]
)
def test_a_file_that_is_missing_is_named(name: str, dist: Path) -> None:
    """Each of both distributions has two archives and a bill of materials."""
    (dist / name).unlink()
    advice = f"fill a new folder with python dev/check_distribution.py --keep {dist}"
    assert find("v1.2.3", dist) == [f"{dist} is without ['{name}']: {advice}"]


def test_a_file_too_many_is_named(dist: Path) -> None:
    """It would be released too."""
    (dist / "notes.txt").touch()
    advice = f"fill a new folder with python dev/check_distribution.py --keep {dist}"
    assert find("v1.2.3", dist) == [f"{dist} has ['notes.txt'] too: {advice}"]


@pytest.mark.parametrize(
    ("home", "description"),
    [
        pytest.param("https://wincred.example/docs", "", id="project-url"),
        pytest.param(HOME, "[a](https://wincred.example/docs)", id="link"),
        pytest.param(HOME, "<https://wincred.example/docs>", id="bare"),
        pytest.param(HOME, '<img src="https://wincred.example/docs">', id="image"),
    ],
)
def test_no_address_may_be_under_example(home: str, description: str, dist: Path) -> None:
    """Neither in the URLs of the project nor in the description; each archive with one is named."""
    fill(dist, "1.2.3", home, description)
    files = sorted(path.name for path in dist.iterdir() if path.suffix != ".json")
    assert find("v1.2.3", dist) == [
        f"{name} names 1 addresses under .example, where nothing can be, as https://wincred.example/docs: "
        "give [project.urls] of both pyproject.toml, and the links of the README there, the project's own home"
        for name in files
    ]


@pytest.mark.parametrize(
    ("url", "reserved"),
    [
        ("https://wincred.example", True),
        ("https://WINCRED.Example.:8443/docs", True),
        ("https://example/docs", True),
        ("https://dev.example.com", False),
        ("https://wincred.dev/a.example", False),
    ],
)
def test_an_address_is_reserved_by_its_host(url: str, reserved: bool) -> None:
    """However it is spelled; a name under example.com, as the README has some, is another matter."""
    assert check_release.is_reserved(url) is reserved


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.3, unreleased",
        "## [1.2.3]",
        "## [1.2.3] - 2030-02-30",
        "## [1.2.30] - 2030-02-28",
        "# [1.2.3] - 2030-02-28",
    ],
)
def test_a_changelog_without_a_dated_section_is_refused(heading: str, dist: Path) -> None:
    """With the heading that it needs; a date is one of the calendar."""
    changelog = CHANGELOG.replace("## [1.2.3] - 2030-02-28", heading)
    expected = f"CHANGELOG.md has no section '## [1.2.3] - YYYY-MM-DD': {NEXT}"
    assert find("v1.2.3", dist, changelog) == [expected]


def test_a_changelog_that_says_nothing_is_refused(dist: Path) -> None:
    """A heading alone is no note of a release."""
    changelog = CHANGELOG.replace("- A change.\n", "")
    expected = "CHANGELOG.md says nothing about version 1.2.3: write what has changed"
    assert find("v1.2.3", dist, changelog) == [expected]


def test_the_notes_are_printed(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The section of this version, and no other."""
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    monkeypatch.setattr(check_release, "ROOT", tmp_path)
    assert check_release.main("v1.2.3", str(dist)) == 0
    assert capsys.readouterr() == ("- A change.\n", "")


def test_every_problem_is_told(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, on standard error, and no notes."""
    (tmp_path / "CHANGELOG.md").write_text("", encoding="utf-8")
    (dist / "notes.txt").touch()
    monkeypatch.setattr(check_release, "ROOT", tmp_path)
    assert check_release.main("v1.2.3", str(dist)) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        f"check_release: {dist} has ['notes.txt'] too: "
        f"fill a new folder with python dev/check_distribution.py --keep {dist}",
        f"check_release: CHANGELOG.md has no section '## [1.2.3] - YYYY-MM-DD': {NEXT}",
    ]


def test_what_was_checked_is_kept(tmp_path: Path) -> None:
    """In a folder that need not be there yet; one with anything in it is refused, before anything is built."""
    file, folder = tmp_path / "a.whl", tmp_path / "new" / "dist"
    file.write_bytes(b"a wheel")
    check_empty(folder)
    keep([file], folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.whl": b"a wheel"}
    with pytest.raises(SystemExit) as refused:
        check_empty(folder)
    assert str(refused.value) == f"check_distribution: {folder} is not empty: remove it, or name another folder"
