"""The usual week of a calendar as a working time, in Python and in files."""

from __future__ import annotations

import pytest
import tomli_w

from ningde_sim import Calendar, Shift, WorkingTime, read_shop, simulate

SHIFTS = {
    "early": Shift("06:00", "14:00", breaks=[("09:00", "09:30")]),
    "night": Shift("22:00", "06:00", weekdays=["sun", "mon", "tue", "wed", "thu"]),
}


def test_a_week_of_shifts_with_breaks_and_a_night_across_sunday() -> None:
    """Early from Monday to Friday; five nights from Sunday on, of which the last ends on Friday."""
    week = Calendar(shifts=SHIFTS).week
    monday = [(0, 9), (9.5, 14), (22, 24 + 9)]
    assert list(week.windows[:3]) == monday
    assert week.windows[-1] == (6 * 24 + 22, 7 * 24)
    assert week.every == 168
    assert week.hours_until(168) == 5 * 7.5 + 5 * 8


def test_a_number_of_shifts_begins_at_midnight() -> None:
    week = Calendar(shifts=2, shift_hours=7.5, weekdays=["tue", "sat"]).week
    assert week == WorkingTime([(24, 39), (5 * 24, 5 * 24 + 15)], every=168)


def plant(**week) -> dict:
    return {
        "name": "press",
        "working_times": {"week": week},
        "lines": [{"name": "L", "stations": [{"name": "A", "cycle_time": 60}]}],
        "working_time": "week",
    }


def read(tmp_path, **week):
    (tmp_path / "press.toml").write_text(tomli_w.dumps(plant(**week)), "utf-8")
    return read_shop(tmp_path / "press.toml")


def test_a_file_tells_a_working_time_by_its_shifts(tmp_path) -> None:
    """A body a minute in 7.5 h of each of five days; written, it has the windows."""
    early = {"start": "06:00", "end": "14:00", "breaks": [["09:00", "09:30"]]}
    shop = read(tmp_path, shifts={"early": early})
    assert simulate(shop, hours=168, seed=0).bodies == 5 * 7.5 * 60
    shop.to_toml(tmp_path / "again.toml")
    assert read_shop(tmp_path / "again.toml") == shop
    pair = read(tmp_path, shifts={"early": ["06:00", "14:00"]}, weekdays=["sat"])
    assert pair.working_time.windows == ((5 * 24 + 6, 5 * 24 + 14),)


@pytest.mark.parametrize(
    ("week", "faults"),
    [
        ({"shifts": {"early": ["6", "14:00"]}}, ["shifts.early.start: it must be a time of day"]),
        ({"shifts": 2}, ["shift_hours: a number of shifts needs it"]),
        (
            {"shifts": {"a": ["06:00", "14:00"]}, "weekday": ["mon"], "country": "DE"},
            ["weekday: unknown key", "Did you mean weekdays", "country: unknown key"],
        ),
        (
            {"shifts": {"a": ["06:00", "14:00"], "b": ["13:00", "15:00"]}},
            ["shifts.b: it overlaps with the shift 'a'"],
        ),
    ],
)
def test_a_faulty_week_is_told_with_its_path(tmp_path, week, faults) -> None:
    with pytest.raises(ValueError, match=r"working_times\.week\.") as caught:
        read(tmp_path, **week)
    for fault in faults:
        assert fault in str(caught.value)
