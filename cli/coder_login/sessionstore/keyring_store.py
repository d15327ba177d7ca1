"""The sessions in the system's keyring: one blob, shared with the Go `coder` CLI and the editors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coder_login.deployment.session_token import USUAL_LENGTH, check_token
from coder_login.deployment.url import DeploymentURL, Origin
from coder_login.sessionstore import entries as credentials
from coder_login.sessionstore.entries import Entries
from coder_login.sessionstore.errors import NoRoomError, SessionNotFoundError, SessionStoreError, WriteLostError
from coder_login.sessionstore.keyrings import system_keyring
from coder_login.sessionstore.keyrings.protocol import KeyringProvider
from coder_login.sessionstore.lock import locked, service_lock_path

DEFAULT_SERVICE = "coder-v2-credentials"
"""The credential that every Coder client looks in."""

_ATTEMPTS = 5  # writes that are tried before one is reported as lost

Change = Callable[[Entries], Entries]


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the keyring's blob is, in bytes."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class _Written:
    """The blob before and after a change; *alone* when nobody else was seen to write in between."""

    before: bytes | None
    after: bytes | None
    alone: bool


class KeyringStore:
    """A SessionStore on a keyring: every deployment's session in one blob, under one service name.

    Raises UnsupportedKeyringError when no *provider* is given and this system has none that we support.
    """

    def __init__(
        self,
        service: str = DEFAULT_SERVICE,
        *,
        provider: KeyringProvider | None = None,
        lock_path: Path | None = None,
    ) -> None:
        self._service = service
        self._provider = provider or system_keyring()
        self._lock_path = lock_path or service_lock_path(service)

    @property
    def place(self) -> str:
        return f"the system's keyring ({self._service})"

    @property
    def service(self) -> str:
        return self._service

    def read(self, url: DeploymentURL) -> str:
        entries = self._entries()
        keys = credentials.find(entries, url.origin)
        token = credentials.token_of(entries, keys) if keys else ""
        if not token:
            raise self._not_found(url)
        return check_token(token, f"the stored session for {url.origin}")

    def write(self, url: DeploymentURL, token: str, *, replace: bool = False) -> None:
        with self.replacing(url, token, replace=replace):
            pass

    @contextmanager
    def replacing(self, url: DeploymentURL, token: str, *, replace: bool = False) -> Iterator[None]:
        check_token(token, "the token")
        with locked(self._lock_path):
            written = self._update(lambda entries: self._with_session(entries, url, token, replace=replace))
            try:
                yield
            except BaseException as error:
                self._undo(written, url.origin, error)
                raise

    def delete(self, url: DeploymentURL) -> None:
        with locked(self._lock_path):
            if not credentials.find(credentials.decode(self._get()), url.origin):
                raise self._not_found(url)
            self._update(lambda entries: credentials.remove(entries, credentials.find(entries, url.origin)))

    def check(self, url: DeploymentURL, token_length: int = USUAL_LENGTH, *, replace: bool = False) -> None:
        self._provider.persistence()
        token = check_token("x" * token_length, "the token")
        self._with_session(self._entries(), url, token, replace=replace)

    def deployments(self) -> list[Origin]:
        return credentials.deployments(self._entries())

    def persistence(self) -> str:
        """The strongest persistence on offer now, in the system's word; raises StoreUnavailableError when none is."""
        return self._provider.persistence()

    def usage(self) -> Usage:
        """How full the blob is now, whether it can be understood or not."""
        with locked(self._lock_path):
            return Usage(len(self._get()), self._provider.max_size)

    def reset(self) -> None:
        """Discard the whole blob, when it can't be understood; raises SessionStoreError when it can."""
        with locked(self._lock_path):
            before = self._provider.get(self._service)
            if _is_understood(before or b""):
                raise SessionStoreError(
                    f"the credential {self._service} is in order, and was not discarded",
                    "to forget a session, use: coder logout --use-keyring --url URL",
                )
            if not self._store_or_restore(None, before):
                raise self._lost()

    def _entries(self) -> Entries:
        # A read beside a write can be torn: Windows promises no atomicity across calls, and Wine shows it.
        with locked(self._lock_path):
            return credentials.decode(self._get())

    def _get(self) -> bytes:
        return self._provider.get(self._service) or b""

    def _with_session(self, entries: Entries, url: DeploymentURL, token: str, *, replace: bool) -> Entries:
        changed = credentials.put(entries, url.origin, token, replace=replace)
        self._check_room(changed, url.origin)
        return changed

    def _check_room(self, entries: Entries, origin: Origin) -> None:
        needed, limit = len(credentials.encode(entries)), self._provider.max_size
        if needed <= limit:
            return
        others = ", ".join(str(other) for other in credentials.deployments(entries) if other != origin)
        raise NoRoomError(
            f"the keyring has no room for another session: {needed} bytes are needed, and there are {limit}",
            f"log out of a deployment that is no longer needed: {others or 'none of them is known'}",
        )

    def _update(self, change: Change) -> _Written:
        """Apply *change* to what is stored. The lock is held.

        Read back, because writes have been seen to get lost; changed anew from what is there, because another
        client, which takes no lock, may have written in between.
        """
        first = before = self._provider.get(self._service)
        for attempt in range(_ATTEMPTS):
            stored = credentials.decode(before or b"")
            entries = change(stored)
            if entries != stored:  # else another client has written on top of our change, not in its place
                first = before
            after = credentials.encode(entries) if entries else None
            if self._store_or_restore(after, before):
                return _Written(first, after, alone=attempt == 0)
            before = self._provider.get(self._service)
        raise self._lost()

    def _store_or_restore(self, blob: bytes | None, before: bytes | None) -> bool:
        try:
            return self._store(blob)
        except BaseException as error:
            # A write that failed, or could not be read back, may have happened all the same.
            self._put_back(before, blob, error)
            raise

    def _store(self, blob: bytes | None) -> bool:
        """Whether *blob*, or its absence, is what is stored afterwards."""
        self._set(blob)
        return self._provider.get(self._service) == blob

    def _set(self, blob: bytes | None) -> None:
        if blob is None:
            self._provider.delete(self._service)
        else:
            self._provider.set(self._service, blob)

    def _put_back(self, before: bytes | None, after: bytes | None, error: BaseException) -> None:
        with contextlib.suppress(SessionStoreError):
            stored = self._provider.get(self._service)
            if stored == before or stored != after:
                return  # nothing was written, or another client has written since
        try:
            self._set(before)
        except SessionStoreError as failure:
            raise self._left_changed(failure) from error

    def _undo(self, written: _Written, origin: Origin, error: BaseException) -> None:
        try:
            if not (
                written.alone and self._provider.get(self._service) == written.after and self._store(written.before)
            ):
                before, after = (credentials.decode(blob or b"") for blob in (written.before, written.after))
                self._update(lambda entries: credentials.take_back(entries, before, after, origin))
        except SessionStoreError as failure:
            raise self._left_changed(failure) from error

    def _left_changed(self, failure: SessionStoreError) -> SessionStoreError:
        return SessionStoreError(
            f"the keyring could not be put back as it was: {failure.message}",
            f"the credential {self._service} may hold the new session; look with: coder keyring list",
        )

    def _lost(self) -> WriteLostError:
        return WriteLostError(
            f"the keyring did not keep what was written, {_ATTEMPTS} times in a row",
            "try again; another program may be writing the same credential over and over",
        )

    def _not_found(self, url: DeploymentURL) -> SessionNotFoundError:
        return SessionNotFoundError(
            f"no session for {url.origin} in the keyring", f"log in with: coder login --use-keyring {url}"
        )


def _is_understood(blob: bytes) -> bool:
    try:
        credentials.decode(blob)
    except SessionStoreError:
        return False
    return True
