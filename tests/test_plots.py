"""Pictures: that they show the numbers, with labels and units, inside the figure."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import BarContainer, ErrorbarContainer

from ningde_sim import (
    Line,
    Shop,
    ShopRun,
    Station,
    Store,
    Sweep,
    WorkingTime,
    ningde_2021,
    simulate,
    sweep,
)
from ningde_sim.plots import (
    COLOURS,
    plot_distribution,
    plot_fan,
    plot_states,
    plot_stores,
    plot_sweep,
    plot_tornado,
    plot_yard,
)
from ningde_sim.replication import replicate
from ningde_sim.shipping import ShippingRun, ship
from ningde_sim.study import Study
from ningde_sim.tornado import Tornado, swings
from tests.exports import export, q, service
from tests.synthetic import MONTHS, Year
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
    return simulate(ningde_2021(), hours=30, warm_up=10, seed=1)


def bars(ax: Axes) -> list[BarContainer]:
    return [c for c in ax.containers if isinstance(c, BarContainer)]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


def assert_nothing_is_clipped(ax: Axes) -> None:
    """Every text that is drawn lies inside the figure, which is as wide as a notebook."""
    figure = ax.figure
    figure.canvas.draw()
    frame = figure.bbox
    found = ax.get_legend()
    texts = [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]  # type: ignore[attr-defined]
    texts += found.get_texts() if found else []
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, sorted(ax.get_ylim()))):
        ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        texts += [label for tick, label in ticks if low <= tick <= high]
    for text in (text for text in texts if text.get_text() and text.get_visible()):
        box = text.get_window_extent()
        assert box.x0 >= -1, text
        assert box.x1 <= frame.x1 + 1, text
        assert box.y0 >= -1, text
        assert box.y1 <= frame.y1 + 1, text
    assert figure.get_figwidth() == 9  # type: ignore[union-attr]


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
    assert_nothing_is_clipped(ax)


@pytest.mark.parametrize("target", [None, 80, 103, 500])
def test_the_distribution_of_another_column_has_its_unit(
    study: Study, target: float | None
) -> None:
    ax = plot_distribution(study, target, "scrapped")
    assert ax.get_xlabel() == "scrapped, 10 h [bodies]"
    assert sum(bar.get_height() for group in bars(ax) for bar in group) == study.n
    assert_nothing_is_clipped(ax)


def test_the_distribution_of_another_case_is_of_its_main_column() -> None:
    ax = plot_distribution(replicate(Year(), runs=50, seed=1))
    assert ax.get_xlabel() == "cars, a year [cars]"
    assert "P(cars >= 100)" in ax.get_title("left")
    assert_nothing_is_clipped(ax)


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
    assert_nothing_is_clipped(ax)


def test_the_states_of_each_station_stand_in_the_order_of_the_shop(run: ShopRun) -> None:
    ax = plot_states(run, by="station")
    heights = np.array([[bar.get_height() for bar in group] for group in bars(ax)])
    assert heights.shape == (6, 167)
    assert heights.sum(axis=0) == pytest.approx(100)
    assert heights[0] == pytest.approx(100 * run.stations["working"].to_numpy() / 30)
    assert len(ax.get_xticklabels()) == 16
    assert ax.get_ylabel() == "share of time [%]"
    assert_nothing_is_clipped(ax)


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
    assert_nothing_is_clipped(ax)


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
    assert_nothing_is_clipped(ax)


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


# ------------------------------------------------------------------ all of them


def test_they_draw_on_the_axes_that_they_are_given(study: Study, run: ShopRun) -> None:
    _, axes = plt.subplots(3)
    assert plot_distribution(study, ax=axes[0]) is axes[0]
    assert plot_states(run, axes[1]) is axes[1]
    assert plot_stores(run, axes[2]) is axes[2]
    assert len(plt.get_fignums()) == 1


def test_importing_plots_does_not_load_matplotlib() -> None:
    code = "import sys, ningde_sim.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("draw", [plot_distribution, plot_fan, plot_states, plot_stores])
def test_a_picture_of_something_else_is_refused(draw):
    """The error names the picture and what it takes."""
    with pytest.raises(
        TypeError, match=f"{draw.__name__}: it must be given a (Study|ShopRun), got"
    ):
        draw("month")


# ------------------------------------------------------------------ yard


@pytest.fixture(scope="module")
def yards() -> list[ShippingRun]:
    plan = export(services={"ships": service(slip=5, calls=q(4, "calls/month"))})
    start = datetime.date(2021, 1, 1)
    return [ship(plan, [150] * 120, start=start, seed=1, run=k) for k in range(9)]


def test_the_yard_shows_every_day_and_its_capacity(yards: list[ShippingRun]) -> None:
    ax = plot_yard(yards, "port")
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
    assert_nothing_is_clipped(ax)


def test_the_yard_has_ink_where_its_numbers_are(yards: list[ShippingRun]) -> None:
    """Pixels of the line's blue, all along the axes; none when the lines are taken away."""

    def blue(ax: Axes) -> np.ndarray:
        ax.figure.canvas.draw()
        pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[attr-defined]
        near = np.abs(pixels - np.array([0x00, 0x72, 0xB2])).max(axis=2) < 12
        return near.any(axis=0)

    ax = plot_yard(yards[0], "port")
    assert len(legend(ax)) == 3
    assert blue(ax).mean() > 0.6
    for line in ax.lines:
        line.remove()
    ax.get_legend().remove()
    assert blue(ax).mean() == 0


