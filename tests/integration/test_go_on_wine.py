"""The Go program of docs/examples, built here for Windows, on a credential that our Windows Python has stored.

With Wine's advapi32, and a name of the test's own: the suite in the Windows Python has the usual one at the same time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from child import Child
from go_build import build_go, require_go
from stored_forms import CREDENTIALS, found
from stores import HTTPS, TOKEN

from cli import Run

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "dev" / "wine" / "windows.py"

if sys.platform != "linux":
    pytest.skip("the bench is for Linux; Windows needs none", allow_module_level=True)

pytestmark = [
    pytest.mark.go,
    pytest.mark.wine,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("go"),
    pytest.mark.skipif(shutil.which("wine") is None, reason="Wine is not installed"),
    pytest.mark.skipif(not (ROOT / ".windows/prefix").exists(), reason="run `python dev/wine/windows.py build` first"),
]

CASES: dict[str, dict[str, object]] = {
    name: {"url": case.url, "stored": None if case.blob is None else case.blob.hex()}
    for name, case in CREDENTIALS.items()
}
CASES["our-own"] = {"url": HTTPS, "stored": [HTTPS, TOKEN]}
ANSWERS = {name: case.answer for name, case in CREDENTIALS.items()} | {"our-own": found()}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """What the program says, by the name of the case: all of them in one run of the Windows Python."""
    require_go()
    folder = tmp_path_factory.mktemp("go-on-wine")
    service = f"wincred-test-{uuid.uuid4().hex}"
    program = build_go(folder, f"-ldflags=-X main.targetName={service}", system="windows")
    (folder / "cases").write_text(json.dumps(list(CASES.values())), encoding="utf-8")
    paths = [f"Z:{path}" for path in (folder, program, folder / "cases")]
    script = f"Z:{ROOT / 'tests/support/store_and_run.py'}"
    command = [sys.executable, str(BENCH), "python", script, service, *paths]
    with Child(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    runs = [Run(code, stdout.encode(), stderr) for code, stdout, stderr in json.loads(output)]
    return dict(zip(CASES, runs, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_what_the_go_program_finds_in_the_credential(answers: dict[str, Run], name: str) -> None:
    """As the program in Python does, in each form that a client has ever written."""
    assert answers[name] == ANSWERS[name]
