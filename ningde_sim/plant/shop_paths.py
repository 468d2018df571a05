"""Every value of a shop by its dotted path.

Things go by their names: `repair_crews`, `stores.roof.capacity`, `lines.FIN.buffers`,
`stations.FIN-210.cycle_time`, `robots.FIN-210-R1.failures.minor.repair.mean`. The grammar is that
of `ningde_sim.plant.paths`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ningde_sim._support import checks
from ningde_sim.plant import paths
from ningde_sim.plant.scale import Scale

Thing = TypeVar("Thing")

HEADS: Mapping[str, Collection[str]] = {
    "lines": ("lines", "stations", "robots"),
    "stores": ("stores",),
    "stations": ("stations", "robots"),
    "robots": ("robots",),
}
"""Groups whose paths begin with them wherever they stand, as their names are unique in a shop; and
the groups inside them, themselves included."""

WORDS = ("name", "notes")
"""Not to be changed by path: the random streams of a thing hang on its name."""


def _fields(thing: Any, path: str, heads: Collection[str]) -> Iterator[tuple[str, str, Any]]:
    """Name, path and value of each field of a description, without groups that no head asks for."""
    for field in dataclasses.fields(thing):
        name = field.name
        if name in HEADS:
            if not heads or any(head in heads for head in HEADS[name]):
                yield name, name, getattr(thing, name)
        elif name not in WORDS:
            yield name, f"{path}.{name}" if path else name, getattr(thing, name)


def _is_group(value: Any) -> bool:
    """Whether it is a tuple of things with names."""
    return isinstance(value, tuple) and bool(value) and dataclasses.is_dataclass(value[0])


def values(thing: Any, path: str = "", heads: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Every value below a description with its path: numbers, words, distributions, lists.

    With `heads` of those groups only that they ask for; a big shop has 20,000 values.
    """
    for name, here, value in _fields(thing, path, heads):
        if name not in HEADS:
            yield here, value
        if _is_group(value):
            for item in value:
                yield from values(item, f"{here}.{item.name}", heads)
        elif dataclasses.is_dataclass(value):
            yield from values(value, here, heads)


def named(owner: str, thing: Any, path: str) -> dict[str, Any]:
    """The values that a path or a pattern names, by their own paths.

    Raises
    ------
    KeyError
        There are none; the message names the nearest.
    """
    path = checks.text(owner, "path", path)
    known = dict(values(thing, heads=_heads([path])))
    matches = {other: known[other] for other in paths.matching(path, known)}
    if not matches:
        raise paths.unknown(owner, path, (other for other, _ in values(thing)))
    return matches


def _heads(asked: Iterable[str]) -> Collection[str]:
    """The groups that paths ask for; none of them says all, for a pattern such as `*.capacity`."""
    heads = {paths.first(path) for path in asked}
    return () if "" in heads else heads or ("",)


def replaced(owner: str, thing: Thing, changes: Mapping[str, Any]) -> Thing:
    """The same description with other values at some paths, checked again.

    Raises
    ------
    KeyError, TypeError, ValueError
        An unknown path, a value that breaks a rule, two changes of one value.
    """

    def value(path: str, now: Any, asked: Any) -> Any:
        return asked.of(owner, path, now) if isinstance(asked, Scale) else asked

    new = paths.assigned(owner, changes, lambda path: named(owner, thing, path), value)
    return _changed(thing, new, "", _heads(new))


def _changed(thing: Thing, new: Mapping[str, Any], path: str, heads: Collection[str]) -> Thing:
    other: dict[str, Any] = {}
    for name, here, value in _fields(thing, path, heads):
        if here in new:
            other[name] = new[here]
        elif _is_group(value):
            items = tuple(_changed(item, new, f"{here}.{item.name}", heads) for item in value)
            if any(a is not b for a, b in zip(items, value, strict=True)):
                other[name] = items
        elif dataclasses.is_dataclass(value):
            inner = _changed(value, new, here, heads)
            if inner is not value:
                other[name] = inner
    return dataclasses.replace(thing, **other) if other else thing  # type: ignore[type-var]
