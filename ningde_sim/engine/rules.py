"""The rules by which a shop runs, and the shop laid out for the engines that follow them.

Both engines do exactly what is written here. The SimPy engine (`reference`) is its definition;
the compiled one (`compiled`, `_kernel`) gives equal arrays.

**Layout.** Every gap inside a line is a store like any other, fed by one station and emptied by
one. So a shop is stations that take one part from each of their stores and put one to each of
theirs. A station that takes from none has endless supply, one that puts to none is never blocked.

**A station** is empty, loaded or finished. Empty, it stands in the queue for parts of each store
that it takes from; finished, in the queue for places of each store that it puts to. The k-th in a
queue has a part when k parts are ready, and a place when k places are free: who asked first has
the first claim, even while it waits for something else. It moves when each of its stores has a
part (a place) for it. In a store of capacity 0 the k-th that would put meets the k-th that would
take, and they move together, with all that they in turn have to meet.

**One instant, many events.** Events of one millisecond are taken in the order of their kind:

1. a working time opens, in the order in which shop, stores and lines first name it;
2. a part ends its transit, in the order of the stores;
3. a station ends its planned stop, its body, or stops at a failure, in the order of the stations;
4. a failure clock ends its repair, or a calendar clock runs out, in the order of the stations,
   for each its robots' failures and then its own.

Stores are ordered as declared, then gaps by line; stations by line. Each event is followed
through before the next is taken: the moves that it makes possible are tried first come, first
served. A move wakes, for each of its stations in the order in which they were found, first who
waits for the places or the parts that it set free, then the station itself, now empty, which
asks anew. At the start all stations ask in order.

**Failures.** A clock in operation runs while its station works. One that runs out at the instant
at which the body is finished stops the station at its next start; of two that run out together
the first declared fails first, the other when work goes on. A calendar clock also runs while the
station is idle, so several repairs may go on at one station. An uptime lasts at least 1 ms.

**Working time.** Outside its windows a station neither works nor moves, and its clocks, repairs
and the transit of its stores pause. What ends at the instant of closing ends, and moves. When it
closes for good, the crews of the repairs that it cuts off go free, and none comes there any more.

**Draws.** The k-th cycle of a station, repeats counted, has the k-th draw of its cycle time and the
k-th number for its quality, which is scrap below `scrap`, rework below `scrap + rework`. The k-th
uptime and the k-th repair of a failure have the k-th draws of theirs.

**Counting.** What happens later than the warm-up, up to and including the last instant, counts;
without a warm-up everything counts. What lasts across either end counts with the part inside; a
wait for a crew is among those that waited when it ends inside.

**Causes.** What made a move or a step possible is told by `engine.path`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from ningde_sim._support import units
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.streams import Streams
from ningde_sim.plant.distributions import Uniform
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, PlannedStop, Station, equipment
from ningde_sim.plant.working_time import WorkingTime


class State(IntEnum):
    """What a station is doing; where two apply, the lower number counts, `OFF` before all."""

    DOWN = 0
    WAITING = 1
    PLANNED = 2
    WORKING = 3
    BLOCKED = 4
    STARVED = 5
    OFF = 6


STATES = ("working", "planned", "down", "waiting", "blocked", "starved", "off")
"""The states in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Place:
    """A station in the layout: its description and the numbers of what it is joined to."""

    station: Station
    line: int
    time: int
    takes: tuple[int, ...]
    puts: tuple[int, ...]
    stops: tuple[PlannedStop, ...]
    clocks: range
    output: bool
    cycle: int
    quality: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A store in the layout: one of the shop's, or the gap between two stations of a line."""

    name: str
    capacity: int
    transit: int
    initial: int
    time: int
    declared: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """A failure of a robot or a station in the layout, with its two streams."""

    failure: Failure
    place: int
    owner: str
    uptime: int
    repair: int


