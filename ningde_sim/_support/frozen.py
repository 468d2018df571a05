"""What cannot be changed after the check: a description, and its tables by name."""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator

from ningde_sim._support import checks

Description = TypeVar("Description")
Table = TypeVar("Table")


def unchangeable(description: type[Description]) -> type[Description]:
    """The same frozen dataclass, whose error on a change tells how to get a changed copy.

    Examples
    --------
    >>> from ningde_sim import Store
    >>> Store("doors", 40).capacity = 50
    Traceback (most recent call last):
    dataclasses.FrozenInstanceError: Store 'doors': it cannot be changed, got capacity = 50. \
dataclasses.replace(store, capacity=50) gives a changed copy.
    """

    def refuse(self: Any, field: str, *value: Any) -> NoReturn:
        name = getattr(self, "name", None)
        owner = type(self).__name__ + ("" if name is None else f" {name!r}")
        given = checks.shown(value[0]) if value else "nothing"
        rule = f"{owner}: it cannot be changed, got {field} = {given}."
        raise FrozenInstanceError(f"{rule} {_copied(self, field, given)}")

    description.__setattr__ = refuse  # type: ignore[method-assign]
    description.__delattr__ = refuse  # type: ignore[method-assign]
    return description


def _copied(description: Any, field: str, given: str) -> str:
    """How to get a copy of a description with another value in a field."""
    fields = [each.name for each in dataclasses.fields(description)]
    if field not in fields:
        return f"It has no such field; it has {', '.join(each for each in fields if each != '_')}."
    variable, now = type(description).__name__.lower(), getattr(description, field)
    by_path = hasattr(description, "replace") and field != "name" and not isinstance(now, tuple)
    copy = f"dataclasses.replace({variable}, {field}={given})"
    copy = f'{variable}.replace({{"{field}": {given}}})' if by_path else copy
    return f"{copy} gives a changed copy."


class Entries(dict[str, Table]):
    """A dict that cannot be changed: it can be read, compared, hashed and pickled.

    Examples
    --------
    >>> tables = Entries(chips=0.076)
    >>> tables["chips"] = 0.0
    Traceback (most recent call last):
    TypeError: These tables belong to a frozen description. Its replace returns a changed copy.
    >>> tables | {"power": 0.1}
    {'chips': 0.076, 'power': 0.1}
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        rule = "These tables belong to a frozen description."
        raise TypeError(f"{rule} Its replace returns a changed copy.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)


FROZEN = AfterValidator(Entries)
"""Marks a field of a description that holds tables by name."""


def _check_key(key: str) -> str:
    if rule := checks.unprintable(key):
        raise ValueError(f"a name {rule}")
    return key


Named = Annotated[dict[Annotated[str, AfterValidator(_check_key)], Table], FROZEN]
"""Tables by name, possibly none: use `Entries` as the default factory."""
