"""New models: from when they are made, which stations they slow, what that costs."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ningde_sim import scenario
from ningde_sim.year.joined_shops import WARM_UP_DAYS, join_shops
from ningde_sim.year.launches import products_made, slowed_from
from ningde_sim.year.open_hours import open_hours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import ProductTable
from ningde_sim.year.without import WITHOUT
from ningde_sim.year.year_run import simulate_year
from tests.years import small_year

DAY = 24 * 3_600_000
TABLES = small_year().products
LAST = "2021-12"


def autumn(*without: str) -> Scenario:
    """The small plant around its retooling and both starts."""
    year = small_year().without(*without)
    return year.replace({"calendar.start": datetime.date(2021, 8, 23)})


@pytest.fixture(scope="module")
def quiet() -> Scenario:
    """August to December without any loss but the new models; the body shop has time to spare."""
    products = autumn().products
    calm = autumn("calendar", "retooling", "supply", "failures", "quality")
    return replace(calm, products=products).replace(
        {"products.model_a.start": datetime.date(2021, 9, 6)}
    )


# ------------------------------------------------------------------ as products of the shop


def test_the_base_takes_what_the_others_leave():
    """And all shares add up to 1."""
    made = products_made(TABLES, {"model_a": 3 * DAY, "model_b": 9 * DAY}, 5 * DAY)
    assert {each.name: each.share for each in made} == pytest.approx(
        {"base": 0.65, "model_a": 0.2, "model_b": 0.15}
    )
    assert [each.start for each in made] == [0, 8 * 24, 14 * 24]


def test_a_product_that_takes_all_leaves_the_base_until_it_starts():
    """Someone must be made before."""
    all_new = (
        small_year().replace({"products.model_a.share": 1, "products.model_b.share": 0}).products
    )
    made = products_made(all_new, {"model_a": DAY, "model_b": DAY}, 0)
    assert [each.name for each in made] == ["base", "model_a"]
    assert 0 < made[0].share < 1e-5


def test_a_ramp_that_began_before_the_run_goes_on_where_it_is():
    """After 100 days of one to 90 % in 150 the rest of it has the same time constant."""
    year = small_year().replace({"products.model_a.ramp.days_to_90": 150})
    late, whole = (
        products_made(year.products, {"model_a": start, "model_b": 0}, 0)[1].ramp
        for start in (-100 * DAY, 0)
    )
    for days in (0, 10, 200):
        assert late.speed(days) == pytest.approx(whole.speed(100 + days))
    assert late.stations == whole.stations


def test_a_ramp_that_is_at_90_percent_before_the_run_counts_as_over():
    made = products_made(TABLES, {"model_a": -61 * DAY, "model_b": 0}, 0)
    assert made[1].ramp is None
    assert made[1].start == 0


def test_a_station_is_slowed_from_the_first_start_on():
    """If a ramp names it; without stations a ramp names all."""
    starts = {"model_a": 3, "model_b": 9}
    assert slowed_from(TABLES, starts, "assembly line") == 3
    assert slowed_from(TABLES, starts, "FI-010") == 3
    assert slowed_from(TABLES, starts, "topcoat") is None
    ramp = replace(TABLES["model_b"].ramp, stations=())
    tables = {**TABLES, "model_b": replace(TABLES["model_b"], ramp=ramp)}
    assert slowed_from(tables, starts, "topcoat") == 9
    assert slowed_from({}, {}, "topcoat") is None


def test_the_shop_of_the_year_has_the_products():
    """From the hours after the warm-up on which they are made."""
    year = scenario("ningde-2021").typical()
    shop = join_shops(year, open_hours(year, seed=0, run=0)).shop
    assert [product.name for product in shop.products] == ["base", "model_a", "model_b"]
    november = (datetime.date(2021, 11, 1) - datetime.date(2021, 1, 1)).days
    assert shop.products[2].start == 24 * (november + WARM_UP_DAYS)
    slowed = [s.name for s in shop.stations if shop.products[1].ramp.slows(s.name)]
    assert "assembly line" in slowed
    assert "MAIN-FR1-020" in slowed
    assert not [name for name in slowed if name.startswith(("before", "SUB-EC", "MAIN-UB", "top"))]


def test_without_launches_there_are_no_products():
    year = small_year().without("launches")
    assert join_shops(year, open_hours(year, seed=0, run=0)).shop.products == ()


def test_a_scenario_without_products_has_one_column_of_all_vehicles():
    plan = small_year("ningde-2020-12").typical()
    year = simulate_year(plan, seed=0)
    assert year.products["all"].tolist() == year.monthly["vehicles"].tolist()


# ------------------------------------------------------------------ what is made, what is lost


def test_the_products_of_a_month_are_its_vehicles():
    """None of a new model before its start; its share after it."""
    run = simulate_year(autumn().typical(), seed=3)
    table = run.products
    assert list(table.columns) == ["base", "model_a", "model_b"]
    assert list(table.index) == list(run.monthly.index)
    assert (table.sum(axis=1) == run.monthly["vehicles"]).all()
    assert table.loc["2021-08", ["model_a", "model_b"]].sum() == 0
    assert table.loc[["2021-09", "2021-10"], "model_b"].sum() == 0
    assert table.loc["2021-10", "model_a"] / table.loc["2021-10"].sum() == pytest.approx(
        0.2 / 0.85, abs=0.015
    )
    shares = table.loc[LAST] / table.loc[LAST].sum()
    assert shares.tolist() == pytest.approx([0.65, 0.2, 0.15], abs=0.015)


def test_a_product_of_no_share_has_a_column_of_zeros(quiet):
    none = quiet.replace({"products.model_a.share": 0, "calendar.end": datetime.date(2021, 9, 12)})
    table = simulate_year(none, seed=0).products
    assert table["model_a"].tolist() == [0, 0]
    assert table["base"].tolist() == table.sum(axis=1).tolist()


def test_the_feeders_after_the_retooling_count_on(quiet):
    """New models are made there, whatever was made before."""
    year = small_year().without("calendar", "supply", "failures", "quality")
    table = simulate_year(year, seed=0).products
    assert table.loc[LAST, "model_a"] / table.loc[LAST].sum() == pytest.approx(0.2, abs=0.015)


def test_feeders_of_a_new_kind_are_refused():
    """They would begin a count of their own, far behind, and never make a new model."""
    year = small_year()
    before = year.before["body_shop"]
    zones = {key: zone for key, zone in before.zones.items() if key != "side"}
    zones["finish"] = replace(zones["finish"], takes=("floor",))
    stores = {key: store for key, store in before.stores.items() if key != "side"}
    fewer = replace(year, before={"body_shop": replace(before, zones=zones, stores=stores)})
    with pytest.raises(
        ValueError, match=r"must have as many feeders as before the retooling.* got '1 for 2'"
    ):
        simulate_year(fewer, seed=0)
    assert simulate_year(fewer.without("launches"), seed=0).vehicles > 0


def test_a_launch_costs_what_its_bodies_take_longer(quiet):
    """At the assembly line, which sets the pace: on each day the mean over its bodies.

    A fifth of the bodies at speed e: the line makes 60 / (1 + 0.2 (1 / e - 1)) an hour.
    """
    plan = quiet.replace({"products.model_b.share": 0, "assembly.rate": 50})
    run = simulate_year(plan, seed=5)
    ramp = run.shop_run.shop.products[1].ramp
    launches = run.daily["launches"]
    first = datetime.date(2021, 9, 6)
    assert (launches[launches.index < first] == 0).all()
    assert (launches >= 0).all()
    days = [day for day in launches.index if run.daily["made"][day] > 0 and day > first]
    at = np.array([(day - first).days + 8 / 24 for day in days])
    speed = np.array([ramp.speed(each) for each in at])
    expected = 16 * (1 - 1 / (1 + 0.2 * (1 / speed - 1)))
    assert launches[days].sum() == pytest.approx(expected.sum(), rel=0.05)
    assert run.lost_hours.loc["starved", "assembly"] < 10


def test_only_bodies_of_the_new_model_are_slower(quiet):
    """A product without share, or without a ramp, changes no vehicle."""
    none = quiet.replace({"products.model_a.share": 0, "products.model_b.share": 0})
    flat = {
        name: table if table.ramp is None else replace(table, ramp=None)
        for name, table in quiet.products.items()
    }
    made = [
        simulate_year(plan, seed=1).vehicles
        for plan in (none, replace(quiet, products=flat), quiet.without("launches"))
    ]
    assert len(set(made)) == 1
    assert simulate_year(quiet, seed=1).vehicles < made[0]


def test_a_ramp_at_other_stations_shows_as_starved(quiet):
    """Assembly waits for bodies of a body shop that is slowed down."""
    ramps = {
        name: table
        if table.ramp is None
        else replace(table, ramp=replace(table.ramp, stations=("FI-010",)))
        for name, table in quiet.products.items()
    }
    hours = simulate_year(replace(quiet, products=ramps), seed=1).lost_hours["assembly"]
    assert hours["launches"] == 0
    assert hours["starved"] > 5


def test_a_year_without_all_losses_has_no_products():
    assert set(small_year().without(*WITHOUT).products) == set()


def test_both_engines_make_the_same_products():
    """Two weeks with a start in them."""
    weeks = small_year().replace(
        {
            "calendar.start": datetime.date(2021, 8, 26),
            "calendar.end": datetime.date(2021, 9, 14),
            "retooling.full_stop_days": 3,
            "products.model_a.start": datetime.date(2021, 9, 3),
        }
    )
    one, other = (simulate_year(weeks, seed=3, engine=e) for e in ("compiled", "reference"))
    pd.testing.assert_frame_equal(one.products, other.products, check_exact=True)
    pd.testing.assert_frame_equal(one.lost_hours, other.lost_hours, check_exact=True)
    assert one.products["model_a"].sum() > 500


# ------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("products", "text"),
    [
        ({"a": ProductTable(), "b": ProductTable()}, "exactly one product must have no share"),
        ({"a": TABLES["model_a"]}, "exactly one product must have no share"),
    ],
)
def test_products_without_a_rest_are_refused(products, text):
    with pytest.raises(ValueError, match=text):
        replace(small_year(), products=products)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"products.model_a.ramp.stations": ("FI-*", "FO-*")},
            r"no station of the plant has this name\. Did you mean FL-010.* got 'FO-",
        ),
        ({"products.model_a.ramp.stations": ("CKD packing",)}, "no station of the plant"),
        ({"products.model_a.ramp.initial_speed": 0.95}, "must be at most 0.9"),
        ({"products.base.start": datetime.date(2021, 9, 1)}, "takes the rest from the first day"),
    ],
)
def test_what_would_have_no_effect_is_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        small_year().replace(changes)


@pytest.mark.parametrize("key", ["delay", "ramp"])
def test_a_delay_and_a_ramp_need_a_start(key):
    table = {"share": TABLES["model_a"].share, key: getattr(TABLES["model_a"], key)}
    with pytest.raises(ValueError, match=f"{key} needs the start"):
        ProductTable(**table)
