"""The workflow's Windows job, as dev/wine/windows.py runs it. The interpreter is a fake; git and ci.yml are real."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

if sys.platform != "linux":
    pytest.skip("the bench is for Linux; Windows needs none", allow_module_level=True)

WORKFLOW = """
jobs:
  windows:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [windows-latest]
        architecture: [x64, x86]
        python: ["3.11", "3.13"]
        include:
          - { os: windows-11-arm, architecture: arm64, python: "3.14" }
    env:
      REQUIRED: "1"
    steps:
      - uses: actions/setup-python@0123456789
        with:
          python-version: ${{ matrix.python }}
      - run: python -m pip install --require-hashes -r dev/test.txt
      - run: python -m pytest --python ${{ matrix.python }} --architecture=${{ matrix.architecture }}
        env: { EXTRA: "2" }
"""


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "dev/wine"))
    return importlib.import_module("workflow")


@pytest.fixture
def job(workflow: Any) -> Any:
    return importlib.import_module("job")


def test_the_lines_are_read_as_they_stand(workflow: Any) -> None:
    """In their order, for this Python of the matrix, with the variables of the job and of the step."""
    install, suite = workflow.read_steps(WORKFLOW, version="3.13")
    assert str(install) == "python -m pip install --require-hashes -r dev/test.txt"
    assert install.environment == {"REQUIRED": "1"}
    assert str(suite) == "python -m pytest --python 3.13 --architecture=x64"
    assert suite.environment == {"REQUIRED": "1", "EXTRA": "2"}


def test_the_job_of_this_repository_can_be_run(workflow: Any) -> None:
    """Its last step is the suite; a skip of a test that needs the Credential Manager is a failure."""
    steps = workflow.read_steps(workflow.PATH.read_text(encoding="utf-8"), version="3.11")
    assert str(steps[-1]) == "python -P -m pytest"
    assert {step.environment["REQUIRE_CREDENTIAL_MANAGER"] for step in steps} == {"1"}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        pytest.param("python -m pip list | sort", "|", id="pipe"),
        pytest.param("python -m pip install 'pip'", "'pip'", id="quotes"),
        pytest.param("python -m pytest $HOME", "$HOME", id="variable"),
        pytest.param("python -m pytest; python -m pip check", "pytest;", id="two-commands"),
        pytest.param("python -m pip install cffi>=2", "cffi>=2", id="redirection"),
        pytest.param("python -m pytest tests/*.py", "tests/*.py", id="glob"),
        pytest.param("python -X.y", "-X.y", id="split-at-a-dot-by-pwsh"),
        pytest.param("python -m pip check\\n        python -m pytest", "", id="two-lines"),
    ],
)
def test_a_line_that_needs_a_shell_is_refused(workflow: Any, line: str, word: str) -> None:
    """The shell of a Windows runner is another one than any here, and would read it in its own way."""
    text = WORKFLOW.replace("python -m pip install --require-hashes -r dev/test.txt", f'"{line}"')
    with pytest.raises(SystemExit, match="needs a shell to read") as refused:
        workflow.read_steps(text, version="3.11")
    assert repr(word) in str(refused.value) or "\\n" in line


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param(
            "- run: python -m pip", "- shell: bash\n        run: python", "has the key 'shell'", id="step-key"
        ),
        pytest.param("    env:\n", "    defaults: {}\n    env:\n", "has the key 'defaults'", id="job-key"),
        pytest.param("actions/setup-python@", "actions/cache@", "uses actions/cache", id="action"),
        pytest.param("-r dev/test.txt", "${{ github.ref }}", "what ${{ github.ref }} is", id="expression"),
        pytest.param("run: python -m pip", "run: pip", "runs pip, and only python is there", id="program"),
        pytest.param("python-version: ${{ matrix.python }}", 'python-version: "3.9"', "is 3.9, not 3.11", id="version"),
        pytest.param('"3.11", "3.13"', '"3.13"', "the matrix has no combination", id="matrix"),
    ],
)
def test_what_can_not_be_repeated_is_refused(workflow: Any, old: str, new: str, problem: str) -> None:
    """A step that was left out, or run in another way, would prove nothing."""
    with pytest.raises(SystemExit) as refused:
        workflow.read_steps(WORKFLOW.replace(old, new), version="3.11")
    assert problem in str(refused.value)


def test_a_step_that_fails_ends_the_job_and_is_named(
    workflow: Any, job: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its exit code; no later step runs."""
    ran = []

    def run(python: Path, *arguments: str, environment: dict[str, str]) -> int:
        ran.append((python, arguments, environment))
        return 3

    monkeypatch.setattr(job, "run", run)
    steps = workflow.read_steps(WORKFLOW, version="3.11")
    assert job.run_steps(steps, Path("python.exe"), {"CI": "true"}) == 3
    arguments = ("-m", "pip", "install", "--require-hashes", "-r", "dev/test.txt")
    assert ran == [(Path("python.exe"), arguments, {"CI": "true", "REQUIRED": "1"})]
    assert f"the step `{steps[0]}` failed with exit code 3" in capsys.readouterr().err


def test_the_checkout_is_what_git_for_windows_makes(job: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The files as they are now, the new ones too and none that is ignored; lines end in CRLF unless told otherwise."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "kept").write_text("old\n")
    (root / ".gitattributes").write_text("* text=auto\n*.sh text eol=lf\n")
    (root / ".gitignore").write_text("ignored\n")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True, timeout=60, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    for name in ("kept", "new.sh", "ignored"):
        (root / name).write_text("new\n")
    monkeypatch.setattr(job, "ROOT", root)
    checkout = job.check_out(tmp_path / "checkout")
    found = {path.name: path.read_bytes() for path in checkout.iterdir() if not path.name.startswith(".git")}
    assert found == {"kept": b"new\r\n", "new.sh": b"new\n"}
    assert subprocess.check_output([*git, "diff", "--cached"], timeout=60) == b""


def test_pip_finds_packages_where_the_host_does(job: Any) -> None:
    """Paths are on the drive Z; a variable wins over a file; a constraint is for the host alone."""
    settings = (
        ":env:.find-links='/opt/wheels'\nglobal.extra-index-url='file:///srv/one https://two.example.com/simple'\n"
        "global.find-links='/elsewhere'\nglobal.constraint='/etc/constraints.txt'\n"
    )
    extra = "file:///Z:/srv/one https://two.example.com/simple"
    assert dict(job.pip_sources(settings)) == {"PIP_FIND_LINKS": "Z:/opt/wheels", "PIP_EXTRA_INDEX_URL": extra}


def test_pip_itself_checks_what_the_hosts_own_certificates_sign(job: Any) -> None:
    """Wine 10 does not; without such certificates pip asks Windows, as on a runner."""
    names = {"PIP_CERT": "Z:/ca.crt", "PIP_USE_DEPRECATED": "legacy-certs"}
    assert dict(job.pip_sources("global.cert='/ca.crt'\n")) == names


def test_the_suite_has_no_help_that_a_runner_lacks(job: Any) -> None:
    """Neither UTF-8 mode nor a safe path: there the suite must pass without."""
    environment = job.runner_environment({"PYTHONUTF8": "1", "PYTHONSAFEPATH": "1", "KEPT": "1"}, Path("/bench"))
    assert not {"PYTHONUTF8", "PYTHONSAFEPATH"} & environment.keys()
    assert (environment["KEPT"], environment["CI"], environment["WINEPATH"]) == (
        "1",
        "true",
        "Z:/bench;Z:/bench/Scripts",
    )
