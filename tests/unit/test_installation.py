"""A cffi or an advapi32.dll that can't be used is an error of ours that says so; with stand-ins for both."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_mock import MockerFixture

import wincred
from wincred import _dll

CALLS = [
    pytest.param(lambda: wincred.write("x", b""), id="write"),
    pytest.param(lambda: wincred.read("x"), id="read"),
    pytest.param(lambda: wincred.delete("x"), id="delete"),
    pytest.param(lambda: wincred.enumerate(), id="enumerate"),
    pytest.param(lambda: wincred.max_persist(), id="max-persist"),
]


@pytest.fixture(autouse=True)
def fresh(mocker: MockerFixture) -> Iterator[None]:
    """A process on Windows that has made no call yet."""
    mocker.patch.object(_dll, "is_supported", return_value=True)
    mocker.patch.dict(sys.modules)
    sys.modules.pop("wincred._advapi32", None)
    _forget()
    yield
    _forget()


def _forget() -> None:
    _dll._import_ffi.cache_clear()
    _dll._open_advapi32.cache_clear()


def backend(error: BaseException) -> types.ModuleType:
    """A `_cffi_backend` whose use in the generated module fails."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    module = types.ModuleType("_cffi_backend")
    module.FFI = fail  # type: ignore[attr-defined]  # a stand-in
    return module


CUT = "'" + "x" * 100 + "'... (30000 characters)"


@pytest.mark.parametrize(
    ("module", "found"),
    [
        pytest.param(None, "ModuleNotFoundError: 'import of _cffi_backend halted; None in sys.modules'", id="missing"),
        pytest.param(backend(ImportError("unknown version 0x2601")), "ImportError: 'unknown version 0x2601'", id="old"),
        pytest.param(backend(SystemError("no\nsuch")), r"SystemError: 'no\nsuch'", id="broken"),
        pytest.param(
            backend(ImportError("does not support loading in subinterpreters")),
            "ImportError: 'does not support loading in subinterpreters'",
            id="subinterpreter",
        ),
        pytest.param(types.ModuleType("_cffi_backend"), "AttributeError: ", id="empty"),
        pytest.param(backend(OSError("x" * 30_000)), f"OSError: {CUT}", id="long"),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_a_cffi_that_can_not_be_used(
    mocker: MockerFixture, call: Callable[[], object], module: types.ModuleType | None, found: str
) -> None:
    """Whatever is wrong with it, at the first call of any function; it is no ImportError out of a function call."""
    mocker.patch.dict(sys.modules, {"_cffi_backend": module})
    with pytest.raises(wincred.BrokenInstallationError) as caught:
        call()
    error = caught.value
    assert error.reason.startswith(f"cffi, which calls Windows, can't be used: {found}")
    assert error.advice == (
        "call wincred in the main interpreter"
        if "subinterpreters" in found
        else "install it again, as with: python -m pip install --force-reinstall cffi"
    )
    assert str(error) == f"{error.reason}; {error.advice}"
    assert (error.winerror, error.operation, error.target_name) == (None, "", None)
    assert isinstance(error.__cause__, Exception)


def test_a_cffi_that_was_mended_is_used(mocker: MockerFixture) -> None:
    """A failure is not kept."""
    sys.modules["_cffi_backend"] = None  # type: ignore[assignment]  # so an import of it fails
    with pytest.raises(wincred.BrokenInstallationError):
        _dll.load_ffi()
    mocker.stopall()
    assert _dll.load_ffi() is _dll.load_ffi()


def _no_dll(_: str) -> Any:
    raise OSError("cannot load library 'advapi32.dll': error 0x7e")


@pytest.mark.parametrize(
    ("dlopen", "found"),
    [
        pytest.param(_no_dll, "\"cannot load library 'advapi32.dll': error 0x7e\"", id="no-dll"),
        pytest.param(
            lambda _: SimpleNamespace(CredWriteW=len),
            "\"'types.SimpleNamespace' object has no attribute 'CredReadW'\"",
            id="no-function",
        ),
    ],
)
def test_a_dll_that_can_not_be_used(mocker: MockerFixture, dlopen: Callable[[str], Any], found: str) -> None:
    """Missing, or without a function that is called."""
    mocker.patch.object(_dll, "load_ffi", return_value=SimpleNamespace(dlopen=dlopen))
    with pytest.raises(wincred.CredentialError) as caught:
        wincred.read("x")
    error = caught.value
    assert type(error) is wincred.CredentialError
    assert error.reason == f"advapi32.dll, the Credential Manager's part of Windows, can't be used: {found}"
    assert error.advice == "this Windows lacks it, or is damaged, which sfc /scannow can repair"
    assert (str(error), error.winerror) == (f"{error.reason}; {error.advice}", None)
    assert isinstance(error.__cause__, OSError | AttributeError)
