"""A blob shows in no text that we make: repr, log line, exception, traceback; at the DLL seam, with a fake."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored
from refused_writes import REFUSED_WRITES, SECRET

import wincred
from wincred import Attributes, Credential, CredentialType, Persist, _dll, _marshal

PACKAGE = Path(wincred.__file__).parent
CODES = [5, 8, 87, 1004, 1168, 1223, 1312, 1783, 2202]
SHAPES = (SECRET.decode(), SECRET.hex(), str(list(SECRET))[1:-1])


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """*error*, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_shown(error: BaseException) -> str:
    """The error's texts, and its traceback with the local variables of our own frames."""
    texts = []
    for link in chain(error):
        frames = [
            (frame, line)
            for frame, line in traceback.walk_tb(link.__traceback__)
            if Path(frame.f_code.co_filename).parent == PACKAGE
        ]
        assert frames, "the error did not come through our code"
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        texts += [repr(summary.locals) for summary in traceback.StackSummary.extract(iter(frames), capture_locals=True)]
    return "\n".join(texts)


@pytest.fixture
def credential() -> Credential:
    return Credential(
        target_name="example.com",
        type=CredentialType.GENERIC,
        blob=SECRET,
        user_name="anna",
        comment="made by a test",
        attributes=Attributes({"kept": SECRET}),
        persist=Persist.LOCAL_MACHINE,
        last_written=datetime(2024, 1, 1, tzinfo=UTC),
    )


@pytest.mark.usefixtures("advapi32")
def test_the_search_finds_a_secret_that_shows() -> None:
    """The other tests here would see one in a local variable of our own frames: a user name is found there."""
    with pytest.raises(TypeError) as caught:
        wincred.write("example.com", b"", user_name=SECRET.decode(), comment=1)  # type: ignore[arg-type]  # the point
    assert SECRET.decode() not in str(caught.value)
    assert SECRET.decode() in everything_shown(caught.value)


@pytest.mark.usefixtures("advapi32")
@pytest.mark.parametrize(("fields", "exception", "message"), REFUSED_WRITES)
def test_a_refused_write_shows_no_blob(fields: dict[str, Any], exception: type[Exception], message: str) -> None:
    """Neither in the error nor in a traceback with local variables, whichever field is wrong."""
    with pytest.raises(exception) as caught:
        wincred.write(**fields)
    shown = everything_shown(caught.value)
    assert message in shown
    assert not [shape for shape in SHAPES if shape in shown]


@pytest.mark.parametrize("blob", [SECRET, bytearray(SECRET)], ids=["bytes", "bytearray"])
@pytest.mark.parametrize("code", CODES)
def test_a_failed_write_shows_no_blob(advapi32: FakeAdvapi32, code: int, blob: bytes | bytearray) -> None:
    """Whatever Windows answers."""
    advapi32.fail("CredWriteW", code)
    with pytest.raises(wincred.CredentialError) as caught:
        wincred.write("example.com", blob, user_name="anna", comment="c", attributes={"k": b"v"})
    shown = everything_shown(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]


def test_a_write_where_there_is_no_credential_manager_shows_no_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that meets another system is the one most likely to log it."""
    monkeypatch.setattr(_dll, "is_supported", lambda: False)
    with pytest.raises(wincred.UnsupportedPlatformError) as caught:
        wincred.write("example.com", SECRET)
    shown = everything_shown(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]


@pytest.mark.parametrize("step", ["_make_room", "_make_attributes", "wipe_copies"])
def test_a_write_that_fails_half_way_shows_no_blob(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Not even through an error that nobody expects."""

    def fail(*_: object) -> Any:
        raise MemoryError

    FakeAdvapi32().install(monkeypatch)
    monkeypatch.setattr(_marshal, step, fail)
    with pytest.raises(MemoryError) as caught:
        wincred.write("example.com", SECRET, attributes={"k": b"v"})
    shown = everything_shown(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]


