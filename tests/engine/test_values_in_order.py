"""Times that come in a stated order, worked out by hand; both engines."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Empirical, Failure, Fixed, Line, Shifted, Shop, Station, Store, simulate
from tests.engine.by_hand import HOUR, exits


def in_order(*values, unit=1.0):
    return Empirical([value / unit for value in values], in_order=True)


def test_the_k_th_cycle_lasts_the_k_th_value(run):
    """And the warm-up uses its values up."""
    shop = Shop("s", [Line("L", [Station("A", in_order(2, 5, 3))])])
    assert exits(run(shop, 13), "L") == [2, 7, 10, 12]
    assert exits(run(shop, 10, warm_up=6), "L") == [1, 4, 6]


def test_uptimes_and_repairs_come_in_order_too(run):
    """After 8 s and 4 s of work, for 3 s and 1 s."""
    jam = Failure("jam", in_order(8, 4, unit=HOUR), in_order(3, 1, unit=60))
    shop = Shop("s", [Line("L", [Station("A", 5, failures=[jam])])])
    assert exits(run(shop, 23), "L") == [5, 13, 19]


def test_a_tie_of_two_lines_goes_by_declaration(run):
    """Both finish at 10 s; the store has room for one part, and the second line waits for it."""
    feeders = [
        Line("P", [Station("P1", in_order(4, 6))], puts="q"),
        Line("Q", [Station("Q1", in_order(10, 90))], puts="q"),
    ]
    taker = Line("T", [Station("T1", 7)], takes="q")
    result = run(Shop("s", [*feeders, taker], stores=[Store("q", 1)]), 30)
    assert exits(result, "T") == [11, 18, 25]
    assert result.stations.loc["P1", "cycles"] == 5  # at 4, 10, 14; held to 18, 24; to 25, 29
    assert result.stations.loc["Q1", "blocked"] * HOUR == pytest.approx(1)


def test_a_fixed_time_on_top_of_a_low_keeps_its_rate(run):
    """As a fixed time does: thousands of cycles later no part of a millisecond is lost."""
    shifted, fixed = (
        Shop("s", [Line("L", [Station("A", law)])])
        for law in (Shifted(1, Fixed(0.0004)), Fixed(1.0004))
    )
    np.testing.assert_array_equal(run(shifted, 2501).exits["L"], run(fixed, 2501).exits["L"])
    assert run(shifted, 2501).bodies == 2500


def test_values_in_order_are_the_same_in_every_run_and_for_every_seed():
    shop = Shop("s", [Line("L", [Station("A", in_order(2, 5, 3)), Station("B", in_order(4, 1))])])
    results = [simulate(shop, hours=1, seed=seed, run=run) for seed in (0, 1) for run in (0, 7)]
    for result in results[1:]:
        np.testing.assert_array_equal(result.exits["L"], results[0].exits["L"])
