"""The bench of dev/wine/windows.py mends itself, passes handles and exit codes through, and says what it lacks."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEV = ROOT / "dev/wine"

if sys.platform != "linux":
    pytest.skip("the bench is for Linux; Windows needs none", allow_module_level=True)

# In the place of Wine: "wine python.exe ARGS" runs this Python with ARGS.
FAKE_WINE = f"""#!/bin/sh
shift
exec {sys.executable} "$@"
"""
RUN = "import sys, os, process as p; sys.exit(p.run('python.exe', *sys.argv[1:], environment=dict(os.environ)))"
CLOSED_STDIN = "import os; os.close(0); import process as p; p.open_standard_handles(); " + RUN
WITH_SIGNALS = "import process as p; p.exit_on_signals(); " + RUN
NAME_HANDLES = """if True:
    import os, stat
    for fd in (0, 1, 2):
        os.write(1, b"pipe " if stat.S_ISFIFO(os.fstat(fd).st_mode) else b"other ")
"""


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The module bench, with its folder in a temporary place."""
    monkeypatch.syspath_prepend(str(DEV))
    module = importlib.import_module("bench")
    monkeypatch.setattr(module, "BENCH", tmp_path / "bench")
    module.BENCH.mkdir()
    return module


@pytest.fixture
def commands(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module windows, with its folder in the same temporary place."""
    module = importlib.import_module("windows")
    monkeypatch.setattr(module, "BENCH", bench.BENCH)
    return module


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start a script that runs a "Windows" Python, which is this one."""
    wine = tmp_path / "bin/wine"
    wine.parent.mkdir()
    wine.write_text(FAKE_WINE)
    wine.chmod(0o755)
    path = f"{wine.parent}:{os.environ['PATH']}"

    def start(script: str, *arguments: str, **handles: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(DEV)}
        return subprocess.Popen([sys.executable, "-c", script, *arguments], env=environment, **handles)

    return start


def cut(file: Path) -> None:
    """Empty a file and hide when."""
    at = file.stat().st_mtime_ns
    file.write_text("")
    os.utime(file, ns=(at, at))


def part(bench: Any, inputs: str = "inputs", content: str = "content") -> Any:
    """A part of one file."""
    return bench.Part(bench.BENCH / "part", inputs, lambda new: (new / "file").write_text(content))


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        pytest.param(lambda bench, folder: bench.fill_prefix(folder), "wine", id="wine"),
        pytest.param(lambda bench, folder: bench.compile_c(folder / "a.exe"), "x86_64-w64-mingw32-gcc", id="mingw"),
    ],
)
def test_missing_program(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: Callable[[Any, Path], None], missing: str
) -> None:
    """What is not installed is named, with the command that installs it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        step(bench, tmp_path)
    packages = "wine wine64 gcc-mingw-w64-x86-64-win32"
    assert caught.value.code == f"dev/wine/windows.py: {missing} is missing; get it with: apt-get install {packages}"


def test_missing_pip(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without pip is named, with what to do."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="has no pip; run this with a Python that has one"):
        bench.pip("download")


def test_made_part_is_current(bench: Any) -> None:
    """A part is current once it is made, and not before."""
    made = part(bench)
    assert not made.is_current()
    made.make()
    assert made.is_current()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / "file").unlink(), id="file missing"),
        pytest.param(lambda folder: (folder / "file").write_text("CONTENT"), id="file changed, same size"),
        pytest.param(lambda folder: cut(folder / "file"), id="file cut, same time"),
        pytest.param(lambda folder: (folder / "more").touch(), id="file added"),
        pytest.param(lambda folder: (folder / "made-of").write_bytes(b""), id="stamp truncated"),
        pytest.param(lambda folder: (folder / "made-of").write_bytes(b"\xff"), id="stamp not text"),
        pytest.param(shutil.rmtree, id="all gone"),
    ],
)
def test_damaged_part_is_not_current(bench: Any, harm: Callable[[Path], None]) -> None:
    """Any change to a part shows, and making it anew mends it."""
    made = part(bench)
    made.make()
    os.utime(made.folder / "file", (0, 0))
    (made.folder / "made-of").write_text(made.state(made.folder))
    harm(made.folder)
    assert not made.is_current()
    made.make()
    assert made.is_current()


def test_changed_inputs(bench: Any) -> None:
    """A part of other inputs is not current, and what it held before is gone once it is made anew."""
    part(bench).make()
    changed = part(bench, inputs="others", content="new")
    assert not changed.is_current()
    (bench.BENCH / "part/old").touch()
    changed.make()
    assert sorted(file.name for file in changed.folder.iterdir()) == ["file", "made-of"]
    assert (changed.folder / "file").read_text() == "new"


def test_caches_are_no_damage(bench: Any) -> None:
    """Byte code that some run wrote, and site-packages, which is watched by itself, do not count."""
    made = part(bench)
    made.make()
    for folder in ("__pycache__", "site-packages"):
        (made.folder / folder).mkdir()
        (made.folder / folder / "file").touch()
    assert made.is_current()


def test_half_made_is_removed(bench: Any, commands: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption leaves no part that looks whole, and the next run makes it and removes the remains."""
    monkeypatch.setattr(bench.Bench, "complaint", lambda self: None)
    (bench.BENCH / "half-made-by-a-killed-run").mkdir()

    def interrupted(new: Path) -> None:
        (new / "file").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.heal(bench.Bench(Path(), {}, (bench.Part(bench.BENCH / "part", "inputs", interrupted),)))
    assert list(bench.BENCH.iterdir()) == []
    commands.heal(bench.Bench(Path(), {}, (part(bench),)))
    assert [folder.name for folder in bench.BENCH.iterdir()] == ["part"]


