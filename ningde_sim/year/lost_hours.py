"""Where the nominal hours of a year went, by shop, day and cause.

Each shop is measured at one station: a detailed shop at the last one of its first output line, a
block at its station. The nominal hours of a day are the shifts of an
official working day. From them are lost, in this order and to the millisecond:

    overtime       hours that the plan adds, Saturdays included: a loss below zero
    closures       shifts of official working days that the plan leaves out, or makes shorter
    maintenance    hours of shifts that leave too little time for it
    retooling, <each cause of the supply>, <each slowdown>, retooling_nights
                   hours in which the shop is closed or slowed down, see `open_hours`
    launches       what the station took longer for bodies of new models than for mature ones, until
                   their ramps are over; where they slow other stations the loss stands under
                   starved, blocked and, in the first shop, breakdown
    breakdown      the station is down, waits for a crew, is set up, or has a planned stop; in the
                   first shop, which never lacks parts, also time in which it has no body
    blocked        no room behind it: the shops after it are slower, or stand
    starved        no body before it: the shops ahead of it are slower, or stand
    rework         work done again, on scrapped bodies, and on bodies still inside at the end; with
                   random cycles also what they take longer than their mean, once new models slow
                   the station under launches

What is left is `made`: the bodies that came out, times the cycle. What the year would make without
new models tells `simulate_year(plan.without("launches"), ...)` with the same seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.rules import State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.year.joined_shops import MeasuredStation
from ningde_sim.year.open_hours import OpenHours
from ningde_sim.year.windows import by_day

_STOPPED = (State.SETUP, State.DOWN, State.WAITING, State.PLANNED)


def daily(cumulative: Ints) -> Ints:
    """What each day adds to counts at the end of each day, along the first axis."""
    added: Ints = np.diff(cumulative, axis=0, prepend=0)
    return added


def station_number(run: ShopRun, name: str) -> int:
    """The column of a station in a history."""
    return [station.name for station in run.shop.stations].index(name)


def at_day_ends(run: ShopRun, count: str, store: str) -> Ints:
    """A count of a store at the end of each day."""
    number = [each.name for each in run.shop.stores].index(store)
    counts: Ints = run.history.stores[count][:, number]
    return counts


def good_bodies(run: ShopRun, station: str) -> Ints:
    """Bodies that a station passed on each day, without repeats, rejects and scrap."""
    k = station_number(run, station)
    counts = {name: values[:, k] for name, values in run.history.stations.items()}
    lost = counts["scrapped"] + counts["reworked"] + counts["rejected"]
    return daily(counts["cycles"] - lost)


def lost_ms(
    run: ShopRun,
    hours: OpenHours,
    name: str,
    measured: tuple[MeasuredStation, ...],
    *,
    first: bool,
) -> pd.DataFrame:
    """The lost time of one shop.

    Parameters
    ----------
    run : ShopRun
        The whole plant, with a history by day.
    hours : OpenHours
    name : str
        The shop.
    measured : tuple of MeasuredStation
        Where it is measured.
    first : bool
        Whether no shop is before it, so that it never lacks parts.

    Returns
    -------
    DataFrame
        A row a day; columns nominal, the causes, made. [ms, int64]
    """
    days, shop = hours.days, hours.shops[name]
    planned = by_day(shop.planned, len(days))
    table = {
        "nominal": shop.nominal,
        "overtime": -np.maximum(planned - shop.nominal, 0),
        "closures": np.maximum(shop.nominal - planned, 0),
        **{cause: by_day(windows, len(days)) for cause, windows in shop.lost.items()},
    }
    spent = np.zeros((len(days), len(State) - 1), np.int64)
    made = np.zeros(len(days), np.int64)
    launches = np.zeros(len(days), np.int64)
    for each in measured:
        spent += daily(run.history.spent[:, station_number(run, each.station)]) // each.copies
        launches += _longer(run, each) // each.copies
        made += good_bodies(run, each.counted_at) * each.cycle_ms // each.copies
    stopped = spent[:, _STOPPED].sum(axis=1)
    starved = spent[:, State.STARVED]
    if first:
        stopped, starved = stopped + starved, np.zeros_like(starved)
    table["launches"] = launches
    table["breakdown"] = stopped
    table["blocked"] = spent[:, State.BLOCKED]
    table["starved"] = starved
    worked = by_day(shop.open, len(days)) - stopped - starved - spent[:, State.BLOCKED]
    table["rework"] = worked - launches - made
    table["made"] = made
    return pd.DataFrame(table, index=pd.Index(days.dates, name="day"))


def _longer(run: ShopRun, measured: MeasuredStation) -> Ints:
    """What a station worked longer than the mature cycles of its bodies, by day. [ms]

    Work on the body that it holds at the end of a day counts once that body is done.
    """
    k = station_number(run, measured.station)
    cycles = run.history.stations["cycles"][:, k]
    longer: Ints = run.history.spent[:, k, State.WORKING] - cycles * measured.cycle_ms
    if measured.slowed_from is None:
        return np.zeros_like(longer)
    first = min(max(0, measured.slowed_from // units.MS_PER_DAY), len(longer))
    longer = longer - (longer[first - 1] if first else 0)
    longer[:first] = 0
    return daily(np.minimum.accumulate(longer[::-1])[::-1].clip(min=0))
