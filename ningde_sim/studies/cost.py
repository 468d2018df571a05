"""The prices of design points, and how many runs decide whether one reaches the target."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from numbers import Real
from typing import Any

import scipy

from ningde_sim._support import checks
from ningde_sim.plant.paths import nearest
from ningde_sim.studies.design_points import Changes, DesignPoints

Cost = Mapping[str, float] | Callable[[Changes], float]
"""Price of one unit at each path; of each design point by name; or a function of its values."""


def prices(owner: str, points: DesignPoints, numbers: Collection[int], cost: Cost) -> list[float]:
    """The cost of the design points of these numbers.

    Raises
    ------
    TypeError, ValueError
        An unknown path or name, with the nearest; a design point without a value or a
        price; a value or a price that is no finite number.
    """
    if isinstance(cost, Mapping):
        if not cost.keys().isdisjoint(points.names or ()):
            return _by_name(owner, points, numbers, cost)
        return [_by_path(owner, points, k, cost) for k in numbers]
    if not callable(cost):
        rule = "cost must be prices by path or by name, or a function of a design point's values"
        raise TypeError(checks.complain(owner, rule, cost, 'Such as {"repair_crews": 120_000}.'))
    return [
        checks.finite(owner, f"cost of {points.label(k)}", cost(points.changes[k])) for k in numbers
    ]


def _by_name(
    owner: str, points: DesignPoints, numbers: Collection[int], cost: Mapping[str, float]
) -> list[float]:
    """Of design points by name, which have a price each."""
    names = points.names or ()
    for name in cost:
        if name not in names:
            rule = "each name in cost must be that of a design point"
            raise ValueError(checks.complain(owner, rule, name, _known(name, names)))
    for k in numbers:
        if names[k] not in cost:
            rule, cure = "each name must have a price", f"{names[k]!r} has none; it may be 0."
            raise ValueError(checks.complain(owner, rule, dict(cost), cure))
    return [checks.finite(owner, f"cost of {names[k]}", cost[names[k]]) for k in numbers]


def _by_path(owner: str, points: DesignPoints, point: int, cost: Mapping[str, float]) -> float:
    """Of all that is set in a design point."""
    total, changes = 0.0, points.changes[point]
    for path, price in cost.items():
        if path not in points.paths:
            what = "path that the sweep varies" + (
                " or the name of a design point" if points.names else ""
            )
            cure = _known(path, (*(points.names or ()), *points.paths))
            raise ValueError(
                checks.complain(owner, f"each key of cost must be a {what}", path, cure)
            )
        each = checks.finite(owner, f"cost of {path}", price)
        if path not in changes:
            rule = f"{path} has a price, so each design point must have a value for it"
            cure = "Set it there too, or give a function of a design point's values."
            raise ValueError(checks.complain(owner, rule, points.label(point), cure))
        if not isinstance(changes[path], Real):
            rule = f"{path} has a price a unit, so its values must be numbers"
            cure = "Give a function of a design point's values."
            raise TypeError(checks.complain(owner, rule, changes[path], cure))
        total += each * float(changes[path])
    return checks.finite(owner, f"cost of {points.label(point)}", total)


def _known(name: Any, known: Collection[str]) -> str:
    return nearest(str(name), [*known]) or f"Known are {', '.join([*known][:6])}."


def runs_to_tell(share: float, wanted: float, *, tail: float) -> int | None:
    """About how many runs distinguish a share from the one wanted, if it stays as it is.

    With them the bound of Wilson's score interval comes to `wanted`, and 1 / |share - wanted| more
    allow for hits being whole numbers. The exact bounds of `selection.chances` first decide with 5
    % more to a third fewer, as tried for `wanted` of 0.5 to 0.95 and 1, 6 and 50 design points
    whose bounds hold together, where it takes ten runs or more.

    Parameters
    ----------
    share, wanted : float
        [-]
    tail : float
        How often a bound may fail. [-]

    Returns
    -------
    int or None
        None where both are equal: no number of runs decides.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    apart = abs(share - wanted)
    if apart < 1e-9:
        return None
    z = float(scipy.stats.norm.isf(tail))
    return math.ceil(z * z * wanted * (1 - wanted) / apart**2 + 1 / apart)
