"""What a shop could make if nothing in it ever waited: its capacity, without a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.summary import wrapped
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.working_time import WorkingTime
from ningde_sim.theory.alone import Alone, alone, failures, repair_share, up_share
from ningde_sim.theory.flows import LineFlow, greatest_flow
from ningde_sim.theory.repairmen import machine_repairman

ROWS = 5
"""Stations that `Capacity.__str__` lists."""

NAMED = {"store": "store {}", "room": "places of {}", "crews": "repair crews"}
"""What the limits that are no station are called."""

NO_SHARE = 1e-9
"""A share of the bound that is none but for rounding. [-]"""


@dataclass(frozen=True, eq=False)
class Capacity:
    """An upper bound of what a shop makes in the long run, and what holds it there.

    Attributes
    ----------
    shop : Shop
    throughput : float
        The bound, over all output lines, by the clock. [bodies/h]
    bottleneck : str
        What the bound hangs on most: as a rule a station; a store or a line whose places, or a
        loop whose parts, are too few; "repair crews". A guess: waits may move it elsewhere.
    stations : DataFrame
        A row a station, the highest load first.

        - `line`, `zone`; `cycle_time`: its mean [s].
        - `working`, `planned`, `down` [min]: of a working hour, if it never waits; 60 in all.
        - `availability` [-]: what failures leave of its working time.
        - `again`, `passed` [-]: share of the cycles that are followed by another of the same body;
          share of the bodies that are not scrapped.
        - `open` [-]: share of the time in which its line is at work.
        - `capacity` [bodies/h]: what would come out of its line, by the clock, if no other station
          held it back; what is scrapped further down is taken off.
        - `load` [-]: share of its capacity that the flow at the bound asks for.
    lines : DataFrame
        A row a line, the highest load first: `zone`, its `slowest` station, its `capacity` and its
        `flow` at the bound, both as come out of it [bodies/h], `load` [-]. Of lines that work side
        by side there may be other flows that are as good.
    limits : Series
        By thing, the share of the bound that it accounts for, above 0: 1 % more capacity of it
        brings that share of 1 %. [-]
    crew_load : float
        Repair crews at work at the bound, on average while their lines are at work, if no repair
        ever waits. [crews]
    crew_waits : float
        Share of their failures that would find no crew free, as among equal machines with the mean
        failure (`theory.machine_repairman`). [-]
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
        """A dozen lines: the bound, what it leaves out, where it comes from."""
        return wrapped("\n".join(_text(self)))


def capacity(shop: Shop, *, hours: float | None = None) -> Capacity:
    """What a shop could make if no station waited for a part, a place or a crew.

    It takes in, on average over all luck: cycles, planned stops, failures, rework, scrap and
    working time, station by station (`theory.alone`); then lines and stores by a linear program
    (`theory.flows`): assembly, lines side by side, loops, transits, the time of the crews. It
    leaves out every wait: for a body (starved), for room behind (blocked), for a crew. So it is an
    upper bound of the mean output in the long run; a short run may beat it by luck and by what
    stores hold at the start. It is met by a single station whose clocks are of one kind.

    Parameters
    ----------
    shop : Shop
    hours : float, optional
        Count the working time of the first so many hours; by default that of the long run, a whole
        period of each working time. [h]

    Raises
    ------
    ValueError
        A working time has no period, and no `hours` are given.

    Examples
    --------
    >>> from ningde_sim import Exponential, Failure, Line, Station
    >>> arm = Failure("arm", Exponential(10), Exponential(6))
    >>> line = Line("L", [Station("A", 50), Station("B", 60, failures=[arm], scrap=0.02)])
    >>> found = capacity(Shop("two", [line]))
    >>> round(found.throughput, 2), found.bottleneck
    (58.22, 'B')
    """
    owner = f"Shop {shop.name!r}"
    if hours is not None:
        hours = checks.number(owner, "hours", hours, above=True, high=units.MAX_HOURS)
    opens = {
        line.name: _open_share(owner, line.working_time or shop.working_time, hours)
        for line in shop.lines
    }
    stands = {station.name: alone(station) for station in shop.stations}
    scale = _common(shop, opens)
    flows = [_line_flow(line, stands, opens[line.name] / scale) for line in shop.lines]
    best, taken, shares = greatest_flow(shop, flows)
    taken = taken * scale
    by_line = dict(zip(opens, taken, strict=True))
    stations = _station_table(shop, stands, opens, by_line)
    lines = _line_table(flows, taken, scale, stations)
    limits = _limits(shares, lines)
    load, waits = _crews(shop, stands, opens, by_line)
    return Capacity(
        shop=shop,
        throughput=best * scale,
        bottleneck=str(limits.index[0]) if len(limits) else str(stations.index[0]),
        stations=stations,
        lines=lines,
        limits=limits,
        crew_load=load,
        crew_waits=waits,
    )


def _open_share(owner: str, time: WorkingTime | None, hours: float | None) -> float:
    """Share of the time in which a working time is open. [-]"""
    if time is None:
        return 1.0
    span = time.every if hours is None else hours
    if span is None:
        rule = "a working time must have a period, `every`, to have a long run"
        cure = "Name the hours to count: capacity(shop, hours=6000)."
        raise ValueError(checks.complain(owner, rule, time, cure))
    return time.hours_until(span) / span


