"""The shops of a year joined into one, the plant: shop > store > shop > ... > gate.

The first shop stands there twice if it differs before and after the retooling.

Simplifications of a block: a part that is repeated takes its second cycle at the station at once. A
repair on the spot keeps the check for one more cycle; the check is fast enough not to set the pace.
What fails it is checked again, without slowing the line. CKD sets that are taken from the bodies
leave behind the last shop but one as if they were scrap, but do not count as scrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import Windows, difference, intersection, joined
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import Exponential
from ningde_sim.plant.entries import Split, store_names
from ningde_sim.plant.entries import renamed as renamed_flows
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.product import Setup
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.shop_tables import ShopTables
from ningde_sim.plant.station import Failure, PlannedStop, Robot, Station
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.year.launches import products_made, slowed_from
from ningde_sim.year.open_hours import OpenHours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.shops import (
    PACKING,
    TO_PACKING,
    built,
    check_of,
    entry_lines,
    inside_of,
    output_lines,
    station_of,
    words,
)

WARM_UP_DAYS = 5
"""Days of undisturbed work before the first one; they fill the plant and do not count. [days]"""

BEFORE = "before "
"""Prefix of all names in a shop before the retooling."""

FASTER = 0.95
"""Cycle of a station that must not set the pace, as a share of the cycle that does. [-]"""

CHECK_BUFFER = 20
"""Capacity between the station of a block and its check, where they stand close. [parts]"""


@dataclass(frozen=True)
class MeasuredStation:
    """A station at which the time of a shop is measured.

    Attributes
    ----------
    station : str
        The station whose time is measured.
    counted_at : str
        The station that counts the good bodies.
    cycle_ms : int
        Time that one good body takes. [ms]
    slowed_from : int, optional
        When the first ramp of a product begins to slow it, since the first production day. [ms]
    copies : int
        Of its line, side by side: their hours are taken as those of one.
    """

    station: str
    counted_at: str
    cycle_ms: int
    slowed_from: int | None = None
    copies: int = 1


@dataclass(frozen=True, eq=False)
class JoinedShops:
    """The plant of a year, and where its shops are measured.

    Attributes
    ----------
    shop : Shop
    measured : dict of tuple of MeasuredStation
        By shop; one that the retooling changes has one before and one after it.
    exits : tuple of str
        The stations behind which a part is at the gate.
    behind : dict of tuple of str
        By shop, the first left out, the names of its lines.
    """

    shop: Shop
    measured: dict[str, tuple[MeasuredStation, ...]]
    exits: tuple[str, ...]
    behind: dict[str, tuple[str, ...]]


@dataclass
class _Parts:
    """What one shop brings into the plant.

    Attributes
    ----------
    lines, stores, crews : list
    measured : list of (str, str)
        Where it is measured, and where its parts are counted.
    exits : list of str
        The stations that its parts leave.
    """

    lines: list[Line] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    crews: list[Crew] = field(default_factory=list)
    measured: list[tuple[str, str]] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)


def store_name(scenario: Scenario, key: str) -> str:
    """What results call the store of a key, between two shops."""
    return words(scenario.columns.get(key, key))


def join_shops(scenario: Scenario, hours: OpenHours) -> JoinedShops:
    """The shops of a scenario as one, which work in their open hours."""
    between = [store_name(scenario, key) for key in scenario.stores]
    sizes = [int(capacity.value) for capacity in scenario.stores.values()]
    warm_up = WARM_UP_DAYS * units.MS_PER_DAY
    products = products_made(scenario.products, hours.starts, warm_up)
    late = any(product.start for product in products)
    parts: dict[str, _Parts] = {}
    for k, (key, shop) in enumerate(scenario.shops.items()):
        into = between[k - 1] if k else None
        out = between[k] if k < len(between) else None
        packs = k == len(between) - 1 and scenario.ckd is not None and scenario.ckd.packs_bodies
        to = TO_PACKING if packs else out
        time = _time(hours, key, hours.shops[key].open)
        if isinstance(shop, BlockTable):
            own = _block(key, shop, time, into, to)
        else:
            own = _detailed(scenario, hours, key, into, to, late)
        if packs:
            own.lines.append(_packing(scenario, own, time, out))
        if out is not None:
            own.stores.append(Store(out, sizes[k]))
        if packs:
            own.stores.append(Store(TO_PACKING, 1))
        parts[key] = own
    first = next(iter(scenario.shops.values()))
    told = first.shop if isinstance(first, ShopTables) else None  # no other shop tells products
    *_, gate = parts.values()
    whole = Shop(
        scenario.name,
        [line for own in parts.values() for line in own.lines],
        stores=[store for own in parts.values() for store in own.stores],
        crews=[crew for own in parts.values() for crew in own.crews],
        output=[line.name for line in gate.lines if line.stations[-1].name in gate.exits],
        products=products or (told.products if told else ()),
        sequence=told.sequence if told else None,
        notes=scenario.notes,
    )

    copies = {each.name: line.copies for line in whole.lines for each in line.stations}

    def at(station: str, counted_at: str) -> MeasuredStation:
        cycle = round(whole.station(station).cycle_distribution.mean * units.MS_PER_S)
        slow = slowed_from(scenario.products, hours.starts, station)
        return MeasuredStation(station, counted_at, cycle, slow, copies[station])

    return JoinedShops(
        whole,
        {key: tuple(at(*each) for each in own.measured) for key, own in parts.items()},
        tuple(gate.exits),
        {key: tuple(line.name for line in own.lines) for key, own in [*parts.items()][1:]},
    )


def _time(hours: OpenHours, key: str, windows: Windows, *, warm: bool = True) -> WorkingTime:
    """A working time of the warm-up days, then of some windows that begin with the first day."""
    shift = WARM_UP_DAYS * units.MS_PER_DAY
    times = warm_up_windows(hours.usual[key]) if warm else []
    times += [(begin + shift, end + shift) for begin, end in windows]
    if not times:  # never at work: opens when all is over
        late = (len(hours.days) + WARM_UP_DAYS + 1) * units.MS_PER_DAY
        times = [(late, late + units.MS_PER_DAY)]
    return WorkingTime([(units.ms_to_hours(a), units.ms_to_hours(b)) for a, b in times])


def warm_up_windows(usual: Windows) -> Windows:
    """The warm-up days, from the hours of an undisturbed day, since the start of the warm-up. [ms]

    A late shift may end on the next day.
    """
    shift = WARM_UP_DAYS * units.MS_PER_DAY
    starts = range(0, shift, units.MS_PER_DAY)
    return joined(
        (start + begin, min(start + end, shift)) for start in starts for begin, end in usual
    )


# ------------------------------------------------------------------ detailed shops


def _detailed(
    scenario: Scenario,
    hours: OpenHours,
    key: str,
    into: str | None,
    out: str | None,
    late: bool,
) -> _Parts:
    """A shop of lines; before the retooling, if it differs, and after it."""
    versions = [*_versions(scenario, hours, key)]
    counted_on = _in_one_count(versions[0][0], versions[1][0]) if len(versions) > 1 and late else {}
    parts = _Parts()
    for shop, time in versions:
        entry = entry_lines(key, shop, scenario.entries) if into is not None else ()
        for line in _filling(shop, out, counted_on):
            takes = (into, *line.takes) if into is not None and line.name in entry else line.takes
            parts.lines.append(replace(line, takes=takes, working_time=time))
        parts.stores += [replace(store, working_time=time) for store in shop.stores]
        exits = [line.stations[-1].name for line in output_lines(shop)]
        parts.measured.append((exits[0], exits[0]))
        parts.exits += exits
    midnight = hours.days.origin / 60  # crews have their hours by the clock
    parts.crews += [
        replace(crew, working_time=crew.working_time and crew.working_time.seen_from(midnight))
        for crew in versions[-1][0].crew_groups
    ]
    return parts


def _versions(scenario: Scenario, hours: OpenHours, key: str) -> Iterator[tuple[Shop, WorkingTime]]:
    """A shop before the retooling, if it differs, then the one after, with their times."""
    windows, shop = hours.shops[key].open, scenario.shops[key]
    assert not isinstance(shop, BlockTable)
    several = sum(not isinstance(each, BlockTable) for each in scenario.shops.values()) > 1
    after = _with_own_crews(built(shop), key) if several else built(shop)
    if key not in scenario.before:
        yield after, _time(hours, key, windows)
        return
    older = scenario.before[key]
    assert not isinstance(older, BlockTable)
    before = _with_own_crews(built(older), key) if several else built(older)
    until = joined([(0, hours.switch)])
    yield _renamed(before, BEFORE), _time(hours, key, intersection(windows, until))
    yield after, _time(hours, key, difference(windows, until), warm=False)


def _with_own_crews(shop: Shop, key: str) -> Shop:
    """The same shop, whose failures and stops ask for none but the crews of this shop."""
    prefix = f"{words(key)} "
    groups = [
        replace(
            crew, name=prefix + crew.name, skills=(key, *(prefix + each for each in crew.skills))
        )
        for crew in shop.crew_groups
    ]

    def asked(crew: bool | str) -> bool | str:
        return prefix + crew if isinstance(crew, str) else crew and bool(groups) and key

    def each(thing: Failure | PlannedStop) -> Any:
        return replace(thing, crew=asked(thing.crew))

    def machine(thing: Station | Robot) -> Any:
        failures, stops = map(each, thing.failures), map(each, thing.planned_stops)
        return replace(thing, failures=[*failures], planned_stops=[*stops])

    def station(thing: Station) -> Station:
        setup = thing.setup
        if isinstance(setup, Setup):
            setup = replace(setup, crew=asked(setup.crew))
        own: Station = machine(thing)
        return replace(own, robots=[machine(robot) for robot in thing.robots], setup=setup)

    lines = [
        replace(
            line,
            stations=[station(of_line) for of_line in line.stations],
            failures=[each(failure) for failure in line.failures],
        )
        for line in shop.lines
    ]
    return replace(shop, lines=lines, crews=groups, repair_crews=None)


def _in_one_count(before: Shop, after: Shop) -> dict[str, str]:
    """Which store of the shop after the retooling continues the count of one before it, by name.

    A product that starts late begins at a number of the sequence that no feeder has reached. So the
    feeders after the retooling must count on where those before it end: lines that put to the same
    store share a count, be it with a share of 0.
    """
    theirs, ours = _filled_at_birth(after), _filled_at_birth(before)
    pairs = {BEFORE + name: name for name in theirs if BEFORE + name in ours}
    rest = [name for name in theirs if name not in pairs.values()]
    pairs |= zip((name for name in ours if name not in pairs), rest, strict=False)
    if len(pairs) < len(theirs):
        rule = "it must have as many feeders as before the retooling, for products with a start"
        cure = "Add some, or leave out the start of the products."
        given = f"{len(pairs)} for {len(theirs)}"
        raise ValueError(checks.complain(f"Shop {after.name!r}", rule, given, cure))
    return pairs


def _filled_at_birth(shop: Shop) -> list[str]:
    """The stores that lines fill on which parts are born; those of the output have one anyway."""
    born = [line.puts for line in shop.lines if shop.gives_birth(line)]
    return [*dict.fromkeys(name for puts in born for name in store_names(puts)[:1])]


def _filling(shop: Shop, out: str | None, counted_on: Mapping[str, str]) -> Iterator[Line]:
    """The lines of a shop; its output lines fill the store behind it."""
    left = dict(counted_on)  # one line for each store is enough
    for line in shop.lines:
        last = line.name in (shop.output or ()) and out is not None
        puts = (*line.puts, out) if last else line.puts
        puts = tuple(
            Split({flow: 1.0, left.pop(flow): 0.0}) if flow in left else flow for flow in puts
        )
        yield replace(line, puts=puts)


def _renamed(shop: Shop, prefix: str) -> Shop:
    """The same shop with a prefix before all its names, so that it can stand beside another one."""

    def prefixed(name: str) -> str:
        return prefix + name

    def renamed(station: Station) -> Station:
        robots = [replace(robot, name=prefix + robot.name) for robot in station.robots]
        return replace(station, name=prefix + station.name, robots=robots)

    return replace(
        shop,
        lines=[
            replace(
                line,
                name=prefix + line.name,
                stations=[renamed(station) for station in line.stations],
                takes=renamed_flows(line.takes, prefixed),
                puts=renamed_flows(line.puts, prefixed),
                rejects=renamed_flows(line.rejects, prefixed),
                returns=renamed_flows(line.returns, prefixed),
                zone=prefix + str(line.zone),
            )
            for line in shop.lines
        ],
        stores=[replace(store, name=prefix + store.name) for store in shop.stores],
        output=[prefix + name for name in shop.output or ()],
    )


# ------------------------------------------------------------------ blocks


def _block(
    key: str, block: BlockTable, time: WorkingTime, into: str | None, out: str | None
) -> _Parts:
    """The station and the check of a block, and what lies between them."""
    pace = 3600 / block.rate.value
    repeated, passed = block.number("repeated"), block.number("first_time_ok", 1.0)
    spot = max(0.0, 1 - passed - repeated)  # 0.9 and 0.1 leave less than 0
    passed = passed if block.repeated is None else 1 - spot
    names = station_of(key, block), check_of(key, block)
    station = Station(
        names[0], pace, scrap=block.number("scrap"), rework=repeated, failures=_stops(block)
    )
    check = Station(names[1], FASTER * pace * passed, rework=spot)
    options: dict[str, Any] = {"zone": words(key).capitalize(), "working_time": time}
    takes, puts = into or (), out or ()
    if block.lead_time is None:
        line = Line(
            names[0], [station, check], buffers=CHECK_BUFFER, takes=takes, puts=puts, **options
        )
        return _Parts([line], measured=[names], exits=[names[1]])
    lead, inside, capacity = block.lead_time.value, inside_of(key), lead_capacity(block)
    return _Parts(
        [
            Line(names[0], [station], takes=takes, puts=inside, **options),
            Line(names[1], [check], takes=inside, puts=puts, **options),
        ],
        [Store(inside, capacity, transit_time=lead * 3600, working_time=time)],
        measured=[(names[0], names[0])],
        exits=[names[1]],
    )


def lead_capacity(block: BlockTable) -> int:
    """How many parts travel in a block with a lead time, at most. [parts]"""
    lead = block.number("lead_time")
    return math.ceil(block.rate.value * lead) + int(block.number("spare_capacity"))


def _stops(block: BlockTable) -> list[Failure]:
    """The stops of a block: for an uptime u, MTBF is MTTR times u / (1 - u)."""
    up = block.number("uptime", 1.0)
    if up >= 1:
        return []
    stop = block.number("stop")
    between = stop / 60 * up / (1 - up)
    return [Failure("stop", Exponential(between), Exponential(stop))]


def _packing(scenario: Scenario, before: _Parts, time: WorkingTime, out: str | None) -> Line:
    """The line that takes CKD sets from the bodies behind a shop."""
    assert scenario.ckd is not None
    cycle = FASTER * before.lines[-1].stations[-1].cycle_distribution.mean
    station = Station(PACKING, cycle, scrap=scenario.ckd.share.value)
    zone = before.lines[-1].zone
    return Line(PACKING, [station], takes=TO_PACKING, puts=out or (), zone=zone, working_time=time)
