"""Everything that runs, and the moves between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import UNBORN
from ningde_sim.engine.counts import COUNTED, History, Ints
from ningde_sim.engine.critical_path import PathStep, awaited, between
from ningde_sim.engine.layout import Layout, StoreLayout
from ningde_sim.engine.reference.crews import Crews
from ningde_sim.engine.reference.events import Due, Step, backwards, later
from ningde_sim.engine.reference.failures import FailureProcess, LineClock
from ningde_sim.engine.reference.products import Choice, ProductSequence
from ningde_sim.engine.reference.stations import StationProcess
from ningde_sim.engine.reference.stores import (
    BankProcess,
    ConveyorProcess,
    Join,
    Part,
    StoreProcess,
)
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
        self.sequence = ProductSequence(self)
        self.stores = [_process(row)(self, row, i) for i, row in enumerate(layout.stores)]
        self.lines = {(row.line, row.copy): LineClock() for row in layout.stations}
        self.stations = [StationProcess(self, row, i) for i, row in enumerate(layout.stations)]
        self.crews = Crews(self)
        self.first_uptimes = layout.first_uptimes(seed, run)
        self.failures = [FailureProcess(self, row, i) for i, row in enumerate(layout.failures)]
        self.things: list[StationProcess | StoreProcess | FailureProcess] = []
        self.things += [*self.stations, *self.stores, *self.failures]
        self.woken: list[StationProcess] = []
        self.n_requests = 0
        self.exits: list[tuple[int, int, int, int, int]] = []
        self.number_parts()
        held = [part for store in self.stores for part in store.parts]
        held += [station.part for station in self.stations]
        born = [part.product for part in held if part.born != UNBORN]
        self.wip = self.wip_start = len(born)
        self.wip_ms = self.wip_since = 0
        self.wip_of = [born.count(p) for p in range(len(layout.products))]
        self.wip_ms_of = [0] * len(layout.products)
        self.trace: list[tuple[int, int, int, int]] = []
        self.tracing = False
        self.noting = False
        self.n_steps = 0
        self.cause: Step | None = None
        self.last_exit: tuple[int, Step | None] = 0, None
        self.last_station = next(i for i, row in enumerate(layout.stations) if row.output)

    def number_parts(self) -> None:
        """The parts at the start have products; where all are alike, the only one."""
        for place, numbers in self.layout.at_start.items():
            store = place - len(self.stations)
            parts = self.stores[store].parts if store >= 0 else [self.stations[place].part]
            for part, number in zip(parts, numbers, strict=True):
                if number >= 0:
                    part.product, part.number = self.sequence.product_of(number), number

    def part(self) -> Part:
        """A part that is not born yet; where all parts are alike, it is of the only product."""
        return Part() if self.layout.by_product else Part(product=0, number=0)

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
        if self.layout.by_product:
            for group in range(self.layout.n_groups):
                self.sequence.look_ahead(group)
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
                found = self.choose(station) or self.gather([station], {})
                if found:
                    self.exchange(*found)

    def choose(self, station: StationProcess) -> tuple[Team, Used] | None:
        """If a station chooses its parts: whether it can move, alone."""
        if not (station.row.choosy and station.is_empty()):
            return None
        used = Choice(station).used()
        return ([station], used) if used is not None else ([], {})

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
                if member.is_empty() and (join.used.row.in_order or join.used.row.lanes):
                    join.used.wake(empty=True)
                join.stores = join.all
            if member.is_empty():
                member.load()
                member.loaded.succeed()
            else:
                member.ask(_kernel.EMPTY)

    def exit(self, station: StationProcess, body: Part) -> None:
        """A body leaves the shop; what is left of it carried the body."""
        now = int(self.env.now)
        self.exits.append((station.row.line, now, now - body.born, body.product, body.number))
        self.last_exit = now, self.cause
        self.last_station = station.number
        self.ends(body)
        carrier = self.part()
        body.born, body.product, body.number = UNBORN, carrier.product, carrier.number

    def begins(self, part: Part, group: int) -> None:
        """A part is born, of the next product of a count if it has none yet."""
        part.born = int(self.env.now)
        if part.product < 0:
            self.sequence.make_next(part, group)
        self.count_wip(part, 1)

    def ends(self, part: Part) -> None:
        """A part is no more, if it was born."""
        self.count_wip(part, -(part.born != UNBORN))

    def copy(self, part: Part) -> Part:
        """One part more like this one."""
        self.count_wip(part, part.born != UNBORN)
        return replace(part)

    def count_wip(self, part: Part | None, change: int) -> None:
        """Book the work in process up to now, then change that of a part's product."""
        passed = int(self.env.now) - self.wip_since
        self.wip_ms += self.wip * passed
        if self.layout.by_product:
            wip = zip(self.wip_ms_of, self.wip_of, strict=True)
            self.wip_ms_of = [ms + n * passed for ms, n in wip]
            if part is not None:
                self.wip_of[part.product] += change
        self.wip_since += passed
        self.wip += change

    def account(self) -> None:
        """Book the time up to now on everything."""
        self.count_wip(None, 0)
        for thing in self.things:
            thing.account()
        for station in self.stations:
            station.record_overtime()
            if station.running and station.task != State.WORKING:
                station.book()

    def keep(self, history: History, row: int) -> None:
        """Store what stations and stores have counted up to now.

        The accounts of the failures stay open, because a wait for a crew is measured from where
        its account was last closed.
        """
        self.count_wip(None, 0)
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
        self.wip_ms_of = [0] * len(self.wip_ms_of)

    def inside(self) -> Ints:
        """The parts on stations and in stores, a row each: as in `Counts.inside`."""
        rows = [(s.number, s.part) for s in self.stations if s.content != _kernel.EMPTY]
        rows += [(len(self.stations) + s.number, p) for s in self.stores for p in s.parts]
        table = [(place, p.born, p.rounds, p.product, p.number) for place, p in rows]
        return np.array(table, np.int64).reshape(-1, 5)

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


def _process(row: StoreLayout) -> type[StoreProcess]:
    """What a store is."""
    if row.lanes:
        return BankProcess
    return ConveyorProcess if row.headway else StoreProcess


def spent(floor: Floor) -> Ints:
    """Time of each station in each state but off. [ms]"""
    return np.array([s.spent[: State.OFF] for s in floor.stations], np.int64)


def counted(table: str, things: list[Any]) -> dict[str, Ints]:
    """What some things of one kind have counted, by the names of `COUNTED`."""
    return {
        name: np.array([thing.counted[name] for thing in things], np.int64)
        for name in COUNTED[table]
    }
