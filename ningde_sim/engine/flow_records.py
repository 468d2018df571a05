"""Where bodies flow: which shops the compiled engine need not run event by event, and how.

The rules are the same; `_kernel` says how it works. What it cannot put in order yet is told.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ningde_sim.engine import _kernel
from ningde_sim.engine.layout import Layout, StationLayout

Records = np.ndarray[Any, Any]

GAVE_UP = {
    _kernel.SAME_STORE: "two stations asked at one store at one event",
    _kernel.SAME_COUNT: "two parts of one count were born at one event",
    _kernel.SAME_CREW: "two stations asked for a crew at one event",
    _kernel.NO_TIME: "a cycle or a repair took no time",
    _kernel.NO_ROOM: "more happened at a time than there is room for",
}
"""Why bodies stopped to flow, and the run was made anew event by event."""

LONGEST_RUN = 2**45
"""Of which times and numbers of events are one number. [ms]"""


LEAST = 2
"""Of a cycle that the flow counts down: each of its repeats takes time. [ms]"""


@lru_cache(maxsize=2)  # the runs of a study share a layout
def hindrance(layout: Layout) -> str:
    """What of a shop does not flow; "" if all does."""
    if layout.horizon >= LONGEST_RUN or n_slots(layout) >= 2**_kernel.MOST_SLOTS:
        return "size"
    kinds = {
        "calendar clocks": any(row.clock == "calendar" for row in layout.failures),
        "failures of lines": any(row.of_line for row in layout.failures),
        "failures that scrap": any(row.then == "scrap" for row in layout.failures),
        "alternatives": any(len(row.stores) > 1 and row.route < 0 for row in layout.joins),
        "lines that index": any(row.together for row in layout.stations),
        "lines that choose parts": any(row.choosy or row.picks for row in layout.stations),
        "conveyors": any(row.headway for row in layout.stores),
        "banks": any(row.lanes for row in layout.stores),
        "stores in order": any(row.in_order for row in layout.stores),
        "hand to hand with several": not all(_meets_one(layout, row) for row in layout.stations),
    }
    return next((kind for kind, hinders in kinds.items() if hinders), "")


def n_slots(layout: Layout) -> int:
    """How many things have events."""
    things = len(layout.windows), 2 * len(layout.stores), len(layout.stations), len(layout.failures)
    return sum(things)


def _meets_one(layout: Layout, row: StationLayout) -> bool:
    """Whether a station that meets others hand to hand meets only one at each store."""
    putters, takers = layout.feeders_and_takers
    for j in (*row.takes, *row.puts, *row.returns, *row.rejects):
        join = layout.joins[j]
        if all(layout.stores[store].capacity for store in join.stores):
            continue
        store = join.stores[0]
        one = len(join.stores) == 1 and join.route < 0 and join.number == 1
        one = one and len(putters[store]) == 1 == len(takers[store])
        if not one or j in (*row.returns, *row.rejects) or (j in row.puts and len(row.puts) > 1):
            return False
    return True


def flow_records(
    layout: Layout, stations: Records, stores: Records, streams: Records
) -> dict[str, Any]:
    """The records of the flow; which stores are shared."""
    putters, takers = layout.feeders_and_takers
    joins = layout.joins
    stores["shared"] = [max(map(len, sides)) > 1 for sides in zip(putters, takers, strict=True)]
    rows, n = layout.stations, len(stations)
    flow = np.zeros(n, _kernel.FLOW)
    flow["slot"] = len(layout.windows) + len(stores) + np.arange(n)
    alike = (stations["varies"] == 0) & (stations["changes"] < 0) & (stations["fails"] == 0.0)
    cycles = streams[stations["cycle"]]
    flow["rate"] = np.where(cycles["code"] == _kernel.FIXED, cycles["a"] * cycles["unit"], 0.0)
    alike &= (flow["rate"] >= LEAST) & (flow["rate"] < _kernel.LONG)
    flow["fixed"] = np.where(alike, np.maximum(stations["fixed"], 0), -1)
    asking = [any(layout.failures[i].groups for i in _between_bodies(layout, row)) for row in rows]
    flow["crewed"] = asking
    births = [_births(layout, group) for group in range(layout.n_groups)]
    counted = [k for several in births if len(several) > 1 for k in several]
    flow["counted"][counted] = 1

    def shares(numbers: range) -> bool:
        return any(stores["shared"][i] for j in numbers for i in joins[j].stores)

    flow["shares_in"] = flow["counted"] | np.array([shares(row.takes) for row in rows])
    flow["shares_out"] = [shares(row.puts) for row in rows]
    flow["feeder"] = flow["taker"] = np.arange(n)
    for k, row in enumerate(rows):
        _ways(layout, flow[k], row, stations[k], stores)
    for h in flow:  # who hands its body on, and who takes it, do so in the simple way, or neither
        if h["ways_in"] == _kernel.BY_HAND and flow["ways_out"][h["feeder"]] != _kernel.BY_HAND:
            h["ways_in"] = _kernel.GENERIC
    flow["plain"] = (flow["ways_in"] == _kernel.BY_HAND) & (flow["fixed"] >= 0)
    flow["plain"] &= (flow["carriers"] == 0) & (flow["splits"] == 0)
    n_places = int(stores["places_end"].max(initial=0))
    n_events = 4 * n + 2 * len(layout.failures) + 4 * len(stores) + 64
    return {
        "flow": flow.view(np.recarray),
        "ring": np.zeros(n_places + 1, _kernel.RING).view(np.recarray),
        "heap": np.zeros((n_events, 2), np.int64),
        "calls": np.zeros(n + 1, np.int64),
    }


def _between_bodies(layout: Layout, row: StationLayout) -> list[int]:
    """The planned stops and setups with a crew of a station, among the failures."""
    return [i for i in row.failures if layout.failures[i].is_planned]


def _births(layout: Layout, group: int) -> list[int]:
    """The stations at which parts with a product may be born, of one count."""
    lines = layout.shop.lines
    return [
        k
        for k, row in enumerate(layout.stations if layout.by_product else ())
        if row.makes and row.group == group and layout.shop.gives_birth(lines[row.line])
    ]


def _ways(layout: Layout, h: Any, row: StationLayout, station: Any, stores: Records) -> None:
    """How a station takes and puts, where that is simple."""
    putters, takers = layout.feeders_and_takers

    def only_store(numbers: range) -> int:
        """The store of a single join, of one part; else -1."""
        joins = [layout.joins[j] for j in numbers]
        simple = len(joins) == 1 and joins[0].number == 1 and len(joins[0].stores) == 1
        return joins[0].stores[0] if simple and takers[joins[0].stores[0]] else -1

    def way(store: int) -> int:
        return _kernel.BY_RING if stores["capacity"][store] else _kernel.BY_HAND

    def counts(store: int) -> bool:
        """Whether it counts products."""
        return layout.by_product and bool(stores["declared"][store])

    born = layout.by_product and row.makes and layout.shop.gives_birth(layout.shop.lines[row.line])
    if not row.takes and not layout.by_product:
        h["ways_in"], h["carriers"] = _kernel.ENDLESS, 1
    elif not row.takes and h["counted"]:
        h["ways_in"] = _kernel.COUNTED
    elif (store := only_store(row.takes)) >= 0 and not stores["shared"][store] and not born:
        h["ways_in"], h["in_store"], h["carriers"] = way(store), store, stores["declared"][store]
        if h["ways_in"] == _kernel.BY_HAND and counts(store):
            h["ways_in"] = _kernel.GENERIC
        if putters[store]:
            h["feeder"] = putters[store][0]
    if row.output and not row.puts:
        h["ways_out"] = _kernel.OUT
    elif station["hands_on"] and (store := only_store(row.puts)) >= 0:
        h["ways_out"] = _kernel.SHARED if stores["shared"][store] else way(store)
        h["out_store"], h["taker"] = store, takers[store][0]
    elif station["hands_on"] and layout.joins[row.puts.start].route >= 0:
        to = list(layout.joins[row.puts.start].stores)
        h["splits"] = stores["capacity"][to].all() and all(takers[store] for store in to)
    if h["ways_in"] == h["ways_out"] == _kernel.BY_RING and not h["carriers"]:
        both = [h["in_store"], h["out_store"]]
        at_once = not stores["transit"][both].any() and not any(map(counts, both))
        h["passes"] = h["fixed"] >= 0 and at_once
