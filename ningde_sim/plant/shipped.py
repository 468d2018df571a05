"""The two body shops that ship with the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ningde_sim.plant.read import read_shop
from ningde_sim.plant.shop import Shop


@cache
def ningde_2020() -> Shop:
    """The body shop of December 2020: 511 robots, 163 stations.

    Examples
    --------
    >>> ningde_2020().n_robots
    511
    """
    return read_shop("body_shop_2020")


@cache
def ningde_2021() -> Shop:
    """The body shop after the retooling of 2021: 620 robots, 167 stations.

    Examples
    --------
    >>> ningde_2021().n_robots, ningde_2021().n_stations
    (620, 167)
    """
    return read_shop("body_shop_2021")


@dataclass(frozen=True)
class Shipped:
    """A shop that ships: the public function that returns it, and the scenario that uses it."""

    function: Callable[[], Shop]
    scenario: str


SHIPPED = (Shipped(ningde_2021, "ningde-2021"), Shipped(ningde_2020, "ningde-2020-12"))


def shipped_as(shop: Shop) -> Shipped | None:
    """The shipped shop that equals this one; None where none does."""
    return next((shipped for shipped in SHIPPED if shop == shipped.function()), None)
