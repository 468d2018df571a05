"""A year of the whole plant, run station by station."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    WARM_UP_DAYS,
    JoinedShops,
    join_shops,
    store_name,
)
from ningde_sim.year.open_hours import OpenHours, open_hours
from ningde_sim.year.scenario import Scenario, check_year
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.shops import PACKING, inside_of


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
    _joined: JoinedShops = field(repr=False)

    @property
    def vehicles(self) -> int:
        """What left the last shop: vehicles, or what else the plant makes. [vehicles]"""
        return int(self.daily[self.scenario.made[-1]].sum())

    @property
    def bodies(self) -> int:
        """What left the first shop: bodies, or what else the plant makes of them. [bodies]"""
        return int(self.daily[self.scenario.made[0]].sum())

    @property
    def ckd_sets(self) -> int:
        """CKD sets, which count neither as bodies nor as vehicles; 0 without [ckd]. [sets]"""
        return int(self.daily["ckd_sets"].sum()) if self.scenario.ckd is not None else 0

    @property
    def nominal(self) -> float:
        """Rate of the last shop times its shifts on the official working days. [vehicles]"""
        hours = units.ms_to_hours(int(self.open_hours.shops[self.gate].nominal.sum()))
        return float(self._rate * hours)

    @property
    def gate(self) -> str:
        """The last shop."""
        return [*self.scenario.shops][-1]

    @property
    def _rate(self) -> float:
        """Of the last shop, where it is measured. [vehicles/h]"""
        shop = self.scenario.shops[self.gate]
        if isinstance(shop, BlockTable):
            return shop.rate.value
        measured = self._joined.measured[self.gate][0]
        return units.MS_PER_H * measured.copies / measured.cycle_ms

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
            days[scenario.made[-1]].to_numpy(),
            days.get("ckd_sets", pd.Series(0, days.index)).to_numpy(),
            start=scenario.calendar.first_day,
            seed=self.seed,
            run=self.run,
        )

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a production day.

        Returns
        -------
        DataFrame
            Index day: its date. What the file calls by other names in `columns` has these here.

            <each shop>
                Left it: of Ningde bodies, painted (without CKD sets that are taken from the bodies)
                and vehicles, which passed the final check. The last one is called after the unit of
                the target. [bodies, vehicles]
            ckd_sets
                CKD sets made; only if the scenario has [ckd]. [sets]
            exported
                Cars and CKD sets on ships that left; only if the scenario has [export]. [units]
            scrapped
                Scrapped behind the first shop, or in the only one. [bodies]
            <each store>, in_<each block with a lead time>
                In these stores at the end of the day. [bodies]
            inside
                Between the first shop and the gate at the end of the day, in stores, buffers and
                stations; only if there are several shops. [bodies]
            nominal
                Shifts of an official working day; 0 on other days. [h]
            overtime, closures, maintenance, retooling, <each cause of the supply>,
            <each slowdown>, retooling_nights, launches, breakdown, blocked, starved, rework
                Hours that each cause took from the last shop, as `lost_hours` explains them. [h]
            made
                Hours of the last shop that made vehicles: nominal less all causes, exactly. [h]
        """
        table = self._days.copy()
        if self.shipping is not None:
            at = list(table.columns).index("scrapped")
            table.insert(at, "exported", self.shipping.daily["exported"].to_numpy())
        return table

    @cached_property
    def _days(self) -> pd.DataFrame:
        """`daily` without the exports."""
        run, plan, joined = self.shop_run, self.scenario, self._joined
        made = plan.made
        names = [store_name(plan, key) for key in plan.stores]
        flows = {
            word: lost_hours.daily(lost_hours.at_day_ends(run, "n_put", name))
            for word, name in zip(made, names, strict=False)
        }
        exits = [lost_hours.good_bodies(run, station) for station in joined.exits]
        flows[made[-1]] = np.sum(exits, axis=0)
        packed = np.zeros_like(flows[made[-1]])
        if plan.ckd is not None:
            packed = self._scrapped([PACKING]) if plan.ckd.packs_bodies else packed
            share = plan.ckd.share.value
            cumulative = np.cumsum(flows[made[-1]]) * share / (1 - share)
            from_parts = lost_hours.daily(np.rint(cumulative).astype(np.int64))
            flows["ckd_sets"] = packed if plan.ckd.uses_body_shop else from_parts
        behind = [name for lines in joined.behind.values() for name in lines]
        flows["scrapped"] = self._scrapped(
            station.name
            for line in run.shop.lines
            if line.name in behind or not joined.behind
            for station in line.stations
            if station.name != PACKING
        )
        levels = {column: lost_hours.at_day_ends(run, "level", n) for column, n in self._stocks}
        if joined.behind:
            net = flows[made[0]] - flows[made[-1]] - flows["scrapped"] - packed
            levels["inside"] = self._inside_at_end() - net.sum() + np.cumsum(net)
        days = pd.Index(self.open_hours.days.dates, name="day")
        table = pd.DataFrame(flows | levels, index=days)
        return pd.concat([table, self.lost_ms(self.gate) / units.MS_PER_H], axis=1)

    @property
    def _stocks(self) -> list[tuple[str, str]]:
        """Columns of levels, and their stores, in the order of the flow."""
        plan = self.scenario
        stocks = []
        for number, (key, shop) in enumerate(plan.shops.items()):
            if isinstance(shop, BlockTable) and shop.lead_time is not None:
                stocks.append((plan.columns.get(f"in_{key}", f"in_{key}"), inside_of(key)))
            for store in [*plan.stores][number : number + 1]:
                stocks.append((plan.columns.get(store, store), store_name(plan, store)))
        return stocks

    @result_table
    def monthly(self) -> pd.DataFrame:
        """A row a month.

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". Columns and units as in `daily`: levels of stores and
            inside at the end of the month, all others as sums.
        """
        months = pd.Index(self.open_hours.days.months, name="month")
        grouped = self.daily.groupby(months, sort=False)
        table = grouped.sum()
        levels = [column for column, _ in self._stocks]
        levels += ["inside"] if "inside" in table else []
        table[levels] = grouped[levels].last()
        return table

    @result_table
    def products(self) -> pd.DataFrame:
        """The vehicles of each product by month.

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". A column a product, in the order of the scenario: its
            vehicles that passed the final check; "all" in a plant without products. [vehicles]
        """
        months = self.open_hours.days.months
        names = [*self.scenario.products] or [each.name for each in self.shop_run.shop.products]
        if not names:
            return self.monthly[[self.scenario.made[-1]]].set_axis(["all"], axis=1)
        exits = self.shop_run.sequence
        exits = exits[exits["line"].isin([*(self.shop_run.shop.output or ())])]
        day = np.ceil(exits["time"].to_numpy() / 24).astype(int).clip(min=1) - 1
        table = pd.crosstab(np.array(months)[day], exits["product"].to_numpy())
        rows = pd.Index(dict.fromkeys(months), name="month")
        columns = pd.Index(names, name=None)
        return table.reindex(index=rows, columns=columns, fill_value=0)

    def lost_by_month(self, shop: str | None = None) -> pd.DataFrame:
        """The lost hours of one shop by month.

        Parameters
        ----------
        shop : str, optional
            By default the last one.

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
            A row a cause, in this order; nominal less all causes is made, exactly. A column a
            shop. [h]

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
                first shop, breakdown. A year `without("launches")` tells all that they cost.
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
        table = pd.DataFrame({shop: lost.sum() for shop, lost in self._lost.items()})
        return (table / units.MS_PER_H).rename_axis("cause")

    @result_table
    def losses(self) -> pd.DataFrame:
        """What each cause took from the last shop, from nominal to made.

        Returns
        -------
        DataFrame
            A row a cause, as in `lost_hours`.

            hours
                That the cause took from the last shop. [h]
            vehicles, or what else the plant makes
                These hours times the rate of the last shop. Without the cause the year need not
                make so many more: another one may take the hours. [vehicles]
        """
        hours = self.lost_hours[self.gate]
        return pd.DataFrame({"hours": hours, self.scenario.made[-1]: hours * self._rate})

    @result_table
    def waits(self) -> pd.DataFrame:
        """How long shops waited for those beside them, on days on which both work.

        Returns
        -------
        DataFrame
            A row a shop.

            before
                Without a part from the shop before it. [h]
            behind
                Without room in the store before the shop behind it. [h]
            open_hours
                Of the shop, on all days. [h]
        """
        shops, lost = [*self.scenario.shops], self._lost
        hours = {shop: table[[*WORKED]].sum(axis=1) for shop, table in lost.items()}
        rows = []
        for before, shop, behind in zip([None, *shops], shops, [*shops[1:], None], strict=False):
            starved, blocked = lost[shop]["starved"], lost[shop]["blocked"]
            rows.append(
                {
                    "before": starved[hours[before] > 0].sum() if before else 0,
                    "behind": blocked[hours[behind] > 0].sum() if behind else 0,
                    "open_hours": hours[shop].sum(),
                }
            )
        return pd.DataFrame(rows, index=pd.Index(shops, name="shop")) / units.MS_PER_H

    @property
    def limiting_shop(self) -> str:
        """The shop that limits the year: what speeds up another one brings it little.

        Between two shops the one for which the other waits longer limits. Of those that limit on
        both sides it is the one for which its neighbours wait longest.

        References
        ----------
        Kuo, Lim, Meerkov (1996), Mathematical Problems in Engineering 2, 233-276: bottlenecks by
        arrows from blocked and starved.
        """
        table, shops = self.waits, [*self.scenario.shops]
        ahead, behind = table["behind"].to_numpy()[:-1], table["before"].to_numpy()[1:]
        down = ahead > behind  # the shop before waits longer: the one behind it limits
        sides = zip([True, *down.tolist()], [*(~down).tolist(), True], strict=True)
        limits = [k for k, (left, right) in enumerate(sides) if left and right]
        theirs = np.append(0.0, ahead) + np.append(behind, 0.0)
        return shops[max(limits, key=theirs.__getitem__)]

    def lost_ms(self, shop: str | None = None) -> pd.DataFrame:
        """The lost time of one shop by day.

        Parameters
        ----------
        shop : str, optional
            By default the last one.

        Returns
        -------
        DataFrame
            Index day. Columns nominal, the causes in the order of `lost_hours`, made; nominal less
            all causes is made, exactly. [ms, int64]
        """
        shops = [*self.scenario.shops]
        name = self.gate if shop is None else shop
        if name not in shops:
            rule = f"shop must be one of {', '.join(shops)}"
            raise ValueError(checks.complain(f"YearRun {self.scenario.name!r}", rule, shop))
        return self._lost[name].copy()

    @cached_property
    def _lost(self) -> dict[str, pd.DataFrame]:
        """The lost time of each shop, as `lost_ms` gives it."""
        return {
            name: lost_hours.lost_ms(
                self.shop_run, self.open_hours, name, measured, first=number == 0
            )
            for number, (name, measured) in enumerate(self._joined.measured.items())
        }

    def _scrapped(self, stations: Iterable[str]) -> Ints:
        names = [station.name for station in self.shop_run.shop.stations]
        columns = [names.index(station) for station in stations]
        scrapped: Ints = self.shop_run.history.stations["scrapped"][:, columns].sum(axis=1)
        return lost_hours.daily(scrapped)

    def _inside_at_end(self) -> int:
        """Bodies between the first shop and the gate at the end. [bodies]"""
        run = self.shop_run
        lines = [name for of_shop in self._joined.behind.values() for name in of_shop]
        behind = [line for line in run.shop.lines if line.name in lines]
        rows = run.layout.stations
        stations = [k for k, row in enumerate(rows) if run.shop.lines[row.line] in behind]
        tables = pd.concat([run.stores, run.buffers])
        names = {name for line in behind for name in store_names(line.takes)}
        own = tuple(f"{line.name} > " for line in behind)  # buffers within a line
        inside = [name for name in tables.index if name in names or name.startswith(own)]
        loaded = run.counts.stations["content"][stations] > 0
        return int(tables.loc[inside, "level_end"].sum() + loaded.sum())

    def __repr__(self) -> str:
        return (
            f"YearRun({self.scenario.name!r}, seed={self.seed}, run={self.run}, "
            f"engine={self.engine!r}: {self.vehicles:,} {self.scenario.made[-1]})"
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


def _summary(run: YearRun) -> Iterator[str]:
    plan, months, daily = run.scenario, run.monthly, run.daily
    word = plan.made[-1]
    yield f"{plan.name}: {plan.calendar.first_day} to {plan.calendar.last_day}"
    against = ""
    if plan.target is not None:
        target = plan.target.value
        against = f", {run.vehicles - target:+,.0f} against the target of {target:,.0f}"
    sets = f", and {run.ckd_sets:,} CKD sets" if plan.ckd is not None else ""
    alone = sets if len(plan.made) == 1 else ""
    yield f"  {word:<18}{run.vehicles:,}{against}{alone}"
    if plan.target is not None and plan.ckd is not None:
        yield f"  with CKD sets     {run.vehicles + run.ckd_sets - target:+,.0f} against it"
    for column in plan.made[:-1]:
        yield f"  {column:<18}{daily[column].sum():,}{sets if column == plan.made[0] else ''}"
    of = word if plan.month_target is None else plan.month_target.unit
    best = f"{months[of].max():,} {of} ({months[of].idxmax()})"
    if plan.month_target is not None:
        wanted = plan.month_target.value
        full = int((months[of] >= wanted).sum())
        best += f"; {full} of {len(months)} months reach {wanted:,.0f}"
    yield f"  best month        {best}"
    if "inside" in months:
        yield f"  inside at the end {months['inside'].iloc[-1]:,} {plan.made[0]}"
    if len(plan.shops) > 1:
        waited = run.waits["before"] + run.waits["behind"]
        shares = (waited / run.waits["open_hours"]).fillna(0.0)
        told = ", ".join(f"{shop} {share:.1%}" for shop, share in shares.items())
        yield f"  limits the year   {run.limiting_shop}; of their open hours shops waited for those"
        yield f"                    beside them: {told}"
    yield f"  nominal           {run.nominal:,.0f} {word}; of these, at the gate"
    causes = run.losses[word].drop(["nominal", "made"])
    for cause, lost in causes[causes.abs() >= 0.5].items():
        yield f"    {cause:<16}{-lost:>+9,.0f}"
    yield f"  random streams    seed {run.seed}, run {run.run}, {run.engine} engine; one run only"
    yield from (f"  note              {note}" for note in plan.notes)


WORKED = ("launches", "breakdown", "blocked", "starved", "rework", "made")
"""Columns of lost hours that together are the open hours."""


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
    engine : {"compiled", "events", "reference"}
        All give equal results; the reference takes minutes.
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
    seed, run = check_year("simulate_year", "scenario", scenario, seed, run)
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
    return YearRun(scenario, seed, run, engine, hours, shop_run, joined)
