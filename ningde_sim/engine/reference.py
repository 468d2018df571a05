"""The SimPy engine: it defines the model, and is written to be read beside `engine.rules`.

Stations, the transits of stores and failures are processes. The priority of an event orders the
events of one instant: it is the number of the thing in the order of the rules. A process that is
resumed changes only its own things, so the order of creation does not matter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import simpy

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER, UNBORN
from ningde_sim.engine.counts import COUNTED, Counts, History, Ints, Packed, period_ends
from ningde_sim.engine.critical_path import PathStep, awaited, between, packed
from ningde_sim.engine.layout import (
    CrewLayout,
    FailureLayout,
    JoinLayout,
    Layout,
    StationLayout,
    StopLayout,
    StoreLayout,
)
from ningde_sim.engine.rules import State

Process = Generator[simpy.Event, Any, None]


class Due(simpy.Event):
    """A timeout to an instant, with the rank that orders the events of that instant."""

    def __init__(self, env: simpy.Environment, when: int, rank: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        if when < NEVER:
            env.schedule(self, priority=2 + rank, delay=when - env.now)  # type: ignore[arg-type]


class Step(NamedTuple):
    """Something that a thing did, and the step that it had waited for before it began.

    `number` grows with the time of the end. A step that nothing refers to any more is freed.
    """

    number: int
    what: int
    begin: int
    end: int
    before: Step | None


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


class WorkingTimeProcess:
    """A working time: its windows, and a clock that runs only in them."""

    def __init__(self, env: simpy.Environment, windows: list[tuple[int, int]]) -> None:
        self.env = env
        self.windows = windows
        self.passed = 0
        self.opening = self.closing = -1
        if windows and windows[0][0] == 0:
            self.open(*windows[0])

    def open(self, opening: int, closing: int) -> None:
        """The next window opens."""
        self.passed += self.closing - self.opening
        self.opening, self.closing = opening, closing

    def is_open(self) -> bool:
        """Whether a window is open; the instant of closing still is."""
        return bool(self.env.now <= self.closing)

    def reading(self) -> int:
        """Working time since the start of the run. [ms]"""
        return self.passed + min(int(self.env.now), self.closing) - self.opening

    def after(self, duration: int) -> int:
        """The instant at which the clock will have gone on by `duration`. [ms]"""
        left = duration
        for opening, closing in [(int(self.env.now), self.closing), *self.later()]:
            if left <= closing - opening:
                return opening + left
            left -= max(0, closing - opening)
        return NEVER

    def stays(self) -> bool:
        """Whether it goes on at closing."""
        return False

    def can_work(self) -> bool:
        """Whether a window goes on from now on."""
        return self.env.now < self.closing

    def later(self) -> list[tuple[int, int]]:
        """The windows that have not opened yet."""
        return [window for window in self.windows if window[0] > self.opening]


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
        return sorted(waiting, key=StationProcess.turn)

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


class StationProcess:
    """Takes a body, works on it, and keeps it until there is room behind."""

    def __init__(self, floor: Floor, row: StationLayout, number: int) -> None:
        self.floor = floor
        self.row = row
        self.number = number
        self.rank = len(floor.times) + len(floor.stores) + number
        self.time = floor.times[row.time]
        self.takes = self.joins(row.takes)
        self.puts, self.returns = self.joins(row.puts), self.joins(row.returns)
        self.rejects = self.joins(row.rejects)
        outward = (*self.puts, *self.returns, *self.rejects)
        for store in dict.fromkeys(store for join in outward for store in join.all):
            store.putters.append(self)
        for store in (store for join in self.takes for store in join.all):
            store.takers.append(self)
        self.most_rounds = floor.layout.shop.lines[row.line].rounds
        self.part = Part(row.born)
        self.content = row.content
        self.task = State.WORKING
        self.stops = [PlannedStopProcess(floor, floor.layout.stops[i]) for i in row.stops]
        self.open: list[FailureProcess] = []
        self.line = floor.lines[row.line, row.copy]
        self.asked = self.asked_at = 0
        self.indexed_at = -1
        self.begun = self.held = False
        self.overtime = 0
        self.loaded = floor.env.event()
        self.restored = floor.env.event()
        self.opened = floor.env.event()
        self.process: simpy.Process | None = None
        self.running = False
        self.began = self.left = self.cycle = 0
        self.done = 0
        self.worked = 0
        self.state = State.STARVED
        self.cause: Step | None = None
        self.before: Step | None = None
        self.started = 0
        self.since = self.since_wall = 0
        self.clear()

    def joins(self, numbers: range) -> list[Join]:
        """Some of its joins."""
        return [
            Join(self.floor, self.floor.layout.joins[i], takes=numbers == self.row.takes)
            for i in numbers
        ]

    def clear(self) -> None:
        """Begin to count."""
        self.spent = [0] * len(State)
        self.counted = dict.fromkeys(COUNTED["stations"], 0)

    # ------------------------------------------------------------------ its clock

    def stays(self) -> bool:
        """Whether it finishes its body first when its working time closes."""
        return self.begun and self.row.at_close == "finish"

    @property
    def closing(self) -> int:
        """When its working time closes, or closed last. [ms]"""
        return self.time.closing

    def late_by(self) -> int:
        """The overtime since the last closing. [ms]"""
        return max(0, int(self.floor.env.now) - self.time.closing) if self.stays() else 0

    def reading(self) -> int:
        """Working time and overtime since the start of the run. [ms]"""
        return self.time.reading() + self.overtime + self.late_by()

    def after(self, duration: int) -> int:
        """The instant at which its clock will have gone on by `duration`. [ms]"""
        return int(self.floor.env.now) + duration if self.stays() else self.time.after(duration)

    def can_work(self) -> bool:
        """Whether work goes on from now on."""
        return self.floor.env.now < self.time.closing or self.stays()

    def may_begin(self, cycle: int) -> bool:
        """Whether it begins a body now."""
        if self.row.at_close == "pause":
            return True
        left = self.time.closing - int(self.floor.env.now)
        return left > 0 and (self.row.at_close == "finish" or cycle <= left)

    def opens(self) -> None:
        """Its working time opens, the last closing is still known: overtime ends."""
        if self.late_by():
            self.step()
            self.end_overtime()

    def end_overtime(self) -> None:
        """Add the overtime since the last closing to that before."""
        self.record_overtime()
        self.overtime += self.late_by()

    def record_overtime(self) -> None:
        """Add it to the trace."""
        if self.late_by():
            self.floor.record(self.number, _kernel.OVERTIME, self.time.closing)

    # ------------------------------------------------------------------ accounts

    def account(self) -> None:
        """Book the time up to now on the state that the station was in."""
        reading = self.reading()
        self.spent[self.state] += reading - self.since
        self.floor.record(self.number, self.state, self.since_wall)
        self.since, self.since_wall = reading, int(self.floor.env.now)

    def show(self) -> None:
        """Update the state; the first that applies counts."""
        if self.open:
            state = min(failure.state for failure in self.open)
        elif self.content == _kernel.LOADED:
            state = State.OFF if self.held else self.task
        else:
            state = State.STARVED if self.is_empty() else State.BLOCKED
        if state != self.state:
            self.account()
            self.state = state

    # ------------------------------------------------------------------ causes

    def load(self) -> None:
        """A body is there, or is processed again: a step begins, planned stops that are due too."""
        self.content = _kernel.LOADED
        self.begun = False
        self.started, self.before = int(self.floor.env.now), self.floor.cause
        self.task = State.WORKING
        self.left = self.cycle = 0
        for stop in [stop for stop in self.stops if stop.is_due(self)]:
            stop.begin(self)

    def doing(self) -> int:
        """The step that it is in."""
        return 2 * self.floor.layout.overtime(self.number) if self.late_by() else self.activity()

    def activity(self) -> int:
        """What it does, in overtime or not; of several repairs or waits the first declared."""
        layout = self.floor.layout
        if self.open:
            first = min(self.open, key=lambda failure: (failure.state, failure.number))
            waits = first.state == State.WAITING
            return 2 * (layout.wait(first.number) if waits else layout.repair(first.number))
        if self.held:
            return 2 * layout.closed(self.number)
        return 2 * (self.number if self.task == State.WORKING else layout.stop(self.number))

    def step(self, ending: int | None = None) -> None:
        """Its step ends, or is broken off because something else happens."""
        if self.content == _kernel.LOADED:
            self.split()
            what, now = self.doing(), int(self.floor.env.now)
            if what == ending or now > self.started:
                self.before = self.floor.note(what + (what == ending), self.started, self.before)
            self.started = now

    def split(self) -> None:
        """In overtime: its step up to the closing ends there."""
        closing = self.time.closing
        if self.late_by() and self.started < closing:
            self.before = self.floor.note(self.activity(), self.started, self.before, closing)
            self.started = closing

    # ------------------------------------------------------------------ moves

    def is_empty(self) -> bool:
        """Whether it waits for parts."""
        return self.content == _kernel.EMPTY

    def ask(self, content: int) -> None:
        """It waits from now on: empty for parts, finished or scrapped for places."""
        self.content = content
        self.asked, self.asked_at = self.floor.next_request(), int(self.floor.env.now)
        self.show()
        self.floor.wake(self)
        self.wake_mates()

    def wants(self) -> list[Join]:
        """Its joins to the stores whose parts or places it waits for."""
        return [self.takes, [], self.puts, self.returns, self.rejects][self.content]

    def join(self, store: StoreProcess) -> Join | None:
        """Its join to a store whose parts or places it waits for; None if it does not."""
        joins = [join for join in self.wants() if store in join.stores]
        return joins[0] if joins else None

    def turn(self) -> tuple[bool, int]:
        """Who asked first comes first; those under repair come after the others."""
        return bool(self.open), self.asked

    def can_move(self) -> bool:
        """Whether it waits, in its working time, and is not held by others of its line."""
        return self.content != _kernel.LOADED and self.time.is_open() and self.may_index()

    def mates(self) -> list[StationProcess]:
        """All stations of its line, if they index together."""
        return [self.floor.stations[k] for k in self.row.together]

    def all_done(self) -> bool:
        """Whether its line can index: no body is in work or on its way out, nothing is down."""
        return all(
            mate.content in (_kernel.EMPTY, _kernel.FINISHED) and not mate.open
            for mate in self.mates()
        )

    def may_index(self) -> bool:
        """Whether it may move with its line: the last body leaves first, then all move at once."""
        mates = self.mates()
        if not mates or self.content in (_kernel.SCRAPPED, _kernel.REJECTED):
            return True
        if mates[0].indexed_at == self.floor.env.now:
            return True
        last_moves = self is mates[-1] or mates[-1].is_empty()
        return last_moves and self.all_done()

    def wake_mates(self) -> None:
        """If its line can index, all try to move."""
        if self.row.together and self.all_done():
            for mate in self.mates():
                self.floor.wake(mate)

    def receive(self) -> None:
        """Take all parts; the one of the first join that was born first becomes the body."""
        parts = [[j.used.take() for _ in range(j.row.number)] for j in self.takes] or [[Part()]]
        born = [part for part in parts[0] if part.born != UNBORN]
        self.part = min(born, key=lambda part: part.born) if born else parts[0][0]
        for part in (part for several in parts for part in several if part is not self.part):
            self.floor.ends(part)
        if self.part.born == UNBORN:
            self.floor.begins(self.part)

    def give(self) -> None:
        """Put all parts; more than one are copies of the body, carriers are not born yet."""
        body = self.part
        if self.content == _kernel.FINISHED and self.row.last:
            if self.row.output:
                self.floor.exit(self, body)
            if self.most_rounds is not None:
                body.rounds = 0
        first = True
        for join in self.wants():
            for _ in range(join.row.number):
                join.used.put(body if first else self.floor.copy(body))
                first = False
        if first:
            self.floor.ends(body)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Go on with the body that is there at the start, or ask for parts."""
        if self.content == _kernel.LOADED:
            self.load()
            self.loaded.succeed()
            return
        for join in self.wants():
            join.choose(0)
        self.ask(self.content)

    def life(self) -> Process:
        """Take a body, work on it until it is good or scrapped, give it away; then the next."""
        while True:
            yield self.loaded
            while self.content == _kernel.LOADED:
                yield from self.cycle_of(self.loaded)
            self.floor.settle()

    def cycle_of(self, body: simpy.Event) -> Process:
        """The planned stops that are due, then the work, unless a failure scraps the body."""
        if self.task == State.PLANNED:
            yield from self.go_on(body)
            if self.loaded is not body:
                return
            self.step(2 * self.floor.layout.stop(self.number))
        self.task = State.WORKING
        self.left = self.cycle = self.floor.draw(self.row.cycle, self.done)
        yield from self.go_on(body)
        if self.loaded is body:
            self.finish()

    def go_on(self, body: simpy.Event) -> Process:
        """Do the task through all interruptions, as long as the body is there."""
        self.show()
        while self.loaded is body:
            with suppress(simpy.Interrupt):
                if self.is_stopped():
                    yield self.restored
                elif self.task == State.WORKING and not self.begun and not self.begin():
                    yield self.opened
                else:
                    self.run()
                    yield Due(self.floor.env, self.after(self.length()), self.rank)
                    self.pause()
                    if self.left == 0:
                        return
                    self.fail_in_operation()

    def is_stopped(self) -> bool:
        """Whether its task rests; planned stops side by side hold up the work alone."""
        return any(not f.row.is_planned or self.task == State.WORKING for f in self.open)

    def begin(self) -> bool:
        """Begin a body, unless it is held until the next opening."""
        self.step()
        self.held = not self.may_begin(self.left)
        self.begun = not self.held
        self.show()
        return self.begun

    def length(self) -> int:
        """The rest of its task, or the time until an operating clock runs out. [ms]"""
        if self.task == State.WORKING:
            return min(self.left, self.first_to_fail() - self.worked)
        return self.left

    def run(self) -> None:
        """Its task goes on."""
        self.running = True
        self.began = self.reading()
        if self.task == State.WORKING:
            self.line.starts()

    def pause(self) -> None:
        """Its task rests, or comes to its end."""
        self.book()
        self.running = False
        if self.task == State.WORKING:
            self.line.rests()

    def book(self) -> None:
        """Book what passed of its task."""
        passed = self.reading() - self.began
        self.began += passed
        self.left -= passed
        if self.task == State.WORKING:
            self.worked += passed
        else:
            for stop in self.stops:
                stop.book(passed)

    def finish(self) -> None:
        """The body is finished, processed again, or scrapped."""
        self.split()
        self.floor.cause = self.floor.note(self.doing() + 1, self.started, self.before)
        self.end_cycle()
        station, k = self.row.station, self.done - 1
        again = station.scrap + station.rework
        fails = again + station.reject
        drawn = self.floor.uniform(self.row.quality, k) if fails else 1.0
        if drawn < station.scrap or (drawn < fails and self.part.rounds == self.most_rounds):
            self.scrap()
            return
        if drawn < fails and self.most_rounds is not None:
            self.part.rounds += 1
        if drawn < again:
            self.counted["reworked"] += 1
            self.load()
            return
        self.loaded = self.floor.env.event()
        rejected = drawn < fails
        self.counted["rejected"] += rejected
        for join in self.rejects if rejected else self.puts:
            join.choose(k)
        self.ask(_kernel.REJECTED if rejected else _kernel.FINISHED)

    def scrap(self) -> None:
        """The body is thrown away; what carried it goes back."""
        self.counted["scrapped"] += 1
        self.floor.ends(self.part)
        self.part = Part()
        self.loaded = self.floor.env.event()
        self.ask(_kernel.SCRAPPED if self.returns else _kernel.EMPTY)

    def end_cycle(self) -> None:
        """A cycle is over, and its overtime."""
        self.end_overtime()
        self.begun = False
        self.counted["cycles"] += 1
        self.done += 1

    def interrupt(self) -> None:
        """Whatever it waits for, it looks again what to do."""
        if self.process is not self.floor.env.active_process:
            self.process.interrupt()  # type: ignore[union-attr]

    # ------------------------------------------------------------------ failures

    def first_to_fail(self) -> int:
        """Work after which the next operating clock runs out. [ms]"""
        return min((self.floor.failures[i].fails_at for i in self.row.failures), default=NEVER)

    def fail_in_operation(self) -> None:
        """Of the operating clocks that have run out the first declared fails."""
        failures = [self.floor.failures[i] for i in self.row.failures]
        failure = next(f for f in failures if f.fails_at == self.worked)
        failure.fails_at = NEVER
        failure.fail()
        self.floor.settle()

    def fails(self, failure: FailureProcess) -> None:
        """A failure stops it: its task rests, and the body in work may be done again or scrapped.

        Planned stops of those that begin together go on side by side.
        """
        was_running = self.running
        if was_running:
            self.pause()
        self.step()
        begun = self.content == _kernel.LOADED and self.task == State.WORKING and not self.held
        scraps = False
        if begun and self.left < self.cycle:
            scraps = failure.row.then == "scrap"
            if failure.row.then == "restart":
                self.left = self.cycle
        if scraps or failure.row.of_line:
            self.leaves_overtime()
        if scraps:
            self.floor.cause = self.before
            self.end_cycle()
            self.scrap()
        self.open.append(failure)
        if was_running or scraps:
            self.interrupt()

    def leaves_overtime(self) -> None:
        """From now on it does not stay at closing: the repairs that go on are timed anew."""
        if self.row.at_close == "finish" and self.begun:
            self.end_overtime()
            self.begun = False
            for failure in self.open:
                failure.timed_anew()

    def idle_step(self, failure: FailureProcess, what: int) -> None:
        """A step of a failure that holds a line that indexes, without a body in work here.

        It is what came after the last cause of the line.
        """
        if self.row.together and self.content != _kernel.LOADED:
            before = None
            for mate in self.mates():
                before = _later(before, mate.cause)
            begin = max(failure.stopped_at, before.end) if before else failure.stopped_at
            self.cause = self.floor.note(what, begin, before) or self.cause

    def goes_on(self) -> None:
        """A failure is repaired, or a planned stop with a crew is over."""
        done, self.restored = self.restored, self.floor.env.event()
        done.succeed()
        self.show()


