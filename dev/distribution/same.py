"""Whether two archives are the same bytes, and if not, what in them differs."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from distribution.run import check


class Member(NamedTuple):
    """What an archive keeps of a file."""

    name: str
    mode: str
    time: object
    owner: object
    content: bytes


def check_same(first: Path, second: Path) -> None:
    """*second*, built from another copy of the checkout, is *first* byte for byte."""
    if first.read_bytes() != second.read_bytes():
        check(False, f"{first.name} is not the same when it is built again: {first_difference(first, second)}")


def first_difference(first: Path, second: Path) -> str:
    for one, other in zip_longest(members(first), members(second)):
        if one is None or other is None:
            return f"only {'the second' if one is None else 'the first'} has {(one or other).name}"
        if one.name != other.name:
            return f"in the place of {one.name} is {other.name}"
        if one != other:
            return f"{one.name} differs in its {describe(one, other)}"
    return "every member is the same, and the archive around them is not"


def describe(one: Member, other: Member) -> str:
    """The first field that differs, and both its values if they are short."""
    field = next(name for name, a, b in zip(Member._fields, one, other, strict=True) if a != b)
    values = f" ({getattr(one, field)}, then {getattr(other, field)})"
    return field if field == "content" else field + values


def members(archive: Path) -> Iterator[Member]:
    """Those of an sdist or a wheel, in their order."""
    return members_of_tar(archive) if archive.name.endswith(".tar.gz") else members_of_zip(archive)


def members_of_tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path) as archive:
        for info in archive:
            owner = (info.uid, info.gid, info.uname, info.gname)
            file = archive.extractfile(info)
            yield Member(info.name, oct(info.mode), info.mtime, owner, file.read() if file else b"")


def members_of_zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = oct(info.external_attr >> 16)
            yield Member(info.filename, mode, info.date_time, info.create_system, archive.read(info))
