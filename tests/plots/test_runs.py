"""Plots of a run show the time of its stations and the levels of its stores."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Line, Shop, ShopRun, Station, Store, WorkingTime, simulate
from ningde_sim.plots import COLOURS, plot_states, plot_stores
from tests.plot_checks import bars, legend


def test_the_states_of_each_zone_fill_its_time(run: ShopRun) -> None:
    ax = plot_states(run)
    shown = bars(ax)
    states = ["working", "planned", "down", "waiting", "blocked", "starved"]
    assert legend(ax) == states
    widths = np.array([[bar.get_width() for bar in group] for group in shown])
    assert widths.shape == (6, 16)
    assert widths.sum(axis=0) == pytest.approx(100)
    finish = run.stations[run.stations["zone"] == "Hang-on, fit and finish"]
    assert widths[:, -1] == pytest.approx(100 * finish[states].sum() / (22 * 30))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(
        dict.fromkeys(run.stations["zone"])
    )
    assert ax.get_xlabel() == "share of time [%]"


def test_the_states_of_each_station_are_in_the_order_of_the_shop(run: ShopRun) -> None:
    ax = plot_states(run, by="station")
    heights = np.array([[bar.get_height() for bar in group] for group in bars(ax)])
    assert heights.shape == (6, 167)
    assert heights.sum(axis=0) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * run.stations["working"].to_numpy() / 30)
    assert len(ax.get_xticklabels()) == 16
    assert ax.get_ylabel() == "share of time [%]"


def test_shares_are_of_open_time() -> None:
    """B starves 20 s of each minute; that the shop closes for 16 h a day has no share."""
    hours = WorkingTime([(0, 8)], every=24)
    shop = Shop("day", [Line("L", [Station("A", 60), Station("B", 40)])], working_time=hours)
    ax = plot_states(simulate(shop, hours=24, warm_up=24, seed=0), by="station")
    assert legend(ax)[-1] == "starved"
    assert bars(ax)[-1][1].get_height() == pytest.approx(100 / 3)
    assert ax.get_ylabel() == "share of open time [%]"


def test_states_are_by_zone_or_by_station(run: ShopRun) -> None:
    with pytest.raises(ValueError, match="by must be 'zone' or 'station', got 'robot'"):
        plot_states(run, by="robot")  # type: ignore[arg-type]


def test_each_state_has_a_colour_of_its_own() -> None:
    assert len(set(COLOURS.values())) == 8


def test_the_stores_show_level_and_shares_of_time(run: ShopRun) -> None:
    ax = plot_stores(run)
    stores = run.stores[run.stores["capacity"] > 0]
    widths = np.array([[bar.get_width() for bar in group] for group in bars(ax)])
    assert widths.shape == (4, len(stores))
    assert widths.sum(axis=0) == pytest.approx(100)
    assert widths[0] == pytest.approx(100 * stores["empty"].to_numpy())
    assert widths[-1] == pytest.approx(100 * stores["full"].to_numpy())
    (level,) = ax.lines
    share = 100 * stores["level"] / stores["capacity"]
    assert np.asarray(level.get_xdata()) == pytest.approx(share.to_numpy())
    assert ax.get_yticklabels()[0].get_text() == "engine_compartment (24)"
    assert ax.get_xlabel() == "share of time [%]; mean level [% of the capacity]"


def test_buffers_inside_lines_are_shown_too() -> None:
    line = Line("L", [Station("A", 50), Station("B", 60)], buffers=2, puts="S")
    shop = Shop("small", [line, Line("M", [Station("C", 60)], takes="S")], stores=[Store("S", 3)])
    ax = plot_stores(simulate(shop, hours=2, seed=0))
    assert len(ax.get_yticklabels()) == 2
