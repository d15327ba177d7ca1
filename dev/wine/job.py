"""Running the steps of the Windows job as a runner does: a Python with pip alone, a new checkout, the native pip."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

assert sys.platform == "linux"

from bench import BENCH, HALF_MADE, ROOT, VERSION, Bench, get_pinned, wheels_for  # noqa: E402
from pins import read_pins  # noqa: E402
from process import run, say  # noqa: E402
from workflow import PATH, Step, read_steps  # noqa: E402

# What the bench sets for itself, and a runner does not: the suite must pass without.
NOT_ON_A_RUNNER = {"PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH", "PYTHONUTF8", "PYTHONPATH"}
# Which of pip's settings tell where packages come from. Others, such as constraints, are for this machine.
SOURCES = {"index-url", "extra-index-url", "find-links", "no-index", "cert", "client-cert", "proxy", "trusted-host"}
SOURCES |= {"default-timeout", "timeout", "retries"}


def run_job(bench: Bench) -> int:
    """The exit code of the first step that fails, which is named; 0 when all of them pass."""
    steps = read_steps(PATH.read_text(encoding="utf-8"), version=VERSION)
    with tempfile.TemporaryDirectory(prefix=HALF_MADE, dir=BENCH) as folder:
        python = copy_python(bench.python.parent, Path(folder, "python"))
        environment = runner_environment(bench.environment, python.parent)
        os.chdir(check_out(Path(folder, "checkout")))
        return run_steps(steps, python, environment)


def run_steps(steps: list[Step], python: Path, environment: dict[str, str]) -> int:
    for number, step in enumerate(steps, 1):
        say(f"job: step {number} of {len(steps)}: {step}")
        if code := run(python, *step.command[1:], environment=environment | step.environment):
            say(f"job: the step `{step}` failed with exit code {code}; on a Windows runner it would fail too")
            return code
    return 0


def copy_python(original: Path, copy: Path) -> Path:
    """The python.exe of a copy of the bench's Python, with pip alone. (Debian's ensurepip refuses to run here.)"""
    shutil.copytree(original, copy, copy_function=os.link, ignore=shutil.ignore_patterns("site-packages"))
    pip = [pin for pin in read_pins("test", version=VERSION) if pin.startswith("pip==")]
    get_pinned("install", f"--target={copy / 'Lib/site-packages'}", wheels_for(VERSION, "win_amd64"), pip)
    return copy / "python.exe"


def check_out(folder: Path) -> Path:
    """A checkout of what git would commit now, as Git for Windows makes it: CRLF, where .gitattributes lets it.

    The index is a temporary one: that of the repository stays as it is.
    """
    environment = os.environ | {"GIT_INDEX_FILE": str(folder.with_name("index"))}
    for command in (["read-tree", "HEAD"], ["add", "--all"], ["checkout-index", "--all", f"--prefix={folder}/"]):
        options = [
            "-c",
            f"safe.directory={ROOT}",
            *(["-c", "core.autocrlf=true"] if "checkout-index" in command else []),
        ]
        subprocess.run(["git", *options, *command], cwd=ROOT, env=environment, check=True)
    return folder


def runner_environment(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """The bench's environment without what a runner has not; the Python is on the PATH, and pip finds its packages."""
    kept = {name: value for name, value in environment.items() if name not in NOT_ON_A_RUNNER}
    path = ";".join(map(on_drive, (str(folder), str(folder / "Scripts"))))
    return {**kept, **dict(pip_sources(list_pip_settings())), "WINEPATH": path, "CI": "true"}


def list_pip_settings() -> str:
    return subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)


def pip_sources(settings: str) -> Iterator[tuple[str, str]]:
    """The host's settings as variables for a pip on Windows, which reads no file of Linux; the strongest come last."""
    for line in sorted(settings.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in SOURCES:
            words = ast.literal_eval(value).split()
            yield f"PIP_{option.upper().replace('-', '_')}", " ".join(map(on_drive, words))
        if option == "cert":
            # Wine 10 refuses to check a certificate against others than the system's, as pip asks Windows to do.
            yield "PIP_USE_DEPRECATED", "legacy-certs"


def on_drive(word: str) -> str:
    """A path of Linux, or a URL of one, as Windows programs under Wine have it."""
    if word.startswith("file:///"):
        return word.replace("file:///", "file:///Z:/", 1)
    return f"Z:{word}" if word.startswith("/") else word
