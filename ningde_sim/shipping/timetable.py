"""When ships call at a gateway; when a gateway is shut.

Each call and each closure is a draw of a stream named after its service or its gateway, so that a
change of one changes no other.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine.streams import Draws
from ningde_sim.plant.distributions import Exponential
from ningde_sim.plant.working_time import union
from ningde_sim.shipping.schema import GatewayTable, ServiceTable, ShutTable

DAY = 24 * units.MS_PER_H
"""[ms]"""

KIND = "shipping"
"""Of all streams."""

Spans = list[tuple[int, int]]
"""Times from, to; in order and apart. [ms]"""


@dataclass(frozen=True)
class Shut:
    """When something is shut.

    Parameters
    ----------
    spans : list of (begin, end)
        In order and apart. [ms]
    """

    spans: Spans

    def opens(self, now: int) -> int:
        """The first instant from now on at which it is open. [ms]"""
        return next((end for begin, end in self.spans if begin <= now < end), now)

    def done(self, now: int, work: int) -> int:
        """When some work begun now is done, which rests while it is shut. [ms]"""
        begins = self.opens(now)
        ends = begins + work
        for begin, end in self.spans:
            if begins <= begin < ends:
                ends += end - begin
        return ends


def closures(
    name: str, table: GatewayTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> dict[str, Shut]:
    """When a gateway is shut by land, and by sea."""
    spans: dict[str, Spans] = {"land": [], "sea": []}
    for cause, shut in table.closures.items():
        length = round(shut.days.value * DAY)
        for begin in _begins(f"{name} {cause}", shut, start, n_days, seed=seed, run=run):
            for side in shut.closes:
                spans[side].append((begin, begin + length))
    return {side: Shut(_joined(found)) for side, found in spans.items()}


def _begins(
    name: str, table: ShutTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> list[int]:
    """When a closure begins, once or at random. [ms]"""
    if table.start is not None:
        return [(table.start - start).days * DAY]
    assert table.per_year is not None  # one of the two, as the table has checked
    season = table.season or (1.0,) * 12
    days = [start + datetime.timedelta(days=k) for k in range(n_days)]
    expected = np.cumsum([table.per_year.value * season[day.month - 1] / 365.25 for day in days])
    expected = np.concatenate(([0.0], expected))
    gap, at = Draws(KIND, name, "between", Exponential(1.0)), 0.0
    found: list[int] = []
    while (at := at + gap(seed, run, len(found))) < expected[-1]:
        found.append(round(float(np.interp(at, expected, np.arange(n_days + 1))) * DAY))
    return found


def _joined(spans: Spans) -> Spans:
    """The same times, in order and apart."""
    lasting = [(begin, end) for begin, end in spans if begin < end]
    begins, ends = union(*np.array(lasting, dtype=np.int64).reshape(-1, 2).T)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


@dataclass(frozen=True)
class Call:
    """A ship that is to come. [ms since the start]"""

    planned: int
    comes: int


def calls(
    name: str, table: ServiceTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> list[Call]:
    """The calls of a service that are planned in some days: on a date at noon.

    The k-th call of a service has the k-th draw of its stream, whichever day it is planned for.
    """
    planned = _planned(table, start, n_days)
    slip = table.slip.value * DAY
    late = Draws(KIND, name, "slip", Exponential(1.0))
    return [
        Call(at, at + (round(slip * late(seed, run, k)) if slip else 0))
        for k, at in enumerate(planned)
    ]


def _planned(table: ServiceTable, start: datetime.date, n_days: int) -> Sequence[int]:
    if table.dates is not None:
        at = ((day - start).days for day in sorted(table.dates))
        return [day * DAY + DAY // 2 for day in at if 0 <= day < n_days]
    assert table.calls is not None  # one of the two, as the table has checked
    if table.calls.value == 0:
        return []
    first, one = start.replace(day=1), datetime.timedelta(days=31)
    edges = [first]
    while (edges[-1] - start).days < n_days:
        edges.append((edges[-1] + one).replace(day=1))
    days = [(edge - start).days for edge in edges]
    n_calls = int(table.calls.value * (len(edges) - 1) + 0.5)
    in_months = (np.arange(n_calls) + 0.5) / table.calls.value
    at = np.interp(in_months, np.arange(len(edges)), days)
    return [round(float(day) * DAY) for day in at if 0 <= day < n_days]
