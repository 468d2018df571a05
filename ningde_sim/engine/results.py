"""What a run counted, as both engines hand it over: arrays of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]

COUNTED = {
    "stations": ("cycles", "scrapped", "reworked", "failures"),
    "stores": ("level_ms", "full_ms", "empty_ms", "none_ready_ms", "n_put", "n_taken"),
    "clocks": ("failures", "repair_ms", "queue_ms", "n_queued", "longest_ms"),
}
"""What both engines count of each thing from the warm-up on."""


@dataclass(frozen=True)
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
    exits : dict of line number to array  Finish times since the start of the counted hours.
    trace : array, shape (n, 4)
        Thing (stations, then clocks), state, begin and end since the start of the counted hours.
    """

    stations: dict[str, Ints]
    spent: Ints
    stores: dict[str, Ints]
    clocks: dict[str, Ints]
    exits: dict[int, Ints]
    trace: Ints


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
