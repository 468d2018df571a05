"""Studies: the same runs however they are spread, and what they say about known answers."""

from __future__ import annotations

import dataclasses
import pickle
import re
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ningde_sim import (
    Failure,
    Line,
    Lognormal,
    Shop,
    Station,
    Store,
    compare,
    ningde_2021,
    simulate,
    sweep,
)
from ningde_sim.exceptions import FewRuns, OpenInterval
from ningde_sim.plant.distributions import Exponential
from ningde_sim.studies.of_shop import SHOP_UNITS
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from tests.synthetic import MONTHS, Year

jam = Failure("jam", Exponential(0.5), Lognormal(3, 1), crew=True)
LUCKY = Shop(
    "lucky",
    [
        Line("A", [Station("A1", 50, failures=[jam]), Station("A2", 55)], puts="S"),
        Line("B", [Station("B1", 52, failures=[jam], scrap=0.01, rework=0.05)], takes="S"),
    ],
    stores=[Store("S", 5)],
    repair_crews=1,
)
COIN = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])
"""In 10 h each of 1,000 bodies is scrapped with probability 0.1: Binomial(1000, 0.9) come out."""

# The first body ends at 36 s, the last at 10 h, which counts.
TRUTH = stats.binom(1_000, 0.9)


def lucky(**changed: Any) -> Study:
    return replicate(LUCKY, **{"hours": 8, "warm_up": 1, "runs": 40, "seed": 5, **changed})


@pytest.fixture(scope="module")
def coin() -> Study:
    return replicate(COIN, hours=10, runs=400, seed=1, target=905)


# ------------------------------------------------------------------ the same runs


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_one_worker_and_two_agree(engine: str) -> None:
    one, two = (lucky(runs=12, workers=w, engine=engine).runs for w in (1, 2))
    assert one.equals(two)
    assert one["bodies"].nunique() > 1


def test_both_engines_agree() -> None:
    assert lucky(runs=12).runs.equals(lucky(runs=12, engine="reference").runs)


def test_run_37_alone_is_run_37_of_a_study() -> None:
    row = lucky().runs.set_index("run").loc[37]
    alone = simulate(LUCKY, hours=8, warm_up=1, seed=5, run=37)
    assert row["bodies"] == alone.bodies
    assert row["throughput"] == alone.throughput
    for name in ("scrapped", "reworked", "failures", "working", "down", "waiting", "starved"):
        assert row[name] == alone.stations[name].sum()


def test_a_longer_study_begins_with_the_shorter() -> None:
    assert lucky(runs=15).runs.equals(lucky().runs.head(15))


def test_another_seed_is_another_study() -> None:
    assert not lucky().runs.equals(lucky(seed=6).runs)


def test_the_runs_have_a_row_each_with_known_units() -> None:
    table = lucky().runs
    assert list(table["run"]) == list(range(40))
    assert list(table.columns) == ["run", *SHOP_UNITS]
    assert np.array_equal(table["throughput"], table["bodies"] / 8)
    states = table[["working", "planned", "down", "waiting", "blocked", "starved", "off"]]
    assert np.allclose(states.sum(axis=1), 8 * LUCKY.n_stations, rtol=1e-12)


# ------------------------------------------------------------------ known answers


def test_the_mean_is_that_of_the_binomial(coin: Study) -> None:
    """At 99.9 %; a mean off by 3 bodies (sd 9.5, 400 runs) would fail in more than 99.8 %."""
    found = coin.mean(level=0.999)
    assert found.low <= TRUTH.mean() <= found.high
    assert found.n == 400
    assert found.high - found.low < 4


def test_the_probability_is_that_of_the_binomial(coin: Study) -> None:
    found = coin.probability(level=0.999)
    assert found.low <= TRUTH.sf(904) <= found.high  # P(X >= 905)
    assert found == coin.probability(905, level=0.999)
    assert found.value == (coin.runs["bodies"] >= 905).mean()


def test_reaching_the_target_exactly_counts(coin: Study) -> None:
    most = coin.runs["bodies"].max()
    assert coin.probability(most).value > 0
    assert coin.probability(most + 1).value == 0


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
def test_the_quantiles_are_those_of_the_binomial(coin: Study, q: float) -> None:
    found = coin.quantile(q, level=0.999)
    assert found.low <= TRUTH.ppf(q) <= found.high
    assert found.level >= 0.999
    assert found.high - found.low <= 8