CALLS = [
    pytest.param(lambda: wincred.read("example.com"), "CredReadW", id="read"),
    pytest.param(lambda: wincred.enumerate(), "CredEnumerateW", id="enumerate"),
    pytest.param(lambda: wincred.delete("example.com"), "CredDeleteW", id="delete"),
]


@pytest.mark.parametrize(("call", "function_name"), CALLS)
@pytest.mark.parametrize("code", [code for code in CODES if code != 1168])
def test_another_failed_call_shows_no_blob(
    advapi32: FakeAdvapi32, call: Callable[[], object], function_name: str, code: int
) -> None:
    """Reading, listing and deleting, whatever Windows answers."""
    advapi32.put(Stored(target_name="example.com", blob=SECRET))
    advapi32.fail(function_name, code)
    with pytest.raises(wincred.CredentialError) as caught:
        call()
    shown = everything_shown(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]


@pytest.mark.parametrize(("call", "function_name"), CALLS[:2])
def test_a_copy_that_fails_shows_no_blob(
    advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object], function_name: str
) -> None:
    """The credentials copied before the failure are in no frame of ours either."""
    copied = [Attributes()] if function_name == "CredEnumerateW" else []
    advapi32.put(Stored(target_name="example.com", blob=SECRET, attributes={"k": SECRET}))
    advapi32.put(Stored(target_name="example.org", blob=SECRET, attributes={"k": SECRET}))
    monkeypatch.setattr(_marshal, "_copy_attributes", lambda *_: copied.pop())
    with pytest.raises(IndexError) as caught:
        call()
    shown = everything_shown(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]


def test_repr_leaves_the_secrets_out(credential: Credential) -> None:
    """The blob, and the attributes, which may hold more than labels."""
    assert repr(credential) == (
        "Credential(target_name='example.com', type=<CredentialType.GENERIC: 1>, user_name='anna', "
        "comment='made by a test', persist=<Persist.LOCAL_MACHINE: 2>, "
        "last_written=datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), "
        "target_alias=None, flags=<CredentialFlags.NONE: 0>)"
    )


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(str, id="str"),
        pytest.param(ascii, id="ascii"),
        pytest.param(format, id="format"),
        pytest.param(lambda credential: f"{credential} {credential!r} {[credential]}", id="f-string"),
        pytest.param(lambda credential: traceback.format_exception_only(ValueError(credential))[0], id="exception"),
    ],
)
def test_no_text_of_a_credential_shows_its_blob(credential: Credential, show: Callable[[Credential], str]) -> None:
    """However it is turned into text, it is its repr."""
    text = show(credential)
    assert "target_name='example.com'" in text
    assert not [shape for shape in SHAPES if shape in text]


def test_a_log_line_shows_no_blob(credential: Credential, caplog: pytest.LogCaptureFixture) -> None:
    """A credential passed to a logger is its repr."""
    logging.getLogger("test").error("read %s", credential)
    assert "target_name='example.com'" in caplog.text
    assert not [shape for shape in SHAPES if shape in caplog.text]


@pytest.mark.parametrize(
    "duplicate",
    [
        *(
            pytest.param(
                lambda credential, protocol=protocol: pickle.dumps(credential, protocol), id=f"pickle-{protocol}"
            )
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
        pytest.param(copy.copy, id="copy"),
        pytest.param(copy.deepcopy, id="deepcopy"),
        pytest.param(lambda credential: copy.deepcopy({"in": [credential]}), id="deepcopy-of-a-container"),
    ],
)
def test_a_credential_refuses_to_be_pickled_or_copied(
    credential: Credential, duplicate: Callable[[Credential], object]
) -> None:
    """A secret does not wander into a cache or another process by accident."""
    with pytest.raises(TypeError) as caught:
        duplicate(credential)
    assert str(caught.value) == (
        "a Credential holds a secret: it can't be pickled or copied; pass its target name instead"
    )


def test_equal_credentials_have_one_hash(credential: Credential) -> None:
    """Attributes are a mapping, which has none."""
    assert {credential, credential.__replace__(attributes=Attributes(credential.attributes))} == {credential}
