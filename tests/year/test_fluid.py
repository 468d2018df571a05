"""A year as a continuous flow: by hand, beside simulated years, and for studies."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import Experiment, Line, Scenario, Shop, Station, fluid_year, simulate_year
from ningde_sim.plant.quantity import Quantity
from ningde_sim.studies.of_year import YearExperiment
from ningde_sim.year.drawn_plan import DrawnPlan
from ningde_sim.year.fluid_model import FluidModel
from ningde_sim.year.open_hours import open_hours
from ningde_sim.year.read import scenario
from ningde_sim.year.tandem import Behind, cumulative_flow
from ningde_sim.year.zone_rates import ZoneRates
from tests.years import small_year, winter

WEEK = {"start": "2026-03-02", "end": "2026-03-06"}
"""Monday to Friday."""


def press_and_paint(**tables: Any) -> Scenario:
    """50 an hour, then 60, a store of 40 between them; a week of one shift."""
    shops = {"press": {"rate": 50}, "paint": {"rate": 60}} | tables.pop("shops", {})
    calendar = {"shifts": 1, "shift_hours": 8}
    return Scenario.of(shops, calendar=calendar, stores={"between": 40}, **WEEK, **tables)


# ------------------------------------------------------------------ by hand


def test_servers_in_a_row_flow_at_the_rate_of_the_slowest() -> None:
    """After it, it starves the faster one; before it, the store fills, then blocks."""
    t = np.arange(5.0)
    slow, fast = cumulative_flow([50 * t, 60 * t], [Behind(10)])
    assert np.allclose(slow, 50 * t)
    assert np.allclose(fast, 50 * t)
    fast, slow = cumulative_flow([60 * t, 50 * t], [Behind(25)])
    assert np.allclose(fast, [0, 60, 120, 175, 225])
    assert np.allclose(slow, 50 * t)


def test_a_stop_behind_blocks_once_the_store_is_full() -> None:
    """And what it holds is made up later."""
    t = np.arange(7.0)
    open_until = np.array([0, 1, 1, 1, 2, 3, 4.0])
    first, second = cumulative_flow([10 * t, 15 * open_until], [Behind(12)])
    assert np.allclose(first, [0, 10, 20, 22, 32, 42, 52])
    assert np.allclose(second, [0, 10, 10, 10, 25, 40, 52])


def test_parts_that_travel_leave_later_by_the_clock_of_their_store() -> None:
    """Two open hours, over a closed one."""
    t = np.arange(7.0)
    clock = np.array([0, 1, 2, 2, 3, 4, 5.0])
    _, out = cumulative_flow([10 * clock, 100 * t], [Behind(1000, 2.0, clock)])
    assert np.allclose(out, [0, 0, 0, 0, 10, 20, 30])


def test_a_week_makes_the_rate_times_the_hours() -> None:
    """50 an hour, eight hours, five days."""
    year = fluid_year(press_and_paint(), seed=0)
    assert year.vehicles == pytest.approx(50 * 8 * 5, abs=0.01)
    assert year.daily["parts"].tolist() == pytest.approx([400] * 5, abs=0.01)


def test_a_closed_shop_fills_the_store_before_it_and_empties_it_after() -> None:
    """On Wednesday 40; on Thursday paint has them for four hours, then waits for the press."""
    closed = {"closures": {"repair": {"start": datetime.date(2026, 3, 4), "days": 1}}}
    daily = fluid_year(press_and_paint(calendars={"paint": closed}), seed=0).daily
    assert daily["press"].tolist() == pytest.approx([400, 400, 40, 400, 400], abs=0.01)
    assert daily["parts"].tolist() == pytest.approx([400, 400, 0, 440, 400], abs=0.01)
    assert daily["between"].tolist() == pytest.approx([0, 0, 40, 0, 0], abs=0.01)


def test_the_warm_up_leaves_an_initial_stock() -> None:
    """The faster press has filled the store before the first day."""
    year = fluid_year(press_and_paint(shops={"press": {"rate": 70}}), seed=0)
    assert year.daily["between"].tolist() == pytest.approx([40] * 5, abs=0.01)
    assert year.bodies == pytest.approx(60 * 8 * 5, abs=0.01)


def test_a_block_makes_its_mean_and_its_scrap_is_told() -> None:
    """Of 60 an hour 90 % of the time 5 % go through again, and 2 % are scrapped."""
    block = {"rate": 60, "uptime": 0.9, "stop": 5, "repeated": 0.05, "scrap": 0.02}
    year = fluid_year(press_and_paint(shops={"press": {"rate": 90}, "paint": block}), seed=0)
    begun = 60 * 0.9 * 0.95 * 8
    assert year.daily["parts"].tolist() == pytest.approx([begun * 0.98] * 5, abs=0.01)
    assert year.daily["scrapped"].tolist() == pytest.approx([begun * 0.02] * 5, abs=0.01)
    assert year.daily["press"].tolist() == pytest.approx([begun] * 5, abs=0.01)


@pytest.mark.parametrize("uses_body_shop", [True, False])
def test_ckd_sets_are_their_share(uses_body_shop: bool) -> None:
    """Of sets and vehicles: taken from the bodies, or beside them."""
    ckd = {"share": 0.2, "uses_body_shop": uses_body_shop}
    year = fluid_year(press_and_paint(ckd=ckd), seed=0)
    assert year.ckd_sets / (year.ckd_sets + year.vehicles) == pytest.approx(0.2)
    left = 0.8 if uses_body_shop else 1.0
    assert year.vehicles == pytest.approx(50 * 8 * 5 * left, abs=0.01)


def test_a_shop_with_lines_makes_its_capacity_at_the_inputs_of_the_run() -> None:
    """One station of 40 s; in drawn runs of 36 to 50 s."""
    shop = Shop("press", [Line("L", [Station("P1", 40)])])
    plan = Scenario.of(shop, calendar={"shifts": 1, "shift_hours": 8}, **WEEK)
    assert fluid_year(plan, seed=0).vehicles == pytest.approx(90 * 40)
    cycle = Quantity(40, "s", low=36, high=50, evidence="assumed", source="a test")
    uncertain = plan.replace({"press.lines.L.stations.P1.cycle_time": cycle})
    for run in range(3):
        made = FluidModel(uncertain).run(0, run).made["parts"].sum()
        expected = fluid_year(uncertain.draw(0, run), seed=0, run=run).vehicles
        assert made == pytest.approx(expected, rel=0.005)


# ------------------------------------------------------------------ beside simulated years


def test_without_failures_it_is_close_to_the_simulated_year() -> None:
    """Vehicles, bodies and each month within 0.5 %: what is left are single bodies and setups."""
    plan = winter().without("failures", "quality")
    year, simulated = fluid_year(plan, seed=3), simulate_year(plan, seed=3)
    assert year.vehicles == pytest.approx(simulated.vehicles, rel=0.005)
    assert year.bodies == pytest.approx(simulated.bodies, rel=0.005)
    ours, theirs = year.monthly, simulated.monthly
    assert ours.index.tolist() == theirs.index.tolist()
    assert set(ours.columns) <= set(theirs.columns)
    assert ours["vehicles"].tolist() == pytest.approx(theirs["vehicles"].tolist(), rel=0.01)


def test_its_hours_are_those_of_the_simulated_year() -> None:
    """Stops of the supply, slowdowns and retooling included, to the millisecond."""
    for run in range(3):
        plan = small_year().draw(5, run)
        ours = FluidModel(small_year()).run(5, run).open_hours
        theirs = open_hours(plan, seed=5, run=run)
        assert (ours.switch, ours.starts) == (theirs.switch, theirs.starts)
        for name, shop in theirs.shops.items():
            assert ours.shops[name].open == shop.open
            assert ours.shops[name].lost == shop.lost


def test_its_inputs_are_those_of_the_simulated_year() -> None:
    """All but those of the way from the gate to the ship."""
    for name in ("ningde-2021", "ningde-2020-12"):
        plan = scenario(name)
        drawn = DrawnPlan(plan)
        for run in (0, 40):
            ours, inside = drawn.at(7, run)
            theirs = plan.draw(7, run)
            for path in plan.ranges():
                if path in inside:
                    assert inside[path] == theirs.get(path).value
                elif not path.startswith("export."):
                    assert ours.get(path) == theirs.get(path)
            if plan.export is not None:
                assert ours.get("export.ckd_share") == theirs.get("export.ckd_share")


def test_it_moves_with_simulated_years() -> None:
    """Of 12 Januaries and Februaries whose inputs are drawn: correlation above 0.98."""
    experiment = YearExperiment(winter())
    made = [experiment.run(1, run)[1]["vehicles"] for run in range(12)]
    cheap = [experiment.cheap(1, run)["vehicles"] for run in range(12)]
    assert np.corrcoef(made, cheap)[0, 1] > 0.98


@pytest.mark.slow
def test_it_moves_with_simulated_years_of_620_robots() -> None:
    """Of 40 years of "ningde-2021": correlation above 0.98; 0.994 was measured over 88."""
    experiment = YearExperiment(scenario("ningde-2021"))
    made = pd.DataFrame([experiment.run(1, run)[1] for run in range(40)])
    cheap = pd.DataFrame([experiment.cheap(1, run) for run in range(40)])
    for column in ("vehicles", "bodies", "with_ckd_sets", "exports"):
        assert np.corrcoef(made[column], cheap[column])[0, 1] > 0.98


def test_a_body_shop_of_zones_has_about_the_rate_that_it_was_tuned_to() -> None:
    """60 an hour: 30,000 in a month of 500 h."""
    rate, good = ZoneRates(scenario("ningde-2021").shops["body_shop"], "body_shop", ()).at(())
    assert rate == pytest.approx(60, rel=0.01)
    assert good == pytest.approx(0.999)


def test_drawn_values_move_a_body_shop_of_zones() -> None:
    """Longer cycles and repairs, fewer crews and smaller stores make it slower."""
    file = scenario("ningde-2021").shops["body_shop"]
    for path, low, high in (
        ("finish.cycle_time", 52, 56),
        ("failures.micro_stop.repair", 1, 3),
        ("failures.major.repair", 60, 300),
        ("finish.inspection.rework", 0.01, 0.08),
    ):
        rates = ZoneRates(file, "body_shop", (f"body_shop.{path}",))
        assert rates.at((low,)) > rates.at((high,))
    for path, low, high in (("repair_crews", 2, 8), ("stores.hood.capacity", 15, 90)):
        rates = ZoneRates(file, "body_shop", (f"body_shop.{path}",))
        assert rates.at((low,)) < rates.at((high,))


# ------------------------------------------------------------------ for studies


def test_cheap_readings_have_the_columns_of_the_results() -> None:
    """Those of the hours are the results themselves."""
    experiment = YearExperiment(winter())
    _, row = experiment.run(2, 4)
    cheap = experiment.cheap(2, 4)
    assert set(cheap) <= set(row)
    assert set(cheap) <= set(experiment.units)
    assert {"vehicles", "with_ckd_sets", "vehicles_2021-02", "exports_by_2021-01"} <= set(cheap)
    for column in ("nominal", "lost_overtime", "lost_closures", "lost_chips", "lost_power"):
        assert cheap[column] == pytest.approx(row[column])
    months = sum(cheap[f"vehicles_{month}"] for month in experiment.months)
    assert months == pytest.approx(cheap["vehicles"])


def test_cheap_readings_are_those_of_the_fluid_year() -> None:
    """With typical inputs."""
    cheap = YearExperiment(winter(), inputs="typical").cheap(2, 4)
    year = fluid_year(winter(), seed=2, run=4)
    assert cheap["vehicles"] == pytest.approx(year.vehicles)
    assert cheap["ckd_sets"] == pytest.approx(year.ckd_sets)


def test_an_experiment_has_no_cheap_model_of_its_own() -> None:
    """Unless its class tells one."""
    assert Experiment.cheap(YearExperiment(winter()), 0, 0) == {}


# ------------------------------------------------------------------ what it says


def test_its_summary_says_that_it_is_an_approximation() -> None:
    """And no substitute for a simulated year."""
    text = " ".join(fluid_year(press_and_paint(), seed=0).summary().split())
    assert "without random failures" in text
    assert "no substitute" in text
    assert "approximation" in text
    assert "an approximation without random failures" in repr(fluid_year(press_and_paint(), seed=0))


def test_what_is_no_scenario_is_refused() -> None:
    """With the cure."""
    with pytest.raises(TypeError, match=r"fluid_year: plan must be a Scenario.*scenario\("):
        fluid_year("ningde-2021", seed=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed"):
        fluid_year(press_and_paint(), seed=-1)