@pytest.mark.parametrize(
    ("complaints", "makings"),
    [
        pytest.param([None, None], 1, id="works"),
        pytest.param(["no", None], 2, id="works the second time"),
    ],
)
def test_heal(bench: Any, monkeypatch: pytest.MonkeyPatch, complaints: list[str | None], makings: int) -> None:
    """What looks whole and does not work is made anew, once."""
    made: list[Path] = []
    monkeypatch.setattr(bench.Bench, "complaint", lambda self: complaints.pop(0))
    one = bench.Part(bench.BENCH / "part", "inputs", made.append)
    bench.Bench(Path("python.exe"), {}, (one,)).heal()
    assert len(made) == makings


def test_heal_in_vain(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What still does not work is an error with the reason."""
    monkeypatch.setattr(bench.Bench, "complaint", lambda self: "exit code 53")
    with pytest.raises(SystemExit) as caught:
        bench.Bench(Path("python.exe"), {}, (part(bench),)).heal()
    assert caught.value.code == "dev/wine/windows.py: python.exe does not work: exit code 53"


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        pytest.param("pyproject.toml", [True, True], id="requirements"),
        pytest.param("cli/pyproject.toml", [True, True], id="the command's requirements"),
        pytest.param("wincred/api.py", [False, True], id="binding"),
        pytest.param("cli/coder_login/main.py", [False, True], id="command"),
        pytest.param("tests/test.py", [False, False], id="tests"),
    ],
)
def test_package_inputs(
    bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str, stale: list[bool]
) -> None:
    """Other requirements call for all packages anew; other sources for the wheel only; other tests for nothing."""
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    pyproject = '[project]\nname = "ours"\ndependencies = ["{}"]\n[dependency-groups]\ntest = []\n'
    for name in ("pyproject.toml", "cli/pyproject.toml", "wincred/api.py", "cli/coder_login/main.py", "tests/test.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(pyproject.format("click"))
    before = bench.package_parts("3.11", "win_amd64", tmp_path / "site")
    (tmp_path / changed).write_text(pyproject.format("cffi"))
    after = bench.package_parts("3.11", "win_amd64", tmp_path / "site")
    assert [old.inputs != new.inputs for old, new in zip(before, after, strict=True)] == stale


def test_requirements(bench: Any) -> None:
    """What only Windows needs is asked for, and of the distributions what they need, not they themselves."""
    binding = """
        [project]
        name = "wincred"
        dependencies = ["cffi>=2; sys_platform == 'win32'"]
        [dependency-groups]
        test = ['pywin32-ctypes ; sys_platform=="win32"']
    """
    command = """
        [project]
        name = "coder-login"
        dependencies = ["click>=8", "wincred>=0.1,<0.2"]
    """
    assert bench.requirements(binding, command) == ["cffi>=2", "pywin32-ctypes", "click>=8", "colorama"]


def test_other_marker(bench: Any) -> None:
    """A marker that is not understood is an error rather than a guess."""
    with pytest.raises(SystemExit, match="cannot tell whether Windows needs \"uvloop; os_name != 'nt'\""):
        bench.without_marker("uvloop; os_name != 'nt'")


def test_named_python_missing(commands: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """WINDOWS_PYTHON must name a file."""
    monkeypatch.setenv("WINDOWS_PYTHON", "/nowhere/python.exe")
    with pytest.raises(SystemExit) as caught:
        commands.main("build")
    assert caught.value.code == "dev/wine/windows.py: WINDOWS_PYTHON=/nowhere/python.exe is not a file"


def test_named_python_not_for_windows(
    bench: Any, commands: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """WINDOWS_PYTHON must name a Windows Python."""
    python = tmp_path / "python.exe"
    python.touch()
    monkeypatch.setenv("WINDOWS_PYTHON", str(python))
    monkeypatch.setattr(bench, "start_wine", lambda environment: None)
    monkeypatch.setattr(bench, "ask", lambda *command, environment: (0, "linux 3.11 win_amd64"))
    with pytest.raises(SystemExit, match="is not a Windows Python that Wine can start"):
        commands.main("build")


def test_unknown_version(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that has not been tried is an error that names those that have."""
    monkeypatch.setattr(bench, "VERSION", "3.99")
    with pytest.raises(SystemExit, match=r"run it with Python 3\.11 or 3\.12 or 3\.13 instead of 3\.99"):
        bench.own_bench()


def test_environment(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads Windows astray stays outside; switches of the tests and settings of Wine pass."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("REQUIRE_CREDENTIAL_MANAGER", "1")
    monkeypatch.setenv("WINEDEBUG", "+cred")
    environment = bench.windows_environment()
    assert "PYTHONPATH" not in environment
    assert environment["REQUIRE_CREDENTIAL_MANAGER"] == "1"
    assert environment["WINEDEBUG"] == "+cred"


def test_files_go_through_pipes(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    """Where the handles are files, the process gets pipes and the files get its output."""
    (tmp_path / "in").touch()
    with (tmp_path / "in").open() as stdin, (tmp_path / "out").open("w") as stdout, (tmp_path / "err").open("w") as err:
        start(RUN, "-c", NAME_HANDLES, stdin=stdin, stdout=stdout, stderr=err).wait(60)
    assert (tmp_path / "out").read_text() == "pipe pipe pipe "


def test_file_to_file(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    """A file on standard input reaches standard output whole."""
    content = os.urandom(1 << 20)
    (tmp_path / "in").write_bytes(content)
    copy = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    with (tmp_path / "in").open() as stdin, (tmp_path / "out").open("w") as stdout:
        start(RUN, "-c", copy, stdin=stdin, stdout=stdout).wait(60)
    assert (tmp_path / "out").read_bytes() == content


def test_one_file_for_both_outputs(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> None:
    """Output and errors in one file keep their order, after what the file held before."""
    alternate = "import os\nfor i in range(200): os.write(1 + i % 2, b'%d ' % i)"
    (tmp_path / "out").write_text("before ")
    with (tmp_path / "out").open("a") as both:
        start(RUN, "-c", alternate, stdin=subprocess.DEVNULL, stdout=both, stderr=both).wait(60)
    assert (tmp_path / "out").read_text().split() == ["before", *map(str, range(200))]


@pytest.mark.parametrize("script", [pytest.param(RUN, id="/dev/null"), pytest.param(CLOSED_STDIN, id="closed")])
def test_no_input(start: Callable[..., subprocess.Popen[bytes]], script: str) -> None:
    """Without standard input the process reads its end, from something that is no terminal."""
    read = "import sys; print(sys.stdin.isatty(), repr(sys.stdin.read()))"
    process = start(script, "-c", read, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.communicate(timeout=60)[0] == b"False ''\n"


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_exit_code(start: Callable[..., subprocess.Popen[bytes]], code: int) -> None:
    """The exit code is that of the Windows process."""
    assert start(RUN, "-c", f"raise SystemExit({code})", stdin=subprocess.DEVNULL).wait(60) == code


def test_killed_process(start: Callable[..., subprocess.Popen[bytes]]) -> None:
    """A process that a signal ended is reported as shells do it, and named."""
    process = start(RUN, "-c", "import os; os.kill(os.getpid(), 9)", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.communicate(timeout=60)[1] == b"dev/wine/windows.py: the Windows process was ended by SIGKILL\n"
    assert process.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_signal_leaves_no_process(start: Callable[..., subprocess.Popen[bytes]], number: int) -> None:
    """A signal to the script ends the process and what that has started, in whatever session."""
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
    parent = f"import subprocess, sys, time; print({child}.pid, flush=True); time.sleep(60)"
    process = start(WITH_SIGNALS, "-c", parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert ended(grandchild)
    process.stdout.close()


def ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie that only its parent can remove, within a few seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_usage(commands: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything but a known command prints how to call it."""
    assert commands.main("install") == 2
    assert "python dev/wine/windows.py pytest [ARGS...]" in capsys.readouterr().err


@pytest.mark.wine
@pytest.mark.skipif(shutil.which("wine") is None, reason="Wine is not installed")
@pytest.mark.skipif(not (ROOT / ".windows/prefix").exists(), reason="run `python dev/wine/windows.py build` first")
def test_real_bench(tmp_path: Path) -> None:
    """A real Windows Python writes into a file, imports the installed wheel, and its exit code comes back."""
    program = "import sys, wincred; print(sys.platform, wincred.__file__); sys.exit(7)"
    with (tmp_path / "out").open("w") as out:
        command = [sys.executable, str(DEV / "windows.py"), "python", "-c", program]
        code = subprocess.run(command, cwd=ROOT, stdout=out, stdin=subprocess.DEVNULL, check=False).returncode
    platform, _, wheel = (tmp_path / "out").read_text().partition(" ")
    assert (code, platform) == (7, "win32")
    assert wheel.strip().endswith(r"\Lib\site-packages\wincred\__init__.py")
