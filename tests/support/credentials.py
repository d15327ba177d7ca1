"""The real Credential Manager, as tests leave it: as it was before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import wincred

KEPT = "{} (put aside by the tests of wincred)"
"""The name of the copy: a run that is killed leaves it, and the next one puts it back."""


@contextlib.contextmanager
def put_aside(target_name: str) -> Iterator[None]:
    """The real credential of that name is absent at first, and in the end as it was before."""
    kept = KEPT.format(target_name)
    _recover(target_name, kept)
    _move(target_name, kept)
    try:
        yield
    finally:
        _discard(target_name)
        _move(kept, target_name)


def _recover(target_name: str, kept: str) -> None:
    """Put back what a run that was killed has put aside; never over another one, which may be worth more."""
    if _find(target_name) and _find(kept):
        raise RuntimeError(
            f"a run of the tests was killed: the credential {kept!r} was there before, and {target_name!r} is of "
            "that run, or newer. Remove the one that you do not need, in Control Panel, Credential Manager"
        )
    _move(kept, target_name)


def _move(name: str, new_name: str) -> None:
    """The copy is there before the original goes."""
    found = _find(name)
    if found is not None:
        wincred.write(
            new_name,
            found.blob or b"",
            user_name=found.user_name,
            comment=found.comment,
            attributes=found.attributes,
            persist=wincred.Persist(found.persist),
        )
        _discard(name)


def _find(target_name: str) -> wincred.Credential | None:
    try:
        return wincred.read(target_name)
    except wincred.NotFoundError:
        return None


def _discard(target_name: str) -> None:
    with contextlib.suppress(wincred.NotFoundError):
        wincred.delete(target_name)
