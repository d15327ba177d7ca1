"""The sessions in the system's keyring: one blob, shared with the Go `coder` CLI and the editors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from coder_login.deployment.session_token import USUAL_LENGTH, check_token
from coder_login.deployment.url import DeploymentURL, Origin
from coder_login.sessionstore.entries import Entries, Entry
from coder_login.sessionstore.errors import (
    KeyringRestoreError,
    NoRoomError,
    NothingStoredError,
    SessionNotFoundError,
    SessionStoreError,
    StoreChangedError,
    StoreInOrderError,
    WriteLostError,
)
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.keyrings.protocol import KeyringProvider
from coder_login.sessionstore.lock import find_service_lock_path, locked

if TYPE_CHECKING:
    from coder_login.sessionstore.go_form import Misfits

DEFAULT_SERVICE = "coder-v2-credentials"
"""The credential that every Coder client looks in."""

_ATTEMPTS = 5  # writes that are tried before one is reported as lost, and looks before the keyring keeps changing

Change = Callable[[Entries], Entries]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the keyring's blob is, in bytes; a *limit* of None is not known."""

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """The blob before and after a change; *alone* when nobody else was seen to write in between."""

    before: bytes | None
    after: bytes | None
    alone: bool


class KeyringStore:
    """A SessionStore on a keyring: every deployment's session in one blob, under one *service* name.

    Raises UnsupportedKeyringError when no *provider* is given and this system has none that we support. *lock_path* is
    a file of the user's own that every store on the same keyring and service must share.
    """

    def __init__(
        self,
        service: str = DEFAULT_SERVICE,
        *,
        provider: KeyringProvider | None = None,
        lock_path: Path | None = None,
    ) -> None:
        self._service = service
        self._provider = provider or open_system_keyring()
        self._lock_path = lock_path or find_service_lock_path(service)

    @property
    def place(self) -> str:
        return f"the system's keyring ({self._service})"

    @property
    def service(self) -> str:
        return self._service

    def read(self, deployment: DeploymentURL | str) -> str:
        url = DeploymentURL.of(deployment)
        token = self._read_entries().token(url)
        if not token:
            raise _make_not_found_error(url)
        return check_token(token, f"the stored session for {url.origin}")

    def write(self, deployment: DeploymentURL | str, token: str, *, replace: bool = False) -> None:
        with self.replacing(deployment, token, replace=replace):
            pass

    @contextmanager
    def replacing(self, deployment: DeploymentURL | str, token: str, *, replace: bool = False) -> Iterator[None]:
        url = DeploymentURL.of(deployment)
        check_token(token, "the token")
        with locked(self._lock_path):
            done = self._rewrite(lambda entries: self._put_session(entries, url, token, replace=replace))
            try:
                yield
            except BaseException as error:
                self._take_back(done, url.origin, error)
                raise

    def delete(self, deployment: DeploymentURL | str, token: str | None = None) -> None:
        url = DeploymentURL.of(deployment)
        with locked(self._lock_path):
            found = Entries.decode(self._get() or b"").find(url)
            if not found:
                raise _make_not_found_error(url)
            if not _choose(found, token):
                raise StoreChangedError(f"{self.place} holds another session by now, and was left alone")
            self._rewrite(lambda entries: entries.remove(_choose(entries.find(url), token)))

    def check(
        self, deployment: DeploymentURL | str, token_length: int = USUAL_LENGTH, *, replace: bool = False
    ) -> None:
        self._provider.persistence()
        token = check_token("x" * token_length, "the token")
        self._put_session(self._read_entries(), DeploymentURL.of(deployment), token, replace=replace)

    def deployments(self) -> list[DeploymentURL]:
        return self._read_entries().deployments()

    def persistence(self) -> str:
        """How long a session is kept, in the system's word. Raises KeyringFailedError when none can be."""
        return self._provider.persistence()

    def usage(self) -> Usage:
        """How full the blob is now, whether it can be understood or not."""
        with locked(self._lock_path):
            return Usage(len(self._get() or b""), self._provider.max_size)

    def find_misfits(self) -> Misfits:
        """What of the stored sessions the Go CLI can't read. Raises StoreDamagedError for what we can't read either."""
        from coder_login.sessionstore.go_form import find_misfits  # not at every start

        with locked(self._lock_path):
            return find_misfits(self._get() or b"")

    def reset(self) -> None:
        """Discard the whole blob, when it can't be understood.

        Raises StoreInOrderError when it can, NothingStoredError when there is none, or nothing in it.
        """
        with locked(self._lock_path):
            before, entries = self._prepare(_decode_if_understood)
            if entries is not None:
                raise StoreInOrderError(self._service) if entries else NothingStoredError(self._service)
            with self._restored_on_error(before, None):
                self._put(None)
                left = self._get()
            if left is not None:
                raise WriteLostError("the keyring still has what was to be discarded")

    def _read_entries(self) -> Entries:
        # A read beside a write can be torn: Windows promises no atomicity across calls, and Wine shows it.
        with locked(self._lock_path):
            return Entries.decode(self._get() or b"")

    def _put_session(self, entries: Entries, url: DeploymentURL, token: str, *, replace: bool) -> Entries:
        """The first form of the changed *entries* that there is room for."""
        limit, needed = self._provider.max_size, 0
        for form in entries.put(url, token, replace=replace):
            needed = len(form.encode())
            if limit is None or needed <= limit:
                return form
        others = tuple(other for other in entries.deployments() if other.origin != url.origin)
        raise NoRoomError(
            f"the keyring has no room for another session: {needed} bytes are needed, and there are {limit}", others
        )

    def _prepare(self, make: Callable[[bytes | None], Made]) -> tuple[bytes | None, Made]:
        """The blob, and what *make* makes of it. The lock is held.

        Another client, which takes no lock, may write while that is made: then all is done anew, so that a write that
        follows comes right after a look at what it replaces.
        """
        for _ in range(_ATTEMPTS):
            before = self._get()
            made = make(before)
            if self._get() == before:
                return before, made
        raise StoreChangedError(f"the credential {self._service} keeps changing")

    def _rewrite(self, change: Change) -> _Rewrite:
        """*change* the blob, and read it back. The lock is held.

        Writes have been seen to get lost, and another client may write in between: what is there then is changed anew.
        """
        first: bytes | None = None
        for attempt in range(_ATTEMPTS):
            before, (after, is_change) = self._prepare(lambda blob: _apply(change, blob))
            if attempt == 0 or is_change:  # else another client has written on top of our change, not in its place
                first = before
            with self._restored_on_error(before, after):
                self._put(after)
                stored = self._get()
            if stored == after:
                return _Rewrite(first, after, alone=attempt == 0)
        raise _make_lost_error()

    @contextmanager
    def _restored_on_error(self, before: bytes | None, after: bytes | None) -> Iterator[None]:
        """Put *before* back when the body raises: a write that failed may have stored *after* all the same."""
        try:
            yield
        except BaseException as error:
            try:
                if self._may_hold(after, before):
                    self._put(before)
            except SessionStoreError as failure:
                raise self._make_left_changed_error(failure) from error
            raise

    def _may_hold(self, after: bytes | None, before: bytes | None) -> bool:
        """Whether *after* is stored in the place of *before*, as far as we can know; else nothing was written, or
        another client has written since."""
        try:
            stored = self._get()
        except SessionStoreError:
            return True
        return stored == after and stored != before

    def _take_back(self, done: _Rewrite, origin: Origin, error: BaseException) -> None:
        """Undo *done*, as *error* came after it; what another client has done meanwhile stays."""
        try:
            if done.alone and self._get() == done.after:
                self._put(done.before)
                if self._get() == done.before:
                    return
            before, after = (Entries.decode(blob or b"") for blob in (done.before, done.after))
            self._rewrite(lambda entries: entries.take_back(before, after, origin))
        except SessionStoreError as failure:
            raise self._make_left_changed_error(failure) from error

    def _get(self) -> bytes | None:
        return self._provider.get(self._service)

    def _put(self, blob: bytes | None) -> None:
        if blob is None:
            self._provider.delete(self._service)
        else:
            self._provider.set(self._service, blob)

    def _make_left_changed_error(self, failure: SessionStoreError) -> KeyringRestoreError:
        fact = f"the keyring could not be put back as it was: {failure.message}"
        return KeyringRestoreError(f"{fact}; the credential {self._service} may be left changed", failure)


def _choose(entries: list[Entry], token: str | None) -> list[Entry]:
    """Those of *entries* that hold *token*; all of them for None."""
    return [entry for entry in entries if token is None or entry.token == token]


def _apply(change: Change, blob: bytes | None) -> tuple[bytes | None, bool]:
    """What *change* makes of *blob*, and whether that says anything else."""
    entries = Entries.decode(blob or b"")
    changed = change(entries)
    return changed.encode() if changed else None, changed != entries


def _decode_if_understood(blob: bytes | None) -> Entries | None:
    try:
        return Entries.decode(blob or b"")
    except SessionStoreError:
        return None


def _make_lost_error() -> WriteLostError:
    return WriteLostError(f"the keyring did not keep what was written, {_ATTEMPTS} times in a row")


def _make_not_found_error(url: DeploymentURL) -> SessionNotFoundError:
    return SessionNotFoundError(f"no session for {url.origin} in the keyring", url)
