"""Run a shop once."""

from __future__ import annotations

import math
import warnings
from typing import Literal

from ningde_sim._support import checks, units
from ningde_sim._support.parallel import bar
from ningde_sim.engine import compiled, reference
from ningde_sim.engine.layout import lay_out
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.exceptions import LineUnfed, NoEffect, ShopStuck
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.shop import Shop

Engine = Literal["compiled", "reference"]
_ENGINES = {"compiled": compiled.run, "reference": reference.run}

MAX_PERIODS = 1_000_000
"""The most periods of a history: more would be a trace."""


def check_request(
    caller: str, shop: Shop, *, hours: float, warm_up: float, seed: int, engine: str
) -> tuple[str, float, float, int]:
    """Check the arguments of every run; the name for complaints, hours, warm-up, seed."""
    if not isinstance(shop, Shop):
        cure = "Call it." if callable(shop) else ""
        raise TypeError(checks.complain(caller, "it must be given a Shop", shop, cure))
    owner = f"{caller} {shop.name!r}"
    cure = "A shop needs them: hours=160, for example."
    hours = checks.number(owner, "hours", hours, above=True, high=units.MAX_HOURS, cure=cure)
    if not units.hours_to_ms(hours):
        raise ValueError(checks.complain(owner, "hours must be at least a millisecond", hours))
    warm_up = checks.number(owner, "warm_up", warm_up, high=units.MAX_HOURS)
    seed = checks.stream_number(owner, "seed", seed)
    checks.one_of(owner, "engine", engine, _ENGINES)
    return owner, hours, warm_up, seed


def check_period(owner: str, every: float | None, hours: float) -> int | None:
    """Check the period of a history. [ms]"""
    if every is None:
        return None
    cure = "None keeps no history."
    every = checks.number(owner, "every", every, above=True, high=units.MAX_HOURS, cure=cure)
    period = units.hours_to_ms(every)
    least = max(1, math.ceil(units.hours_to_ms(hours) / MAX_PERIODS))
    if period < least:
        rule = f"every must leave at most {MAX_PERIODS:,} periods, each at least 1 ms"
        cure = f"{hours:g} h need periods of at least {units.ms_to_hours(least):g} h."
        raise ValueError(checks.complain(owner, rule, every, cure))
    return period


def simulate(
    shop: Shop,
    *,
    hours: float,
    warm_up: float = 0.0,
    seed: int,
    run: int = 0,
    engine: Engine = "compiled",
    critical_path: bool = False,
    trace: bool = False,
    every: float | None = None,
    progress: bool | None = None,
) -> ShopRun:
    """Run a shop once.

    Parameters
    ----------
    shop : Shop
    hours : float
        Counted hours by the clock, after the warm-up: time outside the shop's working time counts
        too. [h]
    warm_up : float
        Hours before them that do not count; the shop starts empty. Without a warm-up the hours in
        which the shop fills count as well; `ningde_sim.warm_up.how_long` shows how long it takes.
        [h]
    seed : int
        Any whole number from 0 to 2**63 - 1; 0 is a seed like any other.
    run : int
        Which of the independent runs of the seed, from 0.
    engine : {"compiled", "reference"}
        Both give equal arrays; the reference is SimPy, slow and readable.
    critical_path : bool
        Keep the critical path: `ShopRun.critical_path()` shows where the time went. It takes some
        3 MB a year, packed, and memory for the steps that have not met in one path yet.
    trace : bool
        Keep each interval in each state: `ShopRun.trace`. Memory grows with the hours.
    every : float, optional
        Keep what was counted up to the end of each period of this many counted hours:
        `ShopRun.history`. The last period ends with the run and may be shorter. At most a million
        periods; memory grows with periods times stations and stores. [h]
    progress : bool, optional
        Show a bar; by default on a terminal, once it takes two seconds.

    Returns
    -------
    ShopRun

    Raises
    ------
    TypeError, ValueError
        Hours, seed, run or period out of bounds; an unknown engine.

    Warns
    -----
    ShopStuck
        Some stations can never move again.
    LineUnfed
        A line took no part, while lines that take the same did.
    NoEffect
        The shop has crews that no failure and no planned stop asks for.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station, simulate
    >>> line = Line("L", [Station("A", 50), Station("B", 60)])
    >>> simulate(Shop("two", [line]), hours=8, seed=0).bodies
    479
    >>> run = simulate(Shop("two", [line]), hours=8, seed=0, every=3)
    >>> run.history.stations["cycles"][:, 1]  # by station B after 3, 6 and 8 h
    array([179, 359, 479])
    """
    warn_of_idle_crews(shop)
    shop_run = run_shop(
        shop,
        hours=hours,
        warm_up=warm_up,
        seed=seed,
        run=run,
        engine=engine,
        critical_path=critical_path,
        trace=trace,
        every=every,
        progress=progress,
    )
    if shop_run.stuck:
        warnings.warn(ShopStuck(shop.name, shop_run.stuck), stacklevel=2)
    if beside := parallel(shop, shop_run.unfed):
        warnings.warn(LineUnfed(shop.name, beside), stacklevel=2)
    return shop_run


