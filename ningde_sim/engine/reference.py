"""The SimPy engine: the definition of the model, written to be read beside `engine.rules`.

Stations and failure clocks are processes, the crews are a `simpy.Resource`, bodies move through
`Store`s. What happens at one instant is ordered by the priority of its event: the number of the
thing in the order of the rules. Whatever a process does on being resumed concerns itself alone,
so the order of creation has no say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import simpy

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.counts import COUNTED, Counts, History, Ints, Packed, period_ends
from ningde_sim.engine.critical_path import PathStep, awaited, between, packed
from ningde_sim.engine.rules import Clock, Gap, Layout, Place, State, visible_ms

Process = Generator[simpy.Event, Any, None]


class Due(simpy.Event):
    """A timeout to an instant, with the rank that orders the events of that instant."""

    def __init__(self, env: simpy.Environment, when: int, rank: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        if when < NEVER:
            env.schedule(self, priority=2 + rank, delay=when - env.now)  # type: ignore[arg-type]


class Step(NamedTuple):
    """Something that a thing did, and what it had waited for before it began.

    `number` grows with the time of the end; what nothing refers to any more is gone.
    """

    number: int
    what: int
    begin: int
    end: int
    before: Step | None


class WorkingTimes:
    """A working time: its windows, and a clock that runs in them only."""

    def __init__(
        self, env: simpy.Environment, windows: list[tuple[int, int]], end: int = NEVER
    ) -> None:
        self.env = env
        self.windows = windows
        self.end = end
        self.passed = 0
        self.opening = self.closing = -1
        if windows and windows[0][0] == 0:
            self.open(*windows[0])

    def open(self, opening: int, closing: int) -> None:
        """The next window opens."""
        self.passed += self.closing - self.opening
        self.opening, self.closing = opening, closing

    def is_open(self) -> bool:
        """The instant of closing is still open."""
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

    def later(self) -> list[tuple[int, int]]:
        """The windows that have not opened yet."""
        return [window for window in self.windows if window[0] > self.opening]


class Store:
    """Places and parts, with those who wait for them in the order in which they asked."""

    def __init__(self, floor: Floor, gap: Gap, number: int) -> None:
        self.floor = floor
        self.gap = gap
        self.rank = len(floor.times) + number
        self.time = floor.times[gap.time]
        self.level = self.ready = gap.initial
        self.takers: list[Station] = []
        self.putters: list[Station] = []
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
        self.counted["full_ms"] += passed * (self.level == self.gap.capacity)
        self.counted["empty_ms"] += passed * (self.level == 0)
        self.counted["none_ready_ms"] += passed * (self.ready == 0)
        self.since += passed

    def wake_takers(self) -> None:
        """Those for whom a part is ready try to move."""
        for station in self.takers[: self.ready]:
            self.floor.wake(station)

    def wake_putters(self) -> None:
        """Those for whom a place is free try to move."""
        for station in self.putters[: max(0, self.gap.capacity - self.level)]:
            self.floor.wake(station)

    def take(self, station: Station) -> None:
        """A part leaves with a station."""
        self.takers.remove(station)
        self.counted["n_taken"] += 1
        if self.gap.capacity:
            self.account()
            self.level -= 1
            self.ready -= 1

    def put(self, station: Station) -> None:
        """A part comes from a station."""
        self.putters.remove(station)
        self.counted["n_put"] += 1
        if self.gap.capacity:
            self.account()
            self.level += 1
            if self.gap.transit:
                self.under_way.append((int(self.floor.env.now), self.floor.cause))
                self.floor.env.process(self.transit())
            else:
                self.ready += 1

    def transit(self) -> Process:
        """A part travels through the store, then it is ready."""
        yield Due(self.floor.env, self.time.after(self.gap.transit), self.rank)
        self.account()
        what = 2 * self.floor.layout.transit(self.number) + 1
        self.floor.cause = self.floor.note(what, *self.under_way.popleft())
        self.ready += 1
        self.wake_takers()
        self.floor.settle()


class Station:
    """A place for one body: it takes, works, and keeps what it made until there is room."""

    def __init__(self, floor: Floor, place: Place, number: int) -> None:
        self.floor = floor
        self.place = place
        self.number = number
        self.rank = len(floor.times) + len(floor.stores) + number
        self.time = floor.times[place.time]
        self.takes = [floor.stores[s] for s in place.takes]
        self.puts = [floor.stores[s] for s in place.puts]
        self.content = _kernel.EMPTY
        self.task = State.WORKING
        self.in_repair = self.in_queue = 0
        self.loaded = floor.env.event()
        self.restored = floor.env.event()
        self.running: simpy.Process | None = None
        self.done = 0
        self.worked = 0
        self.state = State.STARVED
        self.cause: Step | None = None
        self.before: Step | None = None
        self.started = 0
        self.since = self.since_wall = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.spent = [0] * len(State)
        self.counted = dict.fromkeys(COUNTED["stations"], 0)

    # ------------------------------------------------------------------ accounts

    def account(self) -> None:
        """Book the time up to now on the state that the station was in."""
        reading = self.time.reading()
        self.spent[self.state] += reading - self.since
        self.floor.record(self.number, self.state, self.since_wall)
        self.since, self.since_wall = reading, int(self.floor.env.now)

    def show(self) -> None:
        """Find the state anew; the first that applies counts."""
        if self.in_repair:
            state = State.DOWN
        elif self.in_queue:
            state = State.WAITING
        elif self.content == _kernel.LOADED:
            state = self.task
        else:
            state = State.BLOCKED if self.content == _kernel.FINISHED else State.STARVED
        if state != self.state:
            self.account()
            self.state = state

    # ------------------------------------------------------------------ causes

    def load(self) -> None:
        """A body is there, or is to be processed again: a step begins."""
        self.content = _kernel.LOADED
        self.started, self.before = int(self.floor.env.now), self.floor.cause

    def doing(self) -> int:
        """What step it is in; of several repairs or waits the first declared counts."""
        layout = self.floor.layout
        clocks = [self.floor.clocks[i] for i in self.place.clocks]
        for state, number in ((State.DOWN, layout.repair), (State.WAITING, layout.wait)):
            for clock in clocks:
                if clock.state == state:
                    return 2 * number(clock.number)
        return 2 * (self.number if self.task == State.WORKING else layout.stop(self.number))

    def step(self, ending: int | None = None) -> None:
        """What it does ends, or is broken off because something else ends."""
        if self.content == _kernel.LOADED:
            what, now = self.doing(), int(self.floor.env.now)
            if what == ending or now > self.started:
                self.before = self.floor.note(what + (what == ending), self.started, self.before)
            self.started = now

    # ------------------------------------------------------------------ moves

    def ask(self) -> None:
        """Empty: queue for a part of each store."""
        self.content = _kernel.EMPTY
        self.show()
        for store in self.takes:
            store.takers.append(self)
        self.floor.wake(self)

    def offer(self) -> None:
        """Finished: queue for a place of each store."""
        self.content = _kernel.FINISHED
        self.show()
        for store in self.puts:
            store.putters.append(self)
        self.floor.wake(self)

    def needs(self) -> list[Station] | None:
        """Those that it can only move together with, or None when it can't move."""
        if self.content == _kernel.LOADED or not self.time.is_open():
            return None
        partners = []
        empty = self.content == _kernel.EMPTY
        for store in self.takes if empty else self.puts:
            mine, theirs = store.takers, store.putters
            there = store.ready
            if not empty:
                mine, theirs = theirs, mine
                there = store.gap.capacity - store.level
            position = mine.index(self)
            if store.gap.capacity == 0:
                if position >= len(theirs):
                    return None
                partners.append(theirs[position])
            elif position >= there:
                return None
        return partners

    # ------------------------------------------------------------------ life

    def life(self) -> Process:
        """Take a body, work on it until it is good or scrapped, give it away; for ever."""
        while True:
            yield self.loaded
            while self.content == _kernel.LOADED:
                stops = [s for s in self.place.stops if self.done and self.done % s.every == 0]
                if stops:
                    yield from self.go_on(State.PLANNED, max(visible_ms(s) for s in stops))
                    self.step(self.doing())
                cycle = self.floor.draw(self.place.cycle, self.done)
                yield from self.go_on(State.WORKING, cycle)
                self.finish()
            self.floor.settle()

    def go_on(self, task: State, left: int) -> Process:
        """Do a task of so many ms, through all interruptions."""
        self.task = task
        self.show()
        while True:
            while self.in_repair or self.in_queue:
                yield self.restored
            length = left
            if task == State.WORKING:
                length = min(length, self.first_to_fail() - self.worked)
            began = self.time.reading()
            self.running = self.floor.env.active_process
            with suppress(simpy.Interrupt):
                yield Due(self.floor.env, self.time.after(length), self.rank)
            interrupted = self.running is None
            self.running = None
            passed = self.time.reading() - began
            left -= passed
            if task == State.WORKING:
                self.worked += passed
            if interrupted:
                continue
            if left == 0:
                return
            self.fail_in_operation()

    def finish(self) -> None:
        """The body is finished, to be processed again, or scrapped."""
        self.floor.cause = self.floor.note(2 * self.number + 1, self.started, self.before)
        self.counted["cycles"] += 1
        scrap, rework = self.place.station.scrap, self.place.station.rework
        luck = self.floor.luck(self.place.quality, self.done) if scrap or rework else 1.0
        self.done += 1
        if luck < scrap:
            self.counted["scrapped"] += 1
            self.loaded = self.floor.env.event()
            self.ask()
        elif luck < scrap + rework:
            self.counted["reworked"] += 1
            self.load()
        else:
            self.loaded = self.floor.env.event()
            self.offer()

    def interrupt(self) -> None:
        """Stop what is running, if anything is."""
        if self.running is not None:
            process, self.running = self.running, None
            process.interrupt()

    # ------------------------------------------------------------------ failures

    def first_to_fail(self) -> int:
        """Work after which the next clock in operation runs out. [ms]"""
        return min((self.floor.clocks[i].fails_at for i in self.place.clocks), default=NEVER)

    def fail_in_operation(self) -> None:
        """The first declared of the clocks that have run out fails."""
        clocks = [self.floor.clocks[i] for i in self.place.clocks]
        clock = next(c for c in clocks if c.fails_at == self.worked)
        clock.fails_at = NEVER
        self.floor.env.process(clock.restore(clock.fail()))

    def maybe_restored(self) -> None:
        """Go on when the last repair is done."""
        if not self.in_repair and not self.in_queue:
            done, self.restored = self.restored, self.floor.env.event()
            done.succeed()
        self.show()