def test_scrap_is_what_does_not_come_out(coin: Study) -> None:
    assert (coin.runs["bodies"] + coin.runs["scrapped"] == 1_000).all()
    assert coin.mean(of="scrapped").value == pytest.approx(1_000 - coin.mean().value)


# ------------------------------------------------------------------ what it tells


def test_few_runs_warn_and_carry_the_estimate() -> None:
    study = lucky(runs=9, target=400)
    for ask in (study.probability, study.mean):
        with pytest.warns(FewRuns, match="n = 9") as told:
            found = ask()
        assert told[0].message.estimate == found  # type: ignore[union-attr]
        assert told[0].filename == __file__
    assert lucky(runs=10).mean().n == 10


def test_a_quantile_without_a_bound_warns_and_says_so() -> None:
    with pytest.warns(OpenInterval, match="at least 72"):
        found = lucky().quantile(0.05)
    assert found.low == -np.inf
    assert found.level > 0.95


def test_the_summary_says_what_its_intervals_are_worth(coin: Study) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = coin.summary()
        few = lucky(runs=1).summary()
    assert str(coin.mean()) in text
    assert str(coin.probability()) in text
    assert "of random variation only" in text
    assert "seed 1, compiled engine, version" in text
    assert 10 <= len(text.splitlines()) <= 15
    assert "72 runs" in few
    assert "72 runs" not in text


def test_a_study_is_a_frozen_record_that_can_be_sent(coin: Study) -> None:
    with pytest.raises(AttributeError):
        coin.seed = 2  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        coin.column("bodies")[0] = 0
    sent = pickle.loads(pickle.dumps(coin))
    assert sent.experiment.shop == COIN
    assert sent.runs.equals(coin.runs)
    assert repr(coin).startswith("Study('coin', 400 runs of 10 h, seed=1, engine='compiled': ")
    assert repr(coin).endswith(f"bodies {coin.mean()})")


def test_a_bar_shows_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    lucky(progress=True)
    assert "40/40" in capsys.readouterr().err
    lucky()
    assert capsys.readouterr().err == ""


