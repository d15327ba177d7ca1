"""Building twice to the same bytes (dev/distribution/): what differs is named. The archives are small ones."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from archives import make_sdist, make_wheel
from distribution.build import LONG_AGO, copy_checkout
from distribution.same import check_same

FILES = {"a/one.py": "1", "a/two.py": "2"}
MAKERS = [pytest.param(make_sdist, "a.tar.gz", id="sdist"), pytest.param(make_wheel, "a.whl", id="wheel")]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    folders = tmp_path / "first", tmp_path / "second"
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.mark.parametrize(("make", "name"), MAKERS[1:])
def test_the_same_bytes_are_the_same(make: type, name: str, folders: tuple[Path, Path]) -> None:
    """Wherever the two archives are."""
    check_same(*(make(folder / name, FILES) for folder in folders))


@pytest.mark.parametrize(("make", "name"), MAKERS)
@pytest.mark.parametrize(
    ("files", "difference"),
    [
        pytest.param({**FILES, "a/two.py": "3"}, "a/two.py differs in its content", id="content"),
        pytest.param({**FILES, "a/z.py": ""}, "only the second has a/z.py", id="more"),
        pytest.param({"a/one.py": "1"}, "only the first has a/two.py", id="fewer"),
        pytest.param(dict(reversed(FILES.items())), "in the place of a/one.py is a/two.py", id="order"),
    ],
)
def test_the_archive_and_the_first_member_that_differs_are_named(
    make: type, name: str, files: dict[str, str], difference: str, folders: tuple[Path, Path]
) -> None:
    """With what about it is different."""
    with pytest.raises(SystemExit) as failed:
        check_same(make(folders[0] / name, FILES), make(folders[1] / name, files))
    assert str(failed.value) == f"check_distribution: {name} is not the same when it is built again: {difference}"


@pytest.mark.parametrize(
    ("make", "name", "change", "difference"),
    [
        pytest.param(
            make_sdist,
            "a.tar.gz",
            {"mode": 0o600},
            "a/one.py differs in its mode (0o644, then 0o600)",
            id="sdist-mode",
        ),
        pytest.param(
            make_wheel, "a.whl", {"mode": 0o600}, "a/one.py differs in its mode (0o644, then 0o600)", id="mode"
        ),
        pytest.param(make_sdist, "a.tar.gz", {"time": 1}, "a/one.py differs in its time (0, then 1)", id="sdist-time"),
        pytest.param(
            make_wheel,
            "a.whl",
            {"year": 2021},
            "a/one.py differs in its time ((2020, 2, 2, 0, 0, 0), then (2021, 2, 2, 0, 0, 0))",
            id="time",
        ),
        pytest.param(
            make_sdist,
            "a.tar.gz",
            {"format": 2},
            "every member is the same, and the archive around them is not",
            id="form-of-the-archive",
        ),
    ],
)
def test_what_is_kept_of_a_file_beside_its_content_counts(
    make: type, name: str, change: dict[str, int], difference: str, folders: tuple[Path, Path]
) -> None:
    """Its mode and its time, both values shown; and how the archive itself is written."""
    with pytest.raises(SystemExit) as failed:
        check_same(make(folders[0] / name, FILES), make(folders[1] / name, FILES, **change))
    assert str(failed.value) == f"check_distribution: {name} is not the same when it is built again: {difference}"


@pytest.mark.skipif(
    os.name != "posix", reason="the distributions are checked on POSIX systems alone, and git is needed"
)
def test_the_second_build_has_another_checkout(tmp_path: Path) -> None:
    """What git has or would add, as it is now, but old and for its owner alone; not what git ignores or has lost."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    for name in ("in/kept", "changed", "gone"):
        (root / name).write_text("old", encoding="utf-8")
    (root / ".gitignore").write_text("ignored\n", encoding="utf-8")
    git = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True, timeout=60, env=git)
    (root / "gone").unlink()
    for name in ("changed", "new", "ignored"):
        (root / name).write_text("new", encoding="utf-8")
    copy = copy_checkout(tmp_path / "copy", root)
    found = {path.relative_to(copy).as_posix(): path for path in copy.rglob("*") if path.is_file()}
    texts = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    assert texts == {".gitignore": "ignored\n", "in/kept": "old", "changed": "new", "new": "new"}
    assert {path.stat().st_mtime for path in found.values()} == {LONG_AGO}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found.values()} == {0o600}
