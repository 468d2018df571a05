"""The plant of a year as one shop: body shop before and after the retooling, paint, assembly.

    body shop > bodies-in-white > topcoat > in paint > inspection > painted bodies > assembly > gate

Simplifications: a body to be repainted takes its second place in the topcoat line at once; a
repair on the spot keeps the inspection deck for one more cycle, and the deck is made fast enough
not to set the pace; assembly is an indexed line, so one station that stops as a whole; what fails
the final check is checked again, beside the line's pace. CKD sets of painted bodies are
taken out behind the inspection, by the rule of scrap: there it is no scrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ningde_sim._support import units
from ningde_sim.plant.distributions import Exponential
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.read import build
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Failure, Station
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.year.calendar import DAY_MS
from ningde_sim.year.open_hours import Course
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import AssemblyTable, ShopName
from ningde_sim.year.windows import Windows, both, joined, minus

WARM_UP_DAYS = 5
"""Days of undisturbed work before the first, not counted, in which the plant fills. [days]"""

BEFORE = "before "
"""In the year's plant the names of the shop of before the retooling begin with it."""

WHITE, IN_PAINT, PACKED, PAINTED = "body-in-white store", "in paint", "to packing", "painted bodies"
"""The stores between the shops."""

TOPCOAT, INSPECTION, PACKING = "topcoat", "inspection", "CKD packing"
LINE, CHECK = "assembly line", "final check"
"""The stations behind the body shop."""

AHEAD = 0.95
"""Cycle of what must not set the pace, as a share of the pace."""

CHECK_PLACES = 20
"""Places between the assembly line and the final check."""


@dataclass(frozen=True)
class Meter:
    """A station at which the time of a shop is measured.

    Attributes
    ----------
    station : str
        Whose time it is.
    counted_at : str
        The station whose good bodies it is measured against.
    cycle_ms : int
        What one of them takes. [ms]
    """

    station: str
    counted_at: str
    cycle_ms: int


@dataclass(frozen=True, eq=False)
class Plant:
    """A year's plant, and where it is measured.

    Attributes
    ----------
    shop : Shop
    meters : dict of tuple of Meter
        By shop: the body shop has one before and one after the retooling.
    """

    shop: Shop
    meters: dict[ShopName, tuple[Meter, ...]]


def plant(scenario: Scenario, course: Course) -> Plant:
    """The plant of a scenario with the working times of a course."""
    paint = _time(scenario, course.shops["paint"].open, len(course.days))
    assembly = _time(scenario, course.shops["assembly"].open, len(course.days))
    shops = list(_body_shops(scenario, course))
    gate = _assembly_line(scenario.assembly, assembly)
    white = Store(WHITE, int(scenario.stores.body_in_white.value), working_time=paint)
    shop = Shop(
        scenario.name,
        [
            *(line for shop, time in shops for line in _body_lines(shop, time)),
            *_paint_lines(scenario, paint),
            gate,
        ],
        stores=[
            *(replace(store, working_time=time) for shop, time in shops for store in shop.stores),
            white,
            *_paint_stores(scenario, paint),
        ],
        repair_crews=shops[-1][0].repair_crews,
        output=[gate.name],
        notes=scenario.notes,
    )
    exits = [body.line((body.output or ())[0]).stations[-1].name for body, _ in shops]
    meters: dict[ShopName, tuple[Meter, ...]] = {
        "body_shop": tuple(_meter(shop, exit_) for exit_ in exits),
        "paint": (_meter(shop, TOPCOAT),),
        "assembly": (_meter(shop, LINE, counted_at=CHECK),),
    }
    return Plant(shop, meters)


def _meter(shop: Shop, station: str, counted_at: str | None = None) -> Meter:
    cycle = shop.station(station).cycle_distribution.mean
    return Meter(station, counted_at or station, round(cycle * units.MS_PER_S))


def _time(scenario: Scenario, windows: Windows, n_days: int, *, warm: bool = True) -> WorkingTime:
    """Windows from the first day on as a working time that begins with the warm-up."""
    calendar = scenario.calendar
    shift = WARM_UP_DAYS * DAY_MS
    day = round(calendar.shifts.value * calendar.shift_hours.value * units.MS_PER_H)
    early = [(k * DAY_MS, k * DAY_MS + day) for k in range(WARM_UP_DAYS)] if warm else []
    found = [*early, *((begin + shift, end + shift) for begin, end in windows)]
    if not found:  # never at work: opens when all is over
        found = [((n_days + WARM_UP_DAYS + 1) * DAY_MS, (n_days + WARM_UP_DAYS + 2) * DAY_MS)]
    return WorkingTime([(units.ms_to_hours(a), units.ms_to_hours(b)) for a, b in found])


