"""Probabilities after some known months, against normal numbers with exact answers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ningde_sim.exceptions import EstimateWarning, OutsideRuns
from ningde_sim.report.study_page import page, warnings
from ningde_sim.statistics.conditioning import NOTHING_KNOWN, KnownMonths, condition
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from tests.synthetic import MONTHS, Year

CASE = Year(weights={"rate": 3.0}, noise=5.0, months=MONTHS, target=1_150.0)
"""A month is 100 + 3 x + 5 e: x is common to the year, e is that of the month."""

MADE, K = 770.0, 8
"""Output of eight months; the mean of the runs is 800."""

# made = K (100 + 3 x) + 5 sum of e: the regression of the rest on it, and the spread that is left.
SLOPE = (12 - K) * K * 9 / (K * K * 9 + K * 25)
MEAN = MADE + (12 - K) * 100 + SLOPE * (MADE - K * 100)
SPREAD = np.sqrt((12 - K) ** 2 * 9 + (12 - K) * 25 - SLOPE * (12 - K) * K * 9)


@pytest.fixture(scope="module")
def year() -> Study:
    return replicate(CASE, runs=4_000, seed=2)


def test_mean_spread_and_probability_are_those_of_theory(year: Study) -> None:
    given = year.given(MADE, "2021-08")
    mean = given.mean(level=0.999)
    assert mean.low <= MEAN <= mean.high
    assert given.column().std(ddof=1) == pytest.approx(SPREAD, rel=0.04)
    probability = given.probability(level=0.999)
    assert probability.low <= stats.norm.sf(1_150, MEAN, SPREAD) <= probability.high
    assert probability.high < year.probability(level=0.999).low


def test_a_total_and_the_months_that_add_up_to_it_give_the_same(year: Study) -> None:
    figures = [MADE / K] * K
    assert np.array_equal(year.given(figures).column(), year.given(MADE, 8).column())
    assert np.array_equal(year.given(MADE, "2021-08").column(), year.given(MADE, 8).column())


def test_known_months_are_replaced_and_all_add_up(year: Study) -> None:
    figures = [90.0, 95.0, 105.0]
    given = year.given(figures)
    months = [given.column(f"cars_{month}") for month in MONTHS]
    for month, figure in zip(months, figures, strict=False):
        assert (month == figure).all()
    assert np.sum(months, axis=0) == pytest.approx(given.column())


def test_the_months_of_a_total_add_up_to_it(year: Study) -> None:
    given = year.given(MADE, 8)
    made = np.sum([given.column(f"cars_{month}") for month in MONTHS[:8]], axis=0)
    assert made == pytest.approx(MADE)
    assert given.column("cars_2021-01").std() > 1


def test_a_known_year_has_no_spread(year: Study) -> None:
    assert year.given([100.0] * 12).column() == pytest.approx(1_200)


def test_whole_vehicles_give_no_rounding_error() -> None:
    """So a target that is met exactly counts as met."""
    rng = np.random.default_rng(3)
    months = {f"cars_{month}": rng.integers(0, 9, 50) for month in MONTHS}
    runs = {"cars": np.sum([*months.values()], axis=0), **months}
    known = KnownMonths("cars", MONTHS, 61.0)
    after = condition(known, NOTHING_KNOWN, inputs={}, values=runs, repeats={}, idle=())
    assert (after.values["cars"] == 61).all()


def test_more_months_after_some_are_the_same_as_all_at_once(year: Study) -> None:
    later = year.given([95.0, 100.0]).given([95.0, 100.0, 104.0])
    at_once = year.given([95.0, 100.0, 104.0])
    assert later.mean().value == pytest.approx(at_once.mean().value, abs=2)


def test_the_share_of_random_variation_is_that_of_the_rest(year: Study) -> None:
    """That of the open months over the variance that is left."""
    given = year.given(MADE, 8)
    random = (12 - K) * 25
    share = given.random_share(level=0.999)
    assert share.low <= random / SPREAD**2 <= share.high


def test_the_study_itself_stays_unchanged(year: Study) -> None:
    before = year.digest
    given = year.given(MADE, 8)
    assert year.digest == before
    assert given.digest != before
    with pytest.raises(ValueError, match="read-only"):
        given.column()[0] = 0


def test_a_study_with_known_months_has_no_precision_of_its_own() -> None:
    study = replicate(CASE, precision=0.1, seed=2)
    assert study.precision is not None
    assert study.given(MADE, 8).precision is None


def test_the_summary_names_the_known_months(year: Study) -> None:
    given = year.given(MADE, 8)
    assert "given 770 cars through 2021-08" in repr(given)
    assert "770 cars through 2021-08" in given.summary()


def test_months_unlike_any_run_raise_a_warning(year: Study) -> None:
    with pytest.warns(OutsideRuns, match="actual 300 lies outside") as caught:
        given = year.given(300, 8)
    assert isinstance(caught[0].message, EstimateWarning)
    assert caught[0].message.estimate.value == pytest.approx(800, abs=2)
    assert caught[0].filename == __file__
    assert given.mean().value < 700


@pytest.mark.filterwarnings("ignore:.*lies outside of")
def test_months_unlike_any_run_show_in_the_summary_and_on_the_page(year: Study) -> None:
    given = year.given(300, 8)
    words = "No run made as few, or as many, as 300 cars through 2021-08: the runs made "
    assert words in " ".join(given.summary().split())
    box = page(given).partition('<div class="warning">')[2].partition("</div>")[0]
    assert words in box
    assert "extrapolated" in box
    later = given.given(given.column().mean() - 300, 10)
    assert words in " ".join(later.summary().split())
    for plain in (year, year.given(MADE, 8)):
        assert "extrapolated" not in page(plain) + plain.summary()


@pytest.mark.filterwarnings("ignore:.*lies outside of")
def test_columns_stop_at_0_and_a_caution_says_so(year: Study) -> None:
    """Cars lost are 20 a run, more where less is made; a lead would take them to -30."""
    made = np.sum([year.column(f"cars_{month}") for month in MONTHS[:8]], axis=0)
    lost = np.maximum(20 - (made - 800) / 4, 0)
    study = dataclasses.replace(year, values={**year.values, "lost": lost}, repeats={})
    given = study.given(1_000, 8)
    assert (given.column("lost") >= 0).all()
    assert given.quantile(0.05, of="lost").value == 0
    assert given.known is not None
    assert given.known.stopped == ("lost",)
    words = "takes lost below the least possible value in some runs"
    assert words in " ".join(given.summary().split())
    assert any(words in text for text in warnings(given))
    assert study.given(800, 8).column("lost").mean() == pytest.approx(lost.mean(), abs=1)


def test_a_year_makes_no_less_than_what_is_built() -> None:
    """So far behind that the regression gives a negative rest."""
    january = np.linspace(100, 110, 11)
    runs = {"cars": january + 2 * (january - 100), "cars_2021-01": january}
    known = KnownMonths("cars", MONTHS[:1], 10.0)
    with pytest.warns(OutsideRuns):
        after = condition(known, NOTHING_KNOWN, inputs={}, values=runs, repeats={}, idle=())
    assert (after.values["cars"] == 10).all()
    assert after.known.stopped == ("cars",)


def test_a_lead_does_not_carry_over_where_all_runs_are_equal() -> None:
    study = replicate(Year(weights={}, noise=0.0, months=MONTHS), runs=20, seed=2)
    with pytest.warns(OutsideRuns):
        assert (study.given([110.0]).column() == 1_210).all()


def test_only_studies_with_the_same_known_months_are_compared(year: Study) -> None:
    given = year.given(MADE, 8)
    for first, second in ((year, given), (given, year), (given, year.given(MADE + 1, 8))):
        with pytest.raises(ValueError, match="must have the same months already built as the"):
            first.minus(second)
    with pytest.raises(ValueError, match=r"as the first, 770\.0 cars through 2021-08, got 'none'"):
        given.minus(year)


def test_two_plans_are_compared_after_the_same_months(year: Study) -> None:
    """A plan with 10 more a month and the same draws: 4 months of 10 more in the rest."""
    more = {name: column + (120 if name == "cars" else 10) for name, column in year.values.items()}
    better = dataclasses.replace(year, values=more)
    apart = better.given(840, 8).minus(year.given(840, 8))
    assert apart.value == pytest.approx(40 - SLOPE * K * 10, abs=2)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([],), r"actuals must hold 1 to 12 months, got 0"),
        (([1.0] * 13,), r"actuals must hold 1 to 12 months, got 13"),
        (([1.0, -1.0],), r"each of actuals must be at least 0, got -1"),
        ((-5.0, 3), r"actuals must be at least 0, got -5"),
        ((100.0,), r"through must be one of 2021-01, .*, or 1 to 12, got None"),
        ((100.0, 13), r"through must be one of .* got 13"),
        ((100.0, "2022-01"), r"through must be one of .* got '2022-01'"),
        (([100.0], 1), r"through must be left out, got 1"),
    ],
)
def test_invalid_months_are_refused(year: Study, arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ValueError, match=r"Study 'synthetic': " + text):
        year.given(*arguments)


def test_a_figure_that_is_not_a_number_is_refused(year: Study) -> None:
    with pytest.raises(TypeError, match="actuals must be a list of numbers, got '12'"):
        year.given("12")  # type: ignore[arg-type]


def test_a_study_without_months_cannot_be_given_any() -> None:
    with pytest.raises(ValueError, match=r"the runs must have months, got \[1\.0\]"):
        replicate(Year(), runs=10, seed=0).given([1.0])
