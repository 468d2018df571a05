"""The compiled engine: writes a layout into arrays, runs the kernel, collects what it counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate
from time import perf_counter
from typing import Any, get_args

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER, UNBORN
from ningde_sim.engine.counts import COUNTED, Counts, History, Ints, Packed
from ningde_sim.engine.critical_path import PathStep, awaited, between
from ningde_sim.engine.flow_records import GAVE_UP, LONGEST_RUN, flow_records, hindrance, n_slots
from ningde_sim.engine.layout import JoinLayout, Layout, StationLayout, StopLayout
from ningde_sim.engine.rules import State
from ningde_sim.plant.line import MOST_LANES, AtClose, BankRule
from ningde_sim.plant.product import SequenceKind
from ningde_sim.plant.station import StopUnit, Then

EVENTS = 100_000
"""Events of the first call of the kernel; later calls are sized to last `PATIENCE`."""

MOST_EVENTS = 1 << 23
"""The most events of a call, about a second; it may return long before, for lack of room."""

PATIENCE = 0.1
"""Time after which the kernel returns to Python, where Ctrl-C works. [s]"""

N_BUCKETS = 1024
"""Buckets of the calendar of events; together they span several mean cycles of all stations."""

N_EXITS = 1 << 14
"""Bodies after which the kernel hands over the times at which they left."""

N_TRACE = 1 << 16
"""Intervals after which it hands over the trace."""

N_STEPS = 1 << 16
"""Steps after which it drops those on no path, and hands over the critical path."""

_FIELDS = {"failures": "n_failures"}
_RECORDS = {"clocks": "failures"}
"""Counts and tables that have another name in the records of the kernel."""

Records = np.ndarray[Any, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def _ranges(lengths: list[int], first: int = 0) -> tuple[Ints, Ints]:
    """Begin and end of consecutive pieces of an array."""
    ends = first + np.cumsum(np.array(lengths, dtype=np.int64))
    return ends - np.array(lengths, dtype=np.int64), ends


def _records(n: int, dtype: np.dtype[Any]) -> Records:
    """Rows whose fields are attributes, in Numba and, without it, in Python."""
    return np.zeros(n, dtype).view(np.recarray)


def _times(layout: Layout) -> tuple[Records, Ints]:
    times = _records(len(layout.windows), _kernel.TIME)
    first, end = _ranges([len(windows) for windows in layout.windows])
    times["windows_end"] = end
    for time, begin, windows in zip(times, first, layout.windows, strict=True):
        open_at_start = bool(windows) and windows[0][0] == 0
        time["now"] = begin if open_at_start else begin - 1
        time["close"] = windows[0][1] if open_at_start else -1
        time["closed_ms"] = 0 if open_at_start else -1
    pairs = [pair for windows in layout.windows for pair in windows]
    return times, np.array(pairs or [(0, 0)], dtype=np.int64)


def _births(layout: Layout) -> list[int]:
    """The births of all parts at the start: those in stores, then those on stations. [ms]"""
    births = [born for row in layout.stores for born in row.initial]
    return births + [row.born for row in layout.stations if row.content]


def _stores(layout: Layout, births: list[int]) -> tuple[Records, Ints, Records, Ints]:
    stores = _records(len(layout.stores), _kernel.STORE)
    for field in ("capacity", "transit", "headway", "time"):
        stores[field] = [getattr(row, field) for row in layout.stores]
    stores["level"] = stores["ready"] = [len(row.initial) for row in layout.stores]
    stores["free"] = stores["capacity"] - stores["level"]
    stores["in_order"] = [row.in_order for row in layout.stores]
    stores["declared"] = [row.declared for row in layout.stores]
    stores["selects"] = [row.in_order or row.lanes > 0 for row in layout.stores]
    stores["lanes"] = [row.lanes for row in layout.stores]
    stores["rule"] = [get_args(BankRule).index(row.rule) for row in layout.stores]
    stores["last_in"] = stores["last_out"] = -2
    stores["most_out"] = -1
    putters, takers = layout.feeders_and_takers
    stations = [k for side in (takers, putters) for store in side for k in store]
    stores["takers"], stores["takers_end"] = _ranges([*map(len, takers)])
    first = sum(map(len, takers))
    stores["putters"], stores["putters_end"] = _ranges([*map(len, putters)], first)
    n_under_way = [
        row.capacity + 1 if row.headway else row.capacity if row.transit else 0
        for row in layout.stores
    ]
    stores["under_way"], _ = _ranges(n_under_way, len(stations))
    belts = stores["headway"] > 0
    stores["n_under_way"] = np.where(belts, np.maximum(stores["level"] - 1, 0), 0)
    stores["ready"] = np.where(belts, np.minimum(stores["level"], 1), stores["level"])
    queues = np.array([*stations, *[0] * (sum(n_under_way) + 1)], dtype=np.int64)
    return stores, queues, *_parts(layout, stores, putters, births)


def _parts(
    layout: Layout, stores: Records, putters: list[list[int]], births: list[int]
) -> tuple[Records, Ints]:
    """The parts, and their places in the stores: hand to hand one for each putter."""
    rows = layout.stores
    n_places = [row.capacity or max(1, len(k)) for row, k in zip(rows, putters, strict=True)]
    stores["places"], stores["places_end"] = _ranges(n_places)
    stores["out"] = stores["in_"] = stores["places"]
    places = np.zeros(sum(n_places) + 1, np.int64)
    n_parts = 0
    for store, row in zip(stores, rows, strict=True):
        n = len(row.initial)
        places[store["places"] : store["places"] + n] = n_parts + np.arange(n)
        store["in_"] += n if n < max(1, row.capacity) else 0
        n_parts += n
    parts = _records(sum(n_places) + len(layout.stations) + 1, _kernel.PART)
    parts["born"][: len(births)] = births
    parts["product"] = parts["number"] = -1 if layout.by_product else 0
    return parts, places


def _number_parts(floor: _kernel.Floor, layout: Layout) -> None:
    """Give the parts at the start their products, and each count its first number."""
    floor.groups_of_lines["next"] = layout.first_numbers
    floor.groups_of_lines["choosy"][[row.group for row in layout.stations if row.choosy]] = 1
    n = len(layout.stations)
    for place, numbers in layout.at_start.items():
        if place < n:
            held = [floor.stations["part"][place]]
        else:
            first = floor.stores["places"][place - n]
            held = floor.places[first : first + len(numbers)]
        for part, number in zip(held, numbers, strict=True):
            if number >= 0:
                floor.parts["number"][part] = number
                product = int(_kernel.product_of_number(floor, number))
                floor.parts["product"][part] = product
                if floor.parts["born"][part] != UNBORN:
                    floor.products["wip"][product] += 1
                if product >= 0 and place >= n and layout.stores[place - n].declared:
                    floor.held[place - n, product, 0] += 1


def _products(layout: Layout) -> Records:
    shop = layout.shop
    products = _records(len(layout.products), _kernel.PRODUCT)
    for row, product in zip(products, shop.products, strict=False):
        row["share"] = shop.mix[product.name]
        row["start"] = units.hours_to_ms(product.start)
        row["first"] = NEVER if product.start else 0
        if product.ramp:
            row["ramp"], row["tau"] = product.ramp.start, product.ramp.tau * units.MS_PER_H
    return products


def _recipes(layout: Layout, streams: Records) -> Records:
    recipes = _records(len(layout.recipes), _kernel.RECIPE)
    recipes["cycle"] = [row.cycle for row in layout.recipes]
    recipes["fixed"] = _whole_ms(streams[recipes["cycle"]])
    recipes["scrap"] = [row.scrap for row in layout.recipes]
    recipes["again"] = [row.scrap + row.rework for row in layout.recipes]
    recipes["fails"] = recipes["again"] + [row.reject for row in layout.recipes]
    recipes["ramps"] = [row.ramps for row in layout.recipes]
    return recipes


def _joins(layout: Layout) -> tuple[Records, Ints, Floats]:
    """The joins, and the alternatives of those that have several, with the shares of splits."""
    rows = layout.joins
    joins = _records(len(rows), _kernel.JOIN)
    joins["number"] = [row.number for row in rows]
    joins["route"] = [row.route for row in rows]
    joins["store"] = [row.stores[0] if _is_single(row) else -1 for row in rows]
    joins["used"] = joins["store"]
    joins["matches"] = [row.matches for row in rows]
    joins["partner"] = _partners(layout)
    for station in layout.stations:
        joins["takes"][station.takes.start : station.takes.stop] = 1
    several = [() if _is_single(row) else row.stores for row in rows]
    joins["alternatives"], joins["alternatives_end"] = _ranges([*map(len, several)])
    below = [[*accumulate(row.shares)] or [0.0] * len(row.stores) for row in rows]
    shares = [
        share
        for row, each in zip(rows, below, strict=True)
        if not _is_single(row)
        for share in each
    ]
    stores = [store for each in several for store in each]
    return joins, np.array(stores or [0], np.int64), np.array(shares or [0.0], np.float64)


def _partners(layout: Layout) -> list[int]:
    """Whom the station of each join meets, hand to hand: the only one at the store, or any."""
    putters, takers = layout.feeders_and_takers
    partners = []
    for k, row in enumerate(layout.stations):
        for j in (*row.takes, *row.puts, *row.returns, *row.rejects):
            stores = layout.joins[j].stores
            by_hand = any(layout.stores[store].capacity == 0 for store in stores)
            both = {*putters[stores[0]], *takers[stores[0]]} - {k}
            one = both.pop() if _is_single(layout.joins[j]) and len(both) == 1 else _kernel.ANYONE
            partners.append(one if by_hand else _kernel.NOBODY)
    return partners


def _is_single(row: JoinLayout) -> bool:
    return len(row.stores) == 1 and row.route < 0


def _failures(layout: Layout) -> tuple[Records, Records, Ints]:
    rows = layout.failures
    failures = _records(len(rows), _kernel.FAILURE)
    for field in ("of_line", "time", "uptime", "repair", "priority"):
        failures[field] = [getattr(row, field) for row in rows]
    failures["station"] = [row.stations.start for row in rows]
    failures["stations_end"] = [row.stations.stop for row in rows]
    failures["planned"] = [int(row.is_planned) + row.is_setup for row in rows]
    failures["calendar"] = [row.clock == "calendar" for row in rows]
    then = {name: number for number, name in enumerate(get_args(Then))}
    failures["then"] = [then[row.then] for row in rows]
    failures["groups"], failures["groups_end"] = _ranges([len(row.groups) for row in rows])
    failures["group"] = -1
    failures["fails_at"] = NEVER
    in_line = [row.of_line and row.clock == "operating" for row in rows]
    clocks = dict.fromkeys(row.stations for row, is_so in zip(rows, in_line, strict=True) if is_so)
    numbers = {stations: n for n, stations in enumerate(clocks)}
    failures["clock"] = [
        numbers[row.stations] if is_so else -1 for row, is_so in zip(rows, in_line, strict=True)
    ]
    lines = _records(len(clocks), _kernel.LINE)
    for line, stations in zip(lines, clocks, strict=True):
        first = layout.stations[stations[0]]
        line["time"] = first.time
        line["failures"] = first.line_failures.start
        line["failures_end"] = first.line_failures.stop
    groups = [group for row in rows for group in row.groups]
    return failures, lines, np.array(groups or [0], dtype=np.int64)


def _stops(layout: Layout) -> Records:
    stops = _records(len(layout.stops), _kernel.STOP)
    for field in ("every", "duration", "failure"):
        stops[field] = [getattr(row, field) for row in layout.stops]
    stops["unit"] = [get_args(StopUnit).index(row.stop.unit) for row in layout.stops]
    stops["next"] = stops["every"]
    return stops


def _crews(layout: Layout) -> Records:
    crews = _records(len(layout.crews), _kernel.CREW)
    crews["number"] = [row.crew.number for row in layout.crews]
    crews["time"] = [row.time for row in layout.crews]
    return crews


def _stations(layout: Layout, failures: Records, recipes: Records) -> Records:
    rows = layout.stations
    stations = _records(len(rows), _kernel.STATION)
    for field in ("time", "cycle", "quality"):
        stations[field] = [getattr(row, field) for row in rows]
    for field in ("takes", "puts", "returns", "rejects"):
        stations[field] = [getattr(row, field).start for row in rows]
        stations[f"{field}_end"] = [getattr(row, field).stop for row in rows]
    routed = [any(layout.joins[j].route >= 0 for j in (*row.puts, *row.rejects)) for row in rows]
    stations["splits"] = routed
    stations["content"] = [row.content for row in rows]
    held = stations["content"] > 0
    stations["part"][held] = sum(len(row.initial) for row in layout.stores) + np.arange(held.sum())
    stations["mates"] = [row.together.start for row in rows]
    stations["mates_end"] = [row.together.stop if row.together else 0 for row in rows]
    stations["indexed_at"] = -1
    stations["one_way"] = [
        not split and not row.returns and not row.rejects
        for row, split in zip(rows, routed, strict=True)
    ]
    rounds = [layout.shop.lines[row.line].rounds for row in rows]
    stations["hands_on"] = [_hands_on(layout, row) for row in rows]
    stations["most_rounds"] = [NEVER if most is None else most for most in rounds]
    stations["at_close"] = [get_args(AtClose).index(row.at_close) for row in rows]
    for field in ("stops", "failures", "line_failures"):
        stations[field] = [getattr(row, field).start for row in rows]
        stations[f"{field}_end"] = [getattr(row, field).stop for row in rows]
    stations["clock"] = -1
    for failure in failures[failures["clock"] >= 0]:
        stations["clock"][failure["station"] : failure["stations_end"]] = failure["clock"]
    stations["line"] = [row.line if row.output else -1 for row in rows]
    stations["recipes"] = [row.recipes.start for row in rows]
    for field in ("fixed", "scrap", "again", "fails"):
        stations[field] = recipes[field][stations["recipes"]]
    _make_products(stations, layout)
    stations["next_stop"] = [
        min((_looks_at(layout.stops[i]) for i in row.stops), default=NEVER) for row in rows
    ]
    stations["fails_at"] = NEVER
    stations["state"], stations["task"] = _kernel.STARVED, _kernel.WORKING
    return stations


def _make_products(stations: Records, layout: Layout) -> None:
    """What stations know of products."""
    rows, n = layout.stations, len(layout.products)
    stations["varies"] = [len(row.recipes) > 1 for row in rows]
    stations["drawn"] = n * np.arange(len(rows))
    stations["set_for"] = -1
    stations["changes"] = [row.setups.start if row.setups else -1 for row in rows]
    stations["setup_failure"] = [row.setup_failure for row in rows]
    if layout.by_product:
        stations["makes"] = [sum(1 << product for product in row.makes) for row in rows]
        stations["rank"] = [len(row.makes) * _kernel.RANK if n > 1 else 0 for row in rows]
    stations["choosing"] = _kernel.ALL
    for field in ("choosy", "picks", "group"):
        stations[field] = [getattr(row, field) for row in rows]


def _hands_on(layout: Layout, row: StationLayout) -> bool:
    """Whether a station does nothing to a finished body but put it to one store."""
    one = len(row.puts) == 1 and layout.joins[row.puts.start].number == 1
    rounds = layout.shop.lines[row.line].rounds if row.last else None
    return one and not row.output and rounds is None


def _looks_at(row: StopLayout) -> int:
    """The first start before which a stop may be due: by the hour any. [cycles]"""
    return row.every if row.stop.unit == "cycles" else 0


def _whole_ms(cycles: Records) -> Ints:
    """The fixed cycles that last whole ms, but for the rounding of floats; of others -1. [ms]"""
    exact = cycles["a"] * cycles["unit"]
    whole = np.rint(exact)
    is_whole = (cycles["code"] == _kernel.FIXED) & (np.abs(exact - whole) <= 4e-16 * exact)
    return np.where(is_whole, whole, -1).astype(np.int64)


def build(
    layout: Layout, *, seed: int, run: int, trace: bool, critical_path: bool = False
) -> _kernel.Floor:
    """Write a layout into the arrays of the kernel."""
    blank = _blank(layout)
    floor = blank.copy()
    g = floor.g
    g["seed"], g["run"], g["tracing"] = np.uint64(seed).astype(np.int64), run, trace
    floor.failures["first"] = layout.first_uptimes(seed, run)
    if layout.by_product:
        _number_parts(floor, layout)
    if trace:
        room = len(floor.stations) + len(floor.failures)
        floor = floor.replace(trace=np.zeros((N_TRACE + 4 * room, 4), np.int64))
    if critical_path:
        floor = floor.replace(**_steps(N_STEPS + 3 * len(floor.stations)))
    return floor


@lru_cache(maxsize=2)  # the runs of a study share a layout
def _blank(layout: Layout) -> _kernel.Floor:
    """A floor without the seed and what hangs on it, with no room to trace or for steps."""
    plain, values = layout.streams.arrays()
    streams = plain.view(np.recarray)
    times, windows = _times(layout)
    births = _births(layout)
    stores, queues, parts, places = _stores(layout, births)
    joins, alternatives, shares = _joins(layout)
    failures, lines, groups = _failures(layout)
    recipes = _recipes(layout, streams)
    stations = _stations(layout, failures, recipes)
    n_products, n_events = len(layout.products), n_slots(layout)
    g = _records(1, _kernel.GLOBAL)
    g["free_crews"] = sum(row.crew.number for row in layout.crews)
    g["first_queued"] = g["first_free"] = -1
    g["n_parts"], g["wip"] = len(births), sum(born != UNBORN for born in births)
    g["exit_of"] = next(k for k, row in enumerate(layout.stations) if row.output)
    means = [row.station.cycle_distribution.mean * units.MS_PER_S for row in layout.stations]
    between = max(1.0, float(np.mean(means)) / len(means))  # visits [ms]
    g["width"] = int(np.log2(between))
    g["bits"] = _kernel.MOST_SLOTS if layout.horizon < LONGEST_RUN else 0
    rates = [1.0 / max(means[k], 1.0) for k, row in enumerate(layout.stations) if row.output]
    g["exit_gap"] = int(max(between, 1.0 / sum(rates)))
    _sequence(g, layout)
    arrays = _kernel.Arrays(
        by_product=1 if layout.by_product else None,
        g=g,
        times=times,
        stations=stations,
        stores=stores,
        failures=failures,
        lines=lines,
        stops=_stops(layout),
        crews=_crews(layout),
        groups=groups,
        streams=streams,
        values=values,
        windows=windows,
        joins=joins,
        alternatives=alternatives,
        shares=shares,
        parts=parts,
        places=places,
        products=_products(layout),
        groups_of_lines=_records(layout.n_groups, _kernel.GROUP),
        orders=np.array(layout.sequence or [0] * _kernel.KEPT_PRODUCTS, np.int64),
        recipes=recipes,
        changes=np.array(layout.changes or [-1], np.int64),
        drawn=np.zeros(len(stations) * n_products, np.int64),
        tally=np.zeros((len(stations), n_products, 3), np.int64),
        held=np.zeros((len(stores) + 1, n_products, 3), np.int64),
        lanes=np.zeros((MOST_LANES, 2), np.int64),
        choices=np.zeros((len(joins) + 1, 6), np.int64),
        queues=queues,
        ways=np.zeros((len(queues), 2), np.int64),
        spent=np.zeros((len(stations), len(State)), np.int64),
        due=np.full(n_events, NEVER, np.int64),
        after=np.full(n_events, -1, np.int64),
        buckets=np.full(N_BUCKETS, -1, np.int64),
        due_now=np.zeros(n_events, np.int64),
        woken=np.zeros(2 * len(stations), np.int64),
        team=np.zeros(len(stations) + 1, np.int64),
        exits=np.zeros((N_EXITS + len(stations), 5), np.int64),
        exit_keys=np.zeros(N_EXITS + len(stations), np.int64),
        trace=np.zeros((1, 4), np.int64),
        **_steps(1),
        **flow_records(layout, stations, stores, streams),
    )
    return _kernel.Floor(arrays)


def _sequence(g: Records, layout: Layout) -> None:
    """How the products follow each other."""
    sequence = layout.shop.sequence
    g["n_products"] = len(layout.products)
    g["batch"], g["choices_of"] = sequence.batch if sequence else 1, layout.choices
    if sequence is not None:
        g["sequence"] = get_args(SequenceKind).index(sequence.kind)


def _steps(n: int) -> dict[str, Ints]:
    """Room for `n` steps of the critical path."""
    return {
        "steps": np.zeros((n, 4), np.int64),
        "marks": np.zeros(n, np.int64),
        "path": np.zeros((n, 4), np.int64),
    }


class _Path:
    """The critical path as far as it is known, and room for the steps that may continue it."""

    def __init__(self, layout: Layout, begin: int) -> None:
        self.layout = layout
        self.begin = begin
        self.rows = Packed(3)

    def add(self, rows: Ints) -> None:
        """Append the steps that follow, without those that ended by the beginning."""
        rows = rows[rows[:, 2] > self.begin]
        if len(rows):
            self.rows.add(rows - np.array([0, self.begin, self.begin]))

    def make_room(self, floor: _kernel.Floor) -> _kernel.Floor:
        """The floor, with room for more steps if little was left."""
        g = floor.g[0]
        if not g.noting:
            return floor
        most = int(_kernel.most_steps(floor))
        if g.n_steps <= most:
            return floor
        n = _kernel.compact(floor)
        self.add(floor.path[:n, :3])
        n_steps = int(g.n_steps)
        if n_steps <= most // 2:
            return floor
        grown = _steps(2 * len(floor.steps))
        grown["steps"][:n_steps] = floor.steps[:n_steps]
        return floor.replace(**grown)

    def complete(self, floor: _kernel.Floor) -> Packed:
        """The steps that the last body waited for, then those after it."""
        g = floor.g[0]
        for rows, low in (
            (_backwards(floor, int(g.exit_cause)), self.begin),
            (self._going_on(floor), int(g.exit_at)),
        ):
            self.add(np.array(between(rows, low), np.int64).reshape(-1, 3))
        return self.rows

    def _going_on(self, floor: _kernel.Floor) -> Iterator[PathStep]:
        """The step that the station of the last body waits for and those before it, last first."""
        g, stores = floor.g[0], floor.stores
        thing = awaited(
            self.layout,
            floor.stations["content"],
            _chosen(floor).tolist(),
            stores["level"],
            stores["ready"],
            stores["free"],
            int(g.exit_of),
        )
        now = int(g.now)
        if thing is None:
            yield 2 * self.layout.stuck, int(g.exit_at), now
        elif thing < 0:
            belt = stores[-1 - thing]
            begin, before = floor.ways[belt.under_way + belt.capacity]
            yield 2 * self.layout.transit(-1 - thing), int(begin), now
            yield from _backwards(floor, int(before))
        elif thing < len(floor.stations):
            station = floor.stations[thing]
            if station.content != _kernel.LOADED:
                cause = int(station.cause)
                begin = int(floor.steps[cause, 2]) if cause >= 0 else int(g.exit_at)
                yield 2 * self.layout.closed(thing), begin, now
                yield from _backwards(floor, cause)
                return
            _kernel.split(floor, thing)
            yield int(_kernel.doing(floor, thing)), int(station.started), now
            yield from _backwards(floor, int(station.before))
        else:
            store = stores[thing - self.layout.transit(0)]
            begin, before = floor.ways[store.under_way + store.first]
            yield 2 * thing, int(begin), now
            yield from _backwards(floor, int(before))


def _backwards(floor: _kernel.Floor, step: int) -> Iterator[PathStep]:
    """A step and those before it, last first."""
    while step >= 0:
        what, begin, end, step = floor.steps[step].tolist()
        yield what, begin, end


def run(
    layout: Layout,
    *,
    warm_up: int,
    seed: int,
    run: int,
    trace: bool,
    critical_path: bool,
    ends: Ints | None,
    report: Callable[[int], None],
    by_events: bool = False,
) -> Counts:
    """Run a layout to its horizon.

    Parameters
    ----------
    warm_up : int
        [ms]
    ends : array, optional
        Keep a history, a row up to each of these instants since the warm-up, which rise to the end
        of the run. [ms, int64]
    report : callable
        Called with the clock now and then. [ms]
    by_events : bool
        Go from event to event; otherwise bodies flow where they can.
    """
    kept = {"asked for": by_events, "trace": trace, "critical path": critical_path}
    why = next((reason for reason, holds in kept.items() if holds), "") or hindrance(layout)
    request: dict[str, Any] = {"warm_up": warm_up, "seed": seed, "run": run, "trace": trace}
    request |= {"critical_path": critical_path, "ends": ends, "report": report}
    if not why:
        try:
            return _run(layout, _flow, "", **request)
        except _GaveUp as gave_up:
            why = GAVE_UP[gave_up.args[0]]
    return _run(layout, _kernel.advance, why, **request)


class _GaveUp(Exception):
    """Keys did not tell the order of what happened."""


def _flow(floor: _kernel.Floor, until: int, events: int) -> bool:
    """As `_kernel.advance`, but bodies flow from opening to closing."""
    now, gave_up, n_exits = (floor.g[name] for name in ("now", "gave_up", "n_exits"))
    stop = int(now[0]) + (events << int(floor.g["width"][0]))
    while now[0] < min(until, stop):
        end = int(_kernel.flow(floor, until, events))
        if gave_up[0]:
            raise _GaveUp(int(gave_up[0]))
        if end > now[0] and not _kernel.advance(floor, end, events):
            return False
        if n_exits[0] > N_EXITS // 2:
            break
    return bool(now[0] >= until)


def _run(
    layout: Layout,
    engine: Callable[[_kernel.Floor, int, int], bool],
    why: str,
    *,
    warm_up: int,
    seed: int,
    run: int,
    trace: bool,
    critical_path: bool,
    ends: Ints | None,
    report: Callable[[int], None],
) -> Counts:
    """Run it by events, for the reason told, or in the flow."""
    floor = build(layout, seed=seed, run=run, trace=trace, critical_path=critical_path)
    path_so_far = _Path(layout, warm_up)
    exits = {row.line: Packed(4) for row in layout.stations if row.output}
    intervals: list[Ints] = []

    events = EVENTS

    def advance(until: int, *, keep: bool) -> None:
        nonlocal floor, events
        done = False
        while not done:
            began = perf_counter()
            done = bool(engine(floor, until, events))
            took = perf_counter() - began
            if not keep:
                floor.g["n_exits"] = 0
            if not done:  # after so many events, or for lack of room
                fitting = int(events * PATIENCE / max(took, 1e-6))
                events = max(1, min(2 * events, fitting, MOST_EVENTS))
                _drain(floor, warm_up, exits, intervals)
            floor = path_so_far.make_room(floor)
            report(int(floor.g["now"][0]))

    floor.g["tracing"] = trace and warm_up == 0
    if critical_path and not warm_up:
        _kernel.note_causes(floor)
    level_start, wip_start = floor.stores["level"].copy(), int(floor.g["wip"][0])
    _kernel.start(floor)
    if warm_up:
        advance(warm_up, keep=False)
        _kernel.close_accounts(floor)
        _clear(floor)
        floor.g["tracing"] = trace
        if critical_path:
            _kernel.note_causes(floor)
        level_start, wip_start = floor.stores["level"].copy(), int(floor.g["wip"][0])
    history = None
    if ends is not None:
        history = History.blank(ends, len(floor.stations), len(floor.stores))
    stops = [layout.horizon - warm_up] if ends is None else ends.tolist()
    for row, end in enumerate(stops):
        advance(warm_up + end, keep=True)
        if history is not None:
            _keep(floor, history, row)
    _kernel.close_accounts(floor)
    _drain(floor, warm_up, exits, intervals)
    traced = np.concatenate(intervals) if trace else None
    path = path_so_far.complete(floor) if critical_path else None
    return _collect(floor, warm_up, level_start, wip_start, exits, traced, history, path, why)


def _keep(floor: _kernel.Floor, history: History, row: int) -> None:
    """Store what stations and stores have counted up to now.

    The accounts of the failures stay open, because a wait for a crew is measured from where its
    account was last closed.
    """
    _kernel.close_accounts(floor, False)
    stores = _counted(floor, "stores") | {"level": floor.stores["level"]}
    wip = {name: int(floor.g[name][0]) for name in ("wip_ms", "wip")}
    history.keep(row, _counted(floor, "stations"), floor.spent[:, : State.OFF], stores, wip)


def _inside(floor: _kernel.Floor) -> Ints:
    """The parts on stations and in stores, a row each: where, birth, rounds."""
    loaded = np.flatnonzero(floor.stations["content"] != _kernel.EMPTY)
    place, held = [loaded], [floor.stations["part"][loaded]]
    for i in np.flatnonzero(floor.stores["level"] > 0):
        store = floor.stores[i]
        ring = floor.places[store.places : store.places_end]
        at = (store.out - store.places + np.arange(store.level)) % len(ring)
        place.append(np.full(store.level, len(floor.stations) + i))
        held.append(ring[at])
    parts = floor.parts[np.concatenate(held)]
    told = (parts[name] for name in ("born", "rounds", "product", "number"))
    return np.column_stack((np.concatenate(place), *told)).astype(np.int64)


def _chosen(floor: _kernel.Floor) -> Ints:
    """The store that each join uses for the body that waits, if a split chose it; else -1."""
    return np.where(floor.joins["route"] >= 0, floor.joins["store"], -1).astype(np.int64)


def _drain(
    floor: _kernel.Floor, warm_up: int, exits: dict[int, Packed], intervals: list[Ints]
) -> None:
    """Take over the exits and the trace that the kernel has written, to make room for more."""
    n_exits = int(floor.g["n_exits"][0])
    rows, keys = floor.exits[:n_exits], floor.exit_keys[:n_exits]
    if np.any(keys[1:] < keys[:-1]):
        rows = rows[np.argsort(keys, kind="stable")]
    for number, times in exits.items():
        own = rows if len(exits) == 1 else rows[rows[:, 0] == number]
        times.add(own[:, 1:] - np.array([warm_up, 0, 0, 0]))
    intervals.append(floor.trace[: int(floor.g["n_trace"][0])] - np.array([0, 0, warm_up, warm_up]))
    floor.g["n_exits"] = floor.g["n_trace"] = 0


def _counted(floor: _kernel.Floor, table: str) -> dict[str, Ints]:
    """What the kernel has counted, by the names of `COUNTED`: views of its records."""
    records = getattr(floor, _RECORDS.get(table, table))
    return {name: records[_FIELDS.get(name, name)] for name in COUNTED[table]}


def _clear(floor: _kernel.Floor) -> None:
    """Forget what was counted in the warm-up."""
    floor.spent[:] = floor.tally[:] = floor.held[:, :, 1] = 0
    floor.g["wip_ms"] = floor.products["wip_ms"] = 0
    for table in COUNTED:
        for values in _counted(floor, table).values():
            values[:] = 0


def _collect(
    floor: _kernel.Floor,
    warm_up: int,
    level_start: Ints,
    wip_start: int,
    exits: dict[int, Packed],
    trace: Ints | None,
    history: History | None,
    path: Packed | None,
    why: str,
) -> Counts:
    counted = {
        table: {name: values.copy() for name, values in _counted(floor, table).items()}
        for table in COUNTED
    }
    counted["stations"]["content"] = floor.stations["content"].copy()
    counted["stations"]["asked_at"] = floor.stations["asked_at"] - warm_up
    counted["stores"]["level_start"] = level_start
    counted["stores"]["level_end"] = floor.stores["level"].copy()
    return Counts(
        **counted,
        spent=floor.spent[:, : State.OFF].copy(),
        products={
            "made": floor.tally.copy(),
            "held_ms": floor.held[: len(floor.stores), :, 1].copy(),
            "held": floor.held[: len(floor.stores), :, 0].copy(),
            "wip_ms": floor.products["wip_ms"].copy(),
            "wip": floor.products["wip"].copy(),
            "next": floor.groups_of_lines["next"].copy(),
            "head": floor.groups_of_lines["head"].copy(),
            "set_for": floor.stations["set_for"].copy(),
        },
        exits=exits,
        wip={
            "start": wip_start,
            "ms": int(floor.g["wip_ms"][0]),
            "end": int(floor.g["wip"][0]),
        },
        chosen=_chosen(floor),
        inside=_inside(floor),
        trace=trace,
        history=history,
        path=path,
        engine="events" if why else "flow",
        by_events=why,
    )
