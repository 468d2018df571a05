"""Plots of sweeps show each design point with its interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ningde_sim import Sweep, sweep
from ningde_sim.plots import plot_sweep
from tests.plot_checks import assert_readable
from tests.years import small_year


def test_a_sweep_over_two_paths_is_a_heat_map_with_its_numbers(coin_sweep: Sweep) -> None:
    ax = plot_sweep(coin_sweep)
    (image,) = ax.get_images()
    shares = coin_sweep.table["probability"].to_numpy().reshape(3, 2)
    assert np.array_equal(image.get_array(), shares)
    assert image.get_clim() == (0, 1)
    assert [t.get_text() for t in ax.texts] == [f"{p:.2f}" for p in shares.ravel()]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("stations.A.scrap", "stores.s.capacity")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "0.1", "0.2"]
    assert "P(bodies >= 900) [-]" in ax.get_title(loc="left")
    assert "12 runs a design point: 10 h" in ax.get_title(loc="left")


def test_a_heat_map_of_means_has_their_unit(coin_sweep: Sweep) -> None:
    ax = plot_sweep(coin_sweep, show="mean", of="scrapped")
    means = coin_sweep.estimates(of="scrapped")["mean"].to_numpy().reshape(3, 2)
    assert np.array_equal(ax.get_images()[0].get_array(), means)
    assert "mean scrapped [bodies]" in ax.get_title(loc="left")
    assert_readable(ax)


@pytest.mark.parametrize(("spread", "words"), [(1, "+-0.33"), (4000, "+-1,300")])
def test_the_title_of_a_sweep_gives_the_widest_interval_without_an_exponent(
    coin_sweep: Sweep, spread: float, words: str
) -> None:
    wide = {k: values.copy() for k, values in coin_sweep.values.items()}
    for values in wide.values():
        values["bodies"] = spread * np.tile([0, 1], 6)
    ax = plot_sweep(replace(coin_sweep, values=wide), show="mean")
    assert f"95 % intervals to {words}" in ax.get_title(loc="left")


def test_the_title_of_a_sweep_holds_the_farther_end_of_each_interval(coin_sweep: Sweep) -> None:
    """Of design points that always reach the target, all of it is below 1."""
    low = coin_sweep.estimates(target=1)["probability_low"].min()
    ax = plot_sweep(coin_sweep, target=1)
    assert {t.get_text() for t in ax.texts} == {"1.00"}
    half_width = float(ax.get_title(loc="left").split("+-")[1])
    assert half_width == pytest.approx(1 - low, rel=0.05)  # two figures


def test_a_sweep_over_one_path_of_numbers_is_a_line_with_intervals(coin_sweep: Sweep) -> None:
    one = sweep(
        coin_sweep.experiment,
        {"stations.A.scrap": [0.2, 0.0, 0.1]},
        runs=12,
        seed=1,
        target=900,
        progress=False,
    )
    ax = plot_sweep(one, show="mean")
    (line,) = [x for x in ax.lines if x.get_marker() == "o"]
    assert line.get_xdata().tolist() == [0.0, 0.1, 0.2]
    assert line.get_ydata().tolist() == [
        one.table.sort_values("stations.A.scrap")["mean"].iloc[k] for k in range(3)
    ]
    assert len(ax.collections) == 1  # the arms
    assert ax.get_ylabel() == "mean bodies [bodies]"
    assert_readable(ax)


def test_a_list_of_design_points_has_a_row_each_the_best_on_top(coin_sweep: Sweep) -> None:
    points = [{}, {"stations.A.scrap": 0.0}, {"stores.s.capacity": 50}]
    some = sweep(coin_sweep.experiment, points, runs=12, seed=1, progress=False)
    ax = plot_sweep(some)
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[-1] == "stations.A.scrap = 0.0"
    assert set(labels) == {"as it is", "stations.A.scrap = 0.0", "stores.s.capacity = 50"}
    assert ax.get_xlabel() == "mean bodies [bodies]"
    assert_readable(ax)


def test_plans_have_their_names_at_their_rows(coin_sweep: Sweep) -> None:
    plans = {"today": {}, "no scrap": {"stations.A.scrap": 0.0}}
    some = sweep(coin_sweep.experiment, plans, runs=12, seed=1, progress=False)
    labels = [t.get_text() for t in plot_sweep(some).get_yticklabels()]
    assert labels == ["today", "no scrap"]


def test_the_plans_of_a_year_leave_room_for_its_title() -> None:
    plans = [{}, {"calendar.shift_hours": 10, "calendar.crews": 3, "calendar.saturdays": 3}]
    some = sweep(small_year("ningde-2022"), plans, runs=3, seed=1, progress=False)
    assert_readable(plot_sweep(some, show="mean"))


def test_a_sweep_without_a_target_has_no_probability(coin_sweep: Sweep) -> None:
    with pytest.raises(ValueError, match="a probability needs a target"):
        plot_sweep(coin_sweep, show="probability", of="scrapped")
    with pytest.raises(ValueError, match="show must be"):
        plot_sweep(coin_sweep, show="median")  # type: ignore[arg-type]
