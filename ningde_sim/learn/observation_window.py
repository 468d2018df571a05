"""The observation window of a log: which equipment was observed, and when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn import instants
from ningde_sim.learn.instants import Ints
from ningde_sim.learn.log_table import word
from ningde_sim.learn.row_checks import OWNER, CheckedRows

Moment = str | datetime.datetime
"""A date of ISO 8601, or one of Python or pandas."""


def numbered(
    rows: CheckedRows, equipment: Iterable[str] | Mapping[str, Any] | None
) -> tuple[tuple[str, ...], Ints]:
    """The names of all equipment, and the number of the equipment of each row."""
    column = rows.table["equipment"]
    if equipment is None:
        names = tuple(sorted(set(column[rows.valid])))
    else:
        what = "names, or a mapping of names to (begin, end)"
        given = [*equipment] if isinstance(equipment, Mapping) else equipment
        given = checks.listed(OWNER, "equipment", given, what)
        names = tuple(dict.fromkeys(map(word, given)))
        if "" in names:
            raise ValueError(checks.complain(OWNER, "equipment must be names", given))
        rule, cure = "equipment must be one of those listed", "List it, or drop the row."
        rows.set_aside(~column.isin(names).to_numpy(dtype=bool), "equipment", rule, cure)
    if not names:
        return names, np.zeros(len(column), dtype=np.int64)
    return names, np.maximum(pd.Index(names).get_indexer(pd.Index(column)), 0).astype(np.int64)


def window_of_all(
    rows: CheckedRows,
    begin: Moment | None,
    end: Moment | None,
    own: Mapping[str, tuple[int, int]],
    start: Ints,
    last: Ints,
    tz: datetime.tzinfo | None,
    zoned: bool,
) -> tuple[int, int]:
    """The window as given, else from the first start to the last date. [ms since 1970]"""
    if not rows.valid.any():
        rows.problems(report=False)  # raises an error that lists the faulty rows
    firsts = [pair[0] for pair in own.values()] or start[rows.valid].tolist()
    lasts = [pair[1] for pair in own.values()] or last[rows.valid].tolist()
    opens = min(firsts) if begin is None else _moment("begin", begin, tz, zoned)
    closes = max(lasts) if end is None else _moment("end", end, tz, zoned)
    return _in_order("the window", opens, closes, tz)


def _in_order(what: str, opens: int, closes: int, tz: datetime.tzinfo | None) -> tuple[int, int]:
    if opens >= closes:
        rule = f"the end of {what} must be later than its begin"
        got = f"{instants.text(opens, tz)} to {instants.text(closes, tz)}"
        raise ValueError(checks.complain(OWNER, rule, got))
    return opens, closes


def _moment(field: str, value: Any, tz: datetime.tzinfo | None, zoned: bool) -> int:
    """A date that the user gave. [ms since 1970]"""
    dates = instants.read(pd.Series([value], dtype=object))
    if dates.missing[0] or dates.unreadable[0]:
        cure = 'Write "2021-09-03" or "2021-09-03T06:00:00+08:00".'
        raise ValueError(checks.complain(OWNER, f"{field} must be a date of ISO 8601", value, cure))
    if tz is None and bool(dates.zoned[0]) != zoned:
        rule = f"{field} and the dates of the log must all have a time zone, or none"
        cure = 'Give the zone of those without: tz="Asia/Shanghai".'
        raise ValueError(checks.complain(OWNER, rule, value, cure))
    instant = instants.to_instants(dates.at, dates.zoned, tz)
    if instant.skipped[0] or instant.doubled[0]:
        rule = f"{field} must be a time that the clocks of {tz} showed once"
        raise ValueError(checks.complain(OWNER, rule, value, "Write its offset."))
    return int(instant.ms[0])


def own_windows(
    equipment: Iterable[str] | Mapping[str, Any] | None, tz: datetime.tzinfo | None, zoned: bool
) -> dict[str, tuple[int, int]]:
    """The window of each equipment that has one of its own. [ms since 1970]"""
    windows: dict[str, tuple[int, int]] = {}
    if isinstance(equipment, Mapping):
        for name, pair in equipment.items():
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                rule = f"equipment {name!r} must have a pair (begin, end)"
                raise ValueError(checks.complain(OWNER, rule, pair))
            begin, end = (_moment(f"equipment {name!r}", date, tz, zoned) for date in pair)
            windows[word(name)] = _in_order(f"equipment {name!r}", begin, end, tz)
    return windows


def clipped(
    names: tuple[str, ...],
    own: Mapping[str, tuple[int, int]],
    window: tuple[int, int],
    tz: datetime.tzinfo | None,
) -> tuple[Ints, Ints]:
    """The window of each equipment, within the window of all. [ms since 1970]"""
    opens, closes = (np.full(len(names), at, dtype=np.int64) for at in window)
    for k, name in enumerate(names):
        if name in own:
            begin, end = max(own[name][0], window[0]), min(own[name][1], window[1])
            opens[k], closes[k] = _in_order(f"equipment {name!r} in the window", begin, end, tz)
    return opens, closes
