"""Which state each station was in, and when: from the trace of a run, or a log that is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before, union
from ningde_sim.engine.copies import kinds
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.shop_run import ShopRun

COLUMNS = ("thing", "state", "begin", "end")
OWNER = "State log"

NUMBERS = {state: int(State[state.upper()]) for state in STATES}
"""Number of each state, by name."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class StateLog:
    """Intervals of stations in states, in order of machine and time, none of them empty.

    The clock stands still while no station is at work, that is while each is off or has no row: a
    night that all have off lies between two intervals that touch.

    Attributes
    ----------
    names : tuple
        The stations: for a run in the order of the shop, for a log sorted by name.
    machine, station, state : arrays, shape (n,)
        Number of the machine, which is a station or one of its copies; number of the station;
        `State`; int64.
    begin, end : arrays, shape (n,)
        On this clock, from 0 on, float64. [ms]
    """

    names: tuple[Any, ...]
    machine: Ints
    station: Ints
    state: Ints
    begin: Floats
    end: Floats

    @property
    def index(self) -> pd.Index[Any]:
        """The stations as the index of a table."""
        index: pd.Index[Any] = pd.Index(self.names, name="station")
        return index

    def spent(self) -> Floats:
        """Time of each station in each `State`, shape (n_stations, 7). [ms]"""
        n = len(State)
        spent = np.bincount(
            self.station * n + self.state,
            weights=self.end - self.begin,
            minlength=n * len(self.names),
        )
        return np.asarray(spent.reshape(-1, n), dtype=np.float64)


def read(source: ShopRun | pd.DataFrame) -> StateLog:
    """Read the log of a run with `trace=True`, or a table of thing, state, begin, end.

    Raises
    ------
    TypeError, ValueError
        The source is neither of the two, a run without a trace, a faulty table (the message names
        row and cure), or no station is ever at work.
    """
    if isinstance(source, ShopRun):
        names, machine, state, begin, end = _of_run(source)
        station = kinds(source.layout.stations)[machine]
    elif isinstance(source, pd.DataFrame):
        names, machine, state, begin, end = _of_table(source)
        station = machine
    else:
        cure = f"A log has the columns {', '.join(COLUMNS)}."
        rule = "it must be a ShopRun or a DataFrame"
        raise TypeError(checks.complain(OWNER, rule, source, cure))
    at_work = (state != State.OFF) & (end > begin)
    if not at_work.any():
        rule = "a station must be at work at some time"
        cure = "All rows are off or have no length."
        raise ValueError(checks.complain(OWNER, rule, len(state), cure))
    opens, closes = union(begin[at_work], end[at_work])
    begin, end = open_before(begin, opens, closes), open_before(end, opens, closes)
    order = np.lexsort((begin, machine))
    order = order[end[order] > begin[order]]
    return StateLog(names, *(row[order] for row in (machine, station, state, begin, end)))


# ------------------------------------------------------------------ of a run

Columns = tuple[tuple[Any, ...], Ints, Ints, Floats, Floats]
"""Names of the stations; machine, state, begin and end of each interval."""


def _of_run(run: ShopRun) -> Columns:
    """The intervals of a trace, with closed hours as intervals of their own."""
    trace, names = run.trace, pd.Index([row.name for row in run.layout.stations])
    machine = names.get_indexer(pd.Index(trace["thing"]))
    state = trace["state"].map(NUMBERS).to_numpy(dtype=np.int64)
    columns = (machine, state, *(trace[c].to_numpy(dtype=np.float64) for c in ("begin", "end")))
    rows = np.column_stack(columns)[machine >= 0]  # other rows are of failures
    first = np.searchsorted(rows[:, 0], np.arange(len(names) + 1))
    pieces = []
    for number, name in enumerate(names):
        opens, closes = run.open_windows(name).T
        pieces.append(_with_off(rows[first[number] : first[number + 1]], opens, closes))
    intervals = np.concatenate(pieces)
    numbers = intervals[:, :2].astype(np.int64)
    stations = tuple(run.stations.index)
    return stations, numbers[:, 0], numbers[:, 1], intervals[:, 2], intervals[:, 3]