def _common(shop: Shop, opens: Mapping[str, float]) -> float:
    """The share of the one working time that all lines and stores keep, or else 1.

    Nothing moves while all are closed, so that flows are then those of working hours.
    """
    things: tuple[Line | Store, ...] = (*shop.lines, *shop.stores)
    times = {thing.working_time or shop.working_time for thing in things}
    shares = set(opens.values())
    return shares.pop() if len(times) == 1 and 0.0 not in shares else 1.0


def _line_flow(line: Line, stands: Mapping[str, Alone], is_open: float) -> LineFlow:
    """A line from its stations; each body that it takes in reaches a station unless scrapped."""
    most, reach, held, repair = math.inf, 1.0, 0.0, 0.0
    for station in line.stations:
        stand = stands[station.name]
        if reach:
            most = min(most, is_open * stand.taken / reach)
        held += reach * stand.held / 3600
        crewed = (f for f in failures(station) if f.crew and f.clock == "operating")
        share = math.fsum(repair_share(f) for f in crewed)
        repair += reach * share * stand.working / (1 - stand.again) / 3600
        reach *= stand.passed
    return LineFlow(line, most=most, passed=reach, held=held, repair=repair)


def _station_table(
    shop: Shop, stands: Mapping[str, Alone], opens: Mapping[str, float], taken: Mapping[str, float]
) -> pd.DataFrame:
    rows = []
    for line in shop.lines:
        after = np.cumprod([stands[s.name].passed for s in line.stations][::-1])[::-1]
        before = np.cumprod([1.0, *(stands[s.name].passed for s in line.stations[:-1])])
        for station, reach, left in zip(line.stations, before, after, strict=True):
            stand = stands[station.name]
            most = stand.taken * opens[line.name]
            rows.append(
                {
                    "station": station.name,
                    "line": line.name,
                    "zone": line.zone,
                    "cycle_time": stand.working,
                    "working": 60 * stand.working / stand.total,
                    "planned": 60 * stand.planned / stand.total,
                    "down": 60 * stand.down / stand.total,
                    "availability": stand.availability,
                    "again": stand.again,
                    "passed": stand.passed,
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
    """The shares by the names that a reader knows."""
    found: dict[str, float] = {}
    for (kind, name), share in shares.items():
        thing = str(lines.at[name, "slowest"]) if kind == "line" else NAMED[kind].format(name)
        found[thing] = share
    limits = pd.Series(found, dtype=np.float64, name="share")
    limits.index.name = "thing"
    return limits[limits > NO_SHARE].sort_values(ascending=False, kind="stable")


def _crews(
    shop: Shop, stands: Mapping[str, Alone], opens: Mapping[str, float], taken: Mapping[str, float]
) -> tuple[float, float]:
    """Crews at work in working hours, and the share of failures that would find none free."""
    busy, often, machines = 0.0, 0.0, 0
    for line in shop.lines:
        reach = 1.0
        for station in line.stations:
            stand = stands[station.name]
            work = taken[line.name] * reach * stand.working / (1 - stand.again) / 3600
            work /= opens[line.name] or 1.0  # crews are at work while the line is
            reach *= stand.passed
            crewed = [f for f in failures(station) if f.crew]
            machines += bool(crewed)
            for failure in crewed:
                clock = work if failure.clock == "operating" else up_share(failure)
                often += clock / failure.uptime.mean
                busy += clock * repair_share(failure)
    if shop.repair_crews is None or not often or not busy:
        return busy, 0.0
    repair = busy / often
    uptime = max(machines / often - repair, 1e-9)
    return busy, machine_repairman(machines, shop.repair_crews, uptime=uptime, repair=repair).waits


def _text(found: Capacity) -> list[str]:
    shop, stations = found.shop, found.stations
    top = stations.head(ROWS)
    crews = "always one free" if shop.repair_crews is None else f"{shop.repair_crews}"
    opens = set(stations["open"])
    by_clock = "" if opens == {1.0} else " by the clock"
    if len(opens) == 1 and by_clock and (share := opens.pop()):
        by_clock += f", {found.throughput / share:.2f} in a working hour,"
    return [
        f"{shop.name}: at most {found.throughput:.2f} bodies an hour{by_clock} in the long run",
        "  an upper bound    no starvation, no full buffers, no waits for crews",
        f"  bottleneck        {found.bottleneck}, a first guess",
        *(
            f"  {'highest loads' if i == 0 else '':<16}  {name} {row['load']:.1%}: alone "
            f"{row['capacity']:.2f} an hour, cycle {row['cycle_time']:.1f} s, "
            f"available {row['availability']:.1%}"
            for i, (name, row) in enumerate(top.iterrows())
        ),
        f"  time lost         planned stops {stations['planned'].mean():.2f}, failures "
        f"{stations['down'].mean():.2f} min of a working hour, mean of stations at work",
        f"  repair crews      {crews}; at work on average {found.crew_load:.2f}, so at least "
        f"{math.floor(found.crew_load) + 1} needed; {found.crew_waits:.1%} of failures would wait",
        *(f"  note              {note}" for note in shop.notes),
    ]
