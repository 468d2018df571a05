"""The design points of a sweep: which values go together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ningde_sim._support import checks
from ningde_sim.plant.paths import nearest

Changes = Mapping[str, Any]
"""Values by path."""

PointName = int | str | Changes
"""The number of a design point, its name where it has one, or values by path that it alone has."""

Over = Mapping[str, Iterable[Any]] | Mapping[str, Changes] | Iterable[Changes]
"""Values for each path, all combinations of which are run; or the combinations one by one, with
names or without."""


@dataclass(frozen=True)
class DesignPoints:
    """The design points that a sweep runs.

    Attributes
    ----------
    paths : tuple of str
        All that is changed in any design point.
    changes : tuple of mappings
        The values of each design point by path.
    axes : mapping of path to tuple, optional
        The values of each path, where the design points are the grid of all combinations, the last
        path running fastest; None for a list of design points.
    names : tuple of str, optional
        Of the design points, where they have been given: named design points.
    """

    paths: tuple[str, ...]
    changes: tuple[Changes, ...]
    axes: Mapping[str, tuple[Any, ...]] | None = None
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Design points along each axis of a grid; their number, for a list."""
        return tuple(map(len, self.axes.values())) if self.axes else (len(self),)

    def label(self, point: int) -> str:
        """The name of a design point, or where it has none what it changes."""
        return self.names[point] if self.names else self.changed(point)

    def changed(self, point: int, most: int | None = None) -> str:
        """What it changes, all or the first few: `repair_crews = 3, stores.roof.capacity = 40`."""
        changes = self.changes[point]
        words = [f"{path} = {shown(changes[path])}" for path in changes]
        more = " ..." if most is not None and len(words) > most else ""
        return f"{', '.join(words[:most])}{more}" or "as it is"

    def number(self, owner: str, point: PointName) -> int:
        """The number of the design point of this name, with these values, or of this number.

        Raises
        ------
        ValueError, TypeError
            No design point is so, or several are; the message names the nearest.
        """
        if isinstance(point, str):
            return self._named(owner, point)
        if isinstance(point, Mapping):
            return self._with(owner, point)
        return checks.whole(owner, "design point", point, high=len(self) - 1)

    def _named(self, owner: str, name: str) -> int:
        names = self.names or ()
        if name in names:
            return names.index(name)
        cure = f"They are {', '.join(names)}." if len(names) <= 6 else ""
        cure = nearest(name, [*names]) or cure
        if not names:
            cure = "They have no names here: take the number of one, or its values by path."
        raise ValueError(checks.complain(owner, "unknown name of a design point", name, cure))

    def _with(self, owner: str, values: Changes) -> int:
        fitting = [k for k, row in enumerate(self.changes) if values.items() <= row.items()]
        if values == {} and {} in self.changes:
            fitting = [self.changes.index({})]
        if len(fitting) != 1:
            labels = [self.label(k) for k in fitting[:3] or range(min(3, len(self)))]
            rule = f"one design point must have these values, {len(fitting)} have"
            cure = f"Such as: {'; '.join(labels)}."
            raise ValueError(checks.complain(owner, rule, dict(values), cure))
        return fitting[0]


def design_points(owner: str, over: Over) -> DesignPoints:
    """The design points asked for, checked.

    Raises
    ------
    TypeError, ValueError
        Nothing to vary, no values, a value or a design point that stands twice.
    """
    if isinstance(over, Mapping):
        named = {name: values for name, values in over.items() if isinstance(values, Mapping)}
        if not named:
            return _grid(owner, over)
        if len(named) < len(over):
            rule = "over must be either values by path or named design points, not some of each"
            cure = 'A named one is {"name": {path: value}}; the values of a path are a list.'
            raise TypeError(checks.complain(owner, rule, over, cure))
        names = tuple(checks.text(owner, "each name of a design point", name) for name in named)
        return _list(owner, list(named.values()), names)
    rule, cure = (
        "over must be {path: values}, {name: {path: value}} or a list of {path: value}",
        "{} is the plan as it is.",
    )
    if isinstance(over, (str, bytes)) or not isinstance(over, Iterable):
        raise TypeError(checks.complain(owner, rule, over))
    rows = list(over)
    for row in rows:
        if not isinstance(row, Mapping):
            raise TypeError(checks.complain(owner, rule, row, cure))
    return _list(owner, rows)


def _list(
    owner: str, asked: Sequence[Changes], names: tuple[str, ...] | None = None
) -> DesignPoints:
    """The design points one by one."""
    rows = [{_path(owner, path): _plain(value) for path, value in row.items()} for row in asked]
    if not any(rows):
        raise ValueError(checks.complain(owner, "over must change at least one path", asked))
    listed = [{name: row} for name, row in zip(names, rows, strict=True)] if names else rows
    _distinct(owner, "over", [sorted(map(repr, row.items())) for row in rows], listed)
    return DesignPoints(tuple(dict.fromkeys(itertools.chain(*rows))), tuple(rows), names=names)


def _grid(owner: str, over: Mapping[str, Iterable[Any]]) -> DesignPoints:
    if not over:
        cure = 'Such as {"repair_crews": [3, 4, 5]}.'
        raise ValueError(checks.complain(owner, "over must have at least one path", over, cure))
    axes = {_path(owner, path): _axis(owner, path, values) for path, values in over.items()}
    rows = itertools.product(*axes.values())
    changes = tuple(dict(zip(axes, row, strict=True)) for row in rows)
    return DesignPoints(tuple(axes), changes, axes)


def _path(owner: str, path: Any) -> str:
    return checks.text(owner, "each path of over", path)


def _axis(owner: str, path: str, values: Any) -> tuple[Any, ...]:
    """The values of one path."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        rule, cure = f"the values of {path} must be a list", "One value alone is a list of one."
        raise TypeError(checks.complain(owner, rule, values, cure))
    axis = tuple(map(_plain, values))
    if not axis:
        rule = f"{path} needs at least one value"
        raise ValueError(checks.complain(owner, rule, values, "Leave it out to keep it as it is."))
    _distinct(owner, path, axis, axis)
    return axis


def _plain(value: Any) -> Any:
    """Python's own number for one of NumPy's."""
    return value.item() if isinstance(value, np.generic) else value


def _distinct(owner: str, what: str, keys: Sequence[Any], values: Sequence[Any]) -> None:
    seen: set[Any] = set()
    for key, value in zip(keys, values, strict=True):
        mark = key if isinstance(key, (int, float, str)) else repr(key)
        if mark in seen:
            rule = f"no value of {what} may stand twice"
            raise ValueError(checks.complain(owner, rule, value, "Leave one of them out."))
        seen.add(mark)


def shown(value: Any) -> Any:
    """What stands for a value in tables: numbers and words as they are, all else as text."""
    return value if isinstance(value, (bool, int, float, str)) else str(value)
