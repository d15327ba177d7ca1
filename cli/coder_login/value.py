"""Values: a few fields with names, compared by them, that never change."""

from __future__ import annotations

TYPE_CHECKING = False  # as the one of `typing`, which a start can do without
if TYPE_CHECKING:
    from typing import Any, Self, dataclass_transform
else:

    def dataclass_transform(**promises):
        """What a type checker is told by it means nothing here."""
        return lambda kind: kind


@dataclass_transform(frozen_default=True)
class Value:
    """As a frozen dataclass, whose module and generated code cost a start more than all else that it needs.

    A class of values names its fields in `__slots__`, and gives them to `_fill` in that order, which is the one of its
    own arguments. A `repr` shows all of them but those in `_SECRETS`.
    """

    __slots__: tuple[str, ...] = ()
    _SECRETS: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        # For `match` by position; assigned, mypy would refuse it.
        type.__setattr__(cls, "__match_args__", cls.__slots__)

    def _fill(self, *fields: object) -> None:
        for name, field in zip(self.__slots__, fields, strict=True):
            object.__setattr__(self, name, field)

    def _fields(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__slots__])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        shown = [f"{name}={getattr(self, name)!r}" for name in self.__slots__ if name not in self._SECRETS]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __replace__(self, /, **changes: Any) -> Self:
        """For `copy.replace` of Python 3.13: this one with other fields."""
        return type(self)(**{name: getattr(self, name) for name in self.__slots__} | changes)

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew from its fields: the default sets them one by one, which is refused.
        return type(self), self._fields()
