"""`import wincred` is light and works everywhere; calls fail clearly where there is no Credential Manager."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import typing
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_mock import MockerFixture

import wincred
from wincred import CredentialType, Persist, _api, _checks, _dll

FORBIDDEN = ["cffi", "_cffi_backend", "pycparser", "ctypes", "_ctypes", "wincred._advapi32"]

PROGRAM = """
import importlib.abc, json, sys

class Forbid(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {forbidden!r}:
            raise ImportError("this test forbids " + name)

sys.path.insert(0, {root!r})
sys.meta_path.insert(0, Forbid())
import wincred
print(json.dumps({{"supported": wincred.is_supported(), "loaded": sorted(sys.modules)}}))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    """What a new Python, without site-packages and with cffi and ctypes forbidden, tells after `import wincred`."""
    program = PROGRAM.format(forbidden=FORBIDDEN, root=str(Path(wincred.__file__).parents[1]))
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


def test_import_needs_no_cffi(imported: dict[str, Any]) -> None:
    """The import works where cffi can't be imported, and loads neither it nor the generated module nor ctypes."""
    assert "wincred._dll" in imported["loaded"]
    assert not set(FORBIDDEN) & set(imported["loaded"])


def test_a_system_is_supported_if_it_is_windows(imported: dict[str, Any]) -> None:
    """The answer needs no cffi either."""
    assert imported["supported"] is (sys.platform == "win32")


@pytest.mark.parametrize(
    ("platform", "supported"), [("win32", True), ("linux", False), ("darwin", False), ("cygwin", False)]
)
def test_is_supported_tells_the_systems_apart(mocker: MockerFixture, platform: str, supported: bool) -> None:
    """Only Windows has a Credential Manager."""
    mocker.patch.object(_dll, "sys", SimpleNamespace(platform=platform))
    assert wincred.is_supported() is supported


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: wincred.write("", 1, persist="?"), id="write"),  # type: ignore[arg-type]  # the point
        pytest.param(lambda: wincred.read("", type="?"), id="read"),  # type: ignore[arg-type]  # the point
        pytest.param(lambda: wincred.delete("", type="?"), id="delete"),  # type: ignore[arg-type]  # the point
        pytest.param(lambda: wincred.enumerate(1), id="enumerate"),  # type: ignore[arg-type]  # the point
        pytest.param(lambda: wincred.max_persist("?"), id="max-persist"),  # type: ignore[arg-type]  # the point
    ],
)
def test_every_function_says_first_that_the_system_is_not_supported(
    mocker: MockerFixture, call: Callable[[], object]
) -> None:
    """Before any check of its arguments, and before cffi is needed."""
    mocker.patch.object(_dll, "sys", SimpleNamespace(platform="linux"))
    load_ffi = mocker.patch.object(_dll, "load_ffi")
    with pytest.raises(wincred.UnsupportedPlatformError) as caught:
        call()
    error = caught.value
    assert error.reason == "the Credential Manager is a part of Windows, and this is linux"
    assert error.advice == "ask wincred.is_supported() first, and keep the secret elsewhere here"
    assert str(error) == f"{error.reason}; {error.advice}"
    assert (error.winerror, error.operation, error.target_name) == (None, "", None)
    load_ffi.assert_not_called()


def test_the_dll_is_opened_once(mocker: MockerFixture) -> None:
    """At the first call, by the name that only Windows' own directory provides."""
    mocker.patch.object(_dll, "is_supported", return_value=True)
    ffi = mocker.patch.object(_dll, "load_ffi").return_value
    _dll._open_advapi32.cache_clear()
    try:
        assert _dll.load_advapi32() is _dll.load_advapi32() is ffi.dlopen.return_value
    finally:
        _dll._open_advapi32.cache_clear()
    ffi.dlopen.assert_called_once_with("advapi32.dll")


@pytest.mark.parametrize("name", [name for name in wincred.__all__ if callable(getattr(wincred, name))])
def test_a_public_name_says_where_to_import_it_from(name: str) -> None:
    """In help, in a traceback and in a pickle it is `wincred.X`, and its annotations can still be looked up."""
    public = getattr(wincred, name)
    assert (public.__module__, public.__qualname__) == ("wincred", name)
    assert typing.get_type_hints(public) is not None


def test_another_name_is_an_attribute_error() -> None:
    """The enums are found by a function of the module, which finds nothing else."""
    with pytest.raises(AttributeError, match=r"^module 'wincred' has no attribute 'Credentials'$"):
        _ = wincred.Credentials  # type: ignore[attr-defined]  # the point


def test_what_is_listed_is_public() -> None:
    """In an editor that completes names: the enums too, and nothing of how they are found."""
    listed = {name for name in dir(wincred) if not name.startswith("_")}
    assert listed == {*wincred.__all__, "TYPE_CHECKING", "credential", "errors"}


def test_the_numbers_of_the_enums_are_theirs() -> None:
    """Which the checks know, so that they need no enum."""
    for enum in (CredentialType, Persist):
        known = {name: getattr(_checks, name) for name in enum.__members__ if hasattr(_checks, name)}
        assert len(known) >= 3
        assert known == {name: enum[name] for name in known}
    assert max(CredentialType) == _checks.DOMAIN_EXTENDED
    domain = [known for known in CredentialType if known.name.startswith("DOMAIN_")]
    assert list(_checks._DOMAIN_TYPES) == domain
    assert {known: known.name.lower().replace("_", " ") for known in CredentialType} == _api._TYPE_LABELS


def test_the_defaults_of_a_call_are_members_of_the_enums() -> None:
    """By their numbers."""
    defaults = {name: parameter.default for name, parameter in inspect.signature(wincred.write).parameters.items()}
    assert (defaults["type"], defaults["persist"]) == (CredentialType.GENERIC, Persist.LOCAL_MACHINE)
    for function in (wincred.read, wincred.delete, wincred.max_persist):
        assert inspect.signature(function).parameters["type"].default == CredentialType.GENERIC


def test_the_public_names_are_all_there() -> None:
    """`__all__` names what exists, once."""
    assert sorted(set(wincred.__all__)) == sorted(wincred.__all__)
    assert all(hasattr(wincred, name) for name in wincred.__all__)


def test_the_version_is_the_distributions() -> None:
    """Whoever asks the package, or what is installed, hears the same."""
    assert wincred.__version__ == version("wincred")
