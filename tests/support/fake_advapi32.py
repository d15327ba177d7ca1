"""A fake of advapi32.dll at our own seam, `wincred._dll`: Windows' semantics over a dict, on real C data.

It does what the Credential Manager does (one credential for each type and target name, in upper and lower case alike;
a write replaces all of it) and what a test needs from it: Windows errors, answers that can't be and lost writes on
demand, another program at work just before or after a call, and a watch over memory, both what Windows gives out and
the blobs that a write hands in. Where an answer is not plain, a comment names its source; LEARN there is
https://learn.microsoft.com/windows/win32/api/wincred/
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fake_memory import GENERIC, NEW_YEAR_2024, Block, CData, Heap, Stored

from wincred import Attributes, _dll, errors

__all__ = ["FakeAdvapi32", "Stored", "Write"]

DOMAIN_PASSWORD = 2
DOMAIN_CERTIFICATE = 3
GENERIC_CERTIFICATE = 5
DOMAIN_EXTENDED = 6
ENTERPRISE = 3
CRED_TYPE_MAXIMUM = 7
PRESERVE_BLOB = 1
ALL_CREDENTIALS = 1

# In front of a name in a listing of all. LEARN nf-wincred-credenumeratew has the form, "namespace:attribute=target";
# these two are what `cmdkey /list` prints for a generic credential and for one of a domain.
NAMESPACES = {GENERIC: "LegacyGeneric:target="}
DOMAIN_NAMESPACE = "Domain:target="


@dataclass(frozen=True, slots=True)
class Write:
    """A call of CredWriteW: its flags, the blob at that moment, and the very memory of the blob, kept alive."""

    flags: int
    blob: bytes
    memory: CData | None

    @property
    def wiped(self) -> bool:
        """Whether the caller's C copy of the blob is all zero by now."""
        return self.memory is None or not any(bytes(self.memory))


