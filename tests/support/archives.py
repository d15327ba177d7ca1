"""Small sdists and wheels, for the tests of the tools that check the real ones."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def make_sdist(path: Path, files: Mapping[str, str], *, mode: int = 0o644, time: int = 0, format: int = 1) -> Path:
    with tarfile.open(path, "w:gz", format=format) as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(text.encode()), mode, time
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def make_wheel(path: Path, files: Mapping[str, str], *, mode: int = 0o644, year: int = 2020) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, (year, 2, 2, 0, 0, 0))
            info.external_attr = mode << 16
            archive.writestr(info, text)
    return path


def write_metadata(headers: Mapping[str, str | list[str]], description: str = "") -> str:
    """METADATA, or PKG-INFO."""
    lines = [f"{name}: {value}" for name, values in headers.items() for value in listed(values)]
    return "\n".join(["Metadata-Version: 2.4", *lines, "", description])


def listed(values: str | list[str]) -> list[str]:
    return [values] if isinstance(values, str) else values
