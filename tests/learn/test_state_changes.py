"""A log of states is a log of stops: each lasts until the next row of its equipment."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ningde_sim.learn import fit_downtime, stops_of_states

DAY = "2021-03-01 "
CHANGES = pd.DataFrame(
    [
        ("M", DAY + "08:00", "run"),
        ("N", DAY + "08:30", "idle"),
        ("M", DAY + "09:00", "jam"),
        ("M", DAY + "09:05", "jam"),
        ("M", DAY + "09:10", "run"),
        ("N", DAY + "10:00", "no power"),
        ("M", DAY + "11:00", "gun"),
        ("M", DAY + "11:30", "jam"),
        ("M", DAY + "11:40", "idle"),
    ],
    columns=["machine", "time", "state"],
)
NAMES = {"equipment": "machine", "start": "time", "reason": "state"}


def stops(table: pd.DataFrame = CHANGES, **options: Any) -> pd.DataFrame:
    return stops_of_states(table, **{"running": ["run", "idle"], "columns": NAMES} | options)


def test_states_that_do_not_run_are_stops() -> None:
    found = stops()
    assert found[["equipment", "reason"]].to_numpy().tolist() == [
        ["M", "jam"],
        ["M", "gun"],
        ["M", "jam"],
        ["N", "no power"],
    ]
    minutes = (found["end"] - found["start"]) / pd.Timedelta(minutes=1)
    assert minutes.tolist()[:3] == [10, 30, 10]
    assert pd.isna(found["end"].iloc[3])  # it goes on
    assert found.index.tolist() == [2, 6, 7, 5]
    table = fit_downtime(found, begin=DAY, end="2021-03-02").table.set_index(
        ["equipment", "reason"]
    )
    assert table.loc[("M", "jam"), "n"] == 2
    assert table.loc[("M", "jam"), "uptime"] == pytest.approx((24 - 50 / 60) / 2)
    assert table.loc[("N", "no power"), "repair_censored"] == 1


def test_rows_may_come_in_any_order_and_have_zones() -> None:
    pd.testing.assert_frame_equal(stops(CHANGES[::-1]), stops())
    local = stops(tz="Asia/Shanghai")
    assert str(local["start"].dt.tz) == "UTC"
    assert local["start"].iloc[0] == pd.Timestamp("2021-03-01T09:00+08:00")


def test_a_file_is_read(tmp_path: Any) -> None:
    path = tmp_path / "states.csv"
    CHANGES.to_csv(path, index=False, sep=";")
    found = stops_of_states(path, running=["run", "idle"], columns=NAMES)
    assert found.to_numpy().tolist()[:3] == stops().to_numpy().tolist()[:3]
    assert found.index.tolist() == [4, 8, 9, 7]  # lines of the file


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("M", DAY + "09:00", "run"), "an equipment must have one state at a time, got"),
        (("M", "noon", "run"), "start must be a date, got 'noon'"),
        (("", DAY + "12:00", "run"), "equipment must be named"),
        (("M", DAY + "12:00", ""), "reason must be named"),
        (("M", DAY + "12:00+08:00", "run"), "start must have a time zone, as others have"),
    ],
)
def test_faulty_rows_are_told(row: tuple[str, ...], told: str) -> None:
    table = pd.concat([CHANGES, pd.DataFrame([row], columns=CHANGES.columns)], ignore_index=True)
    with pytest.raises(ValueError, match="faulty rows: ") as caught:
        stops(table)
    assert told in str(caught.value)


def test_unknown_states_are_told() -> None:
    with pytest.raises(ValueError, match=r"running must be states of the log, got 'runs'\. Did"):
        stops(running=["runs"])
    with pytest.raises(TypeError, match="running must be a list of states, got 'run'"):
        stops(running="run")
    with pytest.raises(ValueError, match="column 'reason' is missing"):
        stops_of_states(
            CHANGES.drop(columns="state"),
            running=["run"],
            columns={"equipment": "machine", "start": "time"},
        )
