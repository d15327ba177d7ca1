"""Memory as the fake of advapi32.dll watches it: the blocks that Windows gives out, and what a caller hands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wincred import Attributes

GENERIC, LOCAL_MACHINE = 1, 2
NEW_YEAR_2024 = 133_485_408_000_000_000  # in FILETIME's units, 100 ns since 1601

CData = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A credential as the store keeps it; the time is a FILETIME."""

    target_name: str
    type: int = GENERIC
    blob: bytes = b""
    user_name: str | None = None
    comment: str | None = None
    attributes: Mapping[str, bytes] = field(default_factory=dict)
    persist: int = LOCAL_MACHINE
    last_written: int = NEW_YEAR_2024
    target_alias: str | None = None
    flags: int = 0


class Block:
    """Memory that Windows gave out, holding credentials, to be freed once. Kept: no address is used twice."""

    def __init__(self, ffi: Any) -> None:
        self._ffi = ffi
        self._owners: list[CData] = []
        self._structs: list[CData] = []
        self._blobs: list[CData] = []
        self._values: list[tuple[CData, int, int]] = []  # of attributes: structure, index, size
        self.address = 0
        self.freed = 0
        self.unwiped = 0
        """How many blobs and values of attributes in it were not all zero when it was freed."""

    def credential(self, stored: Stored, *, with_blob: bool) -> CData:
        """The CREDENTIALW of *stored*, in this block."""
        struct = self._new("CREDENTIALW *")
        struct.Type, struct.Persist, struct.Flags = stored.type, stored.persist, stored.flags
        struct.TargetName, struct.Comment, struct.UserName, struct.TargetAlias = map(
            self._wide, (stored.target_name, stored.comment, stored.user_name, stored.target_alias)
        )
        struct.LastWritten.dwLowDateTime = stored.last_written & 0xFFFF_FFFF
        struct.LastWritten.dwHighDateTime = stored.last_written >> 32
        if with_blob and stored.blob:
            struct.CredentialBlob, struct.CredentialBlobSize = self._bytes(stored.blob), len(stored.blob)
            self._blobs.append(self._ffi.buffer(struct.CredentialBlob, len(stored.blob)))
        pairs = Attributes(stored.attributes).pairs
        struct.AttributeCount, struct.Attributes = len(pairs), self._attributes(pairs)
        self._values += [(struct, index, len(value)) for index, (_, value) in enumerate(pairs)]
        self._structs.append(struct)
        return struct

    @property
    def wiped(self) -> bool:
        """Whether it was freed, and every blob and value of an attribute in it was all zero then."""
        return self.freed > 0 and not self.unwiped

    def array(self, structs: list[CData]) -> CData:
        return self._new("CREDENTIALW *[]", structs)

    def free(self) -> None:
        self.freed += 1
        assert self.freed == 1, f"CredFree was called {self.freed} times for one block"
        self.unwiped = sum(any(bytes(blob)) for blob in self._blobs)
        self.unwiped += sum(self._shows(*value) for value in self._values)
        for struct in self._structs:  # whoever reads it from now on finds nothing
            self._ffi.memmove(struct, bytes(self._ffi.sizeof(struct[0])), self._ffi.sizeof(struct[0]))

    def _shows(self, struct: CData, index: int, size: int) -> bool:
        """Whether a value is still there, where a test has left it so that it can be found."""
        slot = struct.Attributes[index] if struct.AttributeCount == len(self._of(struct)) else None
        return bool(slot and slot.Value and slot.ValueSize == size and any(bytes(self._ffi.buffer(slot.Value, size))))

    def _of(self, struct: CData) -> list[int]:
        return [index for other, index, _ in self._values if other is struct]

    def _attributes(self, pairs: tuple[tuple[str, bytes], ...]) -> CData:
        array = self._new("CREDENTIAL_ATTRIBUTEW[]", len(pairs))
        for slot, (keyword, value) in zip(array, pairs, strict=True):
            slot.Keyword, slot.Value, slot.ValueSize = self._wide(keyword), self._bytes(value), len(value)
        return array if pairs else self._ffi.NULL

    def _wide(self, text: str | None) -> CData:
        return self._ffi.NULL if text is None else self._new("wchar_t[]", text)

    def _bytes(self, value: bytes) -> CData:
        return self._new("uint8_t[]", value)

    def _new(self, declaration: str, initial: object = None) -> CData:
        owner = self._ffi.new(declaration, initial)
        self._owners.append(owner)
        return owner


class Heap:
    """The ffi, except that what `new` makes lies in memory that stays readable after its owner has let go of it."""

    def __init__(self, ffi: Any) -> None:
        self._ffi = ffi
        self._new = ffi.new_allocator(self._allocate, self._let_go)
        self._memory: dict[int, CData] = {}
        self._dead: set[int] = set()
        self.byte_arrays: list[CData] = []
        """Every `uint8_t[]` that was made."""

    def new(self, declaration: str, initial: object = None) -> CData:
        owner = self._new(declaration, initial)
        if declaration == "uint8_t[]":
            self.byte_arrays.append(self._memory[self.address(owner)])
        return owner

    def live(self, pointer: CData) -> CData:
        """*pointer*, which must be NULL or the start of memory that still has its owner."""
        address = self.address(pointer)
        assert not pointer or address in self._memory, "the pointer is not to memory that the caller made for the call"
        assert address not in self._dead, "the pointer is to memory that nothing kept alive"
        return pointer

    def memory(self, pointer: CData) -> CData:
        """The memory at *pointer*, for as long as it is wanted."""
        return self._ffi.buffer(self._memory[self.address(self.live(pointer))])

    def address(self, pointer: CData) -> int:
        return int(self._ffi.cast("uintptr_t", pointer))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ffi, name)

    def _allocate(self, size: int) -> CData:
        memory = self._ffi.new("uint8_t[]", size)
        self._memory[self.address(memory)] = memory
        return memory

    def _let_go(self, memory: CData) -> None:
        self._dead.add(self.address(memory))
