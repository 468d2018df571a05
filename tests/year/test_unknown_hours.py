"""What an outsider does not know: the hours that were worked, what the target counts."""

from __future__ import annotations

import pytest

from ningde_sim import Line, Quantity, Scale, Scenario, Shop, Station, replicate, scenario
from ningde_sim.year.year_run import simulate_year
from tests.years import winter

OF_2021 = {
    "calendar.saturdays": 4,
    "calendar.overtime": 0,
    "calendar.shift_hours_by_month": [8.0] * 9 + [10.0] * 3,
}


@pytest.mark.parametrize("name", ["ningde-2021", "ningde-2022"])
def test_the_hours_that_were_worked_have_assumed_ranges(name: str) -> None:
    inputs = scenario(name).uncertain_inputs()
    for key in ("calendar.saturdays", "calendar.overtime", "shift hours"):
        assert inputs[key].evidence == "assumed"
    assert "shift hours" not in winter().replace(OF_2021).uncertain_inputs()  # a plan has none


def test_months_with_one_name_are_drawn_together() -> None:
    plan = scenario("ningde-2021")
    hours = [float(each) for each in plan.draw(3, 5).calendar.shift_hours_by_month]
    assert len(set(hours[:9])) == 1 == len(set(hours[9:]))
    assert 7.5 <= hours[0] <= 9 != hours[0]
    assert 8 <= hours[9] <= 11


def test_a_month_has_a_path_and_the_list_has_one() -> None:
    plan = scenario("ningde-2021")
    assert plan.get("calendar.shift_hours_by_month.10").value == 10
    less = plan.replace({"calendar.shift_hours_by_month.1*": Scale(0.9)})
    assert [float(each) for each in less.calendar.shift_hours_by_month[8:]] == [8, 9, 9, 9]
    assert plan.replace(OF_2021).get("calendar.shift_hours_by_month")[9] == 10
    assert plan.replace({"calendar.shift_hours": 8}).calendar.shift_hours_by_month is None
    rows = plan.assumptions().index
    assert "calendar.shift_hours_by_month.12" in rows
    assert "calendar.shift_hours_by_month" not in rows


def test_a_month_survives_its_file(tmp_path) -> None:
    plan = scenario("ningde-2021")
    plan.to_toml(tmp_path / "mine.toml")
    assert scenario(tmp_path / "mine.toml") == plan


@pytest.mark.parametrize(
    ("months", "fault"),
    [
        ([8.0] * 11 + [13.0], r"2 shifts must fit into 24 h, not make 26 h, got 13"),
        ([8.0] * 11 + [-1.0], "greater than or equal to 0, got -1"),
        ([8.0] * 11, "at least 12 items"),
        ([8.0] * 11 + ["9"], "valid number, got '9'"),
        ([8.0] * 11 + [Quantity(9, "s", evidence="assumed", source="x")], "unit must be 'h'"),
        (
            [8.0] * 11 + [Quantity(9, "h", low=8, high=13, evidence="assumed", source="x")],
            "not make 26 h",
        ),
    ],
)
def test_months_that_cannot_be_are_refused(months, fault) -> None:
    with pytest.raises(ValueError, match=fault):
        winter().replace({"calendar.shift_hours_by_month": months})


def test_both_readings_of_the_target_stand_side_by_side() -> None:
    """Vehicles alone, and with CKD sets; each with its own probability."""
    plan = winter().replace({"target": 30_000, "ckd.share": 0.15})
    study = replicate(plan, runs=12, seed=0, progress=False)
    both = study.column("vehicles") + study.column("ckd_sets")
    expected = (both >= 30_000).mean()
    assert study.probability(of="with_ckd_sets", target=30_000).value == expected
    lines = study.summary().splitlines()
    at = next(k for k, line in enumerate(lines) if "P(>= 30,000)" in line)
    assert "P with CKD sets" in lines[at + 1]
    assert f"{expected:.2f}" in lines[at + 1]
    run = simulate_year(plan.typical(), seed=0)
    assert f"with CKD sets     {run.vehicles + run.ckd_sets - 30_000:+,}" in run.summary()


def test_the_shop_that_others_wait_for_limits_the_year() -> None:
    """Assembly at half its rate: the body shop and paint wait for room, and it never waits."""
    slow = winter().replace({"assembly.rate": 30, "assembly.uptime": 1}).typical()
    run = simulate_year(slow, seed=0)
    assert run.limiting_shop == "assembly"
    waits, hours = run.waits, run.lost_hours
    assert waits.loc["body_shop", "behind"] == pytest.approx(hours.loc["blocked", "body_shop"])
    assert waits.loc["assembly", "before"] < 0.02 * waits.loc["assembly", "open_hours"]
    assert waits.loc["body_shop", "behind"] > 0.4 * waits.loc["body_shop", "open_hours"]
    assert "limits the year   assembly" in run.summary()
    study = replicate(slow, runs=3, seed=0, progress=False)
    assert "assembly in 3 of 3 runs" in study.summary()
    fast = slow.replace({"assembly.rate": 64, "body_shop_before.*.cycle_time": 90})
    assert "limits the year   body_shop" in simulate_year(fast, seed=0).summary()
    middle = slow.replace({"assembly.rate": 64, "paint.rate": 40})
    assert simulate_year(middle, seed=0).limiting_shop == "paint"


def test_who_works_when_the_others_are_closed_does_not_wait_for_them() -> None:
    """On Saturdays a slow first shop fills the store before a closed one, and still limits."""
    first = Shop("first", [Line("L", [Station("P", 60)])])
    shifts = {"day": ["06:00", "14:00"], "saturday": {"start": "06:00", "end": "14:00"}}
    saturday = {"shifts": shifts | {"saturday": shifts["saturday"] | {"weekdays": ["sat"]}}}
    plan = Scenario.of(
        {"first": first, "second": {"rate": 90}},
        calendar={"shifts": {"day": shifts["day"]}},
        calendars={"first": saturday},
        stores={"between": 5},
        start="2026-01-05",
        end="2026-02-01",
    )
    run = simulate_year(plan, seed=0)
    assert run.lost_hours.loc["blocked", "first"] > 4 * 7  # nearly all of each Saturday
    assert run.waits.loc["first", "behind"] < 0.1
    assert run.waits.loc["second", "before"] > 20
    assert run.limiting_shop == "first"


def test_a_faster_shop_that_does_not_limit_brings_next_to_nothing() -> None:
    slow = winter().replace({"assembly.rate": 40, "assembly.uptime": 1}).typical()
    faster = slow.replace({"body_shop_before.finish.cycle_time": 47})
    before, after = (simulate_year(plan, seed=0).vehicles for plan in (slow, faster))
    assert after - before < 0.002 * before


def test_a_single_shop_has_no_line_about_others() -> None:
    shop = Shop("press", [Line("L", [Station("P", 60)])])
    plan = Scenario.of(shop, calendar={"shifts": 1, "shift_hours": 8}, start="2026-01-01")
    assert "limits" not in simulate_year(plan, seed=0).summary()
