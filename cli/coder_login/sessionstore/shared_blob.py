"""The blob in a keyring, which other clients change too, without our lock: looked at, changed, read back, put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from coder_login.deployment.url import Origin
from coder_login.sessionstore.entries import Entries
from coder_login.sessionstore.errors import (
    KeyringRestoreError,
    SessionStoreError,
    StoreChangedError,
    WriteLostError,
)
from coder_login.sessionstore.keyrings.protocol import KeyringProvider

_ATTEMPTS = 5  # writes that are tried before one is reported as lost, and looks before the keyring keeps changing

Change = Callable[[Entries], Entries]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The blob before and after a change; *alone* when nobody else was seen to write in between."""

    before: bytes | None
    after: bytes | None
    alone: bool


class SharedBlob:
    """The blob of *service* in the keyring *provider*. Every method is called under the store's lock."""

    def __init__(self, provider: KeyringProvider, service: str) -> None:
        self._provider = provider
        self._service = service

    def get(self) -> bytes | None:
        return self._provider.get(self._service)

    def put(self, blob: bytes | None) -> None:
        if blob is None:
            self._provider.delete(self._service)
        else:
            self._provider.set(self._service, blob)

    def prepare(self, make: Callable[[bytes | None], Made]) -> tuple[bytes | None, Made]:
        """The blob, and what *make* makes of it.

        Another client, which takes no lock, may write while that is made: then all is done anew, so that a write that
        follows comes right after a look at what it replaces.
        """
        for _ in range(_ATTEMPTS):
            before = self.get()
            made = make(before)
            if self.get() == before:
                return before, made
        raise StoreChangedError(f"the credential {self._service} keeps changing")

    def rewrite(self, change: Change) -> Rewrite:
        """*change* the blob, and read it back.

        Writes have been seen to get lost, and another client may write in between: what is there then is changed anew.
        """
        first: bytes | None = None
        for attempt in range(_ATTEMPTS):
            before, (after, is_change) = self.prepare(lambda blob: _apply(change, blob))
            if attempt == 0 or is_change:  # else another client has written on top of our change, not in its place
                first = before
            with self.restored_on_error(before, after):
                self.put(after)
                stored = self.get()
            if stored == after:
                return Rewrite(first, after, alone=attempt == 0)
        raise _make_lost_error()

    @contextmanager
    def restored_on_error(self, before: bytes | None, after: bytes | None) -> Iterator[None]:
        """Put *before* back when the body raises: a write that failed may have stored *after* all the same."""
        try:
            yield
        except BaseException as error:
            try:
                if self._may_hold(after, before):
                    self.put(before)
            except SessionStoreError as failure:
                raise self._make_left_changed_error(failure) from error
            raise

    def _may_hold(self, after: bytes | None, before: bytes | None) -> bool:
        """Whether *after* is stored in the place of *before*, as far as we can know; else nothing was written, or
        another client has written since."""
        try:
            stored = self.get()
        except SessionStoreError:
            return True
        return stored == after and stored != before

    def take_back(self, done: Rewrite, origin: Origin, error: BaseException) -> None:
        """Undo *done*, as *error* came after it; what another client has done meanwhile stays."""
        try:
            if done.alone and self.get() == done.after:
                self.put(done.before)
                if self.get() == done.before:
                    return
            before, after = (Entries.decode(blob or b"") for blob in (done.before, done.after))
            self.rewrite(lambda entries: entries.take_back(before, after, origin))
        except SessionStoreError as failure:
            raise self._make_left_changed_error(failure) from error

    def _make_left_changed_error(self, failure: SessionStoreError) -> KeyringRestoreError:
        fact = f"the keyring could not be put back as it was: {failure.message}"
        return KeyringRestoreError(f"{fact}; the credential {self._service} may be left changed", failure)


def _apply(change: Change, blob: bytes | None) -> tuple[bytes | None, bool]:
    """What *change* makes of *blob*, and whether that says anything else."""
    entries = Entries.decode(blob or b"")
    changed = change(entries)
    return changed.encode() if changed else None, changed != entries


def _make_lost_error() -> WriteLostError:
    return WriteLostError(f"the keyring did not keep what was written, {_ATTEMPTS} times in a row")
