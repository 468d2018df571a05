"""Lines of stations, and the stores between lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

from ningde_sim._support import checks
from ningde_sim._support.frozen import unchangeable
from ningde_sim._support.units import MAX_CAPACITY, MAX_TIME
from ningde_sim.plant.entries import check_flows, store_names, stores_of
from ningde_sim.plant.station import Failure, Station
from ningde_sim.plant.working_time import WorkingTime, check_working_time

MOST_COPIES = 10_000
"""Of a line."""

AtClose = Literal["pause", "finish", "hold"]
Transfer = Literal["each", "together"]
BankRule = Literal["batch", "sequence"]

MOST_LANES = 60
"""Of a bank."""


def numbered(name: str, copy: int) -> str:
    """The name of a copy of a thing, such as "OP20 #2"; the plain name where there is one only."""
    return f"{name} #{copy}" if copy else name


Flows = Any
"""A user may write a name, a list or a mapping; once checked it is a tuple of `entries.Flow`."""


@unchangeable
@dataclass(frozen=True, slots=True)
class Line:
    """Stations in a row, with a buffer between each two.

    The first station takes all parts in `takes` at one instant (assembly); the last one puts all
    in `puts` at one instant. A line that takes from no store has an endless supply; one that puts
    to no store is never blocked.

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
    takes, puts : str, sequence or mapping
        Names of stores: one part of each. `{"wheels": 4}` are four parts at one instant. A tuple
        inside the sequence names alternatives in order of preference, the first that has the parts
        (the places) serves: `takes=[("repaired", "new"), "skids"]`. In `puts`, a `Split` sends each
        body to one of several stores by chance.
    rejects : str, sequence or mapping
        As `puts`: where a body goes that a station of this line rejects.
    rounds : int, optional
        How often a body may be rejected or reworked in this line; where it fails once more, it is
        scrapped. Who leaves the line good begins anew. By default without end. [times]
    returns : str, sequence or mapping
        The stores to which the skid or pallet of a body goes back if a station of this line scraps
        the body. Without it what carried the body is thrown away too.
    copies : int
        How many such lines stand side by side, each with stations, buffers, failures and random
        streams of its own: machines in parallel. All take from the same stores and put to the same
        stores, and they are counted together. [lines]
    makes : sequence of str
        The products that it makes; all by default. It takes the first part that it can make; of
        several lines that wait for one store, those that make fewer products come first.
    match : str or sequence of str
        Of the stores in `takes` those of which the body gets the part of its own product. It takes
        the first body for which they are there, past others (of a store `in_order` only the first).
    failures : sequence of Failure
        Each stops all stations of the line: a safety gate, a conveyor, the power. Each copy of the
        line has its own.
    zone : str, optional
        Heading under which tables group this line; by default its name.
    working_time : WorkingTime, optional
        Its own; by default that of the shop.
    transfer : {"each", "together"}
        "each": a body moves on as soon as it can. "together": the line indexes, all bodies move on
        one station at one instant, as soon as all are finished, no station is under repair, and
        there is a place behind the last; it needs buffers=0.
    at_close : {"pause", "finish", "hold"}
        What becomes of a body in work when the working time closes. "pause": it rests, and work
        goes on at the next opening. "finish": it is finished first, in overtime, and leaves at
        the next opening. "hold": it is not begun unless there is time to finish it.

    Examples
    --------
    >>> Line("doors", [Station("D1", 50), Station("D2", 48)], buffers=2, puts="doors").buffers
    (2,)
    >>> Line("OP20", [Station("OP20", 180)], takes="blanks", copies=3).copies  # a part every 60 s
    3
    """

    name: str
    stations: Sequence[Station]
    _: KW_ONLY
    buffers: int | Sequence[int] = 0
    takes: Flows = ()
    puts: Flows = ()
    rejects: Flows = ()
    rounds: int | None = None
    returns: Flows = ()
    makes: str | Sequence[str] = ()
    match: str | Sequence[str] = ()
    failures: Sequence[Failure] = ()
    copies: int = 1
    transfer: Transfer = "each"
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
        for field, split in (
            ("takes", False),
            ("puts", True),
            ("rejects", True),
            ("returns", False),
        ):
            flows = check_flows(owner, field, getattr(self, field), split=split)
            object.__setattr__(self, field, flows)
        self._check_rejects(owner)
        self._check_match(owner)
        copies = checks.whole(owner, "copies", self.copies, low=1, high=MOST_COPIES)
        object.__setattr__(self, "copies", copies)
        most = copies * max(self.buffers, default=0)  # type: ignore[arg-type]
        if most > MAX_CAPACITY:  # their part-milliseconds together must fit int64 too
            rule = f"a buffer must hold at most {MAX_CAPACITY} parts in all {copies} copies"
            raise ValueError(checks.complain(owner, rule, most))
        failures = checks.members(owner, "failures", self.failures, Failure)
        checks.distinct(owner, "failures", (failure.name for failure in failures))
        object.__setattr__(self, "failures", failures)
        zone = self.name if self.zone is None else self.zone
        object.__setattr__(self, "zone", checks.text(owner, "zone", zone))
        check_working_time(owner, self.working_time)
        checks.one_of(owner, "at_close", self.at_close, get_args(AtClose))
        checks.one_of(owner, "transfer", self.transfer, get_args(Transfer))
        if self.transfer == "together" and any(self.buffers):  # type: ignore[arg-type]
            rule = 'a line with transfer="together" has no buffers between its stations'
            cure = "Leave buffers out, or cut the line and put a Store between."
            raise ValueError(checks.complain(owner, rule, self.buffers, cure))

    def _check_match(self, owner: str) -> None:
        """Products have names, and what is matched is taken beside the body."""
        for field in ("makes", "match"):
            given = getattr(self, field)
            names = checks.members(owner, field, (given,) if isinstance(given, str) else given, str)
            checks.distinct(owner, field, names)
            object.__setattr__(self, field, names)
        beside = store_names(self.takes[1:])
        for name in self.match:
            if name not in beside:
                rule = "each store of match must stand in takes, behind the first entry"
                cure = "The body is the part of the first entry, and has its product."
                raise ValueError(checks.complain(owner, rule, name, cure))
        for flow in self.takes[1:]:
            if 0 < len({*stores_of(flow)} & {*self.match}) < len(stores_of(flow)):
                rule = "of alternatives match must name all or none"
                raise ValueError(checks.complain(owner, rule, flow))

    def _check_rejects(self, owner: str) -> None:
        """What a station rejects must have a store, and a limit of rounds something to limit."""
        rejecting = next((s for s in self.stations if s.any_of("reject")), None)
        if rejecting and not self.rejects:
            rule = f"what station {rejecting.name!r} rejects must go to a store: name it in rejects"
            raise ValueError(checks.complain(owner, rule, self.rejects))
        if self.rejects and not rejecting:
            rule, cure = "rejects has no effect: no station has a reject above 0", "Leave it out."
            raise ValueError(checks.complain(owner, rule, self.rejects, cure))
        if self.rounds is not None:
            rounds = checks.whole(owner, "rounds", self.rounds, cure="None means without end.")
            object.__setattr__(self, "rounds", rounds)
            if not rejecting and not any(s.any_of("rework") for s in self.stations):
                rule = "rounds has no effect: no station has a rework or a reject above 0"
                raise ValueError(checks.complain(owner, rule, self.rounds, "Leave it out."))

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

    First come, first served, for lines that take and for lines that put. A line that makes some
    products only takes the first part that it can make, past others.

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
    headway : float
        Of an accumulating conveyor: parts go in at least so long after each other, and when one is
        taken the next one is ready so much later; `Store.conveyor` works it out. [s]
    initial : int
        Parts that are in it, ready to take, at the start; at most the capacity. [parts]
    in_order : bool
        Whether only its first part can be taken, such as on a belt; otherwise any can be reached.
    lanes : int
        Of a bank; 0 of another store. `Store.bank` describes it. [lanes]
    rule : {"batch", "sequence"}
        Which part leaves a bank.
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
    headway: float = 0.0
    initial: int = 0
    in_order: bool = False
    lanes: int = 0
    rule: BankRule = "batch"
    working_time: WorkingTime | None = None

    def __post_init__(self) -> None:
        owner = f"Store {self.name!r}"
        checks.text("Store", "name", self.name)
        capacity = checks.whole(owner, "capacity", self.capacity, high=MAX_CAPACITY)
        transit = checks.number(owner, "transit_time", self.transit_time, high=MAX_TIME)
        headway = checks.number(owner, "headway", self.headway, high=MAX_TIME)
        initial = checks.whole(owner, "initial", self.initial)
        if initial > capacity:
            rule = f"initial must be at most the capacity of {capacity}"
            raise ValueError(checks.complain(owner, rule, initial))
        if capacity == 0 and transit > 0:
            cure = "A part in transit takes up capacity: set one of the two to another value."
            rule = "transit_time must be 0 when the capacity is 0"
            raise ValueError(checks.complain(owner, rule, transit, cure))
        if headway and (capacity == 0 or headway < 0.001):
            cure = "It is the time between parts on a belt: at least 0.001 s, and room for a part."
            rule = f"headway must be 0, or be of a conveyor (capacity {capacity})"
            raise ValueError(checks.complain(owner, rule, headway, cure))
        for field, value in (
            ("capacity", capacity),
            ("transit_time", transit),
            ("headway", headway),
            ("initial", initial),
        ):
            object.__setattr__(self, field, value)
        self._check_bank(owner)
        check_working_time(owner, self.working_time)

    def _check_bank(self, owner: str) -> None:
        checks.flag(owner, "in_order", self.in_order)
        checks.one_of(owner, "rule", self.rule, get_args(BankRule))
        lanes = checks.whole(owner, "lanes", self.lanes, high=MOST_LANES)
        object.__setattr__(self, "lanes", lanes)
        if not lanes and self.rule != "batch":
            rule = "a rule has no effect without lanes"
            raise ValueError(checks.complain(owner, rule, self.rule, "Use Store.bank."))
        if lanes and (self.capacity % lanes or not self.capacity):
            rule = f"the capacity of a bank must be a multiple of its {lanes} lanes"
            raise ValueError(checks.complain(owner, rule, self.capacity, "Use Store.bank."))
        if lanes and (self.transit_time or self.headway or self.in_order or self.initial):
            rule = "a bank has no transit_time, headway, in_order or initial parts"
            raise ValueError(checks.complain(owner, rule, self, "Put a store before or behind it."))

    @classmethod
    def bank(
        cls,
        name: str,
        *,
        lanes: int,
        places: int,
        rule: BankRule = "batch",
        working_time: WorkingTime | None = None,
    ) -> Store:
        """A bank of lanes that puts parts into another sequence, as between paint and assembly.

        Each lane is first in, first out. With the rule "batch" it makes batches: a part goes into
        the lane with room whose last part has its product, else into an empty lane, else into the
        lane with the most room; of the first parts of all lanes one of the product that left last
        leaves, else the one with the most parts of its product behind each other in its lane. With
        "sequence" it restores the sequence of birth: a part goes behind the last part that is
        nearest before it in the sequence, else into an empty lane, else into the lane with the most
        room; the first in the sequence of all lanes' first parts leaves. Among equals the first
        lane counts on the way in, the part that came first on the way out.

        Parameters
        ----------
        name : str
        lanes : int
            At most 60. [lanes]
        places : int
            Of each lane. [parts]
        rule : {"batch", "sequence"}
        working_time : WorkingTime, optional
            As of a store.

        Returns
        -------
        Store
            Of capacity lanes * places.

        Examples
        --------
        >>> Store.bank("painted", lanes=6, places=10).capacity
        60
        """
        owner = f"Store.bank {name!r}"
        lanes = checks.whole(owner, "lanes", lanes, low=1, high=MOST_LANES)
        places = checks.whole(owner, "places", places, low=1, high=MAX_CAPACITY // lanes)
        return cls(name, lanes * places, lanes=lanes, rule=rule, working_time=working_time)

    @classmethod
    def conveyor(
        cls,
        name: str,
        *,
        length: float,
        speed: float,
        spacing: float,
        initial: int = 0,
        working_time: WorkingTime | None = None,
    ) -> Store:
        """An accumulating conveyor: parts close up at its end, and are kept apart on the belt.

        Parameters
        ----------
        name : str
        length : float
            Of the belt. [m]
        speed : float
            Of the belt. [m/s]
        spacing : float
            From one part to the next where they have closed up; at most the length. [m]
        initial : int
            Parts that have closed up at its end at the start. [parts]
        working_time : WorkingTime, optional
            As of a store.

        Returns
        -------
        Store
            Of capacity length / spacing, transit time length / speed and headway spacing / speed.

        Examples
        --------
        >>> Store.conveyor("skids", length=30, speed=0.5, spacing=1.5)
        Store(name='skids', capacity=20, transit_time=60.0, headway=3.0, initial=0, \
in_order=False, lanes=0, rule='batch', working_time=None)
        """
        owner = f"Store.conveyor {name!r}"
        length = checks.number(owner, "length", length, above=True, high=MAX_TIME)
        speed = checks.number(owner, "speed", speed, above=True, high=MAX_TIME)
        spacing = checks.number(owner, "spacing", spacing, above=True, high=length)
        capacity = math.floor(length / spacing * (1 + 1e-12))
        return cls(
            name,
            checks.whole(owner, "the capacity, length / spacing,", capacity, high=MAX_CAPACITY),
            transit_time=length / speed,
            headway=spacing / speed,
            initial=initial,
            working_time=working_time,
        )
