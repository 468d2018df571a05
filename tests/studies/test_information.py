"""What to find out first: shares and odds that are known, intervals that hold as often as said."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim.plant.quantity import Quantity
from ningde_sim.statistics import variance_shares
from ningde_sim.studies.information import Information, information, thirds
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from ningde_sim.year import uncertainty
from tests.synthetic import Year
from tests.years import small_year


def study(**changed: Any) -> Study:
    """Cars are 100 + 3 rate - crews + 2 noise, all normal: shares of 9, 1 and 4 in 14."""
    asked = {"runs": 96, "seed": 3}
    return replicate(
        Year(**{k: changed.pop(k) for k in ("weights", "noise") if k in changed}), **asked | changed
    )


@pytest.fixture(scope="module")
def many() -> Information:
    return study(runs=3_000).information()


def test_the_shares_are_those_of_the_experiment(many: Information) -> None:
    table = many.table
    assert list(table.index) == ["rate", "crews", "tea"]
    assert table["share"].to_numpy() == pytest.approx([9 / 14, 1 / 14, 0], abs=0.03)
    assert list(table["beyond_chance"]) == [True, True, False]


def test_the_probabilities_in_each_third_are_those_of_the_experiment(many: Information) -> None:
    """By numerical integration over the third: P(3 x + sqrt(5) z >= 0)."""
    cuts = stats.norm.ppf([0, 1 / 3, 2 / 3, 1])
    for third, low, high in zip(("low", "middle", "high"), cuts, cuts[1:], strict=False):
        x = stats.norm.ppf(np.linspace(stats.norm.cdf(low), stats.norm.cdf(high), 10_001)[1:-1])
        true = float(np.mean(stats.norm.cdf(3 * x / np.sqrt(5))))
        row = many.table.loc["rate"]
        assert row[f"p_{third}_low"] <= row[f"p_{third}"] <= row[f"p_{third}_high"]
        assert row[f"p_{third}"] == pytest.approx(true, abs=0.04)
    assert row["low_to"] == pytest.approx(cuts[1], abs=0.1)
    assert row["high_from"] == pytest.approx(cuts[2], abs=0.1)


def test_the_probabilities_are_counted_in_the_runs_of_the_third() -> None:
    asked = study()
    drawn, hits = asked.inputs["crews"], asked.column() >= 100
    row = asked.information().table.loc["crews"]
    order = np.argsort(drawn)
    for k, third in enumerate(("low", "middle", "high")):
        assert row[f"p_{third}"] == np.mean(hits[order[32 * k : 32 * (k + 1)]])
    assert (row["low_to"], row["high_from"]) == (drawn[order[31]], drawn[order[64]])


def test_a_middle_that_is_best_has_a_share_too() -> None:
    """Of y = x^2 a line explains nothing, a parabola all."""
    x = np.linspace(-1, 1, 51)
    row = variance_shares.parabola_shares({"x": x}, x**2, level=0.95).loc["x"]
    assert row["share"] == pytest.approx(1, abs=1e-5)
    assert row["beyond_chance"]


def test_the_share_is_less_what_chance_adds() -> None:
    """Over 2,000 studies the mean is the truth; plain R squared would be 0.02 too great."""
    found = []
    for k in range(2_000):
        x, e = np.random.default_rng([4, k]).normal(size=(2, 96))
        y = np.sqrt(0.3) * x + np.sqrt(0.7) * e
        found.append(variance_shares.parabola_shares({"x": x}, y, level=0.95)["share"].iloc[0])
    assert np.mean(found) == pytest.approx(0.3, abs=0.008)


def test_of_two_values_the_parabola_is_a_line() -> None:
    """As the squared t test has it: R squared less its correction for one term."""
    x = np.tile([2.0, 3.0], 20)
    y = np.random.default_rng(5).normal(size=40) + x
    r2 = np.corrcoef(x, y)[0, 1] ** 2
    row = variance_shares.parabola_shares({"x": x, "still": np.ones(40)}, y, level=0.95)
    assert list(row.index) == ["x"]
    assert row["share"].iloc[0] == pytest.approx(1 - (1 - r2) * 39 / 38)


def test_the_interval_is_that_of_the_noncentral_f_distribution() -> None:
    """At each end the F found lies at 97.5 % and 2.5 % of the distribution."""
    x, e = np.random.default_rng(6).normal(size=(2, 60))
    row = variance_shares.parabola_shares({"x": x}, x + e, level=0.95).iloc[0]
    r2 = 1 - (1 - row["share"]) * 57 / 59
    f = r2 / 2 * 57 / (1 - r2)
    for end, p in (("low", 0.975), ("high", 0.025)):
        share = row[f"share_{end}"]
        assert stats.ncf.cdf(f, 2, 57, 60 * share / (1 - share)) == pytest.approx(
            p, abs=1e-3
        )  # SciPy 1.11


INPUTS = {
    name: (name, Quantity(value, "h", low=0.0, high=1.0, evidence="assumed", source="a test"))
    for name, value in {"x": 0.2, "a": 0.5, "b": 0.7, "c": 0.3, "d": 0.5}.items()
}
STUDIES = 300


def hypercube(seed: int, n: int) -> dict[str, np.ndarray]:
    """Drawn as a study draws, scaled to mean 0 and variance 1."""
    rows = pd.DataFrame([uncertainty.drawn(INPUTS, seed, run) for run in range(n)])
    mean = {name: (4 * q.value + 1) / 6 for name, (_, q) in INPUTS.items()}
    sd = {name: np.sqrt(m * (1 - m) / 7) for name, m in mean.items()}  # of beta, a + b = 6
    return {name: ((rows[name] - mean[name]) / sd[name]).to_numpy() for name in INPUTS}


@pytest.fixture(scope="module")
def cubes() -> list[dict[str, np.ndarray]]:
    return [hypercube(seed, 96) for seed in range(STUDIES)]


@pytest.mark.parametrize("curve", [0.0, 0.7])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6])
def test_the_interval_holds_a_share_as_often_as_said(
    share: float, curve: float, cubes: list[dict[str, np.ndarray]]
) -> None:
    """93 % to 98 %, or 90 % at 0.6 on a parabola; within three standard errors of 300 studies."""
    hits, noise = 0, np.sqrt(0.3)
    m3, m4 = skewness()
    sd = np.sqrt(1 + 2 * curve * m3 + curve**2 * (m4 - 1))
    for k, drawn in enumerate(cubes):
        known = (drawn["x"] + curve * (drawn["x"] ** 2 - 1)) / sd
        others = sum(drawn[name] for name in "abcd") / 2
        rest = np.sqrt(0.7) * others + noise * np.random.default_rng([8, k]).normal(size=96)
        values = np.sqrt(share) * known + np.sqrt(1 - share) * rest
        row = variance_shares.parabola_shares({"x": drawn["x"]}, values, level=0.95).iloc[0]
        assert row["share_low"] <= row["share"] <= row["share_high"]
        hits += row["share_low"] <= share <= row["share_high"]
    least = 0.90 if curve and share == 0.6 else 0.93
    error = np.sqrt(least * (1 - least) / STUDIES)
    assert hits / STUDIES > least - 3 * error
    assert hits / STUDIES < 1 or share == 0


def skewness() -> tuple[float, float]:
    """The third and fourth standard moments of the PERT distribution of `x`."""
    _, _, skew, excess = stats.beta.stats(1 + 4 * 0.2, 5 - 4 * 0.2, moments="mvsk")
    return float(skew), float(excess) + 3


def test_chance_lifts_one_of_many_idle_inputs_in_5_percent_of_studies() -> None:
    """And it does so when its share is above the one that is told."""
    least = variance_shares.share_by_chance(60, 20, level=0.95)
    hits = 0
    for k in range(400):
        rng = np.random.default_rng([6, k])
        inputs = {str(i): rng.normal(size=60) for i in range(20)}
        table = variance_shares.parabola_shares(inputs, rng.normal(size=60), level=0.95)
        assert table["beyond_chance"].any() == (table["share"].iloc[0] > least)
        hits += bool(table["beyond_chance"].any())
    assert 8 <= hits <= 34


def test_whole_numbers_stay_together() -> None:
    """One of few values takes the third of its middle; a third may be empty."""
    assert list(thirds(np.array([1, 2, 2, 2, 2, 2, 2, 3]))) == [0, *[1] * 6, 2]
    assert list(thirds(np.arange(6.0)[::-1])) == [2, 2, 1, 1, 0, 0]
    crews = np.repeat([4.0, 5.0], 20)
    found = information(
        {"crews": crews},
        crews + np.tile([0, 1], 20),
        title="t",
        of="cars",
        unit="cars",
        target=5,
        level=0.95,
    )
    row = found.table.loc["crews"]
    assert (row["low_to"], row["high_from"]) == (4, 5)
    assert (row["p_low"], row["p_high"]) == (0.5, 1)
    assert np.isnan(row["p_middle"])
    assert "P(>= 5) is 0.50 (0.27 to 0.73) in its worst third, up to 4; 1.00" in found.advice


# ------------------------------------------------------------------ in words


def test_it_says_what_to_ask_first() -> None:
    found = study().information()
    row = found.table.loc["rate"]
    assert found.advice == (
        f"ask first for rate (share {row['share']:.2f}, {row['share_low']:.2f} to "
        f"{row['share_high']:.2f}): P(>= 100) is {row['p_low']:.2f} ({row['p_low_low']:.2f} to "
        f"{row['p_low_high']:.2f}) in its worst third, up to {row['low_to']:,.4g}; "
        f"{row['p_high']:.2f} ({row['p_high_low']:.2f} to {row['p_high_high']:.2f}) in its best, "
        f"from {row['high_from']:,.4g} on"
    )
    assert repr(found) == f"Information('synthetic', 96 runs: {found.advice})"
    text = found.summary()
    assert str(found) == text
    assert len(text.splitlines()) <= 13
    assert "tea    0.00" in text
    assert text.count("(may be chance)") == 1
    left = found.sd * np.sqrt(1 - row["share"])
    assert f"takes the standard deviation from {found.sd:.4g} to {left:.4g} cars" in text


def test_where_nothing_stands_out_it_says_so() -> None:
    found = study(weights={"tea": 0.0}, seed=4).information()
    assert found.advice == "no input stands out from chance in cars; more runs may show one"
    assert "known " not in found.summary()
    assert "no input" in study(weights={}).information().summary()


def test_probabilities_that_are_the_same_everywhere_have_no_best_third() -> None:
    assert "P(>= 1) is 1.00 in each third of it" in study().information(1).advice


def test_without_a_target_there_are_no_probabilities() -> None:
    asked = replicate(Year(target=None), runs=96, seed=3)
    found = asked.information()
    assert not [name for name in found.table if name.startswith("p_")]
    assert found.advice.endswith(")")
    assert "P(" not in found.summary()
    assert "p_low" in asked.information(100).table


def test_it_is_a_record_that_can_be_sent() -> None:
    found = study().information()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).table, found.table)
    with pytest.raises(AttributeError):
        found.n = 2  # type: ignore[misc]


def test_a_target_is_of_the_column_asked_for() -> None:
    """And ships are no question to ask about the vehicles made."""
    asked = replicate(small_year(), runs=12, seed=3)
    found = asked.information()
    assert found.target == 240_000
    assert not [name for name in found.table.index if name.startswith("export.")]
    other = asked.information(of="exports")
    assert (other.target, other.unit) == (None, "units")
    assert "export.vehicle_share" in other.table.index


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"of": "vans"}, ValueError, r"of must be a column of the results, got 'vans'"),
        ({"level": 95}, ValueError, r"level must be less than 1, got 95"),
        ({"target": "many"}, TypeError, r"target must be a number, got 'many'"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        study().information(**changed)


def test_too_few_runs_and_no_spread_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at least 10 runs are needed, got 9"):
        study(runs=9).information()
    with pytest.raises(ValueError, match=r"the runs must differ in cars, got 100\.0"):
        study(weights={"tea": 0.0}, noise=0.0).information()
