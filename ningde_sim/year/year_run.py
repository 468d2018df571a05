"""A year of the whole plant, station by station, and what came of it."""

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
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.year import lost_hours
from ningde_sim.year.joined_shops import (
    CHECK,
    IN_PAINT,
    LINE,
    PACKING,
    PAINTED,
    TOPCOAT,
    WARM_UP_DAYS,
    WHITE,
    Meter,
    plant,
)
from ningde_sim.year.open_hours import Course, course
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import SHOPS, ShopName

STOCKS = {"bodies_in_white": WHITE, "in_paint": IN_PAINT, "painted_bodies": PAINTED}
"""Columns of the tables that hold a level at the end of the time, and their stores."""


@dataclass(frozen=True, repr=False, eq=False)
class YearRun:
    """What one run of a scenario gave.

    Attributes
    ----------
    scenario : Scenario
        What was run, each quantity at its value.
    seed, run : int
        Which luck it had.
    engine : str
        Which engine ran.
    course : Course
        Which hours each shop had, and what the others were lost to.
    shop_run : ShopRun
        The plant as one shop: its stations, stores and robots.
    """

    scenario: Scenario
    seed: int
    run: int
    engine: str
    course: Course
    shop_run: ShopRun
    _meters: dict[ShopName, tuple[Meter, ...]] = field(repr=False)

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
        """CKD sets: neither bodies nor vehicles. [sets]"""
        return int(self.daily["ckd_sets"].sum())

    @property
    def nominal(self) -> float:
        """The rate of assembly times the shifts of the official working days. [vehicles]"""
        hours = units.ms_to_hours(int(self.course.days.nominal.sum()))
        return float(self.scenario.assembly.rate.value * hours)

    @property
    def exports(self) -> int:
        """Cars and sets on ships that left within the time. [units]

        Raises
        ------
        ValueError
            The scenario has no [export].
        """
        if self.shipping is None:
            owner, cure = f"YearRun {self.scenario.name!r}", "The file needs [export]."
            raise ValueError(checks.complain(owner, "exports must be planned", None, cure))
        return self.shipping.exports

    @cached_property
    def shipping(self) -> ShippingRun | None:
        """What became of the cars and sets for export; None where the scenario has no [export]."""
        scenario, made = self.scenario, self._made
        if scenario.export is None:
            return None
        return ship(
            scenario.export,
            made["vehicles"].to_numpy(),
            made["ckd_sets"].to_numpy(),
            start=scenario.calendar.start,
            seed=self.seed,
            run=self.run,
        )

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a production day.

        bodies, painted, vehicles, sets, scrapped (in paint) [number]; exported: cars and sets on
        ships that left, where the scenario has [export] [units]; bodies_in_white, in_paint,
        painted_bodies: stores at the end of the day [bodies]; inside: all bodies between body shop
        and gate at the end of the day [bodies]; nominal, then the causes of `lost_hours`, then
        made: hours of assembly, which add up exactly. [h]
        """
        made = self._made.copy()
        if self.shipping is not None:
            made.insert(4, "exported", self.shipping.daily["exported"].to_numpy())
        return made

    @cached_property
    def _made(self) -> pd.DataFrame:
        """The days without what was exported."""
        run, sets = self.shop_run, self.scenario.ckd
        flows = {
            "bodies": lost_hours.of_days(lost_hours.kept(run, "n_put", WHITE)),
            "painted": lost_hours.of_days(lost_hours.kept(run, "n_put", PAINTED)),
            "vehicles": lost_hours.good(run, CHECK),
        }
        packed = self._scrapped(PACKING) if sets.packs_bodies else np.zeros_like(flows["bodies"])
        ever = np.cumsum(flows["vehicles"]) * sets.share.value / (1 - sets.share.value)
        from_parts = lost_hours.of_days(np.rint(ever).astype(np.int64))
        flows["ckd_sets"] = packed if sets.uses_body_shop else from_parts
        flows["scrapped"] = self._scrapped(TOPCOAT)
        net = flows["bodies"] - flows["vehicles"] - flows["scrapped"] - packed
        stocks = {key: lost_hours.kept(run, "level", store) for key, store in STOCKS.items()}
        stocks["inside"] = self._inside_at_end() - net.sum() + np.cumsum(net)
        table = pd.DataFrame(flows | stocks, index=pd.Index(self.course.days.dates, name="day"))
        return pd.concat([table, self.lost_ms("assembly") / units.MS_PER_H], axis=1)

    @result_table
    def monthly(self) -> pd.DataFrame:
        """The same by month, such as "2021-09": sums, and the stores at the end of the month."""
        months = pd.Index(self.course.days.months, name="month")
        grouped = self.daily.groupby(months, sort=False)
        table = grouped.sum()
        levels = [*STOCKS, "inside"]
        table[levels] = grouped[levels].last()
        return table

    def lost_by_month(self, shop: ShopName = "assembly") -> pd.DataFrame:
        """A row a month, a column a cause, for one `shop`; nominal less all causes is made. [h]"""
        months = pd.Index(self.course.days.months, name="month")
        table: pd.DataFrame = self.lost_ms(shop).groupby(months, sort=False).sum() / units.MS_PER_H
        return table

    @result_table
    def lost_hours(self) -> pd.DataFrame:
        """A row a cause, a column a shop; nominal less all causes is made, exactly. [h]

        What each cause is, says `ningde_sim.year.lost_hours`.
        """
        table = pd.DataFrame({shop: self.lost_ms(shop).sum() for shop in SHOPS})
        return (table / units.MS_PER_H).rename_axis("cause")

    @result_table
    def losses(self) -> pd.DataFrame:
        """From nominal to made at the gate: a row a cause, its hours and its vehicles.

        Vehicles are hours times the rate of assembly: what the cause alone took there, no
        prediction of what its absence would give.
        """
        hours = self.lost_hours["assembly"]
        return pd.DataFrame({"hours": hours, "vehicles": hours * self.scenario.assembly.rate.value})

    def lost_ms(self, shop: ShopName) -> pd.DataFrame:
        """A row a day, a column a cause, for one `shop`; exact. [ms, int64]"""
        if shop not in SHOPS:
            rule = f"shop must be one of {', '.join(SHOPS)}"
            raise ValueError(checks.complain(f"YearRun {self.scenario.name!r}", rule, shop))
        return lost_hours.lost(self.shop_run, self.course, shop, self._meters[shop])

    def _scrapped(self, station: str) -> Ints:
        k = lost_hours.station_number(self.shop_run, station)
        return lost_hours.of_days(self.shop_run.history.stations["scrapped"][:, k])

    def _inside_at_end(self) -> int:
        """Bodies between body shop and gate at the last instant."""
        run = self.shop_run
        behind = [line for line in run.shop.lines if line.zone in ("Paint", "Assembly")]
        stations = [
            lost_hours.station_number(run, s.name) for line in behind for s in line.stations
        ]
        tables = pd.concat([run.stores, run.buffers])
        names = {name for line in behind for name in line.takes}
        gaps = [name for name in tables.index if name in names or name.startswith(f"{LINE} > ")]
        content = run.counts.stations["content"][stations] > 0
        return int(tables.loc[gaps, "level_end"].sum() + content.sum())

    def __repr__(self) -> str:
        return (
            f"YearRun({self.scenario.name!r}, seed={self.seed}, run={self.run}, "
            f"engine={self.engine!r}: {self.vehicles:,} vehicles)"
        )

    def critical_path(self, *, every: float | None = None) -> pd.DataFrame:
        """With `critical_path=True`: where the hours of the year went, as `ShopRun.critical_path`; `every` too.

        "closed" are the hours in which the station next on the path was not to work: nights and
        free days, retooling, missing supply, the minutes that a launch costs; `losses` parts these.
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
        """A dozen lines: what came out, what took the rest, what to know about it."""
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
        f"  vehicles          {run.vehicles:,}, {run.vehicles - target:+,.0f} to {target:,.0f}",
        f"  bodies            {run.bodies:,}; {run.ckd_sets:,} CKD sets besides",
        f"  best month        {months['bodies'].max():,} bodies ({months['bodies'].idxmax()}); "
        f"{full} of {len(months)} reach {scenario.month_target.value:,.0f}",
        f"  inside at the end {months['inside'].iloc[-1]:,} bodies",
        f"  nominal           {run.nominal:,.0f} vehicles; then, at the gate",
        *(f"    {cause:<16}{-vehicles:>+9,.0f}" for cause, vehicles in causes.items()),
        f"  luck              seed {run.seed}, run {run.run}, {run.engine} engine; one run only",
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

    The whole plant runs at station level in one piece, after some undisturbed days that fill it.

    Parameters
    ----------
    scenario : Scenario
        Ranges are not drawn from: `scenario.draw(seed, run)` does that.
    seed : int
        Any whole number from 0 to 2**63 - 1; 0 is a seed like any other.
    run : int
        Which of the independent runs of that seed, from 0.
    engine : {"compiled", "reference"}
        Both give equal results; the reference takes minutes.
    critical_path : bool
        Keep the critical path: `YearRun.critical_path()` tells where the year went.
    progress : bool, optional
        Show a bar; by default on a terminal, once it takes two seconds.

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
        rule = "it must be given a Scenario"
        raise TypeError(checks.complain("simulate_year", rule, scenario, cure))
    owner = f"simulate_year {scenario.name!r}"
    seed = checks.stream_number(owner, "seed", seed)
    run = checks.stream_number(owner, "run", run)
    taken = course(scenario, seed=seed, run=run)
    there = plant(scenario, taken)
    shop_run = simulate(
        there.shop,
        hours=24.0 * len(taken.days),
        warm_up=24.0 * WARM_UP_DAYS,
        seed=seed,
        run=run,
        engine=engine,
        critical_path=critical_path,
        every=24.0,
        progress=progress,
    )
    return YearRun(scenario, seed, run, engine, taken, shop_run, there.meters)
