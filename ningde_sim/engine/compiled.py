"""The compiled engine: lays a shop out in arrays, lets the kernel run, collects what it counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.counts import COUNTED, Counts, History, Ints, Packed, period_ends
from ningde_sim.engine.critical_path import PathStep, awaited, between, joined
from ningde_sim.engine.rules import Layout, visible_ms

EVENTS = 100_000
"""Events of the first call of the kernel; later calls are cut to last `PATIENCE`."""

MOST_EVENTS = 1 << 40
"""Events of a call at most: the kernel may come back long before, for want of room."""

PATIENCE = 0.1
"""Time after which the kernel comes back to Python, where Ctrl-C is heard. [s]"""

N_BUCKETS = 4096
"""Of the calendar of events: with their width, several mean cycles of all stations."""

N_EXITS = 1 << 14
"""Bodies after which the kernel hands over the times at which they left."""

N_TRACE = 1 << 16
"""Intervals after which it hands over the trace."""

N_STEPS = 1 << 16
"""Steps after which it drops those that nothing came of, and hands over the critical path."""

Records = np.ndarray[Any, Any]


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
    times["end"] = layout.ends
    for time, begin, windows in zip(times, first, layout.windows, strict=True):
        open_at_start = bool(windows) and windows[0][0] == 0
        time["now"] = begin if open_at_start else begin - 1
        time["close"] = windows[0][1] if open_at_start else -1
        time["closed_ms"] = 0 if open_at_start else -1
    pairs = [pair for windows in layout.windows for pair in windows]
    return times, np.array(pairs or [(0, 0)], dtype=np.int64)


def _stores(layout: Layout) -> tuple[Records, Ints]:
    stores = _records(len(layout.gaps), _kernel.STORE)
    for field in ("capacity", "transit", "time"):
        stores[field] = [getattr(gap, field) for gap in layout.gaps]
    stores["level"] = stores["ready"] = [gap.initial for gap in layout.gaps]
    putters, takers = joined(layout)
    n_under_way = [gap.capacity if gap.transit else 0 for gap in layout.gaps]
    stores["takers"], end = _ranges([*map(len, takers)])
    stores["putters"], end = _ranges([*map(len, putters)], int(end[-1]) if len(end) else 0)
    stores["under_way"], end = _ranges(n_under_way, int(end[-1]) if len(end) else 0)
    return stores, np.zeros(int(end[-1]) + 1 if len(end) else 1, dtype=np.int64)


def _clocks(layout: Layout) -> Records:
    clocks = _records(len(layout.clocks), _kernel.CLOCK)
    clocks["station"] = [clock.place for clock in layout.clocks]
    clocks["time"] = [layout.places[clock.place].time for clock in layout.clocks]
    clocks["uptime"] = [clock.uptime for clock in layout.clocks]
    clocks["repair"] = [clock.repair for clock in layout.clocks]
    clocks["calendar"] = [clock.failure.clock == "calendar" for clock in layout.clocks]
    clocks["crew"] = [clock.failure.crew for clock in layout.clocks]
    clocks["fails_at"] = NEVER
    return clocks


def _stations(layout: Layout, streams: Records) -> tuple[Records, Ints, Ints]:
    places = layout.places
    stations = _records(len(places), _kernel.STATION)
    for field in ("time", "cycle", "quality"):
        stations[field] = [getattr(place, field) for place in places]
    stations["takes"], end = _ranges([len(place.takes) for place in places])
    stations["takes_end"] = end
    stations["puts"], stations["puts_end"] = _ranges([len(p.puts) for p in places], int(end[-1]))
    stations["stops"], stations["stops_end"] = _ranges([len(place.stops) for place in places])
    stations["clocks"] = [place.clocks.start for place in places]
    stations["clocks_end"] = [place.clocks.stop for place in places]
    stations["line"] = [place.line if place.output else -1 for place in places]
    stations["scrap"] = [place.station.scrap for place in places]
    stations["rework"] = [place.station.rework for place in places]
    cycles = streams[stations["cycle"]]
    fixed = np.rint(cycles["a"] * cycles["unit"]).astype(np.int64)
    stations["fixed"] = np.where(cycles["code"] == _kernel.FIXED, fixed, -1)
    stations["next_stop"] = [min((s.every for s in p.stops), default=NEVER) for p in places]
    stations["fails_at"] = NEVER
    stations["state"] = _kernel.STARVED
    joins = [s for p in places for s in p.takes] + [s for p in places for s in p.puts]
    stops = [(stop.every, visible_ms(stop)) for p in places for stop in p.stops]
    return (
        stations,
        np.array(joins or [0], dtype=np.int64),
        np.array(stops or [(1, 0)], dtype=np.int64),
    )


def build(
    layout: Layout, *, seed: int, run: int, trace: bool, critical_path: bool = False
) -> _kernel.Floor:
    """Lay a shop out in the arrays of the kernel."""
    streams, values = layout.streams.arrays()
    times, windows = _times(layout)
    stores, queues = _stores(layout)
    clocks = _clocks(layout)
    stations, joins, stops = _stations(layout, streams)
    n_slots = len(times) + len(stores) + len(stations) + len(clocks)
    g = _records(1, _kernel.GLOBAL)
    g["seed"], g["run"], g["tracing"] = np.uint64(seed).astype(np.int64), run, trace
    g["crews"] = NEVER if layout.shop.repair_crews is None else layout.shop.repair_crews
    g["first_queued"] = -1
    g["exit_of"] = next(k for k, place in enumerate(layout.places) if place.output)
    means = [p.station.cycle_distribution.mean * units.MS_PER_S for p in layout.places]
    g["width"] = int(np.log2(max(1.0, float(np.mean(means)) / len(means))))
    room = len(stations) + len(clocks)
    return _kernel.Floor(
        g=g,
        times=times,
        stations=stations,
        stores=stores,
        clocks=clocks,
        streams=streams,
        values=values,
        windows=windows,
        joins=joins,
        stops=stops,
        queues=queues,
        ways=np.zeros((len(queues), 2), np.int64),
        spent=np.zeros((len(stations), 6), np.int64),
        due=np.full(n_slots, NEVER, np.int64),
        after=np.full(n_slots, -1, np.int64),
        buckets=np.full(N_BUCKETS, -1, np.int64),
        due_now=np.zeros(n_slots, np.int64),
        woken=np.zeros(len(stations), np.int64),
        team=np.zeros(len(stations) + 1, np.int64),
        exits=np.zeros((N_EXITS + len(stations), 2), np.int64),
        trace=np.zeros((N_TRACE + 4 * room if trace else 1, 4), np.int64),
        **_steps(N_STEPS if critical_path else 1),
    )


def _steps(n: int) -> dict[str, Ints]:
    """Room for so many steps of the critical path."""
    return {
        "steps": np.zeros((n, 4), np.int64),
        "marks": np.zeros(n, np.int64),
        "path": np.zeros((n, 4), np.int64),
    }


class _Path:
    """The critical path as far as it is known, and room for the steps that it may go on with."""

    def __init__(self, layout: Layout, begin: int) -> None:
        self.layout = layout
        self.begin = self.known = begin
        self.rows = Packed(3)

    def add(self, rows: Ints) -> None:
        """Steps that follow those already there."""
        if len(rows):
            self.rows.add(rows - np.array([0, self.begin, self.begin]))
            self.known = int(rows[-1, 2])

    def make_room(self, floor: _kernel.Floor) -> _kernel.Floor:
        """The floor with room for more steps, if there is little left."""
        g = floor.g[0]
        if not g.critical or g.n_steps <= len(floor.steps) - _kernel.MOST_STEPS:
            return floor
        n = _kernel.compact(floor)
        self.add(floor.path[:n, :3])
        n_steps = int(g.n_steps)
        if n_steps <= len(floor.steps) // 2:
            return floor
        grown = _steps(2 * len(floor.steps))
        grown["steps"][:n_steps] = floor.steps[:n_steps]
        return floor._replace(**grown)

    def complete(self, floor: _kernel.Floor) -> Packed:
        """What the last body waited for, then what its station still waits for."""
        g = floor.g[0]
        for rows, low in (
            (_backwards(floor, int(g.exit_cause)), self.known),
            (self._going_on(floor), int(g.exit_at)),
        ):
            self.add(np.array(between(rows, low), np.int64).reshape(-1, 3))
        return self.rows

    def _going_on(self, floor: _kernel.Floor) -> Iterator[PathStep]:
        """What the station of the last body waits for, and what that came of, the last first."""
        g, stores = floor.g[0], floor.stores
        thing = awaited(
            self.layout, floor.stations["content"], stores["level"], stores["ready"], int(g.exit_of)
        )
        now = int(g.now)
        if thing is None:
            yield 2 * self.layout.stuck, int(g.exit_at), now
        elif thing < len(floor.stations):
            station = floor.stations[thing]
            yield int(_kernel.doing(floor, thing)), int(station.started), now
            yield from _backwards(floor, int(station.before))
        else:
            store = stores[thing - self.layout.transit(0)]
            begin, before = floor.ways[store.under_way + store.first]
            yield 2 * thing, int(begin), now
            yield from _backwards(floor, int(before))


def _backwards(floor: _kernel.Floor, step: int) -> Iterator[PathStep]:
    """A step and those that it came of, the last first."""
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
    every: int | None,
    tell: Callable[[int], None],
) -> Counts:
    """Run a layout to its horizon, with a history if `every` so many ms a row is to be kept.

    `warm_up` is in ms too, `tell` hears how far the clock is.
    """
    floor = build(layout, seed=seed, run=run, trace=trace, critical_path=critical_path)
    critical = _Path(layout, warm_up)
    exits = {place.line: Packed() for place in layout.places if place.output}
    intervals: list[Ints] = []

    def advance(until: int, *, keep: bool) -> None:
        nonlocal floor
        done, events = False, EVENTS
        while not done:
            began = perf_counter()
            done = bool(_kernel.advance(floor, until, events))
            took = perf_counter() - began
            wanted = int(events * PATIENCE / max(took, 1e-6))
            events = max(1, min(2 * events, wanted, MOST_EVENTS))
            if keep:
                _drain(floor, warm_up, exits, intervals)
            else:
                floor.g["n_exits"] = 0
            floor = critical.make_room(floor)
            tell(int(floor.g["now"][0]))

    floor.g["tracing"] = trace and warm_up == 0
    if critical_path and not warm_up:
        _kernel.forget(floor)
    level_start = floor.stores["level"].copy()
    _kernel.start(floor)
    if warm_up:
        advance(warm_up, keep=False)
        _kernel.close_accounts(floor)
        _clear(floor)
        floor.g["tracing"] = trace
        if critical_path:
            _kernel.forget(floor)
        level_start = floor.stores["level"].copy()
    ends = period_ends(layout.horizon - warm_up, every)
    history = History.blank(ends, len(floor.stations), len(floor.stores)) if every else None
    for row, end in enumerate(ends.tolist()):
        advance(warm_up + end, keep=True)
        if history is not None:
            _keep(floor, history, row)
    _kernel.close_accounts(floor)
    _drain(floor, warm_up, exits, intervals)
    traced = np.concatenate(intervals) if trace else None
    told = critical.complete(floor) if critical_path else None
    return _collect(floor, level_start, exits, traced, history, told)


def _keep(floor: _kernel.Floor, history: History, row: int) -> None:
    """Write down what stations and stores have counted up to now.

    The accounts of the clocks stay open: a wait for a crew is measured from where its account
    was last closed.
    """
    _kernel.close_accounts(floor._replace(clocks=floor.clocks[:0]))
    history.keep(row, floor.stations, floor.spent, floor.stores)


def _drain(
    floor: _kernel.Floor, warm_up: int, exits: dict[int, Packed], intervals: list[Ints]
) -> None:
    """Take over the exits and the trace that the kernel has written, to make room for more."""
    rows = floor.exits[: int(floor.g["n_exits"][0])]
    for number, times in exits.items():
        times.add(rows[rows[:, 0] == number, 1] - warm_up)
    intervals.append(floor.trace[: int(floor.g["n_trace"][0])] - np.array([0, 0, warm_up, warm_up]))
    floor.g["n_exits"] = floor.g["n_trace"] = 0


def _clear(floor: _kernel.Floor) -> None:
    """Forget what was counted in the warm-up."""
    floor.spent[:] = 0
    for table, fields in COUNTED.items():
        for field in fields:
            getattr(floor, table)[field] = 0


def _collect(
    floor: _kernel.Floor,
    level_start: Ints,
    exits: dict[int, Packed],
    trace: Ints | None,
    history: History | None,
    path: Packed | None,
) -> Counts:
    counted = {
        table: {field: getattr(floor, table)[field].copy() for field in fields}
        for table, fields in COUNTED.items()
    }
    counted["stations"]["content"] = floor.stations["content"].copy()
    counted["stores"]["level_start"] = level_start
    counted["stores"]["level_end"] = floor.stores["level"].copy()
    return Counts(
        **counted,
        spent=floor.spent.copy(),
        exits=exits,
        trace=trace,
        history=history,
        path=path,
    )
