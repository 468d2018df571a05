"""Plots of products: what left, in which sequence, what stores held, setups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle, StepPatch

from ningde_sim import Line, Product, Sequence, Shop, ShopRun, Station, Store, simulate
from ningde_sim.plots import (
    plot_changeovers,
    plot_products,
    plot_products_in_stores,
    plot_sequence,
)
from tests.plot_checks import assert_readable, bars, legend, rows


def rates(ax: Axes) -> np.ndarray:
    """A row a product, a column a period. [bodies/h]"""
    steps = [patch.get_data() for patch in ax.patches if isinstance(patch, StepPatch)]
    return np.array([step.values - step.baseline for step in steps])


def places(ax: Axes, height: float) -> list[list[float]]:
    """Of each product, in the strip that begins there."""
    boxes = [[box for box in each if isinstance(box, Rectangle)] for each in bars(ax)]
    return [
        [round(box.get_x() + 0.5) for box in group]
        for group in boxes
        if group and group[0].get_y() == height
    ]


def test_every_body_is_in_the_steps_of_its_product(mixed: ShopRun) -> None:
    ax = plot_products(mixed)
    assert legend(ax) == ["A", "B"]
    assert rates(ax).sum(axis=1).tolist() == mixed.products["bodies"].tolist()
    assert rates(ax).sum(axis=0) == pytest.approx(mixed.per_hour())


def test_a_short_last_period_has_its_own_rate(mixed: ShopRun) -> None:
    """Of 3, 3 and 2 hours."""
    ax = plot_products(mixed, every=3)
    assert (rates(ax) @ [3, 3, 2]).tolist() == pytest.approx(mixed.products["bodies"].tolist())
    assert "means over 3 h" in ax.get_title("left")


@pytest.mark.parametrize(("hours", "period"), [(8, "1 h"), (61, "2 h"), (500, "24 h")])
def test_a_longer_run_has_longer_periods(hours: float, period: str) -> None:
    line = Line("L", [Station("S", 600)])
    run = simulate(Shop("one", [line], products=[Product("A")]), hours=hours, seed=0)
    assert f"means over {period}," in plot_products(run).get_title("left")


def test_a_period_too_short_to_be_seen_is_refused(mixed: ShopRun) -> None:
    with pytest.raises(ValueError, match=r"plot_products: every must be at least 0.0008, got"):
        plot_products(mixed, every=1e-6)


def test_the_strips_are_the_sequence_as_planned_and_as_it_left(mixed: ShopRun) -> None:
    """A and B in turn above, batches of them below."""
    ax = plot_sequence(mixed, first=10, most=20)
    left = mixed.sequence
    planned = left.sort_values("number")["product"].to_numpy()
    of_strips = {-0.5: planned, 1.5: left["product"].to_numpy()}
    for height, names in of_strips.items():
        wanted = [(np.flatnonzero(names[10:30] == name) + 10).tolist() for name in "AB"]
        assert places(ax, height) == wanted
    assert ax.get_xlim() == (9.5, 29.5)


def test_a_line_leads_from_the_planned_place_to_that_in_which_a_body_left(mixed: ShopRun) -> None:
    ax = plot_sequence(mixed, most=10_000)
    lines = [each for each in ax.collections if isinstance(each, LineCollection)]
    ends = {tuple(s[:, 0].astype(int).tolist()) for each in lines for s in each.get_segments()}
    numbers = mixed.sequence["number"]
    assert ends == {*zip(numbers.rank().astype(int) - 1, range(len(numbers)), strict=True)}


def test_the_share_in_sequence_is_that_of_the_bank(mixed: ShopRun) -> None:
    """Within the few bodies that entered the bank before the counted hours, or left it after."""
    title = plot_sequence(mixed).get_title("left")
    told = float(title.partition(" bodies, ")[2].partition(" %")[0])
    assert 0 < told < 100
    assert told == pytest.approx(100 * mixed.resequencing.loc["bank", "in_sequence"], abs=1)


def test_what_keeps_its_sequence_has_straight_lines() -> None:
    line = Line("L", [Station("S", 60)])
    order = Sequence.orders({"A": 3, "B": 4})
    shop = Shop("plain", [line], products=[Product("A"), Product("B")], sequence=order)
    ax = plot_sequence(simulate(shop, hours=1, seed=0))
    assert "7 of 7 bodies, 100.0 % of all left in sequence" in ax.get_title("left")
    assert places(ax, -0.5) == places(ax, 1.5) == [[0, 1, 2], [3, 4, 5, 6]]


def test_a_product_that_is_not_shown_has_no_colour() -> None:
    line = Line("L", [Station("S", 60)])
    order = Sequence.orders({"A": 3, "B": 4})
    shop = Shop("plain", [line], products=[Product("A"), Product("B")], sequence=order)
    run = simulate(shop, hours=1, seed=0)
    assert legend(plot_sequence(run)) == ["A", "B"]
    assert legend(plot_sequence(run, first=4)) == ["B"]


def test_a_sequence_begins_with_a_body_that_left(mixed: ShopRun) -> None:
    with pytest.raises(ValueError, match="a run in which more than 9,999 bodies left, got ShopRun"):
        plot_sequence(mixed, first=9_999)


def test_the_pieces_of_a_store_are_its_products(mixed: ShopRun) -> None:
    ax = plot_products_in_stores(mixed)
    held = mixed.products_in_stores.loc["bank"]
    widths = [group[0].get_width() for group in bars(ax)]
    assert widths == pytest.approx(held.tolist())
    assert sum(widths) == pytest.approx(mixed.stores.loc["bank", "level"])
    assert rows(ax) == ["bank (10)"]


def test_products_in_stores_need_a_store(mixed: ShopRun) -> None:
    shop = Shop("bare", [Line("L", [Station("S", 60)])], products=mixed.shop.products)
    with pytest.raises(ValueError, match="a store of a capacity above 0, got ShopRun"):
        plot_products_in_stores(simulate(shop, hours=1, seed=0))


def test_a_station_with_setups_has_its_hours_and_their_number(mixed: ShopRun) -> None:
    ax = plot_changeovers(mixed)
    door = mixed.stations.loc["door"]
    assert rows(ax) == ["door"]
    assert bars(ax)[0][0].get_width() == door["setup"] > 0
    assert [text.get_text() for text in ax.texts] == [f"{door['setups']} setups"]


def many() -> ShopRun:
    """Twelve products, forty stations that are set up longer and longer."""
    stations = [Station(f"S{k:02}", 50, setup=k + 1) for k in range(40)]
    names = [f"M{k}" for k in range(12)]
    lines = [Line("L", stations, puts="s"), Line("Z", [Station("Z", 100)], takes="s")]
    shop = Shop(
        "many",
        lines,
        stores=[Store("s", 9)],
        products=[Product(name) for name in names],
        sequence=Sequence.cycle(names),
    )
    return simulate(shop, hours=20, warm_up=10, seed=0)


def test_many_products_share_the_last_colour() -> None:
    run = many()
    for draw in (plot_products, plot_sequence, plot_products_in_stores):
        ax = draw(run)  # type: ignore[operator]
        assert legend(ax) == [f"M{k}" for k in range(7)] + ["5 others"]
        assert_readable(ax)
    assert rates(plot_products(run))[-1].sum() == run.products["bodies"].iloc[7:].sum()


def test_of_many_stations_those_with_the_longest_setups_are_shown() -> None:
    ax = plot_changeovers(many())
    assert rows(ax) == [f"S{k}" for k in range(10, 40)]
    assert "the 30 of 40 stations with the most hours of setup" in ax.get_title("left")
    assert_readable(ax)


@pytest.mark.parametrize("draw", [plot_products, plot_sequence, plot_products_in_stores])
def test_a_plot_of_products_needs_some(draw: Callable[[ShopRun], Axes], by_hand: ShopRun) -> None:
    rule = "it must be given a run of a shop with products, got ShopRun"
    with pytest.raises(ValueError, match=f"{draw.__name__}: {rule}"):
        draw(by_hand)


def test_changeovers_need_a_setup(by_hand: ShopRun) -> None:
    rule = "it must be given a run in which a station had a setup, got ShopRun"
    with pytest.raises(ValueError, match=f"plot_changeovers: {rule}"):
        plot_changeovers(by_hand)
