"""Build both distributions, check what they hold, and run them from every kind of install.

    python dev/check_distribution.py            all of it, with a program frozen by PyInstaller
    python dev/check_distribution.py --quick    without that one

Each wheel is built from its sdist. Alone, wincred brings no program and no package that Linux does not need; together,
from the sdists, editable, beside a distribution with a package called `coder`, from a plain checkout and frozen, the
command runs. Every other package is one that dev/requirements/distribution.txt pins.
"""

from __future__ import annotations

import ast
import email
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "dev/requirements/distribution.txt"
# It ships a top-level package `coder` of its own, and once replaced files of ours.
NEIGHBOUR = "coder-api"
# Every command, as far as it goes without a deployment and, on Linux, without a keyring: its exit code, and a word.
SUBCOMMANDS = [
    (["--help"], 0, "usage: coder"),
    (["--version"], 0, "coder-login"),
    (["version"], 0, "coder-login"),
    (["login", "--help"], 0, "--use-token-as-session"),
    (["login", "--token", "x", "https://dev.example.invalid"], 1, "host"),
    (["login", "token"], 1, "no deployment"),
    (["logout", "--yes"], 1, "no deployment"),
    (["whoami"], 1, "no deployment"),
    (["keyring", "status"], 1, "supported: no"),
    (["keyring", "list"], 1, "no supported keyring"),
    (["keyring", "migrate"], 1, "no supported keyring"),
    (["keyring", "reset", "--yes"], 1, "no supported keyring"),
]


@dataclass(frozen=True)
class Distribution:
    """One of the two: where it is built, and what must be in it."""

    name: str
    folder: Path
    package: str
    beside: frozenset[str]
    requires: frozenset[str]
    scripts: str

    @property
    def modules(self) -> set[str]:
        """The package's files in the checkout, by their paths in an archive."""
        files = (self.folder / self.package).rglob("*")
        return {path.relative_to(self.folder).as_posix() for path in files if path.suffix in (".py", ".typed")}


