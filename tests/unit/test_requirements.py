"""The files of dev/requirements/, as they are in the checkout: nothing is installed."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).parents[2] / "dev"
GROUPS = ("check", "test", "release", "benchmark", "distribution", "donor", "audit")


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(DEV), *sys.path])
    return importlib.import_module("lock")


def test_every_file_is_tested(lock: ModuleType) -> None:
    """The files are those of the groups, no more."""
    assert lock.GROUPS == GROUPS
    assert {path.stem for path in lock.FOLDER.glob("*")} == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_a_file_is_of_what_its_group_asks_for_now(lock: ModuleType, group: str) -> None:
    """Otherwise CI would check something else than what pyproject.toml says."""
    assert lock.is_current(group), f"run: {lock.COMMAND}"


@pytest.mark.parametrize("group", GROUPS)
def test_every_package_is_pinned_with_hashes_and_no_index_is_named(lock: ModuleType, group: str) -> None:
    """The file is the same whoever made it, and from whichever mirror."""
    text = lock.path_of(group).read_text(encoding="utf-8")
    pins = [line for line in text.replace("\\\n", " ").splitlines() if line[:1].isalnum()]
    pinned = re.compile(r"[\w.-]+==[\w.]+ (; [\w .<>=!*'()]+)?( +--hash=sha256:[0-9a-f]{64})+")
    assert pins
    assert [pin for pin in pins if not pinned.fullmatch(pin)] == []
    assert "/" not in text.replace("dev/lock.py", "")


def test_a_change_of_a_group_makes_its_file_stale(
    lock: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check names the file and the command that mends it; a group that includes the changed one is stale too."""
    for name in lock.DISTRIBUTIONS:
        (tmp_path / name).mkdir(exist_ok=True)
        pyproject = (lock.ROOT / name / "pyproject.toml").read_text(encoding="utf-8")
        (tmp_path / name / "pyproject.toml").write_text(
            pyproject.replace("pytest>=8.3", "pytest>=8.4"), encoding="utf-8"
        )
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert lock.main("--check") == 1
    stale = [
        f"{lock.path_of(group)} is not what pyproject.toml asks for; run: {lock.COMMAND}" for group in ("check", "test")
    ]
    assert capsys.readouterr().err.splitlines() == stale