def warn_of_idle_crews(shop: Shop) -> None:
    """Warn of repair crews that nothing asks for; `run_shop` is silent, as it runs many times."""
    if not isinstance(shop, Shop) or not (idle := shop.crews_idle):
        return
    if shop.repair_crews is not None:
        rule = "repair_crews has no effect: no failure has crew=True"
        cure = "Set it for the failures whose repair needs a crew, or leave repair_crews out."
        text = checks.complain(f"Shop {shop.name!r}", rule, shop.repair_crews, cure)
    else:
        rule = (
            "each of crews must be asked for by a failure or a planned stop; these have no effect"
        )
        cure = "Name them, or a skill of theirs, as the crew of a failure, or leave them out."
        text = checks.complain(f"Shop {shop.name!r}", rule, ", ".join(idle), cure)
    warnings.warn(NoEffect(text), stacklevel=3)


def run_shop(
    shop: Shop,
    *,
    hours: float,
    warm_up: float = 0.0,
    seed: int,
    run: int = 0,
    engine: Engine = "compiled",
    critical_path: bool = False,
    trace: bool = False,
    every: float | None = None,
    progress: bool | None = False,
) -> ShopRun:
    """As `simulate`, without a warning: for callers with many runs, who warn once."""
    owner, hours, warm_up, seed = check_request(
        "simulate", shop, hours=hours, warm_up=warm_up, seed=seed, engine=engine
    )
    run = checks.stream_number(owner, "run", run)
    checks.flag(owner, "critical_path", critical_path)
    checks.flag(owner, "trace", trace)
    period = check_period(owner, every, hours)
    warm_up_ms = units.hours_to_ms(warm_up)
    layout = lay_out(shop, warm_up_ms + units.hours_to_ms(hours))
    total = round(hours + warm_up)
    with bar(shop.name, total=total, unit="h", shown=progress, delay=2.0) as meter:

        def report(now: int) -> None:
            meter.update(now // units.MS_PER_H - meter.n)

        counts = _ENGINES[engine](
            layout,
            warm_up=warm_up_ms,
            seed=seed,
            run=run,
            trace=trace,
            critical_path=critical_path,
            every=period,
            report=report,
        )
    return ShopRun(shop, hours, warm_up, seed, run, engine, counts, layout)


def parallel(shop: Shop, unfed: tuple[str, ...]) -> tuple[str, ...]:
    """Of the lines that took no part those beside which others take the same."""
    fed = [{*store_names(line.takes)} for line in shop.lines if line.name not in unfed]
    return tuple(name for name in unfed if {*store_names(shop.line(name).takes)} in fed)


def nothing_leaves(shop: Shop, hours: float, *, seed: int, engine: Engine) -> bool:
    """Whether no body leaves in the first `hours` [h] of run 0: then the shop cannot be full."""
    return not run_shop(shop, hours=hours, seed=seed, engine=engine, progress=False).bodies
