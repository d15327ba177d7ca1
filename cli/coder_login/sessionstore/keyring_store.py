"""The sessions in the system's keyring: one blob, shared with the Go `coder` CLI and the editors."""

from __future__ import annotations

import os
from contextlib import contextmanager

from coder_login.deployment.session_token import USUAL_LENGTH, check_token
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore.entries import Entries
from coder_login.sessionstore.errors import (
    AnotherSessionError,
    NoRoomError,
    NothingStoredError,
    SessionNotFoundError,
    SessionStoreError,
    StoreInOrderError,
    WriteLostError,
)
from coder_login.sessionstore.keyrings import open_system_keyring
from coder_login.sessionstore.lock import find_service_lock_path, locked
from coder_login.sessionstore.shared_blob import SharedBlob
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from coder_login.sessionstore.entry import Entry
    from coder_login.sessionstore.go_form import Misfits
    from coder_login.sessionstore.keyrings.protocol import KeyringProvider

DEFAULT_SERVICE = "coder-v2-credentials"
"""The credential that every Coder client looks in."""


class Usage(Value):
    """How full the keyring's blob is, in bytes; a *limit* of None is not known."""

    __slots__ = ("used", "limit")
    used: int
    limit: int | None

    def __init__(self, used: int, limit: int | None) -> None:
        self._fill(used, limit)


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
        lock_path: str | os.PathLike[str] | None = None,
    ) -> None:
        self._service = service
        self._provider = provider or open_system_keyring()
        self._blob = SharedBlob(self._provider, service)
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
            done = self._blob.rewrite(lambda entries: self._put_session(entries, url, token, replace=replace))
            try:
                yield
            except BaseException as error:
                self._blob.take_back(done, error)
                raise

    def delete(self, deployment: DeploymentURL | str, token: str | None = None) -> None:
        url = DeploymentURL.of(deployment)
        with locked(self._lock_path):
            found = Entries.decode(self._blob.get() or b"").find(url)
            if not found:
                raise _make_not_found_error(url)
            if not _choose(found, token):
                raise AnotherSessionError(self.place)
            self._blob.rewrite(lambda entries: entries.remove(_choose(entries.find(url), token)))

    def check(
        self, deployment: DeploymentURL | str, token_length: int = USUAL_LENGTH, *, replace: bool = False
    ) -> None:
        self._provider.persistence()
        token = check_token("x" * token_length, "the token")
        self._put_session(self._read_entries(), DeploymentURL.of(deployment), token, replace=replace)

    def has(self, deployment: DeploymentURL | str) -> bool:
        return self._read_entries().has(DeploymentURL.of(deployment).origin)

    def deployments(self, current: DeploymentURL | None = None) -> list[DeploymentURL]:
        """As the protocol says; a session for which no scheme was recorded is named as *current*, where it serves
        that, else by https."""
        return self._read_entries().deployments(current.origin if current else None)

    def persistence(self) -> str:
        """How long a session is kept, in the system's word. Raises KeyringFailedError when none can be."""
        return self._provider.persistence()

    def usage(self) -> Usage:
        """How full the blob is now, whether it can be understood or not."""
        with locked(self._lock_path):
            return Usage(len(self._blob.get() or b""), self._provider.max_size)

    def find_misfits(self) -> Misfits:
        """What of the stored sessions the Go CLI can't read. Raises StoreDamagedError for what we can't read either."""
        from coder_login.sessionstore.go_form import find_misfits  # not at every start

        with locked(self._lock_path):
            return find_misfits(self._blob.get() or b"")

    def reset(self) -> None:
        """Discard the whole blob, when it can't be understood.

        Raises StoreInOrderError when it can, NothingStoredError when there is none, or nothing in it.
        """
        with locked(self._lock_path):
            before, entries = self._blob.prepare(_decode_if_understood)
            if entries is not None:
                raise StoreInOrderError(self._service) if entries else NothingStoredError(self._service)
            with self._blob.restored_on_error(before, None):
                self._blob.put(None)
                left = self._blob.get()
            if left is not None:
                raise WriteLostError("the keyring still has what was to be discarded")

    def _read_entries(self) -> Entries:
        # A read beside a write can be torn: Windows promises no atomicity across calls, and Wine shows it.
        with locked(self._lock_path):
            return Entries.decode(self._blob.get() or b"")

    def _put_session(self, entries: Entries, url: DeploymentURL, token: str, *, replace: bool) -> Entries:
        """The first form of the changed *entries* that there is room for."""
        limit, forms = self._provider.max_size, entries.put(url, token, replace=replace)
        for form in forms:
            if limit is None or len(form.encode()) <= limit:
                return form
        needed = len(forms[-1].encode())
        others = tuple(other for other in entries.deployments(url.origin) if other.origin != url.origin)
        raise NoRoomError(
            f"the keyring has no room for another session: {needed} bytes are needed, and there are {limit}", others
        )


def _choose(entries: list[Entry], token: str | None) -> list[Entry]:
    """Those of *entries* that hold *token*; all of them for None."""
    return [entry for entry in entries if token is None or entry.token == token]


def _decode_if_understood(blob: bytes | None) -> Entries | None:
    try:
        return Entries.decode(blob or b"")
    except SessionStoreError:
        return None


def _make_not_found_error(url: DeploymentURL) -> SessionNotFoundError:
    return SessionNotFoundError(f"no session for {url.origin} in the keyring", url)
