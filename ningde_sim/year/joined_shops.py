"""Body shop, paint and assembly joined into one shop, the plant of a year.

    body shop > bodies-in-white > topcoat > in paint > inspection > painted bodies > assembly > gate

The body shop stands there twice if it differs before and after the retooling.

Simplifications: a body that needs a repaint takes its second cycle in the topcoat line at once. A
repair on the spot keeps the inspection deck for one more cycle; the deck is fast enough not to set
the pace. Assembly is an indexed line, so it is one station that stops as a whole. What fails the
final check is checked again, without slowing the line. CKD sets of painted bodies leave behind the
inspection as if they were scrap, but do not count as scrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import Windows, difference, intersection, joined
from ningde_sim.plant.distributions import Exponential
from ningde_sim.plant.entries import Split, store_names
from ningde_sim.plant.entries import renamed as renamed_flows
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.read import build
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, Station
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.year.launches import (
    CHECK,
    INSPECTION,
    LINE,
    PACKING,
    TOPCOAT,
    products_made,
    slowed_from,
)
from ningde_sim.year.open_hours import OpenHours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import AssemblyTable, ShopName

WARM_UP_DAYS = 5
"""Days of undisturbed work before the first one; they fill the plant and do not count. [days]"""

BEFORE = "before "
"""Prefix of all names in the body shop before the retooling."""

BODY_IN_WHITE, IN_PAINT = "body-in-white store", "in paint"
TO_PACKING, PAINTED = "to packing", "painted bodies"
"""The stores between the shops."""

FASTER = 0.95
"""Cycle of a station that must not set the pace, as a share of the cycle that does. [-]"""

CHECK_BUFFER = 20
"""Capacity between the assembly line and the final check. [bodies]"""


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
    """

    station: str
    counted_at: str
    cycle_ms: int
    slowed_from: int | None = None


@dataclass(frozen=True, eq=False)
class JoinedShops:
    """The plant of a year, and where its shops are measured.

    Attributes
    ----------
    shop : Shop
    measured : dict of tuple of MeasuredStation
        By shop; the body shop may have one before and one after the retooling.
    """

    shop: Shop
    measured: dict[ShopName, tuple[MeasuredStation, ...]]


def join_shops(scenario: Scenario, hours: OpenHours) -> JoinedShops:
    """The shops of a scenario as one, which work in their open hours."""
    paint = _time(scenario, hours.shops["paint"].open, len(hours.days))
    assembly = _time(scenario, hours.shops["assembly"].open, len(hours.days))
    shops = list(_body_shops(scenario, hours))
    products = products_made(scenario.products, hours.starts, WARM_UP_DAYS * units.MS_PER_DAY)
    counted_on = {}
    if len(shops) > 1 and any(product.start for product in products):
        counted_on = _in_one_count(shops[0][0], shops[1][0])
    gate = _assembly_line(scenario.assembly, assembly)
    body_in_white = Store(
        BODY_IN_WHITE, int(scenario.stores.body_in_white.value), working_time=paint
    )
    shop = Shop(
        scenario.name,
        [
            *(line for shop, time in shops for line in _body_lines(shop, time, counted_on)),
            *_paint_lines(scenario, paint),
            gate,
        ],
        stores=[
            *(replace(store, working_time=time) for shop, time in shops for store in shop.stores),
            body_in_white,
            *_paint_stores(scenario, paint),
        ],
        crews=shops[-1][0].crews,
        repair_crews=shops[-1][0].repair_crews,
        output=[gate.name],
        products=products,
        notes=scenario.notes,
    )
    exits = [body.line((body.output or ())[0]).stations[-1].name for body, _ in shops]

    def at(station: str, counted_at: str | None = None) -> MeasuredStation:
        cycle = round(shop.station(station).cycle_distribution.mean * units.MS_PER_S)
        slow = slowed_from(scenario.products, hours.starts, station)
        return MeasuredStation(station, counted_at or station, cycle, slow)

    measured: dict[ShopName, tuple[MeasuredStation, ...]] = {
        "body_shop": tuple(at(station) for station in exits),
        "paint": (at(TOPCOAT),),
        "assembly": (at(LINE, CHECK),),
    }
    return JoinedShops(shop, measured)


def _time(scenario: Scenario, windows: Windows, n_days: int, *, warm: bool = True) -> WorkingTime:
    """A working time of the warm-up days, then of some windows that begin with the first day."""
    calendar = scenario.calendar
    shift = WARM_UP_DAYS * units.MS_PER_DAY
    day = round(calendar.shifts.value * calendar.shift_hours.value * units.MS_PER_H)
    starts = [k * units.MS_PER_DAY for k in range(WARM_UP_DAYS)] if warm else []
    times = [(start, start + day) for start in starts]
    times += [(begin + shift, end + shift) for begin, end in windows]
    if not times:  # never at work: opens when all is over
        late = (n_days + WARM_UP_DAYS + 1) * units.MS_PER_DAY
        times = [(late, late + units.MS_PER_DAY)]
    return WorkingTime([(units.ms_to_hours(a), units.ms_to_hours(b)) for a, b in times])


