"""Descriptions: what they hold, and which input they refuse."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Normal,
    PlannedStop,
    Robot,
    Shifted,
    Shop,
    Station,
    Store,
    Triangular,
    Uniform,
    Weibull,
    WorkingTime,
    ningde_2021,
)

A, B = Station("A", 10), Station("B", 20)
UP, REPAIR = Exponential(60), Lognormal(1.5, 0.8)


def shop(*lines, stores=(), **options):
    """A shop of these lines."""
    return Shop("plant", lines, stores=stores, **options)


BAD = [
    # numbers
    (lambda: Store("hood", -1), ValueError, "Store 'hood': capacity must be at least 0, got -1."),
    (lambda: Store("hood", 2.5), TypeError, "Store 'hood': capacity must be a whole number, got"),
    (
        lambda: Store("hood", 1, transit_time=-3),
        ValueError,
        "'hood': transit_time must be at least 0, got -3",
    ),
    (lambda: Store("hood", 1, initial=2), ValueError, "initial must be at most the capacity of 1"),
    (
        lambda: Store("hood", 0, transit_time=5),
        ValueError,
        "transit_time must be 0 when the capacity is 0",
    ),
    (lambda: Store("hood", 10**7), ValueError, "capacity must be at most 1000000, got 10000000"),
    (lambda: Station("A", -5), ValueError, "Station 'A': cycle_time must be at least 0, got -5"),
    (lambda: Station("A", 0), ValueError, "mean cycle_time must be at least 0.001 s, got 0"),
    (lambda: Station("A", math.nan), ValueError, "cycle_time must be a finite number, got nan"),
    (lambda: Station("A", "53"), TypeError, "Station 'A': cycle_time must be a number, got '53'."),
    (lambda: Station("A", True), TypeError, "cycle_time must be a number, got True"),
    (lambda: Station("A", 5, scrap=1.5), ValueError, "'A': scrap must be at most 1, got 1.5"),
    (lambda: Station("A", 5, rework=1.0), ValueError, "'A': rework must be less than 1, got 1.0"),
    (lambda: Station("A", 5, scrap=0.6, rework=0.6), ValueError, "together must be at most 1"),
    (lambda: Fixed(-1), ValueError, "Fixed: v must be at least 0, got -1."),
    (lambda: Fixed(math.inf), ValueError, "Fixed: v must be a finite number, got inf."),
    (lambda: Exponential(0), ValueError, "Exponential: mean must be greater than 0, got 0."),
    (lambda: Lognormal(1, -1), ValueError, "Lognormal: cv must be at least 0, got -1."),
    (lambda: Gamma("1", 1), TypeError, "Gamma: mean must be a number, got '1'."),
    (lambda: Weibull(1, 0), ValueError, "Weibull: shape must be greater than 0.05, got 0."),
    (lambda: Uniform(3, 2), ValueError, "Uniform: high must be at least 3, got 2."),
    (lambda: Triangular(1, 0, 2), ValueError, "Triangular: mode must be at least 1, got 0."),
    (lambda: Empirical([]), ValueError, "Empirical: values must hold at least one, got ()."),
    (lambda: Empirical([1, -1]), ValueError, "Empirical: values must be at least 0, got -1."),
    (lambda: Empirical("12"), TypeError, "Empirical: values must be a list of numbers, got '12'."),
    (lambda: Empirical([1], in_order=1), TypeError, "in_order must be True or False, got 1."),
    (lambda: Normal(0, 1), ValueError, "Normal: mean must be greater than 0, got 0."),
    (lambda: Normal(10, -1), ValueError, "Normal: std must be at least 0, got -1."),
    (lambda: Normal(10, 1e-5), ValueError, "must be 0 or at least 1e-05 times the mean of 10, got"),
    (lambda: Normal(10, 8.1), ValueError, "at most 0.8 times the mean of 10, got 8.1. Take Gamma"),
    (lambda: Shifted(-1, Fixed(1)), ValueError, "Shifted: low must be at least 0, got -1."),
    (
        lambda: Shifted(1, 5),
        TypeError,
        "Shifted: distribution must be a Distribution, got 5. Fixed",
    ),
    (lambda: Shifted(1e12, Shifted(1, Fixed(1))), ValueError, "low must be at most 1e+12, got"),
    (lambda: PlannedStop("tips", 0, 5), ValueError, "'tips': every must be at least 1, got 0."),
    (
        lambda: PlannedStop("tips", 3, 5, hidden=1.2),
        ValueError,
        "hidden must be at most 1, got 1.2.",
    ),
    # failures
    (lambda: Failure("arm", 0.95, None), TypeError, "An availability alone does not say how often"),
    (lambda: Failure("arm", UP, 5), TypeError, "Failure 'arm': repair must be a Distribution"),
    (lambda: Failure("arm", Fixed(0), REPAIR), ValueError, "mean uptime must be greater than 0"),
    (
        lambda: Failure("arm", UP, REPAIR, clock="wall"),
        ValueError,
        "'operating' or 'calendar', got 'wa",
    ),
    (
        lambda: Failure("arm", UP, REPAIR, crew=2),
        TypeError,
        "crew must be True, False or the name of a group or a skill, got 2.",
    ),
    (
        lambda: Failure("arm", UP, REPAIR, priority=2),
        ValueError,
        "priority has no effect on a repair without a crew, got 2.",
    ),
    (
        lambda: Failure("arm", UP, REPAIR, then="rework"),
        ValueError,
        "then must be 'resume' or 'restart' or 'scrap', got 'rework'.",
    ),
    # lines
    (lambda: Line("L", []), ValueError, "Line 'L': it must have at least one station, got ()."),
    (lambda: Line("L", ["A"]), TypeError, "each of stations must be a Station, got 'A'."),
    (
        lambda: Line("L", [A, B], buffers=[1, 2]),
        ValueError,
        "Line 'L': buffers must be one number, or a list of 1: one less than its stations, got (1,",
    ),
    (lambda: Line("L", [A, B], buffers=-1), ValueError, "Line 'L': buffers must be at least 0"),
    (lambda: Line("L", [A, B], buffers="3"), TypeError, "buffers must be a whole number, got '3'."),
    (lambda: Line("L", [A], takes=["q", "q"]), ValueError, "duplicate name in takes, got 'q'"),
    (lambda: Line("L", [A], takes=3), TypeError, "takes must be a list of names of stores, got 3."),
    (lambda: Line("", [A]), ValueError, "Line: name must not be empty, got ''."),
    (lambda: Line(7, [A]), TypeError, "Line: name must be text, got 7."),
    (lambda: Line("L", [A], working_time=8), TypeError, "working_time must be a WorkingTime or No"),
    # shops
    (lambda: shop(), ValueError, "Shop 'plant': it must have at least one line, got ()."),
    (
        lambda: shop(Line("L", [A], puts="hod"), stores=[Store("hood", 1)]),
        ValueError,
        "unknown store in the `puts` of line 'L', got 'hod'. The shop has these stores: hood.",
    ),
    (
        lambda: shop(Line("L", [A], takes="q"), stores=[Store("q", 1, initial=0)]),
        ValueError,
        "each store must be filled by a line, or hold `initial` parts, got 'q'.",
    ),
    (
        lambda: shop(Line("L", [A], puts="q"), Line("M", [B]), stores=[Store("q", 1)]),
        ValueError,
        "each store must be emptied by a line, got 'q'.",
    ),
    (
        lambda: shop(
            Line("L", [A], takes="back", puts="on"),
            Line("M", [B], takes="on", puts="back"),
            stores=[Store("on", 1), Store("back", 1)],
        ),
        ValueError,
        "a loop of lines and stores must hold parts at the start; these lines never start, got "
        "['L', 'M']. Give a store of the loop `initial` parts, as many as a line takes at once.",
    ),
    (lambda: shop(Line("L", [A, A])), ValueError, "duplicate name in stations and robots, got 'A'"),
    (lambda: shop(Line("L", [A]), Line("L", [B])), ValueError, "duplicate name in lines, got 'L'"),
    (
        lambda: shop(Line("L", [Station("A", 1, robots=[Robot("B", "weld")]), B])),
        ValueError,
        "duplicate name in stations and robots, got 'B'. Rename one of them, or leave one out.",
    ),
    (
        lambda: Robot("R", "weld", failures=[Failure("a", UP, REPAIR)] * 2),
        ValueError,
        "Robot 'R': duplicate name in failures, got 'a'.",
    ),
    (lambda: shop(Line("L", [A]), repair_crews=0), ValueError, "repair_crews must be at least 1"),
    (
        lambda: shop(Line("L", [A]), output="M"),
        ValueError,
        "each of output must be a line of the shop, got",
    ),
    (
        lambda: shop(Line("L", [A], takes="q", puts="q"), stores=[Store("q", 2, initial=1)]),
        ValueError,
        "Every line puts to a store: name the lines whose bodies count as finished.",
    ),
    # working time
    (lambda: WorkingTime([]), ValueError, "windows must hold at least one"),
    (lambda: WorkingTime([(0, 8), (7, 9)]), ValueError, "an opening hour must be at least 8, got"),
    (lambda: WorkingTime([(3, 3)]), ValueError, "a closing hour must be greater than 3, got 3."),
    (lambda: WorkingTime([(0, 25)], every=24), ValueError, "must close within the period of 24 h"),
    (lambda: WorkingTime([5]), ValueError, "each window must be a pair of an opening and a closi"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD, ids=[text[-40:] for *_, text in BAD])
def test_bad_input_is_refused_with_object_rule_and_value(make, error, text):
    """And with the cure where there is one."""
    with pytest.raises(error) as caught:
        make()
    assert text in str(caught.value)


def test_descriptions_are_frozen_comparable_and_picklable():
    """And hashable, so that they can be keys."""
    plant = ningde_2021()
    again = pickle.loads(pickle.dumps(plant))
    assert again == plant
    assert hash(again) == hash(plant)
    with pytest.raises(dataclasses.FrozenInstanceError):
        plant.lines[0].stations[0].cycle_time = 1


def test_the_buffers_of_a_line_may_be_given_as_an_array_or_a_range():
    three = [A, B, Station("C", 10)]
    line = Line("L", three, buffers=[1, 2])
    assert Line("L", three, buffers=np.array([1, 2])) == line
    assert Line("L", three, buffers=range(1, 3)) == line
    assert pickle.loads(pickle.dumps(Line("L", three, buffers=np.array([1, 2])))) == line


def test_replace_changes_a_description_and_checks_it_again():
    """`dataclasses.replace` is the way to vary a plant."""
    line = Line("L", [A, B], buffers=3)
    assert dataclasses.replace(line, buffers=5).buffers == (5,)
    with pytest.raises(ValueError, match="buffers must be at least 0"):
        dataclasses.replace(line, buffers=-5)


def test_numpy_numbers_are_numbers():
    """Sweeps pass on what numpy returns."""
    assert Store("q", np.int64(3)).capacity == 3
    assert Station("A", np.float32(2)).cycle_time == 2.0


def test_one_store_may_be_named_without_a_list():
    """`takes="q"` means `takes=("q",)`."""
    assert Line("L", [A], takes="q") == Line("L", [A], takes=("q",))


def test_a_station_is_found_by_name():
    """For an unknown one the error names those that begin alike."""
    plant = ningde_2021()
    assert plant.station("FIN-010").name == "FIN-010"
    with pytest.raises(
        KeyError, match=r"unknown station, got 'FIN-011'\. Did you mean one of FIN-010, FIN-020"
    ):
        plant.station("FIN-011")


def test_a_shop_prints_as_its_zone_table():
    """A row a zone, with totals."""
    text = str(ningde_2021())
    assert text.splitlines()[0] == "Ningde 2021: 167 stations, 620 robots"
    row = next(line for line in text.splitlines() if line.startswith("Front floor"))
    assert row.split()[2:6] == ["3", "120", "9", "42"]
    total = next(line for line in text.splitlines() if line.startswith("total"))
    assert total.split() == ["total", "34", "167", "620"]


@pytest.mark.parametrize(
    ("distribution", "mean", "std"),
    [
        (Fixed(3), 3, 0),
        (Exponential(3), 3, 3),
        (Lognormal(3, 0.5), 3, 1.5),
        (Gamma(3, 2), 3, 6),
        (Weibull(3, 1), 3, 3),
        (Uniform(2, 8), 5, math.sqrt(3)),
        (Triangular(0, 3, 6), 3, math.sqrt(1.5)),
        (Empirical([1, 2, 3]), 2, math.sqrt(2 / 3)),
        (Normal(3, 2), 3, 2),
        (Shifted(2, Uniform(2, 8)), 7, math.sqrt(3)),
    ],
)
def test_distributions_know_their_mean_and_deviation(distribution, mean, std):
    """In the unit of the field that holds them."""
    assert distribution.mean == pytest.approx(mean)
    assert distribution.std == pytest.approx(std)


@pytest.mark.parametrize(
    ("distribution", "doubled"),
    [
        (Normal(0.1, 0.08), Normal(0.2, 0.16)),
        (Shifted(3, Gamma(2, 0.5)), Shifted(6, Gamma(4, 0.5))),
        (Empirical([1, 2], in_order=True), Empirical([2, 4], in_order=True)),
    ],
)
def test_twice_a_distribution_is_twice_its_values(distribution, doubled):
    """Whatever has no unit stays."""
    assert distribution.times(2) == doubled
    assert distribution.times(0.7).mean == pytest.approx(0.7 * distribution.mean)


@pytest.mark.parametrize("factor", [0.1, 0.3, 0.7, 1 / 3, 1.1, 7e-9, 1e9])
@pytest.mark.parametrize("law", [Normal(10, 8), Normal(10, 1e-4), Normal(3, 2.4)])
def test_a_multiple_of_a_normal_at_its_bounds_is_legal(law, factor):
    """However the product is rounded."""
    assert law.times(factor).mean == factor * law.mean


def test_a_shift_of_a_shift_is_one_shift():
    """Of both lows."""
    assert Shifted(2, Shifted(3, Exponential(1))) == Shifted(5, Exponential(1))


def test_working_time_counts_its_hours():
    """Of repeated windows; those that touch are joined."""
    shifts = WorkingTime([(0, 8), (8, 16)], every=24)
    assert shifts.until(57) == [(0, 16), (24, 40), (48, 64)]
    assert shifts.hours_until(57) == 16 + 16 + 9
