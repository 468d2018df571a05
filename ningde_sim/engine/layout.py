"""A shop laid out for the engines: numbered lists that refer to each other.

Every buffer inside a line is a store like any other, with one station on each side. So a shop is
stations, each of which takes parts from its stores and puts parts to its stores. So are the copies
of a line, each of which is laid out by itself: the engines know nothing of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
from ningde_sim.plant.entries import Flow, Split, number_of, store_names, stores_of
from ningde_sim.plant.line import AtClose, BankRule, Line, Store, numbered
from ningde_sim.plant.product import Setup
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
    matches : bool
        Whether the parts have to be of the product of the body.
    """

    stores: tuple[int, ...]
    number: int = 1
    route: int = -1
    shares: tuple[float, ...] = ()
    matches: bool = False


@dataclass(frozen=True, slots=True)
class RecipeLayout:
    """How a station makes a product.

    Attributes
    ----------
    cycle : int
        Number of its stream.
    scrap, rework, reject : float
        [-]
    ramps : bool
        Whether the ramp of the product slows it.
    """

    cycle: int
    scrap: float
    rework: float
    reject: float
    ramps: bool


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
    recipes : range
        Numbers of its recipes: one for each product if they differ, otherwise one for all.
    setups : range
        Numbers of its changes, from each product to each; empty if it has no setup.
    setup_failure : int
        Of a setup with a crew: its number among the failures; otherwise -1.
    makes : tuple of int
        Of the first station of a line: the products that it makes; none of the others.
    choosy, picks : bool
        Whether it can take only some parts; whether it takes them in another order.
    group : int
        Number of the count of the births on its line.
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
    recipes: range
    setups: range
    setup_failure: int
    makes: tuple[int, ...]
    choosy: bool
    picks: bool
    group: int

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
    in_order : bool
    lanes : int
    rule : {"batch", "sequence"}
    """

    name: str
    capacity: int
    transit: int
    headway: int
    initial: tuple[int, ...]
    time: int
    declared: bool
    in_order: bool = False
    lanes: int = 0
    rule: BankRule = "batch"


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
    failure : Failure, PlannedStop or Setup
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

    failure: Failure | PlannedStop | Setup
    stations: range
    of_line: bool
    time: int
    owner: str
    groups: tuple[int, ...]
    uptime: int
    repair: int

    @property
    def is_planned(self) -> bool:
        """Whether it is a planned stop, or a setup."""
        return not isinstance(self.failure, Failure)

    @property
    def is_setup(self) -> bool:
        """Whether it is a setup."""
        return isinstance(self.failure, Setup)

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
    working_time : WorkingTime, optional
        In place of that of the shop.
    clock : float
        Where the run begins in the periods of the working times of lines, stores and crews. [h]
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
    recipes : list of RecipeLayout
        Station by station.
    changes : list of int
        Streams of the setups from each product to each, station by station; -1 of one without time.
    products : tuple of str
        One without a name where all parts are alike.
    choices : int
        Number of the stream of a random sequence.
    n_groups : int
        How many counts of births there are.
    windows : list of list of (int, int)
        Opening and closing of each working time. [ms]
    streams : Streams
        All random streams of the shop.
    """

    shop: Shop
    horizon: int
    working_time: WorkingTime | None = None
    clock: float = 0.0
    stations: list[StationLayout] = field(default_factory=list)
    stores: list[StoreLayout] = field(default_factory=list)
    stops: list[StopLayout] = field(default_factory=list)
    failures: list[FailureLayout] = field(default_factory=list)
    joins: list[JoinLayout] = field(default_factory=list)
    crews: list[CrewLayout] = field(default_factory=list)
    recipes: list[RecipeLayout] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    windows: list[list[tuple[int, int]]] = field(default_factory=list)
    streams: Streams = field(default_factory=Streams)
    _times: dict[WorkingTime | None, int] = field(default_factory=dict)
    _groups_of: dict[bool | str, tuple[int, ...]] = field(default_factory=dict)
    _store_numbers: dict[str, int] = field(default_factory=dict)
    _kinds: dict[str, dict[tuple[str, ...], int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._time(None)
        for crew in self.shop.crew_groups:
            own = crew.working_time
            self.crews.append(CrewLayout(crew, -1 if own is None else self._time(own)))
        self.products = tuple(product.name for product in self.shop.products) or ("",)
        self._groups_of_lines = _birth_counts(self.shop)
        self.n_groups = max(self._groups_of_lines) + 1
        for store in self.shop.stores:
            self._add_store(store)
        for number, line in enumerate(self.shop.lines):
            for copy in range(1, line.copies + 1):
                self._add_line(number, line, copy if line.copies > 1 else 0)
        self.choices = self.streams.add("plant", "sequence", "product", UNIT, 1, 0)
        self.windows = [self._windows(time) for time in self._times]

    @property
    def by_product(self) -> bool:
        """Whether parts have products."""
        return bool(self.shop.products)

    @cached_property
    def sequence(self) -> tuple[int, ...]:
        """The number of the product of each number in a cycle, or in orders; else none."""
        runs = self.shop.sequence.runs if self.shop.sequence else ()
        return tuple(self.products.index(name) for name, n in runs for _ in range(n))

    @cached_property
    def at_start(self) -> dict[int, list[int]]:
        """The numbers in the sequence of the parts at the start, the first to leave first.

        By the number of the station, or by that of the store behind those of the stations. The
        parts that are furthest down the way from their birth have the lowest numbers.
        """
        return dict(_numbered(self)) if self.by_product else {}

    @cached_property
    def first_numbers(self) -> list[int]:
        """The number of the first birth of each count. [parts]"""
        first = [0] * self.n_groups
        for place, numbers in self.at_start.items():
            group = self.group_at(place)
            if numbers and group is not None:
                first[group] = max(first[group], 1 + max(numbers))
        return first

    def group_at(self, place: int) -> int | None:
        """The count of the parts on a station or in a store; None of skids and finite stocks."""
        origin = self.origins[place]
        return None if origin is None else origin[0]

    @cached_property
    def origins(self) -> list[tuple[int, int] | None]:
        """The count in which the parts of each place were born, and how far down the way it is."""
        return _origins(self)

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
    # each station, its setups, the repairs of each failure, its waits for a crew, the transits of
    # each store.

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

    def setup(self, station: int) -> int:
        """The number of a station's setups."""
        return 2 * len(self.stations) + station

    def repair(self, failure: Number) -> Number:
        """The number of a failure's repairs."""
        return 3 * len(self.stations) + failure

    def wait(self, failure: Number) -> Number:
        """The number of a failure's waits for a crew."""
        return 3 * len(self.stations) + len(self.failures) + failure

    def transit(self, store: int) -> int:
        """The number of a store's transits."""
        return 3 * len(self.stations) + 2 * len(self.failures) + store

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
        own = own.seen_from(self.clock) if own and self.clock else own
        time = own or self.working_time or self.shop.working_time
        return self._times.setdefault(time, len(self._times))

    def _add_joins(self, joins: Iterable[JoinLayout]) -> range:
        first = len(self.joins)
        self.joins.extend(joins)
        return range(first, len(self.joins))

    def _join(self, name: str, purpose: str, flow: Flow, match: Sequence[str] = ()) -> JoinLayout:
        """The join of a station to the stores of a flow; `name` is that of its streams."""
        stores = tuple(self._store_numbers[name] for name in stores_of(flow))
        if not isinstance(flow, Split):
            return JoinLayout(stores, number_of(flow), matches=stores_of(flow)[0] in match)
        route = self.streams.add("station", name, purpose, UNIT, 1, 0)
        return JoinLayout(stores, 1, route, tuple(flow.shares.values()))

    def _joins_of(self, name: str, field: str, flows: Any, match: Sequence[str] = ()) -> range:
        """Add the joins of a station to what stands in a field of its line."""
        return self._add_joins(
            self._join(name, f"{field} {i}", flow, match) for i, flow in enumerate(flows)
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
        row = StoreLayout(
            store.name,
            *place,
            declared=True,
            in_order=store.in_order,
            lanes=store.lanes,
            rule=store.rule,
            copy=0,
            kind=kind,
        )
        self.stores.append(row)

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
        setup_failure = self._add_setup_failure(station, here, time, copy)
        content, born = self._at_start(numbered(station.name, copy))
        name, last = stream_name(station.name, copy), not after
        recipes = self._add_recipes(station, name, least=1 if together else 0)
        takes = () if before else line.takes
        makes = line.makes or self.products
        choosy = not before and self._chooses(line)
        row = StationLayout(
            station=station,
            line=number,
            time=time,
            takes=self._add_joins(before)
            if before
            else self._joins_of(name, "takes", line.takes, line.match),
            puts=self._add_joins(after) if after else self._joins_of(name, "puts", line.puts),
            returns=self._joins_of(name, "returns", line.returns),
            rejects=self._joins_of(
                name, "rejects", line.rejects if station.any_of("reject") else ()
            ),
            last=last,
            together=together,
            at_close=line.at_close,
            stops=range(first_stop, len(self.stops)),
            failures=range(first, len(self.failures)),
            line_failures=line_failures,
            content=content,
            born=born,
            output=last and line.name in (self.shop.output or ()),
            cycle=self.recipes[recipes.start].cycle,
            quality=add("station", name, "quality", UNIT, 1, 0),
            recipes=recipes,
            setups=self._add_setups(station, name),
            setup_failure=setup_failure,
            makes=() if before else tuple(self.products.index(each) for each in makes),
            choosy=choosy,
            picks=choosy or any(self._is_bank(each) for each in store_names(takes)),
            group=self._groups_of_lines[number],
            copy=copy,
            kind=self._kind("station", station.name),
        )
        self.stations.append(row)

    def _add_recipes(self, station: Station, name: str, least: int) -> range:
        """Add how a station makes its products; several have streams of their own, by their names.

        One product has the streams of none.
        """
        first = len(self.recipes)
        ramps = [
            product.ramp is not None and product.ramp.tau > 0 and product.ramp.slows(station.name)
            for product in self.shop.products
        ] or [False]
        varies = station.varies or any(ramps)
        several = isinstance(station.cycle_time, Mapping) and len(self.products) > 1
        for number, product in enumerate(self.products if varies else self.products[:1]):
            made = not station.varies or product in self._made(station)
            purpose = f"cycle\x1f{product}" if several else "cycle"
            cycle = station.cycle_of(product) if made else station.cycle_distribution
            stream = self.streams.add("station", name, purpose, cycle, units.MS_PER_S, least)
            scrap, rework, reject = (
                station.share_of(each, product) if made else 0.0
                for each in ("scrap", "rework", "reject")
            )
            ramps_up = varies and ramps[number]
            self.recipes.append(RecipeLayout(stream, scrap, rework, reject, ramps_up))
        return range(first, len(self.recipes))

    def _made(self, station: Station) -> Collection[str]:
        """The products that all tables of a station tell."""
        tables = (station.cycle_time, station.scrap, station.rework, station.reject)
        told = [{*table} for table in tables if isinstance(table, Mapping)]
        return set(self.products).intersection(*told)

    def _add_setups(self, station: Station, name: str) -> range:
        """Add the streams of the changes of a station from each product to each."""
        first, setup = len(self.changes), station.setup
        if isinstance(setup, Setup) and self.by_product:
            visible = units.MS_PER_S * (1.0 - setup.hidden)
            for before in self.products:
                for after in self.products:
                    time = setup.between(before, after)
                    each = isinstance(setup.time, Mapping) or before == after
                    purpose = f"setup\x1f{before}\x1f{after}" if each else "setup"
                    stream = self.streams.add("station", name, purpose, time, visible, 0)
                    self.changes.append(stream if time.mean * visible > 0.0 else -1)
        return range(first, len(self.changes))

    def _add_setup_failure(self, station: Station, here: int, time: int, copy: int) -> int:
        """Add the setup of a station among the failures if it needs a crew; its number, or -1."""
        setup = station.setup
        if not isinstance(setup, Setup) or not setup.crew:
            return -1
        return self._add_crewed(setup, ("setup", station.name), here, time, copy)

    def _chooses(self, line: Line) -> bool:
        """Whether a line can take, or begin, only some parts."""
        shop = self.shop
        orders = shop.sequence is not None and shop.sequence.kind == "orders"
        some = self.by_product and len(line.makes) not in (0, len(self.products))
        return bool(line.match) or some or (orders and shop.gives_birth(line))

    def _is_bank(self, store: str) -> bool:
        return self.stores[self._store_numbers[store]].lanes > 0

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
        number = -1
        if stop.crew:
            names = "stop", owner, stop.name
            number = self._add_crewed(stop, names, station, time, copy, repair=duration)
        kind = self._kind("stop", owner, stop.name)
        numbers = station, owner, int(every), duration, number
        self.stops.append(StopLayout(stop, *numbers, copy=copy, kind=kind))

    def _add_crewed(
        self,
        what: PlannedStop | Setup,
        names: tuple[str, ...],
        station: int,
        time: int,
        copy: int,
        *,
        repair: int = -1,
    ) -> int:
        """Add a stop or a setup with a crew among the failures; its number.

        Of its names the first is its sort, the second its owner; the repair of a setup, which hangs
        on the change, is set when it comes.
        """
        row = FailureLayout(
            failure=what,
            stations=range(station, station + 1),
            of_line=False,
            time=time,
            owner=names[1],
            groups=self._groups(what.crew),
            uptime=-1,
            repair=repair,
            copy=copy,
            kind=self._kind("failure", *names),
        )
        self.failures.append(row)
        return len(self.failures) - 1


def _birth_counts(shop: Shop) -> list[int]:
    """The count of the births on each line: lines that put to the same store share one.

    So do those that put to none: the end of the plant is one.
    """
    numbers: list[int] = []
    of_end: dict[str, int] = {}
    for i, line in enumerate(shop.lines):
        ends = store_names(line.puts) or ("",)
        joined = {of_end[end] for end in ends if end in of_end}
        number = min(joined, default=i)
        of_end = {end: number if n in joined else n for end, n in of_end.items()}
        of_end |= dict.fromkeys(ends, number)
        numbers = [number if n in joined else n for n in numbers] + [number]
    order = {number: i for i, number in enumerate(dict.fromkeys(numbers))}
    return [order[number] for number in numbers]


def _origins(layout: Layout) -> list[tuple[int, int] | None]:
    """Of each station, then each store: the count of its parts, and how far down the way it is."""
    shop = layout.shop
    groups = {shop.lines[row.line].name: row.group for row in layout.stations}
    step = 2 * max(len(line.stations) for line in shop.lines)

    def of_store(name: str) -> tuple[int, int] | None:
        way = shop.way_to(name)
        return (groups[way[-1].name], step * len(way) - 1) if way else None

    places: list[tuple[int, int] | None] = []
    inside: dict[int, tuple[int, int] | None] = {}
    origin, far = None, 0
    for row in layout.stations:
        if row.makes:  # the first of its line
            line, far = shop.lines[row.line], 0
            origin = of_store(stores_of(line.takes[0])[0]) if line.takes else (row.group, 0)
        places.append(origin and (origin[0], origin[1] + 1 + far))
        if not row.last:
            buffer = layout.joins[row.puts.start].stores[0]
            inside[buffer] = origin and (origin[0], origin[1] + 2 + far)
        far += 2
    for i, store in enumerate(layout.stores):
        places.append(of_store(store.name) if store.declared else inside.get(i))
    return places


def _numbered(layout: Layout) -> Iterator[tuple[int, list[int]]]:
    """Each place with the numbers of its parts at the start, from the end of the way on."""
    n = len(layout.stations)
    amounts = [int(row.content > 0) for row in layout.stations]
    amounts += [len(row.initial) for row in layout.stores]
    counts = [0] * layout.n_groups
    held = [place for place in range(n + len(layout.stores)) if amounts[place]]
    origins = {place: layout.origins[place] for place in held}
    for place in sorted(held, key=lambda place: -(origins[place] or (0, 0))[1]):
        origin = origins[place]
        if origin is None:
            yield place, [-1] * amounts[place]
        else:
            group = origin[0]
            yield place, [*range(counts[group], counts[group] + amounts[place])]
            counts[group] += amounts[place]


class _Same:
    """A shop that is equal to itself alone: to compare two takes as long as to lay one out."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __hash__(self) -> int:
        return id(self.shop)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.shop is self.shop


@lru_cache(maxsize=2)  # the runs of a study share a shop and its warm-up
def _laid_out(same: _Same, horizon: int, working_time: WorkingTime | None, clock: float) -> Layout:
    return Layout(same.shop, horizon, working_time, clock)


def lay_out(
    shop: Shop, horizon: int, working_time: WorkingTime | None = None, clock: float = 0.0
) -> Layout:
    """The layout of a shop up to a horizon [ms], which nobody may change: it is kept a while.

    A `working_time` stands in for that of the shop; the run begins at hour `clock` of those of its
    lines, stores and crews.
    """
    return _laid_out(_Same(shop), horizon, working_time, clock)


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
    n_stops += isinstance(station.setup, Setup) and bool(station.setup.crew)
    return n_stops + sum(len(owner.failures) for owner in owners)
