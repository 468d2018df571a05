"""A year of the whole plant, run station by station."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.result_table import result_table
from ningde_sim._support.summary import wrapped
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulate import Engine, simulate
from ningde_sim.plant.entries import store_names
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.year import lost_hours
from ningde_sim.year.joined_shops import (
    BODY_IN_WHITE,
    IN_PAINT,
    PAINTED,
    WARM_UP_DAYS,
    MeasuredStation,
    join_shops,
)
from ningde_sim.year.launches import CHECK, LINE, PACKING, TOPCOAT
from ningde_sim.year.open_hours import OpenHours, open_hours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import SHOPS, ShopName

STOCKS = {"bodies_in_white": BODY_IN_WHITE, "in_paint": IN_PAINT, "painted_bodies": PAINTED}
"""Columns of levels at the end of a day or month, and their stores."""


@dataclass(frozen=True, repr=False, eq=False)
class YearRun:
    """Result of one run of a scenario.

    Attributes
    ----------
    scenario : Scenario
        What was run, each quantity at its value.
    seed, run : int
        Its random streams.
    engine : str
        The engine that ran it.
    open_hours : OpenHours
        The open hours of each shop, and the causes that took the others.
    shop_run : ShopRun
        The whole plant as one shop: its stations, stores and robots.
    """

    scenario: Scenario
    seed: int
    run: int
    engine: str
    open_hours: OpenHours
    shop_run: ShopRun
    _measured: dict[ShopName, tuple[MeasuredStation, ...]] = field(repr=False)

    @property
    def vehicles(self) -> int:
        """Vehicles that passed the final check. [vehicles]"""
        return int(self.daily["vehicles"].sum())

    @property
    def bodies(self) -> int:
        """Bodies that left the body shop. [bodies]"""
        return int(self.daily["bodies"].sum())

    @property
    def ckd_sets(self) -> int:
        """CKD sets, which count neither as bodies nor as vehicles. [sets]"""
        return int(self.daily["ckd_sets"].sum())

    @property
    def nominal(self) -> float:
        """Rate of assembly times the shifts of the official working days. [vehicles]"""
        hours = units.ms_to_hours(int(self.open_hours.days.nominal.sum()))
        return float(self.scenario.assembly.rate.value * hours)

    @property
    def exports(self) -> int:
        """Cars and CKD sets on ships that left within the calendar. [units]

        Raises
        ------
        ValueError
            The scenario has no [export].
        """
        if self.shipping is None:
            owner, cure = f"YearRun {self.scenario.name!r}", "Add it to the file."
            raise ValueError(checks.complain(owner, "exports need [export]", None, cure))
        return self.shipping.exports

    @cached_property
    def shipping(self) -> ShippingRun | None:
        """The export of cars and CKD sets; None if the scenario has no [export]."""
        scenario, days = self.scenario, self._days
        if scenario.export is None:
            return None
        return ship(
            scenario.export,
            days["vehicles"].to_numpy(),
            days["ckd_sets"].to_numpy(),
            start=scenario.calendar.start,
            seed=self.seed,
            run=self.run,
        )

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a production day.

        Returns
        -------
        DataFrame
            Index day: its date.

            bodies
                Left the body shop. [bodies]
            painted
                Left paint; without CKD sets that are taken from the bodies. [bodies]
            vehicles
                Passed the final check. [vehicles]
            ckd_sets
                CKD sets made. [sets]
            exported
                Cars and CKD sets on ships that left; only if the scenario has [export]. [units]
            scrapped
                Scrapped in paint. [bodies]
            bodies_in_white, in_paint, painted_bodies
                In these stores at the end of the day. [bodies]
            inside
                Between body shop and gate at the end of the day, in stores, buffers and stations.
                [bodies]
            nominal
                Shifts of an official working day; 0 on other days. [h]
            overtime, closures, maintenance, retooling, <each cause of the supply>,
            <each slowdown>, retooling_nights, launches, breakdown, blocked, starved, rework
                Hours that each cause took from assembly, as `lost_hours` explains them. [h]
            made
                Hours of assembly that made vehicles: nominal less all causes, exactly. [h]
        """
        table = self._days.copy()
        if self.shipping is not None:
            table.insert(4, "exported", self.shipping.daily["exported"].to_numpy())
        return table

    @cached_property
    def _days(self) -> pd.DataFrame:
        """`daily` without the exports."""
        run, ckd = self.shop_run, self.scenario.ckd
        flows = {
            "bodies": lost_hours.daily(lost_hours.at_day_ends(run, "n_put", BODY_IN_WHITE)),
            "painted": lost_hours.daily(lost_hours.at_day_ends(run, "n_put", PAINTED)),
            "vehicles": lost_hours.good_bodies(run, CHECK),
        }
        packed = self._scrapped(PACKING) if ckd.packs_bodies else np.zeros_like(flows["bodies"])
        cumulative = np.cumsum(flows["vehicles"]) * ckd.share.value / (1 - ckd.share.value)
        from_parts = lost_hours.daily(np.rint(cumulative).astype(np.int64))
        flows["ckd_sets"] = packed if ckd.uses_body_shop else from_parts
        flows["scrapped"] = self._scrapped(TOPCOAT)
        net = flows["bodies"] - flows["vehicles"] - flows["scrapped"] - packed
        stocks = {key: lost_hours.at_day_ends(run, "level", store) for key, store in STOCKS.items()}
        stocks["inside"] = self._inside_at_end() - net.sum() + np.cumsum(net)
        table = pd.DataFrame(flows | stocks, index=pd.Index(self.open_hours.days.dates, name="day"))
        return pd.concat([table, self.lost_ms("assembly") / units.MS_PER_H], axis=1)

    @result_table
    def monthly(self) -> pd.DataFrame:
        """A row a month.

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". Columns and units as in `daily`: bodies_in_white,
            in_paint, painted_bodies and inside at the end of the month, all others as sums.
        """
        months = pd.Index(self.open_hours.days.months, name="month")
        grouped = self.daily.groupby(months, sort=False)
        table = grouped.sum()
        levels = [*STOCKS, "inside"]
        table[levels] = grouped[levels].last()
        return table

    @result_table
    def products(self) -> pd.DataFrame:
        """The vehicles of each product by month.

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". A column a product, in the order of the scenario: its
            vehicles that passed the final check; "all" in a scenario without products. [vehicles]
        """
        months = self.open_hours.days.months
        if not self.scenario.products:
            return self.monthly[["vehicles"]].set_axis(["all"], axis=1)
        exits = self.shop_run.sequence
        exits = exits[exits["line"] == LINE]
        day = np.ceil(exits["time"].to_numpy() / 24).astype(int).clip(min=1) - 1
        table = pd.crosstab(np.array(months)[day], exits["product"].to_numpy())
        rows = pd.Index(dict.fromkeys(months), name="month")
        columns = pd.Index(self.scenario.products, name=None)
        return table.reindex(index=rows, columns=columns, fill_value=0)

    def lost_by_month(self, shop: ShopName = "assembly") -> pd.DataFrame:
        """The lost hours of one shop by month.

        Parameters
        ----------
        shop : {"body_shop", "paint", "assembly"}

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". Columns nominal, the causes in the order of
            `lost_hours`, made; nominal less all causes is made, exactly. [h]
        """
        months = pd.Index(self.open_hours.days.months, name="month")
        table: pd.DataFrame = self.lost_ms(shop).groupby(months, sort=False).sum() / units.MS_PER_H
        return table

    @result_table
    def lost_hours(self) -> pd.DataFrame:
        """Where the nominal hours of each shop went.

        Returns
        -------
        DataFrame
            A row a cause, in this order; nominal less all causes is made, exactly. Columns
            body_shop, paint, assembly. [h]

            nominal
                Shifts of the official working days.
            overtime
                Hours that the plan adds, Saturdays included: a loss below zero.
            closures
                Shifts of official working days that the plan leaves out, or makes shorter.
            maintenance
                Hours of shifts that leave too little time for it.
            retooling
                Full stop of the retooling.
            <each cause of the supply>
                Stops for lack of supply, such as chips.
            <each slowdown>
                Reduced rate, such as in an outbreak.
            retooling_nights
                Reduced rate of nights and week-ends after the full stop.
            launches
                What bodies of new models took longer at the station that is measured, as their
                ramps rise; what other stations took longer shows as blocked, starved and, in the
                body shop, breakdown. A year `without("launches")` tells all that they cost.
            breakdown
                The shop is down, waits for a crew, or has a planned stop.
            blocked
                No room behind it: the shops after it are slower, or stand.
            starved
                No body before it: the shops ahead of it are slower, or stand.
            rework
                Work done again, on scrapped bodies, and on bodies still inside at the end.
            made
                Bodies that came out, times the cycle.

        Notes
        -----
        `ningde_sim.year.lost_hours` says at which stations and how they are measured.
        """
        table = pd.DataFrame({shop: self.lost_ms(shop).sum() for shop in SHOPS})
        return (table / units.MS_PER_H).rename_axis("cause")

    @result_table
    def losses(self) -> pd.DataFrame:
        """What each cause took from assembly, from nominal to made.

        Returns
        -------
        DataFrame
            A row a cause, as in `lost_hours`.

            hours
                That the cause took from assembly. [h]
            vehicles
                These hours times the rate of assembly. Without the cause the year need not make so
                many more: another one may take the hours. [vehicles]
        """
        hours = self.lost_hours["assembly"]
        return pd.DataFrame({"hours": hours, "vehicles": hours * self.scenario.assembly.rate.value})

    def lost_ms(self, shop: ShopName) -> pd.DataFrame:
        """The lost time of one shop by day.

        Parameters
        ----------
        shop : {"body_shop", "paint", "assembly"}

        Returns
        -------
        DataFrame
            Index day. Columns nominal, the causes in the order of `lost_hours`, made; nominal less
            all causes is made, exactly. [ms, int64]
        """
        if shop not in SHOPS:
            rule = f"shop must be one of {', '.join(SHOPS)}"
            raise ValueError(checks.complain(f"YearRun {self.scenario.name!r}", rule, shop))
        return lost_hours.lost_ms(self.shop_run, self.open_hours, shop, self._measured[shop])

    def _scrapped(self, station: str) -> Ints:
        k = lost_hours.station_number(self.shop_run, station)
        return lost_hours.daily(self.shop_run.history.stations["scrapped"][:, k])

    def _inside_at_end(self) -> int:
        """Bodies between body shop and gate at the end. [bodies]"""
        run = self.shop_run
        behind = [line for line in run.shop.lines if line.zone in ("Paint", "Assembly")]
        rows = run.layout.stations
        stations = [k for k, row in enumerate(rows) if run.shop.lines[row.line] in behind]
        tables = pd.concat([run.stores, run.buffers])
        names = {name for line in behind for name in store_names(line.takes)}
        inside = [name for name in tables.index if name in names or name.startswith(f"{LINE} > ")]
        loaded = run.counts.stations["content"][stations] > 0
        return int(tables.loc[inside, "level_end"].sum() + loaded.sum())

    def __repr__(self) -> str:
        return (
            f"YearRun({self.scenario.name!r}, seed={self.seed}, run={self.run}, "
            f"engine={self.engine!r}: {self.vehicles:,} vehicles)"
        )

    def critical_path(self, *, every: float | None = None) -> pd.DataFrame:
        """The critical path of the year, if it was run with `critical_path=True`.

        The table is that of `ShopRun.critical_path`. Its cause "closed" are hours in which the next
        station on the path was not open: nights and free days, retooling, missing supply. `losses`
        tells these apart.

        Parameters
        ----------
        every : float, optional
            A table for each period of this length. [h]
        """
        if self.shop_run.counts.path is None:
            cure = "Ask for one: simulate_year(..., critical_path=True)."
            owner = f"YearRun {self.scenario.name!r}"
            raise ValueError(
                checks.complain(owner, "it must have kept a critical path", None, cure)
            )
        return self.shop_run.critical_path(every=every)

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what came out, what took the rest, and the notes of the scenario."""
        return wrapped("\n".join(_summary(self)))


def _summary(run: YearRun) -> list[str]:
    scenario, calendar = run.scenario, run.scenario.calendar
    months = run.monthly
    full = int((months["bodies"] >= scenario.month_target.value).sum())
    causes = run.losses["vehicles"].drop(["nominal", "made"])
    causes = causes[causes.abs() >= 0.5]
    target = scenario.target.value
    return [
        f"{scenario.name}: {calendar.start} to {calendar.end}",
        f"  vehicles          {run.vehicles:,}, {run.vehicles - target:+,.0f} "
        f"against the target of {target:,.0f}",
        f"  bodies            {run.bodies:,}, and {run.ckd_sets:,} CKD sets",
        f"  best month        {months['bodies'].max():,} bodies ({months['bodies'].idxmax()}); "
        f"{full} of {len(months)} months reach {scenario.month_target.value:,.0f}",
        f"  inside at the end {months['inside'].iloc[-1]:,} bodies",
        f"  nominal           {run.nominal:,.0f} vehicles; of these, at the gate",
        *(f"    {cause:<16}{-vehicles:>+9,.0f}" for cause, vehicles in causes.items()),
        f"  random streams    seed {run.seed}, run {run.run}, {run.engine} engine; one run only",
        *(f"  note              {note}" for note in scenario.notes),
    ]


def simulate_year(
    scenario: Scenario,
    *,
    seed: int,
    run: int = 0,
    engine: Engine = "compiled",
    critical_path: bool = False,
    progress: bool | None = None,
) -> YearRun:
    """Run a scenario once, each of its quantities at its value.

    The whole plant runs station by station, after some undisturbed days that fill it.

    Parameters
    ----------
    scenario : Scenario
        Each quantity has its typical value; `scenario.draw(seed, run)` draws from the ranges.
    seed : int
        Any whole number from 0 to 2**63 - 1; 0 is a seed like any other.
    run : int
        Number of the independent run of that seed, from 0.
    engine : {"compiled", "reference"}
        Both give equal results; the reference takes minutes.
    critical_path : bool
        Keep the critical path, for `YearRun.critical_path()`.
    progress : bool, optional
        Show a progress bar; by default on a terminal, after two seconds.

    Returns
    -------
    YearRun

    Raises
    ------
    TypeError, ValueError
        No Scenario, seed or run out of bounds, an unknown engine.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> month = simulate_year(scenario("ningde-2020-12"), seed=0)
    >>> month.vehicles == month.daily["vehicles"].sum().item()
    True
    """
    if not isinstance(scenario, Scenario):
        cure = 'scenario("ningde-2021") gives one.'
        rule = "scenario must be a Scenario"
        raise TypeError(checks.complain("simulate_year", rule, scenario, cure))
    owner = f"simulate_year {scenario.name!r}"
    seed = checks.stream_number(owner, "seed", seed)
    run = checks.stream_number(owner, "run", run)
    hours = open_hours(scenario, seed=seed, run=run)
    joined = join_shops(scenario, hours)
    shop_run = simulate(
        joined.shop,
        hours=24.0 * len(hours.days),
        warm_up=24.0 * WARM_UP_DAYS,
        seed=seed,
        run=run,
        engine=engine,
        critical_path=critical_path,
        every=24.0,
        progress=progress,
    )
    return YearRun(scenario, seed, run, engine, hours, shop_run, joined.measured)