@dataclass
class Layout:
    """A shop as numbered lists that refer to each other, in the order of the rules.

    Attributes
    ----------
    windows : list of list of (int, int)
        Opening and closing of each working time. [ms]
    ends : list of int
        When each working time closes for good, or NEVER. [ms]
    horizon : int
        End of the run. [ms]
    """

    shop: Shop
    horizon: int
    places: list[Place] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    windows: list[list[tuple[int, int]]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    _times: list[WorkingTime | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._time(self.shop.working_time)
        for store in self.shop.stores:
            self._add_store(store)
        for number, line in enumerate(self.shop.lines):
            self._add_line(number, line)
        self.windows = [self._windows(time) for time in self._times]
        self.ends = [_end(time) for time in self._times]

    @property
    def n_things(self) -> int:
        """How many there are whose steps can be on the critical path."""
        return self.transit(len(self.gaps))

    def stop(self, place: int) -> int:
        """The number of a station's planned stops; its work has the number of the station."""
        return len(self.places) + place

    def repair(self, clock: int) -> int:
        """The number of a failure's repairs."""
        return 2 * len(self.places) + clock

    def wait(self, clock: int) -> int:
        """The number of a failure's waits for a crew."""
        return 2 * len(self.places) + len(self.clocks) + clock

    def transit(self, gap: int) -> int:
        """The number of a store's transits."""
        return 2 * len(self.places) + 2 * len(self.clocks) + gap

    @property
    def stuck(self) -> int:
        """The number of what keeps a shop in which nothing moves any more."""
        return self.n_things + len(self.places) + len(self.gaps)

    def _time(self, own: WorkingTime | None) -> int:
        time = own if own is not None else self.shop.working_time
        if time not in self._times:
            self._times.append(time)
        return self._times.index(time)

    def _windows(self, time: WorkingTime | None) -> list[tuple[int, int]]:
        if time is None:
            return [(0, NEVER)]
        found = time.until(units.ms_to_hours(self.horizon + 1))
        return [(units.hours_to_ms(a), units.hours_to_ms(b)) for a, b in found]

    def _add_store(self, store: Store) -> None:
        transit = round(store.transit_time * units.MS_PER_S)
        time = self._time(store.working_time)
        self.gaps.append(Gap(store.name, store.capacity, transit, store.initial, time, True))

    def _add_line(self, number: int, line: Line) -> None:
        names = [store.name for store in self.shop.stores]
        time = self._time(line.working_time)
        takes = tuple(names.index(name) for name in line.takes)
        last = len(line.stations) - 1
        for i, station in enumerate(line.stations):
            if i < last:
                puts: tuple[int, ...] = (len(self.gaps),)
                name = f"{station.name} > {line.stations[i + 1].name}"
                self.gaps.append(Gap(name, line.buffers[i], 0, 0, time, False))  # type: ignore[index]
            else:
                puts = tuple(names.index(name) for name in line.puts)
            output = i == last and line.name in (self.shop.output or ())
            self._add_station(station, number, time, takes, puts, output)
            takes = puts

    def _add_station(
        self,
        station: Station,
        line: int,
        time: int,
        takes: tuple[int, ...],
        puts: tuple[int, ...],
        output: bool,
    ) -> None:
        here = len(self.places)
        first = len(self.clocks)
        owners, add = equipment(station), self.streams.add
        for name, failure in ((owner.name, f) for owner in owners for f in owner.failures):
            thing = f"{name}\x1f{failure.name}"
            up = add("failure", thing, "uptime", failure.uptime, units.MS_PER_H, 1)
            rep = add("failure", thing, "repair", failure.repair, units.MS_PER_MIN, 0)
            self.clocks.append(Clock(failure, here, name, up, rep))
        cycle = station.cycle_distribution
        place = Place(
            station=station,
            line=line,
            time=time,
            takes=takes,
            puts=puts,
            stops=tuple(stop for owner in owners for stop in owner.planned_stops),
            clocks=range(first, len(self.clocks)),
            output=output,
            cycle=add("station", station.name, "cycle", cycle, units.MS_PER_S, 0),
            quality=add("station", station.name, "quality", Uniform(0, 1), 1, 0),
        )
        self.places.append(place)


def _end(time: WorkingTime | None) -> int:
    """When a working time closes for good. [ms]"""
    if time is None or time.every is not None:
        return NEVER
    return units.hours_to_ms(time.windows[-1][1])


def visible_ms(stop: PlannedStop) -> int:
    """What of a planned stop delays the next start. [ms]"""
    return round(stop.visible * units.MS_PER_S)
