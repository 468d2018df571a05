"""Two plants on the same random variation."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from ningde_sim import Comparison, Exponential, Failure, Line, Shop, Station, compare, replicate
from ningde_sim.exceptions import FewRuns
from ningde_sim.statistics import estimate
from tests.synthetic import MONTHS, Year
from tests.years import small_year


def coin(scrap: float, name: str = "coin", cycle: float = 36) -> Shop:
    return Shop(name, [Line("L", [Station("A", cycle, scrap=scrap)])])


def pair(**more: Any) -> Comparison:
    asked = {"hours": 10, "runs": 40, "seed": 3, "target": 900, "progress": False}
    return compare(coin(0.12), coin(0.1, "better"), **{**asked, **more})


@pytest.fixture(scope="module")
def found() -> Comparison:
    return pair()


def test_it_is_two_studies_with_common_random_numbers(found: Comparison) -> None:
    first = replicate(coin(0.12), hours=10, runs=40, seed=3, target=900, progress=False)
    second = replicate(coin(0.1), hours=10, runs=40, seed=3, target=900, progress=False)
    assert found.first.digest == first.digest
    assert found.second.digest == second.digest


def test_differences_are_the_second_less_the_first(found: Comparison) -> None:
    gain = found.second.column() - found.first.column()
    assert found.difference().value == gain.mean()
    assert found.difference().low > 0
    assert found.difference("scrapped").high < 0
    odds = found.probability_difference()
    assert odds.value == pytest.approx(
        found.second.probability().value - found.first.probability().value
    )
    assert found.probability_difference(0.0, of="failures").value == 0


def test_common_random_numbers_make_the_interval_narrow(found: Comparison) -> None:
    fewer = found.variance_reduction()
    first, second = found.first.column(), found.second.column()
    gain = (second - first).var(ddof=1)
    assert fewer.value == pytest.approx((first.var(ddof=1) + second.var(ddof=1)) / gain)
    assert fewer.value > 3


def test_it_tells_what_was_changed() -> None:
    jam = Failure("jam", Exponential(500), Exponential(1), crew=True)
    lines = [Line(name, [Station(f"{name}1", 60, failures=[jam])]) for name in "ABCDEF"]
    shop = Shop("four", lines)
    few = shop.replace({"repair_crews": 2, "stations.A1.cycle_time": 50})
    found = compare(shop, few, hours=1, runs=3, seed=0, progress=False)
    assert found.changes.to_dict("index") == {
        "stations.A1.cycle_time": {"first": "60.0", "second": "50.0"},
        "repair_crews": {"first": "None", "second": "2"},
    }
    assert "stations.A1.cycle_time: 60.0 -> 50.0\n" in found.summary()
    many = compare(few, shop.replace({"stations.*.scrap": 0.1}), hours=1, runs=3, seed=0)
    assert "and 4 more: see `.changes`" in many.summary()
    plan = small_year("ningde-2020-12")
    other = compare(plan, plan.replace({"body_shop.repair_crews": 2}), runs=2, seed=0)
    assert [*other.changes.index] == ["body_shop.repair_crews"]
    assert compare(plan, plan, runs=2, seed=0).changes.empty
    years = replicate(Year(), runs=3, seed=0, progress=False)  # says of no path what it holds
    assert Comparison(years, years).changes.empty


def test_each_column_has_a_row_with_its_unit(found: Comparison) -> None:
    table = found.table
    assert list(table.index) == list(found.first.values)
    row = table.loc["bodies"]
    assert row["second"] - row["first"] == pytest.approx(row["difference"])
    assert row["unit"] == "bodies"
    assert row["distinguishable"]
    assert not table.loc["failures", "distinguishable"]


def test_the_summary_tells_the_difference_and_what_pairing_was_worth(found: Comparison) -> None:
    text = found.summary()
    assert text.splitlines()[0] == "better less coin: 40 runs of each, 10 h"
    for words in (
        "difference",
        "P(>= 900)",
        "without CRN",
        "times the runs",
        "seed 3",
    ):
        assert words in text
    assert "not distinguishable" not in text.split("difference")[1]
    assert repr(found).startswith("Comparison('coin', 'better', 40 runs, seed=3: bodies ")
    assert pickle.loads(pickle.dumps(found)).summary() == text


def test_what_cannot_be_told_apart_is_said_so() -> None:
    with pytest.warns(FewRuns):
        few = pair(runs=5).probability_difference(950)
    assert few.low <= 0 <= few.high
    same = compare(
        coin(0.1), coin(0.1, "twin"), hours=10, runs=12, seed=0, target=900, progress=False
    )
    assert same.difference().value == 0
    assert "not distinguishable" in same.summary()
    assert math.isinf(same.variance_reduction().value)


def test_a_shift_by_the_same_in_each_run_is_exact() -> None:
    text = compare(Year(), Year(noise=2.0), runs=20, seed=0, progress=False).summary()
    assert "all runs differ by the same" in text


def test_years_name_what_is_known_in_one_only() -> None:
    plan, path = small_year(), "retooling.full_stop_days"
    asked: dict[str, Any] = {"runs": 4, "seed": 1, "progress": False}
    found = compare(plan, plan.replace({path: 12}), **asked)
    assert found.unequal == (path,)
    assert f"{path}: drawn in one, known in the other" in found.summary()
    both = compare(plan.replace({path: 5}), plan.replace({path: 12}), **asked)
    assert both.unequal == ()
    assert np.all(both.second.column() < both.first.column())


def test_after_known_months_all_of_its_intervals_are_as_wide_as_theirs() -> None:
    """Months of 105, which the runs make by chance in one of six."""
    studies = [
        replicate(Year({"rate": w}, months=MONTHS, target=1_250.0), runs=60, seed=1) for w in (3, 4)
    ]
    plain = Comparison(*studies)
    found = Comparison(*(study.given([105.0, 105.0]) for study in studies))
    wider = max(study.known.widening for study in (found.first, found.second) if study.known)
    assert wider > 1.2
    gain = found.difference()
    assert found.table.loc["cars", ["low", "high"]].tolist() == [gain.low, gain.high]
    assert f"{gain}" in found.summary()
    assert f"{gain}" in repr(found)
    apart = found.second.column() - found.first.column()
    narrow = estimate.mean(apart, level=0.95)
    assert gain.high - gain.low == pytest.approx(wider * (narrow.high - narrow.low))
    odds = found.probability_difference()
    assert f"{odds}" in found.summary()
    assert -1 <= odds.low < odds.high <= 1
    assert plain.difference() == plain.second.minus(plain.first)


def test_two_kinds_cannot_be_compared() -> None:
    with pytest.raises(TypeError, match=r"a and b must be of one kind, got \['Shop', 'Scenario'\]"):
        compare(coin(0.1), small_year(), runs=1, seed=0)
    with pytest.raises(TypeError, match="must be given two studies"):
        Comparison(3, 4)  # type: ignore[arg-type]
    one = replicate(coin(0.1), hours=1, runs=2, seed=0)
    with pytest.raises(ValueError, match="same number of runs"):
        Comparison(one, replicate(coin(0.1), hours=1, runs=3, seed=0))
    with pytest.raises(TypeError, match="must be given a Study"):
        Comparison(one, 3)  # type: ignore[arg-type]


def test_targets_and_runs_must_be_there() -> None:
    found = compare(coin(0.1), coin(0.2), hours=1, runs=2, seed=0, progress=False)
    with pytest.raises(ValueError, match="a target is needed"):
        found.probability_difference()
    with pytest.raises(ValueError, match="at least 3 runs"):
        found.variance_reduction()
    assert "times the runs" not in found.summary()
