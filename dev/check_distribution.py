"""Build the sdist, and the wheel from the sdist; check what they hold; run the command from each kind of install.

A plain checkout, an editable install and an installed wheel must all import and run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROBE = "import coder, wincred; print(coder.__file__, wincred.__file__, wincred.is_supported())"
IN_SDIST = {"build_ffi.py", "LICENSE", "README.md", "CHANGELOG.md", "wincred/_advapi32.py", "tests/conftest.py"}
IN_WHEEL = {
    "wincred/py.typed",
    "coder/py.typed",
    "wincred/_advapi32.py",
    "coder/__main__.py",
    "coder/commands/login.py",
}


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        # Without --wheel or --sdist, build makes the wheel from the sdist, not from the checkout.
        run(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT))
        (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
        check_sdist(sdist)
        check_wheel(wheel)
        check_runs("the wheel", installed(folder, str(wheel)))
        check_runs("the editable install", installed(folder, "--editable", str(ROOT)))
    check_runs("the plain checkout", sys.executable, PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'cli'}")
    return 0


def check_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    check(names >= IN_SDIST, f"{sdist.name} lacks {sorted(IN_SDIST - names)}")
    check_clean(sdist.name, names)


def check_wheel(wheel: Path) -> None:
    check(wheel.name.endswith("-py3-none-any.whl"), f"{wheel.name} is not for every system")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = archive.read(f"{info}/METADATA").decode()
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    check(names >= IN_WHEEL, f"{wheel.name} lacks {sorted(IN_WHEEL - names)}")
    top = {name.partition("/")[0] for name in names}
    check(top == {"wincred", "coder", info}, f"{wheel.name} installs {sorted(top)}")
    check("Requires-Dist: cffi>=2; sys_platform == 'win32'" in metadata, "cffi is not a dependency of Windows alone")
    check("License-Expression: MIT" in metadata, "the licence is not MIT")
    check("coder = coder.__main__:main" in entry_points, "there is no console script coder")
    check_clean(wheel.name, names)


def check_clean(archive: str, names: set[str]) -> None:
    stray = sorted(name for name in names if "__pycache__" in name or name.startswith((".venv", ".windows")))
    check(not stray, f"{archive} holds {stray}")


def installed(folder: Path, *what: str) -> str:
    """The interpreter of a new virtual environment with *what* installed."""
    environment = Path(tempfile.mkdtemp(dir=folder))
    run(sys.executable, "-m", "venv", str(environment))
    python = str(environment / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)
    return python


def check_runs(kind: str, python: str, **environment: str) -> None:
    version = run(python, "-m", "coder", "version", **environment)
    found = run(python, "-c", PROBE, **environment)
    script = Path(python).with_name("coder")
    check(script.exists(), f"{kind} has no script {script.name}")
    print(f"{kind}: {version.strip()} from {found.strip()}")


def run(*command: str, **environment: str) -> str:
    """The standard output of *command*, run away from the checkout; its failure ends the check."""
    result = subprocess.run(
        command,
        cwd=tempfile.gettempdir(),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    check(result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def check(condition: bool, problem: str) -> None:
    if not condition:
        raise SystemExit(f"check_distribution: {problem}")


if __name__ == "__main__":
    sys.exit(main())