class FailureClock:
    """One failure of a robot or station: runs, waits for a crew, is repaired, starts afresh."""

    def __init__(self, floor: Floor, clock: Clock, number: int) -> None:
        self.floor = floor
        self.clock = clock
        self.number = number
        self.station = floor.stations[clock.place]
        self.time = self.station.time
        self.rank = len(floor.times) + len(floor.stores) + len(floor.stations) + number
        self.fails_at = NEVER
        self.n_up = self.n_repair = 0
        self.state: State | None = None
        self.since = self.since_wall = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["clocks"], 0)

    def account(self) -> None:
        """Book the time up to now on the repair, or on the wait for a crew."""
        reading = self.time.reading()
        if self.state is not None:
            name = "repair_ms" if self.state == State.DOWN else "queue_ms"
            self.counted[name] += reading - self.since
            self.floor.record(len(self.floor.stations) + self.number, self.state, self.since_wall)
        self.since, self.since_wall = reading, int(self.floor.env.now)

    def start(self) -> None:
        """Draw the next uptime and let the clock run."""
        uptime = self.floor.draw(self.clock.uptime, self.n_up)
        self.n_up += 1
        if self.clock.failure.clock == "calendar":
            self.floor.env.process(self.calendar(uptime))
        else:
            self.fails_at = self.station.worked + uptime

    def calendar(self, uptime: int) -> Process:
        """Run out in working time, whatever the station does."""
        yield Due(self.floor.env, self.time.after(uptime), self.rank)
        self.station.interrupt()
        yield from self.restore(self.fail())

    def fail(self) -> simpy.Event | None:
        """Stop the station; ask for a crew if one is needed."""
        self.station.step()
        self.counted["failures"] += 1
        self.station.counted["failures"] += 1
        self.account()
        crews = self.floor.crews
        request = crews.request() if crews is not None and self.clock.failure.crew else None
        if request is not None and not request.triggered:
            self.state = State.WAITING
            self.station.in_queue += 1
        else:
            self.state = State.DOWN
            self.station.in_repair += 1
        self.station.show()
        return request

    def restore(self, request: simpy.Event | None) -> Process:
        """Wait for the crew, repair, start afresh; unless work ends for good before."""
        if request is not None:
            yield request
        if self.floor.env.now > self.time.end:
            self.crew_leaves(request)
            return
        if self.state == State.WAITING:
            self.crew_comes()
        duration = self.floor.draw(self.clock.repair, self.n_repair)
        self.n_repair += 1
        end = self.time.after(duration)
        yield Due(self.floor.env, self.time.end if end == NEVER else end, self.rank)
        if end == NEVER:
            self.crew_leaves(request)
            return
        self.station.step(2 * self.floor.layout.repair(self.number))
        self.account()
        self.state = None
        self.station.in_repair -= 1
        self.crew_leaves(request)
        self.start()
        self.station.maybe_restored()

    def crew_leaves(self, request: simpy.Event | None) -> None:
        """The crew, if one was needed, is free."""
        if request is not None:
            self.floor.crews.release(request)  # type: ignore[union-attr, arg-type]

    def crew_comes(self) -> None:
        """The wait is over."""
        self.station.step(2 * self.floor.layout.wait(self.number))
        waited = self.time.reading() - self.since
        if waited > 0:
            self.counted["n_queued"] += 1
            self.counted["longest_ms"] = max(self.counted["longest_ms"], waited)
        self.account()
        self.state = State.DOWN
        self.station.in_queue -= 1
        self.station.in_repair += 1
        self.station.show()


