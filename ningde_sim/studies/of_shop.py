"""A shop as an experiment: some hours, whose runs differ by random variation only."""

from __future__ import annotations

import dataclasses
import hashlib
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim.engine.period_tables import BY_DATE, BY_PERIOD
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulate import Engine, check_period, nothing_leaves, run_shop
from ningde_sim.exceptions import ShopStuck, WarmUpTooShort
from ningde_sim.plant import shop_paths
from ningde_sim.plant.run_dates import RunDates
from ningde_sim.plant.shipped import shipped_as
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics.estimate import Estimate
from ningde_sim.studies.experiment import Call, Experiment, Kept, Row, Workers
from ningde_sim.studies.kept_tables import checked, tables_of, taken
from ningde_sim.year.read import scenario

SHOP_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "bodies": "bodies",
        "throughput": "bodies/h",
        "scrapped": "bodies",
        "reworked": "bodies",
        "rejected": "bodies",
        "failures": "failures",
        "lead_time_p50": "h",
        "lead_time_p95": "h",
        "wip": "parts",
        **dict.fromkeys(STATES, "station hours"),
        "stuck": "h",
    }
)
"""What a study keeps of each run of a shop, and its unit."""

KEPT = (*(name for name in tables_of(ShopRun) if name not in ("trace", "sequence")), "exits")
"""What a study can keep of each run: tables with the same rows in each, and when bodies leave."""


def check_kept(
    owner: str,
    keep: Sequence[str],
    every: float | None,
    hours: float,
    dates: RunDates | None = None,
) -> tuple[tuple[str, ...], float | None]:
    """The names of what is kept, and the length of the periods, checked. [h]"""
    names = checked(owner, keep, KEPT)
    check_period(owner, every, hours)
    by_period = [name for name in names if name in BY_PERIOD]
    by_date = [name for name in names if name in BY_DATE]
    if by_date and dates is None:
        rule, cure = f"{by_date[0]} needs a calendar", 'Give calendar=..., start="2026-03-02".'
        raise ValueError(checks.complain(owner, rule, None, cure))
    if by_period and every is None and dates is None:
        rule, cure = f"{by_period[0]} needs every, the length of the periods", "Give every=24.0."
        raise ValueError(checks.complain(owner, rule, every, cure))
    if every is not None and not by_period:
        rule = "every has no effect without a table by period"
        raise ValueError(
            checks.complain(owner, rule, every, f"Keep one of {', '.join(BY_PERIOD)}.")
        )
    return names, None if every is None else float(every)


COUNTED = ("scrapped", "reworked", "rejected")
"""What all stations count together."""


SHOP_FILE = "shop.txt"
"""Where a program looks for a shop that does not ship."""


