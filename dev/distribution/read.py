"""Reading what an archive says of itself."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata


def read_metadata(archive: Path) -> Metadata:
    """Parsed strictly: a field that the standard does not know, or not in this form, is an error."""
    return Metadata.from_email(read_metadata_file(archive))


def read_metadata_file(archive: Path) -> bytes:
    """PKG-INFO of an sdist, METADATA of a wheel."""
    if archive.name.endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            return wheel.read(name)
    with tarfile.open(archive) as sdist:
        (name,) = (name for name in sdist.getnames() if re.fullmatch("[^/]+/PKG-INFO", name))
        file = sdist.extractfile(name)
        assert file is not None
        return file.read()
