"""Logs as plants keep them: separators, titles, encodings, headings of their own, durations."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim.learn import Downtime, fit_downtime

WEEK = {"begin": "2021-03-01", "end": "2021-03-08"}
ROWS = [
    ["R1", "2021-03-01 08:00", "2021-03-01 08:10", "tip"],
    ["R1", "2021-03-03 08:00", "2021-03-03 08:20", "tip"],
    ["R2", "2021-03-02 10:00", "2021-03-02 10:30", "gun"],
]
HEADINGS = ["equipment", "start", "end", "reason"]
TABLE = pd.DataFrame(ROWS, columns=HEADINGS)


def expected() -> pd.DataFrame:
    return fit_downtime(TABLE, **WEEK).table


def written(path: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def fit(path: Path, **options: Any) -> Downtime:
    return fit_downtime(path, **WEEK | options)


# ------------------------------------------------------------------ files


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("last", ["", "sign", "signs"])
def test_separators_also_at_the_end_of_each_line(tmp_path: Path, sign: str, last: str) -> None:
    """Of the rows alone, or of the headings too."""
    end = sign if last else ""
    lines = [sign.join(row) + end for row in ROWS]
    heading = sign.join(HEADINGS) + (end if last == "signs" else "")
    pd.testing.assert_frame_equal(
        fit(written(tmp_path / "log.csv", [heading, *lines])).table, expected()
    )


def test_titles_above_the_headings(tmp_path: Path) -> None:
    title = ["Stops of March; all shifts, both lines", "printed 2021-04-01", "", ";;;"]
    lines = [";".join(row) for row in [HEADINGS, *ROWS]]
    path = written(tmp_path / "log.csv", [*title, *lines])
    pd.testing.assert_frame_equal(fit(path).table, expected())
    with pytest.raises(ValueError, match="row 9"):  # lines are counted in the file
        fit(written(path, [*title, *lines, "R1;2021-03-04;2021-03-03;tip"]))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("R1,2021-03-04,2021-03-05,tip,tip", "must have 4 cells as the headings, not so lines 5"),
        ("R1,2021-03-04,tip", "must have 4 cells as the headings, not so lines 5"),
        ('R1,2021-03-04,2021-03-05,"tip', "it must be a table, line 5 is not"),
    ],
)
def test_lines_of_other_lengths_are_told(tmp_path: Path, line: str, told: str) -> None:
    lines = [",".join(row) for row in [HEADINGS, *ROWS]]
    with pytest.raises(ValueError, match=rf"^log\.csv: .*{told}"):
        fit(written(tmp_path / "log.csv", [*lines, line]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_files_say_themselves(tmp_path: Path, encoding: str) -> None:
    lines = [",".join(row) for row in [HEADINGS, *ROWS]]
    path = written(tmp_path / "log.csv", lines, encoding)
    pd.testing.assert_frame_equal(fit(path).table, expected())


@pytest.mark.parametrize(("encoding", "word"), [("gb18030", "电极修磨"), ("cp1252", "Störung")])
def test_other_encodings_are_told_by_what_is_seen(tmp_path: Path, encoding: str, word: str) -> None:
    lines = [",".join(row) for row in [HEADINGS, *ROWS]]
    path = written(tmp_path / "log.csv", [line.replace("tip", word) for line in lines], encoding)
    with pytest.raises(ValueError, match=f'encoding="{encoding}"'):
        fit(path)
    reasons = fit(path, encoding=encoding).table["reason"].tolist()
    assert sorted(reasons) == sorted(["gun", word])
    with pytest.raises(ValueError, match="encoding must be known, got 'klingon'"):
        fit(path, encoding="klingon")


@pytest.mark.parametrize("sheet", ["first", "second"])
def test_a_workbook_is_read(tmp_path: Path, sheet: str) -> None:
    pytest.importorskip("openpyxl")
    dates = TABLE.assign(start=pd.to_datetime(TABLE["start"]), end=pd.to_datetime(TABLE["end"]))
    path = tmp_path / "log.xlsx"
    with pd.ExcelWriter(path) as book:
        if sheet == "second":
            pd.DataFrame({"all": ["stops"]}).to_excel(book, sheet_name="cover", index=False)
        dates.to_excel(book, sheet_name="stops", index=False, startrow=2)
    pd.testing.assert_frame_equal(fit(path).table, expected())
    dates.loc[1, "end"] = pd.Timestamp("2021-03-02")
    dates.to_excel(path, index=False, startrow=2)
    with pytest.raises(ValueError, match=r"row 5 \(R1, tip\): end must not be before start"):
        fit(path)


# ------------------------------------------------------------------ headings


def test_headings_of_its_own() -> None:
    own = {"equipment": "Asset No.", "start": "Down at", "end": "Up at", "reason": "Störgrund"}
    table = TABLE.rename(columns=own)
    pd.testing.assert_frame_equal(fit_downtime(table, columns=own, **WEEK).table, expected())
    # a column that has one of the names may be another thing
    table["Reason"] = "planned"
    pd.testing.assert_frame_equal(fit_downtime(table, columns=own, **WEEK).table, expected())


@pytest.mark.parametrize(
    ("columns", "kind", "told"),
    [
        ({"asset": "equipment"}, ValueError, "got 'asset'. It is ours to yours: "),
        ({"equipment": "Aset"}, ValueError, "a heading for 'equipment', got 'Aset'. Did you mean"),
        (["equipment"], TypeError, "columns must be a mapping"),
        ({"duration": "minutes"}, ValueError, "an end or a duration, not both"),
    ],
)
def test_wrong_columns_are_told(columns: Any, kind: type[Exception], told: str) -> None:
    table = TABLE.assign(Asset="R1", minutes=10)
    with pytest.raises(kind, match=told):
        fit_downtime(table, columns=columns, **WEEK)


def test_a_missing_heading_is_told_with_its_cure() -> None:
    with pytest.raises(ValueError, match=r"column 'end' is missing, or 'duration', got .*columns="):
        fit_downtime(TABLE.drop(columns="end"))
    with pytest.raises(ValueError, match="must stand there once, whether in capitals or not"):
        fit_downtime(TABLE.assign(START=TABLE["start"]))


def test_whole_numbers_are_names() -> None:
    table = TABLE.assign(equipment=[7.0, 7, np.float64(12)], reason=[1, 1, 2])
    assert fit_downtime(table, **WEEK).table["equipment"].tolist() == ["12", "7"]
    assert fit_downtime(table, **WEEK).table["reason"].tolist() == ["2", "1"]


# ------------------------------------------------------------------ durations

LENGTHS = [10, "20", "0:30:00"]


@pytest.mark.parametrize(
    "durations",
    [
        LENGTHS,
        ["10", "20.0", "30,0"],
        ["0:10:00", "00:20:00", "0:30:00"],
        [pd.Timedelta(minutes=10), datetime.timedelta(minutes=20), np.timedelta64(30, "m")],
        [datetime.time(0, 10), datetime.time(0, 20), datetime.time(0, 30)],
    ],
)
def test_a_duration_may_stand_in_place_of_an_end(durations: list[Any]) -> None:
    table = TABLE.drop(columns="end").assign(duration=pd.Series(durations, dtype=object))
    pd.testing.assert_frame_equal(fit_downtime(table, **WEEK).table, expected())


def test_a_duration_is_true_time_where_the_clocks_change() -> None:
    """From 1:30 on for an hour and a half, in the night without a 2:30."""
    row = {"equipment": "R1", "start": "2021-03-28 01:30", "duration": 90, "reason": "tip"}
    (found,) = fit_downtime(
        pd.DataFrame([row]), tz="Europe/Berlin", begin="2021-03-28", end="2021-03-29"
    ).table.to_dict("records")
    assert found["repair"] == pytest.approx(90)
    assert found["uptime"] == pytest.approx(23 - 1.5)


def test_a_missing_duration_goes_on() -> None:
    table = TABLE.drop(columns="end").assign(duration=["10", "", "30"])
    downtime = fit_downtime(table, **WEEK)
    assert downtime.table["repair_censored"].tolist() == [1, 0]
    assert downtime.problems["problem"].tolist() == ["the duration is missing"]


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        ("1:30", "duration must be minutes or h:mm:ss, got '1:30'"),
        ("ten", "duration must be minutes or h:mm:ss, got 'ten'"),
        ("0:75:00", "duration must be minutes or h:mm:ss"),
        (True, "duration must be minutes or h:mm:ss"),
        ("1.234,5", "duration must be minutes or h:mm:ss"),
        (-5, "duration must be from 0 to 100,000 days, got '-5'"),
        (1e11, "duration must be from 0 to 100,000 days"),
    ],
)
def test_a_duration_of_another_kind_is_told(duration: Any, told: str) -> None:
    table = TABLE.drop(columns="end").assign(duration=pd.Series([10, duration, 30], dtype=object))
    with pytest.raises(ValueError, match=r"faulty rows: 1\.") as caught:
        fit_downtime(table, **WEEK)
    assert f"row 1 (R1, tip): {told}" in str(caught.value)