@dataclass(frozen=True)
class ShopExperiment(Experiment):
    """A shop, run for some hours; its inputs are known, so its runs differ by random variation.

    Parameters
    ----------
    shop : Shop
    hours : float
        Counted hours of each run. [h]
    warm_up : float
        Hours before them that do not count. [h]
    target : float, optional
        Bodies in the counted hours that are aimed at. [bodies]
    engine : {"compiled", "events", "reference"}
    keep : sequence of str
        What each run keeps besides its results: names from `KEPT`.
    every : float, optional
        Length of the periods of the tables by period. [h]
    dates : RunDates, optional
        With a calendar; they hold the same hours and warm-up.
    """

    shop: Shop
    hours: float
    warm_up: float = 0.0
    target: float | None = None
    engine: Engine = "compiled"
    keep: Sequence[str] = ()
    every: float | None = None
    dates: RunDates | None = None

    of = "bodies"
    also = ("throughput", "failures")
    units = SHOP_UNITS

    @property
    def title(self) -> str:
        """The name of the shop."""
        return self.shop.name

    @property
    def description(self) -> str:
        """Its hours, by the clock where it keeps working times, or days; and the warm-up."""
        after = f" after {self.warm_up:g} h" if self.warm_up else ""
        if self.dates is not None:
            return f"{self.dates.title}{after}"
        times = (self.shop.working_time, *(line.working_time for line in self.shop.lines))
        clock = " by the clock" if any(times) else ""
        return f"{self.hours:g} h{clock}{after}"

    @property
    def notes(self) -> Sequence[str]:
        """Those of the shop."""
        return self.shop.notes

    @property
    def prefer(self) -> Workers:
        """Processes for the reference engine, else threads."""
        return "processes" if self.engine == "reference" else "threads"

    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        """No inputs; the columns of `SHOP_UNITS`."""
        return {}, _row(self._run(seed, run if streams is None else streams))

    def run_keeping(self, seed: int, run: int) -> tuple[Row, Row, Kept]:
        """The same, and of the run what is to be kept."""
        by_date = any(name in (*BY_PERIOD, *BY_DATE) for name in self.keep)
        shop_run = self._run(seed, run, self.every, by_date=by_date)
        exits = (
            np.sort(np.concatenate([*shop_run.exits.values()])) if "exits" in self.keep else None
        )
        tables = taken(shop_run, (name for name in self.keep if name != "exits"))
        return {}, _row(shop_run), Kept(tables, exits)

    def _run(
        self, seed: int, run: int, every: float | None = None, *, by_date: bool = False
    ) -> ShopRun:
        return run_shop(
            self.shop,
            hours=self.hours,
            dates=self.dates,
            by_date=by_date,
            warm_up=self.warm_up,
            seed=seed,
            run=run,
            engine=self.engine,
            every=every,
        )

    def stuck(self, values: Mapping[str, Any], seed: int) -> ShopStuck | None:
        """The first of the runs in which stations got stuck, and how many there are."""
        runs = np.flatnonzero(values["stuck"])
        if not len(runs):
            return None
        first = self._run(seed, int(runs[0])).stuck
        assert first is not None  # the same run gives the same
        return ShopStuck(self.shop.name, first, len(runs), len(values["stuck"]))

    def check(self, counted: Estimate, seed: int) -> None:
        """Warn of a warm-up in which no body leaves run 0: the shop cannot be full then.

        Whether a longer one is too short the results cannot show: they are totals.
        """
        shop = self.shop
        if self.dates is not None:
            shop = dataclasses.replace(shop, working_time=self.dates.working_time)
        if self.warm_up and nothing_leaves(shop, self.warm_up, seed=seed, engine=self.engine):
            warnings.warn(WarmUpTooShort(counted, self.warm_up), stacklevel=3)

    def call(self) -> Call:
        """By its name where the shop ships, else from the text of the shop."""
        arguments: dict[str, object]
        arguments = {**self._time, "warm_up": self.warm_up, "engine": self.engine}
        if self.keep:
            arguments |= {"keep": [*self.keep], "every": self.every}
        if shipped := shipped_as(self.shop):
            name = shipped.function.__name__
            return Call([f"from ningde_sim import {name}, replicate"], f"{name}()", arguments)
        imports = ["from pathlib import Path", "", "from ningde_sim import *"]
        what = f"eval(Path({SHOP_FILE!r}).read_text('utf-8'))"
        return Call(imports, what, arguments, (SHOP_FILE, repr(self.shop)))

    @property
    def _time(self) -> dict[str, object]:
        """What says how long a run is."""
        if self.dates is None:
            return {"hours": self.hours}
        start, days = str(self.dates.calendar.start), self.dates.n_days
        return {"calendar": self.dates.described, "start": start, "days": days}

    def assumptions(self) -> pd.DataFrame | None:
        """Those of the scenario whose body shop it is; None where the shop does not ship."""
        shipped = shipped_as(self.shop)
        if shipped is None:
            return None
        table = scenario(shipped.scenario).assumptions()
        return table[table.index.str.startswith("body_shop.")]

    @property
    def content(self) -> Mapping[str, str]:
        """Hours, engine, and all values of the calendar and the shop."""
        values = {
            "shop": self.shop.name,
            "hours": self.hours,
            "warm_up": self.warm_up,
            "engine": self.engine,
            **(self.dates.content if self.dates else {}),
            **dict(shop_paths.values(self.shop)),
        }
        return {path: str(value) for path, value in values.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of hours or calendar, engine and the representation of the shop: all of it."""
        calendar = () if self.dates is None else (self.dates.content,)
        text = repr((self.hours, self.warm_up, self.engine, self.shop, *calendar))
        return hashlib.sha256(text.encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> ShopExperiment:
        """The same with other values of the shop, by its paths; none of them is uncertain."""
        return dataclasses.replace(self, shop=self.shop.replace(changes))


def _row(run: ShopRun) -> Row:
    """What a study keeps of a run; the arrays stay in the worker.

    It is taken straight from them: a table takes longer than a short run.
    """
    counted = run.counts.stations
    counts = {name: int(counted[name].sum()) for name in COUNTED}
    failures = run.counts.failures["failures"][run.layout.breakdowns]
    hours = {
        state: float(units.ms_to_hours(int(run.state_ms(State[state.upper()]).sum())))
        for state in STATES
    }
    stuck = min(run.hours, run.hours - run.stuck.since) if run.stuck else 0.0
    return {
        "bodies": run.bodies,
        "throughput": run.throughput,
        **counts,
        "failures": int(failures.sum()),
        "lead_time_p50": run.lead_time(0.5),
        "lead_time_p95": run.lead_time(0.95),
        "wip": run.wip,
        **hours,
        "stuck": stuck,
    }
