"""What each improvement of a shop takes off its critical path.

If a step on the path takes a second less, the last body leaves a second earlier, as long as the
path stays the same. In the time saved the shop makes more bodies, at its new pace: this is the
prediction. Shorter work also brings fewer of the failures that depend on it (ODF).

The prediction is a local estimate. For shorter times it is mostly too high, because another path
takes over. For capacity it counts each time that the path waited for room as one body more, in each
copy of the line. The rest of the shop may leave little of that, so even the ranking of buffers may
be wrong. One copy of a line more takes its part of the time of all of them: half of it, if there
was one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ningde_sim.engine.copies import first_copies, n_copies
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.simulate import simulate
from ningde_sim.plant.line import MOST_COPIES, Line
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Robot, Station
from ningde_sim.statistics.estimate import Values

FASTER = 1.0
"""What is taken off a cycle. [s]"""

SHORTER, RARER = 0.9, 1.1
"""Factors on the repair times, and on the times between failures. [-]"""

CYCLE = f"cycle -{FASTER:g} s"
REPAIRS = f"repairs (MTTR) {SHORTER - 1:+.0%}"
FAILURES = f"uptime (MTBF) {RARER - 1:+.0%}"
CAPACITY, CREW, COPIES = "capacity +1", "crews +1", "copies +1"


@dataclass(frozen=True, slots=True)
class Action:
    """One improvement.

    Parameters
    ----------
    thing, kind : str
        Where, and what: such as "FIN-220" and "cycle -1 s".
    changes : mapping
        Values by path, as `Shop.replace` takes them.
    """

    thing: str
    kind: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saving:
    """What an action takes off the critical path.

    Parameters
    ----------
    shares : mapping of int to float
        Shares of the time of things, numbered as in the layout; the first copy stands for all. [-]
    faster : tuple of int
        Stations, each of whose finished steps gets shorter by `FASTER`.
    buffer : int
        The store or buffer in which the path no longer waits for room; -1 for none.
    """

    shares: Mapping[int, float]
    faster: tuple[int, ...] = ()
    buffer: int = -1


Improvement = tuple[Action, Saving]


def improvements(shop: Shop) -> Iterator[Improvement]:
    """All actions of a shop, each with what it takes off the path."""
    layout, first = Layout(shop, 1), 0
    stations: list[int] = []
    for line in shop.lines:
        numbers = range(first, first + len(line.stations))
        first += line.copies * len(numbers)
        stations += numbers
        if len(numbers) > 1:
            yield _faster(layout, line.name, f"{CYCLE}, all stations", numbers)
        if (len(numbers) == 1 or line.copies > 1) and line.copies < MOST_COPIES:
            yield _one_more(layout, line, numbers)
    for k in stations:
        yield from _at_station(layout, k)
    for line in shop.lines:
        yield from _of_line(layout, line)
    yield from _more_capacity(layout)
    yield from _more_crews(layout)


def predict(
    shop: Shop, hours: float, warm_up: float, seed: int, savings: Sequence[Saving], run: int
) -> tuple[int, Values]:
    """The bodies of a run, and how many more each action would bring, shape (n_savings,)."""
    shop_run = simulate(
        shop, hours=hours, warm_up=warm_up, seed=seed, run=run, critical_path=True, progress=False
    )
    path = shop_run.critical_steps
    layout, table, crossed = path.layout, path.table(), path.crossed()
    copies = n_copies(layout.stores)
    ms, steps = np.zeros(len(path.things)), np.zeros(len(path.things))
    ms[table["number"]], steps[table["number"]] = table["ms"], table["times"]
    opened = ms.sum() - ms[layout.n_things : layout.stuck].sum()
    calendar = [i for i, f in enumerate(layout.failures) if f.clock == "calendar"]
    by_time = sum(ms[layout.repair(i)] + ms[layout.wait(i)] for i in calendar)
    bodies = np.empty(len(savings))
    for k, saving in enumerate(savings):
        shorter = sum(share * ms[thing] for thing, share in saving.shares.items())
        shorter += 1000 * FASTER * steps[list(saving.faster)].sum()
        lasting = by_time if saving.faster else 0  # TDF come as often, however short the work
        bodies[k] = shop_run.bodies * shorter / max(opened - lasting - shorter, 1)
        if saving.buffer >= 0:
            bodies[k] = copies[saving.buffer] * crossed[saving.buffer]
    return shop_run.bodies, bodies


def _at_station(layout: Layout, k: int) -> Iterator[Improvement]:
    """A faster cycle, shorter repairs, rarer failures at one station."""
    station = layout.stations[k].station
    failures = [i for i in layout.stations[k].failures if not layout.failures[i].is_planned]
    yield _faster(layout, station.name, CYCLE, [k])
    owners: list[tuple[str, Robot | Station | Line]] = [("stations", station)]
    owners += [("robots", robot) for robot in station.robots]
    if failures:
        yield from _failing(layout, station.name, owners, failures)


def _of_line(layout: Layout, line: Line) -> Iterator[Improvement]:
    """Shorter repairs and rarer failures of a line."""
    of_line = (i for i, row in enumerate(layout.failures) if row.of_line and row.copy <= 1)
    if failures := [i for i in of_line if layout.failures[i].owner == line.name]:
        yield from _failing(layout, line.name, [("lines", line)], failures)


def _more_crews(layout: Layout) -> Iterator[Improvement]:
    """One crew more in each group: no wait for it any more, as far as others could not come."""
    shop = layout.shop
    for number, row in enumerate(layout.crews):
        served = (i for i, failure in enumerate(layout.failures) if number in failure.groups)
        waits = Saving(dict.fromkeys(map(layout.wait, served), 1.0))
        if shop.crews:
            name = row.crew.name
            changes: dict[str, Any] = {f"crews.{name}.number": row.crew.number + 1}
        else:
            name, changes = shop.name, {"repair_crews": row.crew.number + 1}
        yield Action(name, CREW, changes), waits


def _one_more(layout: Layout, line: Line, numbers: Sequence[int]) -> Improvement:
    """One machine more, or one line more beside those that there are."""
    rows = [layout.stations[k] for k in numbers]
    failures = [*(i for row in rows for i in row.failures), *rows[0].line_failures]
    things = [*numbers, *map(layout.stop, numbers)]
    things += [number(i) for number in (layout.repair, layout.wait) for i in failures]
    action = Action(line.name, COPIES, {f"lines.{line.name}.copies": line.copies + 1})
    return action, Saving(dict.fromkeys(things, 1 / (line.copies + 1)))


def _faster(layout: Layout, thing: str, kind: str, numbers: Sequence[int]) -> Improvement:
    """A second off each cycle that is longer than that.

    Operation-dependent failures come less often, by the share that the work is shorter.
    """
    changes: dict[str, Any] = {}
    shares: dict[int, float] = {}
    faster = []
    for k in numbers:
        row = layout.stations[k]
        cycle = row.station.cycle_distribution
        if cycle.mean <= FASTER:
            continue
        share = FASTER / cycle.mean
        changes[f"stations.{row.station.name}.cycle_time"] = _shorter(row.station, 1 - share)
        faster.append(k)
        for i in row.failures:
            if layout.failures[i].clock == "operating":
                shares |= {layout.repair(i): share, layout.wait(i): share}
    return Action(thing, kind, changes), Saving(shares, tuple(faster))


def _shorter(station: Station, factor: float) -> Any:
    """The cycle time of a station times a factor, of each product if they differ. [s]"""
    if not isinstance(station.cycle_time, Mapping):
        return station.cycle_distribution.times(factor)
    return {product: station.cycle_of(product).times(factor) for product in station.cycle_time}


def _failing(
    layout: Layout,
    thing: str,
    owners: Sequence[tuple[str, Robot | Station | Line]],
    failures: Sequence[int],
) -> Iterator[Improvement]:
    """All failures of a station and its robots, or of a line, with shorter repairs or rarer."""
    repairs = [layout.repair(i) for i in failures]
    stops = [*repairs, *(layout.wait(i) for i in failures)]
    for kind, field, factor, things, share in (
        (REPAIRS, "repair", SHORTER, repairs, 1 - SHORTER),
        (FAILURES, "uptime", RARER, stops, 1 - 1 / RARER),
    ):
        changes = {
            f"{group}.{owner.name}.failures.{f.name}.{field}": getattr(f, field).times(factor)
            for group, owner in owners
            for f in owner.failures
        }
        yield Action(thing, kind, changes), Saving(dict.fromkeys(things, share))


def _more_capacity(layout: Layout) -> Iterator[Improvement]:
    """Room for one part more in each store, and in each buffer inside a line.

    A line that moves together has no buffers, and a bank only grows by a place in all its lanes.
    """
    shop, numbers, rows = layout.shop, count(), first_copies(layout.stores)
    for store in shop.stores:
        number = next(numbers)
        changes: dict[str, Any] = {f"stores.{store.name}.capacity": store.capacity + 1}
        if not store.lanes:
            yield Action(store.name, CAPACITY, changes), Saving({}, buffer=number)
    for line in shop.lines:
        buffers: tuple[int, ...] = line.buffers  # type: ignore[assignment]
        for i, capacity in enumerate(buffers):
            changes = {
                f"lines.{line.name}.buffers": (*buffers[:i], capacity + 1, *buffers[i + 1 :])
            }
            number = next(numbers)
            if line.transfer == "together":
                continue
            action = Action(rows[number].name, CAPACITY, changes)
            yield action, Saving({}, buffer=number)
