"""A session store and a keyring in memory: a third store for the contract, and a keyring that fails on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coder_login.deployment.session_token import USUAL_LENGTH, check_token
from coder_login.deployment.url import DeploymentURL, Origin
from coder_login.sessionstore import NoRoomError, OriginMismatchError, SessionNotFoundError

Action = Callable[[], object]


class MemoryKeyring:
    """A KeyringProvider in memory.

    An action of `before` runs before a call takes effect: as another program, or as a failure, by what it raises.
    """

    def __init__(self, max_size: int = 2560) -> None:
        self.max_size = max_size
        self.blobs: dict[str, bytes] = {}
        self.calls: list[str] = []
        """The calls of get, set and delete, in order."""
        self.lost_writes = 0
        """How many of the next calls of set and delete report success and do nothing."""
        self._actions: list[tuple[str, int, Action]] = []

    def before(self, call: str, action: Action, *, after: int = 0) -> None:
        """Run *action* once, before the next call of *call* but *after* many."""
        self._actions.append((call, self.calls.count(call) + after, action))

    def get(self, service: str) -> bytes | None:
        self._enter("get")
        return self.blobs.get(service)

    def set(self, service: str, blob: bytes) -> None:
        self._enter("set")
        if len(blob) > self.max_size:
            raise NoRoomError(f"{len(blob)} bytes are more than {self.max_size}")
        if not self._is_lost():
            self.blobs[service] = blob

    def delete(self, service: str) -> None:
        self._enter("delete")
        if not self._is_lost():
            self.blobs.pop(service, None)

    def persistence(self) -> str:
        return "local_machine"

    def _enter(self, call: str) -> None:
        count = self.calls.count(call)
        self.calls.append(call)
        for name, turn, action in self._actions:
            if (name, turn) == (call, count):
                action()

    def _is_lost(self) -> bool:
        self.lost_writes -= 1
        return self.lost_writes >= 0


class MemoryStore:
    """A SessionStore in memory, as plain as the contract allows."""

    def __init__(self) -> None:
        self._sessions: dict[Origin, str] = {}

    @property
    def place(self) -> str:
        return "memory"

    def read(self, url: DeploymentURL) -> str:
        self._check_stored(url.origin)
        return self._sessions[url.origin]

    def write(self, url: DeploymentURL, token: str, *, replace: bool = False) -> None:
        with self.replacing(url, token, replace=replace):
            pass

    @contextmanager
    def replacing(self, url: DeploymentURL, token: str, *, replace: bool = False) -> Iterator[None]:
        check_token(token, "the token")
        self.check(url, replace=replace)
        before = dict(self._sessions)
        kept = {origin: kept for origin, kept in before.items() if origin == url.origin or origin.key != url.origin.key}
        self._sessions = kept | {url.origin: token}
        try:
            yield
        except BaseException:
            self._sessions = before
            raise

    def delete(self, url: DeploymentURL) -> None:
        self._check_stored(url.origin)
        del self._sessions[url.origin]

    def check(self, url: DeploymentURL, token_length: int = USUAL_LENGTH, *, replace: bool = False) -> None:
        check_token("x" * token_length, "the token")
        other = self._other(url.origin)
        if other and not replace:
            raise OriginMismatchError(url.origin, str(other), "replace it")

    def deployments(self) -> list[Origin]:
        return list(self._sessions)

    def _check_stored(self, origin: Origin) -> None:
        if origin in self._sessions:
            return
        other = self._other(origin)
        if other:
            raise OriginMismatchError(origin, str(other), "give that URL")
        raise SessionNotFoundError(f"no session for {origin}", "log in")

    def _other(self, origin: Origin) -> Origin | None:
        return next((other for other in self._sessions if other != origin and other.key == origin.key), None)
