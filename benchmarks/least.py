"""The least that cffi needs for what `wincred.read`, `write` and `enumerate` do, and a DLL that answers at once.

The same work: the same C copies for a write, every field copied to Python, blobs wiped, and one CredFree. Not done are
the checks of the arguments, the errors, the names of numbers, the date, and whatever an interruption asks for.
"""

from __future__ import annotations

from typing import Any

NAME, USER, COMMENT = "wincred-benchmark/example.com", "anna", "made by a benchmark"
BLOB = b"0123456789-abcdefghijklmnopqrstuv"
NEW_YEAR_2024 = 133_485_408_000_000_000  # in FILETIME's units, 100 ns since 1601


class Instant:
    """advapi32.dll with *count* credentials of C data, made beforehand: what it does itself is next to nothing."""

    def __init__(self, ffi: Any, count: int) -> None:
        self._memory: list[Any] = []
        self._ffi, self._count = ffi, count
        self._structs = ffi.new("CREDENTIALW *[]", [self._make_struct() for _ in range(count)])

    def _make_struct(self) -> Any:
        struct = self._new("CREDENTIALW *")
        struct.Type, struct.Persist = 1, 2
        struct.TargetName, struct.UserName = self._new("wchar_t[]", NAME), self._new("wchar_t[]", USER)
        struct.Comment = self._new("wchar_t[]", COMMENT)
        struct.CredentialBlob, struct.CredentialBlobSize = self._new("uint8_t[]", BLOB), len(BLOB)
        struct.LastWritten.dwLowDateTime = NEW_YEAR_2024 & 0xFFFF_FFFF
        struct.LastWritten.dwHighDateTime = NEW_YEAR_2024 >> 32
        return struct

    def _new(self, declaration: str, initial: object = None) -> Any:
        self._memory.append(self._ffi.new(declaration, initial))
        return self._memory[-1]

    def CredReadW(self, TargetName: Any, Type: int, Flags: int, Credential: Any, /) -> int:  # noqa: N802, N803
        Credential[0] = self._structs[0]
        return 1

    def CredWriteW(self, Credential: Any, Flags: int, /) -> int:  # noqa: N802, N803
        return 1

    def CredEnumerateW(self, Filter: Any, Flags: int, Count: Any, Credentials: Any, /) -> int:  # noqa: N802, N803
        Count[0], Credentials[0] = self._count, self._structs
        return 1

    def CredFree(self, Buffer: Any, /) -> None:  # noqa: N802, N803
        """The memory is given out again."""


class Least:
    """The three calls on *dll*. Types and functions are looked up once."""

    def __init__(self, ffi: Any, dll: Any) -> None:
        self._dll, self._null = dll, ffi.NULL
        self._new, self._string, self._buffer, self._memmove = ffi.new, ffi.string, ffi.buffer, ffi.memmove
        self._struct, self._found = ffi.typeof("CREDENTIALW *"), ffi.typeof("CREDENTIALW **")
        self._count, self._listed = ffi.typeof("uint32_t *"), ffi.typeof("CREDENTIALW ***")
        self._text, self._bytes = ffi.typeof("wchar_t[]"), ffi.typeof("uint8_t[]")

    def read(self, target_name: str) -> tuple[object, ...]:
        name, found = self._new(self._text, target_name), self._new(self._found)
        if not self._dll.CredReadW(name, 1, 0, found):
            raise OSError
        fields = self._take(found[0])
        self._dll.CredFree(found[0])
        return fields

    def write(self, target_name: str, blob: bytes, user_name: str, comment: str) -> None:
        new, text, size = self._new, self._text, len(blob)
        struct, memory = new(self._struct), new(self._bytes, blob)
        name, user, note = new(text, target_name), new(text, user_name), new(text, comment)
        struct.Type, struct.Persist = 1, 2
        struct.TargetName, struct.UserName, struct.Comment = name, user, note
        struct.CredentialBlob, struct.CredentialBlobSize = memory, size
        if not self._dll.CredWriteW(struct, 0):
            raise OSError
        self._memmove(memory, bytes(size), size)

    def enumerate(self) -> list[tuple[object, ...]]:
        count, listed = self._new(self._count), self._new(self._listed)
        if not self._dll.CredEnumerateW(self._null, 0, count, listed):
            raise OSError
        structs = listed[0]
        fields = [self._take(structs[index]) for index in range(count[0])]
        self._dll.CredFree(structs)
        return fields

    def _take(self, struct: Any) -> tuple[object, ...]:
        """Every field, as Python has it; the blob is wiped."""
        string, written = self._string, struct.LastWritten
        name, alias, comment, user = struct.TargetName, struct.TargetAlias, struct.Comment, struct.UserName
        blob, size, count = struct.CredentialBlob, struct.CredentialBlobSize, struct.AttributeCount
        fields = (
            string(name) if name else "",
            struct.Type,
            self._buffer(blob, size)[:] if blob else b"",
            string(user) if user else None,
            string(comment) if comment else None,
            [self._take_attribute(struct.Attributes[index]) for index in range(count)] if count else (),
            struct.Persist,
            written.dwHighDateTime << 32 | written.dwLowDateTime,
            string(alias) if alias else None,
            struct.Flags,
        )
        if blob:
            self._memmove(blob, bytes(size), size)
        return fields

    def _take_attribute(self, slot: Any) -> tuple[str, bytes]:
        keyword, value = self._string(slot.Keyword), self._buffer(slot.Value, slot.ValueSize)[:]
        self._memmove(slot.Value, bytes(slot.ValueSize), slot.ValueSize)
        return keyword, value