def _body_shops(scenario: Scenario, hours: OpenHours) -> Iterator[tuple[Shop, WorkingTime]]:
    """The body shop before the retooling, if it differs, then the one after, with their times."""
    windows, n_days = hours.shops["body_shop"].open, len(hours.days)
    if scenario.body_shop_before is None:
        yield build(scenario.body_shop), _time(scenario, windows, n_days)
        return
    until = joined([(0, hours.switch)])
    before = _time(scenario, intersection(windows, until), n_days)
    yield _renamed(build(scenario.body_shop_before), BEFORE), before
    after = _time(scenario, difference(windows, until), n_days, warm=False)
    yield build(scenario.body_shop), after


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
        rule = "body_shop_before must have as many feeders as body_shop, for products with a start"
        cure = "Add some, or leave out the start of the products."
        given = f"{len(pairs)} for {len(theirs)}"
        raise ValueError(checks.complain(f"Shop {after.name!r}", rule, given, cure))
    return pairs


def _filled_at_birth(shop: Shop) -> list[str]:
    """The stores that lines fill on which parts are born; those of the output have one anyway."""
    born = [line.puts for line in shop.lines if shop.gives_birth(line)]
    return [*dict.fromkeys(name for puts in born for name in store_names(puts)[:1])]


def _body_lines(shop: Shop, time: WorkingTime, counted_on: Mapping[str, str]) -> Iterator[Line]:
    """The lines of a body shop; its output lines fill the body-in-white store."""
    left = dict(counted_on)  # one line for each store is enough
    for line in shop.lines:
        puts = (*line.puts, BODY_IN_WHITE) if line.name in (shop.output or ()) else line.puts
        puts = tuple(
            Split({flow: 1.0, left.pop(flow): 0.0}) if flow in left else flow for flow in puts
        )
        yield replace(line, puts=puts, working_time=time)


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


def _paint_lines(scenario: Scenario, time: WorkingTime) -> Iterator[Line]:
    paint, ckd = scenario.paint, scenario.ckd
    pace = 3600 / paint.rate.value
    repaint, scrap = paint.full_repaint.value, paint.scrap.value
    spot = max(0.0, 1 - paint.first_time_ok.value - repaint)  # 0.9 and 0.1 leave less than 0
    topcoat = Station(TOPCOAT, pace, scrap=scrap, rework=repaint)
    cycle = FASTER * pace * (1 - spot)
    inspection = Station(INSPECTION, cycle, rework=spot)
    behind = TO_PACKING if ckd.packs_bodies else PAINTED
    yield Line(
        TOPCOAT, [topcoat], takes=BODY_IN_WHITE, puts=IN_PAINT, zone="Paint", working_time=time
    )
    yield Line(
        INSPECTION, [inspection], takes=IN_PAINT, puts=behind, zone="Paint", working_time=time
    )
    if ckd.packs_bodies:
        packing = Station(PACKING, FASTER * cycle, scrap=ckd.share.value)
        yield Line(
            PACKING, [packing], takes=TO_PACKING, puts=PAINTED, zone="Paint", working_time=time
        )


def _paint_stores(scenario: Scenario, time: WorkingTime) -> Iterator[Store]:
    paint = scenario.paint
    capacity = math.ceil(paint.rate.value * paint.lead_time.value) + int(paint.spare_capacity.value)
    lead = paint.lead_time.value * 3600
    yield Store(IN_PAINT, capacity, transit_time=lead, working_time=time)
    yield Store(PAINTED, int(scenario.stores.painted_body.value), working_time=time)
    if scenario.ckd.packs_bodies:
        yield Store(TO_PACKING, 1, working_time=time)


def _assembly_line(assembly: AssemblyTable, time: WorkingTime) -> Line:
    """The line with its stops, then the check: for an uptime u, MTBF is MTTR times u / (1 - u)."""
    pace = 3600 / assembly.rate.value
    up, stop, passed = (getattr(assembly, f).value for f in ("uptime", "stop", "first_time_pass"))
    failures = []
    if up < 1:
        between = stop / 60 * up / (1 - up)
        failures = [Failure("stop", Exponential(between), Exponential(stop))]
    line = Station(LINE, pace, failures=failures)
    check = Station(CHECK, FASTER * pace * passed, rework=1 - passed)
    return Line(
        LINE, [line, check], buffers=CHECK_BUFFER, takes=PAINTED, zone="Assembly", working_time=time
    )
