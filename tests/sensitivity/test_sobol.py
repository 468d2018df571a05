"""Sobol' indices: as in theory, the same for any number of workers, of a year."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim.sensitivity.sobol import SobolShares, _points, shares, sobol
from ningde_sim.year.year_run import simulate_year
from tests.years import winter

WEIGHTS = np.array([1.0, 3.0, 2.0])


def linear(x: np.ndarray) -> float:
    """No interactions: the shares are the squares of the weights over their sum."""
    return float(x @ WEIGHTS)


def ishigami(x: np.ndarray) -> float:
    """The third input acts only together with the first."""
    a, b, c = np.pi * (2 * x - 1)
    return float(np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))


def three(result: Any = linear, **changed: Any) -> SobolShares:
    """The indices of the three inputs."""
    options = {"title": "three", "of": "cars", "unit": "cars", "n": 64, "seed": 1, "workers": 1}
    return shares(result, ("a", "b", "c"), **options | changed)


def test_of_a_sum_first_and_total_are_the_share_of_the_variance() -> None:
    """Over 200 seeds the errors had a root mean square of at most 0.023."""
    table = three().table
    assert list(table["input"]) == ["b", "c", "a"]
    known = np.sort(WEIGHTS**2)[::-1] / np.sum(WEIGHTS**2)
    for share in ("first", "total"):
        assert table[share].to_numpy() == pytest.approx(known, abs=0.1)


def test_an_input_that_acts_with_another_only_has_a_total() -> None:
    """Ishigami and Homma (1990): first 0.314, 0.442, 0; total 0.558, 0.442, 0.244."""
    table = three(ishigami, n=1024).table.set_index("input")
    assert list(table.index) == ["a", "b", "c"]
    assert table["first"].to_numpy() == pytest.approx([0.314, 0.442, 0], abs=0.05)
    assert table["total"].to_numpy() == pytest.approx([0.558, 0.442, 0.244], abs=0.05)


@pytest.mark.parametrize("result", [linear, ishigami])
def test_the_intervals_hold_the_true_indices(result: Any) -> None:
    """240 intervals of 95 %: the points are spread evenly, so that they hold more often."""
    squares = WEIGHTS**2 / np.sum(WEIGHTS**2)
    known = {
        linear: {"first": squares, "total": squares},
        ishigami: {"first": [0.3139, 0.4424, 0], "total": [0.5576, 0.4424, 0.2437]},
    }[result]
    held = []
    for seed in range(20):
        table = three(result, seed=seed).table.sort_values("input")
        for share, true in known.items():
            held += [*((table[f"{share}_low"] <= true) & (true <= table[f"{share}_high"]))]
    assert np.mean(held) > 0.92


def test_the_intervals_are_wider_at_a_higher_level() -> None:
    widths = [
        float(np.sum(table["total_high"] - table["total_low"]))
        for table in (three(level=level).table for level in (0.5, 0.95))
    ]
    assert 0 < widths[0] < widths[1]


def test_a_linear_function_makes_no_more_runs_than_it_says() -> None:
    points: list[np.ndarray] = []

    def counted(x: np.ndarray) -> float:
        points.append(x)
        return linear(x)

    result = three(counted, n=16)
    assert result.runs == len(points) == 16 * (3 + 2)
    assert result.n == 16
    assert 0 <= np.min(points) < np.max(points) <= 1
    a, b, *mixed = np.array(points).reshape(5, 16, 3)
    for k in range(3):
        differ = np.arange(3) == k
        assert np.array_equal(mixed[k], np.where(differ, b, a))


def test_it_is_a_frozen_record_that_can_be_sent() -> None:
    result = three()
    sent = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(sent.table, result.table)
    with pytest.raises(ValueError, match="read-only"):
        result.values[0, 0] = 1
    with pytest.raises(AttributeError):
        result.seed = 2  # type: ignore[misc]


def test_its_texts_name_the_strongest_input_and_what_the_intervals_mean() -> None:
    result = three()
    assert repr(result).startswith("SobolShares('three', 3 inputs, 320 runs, seed=1: b has 0.6")
    assert "\n" not in repr(result)
    text = result.summary()
    assert "shares of the variance of cars" in text
    assert "of the number of points (64) only; 320 runs, seed 1" in text
    assert "streams   the same in all runs" in text
    assert len(text.splitlines()) <= 12


def test_a_bar_shows_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    three(n=8, progress=True)
    assert "40/40" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"n": 48}, ValueError, r"sobol 'three': n must be a power of 2, got 48. Take 32 or 64."),
        ({"n": 4}, ValueError, r"n must be at least 8, got 4"),
        ({"n": 64.0}, TypeError, r"n must be a whole number"),
        ({"seed": -1}, ValueError, r"seed must be at least 0"),
        ({"level": 95}, ValueError, r"level must be less than 1, got 95"),
        ({"workers": 0}, ValueError, r"workers must be at least 1, got 0. None takes all cores."),
        ({"result": lambda x: 7.0}, ValueError, r"the runs must differ in cars, got 7.0"),
    ],
)
def test_bad_arguments_are_refused(changed: dict[str, Any], kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        three(**changed)


# ------------------------------------------------------------------ of a year

TWO = ("paint.rate", "assembly.rate")


def year(**changed: Any) -> SobolShares:
    return sobol(winter(), changed.pop("inputs", TWO), n=8, seed=3, **changed)


def test_a_year_gives_the_same_for_any_workers() -> None:
    """And its runs are those with inputs at the points and the random streams of run 0."""
    one, two = (year(workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    assert np.array_equal(one.values, two.values)
    assert (one.runs, one.unit) == (32, "vehicles")
    assert set(one.table["input"]) == set(TWO)
    point = _points(8, 2, 3)[2, 5]
    plan = winter().at(dict(zip(TWO, point.tolist(), strict=True)))
    assert one.values[2, 5] == simulate_year(plan, seed=3, run=0).vehicles


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        (
            {"inputs": ("paint.rate", "paint.lead")},
            KeyError,
            r"uncertain, got 'paint.lead'.*lead_t",
        ),
        ({"inputs": ("paint.rate", "target")}, KeyError, r"must be uncertain, got 'target'"),
        ({"inputs": "paint.rate"}, ValueError, r"name at least two, got \('paint.rate',\). One"),
        ({"inputs": ("paint.rate",) * 2}, ValueError, r"duplicate name in inputs"),
        ({"of": "vans"}, ValueError, r"of must be one of vehicles, bodies, .*, got 'vans'"),
    ],
)
def test_unknown_inputs_and_columns_are_refused(
    changed: dict[str, Any], kind: Any, text: str
) -> None:
    with pytest.raises(kind, match=text):
        year(**changed)