class Floor:
    """All that runs, and the moves between."""

    def __init__(self, layout: Layout, *, seed: int, run: int) -> None:
        self.layout = layout
        self.seed, self.run = seed, run
        self.streams, self.values = layout.streams.arrays()
        self.env = simpy.Environment(initial_time=0)
        self.times = [
            WorkingTimes(self.env, windows, end)
            for windows, end in zip(layout.windows, layout.ends, strict=True)
        ]
        self.stores = [Store(self, gap, i) for i, gap in enumerate(layout.gaps)]
        self.stations = [Station(self, place, i) for i, place in enumerate(layout.places)]
        crews = layout.shop.repair_crews
        self.crews = None if crews is None else simpy.Resource(self.env, crews)
        self.clocks = [FailureClock(self, clock, i) for i, clock in enumerate(layout.clocks)]
        self.things: list[Station | Store | FailureClock] = []
        self.things += [*self.stations, *self.stores, *self.clocks]
        self.woken: deque[Station] = deque()
        self.exits: list[tuple[int, int]] = []
        self.trace: list[tuple[int, int, int, int]] = []
        self.tracing = False
        self.telling = False
        self.n_steps = 0
        self.cause: Step | None = None
        self.last_exit: tuple[int, Step | None] = 0, None
        self.last_place = next(i for i, place in enumerate(layout.places) if place.output)

    def draw(self, stream: int, k: int) -> int:
        """The k-th draw of a stream. [ms]"""
        return int(_kernel.draw_ms(self.streams, self.values, stream, self.seed, self.run, k))

    def luck(self, stream: int, k: int) -> float:
        """The k-th number between 0 and 1 of a stream."""
        return float(_kernel.uniform(self.streams[stream], self.seed, self.run, k))

    def record(self, thing: int, state: State, begin: int) -> None:
        """Note in the trace what a thing did from `begin` to now."""
        if self.tracing and self.env.now > begin:
            self.trace.append((thing, state, begin, int(self.env.now)))

    def note(self, what: int, begin: int, before: Step | None) -> Step | None:
        """Write down a step that ends now, if causes are told."""
        if not self.telling:
            return None
        self.n_steps += 1
        return Step(self.n_steps, what, begin, int(self.env.now), before)

    def tell_causes(self) -> None:
        """Causes are told from now on."""
        now = int(self.env.now)
        self.telling = True
        self.cause = None
        self.last_exit = now, None
        for station in self.stations:
            station.started, station.before, station.cause = now, None, None
        for store in self.stores:
            store.under_way = deque((now, None) for _ in store.under_way)

    def start(self) -> None:
        """Start all clocks and processes; all stations ask, in order."""
        for number, times in enumerate(self.times):
            self.env.process(self.openings(number, times))
        for clock in self.clocks:
            clock.start()
        for station in self.stations:
            self.env.process(station.life())
            station.ask()
        self.settle()

    def openings(self, number: int, times: WorkingTimes) -> Process:
        """At each opening the stations try the moves that they stood at."""
        for opening, closing in times.later():
            yield Due(self.env, opening, number)
            times.open(opening, closing)
            self.cause = None
            for station in self.stations:
                if station.time is times and station.content != _kernel.LOADED:
                    self.wake(station)
            self.settle()

    def wake(self, station: Station) -> None:
        """Let a station try to move."""
        station.cause = _later(station.cause, self.cause)
        if station not in self.woken:
            self.woken.append(station)

    def settle(self) -> None:
        """Try the moves of those that were woken, first come, first served."""
        while self.woken:
            team = self.gather(self.woken.popleft())
            if team:
                self.exchange(team)

    def gather(self, station: Station) -> list[Station]:
        """The stations that have to move together with this one; none when one of them can't."""
        team = [station]
        for member in team:
            partners = member.needs()
            if partners is None:
                return []
            team += [p for p in dict.fromkeys(partners) if p not in team]
        return team

    def exchange(self, team: list[Station]) -> None:
        """Move a team: all leave their queues, then all go on."""
        self.cause = None
        for member in team:
            self.cause = _later(self.cause, member.cause)
        for member in team:
            if member.content == _kernel.EMPTY:
                for store in member.takes:
                    store.take(member)
            else:
                for store in member.puts:
                    store.put(member)
        for member in team:
            if member.content == _kernel.EMPTY:
                for store in member.takes:
                    store.wake_putters()
                member.load()
                member.loaded.succeed()
            else:
                for store in member.puts:
                    store.wake_takers()
                if member.place.output:
                    self.exits.append((member.place.line, int(self.env.now)))
                    self.last_exit = int(self.env.now), self.cause
                    self.last_place = member.number
                member.ask()

    def account(self) -> None:
        """Book everything up to now."""
        for thing in self.things:
            thing.account()

    def keep(self, history: History, row: int) -> None:
        """Write down what stations and stores have counted up to now.

        The accounts of the clocks stay open: a wait for a crew is measured from where its account
        was last closed.
        """
        for station in self.stations:
            station.account()
        for store in self.stores:
            store.account()
        levels = {"level": np.array([store.level for store in self.stores], np.int64)}
        stores = _counted("stores", self.stores) | levels
        history.keep(row, _counted("stations", self.stations), _spent(self), stores)

    def clear(self) -> None:
        """Forget what was counted in the warm-up."""
        for thing in self.things:
            thing.clear()
        self.exits.clear()

    def critical_path(self, begin: int) -> list[PathStep]:
        """What the last body waited for from `begin` on, then what its station still waits for."""
        left, step = self.last_exit
        return between(_backwards(step), begin) + between(self.going_on(), left)

    def going_on(self) -> Iterator[PathStep]:
        """What the station of the last body waits for, and what that came of, the last first."""
        content = [station.content for station in self.stations]
        level, ready = ([getattr(s, name) for s in self.stores] for name in ("level", "ready"))
        now, layout = int(self.env.now), self.layout
        thing = awaited(layout, content, level, ready, self.last_place)
        if thing is None:
            yield 2 * layout.stuck, self.last_exit[0], now
        elif thing < len(self.stations):
            station = self.stations[thing]
            yield station.doing(), station.started, now
            yield from _backwards(station.before)
        else:
            begin, before = self.stores[thing - layout.transit(0)].under_way[0]
            yield 2 * thing, begin, now
            yield from _backwards(before)


