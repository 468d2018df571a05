"""What is left of luck and inputs after months already built, against jointly normal numbers.

Three months of mean 100 and variance 100 each; a share rho of it is due to one input x that all of
them have in common, the rest is luck of each. The first two are known. Of the third, given their
sum, all is known exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim.statistics.estimate import Estimate
from ningde_sim.studies.study import EVERY, Study
from tests.synthetic import MONTHS, Year

STUDIES, RUNS = 1_000, 60

THREE = MONTHS[:3]


def study(rho: float, k: int, n: int) -> Study:
    """Of n runs, with a twin of every fifth."""
    rng = np.random.default_rng([29, int(100 * rho), k, n])
    x = rng.normal(size=(n, 1))
    first, second = (
        100 + 10 * (np.sqrt(rho) * x + np.sqrt(1 - rho) * rng.normal(size=(n, 3))) for _ in "12"
    )
    twins = {"run": np.arange(0, n, EVERY), **columns(second[::EVERY])}
    case = Year(weights={"x": 10 * np.sqrt(rho)}, noise=10 * np.sqrt(1 - rho), months=THREE)
    return Study(case, columns(first), 300.0, 0, "", {"x": x[:, 0]}, twins)


def columns(months: Any) -> dict[str, Any]:
    return {
        "cars": months.sum(axis=1),
        **{f"cars_{month}": months[:, i] for i, month in enumerate(THREE)},
    }


def variance_left(rho: float) -> float:
    """Of the third month given the sum of the others."""
    return float(100 - (200 * rho) ** 2 / (200 + 200 * rho))


def luck_left(rho: float) -> float:
    """The share of it that is luck: that of the third month, all of which is open."""
    return 100 * (1 - rho) / variance_left(rho)


def odds_of_high_third(rho: float) -> float:
    """To make at least the mean where x, given the months, is in its high third."""
    r = np.sqrt(1 - luck_left(rho))
    third = np.linspace(2 / 3, 1, 20_002)[1:-1]
    return float(stats.norm.cdf(r / np.sqrt(1 - r * r) * stats.norm.ppf(third)).mean())


def ends(tables: Iterable[pd.DataFrame], name: str, low: str, high: str) -> list[Estimate]:
    """Intervals of the one input."""
    rows = [table.loc["x"] for table in tables]
    return [Estimate(row[name], row[low], row[high], 0.95, 1) for row in rows]


def held(found: list[Estimate], truth: float) -> int:
    """How many intervals hold it."""
    return sum(e.low <= truth <= e.high for e in found)


@cache
def intervals(rho: float, away: float, n: int = RUNS) -> dict[str, int]:
    """How many of 1,000 hold the truth, where the months are so many standard deviations off."""
    built = 200 + away * np.sqrt(200 + 200 * rho)
    third = 100 + rho / (1 + rho) * (built - 200)
    r = np.sqrt(1 - luck_left(rho))
    luck, weights, worth = [], [], []
    for k in range(STUDIES):
        given = study(rho, k, n).given([built / 2] * 2)
        luck.append(given.random_share())
        weights.append(given.input_shares())
        worth.append(given.information(built + third).table)
    return {
        "luck": held(luck, luck_left(rho)),
        "correlation": held(
            ends(weights, "correlation", "low", "high"), 6 / np.pi * np.arcsin(r / 2)
        ),
        "share": held(ends(worth, "share", "share_low", "share_high"), r * r),
        "odds": held(ends(worth, "p_high", "p_high_low", "p_high_high"), odds_of_high_third(rho)),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*lies outside of")
@pytest.mark.parametrize("rho", [0.5, 0.9])
@pytest.mark.parametrize("away", [0.0, 1.0, -2.0])
def test_what_is_left_is_held_in_about_95_percent(rho: float, away: float) -> None:
    """Of studies of 60 runs; those of odds are wider, as the place of the months is a guess.

    The share takes the inputs as given, though they were drawn independently here, so it holds
    the truth a little less often: see `spread.parabola_shares`.
    """
    found = intervals(rho, away)
    assert 930 <= found["noise"] <= 980
    assert 930 <= found["correlation"] <= 970
    assert 905 <= found["share"] <= 965
    assert found["odds"] >= 930


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_of_many_runs_they_are_those_of_theory(rho: float) -> None:
    given = study(rho, 0, 20_000).given([100.0, 100.0])
    truth = luck_left(rho)
    assert given.column().std() == pytest.approx(np.sqrt(variance_left(rho)), rel=0.02)
    assert given.random_share().value == pytest.approx(truth, abs=0.05)
    assert given.information().table.loc["x", "share"] == pytest.approx(1 - truth, abs=0.03)
    odds = given.information(300).table.loc["x", "p_high"]
    assert odds == pytest.approx(odds_of_high_third(rho), abs=0.02)


def test_months_one_after_the_other_take_out_each() -> None:
    """Of the third, given both others: all that they tell of x is in their sum here."""
    given = study(0.9, 0, 20_000).given([110.0]).given([110.0, 95.0])
    assert given.random_share().value == pytest.approx(luck_left(0.9), abs=0.05)
    assert given.information().table.loc["x", "share"] == pytest.approx(
        1 - luck_left(0.9), abs=0.03
    )


def test_an_input_tells_what_the_months_tell_of_it() -> None:
    """The mean of x given that the months made 20 more, and the spread that is left of it."""
    x = study(0.9, 0, 20_000).given([110.0, 110.0]).inputs["x"]
    slope = 20 * np.sqrt(0.9) / 380
    assert x.mean() == pytest.approx(slope * 20, abs=0.01)
    assert x.std() == pytest.approx(np.sqrt(1 - slope**2 * 380), abs=0.01)


def test_twins_keep_the_months_and_differ_in_the_rest_alone() -> None:
    given = study(0.5, 0, 200).given([90.0, 95.0])
    assert (given.repeats["cars_2021-01"] == 90).all()
    apart = given.repeats["cars"] - given.column()[given.repeats["run"]]
    rest = given.repeats["cars_2021-03"] - given.column("cars_2021-03")[given.repeats["run"]]
    assert apart == pytest.approx(rest)
    total = study(0.5, 0, 200).given(185.0, through=2)
    both = total.repeats["cars_2021-01"] + total.repeats["cars_2021-02"]
    assert both == pytest.approx(185.0)


@pytest.mark.filterwarnings("ignore::ningde_sim.statistics.FewRuns")
def test_with_fewer_twins_than_that_takes_there_is_no_share_of_luck() -> None:
    few = study(0.5, 0, 5).given([100.0])
    with pytest.raises(
        ValueError, match=r"random_share needs at least 2 twins .* got 1. Ask for 6"
    ):
        few.random_share()


def test_an_input_that_cannot_bear_stays_as_it_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Year, "idle", lambda self, of: ("x",))
    before = study(0.5, 0, 60)
    assert np.array_equal(before.given([100.0]).inputs["x"], before.inputs["x"])


def test_when_all_months_are_known_there_is_no_spread_to_share_out() -> None:
    for k in range(20):
        with pytest.raises(ValueError, match="the runs must differ in cars"):
            study(0.5, k, 60).given([101.1, 99.7, 98.3]).random_share()