BINDING = Distribution(
    name="wincred",
    folder=ROOT,
    package="wincred",
    beside=frozenset({"build_ffi.py", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}),
    requires=frozenset({"cffi>=2; sys_platform == 'win32'"}),
    scripts="",
)
COMMAND = Distribution(
    name="coder-login",
    folder=ROOT / "cli",
    package="coder_login",
    beside=frozenset({"LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}),
    requires=frozenset({"click>=8.5", "platformdirs>=4", "wincred<0.2,>=0.1"}),
    scripts="[console_scripts]\ncoder = coder_login.__main__:main",
)


def main(*arguments: str) -> int:
    check_versions()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        fetch_packages(folder / "packages")
        built = [build(distribution, folder) for distribution in (BINDING, COMMAND)]
        sdists, wheels = zip(*built, strict=True)
        check_alone(new_environment(folder, wheels[0]))
        check_command("both sdists", new_environment(folder, *sdists))
        together = new_environment(folder, *wheels)
        check_command("both wheels", together)
        install(together, "--no-deps", NEIGHBOUR)
        check_command(f"beside {NEIGHBOUR}", together)
        editable = new_environment(folder, "--editable", str(BINDING.folder), "--editable", str(COMMAND.folder))
        check_command("the editable install", editable)
        if "--quick" not in arguments:
            check_frozen(folder)
    checkout = f"{ROOT}{os.pathsep}{COMMAND.folder}"
    check_runs("the plain checkout", sys.executable, "-m", "coder_login", PYTHONPATH=checkout)
    return 0


def fetch_packages(folder: Path) -> None:
    """Download the pinned packages; from here on, pip and build know of no other place."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--no-deps", "--require-hashes", "--requirement", str(PINS), "--dest", str(folder))
    os.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def check_versions() -> None:
    """The two are released together, under one version and one licence."""
    versions = [version_in(distribution) for distribution in (BINDING, COMMAND)]
    check(len(set(versions)) == 1, f"the versions differ: {versions}")
    licences = {(distribution.folder / "LICENSE").read_text() for distribution in (BINDING, COMMAND)}
    check(len(licences) == 1, "the two files LICENSE differ")


def version_in(distribution: Distribution) -> str:
    source = ast.parse((distribution.folder / distribution.package / "__init__.py").read_text())
    (version,) = (
        str(ast.literal_eval(node.value))
        for node in source.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "__version__"
    )
    return version


def build(distribution: Distribution, folder: Path) -> tuple[str, str]:
    """The sdist, and the wheel that is built from it, both checked."""
    place = folder / distribution.name
    # Without --wheel or --sdist, build makes the wheel from the sdist, not from the checkout.
    run(sys.executable, "-m", "build", "--outdir", str(place), str(distribution.folder))
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    check_sdist(distribution, sdist)
    check_wheel(distribution, wheel)
    return str(sdist), str(wheel)


def check_sdist(distribution: Distribution, sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    check_modules(distribution, sdist.name, names)
    rest = {name for name in names if not name.startswith(f"{distribution.package}/")} - {".gitignore"}
    check(rest == distribution.beside, f"{sdist.name} holds {sorted(rest)}, not {sorted(distribution.beside)}")
    check_clean(sdist.name, names)


def check_wheel(distribution: Distribution, wheel: Path) -> None:
    check(wheel.name.endswith("-py3-none-any.whl"), f"{wheel.name} is not for every system")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (info,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        entry_points = f"{info}/entry_points.txt"
        scripts = archive.read(entry_points).decode().strip() if entry_points in names else ""
    check_modules(distribution, wheel.name, names)
    top = {name.partition("/")[0] for name in names}
    check(top == {distribution.package, info}, f"{wheel.name} installs {sorted(top)}")
    check(f"{info}/licenses/LICENSE" in names, f"{wheel.name} has no licence")
    check(metadata["License-Expression"] == "MIT", f"{wheel.name} is under {metadata['License-Expression']}")
    check(metadata["Version"] == version_in(distribution), f"{wheel.name} says the version {metadata['Version']}")
    requires = frozenset(metadata.get_all("Requires-Dist", []))
    check(requires == distribution.requires, f"{wheel.name} requires {sorted(requires)}")
    check(scripts == distribution.scripts, f"{wheel.name} has the scripts {scripts!r}")
    check_clean(wheel.name, names)


def check_modules(distribution: Distribution, archive: str, names: set[str]) -> None:
    """Every file of the package, and no other."""
    found = {name for name in names if name.startswith(f"{distribution.package}/")}
    check(found == distribution.modules, f"{archive} differs in {sorted(found ^ distribution.modules)}")


def check_clean(archive: str, names: set[str]) -> None:
    stray = sorted(name for name in names if "__pycache__" in name or name.startswith((".venv", ".windows")))
    check(not stray, f"{archive} holds {stray}")


def new_environment(folder: Path, *what: str) -> str:
    """The interpreter of a new virtual environment with *what* installed."""
    environment = Path(tempfile.mkdtemp(dir=folder))
    run(sys.executable, "-m", "venv", str(environment))
    python = str(environment / "bin" / "python")
    install(python, *what)
    return python


def install(python: str, *what: str) -> None:
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def check_alone(python: str) -> None:
    """The binding brings neither a program nor, on Linux, a dependency."""
    installed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").split()
    names = {line.partition("==")[0] for line in installed} - {"pip", "setuptools"}
    check(names == {BINDING.name}, f"wincred alone brings {sorted(names)}")
    check(not Path(python).with_name("coder").exists(), "wincred alone brings a program coder")
    run(python, "-c", "import wincred; assert wincred.is_supported() in (True, False)")
    print("wincred alone: imported, with nothing beside it")


def check_command(kind: str, python: str) -> None:
    """Both ways to start it run every subcommand, and every place tells the same version."""
    for start in ([str(Path(python).with_name("coder"))], [python, "-m", "coder_login"]):
        check_runs(kind, *start)
    told = run(python, "-c", IDENTITIES).split()
    expected = f"coder-login/{version_in(COMMAND)}"
    check(set(told) == {expected}, f"{kind} tells the identities {told}, not {expected}")


IDENTITIES = """if True:
    import importlib.metadata, subprocess, sys
    from coder_login.deployment.transport import USER_AGENT
    print(USER_AGENT.split()[0])
    print("coder-login/" + importlib.metadata.version("coder-login"))
    version = subprocess.check_output([sys.executable, "-m", "coder_login", "version"], text=True)
    print(version.strip().replace(" ", "/"))
"""


def check_frozen(folder: Path) -> None:
    """One program by PyInstaller, from the import analysis alone: no hook, no list of hidden imports."""
    script = folder / "frozen_coder.py"
    script.write_text("from coder_login.__main__ import main\n\nmain()\n")
    paths = [option for distribution in (BINDING, COMMAND) for option in ("--paths", str(distribution.folder))]
    places = ["--distpath", str(folder / "frozen"), "--workpath", str(folder / "work"), "--specpath", str(folder)]
    options = ["--log-level=ERROR", "--name=coder", *paths, *places]
    run(sys.executable, "-m", "PyInstaller", *options, str(script))
    check_runs("frozen by PyInstaller", str(folder / "frozen" / "coder" / "coder"))


def check_runs(kind: str, *start: str, **environment: str) -> None:
    """Every subcommand answers as it should, and none with a fault of our own."""
    with tempfile.TemporaryDirectory() as home:
        for arguments, expected, word in SUBCOMMANDS:
            result = outcome(*start, *arguments, **clean_environment(home), **environment)
            said = f"{kind}: coder {' '.join(arguments)} exited {result.returncode}, saying:\n{result.stdout}"
            check(result.returncode == expected and word in result.stdout.lower() and "bug" not in result.stdout, said)
    print(f"{kind}: {len(SUBCOMMANDS)} commands ran")


def clean_environment(home: str) -> dict[str, str]:
    """Nobody has logged in, on any machine; and no proxy is asked for a host that does not exist."""
    return dict.fromkeys(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"], home) | dict.fromkeys(list(leftovers()), "")


def leftovers() -> Iterator[str]:
    for name in os.environ:
        if name.startswith("CODER_") or name.lower().endswith("_proxy"):
            yield name


def run(*command: str) -> str:
    """The output of *command*; its failure ends the check."""
    result = outcome(*command)
    check(result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def outcome(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """*command*, run away from the checkout."""
    return subprocess.run(
        command,
        cwd=tempfile.gettempdir(),
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check(condition: bool, problem: str) -> None:
    if not condition:
        raise SystemExit(f"check_distribution: {problem}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
