"""Plots along the time of a run: states of stations, levels of stores."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from ningde_sim import Failure, Fixed, Line, Shop, ShopRun, Station, Store, WorkingTime, simulate
from ningde_sim.plots import COLOURS, plot_gantt, plot_levels
from tests.plot_checks import assert_ink, assert_readable, legend, rows


def boxes(ax: Axes) -> dict[str, np.ndarray]:
    """Begin, end and row of the bars of each state, in the units of the axes."""
    by_state = {}
    for state in ax.collections:
        assert isinstance(state, PolyCollection)
        corners = np.array([path.vertices[:4] for path in state.get_paths()])
        x, y = corners[..., 0], corners[..., 1]
        by_state[str(state.get_label())] = np.column_stack((x.min(1), x.max(1), y.mean(1).round(6)))
    return by_state


def test_the_gantt_chart_shows_each_interval_of_its_window(by_hand: ShopRun) -> None:
    ax = plot_gantt(by_hand, begin=0.25, end=0.75)
    assert rows(ax) == ["A", "B", "C"]
    by_state = boxes(ax)
    assert legend(ax) == list(by_state) == ["working", "blocked"]
    spent = {s: [b[b[:, 2] == k] for k in range(3)] for s, b in by_state.items()}
    minutes = {s: [(b[:, 1] - b[:, 0]).sum() for b in each] for s, each in spent.items()}
    assert minutes == {
        "working": pytest.approx([7.5, 15, 30]),
        "blocked": pytest.approx([22.5, 15, 0]),
    }
    every = np.concatenate([*by_state.values()])
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
    stopped = [name for name in run.stations.index if name in set(trace["thing"][down])]
    assert 0 < len(stopped) < 40
    assert rows(ax) == stopped
    words = f"the {len(stopped)} of 167 stations that were down or waited for a crew"
    assert words in ax.get_title("left")
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


def test_each_copy_of_a_line_has_a_row() -> None:
    lines = [Line("feed", [Station("F", 20)], puts="q")]
    lines += [Line("OP20", [Station("OP20", 60)], takes="q", copies=3)]
    shop = Shop("side by side", lines, stores=[Store("q", 1)])
    run = simulate(shop, hours=1, seed=0, trace=True)
    assert rows(plot_gantt(run)) == ["F", "OP20 #1", "OP20 #2", "OP20 #3"]
    assert rows(plot_gantt(run, things="OP20 #[23]")) == ["OP20 #2", "OP20 #3"]
    with pytest.raises(ValueError, match="OP20"):
        plot_gantt(run, things="OP20")


def test_buffers_of_copies_are_drawn_as_one() -> None:
    line = Line("L", [Station("A", 10), Station("B", 20)], buffers=2, copies=3)
    last = Line("M", [Station("C", 30), Station("D", 40)], buffers=1)
    run = simulate(Shop("s", [line, last]), hours=2, seed=0, every=0.5)
    ax = plot_levels(run)
    assert [text for text in legend(ax) if ">" in text] == ["A > B (6)", "C > D (1)"]
    assert run.history.stores["level"][:, 0].tolist() == [6, 6, 6, 6]


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
    assert ax.get_ylabel() == "station, one in 5 named"
    assert np.unique(np.concatenate([*boxes(ax).values()])[:, 2]).size == 167
    assert_readable(ax)


@pytest.mark.parametrize("warm_up", [0, 10])
def test_closed_hours_are_drawn_over_the_states_in_them(warm_up: float) -> None:
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


def test_a_gantt_chart_needs_a_trace_and_a_window_inside_the_run(
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
    assert rows(ax) == [f"{name} ({size})" for name, size in stores["capacity"].items()]
    assert ax.get_ylim() == (len(stores) - 0.5, -0.5)
    assert ax.get_xlim() == (0, 30)


def test_buffers_inside_lines_have_levels_too() -> None:
    """Also after buffers and stores of capacity 0."""
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


def test_a_long_history_has_no_dots(by_hand: ShopRun) -> None:
    run = simulate(by_hand.shop, hours=101, seed=0, every=1)
    (capacity,) = plot_levels(run).lines
    assert capacity.get_label() == "capacity"


def test_levels_need_a_history_of_something(by_hand: ShopRun) -> None:
    bare = Shop("bare", [Line("L", [Station("A", 60)])])
    with pytest.raises(ValueError, match="it must have kept a history, got None"):
        plot_levels(simulate(bare, hours=1, seed=0))
    with pytest.raises(ValueError, match="a run with a store or buffer of a capacity above 0"):
        plot_levels(simulate(bare, hours=1, seed=0, every=1))
    rule = "plot_levels: each of stores must be a known name, .* got 'skid'"
    with pytest.raises(ValueError, match=rule):
        plot_levels(by_hand, stores="skid")
