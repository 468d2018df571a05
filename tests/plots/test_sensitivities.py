"""The tornado plot shows both ends of each input."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.container import ErrorbarContainer

from ningde_sim.plots import plot_tornado
from ningde_sim.sensitivity.tornado import Tornado
from tests.plot_checks import assert_readable, bars, legend


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
        "input low, 0 % quantile",
        "input high, 100 % quantile",
    ]
    assert "typical 1,000" in ax.get_title(loc="left")
    assert "none for inputs that ran once" in ax.get_title(loc="left")


def test_the_values_of_the_input_are_at_the_ends_of_its_bars(one_by_one: Tornado) -> None:
    ax = plot_tornado(one_by_one)
    labels = {text.get_text(): text.xy for text in ax.texts}  # type: ignore[attr-defined]
    assert sorted(labels) == ["1", "2", "3", "58", "62", "9"]
    assert (labels["58"][0], labels["62"][0]) == pytest.approx((960, 1_040))
    row = one_by_one.table.set_index("input").loc["stop"]
    assert labels["2"][0] == pytest.approx(1_000 + row["at_low_low"])  # beyond its whisker
    assert labels["58"][1] < labels["62"][1] < labels["2"][1]


def test_the_whiskers_of_the_tornado_are_its_intervals(one_by_one: Tornado) -> None:
    """Those of two inputs at two ends; the third ran once."""
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


def test_the_tornado_has_room_for_long_names(one_by_one: Tornado) -> None:
    names = [f"body_shop_before.failures.{name}.uptime" for name in ("minor", "major", "tips")]
    ax = plot_tornado(replace(one_by_one, table=one_by_one.table.assign(input=names)))
    assert_readable(ax)
