"""Dates as plants write them: each form is read as what it says, or told with its cure."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
import pytest

from ningde_sim.learn import fit_downtime

MOMENTS = [pd.Timestamp(2021, 3, 25, 14, 5), pd.Timestamp(2021, 4, 1, 0, 30)]
"""Of which the first tells day from month."""

WINDOW = {"begin": "2021-03-20", "end": "2021-04-10"}


def starts(texts: list[Any], **options: Any) -> list[pd.Timestamp]:
    """When stops of ten minutes begin, by the hours between the begin and each of them."""
    table = pd.DataFrame({"equipment": [f"R{k}" for k in range(len(texts))], "reason": "tip"})
    table["start"] = pd.Series(texts, dtype=object)
    table["duration"] = 10
    options = WINDOW | options
    fitted = fit_downtime(table, **options)
    residual = [
        float(fitted.fits[f"R{k}", "tip"].times.uptimes.residual[0]) for k in range(len(texts))
    ]
    begin = pd.Timestamp(options["begin"]).tz_localize(None)
    return [begin + pd.Timedelta(hours=hours) for hours in residual]


def written(form: str) -> list[str]:
    return [moment.strftime(form) for moment in MOMENTS]


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S.000"),
        *("%d.%m.%Y %H:%M", "%d.%m.%y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d-%m-%Y %H:%M"),
        *("%m/%d/%Y %I:%M %p", "%m/%d/%y %I:%M:%S %p", "%d/%m/%Y, %I:%M%p", "%Y%m%dT%H%M"),
        *("%Y年%m月%d日 %H:%M", "%Y年%m月%d日%H时%M分", "%Y年%m月%d日 %H时%M分00秒"),
    ],
)
def test_dates_that_can_be_only_one_are_read(form: str) -> None:
    assert starts(written(form)) == MOMENTS


def test_months_and_days_of_one_digit() -> None:
    moments = [pd.Timestamp(2021, 4, 3, 8, 5), pd.Timestamp(2021, 3, 25, 8, 5)]
    for texts in (["3.4.2021 8:05", "25.3.2021 8:05"], ["4/3/2021 8:05", "3/25/2021 8:05"]):
        assert starts(texts) == moments
    assert starts(["2021-4-3 8:05", "2021/3/25 8:05"]) == moments


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("上午8:05", 8),
        ("下午8:05", 20),
        ("8:05 p.m.", 20),
        ("8:05AM", 8),
        ("12:05 am", 0),
        ("12:05 PM", 12),
    ],
)
def test_halves_of_the_day(text: str, hour: int) -> None:
    assert starts([f"2021/3/25 {text}"]) == [pd.Timestamp(2021, 3, 25, hour, 5)]


def test_midnight_may_be_the_end_of_a_day() -> None:
    assert starts(["25.03.2021 24:00"]) == [pd.Timestamp(2021, 3, 26)]


def test_which_comes_first_must_be_said_where_no_number_tells_it() -> None:
    texts = ["03/04/2021 08:00", "05/04/2021 08:00"]
    told = "dates must say whether the day or the month comes first, and none is above 12"
    with pytest.raises(ValueError, match=f"{told}, got '03/04/2021 08:00'.*dayfirst=True"):
        starts(texts)
    begin = {"begin": "2021-03-01", "end": "2021-06-01"}
    days = starts(texts, dayfirst=True, **begin)
    assert [(each.month, each.day) for each in days] == [(4, 3), (4, 5)]
    months = starts(texts, dayfirst=False, **begin)
    assert [(each.month, each.day) for each in months] == [(3, 4), (5, 4)]
    with pytest.raises(ValueError, match="all dates must have the day first, or all the month"):
        starts(["25/03/2021 08:00", "03/25/2021 08:00"])


@pytest.mark.parametrize("sign", ["/", "-"])
def test_a_year_of_two_digits_that_may_be_a_day_must_be_said(sign: str) -> None:
    texts = [f"21{sign}03{sign}25 14:05", f"21{sign}04{sign}01 00:30"]
    with pytest.raises(ValueError, match="dates must say which number is the year"):
        starts(texts)
    assert starts(texts, date_format=f"%y{sign}%m{sign}%d %H:%M") == MOMENTS


def test_whole_numbers_may_be_dates_if_said() -> None:
    days = [pd.Timestamp(2021, 3, 25), pd.Timestamp(2021, 4, 1)]
    with pytest.raises(ValueError, match='date_format="%Y%m%d"'):
        starts([20210325, 20210401])
    assert starts([20210325, 20210401], date_format="%Y%m%d") == days


def test_numbers_may_be_missing() -> None:
    table = pd.DataFrame({"equipment": ["R1", "R2"], "reason": "tip", "start": [44280.5, 44281.0]})
    table["end"] = [44280.75, float("nan")]
    found = fit_downtime(table, **WINDOW).table
    assert found["repair"][0] == pytest.approx(6 * 60)
    assert found["repair_censored"].tolist() == [0, 1]


def test_a_start_at_midnight_is_a_time_of_day() -> None:
    date = ["04.03.2021", "05.03.2021"]
    assert stops(["00:10", "00:20"], start=["00:00", "00:00"], date=date) == [10, 20]


def test_one_column_tells_it_for_the_other() -> None:
    table = pd.DataFrame({"equipment": ["R1"], "reason": ["tip"], "start": ["04/03/2021 23:50"]})
    table["end"] = ["13/03/2021 00:50"]
    fitted = fit_downtime(table, begin="2021-03-01", end="2021-04-01")
    assert fitted.table["repair"][0] == pytest.approx(60 * (8 * 24 + 1))


@pytest.mark.parametrize("kind", [float, str])
def test_days_of_spreadsheets(kind: type) -> None:
    """Day 44280 is 25 March 2021."""
    serials = [kind(44280 + (14 + 5 / 60) / 24), kind(44287 + 0.5 / 24)]
    found = starts(serials)
    assert [abs(a - b) < pd.Timedelta("1s") for a, b in zip(found, MOMENTS, strict=True)] == 2 * [
        True
    ]


@pytest.mark.parametrize("factor", [1, 1000])
def test_seconds_since_1970_are_of_utc(factor: int) -> None:
    numbers = [factor * round(moment.timestamp()) for moment in MOMENTS]
    zoned = {"begin": "2021-03-20T00:00Z", "end": "2021-04-10T00:00Z"}
    assert starts(numbers, **zoned) == MOMENTS
    assert starts([str(number) for number in numbers], **zoned) == MOMENTS


def test_a_format_may_be_said() -> None:
    assert starts(written("%d. %B %Y, %H.%M"), date_format="%d. %B %Y, %H.%M") == MOMENTS
    digits = "%Y%m%d%H%M%S"
    assert starts(written(digits), date_format=digits) == MOMENTS
    assert starts([int(text) for text in written(digits)], date_format=digits) == MOMENTS
    with pytest.raises(ValueError, match="column 'start' must have dates of the form '%d/%m'"):
        starts(written("%Y-%m-%d"), date_format="%d/%m")
    with pytest.raises(ValueError, match="dayfirst must be left out with a date_format"):
        starts(written("%Y-%m-%d"), date_format="%Y-%m-%d", dayfirst=True)


@pytest.mark.parametrize(
    ("form", "cure"),
    [
        ("%d %b %Y %H:%M", '%d %b %Y %H:%M"'),
        ("%b %d, %Y %I:%M %p", '%b %d, %Y %I:%M %p"'),
        ("on %d of %m", '%d.%m.%Y %H:%M", with the signs'),
        ("%H:%M", 'need a column "date"'),
        ("%Y%m%d%H%M%S", '%Y%m%d%H%M%S"'),
    ],
)
def test_a_column_that_fails_as_a_whole_is_one_line_with_the_format(form: str, cure: str) -> None:
    with pytest.raises(ValueError, match="column 'start' must have dates, none of its 2") as caught:
        starts(written(form))
    assert cure in str(caught.value)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------ times of day


def stops(ends: list[Any], **columns: Any) -> list[float]:
    """Lengths of two stops, of R1 and R2. [min]"""
    table = pd.DataFrame({"equipment": ["R1", "R2"], "reason": "tip", **columns})
    table["end"] = pd.Series(ends, dtype=object)
    found = fit_downtime(table, begin="2021-03-01", end="2021-04-01").table
    return [round(each, 6) for each in found["repair"].tolist()]


def test_an_end_may_be_a_time_of_day_past_midnight() -> None:
    start = ["2021-03-04 22:50", "2021-03-05 08:00"]
    assert stops(["01:10", "08:20"], start=start) == [140, 20]
    assert stops([datetime.time(1, 10), datetime.time(8, 20)], start=start) == [140, 20]
    assert stops(["1:10 AM", "8:20 AM"], start=start) == [140, 20]


def test_a_start_may_be_a_time_of_the_day_in_another_column() -> None:
    date, start = ["04.03.2021", "05.03.2021"], ["22:50", "08:00"]
    assert stops(["01:10", "08:20"], start=start, date=date) == [140, 20]
    table = {"Tag": date, "Beginn": start}
    frame = pd.DataFrame(
        {"equipment": ["R1", "R2"], "reason": "tip", **table, "end": ["01:10", "08:20"]}
    )
    columns = {"date": "Tag", "start": "Beginn"}
    found = fit_downtime(frame, columns=columns, begin="2021-03-01", end="2021-04-01").table
    assert found["repair"].tolist() == pytest.approx([140, 20])


def test_a_time_of_day_after_a_start_in_another_zone_is_not_guessed() -> None:
    start = ["2021-03-04T22:50+08:00", "2021-03-05T08:00+08:00"]
    with pytest.raises(ValueError, match="column 'end' must have dates"):
        stops(["01:10", "08:20"], start=start)


@pytest.mark.parametrize(
    "text",
    [
        *("2021-02-30", "31.02.2021", "2021/13/01", "25.03.2021 25:00", "25.03.2021 08:60"),
        *("25.03.2021 13:05 PM", "25.03.2021 0:05 AM", "25.03.2021 soon", "1.2.3", "25.03.021"),
        *("25.03/2021", "25.03.2021 8:", "25.03.2021 8:5", "25.03.2021 08:05:", "٢٥.٠٣.٢٠٢١"),
    ],
)
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"faulty rows: 1\.") as caught:
        starts([*written("%d.%m.%Y %H:%M"), text])
    assert f"row 2 (R2, tip): start must be a date, got {text!r}" in str(caught.value)
