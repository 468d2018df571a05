"""Dates as people write them, turned into instants in whole milliseconds."""

from __future__ import annotations

import datetime
import decimal
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.units import MS_PER_MIN

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Dates = np.ndarray[Any, np.dtype[np.datetime64]]

NO_DATE = ("", "nan", "nat", "none", "null")
"""What files write where there is no date."""

OPEN_YEAR = 9999
"""From this year on a date means none yet, as in databases."""

FIRST_YEAR = 1900
"""A date before stands for none, too, but says so in many ways: it is told."""

_NONE = np.datetime64("NaT", "us")


@dataclass(frozen=True, eq=False)
class DateColumn:
    """A column of dates as they were read, arrays of shape (n,).

    Attributes
    ----------
    at : datetime64[us]
        In UTC where the date has a zone, else in local time.
    zoned : bool
        Whether the date has a zone.
    missing, unreadable : bool
        Whether the cell is empty, and whether it is not a date.
    """

    at: Dates
    zoned: Bools
    missing: Bools
    unreadable: Bools


def zone(owner: str, name: str | datetime.tzinfo | None) -> datetime.tzinfo | None:
    """The time zone with a name such as "Asia/Shanghai".

    Raises
    ------
    TypeError, ValueError
        It is not a text, or an unknown zone.
    """
    if name is None or isinstance(name, datetime.tzinfo):
        return name
    checks.text(owner, "tz", name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cure = 'Take a name of the IANA data base: "Asia/Shanghai", "Europe/Berlin", "UTC".'
        rule = "tz must be a known time zone"
        raise ValueError(checks.complain(owner, rule, name, cure)) from None


def read(column: pd.Series[Any]) -> DateColumn:
    """Read a column: ISO 8601 text, or dates of Python, numpy or pandas."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        zoned, column = True, column.dt.tz_convert("UTC").dt.tz_localize(None)
    elif pd.api.types.is_datetime64_dtype(column.dtype):
        zoned = False
    else:
        return _read_each(column)
    at = column.to_numpy(dtype="datetime64[us]")
    missing = np.isnat(at) | (at >= np.datetime64(f"{OPEN_YEAR}", "us"))
    n = len(at)
    return DateColumn(at, np.full(n, zoned) & ~missing, missing, np.zeros(n, dtype=bool))


def _read_each(column: pd.Series[Any]) -> DateColumn:
    n = len(column)
    dates = DateColumn(np.full(n, _NONE), *(np.zeros(n, dtype=bool) for _ in range(3)))
    for k, value in enumerate(column.tolist()):
        date = None if is_missing(value) else _date(value)
        if is_missing(value) or (date is not None and date.year >= OPEN_YEAR):
            dates.missing[k] = True
        elif date is None or date.year < FIRST_YEAR:
            dates.unreadable[k] = True
        else:
            dates.at[k], dates.zoned[k] = _plain(date), date.tzinfo is not None
    return dates


def is_missing(value: Any) -> bool:
    """Whether a cell is empty, or holds a word for that."""
    if isinstance(value, str):
        return value.strip().casefold() in NO_DATE
    return value is None or value is pd.NaT or value is pd.NA or bool(value != value)


def _date(value: object) -> datetime.datetime | None:
    """The date that a value holds, or None."""
    if isinstance(value, str):
        return of_iso(value)
    if isinstance(value, datetime.datetime):  # those of pandas too
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, np.datetime64):
        moment = pd.Timestamp(value)
        return None if pd.isna(moment) else moment.to_pydatetime(warn=False)
    return None


def of_iso(text: str) -> datetime.datetime | None:
    """The date that a text of ISO 8601 says, or None."""
    try:
        return datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _plain(date: datetime.datetime) -> np.datetime64:
    if date.tzinfo is not None:
        date = date.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(date.isoformat(), "us")


def duration(value: Any) -> float | None:
    """A length of time [ms], or None: minutes, text such as 1:02:30, or an object of Python."""
    if isinstance(value, (datetime.timedelta, np.timedelta64)):
        length = pd.Timedelta(value)
        return None if pd.isna(length) else length.total_seconds() * 1e3
    if isinstance(value, datetime.time):  # as spreadsheets read 0:12:30
        since = datetime.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        return since.total_seconds() * 1e3
    if isinstance(value, str):
        parts = re.fullmatch(r"(\d{1,6}):([0-5]\d):([0-5]\d)", value.strip(), re.ASCII)
        if parts:
            h, m, s = map(int, parts.groups())
            return 1e3 * (3600 * h + 60 * m + s)
        if not re.fullmatch(r"[+-]?\d{1,12}([.,]\d{1,9})?", value.strip(), re.ASCII):
            return None
        if re.search(r",\d{3}$", value.strip()):  # 1,234 may be a thousand
            return None
        return float(value.replace(",", ".")) * MS_PER_MIN
    number = isinstance(value, (int, float, np.number, decimal.Decimal))
    if number and not isinstance(value, bool):
        try:
            minutes = float(value)
        except OverflowError:
            return None
        return minutes * MS_PER_MIN if abs(minutes) < 1e12 else None
    return None


@dataclass(frozen=True, eq=False)
class Instants:
    """Instants, with the local times that name none or two of them, arrays of shape (n,).

    Attributes
    ----------
    ms : int64
        Since 1970, in UTC, or in local time where the zone is unknown. [ms]
    skipped, doubled : bool
        Whether the clocks skipped the local time, or showed it twice.
    """

    ms: Ints
    skipped: Bools
    doubled: Bools


def to_instants(at: Dates, zoned: Bools, tz: datetime.tzinfo | None) -> Instants:
    """The instants of dates, with those without a zone as local times of `tz`."""
    at, n = at.copy(), len(at)
    skipped, doubled = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    local = np.flatnonzero(~zoned & ~np.isnat(at))
    if tz is not None and len(local):
        naive = pd.DatetimeIndex(at[local].astype("datetime64[ns]"))
        aware = naive.tz_localize(tz, ambiguous="NaT", nonexistent="shift_forward")
        doubled[local] = aware.isna()
        aware = naive.tz_localize(tz, ambiguous=np.ones(len(naive), bool), nonexistent="NaT")
        skipped[local] = aware.isna()
        utc = aware.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[us]")
        at[local] = np.where(np.isnat(utc), at[local], utc)
    at[np.isnat(at)] = np.datetime64(0, "us")
    return Instants(at.astype("datetime64[ms]").astype(np.int64), skipped, doubled)


def text(ms: int, tz: datetime.tzinfo | None) -> str:
    """An instant as text, to the second, in local time of `tz`."""
    moment = pd.Timestamp(ms, unit="ms")
    if tz is not None:
        moment = moment.tz_localize("UTC").tz_convert(tz)
    return str(moment.isoformat(sep=" ", timespec="seconds"))
