"""Runs of a year as a continuous flow: shops as rates in their open hours, stores as limits.

Each run has the open hours and the drawn inputs of the engine's run with the same seed and number:
shifts, retooling, stops of the supply, slowdowns are those of that year, hour by hour. What fails
at random within a shop is in its mean rate alone (`ningde_sim.year.mean_rates`).

References
----------
Gershwin (1994), Manufacturing Systems Engineering, chapters 3 and 8: continuous flow, and plans at
the scale of hours in which failures are mean rates. Dallery, Gershwin (1992), Manufacturing flow
line systems, Queueing Systems 12, 3-94.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ningde_sim._support import units
from ningde_sim._support.intervals import Windows
from ningde_sim.engine.counts import Ints
from ningde_sim.year.drawn_plan import DrawnPlan
from ningde_sim.year.joined_shops import (
    FASTER,
    WARM_UP_DAYS,
    lead_capacity,
    warm_up_windows,
)
from ningde_sim.year.launches import mean_cycles, slows
from ningde_sim.year.mean_rates import Rate, block_rate, detailed_rates
from ningde_sim.year.open_hours import OpenHours, ShopHours, open_hours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.scenario_paths import BEFORE
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.shops import stations_in
from ningde_sim.year.tandem import Behind, cumulative_flow
from ningde_sim.year.windows import arrays

Floats = np.ndarray[Any, np.dtype[np.float64]]

WARM_UP = WARM_UP_DAYS * units.MS_PER_DAY


@dataclass(frozen=True, eq=False)
class FluidFlow:
    """What flows through the shops in one run, arrays of shape (n_days,).

    Attributes
    ----------
    scenario : Scenario
        With the values of the run, but not inside detailed shops and behind the gate.
    open_hours : OpenHours
        Those of the engine's run.
    made : dict of array
        By the columns of results what left each shop each day. [vehicles, bodies]
    ckd_sets, scrapped : array
        CKD sets; scrapped behind the first shop, or in the only one, each day. [sets, bodies]
    levels : dict of array
        By the columns of results what is in each store at the end of each day. [bodies]
    """

    scenario: Scenario
    open_hours: OpenHours
    made: dict[str, Floats]
    ckd_sets: Floats
    scrapped: Floats
    levels: dict[str, Floats]


class FluidModel:
    """A scenario, ready for many runs as a continuous flow.

    Parameters
    ----------
    scenario : Scenario
    drawn : bool
        Whether the uncertain inputs are drawn for each run; otherwise they have their typical
        values.

    Attributes
    ----------
    months : tuple of str
        Those of the calendar, such as "2021-09".
    month_begins : array
        The number of the first day of each. [int64]
    """

    def __init__(self, scenario: Scenario, *, drawn: bool = True) -> None:
        self._plan = DrawnPlan(scenario, drawn=drawn)
        heads = [key for key, shop in scenario.shops.items() if not isinstance(shop, BlockTable)]
        heads += [f"{key}{BEFORE}" for key in scenario.before]
        self._rates = {key: detailed_rates(scenario, key, self._plan.inside) for key in heads}
        self._slowed = {
            key: [
                name
                for name, table in scenario.products.items()
                if slows(table, stations_in(key, shop))
            ]
            for key, shop in scenario.shops.items()
        }
        calendar = scenario.calendar
        n_days = (calendar.last_day - calendar.first_day).days + 1
        days = np.datetime64(calendar.first_day) + np.arange(n_days)
        month, begins = np.unique(days.astype("datetime64[M]"), return_index=True)
        self.months = tuple(month.astype(str).tolist())
        self.month_begins: Ints = begins

    def run(self, seed: int, run: int) -> FluidFlow:
        """One run, with the inputs and the random streams of the engine's run."""
        plan, inside = self._plan.at(seed, run)
        hours = open_hours(plan, seed=seed, run=run)
        return _flow(plan, hours, self._speeds(plan, [*inside.values()]), self._slowed)

    def _speeds(self, plan: Scenario, inside: Sequence[float]) -> dict[str, Rate]:
        """By shop, and by shop before the retooling, the mean rate and the yield."""
        blocks = {k: block_rate(s) for k, s in plan.shops.items() if isinstance(s, BlockTable)}
        return {**blocks, **{key: rates.at(inside) for key, rates in self._rates.items()}}


def _flow(
    plan: Scenario,
    hours: OpenHours,
    speeds: Mapping[str, Rate],
    slowed: Mapping[str, Sequence[str]],
) -> FluidFlow:
    """What flows in the hours of a run; all counts are at the gate, until they are told."""
    at = _instants(plan, hours)
    kept = dict.fromkeys(plan.shops, 1.0)  # what is not packed into CKD sets
    if plan.ckd is not None and plan.ckd.packs_bodies:
        kept[[*plan.shops][-2]] = 1 - plan.ckd.share.value
    servers = [*_servers(plan, hours, speeds, slowed, kept, at)]
    flow = cumulative_flow([s.work for s in servers], [s.behind for s in servers[:-1]])
    days = np.searchsorted(at, np.arange(len(hours.days) + 1) * units.MS_PER_DAY)
    flow = [each[days] for each in flow]
    made = {
        server.shop: np.diff(each) / server.share
        for server, each in zip(servers, flow, strict=True)
        if server.shop is not None
    }
    levels = {
        plan.columns.get(server.store, server.store): (put - taken)[1:] / server.share
        for server, put, taken in zip(servers, flow, flow[1:], strict=False)
    }
    scrapping = [*plan.shops][1:] or [*plan.shops]
    scrapped = [made[key] / kept[key] * (1 / speeds[key][1] - 1) for key in scrapping]
    words = dict(zip(plan.shops, plan.made, strict=True))
    named = {words[key]: by_day for key, by_day in made.items()}
    return FluidFlow(plan, hours, named, _ckd_sets(plan, made), np.sum(scrapped, axis=0), levels)


