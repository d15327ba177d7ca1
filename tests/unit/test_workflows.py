"""What the workflows promise: whose code they run, which job has which right, and what comes before a release."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

if sys.platform != "linux":
    pytest.skip("what reads YAML is installed on Linux alone", allow_module_level=True)


@pytest.fixture(scope="module")
def jobs() -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load((FOLDER / "release.yml").read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_action_is_named_by_its_commit(path: Path) -> None:
    """A tag can be moved to other code; the version stands beside it, for the reader and for Dependabot."""
    uses = [line.strip(" -") for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    others = [line for line in uses if not PINNED.fullmatch(line)]
    assert uses
    assert others == (["uses: $/.github/workflows/ci.yml"] if path.stem == "release" else [])


def test_one_commit_of_an_action_is_used() -> None:
    """In every workflow the same, for the same version."""
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    found = set(re.findall(r"uses: ([\w/-]+)@(\w+) # (\S+)", text))
    assert len({action for action, _, _ in found}) == len(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_workflow_installs_is_pinned(path: Path) -> None:
    """With hashes, from dev/requirements/; the checkout itself, or a wheel of it, comes without anything else."""
    installs = [line for line in path.read_text(encoding="utf-8").splitlines() if "pip install" in line]
    checkout = r"--no-deps --no-build-isolation --editable \. --editable \./cli"
    wheels = r"--no-deps --no-index --find-links dist wincred coder-login"
    pinned = re.compile(rf".*(--require-hashes -r dev/requirements/\w+\.txt|{checkout}|{wheels})")
    assert [line for line in installs if not pinned.fullmatch(line)] == []


def before(job: str, jobs: Any) -> set[str]:
    """The jobs that have succeeded when *job* begins."""
    direct = set(jobs[job].get("needs", []))
    return direct.union(*(before(each, jobs) for each in direct))


def test_nothing_is_published_before_everything_is_checked(jobs: Any) -> None:
    """All that a commit goes through, the build with its own checks, and the attestations."""
    assert jobs["checks"]["uses"] == "$/.github/workflows/ci.yml"
    assert before("publish", jobs) == {"checks", "build", "attest"}
    assert before("announce", jobs) == {"checks", "build", "attest", "publish"}


def test_the_files_are_refused_before_they_are_handed_on(jobs: Any) -> None:
    """A tag that is not the version, or an address where nothing is, ends the build."""
    steps = [step.get("run") or step["uses"].partition("@")[0] for step in jobs["build"]["steps"]]
    first = steps.index("actions/upload-artifact")
    assert steps[first - 2 : first] == [
        "python dev/check_distribution.py --quick --keep dist",
        'python dev/check_release.py "$GITHUB_REF_NAME" dist > notes.md',
    ]


def test_a_job_has_the_rights_that_it_needs_alone(jobs: Any) -> None:
    """The code that is built and tested can neither sign nor publish."""
    assert {name: dict(job["permissions"]) for name, job in jobs.items()} == {
        "checks": {"contents": "read"},
        "build": {"contents": "read"},
        "attest": {"id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
        "announce": {"contents": "write"},
    }


def test_a_job_with_rights_builds_nothing(jobs: Any) -> None:
    """It gets the files of the build, and runs no code of the checkout."""
    ran = {
        step["uses"].partition("@")[0]
        for job in ("attest", "publish", "announce")
        for step in jobs[job]["steps"]
        if "uses" in step
    }
    assert ran == {"actions/download-artifact", "actions/attest", "pypa/gh-action-pypi-publish"}


def test_what_is_published_is_the_distributions_alone(jobs: Any) -> None:
    """By trusted publishing, in an environment whose rules can ask a person first; with attestations, as by default."""
    download, publish = jobs["publish"]["steps"]
    assert jobs["publish"]["environment"] == "release"
    assert download["with"] == {"name": "distributions", "path": "dist"}
    assert publish["with"] == {"packages-dir": "dist"}
