"""Everything that runs, and the moves between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import UNBORN
from ningde_sim.engine.counts import COUNTED, History, Ints
from ningde_sim.engine.critical_path import PathStep, awaited, between
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.reference.crews import Crews
from ningde_sim.engine.reference.events import Due, Step, backwards, later
from ningde_sim.engine.reference.failures import FailureProcess, LineClock
from ningde_sim.engine.reference.stations import StationProcess
from ningde_sim.engine.reference.stores import ConveyorProcess, Join, Part, StoreProcess
from ningde_sim.engine.reference.working_times import WorkingTimeProcess
from ningde_sim.engine.rules import State

if TYPE_CHECKING:
    from ningde_sim.engine.reference.events import Process
    from ningde_sim.engine.reference.stations import PlannedStopProcess


Team = list[StationProcess]
Used = dict[Join, StoreProcess]


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
        station.cause = later(station.cause, self.cause)
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
            self.cause = later(self.cause, member.cause)
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
        stores = counted("stores", self.stores) | levels
        wip = {"wip_ms": self.wip_ms, "wip": self.wip}
        history.keep(row, counted("stations", self.stations), spent(self), stores, wip)

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
        return between(backwards(step), begin) + between(self.going_on(), left)

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
            yield from backwards(before)
        elif thing < len(self.stations):
            station = self.stations[thing]
            if station.content != _kernel.LOADED:
                begin = station.cause.end if station.cause else self.last_exit[0]
                yield 2 * layout.closed(thing), begin, now
                yield from backwards(station.cause)
                return
            station.split()
            yield station.doing(), station.started, now
            yield from backwards(station.before)
        else:
            begin, before = self.stores[thing - layout.transit(0)].under_way[0]
            yield 2 * thing, begin, now
            yield from backwards(before)


def spent(floor: Floor) -> Ints:
    """Time of each station in each state but off. [ms]"""
    return np.array([s.spent[: State.OFF] for s in floor.stations], np.int64)


def counted(table: str, things: list[Any]) -> dict[str, Ints]:
    """What some things of one kind have counted, by the names of `COUNTED`."""
    return {
        name: np.array([thing.counted[name] for thing in things], np.int64)
        for name in COUNTED[table]
    }
