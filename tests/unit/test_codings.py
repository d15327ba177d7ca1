"""Bodies that were compressed on their way, without a server: pure functions over bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from email.message import Message

import pytest
from coder_login.deployment.codings import UnreadableBodyError, unpack

TEXTS = [bytes([number]) * number for number in range(64)]


def headers(coding: str) -> Message:
    made = Message()
    made["Content-Encoding"] = coding
    return made


def raw(text: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(text) + stream.flush()


@pytest.mark.parametrize("pack", [zlib.compress, raw], ids=["with-its-header", "without-it"])
def test_deflate_is_known_by_its_first_bytes(pack: Callable[[bytes], bytes]) -> None:
    """Whatever the others are."""
    assert [unpack(pack(text), headers("deflate"), 100) for text in TEXTS] == TEXTS


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_nothing_is_left_of_nothing(coding: str) -> None:
    """An answer without a body can name a coding all the same."""
    assert unpack(b"", headers(coding), 100) == b""


def test_what_follows_a_deflated_body_is_no_part_of_it() -> None:
    """As a line end that a proxy has added; only gzip has members, one after the other."""
    assert unpack(zlib.compress(b"text") + b"\r\n", headers("deflate"), 100) == b"text"


def test_a_damaged_body_has_its_reason() -> None:
    """For those who look at the traceback."""
    with pytest.raises(UnreadableBodyError) as caught:
        unpack(b"no gzip", headers("gzip"), 100)
    assert isinstance(caught.value.__cause__, zlib.error)


def test_codings_can_be_named_by_several_headers() -> None:
    """They are one list: RFC 9110 section 5.3."""
    made = headers("deflate")
    made["Content-Encoding"] = "gzip"
    assert unpack(gzip.compress(zlib.compress(b"text")), made, 100) == b"text"


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzipp"])
def test_another_coding_is_not_read(coding: str) -> None:
    """Not even where the body could be one of ours."""
    with pytest.raises(UnreadableBodyError):
        unpack(gzip.compress(b"text"), headers(coding), 100)
