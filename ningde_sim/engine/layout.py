"""A shop laid out for the engines: numbered lists that refer to each other.

Every buffer inside a line is a store like any other, with one station on each side. So a shop is
stations, each of which takes parts from its stores and puts parts to its stores. So are the copies
of a line, each of which is laid out by itself: the engines know nothing of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from ningde_sim._support import units
from ningde_sim.engine import ages
from ningde_sim.engine._kernel import LONGEST, NEVER, UNBORN
from ningde_sim.engine.copies import Copied, stream_name
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.streams import UNIT, Draws, Streams
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.entries import Flow, Split, number_of, stores_of
from ningde_sim.plant.line import AtClose, Line, Store, numbered
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.start import ON_STATION, Age
from ningde_sim.plant.station import Failure, PlannedStop, Station, equipment
from ningde_sim.plant.working_time import WorkingTime

Number = TypeVar("Number", int, Ints)


@dataclass(frozen=True, slots=True)
class JoinLayout:
    """A station joined to a store, or to alternatives.

    Attributes
    ----------
    stores : tuple of int
        Numbers of the stores, in order of preference.
    number : int
        How many parts go at one instant. [parts]
    route : int
        Number of the stream that chooses the store; -1 if the first that can serve is used.
    shares : tuple of float
        Their probabilities, if a stream chooses. [-]
    """

    stores: tuple[int, ...]
    number: int = 1
    route: int = -1
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StationLayout(Copied):
    """A station in the layout: its description and the numbers of what it is joined to.

    Attributes
    ----------
    station : Station
    line, time : int
        Numbers of its line and of its working time.
    takes, puts, returns, rejects : range
        Numbers of its joins to the stores that it takes from, that its good bodies, the carriers of
        its scrapped bodies and its rejected bodies go to.
    last : bool
        Whether it is the last of its line.
    together : range
        Numbers of all stations of its line if they index together; empty if each moves by itself.
    at_close : {"pause", "finish", "hold"}
    stops : range
        Numbers of the planned stops of its robots, then its own.
    failures : range
        Numbers of the failures of its robots, then its own, then of the planned stops with a crew.
    line_failures : range
        Numbers of the failures of its line.
    content, born : int
        What is on it at the start, and the birth of that body. [-, ms]
    output : bool
        Whether the bodies that leave it count.
    cycle, quality : int
        Numbers of its streams.
    """

    station: Station
    line: int
    time: int
    takes: range
    puts: range
    returns: range
    rejects: range
    last: bool
    together: range
    at_close: AtClose
    stops: range
    failures: range
    line_failures: range
    content: int
    born: int
    output: bool
    cycle: int
    quality: int

    @property
    def name(self) -> str:
        """Its name, with the number of its copy where there are several."""
        return numbered(self.station.name, self.copy)


@dataclass(frozen=True, slots=True)
class StoreLayout(Copied):
    """A store in the layout: one of the shop's, or a buffer inside a line.

    Attributes
    ----------
    name : str
    capacity : int
        Parts in transit included. [parts]
    transit : int
        [ms]
    headway : int
        Of a conveyor; 0 of another store. [ms]
    initial : tuple of int
        The births of the parts at the start, the first to leave first; `UNBORN` of those that were
        not loaded yet. [ms]
    time : int
        Number of its working time.
    declared : bool
        Whether it is one of the shop's.
    """

    name: str
    capacity: int
    transit: int
    headway: int
    initial: tuple[int, ...]
    time: int
    declared: bool


@dataclass(frozen=True, slots=True)
class StopLayout(Copied):
    """A planned stop in the layout, with a crew or without one.

    Attributes
    ----------
    stop : PlannedStop
    station : int
        Number of the station.
    owner : str
        Name of the robot or station.
    every : int
        Cycles or ms from one to the next.
    duration : int
        Number of the stream of its visible part.
    failure : int
        With a crew: its number among the failures; otherwise -1.
    """

    stop: PlannedStop
    station: int
    owner: str
    every: int
    duration: int
    failure: int


@dataclass(frozen=True, slots=True)
class FailureLayout(Copied):
    """A failure of a robot, a station or a line in the layout, or a planned stop with a crew.

    Attributes
    ----------
    failure : Failure or PlannedStop
    stations : range
        Numbers of the stations that it stops.
    of_line : bool
        Whether it is a failure of a line.
    time : int
        Number of the working time of its line.
    owner : str
        Name of the robot, station or line.
    groups : tuple of int
        Numbers of the groups of crews that may repair it; none if a crew is always free.
    uptime, repair : int
        Numbers of its streams; a planned stop has no uptime, -1.
    """

    failure: Failure | PlannedStop
    stations: range
    of_line: bool
    time: int
    owner: str
    groups: tuple[int, ...]
    uptime: int
    repair: int

    @property
    def is_planned(self) -> bool:
        """Whether it is a planned stop."""
        return isinstance(self.failure, PlannedStop)

    @property
    def clock(self) -> str:
        """Of a failure; "" for a planned stop."""
        return self.failure.clock if isinstance(self.failure, Failure) else ""

    @property
    def then(self) -> str:
        """What becomes of the body in work."""
        return self.failure.then if isinstance(self.failure, Failure) else "resume"

    @property
    def priority(self) -> int:
        """For a crew; the highest comes first."""
        return self.failure.priority if isinstance(self.failure, Failure) else 0


@dataclass(frozen=True, slots=True)
class CrewLayout:
    """A group of crews in the layout.

    Attributes
    ----------
    crew : Crew
    time : int
        Number of its own working time; -1 if it works where the line can work.
    """

    crew: Crew
    time: int


@dataclass(eq=False)
class Layout:
    """A shop as numbered lists, in the order of the rules.

    Attributes
    ----------
    shop : Shop
    horizon : int
        End of the run. [ms]
    stations : list of StationLayout
        Line by line, the copies of a line one after another.
    stores : list of StoreLayout
        Stores as declared, then the buffers line by line and copy by copy, those of capacity 0 too.
    stops : list of StopLayout
        Station by station, at each its robots' and then its own.
    failures : list of FailureLayout
        Line by line and copy by copy: station by station, at each its robots' and then its own,
        then planned stops with a crew; then those of the line.
    joins : list of JoinLayout
        Station by station: takes, puts, returns, rejects.
    crews : list of CrewLayout
        As declared.
    windows : list of list of (int, int)
        Opening and closing of each working time. [ms]
    streams : Streams
        All random streams of the shop.
    """

    shop: Shop
    horizon: int
    stations: list[StationLayout] = field(default_factory=list)
    stores: list[StoreLayout] = field(default_factory=list)
    stops: list[StopLayout] = field(default_factory=list)
    failures: list[FailureLayout] = field(default_factory=list)
    joins: list[JoinLayout] = field(default_factory=list)
    crews: list[CrewLayout] = field(default_factory=list)
    windows: list[list[tuple[int, int]]] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    _times: dict[WorkingTime | None, int] = field(default_factory=dict)
    _groups_of: dict[bool | str, tuple[int, ...]] = field(default_factory=dict)
    _store_numbers: dict[str, int] = field(default_factory=dict)
    _kinds: dict[str, dict[tuple[str, ...], int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._time(self.shop.working_time)
        for crew in self.shop.crew_groups:
            own = crew.working_time
            self.crews.append(CrewLayout(crew, -1 if own is None else self._time(own)))
        for store in self.shop.stores:
            self._add_store(store)
        for number, line in enumerate(self.shop.lines):
            for copy in range(1, line.copies + 1):
                self._add_line(number, line, copy if line.copies > 1 else 0)
        self.windows = [self._windows(time) for time in self._times]

    def stores_of(self, *joins: int) -> list[int]:
        """Numbers of the stores of some joins, each once."""
        return list(dict.fromkeys(store for join in joins for store in self.joins[join].stores))

    @cached_property
    def feeders_and_takers(self) -> tuple[list[list[int]], list[list[int]]]:
        """The stations that feed each store, and those that take from it."""
        feeders: list[list[int]] = [[] for _ in self.stores]
        takers: list[list[int]] = [[] for _ in self.stores]
        for k, row in enumerate(self.stations):
            for store in self.stores_of(*row.puts, *row.returns, *row.rejects):
                feeders[store].append(k)
            for store in self.stores_of(*row.takes):
                takers[store].append(k)
        return feeders, takers

    # What can be on the critical path is numbered: the work of each station, the planned stops of
    # each station, the repairs of each failure, its waits for a crew, the transits of each store.

    @property
    def n_things(self) -> int:
        """How many things have steps that can be on the critical path."""
        return self.transit(len(self.stores))

    @property
    def breakdowns(self) -> list[int]:
        """The numbers of the failures, without the planned stops with a crew among them."""
        return [i for i, row in enumerate(self.failures) if not row.is_planned]

    def numbers(self, station: str) -> list[int]:
        """The numbers of a station, by its name: of all copies, or of that whose name it is."""
        names = ((row.name, row.station.name) for row in self.stations)
        return [k for k, both in enumerate(names) if station in both]

    def stop(self, station: int) -> int:
        """The number of a station's planned stops; its work has the number of the station."""
        return len(self.stations) + station

    def repair(self, failure: Number) -> Number:
        """The number of a failure's repairs."""
        return 2 * len(self.stations) + failure

    def wait(self, failure: Number) -> Number:
        """The number of a failure's waits for a crew."""
        return 2 * len(self.stations) + len(self.failures) + failure

    def transit(self, store: int) -> int:
        """The number of a store's transits."""
        return 2 * len(self.stations) + 2 * len(self.failures) + store

    # Behind them the closed time of each station and of each store, what keeps a shop in which
    # nothing moves any more, and the overtime of each station.

    def closed(self, station: int) -> int:
        """The number of a station's closed time."""
        return self.n_things + station

    @property
    def stuck(self) -> int:
        """The number of what keeps a shop in which nothing moves any more."""
        return self.n_things + len(self.stations) + len(self.stores)

    def overtime(self, station: int) -> int:
        """The number of a station's overtime."""
        return self.stuck + 1 + station

    def first_uptimes(self, seed: int, run: int) -> list[int]:
        """Of each aged failure what is left of the uptime under way; -1 for the others. [ms]"""
        uptimes = [-1] * len(self.failures)
        for number, row in enumerate(self.failures):
            if isinstance(row.failure, Failure) and row.failure.aged:
                owner = stream_name(row.owner, row.copy)
                draw = Draws(*_stream(row.of_line, owner, row.failure), "age")
                share, u = (draw(seed, run, k) for k in (0, 1))
                ms = ages.remaining(row.failure.uptime, share, u) * units.MS_PER_H
                uptimes[number] = max(1, round(min(ms, LONGEST)))
        return uptimes

    def _time(self, own: WorkingTime | None) -> int:
        time = own if own is not None else self.shop.working_time
        return self._times.setdefault(time, len(self._times))

    def _add_joins(self, joins: Iterable[JoinLayout]) -> range:
        first = len(self.joins)
        self.joins.extend(joins)
        return range(first, len(self.joins))

    def _join(self, name: str, purpose: str, flow: Flow) -> JoinLayout:
        """The join of a station to the stores of a flow; `name` is that of its streams."""
        stores = tuple(self._store_numbers[name] for name in stores_of(flow))
        if not isinstance(flow, Split):
            return JoinLayout(stores, number_of(flow))
        route = self.streams.add("station", name, purpose, UNIT, 1, 0)
        return JoinLayout(stores, 1, route, tuple(flow.shares.values()))

    def _joins_of(self, name: str, field: str, flows: Any) -> range:
        """Add the joins of a station to what stands in a field of its line."""
        return self._add_joins(
            self._join(name, f"{field} {i}", flow) for i, flow in enumerate(flows)
        )

    def _windows(self, time: WorkingTime | None) -> list[tuple[int, int]]:
        if time is None:
            return [(0, NEVER)]
        windows = time.until(units.ms_to_hours(self.horizon + 1))
        return [(units.hours_to_ms(a), units.hours_to_ms(b)) for a, b in windows]

    def _add_store(self, store: Store) -> None:
        self._store_numbers[store.name] = len(self.stores)
        transit = round(store.transit_time * units.MS_PER_S)
        time = self._time(store.working_time)
        headway = round(store.headway * units.MS_PER_S)
        ages = self.shop.start.in_store(store.name, store.initial)
        place = store.capacity, transit, headway, _births(ages), time
        kind = self._kind("store", store.name)
        self.stores.append(StoreLayout(store.name, *place, declared=True, copy=0, kind=kind))

    def _kind(self, group: str, *name: str) -> int:
        """The number of a thing in its group; all copies of it have the same."""
        kinds = self._kinds[group]
        return kinds.setdefault(name, len(kinds))

    def _add_line(self, number: int, line: Line, copy: int) -> None:
        buffers: tuple[int, ...] = line.buffers  # type: ignore[assignment]
        time = self._time(line.working_time)
        before: Sequence[JoinLayout] = ()
        first, together = len(self.stations), line.transfer == "together"
        mates = range(first, first + len(line.stations) * together)
        of_line = len(self.failures) + sum(map(_n_failures, line.stations))
        failures = range(of_line, of_line + len(line.failures))
        for i, station in enumerate(line.stations):
            after: Sequence[JoinLayout] = ()
            if station is not line.stations[-1]:
                after = [JoinLayout((len(self.stores),))]
                name = f"{station.name} > {line.stations[i + 1].name}"
                ages = self.shop.start.in_buffer(numbered(name, copy))
                place = buffers[i], 0, 0, _births(ages), time
                kind = self._kind("store", line.name, str(i))
                self.stores.append(StoreLayout(name, *place, declared=False, copy=copy, kind=kind))
            self._add_station(station, number, copy, before, after, mates, failures)
            before = after
        stopped = range(first, len(self.stations))
        for failure in line.failures:
            self._add_failure(failure, line.name, stopped, time, copy, of_line=True)

    def _add_station(
        self,
        station: Station,
        number: int,
        copy: int,
        before: Sequence[JoinLayout],
        after: Sequence[JoinLayout],
        together: range,
        line_failures: range,
    ) -> None:
        """Add a station with its joins to the buffers before and after it, if it has any."""
        line = self.shop.lines[number]
        time = self._time(line.working_time)
        here, first, first_stop = len(self.stations), len(self.failures), len(self.stops)
        owners, add = equipment(station), self.streams.add
        for owner in owners:
            for failure in owner.failures:
                self._add_failure(failure, owner.name, range(here, here + 1), time, copy)
        for owner in owners:
            for stop in owner.planned_stops:
                self._add_stop(stop, owner.name, here, time, copy)
        content, born = self._at_start(numbered(station.name, copy))
        cycle, name, last = station.cycle_distribution, stream_name(station.name, copy), not after
        row = StationLayout(
            station=station,
            line=number,
            time=time,
            takes=self._add_joins(before) if before else self._joins_of(name, "takes", line.takes),
            puts=self._add_joins(after) if after else self._joins_of(name, "puts", line.puts),
            returns=self._joins_of(name, "returns", line.returns),
            rejects=self._joins_of(name, "rejects", line.rejects if station.reject else ()),
            last=last,
            together=together,
            at_close=line.at_close,
            stops=range(first_stop, len(self.stops)),
            failures=range(first, len(self.failures)),
            line_failures=line_failures,
            content=content,
            born=born,
            output=last and line.name in (self.shop.output or ()),
            cycle=add("station", name, "cycle", cycle, units.MS_PER_S, 1 if together else 0),
            quality=add("station", name, "quality", UNIT, 1, 0),
            copy=copy,
            kind=self._kind("station", station.name),
        )
        self.stations.append(row)

    def _at_start(self, station: str) -> tuple[int, int]:
        """What is on a station at the start, and its birth. [ms]"""
        start = self.shop.start
        if station not in start.bodies:
            return 0, UNBORN
        content = 1 + ON_STATION.index(start.bodies[station])
        carrier = start.bodies[station] == "scrapped"
        return content, UNBORN if carrier else _births([start.ages.get(station, 0.0)])[0]

    def _groups(self, asked: bool | str) -> tuple[int, ...]:
        """The numbers of the groups of crews that may come; none if one is always free."""
        if asked not in self._groups_of:
            serving = (i for i, row in enumerate(self.crews) if asked and row.crew.serves(asked))
            self._groups_of[asked] = tuple(serving)
        return self._groups_of[asked]

    def _add_failure(
        self,
        failure: Failure,
        owner: str,
        stopped: range,
        time: int,
        copy: int,
        *,
        of_line: bool = False,
    ) -> None:
        kind, thing = _stream(of_line, stream_name(owner, copy), failure)
        add = self.streams.add
        row = FailureLayout(
            failure=failure,
            stations=stopped,
            of_line=of_line,
            time=time,
            owner=owner,
            groups=self._groups(failure.crew),
            uptime=add(kind, thing, "uptime", failure.uptime, units.MS_PER_H, 1),
            repair=add(kind, thing, "repair", failure.repair, units.MS_PER_MIN, 0),
            copy=copy,
            kind=self._kind("failure", kind, owner, failure.name),
        )
        self.failures.append(row)

    def _add_stop(self, stop: PlannedStop, owner: str, station: int, time: int, copy: int) -> None:
        thing = f"{stream_name(owner, copy)}\x1f{stop.name}"
        visible = units.MS_PER_S * (1.0 - stop.hidden)
        length = stop.duration_distribution
        duration = self.streams.add("planned stop", thing, "duration", length, visible, 0)
        every = stop.every if stop.unit == "cycles" else units.hours_to_ms(stop.every)
        number = len(self.failures) if stop.crew else -1
        kind = self._kind("stop", owner, stop.name)
        numbers = station, owner, int(every), duration, number
        self.stops.append(StopLayout(stop, *numbers, copy=copy, kind=kind))
        if stop.crew:
            row = FailureLayout(
                failure=stop,
                stations=range(station, station + 1),
                of_line=False,
                time=time,
                owner=owner,
                groups=self._groups(stop.crew),
                uptime=-1,
                repair=duration,
                copy=copy,
                kind=self._kind("failure", "stop", owner, stop.name),
            )
            self.failures.append(row)


