"""Start and end of each stop, in the many ways in which plants write dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn import instants
from ningde_sim.learn.instants import DateColumn, is_missing
from ningde_sim.learn.row_checks import CheckedRows

HALF = r"[ap]\.?m\.?|上午|下午"
"""Of a day of twice twelve hours."""

TIME = re.compile(
    rf"(?P<before>{HALF})?\s*(?P<h>\d{{1,2}})"
    r"(?::(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?"
    r"|\s*[时點点]\s*(?:(?P<minute>\d{1,2})\s*分?\s*(?:(?P<second>\d{1,2})\s*秒?)?)?)"
    rf"\s*(?P<after>{HALF})?",
    re.IGNORECASE | re.ASCII,
)
DATE = re.compile(
    r"(?P<a>\d{1,4})\s*(?P<sign>[./\-年])\s*(?P<b>\d{1,2})\s*(?:(?P=sign)|月)\s*(?P<c>\d{1,4})\s*日?",
    re.ASCII,
)
NUMBER = re.compile(r"(?!\d{8}$)\d{5,13}([.,]\d{1,12})?", re.ASCII)

EXCEL = datetime.datetime(1899, 12, 30)
"""Day 0 of the dates of spreadsheets, from 1 March 1900 on."""

UNREADABLE = "no date"
"""What stands in place of what is not written as said."""

FORMATS = (
    *("%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M"),
    *("%d %B %Y %H:%M", "%d. %B %Y %H:%M", "%b %d, %Y %I:%M %p", "%b %d %Y %H:%M"),
    *("%b %d, %Y %H:%M", "%a %b %d %H:%M:%S %Y", "%d-%b-%y %H:%M", "%d%b%Y %H:%M"),
    *("%Y%m%d", "%Y%m%d %H%M%S", "%Y%m%d %H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%m/%d/%Y %I:%M%p"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%H:%M %d.%m.%Y"),
    *("%d.%m.%Y %H.%M", "%Y.%m.%d-%H:%M:%S", "%Y-%m-%d_%H-%M-%S"),
)
"""What is proposed for a column of which no date can be read."""


@dataclass(frozen=True)
class Style:
    """How the dates of a log are to be read.

    Attributes
    ----------
    date_format : str or None
        As of `datetime.strptime`; None reads what can be only one date.
    dayfirst : bool or None
        Whether 03/04/2021 is in April; None where the columns themselves tell it.
    slashes : bool or None
        The same, as the columns tell it: of dates with slashes or hyphens. Dots mean day first.
    """

    date_format: str | None = None
    dayfirst: bool | None = None
    slashes: bool | None = None

    def day_comes_first(self, sign: str) -> bool:
        """Of a date with this sign between its parts, of which the first is no year."""
        if self.dayfirst is not None:
            return self.dayfirst
        return sign == "." or bool(self.slashes)


def read_dates(rows: CheckedRows, style: Style) -> tuple[DateColumn, DateColumn | None]:
    """The columns of starts and of ends, if there is one.

    An end that is a time of day is the first such time after the start, on the next day if need
    be; a start that is one belongs to the day in the column "date".

    Raises
    ------
    ValueError
        Nothing in a column is a date; it may be of two orders; `date_format` has a fault.
    """
    table = rows.table
    names = [name for name in ("start", "end") if name in table.columns]
    values = {name: table[name].tolist() for name in names}
    days = [None] * len(table)
    if "date" in table.columns and any(_time_of_day(each) is not None for each in values["start"]):
        names, values = ["date", *names], {"date": table["date"].tolist(), **values}
    if style.dayfirst is None and style.date_format is None:
        style = replace(style, slashes=_told(rows.log_name, values))
    if "date" in values:
        days = _read(rows.log_name, "date", table["date"], style, days).at.tolist()
    start = _read(rows.log_name, "start", table["start"], style, days)
    if "end" not in names:
        return start, None
    days = np.where(start.zoned, np.datetime64("NaT"), start.at).tolist()  # else not local time
    return start, _read(rows.log_name, "end", table["end"], style, days)


def _read(
    log_name: str, name: str, column: pd.Series[Any], style: Style, days: Sequence[Any]
) -> DateColumn:
    """A column; what is a time of day comes after the instant that `days` has for it."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return instants.read(column)
    values = column.tolist()
    read = (_numbers(values) if style.date_format is None else None) or partial(_date, style)
    dates = instants.read(
        pd.Series(
            [
                None if is_missing(value) else read(value, day)
                for value, day in zip(values, days, strict=True)
            ],
            dtype=object,
        )
    )
    filled = ~dates.missing
    if filled.any() and dates.unreadable[filled].all():
        raise ValueError(_no_dates(log_name, name, [v for v in values if not is_missing(v)], style))
    return dates


def _date(style: Style, value: Any, day: Any) -> Any:
    """A date; the value itself where it is one already, or none."""
    if style.date_format is not None and isinstance(value, (str, int)):
        try:
            return datetime.datetime.strptime(str(value).strip(), style.date_format)
        except ValueError:
            return UNREADABLE if _time_of_day(value) is None else _after(value, day)
    if _time_of_day(value) is not None:
        return _after(value, day)
    if not isinstance(value, str):
        return value
    text = value.strip()
    found = DATE.match(text)
    if not found or instants.of_iso(text) is not None:
        return value
    rest = text[found.end() :].lstrip(" ,T\t\u3000")
    time = datetime.timedelta() if not rest else _time_of_day(rest)
    a, b, c = (int(found[part]) for part in "abc")
    if len(found["a"]) == 4:
        year, month, day_of_month = a, b, c
    else:
        day_of_month, month = (a, b) if style.day_comes_first(found["sign"]) else (b, a)
        year = c if len(found["c"]) == 4 else c + (2000 if c < 70 else 1900)
        if len(found["c"]) not in (2, 4):
            return value
    try:
        midnight = datetime.datetime(year, month, day_of_month)
        return value if time is None else midnight + time
    except (ValueError, OverflowError):
        return value


