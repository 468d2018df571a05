"""The products of a year: from when each is made, and which stations its ramp slows.

A new model slows no shop as a whole: at the stations that its ramp names the cycle of its own
bodies is longer, by the inverse of 1 - (1 - s) exp(-t / tau) with an initial speed s, and what
stands behind such a body waits. Shares hold among the products that are made: before the second of
two new models has started, the first and the rest keep their proportion.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ningde_sim._support import units
from ningde_sim.plant.faults import fault
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.product import REACHED, Product, Ramp
from ningde_sim.year.schema import ProductTable, RampTable

Floats = np.ndarray[Any, np.dtype[np.float64]]

LEAST_REST = 1e-6
"""Share of the product that takes the rest, where the others leave nothing: it is made until they
have started. [-]"""


def check_products(products: Mapping[str, ProductTable], stations: Collection[str]) -> None:
    """Raise a fault for shares that leave no rest, and for a ramp that slows nothing.

    Parameters
    ----------
    products : mapping of ProductTable
    stations : collection of str
        Those of all shops.
    """
    if not products:
        return
    rest = [name for name, table in products.items() if table.share is None]
    if len(rest) != 1:
        rule = "exactly one product must have no share: it takes what the others leave"
        raise fault(rule, rest, "products")
    most = math.fsum(table.share.most for table in products.values() if table.share)
    if most > 1:
        rule = "the shares of all products must add up to at most 1"
        raise fault(rule, round(most, 9), "products")
    for name, table in products.items():
        for pattern in table.ramp.stations if table.ramp else ():
            if not any(fnmatchcase(station, pattern) for station in stations):
                near = nearest(pattern, [*stations])
                rule = "no station of the plant has this name" + (f". {near}" if near else "")
                where = ("products", name, "ramp", "stations")
                raise fault(rule, pattern, *where)


def products_made(
    tables: Mapping[str, ProductTable], starts: Mapping[str, int], warm_up: int
) -> list[Product]:
    """The products of a shop that runs for the warm-up, then for the calendar.

    Parameters
    ----------
    tables : mapping of ProductTable
    starts : mapping of int
        When each new product is made first, since the start of the first production day. [ms]
    warm_up : int
        How long the shop runs before. [ms]
    """
    shares = {name: table.share.value for name, table in tables.items() if table.share}
    rest = max(1.0 - math.fsum(shares.values()), LEAST_REST)
    total = rest + math.fsum(shares.values())
    begins = {name: starts[name] + warm_up if name in starts else 0 for name in tables}
    return [
        Product(
            name,
            shares.get(name, rest) / total,
            start=units.ms_to_hours(max(0, begins[name])),
            ramp=_ramp(table.ramp, begins[name]),
        )
        for name, table in tables.items()
        if shares.get(name, rest) > 0
    ]


def _ramp(table: RampTable | None, start: int) -> Ramp | None:
    """The ramp from the start of a run on; what of it lay before is left out, or all of it.

    Parameters
    ----------
    table : RampTable, optional
    start : int
        When the product was made first, since the start of the run; below 0 if before. [ms]
    """
    if table is None:
        return None
    whole = Ramp(table.initial_speed.value, table.days_to_90.value, stations=table.stations)
    if start >= 0:
        return whole
    reached = whole.speed(-start / units.MS_PER_DAY)
    if reached >= REACHED:
        return None
    days = whole.tau / 24 * math.log((1 - reached) / (1 - REACHED))
    return Ramp(reached, days, stations=table.stations)


def slowed_from(
    tables: Mapping[str, ProductTable], starts: Mapping[str, int], station: str
) -> int | None:
    """When the first ramp begins to slow a station, since the first production day. [ms]"""
    begins = [
        starts[name]
        for name, table in tables.items()
        if table.ramp and (not table.ramp.stations or _named(station, table.ramp))
    ]
    return min(begins, default=None)


def _named(station: str, ramp: RampTable) -> bool:
    return any(fnmatchcase(station, pattern) for pattern in ramp.stations)


def slows(table: ProductTable, stations: Collection[str]) -> bool:
    """Whether the ramp of a product slows any of some stations."""
    ramp = table.ramp
    return ramp is not None and (
        not ramp.stations or any(_named(station, ramp) for station in stations)
    )


def mean_cycles(
    tables: Mapping[str, ProductTable],
    starts: Mapping[str, int],
    slowed: Collection[str],
    days: Floats,
) -> Floats:
    """The mean cycle of all bodies at a station, as a multiple of that of mature ones.

    Parameters
    ----------
    tables : mapping of ProductTable
    starts : mapping of int
        When each new product is made first, since the start of the first production day. [ms]
    slowed : collection of str
        The products whose ramps slow the station.
    days : array
        Instants since the start of the first production day. [d, float64]

    Returns
    -------
    array, shape of `days`
        [-]
    """
    rest = max(1.0 - math.fsum(t.share.value for t in tables.values() if t.share), LEAST_REST)
    bodies, cycles = np.zeros_like(days), np.zeros_like(days)
    for name, table in tables.items():
        share = np.full_like(days, table.share.value if table.share else rest)
        since = days - starts[name] / units.MS_PER_DAY if name in starts else days
        if name in starts:
            share[since < 0] = 0.0
        bodies += share
        if table.ramp and name in slowed:
            start = table.ramp.initial_speed.value
            tau = Ramp(start, table.ramp.days_to_90.value).tau / 24
            gap = np.exp(-np.maximum(since, 0.0) / tau) if tau else 0.0
            share = share / (1 - (1 - start) * gap)
        cycles += share
    return cycles / bodies
