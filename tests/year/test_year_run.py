"""A year of a small plant: what comes out, what is lost, and that it all adds up."""

from __future__ import annotations

import datetime
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ningde_sim import simulate
from ningde_sim.year.joined_shops import join_shops
from ningde_sim.year.open_hours import open_hours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import LOST_CAUSES
from ningde_sim.year.without import WITHOUT
from ningde_sim.year.year_run import YearRun, simulate_year
from tests.years import small_year

SHOPS = ("body_shop", "paint", "assembly")
CAUSES = ("overtime", "closures", "maintenance", "retooling", "chips", "stock_outs", "power")
CAUSES += ("outbreak", "retooling_nights", "launches", "breakdown", "blocked", "starved", "rework")


@pytest.fixture(scope="module", params=[False, True], ids=["CKD of parts", "CKD of bodies"])
def year(request) -> YearRun:
    """A year with everything in it."""
    drawn = small_year().replace({"ckd.uses_body_shop": request.param}).draw(4, 4)
    return simulate_year(drawn, seed=4, run=4)


# ------------------------------------------------------------------ nominal arithmetic


def test_a_year_without_losses_makes_its_nominal_exactly():
    """60 an hour x 16 h x 250 days are 240,000, by arithmetic and station by station."""
    year = simulate_year(small_year().without(*WITHOUT), seed=0)
    assert year.nominal == 240_000
    assert year.vehicles == 240_000


def test_a_month_without_losses_makes_its_nominal_exactly():
    """60 x 20 h x 25 days are 30,000: March 2021 with two Saturdays, three crews."""
    march = {
        "calendar.start": datetime.date(2021, 3, 1),
        "calendar.end": datetime.date(2021, 3, 31),
        "calendar.shift_hours": 10,
        "calendar.saturdays": 2,
        "calendar.crews": 3,
    }
    year = simulate_year(small_year().without(*WITHOUT).replace(march), seed=0)
    assert year.nominal == 60 * 20 * 23
    assert year.vehicles == 60 * 20 * 25 == 30_000


# ------------------------------------------------------------------ it adds up


def test_the_lost_hours_of_each_shop_are_the_gap_from_nominal_to_made(year):
    """Each day, in whole milliseconds."""
    for shop in SHOPS:
        table = year.lost_ms(shop)
        assert tuple(table.columns) == ("nominal", *CAUSES, "made")
        assert (table["nominal"] - table[[*CAUSES]].sum(axis=1) == table["made"]).all()
        assert (table.dtypes == np.int64).all()


def test_the_losses_at_the_gate_are_the_gap_in_vehicles(year):
    """What is made is the vehicles times their cycle, rounded to the clock."""
    losses = year.losses
    gap = losses.loc["nominal", "vehicles"] - losses.loc[[*CAUSES], "vehicles"].sum()
    assert gap == pytest.approx(losses.loc["made", "vehicles"], abs=1e-6)
    assert gap == pytest.approx(year.vehicles, rel=1e-5)
    assert losses.loc["nominal", "vehicles"] == pytest.approx(year.nominal)


def test_days_add_up_to_months_and_months_to_the_year(year):
    """Bodies, vehicles, CKD sets, hours; stores are those of the last day."""
    daily, monthly = year.daily, year.monthly
    assert len(daily) == 365
    assert list(monthly.index) == [f"2021-{month:02}" for month in range(1, 13)]
    for column in ("bodies", "painted", "vehicles", "ckd_sets", "scrapped"):
        assert monthly[column].sum() == daily[column].sum()
    for column in ("nominal", *CAUSES, "made"):
        assert monthly[column].sum() == pytest.approx(daily[column].sum())
    assert (year.vehicles, year.bodies, year.ckd_sets) == tuple(
        monthly[["vehicles", "bodies", "ckd_sets"]].sum()
    )
    september = daily[[day.month == 9 for day in daily.index]]
    assert monthly.loc["2021-09", "vehicles"] == september["vehicles"].sum()
    assert monthly.loc["2021-09", "inside"] == september["inside"].iloc[-1]


def test_each_shop_has_its_months(year):
    """Which add up to its year."""
    for shop in SHOPS:
        months = year.lost_by_month(shop)
        assert list(months.index) == list(year.monthly.index)
        assert np.allclose(months.sum(), year.lost_hours[shop])


def test_bodies_are_vehicles_and_inside_and_scrapped():
    """From an empty plant on: each body is somewhere, CKD sets of bodies included."""
    scenario = small_year().replace({"ckd.uses_body_shop": True})
    shop = join_shops(scenario, open_hours(scenario, seed=1, run=0)).shop
    run = simulate(shop, hours=24 * 40, seed=1)
    stations = run.stations
    behind = stations["zone"].isin(["Paint", "Assembly"])
    levels = run.stores.loc[
        ["bodies in white", "in paint", "to packing", "painted bodies"], "level_end"
    ]
    inside = levels.sum() + run.buffers["level_end"].sum()
    inside += (run.counts.stations["content"][behind.to_numpy()] > 0).sum()
    gone = stations.loc[behind, "scrapped"].sum()
    assert run.stores.loc["bodies in white", "put"] == run.bodies + inside + gone
    assert run.bodies > 10_000
    assert gone > 500


