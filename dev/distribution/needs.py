"""Which packages a distribution needs on which system, by the metadata of wheels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from distribution.read import read_metadata

# What a marker can ask for, on each system that a classifier names.
SYSTEMS: dict[str, dict[str, str | set[str]]] = {
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
Requirements = Mapping[NormalizedName, Iterable[Requirement]]


def read_requirements(wheels: Iterable[Path]) -> Requirements:
    """What each of *wheels* asks for, under the name of its distribution."""
    metadata = map(read_metadata, wheels)
    return {canonicalize_name(one.name): one.requires_dist or [] for one in metadata}


def find_needs(name: str, requirements: Requirements) -> dict[str, str]:
    """The packages that *name* needs, each with the marker of the systems that need it; none where all of them do."""
    needed = {system: reach(canonicalize_name(name), requirements, system) for system in SYSTEMS}
    names = sorted(set().union(*needed.values()))
    return {name: marker_of([system for system in SYSTEMS if name in needed[system]]) for name in names}


def reach(name: NormalizedName, requirements: Requirements, system: str) -> set[NormalizedName]:
    """What *name* needs on *system*, and what that needs, and so on."""
    found: set[NormalizedName] = set()
    left = [name]
    while left:
        wanted = requirements[left.pop()]
        new = {canonicalize_name(one.name) for one in wanted if holds(one, system)} - found
        found |= new
        left += new
    return found


def holds(requirement: Requirement, system: str) -> bool:
    """Without extras, and for the rest, such as the version of Python, as here."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": "", **SYSTEMS[system]})


def marker_of(systems: list[str]) -> str:
    if len(systems) == len(SYSTEMS):
        return ""
    return " or ".join(f"sys_platform == '{system}'" for system in systems)
