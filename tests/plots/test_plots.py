"""Pictures: that they show the numbers, with labels and units, inside the figure."""

from __future__ import annotations

import datetime
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.container import BarContainer, ErrorbarContainer

from ningde_sim import (
    Failure,
    Fixed,
    Line,
    Shop,
    ShopRun,
    Station,
    Store,
    Sweep,
    WorkingTime,
    ningde_2021,
    plots,
    simulate,
    sweep,
)
from ningde_sim.exceptions import SeriesTooShort
from ningde_sim.plots import (
    COLOURS,
    plot_bottleneck,
    plot_critical_path,
    plot_distribution,
    plot_fan,
    plot_gantt,
    plot_levels,
    plot_states,
    plot_stores,
    plot_sweep,
    plot_tornado,
    plot_warm_up,
    plot_yard,
)
from ningde_sim.plots.axes import BLUE, ORANGE, SKY, VERMILLION
from ningde_sim.sensitivity.tornado import Tornado, swings
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from ningde_sim.warm_up import WarmUp, how_long
from tests.exports import export, q, service
from tests.pictures import assert_ink, assert_readable, assert_units, over
from tests.synthetic import MONTHS, Year
from tests.test_warm_up import full_store
from tests.years import small_year


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def study() -> Study:
    shop = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])
    return replicate(shop, hours=10, runs=200, seed=1, target=905)


@pytest.fixture(scope="module")
def run() -> ShopRun:
    return simulate(
        ningde_2021(), hours=30, warm_up=10, seed=1, trace=True, critical_path=True, every=1.0
    )


def shop_by_hand() -> Shop:
    """Once the store is full A works 30 s, B 60 s and C all of each 120 s."""
    body = Line("body", [Station("A", 30), Station("B", 60)], puts="skids")
    finish = Line("finish", [Station("C", 120)], takes="skids")
    return Shop("by hand", [body, finish], stores=[Store("skids", 10)])


@pytest.fixture(scope="module")
def by_hand() -> ShopRun:
    return simulate(
        shop_by_hand(), hours=2, warm_up=1, seed=0, trace=True, critical_path=True, every=0.25
    )


@pytest.fixture(scope="module")
def filling() -> ShopRun:
    """The store gains a part each two minutes and is full after some twenty."""
    return simulate(shop_by_hand(), hours=1, seed=0, every=0.1)


def bars(ax: Axes) -> list[BarContainer]:
    return [c for c in ax.containers if isinstance(c, BarContainer)]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


# ------------------------------------------------------------------ distribution


def test_the_distribution_shows_every_run_on_its_side_of_the_target(study: Study) -> None:
    ax = plot_distribution(study)
    below, reached = bars(ax)
    values = study.column("bodies")
    assert sum(bar.get_height() for bar in below) == (values < 905).sum()
    assert sum(bar.get_height() for bar in reached) == (values >= 905).sum()
    assert all(bar.get_x() + bar.get_width() <= 905 + 1e-9 for bar in below)
    assert all(bar.get_x() >= 905 for bar in reached)


def test_the_distribution_marks_mean_target_and_range(study: Study) -> None:
    ax = plot_distribution(study)
    marks = {str(line.get_label()): line.get_xdata()[0] for line in ax.lines}  # type: ignore[index]
    assert marks == {"mean": study.mean().value, "target 905": 905}
    span = next(p for p in ax.patches if p.get_label() == "5-95 % of runs")
    ends = span.get_extents().transformed(ax.transData.inverted())
    assert (ends.x0, ends.x1) == pytest.approx(
        (study.quantile(0.05).value, study.quantile(0.95).value)
    )
    assert str(study.probability()) in ax.get_title("left")
    assert str(study.mean()) in ax.get_title("left")
    assert ax.get_xlabel() == "bodies, 10 h [bodies]"
    assert ax.get_ylabel() == "number of runs [-]"
    assert len(legend(ax)) == 5


@pytest.mark.parametrize("target", [None, 80, 103, 500])
def test_the_distribution_of_another_column_has_its_unit(
    study: Study, target: float | None
) -> None:
    ax = plot_distribution(study, target=target, of="scrapped")
    assert ax.get_xlabel() == "scrapped, 10 h [bodies]"
    assert sum(bar.get_height() for group in bars(ax) for bar in group) == study.n
    assert_readable(ax)


def test_the_distribution_of_another_case_is_of_its_main_column() -> None:
    ax = plot_distribution(replicate(Year(), runs=50, seed=1))
    assert ax.get_xlabel() == "cars, a year [cars]"
    assert "P(cars >= 100)" in ax.get_title("left")
    assert_readable(ax)


def test_a_distribution_without_spread_is_one_bar() -> None:
    shop = Shop("fixed", [Line("L", [Station("A", 36)])])
    ax = plot_distribution(replicate(shop, hours=1, runs=12, seed=0, target=100))
    assert [bar.get_height() for group in bars(ax) for bar in group] == [12]


# ------------------------------------------------------------------ states


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


def test_the_states_of_each_station_stand_in_the_order_of_the_shop(run: ShopRun) -> None:
    ax = plot_states(run, by="station")
    heights = np.array([[bar.get_height() for bar in group] for group in bars(ax)])
    assert heights.shape == (6, 167)
    assert heights.sum(axis=0) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * run.stations["working"].to_numpy() / 30)
    assert len(ax.get_xticklabels()) == 16
    assert ax.get_ylabel() == "share of time [%]"