def _backwards(step: Step | None) -> Iterator[PathStep]:
    """A step and those that it came of, the last first."""
    while step is not None:
        yield step.what, step.begin, step.end
        step = step.before


def _later(a: Step | None, b: Step | None) -> Step | None:
    """The later of two causes."""
    if a is None or b is None:
        return a or b
    return a if a.number > b.number else b


LAST = 2**40
"""A rank behind that of all things."""

TOLD = 1000
"""How often in a run the progress is told, at most once an hour of the run."""


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
    floor = Floor(layout, seed=seed, run=run)
    floor.tracing = trace and warm_up == 0
    step = max(layout.horizon // TOLD, units.MS_PER_H)

    def advance(until: int) -> None:
        for stop in (*range(int(floor.env.now) + step, until, step), until):
            floor.env.run(until=Due(floor.env, stop, LAST))
            tell(stop)

    if critical_path and not warm_up:
        floor.tell_causes()
    floor.start()
    if warm_up:
        advance(warm_up)
        floor.account()
        floor.clear()
        floor.tracing = trace
        if critical_path:
            floor.tell_causes()
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
    lines = [place.line for place in floor.layout.places if place.output]
    exits = {number: Packed() for number in lines}
    for number, times in exits.items():
        times.add(np.array([t - warm_up for n, t in floor.exits if n == number], np.int64))
    return Counts(
        stations=_counted("stations", floor.stations)
        | {"content": np.array([s.content for s in floor.stations], np.int64)},
        spent=_spent(floor),
        stores=_counted("stores", floor.stores)
        | {
            "level_start": np.array([s.level_start for s in floor.stores], np.int64),
            "level_end": np.array([s.level for s in floor.stores], np.int64),
        },
        clocks=_counted("clocks", floor.clocks),
        exits=exits,
        trace=np.array(floor.trace, np.int64).reshape(-1, 4) - begun if floor.tracing else None,
        history=history,
        path=packed(floor.critical_path(warm_up), warm_up) if floor.telling else None,
    )


def _spent(floor: Floor) -> Ints:
    return np.array([s.spent[: State.OFF] for s in floor.stations], np.int64)


def _counted(table: str, things: list[Any]) -> dict[str, Ints]:
    return {
        name: np.array([thing.counted[name] for thing in things], np.int64)
        for name in COUNTED[table]
    }
