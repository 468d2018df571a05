"""When ships call at a gateway, and when the gateway is shut.

Each call and each closure has a draw of its own, from a stream named after its service or its
gateway. So a change of one moves no other.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import units
from ningde_sim._support.intervals import Windows, joined
from ningde_sim.engine.streams import Draws
from ningde_sim.plant.distributions import Exponential
from ningde_sim.shipping.schema import GatewayTable, ServiceTable, ShutTable

STREAMS = "shipping"
"""The kind of all random streams of the export."""


@dataclass(frozen=True)
class Closures:
    """When something is shut.

    Parameters
    ----------
    windows : Windows
        Begin and end of each closure, since the start. [ms]
    """

    windows: Windows

    def next_open(self, now: int) -> int:
        """The first instant from `now` on at which it is open. [ms]"""
        return next((end for begin, end in self.windows if begin <= now < end), now)

    def finish(self, now: int, work: int) -> int:
        """When work that begins now ends, if it rests during closures. [ms]"""
        begins = self.next_open(now)
        ends = begins + work
        for begin, end in self.windows:
            if begins <= begin < ends:
                ends += end - begin
        return ends


def closures(
    name: str, table: GatewayTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> dict[str, Closures]:
    """When a gateway is shut by land, and by sea."""
    windows: dict[str, Windows] = {"land": [], "sea": []}
    for cause, shut in table.closures.items():
        length = round(shut.days.value * units.MS_PER_DAY)
        for begin in _begins(f"{name} {cause}", shut, start, n_days, seed=seed, run=run):
            for side in shut.closes:
                windows[side].append((begin, begin + length))
    return {side: Closures(joined(pairs)) for side, pairs in windows.items()}


def _begins(
    name: str, table: ShutTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> list[int]:
    """When a closure begins, once or at random. [ms]"""
    if table.start is not None:
        return [(table.start - start).days * units.MS_PER_DAY]
    assert table.per_year is not None  # one of the two, as the table has checked
    season = table.season or (1.0,) * 12
    days = [start + datetime.timedelta(days=k) for k in range(n_days)]
    expected = np.cumsum([table.per_year.value * season[day.month - 1] / 365.25 for day in days])
    expected = np.concatenate(([0.0], expected))
    between, at = Draws(STREAMS, name, "between", Exponential(1.0)), 0.0
    begins: list[int] = []
    while (at := at + between(seed, run, len(begins))) < expected[-1]:
        day = float(np.interp(at, expected, np.arange(n_days + 1)))
        begins.append(round(day * units.MS_PER_DAY))
    return begins


@dataclass(frozen=True)
class Call:
    """A ship that will call: planned and actual arrival, since the start. [ms]"""

    planned: int
    arrives: int


def calls(
    name: str, table: ServiceTable, start: datetime.date, n_days: int, *, seed: int, run: int
) -> list[Call]:
    """The calls of a service that are planned within some days; those on a date come at noon.

    The k-th call of a service has the k-th draw of its stream, whatever day it is planned for.
    """
    planned = _planned(table, start, n_days)
    slip = table.slip.value * units.MS_PER_DAY
    late = Draws(STREAMS, name, "slip", Exponential(1.0))
    return [
        Call(at, at + (round(slip * late(seed, run, k)) if slip else 0))
        for k, at in enumerate(planned)
    ]


def _planned(table: ServiceTable, start: datetime.date, n_days: int) -> Sequence[int]:
    if table.dates is not None:
        at = ((day - start).days for day in sorted(table.dates))
        return [day * units.MS_PER_DAY + units.MS_PER_DAY // 2 for day in at if 0 <= day < n_days]
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
    return [round(float(day) * units.MS_PER_DAY) for day in at if 0 <= day < n_days]
