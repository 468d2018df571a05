"""The stand-alone rate of a station: never starved, never blocked, a crew always free."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ningde_sim._support import checks
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.distributions import (
    Distribution,
    Exponential,
    Fixed,
    Gamma,
    Normal,
    Triangular,
    Uniform,
    Weibull,
    repeats_values,
)
from ningde_sim.plant.line import Line
from ningde_sim.plant.station import Failure, Station, equipment

RAREST = 10**9
"""Stops that fall due together less than once in so many cycles count as never. [cycles]"""


@dataclass(frozen=True, slots=True)
class StandAlone:
    """The mean cycle of a station that never waits for anything.

    Attributes
    ----------
    working : float
        Mean of the cycle time, with what failures make it do again. [s a cycle]
    planned : float
        Planned stops by cycles and working hours, less their hidden part. [s a cycle]
    repair : float
        Repairs of operation-dependent failures (ODF). [s a cycle]
    total : float
        Working time from one cycle to the next, with all repairs. [s a cycle]
    good : float
        Share of the cycles after which a body goes on. [-]
    again : float
        Share of the cycles after which the same body is reworked. [-]
    bad : float
        Share of the cycles after which the body is rejected. [-]
    """

    working: float
    planned: float
    repair: float
    total: float
    good: float
    again: float
    bad: float = 0.0

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
        """Share of the bodies taken in that go on; the others are scrapped or rejected. [-]"""
        return self.good / (1 - self.again)

    @property
    def rejected(self) -> float:
        """Share of the bodies taken in that are rejected. [-]"""
        return self.bad / (1 - self.again)

    @property
    def held(self) -> float:
        """Least mean working time that a body stays: work, planned stops, repairs (ODF). [s]

        Repairs of time-dependent failures (TDF) are left out: some fall into times without a body.
        """
        return (self.working + self.planned + self.repair) / (1 - self.again)


def stand_alone(
    station: Station, *, line: Line | None = None, crews: Sequence[Crew] = (), closes: bool = False
) -> StandAlone:
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

    What is done again or scrapped is exact for a fixed cycle and exponential operating clocks of
    the station. Left out, so that the total is the least that is possible: other bodies that a
    failure takes; stops by the clock; what runs down the operating clock of the line while this
    station does not work; what a group with a working time of its own may do while the line is
    closed; and beside calendar clocks the stops with a crew, which go on with the repairs. Where
    cycles may vary more than exponential ones, failures that scrap leave the short ones: then
    `working` is the least that this allows.

    Parameters
    ----------
    station : Station
    line : Line, optional
        Whose failures stop it too.
    crews : sequence of Crew
        All groups of crews.
    closes : bool
        Whether its working time ever closes.

    Raises
    ------
    ValueError
        Its cycle or its quality differ by product.
    """
    every = [*failures(station), *(line.failures if line else ())]
    told = [f for f in every if not at_night(f.crew, crews, closes)]
    operating = [f for f in told if f.clock == "operating"]
    calendar = [f for f in told if f.clock == "calendar"]
    beside = any(f.clock == "calendar" for f in every)
    planned = planned_stop(station, lambda asked: beside or at_night(asked, crews, closes))
    working, kept = _done_again(station, [f for f in every if f.then == "scrap"])
    repair = working * math.fsum(map(repair_share, operating))
    memoryless = math.prod(up_share(f) for f in calendar if isinstance(f.uptime, Exponential))
    total = max(
        (working + planned) / memoryless + repair,
        (working + planned) / _all_up(calendar),
    )
    if station.varies:
        rule, cure = "it must be of one product", "theory.product_mix.of_one_product makes it one."
        raise ValueError(checks.complain(f"Station {station.name!r}", rule, "several", cure))
    scrap, rework, reject = (station.share_of(f, "") for f in ("scrap", "rework", "reject"))
    good = max(0.0, 1 - scrap - rework - reject)
    shares = (kept * share for share in (good, rework, reject))
    return StandAlone(working, planned, repair, total, *shares)


