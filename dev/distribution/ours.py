"""The two distributions: where each is built, and what must be in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from distribution.run import check

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Distribution:
    """One of the two: where it is built, what must be in it, and what an installer brings with it, on which systems."""

    name: str
    folder: Path
    package: str
    beside: frozenset[str]
    requires: frozenset[str]
    brings: Mapping[str, str]
    scripts: str

    @property
    def modules(self) -> set[str]:
        """The package's files in the checkout, by their paths in an archive."""
        files = (self.folder / self.package).rglob("*")
        return {path.relative_to(self.folder).as_posix() for path in files if path.suffix in (".py", ".typed")}

    @property
    def version(self) -> str:
        """As the package itself says it."""
        source = ast.parse((self.folder / self.package / "__init__.py").read_text(encoding="utf-8"))
        (version,) = (
            str(ast.literal_eval(node.value))
            for node in source.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__version__"
        )
        return version


WINDOWS = "sys_platform == 'win32'"
BINDING = Distribution(
    name="wincred",
    folder=ROOT,
    package="wincred",
    beside=frozenset({"build_ffi.py", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}),
    requires=frozenset({"cffi>=2; sys_platform == 'win32'"}),
    brings={"cffi": WINDOWS, "pycparser": WINDOWS},
    scripts="",
)
COMMAND = Distribution(
    name="coder-login",
    folder=ROOT / "cli",
    package="coder_login",
    beside=frozenset({"LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}),
    requires=frozenset({"click>=8.5", "platformdirs>=4", "wincred<0.2,>=0.1"}),
    brings={"cffi": WINDOWS, "click": "", "platformdirs": "", "pycparser": WINDOWS, "wincred": ""},
    scripts="[console_scripts]\ncoder = coder_login.__main__:main",
)
OURS = (BINDING, COMMAND)


def check_versions() -> None:
    """The two are released together, under one version and one licence."""
    versions = [distribution.version for distribution in OURS]
    check(len(set(versions)) == 1, f"the versions differ: {versions}")
    licences = {(distribution.folder / "LICENSE").read_bytes() for distribution in OURS}
    check(len(licences) == 1, "the two files LICENSE differ")
