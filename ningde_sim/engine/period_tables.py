"""The tables of a run by period, made from its history; `ShopRun` documents their columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine.copies import first_copies, n_copies
from ningde_sim.engine.counts import Counts, History, Ints
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.run_tables import Hours, store_columns, stores_shown

BY_PERIOD = ("periods", "stations_by_period", "stores_by_period", "buffers_by_period")
"""Names of these tables."""


def _own(cumulative: Ints, start: Any = 0) -> Ints:
    """What each period adds to what was counted before it."""
    first = np.broadcast_to(np.int64(start), cumulative.shape[1:])[None]
    return np.diff(cumulative, axis=0, prepend=first)


def _hours(layout: Layout, history: History) -> Hours:
    """Hours of each station in each state, shape (n_periods, n_stations)."""
    spent = _own(history.spent)
    off = _own(history.ends)[:, None] * n_copies(layout.stations) - spent.sum(axis=2)
    ms = {s: off if s == "off" else spent[:, :, State[s.upper()]] for s in STATES}
    return {state: units.ms_to_hours(ms[state]) for state in STATES}


def _begins(history: History) -> pd.Index[Any]:
    begins = units.ms_to_hours(history.ends - _own(history.ends))
    index: pd.Index[Any] = pd.Index(begins, name="period")
    return index


def _index(history: History, names: list[str], thing: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([_begins(history), pd.Index(names, name=thing, dtype=object)])


def periods(layout: Layout, history: History, exits: Ints) -> pd.DataFrame:
    """A row a period."""
    left = np.searchsorted(np.sort(exits), history.ends, side="right")
    counted = {k: _own(n).sum(axis=1) for k, n in history.stations.items() if k != "cycles"}
    return pd.DataFrame(
        {
            "end": units.ms_to_hours(history.ends),
            "bodies": _own(left),
            **counted,
            "wip": _own(history.wip["wip_ms"]) / _own(history.ends),
            **{state: hours.sum(axis=1) for state, hours in _hours(layout, history).items()},
        },
        index=_begins(history),
    )


def stations(layout: Layout, history: History) -> pd.DataFrame:
    """A row a period and a station."""
    rows, lines, n = first_copies(layout.stations), layout.shop.lines, len(history.ends)
    numbers = {name: _own(counted) for name, counted in history.stations.items()} | _hours(
        layout, history
    )
    return pd.DataFrame(
        {
            "line": [lines[row.line].name for row in rows] * n,
            "zone": [lines[row.line].zone for row in rows] * n,
            "copies": np.tile(n_copies(layout.stations), n),
            **{name: values.ravel() for name, values in numbers.items()},
        },
        index=_index(history, [row.station.name for row in rows], "station"),
    )


def stores(layout: Layout, counts: Counts, history: History, *, declared: bool) -> pd.DataFrame:
    """A row a period and a store, or a buffer of some capacity if not `declared`."""
    counted = {name: _own(n) for name, n in history.stores.items() if name != "level"}
    ends = history.stores["level"]
    counted["level_end"] = ends
    counted["level_start"] = np.concatenate((counts.stores["level_start"][None], ends[:-1]))
    columns = store_columns(layout, counted, _own(history.ends)[:, None])
    names = [row.name for row in first_copies(layout.stores)]
    shown = stores_shown(layout, declared=declared)
    table = pd.DataFrame(
        {name: np.ravel(values) for name, values in columns.items()},
        index=_index(history, names, "store"),
    )
    return table[np.tile(shown, len(history.ends))]
