"""What a run counted, as both engines hand it over: arrays of whole numbers."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Packed:
    """Times, or rows of times, in their order, kept packed: ten years have five million exits."""

    def __init__(self, *columns: int) -> None:
        self._columns = columns
        self._packed: list[bytes] = []
        self._n = 0

    def add(self, rows: Ints) -> None:
        """Append what follows, shape (n, *columns)."""
        if len(rows):
            steps = np.diff(rows, axis=0, prepend=np.zeros_like(rows[:1]))
            self._packed.append(zlib.compress(steps.tobytes(), 1))
            self._n += len(rows)

    def __len__(self) -> int:
        return self._n

    def array(self) -> Ints:
        """All of them, shape (n, *columns). [ms, int64]"""
        steps = [np.frombuffer(zlib.decompress(packed), np.int64) for packed in self._packed]
        shaped = [step.reshape(-1, *self._columns).cumsum(axis=0) for step in steps]
        return np.concatenate([*shaped, np.zeros((0, *self._columns), np.int64)])


COUNTED = {
    "stations": ("cycles", "scrapped", "reworked", "failures"),
    "stores": ("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_put", "n_taken"),
    "clocks": ("failures", "repair_ms", "queue_ms", "n_queued", "longest_ms"),
}
"""What both engines count of each thing from the warm-up on."""


def period_ends(counted: int, every: int | None) -> Ints:
    """Ends of the periods of `every` ms in so many; the last may be shorter, None is one. [ms]"""
    marks = [] if every is None else range(every, counted, every)
    return np.array([*marks, counted], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class History:
    """What was counted from the start of the counted hours to the end of each period; int64.

    A row holds all that happened up to and including the last instant of its period, so the last
    row is what the whole run counted. `np.diff(..., axis=0, prepend=0)` of anything but `level`
    gives each period's own. A period takes 80 bytes a station and 56 bytes a gap. Attributes are
    told with `ShopRun.history`.
    """

    ends: Ints
    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]

    @classmethod
    def blank(cls, ends: Ints, n_stations: int, n_gaps: int) -> History:
        """Room for a row at each end."""
        n = len(ends)
        return cls(
            ends=ends,
            stations={k: np.zeros((n, n_stations), np.int64) for k in COUNTED["stations"]},
            spent=np.zeros((n, n_stations, 6), np.int64),
            stores={k: np.zeros((n, n_gaps), np.int64) for k in (*COUNTED["stores"], "level")},
        )

    def keep(
        self, row: int, stations: Mapping[str, Ints], spent: Ints, stores: Mapping[str, Ints]
    ) -> None:
        """Write down what was counted up to the end of a period."""
        self.spent[row] = spent
        for name, values in self.stations.items():
            values[row] = stations[name]
        for name, values in self.stores.items():
            values[row] = stores[name]


@dataclass(frozen=True, eq=False)
class Counts:
    """Everything that an engine counted in the counted hours; times in ms, int64.

    Attributes
    ----------
    stations : dict of arrays, shape (n_stations,)
        cycles, scrapped, reworked, failures, content (0 empty, 1 loaded, 2 finished, at the end).
    spent : array, shape (n_stations, 6)
        Time in each `State` but `OFF`.
    stores : dict of arrays, shape (n_gaps,)
        level_ms, full_ms, empty_ms, none_ready_ms, n_put, n_taken, level_start, level_end.
    clocks : dict of arrays, shape (n_clocks,)
        failures, repair_ms, queue_ms, n_queued, longest_ms (longest wait).
    exits : dict of line number to Packed
        Finish times since the start of the counted hours.
    trace : array, shape (n, 4), or None where none was asked for
        Thing (stations, then clocks), state, begin and end since the start of the counted hours.
    history : History, or None where none was asked for
    path : Packed, rows of 3, or None where no critical path was asked for
        Steps of the critical path in order of time, as in `path.CriticalPath`.
    """

    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]
    clocks: dict[str, Ints]
    exits: dict[int, Packed]
    trace: Ints | None
    history: History | None
    path: Packed | None


def merged(trace: Ints) -> Ints:
    """The intervals of a trace in order of thing and time, those that touch in one state joined.

    A station that passes through a state for no time at all leaves no mark.
    """
    rows = trace[np.lexsort((trace[:, 2], trace[:, 0]))]
    if not len(rows):
        return rows
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (rows[1:, :2] == rows[:-1, :2]).all(axis=1) & (rows[1:, 2] == rows[:-1, 3])
    first = np.flatnonzero(~follows)
    last = np.append(first[1:], len(rows)) - 1
    return np.column_stack((rows[first, :3], rows[last, 3]))
