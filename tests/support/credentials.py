"""The real Credential Manager, as tests leave it: as it was before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import wincred


@contextlib.contextmanager
def put_aside(target_name: str) -> Iterator[None]:
    """The real credential of that name is absent at first, and in the end as it was before."""
    before = _find(target_name)
    _discard(target_name)
    try:
        yield
    finally:
        _discard(target_name)
        if before is not None:
            wincred.write(
                before.target_name,
                before.blob or b"",
                user_name=before.user_name,
                comment=before.comment,
                attributes=before.attributes,
                persist=wincred.Persist(before.persist),
            )


def _find(target_name: str) -> wincred.Credential | None:
    try:
        return wincred.read(target_name)
    except wincred.NotFoundError:
        return None


def _discard(target_name: str) -> None:
    with contextlib.suppress(wincred.NotFoundError):
        wincred.delete(target_name)
