"""Logs that were once read wrongly, or broke something behind them."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import Line, Shop, Station, WorkingTime
from ningde_sim.learn import check, fit_cycles, fit_downtime, stops_of_states

WEEK = {"begin": "2021-03-01", "end": "2021-03-08"}


def stops(n: int = 8) -> pd.DataFrame:
    """Of ten minutes, every 20 h."""
    start = pd.Timestamp("2021-03-01 08:00") + pd.Timedelta("20h") * np.arange(n)
    ten = pd.Timedelta("10min")
    return pd.DataFrame({"equipment": "R1", "start": start, "end": start + ten, "reason": "tip"})


def lasting(*durations: Any) -> pd.DataFrame:
    table = stops(len(durations)).drop(columns="end")
    return table.assign(duration=pd.Series(durations, dtype=object))


def test_reasons_of_one_path_are_told() -> None:
    other = stops().assign(equipment="R2", reason="micro_stop")
    table = pd.concat([stops().assign(reason="micro stop"), other], ignore_index=True)
    with pytest.raises(ValueError, match="each reason must have one row, got 'micro_stop'"):
        fit_downtime(table, **WEEK).ranges()


def test_a_stop_before_the_first_shift_counts() -> None:
    """Begun at 5:50, in shifts from 6 on: its uptime is none, and it is one of three."""
    at = ["2021-03-01 05:50", "2021-03-03 10:00", "2021-03-05 10:00"]
    table = lasting(40, 30, 30).assign(start=at)
    shifts = WorkingTime([(6, 22)], every=24)
    (row,) = fit_downtime(table, working_time=shifts, **WEEK).table.to_dict("records")
    assert row["n"] == 3
    assert row["uptime"] == pytest.approx((7 * 16 - 1.5) / 3, rel=1e-6)


def test_days_without_a_length_are_told() -> None:
    days = stops().assign(start=pd.date_range("2021-03-01", periods=8).strftime("%Y-%m-%d"))
    with pytest.raises(ValueError, match="must have times of day, or a column 'duration'"):
        fit_downtime(days.assign(end=days["start"]))


def test_a_second_sheet_is_told(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "log.xlsx") as book:
        stops().to_excel(book, sheet_name="March", index=False)
        stops().to_excel(book, sheet_name="April", index=False)
    with pytest.raises(ValueError, match=r"one sheet with the headings of a log, got 2\. Join"):
        fit_downtime(tmp_path / "log.xlsx", **WEEK)


@pytest.mark.parametrize("heading", ["Duration [s]", "Dur (h)", "Zeit [ s ]", "length (Hours)"])
def test_durations_in_another_unit_are_told(heading: str) -> None:
    table = lasting(120, 60, 60).rename(columns={"duration": heading})
    with pytest.raises(ValueError, match="a duration must be minutes, got"):
        fit_downtime(table, columns={"duration": heading}, **WEEK)
    minutes = table.rename(columns={heading: "Dauer [min]"})
    assert fit_downtime(minutes, columns={"duration": "Dauer [min]"}, **WEEK).table["n"][0] == 3


@pytest.mark.parametrize("duration", ["1,234", 10**400, float("inf"), decimal.Decimal("NaN")])
def test_odd_durations_are_told(duration: Any) -> None:
    with pytest.raises(ValueError, match="row 1"):
        fit_downtime(lasting(5, duration, decimal.Decimal("5.5")), **WEEK)


def test_a_missing_duration_before_another_stop_is_told() -> None:
    with pytest.raises(ValueError, match="duration must be given where the equipment stops again"):
        fit_downtime(lasting(5, None, 5), **WEEK)


def test_a_duration_beside_an_end_stands_in_for_it_and_is_compared() -> None:
    table = stops(4).assign(duration=[10, 10, 99, "10.5"])
    table.loc[1, "end"] = pd.NaT
    downtime = fit_downtime(table, **WEEK)
    assert downtime.table["repair"][0] == pytest.approx(10)
    assert downtime.problems[["row", "done"]].to_numpy().tolist() == [
        [1, "it follows from the duration"],
        [2, "the end is taken"],
    ]


def test_names_that_are_none_are_told() -> None:
    for names in (["R1", np.nan], ["R1", ""], [None]):
        with pytest.raises(ValueError, match="equipment must be names"):
            fit_downtime(stops(), equipment=names, **WEEK)
    for group in ("", None, np.nan):
        with pytest.raises(ValueError, match="pool must name the group of each equipment"):
            fit_downtime(stops(), pool={"R1": group}, **WEEK)


def test_names_may_be_numbers_everywhere() -> None:
    table = stops().assign(equipment=1, reason=7)
    extra = table[:1].assign(start=pd.Timestamp("2021-03-07 03:00"), reason=8)
    table = pd.concat([table, extra.assign(end=pd.Timestamp("2021-03-07 04:00"))])
    found = fit_downtime(table, pool={1: 5}, operating={1: 0.9}, not_failures=[8], **WEEK)
    assert found.table["equipment"].tolist() == ["5"]
    assert found.not_failures["reason"].tolist() == ["8"]
    states = pd.DataFrame({"equipment": 3, "start": ["2021-03-01", "2021-03-02"], "reason": [1, 2]})
    assert stops_of_states(states, running=[1])["reason"].tolist() == ["2"]


def test_dates_before_our_time_are_told() -> None:
    table = stops().astype({"start": object})
    table.loc[2, "start"] = "0001-01-01"
    with pytest.raises(ValueError, match="start must be a date, got '0001-01-01'"):
        fit_downtime(table)


def test_what_is_no_failure_stops_calendar_clocks_too() -> None:
    others = stops(7).assign(reason="no parts")
    others["start"] += pd.Timedelta("2h")
    others["end"] = others["start"] + pd.Timedelta("5h")
    table = pd.concat([stops(), others], ignore_index=True)
    for clock in ("operating", "calendar"):
        found = fit_downtime(table, not_failures=["no parts"], clock=clock, **WEEK).table
        assert found["uptime_seen"][0] * 8 == pytest.approx(168 - 8 / 6 - 35)


def test_cycles_of_low_spread_are_taken_as_seen() -> None:
    cycles = np.random.default_rng(0).normal(60, 0.3, 40)
    (row,) = fit_cycles(pd.DataFrame({"equipment": "A", "cycle": cycles})).table.to_dict("records")
    assert row["family"] == "Empirical"
    assert row["mean"] == pytest.approx(cycles.mean())
    assert row["high"] - row["low"] < 0.3


def test_a_log_without_a_fit_has_no_round_trip() -> None:
    fitted = fit_downtime(stops(1).assign(equipment="A"))
    shop = Shop("one", [Line("L", [Station("A", 60)])])
    if not fitted.failures["A"]:
        with pytest.raises(ValueError, match="the log must have a failure of one piece"):
            check(fitted, shop, progress=False)
    with pytest.raises(ValueError, match="warm_up must be"):
        check(fit_downtime(stops().assign(equipment="A"), **WEEK), shop, warm_up=-1)


def test_a_line_break_in_a_name_is_a_faulty_row() -> None:
    table = pd.concat([stops(), stops(1).assign(equipment="R2", reason="gun\nfault")])
    with pytest.raises(ValueError, match="reason must hold no line break"):
        fit_downtime(table.reset_index(drop=True), **WEEK)


def test_a_log_of_unnamed_reasons_lists_its_rows() -> None:
    with pytest.raises(ValueError, match=r"faulty rows: 8(.|\n)*reason must be named"):
        fit_downtime(stops().assign(reason=""), **WEEK)


@pytest.mark.parametrize("text", ["44256.5", "44256,5"])
def test_days_of_spreadsheets_in_a_text(text: str) -> None:
    table = lasting(5).assign(start=text)
    (row,) = fit_downtime(table, **WEEK).table.to_dict("records")
    assert row["n"] == 1


def test_others_than_fit_downtime_promise_no_report() -> None:
    table = pd.DataFrame({"equipment": ["A", ""], "cycle": [60, 61]})
    with pytest.raises(ValueError, match="faulty rows: 1") as caught:
        fit_cycles(table)
    assert "on_problem" not in str(caught.value)
