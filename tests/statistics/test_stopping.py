"""When a study has enough runs, and the coverage of its intervals then."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy import stats

from ningde_sim.exceptions import PrecisionMissed
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values
from ningde_sim.statistics.stopping import Precision, half_width, looks, stop, wanted

REPEATS = 4_000


def test_the_looks_are_fixed_multiples_of_32_that_grow_to_the_most() -> None:
    counts = list(looks(1_000))
    assert counts == [128, 160, 224, 288, 384, 480, 608, 768, 960, 1_000]
    assert list(looks(40)) == [40]
    assert list(looks(64)) == [64]


def test_a_study_stops_at_the_first_look_that_is_narrow_enough() -> None:
    values = np.arange(1_000) % 2.0
    precision = Precision("probability", 0.06, target=1)
    n = stop(values, precision)
    assert n == 288
    assert half_width(estimate.probability(144, 288, level=0.95)) <= 0.06
    assert half_width(estimate.probability(112, 224, level=0.95)) > 0.06


def test_a_study_does_not_stop_when_no_look_is_narrow_enough() -> None:
    assert stop(np.arange(100) % 2.0, Precision("probability", 0.06, target=1)) is None
    assert stop(np.arange(1.0), Precision("mean", 1)) is None


def test_results_after_the_look_change_nothing() -> None:
    values = np.random.default_rng(1).normal(size=2_000)
    precision = Precision("mean", 0.1)
    n = stop(values, precision)
    assert n == stop(np.concatenate((values[:n], 1e9 * np.arange(500))), precision)


def test_the_runs_needed_grow_with_the_square_of_the_precision() -> None:
    half = estimate.Estimate(0.5, 0.4, 0.6, 0.95, 100)
    assert Precision("probability", 0.05, target=1).needed(half) == pytest.approx(400, abs=1)
    assert Precision("mean", 1).needed(estimate.mean(np.ones(1), level=0.95)) == 128
    assert "takes about 400" in str(PrecisionMissed(half, 400))


def test_a_number_alone_is_the_precision_of_a_probability() -> None:
    assert wanted("study", 0.02, 5.0) == Precision("probability", 0.02, 5.0)
    assert wanted("study", {"mean": 500}, None) == Precision("mean", 500)


# ------------------------------------------------------------------ coverage of the intervals


def held(precision: Precision, truth: float, draw: Callable[..., Values]) -> float:
    """The share of studies, stopped by the rule, whose interval holds the true value."""
    hits = 0
    for k in range(REPEATS):
        values = draw(np.random.default_rng([7, k]))
        n = stop(values, precision)
        assert n is not None
        interval = precision.estimate(values[:n])
        hits += interval.low <= truth <= interval.high
    return hits / REPEATS


PROBABILITIES = {
    (0.5, 0.05): 0.948,
    (0.5, 0.03): 0.953,
    (0.2, 0.05): 0.954,
    (0.2, 0.03): 0.954,
    (0.05, 0.05): 0.977,
    (0.05, 0.03): 0.972,
}
"""Coverage in the docstring of `stop`, by probability and half-width."""

MEANS = {
    ("normal", 0.2): 0.948,
    ("normal", 0.15): 0.946,
    ("normal", 0.1): 0.946,
    ("lognormal", 0.2): 0.943,
    ("lognormal", 0.15): 0.936,
    ("lognormal", 0.1): 0.944,
}
"""Coverage in the docstring, by distribution and half-width in standard deviations."""

CLOSE = 0.002
"""Half of the standard error: another version of NumPy may round a draw differently."""


def test_the_docstring_has_the_measured_values() -> None:
    rows = re.findall(r"^    (0\.[0-9]+|normal|lognormal) +(\d.*%)$", stop.__doc__ or "", re.M)
    values = [float(x) / 100 for _, row in rows for x in re.findall(r"[\d.]+", row)]
    shares = [*PROBABILITIES.values(), *MEANS.values()]
    assert values == pytest.approx(shares)


@pytest.mark.parametrize(("p", "half"), PROBABILITIES)
def test_a_probability_stopped_at_a_precision_is_held_as_often_as_the_docstring_says(
    p: float, half: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "probability", cache(estimate.probability))
    precision = Precision("probability", half, target=1)
    coverage = held(precision, p, lambda rng: rng.binomial(1, p, 2_000))
    assert coverage == pytest.approx(PROBABILITIES[p, half], abs=CLOSE)
    assert coverage >= 0.93


@pytest.mark.parametrize(("law", "half"), MEANS)
def test_a_mean_stopped_at_a_precision_is_held_as_often_as_the_docstring_says(
    law: str, half: float
) -> None:
    skewed = stats.lognorm(0.5)
    draw = {
        "normal": lambda rng: rng.normal(size=1_000),
        "lognormal": lambda rng: (rng.lognormal(0, 0.5, 1_000) - skewed.mean()) / skewed.std(),
    }
    coverage = held(Precision("mean", half), 0.0, draw[law])
    assert coverage == pytest.approx(MEANS[law, half], abs=CLOSE)
    assert coverage >= 0.93


def test_the_skewness_in_the_docstring_is_that_of_the_lognormal() -> None:
    assert float(stats.lognorm(0.5).stats("s")) == pytest.approx(1.75, abs=0.01)
