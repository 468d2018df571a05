"""What a run counted, as both engines hand it over: arrays of whole numbers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]


class ExitTimes:
    """Rising times, kept packed: a year has half a million exits, ten years five."""

    def __init__(self, times: Ints | None = None) -> None:
        self._packed: list[bytes] = []
        self._n = 0
        if times is not None:
            self.add(times)

    def add(self, times: Ints) -> None:
        """Append times that follow those already there."""
        if len(times):
            steps = np.diff(times, prepend=0)
            self._packed.append(zlib.compress(steps.tobytes(), 1))
            self._n += len(times)

    def __len__(self) -> int:
        return self._n

    def array(self) -> Ints:
        """All of them, shape (n,). [ms, int64]"""
        steps = [np.frombuffer(zlib.decompress(packed), np.int64) for packed in self._packed]
        return np.concatenate([step.cumsum() for step in steps] or [np.zeros(0, np.int64)])


COUNTED = {
    "stations": ("cycles", "scrapped", "reworked", "failures"),
    "stores": ("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_put", "n_taken"),
    "clocks": ("failures", "repair_ms", "queue_ms", "n_queued", "longest_ms"),
}
"""What both engines count of each thing from the warm-up on."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Everything that an engine counted in the counted hours; times in ms, int64.

    Attributes
    ----------
    stations : dict of arrays, shape (n_stations,)
        cycles, scrapped, reworked, failures, content (0 empty, 1 loaded, 2 finished, at the end).
    spent : array, shape (n_stations, 6)  Time in each `State` but `OFF`.
    stores : dict of arrays, shape (n_gaps,)
        level_ms, full_ms, empty_ms, none_ready_ms, n_put, n_taken, level_start, level_end.
    clocks : dict of arrays, shape (n_clocks,)
        failures, repair_ms, queue_ms, n_queued, longest_ms (longest wait).
    exits : dict of line number to ExitTimes  Finish times since the start of the counted hours.
    trace : array, shape (n, 4), or None where none was asked for
        Thing (stations, then clocks), state, begin and end since the start of the counted hours.
    """

    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]
    clocks: dict[str, Ints]
    exits: dict[int, ExitTimes]
    trace: Ints | None


def merged(trace: Ints) -> Ints:
    """The intervals of a trace in order of thing and time, those that touch in one state joined.

    A station that passes through a state for no time at all leaves no mark.
    """
    rows = trace[np.lexsort((trace[:, 2], trace[:, 0]))]
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (rows[1:, :2] == rows[:-1, :2]).all(axis=1) & (rows[1:, 2] == rows[:-1, 3])
    first = np.flatnonzero(~follows)
    last = np.append(first[1:], len(rows)) - 1
    return np.column_stack((rows[first, :3], rows[last, 3]))
