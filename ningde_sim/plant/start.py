"""What is in a shop when a run starts: bodies on stations, parts in stores and buffers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries, unchangeable
from ningde_sim._support.units import MAX_CAPACITY, MAX_HOURS

ON_STATION = ("working", "finished", "scrapped", "rejected")
"""What a body does on its station at the start: it is worked on, or waits for a place; "scrapped"
is the carrier of a scrapped body on its way back."""

Age = float | None
"""Since the first load; None for a part that was not loaded yet. [h]"""


@unchangeable
@dataclass(frozen=True, slots=True)
class Start:
    """What is in a shop at the start of a run; what is not named is as without it.

    All parts in stores and buffers are ready. Work on a body begins anew, all clocks of failures
    and planned stops begin anew too (see `Failure`, `aged=True`).

    Parameters
    ----------
    bodies : mapping of str to str
        By station: "working", "finished", "scrapped" or "rejected", the state of its body. Of a
        line with copies, by the names of the copies: "OP20 #2".
    parts : mapping of str to int or sequence
        By store or buffer ("A > B"; of copies "A > B #2"): how many parts are there, or the age of
        each, the first to leave first: hours since its first load, None if it was not loaded yet.
        A number stands for parts of a store that were not loaded yet, as `initial`, and for parts
        of a buffer that were loaded at the start. It replaces the `initial` of the store. [parts,
        h]
    ages : mapping of str to float
        By station: hours since the first load of its body; 0 by default. [h]

    Examples
    --------
    >>> Start({"A1": "working", "A2": "finished"}, {"A1 > A2": 2, "doors": (0.2, 0.1)}).parts
    {'A1 > A2': 2, 'doors': (0.2, 0.1)}
    """

    bodies: Mapping[str, str] = field(default_factory=Entries)
    parts: Mapping[str, int | Sequence[Age]] = field(default_factory=Entries)
    ages: Mapping[str, float] = field(default_factory=Entries)

    def __post_init__(self) -> None:
        for name in ("bodies", "parts", "ages"):
            checks.mapping("Start", name, getattr(self, name))
        for station, state in self.bodies.items():
            checks.one_of("Start", f"the state of station {station!r}", state, ON_STATION)
        for station, age in self.ages.items():
            _age(f"the age of the body on {station!r}", age)
            if station not in self.bodies:
                rule = "ages are of stations with a body"
                cure = "Name its state in bodies too."
                raise ValueError(checks.complain("Start", rule, station, cure))
        parts = {name: _parts(name, given) for name, given in self.parts.items()}
        object.__setattr__(self, "bodies", Entries(self.bodies))
        object.__setattr__(self, "parts", Entries(parts))
        object.__setattr__(self, "ages", Entries(self.ages))

    def in_store(self, store: str, initial: int) -> list[Age]:
        """The age of each part in a store. [h]

        Parameters
        ----------
        store : str
        initial : int
            What is there where nothing else is said. [parts]
        """
        return _ages(self.parts.get(store, initial), None)

    def in_buffer(self, buffer: str) -> list[Age]:
        """The age of each part in a buffer. [h]

        Parameters
        ----------
        buffer : str
        """
        return _ages(self.parts.get(buffer, 0), 0.0)


def _ages(parts: int | Sequence[Age], age: Age) -> list[Age]:
    return [age] * parts if isinstance(parts, int) else [*parts]


def _age(what: str, age: Any) -> float:
    return checks.number("Start", what, age, high=MAX_HOURS)


def _parts(name: str, parts: Any) -> int | tuple[Age, ...]:
    if isinstance(parts, (Real, str)):
        return checks.whole("Start", f"the parts in {name!r}", parts, high=MAX_CAPACITY)
    ages = checks.listed("Start", f"the ages of the parts in {name!r}", parts)
    what = f"each age of the parts in {name!r}"
    return tuple(None if age is None else _age(what, age) for age in ages)
