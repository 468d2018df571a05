"""One input at a time: swings that are known, the same for any workers, of a year."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import sensitivity
from ningde_sim.sensitivity.tornado import Tornado, swings, tornado
from ningde_sim.year.year_run import simulate_year
from tests.years import winter

INPUTS = {
    "rate": (50.0, 70.0, "cars/h"),
    "stop": (2.0, 9.0, "days"),
    "tea": (1.0, 3.0, "cups"),
    "crews": (2.0, 6.0, "crews"),
}


def cars(quantiles: Mapping[str, float], run: int) -> float:
    """100 in run 0; in other runs random variation that all inputs share; tea does nothing.

    The typical number of crews is best; the rate does more in runs of odd numbers.
    """
    chance = float(np.random.default_rng([7, run]).normal())
    result = 100 + 30 * chance if run else 100
    result += 40 * (quantiles.get("rate", 0.5) - 0.5) * (1 + run % 2)
    result -= 20 * (quantiles.get("stop", 0.25) - 0.25)
    result -= 3 * ("crews" in quantiles)
    return result


def four(result: Any = cars, **changed: Any) -> Tornado:
    """The tornado of the four inputs."""
    options = {"title": "four", "of": "cars", "unit": "cars", "runs": 4, "closer": None, "seed": 1}
    options |= {"between": (0.25, 0.75), "workers": 1, "inputs": INPUTS}
    return swings(result, **options | changed)


def rows(result: Tornado) -> pd.DataFrame:
    return result.table.set_index("input")


def test_the_swings_are_those_of_the_function() -> None:
    """Random variation is common to all and cancels: exact but for rounding."""
    table = rows(four())
    assert list(table.index) == ["rate", "stop", "crews", "tea"]
    assert table["at_low"].to_numpy() == pytest.approx([-15, 0, -3, 0])
    assert table["at_high"].to_numpy() == pytest.approx([15, -10, -3, 0])
    assert table["swing"].to_numpy() == pytest.approx([30, 10, 3, 0])


def test_common_random_numbers_leave_only_what_differs_between_runs() -> None:
    """Chance moves a run by 30, the rate by 10 and 20 in turn: t of 3 degrees times 10 / sqrt(12).

    Student's table: 3.182 for 95 %.
    """
    result = four()
    table, half = rows(result), 3.182446 * 10 / np.sqrt(12)
    row = table.loc["rate"]
    assert row["at_high_low"] == pytest.approx(15 - half)
    assert row["at_high_high"] == pytest.approx(15 + half)
    assert row["swing_high"] == pytest.approx(30 + 2 * half)
    assert table.loc["stop", "at_high_low"] == pytest.approx(-10)
    assert result.base.high - result.base.low > 20
    assert result.base.value == pytest.approx(np.mean([cars({}, run) for run in range(4)]))


def test_an_input_that_does_nothing_has_a_swing_of_exactly_0() -> None:
    names = ["at_low", "at_low_low", "at_low_high", "at_high", "at_high_low", "at_high_high"]
    assert np.all(rows(four()).loc["tea", [*names, "swing", "swing_low", "swing_high"]] == 0)


def test_only_the_strongest_in_run_0_are_run_again() -> None:
    """Two of four: 1 + 8 runs, then 3 (1 + 4)."""
    calls: list[tuple[dict[str, float], int]] = []

    def counted(quantiles: Mapping[str, float], run: int) -> float:
        calls.append((dict(quantiles), run))
        return cars(quantiles, run)

    result = four(counted, closer=2)
    assert result.runs == len(calls) == 24
    assert {name for quantiles, run in calls if run for name in quantiles} == {"rate", "stop"}
    table = rows(result)
    assert dict(table["n"]) == {"rate": 4, "stop": 4, "crews": 1, "tea": 1}
    closer = rows(four()).loc[["rate", "stop"]]
    pd.testing.assert_frame_equal(table.loc[["rate", "stop"]], closer, check_exact=True)
    assert table.loc["crews", ["swing_low", "swing_high"]].tolist() == [-np.inf, np.inf]
    assert table.loc["crews", "at_low"] == -3
    assert "none for 2 inputs that ran once" in result.summary()


def test_each_run_is_at_one_end_of_one_input() -> None:
    calls: list[tuple[dict[str, float], int]] = []
    four(lambda at, run: calls.append((dict(at), run)) or float(len(at)), runs=2)
    expected = [{}] + [{name: end} for name in INPUTS for end in (0.25, 0.75)]
    assert sorted(calls, key=repr) == sorted(((p, r) for p in expected for r in (0, 1)), key=repr)


def test_the_typical_year_counts_for_the_swing() -> None:
    """Where it is best, the swing goes from the worse end to it."""
    row = rows(four()).loc["crews"]
    assert row["at_high"] - row["at_low"] == 0
    assert (row["swing"], row["swing_low"]) == (pytest.approx(3), pytest.approx(3))


def test_its_texts_name_the_strongest_inputs_and_what_they_rest_on() -> None:
    result = four()
    assert repr(result) == "Tornado('four', 4 inputs, 36 runs, seed=1: rate swings cars by 30)"
    text = result.summary()
    assert str(result) == text
    assert "rate [cars/h]  50: -15 (-24.2 to -5.81)  70: +15 (+5.81 to +24.2)" in text
    assert "ends      the 25 % and 75 % quantiles of each input's distribution" in text
    assert "3 of 4 swings with an interval stand out" in text
    assert "cannot see what two inputs do together" in text
    assert "36, 4 of them typical; seed 1" in text
    assert len(text.splitlines()) <= 12
    assert "(one run)" in four(runs=1).summary()


def test_it_is_a_frozen_record_that_can_be_sent() -> None:
    result = four()
    sent = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(sent.table, result.table)
    with pytest.raises(ValueError, match="read-only"):
        result.typical[0] = 1
    with pytest.raises(AttributeError):
        result.seed = 2  # type: ignore[misc]


def test_each_stage_shows_a_bar_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Run 0 of all inputs, then runs 1 to 3."""
    four(progress=True)
    shown = capsys.readouterr().err
    assert re.search(r"four, each input once: 100%.* 9/9 ", shown)
    assert re.search(r"four, the strongest: 100%.* 27/27 ", shown)


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"runs": 0}, ValueError, r"tornado 'four': runs must be at least 1, got 0"),
        ({"closer": -1}, ValueError, r"closer must be at least 0, got -1. None gives all inputs"),
        ({"seed": -1}, ValueError, r"seed must be at least 0"),
        ({"level": 95}, ValueError, r"level must be less than 1, got 95"),
        ({"workers": 0}, ValueError, r"workers must be at least 1, got 0. None takes all cores."),
        ({"inputs": {}}, ValueError, r"inputs must name at least one, got \[\]"),
    ],
)
def test_bad_arguments_are_refused(changed: dict[str, Any], kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        four(**changed)


# ------------------------------------------------------------------ of a year

TWO = ("paint.rate", "assembly.rate")


def year(**changed: Any) -> Tornado:
    return tornado(winter(), changed.pop("inputs", TWO), runs=2, seed=3, **changed)


def test_a_year_gives_the_same_for_any_workers() -> None:
    """And its runs are those of one input at its end, with the streams of the same run."""
    one, two = (year(workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    assert np.array_equal(one.typical, two.typical)
    assert (one.runs, one.unit, one.title) == (10, "vehicles", "ningde-2021")
    typical, high = (
        np.array([simulate_year(plan, seed=3, run=run).vehicles for run in (0, 1)])
        for plan in (winter().typical(), winter().at({"assembly.rate": 0.95}))
    )
    assert np.array_equal(one.typical, typical)
    row = rows(one).loc["assembly.rate"]
    assert row["at_high"] == np.mean(high - typical)
    assert row["high"] == winter().at({"assembly.rate": 0.95}).get("assembly.rate").value
    assert row["unit"] == winter().get("assembly.rate").unit


def test_what_comes_after_the_last_day_has_a_swing_of_exactly_0() -> None:
    row = rows(year(inputs=["products.model_b.share"], between=(0, 1))).iloc[0]
    share = winter().get("products.model_b.share")
    assert (row["low"], row["high"]) == (share.low, share.high)
    assert (row["swing"], row["swing_low"], row["swing_high"]) == (0, 0, 0)


def test_by_default_all_inputs_that_can_affect_the_column_are_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        import_module("ningde_sim.sensitivity.tornado"), "year_at", lambda *of: float(of[-1])
    )
    names = set(tornado(winter(), seed=3, workers=1).table["input"])
    uncertain = winter().uncertain_inputs()
    assert {"retooling.full_stop_days", *TWO} < names < set(uncertain)
    assert not [name for name in names if name.startswith("export.")]
    every = tornado(winter(), seed=3, of="exports", workers=1)
    assert set(every.table["input"]) == set(uncertain)
    assert (every.of, every.unit) == ("exports", "units")


def test_it_is_a_public_name_of_sensitivity() -> None:
    assert sensitivity.tornado is tornado


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"inputs": ["paint.lead"]}, KeyError, r"uncertain, got 'paint.lead'.*lead_t"),
        ({"inputs": []}, ValueError, r"tornado 'ningde-2021': inputs must name at least one"),
        ({"inputs": ("paint.rate",) * 2}, ValueError, r"duplicate name in inputs"),
        ({"of": "vans"}, ValueError, r"of must be one of vehicles, bodies, .*, got 'vans'"),
        ({"between": (0.9, 0.1)}, ValueError, r"the lower first, got \(0.9, 0.1\)"),
        ({"between": (0.1,)}, ValueError, r"between must be two shares from 0 to 1"),
        ({"between": (0.1, 95)}, ValueError, r"each of between must be at most 1, got 95"),
        ({"between": 0.9}, TypeError, r"between must be two shares"),
    ],
)
def test_unknown_inputs_columns_and_quantiles_are_refused(
    changed: dict[str, Any], kind: Any, text: str
) -> None:
    with pytest.raises(kind, match=text):
        year(**changed)