def _with_off(rows: Floats, opens: Ints, closes: Ints) -> Floats:
    """Rows of one station, cut where its line opens and closes, `OFF` in between."""
    if not len(rows):  # a body was held all the time
        return rows
    edges = np.unique(np.concatenate((rows[:, 2], rows[:, 3], opens, closes)))
    edges = edges[(edges >= rows[0, 2]) & (edges <= rows[-1, 3])]
    begin = edges[:-1]
    pieces: Floats = rows[np.searchsorted(rows[:, 2], begin, side="right") - 1]
    is_open = np.searchsorted(opens, begin, "right") > np.searchsorted(closes, begin, "right")
    pieces[~is_open | (begin >= pieces[:, 3]), 1] = State.OFF
    pieces[:, 2], pieces[:, 3] = begin, edges[1:]
    return pieces


# ------------------------------------------------------------------ of a table


def _of_table(table: pd.DataFrame) -> Columns:
    for column in COLUMNS:
        if column not in table.columns:
            cure = f"A log needs {', '.join(COLUMNS)}: rename yours."
            rule = f"column {column!r} is missing"
            raise ValueError(checks.complain(OWNER, rule, list(table.columns), cure))
    if table.empty:
        raise ValueError(checks.complain(OWNER, "it must have at least one row", len(table)))
    station, names = pd.factorize(table["thing"], sort=True)
    cure = "Name the station, or drop the row."
    _refuse(table, station < 0, "thing", "thing must be the name of a station", cure)
    state = table["state"].map(NUMBERS)
    cure = "Translate your own words: log['state'].replace({'running': 'working'})."
    unknown = state.isna().to_numpy(dtype=bool)
    _refuse(table, unknown, "state", f"state must be one of {', '.join(STATES)}", cure)
    begin, end = _times(table)
    cure = "Swap the two, or drop the row."
    _refuse(table, end < begin, "end", "end must not be before begin", cure)
    numbers: Ints = station.astype(np.int64)
    _check_overlaps(table, numbers, begin, end)
    states: Ints = np.asarray(state, dtype=np.int64)
    return tuple(names), numbers, states, begin, end


def _times(table: pd.DataFrame) -> tuple[Floats, Floats]:
    """Begin and end of each row; for dates since the first begin. [ms]"""
    begin, end, ms = table["begin"], table["end"], pd.Timedelta(milliseconds=1)
    if _is_date(begin) != _is_date(end):
        rule = "begin and end must both be dates or both be numbers"
        raise TypeError(checks.complain(OWNER, rule, (str(begin.dtype), str(end.dtype))))
    if _is_date(begin):
        try:
            begin, end = ((column - table["begin"].min()) / ms for column in (begin, end))
        except TypeError:
            rule = "begin and end must both have a time zone, or neither"
            raise TypeError(
                checks.complain(OWNER, rule, (str(begin.dtype), str(end.dtype)))
            ) from None
    return _numbers(table, "begin", begin), _numbers(table, "end", end)


def _numbers(table: pd.DataFrame, column: str, values: pd.Series[Any]) -> Floats:
    """The times of a column as numbers. [ms]"""
    if pd.api.types.is_timedelta64_dtype(values):
        values = values.dt.total_seconds() * units.MS_PER_S
    times = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    cure = "Turn text into dates with pd.to_datetime; end open rows at the end of the log."
    rule = f"{column} must be a date or a number of milliseconds"
    _refuse(table, ~np.isfinite(times), column, rule, cure)
    return times


def _is_date(values: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(values))


def _check_overlaps(table: pd.DataFrame, station: Ints, begin: Floats, end: Floats) -> None:
    """Complain when two rows of a station overlap."""
    order = np.lexsort((end, begin, station))
    order = order[end[order] > begin[order]]
    early, late = order[:-1], order[1:]
    clash = (station[early] == station[late]) & (begin[late] < end[early])
    if clash.any():
        k = int(np.flatnonzero(clash)[0])
        rule = f"begin must not be before the end of row {_label(table, early[k])} of this station"
        cure = "A station has one state at a time: shorten one of the two, or drop it."
        wrong = np.zeros(len(table), dtype=bool)
        wrong[late[k]] = True
        _refuse(table, wrong, "begin", rule, cure)


def _refuse(table: pd.DataFrame, wrong: Bools, column: str, rule: str, cure: str) -> None:
    """Complain about the first wrong row."""
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        owner = f"{OWNER}, row {_label(table, k)} of {table['thing'].iloc[k]!r}"
        given = table[column].iloc[[k]].tolist()[0]  # a Python number, not one of NumPy
        raise ValueError(checks.complain(owner, rule, given, cure))


def _label(table: pd.DataFrame, row: int) -> str:
    """The label of a row in its table."""
    return repr(table.index[[row]].tolist()[0])
