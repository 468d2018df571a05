"""Where the hours of a year went, shop by shop and day by day, to the last millisecond.

Each shop is measured at one station: the last of the body shop (of its first output line), the
topcoat line of paint, the line of assembly. Of the nominal hours of a day, the shifts on official
working days, are lost, in this order:

    overtime       hours that the plan adds, Saturdays included: a loss below zero
    closures       shifts of official working days that the plan leaves out, or makes shorter
    maintenance    shifts that leave no time for it
    retooling, <each cause of the supply>, <each slowdown>, retooling_nights, launches
                   hours in which the shop is closed, or slowed down, as `course` says
    breakdown      the station is stopped: down, waiting for a crew, a planned stop; in the body
                   shop, which is never short of parts, also when its last station has no body
    blocked        no place behind it: the shops that follow are slower, or stand
    starved        no body before it: the shops ahead are slower, or stand
    rework         work on bodies done again or scrapped, and on those still on the way at the end;
                   where cycles are random also what they are longer than their mean

What is left is `made`: what came out, times the cycle.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ningde_sim.engine.counts import Ints
from ningde_sim.engine.rules import State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.year.joined_shops import Meter
from ningde_sim.year.open_hours import Course
from ningde_sim.year.schema import ShopName
from ningde_sim.year.windows import by_day

_STOPPED = (State.DOWN, State.WAITING, State.PLANNED)


def of_days(cumulative: Ints) -> Ints:
    """What each day adds to counts that are kept at its end, along the first axis."""
    found: Ints = np.diff(cumulative, axis=0, prepend=0)
    return found


def station_number(run: ShopRun, name: str) -> int:
    """The column of a station in a history."""
    return [station.name for station in run.shop.stations].index(name)


def kept(run: ShopRun, count: str, store: str) -> Ints:
    """A count of a store at the end of each day."""
    number = [there.name for there in run.shop.stores].index(store)
    found: Ints = run.history.stores[count][:, number]
    return found


def good(run: ShopRun, station: str) -> Ints:
    """Bodies that a station passed on in each day, repeats and scrap left out."""
    k = station_number(run, station)
    counted = {name: values[:, k] for name, values in run.history.stations.items()}
    return of_days(counted["cycles"] - counted["scrapped"] - counted["reworked"])


def lost(run: ShopRun, course: Course, name: ShopName, meters: tuple[Meter, ...]) -> pd.DataFrame:
    """A row a day, the nominal time, what each cause took of it, what was made. [ms, int64]"""
    days, opening = course.days, course.shops[name]
    planned = by_day(opening.planned, len(days))
    table = {
        "nominal": days.nominal,
        "overtime": -np.maximum(planned - days.nominal, 0),
        "closures": np.maximum(days.nominal - planned, 0),
        **{cause: by_day(windows, len(days)) for cause, windows in opening.lost.items()},
    }
    spent = np.zeros((len(days), len(State) - 1), np.int64)
    made = np.zeros(len(days), np.int64)
    for meter in meters:
        spent += of_days(run.history.spent[:, station_number(run, meter.station)])
        made += good(run, meter.counted_at) * meter.cycle_ms
    stopped = spent[:, _STOPPED].sum(axis=1)
    starved = spent[:, State.STARVED]
    if name == "body_shop":
        stopped, starved = stopped + starved, np.zeros_like(starved)
    table["breakdown"] = stopped
    table["blocked"] = spent[:, State.BLOCKED]
    table["starved"] = starved
    table["rework"] = spent[:, State.WORKING] - made
    table["made"] = made
    return pd.DataFrame(table, index=pd.Index(days.dates, name="day"))
