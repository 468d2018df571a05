"""The critical path of a run: which step the last body waited for, and that one, and so on back.

A move takes no time, so what makes it possible is the step that ends at that instant: a body
finished, a part at the end of its transit. A step is the work on a body, a planned stop, a repair,
a wait for a crew or a transit, or a piece of one that something broke off. It begins at a move, or
where the step before it at the same station ends. So from the last body that left back to the
start of the counted hours each instant belongs to one step, or to the closed time before it; of
being blocked or starved there is nothing on the path, only what it was for. What is left after the
last body belongs to whom its station waits for at the end.

Of several repairs that hold a body at once the first declared counts, and any repair before a wait
for a crew. Of several events at one instant the last that a move waited for counts, in the order
of `engine.rules`.
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
from ningde_sim.engine.counts import Ints, Packed
from ningde_sim.engine.rules import Layout

PathStep = tuple[int, int, int]
"""A step: twice what it is, plus one if it came to its end; begin; end. [ms]"""


def between(backwards: Iterable[PathStep], low: int) -> list[PathStep]:
    """The steps after an instant, in order of time, of those told from the last one back."""
    found = []
    for what, begin, end in backwards:
        if end <= low:
            break
        found.append((what, max(begin, low), end))
    return found[::-1]


def packed(rows: list[PathStep], begin: int) -> Packed:
    """Steps on the clock of the layout, packed on that of the counted hours."""
    found = Packed(3)
    found.add(np.array(rows, np.int64).reshape(-1, 3) - np.array([0, begin, begin]))
    return found


def awaited(
    layout: Layout,
    content: Sequence[int],
    level: Sequence[int],
    ready: Sequence[int],
    place: int,
) -> int | None:
    """What a station waits for: itself or another station at work, a store with a part under way.

    The nearest along what keeps it from moving: stores that have no part (no place) for it, and
    who feeds (empties) them. None if nothing at all goes on there.

    Parameters
    ----------
    content, level, ready : sequence of int
        Of all stations; of all stores.

    Returns
    -------
    int or None
        The number of the station, or as in `Layout.transit`.
    """
    feeders, takers = joined(layout)
    seen, queue = {place}, deque([place])
    while queue:
        k = queue.popleft()
        if content[k] == _kernel.LOADED:
            return k
        empty = content[k] == _kernel.EMPTY
        for s in layout.places[k].takes if empty else layout.places[k].puts:
            there = ready[s] if empty else layout.gaps[s].capacity - level[s]
            if there > 0:
                continue
            if empty and level[s] > ready[s]:
                return layout.transit(s)
            others = [k for k in (feeders if empty else takers)[s] if k not in seen]
            seen.update(others)
            queue.extend(others)
    return None


def joined(layout: Layout) -> tuple[list[list[int]], list[list[int]]]:
    """The stations that feed each store, and those that take from it."""
    feeders: list[list[int]] = [[] for _ in layout.gaps]
    takers: list[list[int]] = [[] for _ in layout.gaps]
    for k, place in enumerate(layout.places):
        for s in place.puts:
            feeders[s].append(k)
        for s in place.takes:
            takers[s].append(k)
    return feeders, takers


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
        """Whatever can be on the path, in the order of the numbers of the layout.

        A row for each work, planned stop, repair, wait and transit, then for the closed time of
        each station and of each store, then one for where nothing moves any more. `place` is the
        number of the station, -1 for a store, `time` that of its working time, `closed` that of
        the row on which its closed time is booked.
        """
        layout = self.layout
        places, clocks, gaps = layout.places, layout.clocks, layout.gaps
        names, stores = [p.station.name for p in places], [gap.name for gap in gaps]
        owners, modes = [c.owner for c in clocks], [c.failure.name for c in clocks]
        here, there = np.arange(len(places)), np.array([c.place for c in clocks], dtype=np.int64)
        times = np.array([p.time for p in places])
        of_gap = np.array([gap.time for gap in gaps], dtype=np.int64)
        own = layout.n_things + here
        of_store = layout.n_things + len(places) + np.arange(len(gaps))
        kinds = [
            (names, here, "working", "", times, own),
            (names, here, "planned", "", times, own),
            (owners, there, "repair", modes, times[there], own[there]),
            (owners, there, "waiting", modes, times[there], own[there]),
            (stores, -1, "transit", "", of_gap, of_store),
            (names, here, "closed", "", times, own),
            (stores, -1, "closed", "", of_gap, of_store),
            ([layout.shop.name], -1, "stuck", "", 0, layout.stuck),
        ]
        columns = ("thing", "place", "cause", "failure", "time", "closed")
        rows = [pd.DataFrame(dict(zip(columns, kind, strict=True))) for kind in kinds if kind[0]]
        table = pd.concat(rows, ignore_index=True)
        lines = [layout.shop.lines[place.line].name for place in places]
        at = table["place"]
        table.insert(1, "station", [names[k] if k >= 0 else "" for k in at])
        table.insert(2, "line", [lines[k] if k >= 0 else "" for k in at])
        return table

    def pieces(self, cuts: Ints | None = None) -> tuple[Ints, Ints, Ints, Ints]:
        """The counted hours in order of time, cut wherever a step begins or ends.

        Parameters
        ----------
        cuts : array, optional
            Instants at which it is cut besides. [ms]

        Returns
        -------
        tuple of arrays, shape (n,)
            Number of the step; begin, end; how much of that the thing of the step was at it, the
            rest is closed time. [ms]
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
        """What of each interval is working time of its thing. [ms]"""
        time = self.things["time"].to_numpy()[thing]
        opened = end - begin
        for number, windows in enumerate(self.layout.windows):
            own = (time == number) & (thing < self.layout.n_things)
            opens, closes = np.array(windows, dtype=np.int64).reshape(-1, 2).T
            begun, ended = (open_before(self.begin + at[own], opens, closes) for at in (begin, end))
            opened[own] = ended - begun
        return opened

    def table(self, every: int | None = None) -> pd.DataFrame:
        """What each thing and cause had of each period of `every` ms: times, ms; none of 0 ms.

        `times` is how many steps came to their end there.
        """
        n = self.counted if every is None else every
        step, begin, end, spent = self.pieces(np.arange(n, self.counted, n))
        thing, ended = self.steps[step, 0] >> 1, self.steps[step, 0] & 1
        ended = np.where(end == self.steps[step, 2], ended, 0)
        closed = self.things["closed"].to_numpy()[thing]
        found = pd.DataFrame(
            {
                "period": np.concatenate((begin // n, begin // n)),
                "number": np.concatenate((thing, closed)),
                "times": np.concatenate((ended, np.zeros_like(ended))),
                "ms": np.concatenate((spent, end - begin - spent)),
            }
        )
        sums = found.groupby(["period", "number"], as_index=False).sum()
        return sums[(sums["ms"] > 0) | (sums["times"] > 0)]

    def crossed(self) -> Ints:
        """How often the path went back through each gap: a step began when it set a place free.

        Between two steps of other stations it takes the shortest way over the stores that join
        them, along which the moves of one instant follow each other: with the flow for parts,
        against it for places. So it is exact in a line, and the likeliest way elsewhere.

        Returns
        -------
        array, shape (n_gaps,)
            Stores as declared, then the gaps inside lines.
        """
        layout = self.layout
        here = self.things["place"].to_numpy()[self.steps[:, 0] >> 1]
        transit = here < 0
        here[transit] = len(layout.places) + (self.steps[transit, 0] >> 1) - layout.transit(0)
        pairs, times = np.unique(np.column_stack((here[:-1], here[1:])), axis=0, return_counts=True)
        found = np.zeros(len(layout.gaps), np.int64)
        ways = _Ways(layout)
        for (start, end), n in zip(pairs.tolist(), times.tolist(), strict=True):
            for gap in ways.places(start, end) if start != end else ():
                found[gap] += n
        return found


class _Ways:
    """How the moves of one instant follow each other: from stations and stores to the next."""

    def __init__(self, layout: Layout) -> None:
        feeders, takers = joined(layout)
        n = len(layout.places)
        self._next: list[list[tuple[int, int]]] = [[] for _ in range(n + len(layout.gaps))]
        for s, gap in enumerate(layout.gaps):
            store = n + s
            for taker in takers[s]:
                self._next[taker] += [(feeder, s) for feeder in feeders[s]]
                self._next[store].append((taker, -1))
            for feeder in feeders[s]:
                ends = [store] if gap.transit else takers[s]
                self._next[feeder] += [(end, -1) for end in ends]

    def places(self, start: int, end: int) -> list[int]:
        """The gaps in which a place is set free on the way with the fewest moves."""
        came: dict[int, tuple[int, int]] = {start: (start, -1)}
        queue = deque([start])
        while queue and end not in came:
            at = queue.popleft()
            for there, gap in self._next[at]:
                if there not in came:
                    came[there] = at, gap
                    queue.append(there)
        found, at = [], end
        while at != start and at in came:
            at, gap = came[at]
            if gap >= 0:
                found.append(gap)
        return found
