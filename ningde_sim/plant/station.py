"""A station: its robots, their failures and planned stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_TIME, MS_PER_H
from ningde_sim.plant.crew import check_asked
from ningde_sim.plant.distributions import Distribution, fixed

Clock = Literal["operating", "calendar"]
Then = Literal["resume", "restart", "scrap"]
StopUnit = Literal["cycles", "working h", "clock h"]


MOST_PRIORITY = 1_000_000
"""Of a failure. [-]"""


def check_clock(owner: str, value: object) -> None:
    """Raise a ValueError for what is not a clock of failures."""
    checks.one_of(owner, "clock", value, get_args(Clock))


@unchangeable
@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a robot, a station or a whole line breaks down.

    The mean of `uptime` is its MTBF, the mean of `repair` its MTTR: by itself it leaves the
    equipment available MTBF / (MTBF + MTTR) of the time, with both in one unit.

    Parameters
    ----------
    name : str
        Unique among the failures of its robot, station or line.
    uptime : Distribution
        Time on the clock from the end of a repair to the next failure; mean: MTBF. [h]
    repair : Distribution
        Time to restore the station; mean: MTTR. [min]
    clock : {"operating", "calendar"}
        "operating" runs only while the station works (operation-dependent failures, ODF), that of
        a line while any of its stations works; "calendar" runs in all working time except during
        its own repair, so that an idle station fails too (time-dependent failures, TDF).
    crew : bool or str
        Whether its repair needs a crew: True for one of any group of the shop, text for one of the
        group of that name or of those with that skill.
    then : {"resume", "restart", "scrap"}
        What becomes of a body whose cycle has begun: work goes on where it stopped, the whole cycle
        is done again, or the body is scrapped at once.
    aged : bool
        Whether the plant has run for long when the run begins: the first uptime is what is left of
        one under way. Otherwise all equipment is as after a repair.
    priority : int
        A crew goes to the highest priority first, then to who asked first.

    Raises
    ------
    TypeError, ValueError
        A time that is no Distribution, an uptime of zero, an unknown clock, a priority of what
        needs no crew.

    Examples
    --------
    >>> from ningde_sim import Exponential, Lognormal
    >>> gun = Failure("gun", Exponential(40), Lognormal(8, 1), crew=True)
    >>> gun.clock
    'operating'
    """

    name: str
    uptime: Distribution
    repair: Distribution
    _: KW_ONLY
    clock: Clock = "operating"
    crew: bool | str = False
    then: Then = "resume"
    aged: bool = False
    priority: int = 0

    def __post_init__(self) -> None:
        owner = f"Failure {self.name!r}"
        checks.text("Failure", "name", self.name)
        cure = (
            "An availability alone does not say how often it stops and for how long: give uptime "
            "(MTBF) [h] and repair (MTTR) [min], such as Exponential(60) and Lognormal(1.5, 0.8)."
        )
        for field in ("uptime", "repair"):
            value = getattr(self, field)
            if not isinstance(value, Distribution):
                raise TypeError(
                    checks.complain(owner, f"{field} must be a Distribution", value, cure)
                )
        if self.uptime.mean <= 0:
            raise ValueError(
                checks.complain(owner, "the mean uptime must be greater than 0", self.uptime)
            )
        check_clock(owner, self.clock)
        check_asked(owner, self.crew)
        checks.one_of(owner, "then", self.then, get_args(Then))
        checks.flag(owner, "aged", self.aged)
        priority = checks.whole(
            owner, "priority", self.priority, low=-MOST_PRIORITY, high=MOST_PRIORITY
        )
        object.__setattr__(self, "priority", priority)
        if self.priority and not self.crew:
            cure = "Set crew, or leave priority out."
            rule = "priority has no effect on a repair without a crew"
            raise ValueError(checks.complain(owner, rule, self.priority, cure))


