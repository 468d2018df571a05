"""Stations that can never move again, by rule 16 of `engine.rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine.counts import Counts, Ints
from ningde_sim.engine.critical_path import waits_at, wanted
from ningde_sim.engine.layout import Layout
from ningde_sim.plant.line import numbered


@dataclass(frozen=True)
class Stuck:
    """Stations of a run that can never move again.

    Attributes
    ----------
    since : float
        When the last of them stopped, since the start of the counted hours; below 0 in the warm-up.
        [h]
    stations : tuple of str
    everything : bool
        Whether they are all stations of the shop.
    ring : tuple of str
        Who waits for what: a ring, or a chain that ends at what nobody brings.
    """

    since: float
    stations: tuple[str, ...]
    everything: bool
    ring: tuple[str, ...]

    def __str__(self) -> str:
        n, first = len(self.stations), self.stations[0]
        some = f"{n} stations, {first} the first," if n > 1 else f"station {first}"
        who = "nothing can ever" if self.everything else f"{some} can never"
        warm_up = " before the counted hours" if self.since < 0 else ""
        return f"{who} move again since {abs(self.since):.2f} h{warm_up}: {'; '.join(self.ring)}"


def find(layout: Layout, counts: Counts) -> Stuck | None:
    """The stuck stations at the end of a run; None where there are none."""
    content = counts.stations["content"].tolist()
    level = counts.stores["level_end"].tolist()
    heads = counts.products["head"]
    end = _End(layout, content, counts.chosen.tolist(), level, counts.inside, heads)
    stuck = end.stuck
    if not stuck or (layout.by_product and heads.min() < 0 and not end.keeps_parts):
        return None  # behind the last order stations have nothing to wait for
    return Stuck(
        since=float(units.ms_to_hours(max(counts.stations["asked_at"][k] for k in stuck))),
        stations=tuple(layout.stations[k].name for k in sorted(stuck)),
        everything=len(stuck) == len(content),
        ring=tuple(end.ring()),
    )


@dataclass(eq=False)
class _End:
    """What is where at the end of a run."""

    layout: Layout
    content: Sequence[int]
    chosen: Sequence[int]
    level: Sequence[int]
    inside: Ints
    heads: Ints

    def wants(self, k: int) -> list[tuple[tuple[int, ...], int]]:
        """Of each join the stores whose parts or places a station waits for, and how many."""
        return wanted(self.layout, self.content, self.chosen, k)

    def has(self, k: int, store: int, number: int) -> bool:
        """Whether the parts (the places) are there, or on their way, for a station."""
        capacity = self.layout.stores[store].capacity
        if self.content[k] == _kernel.EMPTY:
            return self.level[store] >= number
        return capacity - self.level[store] >= number

    def others(self, k: int, store: int) -> list[int]:
        """The stations that may bring a part (free a place) for a station.

        Where a station chooses its parts, others may take what stands before them.
        """
        putters, takers = self.layout.feeders_and_takers
        if self.chooses(k):
            return [*putters[store], *(i for i in takers[store] if i != k)]
        return (putters if self.content[k] == _kernel.EMPTY else takers)[store]

    def chooses(self, k: int) -> bool:
        """Whether a station waits for parts of some products."""
        return self.content[k] == _kernel.EMPTY and self.layout.stations[k].choosy

    def fitting(self, k: int, store: int) -> dict[int, int]:
        """How many parts of each product that a station makes it can take from a store, or more.

        What is not born yet fits any.
        """
        row = self.layout.stations[k]
        place, product = self.inside[:, 0], self.inside[:, 3]
        parts = product[place == len(self.layout.stations) + store]
        if self.layout.stores[store].in_order:
            parts = parts[: np.argmax(parts != parts[0])] if (parts != parts[:1]).any() else parts
        return {p: int(np.isin(parts, (p, -1)).sum()) for p in row.makes}

    def lacking(self, k: int) -> list[int]:
        """The stores of which any may bring what a station that chooses its parts lacks.

        None if it can move, or takes from no store.
        """
        able = {*self.layout.stations[k].makes}
        joins = [self.layout.joins[j] for j in self.layout.stations[k].takes]
        of_product = [join for i, join in enumerate(joins) if i == 0 or join.matches]
        for join in joins:
            if join not in of_product:
                if not any(self.level[store] >= join.number for store in join.stores):
                    return [*join.stores]
                continue
            fitting = [self.fitting(k, store) for store in join.stores]
            able = {p for p in able if any(has[p] >= join.number for has in fitting)}
        return [] if able else [store for join in of_product for store in join.stores]

    def begin_next(self, k: int) -> list[int]:
        """The stations that may begin the next part in the count of a station."""
        rows, group = self.layout.stations, self.layout.stations[k].group
        head = int(self.heads[group])
        return [
            i
            for i, row in enumerate(rows)
            if row.choosy and row.group == group and not row.takes and head in row.makes
        ]

    def meets(self, k: int, store: int, other: int) -> bool:
        """Whether two stations wait for each other hand to hand, with some time in common."""
        waits = waits_at(self.layout, self.content, self.chosen, other, store)
        opposite = (self.content[k] == _kernel.EMPTY) != (self.content[other] == _kernel.EMPTY)
        return waits and opposite and self.overlap(k, other)

    def overlap(self, k: int, other: int) -> bool:
        """Whether the working times of two stations have an instant in common."""
        a, b = (self.layout.stations[i].time for i in (k, other))
        if a == b:
            return True
        first, second = self.layout.windows[a], self.layout.windows[b]
        return any(x[0] <= y[1] and y[0] <= x[1] for x in first for y in second)

    @cached_property
    def stuck(self) -> set[int]:
        """The stations that wait for what none of those that still move can ever bring."""
        waiting = {k for k, what in enumerate(self.content) if what != _kernel.LOADED}
        live = set(range(len(self.content))) - waiting
        while freed := self._freed(waiting - live, live):
            live |= freed
        return waiting - live

    @property
    def keeps_parts(self) -> bool:
        """Whether a part can never leave: it is on a stuck station, or only such take it."""
        n = len(self.content)
        born = self.inside[self.inside[:, 1] != _kernel.UNBORN, 0]
        _, takers = self.layout.feeders_and_takers
        stores = (place - n for place in born.tolist() if place >= n)
        return any(self.content[k] != _kernel.EMPTY for k in self.stuck) or any(
            self.stuck.issuperset(takers[store]) for store in stores
        )

    def _freed(self, able: set[int], live: set[int]) -> set[int]:
        """Those of some stations that move once those do that still move, and they together."""
        while unable := {k for k in able if not self._may_move(k, able, live)}:
            able = able - unable
        return able

    def _may_move(self, k: int, able: set[int], live: set[int]) -> bool:
        """Whether all that it wants is there, may come, or is brought hand to hand.

        A line that begins the next of a sequence waits for others that begin what comes before it.
        """
        if self.chooses(k):
            if not self.layout.stations[k].takes:
                begin = self.begin_next(k)
                return k in begin or any(i in live for i in begin)
            stores = self.lacking(k)
            return not stores or any(i in live for s in stores for i in self.others(k, s))
        return all(
            any(
                self.has(k, s, number)
                or any(i in live or (i in able and self.meets(k, s, i)) for i in self.others(k, s))
                for s in stores
            )
            for stores, number in self.wants(k)
        )

    def ring(self) -> list[str]:
        """Who waits for what, from the first stuck station on to the first that comes again."""
        way = [min(self.stuck)]
        lines = []
        while True:
            k = way[-1]
            others, sentence = self._keeping(k)
            lines.append(sentence)
            if not others or others[0] in way:
                start = way.index(others[0]) if others else 0
                return lines[start:]
            way.append(others[0])

    def _keeping(self, k: int) -> tuple[list[int], str]:
        """The stations that a stuck station waits for, and a sentence that says so."""
        if self.chooses(k) and not self.layout.stations[k].takes:
            others = self.begin_next(k)
            return others, self._sentence_of_count(k, others)
        if self.chooses(k):
            store = self.lacking(k)[-1]
        else:
            store = next(
                stores[0]
                for stores, number in self.wants(k)
                if not any(
                    self.has(k, s, number) or not self.stuck.issuperset(self.others(k, s))
                    for s in stores
                )
            )
        others = self.others(k, store)
        return others, self._sentence(k, store, others)

    def _sentence_of_count(self, k: int, others: Sequence[int]) -> str:
        name, head = self.layout.stations[k].name, int(self.heads[self.layout.stations[k].group])
        if head < 0:
            return f"{name} has begun the last order"
        who = self.layout.stations[others[0]].name if others else "nobody"
        return f"{name} waits until {who} begins the next of the sequence"

    def _sentence(self, k: int, store: int, others: Sequence[int]) -> str:
        empty = self.content[k] == _kernel.EMPTY
        name = self.layout.stations[k].name
        row = self.layout.stores[store]
        buffer = f"the buffer {numbered(row.name, row.copy)}"
        where = f"store {row.name!r}" if row.declared else buffer
        who = self.layout.stations[others[0]].name if others else "nobody"
        more = f" or {len(others) - 1} more" if len(others) > 1 else ""
        what, verb = ("part from", "brings") if empty else ("place in", "frees")
        what = "part of its product from" if self.chooses(k) else what
        return f"{name} waits for a {what} {where}, which {who}{more} {verb}"
