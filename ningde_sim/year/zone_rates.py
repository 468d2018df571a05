"""The mean rate of a body shop of zones by a formula, from the values of its file.

The lines of a zone have no buffers, or small ones: what stops a station stops its line. So a body
takes a line its cycle, its planned stops, and for each failure that a station may have the cycle
times MTTR over MTBF. Failures that ask for a crew wait for one as in the queue M/M/c; longer waits
for the sake of long repairs, which fall into times when other stops hide them, made the formula
worse. The work of the crews is that at the rate without waits. The slowest zone sets the rate. Of
the stops of other zones the last one loses what lasts longer than the stores between them.

Vehicles of the years that ship were within 0.6 % of the simulated ones in the mean. They need not
be: what matters is that drawn values move the formula as they move the shop.

References
----------
Buzacott (1967), Automatic transfer lines with buffer stocks, International Journal of Production
Research 5, 183-200: lines without buffers. Gershwin (1994), Manufacturing Systems Engineering,
section 3.4. Erlang (1917), Post Office Electrical Engineers' Journal 10, 189-197: waits in M/M/c.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ningde_sim.plant.nested import leaves
from ningde_sim.plant.quantity import Quantity
from ningde_sim.plant.schema import ShopFile, ZoneTable

Floats = np.ndarray[Any, np.dtype[np.float64]]

RANDOM_CYCLE = 0.8
"""What a cv of 1 of the cycle times adds to the cycle of a line: 1.6 % for 0.02. [-]"""

FILLED = 0.7
"""How full stores before the last zone are taken to be, when a line stops: assumed. With 0.9 the
correlation with simulated years is the same, with 0.5 and less it is lower. [-]"""

BUSIEST = 0.9
"""Greatest share of the time in which crews are taken to be at work: beyond it the formula of their
waits, which sees no end of the work to be done, tells too much. [-]"""


@dataclass(frozen=True, eq=False)
class _Counts:
    """How many machines of each kind a line of each zone has, arrays of shape (n_zones,).

    Attributes
    ----------
    lines : array
        Equal lines, side by side. [lines]
    machines : array, shape (n_zones, n_failures)
        What may fail in each way: robots, stations or pieces of the line. [-]
    zone, spots : array, shape (n_stations,)
        Of stations that place spots: the zone, the spots of one of its robots. [spots/cycle]
    """

    lines: Floats
    machines: Floats
    zone: np.ndarray[Any, np.dtype[np.int64]]
    spots: Floats


def _counted(file: ShopFile) -> _Counts:
    zones = [*file.zones.values()]
    number = {"robot": _n_robots, "station": lambda z: len(z.stations), "line": _n_pieces}
    machines = [[number[table.per](z) for table in file.failures.values()] for z in zones]
    welding = [
        (k, entry.spots / entry.weld)
        for k, zone in enumerate(zones)
        for entry in zone.stations
        if entry.spots
    ]
    zone, spots = np.array(welding, dtype=np.float64).reshape(-1, 2).T
    return _Counts(
        np.array([len(z.lines) for z in zones], dtype=np.float64),
        np.array(machines, dtype=np.float64).reshape(len(zones), len(file.failures)),
        zone.astype(np.int64),
        spots,
    )


def _n_robots(zone: ZoneTable) -> int:
    return sum(entry.n_robots for entry in zone.stations)


def _n_pieces(zone: ZoneTable) -> int:
    return 1 + len(zone.joins)


class ZoneRates:
    """The mean rate of the body shop of a file, for any values of its quantities.

    Parameters
    ----------
    file : ShopFile
    head : str
        What the paths of its values begin with, such as "body_shop".
    paths : sequence of str
        Those whose values are given to `at`; all others have their typical values.
    """

    def __init__(self, file: ShopFile, head: str, paths: Sequence[str]) -> None:
        self._counts = _counted(file)
        known = {written(head, names): v for names, v in leaves(file) if isinstance(v, Quantity)}
        number = {path: k for k, path in enumerate(known)}
        self._typical = np.array([each.value for each in known.values()])
        self._given = [k for k, path in enumerate(paths) if path in number]
        self._places = [number[paths[k]] for k in self._given]

        def at(key: str, default: float | None = None) -> int:
            """Where a value stands; one that the file leaves out stands behind the others."""
            if default is not None and f"{head}.{key}" not in number:
                self._typical = np.append(self._typical, default)
                return len(self._typical) - 1
            return number[f"{head}.{key}"]

        zones, failures, stops = file.zones, file.failures, file.planned_stops
        cycles = [
            [at(f"{key}.cycle_time"), *(at(f"{key}.cycle_times.{s}") for s in zone.cycle_times)]
            for key, zone in zones.items()
        ]
        self._cycle = [place for of_zone in cycles for place in of_zone]
        self._first_cycle = np.cumsum([0, *map(len, cycles[:-1])])
        self._cv, self._crews = at("cycle_time_cv", 0.0), at("repair_crews", np.inf)
        self._mtbf = [at(f"failures.{key}.uptime") for key in failures]
        self._mttr = [at(f"failures.{key}.repair") for key in failures]
        self._spread = [at(f"failures.{key}.cv") for key in failures]
        self._crewed = np.array([table.crew for table in failures.values()], dtype=np.bool_)
        self._stops = [
            tuple(at(f"planned_stops.{key}.{of}") for of in ("interval", "duration", "hidden"))
            for key in stops
        ]
        self._again = [at(f"{key}.inspection.rework", 0.0) for key in zones]
        copies = file.copies()
        ways = [*_between(file)]
        self._stores = [
            at(f"stores.{s}.capacity") for way in ways for s in way for _ in range(copies[s])
        ]
        self._store_zone = np.repeat(
            np.arange(len(ways)), [sum(copies[store] for store in way) for way in ways]
        )
        self._scrap = [at(f"{key}.inspection.scrap", 0.0) for key in zones]

    def at(self, values: Sequence[float]) -> tuple[float, float]:
        """The mean rate of the shop that never waits for others, and its yield.

        Parameters
        ----------
        values : sequence of float
            One for each of the paths. [unit of each]

        Returns
        -------
        float
            Bodies that it makes, good ones only. [bodies/h]
        float
            Share of the bodies that are not scrapped. [-]
        """
        v = self._typical.copy()
        v[self._places] = [values[k] for k in self._given]
        cycle = np.maximum.reduceat(v[self._cycle], self._first_cycle)
        work = cycle * (1 + RANDOM_CYCLE * v[self._cv] + v[self._again]) + self._planned(v)
        mtbf, mttr = v[self._mtbf], v[self._mttr] / 60
        rates = self._rates(cycle, work, mttr / mtbf)
        jobs = self._counts.machines * self._crewed / mtbf  # a working hour of a line
        asked = (rates.min() * cycle / 3600) @ jobs
        wait = _wait(asked, mttr, v[self._crews])
        stop = mttr + wait * self._crewed
        rates = self._rates(cycle, work, stop / mtbf)
        lost = self._starved(v, rates, cycle, stop, mtbf)
        good = float(np.prod(1 - v[self._scrap]))
        return float(min(rates.min(), rates[-1] * (1 - lost))) * good, good

    def _starved(
        self, v: Floats, rates: Floats, cycle: Floats, stop: Floats, mtbf: Floats
    ) -> float:
        """Share of the time of the last zone in which long stops of others leave it no parts. [-]

        A stop of one of n lines takes what the others do not make from the stores up to the last
        zone; what it lasts longer than they do is lost.
        """
        lines, pace = self._counts.lines, rates.min()
        missing = np.maximum(pace - rates * (lines - 1) / lines, 0.0)
        held = FILLED * np.bincount(self._store_zone, v[self._stores], len(lines))
        lasts = held / np.maximum(missing, 1e-9)
        beyond = _beyond(stop, v[self._spread], lasts[:, None])
        each = self._counts.machines / mtbf * beyond * (missing / pace)[:, None]
        often = pace * cycle / 3600  # working hours of all lines in an hour
        return float(each[:-1].sum(axis=1) @ often[:-1])

    def _rates(self, cycle: Floats, work: Floats, down: Floats) -> Floats:
        """The rate of each zone, from `down`, hours of repair in a working hour. [bodies/h]"""
        rates: Floats = self._counts.lines * 3600 / (work + cycle * (self._counts.machines @ down))
        return rates

    def _planned(self, v: Floats) -> Floats:
        """Planned stops of a line of each zone. [s a cycle]"""
        counts, seconds = self._counts, np.zeros(len(self._counts.lines))
        for interval, duration, hidden in self._stops:
            every = np.maximum(1.0, np.rint(v[interval] / counts.spots))
            visible = v[duration] * (1 - v[hidden])
            seconds += np.bincount(counts.zone, visible / every, len(seconds))
        return seconds


def _wait(asked: Floats, mttr: Floats, crews: float) -> float:
    """The mean wait of a failure for a crew, as if all repairs were exponential. [h]

    Parameters
    ----------
    asked, mttr : arrays, shape (n_failures,)
        Failures that ask for a crew [1/h], their mean repair [h].
    crews : float
        Infinite where a crew is always free. [crews]
    """
    load = float(asked @ mttr)
    if not load or math.isinf(crews):
        return 0.0
    mean, load = load / float(asked.sum()), min(load, BUSIEST * crews)
    blocked = 1.0  # Erlang's loss formula, by recursion
    for k in range(1, int(crews) + 1):
        blocked = load * blocked / (k + load * blocked)
    waits = blocked / (1 - load / crews * (1 - blocked))
    return float(waits * mean / (crews - load))


def _beyond(mean: Floats, cv: Floats, limit: Floats) -> Floats:
    """How much of lognormal times lies beyond a limit, in the mean. [h]"""
    sigma = np.sqrt(np.log1p(np.maximum(cv, 1e-3) ** 2))
    d = np.log(mean / np.maximum(limit, 1e-9)) / sigma
    above: Floats = mean * scipy.special.ndtr(d + sigma / 2) - limit * scipy.special.ndtr(
        d - sigma / 2
    )
    return above


def _between(file: ShopFile) -> Iterator[list[str]]:
    """For each zone the stores that its parts pass on the way to the last zone, the fewest."""
    *_, last = file.zones
    ways: dict[str, list[str]] = {last: []}
    wanted = [last]
    for key in wanted:
        zone = file.zones[key]
        for store in [*zone.takes, *(each for join in zone.joins.values() for each in join)]:
            for other, before in file.zones.items():
                if store in before.puts and other not in ways:
                    ways[other] = [store, *ways[key]]
                    wanted.append(other)
    return (ways.get(key, []) for key in file.zones)


def written(head: str, names: tuple[str, ...]) -> str:
    """The path of a value in a shop of zones, as scenarios write it."""
    inner = names[1:] if names[0] in ("zones", "shop") else names
    return ".".join((head, *inner))
