"""A log of stops, read and checked row by row: equipment, start, end, reason."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim.learn import instants, observation_window
from ningde_sim.learn.censored_times import Floats
from ningde_sim.learn.date_columns import Style, read_dates
from ningde_sim.learn.instants import Bools, DateColumn, Ints
from ningde_sim.learn.log_table import read_table
from ningde_sim.learn.observation_window import Moment
from ningde_sim.learn.row_checks import OWNER, CheckedRows

STEPS = (60_000, 1_000)
"""Of the clocks that write logs, besides one of a ms. [ms]"""

BY_DAY = 3
"""Fewer stops may begin at midnight by chance."""

MOST_DAYS = 100_000
"""Longest stop that a duration may say."""

LONGEST = MOST_DAYS * 24 * units.MS_PER_H
"""The same. [ms]"""


@dataclass(frozen=True, eq=False)
class StopLog:
    """Stops of equipment inside its observation window.

    Attributes
    ----------
    rows : CheckedRows
        All rows, and the problems in them.
    equipment : tuple of str
        All equipment that was observed.
    number : int64 array, shape (n,)
        Index of the equipment of each row; meaningful for valid rows only.
    start, end : int64 arrays, shape (n,)
        Meaningful for valid rows only. A stop that goes on ends with the window. [ms since 1970]
    goes_on : bool array, shape (n,)
        Whether the end is that of the window.
    down : bool array, shape (n,)
        Whether the equipment stood meanwhile: the valid rows, and those set aside whose times are
        known.
    no_failure : bool array, shape (n,)
        Rows that were taken out since their reasons are no failures.
    opens, closes : int64 arrays, shape (n_equipment,)
        The window of each equipment. [ms since 1970]
    window_given : (bool, bool)
        Whether begin and end of the window were given.
    by_day : bool
        Whether only the day of each stop is known: all begin at midnight and have a duration.
    tz : tzinfo or None
        Time zone of the dates; None where no date has one.
    """

    rows: CheckedRows
    equipment: tuple[str, ...]
    number: Ints
    start: Ints
    end: Ints
    goes_on: Bools
    down: Bools
    no_failure: Bools
    opens: Ints
    closes: Ints
    window_given: tuple[bool, bool]
    by_day: bool
    tz: datetime.tzinfo | None


def read(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    begin: Moment | None,
    end: Moment | None,
    tz: str | datetime.tzinfo | None,
    equipment: Iterable[str] | Mapping[str, tuple[Moment, Moment]] | None,
    columns: Mapping[str, str] | None,
    encoding: str | None,
    style: Style,
) -> StopLog:
    """Read a log; its faulty rows are set aside.

    Raises
    ------
    TypeError, ValueError
        Not a table, a missing column, no row, an unknown time zone, a window without length.
    """
    zone = instants.zone(OWNER, tz)
    rows = CheckedRows(*read_table(table, columns, encoding))
    last = "end" if "end" in rows.table.columns else "duration"
    begins, ends = read_dates(rows, style)
    by_day = _at_midnight(begins)
    if by_day and ends is not None and _at_midnight(ends):
        rule = "start and end must have times of day, or a column 'duration' must stand for the end"
        got = rows.table["end"].iloc[0]
        raise ValueError(checks.complain(rows.log_name, rule, got, "A day says no length."))
    by_day = by_day and ends is None
    zoned = bool(begins.zoned.any() or (ends is not None and ends.zoned.any()))
    _check_cells(rows, begins, ends, mixed=zoned and zone is None)
    start = _to_instants(rows, "start", begins, zone)
    if ends is not None:
        stop, missing = _to_instants(rows, "end", ends, zone), ends.missing
        if "duration" in rows.table.columns:
            stop, missing = _with_durations(rows, start, stop, missing)
        _check_order(rows, start, stop, missing)
        stop = stop + _half_step(rows, "end", ~missing & (stop == start), start, stop)
    else:
        length, missing = _durations(rows)
        stop = start + length + _half_step(rows, "duration", ~missing & (length == 0), length)
    names, number = observation_window.numbered(rows, equipment)
    own = observation_window.own_windows(equipment, zone, zoned)
    until = np.where(missing, start, stop)
    window = observation_window.window_of_all(rows, begin, end, own, start, until, zone, zoned)
    opens, closes = observation_window.clipped(names, own, window, zone)
    _leave_out(rows, start, stop, missing, opens[number], closes[number])
    shown = zone if zone is not None or not zoned else datetime.UTC
    if rows.left_out == len(rows.table):
        rule = "it must have a stop in the window, " + " to ".join(
            instants.text(at, shown) for at in window
        )
        got = f"{len(start):,} rows from {instants.text(int(start.min()), shown)} on"
        raise ValueError(checks.complain(rows.log_name, rule, got, "Widen it: begin, end."))
    known = rows.valid.copy()
    _check_named(rows, "reason")
    if not by_day:
        _check_copies(rows, start, np.where(missing, -1, stop))
    goes_on = missing | (stop > closes[number])
    stop = np.where(goes_on, closes[number], stop)
    _check_open(rows, number, start, missing, last)
    down = known & ~(missing & ~rows.valid)
    if not by_day:
        _check_overlaps(rows, number, start, stop)
    done = "the repair is censored at the window's end"
    rows.note(missing, last, f"the {last} is missing", done)
    rows.note(
        goes_on & ~missing,
        last,
        "it ends after the window",
        done,
    )
    rows.note(
        start < opens[number],
        "start",
        "it begins before the window",
        "its repair does not count; the time to the next failure begins at its end",
    )
    given = (begin is not None or bool(own), end is not None or bool(own))
    return StopLog(
        rows,
        names,
        number,
        start,
        stop,
        goes_on,
        down,
        np.zeros_like(down),
        opens,
        closes,
        given,
        by_day,
        shown,
    )


# ------------------------------------------------------------------ rows


def _at_midnight(dates: DateColumn) -> bool:
    """Whether no date has a time of day, of so many that it is no chance."""
    at = dates.at[~np.isnat(dates.at)]
    return len(at) >= BY_DAY and bool((at == at.astype("datetime64[D]")).all())


def _with_durations(
    rows: CheckedRows, start: Ints, stop: Ints, missing: Bools
) -> tuple[Ints, Bools]:
    """Ends, where they are missing by the durations; those that say another thing are noted."""
    length = _lengths(rows)
    by_length = missing & (length > 0) & (length <= LONGEST)
    rows.note(by_length, "duration", "the end is missing", "it follows from the duration")
    off = ~missing & (np.abs(stop - start - length) > STEPS[0])
    rows.note(off, "duration", "the duration is not that from start to end", "the end is taken")
    stop = np.where(by_length, start + np.where(by_length, length, 0.0).astype(np.int64), stop)
    return stop, missing & ~by_length


def _lengths(rows: CheckedRows) -> Floats:
    """The durations; NaN where none can be read. [ms]"""
    read = [instants.duration(value) for value in rows.table["duration"].tolist()]
    return np.array([math.nan if each is None else each for each in read])


def _durations(rows: CheckedRows) -> tuple[Ints, Bools]:
    """How long each stop took [ms], and whether it is not said."""
    length = _lengths(rows)
    missing = np.array([instants.is_missing(value) for value in rows.table["duration"].tolist()])
    cure = "Write minutes, such as 12.5, or hours, minutes and seconds, such as 0:12:30."
    rule = "duration must be minutes or h:mm:ss"
    rows.set_aside(np.isnan(length) & ~missing, "duration", rule, cure)
    rule = f"duration must be from 0 to {MOST_DAYS:,} days"
    wrong = ~missing & ~((length >= 0) & (length <= LONGEST))
    rows.set_aside(wrong, "duration", rule, "Correct it, or drop the row.")
    return np.where(rows.valid & ~missing, length, 0.0).astype(np.int64), missing


# ------------------------------------------------------------------ rules of one row


def _check_cells(
    rows: CheckedRows, start: DateColumn, end: DateColumn | None, *, mixed: bool
) -> None:
    named = [("start", start)] + ([("end", end)] if end is not None else [])
    _check_named(rows, "equipment")
    cure = "A stop without a start cannot be used: look it up, or drop the row."
    rows.set_aside(start.missing, "start", "start must be given", cure)
    for column, dates in named:
        cure = (
            "Write 2021-09-03T14:05:00, with an offset such as +08:00 where it has one; if all "
            'dates are written in another way, say it: date_format="%d.%m.%Y %H:%M".'
        )
        rows.set_aside(dates.unreadable, column, f"{column} must be a date", cure)
    for column, dates in named:
        if mixed:
            bare = ~dates.zoned & ~dates.missing & ~dates.unreadable
            cure = 'Write its offset, or give the zone of those without: tz="Asia/Shanghai".'
            rows.set_aside(bare, column, f"{column} must have a time zone, as others have", cure)


def _check_named(rows: CheckedRows, column: str) -> None:
    odd = rows.table[column].map(lambda name: any(ord(sign) < 32 for sign in name))
    rule = f"{column} must hold no line break and no other control character"
    rows.set_aside(odd.to_numpy(dtype=bool), column, rule, "Write it in one line.")
    rows.set_aside_unnamed(column)


def _to_instants(
    rows: CheckedRows, column: str, dates: DateColumn, tz: datetime.tzinfo | None
) -> Ints:
    """The instants of a column. [ms since 1970]"""
    result = instants.to_instants(dates.at, dates.zoned, tz)
    rule = f"{column} must be a time that the clocks of {tz} showed"
    cure = "The clocks went forward and skipped it: correct it, or write its offset."
    rows.set_aside(result.skipped, column, rule, cure)
    rule = f"{column} must be a time that the clocks of {tz} showed only once"
    cure = "The clocks went back and showed it twice: write its offset, such as +01:00."
    rows.set_aside(result.doubled, column, rule, cure)
    return result.ms


def _check_order(rows: CheckedRows, start: Ints, end: Ints, missing: Bools) -> None:
    cure = "Swap the two, or correct one."
    rows.set_aside(~missing & (end < start), "end", "end must not be before start", cure)


def _half_step(rows: CheckedRows, column: str, zero: Bools, *written: Ints) -> Ints:
    """What stops of no time take: half a step of the clock, a minute, a second or 2 ms. [ms]"""
    all_written = np.concatenate([each[rows.valid] for each in written])
    step = next((step for step in STEPS if not (all_written % step).any()), 2)
    done = f"it takes {step / 2000:g} s, half a step of the clock"
    rows.note(zero, column, "it takes no time", done)
    return np.where(zero, step // 2, 0)


def _leave_out(
    rows: CheckedRows, start: Ints, end: Ints, missing: Bools, opens: Ints, closes: Ints
) -> None:
    """Rows outside of the window of their equipment are left out, and counted."""
    late = (start >= closes) & ~(missing & (start == closes))
    rows.leave_out((~missing & (end <= opens)) | late)


# ------------------------------------------------------------------ rules between rows


def _check_copies(rows: CheckedRows, start: Ints, end: Ints) -> None:
    """Rows that are equal in all columns are copies of the first."""
    others = rows.table.drop(columns=["row", "start", "end"], errors="ignore").astype(str)
    keys = others.assign(start=start, end=end)[rows.valid]
    first: dict[Any, int] = {}
    for k, key in zip(keys.index, keys.itertuples(index=False, name=None), strict=True):
        if key in first:
            rule = f"duplicate of row {rows.label(first[key])}"
            rows.set_aside_one(int(k), "start", rule, "Drop one of them.")
        else:
            first[key] = int(k)


def _check_open(rows: CheckedRows, number: Ints, start: Ints, missing: Bools, column: str) -> None:
    """Only the last stop of an equipment may lack its end, or its duration."""
    last = np.full(int(number.max(initial=0)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, number[rows.valid], start[rows.valid])
    rule = f"{column} must be given where the equipment stops again later"
    cure = "Look up when it ran again, or drop the row."
    rows.set_aside(missing & (start < last[number]), column, rule, cure)


def _check_overlaps(rows: CheckedRows, number: Ints, start: Ints, end: Ints) -> None:
    """Two stops of one equipment for the same reason must not overlap."""
    reached: dict[tuple[int, str], int] = {}
    reasons = rows.table["reason"].tolist()
    for k in np.lexsort((end, start)):
        if not rows.valid[k]:
            continue
        key = (int(number[k]), reasons[k])
        before = reached.get(key)
        if before is not None and start[k] < end[before]:
            rule = f"start must not be before the end of row {rows.label(before)}, the same reason"
            rows.set_aside_one(int(k), "start", rule, "Shorten one of the two, or make them one.")
        else:
            reached[key] = int(k)