@dataclass(slots=True)
class _Turn:
    """When something applies: not in the first *after* calls, then *times* times, or always for None."""

    after: int
    times: int | None

    def is_now(self) -> bool:
        if self.after:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class FakeAdvapi32:
    """The DLL. What its `before` actions do themselves is another program's doing: neither recorded nor disturbed."""

    def __init__(self) -> None:
        self._ffi: Any = _dll.load_ffi()
        self._ffi.typeof("CREDENTIALW *[]")  # known before a shutdown, as in `_dll.DECLARATIONS`
        self._heap = Heap(self._ffi)
        self._stored: dict[tuple[str, int], Stored] = {}
        self._failures: list[tuple[str, _Turn, int]] = []
        self._actions: list[tuple[str, _Turn, Callable[[], object]]] = []
        self._afterwards: list[tuple[str, _Turn, Callable[[], object]]] = []
        self._spoilers: list[Callable[[CData], object]] = []
        self._writes_to_lose = 0
        self._thread = threading.local()
        self.gives_domain_blobs = False
        """Whether the blob of a domain password or certificate is given back, as Wine does."""
        self.gives_nothing = False
        """Whether a read or a listing succeeds and leaves the pointer at NULL; a listing's count is right."""
        self.litters = False
        """Whether a read or a listing that fails leaves an address in the place of the answer."""
        self.missing_entries = 0
        """How many NULL pointers a listing has at its end."""
        self.invented_entries = 0
        """How many credentials a listing claims to have beyond those that it has."""
        self.type_count = CRED_TYPE_MAXIMUM
        """The first type that this Windows does not know."""
        self.now = NEW_YEAR_2024
        """The time of the next write, a FILETIME."""
        self.session_types = dict.fromkeys(range(1, 7), ENTERPRISE)
        """What CredGetSessionTypes says of each type."""
        self.calls: list[str] = []
        """The functions called, in order."""
        self.writes: list[Write] = []
        self.blocks: list[Block] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put this in the place of the DLL, and make the system pass for one that has it."""
        monkeypatch.setattr(_dll, "is_supported", lambda: True)
        monkeypatch.setattr(_dll, "load_advapi32", lambda: self)
        monkeypatch.setattr(_dll, "last_error", lambda: self.last_error())
        monkeypatch.setattr(_dll, "load_ffi", lambda: self._heap)

    # What a test arranges and sees.

    def put(self, credential: Stored) -> None:
        """Store *credential* as another program would."""
        self._stored[_key(credential.target_name, credential.type)] = credential

    def get(self, target_name: str, type: int = GENERIC) -> Stored | None:
        """What is stored, whoever wrote it."""
        return self._stored.get(_key(target_name, type))

    def remove(self, target_name: str, type: int = GENERIC) -> None:
        """Remove a stored credential as another program would."""
        del self._stored[_key(target_name, type)]

    def fail(self, function_name: str, code: int, *, after: int = 0, times: int | None = None) -> None:
        """Let *function_name* fail with Windows error *code*, after *after* calls, for *times* calls or for ever."""
        self._failures.append((_function(function_name), _Turn(after, times), code))

    def before(
        self, function_name: str, action: Callable[[], object], *, after: int = 0, times: int | None = None
    ) -> None:
        """Run *action* before a call of *function_name* takes effect; what it raises comes out of the call."""
        self._actions.append((_function(function_name), _Turn(after, times), action))

    def after(self, function_name: str, action: Callable[[], object], *, times: int | None = None) -> None:
        """Run *action* when a call of *function_name* has taken effect; what it raises comes out of the call."""
        self._afterwards.append((_function(function_name), _Turn(0, times), action))

    def spoil(self, change: Callable[[CData], object]) -> None:
        """Let *change* at the structure of each credential that is given out."""
        self._spoilers.append(change)

    def lose_writes(self, count: int) -> None:
        """Let the next *count* writes report success and store nothing."""
        self._writes_to_lose += count

    @property
    def blocks_alive(self) -> list[Block]:
        """The memory given out and not freed."""
        return [block for block in self.blocks if not block.freed]

    @property
    def byte_arrays(self) -> list[bytes]:
        """What the caller's own byte arrays in C memory hold now, its copies of blobs and attribute values."""
        return [bytes(self._ffi.buffer(array)) for array in self._heap.byte_arrays]

    def last_error(self) -> tuple[int, str]:
        """This thread's last error; like Windows', it does not outlive the next call."""
        code: int = getattr(self._thread, "code", 0)
        return code, f"Windows' sentence for {code}."

    @property
    def null(self) -> CData:
        return self._ffi.NULL

    # The functions of the DLL, with Microsoft's names.

    def CredWriteW(self, Credential: CData, Flags: int, /) -> int:  # noqa: N802, N803
        write = Write(Flags, *self._blob_of(self._heap.live(Credential)))
        if not self._is_disturbing:
            self.writes.append(write)
        return self._call("CredWriteW", lambda: self._write(Credential, write), Credential.Type)

    def CredReadW(self, TargetName: CData, Type: int, Flags: int, Credential: CData, /) -> int:  # noqa: N802, N803
        assert Flags == 0, "the flags of CredReadW are reserved"
        self._litter(Credential)
        return self._call("CredReadW", lambda: self._read(_key(self._string(TargetName), Type), Credential), Type)

    def CredDeleteW(self, TargetName: CData, Type: int, Flags: int, /) -> int:  # noqa: N802, N803
        assert Flags == 0, "the flags of CredDeleteW are reserved"
        return self._call("CredDeleteW", lambda: self._delete(_key(self._string(TargetName), Type)), Type)

    def CredEnumerateW(self, Filter: CData, Flags: int, Count: CData, Credentials: CData, /) -> int:  # noqa: N802, N803
        self._litter(Credentials)
        pattern = self._string(Filter) if Filter else None
        return self._call("CredEnumerateW", lambda: self._enumerate(pattern, Flags, Count, Credentials))

    def CredGetSessionTypes(self, MaximumPersistCount: int, MaximumPersist: CData, /) -> int:  # noqa: N802, N803
        return self._call("CredGetSessionTypes", lambda: self._session_types(MaximumPersistCount, MaximumPersist))

    def CredFree(self, Buffer: CData, /) -> None:  # noqa: N802, N803
        self._call("CredFree", lambda: self._free(self._heap.address(Buffer)))

    # What each does, as a Windows error code.

    def _write(self, credential: CData, write: Write) -> int:
        new = self._stored_from(credential, write.blob)
        # LEARN nf-wincred-credwritew: it "does not support writing to target names that contain wildcards"; only those
        # of domain credentials may have one (LEARN ns-wincred-credentialw). The code is that of any other wrong field.
        if "*" in new.target_name and new.type in (GENERIC, GENERIC_CERTIFICATE, DOMAIN_EXTENDED):
            return errors.WinError.ERROR_INVALID_PARAMETER
        # LEARN nf-wincred-credwritew, ns-wincred-credentialw (UserName)
        if new.type == DOMAIN_PASSWORD and not new.user_name:
            return errors.WinError.ERROR_BAD_USERNAME
        if write.flags & PRESERVE_BLOB:
            old = self.get(new.target_name, new.type)
            if old is None:
                return errors.WinError.ERROR_NOT_FOUND
            new = replace(new, blob=old.blob)
        if self._writes_to_lose:
            self._writes_to_lose -= 1
        else:
            self.put(new)
        return 0

    def _read(self, key: tuple[str, int], found: CData) -> int:
        if key not in self._stored:
            return errors.WinError.ERROR_NOT_FOUND
        block = Block(self._ffi)
        self._give(block, found, self._struct(block, self._stored[key]))
        return 0

    def _delete(self, key: tuple[str, int]) -> int:
        return errors.WinError.ERROR_NOT_FOUND if self._stored.pop(key, None) is None else 0

    def _enumerate(self, pattern: str | None, flags: int, count: CData, found: CData) -> int:
        if flags & ~ALL_CREDENTIALS or (flags and pattern is not None):
            return errors.WinError.ERROR_INVALID_FLAGS  # LEARN nf-wincred-credenumeratew
        matching = [stored for key, stored in self._stored.items() if pattern is None or _matches(key[0], pattern)]
        if not matching:
            return errors.WinError.ERROR_NOT_FOUND
        listed = [replace(stored, target_name=_full_name(stored)) if flags else stored for stored in matching]
        block = Block(self._ffi)
        structs = [self._struct(block, stored) for stored in listed] + [self._ffi.NULL] * self.missing_entries
        count[0] = len(structs) + self.invented_entries
        self._give(block, found, block.array(structs))
        return 0

    def _session_types(self, count: int, strongest: CData) -> int:
        assert count == CRED_TYPE_MAXIMUM
        for type_code in range(count):
            strongest[type_code] = self.session_types.get(type_code, 0)
        return 0

    def _free(self, address: int) -> int:
        blocks = [block for block in self.blocks if block.address == address]
        assert blocks, "CredFree was called with memory that Windows did not give out"
        blocks[0].free()
        return 0

    # How.

    def _call(self, function_name: str, effect: Callable[[], int], type: int = GENERIC) -> int:
        code = 0
        if not self._is_disturbing:
            self.calls.append(function_name)
            self._disturb(function_name, self._actions)
            codes = [code for name, turn, code in self._failures if name == function_name and turn.is_now()]
            code = next(iter(codes), 0)
        # LEARN nf-wincred-credreadw: a type "must be one of the CRED_TYPE_* defined types", which end before
        # wincred.h's CRED_TYPE_MAXIMUM; the code is Wine's for a type that it does not know (dlls/advapi32/cred.c).
        if not 1 <= type < self.type_count:
            code = code or errors.WinError.ERROR_INVALID_PARAMETER
        self._thread.code = code or effect()
        succeeded = self._thread.code == 0
        if not self._is_disturbing:
            self._disturb(function_name, self._afterwards)
        return int(succeeded)

    @property
    def _is_disturbing(self) -> bool:
        """Whether this thread runs an action of `before`."""
        return getattr(self._thread, "is_disturbing", False)

    def _disturb(self, function_name: str, planned: list[tuple[str, _Turn, Callable[[], object]]]) -> None:
        actions = [action for name, turn, action in planned if name == function_name and turn.is_now()]
        self._thread.is_disturbing = True
        try:
            for action in actions:
                action()
        finally:
            self._thread.is_disturbing = False

    def _blob_of(self, credential: CData) -> tuple[bytes, CData | None]:
        """The blob, and its memory, which must be the caller's own copy: nothing else may be wiped."""
        if not credential.CredentialBlob:
            assert credential.CredentialBlobSize == 0, "a blob at NULL has a size"
            return b"", None
        memory = self._heap.memory(credential.CredentialBlob)
        return bytes(memory[: credential.CredentialBlobSize]), memory

    def _stored_from(self, credential: CData, blob: bytes) -> Stored:
        attributes = self._heap.live(credential.Attributes)
        slots = [attributes[index] for index in range(credential.AttributeCount)]
        return Stored(
            target_name=self._string(credential.TargetName),
            type=credential.Type,
            blob=blob,
            user_name=self._text(credential.UserName),
            comment=self._text(credential.Comment),
            attributes=Attributes(
                (self._string(slot.Keyword), bytes(self._ffi.buffer(self._heap.live(slot.Value), slot.ValueSize)))
                for slot in slots
            ),
            persist=credential.Persist,
            last_written=self.now,
        )

    def _struct(self, block: Block, stored: Stored) -> CData:
        # LEARN ns-wincred-credentialw, CredentialBlob: of these two types, "this member can only be read by the
        # authentication packages"
        is_secret = stored.type in (DOMAIN_PASSWORD, DOMAIN_CERTIFICATE)
        struct = block.credential(stored, with_blob=self.gives_domain_blobs or not is_secret)
        for change in self._spoilers:
            change(struct)
        return struct

    def _give(self, block: Block, found: CData, memory: CData) -> None:
        if self.gives_nothing:
            return
        block.address = self._heap.address(memory)
        self.blocks.append(block)
        found[0] = memory

    def _litter(self, found: CData) -> None:
        if self.litters:
            found[0] = self._ffi.cast(self._ffi.typeof(found).item, 8)

    def _text(self, pointer: CData) -> str | None:
        return self._string(pointer) if pointer else None

    def _string(self, pointer: CData) -> str:
        return str(self._ffi.string(self._heap.live(pointer)))