def test_time_off_is_shown_where_there_is_any() -> None:
    hours = WorkingTime([(0, 8)], every=24)
    shop = Shop("day", [Line("L", [Station("A", 60)])], working_time=hours)
    ax = plot_states(simulate(shop, hours=24, seed=0))
    assert legend(ax)[-1] == "off"
    assert bars(ax)[-1][0].get_width() == pytest.approx(100 * 16 / 24)


def test_states_are_by_zone_or_by_station(run: ShopRun) -> None:
    with pytest.raises(ValueError, match="by must be 'zone' or 'station', got 'robot'"):
        plot_states(run, by="robot")  # type: ignore[arg-type]


def test_each_state_has_a_colour_of_its_own() -> None:
    assert len(set(COLOURS.values())) == 7


# ------------------------------------------------------------------ stores


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
    assert ax.get_xlabel() == "share of time [%]; mean level [% of the places]"


def test_buffers_inside_lines_are_stores_too() -> None:
    line = Line("L", [Station("A", 50), Station("B", 60)], buffers=2, puts="S")
    shop = Shop("small", [line, Line("M", [Station("C", 60)], takes="S")], stores=[Store("S", 3)])
    ax = plot_stores(simulate(shop, hours=2, seed=0))
    assert len(ax.get_yticklabels()) == 2


# ------------------------------------------------------------------ fan


@pytest.fixture(scope="module")
def year() -> Study:
    return replicate(Year(months=MONTHS), runs=200, seed=1, target=1_200)


def test_the_fan_ends_where_the_runs_end(year: Study) -> None:
    ax = plot_fan(year)
    (median,) = (line for line in ax.get_lines() if line.get_label() == "median")
    assert median.get_xdata()[0] == median.get_ydata()[0] == 0
    ends = {q: np.quantile(year.column(), q, method="inverted_cdf") for q in (0.05, 0.5, 0.95)}
    assert median.get_ydata()[-1] == pytest.approx(ends[0.5])
    assert len(median.get_xdata()) == 13
    outer = ax.collections[0].get_paths()[0].vertices
    assert outer[outer[:, 0] == 12][:, 1].min() == pytest.approx(ends[0.05])
    assert outer[outer[:, 0] == 12][:, 1].max() == pytest.approx(ends[0.95])
    assert_readable(ax)


def test_the_fan_shows_the_plan_and_the_months(year: Study) -> None:
    ax = plot_fan(year)
    (plan,) = (line for line in ax.get_lines() if line.get_label() == "plan")
    assert plan.get_ydata()[-1] == 1_200
    assert plan.get_ydata()[6] == pytest.approx(600)
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[:2] == ["Jan\n2021", "Feb"]
    assert labels[-1] == "Dec"
    assert legend(ax) == ["90 % of runs", "50 % of runs", "median", "plan", "target 1,200"]
    assert ax.get_ylabel() == "cumulative cars [cars]"


def test_the_fan_marks_what_is_known(year: Study) -> None:
    ax = plot_fan(year.given([100.0] * 8))
    (known,) = (line for line in ax.get_lines() if line.get_label() == "known")
    assert (known.get_xdata()[-1], known.get_ydata()[-1]) == (8, 800)


def test_a_fan_wants_months() -> None:
    with pytest.raises(ValueError, match="it must be given a study whose runs have months"):
        plot_fan(replicate(Year(), runs=10, seed=1))


# ------------------------------------------------------------------ yard


@pytest.fixture(scope="module")
def yards() -> list[ShippingRun]:
    plan = export(services={"ships": service(slip=5, calls=q(4, "calls/month"))})
    start = datetime.date(2021, 1, 1)
    return [ship(plan, [150] * 120, start=start, seed=1, run=k) for k in range(9)]


def test_the_yard_shows_every_day_and_its_capacity(yards: list[ShippingRun]) -> None:
    ax = plot_yard(yards, gateway="port")
    stock = np.array([run.daily["yard_port"] for run in yards])
    lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in ax.lines}
    assert lines["median"] == pytest.approx(np.median(stock, axis=0))
    assert lines["median"].max() > 500
    assert lines["capacity 5,000"][0] == 5_000
    outer = ax.collections[0].get_paths()[0].vertices
    assert outer[:, 1].max() == pytest.approx(np.quantile(stock, 0.95, axis=0).max())
    assert len(legend(ax)) == 5
    assert ax.get_ylabel() == "cars in the yard of port [cars]"
    assert ax.get_xlabel() == "end of the day [date]"


def test_a_yard_that_is_not_there_is_refused(yards: list[ShippingRun]) -> None:
    with pytest.raises(ValueError, match="plot_yard: gateway must be one of port, got 'xiamen'"):
        plot_yard(yards)
    with pytest.raises(ValueError, match="it must be given runs with the same days"):
        plot_yard([])
    with pytest.raises(TypeError, match="plot_yard: it must be given a ShippingRun, got 5"):
        plot_yard([5], gateway="port")  # type: ignore[list-item]
    with pytest.raises(TypeError, match="plot_yard: it must be given a ShippingRun, got None"):
        plot_yard(None)  # type: ignore[arg-type]


