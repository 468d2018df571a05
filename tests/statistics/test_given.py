"""Random variation and inputs after months already built, against jointly normal numbers.

Three months with mean 100 and variance 100 each; a share rho of the variance is due to one input x
that they have in common, the rest is random variation of each. The first two months are known.
Everything about the third, given their sum, is known exactly.
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
from ningde_sim.statistics.variance_shares import EVERY
from ningde_sim.studies.study import Study
from tests.synthetic import MONTHS, Year

STUDIES, RUNS = 1_000, 60

THREE = MONTHS[:3]


def study(rho: float, k: int, n: int) -> Study:
    """A study of n runs, with a repeat of every fifth."""
    rng = np.random.default_rng([29, int(100 * rho), k, n])
    x = rng.normal(size=(n, 1))
    first, second = (
        100 + 10 * (np.sqrt(rho) * x + np.sqrt(1 - rho) * rng.normal(size=(n, 3))) for _ in "12"
    )
    repeats = {"run": np.arange(0, n, EVERY), **columns(second[::EVERY])}
    case = Year(weights={"x": 10 * np.sqrt(rho)}, noise=10 * np.sqrt(1 - rho), months=THREE)
    return Study(case, columns(first), 300.0, 0, "", {"x": x[:, 0]}, repeats)


def columns(months: Any) -> dict[str, Any]:
    return {
        "cars": months.sum(axis=1),
        **{f"cars_{month}": months[:, i] for i, month in enumerate(THREE)},
    }


def variance_left(rho: float) -> float:
    """Variance of the third month given the sum of the others."""
    return float(100 - (200 * rho) ** 2 / (200 + 200 * rho))


def random_left(rho: float) -> float:
    """The share of it that is random variation: all of that of the third month."""
    return 100 * (1 - rho) / variance_left(rho)


def probability_in_high_third(rho: float) -> float:
    """P(at least the mean) where x, given the months, is in its high third."""
    r = np.sqrt(1 - random_left(rho))
    third = np.linspace(2 / 3, 1, 20_002)[1:-1]
    return float(stats.norm.cdf(r / np.sqrt(1 - r * r) * stats.norm.ppf(third)).mean())


def ends(tables: Iterable[pd.DataFrame], name: str, low: str, high: str) -> list[Estimate]:
    """Intervals for the one input."""
    rows = [table.loc["x"] for table in tables]
    return [Estimate(row[name], row[low], row[high], 0.95, 1) for row in rows]


def held(estimates: list[Estimate], truth: float) -> int:
    """How many intervals hold the true value."""
    return sum(e.low <= truth <= e.high for e in estimates)


@cache
def intervals(rho: float, away: float, n: int = RUNS) -> dict[str, int]:
    """How many of 1,000 hold the true value, with months `away` standard deviations off."""
    built = 200 + away * np.sqrt(200 + 200 * rho)
    third = 100 + rho / (1 + rho) * (built - 200)
    r = np.sqrt(1 - random_left(rho))
    random, weights, information = [], [], []
    for k in range(STUDIES):
        given = study(rho, k, n).given([built / 2] * 2)
        random.append(given.random_share())
        weights.append(given.input_shares())
        information.append(given.information(built + third).table)
    return {
        "random": held(random, random_left(rho)),
        "correlation": held(
            ends(weights, "correlation", "low", "high"), 6 / np.pi * np.arcsin(r / 2)
        ),
        "share": held(ends(information, "share", "share_low", "share_high"), r * r),
        "p_high": held(
            ends(information, "p_high", "p_high_low", "p_high_high"), probability_in_high_third(rho)
        ),
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*lies outside of")
@pytest.mark.parametrize("rho", [0.5, 0.9])
@pytest.mark.parametrize("away", [0.0, 1.0, -2.0])
def test_intervals_given_months_hold_in_about_95_percent(rho: float, away: float) -> None:
    """Studies of 60 runs; intervals of probabilities are wider, as the regression is uncertain.

    The share takes the inputs as given, though they were drawn independently here, so it holds the
    true value a little less often: see `variance_shares.parabola_shares`.
    """
    counts = intervals(rho, away)
    assert 930 <= counts["random"] <= 980
    assert 930 <= counts["correlation"] <= 970
    assert 905 <= counts["share"] <= 965
    assert counts["p_high"] >= 930


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_with_many_runs_the_shares_are_those_of_theory(rho: float) -> None:
    given = study(rho, 0, 20_000).given([100.0, 100.0])
    truth = random_left(rho)
    assert given.column().std() == pytest.approx(np.sqrt(variance_left(rho)), rel=0.02)
    assert given.random_share().value == pytest.approx(truth, abs=0.05)
    assert given.information().table.loc["x", "share"] == pytest.approx(1 - truth, abs=0.03)
    p_high = given.information(300).table.loc["x", "p_high"]
    assert p_high == pytest.approx(probability_in_high_third(rho), abs=0.02)


def test_months_given_one_after_the_other_each_explain_their_part() -> None:
    """The third given both others: all that they say about x is in their sum here."""
    given = study(0.9, 0, 20_000).given([110.0]).given([110.0, 95.0])
    assert given.random_share().value == pytest.approx(random_left(0.9), abs=0.05)
    assert given.information().table.loc["x", "share"] == pytest.approx(
        1 - random_left(0.9), abs=0.03
    )


def test_an_input_moves_with_the_known_months() -> None:
    """The mean of x given that the months made 20 more, and the spread of x that is left."""
    x = study(0.9, 0, 20_000).given([110.0, 110.0]).inputs["x"]
    slope = 20 * np.sqrt(0.9) / 380
    assert x.mean() == pytest.approx(slope * 20, abs=0.01)
    assert x.std() == pytest.approx(np.sqrt(1 - slope**2 * 380), abs=0.01)


def test_repeats_keep_the_months_and_differ_in_the_rest_alone() -> None:
    given = study(0.5, 0, 200).given([90.0, 95.0])
    assert (given.repeats["cars_2021-01"] == 90).all()
    apart = given.repeats["cars"] - given.column()[given.repeats["run"]]
    rest = given.repeats["cars_2021-03"] - given.column("cars_2021-03")[given.repeats["run"]]
    assert apart == pytest.approx(rest)
    total = study(0.5, 0, 200).given(185.0, through=2)
    both = total.repeats["cars_2021-01"] + total.repeats["cars_2021-02"]
    assert both == pytest.approx(185.0)


@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.FewRuns")
def test_with_too_few_repeats_there_is_no_share_of_random_variation() -> None:
    few = study(0.5, 0, 5).given([100.0])
    with pytest.raises(
        ValueError, match=r"random_share needs at least 2 repeats .* got 1. Ask for 6"
    ):
        few.random_share()


def test_an_idle_input_stays_as_it_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Year, "idle", lambda self, of: ("x",))
    before = study(0.5, 0, 60)
    assert np.array_equal(before.given([100.0]).inputs["x"], before.inputs["x"])


def test_with_all_months_known_there_is_no_variance_to_share() -> None:
    for k in range(20):
        with pytest.raises(ValueError, match="the runs must differ in cars"):
            study(0.5, k, 60).given([101.1, 99.7, 98.3]).random_share()
