"""Stores with their parts, and how stations are joined to them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from ningde_sim.engine._kernel import UNBORN
from ningde_sim.engine.counts import COUNTED
from ningde_sim.engine.layout import JoinLayout, StoreLayout
from ningde_sim.engine.reference.events import Due

if TYPE_CHECKING:
    from ningde_sim.engine.reference.events import Process, Step
    from ningde_sim.engine.reference.floor import Floor
    from ningde_sim.engine.reference.stations import StationProcess


@dataclass(eq=False)
class Part:
    """A part, or what carries one.

    `born` is the instant at which it was first loaded, UNBORN before; `rounds` is how often it was
    rejected or reworked in its line; `product` and its `number` in the sequence are -1 before its
    birth; `lane` is that of a bank.
    """

    born: int = UNBORN
    rounds: int = 0
    product: int = -1
    number: int = -1
    lane: int = -1


class Join:
    """A station joined to a store, or to alternatives of which the first that can serve is used."""

    def __init__(self, floor: Floor, row: JoinLayout, *, takes: bool) -> None:
        self.floor = floor
        self.row = row
        self.takes = takes
        self.stores = self.all = [floor.stores[s] for s in row.stores]
        self.used = self.stores[0]

    def choose(self, k: int) -> None:
        """Of a split: choose the store for the body of the k-th cycle."""
        if self.row.route >= 0:
            drawn, last = self.floor.uniform(self.row.route, k), len(self.all) - 1
            below = [drawn < share for share in accumulate(self.row.shares[:last])]
            self.stores = [self.all[[*below, True].index(True)]]

    def chosen(self) -> int:
        """Number of the store that was chosen; -1 of what is no split, or waits for no body."""
        return self.stores[0].number if self.stores is not self.all else -1


class StoreProcess:
    """Parts and free places, with all stations that take and put them."""

    def __init__(self, floor: Floor, row: StoreLayout, number: int) -> None:
        self.floor = floor
        self.row = row
        self.rank = len(floor.times) + number
        self.time = floor.times[row.time]
        self.by_hand = row.capacity == 0
        self.level = self.ready = len(row.initial)
        alike = -1 if floor.layout.by_product else 0
        self.parts = deque(Part(born, product=alike, number=alike) for born in row.initial)
        self.takers: list[StationProcess] = []
        self.putters: list[StationProcess] = []
        self.under_way: deque[tuple[int, Step | None]] = deque()
        self.tells_products = floor.layout.by_product and row.declared
        self.last_in = self.last_out = -2
        self.most_out = -1
        self.held_ms = [0] * len(floor.layout.products)
        self.number = number
        self.since = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["stores"], 0)
        self.held_ms = [0] * len(self.held_ms)
        self.level_start = self.level

    def account(self) -> None:
        """Book the time up to now on the level that the store had."""
        passed = int(self.floor.env.now) - self.since
        self.counted["level_ms"] += passed * self.level
        self.counted["full_ms"] += passed * (self.level == self.row.capacity)
        self.counted["empty_ms"] += passed * (self.level == 0)
        self.counted["none_ready_ms"] += passed * (self.ready == 0)
        if passed and self.tells_products:
            held = self.held()
            self.held_ms = [ms + passed * n for ms, n in zip(self.held_ms, held, strict=True)]
        self.since += passed

    def held(self) -> list[int]:
        """How many parts of each product there are."""
        told = self.tells_products and self.row.capacity
        products = [part.product for part in self.parts] if told else []
        return [products.count(p) for p in range(len(self.held_ms))]

    def available(self, *, empty: bool) -> int:
        """The parts that are ready for an empty station, or the places that are free."""
        if empty:
            return self.ready
        return self.row.capacity - self.level

    def waiting(self, *, empty: bool) -> list[StationProcess]:
        """The empty stations that wait for a part, or those that wait for a place, in turn."""
        stations = self.takers if empty else self.putters
        waiting = [s for s in stations if s.is_empty() == empty and s.join(self)]
        return sorted(waiting, key=lambda station: station.turn())

    def wake(self, *, empty: bool) -> None:
        """Those that wait for a part, or for a place, try to move if there is one."""
        if self.available(empty=empty):
            for station in self.waiting(empty=empty):
                self.floor.wake(station)

    def reachable(self, makes: Callable[[Part], bool]) -> list[Part]:
        """The parts that can be taken, the first to leave first, of those that can be made."""
        ready = list(self.parts)[: self.ready]
        if self.row.in_order:
            return [*takewhile(makes, ready)]
        return [part for part in ready if makes(part)]

    def take(self, part: Part | None = None) -> Part:
        """A part leaves, by default that which came first."""
        self.counted["n_taken"] += 1
        if self.row.capacity:
            self.account()
            self.level -= 1
            self.ready -= 1
        part = self.parts[0] if part is None else part
        self.parts.remove(part)
        if self.tells_products:
            self.counted["batches_out"] += part.product != self.last_out
            self.counted["overtaken"] += 0 <= part.number < self.most_out
            self.last_out, self.most_out = part.product, max(self.most_out, part.number)
        return part

    def comes(self, part: Part) -> None:
        """Count a part that comes."""
        self.counted["n_put"] += 1
        if self.tells_products:
            self.counted["batches_in"] += part.product != self.last_in
            self.last_in = part.product

    def put(self, part: Part) -> None:
        """A part comes."""
        self.comes(part)
        if self.row.capacity:
            self.account()
            self.level += 1
        self.parts.append(part)
        if self.row.capacity:
            if self.row.transit:
                self.under_way.append((int(self.floor.env.now), self.floor.cause))
                self.floor.env.process(self.transit())
            else:
                self.ready += 1

    def transit(self) -> Process:
        """A part travels through the store, then it is ready."""
        yield Due(self.floor.env, self.time.after(self.row.transit), self.rank)
        self.arrive()

    def arrive(self) -> None:
        """The part that is under way for longest is ready."""
        self.account()
        what = 2 * self.floor.layout.transit(self.number) + 1
        self.floor.cause = self.floor.note(what, *self.under_way.popleft())
        self.ready += 1
        self.wake(empty=True)
        self.floor.settle()


class ConveyorProcess(StoreProcess):
    """An accumulating conveyor: parts go in, and come up at its end, a headway apart."""

    def __init__(self, floor: Floor, row: StoreLayout, number: int) -> None:
        super().__init__(floor, row, number)
        self.entry_rank = floor.first_entry + number
        self.entry_is_clear = True
        self.entered: tuple[int, Step | None] = 0, None
        self.ready = min(1, self.level)
        self.under_way.extend((0, None) for _ in range(self.level - 1))
        self.reach_end = deque(0 for _ in range(self.level - 1))
        self.end_is_free = 0

    def available(self, *, empty: bool) -> int:
        """The part at its end, or the places if the last part has left the entry."""
        return super().available(empty=empty) if empty or self.entry_is_clear else 0

    def take(self, part: Part | None = None) -> Part:
        """The part at its end leaves, the next one comes up."""
        part = super().take(part)
        self.end_is_free = self.time.after(self.row.headway)
        if self.reach_end:
            if self.reach_end[0] < self.end_is_free:
                self.under_way[0] = int(self.floor.env.now), self.floor.cause
            self.floor.env.process(self.come_up())
        return part

    def put(self, part: Part) -> None:
        """A part goes in."""
        self.comes(part)
        self.account()
        self.level += 1
        self.parts.append(part)
        self.entered = int(self.floor.env.now), self.floor.cause
        self.under_way.append(self.entered)
        self.reach_end.append(self.time.after(self.row.transit))
        if not self.ready and len(self.reach_end) == 1:
            self.floor.env.process(self.come_up())
        self.entry_is_clear = False
        self.floor.env.process(self.leave_entry())

    def come_up(self) -> Process:
        """The first part under way reaches the end."""
        yield Due(self.floor.env, max(self.reach_end[0], self.end_is_free), self.rank)
        self.reach_end.popleft()
        self.arrive()

    def leave_entry(self) -> Process:
        """The last part leaves the entry."""
        yield Due(self.floor.env, self.time.after(self.row.headway), self.entry_rank)
        self.entry_is_clear = True
        what = 2 * self.floor.layout.transit(self.number)
        self.floor.cause = self.floor.note(what, *self.entered)
        self.wake(empty=False)
        self.floor.settle()


class BankProcess(StoreProcess):
    """Lanes side by side: a part chooses its lane, and one of the first of all lanes leaves."""

    def lane(self, number: int) -> list[Part]:
        """The parts in a lane, the first to leave first."""
        return [part for part in self.parts if part.lane == number]

    def reachable(self, makes: Callable[[Part], bool]) -> list[Part]:
        """Of the first parts of all lanes that can be made the one that leaves."""
        firsts = [lane[0] for lane in map(self.lane, range(self.row.lanes)) if lane]
        able = [part for part in self.parts if part in firsts and makes(part)]
        return [max(able, key=self.value)] if able else []

    def value(self, part: Part) -> float:
        """How good it is that a part leaves."""
        if self.row.rule == "sequence":
            return -part.number
        if part.product == self.last_out:
            return math.inf
        behind = self.lane(part.lane)
        return len([*takewhile(lambda other: other.product == part.product, behind)])

    def put(self, part: Part) -> None:
        """A part comes into the best lane, the first among equals."""
        part.lane = max(range(self.row.lanes), key=lambda lane: self.fits(part, self.lane(lane)))
        super().put(part)

    def fits(self, part: Part, lane: list[Part]) -> tuple[int, int]:
        """How well a part fits into a lane."""
        places = self.row.capacity // self.row.lanes
        if len(lane) == places:
            return -1, 0
        if not lane:
            return 1, 0
        if self.row.rule == "sequence" and lane[-1].number < part.number:
            return 2, lane[-1].number
        if self.row.rule == "batch" and lane[-1].product == part.product:
            return 2, 0
        return 0, places - len(lane)