class PlannedStopProcess:
    """One planned stop of a station: when it is due, how long it lasts."""

    def __init__(self, floor: Floor, row: StopLayout) -> None:
        self.floor = floor
        self.row = row
        self.next = row.every
        self.n = self.left = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["stops"], 0)

    def is_due(self, station: StationProcess) -> bool:
        """Whether it comes before this start; what is missed several times makes one stop."""
        counters = {"cycles": station.done, "working h": station.worked}
        now = counters.get(self.row.stop.unit, int(self.floor.env.now))
        due = now >= self.next
        if due:
            self.next = (now // self.row.every + 1) * self.row.every
        return due

    def begin(self, station: StationProcess) -> None:
        """Begin, side by side with the others; ask for a crew if it needs one."""
        if self.row.failure >= 0:
            self.floor.failures[self.row.failure].fail()
            return
        self.counted["n_stops"] += 1
        self.left = self.floor.draw(self.row.duration, self.n)
        self.n += 1
        station.task = State.PLANNED
        station.left = max(station.left, self.left)

    def book(self, passed: int) -> None:
        """Book what passed of it."""
        self.counted["stop_ms"] += min(passed, self.left)
        self.left -= min(passed, self.left)


class LineClock:
    """The clock of a line's operating failures: runs while any station of the line works."""

    def __init__(self) -> None:
        self.failures: list[FailureProcess] = []
        self.n_working = self.worked = self.since = 0

    def reading(self) -> int:
        """How long the line has worked. [ms]"""
        if self.n_working and self.failures:
            return self.worked + self.failures[0].time.reading() - self.since
        return self.worked

    def starts(self) -> None:
        """One more station works."""
        self.n_working += 1
        if self.n_working == 1 and self.failures:
            self.since = self.failures[0].time.reading()
            for failure in self.failures:
                if failure.state == State.WORKING and failure.due_at == NEVER:
                    failure.schedule(failure.time.after(failure.fails_at - self.worked))

    def rests(self) -> None:
        """One station less works; a clock that runs out at this instant still does."""
        self.worked, self.n_working = self.reading(), self.n_working - 1
        if self.failures:
            self.since = self.failures[0].time.reading()
        if self.n_working == 0:
            for failure in self.failures:
                if failure.state == State.WORKING and failure.due_at > failure.floor.env.now:
                    failure.due, failure.due_at = None, NEVER


class FailureProcess:
    """A failure, or a planned stop with a crew: runs, waits for a crew, is repaired, starts afresh.

    Its state is that in which it puts its stations; it works while it stops none. A planned stop
    has no clock: its station asks for it.
    """

    def __init__(self, floor: Floor, row: FailureLayout, number: int) -> None:
        self.floor = floor
        self.row = row
        self.number = number
        self.stations = [floor.stations[k] for k in row.stations]
        self.time = floor.times[row.time]
        self.own_clock = self.time if row.of_line else self.stations[0]
        self.rank = len(floor.times) + len(floor.stores) + len(floor.stations) + number
        self.due: Due | None = None
        self.due_at = self.fails_at = NEVER
        self.n_up = self.n_repair = self.request = self.left = 0
        self.rests = False
        self.group: CrewGroup | None = None
        self.state = State.WORKING
        self.since = self.since_wall = 0
        self.worked = self.stopped_at = 0
        if self.is_in_line_operation():
            self.stations[0].line.failures.append(self)
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys((*COUNTED["failures"], *COUNTED["clocks"]), 0)

    # ------------------------------------------------------------------ accounts

    def clock(self) -> StationProcess | WorkingTimeProcess:
        """The clock on which its repair passes, or its wait for a crew."""
        if self.group is not None and self.group.time is not None:
            return self.group.time
        return self.own_clock

    def account(self) -> None:
        """Book the time up to now on the repair, or on the wait for a crew."""
        passed = self.clock().reading() - self.since
        if self.state != State.WORKING:
            waits = self.state == State.WAITING
            self.counted["queue_ms" if waits else "repair_ms"] += passed
            self.floor.record(len(self.floor.stations) + self.number, self.state, self.since_wall)
        if self.is_in_line_operation():
            worked = self.stations[0].line.reading()
            self.counted["clock_ms"] += worked - self.worked
            self.worked = worked
        elif self.state == State.WORKING:
            self.counted["clock_ms"] += passed
        if self.group is not None:
            self.group.counted["busy_ms"] += passed
        self.since, self.since_wall = self.since + passed, int(self.floor.env.now)

    def is_in_line_operation(self) -> bool:
        """Whether its clock runs while any station of its line works."""
        return self.row.of_line and self.row.clock == "operating"

    def change(self, state: State, group: CrewGroup | None = None) -> None:
        """It waits for a crew, is repaired, or its clock runs again."""
        self.account()
        self.state, self.group = state, group
        self.since = self.clock().reading()

    # ------------------------------------------------------------------ its next event

    def schedule(self, when: int) -> None:
        """Set its next event; the one before no longer counts."""
        self.due_at, self.due = when, Due(self.floor.env, when, self.rank)
        self.floor.env.process(self.wait(self.due))

    def wait(self, due: Due) -> Process:
        """A clock runs out; a repair ends or rests."""
        yield due
        if due is self.due:
            self.due_at = NEVER
            if self.state == State.WORKING:
                self.fail()
            elif self.rests:
                self.rest()
            else:
                self.repaired()
            self.floor.settle()

    # ------------------------------------------------------------------ what happens

    def start(self) -> None:
        """Draw the next uptime and let the clock run; it may have run for long before the start."""
        if self.row.is_planned:
            return
        aged = self.floor.first_uptimes[self.number] if self.n_up == 0 else -1
        uptime = self.floor.draw(self.row.uptime, self.n_up) if aged < 0 else aged
        self.n_up += 1
        if self.row.clock == "calendar":
            self.schedule(self.time.after(uptime))
        else:
            station = self.stations[0]
            self.fails_at = (station.line if self.row.of_line else station).worked + uptime

    def fail(self) -> None:
        """Stop its stations; ask for a crew if one is needed."""
        self.counted["failures"] += 1
        self.stopped_at = int(self.floor.env.now)
        if not self.row.is_planned and not self.row.of_line:
            self.stations[0].counted["failures"] += 1
        for station in self.stations:
            station.fails(self)
        self.left = self.floor.draw(self.row.repair, self.n_repair)
        self.n_repair += 1
        group = self.floor.crews.ask(self) if self.row.groups else None
        if self.row.groups and group is None:
            self.change(State.WAITING)
        else:
            self.repair(group)
        for station in self.stations:
            station.show()

    def repair(self, group: CrewGroup | None) -> None:
        """The repair goes on, with a crew up to the closing at most."""
        if group is not None:
            group.free -= 1
        self.change(State.PLANNED if self.row.is_planned else State.DOWN, group)
        self.time_repair()

    def time_repair(self) -> None:
        """When the repair ends or rests."""
        clock, now = self.clock(), int(self.floor.env.now)
        open_for = clock.closing - now
        self.rests = self.group is not None and not clock.stays() and open_for < self.left
        end = now + open_for if self.rests else clock.after(self.left)
        self.left -= end - now
        self.schedule(end)

    def timed_anew(self) -> None:
        """Its station no longer stays at closing, so the repair may rest then."""
        now = int(self.floor.env.now)
        if self.state != State.WAITING and self.clock() is self.stations[0] and self.due_at > now:
            self.left += self.due_at - now
            self.time_repair()

    def rest(self) -> None:
        """The working time closes: the crew leaves; what is left asks again, in its turn."""
        for station in self.stations:
            station.step()
            station.idle_step(self, 2 * self.floor.layout.repair(self.number))
        group = self.group
        self.change(State.WAITING)
        self.floor.crews.waiting.append(self)
        for station in self.stations:
            station.show()
        self.floor.crews.leave(group)

    def crew_comes(self, group: CrewGroup) -> None:
        """The wait is over."""
        waited = self.clock().reading() - self.since
        for station in self.stations:
            what = 2 * self.floor.layout.wait(self.number)
            station.step(what if waited else None)
            if waited:
                station.idle_step(self, what + 1)
        if waited > 0:
            self.counted["n_queued"] += 1
            self.counted["longest_ms"] = max(self.counted["longest_ms"], waited)
        self.repair(group)
        for station in self.stations:
            station.show()

    def repaired(self) -> None:
        """The clock starts afresh, the crew goes to the next failure, the stations go on."""
        for station in self.stations:
            station.step(2 * self.floor.layout.repair(self.number))
            station.open.remove(self)
        group = self.group
        self.change(State.WORKING)
        self.floor.crews.leave(group)
        self.start()
        for station in self.stations:
            station.goes_on()
        for station in self.stations:
            station.idle_step(self, 2 * self.floor.layout.repair(self.number) + 1)
            if station.row.together and station.content != _kernel.LOADED:
                self.floor.cause = station.cause
                station.wake_mates()


class CrewGroup:
    """A group of repair crews."""

    def __init__(self, floor: Floor, row: CrewLayout) -> None:
        self.time = floor.times[row.time] if row.time >= 0 else None
        self.free = row.crew.number
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["crews"], 0)

    def can_come(self, failure: FailureProcess) -> bool:
        """Whether one of them is free, in its working time or where work can go on."""
        return self.free > 0 and (self.time or failure.own_clock).can_work()


