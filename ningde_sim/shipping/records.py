"""What the export of cars or of CKD sets did: numbers by day, a record for each ship."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ningde_sim.engine.counts import Ints
from ningde_sim.shipping.schema import ExportTable, Kind


@dataclass(frozen=True, eq=False)
class DailyCounts:
    """What one kind did: arrays with a row a day, levels at the end of the day. [units, int64]

    Attributes
    ----------
    destinations, gateways, legs : tuple of str
        Names of the columns.
    made : array (n,)
        Made for export.
    held, plant, on_land, loading : array (n,)
        Before the gate, behind it, on land, on ships that load.
    yard, over : array (n, gateways)
        In the yards; waiting at the plant only because the yard there is full.
    sent, lots : array (n, legs)
        Units and lots that left the plant.
    exported : array (n, destinations, legs)
        On ships that left, by the leg that they took over land.
    arrived : array (n,)
        At their destination.
    ages : array
        How many units were 0, 1, 2, ... days old when their ship left.
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
    """A ship that left.

    Attributes
    ----------
    service, gateway : str
    kind : {"cars", "ckd_sets"}
    planned, departed : int
        Since the start. [days]
    slots, loaded, left_behind : int
        Room on it; what it took; what was ready and found no slot. [units]
    age : float
        Mean time since its units were built. [days]
    """

    service: str
    gateway: str
    kind: Kind
    planned: int
    departed: int
    slots: int
    loaded: int
    left_behind: int
    age: float


def blank_counts(kind: Kind, export: ExportTable, made: Ints) -> DailyCounts:
    """The counts of a kind before its first day: all 0 but what is made."""
    n, destinations = len(made), tuple(export.destinations)
    served = {table.gateway for table in export.services.values() if table.carries == kind}
    gateways = tuple(name for name in export.gateways if name in served)
    legs = tuple(dict.fromkeys(leg for name in gateways for leg in export.legs(name, kind)))

    def zeros(*shape: int) -> Ints:
        return np.zeros((n, *shape), dtype=np.int64)

    return DailyCounts(
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
