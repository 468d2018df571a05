"""The capacity of a shop: its throughput if nothing ever waited, without a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.summary import wrapped
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.shop import Shop, crews_in_words
from ningde_sim.plant.station import Failure
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.theory.flows import greatest_flow, number_of_crews
from ningde_sim.theory.line_flows import LineFlow, line_flow
from ningde_sim.theory.product_mix import of_one_product
from ningde_sim.theory.repairmen import machine_repairman
from ningde_sim.theory.stand_alone import (
    StandAlone,
    failures,
    repair_share,
    stand_alone,
    up_share,
)

ROWS = 5
"""Number of stations that `Capacity.__str__` lists."""

NAMES = {"store": "store {}", "wip": "WIP limit of {}", "crews": "repair crews"}
"""Names of the limits other than stations."""

NO_SHARE = 1e-9
"""A share of the bound up to this is a rounding error. [-]"""


@dataclass(frozen=True, eq=False)
class Capacity:
    """An upper bound of the long-run throughput of a shop, and what limits it.

    Attributes
    ----------
    shop : Shop
    throughput : float
        The bound (JPH), over all output lines, by the clock. [bodies/h]
    bottleneck : str
        The thing on which the bound depends most: usually a station; a store or a line that holds
        too little, or a loop with too few parts; "repair crews". A guess: waits may move the real
        bottleneck elsewhere.
    stations : DataFrame
        A row a station, the highest load first.

        - `line`, `zone`; `cycle_time`: its mean [s].
        - `working`, `planned`, `down` [min]: of a working hour, if it never waits; 60 in all.
        - `availability` [-]: share of its working time without failures.
        - `again`, `passed` [-]: share of the cycles after which the same body is reworked; share of
          the bodies that go on, neither scrapped nor rejected.
        - `open` [-]: share of the time in which its line is at work.
        - `capacity` [bodies/h]: output of its line, by the clock, if no other station limited it,
          less what is scrapped or rejected further down; of a line with copies that of all
          together.
        - `load` [-]: share of its capacity that the flow at the bound takes.
    lines : DataFrame
        A row a line, the highest load first: `zone`, its `slowest` station, its `capacity` and its
        `flow` at the bound, both counted at its end [bodies/h], `load` [-]. Parallel lines may
        share the flow in other ways with the same output. What a line scraps because of its
        `rounds` is no load.
    limits : Series
        For each thing the share of the bound that it accounts for, above 0: 1 % more capacity of it
        brings that share of 1 %. [-]
    crew_load : float
        Mean number of repair crews at work at the bound, while their lines are at work, if no
        repair ever waits; planned stops with a crew are left out. [crews]
    crew_waits : float
        Share of the failures that would find no crew free, as for equal machines with the mean
        failure (`theory.machine_repairman`), if each crew could do each repair; 0 where a group has
        a working time of its own. [-]
    """

    shop: Shop
    throughput: float
    bottleneck: str
    stations: pd.DataFrame
    lines: pd.DataFrame
    limits: pd.Series[float]
    crew_load: float
    crew_waits: float

    def __repr__(self) -> str:
        return f"Capacity({self.shop.name!r}: at most {self.throughput:.2f} bodies an hour)"

    def __str__(self) -> str:
        """A dozen lines: the bound, its limitations, its origin."""
        return wrapped("\n".join(_text(self)))


def capacity(shop: Shop, *, hours: float | None = None) -> Capacity:
    """The throughput of a shop if no station ever waited for a part, for space or for a crew.

    It includes, as means: cycles, planned stops, failures, rework, scrap and working time, station
    by station (`theory.stand_alone`); then lines and stores by a linear program (`theory.flows`):
    assembly in quantities, parallel lines, loops, rejects, transits, the time of the crews. Of
    alternatives it uses what is best for the whole, not what is preferred. It leaves out every
    wait: for a body (starved), for space behind (blocked), for a crew, for the other stations of a
    line that moves together. It leaves out what the `rounds` of a line scrap. It leaves out some
    rarer stops too: planned stops by the clock; what a group of crews with a working time of its
    own may repair while the line is closed; some of the bodies that failures take, see
    `theory.stand_alone`. With `at_close="finish"` it grants each station one body more at each
    closing. Of a shop with products it is the bound of their mix, without setups and ramps, see
    `theory.product_mix`. So it is an upper bound of the mean throughput in the long run; a short
    run may beat it by chance, or through parts that stores hold at the start. A single station with
    failures of one kind (ODF or TDF) reaches it.

    Parameters
    ----------
    shop : Shop
    hours : float, optional
        Count the working time of the first hours only, as many as given; by default that of the
        long run, a whole period of each working time. A stock that no line fills has to last for
        these hours; in the long run it brings nothing. [h]

    Raises
    ------
    ValueError
        A working time has no period, and no `hours` are given.

    Examples
    --------
    >>> from ningde_sim import Exponential, Failure, Line, Station
    >>> arm = Failure("arm", Exponential(10), Exponential(6))
    >>> line = Line("L", [Station("A", 50), Station("B", 60, failures=[arm], scrap=0.02)])
    >>> bound = capacity(Shop("two", [line]))
    >>> round(bound.throughput, 2), bound.bottleneck
    (58.22, 'B')
    """
    checks.kind("capacity", "shop", shop, Shop)
    shop = of_one_product(shop)
    owner = f"Shop {shop.name!r}"
    if hours is not None:
        hours = checks.number(owner, "hours", hours, above=True, high=units.MAX_HOURS)
    opens = {
        line.name: _open_share(owner, line.working_time or shop.working_time, hours)
        for line in shop.lines
    }
    stations_alone = {
        station.name: stand_alone(
            station, line=line, crews=shop.crew_groups, closes=opens[line.name] < 1
        )
        for line in shop.lines
        for station in line.stations
    }
    scale = _common(shop, opens)
    more = {line.name: _overtime(shop, line, hours) for line in shop.lines}
    flows = [
        line_flow(line, stations_alone, opens[line.name] / scale, more[line.name] / scale)
        for line in shop.lines
    ]
    best, taken, shares = greatest_flow(shop, flows, hours=hours and hours * scale)
    taken = taken * scale
    by_line = dict(zip(opens, taken, strict=True))
    stations = _station_table(shop, stations_alone, opens, more, by_line)
    lines = _line_table(flows, taken, scale, stations)
    limits = _limits(shares, lines)
    load, waits = _crews(shop, stations_alone, opens, by_line)
    stock = None if hours else _stock(shop)
    limit = limits.index[0] if len(limits) else stock or stations.index[0]
    return Capacity(
        shop=shop,
        throughput=best * scale,
        bottleneck=str(limit),
        stations=stations,
        lines=lines,
        limits=limits,
        crew_load=load,
        crew_waits=waits,
    )


def _stock(shop: Shop) -> str | None:
    """A stock that no line fills."""
    filled = {
        name
        for line in shop.lines
        for name in store_names((*line.puts, *line.rejects, *line.returns))
    }
    return next((f"store {store.name}" for store in shop.stores if store.name not in filled), None)


def _open_share(owner: str, time: WorkingTime | None, hours: float | None) -> float:
    """Share of the time in which a working time is open. [-]"""
    if time is None:
        return 1.0
    span = time.every if hours is None else hours
    if span is None:
        rule = "a working time must have a period, `every`, to have a long run"
        cure = "Give the hours to count: capacity(shop, hours=6000)."
        raise ValueError(checks.complain(owner, rule, time, cure))
    return time.hours_until(span) / span


def _overtime(shop: Shop, line: Line, hours: float | None) -> float:
    """Bodies that a station finishes in overtime at most: one at each closing. [bodies/h]"""
    time = line.working_time or shop.working_time
    span = time and (time.every if hours is None else hours)
    return len(time.until(span)) / span if time and span and line.at_close == "finish" else 0.0


def _common(shop: Shop, opens: Mapping[str, float]) -> float:
    """The open share of the working time that all lines and stores keep together, or else 1.

    Nothing moves while all are closed, so the flows are then those of working hours.
    """
    things: tuple[Line | Store, ...] = (*shop.lines, *shop.stores)
    times = {thing.working_time or shop.working_time for thing in things}
    shares = set(opens.values())
    return shares.pop() if len(times) == 1 and 0.0 not in shares else 1.0


def _station_table(
    shop: Shop,
    stations_alone: Mapping[str, StandAlone],
    opens: Mapping[str, float],
    more: Mapping[str, float],
    taken: Mapping[str, float],
) -> pd.DataFrame:
    rows = []
    for line in shop.lines:
        after = np.cumprod([stations_alone[s.name].passed for s in line.stations][::-1])[::-1]
        before = np.cumprod([1.0, *(stations_alone[s.name].passed for s in line.stations[:-1])])
        for station, reach, left in zip(line.stations, before, after, strict=True):
            alone = stations_alone[station.name]
            most = line.copies * (alone.taken * opens[line.name] + more[line.name])
            rows.append(
                {
                    "station": station.name,
                    "line": line.name,
                    "zone": line.zone,
                    "cycle_time": alone.working,
                    "working": 60 * alone.working / alone.total,
                    "planned": 60 * alone.planned / alone.total,
                    "down": 60 * alone.down / alone.total,
                    "availability": alone.availability,
                    "again": alone.again,
                    "passed": alone.passed,
                    "open": opens[line.name],
                    "capacity": most * left,
                    "load": taken[line.name] * reach / most if most else 0.0,
                }
            )
    table = pd.DataFrame(rows).set_index("station")
    return table.sort_values("load", ascending=False, kind="stable")


def _line_table(
    flows: list[LineFlow], taken: np.ndarray, scale: float, stations: pd.DataFrame
) -> pd.DataFrame:
    slowest = stations.groupby("line", sort=False)["load"].idxmax()
    table = pd.DataFrame(
        {
            "zone": [flow.line.zone for flow in flows],
            "slowest": [slowest[flow.line.name] for flow in flows],
            "capacity": [flow.most * flow.passed * scale for flow in flows],
            "flow": [flow.passed * x for flow, x in zip(flows, taken, strict=True)],
            "load": [
                x / (flow.most * scale) if flow.most else 0.0
                for flow, x in zip(flows, taken, strict=True)
            ],
        },
        index=pd.Index([flow.line.name for flow in flows], name="line"),
    )
    return table.sort_values("load", ascending=False, kind="stable")


def _limits(shares: Mapping[tuple[str, str], float], lines: pd.DataFrame) -> pd.Series[float]:
    """The shares of the bound by name of the limit."""
    named: dict[str, float] = {}
    for (kind, name), share in shares.items():
        thing = str(lines.at[name, "slowest"]) if kind == "line" else NAMES[kind].format(name)
        named[thing] = share
    limits = pd.Series(named, dtype=np.float64, name="share")
    limits.index.name = "thing"
    return limits[limits > NO_SHARE].sort_values(ascending=False, kind="stable")


def _crews(
    shop: Shop,
    stations_alone: Mapping[str, StandAlone],
    opens: Mapping[str, float],
    taken: Mapping[str, float],
) -> tuple[float, float]:
    """Mean number of crews at work in working hours; share of failures that find none free."""
    busy, often, machines = 0.0, 0.0, 0

    def count(crewed: list[Failure], work: float, copies: int) -> None:
        """Count the failures of one thing that fails, with the time at work of its copies."""
        nonlocal busy, often, machines
        machines += copies * bool(crewed)
        for failure in crewed:
            clock = work if failure.clock == "operating" else copies * up_share(failure)
            often += clock / failure.uptime.mean
            busy += clock * repair_share(failure)

    for line in shop.lines:
        reach, most = 1.0, 0.0
        for station in line.stations:
            alone = stations_alone[station.name]
            work = taken[line.name] * reach * alone.working / (1 - alone.again) / 3600
            work /= opens[line.name] or 1.0  # crews are at work while the line is
            reach, most = reach * alone.passed, max(most, work)
            count([f for f in failures(station) if f.crew], work, line.copies)
        count([f for f in line.failures if f.crew], most, line.copies)
    number = number_of_crews(shop)
    if number is None or not often or not busy:
        return busy, 0.0
    repair = busy / often
    uptime = max(machines / often - repair, 1e-9)
    return busy, machine_repairman(machines, number, uptime=uptime, repair=repair).waits


def _text(bound: Capacity) -> list[str]:
    shop, stations = bound.shop, bound.stations
    top = stations.head(ROWS)
    crews = crews_in_words(shop)
    opens = set(stations["open"])
    by_clock = "" if opens == {1.0} else " by the clock"
    if len(opens) == 1 and by_clock and (share := opens.pop()):
        by_clock += f", {bound.throughput / share:.2f} in a working hour,"
    return [
        f"{shop.name}: at most {bound.throughput:.2f} bodies an hour{by_clock} in the long run",
        "  an upper bound    no starvation, no full buffers, no waits for crews",
        f"  bottleneck        {bound.bottleneck}, a first guess",
        *(
            f"  {'highest loads' if i == 0 else '':<16}  {name} {row['load']:.1%}: stand-alone "
            f"{row['capacity']:.2f} an hour, cycle {row['cycle_time']:.1f} s, "
            f"available {row['availability']:.1%}"
            for i, (name, row) in enumerate(top.iterrows())
        ),
        f"  time lost         planned stops {stations['planned'].mean():.2f}, failures "
        f"{stations['down'].mean():.2f} min of a working hour, mean of stations at work",
        f"  repair crews      {crews}; at work on average {bound.crew_load:.2f}, so at least "
        f"{math.floor(bound.crew_load) + 1} needed; {bound.crew_waits:.1%} of failures would wait",
        *(f"  note              {note}" for note in shop.notes),
    ]
