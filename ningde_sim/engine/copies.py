"""Copies of a line: their names, and what they counted, added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ningde_sim.engine.counts import Counts, History, Ints

if TYPE_CHECKING:
    from ningde_sim.engine.layout import Layout

STREAM = "\x1e"
"""Stands before the number of a copy in the names of its random streams; no other name holds it."""

NOT_ADDED = ("content", "asked_at", "longest_ms")
"""What is told of each copy, and has no sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A station, store or failure of a layout.

    Attributes
    ----------
    copy : int
        Of which copy of its line, from 1; 0 where there is one only.
    kind : int
        Number of the thing that it is a copy of, in the order of the description.
    """

    copy: int
    kind: int


Row = TypeVar("Row", bound=Copied)


def stream_name(name: str, copy: int) -> str:
    """The name of its random streams; the first copy has those of the plain name."""
    return f"{name}{STREAM}{copy}" if copy > 1 else name


def kinds(rows: Sequence[Copied]) -> Ints:
    """The number of what each is a copy of."""
    return np.array([row.kind for row in rows], dtype=np.int64)


def first_copies(rows: Sequence[Row]) -> list[Row]:
    """Those of the first copies, which are all things of the description, in its order."""
    return [row for row in rows if row.copy <= 1]


def first_of_each(rows: Sequence[Copied]) -> Ints:
    """The number of the first copy of what each is a copy of."""
    firsts = np.array([k for k, row in enumerate(rows) if row.copy <= 1], dtype=np.int64)
    return firsts[kinds(rows)]


def added(rows: Sequence[Copied], values: Ints, *, axis: int = 0) -> Ints:
    """Counts, with those of all copies of a thing added up, in the order of the description."""
    n = len(first_copies(rows))
    if n == len(rows):
        return values
    by_row = np.moveaxis(values, axis, 0)
    totals = np.zeros((n, *by_row.shape[1:]), np.int64)
    np.add.at(totals, kinds(rows), by_row)
    return np.moveaxis(totals, 0, axis)


def n_copies(rows: Sequence[Copied]) -> Ints:
    """How many copies there are of each thing of the description."""
    return added(rows, np.ones(len(rows), np.int64))


def totals(layout: Layout, counts: Counts) -> Counts:
    """The counts of a run, with those of all copies of a thing added up."""
    if not any(row.copy for row in layout.stations):
        return counts
    rows: dict[str, Sequence[Copied]] = {
        "stations": layout.stations,
        "stores": layout.stores,
        "failures": layout.failures,
        "clocks": layout.failures,
        "stops": layout.stops,
    }
    tables: dict[str, Any] = {
        table: {
            name: added(each, values)
            for name, values in getattr(counts, table).items()
            if name not in NOT_ADDED
        }
        for table, each in rows.items()
    }
    spent = added(layout.stations, counts.spent)
    history = None if counts.history is None else _history(layout, counts.history)
    products = counts.products | {
        "made": added(layout.stations, counts.products["made"]),
        "held_ms": added(layout.stores, counts.products["held_ms"]),
        "held": added(layout.stores, counts.products["held"]),
    }
    return replace(counts, **tables, spent=spent, products=products, history=history)


def _history(layout: Layout, history: History) -> History:
    return History(
        ends=history.ends,
        stations={k: added(layout.stations, v, axis=1) for k, v in history.stations.items()},
        spent=added(layout.stations, history.spent, axis=1),
        stores={k: added(layout.stores, v, axis=1) for k, v in history.stores.items()},
        wip=history.wip,
    )
