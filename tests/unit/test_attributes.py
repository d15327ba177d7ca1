"""A credential's attributes: a mapping that loses nothing."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping

import pytest

from wincred import Attributes

PAIRS = (("b", b"1"), ("a", b"2"), ("b", b"3"))


def test_it_is_a_mapping_of_the_first_values() -> None:
    """In the order of the keywords' first places."""
    attributes = Attributes(PAIRS)
    assert isinstance(attributes, Mapping)
    assert list(attributes.items()) == [("b", b"1"), ("a", b"2")]
    assert (len(attributes), attributes["b"], attributes.get("c")) == (2, b"1", None)
    with pytest.raises(KeyError):
        attributes["c"]


@pytest.mark.parametrize("source", [PAIRS, list(PAIRS), iter(PAIRS), Attributes(PAIRS)], ids=lambda s: type(s).__name__)
def test_its_pairs_are_all_in_their_order(source: object) -> None:
    """Whatever it was made of."""
    assert Attributes(source).pairs == PAIRS  # type: ignore[arg-type]  # each is one that it takes


def test_it_can_be_made_of_a_mapping() -> None:
    """As a write takes one."""
    assert Attributes({"b": b"1", "a": b"2"}).pairs == PAIRS[:2]


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        pytest.param(Attributes(PAIRS), True, id="the-same"),
        pytest.param(Attributes(PAIRS[:2]), False, id="without-the-second-value"),
        pytest.param(Attributes(PAIRS[::-1]), False, id="in-another-order"),
        pytest.param({"b": b"1", "a": b"2"}, False, id="a-mapping-that-has-fewer"),
        pytest.param(PAIRS, False, id="no-mapping"),
    ],
)
def test_it_equals_what_holds_the_same(other: object, equal: bool) -> None:
    """Every pair counts."""
    assert (Attributes(PAIRS) == other, other == Attributes(PAIRS)) == (equal, equal)


def test_it_equals_a_mapping_of_the_same_values() -> None:
    """When no keyword is there twice."""
    assert Attributes({"a": b"2", "b": b"1"}) == {"b": b"1", "a": b"2"}
    assert Attributes({"a": b"2"}) != {"a": b"1"}


def test_it_has_no_hash() -> None:
    """It equals a dict of the same values, which has none either."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(Attributes(PAIRS))


def test_its_text_shows_no_value() -> None:
    """It may hold more than labels."""
    assert repr(Attributes(PAIRS)) == str(Attributes(PAIRS)) == "<Attributes: 3>"


def test_it_can_not_be_changed() -> None:
    """Neither an item nor what holds them."""
    with pytest.raises(TypeError, match="does not support item assignment"):
        Attributes(PAIRS)["a"] = b""  # type: ignore[index]  # the point
    with pytest.raises(AttributeError):
        Attributes(PAIRS).pairs = ()  # type: ignore[misc]  # the point
    with pytest.raises(AttributeError):
        Attributes(PAIRS).other = ()  # type: ignore[attr-defined]  # the point


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy], ids=["pickle", "copy"])
def test_it_can_be_pickled(again: object) -> None:
    """Unlike the credential with its secret."""
    assert again(Attributes(PAIRS)) == Attributes(PAIRS)  # type: ignore[operator]  # a function