def test_the_year_counts_what_is_inside(year):
    """Never less than the stores hold, never more than stores, buffers and stations can."""
    daily = year.daily
    stores = daily[["bodies_in_white", "in_paint", "painted_bodies"]].sum(axis=1)
    assert (daily["inside"] >= stores).all()
    assert (daily["inside"] <= stores + 5 + 20 + 1).all()
    packed = daily["ckd_sets"] if year.scenario.ckd.uses_body_shop else 0
    net = daily["bodies"] - daily["vehicles"] - daily["scrapped"] - packed
    assert (daily["inside"].diff().iloc[1:] == net.iloc[1:]).all()


def test_ckd_sets_are_their_share_of_ckd_sets_and_vehicles(year):
    """Exactly if they are made of parts, on average if of bodies."""
    share = year.scenario.ckd.share.value
    made = year.ckd_sets / (year.ckd_sets + year.vehicles)
    assert made == pytest.approx(share, abs=0.005 if year.scenario.ckd.uses_body_shop else 1e-5)
    assert share > 0.05


@pytest.mark.parametrize("packs_bodies", [False, True])
@pytest.mark.parametrize(("ok", "repaint"), [(0.4, 0.0), (0.9, 0.1)])
def test_the_topcoat_line_sets_the_pace_of_paint(ok, repaint, packs_bodies):
    """Neither spot repairs nor packing do: 50 an hour less what is painted twice."""
    year = small_year().without("calendar", "retooling", "launches", "supply", "failures")
    year = year.replace(
        {
            "calendar.end": datetime.date(2021, 3, 31),
            "paint.rate": 50,
            "paint.scrap": 0,
            "paint.first_time_ok": ok,
            "paint.repeated": repaint,
            "ckd.uses_body_shop": packs_bodies,
        }
    )
    lost = simulate_year(year, seed=1).lost_hours["paint"]
    assert lost["blocked"] < 0.001 * lost["nominal"]
    assert lost["rework"] == pytest.approx(repaint * lost["nominal"], abs=0.01 * lost["nominal"])


@pytest.fixture(scope="module")
def paced() -> Scenario:
    """Eleven weeks in which paint or assembly sets the pace and nothing else is lost."""
    year = small_year().without(
        "calendar", "retooling", "launches", "supply", "failures", "quality"
    )
    return year.replace({"calendar.end": datetime.date(2021, 3, 31)})


def test_the_line_of_assembly_has_its_uptime(paced):
    """Half of the time, in stops of 5 minutes: some 5,700 of them."""
    year = simulate_year(paced.replace({"assembly.uptime": 0.5, "assembly.rate": 50}), seed=1)
    hours = year.lost_hours["assembly"]
    assert hours["breakdown"] / hours["nominal"] == pytest.approx(0.5, abs=0.03)
    assert hours["starved"] + hours["blocked"] < 0.01 * hours["nominal"]
    stops = year.shop_run.stations.loc["assembly line", "failures"]
    assert hours["breakdown"] / stops == pytest.approx(5 / 60, rel=0.2)


def test_what_fails_the_final_check_is_checked_again(paced):
    """One in ten, without slowing the line."""
    year = simulate_year(paced.replace({"assembly.first_time_ok": 0.9}), seed=1)
    check = year.shop_run.stations.loc["final check"]
    assert check["reworked"] / check["cycles"] == pytest.approx(0.1, abs=0.01)
    assert year.lost_hours["assembly"]["blocked"] < 0.001 * year.lost_hours["assembly"]["nominal"]


def test_the_body_shop_is_never_starved_and_paint_counts_its_scrap_as_rework(paced):
    """If its last station has no body, it broke down; a tenth that paint scraps is not made."""
    plan = small_year()
    year = replace(paced, shops=paced.shops | {"body_shop": plan.shops["body_shop"]}, before={})
    year = year.replace({"paint.scrap": 0.1, "paint.rate": 50, "paint.extra_hours": 2})
    run = simulate_year(year, seed=1)
    body_shop, paint = run.lost_hours["body_shop"], run.lost_hours["paint"]
    assert body_shop["starved"] == 0 < body_shop["breakdown"]
    assert paint["rework"] / (paint["rework"] + paint["made"]) == pytest.approx(0.1, abs=0.01)
    for shop in SHOPS:
        table = run.lost_ms(shop)
        assert (table["nominal"] - table[[*LOST_CAUSES]].sum(axis=1) == table["made"]).all()
    idle = run.shop_run.stations.loc["FI-020", "starved"]
    assert body_shop["breakdown"] >= idle > 0


