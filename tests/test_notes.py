"""Each number that a note of the shipped files states, by what the model does or by arithmetic."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from scipy.stats import lognorm

from ningde_sim import ningde_2021, scenario, simulate_year
from tests.test_default_plant import changed, target_months

DATA = files("ningde_sim.data")
NAMES = sorted(path.name for path in DATA.iterdir() if path.name.endswith(".toml"))


def quantities(node: Any) -> Iterator[dict[str, Any]]:
    """All tables with a value below a node of a TOML file."""
    if isinstance(node, dict):
        if "value" in node:
            yield node
        for child in node.values():
            yield from quantities(child)
    elif isinstance(node, list):
        for child in node:
            yield from quantities(child)


def noted(words: str) -> list[dict[str, Any]]:
    """The quantities of all files whose note matches some words."""
    tables = [tomllib.loads(DATA.joinpath(name).read_text("utf-8")) for name in NAMES]
    return [q for table in tables for q in quantities(table) if re.search(words, q.get("note", ""))]


@pytest.mark.parametrize("words", [r"(\d+) bodies per hour and line", r"60 bodies per hour: (60)"])
def test_a_rate_in_a_note_is_that_of_the_cycle(words: str) -> None:
    found = noted(words)
    assert found
    for quantity in found:
        rate = re.search(words, quantity["note"])
        assert rate
        assert 3600 / quantity["value"] == pytest.approx(int(rate[1]))


def test_the_store_of_two_hours_of_production_holds_them() -> None:
    """At the rate of assembly, one car per 60 s."""
    assert {q["value"] for q in noted("two hours of production")} == {2 * 60}
    assert {q["value"] for q in noted("one car per 60 s")} == {60}


def test_the_stops_of_supply_last_as_their_note_says() -> None:
    """Nine in ten of the lognormal stops of the typical plan."""
    stops = scenario("ningde-2021").supply["stock_outs"]
    low, high = (
        float(lognorm_quantile(stops.duration.value, stops.cv.value, p)) for p in (0.05, 0.95)
    )
    assert noted(f"90 % of the stops last about {low:.0f} to {high:.0f} h")


def lognorm_quantile(mean: float, cv: float, p: float) -> float:
    """Of a lognormal distribution with this mean and coefficient of variation."""
    sigma = np.sqrt(np.log1p(cv**2))
    return float(lognorm(sigma, scale=mean * np.exp(-(sigma**2) / 2)).ppf(p))


def test_the_exports_of_2020_are_so_many_a_month() -> None:
    """7,000 in 12 months are about 600 a month, to 50."""
    assert abs(7_000 / 12 - 600) < 50
    assert noted("The 7,000 of 2020 were about 600 a month")


@pytest.mark.slow
def test_half_of_the_mature_months_reach_30_000() -> None:
    """Of 60 months between 0.3 and 0.7: a share of a quarter is seen in 19 of 20 trials."""
    reached = np.mean(target_months(ningde_2021(), 60) >= 30_000)
    assert 0.3 < reached < 0.7


@pytest.mark.slow
def test_a_spread_of_the_cycles_costs_1_6_percent() -> None:
    """With a coefficient of variation of 0.02, on common random numbers, to 0.3 %."""
    assert noted("0.02 .*cost.* 1.6 % of the bodies")

    def spread(data: Any) -> None:
        data["shop"]["cycle_time_cv"].update(value=0.02)

    fixed, varied = target_months(ningde_2021()), target_months(changed(spread))
    assert 1 - varied.mean() / fixed.mean() == pytest.approx(0.016, abs=0.003)


@pytest.mark.slow
def test_a_quarter_of_the_output_to_august_exceeds_what_was_exported() -> None:
    """25 % of a typical plan's output to the end of August, against the 38,000 reported."""
    assert noted(r"25 % \(15-35\) of the output would exceed the 38,000")
    made = simulate_year(scenario("ningde-2021").typical(), seed=0).monthly["vehicles"]
    assert 0.25 * made[:"2021-08"].sum() > 38_000


@pytest.mark.slow
def test_typical_inputs_export_so_many_by_the_end_of_august() -> None:
    """Some 35,700, clearly fewer than 38,000: the mean of 8 years lies within 900 of it."""
    plan = scenario("ningde-2021")
    assert any("Typical inputs give some 35,700 exported" in note for note in plan.notes)
    years = [simulate_year(plan.typical(), seed=3, run=k).monthly["exported"] for k in range(8)]
    total = [year[:"2021-08"].sum() for year in years]
    assert np.mean(total) == pytest.approx(35_700, abs=900)


@pytest.mark.slow
def test_a_launch_that_loads_all_stations_costs_8_000_more() -> None:
    """With typical inputs, the mean of 4 years on common random numbers, to 1,500."""
    plan = scenario("ningde-2021").typical()
    assert any("would make some 8,000 fewer" in note for note in plan.notes)
    every = plan.replace({"products.model_*.ramp.stations": ()})
    made = [[simulate_year(p, seed=3, run=k).vehicles for k in range(4)] for p in (plan, every)]
    assert np.mean(made[0]) - np.mean(made[1]) == pytest.approx(8_000, abs=1_500)