def _function(name: str) -> str:
    assert callable(getattr(FakeAdvapi32, name, None)), f"advapi32 has no {name} here"
    return name


def _key(target_name: str, type: int) -> tuple[str, int]:
    # A name is found in the form of a listing of all, too: `cmdkey /delete` takes that form, and programs are seen to
    # read with it.
    return _folded(target_name.removeprefix(_namespace(type))), type


def _namespace(type: int) -> str:
    return NAMESPACES.get(type, DOMAIN_NAMESPACE)


def _full_name(stored: Stored) -> str:
    return _namespace(stored.type) + stored.target_name


def _matches(folded_name: str, pattern: str) -> bool:
    assert "*" not in pattern[:-1], "what Windows makes of a * before the end is not known"
    if pattern.endswith("*"):
        return folded_name.startswith(_folded(pattern[:-1]))
    # LEARN nf-wincred-credenumeratew knows only "prefix*"; Wine (dlls/advapi32/cred.c) finds exactly that name, and the
    # tests of another binding expect the same of Windows.
    return folded_name == _folded(pattern)


def _folded(text: str) -> str:
    """*text* as Windows compares it: each character in upper case where that is one character."""
    if not text.isascii():
        # Two surrogates in a row are one character to Windows; where wchar_t has 4 bytes, cffi leaves them apart.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return "".join(upper if len(upper := character.upper()) == 1 else character for character in text)