# ------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"runs": 0}, r"replicate 'lucky': runs must be at least 1, got 0\."),
        ({"workers": 0}, r"workers must be at least 1, got 0\. None takes all cores\."),
        ({"seed": -1}, r"seed must be at least 0, got -1"),
        ({"hours": 0}, r"hours must be greater than 0, got 0"),
        ({"warm_up": -1}, r"warm_up must be at least 0, got -1"),
        ({"target": float("inf")}, r"target must be a finite number, got inf"),
        ({"engine": "fast"}, r"engine must be 'compiled' or 'events' or 'reference', got 'fast'"),
    ],
)
def test_a_study_refuses_what_makes_no_sense(changed: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        lucky(**changed)


def test_a_target_may_be_any_finite_number() -> None:
    year = Year({"rate": 1000.0}, target=None)
    asked: dict[str, Any] = {"runs": 40, "seed": 0, "progress": False}
    study = replicate(year, target=-0.5, **asked)
    reached = float(np.mean(study.column() >= -0.5))
    assert 0 < reached < 1
    assert study.probability().value == study.probability(-0.5).value == reached
    assert "P(>= -0.5)" in study.summary()
    assert study.information(-0.5).target == -0.5
    points = sweep(year, {"noise": [1.0, 2.0]}, target=-0.5, **asked)  # type: ignore[arg-type]
    assert points.study(1).probability().value == reached
    pair = compare(year, year, target=-0.5, **asked)  # type: ignore[arg-type]
    assert pair.probability_difference().value == 0
    for ask in (study.probability, study.information, pair.probability_difference):
        with pytest.raises(ValueError, match=r"target must be a finite number, got nan"):
            ask(float("nan"))


def test_a_study_wants_a_shop_and_whole_runs() -> None:
    with pytest.raises(TypeError, match=r"given a Shop or a Scenario, got 'lucky'"):
        replicate("lucky", hours=1, runs=1, seed=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"runs must be a whole number, got 2\.5"):
        lucky(runs=2.5)


def test_a_question_it_cannot_answer_names_what_it_can(coin: Study) -> None:
    with pytest.raises(ValueError, match=r"'coin': of must be a column .*, got 'cars'.*bodies"):
        coin.mean(of="cars")
    with pytest.raises(ValueError, match=r"bodies has no target, got None\. Give it here"):
        lucky().probability()
    with pytest.raises(ValueError, match=r"scrapped has no target"):
        coin.probability(of="scrapped")  # the study's own target is in bodies
    with pytest.raises(ValueError, match=r"q must be less than 1, got 1"):
        coin.quantile(1)
    with pytest.raises(ValueError, match=r"level must be less than 1, got 95"):
        coin.mean(level=95)


# ------------------------------------------------------------------ the default shop


@pytest.mark.slow
def test_months_of_the_default_shop_differ_by_1_to_2_percent() -> None:
    """As the examples say; a standard deviation of 100 runs is within a fifth of it at 99 %."""
    months = replicate(ningde_2021(), hours=500, warm_up=20, runs=100, seed=3).column("bodies")
    assert 0.01 < months.std(ddof=1) / months.mean() < 0.02


def test_a_difference_with_common_random_numbers_is_narrower_than_the_means():
    """Two crews against four: run by run, on the same draws."""
    options = {"hours": 100, "warm_up": 20, "runs": 12, "seed": 3}
    four = replicate(ningde_2021(), **options)
    one = replicate(dataclasses.replace(ningde_2021(), repair_crews=1), **options)
    difference = one.minus(four)
    assert difference.value == one.column("bodies").mean() - four.column("bodies").mean()
    assert difference.high < 0
    assert one.minus(one).value == 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"seed": 4}, "seed as the first, 3, got 4"),
        ({"hours": 9.0}, "run as the first, 8 h after 0.5 h, got '9 h after 0.5 h'"),
        ({"warm_up": 1.0}, "run as the first, 8 h after 0.5 h, got '8 h after 1 h'"),
        ({"runs": 11}, "number of runs as the first, 10, got 11"),
    ],
)
def test_a_difference_of_unlike_studies_is_refused(change, what):
    """Their runs would not be pairs."""
    shop = Shop("s", [Line("L", [Station("A", 60)])])
    options = {"hours": 8.0, "warm_up": 0.5, "runs": 10, "seed": 3}
    with pytest.raises(ValueError, match=f"both studies must have the same {what}"):
        replicate(shop, **options).minus(replicate(shop, **options | change))


@pytest.mark.parametrize("change", [{"of": "vans"}, {"months": MONTHS}])
def test_a_difference_of_unlike_columns_or_units_is_refused(change):
    """One counts what the other does not."""
    with pytest.raises(ValueError, match=r"both studies must have the same (main column|units)"):
        replicate(Year(), runs=10, seed=3).minus(replicate(Year(**change), runs=10, seed=3))


# ------------------------------------------------------------------ inputs that are drawn


def test_the_column_asked_for_is_the_main_one_by_default() -> None:
    study = replicate(Year(of="vans"), runs=20, seed=3)
    assert study.mean() == study.mean(of="vans")
    assert study.probability() == study.probability(100, of="vans")


def test_a_design_point_of_a_sweep_has_no_repeats_and_says_so() -> None:
    point = sweep(Year(), {"weights.rate": [3.0, 4.0]}, runs=50, seed=0).study(0)
    with pytest.raises(ValueError, match=r"random_share needs repeats, .*replicate makes them"):
        point.random_share()
    assert "random share" not in point.summary()
    assert "matters most      rate" in point.summary()


def test_the_summary_separates_random_variation_from_uncertainty() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = replicate(Year(), runs=100, seed=3)
        text = study.summary()
        few = replicate(Year(), runs=5, seed=3).summary()
    assert "from the number of runs only; the uncertainty of the inputs is in the" in text
    assert "of random variation only" not in text
    assert f"random share      {study.random_share()} of the variance" in text
    assert re.search(r"matters most      rate \+0\.\d\d, crews -0\.\d\d, tea .*chance", text)
    assert "invented" in text
    assert 10 <= len(text.splitlines()) <= 15
    assert "random share" in few
    assert "matters most" not in replicate(Year(), runs=3, seed=3).summary()
