"""Logs of states, one time a row, turned into logs of stops."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn import instants
from ningde_sim.learn.date_columns import Style, read_dates
from ningde_sim.learn.log_table import Wanted, read_table, word
from ningde_sim.learn.row_checks import CheckedRows
from ningde_sim.plant.paths import nearest

OWNER = "stops_of_states"

STATES = Wanted(
    ("equipment", "start", "reason"), ("equipment", "start", "reason", "date"), title="State log"
)
"""The columns of a log of states."""


def stops_of_states(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    running: Iterable[str],
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    date_format: str | None = None,
    dayfirst: bool | None = None,
    tz: str | datetime.tzinfo | None = None,
) -> pd.DataFrame:
    """The log of stops for `fit_downtime` from one that has a row whenever a state changes.

    A state lasts until the next row of the same equipment; rows that repeat it are parts of it. The
    last one of each equipment goes on, and has no end. What never stopped has no row: name it to
    `fit_downtime`, equipment=sorted(set(log["equipment"])).

    Parameters
    ----------
    table : path or DataFrame
        Columns equipment, start, reason: who, since when, in which state.
    running : list of str
        The states in which the equipment works, or could; all others are stops.
    columns, encoding, date_format, dayfirst
        As of `fit_downtime`; such as columns={"start": "time", "reason": "state"}.
    tz : str or tzinfo, optional
        Time zone of the dates that have none.

    Returns
    -------
    DataFrame
        A row a stop: equipment, start, end, reason; its index are the rows of the log.

    Raises
    ------
    TypeError, ValueError
        Faulty rows, two states of one equipment at one time, a state that the log has not.

    Examples
    --------
    >>> import pandas as pd
    >>> log = pd.DataFrame({"equipment": "M", "time": ["08:00", "09:00", "09:10", "10:00"]})
    >>> log["time"] = "2021-03-01 " + log["time"]
    >>> log["state"] = ["run", "jam", "run", "idle"]
    >>> names = {"start": "time", "reason": "state"}
    >>> stops_of_states(log, running=["run", "idle"], columns=names)
      equipment               start                 end reason
    1         M 2021-03-01 09:00:00 2021-03-01 09:10:00    jam
    """
    known = [*map(word, checks.listed(OWNER, "running", running, "states"))]
    name, cells = read_table(table, columns, encoding, STATES)
    rows = CheckedRows(name, cells)
    dates = read_dates(rows, Style(date_format, dayfirst))[0]
    for column in ("equipment", "reason"):
        rows.set_aside_unnamed(column)
    rows.set_aside(dates.missing | dates.unreadable, "start", "start must be a date", "Correct it.")
    zone = instants.zone(OWNER, tz)
    if dates.zoned.any() and zone is None:
        rule, cure = "start must have a time zone, as others have", "Write its offset, or give tz."
        rows.set_aside(~dates.zoned, "start", rule, cure)
    at = instants.to_instants(dates.at, dates.zoned, zone)
    rule = "start must be a time that the clocks showed once"
    rows.set_aside(at.skipped | at.doubled, "start", rule, "Write its offset.")
    order = np.lexsort((at.ms, rows.table["equipment"].to_numpy().astype(str)))
    equipment = rows.table["equipment"].to_numpy()[order]
    state, ms = rows.table["reason"].to_numpy()[order], at.ms[order]
    same = np.append(False, equipment[1:] == equipment[:-1])
    again = same & np.append(False, ms[1:] == ms[:-1])
    rule, cure = "an equipment must have one state at a time", "Drop one of the rows."
    for k in order[again & np.append(False, state[1:] != state[:-1])]:
        if rows.valid[k]:
            rows.set_aside_one(int(k), "start", rule, cure)
    rows.problems(report=False, choice=False)
    for each in known:
        if each not in set(state):
            states = sorted(set(state))
            cure = nearest(str(each), states) or f"It has {', '.join(states[:10])}."
            raise ValueError(checks.complain(name, "running must be states of the log", each, cure))
    changes = np.flatnonzero(~(same & np.append(False, state[1:] == state[:-1])))
    utc = bool(dates.zoned.any() or zone is not None)
    found = pd.DataFrame(
        {
            "equipment": equipment[changes],
            "start": pd.to_datetime(ms[changes], unit="ms", utc=utc),
        },
        index=rows.table["row"].to_numpy()[order][changes],
    )
    found["end"] = found.groupby("equipment")["start"].shift(-1)
    found["reason"] = state[changes]
    return found[~found["reason"].isin(known)].rename_axis(None)