@unchangeable
@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop that is due again and again: tip dressing, cap change, cleaning, maintenance.

    It comes as soon as it is due and the next body is there, before its start. Stops of one station
    that are due together run side by side: the longest counts.

    Parameters
    ----------
    name : str
        Unique among the planned stops of its robot or station.
    every : int or float
        From one stop to the next: a whole number of cycles, at least 1, or hours. [unit]
    duration : float or Distribution
        Length of the stop. [s]
    unit : {"cycles", "working h", "clock h"}
        What `every` counts. "cycles": of the station. "working h": hours in which the station has
        worked. "clock h": hours by the clock, nights included, from the start of the run; what was
        missed several times is made up for once.
    hidden : float
        Share of it that runs during the transfer and costs no time, 0 to 1. [-]
    crew : bool or str
        Whether it needs a crew, as of a `Failure`: it waits for one, and rests while its line is
        closed. No part of it is hidden then.

    Examples
    --------
    >>> PlannedStop("tip dressing", every=30, duration=20, hidden=0.25).visible
    15.0
    >>> PlannedStop("lubrication", every=168, duration=900, unit="clock h").unit
    'clock h'
    """

    name: str
    every: float
    duration: float | Distribution
    _: KW_ONLY
    unit: StopUnit = "cycles"
    hidden: float = 0.0
    crew: bool | str = False

    def __post_init__(self) -> None:
        owner = f"PlannedStop {self.name!r}"
        checks.text("PlannedStop", "name", self.name)
        checks.one_of(owner, "unit", self.unit, get_args(StopUnit))
        every: float
        if self.unit == "cycles":
            every = checks.whole(owner, "every", self.every, low=1)
        else:
            every = checks.number(owner, "every", self.every, low=1 / MS_PER_H, high=MAX_TIME)
        object.__setattr__(self, "every", every)
        if not isinstance(self.duration, Distribution):
            duration = checks.number(owner, "duration", self.duration, high=MAX_TIME)
            object.__setattr__(self, "duration", duration)
        object.__setattr__(self, "hidden", checks.number(owner, "hidden", self.hidden, high=1.0))
        check_asked(owner, self.crew)
        if self.crew and self.hidden:
            rule, cure = "a stop with a crew can't be hidden", "Leave hidden out, or crew."
            raise ValueError(checks.complain(owner, rule, self.hidden, cure))

    @property
    def duration_distribution(self) -> Distribution:
        """The duration as a Distribution, the hidden part included. [s]"""
        duration = self.duration
        return duration if isinstance(duration, Distribution) else fixed(duration)

    @property
    def visible(self) -> float:
        """The part of the stop that delays the next start; of a random one its mean. [s]"""
        return self.duration_distribution.mean * (1.0 - self.hidden)


def _check_equipment(
    owner: str, failures: Sequence[Failure], stops: Sequence[PlannedStop]
) -> tuple[tuple[Failure, ...], tuple[PlannedStop, ...]]:
    failures = checks.members(owner, "failures", failures, Failure)
    stops = checks.members(owner, "planned_stops", stops, PlannedStop)
    checks.distinct(owner, "failures", (failure.name for failure in failures))
    checks.distinct(owner, "planned_stops", (stop.name for stop in stops))
    return failures, stops


@unchangeable
@dataclass(frozen=True, slots=True)
class Robot:
    """One robot of a station.

    Parameters
    ----------
    name : str
        Unique among all robots and stations of the shop; its random streams depend on it.
    role : str
        What it does, for example weld, handling, sealing.
    failures : sequence of Failure
        Each stops the whole station.
    planned_stops : sequence of PlannedStop
        Due by the cycles or hours of the station, or by the clock.

    Examples
    --------
    >>> from ningde_sim import Exponential, Lognormal
    >>> gun = Failure("gun", Exponential(40), Lognormal(8, 1), crew=True)
    >>> len(Robot("R1", "weld", failures=[gun]).failures)
    1
    """

    name: str
    role: str
    _: KW_ONLY
    failures: Sequence[Failure] = ()
    planned_stops: Sequence[PlannedStop] = ()

    def __post_init__(self) -> None:
        owner = f"Robot {self.name!r}"
        checks.text("Robot", "name", self.name)
        checks.text(owner, "role", self.role)
        failures, stops = _check_equipment(owner, self.failures, self.planned_stops)
        object.__setattr__(self, "failures", failures)
        object.__setattr__(self, "planned_stops", stops)


@unchangeable
@dataclass(frozen=True, slots=True)
class Station:
    """A machine or a workplace that holds one body and works on it.

    Parameters
    ----------
    name : str
        Unique among all robots and stations of the shop; its random streams depend on it.
    cycle_time : float or Distribution
        From start to finish of a body, the transfer included; its mean is at least 0.001. [s]
    robots : sequence of Robot
    failures : sequence of Failure
        Of the station itself (MTBF, MTTR, ODF or TDF, see `Failure`): fixture, clamp, conveyor.
    planned_stops : sequence of PlannedStop
    scrap : float
        Probability that a finished body is thrown away here, with all its parts and its skid or
        pallet. [-]
    rework : float
        Probability that a finished body is processed here again at once; below 1. [-]
    reject : float
        Probability that a finished body leaves the line here, to the stores in `rejects` of the
        line. [-]

    Examples
    --------
    >>> Station("W1", 55, robots=[Robot("R1", "weld"), Robot("R2", "weld")], rework=0.01).cycle_time
    55.0
    """

    name: str
    cycle_time: float | Distribution
    _: KW_ONLY
    robots: Sequence[Robot] = ()
    failures: Sequence[Failure] = ()
    planned_stops: Sequence[PlannedStop] = ()
    scrap: float = 0.0
    rework: float = 0.0
    reject: float = 0.0

    def __post_init__(self) -> None:
        owner = f"Station {self.name!r}"
        checks.text("Station", "name", self.name)
        if not isinstance(self.cycle_time, Distribution):
            cycle = checks.number(owner, "cycle_time", self.cycle_time, high=MAX_TIME)
            object.__setattr__(self, "cycle_time", cycle)
        if self.cycle_distribution.mean < 0.001:
            cure = "Leave the station out if it takes no time."
            rule = "the mean cycle_time must be at least 0.001 s"
            raise ValueError(checks.complain(owner, rule, self.cycle_time, cure))
        object.__setattr__(self, "robots", checks.members(owner, "robots", self.robots, Robot))
        checks.distinct(owner, "robots", (r.name for r in self.robots))
        failures, stops = _check_equipment(owner, self.failures, self.planned_stops)
        object.__setattr__(self, "failures", failures)
        object.__setattr__(self, "planned_stops", stops)
        for field in ("scrap", "rework", "reject"):
            share = checks.number(owner, field, getattr(self, field), high=1.0)
            object.__setattr__(self, field, share)
        if self.rework == 1.0:
            rule = "rework must be less than 1"
            raise ValueError(checks.complain(owner, rule, self.rework))
        together = self.scrap + self.rework + self.reject
        if together > 1.0:
            rule = "scrap, rework and reject together must be at most 1"
            raise ValueError(checks.complain(owner, rule, together))

    @property
    def cycle_distribution(self) -> Distribution:
        """The cycle time as a Distribution. [s]"""
        cycle = self.cycle_time
        return cycle if isinstance(cycle, Distribution) else fixed(cycle)


def equipment(station: Station) -> tuple[Robot | Station, ...]:
    """What has failures and planned stops at a station: its robots, then the station itself."""
    return (*station.robots, station)