class Crews:
    """All crews: they go to the highest priority, then to who asked first."""

    def __init__(self, floor: Floor) -> None:
        self.groups = [CrewGroup(floor, row) for row in floor.layout.crews]
        self.asked = 0
        self.waiting: list[FailureProcess] = []

    def ask(self, failure: FailureProcess) -> CrewGroup | None:
        """Note the request of a failure; the group that comes at once, or the failure waits."""
        self.asked += 1
        failure.request = self.asked
        group = self.first_for(failure)
        if group is None:
            self.waiting.append(failure)
        return group

    def first_for(self, failure: FailureProcess) -> CrewGroup | None:
        """The first group that could come now."""
        groups = (self.groups[i] for i in failure.row.groups)
        return next((group for group in groups if group.can_come(failure)), None)

    def leave(self, group: CrewGroup | None) -> None:
        """A crew is free, if one was there."""
        if group is not None:
            group.free += 1
            self.serve()

    def serve(self) -> None:
        """The free crews go to those that wait."""
        for failure in sorted(self.waiting, key=lambda f: (-f.row.priority, f.request)):
            group = self.first_for(failure)
            if group is not None:
                self.waiting.remove(failure)
                failure.crew_comes(group)


class Floor:
    """Everything that runs, and the moves between."""

    def __init__(self, layout: Layout, *, seed: int, run: int) -> None:
        self.layout = layout
        self.seed, self.run = seed, run
        self.streams, self.values = layout.streams.arrays()
        self.env = simpy.Environment(initial_time=0)
        self.times = [WorkingTimeProcess(self.env, windows) for windows in layout.windows]
        self.first_entry = len(self.times) + sum(
            len(rows) for rows in (layout.stores, layout.stations, layout.failures)
        )
        self.stores = [
            (ConveyorProcess if row.headway else StoreProcess)(self, row, i)
            for i, row in enumerate(layout.stores)
        ]
        self.lines = {(row.line, row.copy): LineClock() for row in layout.stations}
        self.stations = [StationProcess(self, row, i) for i, row in enumerate(layout.stations)]
        self.crews = Crews(self)
        self.first_uptimes = layout.first_uptimes(seed, run)
        self.failures = [FailureProcess(self, row, i) for i, row in enumerate(layout.failures)]
        self.things: list[StationProcess | StoreProcess | FailureProcess] = []
        self.things += [*self.stations, *self.stores, *self.failures]
        self.woken: list[StationProcess] = []
        self.n_requests = 0
        self.exits: list[tuple[int, int, int]] = []
        held = [part for store in self.stores for part in store.parts]
        held += [station.part for station in self.stations]
        self.wip = self.wip_start = sum(part.born != UNBORN for part in held)
        self.wip_ms = self.wip_since = 0
        self.trace: list[tuple[int, int, int, int]] = []
        self.tracing = False
        self.noting = False
        self.n_steps = 0
        self.cause: Step | None = None
        self.last_exit: tuple[int, Step | None] = 0, None
        self.last_station = next(i for i, row in enumerate(layout.stations) if row.output)

    def draw(self, stream: int, k: int) -> int:
        """The k-th draw of a stream. [ms]"""
        return int(_kernel.draw_ms(self.streams, self.values, stream, self.seed, self.run, k))

    def uniform(self, stream: int, k: int) -> float:
        """The k-th number between 0 and 1 of a stream."""
        return float(_kernel.uniform(self.streams[stream], self.seed, self.run, k))

    def record(self, thing: int, state: int, begin: int) -> None:
        """Add to the trace what a thing did from `begin` to now."""
        if self.tracing and self.env.now > begin and state != State.OFF:
            self.trace.append((thing, state, begin, int(self.env.now)))

    def note(
        self, what: int, begin: int, before: Step | None, end: int | None = None
    ) -> Step | None:
        """Write down a step that ends now, or ended before, if causes are noted."""
        if not self.noting:
            return None
        self.n_steps += 1
        return Step(self.n_steps, what, begin, int(self.env.now) if end is None else end, before)

    def next_request(self) -> int:
        """Number the requests of stations for parts and places."""
        self.n_requests += 1
        return self.n_requests

    def note_causes(self) -> None:
        """Note causes from now on."""
        now = int(self.env.now)
        self.noting = True
        self.cause = None
        self.last_exit = now, None
        for station in self.stations:
            station.started, station.before, station.cause = now, None, None
        for store in self.stores:
            store.under_way = deque((now, None) for _ in store.under_way)
            if isinstance(store, ConveyorProcess):
                store.entered = now, None

    def start(self) -> None:
        """Start all failures and stations: they go on with what they hold, or ask for parts."""
        for number, times in enumerate(self.times):
            self.env.process(self.openings(number, times))
        for failure in self.failures:
            failure.start()
        for station in self.stations:
            station.process = self.env.process(station.life())
            station.start()
        self.settle()

    def openings(self, number: int, times: WorkingTimeProcess) -> Process:
        """At each opening those that wait try to move, and what rested goes on."""
        stations = [station for station in self.stations if station.time is times]
        for opening, closing in times.later():
            yield Due(self.env, opening, number)
            for station in stations:
                station.opens()
            times.open(opening, closing)
            self.cause = None
            for station in stations:
                if station.content != _kernel.LOADED:
                    self.wake(station)
                opened, station.opened = station.opened, self.env.event()
                opened.succeed()
            self.crews.serve()
            self.settle()

    def wake(self, station: StationProcess) -> None:
        """Add a station to those that will try to move."""
        station.cause = _later(station.cause, self.cause)
        if station not in self.woken:
            self.woken.append(station)

    def settle(self) -> None:
        """The woken stations try to move, in turn."""
        while self.woken:
            station = min(self.woken, key=StationProcess.turn)
            self.woken.remove(station)
            if station.can_move():
                found = self.gather([station], {})
                if found:
                    self.exchange(*found)

    def gather(self, team: Team, used: Used) -> tuple[Team, Used] | None:
        """The first way in which a team can move, with the partners that it has to meet.

        The joins of its members are gone through in turn, the stores of each in order of
        preference. Hand to hand each member meets the first partner that can move too.

        Parameters
        ----------
        used : dict of Join to StoreProcess
            The joins that were gone through, each with the store that it uses.
        """
        joins = [join for member in team for join in member.wants() if join not in used]
        if not joins:
            return team, used
        join = joins[0]
        for store in join.stores:
            for partner in store.waiting(empty=not join.takes) if store.by_hand else [None]:
                found = self.with_partner(team, used, join, store, partner)
                if found:
                    return found
        return None

    def with_partner(
        self,
        team: Team,
        used: Used,
        join: Join,
        store: StoreProcess,
        partner: StationProcess | None,
    ) -> tuple[Team, Used] | None:
        """The first way in which a join uses a store; hand to hand it meets the partner there."""
        if partner is None:
            same = [j for j, s in used.items() if s is store and j.takes == join.takes]
            number = sum(j.row.number for j in (*same, join))
            if number > store.available(empty=join.takes):
                return None
            return self.gather(team, used | {join: store})
        other = partner.join(store)
        if other is None or other in used or not partner.can_move():
            return None
        more = [] if partner in team else [partner]
        return self.gather([*team, *more], used | {join: store, other: store})

    def exchange(self, team: Team, used: Used) -> None:
        """Move a team: all put, then all take, then all go on."""
        self.cause = None
        for join, store in used.items():
            join.used = store
        for member in team:
            self.cause = _later(self.cause, member.cause)
        for member in team:
            if member.row.together and member.content in (_kernel.EMPTY, _kernel.FINISHED):
                self.stations[member.row.together.start].indexed_at = int(self.env.now)
            if not member.is_empty():
                member.give()
        for member in team:
            if member.is_empty():
                member.receive()
        for member in team:
            for join in member.wants():
                join.used.wake(empty=not member.is_empty())
                join.stores = join.all
            if member.is_empty():
                member.load()
                member.loaded.succeed()
            else:
                member.ask(_kernel.EMPTY)

    def exit(self, station: StationProcess, body: Part) -> None:
        """A body leaves the shop; what is left of it carried the body."""
        now = int(self.env.now)
        self.exits.append((station.row.line, now, now - body.born))
        self.last_exit = now, self.cause
        self.last_station = station.number
        self.ends(body)
        body.born = UNBORN

    def begins(self, part: Part) -> None:
        """A part is born."""
        part.born = int(self.env.now)
        self.count_wip(1)

    def ends(self, part: Part) -> None:
        """A part is no more, if it was born."""
        self.count_wip(-(part.born != UNBORN))

    def copy(self, part: Part) -> Part:
        """One part more like this one."""
        self.count_wip(part.born != UNBORN)
        return Part(part.born, part.rounds)

    def count_wip(self, change: int) -> None:
        """Book the work in process up to now, then change it."""
        now = int(self.env.now)
        self.wip_ms += self.wip * (now - self.wip_since)
        self.wip_since = now
        self.wip += change

    def account(self) -> None:
        """Book the time up to now on everything."""
        self.count_wip(0)
        for thing in self.things:
            thing.account()
        for station in self.stations:
            station.record_overtime()
            if station.running and station.task == State.PLANNED:
                station.book()

    def keep(self, history: History, row: int) -> None:
        """Store what stations and stores have counted up to now.

        The accounts of the failures stay open, because a wait for a crew is measured from where
        its account was last closed.
        """
        self.count_wip(0)
        for station in self.stations:
            station.account()
            station.record_overtime()
        for store in self.stores:
            store.account()
        levels = {"level": np.array([store.level for store in self.stores], np.int64)}
        stores = _counted("stores", self.stores) | levels
        wip = {"wip_ms": self.wip_ms, "wip": self.wip}
        history.keep(row, _counted("stations", self.stations), _spent(self), stores, wip)

    def clear(self) -> None:
        """Forget what was counted in the warm-up."""
        for thing in (*self.things, *self.stops(), *self.crews.groups):
            thing.clear()
        self.exits.clear()
        self.wip_ms, self.wip_start = 0, self.wip

    def inside(self) -> Ints:
        """The parts on stations and in stores, a row each: where, birth, rounds."""
        rows = [(s.number, s.part) for s in self.stations if s.content != _kernel.EMPTY]
        rows += [(len(self.stations) + s.number, p) for s in self.stores for p in s.parts]
        table = [(place, part.born, part.rounds) for place, part in rows]
        return np.array(table, np.int64).reshape(-1, 3)

    def chosen(self) -> list[int]:
        """The store that each join uses for the body that waits, if a split chose it; else -1."""
        stations = ((s.takes, s.puts, s.returns, s.rejects) for s in self.stations)
        return [join.chosen() for joins in stations for several in joins for join in several]

    def stops(self) -> list[PlannedStopProcess]:
        """All planned stops, in the order of the layout."""
        return [stop for station in self.stations for stop in station.stops]

    def critical_path(self, begin: int) -> list[PathStep]:
        """The steps that the last body waited for from `begin` on, then those after it."""
        left, step = self.last_exit
        return between(_backwards(step), begin) + between(self.going_on(), left)

    def going_on(self) -> Iterator[PathStep]:
        """The step that the station of the last body waits for and those before it, last first."""
        content = [station.content for station in self.stations]
        level = [store.level for store in self.stores]
        ready, places = ([s.available(empty=empty) for s in self.stores] for empty in (True, False))
        now, layout = int(self.env.now), self.layout
        thing = awaited(layout, content, self.chosen(), level, ready, places, self.last_station)
        if thing is None:
            yield 2 * layout.stuck, self.last_exit[0], now
        elif thing < 0:
            belt = self.stores[-1 - thing]
            assert isinstance(belt, ConveyorProcess)
            begin, before = belt.entered
            yield 2 * layout.transit(belt.number), begin, now
            yield from _backwards(before)
        elif thing < len(self.stations):
            station = self.stations[thing]
            if station.content != _kernel.LOADED:
                begin = station.cause.end if station.cause else self.last_exit[0]
                yield 2 * layout.closed(thing), begin, now
                yield from _backwards(station.cause)
                return
            station.split()
            yield station.doing(), station.started, now
            yield from _backwards(station.before)
        else:
            begin, before = self.stores[thing - layout.transit(0)].under_way[0]
            yield 2 * thing, begin, now
            yield from _backwards(before)