@dataclass(frozen=True, eq=False)
class _Server:
    """A shop, or the station of one whose parts then travel to its check.

    Attributes
    ----------
    work : array, shape (n_instants,)
        What would have passed it up to each instant if it never waited, at the gate. [bodies]
    share : float
        Of what passes it what gets to the gate. [-]
    store : str
        Behind it; "" behind the last shop.
    behind : Behind
        That store.
    shop : str, optional
        The shop that parts leave here.
    """

    work: Floats
    share: float
    store: str
    behind: Behind
    shop: str | None = None


def _servers(
    plan: Scenario,
    hours: OpenHours,
    speeds: Mapping[str, Rate],
    slowed: Mapping[str, Sequence[str]],
    kept: Mapping[str, float],
    at: Ints,
) -> Iterator[_Server]:
    """The shops in the order of the flow; of one with a lead time its station and its check."""
    clocks: dict[int, Floats] = {}
    cycles: dict[tuple[str, ...], Any] = {(): 1.0}
    middle = (at[:-1] + at[1:]) / (2 * units.MS_PER_DAY)
    passed = [speeds[key][1] * kept[key] for key in plan.shops]
    for number, (key, shop) in enumerate(plan.shops.items()):
        own, share = hours.shops[key], math.prod(passed[number + 1 :])
        if id(own) not in clocks:
            clocks[id(own)] = _clock(at, own, hours.usual[key])
        clock = clocks[id(own)]
        if (names := tuple(slowed[key])) not in cycles:
            cycles[names] = mean_cycles(plan.products, hours.starts, names, middle)
        pace = _pace(plan, hours, key, speeds, at) * kept[key] * share / cycles[names]
        work = np.concatenate(([0.0], np.cumsum(pace * np.diff(clock))))
        if isinstance(shop, BlockTable) and shop.lead_time is not None:
            inside = kept[key] * share
            room = Behind(lead_capacity(shop) * inside, shop.lead_time.value, clock)
            yield _Server(work, inside, f"in_{key}", room)
            work = work / FASTER  # of the check
        store = next(iter([*plan.stores][number : number + 1]), "")
        capacity = plan.stores[store].value if store else math.inf
        yield _Server(work, share, store, Behind(capacity * share), shop=key)


def _instants(plan: Scenario, hours: OpenHours) -> Ints:
    """When the rate of a shop may change, since the first production day. [ms]

    The first are the days of the warm-up. Where all shops have the same plan, its windows need no
    instants: all of them stand still outside, at once. A slowdown counts by its mean in a day.
    """
    edges = [np.arange(-WARM_UP_DAYS, len(hours.days) + 1) * units.MS_PER_DAY]
    shops = {id(shop): shop for shop in hours.shops.values()}.values()
    closed = [shop.closed[cause] for shop in shops for cause in plan.supply]
    plans = {id(shop.planned): shop.planned for shop in shops}
    for windows in [*closed, *(plans.values() if len(plans) > 1 else ())]:
        if windows:
            edges += arrays(windows)
    at = np.sort(np.concatenate(edges))
    instants: Ints = at[np.append(True, at[1:] > at[:-1])]
    return instants


def _clock(at: Ints, shop: ShopHours, usual: Windows) -> Floats:
    """The open time of a shop up to each instant, those of the warm-up before its own. [h]"""
    warm_up = [(begin - WARM_UP, end - WARM_UP) for begin, end in warm_up_windows(usual)]
    times = [(warm_up, 1.0), *shop.paces[0]]
    begin, end = arrays([*chain.from_iterable(windows for windows, _ in times)])
    pace = np.repeat([pace for _, pace in times], [len(windows) for windows, _ in times])
    order = np.argsort(begin)
    edges = np.stack((begin[order], end[order]), axis=1).ravel()
    reached = np.cumsum((pace * (end - begin))[order]) / units.MS_PER_H
    clock: Floats = np.interp(at, edges, np.append(0.0, np.repeat(reached, 2)[:-1]))
    return clock


def _pace(plan: Scenario, hours: OpenHours, key: str, speeds: Mapping[str, Rate], at: Ints) -> Any:
    """The rate of a shop without new models, between each two instants, when open. [bodies/h]"""
    after = speeds[key][0]
    if key not in plan.before:
        return after
    return np.where(at[:-1] < hours.switch, speeds[f"{key}{BEFORE}"][0], after)


def _ckd_sets(plan: Scenario, made: Mapping[str, Floats]) -> Floats:
    """CKD sets of each day: taken from what leaves the last shop but one, or beside it. [sets]"""
    *_, gate = plan.shops
    if plan.ckd is None:
        return np.zeros_like(made[gate])
    of = [*plan.shops][-2] if plan.ckd.packs_bodies else gate
    share = plan.ckd.share.value
    return made[of] * share / (1 - share)
