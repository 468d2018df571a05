"""What became of cars or sets for export: arrays by day, a record a ship."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ningde_sim.engine.counts import Ints
from ningde_sim.shipping.schema import ExportTable, Kind


@dataclass(frozen=True, eq=False)
class Account:
    """What one kind did: arrays with a row a day, levels at its end. [units, int64]

    Attributes
    ----------
    destinations, gateways, legs : tuple of str
        What the columns stand for.
    made : array (n,)
        For export.
    held, plant, on_land, loading : array (n,)
        Before the gate, behind it, on land, on ships.
    yard, over : array (n, gateways)
        In the yards; waiting at the plant for a place there alone.
    sent, lots : array (n, legs)
        Units and lots that left the plant.
    exported : array (n, destinations, legs)
        On ships that left, by the way they came over land.
    arrived : array (n,)
        At their destination.
    ages : array
        How many were so many days old at departure.
    """

    destinations: tuple[str, ...]
    gateways: tuple[str, ...]
    legs: tuple[str, ...]
    made: Ints
    held: Ints
    plant: Ints
    on_land: Ints
    loading: Ints
    yard: Ints
    over: Ints
    sent: Ints
    lots: Ints
    exported: Ints
    arrived: Ints
    ages: Ints


@dataclass(frozen=True)
class Voyage:
    """A ship that left. Days since the start; the last two in units, days."""

    service: str
    gateway: str
    kind: Kind
    planned: int
    departed: int
    slots: int
    loaded: int
    left_behind: int
    age: float


def empty_account(kind: Kind, export: ExportTable, made: Ints) -> Account:
    """An account of what is still to be done."""
    n, destinations = len(made), tuple(export.destinations)
    served = {table.gateway for table in export.services.values() if table.carries == kind}
    gateways = tuple(name for name in export.gateways if name in served)
    legs = tuple(dict.fromkeys(leg for name in gateways for leg in export.legs(name, kind)))

    def zeros(*shape: int) -> Ints:
        return np.zeros((n, *shape), dtype=np.int64)

    return Account(
        destinations=destinations,
        gateways=gateways,
        legs=legs,
        made=made,
        **{name: zeros() for name in ("held", "plant", "on_land", "loading", "arrived")},
        **{name: zeros(len(gateways)) for name in ("yard", "over")},
        **{name: zeros(len(legs)) for name in ("sent", "lots")},
        exported=zeros(len(destinations), len(legs)),
        ages=np.zeros(n + 2, dtype=np.int64),
    )
