"""A log of stops, read and checked row by row: equipment, start, end, reason."""

from __future__ import annotations

import datetime
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, files
from ningde_sim.learn import instants, observation_window
from ningde_sim.learn.instants import Bools, DateColumn, Ints
from ningde_sim.learn.observation_window import Moment
from ningde_sim.learn.row_checks import OWNER, CheckedRows

COLUMNS = ("equipment", "start", "end", "reason")

SEPARATORS = ",;\t"
"""Signs between the cells of a file."""

MOST_COLUMNS = 1_000
"""Of a file; each takes its time."""

MOST_MIB = 256
"""Largest log, some three million stops. [MiB]"""

DECODE = 'Read it by pd.read_csv(path, encoding="gb18030"), or its own encoding.'
"""The cure for a log in another encoding than UTF-8."""


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
    opens, closes : int64 arrays, shape (n_equipment,)
        The window of each equipment. [ms since 1970]
    window_given : (bool, bool)
        Whether begin and end of the window were given.
    tz : tzinfo or None
        Time zone of the dates; None where no date has one.
    """

    rows: CheckedRows
    equipment: tuple[str, ...]
    number: Ints
    start: Ints
    end: Ints
    goes_on: Bools
    opens: Ints
    closes: Ints
    window_given: tuple[bool, bool]
    tz: datetime.tzinfo | None


def read(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    begin: Moment | None,
    end: Moment | None,
    tz: str | datetime.tzinfo | None,
    equipment: Iterable[str] | Mapping[str, tuple[Moment, Moment]] | None,
) -> StopLog:
    """Read a log; its faulty rows are set aside.

    Raises
    ------
    TypeError, ValueError
        Not a table, a missing column, no row, an unknown time zone, a window without length.
    """
    zone = instants.zone(OWNER, tz)
    rows = CheckedRows(*_read_table(table))
    dates = [instants.read(rows.table[column]) for column in ("start", "end")]
    zoned = bool(dates[0].zoned.any() or dates[1].zoned.any())
    _check_cells(rows, *dates, mixed=zoned and zone is None)
    start, stop = (_to_instants(rows, column, each, zone) for column, each in _named(dates))
    missing = dates[1].missing
    _check_order(rows, start, stop, missing)
    names, number = observation_window.numbered(rows, equipment)
    own = observation_window.own_windows(equipment, zone, zoned)
    last = np.where(missing, start, stop)
    window = observation_window.window_of_all(rows, begin, end, own, start, last, zone, zoned)
    opens, closes = observation_window.clipped(names, own, window, zone)
    _check_window(rows, start, stop, missing, opens[number], closes[number])
    _check_copies(rows, start, np.where(missing, -1, stop))
    goes_on = missing | (stop > closes[number])
    stop = np.where(goes_on, closes[number], stop)
    _check_open(rows, number, start, missing)
    _check_overlaps(rows, number, start, stop)
    rows.note(missing, "end", "the end is missing", "the repair is censored at the window's end")
    rows.note(
        goes_on & ~missing,
        "end",
        "it ends after the window",
        "the repair is censored at the window's end",
    )
    rows.note(
        start < opens[number],
        "start",
        "it begins before the window",
        "its repair does not count; the time to the next failure begins at its end",
    )
    shown = zone if zone is not None or not zoned else datetime.UTC
    given = (begin is not None or bool(own), end is not None or bool(own))
    return StopLog(rows, names, number, start, stop, goes_on, opens, closes, given, shown)


# ------------------------------------------------------------------ rows


def _read_table(table: str | os.PathLike[str] | pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The name of the log, and its rows with a label for people."""
    if isinstance(table, pd.DataFrame):
        log_name, rows = OWNER, table.copy()
        labels: list[Any] = table.index.tolist()
    elif isinstance(table, (str, os.PathLike)):
        checks.path(OWNER, "table", table)
        log_name, rows = Path(table).name, _read_file(table)
        labels = list(range(2, len(rows) + 2))  # lines of the file; the first is the header
    else:
        rule = "it must be the path of a CSV file or a DataFrame"
        raise TypeError(checks.complain(OWNER, rule, table))
    rows.columns = [_heading(name) for name in rows.columns]
    named = rows.columns.tolist()
    for column in COLUMNS:
        if named.count(column) > 1:
            rule = f"column {column!r} must stand there once"
            raise ValueError(checks.complain(log_name, rule, named, "Rename the others."))
        if column not in named:
            cure = (
                f"A log needs {', '.join(COLUMNS)}: rename yours, "
                'table.rename(columns={"Asset": "equipment"}).'
            )
            rule = f"column {column!r} is missing"
            raise ValueError(checks.complain(log_name, rule, named, cure))
    rows = rows.reset_index(drop=True)
    rows["row"] = labels
    for column in ("equipment", "reason"):
        rows[column] = [_word(value) for value in rows[column].tolist()]
    if isinstance(table, (str, os.PathLike)):  # blank lines
        filled = rows[list(COLUMNS)].astype(str).apply(lambda column: column.str.strip() != "")
        rows = rows[filled.any(axis=1)].reset_index(drop=True)
    if rows.empty:
        raise ValueError(checks.complain(log_name, "it must have at least one row", 0))
    return log_name, rows


