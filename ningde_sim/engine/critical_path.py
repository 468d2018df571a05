"""The critical path of a run: the step that the last body waited for, the step before, and so on.

A move takes no time, so the step that ends at that instant makes it possible: a body is finished,
a part ends its transit. A step is the work on a body, a planned stop, a setup, a repair, a wait for
a crew or a transit, or a piece of one that something broke off. It begins at a move, or where the
step before it at the same station ends. So from the last body that left back to the start of the
counted hours each instant belongs to one step, or to the closed time before it. Blocked and
starved time is not on the path; the step that the station waited for is. The time after the last
body belongs to the step that its station waits for at the end.

If several repairs hold a body at once, the first declared counts, and any repair before a wait for
a crew, which counts before planned stops with a crew. If a move waited for several events of one
instant, the last counts, in the order of `engine.rules`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ningde_sim._support.intervals import open_before
from ningde_sim.engine import _kernel
from ningde_sim.engine.copies import added, first_of_each
from ningde_sim.engine.counts import Ints, Packed
from ningde_sim.engine.layout import Layout

PathStep = tuple[int, int, int]
"""A step: twice the number of what it is, plus one if it came to its end; begin; end. [ms]"""


def between(backwards: Iterable[PathStep], low: int) -> list[PathStep]:
    """The steps after the instant `low`, in order of time, from steps with the last one first."""
    steps = []
    for what, begin, end in backwards:
        if end <= low:
            break
        steps.append((what, max(begin, low), end))
    return steps[::-1]


def packed(rows: list[PathStep], begin: int) -> Packed:
    """Pack steps, with times since the start of the counted hours."""
    steps = Packed(3)
    steps.add(np.array(rows, np.int64).reshape(-1, 3) - np.array([0, begin, begin]))
    return steps


def awaited(
    layout: Layout,
    content: Sequence[int],
    chosen: Sequence[int],
    level: Sequence[int],
    ready: Sequence[int],
    places: Sequence[int],
    station: int,
) -> int | None:
    """What a station waits for: itself or another station at work, a store with a part under way.

    The search goes from the station to the stores that have no part (no place) for it, then to the
    stations that feed (empty) them, and so on; the nearest counts. Where nothing goes on, but a
    closed station has all that it wants, it waits for its working time. None if nothing can go on
    at all.

    Parameters
    ----------
    content : sequence of int
        Of each station.
    chosen : sequence of int
        Of each join.
    level, ready, places : sequence of int
        Of each store: its parts, those that are ready, and the places that may be used.
    station : int
        Its number.

    Returns
    -------
    int or None
        The number of the station, or as in `Layout.transit`; -1 - s for the entry of conveyor s.
    """
    feeders, takers = layout.feeders_and_takers
    seen, queue, closed = {station}, deque([station]), None
    while queue:
        k = queue.popleft()
        if content[k] == _kernel.LOADED:
            return k
        empty = content[k] == _kernel.EMPTY
        lacks = False
        queue.extend(i for i in layout.stations[k].together if i not in seen)
        seen.update(layout.stations[k].together)
        for stores, number in wanted(layout, content, chosen, k):
            if any((ready if empty else places)[s] >= number for s in stores):
                continue
            if empty and (under_way := [s for s in stores if level[s] > ready[s]]):
                return layout.transit(under_way[0])
            if not empty and (
                belts := [
                    s
                    for s in stores
                    if layout.stores[s].capacity - level[s] > 0 and layout.stores[s].headway
                ]
            ):
                return -1 - belts[0]
            others = [(i, s) for s in stores for i in (feeders if empty else takers)[s]]
            lacks |= not any(_meet(layout, content, chosen, k, i, s) for i, s in others)
            new = list(dict.fromkeys(i for i, _ in others if i not in seen))
            seen.update(new)
            queue.extend(new)
        if closed is None and not lacks and not _is_open_at_end(layout, k):
            closed = k
    return closed


def wanted(
    layout: Layout, content: Sequence[int], chosen: Sequence[int], k: int
) -> list[tuple[tuple[int, ...], int]]:
    """What a station waits for: so many parts or places of one of these stores, for each join."""
    row = layout.stations[k]
    joins = (row.takes, (), row.puts, row.returns, row.rejects)[content[k]]
    return [
        (layout.joins[j].stores if chosen[j] < 0 else (chosen[j],), layout.joins[j].number)
        for j in joins
    ]


def _is_open_at_end(layout: Layout, k: int) -> bool:
    windows = layout.windows[layout.stations[k].time]
    return any(opening <= layout.horizon <= closing for opening, closing in windows)


def waits_at(
    layout: Layout, content: Sequence[int], chosen: Sequence[int], k: int, store: int
) -> bool:
    """Whether a station waits for parts or places of a store."""
    return any(store in stores for stores, _ in wanted(layout, content, chosen, k))


def _meet(
    layout: Layout,
    content: Sequence[int],
    chosen: Sequence[int],
    k: int,
    other: int,
    store: int,
) -> bool:
    """Whether two stations wait for each other at a store, hand to hand."""
    waits = waits_at(layout, content, chosen, other, store)
    by_hand = layout.stores[store].capacity == 0 and waits
    return by_hand and (content[k] == _kernel.EMPTY) != (content[other] == _kernel.EMPTY)


@dataclass(frozen=True, repr=False, eq=False)
class CriticalPath:
    """The critical path of a run.

    Parameters
    ----------
    layout : Layout
    begin : int
        Start of the counted hours, on the clock of the layout. [ms]
    counted : int
        Their length. [ms]
    steps : array, shape (n, 3)
        What, begin, end since the start of the counted hours. [ms, int64]
    """

    layout: Layout
    begin: int
    counted: int
    steps: Ints

    @cached_property
    def things(self) -> pd.DataFrame:
        """Everything that can be on the path, in the order of the numbers of the layout.

        A row for the work of each station, its planned stops, its setups, the repairs and the waits
        of each failure and the transits of each store; then for the closed time of each station and
        of each store; the last is for the time in which nothing moves any more.

        - `thing`, `station`, `line`, `cause`, `failure`: as in `ShopRun.critical_path`.
        - `station_number`: -1 for a store.
        - `time`: number of its working time.
        - `closed`: number of the row to which its closed time goes.
        - `first`: number of the row of the first copy, which stands for all copies of a line.
        """
        layout = self.layout
        names = [row.station.name for row in layout.stations]
        stores = [row.name for row in layout.stores]
        owners = [row.owner for row in layout.failures]
        modes = [row.failure.name for row in layout.failures]
        number = np.arange(len(names))
        causes = {0: "repair", 1: "planned", 2: "setup"}
        repair = [causes[row.is_planned + row.is_setup] for row in layout.failures]
        stopped = np.array([row.stations[0] for row in layout.failures], dtype=np.int64)
        times = np.array([row.time for row in layout.stations])
        store_times = np.array([row.time for row in layout.stores], dtype=np.int64)
        closed = layout.n_things + number
        store_closed = layout.n_things + len(names) + np.arange(len(stores))
        kinds = [
            (names, number, "working", "", times, closed),
            (names, number, "planned", "", times, closed),
            (names, number, "setup", "", times, closed),
            (owners, stopped, repair, modes, times[stopped], closed[stopped]),
            (owners, stopped, "waiting", modes, times[stopped], closed[stopped]),
            (stores, -1, "transit", "", store_times, store_closed),
            (names, number, "closed", "", times, closed),
            (stores, -1, "closed", "", store_times, store_closed),
            ([layout.shop.name], -1, "stuck", "", 0, layout.stuck),
            (names, number, "overtime", "", times, closed),
        ]
        stations, failures = first_of_each(layout.stations), first_of_each(layout.failures)
        buffers = first_of_each(layout.stores)
        firsts: list[Ints] = [
            *(stations, layout.stop(0) + stations, layout.setup(0) + stations),
            *(layout.repair(0) + failures, layout.wait(0) + failures),
            *(layout.transit(0) + buffers, layout.closed(0) + stations),
            *(layout.closed(len(names)) + buffers, np.array([layout.stuck])),
            layout.overtime(0) + stations,
        ]
        columns = ("thing", "station_number", "cause", "failure", "time", "closed")
        tables = [pd.DataFrame(dict(zip(columns, kind, strict=True))) for kind in kinds if kind[0]]
        table = pd.concat(tables, ignore_index=True)
        lines = [layout.shop.lines[row.line].name for row in layout.stations]
        numbers = table["station_number"]
        table.insert(1, "station", [names[k] if k >= 0 else "" for k in numbers])
        table.insert(2, "line", [lines[k] if k >= 0 else "" for k in numbers])
        table["first"] = np.concatenate(firsts)
        table.loc[self._of_lines(), "station"] = ""
        return table

    def _of_lines(self) -> Ints:
        """The rows of `things` that are repairs, or waits, of failures of a line."""
        of_lines = np.flatnonzero([row.of_line for row in self.layout.failures])
        return np.concatenate((self.layout.repair(of_lines), self.layout.wait(of_lines)))

    def pieces(self, cuts: Ints | None = None) -> tuple[Ints, Ints, Ints, Ints]:
        """The counted hours in order of time, cut wherever a step begins or ends.

        Parameters
        ----------
        cuts : array, optional
            More instants at which to cut. [ms]

        Returns
        -------
        tuple of arrays, shape (n,)
            Number of the step; begin, end; how much of that time the step took, the rest is closed
            time. [ms]
        """
        what, begins, ends = self.steps.T
        at = [np.array([0, self.counted]), begins, ends]
        at += [] if cuts is None else [np.clip(cuts, 0, self.counted)]
        edges = np.unique(np.concatenate(at))
        begin, end = edges[:-1], edges[1:]
        step = np.minimum(np.searchsorted(ends, end), len(ends) - 1)
        at_it = (end > begins[step]) & (end <= ends[step])  # after the last step it is closed
        spent = np.where(at_it, self._opened(what[step] >> 1, begin, end), 0)
        return step, begin, end, spent

    def _opened(self, thing: Ints, begin: Ints, end: Ints) -> Ints:
        """The part of each interval that is working time of its thing. [ms]"""
        time = self.things["time"].to_numpy()[thing]
        opened = end - begin
        for number, windows in enumerate(self.layout.windows):
            own = (time == number) & (thing < self.layout.n_things)
            opens, closes = np.array(windows, dtype=np.int64).reshape(-1, 2).T
            begun, ended = (open_before(self.begin + at[own], opens, closes) for at in (begin, end))
            opened[own] = ended - begun
        return opened

    def table(self, every: int | None = None) -> pd.DataFrame:
        """The time on the path by period of `every` ms, thing and cause; rows of 0 are left out.

        - `period`, `number`: of the period, from 0; of the row of `things`, of the first copy.
        - `times`: steps that came to their end in the period.
        - `ms`: time on the path. [ms]
        """
        n = self.counted if every is None else every
        step, begin, end, spent = self.pieces(np.arange(n, self.counted, n))
        thing, ended = self.steps[step, 0] >> 1, self.steps[step, 0] & 1
        ended = np.where(end == self.steps[step, 2], ended, 0)
        closed, first = self.things["closed"].to_numpy()[thing], self.things["first"].to_numpy()
        parts = pd.DataFrame(
            {
                "period": np.concatenate((begin // n, begin // n)),
                "number": first[np.concatenate((thing, closed))],
                "times": np.concatenate((ended, np.zeros_like(ended))),
                "ms": np.concatenate((spent, end - begin - spent)),
            }
        )
        sums = parts.groupby(["period", "number"], as_index=False).sum()
        return sums[(sums["ms"] > 0) | (sums["times"] > 0)]

    def crossed(self) -> Ints:
        """How often the path waited for a free place in each store.

        If two steps that follow each other belong to different stations, the path between them
        takes the shortest way over the stores that join them, along which the moves of one instant
        follow each other: with the flow for parts, against it for free places. This is exact in a
        line, and the most likely way elsewhere.

        Returns
        -------
        array, shape (n,)
            The shop's stores, then the buffers inside lines, those of all copies together.
        """
        layout = self.layout
        thing = self.steps[:, 0] >> 1
        thing = thing[
            ~np.isin(thing, self._of_lines())
        ]  # at which station they stop it is not told
        at = self.things["station_number"].to_numpy()[thing]
        transit = at < 0
        at[transit] = len(layout.stations) + thing[transit] - layout.transit(0)
        pairs, times = np.unique(np.column_stack((at[:-1], at[1:])), axis=0, return_counts=True)
        counts = np.zeros(len(layout.stores), np.int64)
        ways = _Ways(layout)
        for (start, end), n in zip(pairs.tolist(), times.tolist(), strict=True):
            for store in ways.freed(start, end) if start != end else ():
                counts[store] += n
        return added(layout.stores, counts)


class _Ways:
    """How the moves of one instant follow each other: from stations and stores to the next."""

    def __init__(self, layout: Layout) -> None:
        feeders, takers = layout.feeders_and_takers
        n = len(layout.stations)
        self._next: list[list[tuple[int, int]]] = [[] for _ in range(n + len(layout.stores))]
        for s, row in enumerate(layout.stores):
            for taker in takers[s]:
                self._next[taker] += [(feeder, s) for feeder in feeders[s]]
                self._next[n + s].append((taker, -1))
            for feeder in feeders[s]:
                ends = [n + s] if row.transit else takers[s]
                self._next[feeder] += [(end, -1) for end in ends]

    def freed(self, start: int, end: int) -> list[int]:
        """The stores in which a place becomes free on the way with the fewest moves."""
        came: dict[int, tuple[int, int]] = {start: (start, -1)}
        queue = deque([start])
        while queue and end not in came:
            at = queue.popleft()
            for after, store in self._next[at]:
                if after not in came:
                    came[after] = at, store
                    queue.append(after)
        stores, at = [], end
        while at != start and at in came:
            at, store = came[at]
            if store >= 0:
                stores.append(store)
        return stores
