"""The time of a call on Windows' own store, beside that of other bindings on the same credential."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from readers import PASSWORD, USER, is_installed
from samples import batch, interleave_calls
from sessions import make_name, removed
from table import MICROSECONDS, Comparison, Table, Target

import wincred

COUNT = 100  # credentials of a listing: they lie in the user's own store, which has no room without end
CALLS = {"read": 20, "write": 10, "list": 1}
BLOB, COMMENT = PASSWORD.encode("utf-16-le"), "made by a benchmark"
BACKENDS = ("ctypes", "cffi")

Calls = dict[tuple[str, str], Callable[[], object]]
"""By what is done, and by whom."""


def measure_peers(rounds: int) -> Table:
    """Reads, writes and listings of the same credentials."""
    name, prefix = make_name(), make_name()
    listed = [f"{prefix}-{index}" for index in range(COUNT)]
    with removed(name, f"{USER}@{name}", *listed):  # the second is where keyring puts what it replaces
        for each in (name, *listed):
            wincred.write(each, BLOB, user_name=USER, comment=COMMENT)
        calls = {call: function for load in LOADERS for call, function in load(name, f"{prefix}-*").items()}
        things = {label(*call): batch(function, CALLS[call[0]]) for call, function in calls.items()}
        samples = interleave_calls(things, rounds)
    comparisons = tuple(
        Comparison(label(done, who), label(done, "wincred"), Target(low=1)) for done, who in calls if who != "wincred"
    )
    missing = {module: "not installed" for module in ("keyring", "win32ctypes") if not is_installed(module)}
    return Table("Calls on the Credential Manager", MICROSECONDS, samples, comparisons, missing)


def label(done: str, who: str) -> str:
    return f"{done}{f' of {COUNT}' if done == 'list' else ''}, {who}"


def load_wincred(name: str, pattern: str) -> Calls:
    return {
        ("read", "wincred"): partial(wincred.read, name),
        ("write", "wincred"): partial(wincred.write, name, BLOB, user_name=USER, comment=COMMENT),
        ("list", "wincred"): partial(wincred.enumerate, pattern),
    }


def load_peers(name: str, pattern: str, *, backend: str) -> Calls:
    """The calls of pywin32-ctypes and keyring, where they are installed, with *backend* below both."""
    calls: Calls = {}
    forget_peers()
    if is_installed("win32ctypes"):
        win32cred = import_win32cred(backend)
        fields = {"TargetName": name, "CredentialBlob": PASSWORD, "UserName": USER, "Comment": COMMENT}
        fields |= {"Type": win32cred.CRED_TYPE_GENERIC, "Persist": win32cred.CRED_PERSIST_LOCAL_MACHINE}
        who = f"pywin32-ctypes with {backend}"
        calls["read", who] = partial(win32cred.CredRead, name, win32cred.CRED_TYPE_GENERIC)
        calls["write", who] = partial(win32cred.CredWrite, fields)
        calls["list", who] = partial(win32cred.CredEnumerate, pattern)
    if is_installed("win32ctypes") and is_installed("keyring"):
        keyring: Any = importlib.import_module("keyring")
        calls["read", f"keyring with {backend}"] = partial(keyring.get_password, name, USER)
        calls["write", f"keyring with {backend}"] = partial(keyring.set_password, name, USER, PASSWORD)
        assert keyring.get_password(name, USER) == PASSWORD  # which imports the rest of it
    return calls


LOADERS: tuple[Callable[[str, str], Calls], ...] = (
    load_wincred,
    *(partial(load_peers, backend=backend) for backend in BACKENDS),
)


def forget_peers() -> None:
    """Let both be imported anew: they choose their backend once."""
    ours = ("win32ctypes", "keyring")
    for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith(ours)]


def import_win32cred(backend: str) -> Any:
    """pywin32-ctypes takes cffi where it can import it."""
    cffi = sys.modules.pop("cffi", None)
    if backend == "ctypes":
        sys.modules["cffi"] = None  # type: ignore[assignment]  # which forbids the import
    try:
        return importlib.import_module("win32ctypes.pywin32.win32cred")
    finally:
        sys.modules.pop("cffi", None)
        if cffi is not None:
            sys.modules["cffi"] = cffi
