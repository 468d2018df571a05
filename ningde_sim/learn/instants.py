"""Dates as people log them, as instants in whole milliseconds."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from ningde_sim._support import checks

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Dates = np.ndarray[Any, np.dtype[np.datetime64]]

OPEN_WORDS = ("", "nan", "nat", "none", "null")
"""How files say that there is no date."""

OPEN_YEAR = 9999
"""From this year on a date says that there is none yet, as databases do."""

_NONE = np.datetime64("NaT", "us")


@dataclass(frozen=True, eq=False)
class Dated:
    """A column of dates as they were read, arrays of shape (n,).

    Attributes
    ----------
    at : datetime64[us]
        In UTC where the date has a zone, else as the clock on the wall shows it.
    zoned : bool
        Whether it has a zone.
    missing, unreadable : bool
        Whether there is none, and whether it is no date.
    """

    at: Dates
    zoned: Bools
    missing: Bools
    unreadable: Bools


def zone(owner: str, name: str | datetime.tzinfo | None) -> datetime.tzinfo | None:
    """The time zone of a name, such as "Asia/Shanghai".

    Raises
    ------
    TypeError, ValueError
        It is no name, or no zone has it.
    """
    if name is None or isinstance(name, datetime.tzinfo):
        return name
    checks.text(owner, "tz", name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cure = 'Names are those of the IANA data base: "Asia/Shanghai", "Europe/Berlin", "UTC".'
        rule = "tz must be a known time zone"
        raise ValueError(checks.complain(owner, rule, name, cure)) from None


def read(column: pd.Series[Any]) -> Dated:
    """The dates of a column: ISO 8601 text, dates of Python, numpy or pandas."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        zoned, column = True, column.dt.tz_convert("UTC").dt.tz_localize(None)
    elif pd.api.types.is_datetime64_dtype(column.dtype):
        zoned = False
    else:
        return _read_each(column)
    at = column.to_numpy(dtype="datetime64[us]")
    missing = np.isnat(at) | (at >= np.datetime64(f"{OPEN_YEAR}", "us"))
    n = len(at)
    return Dated(at, np.full(n, zoned) & ~missing, missing, np.zeros(n, dtype=bool))


def _read_each(column: pd.Series[Any]) -> Dated:
    n = len(column)
    found = Dated(np.full(n, _NONE), *(np.zeros(n, dtype=bool) for _ in range(3)))
    for k, value in enumerate(column.tolist()):
        date = None if is_missing(value) else _date(value)
        if is_missing(value) or (date is not None and date.year >= OPEN_YEAR):
            found.missing[k] = True
        elif date is None:
            found.unreadable[k] = True
        else:
            found.at[k], found.zoned[k] = _plain(date), date.tzinfo is not None
    return found


def is_missing(value: Any) -> bool:
    """Whether a cell says that there is nothing."""
    if isinstance(value, str):
        return value.strip().casefold() in OPEN_WORDS
    return value is None or value is pd.NaT or value is pd.NA or bool(value != value)


def _date(value: object) -> datetime.datetime | None:
    """One date; None where it is none."""
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):  # those of pandas too
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, np.datetime64):
        moment = pd.Timestamp(value)
        return None if pd.isna(moment) else moment.to_pydatetime(warn=False)
    return None


def _plain(date: datetime.datetime) -> np.datetime64:
    if date.tzinfo is not None:
        date = date.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(date.isoformat(), "us")


@dataclass(frozen=True, eq=False)
class Placed:
    """Instants, and the local times that name none or two, arrays of shape (n,).

    Attributes
    ----------
    ms : int64
        Since 1970, in UTC, or by the wall where no zone is known. [ms]
    skipped, doubled : bool
        Whether the clocks skipped that time, or showed it twice.
    """

    ms: Ints
    skipped: Bools
    doubled: Bools


def placed(at: Dates, zoned: Bools, tz: datetime.tzinfo | None) -> Placed:
    """Dates as instants, those without a zone as local times of `tz`."""
    at, n = at.copy(), len(at)
    skipped, doubled = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    local = np.flatnonzero(~zoned & ~np.isnat(at))
    if tz is not None and len(local):
        wall = pd.DatetimeIndex(at[local].astype("datetime64[ns]"))
        there = wall.tz_localize(tz, ambiguous="NaT", nonexistent="shift_forward")
        doubled[local] = there.isna()
        there = wall.tz_localize(tz, ambiguous=np.ones(len(wall), bool), nonexistent="NaT")
        skipped[local] = there.isna()
        utc = there.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[us]")
        at[local] = np.where(np.isnat(utc), at[local], utc)
    at[np.isnat(at)] = np.datetime64(0, "us")
    return Placed(at.astype("datetime64[ms]").astype(np.int64), skipped, doubled)


def told(ms: int, tz: datetime.tzinfo | None) -> str:
    """An instant in words, to the second, by the clocks of `tz`."""
    moment = pd.Timestamp(ms, unit="ms")
    if tz is not None:
        moment = moment.tz_localize("UTC").tz_convert(tz)
    return str(moment.isoformat(sep=" ", timespec="seconds"))
