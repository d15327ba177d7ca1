"""What dev/requirements/ pins for Windows. pip, on Linux, would evaluate the markers for Linux."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement

FOLDER = Path(__file__).resolve().parents[1] / "requirements"
WINDOWS = {"os_name": "nt", "platform_machine": "AMD64", "platform_system": "Windows", "sys_platform": "win32"}


def read_pins(*groups: str, version: str) -> list[str]:
    """The lines, hashes included and markers left out, that a Windows Python of *version* needs of these groups."""
    files = [(FOLDER / f"{group}.txt").read_text(encoding="utf-8") for group in groups]
    environment = WINDOWS | {"python_version": version, "python_full_version": f"{version}.0"}
    pins = [pin for file in files for pin in file.replace("\\\n", "").splitlines() if pin[:1].isalnum()]
    return sorted({without_marker(pin) for pin in pins if is_needed(pin, environment)})


def is_needed(pin: str, environment: dict[str, str]) -> bool:
    marker = Requirement(pin.partition(" --hash=")[0]).marker
    return marker is None or marker.evaluate(environment)


def without_marker(pin: str) -> str:
    requirement, _, hashes = pin.partition(" --hash=")
    return f"{requirement.partition(';')[0].strip()} --hash={' '.join(hashes.split())}"