def test_a_yard_that_is_not_there_is_refused(yards: list[ShippingRun]) -> None:
    with pytest.raises(ValueError, match="plot_yard: gateway must be one of port, got 'xiamen'"):
        plot_yard(yards)
    with pytest.raises(ValueError, match="it must be given runs with the same days"):
        plot_yard([])
    with pytest.raises(TypeError, match="plot_yard: it must be given a ShippingRun, got 5"):
        plot_yard([5], "port")  # type: ignore[list-item]


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
    assert_nothing_is_clipped(ax)


def test_a_heat_map_of_means_has_their_unit(coin_sweep: Sweep) -> None:
    ax = plot_sweep(coin_sweep, show="mean", of="scrapped")
    means = coin_sweep.estimates(of="scrapped")["mean"].to_numpy().reshape(3, 2)
    assert np.array_equal(ax.get_images()[0].get_array(), means)
    assert "mean scrapped [bodies]" in ax.get_title(loc="left")
    assert_nothing_is_clipped(ax)


def test_a_sweep_over_one_path_of_numbers_is_a_line_with_intervals(coin_sweep: Sweep) -> None:
    one = sweep(
        coin_sweep.case,
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
    assert_nothing_is_clipped(ax)


def test_a_list_of_cells_has_a_row_each_the_best_on_top(coin_sweep: Sweep) -> None:
    cells = [{}, {"stations.A.scrap": 0.0}, {"stores.s.capacity": 50}]
    some = sweep(coin_sweep.case, cells, runs=12, seed=1, progress=False)
    ax = plot_sweep(some)
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[-1] == "stations.A.scrap = 0.0"
    assert set(labels) == {"as it is", "stations.A.scrap = 0.0", "stores.s.capacity = 50"}
    assert ax.get_xlabel() == "mean bodies [bodies]"
    assert_nothing_is_clipped(ax)


def test_the_plans_of_a_year_leave_room_for_its_title() -> None:
    plans = [{}, {"calendar.shift_hours": 10, "calendar.crews": 3, "calendar.saturdays": 3}]
    some = sweep(small_year("ningde-2022"), plans, runs=3, seed=1, progress=False)
    assert_nothing_is_clipped(plot_sweep(some, show="mean"))


def test_a_sweep_without_a_target_has_no_probability(coin_sweep: Sweep) -> None:
    with pytest.raises(ValueError, match="a probability needs a target"):
        plot_sweep(coin_sweep, show="probability", of="scrapped")
    with pytest.raises(ValueError, match="show must be"):
        plot_sweep(coin_sweep, show="median")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be given a Sweep"):
        plot_sweep(3)  # type: ignore[arg-type]


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
    assert_nothing_is_clipped(ax)
    ax.figure.canvas.draw()
    for text in ax.texts:
        box, frame = text.get_window_extent(), ax.get_window_extent()
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1


def test_the_tornado_draws_the_first_few_on_the_axes_given(one_by_one: Tornado) -> None:
    given = plt.subplots()[1]
    ax = plot_tornado(one_by_one, given, most=1)
    assert ax is given
    assert [label.get_text() for label in ax.get_yticklabels()] == ["rate [cars/h]"]
    assert "the first 1" in ax.get_title(loc="left")
    with pytest.raises(ValueError, match="plot_tornado: most must be at least 1, got 0"):
        plot_tornado(one_by_one, most=0)
    with pytest.raises(TypeError, match="plot_tornado: it must be given a Tornado, got 3"):
        plot_tornado(3)  # type: ignore[arg-type]
