"""Whatever another program has stored, and whatever Windows answers, is told and never crashes; at the DLL seam, with
a fake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_advapi32 import FakeAdvapi32, Stored

import wincred
from wincred import Attributes, Credential, CredentialFlags, _marshal

YEAR_9999_ENDS = 2_650_467_744_000_000_000  # as a FILETIME: 3 652 059 - 584 388 days of 864 000 000 000 units
MAX_TIME = datetime.max.replace(tzinfo=UTC)
SECRET = b"correct horse battery staple"


def listed(advapi32: FakeAdvapi32, odd: Stored) -> Credential:
    """*odd* as a listing has it; the credentials around it are there too, and it can be read and deleted."""
    advapi32.put(Stored(target_name="a", blob=b"1"))
    advapi32.put(odd)
    advapi32.put(Stored(target_name="z", blob=b"2"))
    credentials = wincred.enumerate()
    assert [credential.blob for credential in credentials[::2]] == [b"1", b"2"]
    assert wincred.read(credentials[1].target_name, type=credentials[1].type) == credentials[1]
    wincred.delete(credentials[1].target_name, type=credentials[1].type)
    assert len(wincred.enumerate()) == 2
    return credentials[1]


@pytest.mark.parametrize(
    ("filetime", "expected"),
    [
        pytest.param(YEAR_9999_ENDS - 1, MAX_TIME, id="last-that-python-has"),
        pytest.param(YEAR_9999_ENDS, MAX_TIME, id="year-10000"),
        pytest.param(2**63, MAX_TIME, id="negative-to-others"),
        pytest.param(2**64 - 1, MAX_TIME, id="largest"),
    ],
)
def test_a_time_that_python_can_not_hold(advapi32: FakeAdvapi32, filetime: int, expected: datetime) -> None:
    """It is the last one that Python can hold, and hides nothing."""
    assert listed(advapi32, Stored(target_name="m", last_written=filetime)).last_written == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("m\ud800", id="high"),
        pytest.param("m\udc00x", id="low"),
        pytest.param("m\udc00\ud800", id="wrong-order"),
        pytest.param("m\ud83d\ud83d\ude00", id="before-a-character"),
    ],
)
def test_a_name_with_a_lone_surrogate(advapi32: FakeAdvapi32, name: str) -> None:
    """As are all texts of such a credential: listed, read and deleted as they are."""
    odd = Stored(target_name=name, user_name=name, comment=name, target_alias=name, attributes={name: b"v"})
    credential = listed(advapi32, odd)
    texts = (credential.target_name, credential.user_name, credential.comment, *credential.attributes)
    assert {text.encode("utf-16-le", "surrogatepass") for text in map(str, texts)} == {
        name.encode("utf-16-le", "surrogatepass")
    }


def test_two_surrogates_are_one_character(advapi32: FakeAdvapi32) -> None:
    """However a caller spells it, as it is one to Windows."""
    advapi32.put(Stored(target_name="m\U0001f600"))
    assert wincred.read("m\ud83d\ude00").target_name == "m\U0001f600"


def test_a_name_with_a_lone_surrogate_can_be_looked_for(advapi32: FakeAdvapi32) -> None:
    """As the start of a name."""
    advapi32.put(Stored(target_name="m\ud800x"))
    assert [credential.target_name for credential in wincred.enumerate("m\ud800*")] == ["m\ud800x"]


def test_a_keyword_that_is_there_twice(advapi32: FakeAdvapi32) -> None:
    """The mapping has its first value, the pairs have all."""
    pairs = (("b", b"1"), ("a", b"2"), ("b", b"3"))
    attributes = listed(advapi32, Stored(target_name="m", attributes=Attributes(pairs))).attributes
    assert attributes.pairs == pairs
    assert dict(attributes) == {"b": b"1", "a": b"2"}
    assert list(attributes) == ["b", "a"]


def test_flags_without_a_name_stay(advapi32: FakeAdvapi32) -> None:
    """Beside those that have one."""
    flags = listed(advapi32, Stored(target_name="m", flags=0x8000_0002)).flags
    assert (flags, CredentialFlags.PROMPT_NOW in flags, type(flags)) == (0x8000_0002, True, CredentialFlags)


def test_a_listing_of_all_has_names_of_another_form(advapi32: FakeAdvapi32) -> None:
    """Each can be read and deleted by that name, the longest one of a domain too."""
    advapi32.put(Stored(target_name="example.com", blob=SECRET))
    advapi32.put(Stored(target_name="x" * 337, type=2, user_name="anna@example.com"))
    credentials = wincred.enumerate(all=True)
    names = [credential.target_name for credential in credentials]
    assert names == ["LegacyGeneric:target=example.com", "Domain:target=" + "x" * 337]
    assert [wincred.read(each.target_name, type=each.type).blob for each in credentials] == [SECRET, b""]
    for each in credentials:
        wincred.delete(each.target_name, type=each.type)
    assert wincred.enumerate(all=True) == []


def change(name: str, value: object) -> Callable[[Any], None]:
    return lambda struct: setattr(struct, name, value)


def change_attribute(name: str, value: object) -> Callable[[Any], None]:
    return lambda struct: setattr(struct.Attributes[0], name, value)


ABSURD = 2**32 - 1


@pytest.mark.parametrize(
    ("name", "value", "field", "told"),
    [
        pytest.param("TargetName", None, "target_name", "", id="no-name"),
        pytest.param("CredentialBlobSize", 5, "blob", b"", id="size-without-a-blob"),
        pytest.param("CredentialBlobSize", ABSURD, "blob", b"", id="absurd-size-without-a-blob"),
        pytest.param("AttributeCount", 5, "attributes", {}, id="count-without-attributes"),
        pytest.param("AttributeCount", ABSURD, "attributes", {}, id="absurd-count-without-attributes"),
    ],
)
def test_a_field_that_is_not_there(advapi32: FakeAdvapi32, name: str, value: object, field: str, told: object) -> None:
    """It is empty, and no pointer to nothing is followed."""
    advapi32.put(Stored(target_name="a"))
    advapi32.put(Stored(target_name="z"))
    advapi32.spoil(change(name, advapi32.null if value is None else value))
    assert [getattr(credential, field) for credential in wincred.enumerate()] == [told, told]


@pytest.mark.parametrize(
    ("spoil", "pairs"),
    [
        pytest.param(change("AttributeCount", ABSURD), (), id="count"),
        pytest.param(change_attribute("ValueSize", ABSURD), (("k", b""),), id="size"),
    ],
)
def test_a_size_that_can_not_be(
    advapi32: FakeAdvapi32, spoil: Callable[[Any], None], pairs: tuple[tuple[str, bytes], ...]
) -> None:
    """What is said to be there is empty, and the memory behind is left alone."""
    advapi32.put(Stored(target_name="m", attributes={"k": b"v"}))
    advapi32.spoil(spoil)
    assert wincred.read("m").attributes.pairs == pairs


@pytest.mark.parametrize(
    ("name", "pairs"), [("Keyword", (("", b"v"),)), ("Value", (("k", b""),))], ids=["keyword", "value"]
)
def test_an_attribute_with_a_part_that_is_not_there(
    advapi32: FakeAdvapi32, name: str, pairs: tuple[tuple[str, bytes], ...]
) -> None:
    """It is empty."""
    advapi32.put(Stored(target_name="m", attributes={"k": b"v"}))
    advapi32.spoil(change_attribute(name, advapi32.null))
    assert wincred.read("m").attributes.pairs == pairs


def test_a_blob_of_an_absurd_size_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither copied nor wiped; the block is freed."""
    advapi32 = FakeAdvapi32()
    advapi32.install(monkeypatch)
    advapi32.put(Stored(target_name="m", blob=SECRET))
    advapi32.spoil(change("CredentialBlobSize", ABSURD))
    assert wincred.read("m").blob == b""
    assert [block.freed for block in advapi32.blocks] == [1]


