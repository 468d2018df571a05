"""Every value of a shop by the dotted path that users write.

Things go by their names: `repair_crews`, `stores.roof.capacity`, `lines.FIN.buffers`,
`stations.FIN-210.cycle_time`, `robots.FIN-210-R1.failures.minor.repair.mean`. As in
the names of files `*` stands for anything, `[dh]` for one of these letters: the paths that
`stations.FIN-*.cycle_time` fits are those of all stations whose names begin so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from ningde_sim._support import checks
from ningde_sim.plant.paths import nearest, outer
from ningde_sim.plant.scale import Times

Thing = TypeVar("Thing")

HEADS: Mapping[str, Collection[str]] = {
    "lines": ("lines", "stations", "robots"),
    "stores": ("stores",),
    "stations": ("stations", "robots"),
    "robots": ("robots",),
}
"""Groups whose paths begin with them wherever they stand, as their names are unique in a shop; and
the groups that stand in them, themselves included."""

WORDS = ("name", "notes")
"""Not to be changed by path: the luck of a thing hangs on its name."""


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
        There is none; the message names the nearest.
    """
    path = checks.text(owner, "path", path)
    there = values(thing, heads=_heads([path]))
    if any(sign in path for sign in "*?["):
        found = {known: value for known, value in there if fnmatchcase(known, path)}
    else:
        found = {known: value for known, value in there if known == path}
    if not found:
        cure = nearest(path, [known for known, _ in values(thing)])
        raise KeyError(checks.complain(owner, "there must be such a path", path, cure))
    return found


def _heads(paths: Iterable[str]) -> Collection[str]:
    """The groups that paths ask for; none of them says all, for a pattern such as `*.capacity`."""
    heads = {path.partition(".")[0] for path in paths}
    return () if any(sign in head for head in heads for sign in "*?[") else heads or ("",)


def replaced(owner: str, thing: Thing, changes: Mapping[str, Any]) -> Thing:
    """The same description with other values at some paths, checked again.

    Raises
    ------
    KeyError, TypeError, ValueError
        An unknown path, a value that breaks a rule, two changes of one value.
    """
    new: dict[str, Any] = {}
    paths = [checks.text(owner, "path", path) for path in changes]
    for path, value in changes.items():
        for known, old in named(owner, thing, path).items():
            if known in new:
                rule = "no two changes may be of one value"
                raise ValueError(checks.complain(owner, rule, known))
            new[known] = value.of(owner, known, old) if isinstance(value, Times) else value
    for path in new:
        if inside := [above for above in outer(path) if above in new]:
            rule = f"a value and what it stands in, {inside[0]}, cannot both be changed"
            raise ValueError(checks.complain(owner, rule, path))
    return _changed(thing, new, "", _heads(paths))


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
