"""Lines of stations, and the stores between lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_CAPACITY, MAX_TIME
from ningde_sim.plant.station import Failure, Station
from ningde_sim.plant.working_time import WorkingTime, check_working_time

AtClose = Literal["pause", "finish", "hold"]


def _store_names(owner: str, field: str, value: object) -> tuple[str, ...]:
    names: tuple[str, ...] = checks.members(owner, field, value, str)
    for name in names:
        checks.text(owner, field, name)
    cure = (
        "A line takes, puts or returns one part of each store; quantities are not supported yet. "
        "Name each store once."
    )
    checks.distinct(owner, field, names, cure=cure)
    return names


@unchangeable
@dataclass(frozen=True, slots=True)
class Line:
    """Stations in a row, with a buffer between each two.

    The first station takes one part from every store in `takes` at the same instant (assembly);
    the last one puts one part to every store in `puts` at the same instant. A line that takes from
    no store has an endless supply; one that puts to no store is never blocked.

    Parameters
    ----------
    name : str
        Unique among the lines of the shop.
    stations : sequence of Station
        At least one.
    buffers : int or sequence of int
        Capacity of each buffer between two stations; one number for all, or one for each. 0 is hand
        to hand. The stations are not counted; papers often count the machine's own place too.
        [parts]
    takes, puts : str or sequence of str
        Names of stores.
    returns : str or sequence of str
        Names of the stores to which the skid or pallet of a body goes back if a station of this
        line scraps the body. Without it what carried the body is thrown away too.
    failures : sequence of Failure
        Each stops all stations of the line: a safety gate, a conveyor, the power.
    zone : str, optional
        Heading under which tables group this line; by default its name.
    working_time : WorkingTime, optional
        Its own; by default that of the shop.
    at_close : {"pause", "finish", "hold"}
        What becomes of a body in work when the working time closes. "pause": it rests, and work
        goes on at the next opening. "finish": it is finished first, in overtime, and leaves at
        the next opening. "hold": it is not begun unless there is time to finish it.

    Examples
    --------
    >>> Line("doors", [Station("D1", 50), Station("D2", 48)], buffers=2, puts="doors").buffers
    (2,)
    """

    name: str
    stations: Sequence[Station]
    _: KW_ONLY
    buffers: int | Sequence[int] = 0
    takes: str | Sequence[str] = ()
    puts: str | Sequence[str] = ()
    returns: str | Sequence[str] = ()
    failures: Sequence[Failure] = ()
    zone: str | None = None
    working_time: WorkingTime | None = None
    at_close: AtClose = "pause"

    def __post_init__(self) -> None:
        owner = f"Line {self.name!r}"
        checks.text("Line", "name", self.name)
        stations = checks.members(owner, "stations", self.stations, Station)
        if not stations:
            raise ValueError(checks.complain(owner, "it must have at least one station", stations))
        object.__setattr__(self, "stations", stations)
        object.__setattr__(self, "buffers", self._check_buffers(owner, len(stations) - 1))
        for field in ("takes", "puts", "returns"):
            object.__setattr__(self, field, _store_names(owner, field, getattr(self, field)))
        failures = checks.members(owner, "failures", self.failures, Failure)
        checks.distinct(owner, "failures", (failure.name for failure in failures))
        object.__setattr__(self, "failures", failures)
        zone = self.name if self.zone is None else self.zone
        object.__setattr__(self, "zone", checks.text(owner, "zone", zone))
        check_working_time(owner, self.working_time)
        checks.one_of(owner, "at_close", self.at_close, get_args(AtClose))

    def _check_buffers(self, owner: str, number: int) -> tuple[int, ...]:
        given = self.buffers
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            return (checks.whole(owner, "buffers", given, high=MAX_CAPACITY),) * number
        given = checks.listed(owner, "buffers", given, "whole numbers")
        if len(given) != number:
            rule = f"buffers must be one number, or a list of {number}: one less than its stations"
            raise ValueError(checks.complain(owner, rule, given))
        return tuple(checks.whole(owner, "buffers", each, high=MAX_CAPACITY) for each in given)


@unchangeable
@dataclass(frozen=True, slots=True)
class Store:
    """A first-in-first-out buffer between lines.

    First come, first served, for lines that take and for lines that put.

    Parameters
    ----------
    name : str
        Unique among the stores of the shop.
    capacity : int
        Parts that it holds, those in transit included. 0 is hand to hand: the part waits on the
        station that made it. Stations are not counted; papers often count the machine's own place
        too. [parts]
    transit_time : float
        Time from put in to ready to take; it passes in the store's working time only. 0 when the
        capacity is 0. [s]
    initial : int
        Parts that are in it, ready to take, at the start; at most the capacity. [parts]
    working_time : WorkingTime, optional
        Its own; by default that of the shop.

    Examples
    --------
    >>> Store("doors", 40, transit_time=120).capacity
    40
    """

    name: str
    capacity: int
    _: KW_ONLY
    transit_time: float = 0.0
    initial: int = 0
    working_time: WorkingTime | None = None

    def __post_init__(self) -> None:
        owner = f"Store {self.name!r}"
        checks.text("Store", "name", self.name)
        capacity = checks.whole(owner, "capacity", self.capacity, high=MAX_CAPACITY)
        transit = checks.number(owner, "transit_time", self.transit_time, high=MAX_TIME)
        initial = checks.whole(owner, "initial", self.initial)
        if initial > capacity:
            rule = f"initial must be at most the capacity of {capacity}"
            raise ValueError(checks.complain(owner, rule, initial))
        if capacity == 0 and transit > 0:
            cure = "A part in transit takes up capacity: set one of the two to another value."
            rule = "transit_time must be 0 when the capacity is 0"
            raise ValueError(checks.complain(owner, rule, transit, cure))
        for field, value in (
            ("capacity", capacity),
            ("transit_time", transit),
            ("initial", initial),
        ):
            object.__setattr__(self, field, value)
        check_working_time(owner, self.working_time)
