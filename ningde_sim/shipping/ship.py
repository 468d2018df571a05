"""The export of a year from daily numbers, and what came of it."""

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
from ningde_sim.shipping.records import Account, Voyage
from ningde_sim.shipping.schema import ExportTable, Kind


@dataclass(frozen=True, repr=False, eq=False)
class ShippingRun:
    """What one run of an export gave.

    Attributes
    ----------
    export : ExportTable
        What was run, each quantity at its value.
    start : date
        The first day.
    seed, run : int
        Which luck it had.
    cars, ckd_sets : Account
        What each kind did, as arrays by day.
    calls : tuple of Voyage
        The ships that left, in the order in which they did.
    """

    export: ExportTable
    start: datetime.date
    seed: int
    run: int
    cars: Account
    ckd_sets: Account
    calls: tuple[Voyage, ...]

    @property
    def exports(self) -> int:
        """Cars and sets on ships that left in the horizon. [units]"""
        return self.exported_cars + self.exported_ckd_sets

    @property
    def exported_cars(self) -> int:
        """Built cars among them. [cars]"""
        return int(self.cars.exported.sum())

    @property
    def exported_ckd_sets(self) -> int:
        """CKD sets among them. [sets]"""
        return int(self.ckd_sets.exported.sum())

    @property
    def arrivals(self) -> int:
        """Cars and sets that reached their destination in the horizon. [units]"""
        return int(self.cars.arrived.sum() + self.ckd_sets.arrived.sum())

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a day.

        Flows: made_cars, made_ckd_sets (for export, those at the start on the first day); exported
        and of these exported_cars, exported_ckd_sets, exported_to_<destination>, exported_by_<leg>;
        arrived; sent_<leg> [units]; lots_<leg>: trains, trucks, containers used. [lots]

        Levels at the end of the day: held: cars that the full yard of the plant keeps before the
        gate; plant_yard; on_land; yard_<gateway>; loading; over_<gateway>: cars in the plant's yard
        for want of a place in that of the gateway alone [cars]; sets_at_plant, sets_on_land,
        sets_at_port, sets_loading. [sets]
        """
        cars, sets = self.cars, self.ckd_sets
        by_day = {"made_cars": cars.made, "made_ckd_sets": sets.made}
        both = {"cars": _by_day(cars.exported), "ckd_sets": _by_day(sets.exported)}
        by_day["exported"] = both["cars"] + both["ckd_sets"]
        by_day |= {f"exported_{kind}": exported for kind, exported in both.items()}
        to = cars.exported.sum(axis=2) + sets.exported.sum(axis=2)
        by_day |= _named("exported_to", cars.destinations, to)
        for account in (cars, sets):
            by_day |= _named("exported_by", account.legs, account.exported.sum(axis=1))
        by_day["arrived"] = cars.arrived + sets.arrived
        for account in (cars, sets):
            by_day |= _named("sent", account.legs, account.sent)
            by_day |= _named("lots", account.legs, account.lots)
        return pd.DataFrame(by_day | self._levels, index=pd.Index(self._days, name="day"))

    @property
    def _days(self) -> list[datetime.date]:
        n = len(self.cars.made)
        return [self.start + datetime.timedelta(days=k) for k in range(n)]

    @property
    def _levels(self) -> dict[str, Ints]:
        cars, sets = self.cars, self.ckd_sets
        return {
            "held": cars.held,
            "plant_yard": cars.plant,
            "on_land": cars.on_land,
            **_named("yard", cars.gateways, cars.yard),
            **_named("over", cars.gateways, cars.over),
            "loading": cars.loading,
            "sets_at_plant": sets.plant,
            "sets_on_land": sets.on_land,
            "sets_at_port": _by_day(sets.yard),
            "sets_loading": sets.loading,
        }

    @result_table
    def monthly(self) -> pd.DataFrame:
        """The same by month, such as "2021-09": flows added up, levels at the end of the month.

        days_held and days_over_<gateway> are the days on which those levels were above 0. [days]
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
        """Days at whose end cars waited at the plant for a place in a gateway's yard. [days]

        With these cars that yard would hold more than its capacity.
        """
        return int((self.cars.over > 0).any(axis=1).sum())

    @property
    def days_held(self) -> int:
        """Days at whose end the full yard of the plant kept cars before the gate. [days]

        A plant that cannot put its cars anywhere stops. The model does not stop it: what was made
        on these days and held is the loss to be expected.
        """
        return int((self.cars.held > 0).sum())

    @property
    def left(self) -> dict[str, int]:
        """Where the cars and sets are that had not left at the end. [units]"""
        cars = {key: int(getattr(self.cars, key)[-1]) for key in ("held", "plant", "on_land")}
        last = zip(self.cars.gateways, self.cars.yard[-1].tolist(), strict=True)
        yards = {f"yard {gateway}": n for gateway, n in last}
        loading = int(self.cars.loading[-1] + self.ckd_sets.loading[-1])
        sets = sum(int(getattr(self.ckd_sets, key)[-1]) for key in ("held", "plant", "on_land"))
        sets += int(self.ckd_sets.yard[-1].sum())
        return cars | yards | {"loading": loading, "ckd_sets": sets}

    @result_table
    def voyages(self) -> pd.DataFrame:
        """A row a ship that left.

        service, gateway, kind; planned, departed [date]; late: the latter less the former [days];
        slots, loaded, left_behind: ready but without a slot [units]; fill: loaded by slots [-];
        age: mean days since they were built [days].
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
        """The age at departure that a share of the exported do not exceed.

        Parameters
        ----------
        q : float
            From 0 to 1. [-]
        kind : {"cars", "ckd_sets"}

        Returns
        -------
        float
            Days since they were built; nan where none left. [days]
        """
        owner = "ShippingRun"
        q = checks.number(owner, "q", q, high=1.0)
        if kind not in ("cars", "ckd_sets"):
            raise ValueError(checks.complain(owner, "kind must be cars or sets", kind))
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
        """A dozen lines: what left, how, what did not."""
        return "\n".join(_summary(self))


def _by_day(numbers: Ints) -> Ints:
    found: Ints = numbers.reshape(len(numbers), -1).sum(axis=1)
    return found


def _named(head: str, names: tuple[str, ...], columns: Ints) -> dict[str, Ints]:
    return {f"{head}_{name}": columns[:, k] for k, name in enumerate(names)}


def _summary(run: ShippingRun) -> list[str]:
    voyages, cars = run.voyages, run.cars
    lots = [
        f"{lots:,} lots by {leg}"
        for account in (cars, run.ckd_sets)
        for leg, lots in zip(account.legs, account.lots.sum(axis=0).tolist(), strict=True)
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
        f"{run.exported_ckd_sets:,} sets; counted at departure",
        f"  arrived           {run.arrivals:,}",
        *(f"    {name:<16}{n:>9,}" for name, n in zip(cars.destinations, to.tolist(), strict=True)),
        f"  ships             {len(voyages)}, {fill:.0%} of the slots taken",
        f"  land              {', '.join(lots) or 'nothing sent'}",
        f"  age at departure  median {run.age(0.5):.0f} days, 95 % up to {run.age(0.95):.0f}",
        f"  fullest yard      {', '.join(peaks)}; {run.days_over} days over capacity",
        f"  gate              {run.days_held} days with cars held, at most "
        f"{int(cars.held.max()):,}",
        f"  left at the end   {', '.join(left) or 'none'}",
        f"  luck              seed {run.seed}, run {run.run}; most numbers are assumed",
    ]


def ship(
    export: ExportTable,
    vehicles: Any,
    sets: Any = None,
    *,
    start: datetime.date,
    seed: int,
    run: int = 0,
    horizon_days: int | None = None,
) -> ShippingRun:
    """Take to the ships what a plant makes day by day.

    Parameters
    ----------
    export : ExportTable
        Such as `scenario("ningde-2021").export`. Ranges are not drawn from.
    vehicles : array of int (n,)
        Vehicles made each day, of which a share is exported. [vehicles]
    sets : array of int (n,), optional
        CKD sets made each day; by default none. [sets]
    start : date
        The first day.
    seed, run : int
        Which luck, from 0 to 2**63 - 1: late ships, closures at random.
    horizon_days : int, optional
        Days in all, at least n; nothing is made on those beyond. [days]

    Returns
    -------
    ShippingRun

    Raises
    ------
    TypeError, ValueError
        What is no ExportTable, no date, no whole numbers of at least 0, no seed.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> plan = scenario("ningde-2021").export
    >>> found = ship(plan, [800] * 31, start=datetime.date(2021, 5, 1), seed=1)
    >>> int(found.cars.made.sum())  # 15 % of 24,800, and 300 at the start
    4020
    """
    if not isinstance(export, ExportTable):
        cure = 'scenario("ningde-2021").export is one.'
        raise TypeError(checks.complain("ship", "it must be given an ExportTable", export, cure))
    if not isinstance(start, datetime.date):
        raise TypeError(checks.complain("ship", "start must be a date", start))
    seed = checks.stream_number("ship", "seed", seed)
    run = checks.stream_number("ship", "run", run)
    made = _numbers("vehicles", vehicles)
    packed = np.zeros_like(made) if sets is None else _numbers("ckd_sets", sets)
    if len(packed) != len(made):
        rule = f"sets must have as many days as vehicles, {len(made)}"
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
    accounts, voyages = move(export, for_export, initial, start, seed=seed, run=run)
    ordered = sorted(voyages, key=lambda voyage: voyage.departed)
    return ShippingRun(
        export, start, seed, run, accounts["cars"], accounts["ckd_sets"], (*ordered,)
    )


def _numbers(name: str, given: Any) -> Ints:
    """Days of whole numbers."""
    numbers = np.asarray(given)
    if numbers.ndim != 1 or len(numbers) == 0:
        raise ValueError(checks.complain("ship", f"{name} must be a row of days", given))
    if numbers.dtype.kind not in "iu":
        rule = f"{name} must be whole numbers"
        raise TypeError(checks.complain("ship", rule, numbers.dtype.name))
    if numbers.min() < 0:
        day = int(numbers.argmin())
        rule = f"{name} must be at least 0, on day {day} too"
        raise ValueError(checks.complain("ship", rule, int(numbers[day])))
    return numbers.astype(np.int64)


def _share(made: Ints, share: float, n: int) -> Ints:
    """A share of what is made, in whole numbers that add up; of n days."""
    ever = np.floor(np.cumsum(made) * share + 0.5).astype(np.int64)
    found = np.zeros(n, dtype=np.int64)
    found[: len(made)] = np.diff(ever, prepend=0)
    return found
