"""Stations in a row, the stores between the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass

from ningde_sim._support import checks
from ningde_sim._support.units import MAX_PLACES
from ningde_sim.plant.station import Station
from ningde_sim.plant.working_time import WorkingTime, check_working_time


def _store_names(owner: str, field: str, value: object) -> tuple[str, ...]:
    names: tuple[str, ...] = checks.members(owner, field, value, str)
    for name in names:
        checks.text(owner, field, name)
    checks.distinct(owner, f"of its {field}", names)
    return names


@dataclass(frozen=True, slots=True)
class Line:
    """Stations in a row, with places between them.

    The first station takes one part from every store in `takes` at the same instant (assembly);
    the last puts one part to every store in `puts` at the same instant. A line that takes from no
    store has endless supply; one that puts to no store is never blocked.

    Parameters
    ----------
    name : str
        Unique among the lines of the shop.
    stations : sequence of Station
        At least one.
    buffers : int or sequence of int
        Places in each gap between two stations, the stations themselves not counted: 0 is hand to
        hand. One number for all gaps, or one per gap.
    takes, puts : str or sequence of str
        Names of stores.
    zone : str, optional
        Heading under which tables group this line; its own name by default.
    working_time : WorkingTime, optional
        Its own; by default that of the shop.

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
    zone: str | None = None
    working_time: WorkingTime | None = None

    def __post_init__(self) -> None:
        owner = f"Line {self.name!r}"
        checks.text("Line", "name", self.name)
        stations = checks.members(owner, "stations", self.stations, Station)
        if not stations:
            raise ValueError(checks.complain(owner, "it must have at least one station", stations))
        object.__setattr__(self, "stations", stations)
        object.__setattr__(self, "buffers", self._check_buffers(owner, len(stations) - 1))
        object.__setattr__(self, "takes", _store_names(owner, "takes", self.takes))
        object.__setattr__(self, "puts", _store_names(owner, "puts", self.puts))
        object.__setattr__(self, "zone", checks.text(owner, "zone", self.zone or self.name))
        check_working_time(owner, self.working_time)

    def _check_buffers(self, owner: str, gaps: int) -> tuple[int, ...]:
        given = self.buffers
        if isinstance(given, str) or not isinstance(given, Iterable):
            return (checks.whole(owner, "buffers", given, high=MAX_PLACES),) * gaps
        given = tuple(given)
        if len(given) != gaps:
            rule = f"buffers must be one number or {gaps} numbers, one per gap"
            raise ValueError(checks.complain(owner, rule, given))
        return tuple(checks.whole(owner, "buffers", places, high=MAX_PLACES) for places in given)


@dataclass(frozen=True, slots=True)
class Store:
    """A first-in-first-out store between lines.

    Whoever asks first is served first, for parts and for places.

    Parameters
    ----------
    name : str
        Unique among the stores of the shop.
    capacity : int
        Places, parts in transit included. 0 is hand to hand: the part waits on the station that
        made it. [parts]
    transit_time : float
        Time from being put in to being ready to be taken; it keeps the store's working time. 0 when
        the capacity is 0. [s]
    initial : int
        Parts that are there, ready, at the start: at most the capacity. [parts]
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
        capacity = checks.whole(owner, "capacity", self.capacity, high=MAX_PLACES)
        transit = checks.number(owner, "transit_time", self.transit_time)
        initial = checks.whole(owner, "initial", self.initial)
        if initial > capacity:
            rule = f"initial must be at most the capacity of {capacity}"
            raise ValueError(checks.complain(owner, rule, initial))
        if capacity == 0 and transit > 0:
            cure = "A part in transit holds a place: give the store one, or no transit."
            rule = "transit_time must be 0 where the capacity is 0"
            raise ValueError(checks.complain(owner, rule, transit, cure))
        for field, value in (
            ("capacity", capacity),
            ("transit_time", transit),
            ("initial", initial),
        ):
            object.__setattr__(self, field, value)
        check_working_time(owner, self.working_time)
