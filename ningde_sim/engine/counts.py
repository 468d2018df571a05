"""What a run counted, as both engines return it: arrays of whole numbers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Packed:
    """Times, or rows of times, in order and compressed: ten years have five million exits."""

    def __init__(self, *columns: int) -> None:
        self._columns = columns
        self._packed: list[bytes] = []
        self._n = 0

    def add(self, rows: Ints) -> None:
        """Append rows, shape (n, *columns)."""
        if len(rows):
            steps = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
            self._packed.append(zlib.compress(steps.tobytes("F"), 1))  # column by column: shorter
            self._n += len(rows)

    def __len__(self) -> int:
        return self._n

    def array(self) -> Ints:
        """All rows, shape (n, *columns). [ms, int64]"""
        steps = [np.frombuffer(zlib.decompress(piece), np.int64) for piece in self._packed]
        shaped = [step.reshape(*self._columns, -1).T.cumsum(axis=0) for step in steps]
        return np.concatenate([*shaped, np.zeros((0, *self._columns), np.int64)])


COUNTED = {
    "stations": ("cycles", "scrapped", "reworked", "rejected", "failures", "setups"),
    "stores": (
        *("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_put", "n_taken"),
        *("batches_in", "batches_out", "overtaken"),
    ),
    "failures": ("failures", "repair_ms", "queue_ms", "n_queued", "longest_ms"),
    "clocks": ("clock_ms",),
    "stops": ("n_stops", "stop_ms"),
    "crews": ("busy_ms",),
}
"""What both engines count of each thing from the warm-up on."""


N_STATES = 7
"""States of a station, without "off"."""


def period_ends(counted: int, every: int) -> Ints:
    """Ends of the periods of `every` ms, of which the last may be shorter. [ms]"""
    return np.array([*range(every, counted, every), counted], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class History:
    """What was counted from the start of the counted hours to the end of each period.

    A row holds all that happened up to and including the last instant of its period, so the last
    row is what the whole run counted. `np.diff(..., axis=0, prepend=0)` of anything but `level`
    gives each period's own count. A period takes 104 bytes a station and 80 bytes a store.

    Attributes
    ----------
    ends : array, shape (n,)
        End of each period since the start of the counted hours: rising, of any lengths. [ms, int64]
    stations : dict of arrays, shape (n, n_stations)
        cycles, scrapped, reworked, rejected, failures, setups; stations in the order of the table
        `stations`, in `Counts` in that of the `Layout`. [int64]
    spent : array, shape (n, n_stations, 7)
        Time in each state but off: down, waiting, planned, setup, working, blocked, starved. [ms,
        int64]
    stores : dict of arrays, shape (n, n_stores)
        level_ms [ms * parts], full_ms, empty_ms, none_ready_ms [ms], n_put, n_taken; of a shop with
        products batches_in, batches_out (runs of one product put and taken), overtaken (parts that
        left behind a later one of the sequence); level at the end of the period [parts]. The shop's
        stores, then all buffers inside lines, those of capacity 0 too. [int64]
    wip : dict of arrays, shape (n,)
        Work in process: wip_ms [ms * parts], and wip at the end of the period [parts]. [int64]
    """

    ends: Ints
    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]
    wip: dict[str, Ints]

    @classmethod
    def blank(cls, ends: Ints, n_stations: int, n_stores: int) -> History:
        """Zeros, with a row for each end."""
        n = len(ends)
        return cls(
            ends=ends,
            stations={k: np.zeros((n, n_stations), np.int64) for k in COUNTED["stations"]},
            spent=np.zeros((n, n_stations, N_STATES), np.int64),
            stores={k: np.zeros((n, n_stores), np.int64) for k in (*COUNTED["stores"], "level")},
            wip={k: np.zeros(n, np.int64) for k in ("wip_ms", "wip")},
        )

    def at(self, ends: Ints) -> History:
        """The rows of some of its instants. [ms]"""
        rows = np.searchsorted(self.ends, ends)
        stations, stores, wip = (
            {name: values[rows] for name, values in of.items()}
            for of in (self.stations, self.stores, self.wip)
        )
        return History(self.ends[rows], stations, self.spent[rows], stores, wip)

    def keep(
        self,
        row: int,
        stations: Mapping[str, Ints],
        spent: Ints,
        stores: Mapping[str, Ints],
        wip: Mapping[str, int],
    ) -> None:
        """Store what was counted up to the end of a period."""
        self.spent[row] = spent
        for name, values in self.stations.items():
            values[row] = stations[name]
        for name, values in self.stores.items():
            values[row] = stores[name]
        for name, counted in self.wip.items():
            counted[row] = wip[name]


@dataclass(frozen=True, eq=False)
class Counts:
    """Everything that an engine counted in the counted hours; times in ms, int64.

    The arrays are in the order of the `Layout`.

    Attributes
    ----------
    stations : dict of arrays, shape (n_stations,)
        cycles, scrapped, reworked, rejected, failures, setups, content (at the end: 0 empty, 1
        loaded, 2 finished, 3 scrapped, its carrier on the way back, 4 rejected), asked_at (when it
        last asked for a part or a place, since the start of the counted hours).
    spent : array, shape (n_stations, 7)
        Time in each `State` but `OFF`.
    stores : dict of arrays, shape (n_stores,)
        level_ms, full_ms, empty_ms, none_ready_ms, n_put, n_taken, batches_in, batches_out,
        overtaken, level_start, level_end.
    failures : dict of arrays, shape (n_failures,)
        failures, repair_ms, queue_ms, n_queued, longest_ms (longest wait); of planned stops with a
        crew too.
    clocks : dict of arrays, shape (n_failures,)
        clock_ms: how long the clock ran of a failure of a line, or on the calendar.
    stops : dict of arrays, shape (n_stops,)
        n_stops, stop_ms; of those with a crew 0.
    crews : dict of arrays, shape (n_groups,)
        busy_ms.
    exits : dict of line number to Packed, rows of 4
        Finish times since the start of the counted hours, lead times, products, numbers in the
        sequence; the latter 0 where all are alike.
    products : dict of arrays
        Of a shop with products; otherwise zeros. made, shape (n_stations, n_products, 3): scrapped,
        reworked, rejected; held_ms and held, shape (n_stores, n_products): parts over time [ms *
        parts] and at the end, 0 of buffers inside lines; wip_ms and wip, shape (n_products,); next,
        shape (n_groups,): the next number of each count, and head: its product, -1 behind the last
        order; set_for, shape (n_stations,): the product for which each is set up at the end, -1 if
        it made none.
    wip : dict of int
        Work in process at the start and the end of the counted hours [parts], and its integral over
        them [ms * parts].
    chosen : array, shape (n_joins,)
        Number of the store that a split chose for the body that waits at the end; else -1.
    inside : array, shape (n, 5)
        The parts at the end: number of the station, or of stations plus that of the store; its
        birth on the clock of the run [ms]; its rounds; its product and its number, -1 of what is
        not born, 0 where all are alike. The first to leave a store comes first.
    trace : array, shape (n, 4), or None
        Thing (stations, then failures), state, begin and end since the start of the counted hours.
    history : History or None
    path : Packed, rows of 3, or None
        Steps of the critical path in order of time, as in `critical_path.CriticalPath`.
    engine : {"flow", "events", "reference"}
        What counted it.
    by_events : str
        Why bodies did not flow; "" if they did.
    """

    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]
    failures: dict[str, Ints]
    clocks: dict[str, Ints]
    stops: dict[str, Ints]
    crews: dict[str, Ints]
    exits: dict[int, Packed]
    products: dict[str, Ints]
    wip: dict[str, int]
    chosen: Ints
    inside: Ints
    trace: Ints | None
    history: History | None
    path: Packed | None
    engine: str
    by_events: str = ""


def merged(trace: Ints) -> Ints:
    """The intervals of a trace in order of thing and time; those that touch in one state are one.

    A state that lasts for no time leaves no interval.
    """
    rows = trace[np.lexsort((trace[:, 2], trace[:, 0]))]
    if not len(rows):
        return rows
    joined = np.zeros(len(rows), dtype=bool)
    joined[1:] = (rows[1:, :2] == rows[:-1, :2]).all(axis=1) & (rows[1:, 2] == rows[:-1, 3])
    begins = np.flatnonzero(~joined)
    ends = np.append(begins[1:], len(rows)) - 1
    return np.column_stack((rows[begins, :3], rows[ends, 3]))