def at_night(asked: bool | str, crews: Sequence[Crew], closes: bool) -> bool:
    """Whether what asks for a crew may be done while the line is closed."""
    return bool(closes and asked) and any(
        crew.working_time is not None and crew.serves(asked) for crew in crews
    )


def _done_again(station: Station, losing: Sequence[Failure]) -> tuple[float, float]:
    """Work on a cycle, starts anew included [s]; share of the cycles whose body no failure takes.

    In a cycle of c, with clocks that start it anew at a rate r and clocks that scrap the body at a
    rate s, the first of them comes with probability p = 1 - exp(-(r + s) c), after p / (r + s) of
    work in the mean; a share r / (r + s) of them starts anew.

    If cycles vary, failures that scrap leave the short ones: by Lorden's inequality at most cv^2 of
    them more after each failure.

    References
    ----------
    Lorden (1970), On excess over the boundary, Annals of Mathematical Statistics 41, 520-527.
    """
    cycle = station.cycle_distribution
    rates = dict.fromkeys(("resume", "restart", "scrap"), 0.0)
    for failure in failures(station):
        if failure.clock == "operating" and isinstance(failure.uptime, Exponential):
            rates[failure.then] += 1 / (3600 * failure.uptime.mean)
    again, lost = rates["restart"], rates["scrap"]
    if not isinstance(cycle, Fixed):
        more = 0.0 if _wears(cycle) else (cycle.std / cycle.mean) ** 2
        rate = math.fsum(1 / (3600 * failure.uptime.mean) for failure in losing)
        return cycle.mean / (1 + more * rate * cycle.mean), 1.0
    if not again + lost:
        return cycle.mean, 1.0
    p = -math.expm1(-(again + lost) * cycle.mean)
    begun = 1 - p * again / (again + lost)
    return p / (again + lost) / begun, (1 - p) / begun


def _wears(cycle: Distribution) -> bool:
    """Whether what is left of a cycle is never longer, in the mean, than a whole one (NBUE)."""
    if isinstance(cycle, (Gamma, Weibull)):
        return cycle.std <= cycle.mean
    return isinstance(cycle, (Exponential, Normal, Triangular, Uniform))


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


def planned_stop(
    station: Station, left_out: Callable[[bool | str], bool] = lambda asked: False
) -> float:
    """Planned stops of a station by its cycles and its working hours. [s a cycle]

    Of stops that fall due together only the longest counts. The k-th longest is due after 1 / n_k
    of the cycles, with n_k its `every`; cycles in which a longer one is due too are taken off, by
    inclusion and exclusion over the least common multiples. Of random lengths the means count. How
    often stops by the hour meet others is not known: they count by what they are longer.

    Parameters
    ----------
    station : Station
    left_out : callable
        Whether a stop with this `crew` is not to count.
    """
    stops = [stop for owner in equipment(station) for stop in owner.planned_stops]
    stops = [stop for stop in stops if not (stop.crew and left_out(stop.crew))]
    longest: dict[int, float] = {}
    for stop in stops:
        if stop.unit == "cycles":
            cycles = int(stop.every)
            longest[cycles] = max(stop.visible, longest.get(cycles, 0.0))
    seconds = 0.0
    longer: list[int] = []
    for every, visible in sorted(longest.items(), key=lambda item: (-item[1], item[0])):
        seconds += visible * _share_due(every, longer)
        longer.append(every)
    hours = station.cycle_distribution.mean / 3600
    by_hour = [
        (stop.visible, min(1.0, hours / stop.every)) for stop in stops if stop.unit == "working h"
    ]
    shorter, alone = max(longest.values(), default=0.0), 0.0
    for visible, share in sorted(by_hour):
        seconds += share * max(0.0, visible - shorter)
        shorter, alone = max(shorter, visible), max(alone, share * visible)
    return max(seconds, alone)


def _share_due(every: int, longer: list[int]) -> float:
    """Share of all cycle numbers that `every` divides and none of `longer` does. [-]"""
    terms = {every: 1}
    for other in longer:
        for multiple, sign in list(terms.items()):
            both = math.lcm(multiple, other)
            if both <= RAREST:
                terms[both] = terms.get(both, 0) - sign
    return math.fsum(sign / multiple for multiple, sign in terms.items())
