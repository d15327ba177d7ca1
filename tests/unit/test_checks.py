"""What each field may hold, on both sides of every limit; at the DLL seam, with a fake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from refused_writes import ASTRAL, REFUSED_WRITES

import wincred
from wincred import CredentialType, Persist

LONE = "must not contain a lone surrogate: it has no UTF-16 form"
DOMAIN = CredentialType.DOMAIN_PASSWORD


@pytest.mark.parametrize(("fields", "exception", "message"), REFUSED_WRITES)
def test_write_refuses_a_wrong_field_before_windows_is_asked(
    advapi32: FakeAdvapi32, fields: dict[str, Any], exception: type[Exception], message: str
) -> None:
    """The error names the field, its size and its limit, and no function of the DLL is called."""
    with pytest.raises(exception) as caught:
        wincred.write(**fields)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"blob": b"x" * 2560}, id="blob-2560"),
        pytest.param({"blob": b"\0" * 2560}, id="blob-of-nul"),
        pytest.param({"blob": b""}, id="blob-empty"),
        pytest.param({"target_name": "x"}, id="target-name-1"),
        pytest.param({"target_name": "x" * 32767}, id="target-name-32767"),
        pytest.param({"target_name": ASTRAL * 16383 + "x"}, id="target-name-astral"),
        pytest.param({"target_name": "\ue000\uffff"}, id="target-name-beside-the-surrogates"),
        pytest.param({"target_name": "x" * 32767, "type": 5}, id="generic-certificate-32767"),
        pytest.param({"target_name": "x" * 337, "type": 2, "user_name": "a@b"}, id="domain-password-337"),
        pytest.param({"target_name": ASTRAL * 168 + "x", "type": 6, "user_name": "a@b"}, id="domain-astral"),
        pytest.param({"user_name": ""}, id="user-name-empty"),
        pytest.param({"user_name": "x" * 513}, id="user-name-513"),
        pytest.param({"user_name": ASTRAL * 256 + "x"}, id="user-name-astral"),
        pytest.param({"comment": ""}, id="comment-empty"),
        pytest.param({"comment": "x" * 255}, id="comment-255"),
        pytest.param({"comment": ASTRAL * 127 + "x"}, id="comment-astral"),
        pytest.param({"comment": "\uffff" * 255}, id="comment-below-astral"),
        pytest.param({"attributes": {}}, id="attributes-none"),
        pytest.param({"attributes": {f"k{n}": b"v" for n in range(64)}}, id="attributes-64"),
        pytest.param({"attributes": {"x" * 255: b""}}, id="keyword-255"),
        pytest.param({"attributes": {ASTRAL * 127 + "x": b""}}, id="keyword-astral"),
        pytest.param({"attributes": {"k": b"x" * 256}}, id="value-256"),
        pytest.param({"persist": Persist.SESSION}, id="persist-session"),
        pytest.param({"persist": Persist.ENTERPRISE}, id="persist-enterprise"),
        pytest.param({"persist": 3}, id="persist-plain-int"),
        pytest.param({"type": 2**32 - 1}, id="type-unknown"),
    ],
)
def test_write_accepts_a_field_up_to_its_limit(advapi32: FakeAdvapi32, fields: dict[str, Any]) -> None:
    """What is just within a limit reaches Windows whole."""
    fields = {"target_name": "example.com", "blob": b"secret"} | fields
    wincred.write(**fields)
    assert advapi32.get(fields["target_name"], fields.get("type", 1)) == Stored(**fields)


@pytest.mark.parametrize("function", [wincred.read, wincred.delete], ids=["read", "delete"])
@pytest.mark.parametrize(
    ("arguments", "exception", "message"),
    [
        pytest.param({"target_name": ""}, ValueError, "target name must not be empty", id="empty"),
        pytest.param(
            {"target_name": "a\0b"},
            ValueError,
            "target name must not contain a NUL: Windows would cut it short at index 1",
            id="nul",
        ),
        pytest.param({"target_name": "\ud800"}, ValueError, f"target name {LONE}", id="surrogate"),
        pytest.param({"target_name": b"x"}, TypeError, "target name must be str, not bytes", id="bytes"),
        pytest.param({"target_name": None}, TypeError, "target name must be str, not NoneType", id="none"),
        pytest.param(
            {"target_name": "x" * 32768},
            wincred.TooLargeError,
            "target name is too large: 32768 UTF-16 code units, and the limit is 32767; shorten it",
            id="32768",
        ),
        pytest.param(
            {"target_name": "x" * 338, "type": DOMAIN},
            wincred.TooLargeError,
            "target name is too large: 338 UTF-16 code units, and the limit is 337; shorten it",
            id="domain-338",
        ),
        pytest.param({"target_name": "x", "type": "1"}, TypeError, "type must be an int, not str", id="type-str"),
        pytest.param({"target_name": "x", "type": True}, TypeError, "type must be an int, not bool", id="type-bool"),
        pytest.param(
            {"target_name": "x", "type": 0}, ValueError, "type must be from 1 to 4294967295, not 0", id="type-zero"
        ),
    ],
)
def test_read_and_delete_refuse_a_wrong_key_before_windows_is_asked(
    advapi32: FakeAdvapi32,
    function: Callable[..., object],
    arguments: dict[str, Any],
    exception: type[Exception],
    message: str,
) -> None:
    """A target name or type that no credential can have is an error of its own, and no function is called."""
    with pytest.raises(exception) as caught:
        function(**arguments)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []


@pytest.mark.parametrize("function", [wincred.read, wincred.delete], ids=["read", "delete"])
@pytest.mark.parametrize(
    ("target_name", "type"),
    [
        pytest.param("x" * 32767, 1, id="generic-32767"),
        pytest.param("x" * 337, 2, id="domain-337"),
        pytest.param("x" * 32767, 99, id="unknown-32767"),
    ],
)
def test_read_and_delete_accept_a_key_up_to_its_limit(
    advapi32: FakeAdvapi32, function: Callable[..., object], target_name: str, type: int
) -> None:
    """The longest target name of each type is found."""
    advapi32.put(Stored(target_name=target_name, type=type))
    function(target_name, type=type)
    assert advapi32.calls != []


@pytest.mark.parametrize(
    ("filter", "exception", "message"),
    [
        pytest.param("", ValueError, "filter must not be empty; use None to list everything", id="empty"),
        pytest.param(
            "a\0*", ValueError, "filter must not contain a NUL: Windows would cut it short at index 1", id="nul"
        ),
        pytest.param("\udfff*", ValueError, f"filter {LONE}", id="surrogate"),
        pytest.param(b"x*", TypeError, "filter must be str, not bytes", id="bytes"),
        pytest.param(
            "x" * 32767 + "*",
            wincred.TooLargeError,
            "filter is too large: 32768 UTF-16 code units, and the limit is 32767; shorten it",
            id="32768",
        ),
    ],
)
def test_enumerate_refuses_a_wrong_filter_before_windows_is_asked(
    advapi32: FakeAdvapi32, filter: Any, exception: type[Exception], message: str
) -> None:
    """A filter that no target name can match is an error of its own, and no function is called."""
    with pytest.raises(exception) as caught:
        wincred.enumerate(filter)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []


@pytest.mark.parametrize(
    ("type_", "exception", "message"),
    [
        pytest.param("generic", TypeError, "type must be an int, not str", id="str"),
        pytest.param(False, TypeError, "type must be an int, not bool", id="bool"),
        pytest.param(0, ValueError, "type must be from 1 to 4294967295, not 0", id="zero"),
        pytest.param(7, ValueError, "type must be one of CredentialType, from 1 to 6, not 7", id="unknown"),
    ],
)
def test_max_persist_refuses_a_wrong_type_before_windows_is_asked(
    advapi32: FakeAdvapi32, type_: Any, exception: type[Exception], message: str
) -> None:
    """Windows tells of the types it has, so another one is an error of its own, and no function is called."""
    with pytest.raises(exception) as caught:
        wincred.max_persist(type_)
    assert (type(caught.value), str(caught.value)) == (exception, message)
    assert advapi32.calls == []