def _body_shops(scenario: Scenario, course: Course) -> Iterator[tuple[Shop, WorkingTime]]:
    """The body shop of before the retooling, where there is one, then that of after, with times."""
    hours, n_days = course.shops["body_shop"].open, len(course.days)
    if scenario.body_shop_before is None:
        yield build(scenario.body_shop), _time(scenario, hours, n_days)
        return
    until = joined([(0, course.switch)])
    before = _time(scenario, both(hours, until), n_days)
    yield _renamed(build(scenario.body_shop_before), BEFORE), before
    after = _time(scenario, minus(hours, until), n_days, warm=False)
    yield build(scenario.body_shop), after


def _body_lines(shop: Shop, time: WorkingTime) -> Iterator[Line]:
    """The lines of a body shop, the last of which fill the store of bodies-in-white."""
    for line in shop.lines:
        puts = (*line.puts, WHITE) if line.name in (shop.output or ()) else line.puts
        yield replace(line, puts=puts, working_time=time)


def _renamed(shop: Shop, prefix: str) -> Shop:
    """The same shop with a prefix to all its names, so that it can stand beside another."""

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
                takes=[prefix + name for name in line.takes],
                puts=[prefix + name for name in line.puts],
                zone=prefix + str(line.zone),
            )
            for line in shop.lines
        ],
        stores=[replace(store, name=prefix + store.name) for store in shop.stores],
        output=[prefix + name for name in shop.output or ()],
    )


def _paint_lines(scenario: Scenario, time: WorkingTime) -> Iterator[Line]:
    paint, sets = scenario.paint, scenario.ckd
    pace = 3600 / paint.rate.value
    repaint, scrap = paint.full_repaint.value, paint.scrap.value
    spot = max(0.0, 1 - paint.first_time_ok.value - repaint)  # 0.9 and 0.1 leave less than 0
    topcoat = Station(TOPCOAT, pace, scrap=scrap, rework=repaint)
    inspected = AHEAD * pace * (1 - spot)
    inspection = Station(INSPECTION, inspected, rework=spot)
    behind = PACKED if sets.packs_bodies else PAINTED
    yield Line(TOPCOAT, [topcoat], takes=WHITE, puts=IN_PAINT, zone="Paint", working_time=time)
    yield Line(
        INSPECTION, [inspection], takes=IN_PAINT, puts=behind, zone="Paint", working_time=time
    )
    if sets.packs_bodies:
        packing = Station(PACKING, AHEAD * inspected, scrap=sets.share.value)
        yield Line(PACKING, [packing], takes=PACKED, puts=PAINTED, zone="Paint", working_time=time)


def _paint_stores(scenario: Scenario, time: WorkingTime) -> Iterator[Store]:
    paint = scenario.paint
    places = math.ceil(paint.rate.value * paint.lead_time.value) + int(paint.spare_capacity.value)
    lead = paint.lead_time.value * 3600
    yield Store(IN_PAINT, places, transit_time=lead, working_time=time)
    yield Store(PAINTED, int(scenario.stores.painted_body.value), working_time=time)
    if scenario.ckd.packs_bodies:
        yield Store(PACKED, 1, working_time=time)


def _assembly_line(assembly: AssemblyTable, time: WorkingTime) -> Line:
    """The line with its stops, then the check: an uptime u is stops after stop u / (1 - u)."""
    pace = 3600 / assembly.rate.value
    up, stop, passed = (getattr(assembly, f).value for f in ("uptime", "stop", "first_time_pass"))
    failures = []
    if up < 1:
        between = stop / 60 * up / (1 - up)
        failures = [Failure("stop", Exponential(between), Exponential(stop))]
    line = Station(LINE, pace, failures=failures)
    check = Station(CHECK, AHEAD * pace * passed, rework=1 - passed)
    return Line(
        LINE, [line, check], buffers=CHECK_PLACES, takes=PAINTED, zone="Assembly", working_time=time
    )
