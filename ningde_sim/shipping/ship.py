"""The export of what a plant makes day by day, and its result."""

from __future__ import annotations

import dataclasses
import datetime
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.result_table import result_table
from ningde_sim.engine.counts import Ints
from ningde_sim.shipping.model import move
from ningde_sim.shipping.records import DailyCounts, Voyage
from ningde_sim.shipping.schema import ExportTable, Kind


@dataclass(frozen=True, repr=False, eq=False)
class ShippingRun:
    """Result of one run of an export.

    Attributes
    ----------
    export : ExportTable
        What was run, each quantity at its value.
    start : date
        The first day.
    seed, run : int
        Its random streams.
    cars, ckd_sets : DailyCounts
        What each kind did, as arrays by day.
    calls : tuple of Voyage
        The ships that left, in that order.
    """

    export: ExportTable
    start: datetime.date
    seed: int
    run: int
    cars: DailyCounts
    ckd_sets: DailyCounts
    calls: tuple[Voyage, ...]

    @property
    def exports(self) -> int:
        """Cars and CKD sets on ships that left within the horizon. [units]"""
        return self.exported_cars + self.exported_ckd_sets

    @property
    def exported_cars(self) -> int:
        """Built cars on ships that left within the horizon. [cars]"""
        return int(self.cars.exported.sum())

    @property
    def exported_ckd_sets(self) -> int:
        """CKD sets on ships that left within the horizon. [sets]"""
        return int(self.ckd_sets.exported.sum())

    @property
    def arrivals(self) -> int:
        """Cars and CKD sets that reached their destination within the horizon. [units]"""
        return int(self.cars.arrived.sum() + self.ckd_sets.arrived.sum())

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a day.

        Returns
        -------
        DataFrame
            Flows:

            made_cars, made_ckd_sets
                Made for export; the first day includes the cars at the start. [units]
            exported
                Cars and CKD sets on ships that left. [units]
            exported_cars, exported_ckd_sets, exported_to_<destination>, exported_by_<leg>
                Parts of it: by kind, by destination, by way over land. [units]
            arrived
                At their destination. [units]
            sent_<leg>
                Left the plant. [units]
            lots_<leg>
                Trains, trucks, containers that did. [lots]

            Levels at the end of the day:

            held
                Before the gate, because the plant's yard is full. [cars]
            plant_yard, on_land, yard_<gateway>, loading
                In the plant's yard, on the way to a gateway, in its yard, on loading ships. [cars]
            over_<gateway>
                In the plant's yard only because that of the gateway is full. [cars]
            ckd_sets_at_plant, ckd_sets_on_land, ckd_sets_at_port, ckd_sets_loading
                The same of CKD sets, all gateways together. [sets]
        """
        cars, ckd_sets = self.cars, self.ckd_sets
        by_day = {"made_cars": cars.made, "made_ckd_sets": ckd_sets.made}
        exported = {"cars": _by_day(cars.exported), "ckd_sets": _by_day(ckd_sets.exported)}
        by_day["exported"] = exported["cars"] + exported["ckd_sets"]
        by_day |= {f"exported_{kind}": numbers for kind, numbers in exported.items()}
        to = cars.exported.sum(axis=2) + ckd_sets.exported.sum(axis=2)
        by_day |= _named("exported_to", cars.destinations, to)
        for counts in (cars, ckd_sets):
            by_day |= _named("exported_by", counts.legs, counts.exported.sum(axis=1))
        by_day["arrived"] = cars.arrived + ckd_sets.arrived
        for counts in (cars, ckd_sets):
            by_day |= _named("sent", counts.legs, counts.sent)
            by_day |= _named("lots", counts.legs, counts.lots)
        return pd.DataFrame(by_day | self._levels, index=pd.Index(self._days, name="day"))

    @property
    def _days(self) -> list[datetime.date]:
        n = len(self.cars.made)
        return [self.start + datetime.timedelta(days=k) for k in range(n)]

    @property
    def _levels(self) -> dict[str, Ints]:
        cars, ckd_sets = self.cars, self.ckd_sets
        return {
            "held": cars.held,
            "plant_yard": cars.plant,
            "on_land": cars.on_land,
            **_named("yard", cars.gateways, cars.yard),
            **_named("over", cars.gateways, cars.over),
            "loading": cars.loading,
            "ckd_sets_at_plant": ckd_sets.plant,
            "ckd_sets_on_land": ckd_sets.on_land,
            "ckd_sets_at_port": _by_day(ckd_sets.yard),
            "ckd_sets_loading": ckd_sets.loading,
        }

    @result_table
    def monthly(self) -> pd.DataFrame:
        """A row a month, such as "2021-09": columns as in `daily`, and days above 0.

        Flows are added up; levels are those at the end of the month.

        Returns
        -------
        DataFrame
            days_held, days_over_<gateway>
                Days at whose end that level was above 0. [days]
        """
        months = pd.Index([f"{day:%Y-%m}" for day in self._days], name="month")
        grouped = self.daily.groupby(months, sort=False)
        table = grouped.sum()
        levels = list(self._levels)
        table[levels] = grouped[levels].last()
        watched = ["held", *(name for name in levels if name.startswith("over_"))]
        above = (self.daily[watched] > 0).groupby(months, sort=False).sum()
        return table.join(above.add_prefix("days_"))

    @property
    def days_over(self) -> int:
        """Days at whose end cars waited at the plant because a gateway's yard was full. [days]

        With these cars that yard would hold more than its capacity.
        """
        return int((self.cars.over > 0).any(axis=1).sum())

    @property
    def days_held(self) -> int:
        """Days at whose end the full yard of the plant kept cars before the gate. [days]

        A plant with no room for its cars stops. The model does not stop it: what was made on these
        days and held is the loss to expect.
        """
        return int((self.cars.held > 0).sum())

    @property
    def left(self) -> dict[str, int]:
        """Where the cars and CKD sets are at the end that have not left. [units]"""
        cars = {key: int(getattr(self.cars, key)[-1]) for key in ("held", "plant", "on_land")}
        last = zip(self.cars.gateways, self.cars.yard[-1].tolist(), strict=True)
        yards = {f"yard {gateway}": n for gateway, n in last}
        loading = int(self.cars.loading[-1] + self.ckd_sets.loading[-1])
        ckd_sets = sum(int(getattr(self.ckd_sets, key)[-1]) for key in ("held", "plant", "on_land"))
        ckd_sets += int(self.ckd_sets.yard[-1].sum())
        return cars | yards | {"loading": loading, "ckd_sets": ckd_sets}

    @result_table
    def voyages(self) -> pd.DataFrame:
        """A row a ship that left.

        Returns
        -------
        DataFrame
            service, gateway, kind
                Whose ship, where it called, what it carries: "cars" or "ckd_sets".
            planned, departed
                [date]
            late
                From planned to departed. [days]
            slots, loaded, left_behind
                Room on it; what it took; what was ready and found no slot. [units]
            fill
                Loaded by slots. [-]
            age
                Mean time since its units were built. [days]
        """
        names = [field.name for field in dataclasses.fields(Voyage)]
        table = pd.DataFrame([dataclasses.astuple(call) for call in self.calls], columns=names)
        table["late"] = table["departed"] - table["planned"]
        table["fill"] = table["loaded"] / table["slots"].where(table["slots"] > 0)
        one = datetime.timedelta(days=1)
        for name in ("planned", "departed"):
            table[name] = pd.Series([self.start + int(k) * one for k in table[name]], dtype=object)
        order = ["service", "gateway", "kind", "planned", "departed", "late"]
        return table[[*order, "slots", "loaded", "fill", "left_behind", "age"]]

    def age(self, q: float, kind: Kind = "cars") -> float:
        """A quantile of the age at departure.

        Parameters
        ----------
        q : float
            Share of the exported units that are no older, from 0 to 1. [-]
        kind : {"cars", "ckd_sets"}

        Returns
        -------
        float
            Time since they were built; NaN when none left. [days]
        """
        owner = "ShippingRun"
        q = checks.number(owner, "q", q, high=1.0)
        if kind not in ("cars", "ckd_sets"):
            raise ValueError(checks.complain(owner, "kind must be cars or ckd_sets", kind))
        ages = self.cars.ages if kind == "cars" else self.ckd_sets.ages
        below = np.cumsum(ages)
        if not below[-1]:
            return math.nan
        return float(np.searchsorted(below, max(1, math.ceil(q * int(below[-1])))))

    def __repr__(self) -> str:
        return (
            f"ShippingRun(from {self.start}, {len(self.cars.made)} days, seed={self.seed}, "
            f"run={self.run}: {self.exports:,} exported)"
        )

    def summary(self) -> str:
        """A dozen lines: what left, how, and what did not."""
        return "\n".join(_summary(self))


def _by_day(numbers: Ints) -> Ints:
    """Sums over all but the first axis."""
    sums: Ints = numbers.reshape(len(numbers), -1).sum(axis=1)
    return sums


def _named(head: str, names: tuple[str, ...], columns: Ints) -> dict[str, Ints]:
    return {f"{head}_{name}": columns[:, k] for k, name in enumerate(names)}


def _summary(run: ShippingRun) -> list[str]:
    voyages, cars = run.voyages, run.cars
    lots = [
        f"{lots:,} lots by {leg}"
        for counts in (cars, run.ckd_sets)
        for leg, lots in zip(counts.legs, counts.lots.sum(axis=0).tolist(), strict=True)
        if lots
    ]
    fill = voyages["loaded"].sum() / max(1, voyages["slots"].sum())
    left = [f"{where} {n:,}" for where, n in run.left.items() if n]
    to = run.cars.exported.sum(axis=(0, 2)) + run.ckd_sets.exported.sum(axis=(0, 2))
    peaks = [
        f"{name} {int(cars.yard[:, k].max()):,} of {run.export.gateways[name].yard.value:,.0f}"
        for k, name in enumerate(cars.gateways)
    ]
    return [
        f"export from {run.start}, {len(cars.made)} days",
        f"  exported          {run.exports:,}: {run.exported_cars:,} cars, "
        f"{run.exported_ckd_sets:,} CKD sets; counted at departure",
        f"  arrived           {run.arrivals:,}",
        *(f"    {name:<16}{n:>9,}" for name, n in zip(cars.destinations, to.tolist(), strict=True)),
        f"  ships             {len(voyages)}, {fill:.0%} of the slots taken",
        f"  land              {', '.join(lots) or 'nothing sent'}",
        f"  age at departure  median {run.age(0.5):.0f} days, 95 % up to {run.age(0.95):.0f}",
        f"  fullest yard      {', '.join(peaks)}; {run.days_over} days over capacity",
        f"  gate              {run.days_held} days with cars held, at most "
        f"{int(cars.held.max()):,}",
        f"  left at the end   {', '.join(left) or 'none'}",
        f"  random streams    seed {run.seed}, run {run.run}; most numbers are assumed",
    ]


def ship(
    export: ExportTable,
    vehicles: Any,
    ckd_sets: Any = None,
    *,
    start: datetime.date,
    seed: int,
    run: int = 0,
    horizon_days: int | None = None,
) -> ShippingRun:
    """Run the export of what a plant makes day by day, from its gate to the ships.

    Parameters
    ----------
    export : ExportTable
        Such as `scenario("ningde-2021").export`. Each quantity has its typical value.
    vehicles : array of int (n,)
        Vehicles made each day, of which a share is exported. [vehicles]
    ckd_sets : array of int (n,), optional
        CKD sets made each day; by default none. [sets]
    start : date
        The first day.
    seed, run : int
        Random streams, from 0 to 2**63 - 1: late ships and closures at random depend on them.
    horizon_days : int, optional
        Days in all, at least n; nothing is made after day n. [days]

    Returns
    -------
    ShippingRun

    Raises
    ------
    TypeError, ValueError
        An argument of another kind, a negative number, series of different length.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> plan = scenario("ningde-2021").export
    >>> run = ship(plan, [800] * 31, start=datetime.date(2021, 5, 1), seed=1)
    >>> int(run.cars.made.sum())  # 15 % of 24,800, and 300 at the start
    4020
    """
    if not isinstance(export, ExportTable):
        cure = 'scenario("ningde-2021").export is one.'
        raise TypeError(checks.complain("ship", "export must be an ExportTable", export, cure))
    if not isinstance(start, datetime.date):
        raise TypeError(checks.complain("ship", "start must be a date", start))
    seed = checks.stream_number("ship", "seed", seed)
    run = checks.stream_number("ship", "run", run)
    made = _numbers("vehicles", vehicles)
    packed = np.zeros_like(made) if ckd_sets is None else _numbers("ckd_sets", ckd_sets)
    if len(packed) != len(made):
        rule = f"ckd_sets must have as many days as vehicles, {len(made)}"
        raise ValueError(checks.complain("ship", rule, len(packed)))
    n = len(made)
    if horizon_days is not None:
        n = checks.whole("ship", "horizon_days", horizon_days, low=len(made), high=100_000)
    initial = int(export.initial.value)
    for_export: dict[Kind, Ints] = {
        "cars": _share(made, export.vehicle_share.value, n),
        "ckd_sets": _share(packed, export.ckd_share.value, n),
    }
    for_export["cars"][0] += initial
    counts, voyages = move(export, for_export, initial, start, seed=seed, run=run)
    ordered = sorted(voyages, key=lambda voyage: voyage.departed)
    return ShippingRun(export, start, seed, run, counts["cars"], counts["ckd_sets"], (*ordered,))


def _numbers(name: str, given: Any) -> Ints:
    """A series of days, checked."""
    numbers = np.asarray(given)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ValueError(checks.complain("ship", f"{name} must be a series of days", given))
    if numbers.dtype.kind not in "iu":
        rule = f"{name} must be whole numbers"
        raise TypeError(checks.complain("ship", rule, numbers.dtype.name))
    if numbers.min() < 0:
        day = int(numbers.argmin())
        rule = f"{name} must be at least 0 on day {day}"
        raise ValueError(checks.complain("ship", rule, int(numbers[day])))
    return numbers.astype(np.int64)


def _share(made: Ints, share: float, n: int) -> Ints:
    """A share of what is made on each of n days, in whole numbers that add up."""
    cumulative = np.floor(np.cumsum(made) * share + 0.5).astype(np.int64)
    shared = np.zeros(n, dtype=np.int64)
    shared[: len(made)] = np.diff(cumulative, prepend=0)
    return shared