# ---------------------------------------------------------------- sweeps


@pytest.fixture(scope="module")
def coin_sweep() -> Sweep:
    shop = Shop(
        "coin",
        [
            Line("L", [Station("A", 36, scrap=0.1)], puts="s"),
            Line("M", [Station("B", 36)], takes="s"),
        ],
        stores=[Store("s", 5)],
    )
    over = {"stations.A.scrap": [0.0, 0.1, 0.2], "stores.s.capacity": [5, 9]}
    return sweep(shop, over, hours=10, runs=12, seed=1, target=900, progress=False)


def test_a_sweep_over_two_paths_is_a_heat_map_with_its_numbers(coin_sweep: Sweep) -> None:
    ax = plot_sweep(coin_sweep)
    (image,) = ax.get_images()
    odds = coin_sweep.table["probability"].to_numpy().reshape(3, 2)
    assert np.array_equal(image.get_array(), odds)
    assert image.get_clim() == (0, 1)
    assert [t.get_text() for t in ax.texts] == [f"{p:.2f}" for p in odds.ravel()]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("stations.A.scrap", "stores.s.capacity")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "0.1", "0.2"]
    assert "P(bodies >= 900) [-]" in ax.get_title(loc="left")
    assert "12 runs a cell: 10 h" in ax.get_title(loc="left")


def test_a_heat_map_of_means_has_their_unit(coin_sweep: Sweep) -> None:
    ax = plot_sweep(coin_sweep, show="mean", of="scrapped")
    means = coin_sweep.estimates(of="scrapped")["mean"].to_numpy().reshape(3, 2)
    assert np.array_equal(ax.get_images()[0].get_array(), means)
    assert "mean scrapped [bodies]" in ax.get_title(loc="left")
    assert_readable(ax)


@pytest.mark.parametrize(("spread", "words"), [(1, "+-0.33"), (4000, "+-1,300")])
def test_the_title_of_a_sweep_tells_the_widest_interval_without_an_exponent(
    coin_sweep: Sweep, spread: float, words: str
) -> None:
    wide = {k: values.copy() for k, values in coin_sweep.values.items()}
    for values in wide.values():
        values["bodies"] = spread * np.tile([0, 1], 6)
    ax = plot_sweep(replace(coin_sweep, values=wide), show="mean")
    assert f"95 % intervals to {words}" in ax.get_title(loc="left")


def test_the_title_of_a_sweep_holds_the_farther_end_of_each_interval(coin_sweep: Sweep) -> None:
    """Of cells that always hit all of it is below 1."""
    low = coin_sweep.estimates(target=1)["probability_low"].min()
    ax = plot_sweep(coin_sweep, target=1)
    assert {t.get_text() for t in ax.texts} == {"1.00"}
    told = float(ax.get_title(loc="left").split("+-")[1])
    assert told == pytest.approx(1 - low, rel=0.05)  # two figures


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


def test_a_list_of_cells_has_a_row_each_the_best_on_top(coin_sweep: Sweep) -> None:
    cells = [{}, {"stations.A.scrap": 0.0}, {"stores.s.capacity": 50}]
    some = sweep(coin_sweep.experiment, cells, runs=12, seed=1, progress=False)
    ax = plot_sweep(some)
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[-1] == "stations.A.scrap = 0.0"
    assert set(labels) == {"as it is", "stations.A.scrap = 0.0", "stores.s.capacity = 50"}
    assert ax.get_xlabel() == "mean bodies [bodies]"
    assert_readable(ax)


def test_plans_by_name_have_it_at_their_rows(coin_sweep: Sweep) -> None:
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


# ------------------------------------------------------------------ gantt


def boxes(ax: Axes) -> dict[str, np.ndarray]:
    """Begin, end and row of the bars of each state, in the units of the axes."""
    found = {}
    for state in ax.collections:
        assert isinstance(state, PolyCollection)
        corners = np.array([path.vertices[:4] for path in state.get_paths()])
        x, y = corners[..., 0], corners[..., 1]
        found[str(state.get_label())] = np.column_stack((x.min(1), x.max(1), y.mean(1).round(6)))
    return found


