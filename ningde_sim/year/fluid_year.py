"""A year as a continuous flow, in a millisecond: close to a simulated one, and no substitute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from ningde_sim._support.result_table import result_table
from ningde_sim._support.summary import wrapped
from ningde_sim.year.fluid_model import FluidFlow, FluidModel
from ningde_sim.year.open_hours import OpenHours
from ningde_sim.year.scenario import Scenario, check_year


@dataclass(frozen=True, repr=False, eq=False)
class FluidYear:
    """An approximation of one run of a scenario: a continuous flow.

    It has the open hours of the year that `simulate_year` runs with the same seed and number, and
    no random failures: each shop makes its mean in each open hour, as far as the stores beside it
    let it. Its counts are no whole numbers. It moves with the simulated year and is not that year;
    use it beside simulated ones, as a control variate, or to look around before them.

    Attributes
    ----------
    scenario : Scenario
        What was run, each quantity at its value.
    seed, run : int
        Its random streams.

    Examples
    --------
    >>> shops = {"press": {"rate": 50}, "paint": {"rate": 60}}
    >>> week = {"shifts": 1, "shift_hours": 8, "start": "2026-03-02", "end": "2026-03-06"}
    >>> plan = Scenario.of(shops, calendar=week, stores={"between": 40})
    >>> fluid_year(plan, seed=0)
    FluidYear('press', seed=0, run=0: about 2,000 parts, an approximation without random failures)
    """

    scenario: Scenario
    seed: int
    run: int
    _flow: FluidFlow

    @property
    def open_hours(self) -> OpenHours:
        """The open hours of each shop, equal to those of the simulated year."""
        return self._flow.open_hours

    @property
    def vehicles(self) -> float:
        """What left the last shop: vehicles, or what else the plant makes. [vehicles]"""
        return float(self._flow.made[self.scenario.made[-1]].sum())

    @property
    def bodies(self) -> float:
        """What left the first shop: bodies, or what else the plant makes of them. [bodies]"""
        return float(self._flow.made[self.scenario.made[0]].sum())

    @property
    def ckd_sets(self) -> float:
        """CKD sets, which count neither as bodies nor as vehicles; 0 without [ckd]. [sets]"""
        return float(self._flow.ckd_sets.sum())

    @result_table
    def daily(self) -> pd.DataFrame:
        """A row a production day.

        Returns
        -------
        DataFrame
            Index day: its date. Columns as in `YearRun.daily`, by the names that the file calls
            them, each as a float.

            <each shop>
                Left it. [bodies, vehicles]
            ckd_sets
                Only if the scenario has [ckd]. [sets]
            scrapped
                Scrapped behind the first shop, or in the only one; in a shop with lines none.
                [bodies]
            <each store>, in_<each block with a lead time>
                In these stores at the end of the day. [bodies]
        """
        flow = self._flow
        sets = {"ckd_sets": flow.ckd_sets} if self.scenario.ckd is not None else {}
        columns = {**flow.made, **sets, "scrapped": flow.scrapped, **flow.levels}
        return pd.DataFrame(columns, index=pd.Index(self.open_hours.days.dates, name="day"))

    @result_table
    def monthly(self) -> pd.DataFrame:
        """A row a month.

        Returns
        -------
        DataFrame
            Index month, such as "2021-09". Columns and units as in `daily`: levels of stores at the
            end of the month, all others as sums.
        """
        grouped = self.daily.groupby(
            pd.Index(self.open_hours.days.months, name="month"), sort=False
        )
        table = grouped.sum()
        levels = [*self._flow.levels]
        table[levels] = grouped[levels].last()
        return table

    def __repr__(self) -> str:
        return (
            f"FluidYear({self.scenario.name!r}, seed={self.seed}, run={self.run}: "
            f"about {self.vehicles:,.0f} {self.scenario.made[-1]}, an approximation without random "
            "failures)"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A few lines: that it is an approximation, and what came out."""
        return wrapped("\n".join(_summary(self)))


def _summary(year: FluidYear) -> Iterator[str]:
    plan, monthly = year.scenario, year.monthly
    word = plan.made[-1]
    yield f"{plan.name}: {plan.calendar.first_day} to {plan.calendar.last_day}"
    yield (
        "  approximation     a continuous flow without random failures, close to a simulated year "
        "but no substitute: simulate_year runs station by station"
    )
    sets = f", and {year.ckd_sets:,.0f} CKD sets" if plan.ckd is not None else ""
    yield f"  {word:<18}{year.vehicles:,.0f}{sets}"
    for column in plan.made[:-1]:
        yield f"  {column:<18}{monthly[column].sum():,.0f}"
    yield f"  best month        {monthly[word].max():,.0f} {word} ({monthly[word].idxmax()})"
    yield f"  random streams    seed {year.seed}, run {year.run}: the hours of that simulated year"


def fluid_year(plan: Scenario, *, seed: int, run: int = 0) -> FluidYear:
    """Run a scenario once as a continuous flow, each of its quantities at its value.

    In its open hours, which are those of `simulate_year` with the same seed and number, each shop
    makes its mean rate: a block its rate times its uptime, a shop of zones what a formula tells,
    any other shop its `theory.capacity`. Stores between shops are limits; new models slow the
    shops. Each shop begins after the same undisturbed days as in `simulate_year`. Nothing fails at
    random, so vehicles differ from those of the simulated year by what its failures did besides
    their mean.

    Parameters
    ----------
    plan : Scenario
        Each quantity has its typical value; `plan.draw(seed, run)` draws from the ranges.
    seed : int
        Any whole number from 0 to 2**63 - 1; 0 is a seed like any other.
    run : int
        Number of the independent run of that seed, from 0.

    Returns
    -------
    FluidYear

    Raises
    ------
    TypeError, ValueError
        No Scenario, seed or run out of bounds.

    References
    ----------
    Gershwin (1994), Manufacturing Systems Engineering, chapter 3: lines as continuous flows.
    Dallery, Gershwin (1992), Queueing Systems 12, 3-94.

    Examples
    --------
    >>> from ningde_sim import scenario
    >>> year = fluid_year(scenario("ningde-2021"), seed=0)
    >>> year.monthly["vehicles"].sum().round(3).item() == round(year.vehicles, 3)
    True
    """
    seed, run = check_year("fluid_year", "plan", plan, seed, run)
    flow = FluidModel(plan, drawn=False).run(seed, run)
    return FluidYear(plan, seed, run, flow)
