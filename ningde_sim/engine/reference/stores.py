"""Stores with their parts, and how stations are joined to them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import accumulate
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
    rejected or reworked in its line.
    """

    born: int = UNBORN
    rounds: int = 0


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
        self.parts = deque(Part(born) for born in row.initial)
        self.takers: list[StationProcess] = []
        self.putters: list[StationProcess] = []
        self.under_way: deque[tuple[int, Step | None]] = deque()
        self.number = number
        self.since = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["stores"], 0)
        self.level_start = self.level

    def account(self) -> None:
        """Book the time up to now on the level that the store had."""
        passed = int(self.floor.env.now) - self.since
        self.counted["level_ms"] += passed * self.level
        self.counted["full_ms"] += passed * (self.level == self.row.capacity)
        self.counted["empty_ms"] += passed * (self.level == 0)
        self.counted["none_ready_ms"] += passed * (self.ready == 0)
        self.since += passed

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

    def take(self) -> Part:
        """The part leaves that came first."""
        self.counted["n_taken"] += 1
        if self.row.capacity:
            self.account()
            self.level -= 1
            self.ready -= 1
        return self.parts.popleft()

    def put(self, part: Part) -> None:
        """A part comes."""
        self.counted["n_put"] += 1
        self.parts.append(part)
        if self.row.capacity:
            self.account()
            self.level += 1
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

    def take(self) -> Part:
        """The part at its end leaves, the next one comes up."""
        part = super().take()
        self.end_is_free = self.time.after(self.row.headway)
        if self.reach_end:
            if self.reach_end[0] < self.end_is_free:
                self.under_way[0] = int(self.floor.env.now), self.floor.cause
            self.floor.env.process(self.come_up())
        return part

    def put(self, part: Part) -> None:
        """A part goes in."""
        self.counted["n_put"] += 1
        self.parts.append(part)
        self.account()
        self.level += 1
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
