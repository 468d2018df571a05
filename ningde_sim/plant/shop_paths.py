"""Every value of a shop by its dotted path.

Names lead to a value: `repair_crews`, `crews.night.number`, `stores.roof.capacity`,
`lines.FIN.buffers`, `stations.FIN-210.cycle_time`, by product `stations.FIN-210.cycle_time.SUV`,
`products.SUV.share`, `robots.FIN-210-R1.failures.minor.repair.mean`.
The grammar is that of `ningde_sim.plant.paths`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from ningde_sim._support import checks
from ningde_sim.plant import paths
from ningde_sim.plant.scale import Scale

Description = TypeVar("Description")

HEADS: Mapping[str, Collection[str]] = {
    "lines": ("lines", "stations", "robots"),
    "stores": ("stores",),
    "crews": ("crews",),
    "stations": ("stations", "robots"),
    "robots": ("robots",),
}
"""Groups whose paths begin with the group, as its names are unique in a shop; for each, the groups
that it contains, itself included."""

Heads = frozenset[str]
"""Groups in which paths begin; empty means all."""

BY_PRODUCT = ("cycle_time", "scrap", "rework", "reject")
"""Fields that may hold a value for each product: `stations.FIN-210.cycle_time.SUV`."""

JOINTS = ("takes", "puts", "rejects", "returns", "output")
"""Fields that join lines and stores."""

JOINTS_CURE = (
    "A path joins lines and stores anew, but adds and removes none: build each shop, and compare "
    "them. Numbers such as stores.*.capacity can be varied freely."
)

WORDS = ("name", "notes")
"""Fields without a path: the random streams of a machine depend on its name."""


def _fields(description: Any, path: str, heads: Collection[str]) -> Iterator[tuple[str, str, Any]]:
    """Name, path and value of each field of a description; of the groups those in `heads`."""
    for field in dataclasses.fields(description):
        name = field.name
        if name in HEADS:
            if not heads or any(head in heads for head in HEADS[name]):
                yield name, name, getattr(description, name)
        elif name not in WORDS:
            yield name, f"{path}.{name}" if path else name, getattr(description, name)


def _is_group(name: str, value: Any) -> bool:
    """Whether a field holds a tuple of descriptions, each with a name."""
    is_tuple = name not in JOINTS and isinstance(value, tuple)
    return is_tuple and bool(value) and dataclasses.is_dataclass(value[0])


def values(
    description: Any, path: str = "", heads: Collection[str] = ()
) -> Iterator[tuple[str, Any]]:
    """Every value below a description with its path: numbers, words, distributions, lists.

    With `heads` only the values of these groups; a big shop has 20,000 values.
    """
    for name, here, value in _fields(description, path, heads):
        if name not in HEADS:
            yield here, value
        if _is_group(name, value):
            for item in value:
                yield from values(item, f"{here}.{item.name}", heads)
        elif dataclasses.is_dataclass(value):
            yield from values(value, here, heads)
        elif name in BY_PRODUCT and isinstance(value, Mapping):
            for product, own in value.items():
                yield f"{here}.{product}", own
                if dataclasses.is_dataclass(own):
                    yield from values(own, f"{here}.{product}", heads)


def named(owner: str, description: Any, path: str) -> dict[str, Any]:
    """The values that a path or a pattern names, by their own paths.

    Raises
    ------
    KeyError
        An unknown path; the message names the nearest.
    """
    return _named(owner, description, path, lambda heads: dict(values(description, heads=heads)))


def _named(
    owner: str, description: Any, path: str, known_in: Callable[[Heads], Mapping[str, Any]]
) -> dict[str, Any]:
    path = checks.text(owner, "path", path)
    known = known_in(_heads([path]))
    matches = {other: known[other] for other in paths.matching(path, known)}
    if not matches:
        raise paths.unknown(owner, path, (other for other, _ in values(description)))
    return matches


def _heads(names: Iterable[str]) -> Heads:
    """The groups in which paths begin; empty means all, for a pattern such as `*.capacity`."""
    heads = frozenset(paths.first(path) for path in names)
    return frozenset() if "" in heads else heads or frozenset([""])


def replaced(owner: str, description: Description, changes: Mapping[str, Any]) -> Description:
    """The same description with other values at some paths, checked again.

    Raises
    ------
    KeyError, TypeError, ValueError
        An unknown path, a value that breaks a rule, two changes of one value.
    """

    def value(path: str, now: Any, wanted: Any) -> Any:
        return wanted.of(owner, path, now) if isinstance(wanted, Scale) else wanted

    # Once for all changes: to find the 20,000 values of a big shop takes long.
    known_in = cache(lambda heads: dict(values(description, heads=heads)))
    new = paths.assigned(
        owner, changes, lambda path: _named(owner, description, path, known_in), value
    )
    try:
        return _changed(description, new, "", _heads(new))
    except ValueError as error:
        if any(path.rpartition(".")[2] in JOINTS for path in new):
            raise ValueError(f"{error} {JOINTS_CURE}") from None
        raise


def _of_product(value: Any, new: Mapping[str, Any], path: str) -> Any:
    if path in new:
        return new[path]
    return _changed(value, new, path, ()) if dataclasses.is_dataclass(value) else value


def _changed(
    description: Description, new: Mapping[str, Any], path: str, heads: Collection[str]
) -> Description:
    other: dict[str, Any] = {}
    for name, here, value in _fields(description, path, heads):
        if here in new:
            other[name] = new[here]
        elif _is_group(name, value):
            items = tuple(_changed(item, new, f"{here}.{item.name}", heads) for item in value)
            if any(a is not b for a, b in zip(items, value, strict=True)):
                other[name] = items
        elif dataclasses.is_dataclass(value):
            inner = _changed(value, new, here, heads)
            if inner is not value:
                other[name] = inner
        elif name in BY_PRODUCT and isinstance(value, Mapping):
            table = {
                product: _of_product(own, new, f"{here}.{product}")
                for product, own in value.items()
            }
            if table != value:
                other[name] = table
    if not other:
        return description
    return dataclasses.replace(description, **other)  # type: ignore[type-var]
