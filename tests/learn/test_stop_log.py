"""Faulty rows of a log: each is named with rule, value and cure, or set aside and listed."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import WorkingTime
from ningde_sim.learn import Downtime, fit_downtime

WEEK = {"begin": "2021-03-01", "end": "2021-03-08"}
GOOD = [
    ("R1", "2021-03-01 08:00", "2021-03-01 08:10", "tip"),
    ("R1", "2021-03-03 08:00", "2021-03-03 08:20", "tip"),
    ("R2", "2021-03-02 10:00", "2021-03-02 10:30", "tip"),
]


def log(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["equipment", "start", "end", "reason"])


def report(table: Any, **options: Any) -> Downtime:
    return fit_downtime(table, on_problem="report", **WEEK | options)


FAULTS = [
    (("", "2021-03-04 08:00", "2021-03-04 09:00", "tip"), "equipment must be named, got ''"),
    ((None, "2021-03-04 08:00", "2021-03-04 09:00", "tip"), "equipment must be named, got ''"),
    (("R1", "2021-03-04 08:00", "2021-03-04 09:00", " "), "reason must be named, got ''"),
    (("R1", None, "2021-03-04 09:00", "tip"), "start must be given, got ''"),
    (("R1", "March 4th", "2021-03-04 09:00", "tip"), "start must be a date, got"),
    (("R1", "2021-03-04 08:00", "soon", "tip"), "end must be a date, got 'soon'"),
    (("R1", "2021-03-04 08:00", 7, "tip"), "end must be a date, got '7'"),
    (("R1", "2021-03-04 08:00", "2021-03-04 07:00", "tip"), "end must not be before start, got"),
    (("R1", "2021-03-01 08:00", "2021-03-01 08:10", "tip"), "duplicate of row 0, got"),
    (("R1", "2021-03-02 08:00", "", "tip"), "end must be given where the equipment stops again"),
    (("R1", "2021-03-03 08:10", "2021-03-03 09:00", "tip"), "before the end of row 1, the same"),
]

COVERED = [
    ("R1", "2021-03-04 08:00", "2021-03-04 08:10", "tip"),
    ("R1", "2021-03-04 08:05", "2021-03-04 12:00", "arm"),
    ("R1", "2021-03-04 09:00", "2021-03-04 09:10", "tip"),
]

STANDS = {"reason must be named": 60, "before the end of row 1, the same": 40}
"""Minutes in which a row that was set aside shows that its equipment stood."""


@pytest.mark.parametrize(("row", "text"), FAULTS)
def test_a_faulty_row_is_refused_with_the_rule(row: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ValueError, match=r"faulty rows: 1\.") as caught:
        fit_downtime(log(*GOOD, row), **WEEK)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("  row 3")
    assert text in lines[1]
    assert lines[1].rstrip().endswith(".")  # a cure


@pytest.mark.parametrize(("row", "text"), FAULTS)
def test_a_faulty_row_is_set_aside_and_listed_on_request(row: tuple[Any, ...], text: str) -> None:
    """The result is the same as without the row, but its time does not turn into working time."""
    downtime, without = report(log(*GOOD, row)), fit_downtime(log(*GOOD), **WEEK)
    stood = next((minutes for rule, minutes in STANDS.items() if rule in text), 0)
    if stood and row[0] == "R1":
        expected = without.table["uptime"][0] - stood / 60 / 2  # of two failures
        assert downtime.table["uptime"][0] == pytest.approx(expected)
        assert downtime.table["repair"].tolist() == without.table["repair"].tolist()
    else:
        pd.testing.assert_frame_equal(downtime.table, without.table)
        assert downtime.failures == without.failures
    (problem,) = downtime.problems.to_dict("records")
    assert (problem["row"], problem["done"]) == (3, "set aside")
    assert problem["problem"] in text or text.partition(", got")[0] in problem["problem"]
    assert without.problems.empty


def test_a_stop_under_another_is_set_aside_with_the_row_that_covers_it() -> None:
    with pytest.raises(ValueError, match=r"faulty rows: 1\.") as caught:
        fit_downtime(log(*GOOD, *COVERED), **WEEK)
    assert "row 5 (R1, tip): the equipment must have run since its last stop" in str(caught.value)
    assert "Row 4 covers the time between" in str(caught.value)
    table = report(log(*GOOD, *COVERED)).table.set_index("reason")
    assert table.loc["arm", "n"] == 1
    hours = 7 * 24 - (10 + 20 + 4 * 60) / 60
    assert table.loc["arm", "uptime"] == pytest.approx(hours)


# ------------------------------------------------------------------ stops that touch


@pytest.mark.parametrize("second", ["08:20:00", "08:20:01"])
def test_stops_that_touch_are_one(second: str) -> None:
    """Cut at a change of shift: one stop of an hour, not one of 20 and one of 40 minutes."""
    rows = [*GOOD, ("R1", f"2021-03-03 {second}", "2021-03-03 09:00", "tip")]
    downtime = fit_downtime(log(*rows), **WEEK)
    (row,) = downtime.table[downtime.table["equipment"] == "R1"].to_dict("records")
    assert (row["n"], row["repair"]) == (2, pytest.approx((10 + 60) / 2))
    (problem,) = downtime.problems.to_dict("records")
    assert problem["problem"] == "it begins where row 1 ends, the same reason"
    assert (problem["row"], problem["done"]) == (3, "one stop with row 1")


def test_a_chain_of_stops_is_one_and_may_go_on() -> None:
    at = pd.date_range("2021-03-07", periods=5, freq="6h").strftime("%Y-%m-%d %H:%M").tolist()
    rows = [("R1", a, b, "tip") for a, b in zip(at, [*at[1:], None], strict=True)]
    (row,) = fit_downtime(log(*rows), **WEEK).table.to_dict("records")
    assert (row["n"], row["repair_censored"], row["uptime"]) == (1, 1, pytest.approx(6 * 24))


def test_stops_touch_across_closed_hours() -> None:
    """From before six to after ten in the evening of the shifts from 6 to 22: one repair."""
    rows = [
        ("R1", "2021-03-02 21:30", "2021-03-02 22:00", "tip"),
        ("R1", "2021-03-03 06:00", "2021-03-03 06:15", "tip"),
    ]
    shifts = WorkingTime([(6, 22)], every=24)
    (row,) = fit_downtime(log(*rows), working_time=shifts, **WEEK).table.to_dict("records")
    assert (row["n"], row["repair"]) == (1, pytest.approx(45))
    assert fit_downtime(log(*rows), **WEEK).table["n"].tolist() == [2]


def test_short_restarts_are_none_if_asked() -> None:
    rows = [*GOOD, ("R1", "2021-03-03 08:22", "2021-03-03 08:30", "tip")]
    apart, joined = (fit_downtime(log(*rows), join=join, **WEEK).table for join in (1, 2))
    assert apart["n"].tolist() == [3, 1]
    assert joined["n"].tolist() == [2, 1]
    assert joined["repair"][0] == pytest.approx((10 + 30) / 2)
    with pytest.raises(ValueError, match="join must be"):
        fit_downtime(log(*rows), join=-1)


def test_stops_for_other_reasons_or_of_other_equipment_do_not_touch() -> None:
    rows = [
        *GOOD,
        ("R1", "2021-03-03 08:20", "2021-03-03 09:00", "arm"),
        ("R2", "2021-03-03 08:20", "2021-03-03 09:00", "tip"),
    ]
    assert fit_downtime(log(*rows), **WEEK).table["n"].tolist() == [1, 2, 2]


def test_overlaps_of_reasons_are_told_with_their_hours() -> None:
    """100 stops of ten minutes, each under two names."""
    at = pd.Timestamp("2021-03-01 01:00") + pd.Timedelta("1h") * np.arange(100)
    ten = pd.Timedelta("10min")
    once = pd.DataFrame({"equipment": "M", "start": at, "end": at + ten, "reason": "jam"})
    twice = pd.concat([once, once.assign(reason="feeder")])
    text = " ".join(str(fit_downtime(twice.reset_index(drop=True), **WEEK)).split())
    assert "its repairs take 33.3 h where it stood for 16.7 h; if they are one, keep one" in text
    assert "for two reasons" not in str(fit_downtime(once, **WEEK))


# ------------------------------------------------------------------ the window, the clock


def test_rows_outside_of_the_window_are_left_out_and_counted() -> None:
    outside = [
        ("R1", "2021-02-04 08:00", "2021-02-04 09:00", "tip"),
        ("R1", "2021-02-28 08:00", "2021-03-01 00:00", "tip"),
        ("R2", "2021-03-08 00:00", "2021-03-08 00:01", "tip"),
        ("R3", "2021-03-09 08:00", "2021-03-09 09:00", "tip"),
    ]
    downtime, without = (
        fit_downtime(log(*GOOD, *rows), equipment=["R1", "R2", "R3"], **WEEK)
        for rows in (outside, [])
    )
    pd.testing.assert_frame_equal(downtime.table, without.table)
    assert "4 rows outside of the window are left out" in str(downtime)
    assert "left out" not in str(without)
    assert fit_downtime(log(*GOOD, *outside), **WEEK).failures["R3"] == ()
    with pytest.raises(ValueError, match=r"a stop in the window, 2021-03-01 .* got '4 rows from"):
        fit_downtime(log(*outside), **WEEK)


def test_a_stop_at_the_very_begin_counts() -> None:
    rows = [*GOOD, ("R1", "2021-03-01 00:00", "2021-03-01 00:30", "tip")]
    row = fit_downtime(log(*rows), **WEEK).table.set_index("equipment").loc["R1"]
    assert (row["n"], row["repair"]) == (3, pytest.approx(20))
    assert row["uptime"] == pytest.approx((7 * 24 - 1) / 3, rel=1e-6)


@pytest.mark.parametrize(
    ("at", "others", "half"),
    [
        ("2021-03-04 08:00", "", 30),
        ("2021-03-04 08:00:07", "", 0.5),
        ("2021-03-04", ":00.5", 0.001),
    ],
)
def test_a_stop_of_no_time_takes_half_a_step_of_the_clock(
    at: str, others: str, half: float
) -> None:
    first = [(name, start + others, end, why) for name, start, end, why in GOOD]
    downtime = fit_downtime(log(*first, ("R3", at, at, "tip")), **WEEK)
    row = downtime.table.set_index("equipment").loc["R3"]
    assert (row["n"], row["repair"]) == (1, pytest.approx(half / 60))
    (problem,) = downtime.problems.to_dict("records")
    assert problem["done"] == f"it takes {half:g} s, half a step of the clock"


def test_copies_are_equal_in_all_columns() -> None:
    """Two robots of one station that stop at once are no copies."""
    twice = log(GOOD[0], GOOD[0]).assign(robot=["A", "B"])
    with pytest.raises(ValueError, match="before the end of row 0, the same reason"):
        fit_downtime(twice, **WEEK)
    with pytest.raises(ValueError, match="duplicate of row 0"):
        fit_downtime(twice.assign(robot="A"), **WEEK)


def test_all_faulty_rows_are_listed_at_once() -> None:
    bad = [row for row, _ in FAULTS]
    with pytest.raises(ValueError, match=rf"faulty rows: {len(bad)}\.") as caught:
        fit_downtime(log(*GOOD, *bad), **WEEK)
    for k, (_, text) in enumerate(FAULTS, start=3):
        assert f"row {k} " in str(caught.value) or f"row {k}:" in str(caught.value)
        assert text in str(caught.value)
    assert list(report(log(*GOOD, *bad)).problems["row"]) == [*range(3, 3 + len(bad))]


def test_a_log_of_faults_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="faulty rows: 1"):
        report(log(FAULTS[0][0]))
    with pytest.raises(ValueError, match="at least one row"):
        report(log())


@pytest.mark.parametrize("end", [None, "", "NULL", "NaT", "9999-12-31 00:00:00", pd.NaT])
def test_the_last_repair_may_lack_its_end(end: Any) -> None:
    """The window censors it, and a note says so."""
    downtime = fit_downtime(log(*GOOD, ("R1", "2021-03-07 23:00", end, "tip")), **WEEK)
    row = downtime.table.set_index("equipment").loc["R1"]
    assert (row["n"], row["censored"], row["repair_censored"]) == (3, 0, 1)
    assert row["repair"] == pytest.approx((10 + 20 + 60) / 2)
    (problem,) = downtime.problems.to_dict("records")
    assert (problem["row"], problem["problem"]) == (3, "the end is missing")
    assert problem["done"] == "the repair is censored at the window's end"


def test_a_stop_across_an_end_of_the_window_is_cut_and_noted() -> None:
    downtime = fit_downtime(
        log(
            ("R1", "2021-02-28 23:00", "2021-03-01 02:00", "tip"),
            ("R1", "2021-03-03 02:00", "2021-03-03 02:30", "tip"),
            ("R1", "2021-03-07 23:00", "2021-03-09 00:00", "tip"),
        ),
        **WEEK,
    )
    (row,) = downtime.table.to_dict("records")
    assert (row["n"], row["repair_censored"]) == (2, 1)
    assert row["uptime"] == pytest.approx((48 + 4 * 24 + 20.5) / 2)
    assert row["repair"] == pytest.approx(30 + 60)
    assert list(downtime.problems["row"]) == [0, 2]
    assert "does not count" in downtime.problems["done"].iloc[0]


# ------------------------------------------------------------------ time zones


def test_offsets_from_utc_count() -> None:
    """Half past ten in Berlin is half past nine in London."""
    downtime = fit_downtime(
        log(("R1", "2021-03-01T10:30+01:00", "2021-03-01T09:50Z", "tip")),
        begin="2021-03-01T00:00Z",
        end="2021-03-02T00:00Z",
    )
    assert downtime.table["repair"].iloc[0] == pytest.approx(20)
    assert downtime.observed == "2021-03-01 00:00:00+00:00 to 2021-03-02 00:00:00+00:00"


def test_a_mix_of_dates_with_and_without_an_offset_is_refused() -> None:
    table = log(*GOOD, ("R1", "2021-03-04T08:00+08:00", "2021-03-04T08:30+08:00", "tip"))
    with pytest.raises(ValueError, match="faulty rows: 3") as caught:
        fit_downtime(table)
    assert "start must have a time zone, as others have" in str(caught.value)
    downtime = fit_downtime(table, tz="Asia/Shanghai", **WEEK)
    assert downtime.table["n"].sum() == 4
    assert downtime.observed.endswith("2021-03-08 00:00:00+08:00")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2021-03-28 02:30", "2021-03-28 03:30", "start must be a time that the clocks of"),
        ("2021-03-28 01:30", "2021-03-28 02:30", "end must be a time that the clocks of"),
        ("2021-10-31 02:30", "2021-10-31 03:30", "start must be a time that the clocks of"),
        ("2021-10-31 01:30", "2021-10-31 02:30", "showed only once, got '2021-10-31 02:30'"),
    ],
)
def test_local_times_of_no_instant_or_of_two_are_refused(start: str, end: str, text: str) -> None:
    year = {"begin": "2021-01-01", "end": "2022-01-01"}
    table = log(*GOOD, ("R1", start, end, "tip"))
    with pytest.raises(ValueError, match="faulty rows: 1") as caught:
        fit_downtime(table, tz="Europe/Berlin", **year)
    assert text in str(caught.value)
    assert fit_downtime(table, **year).problems.empty  # on a clock without summer time
    aware = table.assign(
        start=[f"{text}+02:00" for text in table["start"]],
        end=[f"{text}+02:00" for text in table["end"]],
    )
    assert fit_downtime(aware, tz="Europe/Berlin", **year).problems.empty


def test_changes_to_summer_time_count() -> None:
    """From one to four is two hours in the night of the change, three without a zone."""
    table = log(("R1", "2021-03-28 01:00", "2021-03-28 04:00", "tip"))
    year = {"begin": "2021-01-01", "end": "2022-01-01"}
    assert fit_downtime(table, **year).table["repair"].iloc[0] == pytest.approx(180)
    local = fit_downtime(table, tz="Europe/Berlin", **year)
    assert local.table["repair"].iloc[0] == pytest.approx(120)


def test_working_time_follows_local_time() -> None:
    """A stop from 6 to 8 before and one after the change, with shifts from 7 on."""
    table = log(
        ("R1", "2021-03-20 06:00", "2021-03-20 08:00", "tip"),
        ("R1", "2021-04-20 06:00", "2021-04-20 08:00", "tip"),
    )
    shifts = WorkingTime([(7, 23)], every=24)
    year = {"begin": "2021-03-01", "end": "2021-05-01", "working_time": shifts}
    downtime = fit_downtime(table, tz="Europe/Berlin", **year)
    assert downtime.table["repair"].iloc[0] == pytest.approx(60)
    assert downtime.table["uptime"].iloc[0] == pytest.approx((61 * 16 - 2) / 2)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="tz must"):
        fit_downtime(log(*GOOD), tz=name)


def test_a_zone_may_be_an_object_and_the_window_must_fit_the_dates() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=8))
    assert fit_downtime(log(*GOOD), tz=zone, **WEEK).table["n"].sum() == 3
    with pytest.raises(ValueError, match="begin and the dates of the log must all have a time"):
        fit_downtime(log(*GOOD), begin="2021-03-01T00:00Z")
    with pytest.raises(ValueError, match="the end of the window must be later than its begin"):
        fit_downtime(log(*GOOD), begin="2021-03-08", end="2021-03-01")
    with pytest.raises(ValueError, match="end must be a date of ISO 8601, got 'later'"):
        fit_downtime(log(*GOOD), end="later")


# ------------------------------------------------------------------ tables and files


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s"])
def test_columns_of_dates_give_the_same_as_text(unit: str) -> None:
    text = log(*GOOD)
    as_dates = text.assign(
        start=pd.to_datetime(text["start"]).astype(f"datetime64[{unit}]"),
        end=pd.to_datetime(text["end"]).astype(f"datetime64[{unit}]"),
    )
    aware = as_dates.assign(
        start=as_dates["start"].dt.tz_localize("Asia/Shanghai"),
        end=as_dates["end"].dt.tz_localize("Asia/Shanghai"),
    )
    mixed = text.assign(start=[pd.Timestamp(s).to_pydatetime() for s in text["start"]])
    mixed["end"] = pd.Series([np.datetime64(e) for e in text["end"]], dtype=object)
    expected = fit_downtime(text, **WEEK).table
    for table in (as_dates, mixed):
        pd.testing.assert_frame_equal(fit_downtime(table, **WEEK).table, expected)
    downtime = fit_downtime(aware, tz="Asia/Shanghai", **WEEK)
    pd.testing.assert_frame_equal(downtime.table, expected)


def test_a_file_is_read_and_its_rows_are_named_by_line(tmp_path: Any) -> None:
    path = tmp_path / "march.csv"
    text = "\ufeffequipment, start,end,reason,who\n"
    text += "R1,2021-03-01T08:00,2021-03-01T08:10,tip,Li\n\n"
    text += "NA,2021-03-01T08:00,2021-03-01T08:10,tip,Li\n"
    text += "R1,2021-03-02T08:00,2021-03-02T07:10,tip,Li\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^march\.csv: faulty rows: 1") as caught:
        fit_downtime(str(path), **WEEK)
    assert "row 5 (R1, tip): end must not be before start" in str(caught.value)
    downtime = report(path)
    assert list(downtime.table["equipment"]) == ["NA", "R1"]
    assert downtime.problems["row"].tolist() == [5]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_file_may_use_other_separators_and_headings(tmp_path: Any, sign: str) -> None:
    rows = ["Reason", "END ", "Start", "Equipment"], ["a, b", "2021-03-02", "2021-03-01", "R1"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(sign.join(f'"{cell}"' for cell in row) for row in rows), "utf-8")
    downtime = fit_downtime(path, **WEEK).table
    assert downtime[["equipment", "reason"]].to_numpy().tolist() == [["R1", "a, b"]]


def test_a_file_in_another_encoding_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "log.csv"
    path.write_text("equipment,start,end,reason\nR1,2021-03-01,2021-03-02,电极\n", "gb18030")
    with pytest.raises(
        ValueError,
        match=r"log\.csv: it must be UTF-8 text, byte .* in line 2 is not, got .*gb18030",
    ):
        fit_downtime(path, **WEEK)
    assert len(fit_downtime(pd.read_csv(path, encoding="gb18030"), **WEEK).table) == 1


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"column 'reason' is missing, got \['equipment'"):
        fit_downtime(log(*GOOD).drop(columns="reason"))
    with pytest.raises(TypeError, match="the path of a CSV file or a DataFrame, got 7"):
        fit_downtime(7)  # type: ignore[arg-type]


def test_the_given_table_stays_unchanged() -> None:
    table = log(*GOOD)
    before = table.copy()
    fit_downtime(table, **WEEK)
    pd.testing.assert_frame_equal(table, before)


def test_rows_may_come_in_any_order_under_any_index() -> None:
    table = log(*GOOD)
    shuffled = table.iloc[::-1].set_axis(["c", "a", "a"])
    pd.testing.assert_frame_equal(
        fit_downtime(shuffled, **WEEK).table, fit_downtime(table, **WEEK).table
    )


def test_a_stop_outside_of_working_time_is_refused() -> None:
    shifts = WorkingTime([(9, 17)], every=24)
    with pytest.raises(ValueError, match="faulty rows: 2") as caught:
        fit_downtime(log(*GOOD), working_time=shifts, **WEEK)
    assert "the stop must lie in working time, at least in part" in str(caught.value)


def test_without_a_begin_working_time_is_counted_from_midnight() -> None:
    """Shifts from 6 to 14; not from the first stop on, at 8:00."""
    shifts = WorkingTime([(6, 14)], every=24)
    rows = [
        ("R1", "2021-03-01 08:00", "2021-03-01 08:30", "tip"),
        ("R1", "2021-03-02 13:00", "2021-03-02 15:00", "tip"),
        ("R1", "2021-03-03 10:00", "2021-03-03 10:15", "tip"),
    ]
    for zone in (None, "Asia/Shanghai"):
        downtime = fit_downtime(log(*rows), working_time=shifts, tz=zone)
        assert downtime.table["repair"][0] == pytest.approx((30 + 60 + 15) / 3)
        assert downtime.table["uptime"][0] == pytest.approx((5.5 + 7 + 4) / 2)
        assert "counted from midnight of the first day" in str(downtime)
    given = fit_downtime(log(*rows), working_time=shifts, begin="2021-03-01")
    assert "from midnight" not in str(given)