NOTHING = "Windows reports success, and gives a credential that is not there"


def test_a_read_that_succeeds_with_nothing(advapi32: FakeAdvapi32) -> None:
    """It is an error, and frees nothing."""
    advapi32.put(Stored(target_name="m"))
    advapi32.gives_nothing = True
    with pytest.raises(wincred.CredentialError) as caught:
        wincred.read("m")
    error = caught.value
    assert (type(error), str(error)) == (
        wincred.CredentialError,
        f"reading the generic credential 'm': {NOTHING}",
    )
    assert (error.operation, error.reason) == ("reading the generic credential 'm'", NOTHING)
    assert (error.winerror, error.target_name) == (None, "m")
    assert advapi32.calls == ["CredReadW"]


@pytest.mark.parametrize(
    ("fault", "value", "freed"),
    [
        pytest.param("gives_nothing", True, 0, id="no-block"),
        pytest.param("missing_entries", 1, 1, id="a-null-among-them"),
        pytest.param("invented_entries", 2**32 - 2, 1, id="an-absurd-count"),
    ],
)
def test_a_listing_that_succeeds_without_what_it_counts(
    advapi32: FakeAdvapi32, fault: str, value: int, freed: int
) -> None:
    """It is an error; what is there is freed, once."""
    advapi32.put(Stored(target_name="m"))
    setattr(advapi32, fault, value)
    with pytest.raises(wincred.CredentialError) as caught:
        wincred.enumerate()
    assert (type(caught.value), str(caught.value)) == (wincred.CredentialError, f"listing credentials: {NOTHING}")
    assert advapi32.calls == ["CredEnumerateW", *["CredFree"] * freed]


def test_a_listing_that_succeeds_with_none(advapi32: FakeAdvapi32) -> None:
    """A count of 0 is an empty list, and a block that holds none is freed."""
    advapi32.put(Stored(target_name="m"))
    advapi32.invented_entries = -1
    assert wincred.enumerate() == []
    assert advapi32.calls == ["CredEnumerateW", "CredFree"]


def test_a_listing_that_succeeds_with_none_and_nothing(advapi32: FakeAdvapi32) -> None:
    """There is nothing to free."""
    advapi32.put(Stored(target_name="m"))
    advapi32.invented_entries, advapi32.gives_nothing = -1, True
    assert wincred.enumerate() == []
    assert advapi32.calls == ["CredEnumerateW"]


def test_a_size_at_the_bound_of_the_absurd_is_read(advapi32: FakeAdvapi32, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is over it is taken for no memory at all; here the bounds are of two small credentials."""
    for name in ("one", "two"):
        advapi32.put(Stored(target_name=name, blob=b"1234", attributes={"k": b"1", "l": b"2"}))
    monkeypatch.setattr(_marshal, "_ABSURD_ATTRIBUTES", 2)
    monkeypatch.setattr(_marshal, "_ABSURD_COUNT", 2)
    monkeypatch.setattr(_marshal, "_ABSURD_SIZE", 4)
    assert [(each.blob, len(each.attributes)) for each in wincred.enumerate()] == [(b"1234", 2), (b"1234", 2)]
