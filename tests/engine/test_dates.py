"""A shop on the dates of a calendar: bodies by shift and day, worked out by hand."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import (
    Calendar,
    Line,
    Quantity,
    Shift,
    Shop,
    ShopRun,
    Station,
    Store,
    WorkingTime,
    simulate,
)
from ningde_sim.engine.rules import STATES
from ningde_sim.plant.quantity import UNSTATED
from tests.engine.test_engines_agree import assert_equal
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

EARLY = Shift("06:00", "14:00", breaks=[("09:00", "09:15"), ("12:00", "12:30")])
SHIFTS = {
    "early": EARLY,
    "late": ("14:00", "22:00"),
    "night": ("22:00", "06:00"),
    "saturday": Shift("06:00", "12:00", weekdays=["sat"]),
}
BAVARIA = Calendar(shifts=SHIFTS, country="DE", region="BY")
"""Three shifts from Monday to Friday, and one on Saturday."""

WEEK = {"start": "2026-01-05", "days": 7}
"""From Monday; Tuesday is Epiphany."""

GAPS = {"shifts": {"early": ("06:00", "14:00"), "late": ("15:00", "23:00")}}
"""Closed for an hour between two shifts, and from 23:00 to 06:00."""


def minute(**options):
    """A body a minute."""
    return Shop("s", [Line("L", [Station("A", 60)], **options)])


def pair():
    """A makes a body a minute into a store of 10, B takes one every two minutes."""
    lines = [Line("P", [Station("A", 60)], puts="q"), Line("T", [Station("B", 120)], takes="q")]
    return Shop("pair", lines, stores=[Store("q", 10)])


def on_dates(shop=None, calendar=BAVARIA, **options):
    return simulate(shop or minute(), calendar=calendar, **{**WEEK, "seed": 0, **options})


@pytest.fixture(params=["compiled", "reference"])
def week(request):
    """The week of Epiphany."""
    return on_dates(engine=request.param)


def day(text):
    return pd.Timestamp(text)


def test_bodies_by_shift(week):
    """Breaks belong to the early shift, the night to the day on which it starts."""
    table = week.by_shift
    assert table.index.names == ["day", "shift"]
    rows = {(f"{at:%a}", name): n for (at, name), n in table["bodies"].items()}
    three = {"early": 435, "late": 480, "night": 480}  # 7.25 h and 8 h
    worked = {(of, name): n for of in ("Mon", "Wed", "Thu", "Fri") for name, n in three.items()}
    assert rows == {**worked, ("Sat", "saturday"): 360}
    assert [*rows] == [*worked, ("Sat", "saturday")]


def test_open_hours_and_rates_by_shift(week):
    """A body a minute is 60 an open hour, breaks or not."""
    early = week.by_shift.loc[(day("2026-01-05"), "early")]
    assert (early["open_hours"], early["per_open_hour"]) == (7.25, 60)
    assert (early["working"], early["off"]) == (7.25, 0.75)
    assert (early["begin"], early["end"]) == (day("2026-01-05 06:00"), day("2026-01-05 14:00"))
    night = week.by_shift.loc[(day("2026-01-05"), "night")]
    assert (night["begin"], night["end"]) == (day("2026-01-05 22:00"), day("2026-01-06 06:00"))


def test_bodies_by_day(week):
    """A row for each day, worked or not; it begins at 06:00."""
    table = week.by_day
    assert table.index.tolist() == [*pd.date_range("2026-01-05", periods=7)]
    assert table.index.name == "day"
    assert table["bodies"].tolist() == [1395, 0, 1395, 1395, 1395, 360, 0]
    assert table["open_hours"].tolist() == [23.25, 0, 23.25, 23.25, 23.25, 6, 0]
    assert table["per_open_hour"].fillna(-1).tolist() == [60, -1, 60, 60, 60, 60, -1]
    assert table["off"].tolist() == [0.75, 24, 0.75, 0.75, 0.75, 18, 24]
    assert table["begin"].iloc[0] == day("2026-01-05 06:00")


def test_days_are_counted_from_the_first_shift(week):
    """Time 0 is 06:00 on the first day; the run lasts whole production days."""
    assert week.hours == 168
    assert week.dates.start == day("2026-01-05 06:00")
    assert week.dates.hours == 168


def test_overtime_belongs_to_the_last_shift():
    """22 h in a month of 22 days is an hour a day behind the second shift."""
    shifts = {"one": ("06:00", "10:00"), "two": ("12:00", "16:00")}
    calendar = {"shifts": shifts, "overtime": 22, "crews": 1}
    run = on_dates(calendar=calendar, start="2026-03-02", days=1)
    assert run.by_shift["bodies"].tolist() == [240, 300]
    assert run.by_shift["end"].iloc[1] == day("2026-03-02 17:00")


def test_numbered_shifts_have_names_too():
    """Each is longer by its part of the overtime: 8.5 h."""
    calendar = {"shifts": 2, "shift_hours": 8, "overtime": 11, "crews": 2}
    run = on_dates(calendar=calendar, start="2026-03-02", days=1)
    assert run.by_shift.index.get_level_values("shift").tolist() == ["shift 1", "shift 2"]
    assert run.by_shift["bodies"].tolist() == [510, 510]


def test_maintenance_takes_the_hours_that_it_needs():
    """Of three shifts of 8 h only 22 h are left."""
    calendar = {"shifts": 3, "shift_hours": 8, "maintenance": 2}
    run = on_dates(calendar=calendar, start="2026-03-02", days=1)
    assert run.by_shift["bodies"].tolist() == [480, 480, 360]
    assert run.by_shift["open_hours"].tolist() == [8, 8, 6]


def test_what_is_finished_after_closing_counts_for_the_shift_before():
    """The body of 7 min begun at 13:56 is finished at 14:03, and leaves at 15:00."""
    shop = Shop("s", [Line("L", [Station("A", 420)], at_close="finish")])
    run = on_dates(shop, calendar=GAPS, start="2026-03-02", days=2)
    assert run.by_shift["bodies"].tolist() == [69, 69, 69, 68]
    assert run.by_shift["bodies"].sum() == run.bodies
    assert run.by_shift["working"].tolist() == pytest.approx([69 * 7 / 60] * 4)
    assert run.by_shift["off"].tolist() == [0, 0, 0, 0]


def test_closed_time_between_shifts_is_in_the_days_only():
    """Seven hours of the night and one at noon."""
    run = on_dates(calendar=GAPS, start="2026-03-02", days=2)
    assert run.by_shift["off"].tolist() == [0, 0, 0, 0]
    assert run.by_day["off"].tolist() == [8, 8]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_stations_and_stores_by_shift_and_day(engine):
    """A is blocked for half of the time once the store is full, which is after 20 minutes."""
    calendar = {"shifts": {"early": ("06:00", "14:00")}}
    run = on_dates(pair(), calendar=calendar, start="2026-03-02", days=2, engine=engine)
    assert run.stations_by_shift.index.names == ["day", "shift", "station"]
    assert run.stations_by_day.index.names == ["day", "station"]
    assert run.stores_by_shift.index.names == ["day", "shift", "store"]
    assert run.stores_by_day.index.names == ["day", "store"]
    first = run.stations_by_shift.loc[(day("2026-03-02"), "early", "A")]
    second = run.stations_by_day.loc[(day("2026-03-03"), "A")]
    assert first["cycles"] == 251  # 240 for B, 10 in the store, 1 that waits
    assert second["cycles"] == 240
    assert second["blocked"] == pytest.approx(4)
    stores = run.stores_by_shift.xs("q", level="store")
    assert stores["level_start"].tolist() == [0, 10]
    assert stores["level_end"].tolist() == [10, 10]
    assert run.stores_by_day.xs("q", level="store")["put"].tolist() == [250, 240]


DAYS = st.integers(1, 2)
WARM = st.sampled_from([0.0, 7.3])
SHORT = {
    "early": Shift("06:00", "06:30", breaks=[("06:07", "06:12")]),
    "late": ("06:45", "07:00"),
    "night": ("23:55", "00:05"),
}
"""Few hours, so that many shops are run."""
CALENDARS = st.sampled_from(
    [{"shifts": SHORT, "country": "DE", "region": "BY"}, {"shifts": 2, "shift_hours": 0.5}]
)
BUILT = settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)


def may_have_dates(shop: Shop) -> bool:
    """Whether a calendar gives its hours, and those of its lines, stores and crews are weekly."""
    things = [*shop.lines, *shop.stores, *shop.crews]
    own = [thing.working_time.every for thing in things if thing.working_time]
    return shop.working_time is None and all(every and 168 % every == 0 for every in own)


@BUILT
@given(shop=shops(), seed=st.integers(0, 2**31), warm_up=WARM, days=DAYS, calendar=CALENDARS)
def test_shifts_and_days_add_up_to_the_run(shop, seed, warm_up, days, calendar):
    """Whatever the shop, all that is counted; hours closed by day only."""
    shop = shop if may_have_dates(shop) else pair()
    run = on_dates(shop, calendar, start="2026-01-05", days=2 * days, seed=seed, warm_up=warm_up)
    for table in (run.by_shift, run.by_day, run.periods):
        assert table["bodies"].sum() == run.bodies
        assert table["open_hours"].sum() == pytest.approx(run.working_hours)
    counted = ["cycles", "scrapped", "reworked", "rejected", "failures", "setups", *STATES]
    for table in (run.stations_by_shift, run.stations_by_day):
        own = table.groupby("station", sort=False)[counted].sum()
        if table.index.nlevels == 3:
            own, counted = own.drop(columns="off"), [c for c in counted if c != "off"]
        np.testing.assert_allclose(own, run.stations[own.columns], atol=1e-9)


@BUILT
@given(shop=shops(), seed=st.integers(0, 2**31), warm_up=WARM, calendar=CALENDARS)
def test_engines_are_equal(shop, seed, warm_up, calendar):
    """Array for array, histories too."""
    shop = shop if may_have_dates(shop) else pair()
    options = {"start": "2026-01-05", "days": 1, "seed": seed, "warm_up": warm_up}
    options |= {"calendar": calendar, "every": 5.0, "trace": True}
    one, other = (on_dates(shop, engine=engine, **options) for engine in ("compiled", "reference"))
    assert_equal(one, other)
    pd.testing.assert_frame_equal(one.by_shift, other.by_shift, check_exact=True)


def test_a_calendar_is_the_same_as_a_working_time_made_by_hand():
    """To the bit: 16 h of usual warm-up, Monday, the holiday."""
    worked = [(0, 3), (3.25, 6), (6.5, 24)]
    warm_up = [(max(a, 8) - 8, b - 8) for a, b in worked if b > 8]
    hours = [*warm_up, *((16 + a, 16 + b) for a, b in worked)]
    shop = pair()
    by_hand = Shop("pair", shop.lines, stores=shop.stores, working_time=WorkingTime(hours))
    run = on_dates(shop, days=2, warm_up=16)
    hand = simulate(by_hand, hours=48, warm_up=16, seed=0)
    for name in ("stations", "stores"):
        for column, values in run.counts.__getattribute__(name).items():
            assert np.array_equal(values, getattr(hand.counts, name)[column]), column
    assert np.array_equal(run.counts.spent, hand.counts.spent)
    assert run.exits["T"].tolist() == hand.exits["T"].tolist()


def test_the_warm_up_has_the_usual_hours_of_days_before():
    """24 h before a holiday: a whole usual day, so the store is full."""
    run = on_dates(pair(), warm_up=24, start="2026-01-06", days=2)
    assert run.stores.loc["q", "level_start"] == 10
    assert run.working_hours == 23.25
    assert run.dates.start == day("2026-01-06 06:00")


def test_every_goes_on_working():
    """Periods of 12 h, by the date at which they begin; shifts as without."""
    run, without = on_dates(every=12.0), on_dates()
    assert run.periods["bodies"].tolist()[:4] == [435 + 240, 240 + 480, 0, 0]
    assert run.periods.index[:3].tolist() == [
        *(day("2026-01-05 06:00"), day("2026-01-05 18:00"), day("2026-01-06 06:00"))
    ]
    assert run.periods["end"].iloc[0] == day("2026-01-05 18:00")
    assert run.history.ends.tolist() == [43_200_000 * k for k in range(1, 15)]
    pd.testing.assert_frame_equal(run.by_shift, without.by_shift)


def test_the_history_is_by_production_day_unless_periods_are_asked_for(week):
    """A row a day."""
    assert week.history.ends.tolist() == [86_400_000 * k for k in range(1, 8)]
    assert week.periods.index.name == "period"
    assert week.periods.index[1] == day("2026-01-06 06:00")
    assert week.stations_by_period.index.get_level_values("period")[0] == day("2026-01-05 06:00")


def test_the_end_of_a_run_cuts_no_shift_of_its_days():
    """The night of the last day ends with the run."""
    run = on_dates(days=1)
    assert run.by_shift["end"].iloc[-1] == day("2026-01-06 06:00")
    assert run.bodies == 1395


def test_start_and_days_come_from_the_calendar():
    """Where they are not given; a start alone moves the first day."""
    first, last = datetime.date(2026, 1, 5), datetime.date(2026, 1, 9)
    calendar = Calendar(shifts=SHIFTS, start=first, end=last)
    assert simulate(minute(), calendar=calendar, seed=0).hours == 5 * 24
    assert simulate(minute(), calendar=calendar, start="2026-01-08", seed=0).hours == 2 * 24
    assert simulate(minute(), calendar=calendar, days=2, seed=0).bodies == 2 * 1395


def test_the_summary_names_the_dates(week):
    """In place of hours."""
    assert week.summary().startswith("s: 7 days from 2026-01-05, 168 h after 0 h of warm-up")
    assert "60.00 a working hour" in week.summary()
    assert "7 days from 2026-01-05" in repr(week)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hours": 8}, r"simulate 's': it needs hours or a calendar, not both, .* Leave hours out"),
        ({"calendar": None}, r"start and days need a calendar, .* Give calendar="),
        (
            {"calendar": None, "start": None, "days": None},
            r"it needs hours or a calendar, got None\. .*hours=160.*calendar=",
        ),
        ({"days": None}, r"days are missing, got None\. Give days=28"),
        ({"start": None}, r'a first day is missing, got None\. Give start="2026-03-02"'),
        ({"days": 0}, "days must be at least 1, got 0"),
        ({"start": "2026-02-30"}, r"start must be a day such as"),
        ({"start": "2026-01-06", "days": 1}, r"a shift must be worked in these days, got '2026-01"),
        ({"start": "2200-12-30", "days": 30}, r"days must end by 2200-12-31"),
        ({"calendar": {"shifts": {"x": ("06:00", "25:00")}}}, r"calendar\.shifts\.x\.end: "),
        (
            {"shop": Shop("s", [Line("L", [Station("A", 9)])], working_time=WorkingTime([(0, 9)]))},
            r"working_time must be None beside a calendar, .*Leave it out.*a line",
        ),
        (
            {
                "calendar": {
                    "shifts": SHIFTS,
                    "overtime": Quantity(5, "h/month", low=1, high=9, **UNSTATED),
                }
            },
            r"calendar\.overtime must have no range: a shop draws none, .*Scenario\.of",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(options, text):
    """With the rule and the cure."""
    with pytest.raises(ValueError, match=text):
        on_dates(**options)


@pytest.mark.parametrize("name", ["by_shift", "by_day", "stations_by_shift", "stores_by_day"])
def test_a_run_without_a_calendar_says_how_to_get_one(name):
    """By the argument."""
    run = simulate(minute(), hours=8, seed=0)
    with pytest.raises(ValueError, match=r"must have kept dates, .*simulate\(..., calendar="):
        getattr(run, name)


def test_help_says_where_the_history_is_as_a_table():
    """In one place."""
    assert "`periods`" in (ShopRun.history.__doc__ or "")
    assert "by_shift" in (ShopRun.__doc__ or "")


def clocked(working_time: WorkingTime, **more: Any) -> Shop:
    """A line with hours of its own, a body a minute."""
    return Shop("clocked", [Line("L", [Station("A", 60)], working_time=working_time, **more)])


@pytest.mark.parametrize("start", ["2026-03-02", "2026-03-04"])
@pytest.mark.parametrize("warm_up", [0.0, 30.0])
def test_hours_of_a_line_go_by_the_clock(start: str, warm_up: float) -> None:
    """A line that works from 7 to 11 each Wednesday does so, whenever a run begins."""
    wednesday = 2 * 24
    week = WorkingTime([(wednesday + 7, wednesday + 11)], every=168)
    calendar = {"shifts": {"day": ("06:00", "14:00")}}
    run = simulate(
        clocked(week), calendar=calendar, start=start, days=7, warm_up=warm_up, seed=0, every=1.0
    )
    made = run.periods["bodies"]
    begins = made.index[made > 0]
    assert [f"{begin:%a %H}" for begin in begins] == ["Wed 07", "Wed 08", "Wed 09", "Wed 10"]
    assert run.bodies == 4 * 60


def test_daily_hours_begin_at_midnight() -> None:
    day = WorkingTime([(9, 10), (23, 24)], every=24)
    run = simulate(
        clocked(day), calendar={"shifts": {"day": ("06:00", "14:00")}}, start="2026-03-02", days=2,
        seed=0, every=1.0,
    )  # fmt: skip
    made = run.periods["bodies"]
    assert [f"{at:%d %H}" for at in made.index[made > 0]] == ["02 09", "02 23", "03 09", "03 23"]


@pytest.mark.parametrize("every", [None, 100.0])
def test_hours_that_do_not_repeat_in_a_week_are_refused(every: float | None) -> None:
    with pytest.raises(ValueError, match=r"Line 'L': beside a calendar .* every=24 or 168"):
        simulate(
            clocked(WorkingTime([(0, 8)], every=every)),
            calendar={"shifts": {"day": ("06:00", "14:00")}},
            start="2026-03-02",
            days=2,
            seed=0,
        )
