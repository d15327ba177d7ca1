"""The blob in a keyring, which other clients change too, without our lock: looked at, changed, read back, put back."""

from __future__ import annotations

from contextlib import contextmanager

from coder_login.sessionstore.entries import Entries
from coder_login.sessionstore.errors import (
    KeyringRestoreError,
    SessionStoreError,
    StoreChangedError,
    StoreUnavailableError,
    WriteLostError,
)
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias, TypeVar

    from coder_login.sessionstore.keyrings.protocol import KeyringProvider

    Change: TypeAlias = Callable[[Entries], Entries]
    Made = TypeVar("Made")

_ATTEMPTS = 5  # writes that are tried before one is reported as lost, and looks before the keyring keeps changing


class Step(Value):
    """One write of ours: the blob that it replaced, and what it put there."""

    __slots__ = ("before", "after")
    _SECRETS = frozenset(__slots__)
    before: bytes | None
    after: bytes | None

    def __init__(self, before: bytes | None, after: bytes | None) -> None:
        self._fill(before, after)

    def undo(self, stored: bytes | None) -> bytes | None:
        """*stored* without what this step changed; what another client has changed since stays."""
        if stored == self.after:
            return self.before
        entries, before, after = (Entries.decode(blob or b"") for blob in (stored, self.before, self.after))
        undone = entries.take_back(before, after)
        return stored if undone == entries else _encode(undone)


class Rewrite:
    """A change, by its *steps*: more than one when another client was seen to write in between."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def undo(self, stored: bytes | None) -> bytes | None:
        """*stored* without the change. Each step is taken back by itself: between two lies another client's work."""
        for step in reversed(self.steps):
            stored = step.undo(stored)
        return stored


class SharedBlob:
    """The blob of *service* in the keyring *provider*. Every method is called under the store's lock."""

    _seen: bytes | None
    """What was there at the last look."""

    def __init__(self, provider: KeyringProvider, service: str) -> None:
        self._provider = provider
        self._service = service

    def get(self) -> bytes | None:
        self._seen = self._provider.get(self._service)
        return self._seen

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
        """*change* the blob, and read it back. An error leaves it without the change, or is a KeyringRestoreError.

        Writes have been seen to get lost, and another client may write in between: what is there then is changed anew,
        unless the change is in it, as when that client has written on top of it.
        """
        done = Rewrite()
        try:
            self._rewrite(change, done)
        except BaseException as error:
            with self._left_changed(error):
                self._undo_at_once(done)
            raise
        return done

    def _rewrite(self, change: Change, done: Rewrite) -> None:
        for _ in range(_ATTEMPTS):
            before, (after, is_change) = self.prepare(lambda blob: _apply(change, blob))
            if not is_change and done.steps:
                return  # another write would be one more chance to overwrite that client's next one
            done.steps.append(Step(before, after))
            self.put(after)
            if self.get() == after:
                return
        raise _make_lost_error()

    @contextmanager
    def restored_on_error(self, before: bytes | None, after: bytes | None) -> Iterator[None]:
        """Put *before* back when the body raises: a write that failed may have stored *after* all the same."""
        try:
            yield
        except BaseException as error:
            with self._left_changed(error):
                if self._may_hold(after):
                    self.put(before)
            raise

    def _may_hold(self, after: bytes | None) -> bool:
        """Whether *after* is stored, as far as we can know; else nothing was written, or another client has written
        since."""
        try:
            stored = self.get()
        except SessionStoreError:
            return True
        return stored == after

    def take_back(self, done: Rewrite, error: BaseException) -> None:
        """Undo *done*, as *error* came after it; what another client has done meanwhile stays."""
        with self._left_changed(error):
            self._undo(done)

    def _undo(self, done: Rewrite) -> None:
        for _ in range(_ATTEMPTS):
            stored, undone = self.prepare(done.undo)
            if undone == stored:
                return
            self.put(undone)
        if self.get() != undone:
            raise _make_lost_error()

    def _undo_at_once(self, done: Rewrite) -> None:
        """`_undo`, where the last look is so fresh that it will do when the keyring gives no other."""
        if not done.steps:
            return
        try:
            self._undo(done)
        except StoreUnavailableError:
            self.put(done.undo(self._seen))

    @contextmanager
    def _left_changed(self, error: BaseException) -> Iterator[None]:
        """Say that the change is left, after *error*, when the body can't undo it."""
        try:
            yield
        except SessionStoreError as failure:
            raise self._make_left_changed_error(failure) from error

    def _make_left_changed_error(self, failure: SessionStoreError) -> KeyringRestoreError:
        fact = f"the keyring could not be put back as it was: {failure.message}"
        return KeyringRestoreError(f"{fact}; the credential {self._service} may be left changed", failure)


def _encode(entries: Entries) -> bytes | None:
    """The blob of *entries*; None, which is no credential, when there is nothing in them."""
    return entries.encode() if entries else None


def _apply(change: Change, blob: bytes | None) -> tuple[bytes | None, bool]:
    """What *change* makes of *blob*, and whether that says anything else."""
    entries = Entries.decode(blob or b"")
    changed = change(entries)
    return _encode(changed), changed != entries


def _make_lost_error() -> WriteLostError:
    return WriteLostError(f"the keyring did not keep what was written, {_ATTEMPTS} times in a row")