def rows(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def test_the_gantt_chart_shows_each_interval_of_its_window(by_hand: ShopRun) -> None:
    ax = plot_gantt(by_hand, begin=0.25, end=0.75)
    assert rows(ax) == ["A", "B", "C"]
    found = boxes(ax)
    assert legend(ax) == list(found) == ["working", "blocked"]
    spent = {s: [b[b[:, 2] == k] for k in range(3)] for s, b in found.items()}
    minutes = {s: [(b[:, 1] - b[:, 0]).sum() for b in each] for s, each in spent.items()}
    assert minutes == {
        "working": pytest.approx([7.5, 15, 30]),
        "blocked": pytest.approx([22.5, 15, 0]),
    }
    every = np.concatenate([*found.values()])
    assert (every[:, 0].min(), every[:, 1].max()) == (15, 45)
    assert ax.get_xlim() == (15, 45)
    assert ax.get_ylim() == (2.5, -0.5)


def test_the_bars_of_a_row_follow_each_other_without_a_gap(run: ShopRun) -> None:
    ax = plot_gantt(run, begin=3, end=7, things="MAIN-*")
    every = np.concatenate([*boxes(ax).values()])
    for row in range(len(rows(ax))):
        bars = every[every[:, 2] == row]
        bars = bars[np.argsort(bars[:, 0])]
        assert bars[0, 0] == 3
        assert bars[1:, 0] == pytest.approx(bars[:-1, 1])
        assert bars[-1, 1] == 7


def test_the_gantt_chart_is_of_an_hour_of_those_that_were_down(run: ShopRun) -> None:
    ax = plot_gantt(run, begin=4)
    trace = run.trace
    down = trace["state"].isin(("down", "waiting")) & (trace["end"] > 4 * 3_600_000)
    down &= trace["begin"] < 5 * 3_600_000
    were = [name for name in run.stations.index if name in set(trace["thing"][down])]
    assert 0 < len(were) < 40
    assert rows(ax) == were
    told = f"the {len(were)} of 167 stations that were down or waited for a crew"
    assert told in ax.get_title("left")
    assert ax.get_xlim() == (240, 300)


def test_of_more_than_forty_the_longest_down_are_shown(run: ShopRun) -> None:
    ax = plot_gantt(run, end=30)
    lost = run.stations["down"] + run.stations["waiting"]
    longest = lost.sort_values(ascending=False, kind="stable").index[:40]
    assert (lost > 0).sum() > 40
    assert rows(ax) == [name for name in run.stations.index if name in longest]
    assert "the 40 of 167 stations that were down or waited for a crew longest" in ax.get_title(
        "left"
    )
    assert "[h]" in ax.get_xlabel()


@pytest.mark.parametrize(
    ("begin", "end", "unit", "first"),
    [
        (0, 0.25, "min", [0, 2, 4]),
        (0, 1, "min", [0, 10, 20]),
        (1, 3, "min", [60, 80, 100]),
        (10, 13, "h", [10, 10.5, 11]),
        (3, 9, "h", [3, 4, 5]),
        (0, 24, "h", [0, 3, 6]),
        (24, 72, "h", [24, 30, 36]),
        (0, 168, "d", [0, 1, 2]),
    ],
)
def test_time_goes_in_round_steps_of_a_fitting_unit(
    begin: float, end: float, unit: str, first: list[float]
) -> None:
    line = Line("L", [Station("A", 600)])
    run = simulate(Shop("slow", [line]), hours=168, seed=0, trace=True)
    ax = plot_gantt(run, begin=begin, end=end)
    assert ax.get_xlabel() == f"time since the start of the counted hours [{unit}]"
    low, high = ax.get_xlim()
    shown = [float(tick) for tick in ax.get_xticks() if low <= tick <= high]
    assert shown[:3] == pytest.approx(first)
    assert_readable(ax)


def test_a_station_that_waits_for_a_crew_is_shown_too() -> None:
    fails = Failure("belt", uptime=Fixed(0.1), repair=Fixed(60), crew=True)
    lines = [Line(name, [Station(name, 60, failures=[fails])]) for name in ("first", "second")]
    lines += [Line("sound", [Station(f"S{k}", 60) for k in range(50)])]
    shop = Shop("one crew", lines, repair_crews=1)
    ax = plot_gantt(simulate(shop, hours=1, seed=0, trace=True))
    assert rows(ax) == ["first", "second"]
    assert legend(ax) == ["working", "down", "waiting"]


def test_where_none_was_down_the_first_are_shown() -> None:
    line = Line("L", [Station(f"S{k}", 60) for k in range(50)])
    ax = plot_gantt(simulate(Shop("sound", [line]), hours=1, seed=0, trace=True))
    assert rows(ax) == [f"S{k}" for k in range(40)]
    assert "the first 40 of 50 stations, none of which was down" in ax.get_title("left")


def test_the_stations_of_a_gantt_chart_may_be_named(run: ShopRun) -> None:
    ax = plot_gantt(run, things=["FIN-0*", "MAIN-UB1-060"])
    assert rows(ax)[0] == "MAIN-UB1-060"
    assert all(name.startswith("FIN-0") for name in rows(ax)[1:])
    assert f"{len(rows(ax))} of 167 stations" in ax.get_title("left")
    assert_readable(ax)


def test_of_many_rows_some_are_named(run: ShopRun) -> None:
    ax = plot_gantt(run, end=30, things="*")
    assert rows(ax) == list(run.stations.index[::5])
    assert ax.get_ylabel() == "station, one in 5 is named"
    assert np.unique(np.concatenate([*boxes(ax).values()])[:, 2]).size == 167
    assert_readable(ax)


@pytest.mark.parametrize("warm_up", [0, 10])
def test_closed_hours_lie_over_what_goes_on_in_them(warm_up: float) -> None:
    hours = WorkingTime([(0, 8), (9, 17)], every=24)
    lines = [
        Line("day", [Station("A", 60)], working_time=hours),
        Line("always", [Station("B", 60)]),
    ]
    run = simulate(Shop("shifts", lines), hours=24, warm_up=warm_up, seed=0, trace=True)
    ax = plot_gantt(run, begin=1, end=24)
    assert legend(ax) == ["working", "off"]
    off = boxes(ax)["off"]
    closed = {0: [(8, 9), (17, 24)], 10: [(7, 14), (22, 23)]}[int(warm_up)]
    assert off[:, :2].tolist() == [list(pair) for pair in closed]
    assert (off[:, 2] == 0).all()


@pytest.mark.parametrize(("windows", "begin"), [([(5, 8)], 1), ([(0, 2)], 5)])
def test_an_hour_that_is_closed_is_off(windows: list[tuple[float, float]], begin: float) -> None:
    """Before the first opening, after the last closing."""
    shop = Shop("shut", [Line("L", [Station("A", 60)])], working_time=WorkingTime(windows))
    ax = plot_gantt(simulate(shop, hours=9, seed=0, trace=True), begin=begin)
    assert boxes(ax)["off"].tolist() == [[60 * begin, 60 * begin + 60, 0]]
    assert_ink(ax, {COLOURS["off"]: (0.78, 0.82), "white": (0.16, 0.22)})


def test_a_gantt_chart_wants_a_trace_and_a_window_inside_the_run(
    by_hand: ShopRun, filling: ShopRun
) -> None:
    with pytest.raises(ValueError, match="it must have kept a trace, got None"):
        plot_gantt(filling)
    with pytest.raises(ValueError, match="plot_gantt: begin must be at most 2, got 3"):
        plot_gantt(by_hand, begin=3)
    with pytest.raises(ValueError, match="plot_gantt: end must be greater than 1, got"):
        plot_gantt(by_hand, begin=1, end=0.5)
    with pytest.raises(ValueError, match="plot_gantt: end must be at most 2, got 48"):
        plot_gantt(by_hand, end=48)
    with pytest.raises(ValueError, match=r"plot_gantt: each of things must be .* got 'D'"):
        plot_gantt(by_hand, things=["A", "D"])
    with pytest.raises(ValueError, match="plot_gantt: things must name at least one, got"):
        plot_gantt(by_hand, things=[])
    with pytest.raises(TypeError, match="plot_gantt: things must be a list of str, got 5"):
        plot_gantt(by_hand, things=5)  # type: ignore[arg-type]


# ------------------------------------------------------------------ levels


def test_the_levels_of_a_few_stores_are_lines_below_their_capacity(filling: ShopRun) -> None:
    ax = plot_levels(filling)
    assert legend(ax) == ["skids (10)", "capacity"]
    (mean,) = ax.patches
    values, edges, _ = mean.get_data()  # type: ignore[attr-defined]
    assert edges == pytest.approx(np.arange(0, 61, 6))
    assert values[2] - values[1] == pytest.approx(3)  # a part in two minutes
    assert values[-1] == 10
    dots, capacity = ax.lines
    assert np.array_equal(dots.get_xdata(), edges[1:])
    assert np.array_equal(dots.get_ydata(), filling.history.stores["level"][:, 0])
    assert capacity.get_ydata() == [10, 10]
    assert ax.get_ylabel() == "level [parts]"
    assert "means over 6 min" in ax.get_title("left")


def test_mean_levels_add_up_to_that_of_the_run(run: ShopRun) -> None:
    ax = plot_levels(run, stores=["door_fl", "underbody_*"])
    names = ["underbody_1", "underbody_2", "door_fl"]
    assert legend(ax)[:3] == [f"{name} ({run.stores['capacity'][name]})" for name in names]
    for line, name in zip(ax.patches, names, strict=True):
        values = line.get_data().values  # type: ignore[attr-defined]
        assert values.mean() == pytest.approx(run.stores["level"][name])


def test_the_levels_of_many_stores_are_a_heat_map(run: ShopRun) -> None:
    ax = plot_levels(run)
    (image,) = ax.collections
    stores = run.stores[run.stores["capacity"] > 0]
    share = np.asarray(image.get_array()).reshape(len(stores), 30)
    assert share.mean(axis=1) == pytest.approx(100 * stores["level"] / stores["capacity"])
    assert image.get_clim() == (0, 100)
    assert rows(ax) == [f"{name} ({places})" for name, places in stores["capacity"].items()]
    assert ax.get_ylim() == (len(stores) - 0.5, -0.5)
    assert ax.get_xlim() == (0, 30)


def test_gaps_inside_lines_have_levels_too() -> None:
    """Also where gaps and stores without places stand before them."""
    first = [Station("A", 50), Station("B", 55), Station("C", 60)]
    lines = [
        Line("L", first, buffers=(0, 2), puts="hand"),
        Line("M", [Station("D", 60)], takes="hand"),
    ]
    shop = Shop("small", lines, stores=[Store("hand", 0)])
    run = simulate(shop, hours=2, seed=0, every=0.5)
    ax = plot_levels(run)
    assert legend(ax) == ["B > C (2)", "capacity"]
    values = ax.patches[0].get_data().values  # type: ignore[attr-defined]
    assert values.mean() == pytest.approx(run.buffers["level"].item())


def test_a_long_history_has_no_dots() -> None:
    run = simulate(shop_by_hand(), hours=101, seed=0, every=1)
    (capacity,) = plot_levels(run).lines
    assert capacity.get_label() == "capacity"


def test_levels_want_a_history_of_something(by_hand: ShopRun) -> None:
    bare = Shop("bare", [Line("L", [Station("A", 60)])])
    with pytest.raises(ValueError, match="it must have kept a history, got None"):
        plot_levels(simulate(bare, hours=1, seed=0))
    with pytest.raises(ValueError, match="it must be given a run with a store that has places"):
        plot_levels(simulate(bare, hours=1, seed=0, every=1))
    rule = "plot_levels: each of stores must be a name, .* got 'skid'"
    with pytest.raises(ValueError, match=rule):
        plot_levels(by_hand, stores="skid")


# ------------------------------------------------------------------ the critical path


def test_the_ledger_is_a_waterfall_that_ends_with_the_counted_hours(run: ShopRun) -> None:
    """Each bar begins where the one above ends; what is not shown by name is shown together."""
    ax = plot_critical_path(run, most=5)
    pieces = [bar for group in bars(ax) for bar in group]
    ends = [bar.get_x() + bar.get_width() for bar in pieces]
    assert [bar.get_x() for bar in pieces] == pytest.approx([0, *ends[:-1]])
    assert ends[-1] == pytest.approx(30)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    named = [row for row in rows if not row.startswith("all others, ")]
    table = run.critical_path().groupby(["station", "cause"])["hours"].sum()
    largest = table.sort_values(ascending=False).head(5)
    assert named == [f"{station}, {cause}" for station, cause in largest.index]


def test_the_moving_bottleneck_shows_shares_of_each_period(run: ShopRun) -> None:
    ax = plot_bottleneck(run, every=10, most=400)
    (cells,) = ax.collections
    shares = np.asarray(cells.get_array())
    assert shares.shape[1] == 3
    assert shares.sum(axis=0) == pytest.approx(100)
    with pytest.raises(ValueError, match="must have kept a ledger"):
        plot_bottleneck(simulate(shop_by_hand(), hours=1, seed=0))


# ------------------------------------------------------------------ tornado

ENDS = {"rate": (58.0, 62.0, "cars/h"), "stop": (2.0, 9.0, "days"), "tea": (1.0, 3.0, "cups")}


@pytest.fixture(scope="module")
def one_by_one() -> Tornado:
    """Typical 1,000; 40 up or down with the rate, 9 and 10 in turn less with any stop."""

    def cars(places: Mapping[str, float], run: int) -> float:
        up = 1_000 + 80 * (places.get("rate", 0.5) - 0.5)
        return up - (9 + run % 2) * ("stop" in places)

    return swings(
        cars,
        ENDS,
        title="three",
        of="cars",
        unit="cars",
        runs=4,
        closer=2,
        seed=1,
        between=(0.0, 1.0),
        workers=1,
    )


def test_the_tornado_shows_both_ends_of_each_input(one_by_one: Tornado) -> None:
    ax = plot_tornado(one_by_one)
    low, high = bars(ax)
    for container, way in ((low, (-40, -9.5, 0)), (high, (40, -9.5, 0))):
        assert [bar.get_width() for bar in container] == pytest.approx(way)
        assert [bar.get_x() for bar in container] == pytest.approx([1_000] * 3)
    assert low[0].get_facecolor() != high[0].get_facecolor()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["rate [cars/h]", "stop [days]", "tea [cups]"]
    assert low[0].get_y() < low[1].get_y() < low[2].get_y()
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the greatest on top
    assert ax.get_xlabel() == "cars, all other inputs typical [cars]"
    assert legend(ax) == [
        "input low, at 0 % of its distribution",
        "input high, at 100 % of its distribution",
    ]
    assert "typical 1,000" in ax.get_title(loc="left")
    assert "none where run once" in ax.get_title(loc="left")


def test_the_values_of_the_input_stand_at_the_ends_of_its_bars(one_by_one: Tornado) -> None:
    ax = plot_tornado(one_by_one)
    there = {text.get_text(): text.xy for text in ax.texts}  # type: ignore[attr-defined]
    assert sorted(there) == ["1", "2", "3", "58", "62", "9"]
    assert (there["58"][0], there["62"][0]) == pytest.approx((960, 1_040))
    row = one_by_one.table.set_index("input").loc["stop"]
    assert there["2"][0] == pytest.approx(1_000 + row["at_low_low"])  # beyond its whisker
    assert there["58"][1] < there["62"][1] < there["2"][1]


def test_the_whiskers_of_the_tornado_are_its_intervals(one_by_one: Tornado) -> None:
    """Those of two inputs at two ends; the third was run once."""
    ax = plot_tornado(one_by_one)
    whiskers = [c for c in ax.containers if isinstance(c, ErrorbarContainer)]
    spans = [line for c in whiskers for line in c.lines[2][0].get_segments()]
    assert len(spans) == 4
    row = one_by_one.table.set_index("input").loc["stop"]
    assert spans[1][:, 0] == pytest.approx([1_000 + row["at_low_low"], 1_000 + row["at_low_high"]])


def test_the_tornado_fits_a_notebook(one_by_one: Tornado) -> None:
    ax = plot_tornado(one_by_one)
    ax.figure.canvas.draw()
    for text in ax.texts:
        box, frame = text.get_window_extent(), ax.get_window_extent()
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1


def test_the_tornado_draws_the_first_few(one_by_one: Tornado) -> None:
    ax = plot_tornado(one_by_one, most=1)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["rate [cars/h]"]
    assert "the first 1" in ax.get_title(loc="left")
    with pytest.raises(ValueError, match="plot_tornado: most must be at least 1, got 0"):
        plot_tornado(one_by_one, most=0)


# ------------------------------------------------------------------ the warm-up


@pytest.fixture(scope="module")
def draining() -> WarmUp:
    return how_long(full_store(300), hours=100, runs=2, seed=0)


def test_the_warm_up_is_shaded_and_the_rest_has_its_mean(draining: WarmUp) -> None:
    ax = plot_warm_up(draining)
    span = next(p for p in ax.patches if p.get_label() == "warm-up")
    ends = span.get_extents().transformed(ax.transData.inverted())
    assert (ends.x0, ends.x1) == pytest.approx((0, 5 / 24))
    (mean,) = ax.lines
    assert mean.get_xdata() == pytest.approx([5 / 24, 100 / 24])
    assert mean.get_ydata() == pytest.approx(2 * [60])
    (step,) = [p for p in ax.patches if p is not span]
    assert step.get_data().values == pytest.approx(draining.series)  # type: ignore[attr-defined]
    assert ax.get_xlabel() == "time since the start of the run [d]"
    assert "by MSER-5, 5 h" in ax.get_title("left")


def test_a_warm_up_without_an_answer_shades_nothing() -> None:
    with pytest.warns(SeriesTooShort):
        found = how_long(full_store(3_600), hours=100, runs=2, seed=0)
    ax = plot_warm_up(found)
    assert legend(ax) == ["made, the mean of the runs", "mean of the second half"]
    assert "too short to tell" in ax.get_title("left")


# ------------------------------------------------------------------ all of them


@dataclass
class Picture:
    """One to look at: what is drawn of which fixture, how much of the axes each colour covers."""

    draw: Callable[..., Axes]
    of: str
    ink: dict[Any, tuple[float, float]]
    options: dict[str, Any] = field(default_factory=dict)
    without_unit: tuple[str, ...] = ()


LINE = (0.0007, 0.05)
"""What a line covers: a pixel or two of some 400 in height, half of that where it is broken."""

BANDS = {over(SKY, 0.35): (0.03, 0.5), over(SKY, 0.8, "#C4E4F7"): (0.03, 0.5)}

CIVIDIS_LOW, CIVIDIS_HIGH = "#00224E", "#FEE838"

PATHS = ("stations.A.scrap", "stores.s.capacity")

WORKING, DOWN, BLOCKED = COLOURS["working"], COLOURS["down"], COLOURS["blocked"]

PICTURES = {
    # C has all of the path
    "bottleneck": Picture(plot_bottleneck, "by_hand", {CIVIDIS_HIGH: (0.95, 1)}, {"every": 0.5}),
    "bottleneck, whole shop": Picture(
        plot_bottleneck, "run", {CIVIDIS_LOW: (0.4, 0.95), "white": (0, 0.02)}, {"every": 6}
    ),
    "distribution": Picture(
        plot_distribution,
        "study",
        {SKY: (0.15, 0.5), WORKING: (0.03, 0.3), VERMILLION: LINE, "black": LINE},
    ),
    "fan": Picture(plot_fan, "wide", BANDS | {BLUE: LINE, VERMILLION: LINE}),
    # bars of 0.8 of a row; A, B and C work 25, 50 and 100 % of the time, else they are blocked
    "gantt": Picture(
        plot_gantt,
        "by_hand",
        {WORKING: (0.45, 0.48), BLOCKED: (0.31, 0.34), "white": (0.15, 0.21), DOWN: (0, 0)},
        {"end": 0.3},
    ),
    "gantt, whole shop": Picture(
        plot_gantt,
        "run",
        {WORKING: (0.2, 0.7), DOWN: (0.005, 0.2), BLOCKED: (0.01, 0.4), "white": (0.15, 0.25)},
        {"end": 8},
    ),
    # one row of 0.75 on a height of 1.2, with words over it
    "ledger": Picture(plot_critical_path, "by_hand", {WORKING: (0.58, 0.63), DOWN: (0, 0)}),
    "ledger, whole shop": Picture(
        plot_critical_path, "run", {WORKING: (0.02, 0.1), DOWN: (0.001, 0.05), "white": (0.7, 0.98)}
    ),
    "levels": Picture(plot_levels, "filling", {BLUE: LINE, "black": LINE, "white": (0.9, 1)}),
    "levels, heat map": Picture(
        plot_levels, "run", {CIVIDIS_HIGH: (0.1, 0.95), "white": (0, 0.02)}
    ),
    # two rows on a height of 2.2: of 37.5 % (the mean of A and B) and of 100 %
    "states": Picture(
        plot_states, "by_hand", {WORKING: (0.46, 0.51), BLOCKED: (0.21, 0.24), DOWN: (0, 0)}
    ),
    "states, whole shop": Picture(plot_states, "run", {WORKING: (0.3, 0.7), DOWN: (0.001, 0.1)}),
    "states, stations": Picture(
        plot_states,
        "by_hand",
        {WORKING: (0.56, 0.59), BLOCKED: (0.39, 0.42), "white": (0, 0.03)},
        {"by": "station"},
    ),
    "states, stations of the whole shop": Picture(
        plot_states, "run", {WORKING: (0.4, 0.9), "white": (0, 0.06)}, {"by": "station"}
    ),
    # one row of 0.8 on a height of 1.2, full all the time
    "stores": Picture(
        plot_stores, "by_hand", {BLOCKED: (0.62, 0.68), "black": (0.0005, 0.03), SKY: (0, 0)}
    ),
    "stores, whole shop": Picture(
        plot_stores, "run", {BLOCKED: (0.1, 0.7), "#E4E4E4": (0.1, 0.7), "black": (0.002, 0.05)}
    ),
    # all runs reach 900 of 1,000 without scrap, none with 20 % of it
    "sweep": Picture(
        plot_sweep,
        "coin_sweep",
        {CIVIDIS_HIGH: (0.3, 0.35), CIVIDIS_LOW: (0.3, 0.35), "white": (0, 0.02)},
        without_unit=PATHS,
    ),
    "sweep, line": Picture(
        plot_sweep, "line_sweep", {BLUE: LINE}, {"show": "mean"}, without_unit=PATHS
    ),
    "sweep, list": Picture(plot_sweep, "list_sweep", {BLUE: LINE, VERMILLION: (0.0001, 0.01)}),
    "tornado": Picture(plot_tornado, "one_by_one", {BLUE: (0.01, 0.3), ORANGE: (0.01, 0.3)}),
    "warm-up": Picture(
        plot_warm_up, "draining", {over(SKY, 0.35): (0.04, 0.06), BLUE: LINE, VERMILLION: LINE}
    ),
    "yard": Picture(
        plot_yard,
        "yards",
        BANDS | {BLUE: LINE, VERMILLION: LINE, ORANGE: (0.0005, 0.02)},
        {"gateway": "port"},
    ),
}

each_picture = pytest.mark.parametrize("name", PICTURES)


@pytest.fixture(scope="module")
def wide() -> Study:
    """A year whose rate is known badly, so that its bands can be seen."""
    return replicate(Year({"rate": 20.0}, months=MONTHS), runs=100, seed=1, target=1_200)


@pytest.fixture(scope="module")
def line_sweep(coin_sweep: Sweep) -> Sweep:
    over = {"stations.A.scrap": [0.0, 0.1, 0.2]}
    return sweep(coin_sweep.experiment, over, runs=12, seed=1, target=900, progress=False)


@pytest.fixture(scope="module")
def list_sweep(coin_sweep: Sweep) -> Sweep:
    cells = [{}, {"stations.A.scrap": 0.0}, {"stores.s.capacity": 50}]
    return sweep(coin_sweep.experiment, cells, runs=12, seed=1, target=900, progress=False)


def test_every_picture_is_looked_at() -> None:
    named = {name for name in plots.__all__ if name.startswith("plot_")}
    assert {picture.draw.__name__ for picture in PICTURES.values()} == named


@each_picture
def test_a_picture_takes_its_result_and_axes_and_the_rest_by_name(name: str) -> None:
    first, second, *rest = inspect.signature(PICTURES[name].draw).parameters.values()
    assert first.default is inspect.Parameter.empty
    assert (second.name, second.default) == ("ax", None)
    assert all(option.kind is inspect.Parameter.KEYWORD_ONLY for option in rest)


@each_picture
def test_a_picture_has_its_ink_and_can_be_read(name: str, request: pytest.FixtureRequest) -> None:
    picture = PICTURES[name]
    ax = picture.draw(request.getfixturevalue(picture.of), **picture.options)
    assert_ink(ax, picture.ink)
    assert_readable(ax)
    assert_units(ax, picture.without_unit)
    assert ax.get_title("left")
    assert ax.figure.get_figwidth() == 9  # type: ignore[union-attr]
    assert len(plt.get_fignums()) == 1


@each_picture
def test_a_picture_is_drawn_on_the_axes_that_it_is_given(
    name: str, request: pytest.FixtureRequest
) -> None:
    picture = PICTURES[name]
    figure, (ax, other) = plt.subplots(2, figsize=(9, 10), layout="constrained")
    result = request.getfixturevalue(picture.of)
    assert picture.draw(result, ax, **picture.options) is ax
    assert_ink(ax, picture.ink)
    assert not other.has_data()
    assert plt.get_fignums() == [figure.number]  # type: ignore[attr-defined]


@each_picture
def test_a_picture_without_its_marks_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    picture = PICTURES[name]
    ax = picture.draw(request.getfixturevalue(picture.of), **picture.options)
    for mark in [*ax.collections, *ax.patches, *ax.lines, *ax.images]:
        mark.remove()
    with pytest.raises(AssertionError, match="covers"):
        assert_ink(ax, picture.ink)


def test_importing_plots_does_not_load_matplotlib() -> None:
    code = "import sys, ningde_sim.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("draw", dict.fromkeys(p.draw for p in PICTURES.values()))
def test_a_picture_of_something_else_is_refused(draw: Callable[[Any], Axes]) -> None:
    """The error names the picture and what it takes."""
    rule = "it must be given a (Study|ShopRun|Sweep|ShippingRun|Tornado|WarmUp), got"
    with pytest.raises(TypeError, match=f"{draw.__name__}: {rule}"):
        draw("month")