def _read_file(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The cells as text, separated by comma, semicolon or tab: whichever the header has most of."""
    text = files.text(path, most=MOST_MIB, cure=DECODE)
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    if max(map(header.count, SEPARATORS)) >= MOST_COLUMNS:
        rule = f"it must have at most {MOST_COLUMNS:,} columns"
        raise ValueError(checks.complain(Path(path).name, rule, header))
    try:
        # The header is read as a row: then no row may be longer, and no name is made up.
        cells = pd.read_csv(
            io.StringIO(text),
            sep=max(SEPARATORS, key=header.count),
            dtype=str,
            header=None,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        rule = f"it must be a table whose rows have the cells of the header ({error})"
        raise ValueError(checks.complain(Path(path).name, rule, header)) from error
    return cells[1:].set_axis(cells.iloc[0].tolist(), axis="columns")


def _heading(name: Any) -> Any:
    """The name of a column; those of the log may be written in any case."""
    folded = str(name).strip().casefold()
    return folded if folded in COLUMNS else name


def _word(value: Any) -> str:
    """A name, or "" where the cell is empty."""
    missing = not isinstance(value, str) and instants.is_missing(value)
    return "" if missing else str(value).strip()


def _named(dates: list[DateColumn]) -> Iterable[tuple[str, DateColumn]]:
    return zip(("start", "end"), dates, strict=True)


# ------------------------------------------------------------------ rules of one row


def _check_cells(rows: CheckedRows, start: DateColumn, end: DateColumn, *, mixed: bool) -> None:
    for column in ("equipment", "reason"):
        empty = (rows.table[column] == "").to_numpy(dtype=bool)
        rows.set_aside(empty, column, f"{column} must be named", "Name it, or drop the row.")
    cure = "A stop without a start cannot be used: look it up, or drop the row."
    rows.set_aside(start.missing, "start", "start must be given", cure)
    for column, dates in _named([start, end]):
        cure = (
            "Write 2021-09-03T14:05:00, with an offset such as +08:00 where it has one, or read "
            f'the column by pd.to_datetime(table["{column}"], format="%d.%m.%Y %H:%M").'
        )
        rows.set_aside(dates.unreadable, column, f"{column} must be a date of ISO 8601", cure)
    for column, dates in _named([start, end]):
        if mixed:
            bare = ~dates.zoned & ~dates.missing & ~dates.unreadable
            cure = 'Write its offset, or give the zone of those without: tz="Asia/Shanghai".'
            rows.set_aside(bare, column, f"{column} must have a time zone, as others have", cure)


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
    rule = "end must be later than start"
    cure = "Write times to the second; for a stop shorter than that add half a second."
    rows.set_aside(~missing & (end == start), "end", rule, cure)


def _check_window(
    rows: CheckedRows, start: Ints, end: Ints, missing: Bools, opens: Ints, closes: Ints
) -> None:
    cure = "Widen the window (begin, end), or drop the row."
    rows.set_aside(
        ~missing & (end <= opens), "end", "the stop must not end before the window", cure
    )
    late = start >= closes
    rows.set_aside(
        late & ~(missing & (start == closes)), "start", "the stop must begin in the window", cure
    )


# ------------------------------------------------------------------ rules between rows


def _check_copies(rows: CheckedRows, start: Ints, end: Ints) -> None:
    keys = pd.DataFrame({"start": start, "end": end}).join(rows.table[["equipment", "reason"]])
    valid = keys[rows.valid]
    first: dict[Any, int] = {}
    for k, key in zip(valid.index, valid.itertuples(index=False, name=None), strict=True):
        if key in first:
            rule = f"duplicate of row {rows.label(first[key])}"
            rows.set_aside_one(int(k), "start", rule, "Drop one of them.")
        else:
            first[key] = int(k)


def _check_open(rows: CheckedRows, number: Ints, start: Ints, missing: Bools) -> None:
    """Only the last stop of an equipment may lack its end."""
    last = np.full(int(number.max(initial=0)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, number[rows.valid], start[rows.valid])
    rule = "end must be given where the equipment stops again later"
    cure = "Look up when it ran again, or drop the row."
    rows.set_aside(missing & (start < last[number]), "end", rule, cure)


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
