"""A station: its robots, their failures and planned stops."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries, unchangeable
from ningde_sim._support.units import MAX_TIME, MS_PER_H
from ningde_sim.plant.crew import check_asked
from ningde_sim.plant.distributions import Distribution, fixed
from ningde_sim.plant.product import Setup, check_products, of_product

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

    Cycle time, scrap, rework and reject are one value for all products, or a mapping by product.

    Parameters
    ----------
    name : str
        Unique among all robots and stations of the shop; its random streams depend on it.
    cycle_time : float, Distribution or mapping
        From start to finish of a body, the transfer included; its mean is at least 0.001.
        `{"A": 70, "B": Lognormal(50, 0.1)}` by product. [s]
    robots : sequence of Robot
    failures : sequence of Failure
        Of the station itself (MTBF, MTTR, ODF or TDF, see `Failure`): fixture, clamp, conveyor.
    planned_stops : sequence of PlannedStop
    scrap : float or mapping
        Probability that a finished body is thrown away here, with all its parts and its skid or
        pallet. [-]
    rework : float or mapping
        Probability that a finished body is processed here again at once; below 1. [-]
    reject : float or mapping
        Probability that a finished body leaves the line here, to the stores in `rejects` of the
        line. [-]
    setup : float, Distribution, mapping or Setup, optional
        At a change of product. What is no `Setup` is its time. [s]

    Examples
    --------
    >>> Station("W1", 55, robots=[Robot("R1", "weld"), Robot("R2", "weld")], rework=0.01).cycle_time
    55.0
    """

    name: str
    cycle_time: float | Distribution | Mapping[str, Any]
    _: KW_ONLY
    robots: Sequence[Robot] = ()
    failures: Sequence[Failure] = ()
    planned_stops: Sequence[PlannedStop] = ()
    scrap: float | Mapping[str, float] = 0.0
    rework: float | Mapping[str, float] = 0.0
    reject: float | Mapping[str, float] = 0.0
    setup: float | Distribution | Mapping[str, Any] | Setup | None = None

    def __post_init__(self) -> None:
        owner = f"Station {self.name!r}"
        checks.text("Station", "name", self.name)
        cycles = _by_product(owner, "cycle_time", self.cycle_time, _check_cycle)
        object.__setattr__(self, "cycle_time", cycles)
        object.__setattr__(self, "robots", checks.members(owner, "robots", self.robots, Robot))
        checks.distinct(owner, "robots", (r.name for r in self.robots))
        failures, stops = _check_equipment(owner, self.failures, self.planned_stops)
        object.__setattr__(self, "failures", failures)
        object.__setattr__(self, "planned_stops", stops)
        for field in _SHARES:
            shares = _by_product(owner, field, getattr(self, field), _check_share)
            object.__setattr__(self, field, shares)
        for product in self._told or (None,):
            self._check_shares(owner, product)
        if self.setup is not None and not isinstance(self.setup, Setup):
            object.__setattr__(self, "setup", Setup(self.setup))

    def _check_shares(self, owner: str, product: str | None) -> None:
        """Of a product, or of all: what is not good must be possible."""
        scrap, rework, reject = (
            getattr(self, field).get(product, 0.0)
            if isinstance(getattr(self, field), Mapping)
            else getattr(self, field)
            for field in _SHARES
        )
        if rework == 1.0:
            raise ValueError(checks.complain(owner, "rework must be less than 1", rework))
        if scrap + rework + reject > 1.0:
            rule = "scrap, rework and reject together must be at most 1"
            raise ValueError(checks.complain(owner, rule, scrap + rework + reject))

    @property
    def _told(self) -> tuple[str, ...]:
        """The products that it tells something of."""
        tables = (getattr(self, field) for field in ("cycle_time", *_SHARES))
        return tuple(dict.fromkeys(name for t in tables if isinstance(t, Mapping) for name in t))

    @property
    def varies(self) -> bool:
        """Whether cycle time, scrap, rework or reject differ by product."""
        return bool(self._told)

    def check_products(self, owner: str, products: Iterable[str], made: Iterable[str]) -> None:
        """Raise an error for unknown products, and for those made here of which nothing is told.

        Parameters
        ----------
        owner : str
            Who complains.
        products, made : iterable of str
            All products of the shop; those that its line makes.
        """
        check_products(owner, f"station {self.name!r}", self._told, products)
        for field in ("cycle_time", *_SHARES):
            table = getattr(self, field)
            if isinstance(table, Mapping):
                for product in made:
                    if product not in table:
                        rule = f"the {field} of station {self.name!r} must tell all its products"
                        raise ValueError(checks.complain(owner, rule, f"none of {product!r}"))
        if isinstance(self.setup, Setup):
            if not products:
                rule = f"the setup of station {self.name!r} has no effect without products"
                cure = "Give the shop `products`, or leave setup out."
                raise ValueError(checks.complain(owner, rule, self.setup.time, cure))
            self.setup.check(f"{owner}, station {self.name!r}", products)

    def cycle_of(self, product: str) -> Distribution:
        """The cycle time of a product, without its ramp. [s]

        Parameters
        ----------
        product : str
        """
        cycle = of_product(self.cycle_time, product)
        return cycle if isinstance(cycle, Distribution) else fixed(cycle)

    def share_of(self, field: str, product: str) -> float:
        """The scrap, rework or reject of a product. [-]

        Parameters
        ----------
        field : {"scrap", "rework", "reject"}
        product : str
        """
        share: float = of_product(getattr(self, field), product)
        return share

    def any_of(self, field: str) -> bool:
        """Whether there is scrap, rework or reject of any product.

        Parameters
        ----------
        field : {"scrap", "rework", "reject"}
        """
        share = getattr(self, field)
        return any(share.values()) if isinstance(share, Mapping) else bool(share)

    @property
    def cycle_distribution(self) -> Distribution:
        """The cycle time as a Distribution; of several products one of the mean of all. [s]

        `theory.capacity` weighs them by their shares.
        """
        if isinstance(self.cycle_time, Mapping):
            means = [self.cycle_of(product).mean for product in self.cycle_time]
            return fixed(math.fsum(means) / len(means))
        return self.cycle_of("")


_SHARES = ("scrap", "rework", "reject")


def _by_product(owner: str, field: str, given: Any, check: Any) -> Any:
    """A checked value, or a mapping of them by product."""
    if not isinstance(given, Mapping):
        return check(owner, field, given)
    if not given:
        rule = f"{field} must tell at least one product"
        raise ValueError(checks.complain(owner, rule, dict(given), 'Such as {"A": 70, "B": 50}.'))
    for product in given:
        checks.text(owner, f"each product in {field}", product)
    return Entries(
        {product: check(owner, f"{field} of {product!r}", v) for product, v in given.items()}
    )


def _check_cycle(owner: str, field: str, given: Any) -> float | Distribution:
    cycle: float | Distribution
    if isinstance(given, Distribution):
        cycle, mean = given, given.mean
    else:
        cycle = mean = checks.number(owner, field, given, high=MAX_TIME)
    if mean < 0.001:
        cure = "Leave the station out if it takes no time."
        rule = f"the mean {field} must be at least 0.001 s"
        raise ValueError(checks.complain(owner, rule, given, cure))
    return cycle


def _check_share(owner: str, field: str, given: Any) -> float:
    return checks.number(owner, field, given, high=1.0)


def equipment(station: Station) -> tuple[Robot | Station, ...]:
    """What has failures and planned stops at a station: its robots, then the station itself."""
    return (*station.robots, station)
