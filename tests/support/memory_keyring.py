"""A keyring in memory, which fails on demand, or lets another program in."""

from __future__ import annotations

from collections.abc import Callable

from coder_login.sessionstore import NoRoomError

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
