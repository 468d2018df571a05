"""What was observed, and when: the equipment of a log and its window."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn import instants
from ningde_sim.learn.instants import Ints
from ningde_sim.learn.sieve import OWNER, Sieve

Moment = str | datetime.datetime
"""A date of ISO 8601, or one of Python or pandas."""


def numbered(
    sieve: Sieve, asked: Iterable[str] | Mapping[str, Any] | None
) -> tuple[tuple[str, ...], Ints]:
    """All equipment, and the number of that of each row."""
    known = sieve.rows["equipment"]
    if asked is None:
        names = tuple(sorted(set(known[sieve.alive])))
    else:
        if isinstance(asked, str):
            rule = "equipment must be a list of names, or a mapping of them to begin and end"
            raise TypeError(checks.complain(OWNER, rule, asked))
        names = tuple(dict.fromkeys(str(name).strip() for name in asked))
        rule, cure = "equipment must be one of those listed", "List it, or drop the row."
        sieve.refuse(~known.isin(names).to_numpy(dtype=bool), "equipment", rule, cure)
    if not names:
        return names, np.zeros(len(known), dtype=np.int64)
    return names, np.maximum(pd.Index(names).get_indexer(pd.Index(known)), 0).astype(np.int64)


def window_of_all(
    sieve: Sieve,
    begin: Moment | None,
    end: Moment | None,
    own: Mapping[str, tuple[int, int]],
    start: Ints,
    last: Ints,
    tz: datetime.tzinfo | None,
    zoned: bool,
) -> tuple[int, int]:
    """What was observed: as asked for, else from the first start to the last date. [ms]"""
    there = sieve.alive
    if not there.any():
        sieve.settle(report=False)  # which tells what is wrong with each row
    firsts = [pair[0] for pair in own.values()] or start[there].tolist()
    lasts = [pair[1] for pair in own.values()] or last[there].tolist()
    opens = min(firsts) if begin is None else _moment("begin", begin, tz, zoned)
    closes = max(lasts) if end is None else _moment("end", end, tz, zoned)
    return _in_order("the window", opens, closes, tz)


def _in_order(what: str, opens: int, closes: int, tz: datetime.tzinfo | None) -> tuple[int, int]:
    if opens >= closes:
        rule = f"the end of {what} must be later than its begin"
        got = f"{instants.told(opens, tz)} to {instants.told(closes, tz)}"
        raise ValueError(checks.complain(OWNER, rule, got))
    return opens, closes


def _moment(field: str, value: Any, tz: datetime.tzinfo | None, zoned: bool) -> int:
    """A date that the user gave. [ms since 1970]"""
    dated = instants.read(pd.Series([value], dtype=object))
    if dated.missing[0] or dated.unreadable[0]:
        cure = 'Such as "2021-09-03" or "2021-09-03T06:00:00+08:00".'
        raise ValueError(checks.complain(OWNER, f"{field} must be a date of ISO 8601", value, cure))
    if tz is None and bool(dated.zoned[0]) != zoned:
        rule = f"{field} and the dates of the log must all have a time zone, or none"
        cure = 'Say tz="Asia/Shanghai" of those without.'
        raise ValueError(checks.complain(OWNER, rule, value, cure))
    found = instants.placed(dated.at, dated.zoned, tz)
    if found.skipped[0] or found.doubled[0]:
        rule = f"{field} must be a time that the clocks of {tz} showed once"
        raise ValueError(checks.complain(OWNER, rule, value, "Write its offset."))
    return int(found.ms[0])


def own_windows(
    asked: Iterable[str] | Mapping[str, Any] | None, tz: datetime.tzinfo | None, zoned: bool
) -> dict[str, tuple[int, int]]:
    """When each equipment was observed, where that is said. [ms since 1970]"""
    found: dict[str, tuple[int, int]] = {}
    if isinstance(asked, Mapping):
        for name, pair in asked.items():
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                rule = f"equipment {name!r} must have a pair of begin and end"
                raise ValueError(checks.complain(OWNER, rule, pair))
            begin, end = (_moment(f"equipment {name!r}", date, tz, zoned) for date in pair)
            found[str(name).strip()] = _in_order(f"equipment {name!r}", begin, end, tz)
    return found


def clipped(
    names: tuple[str, ...],
    own: Mapping[str, tuple[int, int]],
    window: tuple[int, int],
    tz: datetime.tzinfo | None,
) -> tuple[Ints, Ints]:
    """When each equipment was observed within the window of all. [ms since 1970]"""
    opens, closes = (np.full(len(names), at, dtype=np.int64) for at in window)
    for k, name in enumerate(names):
        if name in own:
            begin, end = max(own[name][0], window[0]), min(own[name][1], window[1])
            opens[k], closes[k] = _in_order(f"equipment {name!r} in the window", begin, end, tz)
    return opens, closes
