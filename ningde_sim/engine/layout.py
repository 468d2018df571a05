"""A shop laid out for the engines: numbered lists that refer to each other.

Every buffer inside a line is a store like any other, with one station on each side. So a shop is
stations, each of which takes parts from its stores and puts parts to its stores. So are the copies
of a line, each of which is laid out by itself: the engines know nothing of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ningde_sim._support import units
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.copies import Copied, numbered, stream_name
from ningde_sim.engine.streams import Streams
from ningde_sim.plant.distributions import Uniform
from ningde_sim.plant.entries import Flow, Split, number_of, stores_of
from ningde_sim.plant.line import AtClose, Line, Store
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Station, equipment
from ningde_sim.plant.working_time import WorkingTime


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
    takes: range
    puts: range
    returns: range
    rejects: range
    last: bool
    together: range
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
    headway : int
        Of a conveyor; 0 of another store. [ms]
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
    headway: int
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
    joins : list of JoinLayout
        Station by station: takes, puts, returns, rejects.
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
    joins: list[JoinLayout] = field(default_factory=list)
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

    def stores_of(self, *joins: int) -> list[int]:
        """Numbers of the stores of some joins, each once."""
        return list(dict.fromkeys(store for join in joins for store in self.joins[join].stores))

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

    def _add_joins(self, joins: Iterable[JoinLayout]) -> range:
        first = len(self.joins)
        self.joins.extend(joins)
        return range(first, len(self.joins))

    def _join(self, name: str, purpose: str, flow: Flow) -> JoinLayout:
        """The join of a station to the stores of a flow; `name` is that of its streams."""
        stores = tuple(self._store_numbers[name] for name in stores_of(flow))
        if not isinstance(flow, Split):
            return JoinLayout(stores, number_of(flow))
        route = self.streams.add("station", name, purpose, Uniform(0, 1), 1, 0)
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
        place = store.capacity, transit, headway, store.initial, time
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
        for i, station in enumerate(line.stations):
            after: Sequence[JoinLayout] = ()
            if station is not line.stations[-1]:
                after = [JoinLayout((len(self.stores),))]
                name = f"{station.name} > {line.stations[i + 1].name}"
                place, kind = (buffers[i], 0, 0, 0, time), self._kind("store", line.name, str(i))
                self.stores.append(StoreLayout(name, *place, declared=False, copy=copy, kind=kind))
            self._add_station(station, number, copy, before, after, mates)
            before = after

    def _add_station(
        self,
        station: Station,
        number: int,
        copy: int,
        before: Sequence[JoinLayout],
        after: Sequence[JoinLayout],
        together: range,
    ) -> None:
        """Add a station with its joins to the buffers before and after it, if it has any."""
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
        cycle, name, last = station.cycle_distribution, stream_name(station.name, copy), not after
        row = StationLayout(
            station=station,
            line=number,
            time=self._time(line.working_time),
            takes=self._add_joins(before) if before else self._joins_of(name, "takes", line.takes),
            puts=self._add_joins(after) if after else self._joins_of(name, "puts", line.puts),
            returns=self._joins_of(name, "returns", line.returns),
            rejects=self._joins_of(name, "rejects", line.rejects if station.reject else ()),
            last=last,
            together=together,
            at_close=line.at_close,
            stops=tuple(stop for owner in owners for stop in owner.planned_stops),
            failures=range(first, len(self.failures)),
            output=last and line.name in (self.shop.output or ()),
            cycle=add("station", name, "cycle", cycle, units.MS_PER_S, 1 if together else 0),
            quality=add("station", name, "quality", Uniform(0, 1), 1, 0),
            copy=copy,
            kind=self._kind("station", station.name),
        )
        self.stations.append(row)
