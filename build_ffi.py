"""The C declarations of the Credential Manager, and the builder of ``wincred/_advapi32.py``.

Run ``python build_ffi.py`` after an edit and commit the result; a test fails when the two differ.

The declarations follow `wincred.h <https://learn.microsoft.com/windows/win32/api/wincred/>`_. Every type is written
out: ``DWORD`` and the like exist only when cffi generates on Windows, and ``unsigned long`` has 8 bytes on Linux,
where the layout is tested.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cffi

MODULE = "wincred._advapi32"
PATH = Path(__file__).parent / "wincred" / "_advapi32.py"

CDEF = """
typedef struct {
    uint32_t dwLowDateTime;
    uint32_t dwHighDateTime;
} FILETIME;

typedef struct {
    wchar_t *Keyword;
    uint32_t Flags;
    uint32_t ValueSize;
    uint8_t *Value;
} CREDENTIAL_ATTRIBUTEW;

typedef struct {
    uint32_t Flags;
    uint32_t Type;
    wchar_t *TargetName;
    wchar_t *Comment;
    FILETIME LastWritten;
    uint32_t CredentialBlobSize;
    uint8_t *CredentialBlob;
    uint32_t Persist;
    uint32_t AttributeCount;
    CREDENTIAL_ATTRIBUTEW *Attributes;
    wchar_t *TargetAlias;
    wchar_t *UserName;
} CREDENTIALW;

int32_t __stdcall CredWriteW(CREDENTIALW *Credential, uint32_t Flags);
int32_t __stdcall CredReadW(wchar_t *TargetName, uint32_t Type, uint32_t Flags, CREDENTIALW **Credential);
int32_t __stdcall CredDeleteW(wchar_t *TargetName, uint32_t Type, uint32_t Flags);
int32_t __stdcall CredEnumerateW(wchar_t *Filter, uint32_t Flags, uint32_t *Count, CREDENTIALW ***Credentials);
int32_t __stdcall CredGetSessionTypes(uint32_t MaximumPersistCount, uint32_t *MaximumPersist);
void __stdcall CredFree(void *Buffer);
"""

ffibuilder = cffi.FFI()
ffibuilder.cdef(CDEF)
# No C source: the out-of-line ABI form, which needs neither a compiler nor pycparser at run time.
ffibuilder.set_source(MODULE, None)


def emit(path: Path) -> None:
    """Write the generated module to *path*, with LF line ends on every system."""
    ffibuilder.emit_python_code(str(path))
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))


if __name__ == "__main__":
    emit(PATH)
    sys.stdout.write(f"wrote {PATH}\n")
