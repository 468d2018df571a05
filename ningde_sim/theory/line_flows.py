"""The flow of a line: what it takes from stores, and what goes to which of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ningde_sim.plant.distributions import Exponential, Fixed
from ningde_sim.plant.entries import Flow, Split, number_of, stores_of
from ningde_sim.plant.line import Line
from ningde_sim.plant.station import Station
from ningde_sim.theory.stand_alone import StandAlone, failures, repair_share

Key = tuple[str, ...]
"""A variable: its kind, the name of its line, what else tells it from others."""

Row = dict[Key, float]
"""A sum of variables, each with its coefficient."""

NONE = 1e-12
"""A share up to this is a rounding error. [-]"""


def times(number: float, row: Row) -> Row:
    """A multiple of a row."""
    return {key: number * value for key, value in row.items()}


def total(*rows: Row) -> Row:
    """The sum of rows."""
    summed: Row = {}
    for row in rows:
        for key, value in row.items():
            summed[key] = summed.get(key, 0.0) + value
    return summed


class Part(NamedTuple):
    """What goes between a line and one store.

    Attributes
    ----------
    field : str
        Of the line: takes, puts, rejects, returns.
    store : str
    rate : Row
        [parts/h]
    counted : Row
        The same as a mean count since the start. [parts]
    """

    field: str
    store: str
    rate: Row
    counted: Row


@dataclass(frozen=True, slots=True)
class LineFlow:
    """What the program needs of a line, which is all its copies together.

    A body that was rejected or reworked too often for the `rounds` of its line is scrapped; so is
    one that a failure takes. How many these are hangs on the other lines. So such a line is
    `loose`: its `flow` is what a line without them would take in for the same good bodies, at most
    as much work for each station. Beside it the line may take in others, which are lost or
    rejected, without limit to the work.

    Attributes
    ----------
    line : Line
    most : float
        Most bodies that it can take in. [bodies/h]
    passed, rejected : float
        Shares of these that come out good, and that are rejected; the others are scrapped. [-]
    held : float
        Least mean time that a body taken in stays in the line. [h]
    repair : float
        Time of crews for each body taken in. [h]
    intake : float
        Most bodies that it can take in, those beside the flow included. [bodies/h]
    loose : bool
    """

    line: Line
    most: float
    passed: float
    rejected: float
    held: float
    repair: float
    intake: float
    loose: bool

    @property
    def wip_limit(self) -> int:
        """Most bodies that it can hold, in all its copies. [bodies]"""
        buffers: tuple[int, ...] = self.line.buffers  # type: ignore[assignment]
        return self.line.copies * (len(self.line.stations) + sum(buffers))

    @property
    def flow(self) -> Row:
        """Bodies that it takes in, without those beside the flow. [bodies/h]"""
        return {("flow", self.line.name): 1.0}

    @property
    def taken(self) -> Row:
        """All bodies that it takes in. [bodies/h]"""
        return self.flow | ({("beside", self.line.name): 1.0} if self.loose else {})

    @property
    def good(self) -> Row:
        """[bodies/h]"""
        return times(self.passed, self.flow)

    @property
    def bad(self) -> Row:
        """Bodies that are rejected. [bodies/h]"""
        if self.rejected <= NONE:
            return {}
        return {("bad", self.line.name): 1.0} if self.loose else times(self.rejected, self.flow)

    @property
    def scrapped(self) -> Row:
        """[bodies/h]"""
        if not self.loose:
            share = 1 - self.passed - self.rejected
            return times(share, self.flow) if share > NONE else {}
        return total(self.taken, times(-1.0, self.good), times(-1.0, self.bad))

    def counts(self) -> tuple[Row, Row, Row, Row]:
        """Mean counts since the start: in, out, rejected, scrapped. [bodies]"""
        name = self.line.name
        bad: Row = {("rejected", name): 1.0} if self.bad else {}
        scrapped: Row = {("scrapped", name): 1.0} if self.scrapped else {}
        return {("in", name): 1.0}, {("out", name): 1.0}, bad, scrapped

    def parts(self) -> tuple[list[Part], list[Row]]:
        """What goes over each store, and sums that are zero."""
        parts: list[Part] = []
        zero: list[Row] = []
        rates = self.taken, self.good, self.bad, self.scrapped
        fields = "takes", "puts", "rejects", "returns"
        for field, rate, count in zip(fields, rates, self.counts(), strict=True):
            for entry in getattr(self.line, field) if rate else ():
                more, sums = self._over(field, entry, rate, count)
                parts += more
                zero += sums
        return parts, zero

    def _over(self, field: str, entry: Flow, rate: Row, count: Row) -> tuple[list[Part], list[Row]]:
        """Of alternatives any may serve, and the count of a split may differ from its shares."""
        names, number = stores_of(entry), number_of(entry)
        rate, count = times(number, rate), times(number, count)
        if len(names) == 1:
            return [Part(field, names[0], rate, count)], []
        rates: list[Row] = [{(f"{field} rate", self.line.name, name): 1.0} for name in names]
        counts: list[Row] = [{(f"{field} count", self.line.name, name): 1.0} for name in names]
        zero = [total(*counts, times(-1.0, count))]
        if isinstance(entry, Split):
            rates = [times(share, rate) for share in entry.shares.values()]
        else:
            zero.append(total(*rates, times(-1.0, rate)))
        return [Part(field, *each) for each in zip(names, rates, counts, strict=True)], zero


def line_flow(
    line: Line, stations_alone: Mapping[str, StandAlone], is_open: float, overtime: float
) -> LineFlow:
    """The flow of a line from its stations; what is taken in moves on, is rejected or scrapped.

    Parameters
    ----------
    line : Line
    stations_alone : mapping of str to StandAlone
        The stations by name, as they are if they never wait.
    is_open : float
        Share of the time in which the line is at work. [-]
    overtime : float
        Bodies that each station finishes in overtime besides, at most; with any the working hours
        that a body stays in the line have no bound. [bodies/h]
    """
    most, reach, held, repair, rejected = math.inf, 1.0, 0.0, 0.0, 0.0
    for station in line.stations:
        alone = stations_alone[station.name]
        if reach:
            most = min(most, (is_open * alone.taken + overtime) / reach)
        held += reach * alone.held / 3600
        crewed = (f for f in failures(station) if f.crew and f.clock == "operating")
        share = math.fsum(repair_share(f) for f in crewed)
        repair += reach * share * alone.working / (1 - alone.again) / 3600
        rejected += reach * alone.rejected
        reach *= alone.passed
    return LineFlow(
        line,
        most=line.copies * most,
        passed=reach,
        rejected=rejected,
        held=0.0 if overtime else held,
        repair=repair,
        intake=line.copies * (is_open * _intake(line, stations_alone) + overtime),
        loose=line.rounds is not None or any(_takes_more(s, line) for s in line.stations),
    )


def _intake(line: Line, stations_alone: Mapping[str, StandAlone]) -> float:
    """Cycles that the first station can begin, one after each body lost too. [1/h]"""
    first = line.stations[0]
    losing = [f for f in (*failures(first), *line.failures) if f.then == "scrap"]
    return 3600 / stations_alone[first.name].total + math.fsum(1 / f.uptime.mean for f in losing)


def _takes_more(station: Station, line: Line) -> bool:
    """Whether failures take bodies that `theory.stand_alone` leaves out."""
    own = [f for f in failures(station) if f.then == "scrap"]
    told = isinstance(station.cycle_distribution, Fixed) and all(
        f.clock == "operating" and isinstance(f.uptime, Exponential) for f in own
    )
    return any(f.then == "scrap" for f in line.failures) or bool(own and not told)