Team = list[StationProcess]
Used = dict[Join, StoreProcess]


def _backwards(step: Step | None) -> Iterator[PathStep]:
    """A step and those before it, last first."""
    while step is not None:
        yield step.what, step.begin, step.end
        step = step.before


def _later(a: Step | None, b: Step | None) -> Step | None:
    """The later of two causes."""
    if a is None or b is None:
        return a or b
    return a if a.number > b.number else b


LAST = 2**40
"""A rank after that of all things."""

N_REPORTS = 1000
"""Progress reports of a run; at most one an hour of the run."""


def run(
    layout: Layout,
    *,
    warm_up: int,
    seed: int,
    run: int,
    trace: bool,
    critical_path: bool,
    every: int | None,
    report: Callable[[int], None],
) -> Counts:
    """Run a layout to its horizon.

    Parameters
    ----------
    warm_up : int
        [ms]
    every : int, optional
        Keep a history, a row for each period of this length. [ms]
    report : callable
        Called with the clock now and then. [ms]
    """
    floor = Floor(layout, seed=seed, run=run)
    floor.tracing = trace and warm_up == 0
    step = max(layout.horizon // N_REPORTS, units.MS_PER_H)

    def advance(until: int) -> None:
        for stop in (*range(int(floor.env.now) + step, until, step), until):
            floor.env.run(until=Due(floor.env, stop, LAST))
            report(stop)

    if critical_path and not warm_up:
        floor.note_causes()
    floor.start()
    if warm_up:
        advance(warm_up)
        floor.account()
        floor.clear()
        floor.tracing = trace
        if critical_path:
            floor.note_causes()
    ends = period_ends(layout.horizon - warm_up, every)
    history = History.blank(ends, len(floor.stations), len(floor.stores)) if every else None
    for row, end in enumerate(ends.tolist()):
        advance(warm_up + end)
        if history is not None:
            floor.keep(history, row)
    floor.account()
    return _collect(floor, warm_up, history)


def _collect(floor: Floor, warm_up: int, history: History | None) -> Counts:
    begun = np.array([0, 0, warm_up, warm_up])
    exits = {row.line: Packed(2) for row in floor.layout.stations if row.output}
    for number, rows in exits.items():
        own = [(t - warm_up, lead) for n, t, lead in floor.exits if n == number]
        rows.add(np.array(own, np.int64).reshape(-1, 2))
    return Counts(
        stations=_counted("stations", floor.stations)
        | {
            "content": np.array([s.content for s in floor.stations], np.int64),
            "asked_at": np.array([s.asked_at - warm_up for s in floor.stations], np.int64),
        },
        spent=_spent(floor),
        stores=_counted("stores", floor.stores)
        | {
            "level_start": np.array([s.level_start for s in floor.stores], np.int64),
            "level_end": np.array([s.level for s in floor.stores], np.int64),
        },
        failures=_counted("failures", floor.failures),
        clocks=_counted("clocks", floor.failures),
        stops=_counted("stops", floor.stops()),
        crews=_counted("crews", floor.crews.groups),
        exits=exits,
        wip={"start": floor.wip_start, "ms": floor.wip_ms, "end": floor.wip},
        chosen=np.array(floor.chosen(), np.int64),
        inside=floor.inside(),
        trace=np.array(floor.trace, np.int64).reshape(-1, 4) - begun if floor.tracing else None,
        history=history,
        path=packed(floor.critical_path(warm_up), warm_up) if floor.noting else None,
    )


def _spent(floor: Floor) -> Ints:
    return np.array([s.spent[: State.OFF] for s in floor.stations], np.int64)


def _counted(table: str, things: list[Any]) -> dict[str, Ints]:
    return {
        name: np.array([thing.counted[name] for thing in things], np.int64)
        for name in COUNTED[table]
    }
