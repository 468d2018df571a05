"""The summary of a run, in a dozen lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine.rules import OPEN_STATES, STATES

if TYPE_CHECKING:
    from ningde_sim.engine.shop_run import ShopRun


def lines(run: ShopRun) -> list[str]:
    """What came out, where the open time went, what to know about the run."""
    stations = run.stations
    waits = run.utilisation[["blocked", "starved"]].fillna(0.0)
    total = stations[[*OPEN_STATES]].to_numpy().sum() or 1.0
    states = [state for state in OPEN_STATES if state != "setup" or stations[state].any()]
    shares = (f"{state} {stations[state].sum() / total:.1%}" for state in states)
    of = " of its open time" if stations["off"].any() else " of the time"
    engine = "reference" if run.engine == "reference" else "compiled"
    worst = (stations["down"] + stations["waiting"]).sort_values(ascending=False).head(3)
    return [
        f"{run.shop.name}: {run.span} after {run.warm_up:g} h of warm-up",
        f"  bodies            {run.bodies:,}: {_rates(run)}",
        f"  lead time         {_lead_time(run)}",
        f"  quality           {_quality(stations)}",
        f"  station hours     {', '.join(shares)}{_off(stations)}",
        f"  failures          {_failures(run)}",
        f"  most stopped      {', '.join(f'{n} {h:.1f} h' for n, h in worst.items())}",
        *(f"  most {s}      {w.idxmax()}, {w.max():.1%}{of}" for s, w in waits.items()),
        *(f"  repair crews      {crews}" for crews in _crews(run)),
        f"  random streams    seed {run.seed}, run {run.run}, {engine} engine; one run only",
        *([f"  stuck             {run.stuck}"] if run.stuck else []),
        *([f"  without parts     {', '.join(run.unfed)}"] if run.unfed else []),
        *(f"  note              {note}" for note in run.shop.notes),
    ]


def _off(stations: pd.DataFrame) -> str:
    """The share of closed time, which the shares of the open time leave out."""
    off = stations["off"].sum() / stations[[*STATES]].to_numpy().sum()
    return f" of open time; off {off:.1%} by the clock" if off else ", off 0.0%"


def _lead_time(run: ShopRun) -> str:
    """What half and what 95 % of the bodies stay below, and the work in process."""
    wip = f"work in process {run.wip:,.1f}"
    if not run.bodies:
        return f"no body; {wip}"
    half, most = (run.lead_time(q) for q in (0.5, 0.95))
    return f"P50 {half:.2f} h, P95 {most:.2f} h; {wip}"


def _quality(stations: pd.DataFrame) -> str:
    """What was scrapped, reworked and rejected."""
    names = ("scrapped", "reworked", "rejected")
    return ", ".join(f"{stations[name].sum():,} {name}" for name in names)


def _rates(run: ShopRun) -> str:
    """Bodies an hour by the clock, and by working time where that is not the same."""
    rate = f"{run.throughput:.2f} bodies an hour (JPH)"
    if run.working_hours in (0, run.hours):
        return rate
    return f"{rate} by the clock, {run.bodies / run.working_hours:.2f} a working hour"


def _failures(run: ShopRun) -> str:
    """How many, and how long a repair takes."""
    counted = {k: values[run.layout.breakdowns] for k, values in run.counts.failures.items()}
    n, repair = int(counted["failures"].sum()), counted["repair_ms"].sum() / units.MS_PER_MIN
    return f"{n:,}, MTTR {repair / n:.1f} min" if n else "0"


def _crews(run: ShopRun) -> Iterator[str]:
    """How many of each group, and how busy; without a number one is always free."""
    for name, crews in run.crews.iterrows():
        group = f"{name}: " if run.shop.crews else ""
        if math.isinf(crews["crews"]):
            yield f"always one free; {crews['asked']:.0f} repairs asked for one"
        else:
            yield (
                f"{group}{crews['crews']:g}, busy {crews['share_busy']:.1%}, "
                f"{crews['waited']:.0f} of {crews['asked']:.0f} repairs waited"
            )
