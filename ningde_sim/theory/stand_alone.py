"""The stand-alone rate of a station: never starved, never blocked, a crew always free."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ningde_sim.plant.distributions import Exponential, repeats_values
from ningde_sim.plant.station import Failure, Station, equipment

RAREST = 10**9
"""Stops that fall due together less than once in so many cycles count as never. [cycles]"""


@dataclass(frozen=True, slots=True)
class StandAlone:
    """The mean cycle of a station that never waits for anything.

    Attributes
    ----------
    working : float
        Mean of the cycle time. [s a cycle]
    planned : float
        Planned stops, less their hidden part. [s a cycle]
    repair : float
        Repairs of operation-dependent failures (ODF). [s a cycle]
    total : float
        Working time from one cycle to the next, with all repairs. [s a cycle]
    good : float
        Share of the cycles after which a body goes on. [-]
    again : float
        Share of the cycles after which the same body is reworked. [-]
    """

    working: float
    planned: float
    repair: float
    total: float
    good: float
    again: float

    @property
    def down(self) -> float:
        """Time lost to failures. [s a cycle]"""
        return self.total - self.working - self.planned

    @property
    def availability(self) -> float:
        """Share of the working time without failures. [-]"""
        return (self.working + self.planned) / self.total

    @property
    def taken(self) -> float:
        """Most bodies that it can take in. [bodies a working hour]"""
        return 3600 / self.total * (1 - self.again)

    @property
    def passed(self) -> float:
        """Share of the bodies taken in that go on; the others are scrapped. [-]"""
        return self.good / (1 - self.again)

    @property
    def held(self) -> float:
        """Least mean working time that a body stays: work, planned stops, repairs (ODF). [s]

        Repairs of time-dependent failures (TDF) are left out: some fall into times without a body.
        """
        return (self.working + self.planned + self.repair) / (1 - self.again)


def stand_alone(station: Station) -> StandAlone:
    """The mean cycle of a station that never waits.

    Exact for failures of one kind: operation-dependent (ODF, clock "operating"), where each failure
    stops all clocks and costs its repair; time-dependent (TDF, clock "calendar"), whose repairs
    overlap as those of independent clocks. Calendar clocks whose times take single values only
    (`Fixed`, `Empirical`) may stay in step for ever, so only the worst of them counts. Where a
    station has both kinds, repairs may overlap in ways that only a run can show, and the total is
    the least that is possible:

    - beside calendar clocks with exponential uptime, a repair of an operating clock overlaps with
      theirs for at most the share of time in which one of them is under repair;
    - beside others it may be hidden in their repairs altogether.
    """
    operating = [f for f in failures(station) if f.clock == "operating"]
    calendar = [f for f in failures(station) if f.clock == "calendar"]
    working, planned = station.cycle_distribution.mean, planned_stop(station)
    repair = working * math.fsum(map(repair_share, operating))
    memoryless = math.prod(up_share(f) for f in calendar if isinstance(f.uptime, Exponential))
    total = max(
        (working + planned) / memoryless + repair,
        (working + planned) / _all_up(calendar),
    )
    good = 1 - station.scrap - station.rework
    return StandAlone(working, planned, repair, total, good, station.rework)


def failures(station: Station) -> Iterator[Failure]:
    """All failures that stop a station: its robots' and its own."""
    for owner in equipment(station):
        yield from owner.failures


def repair_share(failure: Failure) -> float:
    """MTTR over MTBF: repair for each hour on the clock. [h/h]"""
    return failure.repair.mean / 60 / failure.uptime.mean


def up_share(failure: Failure) -> float:
    """Share of the time in which a time-dependent failure (TDF) is not under repair. [-]"""
    return 1 / (1 + repair_share(failure))


def _all_up(calendar: list[Failure]) -> float:
    in_step = [up_share(f) for f in calendar if not _is_spread(f)]
    return math.prod(up_share(f) for f in calendar if _is_spread(f)) * min(in_step, default=1.0)


def _is_spread(failure: Failure) -> bool:
    return not (repeats_values(failure.uptime) and repeats_values(failure.repair))


def planned_stop(station: Station) -> float:
    """Planned stops of a station. [s a cycle]

    Of stops that fall due together only the longest counts. The k-th longest is due after 1 / n_k
    of the cycles, with n_k its `every`; cycles in which a longer one is due too are taken off, by
    inclusion and exclusion over the least common multiples.
    """
    longest: dict[int, float] = {}
    for owner in equipment(station):
        for stop in owner.planned_stops:
            longest[stop.every] = max(stop.visible, longest.get(stop.every, 0.0))
    seconds = 0.0
    longer: list[int] = []
    for every, visible in sorted(longest.items(), key=lambda item: (-item[1], item[0])):
        seconds += visible * _share_due(every, longer)
        longer.append(every)
    return seconds


def _share_due(every: int, longer: list[int]) -> float:
    """Share of all cycle numbers that `every` divides and none of `longer` does. [-]"""
    terms = {every: 1}
    for other in longer:
        for multiple, sign in list(terms.items()):
            both = math.lcm(multiple, other)
            if both <= RAREST:
                terms[both] = terms.get(both, 0) - sign
    return math.fsum(sign / multiple for multiple, sign in terms.items())
