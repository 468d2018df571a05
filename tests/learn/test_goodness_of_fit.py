"""A family that does not fit says so and is not used; one that does is seldom refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim import Empirical, Exponential, Gamma, Lognormal, Weibull
from ningde_sim.learn import fit_downtime
from ningde_sim.learn.censored_times import MOST_VALUES, CensoredTimes
from ningde_sim.learn.families import FAMILIES, survival
from ningde_sim.learn.goodness_of_fit import goodness
from ningde_sim.learn.maximum_likelihood import Fit, fit, peak
from ningde_sim.plant.distributions import Distribution
from tests.learn.test_maximum_likelihood import BY_NAME, cut_times, frozen, renewals

LAWS = [Exponential(40), Weibull(40, 1.8), Weibull(40, 0.7), Lognormal(40, 1.2), Gamma(40, 0.5)]
BEGIN = pd.Timestamp("2021-03-01")
NONE = np.empty(0)


def micro_and_long(rng: np.random.Generator, n: int = 400) -> np.ndarray:
    """Of a hundred stops 95 of about a minute and a half, 5 of about an hour; the mean is 4.425."""
    few = rng.random(n) < 0.05
    return np.where(few, rng.uniform(30, 90, n), rng.uniform(0.5, 2.5, n))


def log_of(uptimes: np.ndarray, repairs: np.ndarray, begin: float = 0.0) -> pd.DataFrame:
    """Stops of one machine after each uptime [h], of so many minutes."""
    end = begin + np.cumsum(uptimes + repairs / 60)
    start = end - repairs / 60
    table = pd.DataFrame({"equipment": "M", "reason": "jam", "start": start, "end": end})
    for column in ("start", "end"):
        table[column] = BEGIN + pd.to_timedelta(table[column], unit="h")
    return table


def as_new(times: CensoredTimes) -> CensoredTimes:
    """Of machines that were new when the window opened."""
    return cut_times(
        np.append(times.complete, times.residual),
        np.append(times.right_censored, times.residual_censored),
    )


def own_goodness(times: CensoredTimes, name: str) -> Any:
    """Of the family that is named, fitted to the times."""
    if name == "Exponential":
        return goodness(times, name, FAMILIES[0], times.total / times.n, 1.0)
    top = peak(BY_NAME[name], times)
    return goodness(times, name, top.family, math.exp(top.log_mean), math.exp(top.log_shape))


# ------------------------------------------------------------------ the test itself


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "of", "known"),
    [
        ("Exponential", stats.expon, {"loc": 0}),
        ("Weibull", stats.weibull_min, {"loc": 0}),
        ("Lognormal", stats.lognorm, {"loc": 0}),
        ("Gamma", stats.gamma, {"loc": 0}),
    ],
)
@pytest.mark.parametrize("seed", [0, 3, 5])
def test_p_is_that_of_a_monte_carlo_test_in_scipy(
    name: str, of: Any, known: dict[str, float], seed: int
) -> None:
    """Of times that come from none of the families; 499 samples, four standard errors."""
    rng = np.random.default_rng(seed)
    times = rng.uniform(0.2, 2.0 + seed, 40)
    p = own_goodness(cut_times(times), name).p
    expected = stats.goodness_of_fit(
        of, times, known_params=known, statistic="ad", n_mc_samples=499, rng=rng
    ).pvalue
    error = math.sqrt(max(expected * (1 - expected), 0.01) / 499)
    assert min(max(p, 0.001), 0.25) == pytest.approx(min(expected, 0.25), abs=4 * error + 0.01)


def refused(law: Distribution, n: int, sample: Callable[[int], CensoredTimes]) -> float:
    """In how many of n samples of a law its own family is said not to fit."""
    return sum(not own_goodness(sample(k), type(law).__name__).fits for k in range(n)) / n


@pytest.mark.parametrize("law", LAWS)
def test_the_true_family_is_seldom_refused(law: Distribution) -> None:
    """About 1 % by the test and less by the mean, 300 samples of 40: at most 3 %."""

    def sample(k: int) -> CensoredTimes:
        rng = np.random.default_rng([1, k])
        return cut_times(frozen(law).rvs(size=40, random_state=rng))

    assert refused(law, 300, sample) <= 0.03


@pytest.mark.parametrize(
    ("machines", "each", "new"), [(1, 40, False), (60, 1, False), (60, 1, True)]
)
@pytest.mark.parametrize("law", [Exponential(40), Weibull(40, 1.8), Gamma(40, 0.5)])
def test_nor_where_the_window_cuts_its_times(
    law: Distribution, machines: int, each: float, new: bool
) -> None:
    def sample(k: int) -> CensoredTimes:
        cut = renewals(law, [2, k], machines=machines, each=each, new=new)
        return as_new(cut) if new else cut

    assert refused(law, 100, sample) <= 0.04


def test_times_of_a_clock_with_a_coarse_step_are_no_misfit() -> None:
    """Lognormal minutes, written as whole ones."""
    law = Lognormal(12, 0.8)
    for k in range(20):
        times = frozen(law).rvs(size=300, random_state=np.random.default_rng([3, k]))
        whole = np.maximum(np.round(times), 1)
        assert fit(cut_times(whole), level=0.95).family != "Empirical"


# ------------------------------------------------------------------ what is taken instead


def test_many_micro_stops_and_a_few_long_ones_keep_the_mean_seen() -> None:
    for k in range(20):
        times = micro_and_long(np.random.default_rng([4, k]))
        fitted = fit(cut_times(times), level=0.95)
        assert isinstance(fitted.distribution, Empirical)
        assert fitted.mean.value == pytest.approx(times.mean())
        assert sorted(fitted.distribution.values) == pytest.approx(sorted(times))
        assert fitted.note.startswith(f"{fitted.runner_up} does not fit (p < 0.001, mean ")
        assert type(fitted.rejected).__name__ == fitted.runner_up
        assert (fitted.p, fitted.seen) == (0.001, pytest.approx(times.mean()))


def test_times_that_were_cut_go_to_the_longer_ones() -> None:
    """By hand: 1, 2+, 3, 4+: shares 1/4 of 1, 3/8 of 3, and of 4, which is taken as ended."""
    x, left = cut_times(np.array([1.0, 3]), np.array([2.0, 4])).survival_seen()
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert left == pytest.approx([1, 3 / 4, 3 / 4, 3 / 8, 0])
    # each third of the mass: 1/4 of 1 and 1/12 of 3; 7/24 of 3 and 1/24 of 4; 1/3 of 4
    third = cut_times(np.array([1.0, 3]), np.array([2.0, 4])).values_seen()
    assert third == pytest.approx([1.5, 3.125, 4])
    assert math.isnan(cut_times(np.array([1.0, 3]), np.array([2.0, 4])).mean_seen)
    under_way = CensoredTimes(np.array([1.0, 3]), np.array([2.0, 4]), np.array([5.0]), NONE)
    assert under_way.mean_seen == 5
    assert under_way.values_seen().mean() == pytest.approx(5)


def test_no_more_values_are_kept_than_are_needed() -> None:
    times = cut_times(micro_and_long(np.random.default_rng(5), 20_000))
    values = times.values_seen()
    assert len(values) == MOST_VALUES
    assert values.mean() == pytest.approx(times.complete.mean())
    assert values.std() == pytest.approx(times.complete.std(), rel=0.01)


def test_families_may_be_left_out() -> None:
    times = cut_times(micro_and_long(np.random.default_rng(6)))
    named = fit(times, level=0.95, families=["Gamma", "Weibull"])
    assert named.family in ("Gamma", "Weibull")
    assert "does not fit" in named.note
    assert "as `families` asks" in named.note
    good = cut_times(np.random.default_rng(7).exponential(40, 50))
    assert fit(good, level=0.95, families=["Gamma"]).family == "Gamma"
    assert fit(good, level=0.95, families=["Empirical"]).family == "Empirical"
    assert fit(cut_times(good.complete[:4]), level=0.95, families=["Gamma"]).family == "Exponential"


def test_times_of_which_none_is_complete_have_no_values() -> None:
    """Five machines that failed once each, in a window that cut all of their times."""
    times = CensoredTimes(NONE, np.full(5, 3.0), np.arange(1.0, 6.0), NONE)
    fitted = fit(times, level=0.95, families=["Empirical"])
    assert fitted.distribution == Exponential((15 + 15) / 5)
    assert "no time is complete" in fitted.note


def test_equal_times_are_told() -> None:
    fitted = fit(cut_times(np.full(20, 10.0)), level=0.95, families=["Gamma"])
    assert "the cv stands at its bound" in fitted.note


@pytest.mark.parametrize("law", [*LAWS, Empirical([1, 2, 2, 9])])
def test_the_survival_is_that_of_scipy(law: Distribution) -> None:
    x = np.array([0.0, 1.5, 2.0, 40.0])
    if isinstance(law, Empirical):
        assert survival(law, x) == pytest.approx([1, 0.75, 0.25, 0])
    else:
        assert survival(law, x) == pytest.approx(frozen(law).sf(x))


# ------------------------------------------------------------------ intervals


def others() -> dict[str, Callable[[np.random.Generator], tuple[np.ndarray, float]]]:
    """Laws of none of the families, with their means."""

    def bimodal(rng: np.random.Generator) -> tuple[np.ndarray, float]:
        return np.where(
            rng.random(150) < 0.7, rng.normal(5, 0.5, 150), rng.normal(30, 3, 150)
        ), 12.5

    def two_modes(rng: np.random.Generator) -> tuple[np.ndarray, float]:
        return np.where(rng.random(300) < 0.9, 1, 20) * rng.exponential(2, 300), 5.8

    def cut_off(rng: np.random.Generator) -> tuple[np.ndarray, float]:
        return rng.uniform(10, 11, 60), 10.5

    return {
        "micro and long": lambda rng: (micro_and_long(rng), 0.95 * 1.5 + 0.05 * 60),
        "bimodal": bimodal,
        "two exponentials": two_modes,
        "uniform": cut_off,
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", others())
def test_intervals_of_the_times_as_seen_keep_their_level(name: str) -> None:
    """At least 90 % of those where they were taken, of 300; three standard errors."""
    held = taken = 0
    for k in range(300):
        times, mean = others()[name](np.random.default_rng([8, k]))
        fitted = fit(cut_times(times), level=0.95)
        if fitted.family == "Empirical":
            taken += 1
            held += fitted.mean.low <= mean <= fitted.mean.high
    if taken >= 50:
        assert held / taken > 0.9 - 3 * math.sqrt(0.09 / taken)
    assert taken >= 150 or name == "uniform"


# ------------------------------------------------------------------ logs


def test_the_log_of_micro_and_long_stops_makes_the_plant_that_made_it() -> None:
    """The share of uptime from the means fitted is that of the log."""
    rng = np.random.default_rng(9)
    repairs, uptimes = micro_and_long(rng), rng.exponential(0.14, 400)
    log = log_of(uptimes, repairs)
    downtime = fit_downtime(log, begin=BEGIN, end=log["end"].iloc[-1])
    (row,) = downtime.table.to_dict("records")
    assert row["repair"] == pytest.approx(repairs.mean(), rel=1e-4)
    assert row["uptime"] == pytest.approx(uptimes.mean(), rel=1e-4)
    assert row["repair_seen"] == pytest.approx(repairs.mean(), rel=1e-4)
    assert row["note"].startswith("repair: ")
    assert "does not fit" in str(downtime)
    (failure,) = downtime.failures["M"]
    assert isinstance(failure.repair, Empirical)


def test_a_log_of_one_week_in_a_window_of_a_year_says_so() -> None:
    """20 stops a year, not the 132 of a fit to the times between them."""
    rng = np.random.default_rng(10)
    year = {"begin": BEGIN, "end": BEGIN + pd.Timedelta(days=365)}
    week = log_of(rng.exponential(8, 20), rng.uniform(5, 10, 20), begin=24 * 70)
    downtime = fit_downtime(week, **year)
    (row,) = downtime.table.to_dict("records")
    hours = 365 * 24 - (week["end"] - week["start"]).sum() / pd.Timedelta(hours=1)
    assert row["uptime"] == pytest.approx(hours / 20)
    assert "all 20 stops of 'M' lie in " in row["note"]
    assert "equipment={'M': (begin, end)}" in str(downtime)
    # in its own window it is a log like any other
    own = {"M": (BEGIN + pd.Timedelta(days=70), week["end"].iloc[-1])}
    (row,) = fit_downtime(week, equipment=own, **year).table.to_dict("records")
    assert row["note"] == ""
    assert row["uptime"] == pytest.approx(8, rel=0.5)


def test_stops_over_all_of_the_window_are_no_part_of_it() -> None:
    end = BEGIN + pd.Timedelta(days=21)
    notes = []
    for k in range(40):
        rng = np.random.default_rng([11, k])
        log = log_of(rng.exponential(40, 60), np.full(60, 5.0))
        rows = log[log["start"] < end]
        notes.append(fit_downtime(rows, begin=BEGIN, end=end).table["note"][0])
    assert sum("lie in" in note for note in notes) <= 1


@pytest.mark.parametrize(
    ("families", "kind", "text"),
    [
        (["Normal"], ValueError, "families must be one of Exponential, Weibull, .*, got 'Normal'"),
        ([], ValueError, "families must name at least one"),
        ("Gamma", TypeError, "families must be a list of names of families"),
    ],
)
def test_unknown_families_are_refused(families: Any, kind: type[Exception], text: str) -> None:
    log = log_of(np.full(3, 5.0), np.full(3, 5.0))
    with pytest.raises(kind, match=text):
        fit_downtime(log, families=families)


def test_a_fit_without_a_doubt_has_no_note() -> None:
    fitted = fit(cut_times(np.random.default_rng(12).exponential(40, 50)), level=0.95)
    assert isinstance(fitted, Fit)
    assert (fitted.note, fitted.rejected) == ("", None)
    assert fitted.p > 0.01
