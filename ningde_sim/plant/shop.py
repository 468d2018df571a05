"""A whole shop: lines joined by stores, and the crews that repair them."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any, TypeVar

import pandas as pd

from ningde_sim._support import checks, toml, workbook
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.summary import wrapped
from ningde_sim.plant import paths, shop_paths
from ningde_sim.plant.crew import ALL_CREWS, Crew
from ningde_sim.plant.entries import Flow, number_of, store_names, stores_of
from ningde_sim.plant.line import Line, Store, numbered
from ningde_sim.plant.product import Product, Setup, check_products, check_sequence, mix
from ningde_sim.plant.product import Sequence as ProductSequence
from ningde_sim.plant.start import Start
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station, equipment
from ningde_sim.plant.to_sheets import sheets_of
from ningde_sim.plant.to_tables import tables_of
from ningde_sim.plant.working_time import WorkingTime, check_working_time

Element = TypeVar("Element", Station, Line, Store)


@unchangeable
@dataclass(frozen=True, slots=True)
class Shop:
    """Lines joined by stores, and the crews that repair them.

    A store is a buffer that lines share; those inside a line are its `buffers`. Neither counts the
    stations; papers often count the machine's own place too.

    Parameters
    ----------
    name : str
    lines : sequence of Line
    stores : sequence of Store
    crews : sequence of Crew
        Groups of crews for the failures and planned stops with a `crew`; among the groups that
        could come at once the first comes. Without any, and without `repair_crews`, a crew is
        always free.
    repair_crews : int, optional
        The short form: one group of so many crews, for whatever asks for one.
    output : sequence of str, optional
        Lines whose bodies count as finished; by default the lines that put to no store.
    working_time : WorkingTime, optional
        Of every line and store without its own; None means round the clock.
    products : sequence of Product
        What it makes; without any, all parts are alike.
    sequence : Sequence, optional
        In which order the products come; by default by their shares, `Sequence.random()`. All lines
        follow it: the n-th part that is born on lines that put to the same store is of its n-th
        product.
    start : Start
        What is on stations and in stores at the start of a run: by default nothing but the
        `initial` parts of the stores. `ShopRun.end` is one.
    notes : sequence of str
        What readers of its results must know, such as assumptions.

    Raises
    ------
    TypeError, ValueError
        An unknown store, a store that no line fills or empties, lines that can never start, a
        duplicate name.

    Examples
    --------
    >>> shop = Shop("demo", [Line("A", [Station("A1", 60), Station("A2", 55)], buffers=3)])
    >>> shop.n_stations, shop.n_robots, shop.output
    (2, 0, ('A',))
    """

    name: str
    lines: Sequence[Line]
    _: KW_ONLY
    stores: Sequence[Store] = ()
    crews: Sequence[Crew] = ()
    repair_crews: int | None = None
    output: str | Sequence[str] | None = None
    working_time: WorkingTime | None = None
    products: Sequence[Product] = ()
    sequence: ProductSequence | None = None
    start: Start = Start()  # noqa: RUF009, it cannot be changed
    notes: Sequence[str] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        owner = f"Shop {self.name!r}"
        checks.text("Shop", "name", self.name)
        object.__setattr__(self, "lines", checks.members(owner, "lines", self.lines, Line))
        object.__setattr__(self, "stores", checks.members(owner, "stores", self.stores, Store))
        object.__setattr__(self, "notes", checks.members(owner, "notes", self.notes, str))
        for note in self.notes:
            checks.prose(owner, "each of notes", note)
        if not self.lines:
            raise ValueError(checks.complain(owner, "it must have at least one line", self.lines))
        if self.repair_crews is not None:
            cure = "None means that a crew is always free."
            crews = checks.whole(owner, "repair_crews", self.repair_crews, low=1, cure=cure)
            object.__setattr__(self, "repair_crews", crews)
        object.__setattr__(self, "crews", checks.members(owner, "crews", self.crews, Crew))
        check_working_time(owner, self.working_time)
        self._check_names(owner)
        self._check_stores(owner)
        self._check_contents(owner)
        self._check_start(owner)
        self._check_windows(owner)
        self._check_crews(owner)
        object.__setattr__(self, "output", self._find_output(owner))
        self._check_products(owner)

    def _check_names(self, owner: str) -> None:
        machines = [s.name for s in self.stations] + [r.name for r in self.robots]
        checks.distinct(owner, "lines", (line.name for line in self.lines))
        checks.distinct(owner, "stores", (store.name for store in self.stores))
        checks.distinct(owner, "crews", (crew.name for crew in self.crews))
        checks.distinct(owner, "stations and robots", machines)
        copies = {
            machine.name: line.copies
            for line in self.lines
            if line.copies > 1
            for station in line.stations
            for machine in equipment(station)
        }
        for name in machines:
            original, _, number = name.rpartition(" #")
            if number in map(str, range(1, copies.get(original, 0) + 1)):
                rule = f"no station or robot may have the name of a copy of {original!r}"
                raise ValueError(checks.complain(owner, rule, name, "Rename one of them."))

    def _check_stores(self, owner: str) -> None:
        stores = {store.name: store for store in self.stores}
        for line in self.lines:
            for key in ("takes", "puts", "rejects", "returns"):
                for flow in getattr(line, key):
                    self._check_flow(owner, stores, f"the `{key}` of line {line.name!r}", flow)
        names = {
            key: {name for line in self.lines for name in store_names(getattr(line, key))}
            for key in ("takes", "puts", "rejects", "returns")
        }
        filled = names["puts"] | names["rejects"] | names["returns"]
        for store in self.stores:
            if store.name not in filled and not store.initial:
                rule = "each store must be filled by a line, or hold `initial` parts"
                cure = "Name it in the `puts` of a line, or leave it out."
                raise ValueError(checks.complain(owner, rule, store.name, cure))
            if store.name not in names["takes"]:
                rule = "each store must be emptied by a line"
                cure = "Name it in the `takes` of a line, or leave it out."
                raise ValueError(checks.complain(owner, rule, store.name, cure))

    def _check_flow(self, owner: str, stores: Mapping[str, Store], where: str, flow: Flow) -> None:
        number = number_of(flow)
        for name in stores_of(flow):
            if name not in stores:
                rule = f"unknown store in {where}"
                names = checks.shortened(", ".join(stores)) or "none"
                cure = f"The shop has these stores: {names}."
                raise ValueError(checks.complain(owner, rule, name, cure))
            if number > 1 and stores[name].headway:
                rule = f"parts go onto conveyor {name!r} and off it one by one"
                cure = f"Put a store before or behind it. It stands in {where}."
                raise ValueError(checks.complain(owner, rule, f"{number} at one instant", cure))
            if number > max(1, stores[name].capacity):
                rule = (
                    f"store {name!r} must have the capacity for the {number} parts at one instant"
                )
                cure = f"They stand in {where}."
                raise ValueError(
                    checks.complain(owner, rule, f"capacity {stores[name].capacity}", cure)
                )

    def _check_start(self, owner: str) -> None:
        """Refuse a loop of lines and stores without parts: each line would wait for the others.

        With a start of its own a shop may be what is left of another run: its run says what waits.
        """
        if self.start != Start():
            return
        lacks = {line.name: {*line.takes} for line in self.lines}
        takers = defaultdict(list)
        for line in self.lines:
            for flow in line.takes:
                for name in stores_of(flow):
                    takers[name].append((line, flow))
        started = [line for line in self.lines if not line.takes]

        def supply(name: str, most: float) -> None:
            for line, flow in takers[name]:
                if flow in lacks[line.name] and number_of(flow) <= most:
                    lacks[line.name].remove(flow)
                    if not lacks[line.name]:
                        started.append(line)

        for store in self.stores:
            supply(store.name, store.initial)
        for line in started:  # which grows
            for name in store_names((*line.puts, *line.rejects, *line.returns)):
                supply(name, math.inf)
        waiting = [name for name, flows in lacks.items() if flows]
        if waiting:
            rule = (
                "a loop of lines and stores must hold parts at the start; these lines never start"
            )
            cure = "Give a store of the loop `initial` parts, as many as a line takes at once."
            raise ValueError(checks.complain(owner, rule, waiting, cure))

    def _check_contents(self, owner: str) -> None:
        """What is there at the start must have a place."""
        checks.kind(owner, "start", self.start, Start)
        lines = {
            name: (line, station)
            for line in self.lines
            for station in line.stations
            for name in _copies(station.name, line)
        }
        for name, state in self.start.bodies.items():
            if name not in lines:
                rule, known = "unknown station in start", checks.shortened(", ".join(lines))
                raise ValueError(checks.complain(owner, rule, name, f"It has these: {known}."))
            line, station = lines[name]
            if (state == "scrapped" and not line.returns) or (
                state == "rejected" and not station.any_of("reject")
            ):
                rule = f"no body can be {state} and wait on station {name!r} at the start"
                cure = "Its line has no `returns`." if state == "scrapped" else "It rejects none."
                raise ValueError(checks.complain(owner, rule, state, cure))
        places = {store.name: store.capacity for store in self.stores}
        for line in self.lines:
            buffers: tuple[int, ...] = line.buffers  # type: ignore[assignment]
            for (before, after), capacity in zip(pairwise(line.stations), buffers, strict=True):
                buffer = f"{before.name} > {after.name}"
                places |= dict.fromkeys(_copies(buffer, line), capacity)
        for name in self.start.parts:
            if name not in places:
                known = checks.shortened(", ".join(places))
                rule, cure = "unknown store or buffer in start", f"It has these: {known}."
                raise ValueError(checks.complain(owner, rule, name, cure))
            n = len(self.start.in_buffer(name))
            if n > places[name]:
                rule = f"the parts of start in {name!r} must be at most its capacity {places[name]}"
                raise ValueError(checks.complain(owner, rule, n))

    def _check_products(self, owner: str) -> None:
        """Lines and stations must speak of products of the shop, and tell all that they make."""
        products = checks.members(owner, "products", self.products, Product)
        object.__setattr__(self, "products", products)
        object.__setattr__(self, "sequence", check_sequence(owner, products, self.sequence))
        names = [product.name for product in products]
        for line in self.lines:
            for key in ("makes", "match"):
                if getattr(line, key) and not names:
                    rule = f"{key} of line {line.name!r} has no effect without products"
                    given, cure = getattr(line, key), "Give the shop `products`."
                    raise ValueError(checks.complain(owner, rule, given, cure))
            check_products(owner, f"the `makes` of line {line.name!r}", line.makes, names)
            for station in line.stations:
                station.check_products(owner, names, line.makes or names)
            self._check_reach(owner, line)
        for store in self.stores:
            if (store.lanes or store.in_order) and not names:
                rule = f"lanes and in_order of store {store.name!r} have no effect without products"
                cure = "Give the shop `products`, or leave them out."
                raise ValueError(checks.complain(owner, rule, store.capacity, cure))
        for product in products:
            for pattern in product.ramp.stations if product.ramp else ():
                if not any(fnmatchcase(station.name, pattern) for station in self.stations):
                    rule = f"no station has the name in the ramp of product {product.name!r}"
                    raise ValueError(checks.complain(owner, rule, pattern))

    def _check_reach(self, owner: str, line: Line) -> None:
        """A line that chooses its parts must see them: hand to hand it does not."""
        choosy = bool(line.match) or len(line.makes) not in (0, len(self.products))
        orders = self.sequence is not None and self.sequence.kind == "orders"
        stores = {store.name: store for store in self.stores}
        for name in store_names(line.takes):
            if stores[name].capacity == 0 and (choosy or (orders and self.gives_birth(line))):
                rule = f"line {line.name!r} chooses its parts: its stores need a capacity of 1"
                cure = "Give the store a place, or leave makes and match out."
                raise ValueError(checks.complain(owner, rule, f"{name!r} of capacity 0", cure))
            if stores[name].lanes and number_of_parts(line, name) > 1:
                rule = f"parts leave the bank {name!r} one by one"
                raise ValueError(checks.complain(owner, rule, f"line {line.name!r} takes several"))
        for name in line.match:
            if not self.way_to(name):
                rule = f"parts of store {name!r} have no product to match: no line makes them"
                raise ValueError(checks.complain(owner, rule, f"match of line {line.name!r}"))

    def way_to(self, store: str) -> list[Line]:
        """The lines on which the parts of a store come, last to first, from that of their birth.

        The body of a line is the part of its first entry in `takes`. Skids and parts of a finite
        stock are born where they are loaded first: they come on no line.

        Parameters
        ----------
        store : str
            Its name.
        """
        return self._way_to(store, set())

    def _way_to(self, store: str, seen: set[str]) -> list[Line]:
        seen.add(store)
        for line in self.lines:
            carriers = line.name in (self.output or ())
            names = store_names(line.rejects if carriers else (*line.puts, *line.rejects))
            if store not in names:
                continue
            if not line.takes:
                return [line]
            for before in stores_of(line.takes[0]):
                if before not in seen and (way := self._way_to(before, seen)):
                    return [line, *way]
        return []

    def gives_birth(self, line: Line) -> bool:
        """Whether parts may be born on a line: it takes none, or skids, or parts of a stock.

        Parameters
        ----------
        line : Line
        """
        carriers = {
            name
            for other in self.lines
            for flows in (other.returns, other.puts if other.name in (self.output or ()) else ())
            for name in store_names(flows)
        }
        first = stores_of(line.takes[0]) if line.takes else ()
        return not first or any(name in carriers or not self.way_to(name) for name in first)

    @property
    def mix(self) -> dict[str, float]:
        """The share of each product in the long run; none without products. [-]"""
        return mix(self.products, self.sequence)  # type: ignore[arg-type]

    def check_closing(self, owner: str, usual: WorkingTime | None) -> None:
        """What a line does when it closes must be possible in the hours of a run.

        Parameters
        ----------
        owner : str
            Who complains.
        usual : WorkingTime, optional
            Of lines without one in the description, from a calendar.
        """
        for line in self.lines:
            time = line.working_time or self.working_time or usual
            if line.at_close != "pause" and time is None:
                rule = f"line {line.name!r} never closes, so its at_close has no effect"
                cure = "Give it a working_time, run it with a calendar, or leave at_close out."
                raise ValueError(checks.complain(owner, rule, line.at_close, cure))
        self._check_windows(owner, usual)

    def _check_windows(self, owner: str, usual: WorkingTime | None = None) -> None:
        """Where a body is held before closing, a cycle must fit into the hours that are known."""
        for line in self.lines:
            time = line.working_time or self.working_time or usual
            if line.at_close != "hold" or time is None:
                continue
            longest = max(b - a for a, b in time.until(2 * (time.every or time.windows[-1][1])))
            for station in line.stations:
                cycle = station.cycle_distribution.mean
                if cycle > longest * 3600:
                    rule = f"no cycle of {station.name!r} fits into a window of {longest:g} h"
                    cure = f'Give line {line.name!r} longer windows, or at_close="pause".'
                    raise ValueError(checks.complain(owner, rule, f"{cycle:g} s", cure))

    def _check_crews(self, owner: str) -> None:
        """Who asks for a crew by name or skill must find one."""
        if self.crews and self.repair_crews is not None:
            rule = "crews must not stand beside repair_crews, its short form"
            raise ValueError(checks.complain(owner, rule, self.repair_crews, "Leave one out."))
        groups = self.crew_groups
        known = dict.fromkeys(word for group in groups for word in (group.name, *group.skills))
        for name, what in self._asking():
            if isinstance(what.crew, str) and what.crew not in known:
                words = checks.shortened(", ".join(known)) or "none"
                rule = f"unknown crew of {what.name!r} of {name!r}"
                cure = f"The shop has these groups and skills: {words}."
                raise ValueError(checks.complain(owner, rule, what.crew, cure))

    def _asking(self) -> Iterator[tuple[str, Failure | PlannedStop | Setup]]:
        """Each failure, planned stop and setup that needs a crew, with the name of what has it."""
        machines: tuple[Station | Robot, ...] = (*self.stations, *self.robots)
        for machine in machines:
            things: tuple[Any, ...] = (*machine.failures, *machine.planned_stops)
            if isinstance(machine, Station) and isinstance(machine.setup, Setup):
                things += (machine.setup,)
            yield from ((machine.name, what) for what in things if what.crew)
        for line in self.lines:
            yield from ((line.name, failure) for failure in line.failures if failure.crew)

    def _find_output(self, owner: str) -> tuple[str, ...]:
        if self.output is None:
            output = tuple(line.name for line in self.lines if not line.puts)
        else:
            output = checks.members(owner, "output", self.output, str)
        known = dict.fromkeys(line.name for line in self.lines)
        for name in output:
            if name not in known:
                rule = "each of output must be a line of the shop"
                cure = f"The shop has these lines: {checks.shortened(', '.join(known))}."
                raise ValueError(checks.complain(owner, rule, name, cure))
        checks.distinct(owner, "output", output)
        if not output:
            rule = "output must name at least one line"
            cure = "Every line puts to a store: name the lines whose bodies count as finished."
            raise ValueError(checks.complain(owner, rule, output, cure))
        return output

    @property
    def crew_groups(self) -> tuple[Crew, ...]:
        """The groups of crews; one named "repair crews" for the short form."""
        if self.repair_crews is not None:
            return (Crew(ALL_CREWS, self.repair_crews),)
        return tuple(self.crews)

    @property
    def crews_idle(self) -> tuple[str, ...]:
        """The groups of crews that no failure and no planned stop asks for."""
        asked = {what.crew for _, what in self._asking()}
        groups = self.crew_groups
        return tuple(g.name for g in groups if not any(g.serves(each) for each in asked))

    @property
    def stations(self) -> tuple[Station, ...]:
        """All stations, in order of declaration; one for all copies of its line."""
        return tuple(station for line in self.lines for station in line.stations)

    @property
    def robots(self) -> tuple[Robot, ...]:
        """All robots, in order of declaration; one for all copies of its line."""
        return tuple(robot for station in self.stations for robot in station.robots)

    @property
    def n_stations(self) -> int:
        """Number of stations, those of all copies of a line."""
        return sum(line.copies * len(line.stations) for line in self.lines)

    @property
    def n_robots(self) -> int:
        """Number of robots, those of all copies of a line."""
        return sum(line.copies * len(s.robots) for line in self.lines for s in line.stations)

    def station(self, name: str) -> Station:
        """The station of that `name`.

        Raises
        ------
        KeyError
            No station has it; the message names those that begin alike.
        """
        return self._named("station", self.stations, name)

    def line(self, name: str) -> Line:
        """The line of that `name`; errors as of `station`."""
        return self._named("line", self.lines, name)

    def store(self, name: str) -> Store:
        """The store of that `name`; errors as of `station`."""
        return self._named("store", self.stores, name)

    def get(self, path: str) -> Any:
        """The value at a dotted `path`, such as `stores.roof.capacity`.

        A `*` in the path stands for any text; all values that it names must then be equal.

        Raises
        ------
        KeyError, ValueError
            An unknown path, with the nearest; the values differ.
        """
        owner = f"Shop {self.name!r}"
        return paths.only(owner, path, shop_paths.named(owner, self, path))

    def replace(self, changes: Mapping[str, Any]) -> Shop:
        """The same shop with other values at some paths.

        Parameters
        ----------
        changes : mapping of path to value
            Paths by name, in the units of the descriptions: `repair_crews`, `stores.roof.capacity`,
            `lines.FIN-010-030.buffers`, `lines.OP20.copies`, `stations.FIN-210.cycle_time`,
            `robots.FIN-210-R1.failures.minor.repair.mean`. A `*` stands for any text, `?` for one
            character, `[dh]` for one of these two: `stores.door_*.capacity` names all four door
            stores. Inside such a pattern, put a name that contains `*`, `?` or `[` in double
            quotes. `Scale(0.8)` multiplies the value. A Distribution, a WorkingTime or a list
            replaces the whole value.

        Raises
        ------
        KeyError, TypeError, ValueError
            An unknown path, with the nearest; a value that breaks a rule; two changes of one value.

        Examples
        --------
        >>> shop = Shop("demo", [Line("A", [Station("A1", 60), Station("A2", 55)])])
        >>> faster = shop.replace({"stations.A*.cycle_time": 50, "lines.A.buffers": 2})
        >>> faster.get("stations.A2.cycle_time"), faster.get("lines.A.buffers")
        (50.0, (2,))
        """
        return shop_paths.replaced(f"Shop {self.name!r}", self, changes)

    def to_toml(self, path: str | os.PathLike[str]) -> None:
        """Write the shop to a file from which `read_shop` makes it again, equal.

        Parameters
        ----------
        path : str or path
            Such as "mine.toml"; an existing file is replaced as a whole, or stays as it was.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        toml.write(f"Shop {self.name!r}", path, tables_of(self), "read_shop")

    def to_excel(self, path: str | os.PathLike[str]) -> None:
        """Write the shop to a workbook from which `read_shop` makes it again, equal.

        It has a sheet for each kind of thing and a column for each argument, used or not, so that
        it can be filled in further.

        Parameters
        ----------
        path : str or path
            Such as "mine.xlsx"; an existing file is replaced as a whole, or stays as it was.

        Raises
        ------
        ImportError
            Without openpyxl, which the extra `[excel]` brings.
        OSError
            The file cannot be written.
        ValueError
            The name does not end in .xlsx; a value has more than the 32,767 characters of a cell.
        """
        workbook.write(f"Shop {self.name!r}", path, sheets_of(tables_of(self)))

    def diff(self, other: Shop) -> pd.DataFrame:
        """A row for each path at which this and the `other` differ; missing where one lacks it.

        Examples
        --------
        >>> shop = Shop("demo", [Line("A", [Station("A1", 60), Station("A2", 55)])])
        >>> print(shop.diff(shop.replace({"stations.A1.cycle_time": 50, "repair_crews": 2})))
                                this other
        path
        stations.A1.cycle_time   60.0  50.0
        repair_crews             None     2
        """
        if not isinstance(other, Shop):
            rule = "the argument of diff must be a Shop"
            raise TypeError(checks.complain(f"Shop {self.name!r}", rule, other))
        return paths.differences(dict(shop_paths.values(self)), dict(shop_paths.values(other)))

    def _named(self, kind: str, elements: Sequence[Element], name: str) -> Element:
        checks.text(f"Shop {self.name!r}", f"the name of a {kind}", name)
        for element in elements:
            if element.name == name:
                return element
        known = [element.name for element in elements]
        near = [other for other in known if other[:3] == name[:3]] or known
        cure = f"Did you mean one of {', '.join(near[:8])}?" if near else "It has none."
        raise KeyError(checks.complain(f"Shop {self.name!r}", f"unknown {kind}", name, cure))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In a notebook the zone table; the repr of 620 robots would fill pages."""
        printer.text(str(self))

    def __str__(self) -> str:
        """The zone table with totals."""
        return wrapped("\n".join(_zone_table(self)))


def number_of_parts(line: Line, store: str) -> int:
    """How many parts of a store a line takes at one instant. [parts]"""
    return max(number_of(flow) for flow in line.takes if store in stores_of(flow))


def _copies(name: str, line: Line) -> list[str]:
    """The names of the copies of a thing of a line."""
    several = range(1, line.copies + 1) if line.copies > 1 else [0]
    return [numbered(name, copy) for copy in several]


_COLUMNS = "{:<34} {:>5} {:>9} {:>8} {:>7}  {}"


def _zone_table(shop: Shop) -> Iterator[str]:
    yield f"{shop.name}: {shop.n_stations} stations, {shop.n_robots} robots"
    yield _COLUMNS.format("zone", "lines", "cycle [s]", "stations", "robots", "puts to (capacity)")
    capacity = {store.name: store.capacity for store in shop.stores}
    zones = defaultdict(list)
    for line in shop.lines:
        zones[line.zone].append(line)
    for zone, lines in zones.items():
        stations = [(station, line.copies) for line in lines for station in line.stations]
        inside = {store for line in lines for store in store_names(line.takes)}
        puts = dict.fromkeys(s for line in lines for s in store_names(line.puts) if s not in inside)
        yield _COLUMNS.format(
            str(zone)[:34],
            sum(line.copies for line in lines),
            _span(s.cycle_distribution.mean for s, _ in stations),
            sum(copies for _, copies in stations),
            sum(copies * len(s.robots) for s, copies in stations),
            ", ".join(f"{store} ({capacity[store]})" for store in puts) or "the end",
        )
    n_lines = sum(line.copies for line in shop.lines)
    yield _COLUMNS.format("total", n_lines, "", shop.n_stations, shop.n_robots, "").rstrip()
    if several := [f"{line.name} {line.copies}" for line in shop.lines if line.copies > 1]:
        yield f"copies, counted above: {', '.join(several)}"
    yield f"repair crews: {crews_in_words(shop)}; output: {', '.join(shop.output or ())}"
    yield from (f"note: {note}" for note in shop.notes)


def crews_in_words(shop: Shop) -> str:
    """How many crews, by group."""
    groups = ", ".join(f"{crew.number} {crew.name}" for crew in shop.crews)
    return groups or ("always one free" if shop.repair_crews is None else str(shop.repair_crews))


def _span(values: Iterable[float]) -> str:
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"