class _Same:
    """A shop that is equal to itself alone: to compare two takes as long as to lay one out."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __hash__(self) -> int:
        return id(self.shop)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.shop is self.shop


@lru_cache(maxsize=2)  # the runs of a study share a shop and its warm-up
def _laid_out(same: _Same, horizon: int) -> Layout:
    return Layout(same.shop, horizon)


def lay_out(shop: Shop, horizon: int) -> Layout:
    """The layout of a shop up to a horizon [ms], which nobody may change: it is kept a while."""
    return _laid_out(_Same(shop), horizon)


def _births(ages: Sequence[Age]) -> tuple[int, ...]:
    """The births of parts of some ages. [ms]"""
    return tuple(UNBORN if age is None else -units.hours_to_ms(age) for age in ages)


def _stream(of_line: bool, owner: str, failure: Failure) -> tuple[str, str]:
    """The kind and the name of the streams of a failure; a line may have the name of a station."""
    return "line" if of_line else "failure", f"{owner}\x1f{failure.name}"


def _n_failures(station: Station) -> int:
    """How many failures it has, and planned stops with a crew."""
    owners = equipment(station)
    n_stops = sum(bool(stop.crew) for owner in owners for stop in owner.planned_stops)
    return n_stops + sum(len(owner.failures) for owner in owners)
