"""A shop laid out for the engines: numbered lists that refer to each other.

Every buffer inside a line is a store like any other, with one station on each side. So a shop is
stations, each of which takes one part from each of its stores and puts one to each of its stores.
So are the copies of a line, each of which is laid out by itself: the engines know nothing of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ningde_sim._support import units
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.copies import Copied, numbered, stream_name
from ningde_sim.engine.streams import Streams
from ningde_sim.plant.distributions import Uniform
from ningde_sim.plant.line import AtClose, Line, Store
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Station, equipment
from ningde_sim.plant.working_time import WorkingTime


@dataclass(frozen=True, slots=True)
class StationLayout(Copied):
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
    stops : tuple of PlannedStop
        Of its robots, then its own.
    failures : range
        Numbers of the failures of its robots, then its own.
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
    stops: tuple[PlannedStop, ...]
    failures: range
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
class FailureLayout(Copied):
    """A failure of a robot or a station in the layout.

    Attributes
    ----------
    failure : Failure
    station : int
        Number of the station that it stops.
    owner : str
        Name of the robot or station.
    crew : bool
        Whether its repair needs one of a number of crews.
    uptime, repair : int
        Numbers of its streams.
    """

    failure: Failure
    station: int
    owner: str
    crew: bool
    uptime: int
    repair: int


@dataclass
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
    failures : list of FailureLayout
        Station by station, at each its robots' and then its own.
    windows : list of list of (int, int)
        Opening and closing of each working time. [ms]
    streams : Streams
        All random streams of the shop.
    """

    shop: Shop
    horizon: int
    stations: list[StationLayout] = field(default_factory=list)
    stores: list[StoreLayout] = field(default_factory=list)
    failures: list[FailureLayout] = field(default_factory=list)
    windows: list[list[tuple[int, int]]] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    _times: dict[WorkingTime | None, int] = field(default_factory=dict)
    _store_numbers: dict[str, int] = field(default_factory=dict)
    _kinds: dict[str, dict[tuple[str, ...], int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._time(self.shop.working_time)
        for store in self.shop.stores:
            self._add_store(store)
        for number, line in enumerate(self.shop.lines):
            for copy in range(1, line.copies + 1):
                self._add_line(number, line, copy if line.copies > 1 else 0)
        self.windows = [self._windows(time) for time in self._times]

    # What can be on the critical path is numbered: the work of each station, the planned stops of
    # each station, the repairs of each failure, its waits for a crew, the transits of each store.

    @property
    def n_things(self) -> int:
        """How many things have steps that can be on the critical path."""
        return self.transit(len(self.stores))

    def numbers(self, station: str) -> list[int]:
        """The numbers of a station, by its name: of all copies, or of that whose name it is."""
        names = ((row.name, row.station.name) for row in self.stations)
        return [k for k, both in enumerate(names) if station in both]

    def stop(self, station: int) -> int:
        """The number of a station's planned stops; its work has the number of the station."""
        return len(self.stations) + station

    def repair(self, failure: int) -> int:
        """The number of a failure's repairs."""
        return 2 * len(self.stations) + failure

    def wait(self, failure: int) -> int:
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
        place = store.capacity, transit, store.initial, time
        kind = self._kind("store", store.name)
        self.stores.append(StoreLayout(store.name, *place, declared=True, copy=0, kind=kind))

    def _kind(self, group: str, *name: str) -> int:
        """The number of a thing in its group; all copies of it have the same."""
        kinds = self._kinds[group]
        return kinds.setdefault(name, len(kinds))

    def _add_line(self, number: int, line: Line, copy: int) -> None:
        buffers: tuple[int, ...] = line.buffers  # type: ignore[assignment]
        takes = self._numbers(line.takes)
        last = len(line.stations) - 1
        for i, station in enumerate(line.stations):
            if i < last:
                puts: tuple[int, ...] = (len(self.stores),)
                name = f"{station.name} > {line.stations[i + 1].name}"
                time = self._time(line.working_time)
                place, kind = (buffers[i], 0, 0, time), self._kind("store", line.name, str(i))
                self.stores.append(StoreLayout(name, *place, declared=False, copy=copy, kind=kind))
            else:
                puts = self._numbers(line.puts)
            output = i == last and line.name in (self.shop.output or ())
            self._add_station(station, number, copy, takes, puts, output)
            takes = puts

    def _add_station(
        self,
        station: Station,
        number: int,
        copy: int,
        takes: tuple[int, ...],
        puts: tuple[int, ...],
        output: bool,
    ) -> None:
        line = self.shop.lines[number]
        here, first = len(self.stations), len(self.failures)
        owners, add = equipment(station), self.streams.add
        for name, failure in ((owner.name, f) for owner in owners for f in owner.failures):
            thing = f"{stream_name(name, copy)}\x1f{failure.name}"
            uptime = add("failure", thing, "uptime", failure.uptime, units.MS_PER_H, 1)
            repair = add("failure", thing, "repair", failure.repair, units.MS_PER_MIN, 0)
            crew = failure.crew and self.shop.repair_crews is not None
            kind = self._kind("failure", name, failure.name)
            streams = uptime, repair
            self.failures.append(
                FailureLayout(failure, here, name, crew, *streams, copy=copy, kind=kind)
            )
        cycle, name = station.cycle_distribution, stream_name(station.name, copy)
        row = StationLayout(
            station=station,
            line=number,
            time=self._time(line.working_time),
            takes=takes,
            puts=puts,
            returns=self._numbers(line.returns),
            at_close=line.at_close,
            stops=tuple(stop for owner in owners for stop in owner.planned_stops),
            failures=range(first, len(self.failures)),
            output=output,
            cycle=add("station", name, "cycle", cycle, units.MS_PER_S, 0),
            quality=add("station", name, "quality", Uniform(0, 1), 1, 0),
            copy=copy,
            kind=self._kind("station", station.name),
        )
        self.stations.append(row)