def test_the_plant_is_full_on_the_first_day(paced):
    """After five days of 16 h, even if a body is in paint for 40 h."""
    year = simulate_year(paced.replace({"paint.lead_time": 40}), seed=1)
    assert year.daily["vehicles"][year.daily["made"] > 0].iloc[0] == 960


def test_paint_holds_its_rate_times_its_lead_time(paced):
    """50 an hour for 6 h are 300 bodies, on the first evening as on the last."""
    year = simulate_year(paced.replace({"paint.rate": 50, "paint.lead_time": 6}), seed=1)
    assert set(year.daily["in_paint"]) <= {299, 300, 301}
    assert year.lost_hours["paint"]["blocked"] == 0


# ------------------------------------------------------------------ the same rules as everywhere


def test_both_engines_make_the_same_year():
    """A month with a retooling in it, table by table."""
    month = small_year().replace(
        {
            "calendar.start": datetime.date(2021, 8, 20),
            "calendar.end": datetime.date(2021, 9, 20),
        }
    )
    one, other = (simulate_year(month, seed=3, engine=e) for e in ("compiled", "reference"))
    pd.testing.assert_frame_equal(one.daily, other.daily, check_exact=True)
    pd.testing.assert_frame_equal(one.lost_hours, other.lost_hours, check_exact=True)
    assert one.vehicles > 10_000


def test_the_body_shop_before_the_retooling_ends_where_the_one_after_begins():
    """It makes no body after the switch, the other one none before it."""
    year = simulate_year(small_year().without("supply", "launches"), seed=0)
    history = year.shop_run.history.stations["cycles"]
    names = list(year.shop_run.stations.index)
    before, after = (history[:, names.index(name)] for name in ("before FI-020", "FI-020"))
    stop = (datetime.date(2021, 8, 30) - datetime.date(2021, 1, 1)).days
    assert before[stop - 1] == before[-1] > 100_000
    assert after[stop + 8] == 0
    assert after[-1] > 50_000


def test_no_crew_stays_in_the_body_shop_before_the_retooling():
    """A single crew, whose repair the retooling cuts off, goes on to the body shop after it."""
    year = small_year().without("supply", "launches")
    year = year.replace({"body_shop.repair_crews": 1, "body_shop.failures.minor.uptime": 10})
    for run in (2, 7):
        assert simulate_year(year, seed=1, run=run).monthly.loc["2021-12", "bodies"] > 20_000


def test_seed_and_run_make_the_year():
    """The same again; another run makes another year. Ranges change nothing."""
    one, same, other = (simulate_year(small_year(), seed=0, run=run) for run in (1, 1, 2))
    pd.testing.assert_frame_equal(one.daily, same.daily)
    assert one.vehicles != other.vehicles
    assert simulate_year(small_year().typical(), seed=0, run=1).vehicles == one.vehicles


def test_a_year_can_be_sent_and_summed_up():
    """To another process; in a dozen lines and the notes."""
    year = simulate_year(small_year(), seed=0)
    sent = pickle.loads(pickle.dumps(year))
    assert sent.vehicles == year.vehicles
    text = year.summary()
    assert f"{year.vehicles:,}" in text
    assert "one run only" in text
    assert all(note in " ".join(text.split()) for note in year.scenario.notes)
    assert repr(year) == (
        f"YearRun('ningde-2021', seed=0, run=0, engine='compiled': {year.vehicles:,} vehicles)"
    )


def test_what_is_no_scenario_is_refused():
    """The message says how to get one."""
    with pytest.raises(TypeError, match=r"simulate_year: scenario must be a Scenario, got 'x'"):
        simulate_year("x", seed=0)
    with pytest.raises(ValueError, match=r"simulate_year 'ningde-2021': seed must be at least 0"):
        simulate_year(small_year(), seed=-1)
    with pytest.raises(ValueError, match="shop must be one of body_shop, paint, assembly, got"):
        simulate_year(small_year(), seed=0).lost_ms("gate")


def test_the_critical_path_of_a_year_adds_up_to_its_hours():
    """Nights, free days and lost hours are closed time; the year without one is the same year."""
    plan = small_year().typical()
    kept, plain = (simulate_year(plan, seed=0, critical_path=keep) for keep in (True, False))
    table, days = kept.critical_path(), kept.critical_path(every=24)
    assert table["ms"].sum() == len(kept.open_hours.days) * 24 * 3_600_000
    assert (days.groupby("period")["ms"].sum() == 24 * 3_600_000).all()
    causes = table.groupby("cause")["hours"].sum()
    assert causes["working"] > 0
    assert causes["closed"] > 0
    assert kept.vehicles == plain.vehicles
    with pytest.raises(ValueError, match="must have kept a critical path"):
        plain.critical_path()