# ------------------------------------------------------------------ times of day


def _time_of_day(value: Any) -> datetime.timedelta | None:
    """The time since midnight that a value says, or None."""
    if isinstance(value, datetime.time) and value.tzinfo is None:
        since = datetime.datetime.combine(EXCEL, value) - EXCEL
        return since if since < datetime.timedelta(days=1) else None
    if not isinstance(value, str):
        return None
    found = TIME.fullmatch(value.strip())
    if not found:
        return None
    hour, minute, second = (
        int(found[one] or found[other] or 0)
        for one, other in (("h", "h"), ("m", "minute"), ("s", "second"))
    )
    half = (found["before"] or found["after"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half in ("pm", "下午"))
    whole = hour == 24 and minute == second == 0
    if (hour > 23 and not whole) or minute > 59 or second > 59:
        return None
    micro = int((found["f"] or "0").ljust(6, "0")[:6])
    return datetime.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _after(value: Any, day: Any) -> Any:
    """The first instant of a time of day that is not before another instant."""
    time = _time_of_day(value)
    if day is None or pd.isna(day) or time is None:
        return value
    since = pd.Timestamp(day).to_pydatetime()
    at = datetime.datetime.combine(since.date(), datetime.time()) + time
    return at if at >= since else at + datetime.timedelta(days=1)


# ------------------------------------------------------------------ numbers


def _numbers(values: Sequence[Any]) -> Any:
    """How to read a column of numbers: days of spreadsheets, seconds or ms since 1970; or None."""
    found = [_number(value) for value in values if not is_missing(value)]
    if not found or any(each is None for each in found):
        return None
    low, high = min(found), max(found)  # type: ignore[type-var]
    for least, most, unit in ((2e4, 8e4, "days"), (1e9, 5e9, "seconds"), (1e12, 5e12, "ms")):
        if least <= low and high < most:  # type: ignore[operator]
            return lambda value, _, unit=unit: _counted(_number(value), unit)
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return float(value.replace(",", "."))
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return float(value) if number else None


def _counted(number: float | None, unit: str) -> datetime.datetime | None:
    """The date that a number is; those since 1970 are of UTC."""
    if number is None:
        return None
    if unit == "days":
        return EXCEL + datetime.timedelta(milliseconds=round(number * 86_400_000))
    seconds = number / 1e3 if unit == "ms" else number
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


# ------------------------------------------------------------------ which comes first


def _told(log_name: str, values: dict[str, list[Any]]) -> bool | None:
    """Whether the day comes first in dates with slashes or hyphens; None if there are none.

    A number above 12 tells it.
    """
    days: dict[bool, str] = {}
    unclear = ""
    short: list[tuple[int, str]] = []  # of years of two digits, the first number
    for column in values.values():
        for value in column:
            found = DATE.match(value.strip()) if isinstance(value, str) else None
            if not found or found["sign"] not in "/-" or len(found["a"]) > 2:
                continue
            a, b = int(found["a"]), int(found["b"])
            if len(found["c"]) < 4:
                short.append((a, value))
            if a > 12 >= b:
                days.setdefault(True, value)
            elif b > 12 >= a:
                days.setdefault(False, value)
            elif a != b:
                unclear = unclear or value
    if short and min(short)[0] > 12:
        rule = "dates must say which number is the year, and the first is always above 12"
        cure = 'Say it: date_format="%d/%m/%y" or date_format="%y/%m/%d".'
        raise ValueError(checks.complain(log_name, rule, short[0][1], cure))
    if len(days) == 2:
        rule = "all dates must have the day first, or all the month"
        got = f"{days[True]} and {days[False]}"
        cure = "Write one kind, or read the columns by pd.to_datetime."
        raise ValueError(checks.complain(log_name, rule, got, cure))
    if not days and unclear:
        rule = "dates must say whether the day or the month comes first, and none is above 12"
        cure = "Say it: dayfirst=True or dayfirst=False."
        raise ValueError(checks.complain(log_name, rule, unclear, cure))
    return next(iter(days), None)


def _no_dates(log_name: str, name: str, values: Sequence[Any], style: Style) -> str:
    """The complaint about a column in which nothing is a date, with the format that fits."""
    if style.date_format is not None:
        rule = f"column {name!r} must have dates of the form {style.date_format!r}"
        return checks.complain(log_name, rule, values[0], "See datetime.strptime for its signs.")
    cure = 'Say how: date_format="%d.%m.%Y %H:%M", with the signs of datetime.strptime.'
    for each in FORMATS:
        if all(_fits(value, each) for value in values):
            cure = f'Say how: date_format="{each}".'
            break
    if all(_time_of_day(value) is not None for value in values):
        cure = 'Times of day need a column "date", or columns={"date": "..."}.'
    rule = f"column {name!r} must have dates, none of its {len(values):,} can be read"
    return checks.complain(log_name, rule, values[0], cure)


def _fits(value: Any, date_format: str) -> bool:
    try:
        datetime.datetime.strptime(str(value).strip(), date_format)
    except ValueError:
        return False
    return True
