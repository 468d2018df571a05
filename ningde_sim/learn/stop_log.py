"""A log of stops, read row by row: which equipment stopped from when to when, for what reason."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.toml import check_exists
from ningde_sim.learn import instants, observed
from ningde_sim.learn.instants import Bools, Dated, Ints
from ningde_sim.learn.observed import Moment
from ningde_sim.learn.sieve import OWNER, Sieve

COLUMNS = ("equipment", "start", "end", "reason")


@dataclass(frozen=True, eq=False)
class StopLog:
    """Stops of equipment inside the window in which it was observed.

    Attributes
    ----------
    sieve : Sieve
        All rows, and what was found in them.
    equipment : tuple of str
        All that was observed.
    number : int64 array, shape (n,)
        Which equipment each row is of; of living rows only.
    start, end : int64 arrays, shape (n,)
        Of living rows only. What goes on ends with the window. [ms since 1970]
    goes_on : bool array, shape (n,)
        Whether the end is that of the window.
    opens, closes : int64 arrays, shape (n_equipment,)
        When each was observed. [ms since 1970]
    asked : (bool, bool)
        Whether begin and end of the window were given.
    tz : tzinfo or None
        Of the clocks; None where no date has a zone.
    """

    sieve: Sieve
    equipment: tuple[str, ...]
    number: Ints
    start: Ints
    end: Ints
    goes_on: Bools
    opens: Ints
    closes: Ints
    asked: tuple[bool, bool]
    tz: datetime.tzinfo | None


def read(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    begin: Moment | None,
    end: Moment | None,
    tz: str | datetime.tzinfo | None,
    equipment: Iterable[str] | Mapping[str, tuple[Moment, Moment]] | None,
) -> StopLog:
    """Read a log; its faulty rows are in the sieve.

    Raises
    ------
    TypeError, ValueError
        No table, a column that is missing, no row, an unknown time zone, a window of no length.
    """
    clocks = instants.zone(OWNER, tz)
    sieve = Sieve(*_rows(table))
    dates = [instants.read(sieve.rows[column]) for column in ("start", "end")]
    zoned = bool(dates[0].zoned.any() or dates[1].zoned.any())
    _check_cells(sieve, *dates, mixed=zoned and clocks is None)
    start, stop = (_placed(sieve, column, dated, clocks) for column, dated in _named(dates))
    missing = dates[1].missing
    _check_order(sieve, start, stop, missing)
    names, number = observed.numbered(sieve, equipment)
    own = observed.own_windows(equipment, clocks, zoned)
    last = np.where(missing, start, stop)
    window = observed.window_of_all(sieve, begin, end, own, start, last, clocks, zoned)
    opens, closes = observed.clipped(names, own, window, clocks)
    _check_window(sieve, start, stop, missing, opens[number], closes[number])
    _check_copies(sieve, start, np.where(missing, -1, stop))
    goes_on = missing | (stop > closes[number])
    stop = np.where(goes_on, closes[number], stop)
    _check_open(sieve, number, start, missing)
    _check_overlaps(sieve, number, start, stop)
    sieve.note(missing, "end", "there is no end", "the repair goes on at the end of the window")
    sieve.note(
        goes_on & ~missing,
        "end",
        "it ends after the window",
        "the repair goes on at the end of the window",
    )
    sieve.note(
        start < opens[number],
        "start",
        "it begins before the window",
        "its repair does not count; the time to the next failure begins at its end",
    )
    shown = clocks if clocks is not None or not zoned else datetime.UTC
    asked = (begin is not None or bool(own), end is not None or bool(own))
    return StopLog(sieve, names, number, start, stop, goes_on, opens, closes, asked, shown)


# ------------------------------------------------------------------ rows


def _rows(table: str | os.PathLike[str] | pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """What to call the log, and its rows with the label by which people find them."""
    if isinstance(table, pd.DataFrame):
        where, rows = OWNER, table.copy()
        labels: list[Any] = table.index.tolist()
    elif isinstance(table, (str, os.PathLike)):
        where, rows = Path(table).name, _file(table)
        labels = list(range(2, len(rows) + 2))  # lines of the file; the first is the header
    else:
        rule = "it must be the path of a CSV file or a DataFrame"
        raise TypeError(checks.complain(OWNER, rule, table))
    rows.columns = [_heading(name) for name in rows.columns]
    for column in COLUMNS:
        if column not in rows.columns:
            cure = (
                f"It needs {', '.join(COLUMNS)}: rename what stands for them, "
                'table.rename(columns={"Asset": "equipment"}).'
            )
            rule = f"there must be a column {column!r}"
            raise ValueError(checks.complain(where, rule, list(rows.columns), cure))
    rows = rows.reset_index(drop=True)
    rows["row"] = labels
    for column in ("equipment", "reason"):
        rows[column] = [_word(value) for value in rows[column].tolist()]
    if isinstance(table, (str, os.PathLike)):  # blank lines
        told = rows[list(COLUMNS)].astype(str).apply(lambda column: column.str.strip() != "")
        rows = rows[told.any(axis=1)].reset_index(drop=True)
    if rows.empty:
        raise ValueError(checks.complain(where, "it must have at least one row", 0))
    return where, rows


def _file(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The cells of a file as words; comma, semicolon or tab: what its first line has most of."""
    check_exists(path)
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            header = file.readline()
        return pd.read_csv(
            path,
            sep=max(",;\t", key=header.count),
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except UnicodeDecodeError as error:
        cure = 'Read it by pd.read_csv(path, encoding="gb18030"), or whatever wrote it.'
        rule = "it must be text of UTF-8"
        raise ValueError(checks.complain(Path(path).name, rule, str(error), cure)) from error


def _heading(name: Any) -> Any:
    """Names of columns as they are, but those that are asked for in any case."""
    known = str(name).strip().casefold()
    return known if known in COLUMNS else name


def _word(value: Any) -> str:
    """A name; empty where there is none."""
    missing = not isinstance(value, str) and instants.is_missing(value)
    return "" if missing else str(value).strip()


def _named(dates: list[Dated]) -> Iterable[tuple[str, Dated]]:
    return zip(("start", "end"), dates, strict=True)


# ------------------------------------------------------------------ rules of one row


def _check_cells(sieve: Sieve, start: Dated, end: Dated, *, mixed: bool) -> None:
    for column in ("equipment", "reason"):
        empty = (sieve.rows[column] == "").to_numpy(dtype=bool)
        sieve.refuse(empty, column, f"{column} must be named", "Name it, or drop the row.")
    cure = "A stop without a start tells nothing: look it up, or drop the row."
    sieve.refuse(start.missing, "start", "there must be a start", cure)
    for column, dated in _named([start, end]):
        cure = (
            "Write 2021-09-03T14:05:00, with an offset such as +08:00 where it has one, or read "
            f'all by pd.to_datetime(table["{column}"], format="%d.%m.%Y %H:%M").'
        )
        sieve.refuse(dated.unreadable, column, f"{column} must be a date of ISO 8601", cure)
    for column, dated in _named([start, end]):
        if mixed:
            bare = ~dated.zoned & ~dated.missing & ~dated.unreadable
            cure = 'Give it one, or say tz="Asia/Shanghai" of those without.'
            sieve.refuse(bare, column, f"{column} must have a time zone, as others have", cure)


def _placed(sieve: Sieve, column: str, dated: Dated, tz: datetime.tzinfo | None) -> Ints:
    """Instants of a column. [ms since 1970]"""
    found = instants.placed(dated.at, dated.zoned, tz)
    rule = f"{column} must be a time that the clocks of {tz} showed"
    cure = "The clocks were put forward over it: correct it, or write its offset."
    sieve.refuse(found.skipped, column, rule, cure)
    rule = f"{column} must be a time that the clocks of {tz} showed only once"
    cure = "The clocks were put back over it: write its offset, such as +01:00."
    sieve.refuse(found.doubled, column, rule, cure)
    return found.ms


def _check_order(sieve: Sieve, start: Ints, end: Ints, missing: Bools) -> None:
    cure = "Swap the two, or correct one."
    sieve.refuse(~missing & (end < start), "end", "end must not be before start", cure)
    rule = "end must be later than start"
    cure = "Write times to the second; for a stop shorter than that add half a second."
    sieve.refuse(~missing & (end == start), "end", rule, cure)


def _check_window(
    sieve: Sieve, start: Ints, end: Ints, missing: Bools, opens: Ints, closes: Ints
) -> None:
    cure = "Widen the window (begin, end), or drop the row."
    sieve.refuse(
        ~missing & (end <= opens), "end", "the stop must not be over before the window", cure
    )
    late = start >= closes
    sieve.refuse(
        late & ~(missing & (start == closes)), "start", "it must begin in the window", cure
    )


# ------------------------------------------------------------------ rules between rows


def _check_copies(sieve: Sieve, start: Ints, end: Ints) -> None:
    keys = pd.DataFrame({"start": start, "end": end}).join(sieve.rows[["equipment", "reason"]])
    living = keys[sieve.alive]
    first: dict[Any, int] = {}
    for k, key in zip(living.index, living.itertuples(index=False, name=None), strict=True):
        if key in first:
            rule = f"no two rows may be equal, as this is to row {sieve.label(first[key])}"
            sieve.refuse_one(int(k), "start", rule, "Drop one of them.")
        else:
            first[key] = int(k)


def _check_open(sieve: Sieve, number: Ints, start: Ints, missing: Bools) -> None:
    """Only the last stop of an equipment may go on."""
    last = np.full(int(number.max(initial=0)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(last, number[sieve.alive], start[sieve.alive])
    rule = "there must be an end where the equipment stops again later"
    cure = "Look up when it ran again, or drop the row."
    sieve.refuse(missing & (start < last[number]), "end", rule, cure)


def _check_overlaps(sieve: Sieve, number: Ints, start: Ints, end: Ints) -> None:
    """Of one equipment and reason no two stops at one time."""
    reached: dict[tuple[int, str], int] = {}
    reasons = sieve.rows["reason"].tolist()
    for k in np.lexsort((end, start)):
        if not sieve.alive[k]:
            continue
        key = (int(number[k]), reasons[k])
        before = reached.get(key)
        if before is not None and start[k] < end[before]:
            rule = f"start must not be before the end of row {sieve.label(before)} of its kind"
            sieve.refuse_one(int(k), "start", rule, "Cut one of the two, or make them one.")
        else:
            reached[key] = int(k)
