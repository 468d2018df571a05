"""A shop laid out for the engines: numbered lists that refer to each other.

Every buffer inside a line is a store like any other, with one station on each side. So a shop is
stations, each of which takes one part from each of its stores and puts one to each of its stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ningde_sim._support import units
from ningde_sim.engine import ages
from ningde_sim.engine._kernel import LONGEST, NEVER
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.streams import Draws, Streams
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import Uniform
from ningde_sim.plant.line import AtClose, Line, Store
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Station, equipment
from ningde_sim.plant.working_time import WorkingTime

Number = TypeVar("Number", int, Ints)


@dataclass(frozen=True, slots=True)
class StationLayout:
    """A station in the layout: its description and the numbers of what it is joined to.

    Attributes
    ----------
    station : Station
    line, time : int
        Numbers of its line and of its working time.
    takes, puts, returns : tuple of int
        Numbers of the stores that it takes from, that its good bodies and that the carriers of
        its scrapped bodies go to.
    at_close : {"pause", "finish", "hold"}
    stops : range
        Numbers of the planned stops of its robots, then its own.
    failures : range
        Numbers of the failures of its robots, then its own, then of the planned stops with a crew.
    line_failures : range
        Numbers of the failures of its line.
    output : bool
        Whether the bodies that leave it count.
    cycle, quality : int
        Numbers of its streams.
    """

    station: Station
    line: int
    time: int
    takes: tuple[int, ...]
    puts: tuple[int, ...]
    returns: tuple[int, ...]
    at_close: AtClose
    stops: range
    failures: range
    line_failures: range
    output: bool
    cycle: int
    quality: int


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """A store in the layout: one of the shop's, or a buffer inside a line.

    Attributes
    ----------
    name : str
    capacity : int
        Parts in transit included. [parts]
    transit : int
        [ms]
    initial : int
        [parts]
    time : int
        Number of its working time.
    declared : bool
        Whether it is one of the shop's.
    """

    name: str
    capacity: int
    transit: int
    initial: int
    time: int
    declared: bool


@dataclass(frozen=True, slots=True)
class StopLayout:
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
class FailureLayout:
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


@dataclass
class Layout:
    """A shop as numbered lists, in the order of the rules.

    Attributes
    ----------
    shop : Shop
    horizon : int
        End of the run. [ms]
    stations : list of StationLayout
        Line by line.
    stores : list of StoreLayout
        Stores as declared, then the buffers line by line, those of capacity 0 too.
    stops : list of StopLayout
        Station by station, at each its robots' and then its own.
    failures : list of FailureLayout
        Line by line: station by station, at each its robots' and then its own, then planned stops
        with a crew; then those of the line.
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
    crews: list[CrewLayout] = field(default_factory=list)
    windows: list[list[tuple[int, int]]] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    _times: dict[WorkingTime | None, int] = field(default_factory=dict)
    _store_numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._time(self.shop.working_time)
        for crew in self.shop.crew_groups:
            own = crew.working_time
            self.crews.append(CrewLayout(crew, -1 if own is None else self._time(own)))
        for store in self.shop.stores:
            self._add_store(store)
        for number, line in enumerate(self.shop.lines):
            self._add_line(number, line)
        self.windows = [self._windows(time) for time in self._times]

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

    def number(self, station: str) -> int:
        """The number of a station, by its name."""
        return next(k for k, row in enumerate(self.stations) if row.station.name == station)

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
                draw = Draws(*_stream(row.of_line, row.owner, row.failure), "age")
                share, u = (draw(seed, run, k) for k in (0, 1))
                ms = ages.remaining(row.failure.uptime, share, u) * units.MS_PER_H
                uptimes[number] = max(1, round(min(ms, LONGEST)))
        return uptimes

    def _time(self, own: WorkingTime | None) -> int:
        time = own if own is not None else self.shop.working_time
        return self._times.setdefault(time, len(self._times))

    def _numbers(self, names: str | Sequence[str]) -> tuple[int, ...]:
        """The numbers of stores, by their names."""
        return tuple(self._store_numbers[name] for name in names)

    def _windows(self, time: WorkingTime | None) -> list[tuple[int, int]]:
        if time is None:
            return [(0, NEVER)]
        windows = time.until(units.ms_to_hours(self.horizon + 1))
        return [(units.hours_to_ms(a), units.hours_to_ms(b)) for a, b in windows]

    def _add_store(self, store: Store) -> None:
        self._store_numbers[store.name] = len(self.stores)
        transit = round(store.transit_time * units.MS_PER_S)
        time = self._time(store.working_time)
        row = StoreLayout(store.name, store.capacity, transit, store.initial, time, declared=True)
        self.stores.append(row)

    def _add_line(self, number: int, line: Line) -> None:
        buffers: tuple[int, ...] = line.buffers  # type: ignore[assignment]
        takes = self._numbers(line.takes)
        last, first = len(line.stations) - 1, len(self.stations)
        of_line = len(self.failures) + sum(map(_n_failures, line.stations))
        failures = range(of_line, of_line + len(line.failures))
        for i, station in enumerate(line.stations):
            if i < last:
                puts: tuple[int, ...] = (len(self.stores),)
                name = f"{station.name} > {line.stations[i + 1].name}"
                time = self._time(line.working_time)
                self.stores.append(StoreLayout(name, buffers[i], 0, 0, time, declared=False))
            else:
                puts = self._numbers(line.puts)
            output = i == last and line.name in (self.shop.output or ())
            self._add_station(station, number, takes, puts, output, failures)
            takes = puts
        stopped = range(first, len(self.stations))
        for failure in line.failures:
            self._add_failure(
                failure, line.name, stopped, self._time(line.working_time), of_line=True
            )

    def _add_station(
        self,
        station: Station,
        number: int,
        takes: tuple[int, ...],
        puts: tuple[int, ...],
        output: bool,
        line_failures: range,
    ) -> None:
        line = self.shop.lines[number]
        time = self._time(line.working_time)
        here, first, first_stop = len(self.stations), len(self.failures), len(self.stops)
        owners, add = equipment(station), self.streams.add
        for owner in owners:
            for failure in owner.failures:
                self._add_failure(failure, owner.name, range(here, here + 1), time)
        for owner in owners:
            for stop in owner.planned_stops:
                self._add_stop(stop, owner.name, here, time)
        cycle = station.cycle_distribution
        row = StationLayout(
            station=station,
            line=number,
            time=time,
            takes=takes,
            puts=puts,
            returns=self._numbers(line.returns),
            at_close=line.at_close,
            stops=range(first_stop, len(self.stops)),
            failures=range(first, len(self.failures)),
            line_failures=line_failures,
            output=output,
            cycle=add("station", station.name, "cycle", cycle, units.MS_PER_S, 0),
            quality=add("station", station.name, "quality", Uniform(0, 1), 1, 0),
        )
        self.stations.append(row)

    def _groups(self, asked: bool | str) -> tuple[int, ...]:
        """The numbers of the groups of crews that may come; none if one is always free."""
        if not asked:
            return ()
        return tuple(i for i, row in enumerate(self.crews) if row.crew.serves(asked))

    def _add_failure(
        self, failure: Failure, owner: str, stopped: range, time: int, *, of_line: bool = False
    ) -> None:
        kind, thing = _stream(of_line, owner, failure)
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
        )
        self.failures.append(row)

    def _add_stop(self, stop: PlannedStop, owner: str, station: int, time: int) -> None:
        thing, visible = f"{owner}\x1f{stop.name}", units.MS_PER_S * (1.0 - stop.hidden)
        length = stop.duration_distribution
        duration = self.streams.add("planned stop", thing, "duration", length, visible, 0)
        every = stop.every if stop.unit == "cycles" else units.hours_to_ms(stop.every)
        number = len(self.failures) if stop.crew else -1
        self.stops.append(StopLayout(stop, station, owner, int(every), duration, number))
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
            )
            self.failures.append(row)


def _stream(of_line: bool, owner: str, failure: Failure) -> tuple[str, str]:
    """The kind and the name of the streams of a failure; a line may have the name of a station."""
    return "line" if of_line else "failure", f"{owner}\x1f{failure.name}"


def _n_failures(station: Station) -> int:
    """How many failures it has, and planned stops with a crew."""
    owners = equipment(station)
    n_stops = sum(bool(stop.crew) for owner in owners for stop in owner.planned_stops)
    return n_stops + sum(len(owner.failures) for owner in owners)
