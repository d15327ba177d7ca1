"""The real advapi32.dll with each call watched: what Windows gives out must be wiped and freed, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_memory import Heap

from seams.seam import Seam
from wincred import _dll

CData = Any


class WatchedAdvapi32:
    """The DLL, and what is asked of it beside its functions, for the time of one run."""

    def __init__(self, seam: Seam) -> None:
        self._seam = seam
        self._ffi: Any = _dll.load_ffi()
        self._dll: Any = _dll.load_advapi32()
        self._heap = Heap(self._ffi)
        self._system_error = _dll.last_error
        self._error: tuple[int, str] | None = None
        self._blobs: dict[int, list[CData]] = {}  # of the memory that is given out, by its address
        self.problems: list[str] = []

    def load_advapi32(self) -> WatchedAdvapi32:
        return self

    def load_ffi(self) -> Heap:
        return self._heap

    def last_error(self) -> tuple[int, str]:
        return self._error or self._system_error()

    def find_problems(self, *, may_leave: bool) -> list[str]:
        """What of C memory was not wiped, or not freed unless it *may* be *left*, in words."""
        problems = list(self.problems)
        if self._blobs and not may_leave:
            problems.append(f"{len(self._blobs)} answers of Windows' were not freed")
        if any(any(bytes(blob)) for blobs in self._blobs.values() for blob in blobs):
            problems.append("an answer of Windows' was not wiped")
        if any(any(bytes(self._ffi.buffer(array))) for array in self._heap.byte_arrays):
            problems.append("a copy of a blob for Windows was not wiped")
        return problems

    def CredWriteW(self, *arguments: Any) -> int:  # noqa: N802
        return self._call("CredWriteW", arguments)

    def CredDeleteW(self, *arguments: Any) -> int:  # noqa: N802
        return self._call("CredDeleteW", arguments)

    def CredGetSessionTypes(self, *arguments: Any) -> int:  # noqa: N802
        return self._call("CredGetSessionTypes", arguments)

    def CredReadW(self, *arguments: Any) -> int:  # noqa: N802
        found = arguments[-1]
        return self._call("CredReadW", arguments, lambda: self._note(found[0], [found[0]]))

    def CredEnumerateW(self, *arguments: Any) -> int:  # noqa: N802
        count, found = arguments[-2:]
        return self._call("CredEnumerateW", arguments, lambda: self._note(found[0], list(found[0][0 : count[0]])))

    def CredFree(self, block: CData) -> None:  # noqa: N802
        def free() -> int:
            blobs = self._blobs.pop(self._address(block), None)
            if blobs is None:
                self.problems.append("CredFree was called with what Windows did not give out, or twice")
                return 0
            if any(any(bytes(blob)) for blob in blobs):
                self.problems.append("an answer of Windows' was freed unwiped")
            self._dll.CredFree(block)
            return 0

        self._seam.pass_on("CredFree", free, lambda code: 0)

    def _call(self, name: str, arguments: tuple[Any, ...], note: Callable[[], object] = lambda: None) -> int:
        def act() -> int:
            self._error = None
            succeeded = int(getattr(self._dll, name)(*arguments))
            if succeeded:
                note()
            return succeeded

        return self._seam.pass_on(name, act, self._fail)

    def _fail(self, code: int) -> int:
        self._error = code, f"A sentence of Windows' for {code}."
        return 0

    def _note(self, block: CData, structs: list[CData]) -> None:
        blobs = [self._ffi.buffer(struct.CredentialBlob, struct.CredentialBlobSize) for struct in structs if struct]
        self._blobs[self._address(block)] = blobs

    def _address(self, pointer: CData) -> int:
        return int(self._ffi.cast("uintptr_t", pointer))
