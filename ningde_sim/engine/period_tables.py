"""The tables of a run by period, shift or day, made from its history; `ShopRun` documents them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine.copies import first_copies, n_copies
from ningde_sim.engine.counts import Counts, History, Ints
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.run_tables import Hours, store_columns, stores_shown
from ningde_sim.plant.run_dates import RunDates

BY_PERIOD = ("periods", "stations_by_period", "stores_by_period", "buffers_by_period")
"""Names of the tables by period."""

BY_DATE = (
    *("by_shift", "stations_by_shift", "stores_by_shift"),
    *("by_day", "stations_by_day", "stores_by_day"),
)
"""Names of the tables by shift and by day."""


@dataclass(frozen=True, eq=False)
class Spans:
    """Spans of time that follow one another, and what was counted in each of them.

    Attributes
    ----------
    history : History
        With a row at each bound but 0.
    labels : list of Index
        Names of the spans, level by level.
    begins, ends : array, shape (n,)
        Since the start of the counted hours. [ms, int64]
    edges : array, shape (n + 1,)
        What is counted from one to the next belongs to a span: what is done in the closed time
        behind a shift belongs to it. [ms, int64]
    start : datetime64, optional
        The instant 0.
    """

    history: History
    labels: Sequence[pd.Index[Any]]
    begins: Ints
    ends: Ints
    edges: Ints
    start: np.datetime64 | None = None

    def own(self, cumulative: Ints) -> Ints:
        """What each span adds to what was counted before it."""
        return np.diff(self.at(cumulative, self.edges), axis=0)

    def within(self, cumulative: Ints) -> Ints:
        """What was counted from the begin to the end of each span."""
        return self.at(cumulative, self.ends) - self.at(cumulative, self.begins)

    def at(self, cumulative: Ints, instants: Ints, start: Any = 0) -> Ints:
        """What was counted up to each instant; `start` up to 0."""
        first = np.broadcast_to(np.int64(start), cumulative.shape[1:])[None]
        rows = np.searchsorted(self.history.ends, instants, side="right")
        return np.concatenate((first, cumulative))[rows]

    @property
    def lengths(self) -> Ints:
        """[ms]"""
        return self.ends - self.begins

    def times(self, instants: Ints) -> Any:
        """Instants as dates where there are dates, else as hours. [h]"""
        if self.start is None:
            return units.ms_to_hours(instants)
        return self.start + instants.astype("timedelta64[ms]")

    @property
    def index(self) -> pd.Index[Any]:
        """Of a row a span."""
        return self.labels[0] if len(self.labels) == 1 else pd.MultiIndex.from_arrays(self.labels)

    def index_with(self, names: Sequence[str], thing: str) -> pd.MultiIndex:
        """Of a row a span and a thing."""
        levels = [level.repeat(len(names)) for level in self.labels]
        things = pd.Index([*names] * len(self.begins), name=thing, dtype=object)
        return pd.MultiIndex.from_arrays([*levels, things])


def by_period(history: History, start: np.datetime64 | None) -> Spans:
    """Each period of a history, by its begin."""
    edges = np.concatenate(([0], history.ends))
    spans = Spans(history, [], edges[:-1], edges[1:], edges, start)
    label: pd.Index[Any] = pd.Index(spans.times(spans.begins), name="period")
    return Spans(history, [label], edges[:-1], edges[1:], edges, start)


def by_day(history: History, dates: RunDates) -> Spans:
    """Each production day."""
    edges = units.MS_PER_DAY * np.arange(dates.n_days + 1)
    return Spans(
        history, [_days(dates)], edges[:-1], edges[1:], edges, np.datetime64(dates.start, "ms")
    )


def by_shift(history: History, dates: RunDates) -> Spans:
    """Each shift; the first has what is done before it too."""
    days, names, begins, ends = zip(*dates.shifts, strict=True)
    edges = np.array([0, *begins[1:], history.ends[-1]], np.int64)
    return Spans(
        history,
        [_days(dates)[[*days]], pd.Index(names, name="shift", dtype=object)],
        np.array(begins, np.int64),
        np.array(ends, np.int64),
        edges,
        np.datetime64(dates.start, "ms"),
    )


def _days(dates: RunDates) -> pd.Index[Any]:
    return pd.DatetimeIndex(np.array(dates.days.dates, "datetime64[s]"), name="day")


def _hours(layout: Layout, spans: Spans) -> Hours:
    """Hours of each station in each state, shape (n_spans, n_stations)."""
    spent = spans.own(spans.history.spent)
    within = spans.within(spans.history.spent).sum(axis=2)
    off = spans.lengths[:, None] * n_copies(layout.stations) - within
    ms = {s: off if s == "off" else spent[:, :, State[s.upper()]] for s in STATES}
    return {state: units.ms_to_hours(ms[state]) for state in STATES}


def periods(layout: Layout, spans: Spans, exits: Ints, opened: Ints) -> pd.DataFrame:
    """A row a span; `opened` is for how long a line was open up to each of its edges. [ms]"""
    bodies = np.diff(np.searchsorted(np.sort(exits), spans.edges, side="right"))
    bodies[:1] += np.count_nonzero(exits == 0)
    stations = spans.history.stations
    counted = {k: spans.own(n).sum(axis=1) for k, n in stations.items() if k != "cycles"}
    open_hours = units.ms_to_hours(np.diff(opened))
    return pd.DataFrame(
        {
            "begin": spans.times(spans.begins),
            "end": spans.times(spans.ends),
            "open_hours": open_hours,
            "bodies": bodies,
            "per_open_hour": bodies / np.where(open_hours > 0, open_hours, np.nan),
            **counted,
            "wip": spans.within(spans.history.wip["wip_ms"]) / spans.lengths,
            **{state: hours.sum(axis=1) for state, hours in _hours(layout, spans).items()},
        },
        index=spans.index,
    )


def stations(layout: Layout, spans: Spans) -> pd.DataFrame:
    """A row a span and a station."""
    rows, lines, n = first_copies(layout.stations), layout.shop.lines, len(spans.begins)
    counted = {name: spans.own(each) for name, each in spans.history.stations.items()}
    return pd.DataFrame(
        {
            "line": [lines[row.line].name for row in rows] * n,
            "zone": [lines[row.line].zone for row in rows] * n,
            "copies": np.tile(n_copies(layout.stations), n),
            **{name: each.ravel() for name, each in (counted | _hours(layout, spans)).items()},
        },
        index=spans.index_with([row.station.name for row in rows], "station"),
    )


def stores(layout: Layout, counts: Counts, spans: Spans, *, declared: bool) -> pd.DataFrame:
    """A row a span and a store, or a buffer of some capacity if not `declared`."""
    cumulative = dict(spans.history.stores)
    level, first = cumulative.pop("level"), counts.stores["level_start"]
    counted = {name: spans.within(each) for name, each in cumulative.items()}
    counted["level_start"] = spans.at(level, spans.begins, first)
    counted["level_end"] = spans.at(level, spans.ends, first)
    columns = store_columns(layout, counted, spans.lengths[:, None])
    names = [row.name for row in first_copies(layout.stores)]
    table = pd.DataFrame(
        {name: np.ravel(values) for name, values in columns.items()},
        index=spans.index_with(names, "store"),
    )
    return table[np.tile(stores_shown(layout, declared=declared), len(spans.begins))]
