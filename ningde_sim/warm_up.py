"""How long a warm-up has to be: MSER-5 on output and stores of a shop from its empty start on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before
from ningde_sim._support.parallel import MOST_RUNS, number_of_workers, run_all
from ningde_sim._support.version import VERSION
from ningde_sim.engine.simulate import Engine, check_request, run_shop
from ningde_sim.engine.stuck import Stuck
from ningde_sim.exceptions import SeriesTooShort, ShopStuck, WarmUpTooShort
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.statistics.mser import BATCH, LEAST_BATCHES, Cut, mser

__all__ = ["Cut", "SeriesTooShort", "WarmUp", "WarmUpTooShort", "how_long", "mser"]


@dataclass(frozen=True, repr=False, eq=False)
class WarmUp:
    """Output and stores of a shop from its empty start on, and how much of that is warm-up.

    Attributes
    ----------
    title : str
        Name of the shop.
    every : float
        Length of a period, in working hours where `time` is given. [h]
    time : WorkingTime or None
        The working time that all lines keep: periods count its hours. None where they go by the
        clock.
    values : numpy.ndarray, shape (runs, n)
        Throughput (JPH) of each run in each period, read-only. [bodies/h, of working hours where
        `time` is given]
    levels : numpy.ndarray, shape (runs, n)
        Parts in all stores and buffers at the end of each period, read-only; where `time` is given,
        at the end of the hour by the clock in which the period ends. [parts]
    cut, level_cut : Cut
        By MSER-5 of the mean over the runs, of the throughput and of the parts. [periods]
    seed : int
        Seed of the random streams; the runs are numbered from 0.
    engine : str
    version : str
        Version of this library.
    """

    title: str
    every: float
    time: WorkingTime | None
    values: Values
    levels: Values
    cut: Cut
    level_cut: Cut
    seed: int
    engine: str
    version: str

    def __post_init__(self) -> None:
        self.values.flags.writeable = self.levels.flags.writeable = False

    @property
    def series(self) -> Values:
        """The mean over the runs, shape (n,). [bodies/h]"""
        return np.asarray(self.values.mean(axis=0))

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.values)

    @property
    def hours(self) -> float | None:
        """How long the warm-up has to be, by the clock; None where the series is too short. [h]

        The longer of two: until the throughput has settled, and until the stores have.
        """
        if not (self.cut.enough and self.level_cut.enough):
            return None
        worked = self.begin * self.every
        return worked if self.time is None else _by_clock(self.time, worked)

    @property
    def simulated(self) -> float:
        """Length of each run, in working hours where `time` is given. [h]"""
        return float(self.values.shape[1] * self.every)

    @property
    def rest(self) -> Estimate:
        """Throughput (JPH) after the warm-up, or in the second half without one. [bodies/h]

        From the mean of each run, with Student's t interval at 95 %.
        """
        return estimate.mean(self.values[:, self.begin :].mean(axis=1), level=0.95)

    @property
    def begin(self) -> int:
        """The first period after the warm-up; that of the second half without one."""
        if not (self.cut.enough and self.level_cut.enough):
            return int(self.values.shape[1] // 2)
        return max(self.cut.at, self.level_cut.at)

    def __repr__(self) -> str:
        answer = "no answer" if self.hours is None else f"{self.hours:g} h"
        return (
            f"WarmUp({self.title!r}, {self.runs} runs of {self.simulated:g} h, seed={self.seed}, "
            f"engine={self.engine!r}: {answer})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """Half a dozen lines: the answer, the throughput, the error without a warm-up."""
        return "\n".join(f"{head}{text}" for head, text in self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        whole, rest = float(self.series.mean()), self.rest
        if self.hours is None:
            yield f"{self.title}: ", "no answer, the series is too short"
            what = "the throughput" if not self.cut.enough else "what lies in the stores"
            why = f"{what} still changes in the second half of {self.simulated:g} h: ask for more"
            yield "  why          ", why
            yield "  second half  ", f"{rest} bodies/h, the mean"
        else:
            by = "" if self.time is None else " by the clock"
            yield f"{self.title}: ", f"a warm-up of {self.hours:g} h{by} will do"
            yield "  after it     ", f"{rest} bodies/h, the mean"
            if self.begin:
                start = float(self.series[: self.begin].mean())
                yield "  in it        ", f"{start:,.2f} bodies/h"
            if self.level_cut.at > self.cut.at:
                settled = float(self.levels.mean(axis=0)[self.level_cut.at :].mean())
                yield "  it ends when ", f"the stores have filled, to about {settled:,.4g} parts"
        yield "  all hours    ", f"{whole:,.2f} bodies/h{_off(whole, rest.value)}"
        of = "h" if self.time is None else "working h"
        by = f"MSER-5 on the mean of {self.runs} runs, {BATCH * self.every:g} {of} a step"
        yield "  by           ", by
        yield "  seed         ", f"{self.seed}, {self.engine} engine, version {self.version}"


def _off(whole: float, rest: float) -> str:
    """How far the mean from the start on is from that of the rest."""
    return f", {100 * (whole / rest - 1):+.2f} % off" if rest else ""


def how_long(
    shop: Shop,
    *,
    hours: float,
    runs: int = 20,
    seed: int,
    every: float | None = None,
    workers: int | None = None,
    engine: Engine = "compiled",
    progress: bool | None = None,
) -> WarmUp:
    """How many hours a shop takes from its empty start to its long-run throughput.

    The bodies of each hour, averaged over the runs, are a series that MSER-5 cuts: see `mser`. So
    are the parts in all stores and buffers: a store that still fills raises the throughput later.
    The longer of the two counts. A change that begins after the simulated hours cannot be seen:
    simulate at least ten times as long as you expect the warm-up to be.

    Parameters
    ----------
    shop : Shop
    hours : float
        Length of each run, from the empty start; at least 100 periods. [h]
    runs : int
        Number of runs. With few runs the series is rough.
    seed : int
        From 0 to 2**63 - 1.
    every : float, optional
        Length of a period by the clock. By default an hour. Where all lines keep one working time,
        an hour of it, so that nights don't look like a change; where they keep several, the longest
        of their periods, or a day. [h]
    workers : int, optional
        Number of runs at a time; all cores by default. It changes no result.
    engine : {"compiled", "events", "reference"}
    progress : bool, optional
        Show a bar; by default on a terminal.

    Returns
    -------
    WarmUp

    Raises
    ------
    TypeError, ValueError
        A number out of bounds, fewer than 100 periods, an unknown engine.

    Warns
    -----
    SeriesTooShort
        The throughput or the parts in the stores still change in the second half: there is no
        answer.
    ShopStuck
        Some stations can never move again.

    Examples
    --------
    A store of 600 parts at the start is used up in ten hours:

    >>> from ningde_sim import Line, Shop, Station, Store, warm_up
    >>> lines = [Line("a", [Station("A", 60)], puts="s"), Line("b", [Station("B", 30)], takes="s")]
    >>> shop = Shop("full", lines, stores=[Store("s", 900, initial=600)])
    >>> warm_up.how_long(shop, hours=200, runs=2, seed=0).hours
    10.0
    """
    request: Any = {"hours": hours, "warm_up": 0.0, "seed": seed, "engine": engine}
    owner, hours, _, seed, _ = check_request("how_long", shop, **request)
    runs = checks.whole(owner, "runs", runs, low=2, high=MOST_RUNS)
    workers = number_of_workers(owner, workers)
    time = _kept_by_all(shop) if every is None else None
    if every is None:
        every = 1.0 if time else _repeats(shop)
    every = checks.number(owner, "every", every, above=True, high=hours)
    period = max(1, units.hours_to_ms(every))
    n = units.hours_to_ms(time.hours_until(hours) if time else hours) // period
    if n < LEAST_BATCHES * BATCH:
        kind = "working hours" if time else f"periods of {every:g} h"
        rule = f"hours must hold at least {LEAST_BATCHES * BATCH} {kind}"
        least = LEAST_BATCHES * BATCH * every
        least = _by_clock(time, least) if time else least
        raise ValueError(checks.complain(owner, rule, hours, f"Take {least:,g} h or more."))
    task = partial(_rates, shop, seed, engine, hours, period, n, time is not None)
    prefer: Any = "processes" if engine == "reference" else "threads"
    options: Any = {"workers": workers, "prefer": prefer, "shown": progress}
    series, levels, stuck = zip(
        *run_all(task, range(runs), title=shop.name, **options), strict=True
    )
    values = np.array(series)
    if dead := [each for each in stuck if each]:
        warnings.warn(ShopStuck(shop.name, dead[0], len(dead), runs), stacklevel=2)
    parts = np.array(levels)
    cut, level_cut = (mser(each.mean(axis=0)) for each in (values, parts))
    result = WarmUp(shop.name, every, time, values, parts, cut, level_cut, seed, engine, VERSION)
    if result.hours is None:
        warnings.warn(SeriesTooShort(result.rest, None), stacklevel=2)
    return result


def _kept_by_all(shop: Shop) -> WorkingTime | None:
    """The working time that all lines keep; None where there are several, or none."""
    times = {line.working_time or shop.working_time for line in shop.lines}
    return times.pop() if len(times) == 1 else None


def _by_clock(time: WorkingTime, worked: float) -> float:
    """The time at which so many hours have been worked. [h]"""
    span = max(time.every or 0.0, worked, 1.0)
    while time.hours_until(span) < worked:
        span *= 2
    passed = 0.0
    for opening, closing in time.until(span):
        if passed + closing - opening >= worked:
            return opening + worked - passed if worked else 0.0
        passed += closing - opening
    return span


def _repeats(shop: Shop) -> float:
    """The longest period after which a working time of the shop repeats. [h]"""
    kept = [
        shop.working_time,
        *(line.working_time for line in shop.lines),
        *(store.working_time for store in shop.stores),
    ]
    return max((time.every or 24.0 for time in kept if time), default=1.0)


def _rates(
    shop: Shop, seed: int, engine: Engine, hours: float, period: int, n: int, worked: bool, run: int
) -> tuple[Values, Values, Stuck | None]:
    """Throughput of one run in each of n periods of so many ms, shape (n,); parts in the stores."""
    if not worked:
        hours = n * float(units.ms_to_hours(period))
    each = float(units.ms_to_hours(period))
    result = run_shop(shop, hours=hours, seed=seed, run=run, engine=engine, every=each)
    times, ends = np.concatenate([*result.exits.values()]), period * np.arange(1, n + 1)
    if worked:
        windows = result.windows(shop.lines[0].name).T
        times = open_before(times, *windows)
        times = times[times <= n * period]
        ends = _clock_ms(ends, *windows)
    which = np.clip(-(-times // period) - 1, 0, n - 1)
    rates = np.asarray(np.bincount(which, minlength=n) / each)
    parts = result.history.stores["level"].sum(axis=1)
    return rates, parts[np.minimum(-(-ends // period), len(parts)) - 1], result.stuck


def _clock_ms(worked: Values, opens: Values, closes: Values) -> Values:
    """The instants by the clock at which so much working time has passed. [ms]"""
    passed = np.cumsum(closes - opens)
    window = np.searchsorted(passed, worked)
    return np.asarray(closes[window] - passed[window] + worked)
