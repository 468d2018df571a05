"""The plot of a description."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle

from ningde_sim import Line, Shop, Split, Station, Store, ningde_2021, scenario, simulate
from ningde_sim.plots import plot_layout
from ningde_sim.plots.layouts import HIGH, _flows, _lanes, arranged
from tests.plot_checks import assert_readable


def places(shop: Shop) -> dict[tuple[str, str], tuple[float, float]]:
    return arranged(shop, [*_flows(shop)])


def test_flows_lead_to_the_right_but_where_they_go_back(with_repair):
    at = {name: x for (_, name), (x, _) in places(with_repair).items()}
    way = ["first", "mid", "second", "end", "last"]
    assert [at[name] for name in way] == [0, 1, 2, 3, 4]
    assert (at["side"], at["parts"]) == (2, 3)  # just before where they are needed
    assert (at["bad"], at["mend"]) == (3, 4)


def test_nothing_stands_on_something_else(with_repair):
    for shop in (with_repair, ningde_2021()):
        at = places(shop)
        assert len(at) == len(shop.lines) + len(shop.stores)
        for (x, y), (other, row) in itertools.combinations(at.values(), 2):
            assert x != other or abs(y - row) >= 1


def test_all_that_is_described_is_drawn(with_repair):
    shop = with_repair
    ax = plot_layout(shop)
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    stores = [patch for patch in ax.patches if isinstance(patch, Ellipse)]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert (len(cells), len(stores)) == (len(shop.stations), len(shop.stores))
    assert len(arrows) == 9
    assert sorted(arrow.get_linestyle() for arrow in arrows).count("--") == 1
    texts = {text.get_text() for text in ax.texts}
    assert {"last x 2", "mid (5)", "first"} <= texts
    assert_readable(ax)


def test_a_flow_that_goes_back_passes_below_what_is_between(with_repair):
    flows, at = [*_flows(with_repair)], places(with_repair)
    ((flow, way),) = _lanes(at, flows).items()
    assert at[flow.end][0] < at[flow.begin][0]
    (_, lane), (_, same) = way[1], way[-2]
    assert lane > max(y for _, y in at.values()) + HIGH / 2 or same > lane
    stands = {(x, y) for x, y in at.values()} - {at[flow.begin], at[flow.end]}
    legs = [(x, sorted((y, below))) for (x, y), (_, below) in (way[:2], way[-2:])]
    assert not [x for x, (y, below) in legs if any(x == a and y < b < below for a, b in stands)]


def test_a_split_leads_to_each_of_its_stores():
    line = Line("L", [Station("A", 50)], puts=Split({"a": 0.5, "b": 0.5}))
    ends = [Line(f"to {name}", [Station(f"T{name}", 50)], takes=name) for name in "ab"]
    ax = plot_layout(Shop("split", [line, *ends], stores=[Store("a", 5), Store("b", 5)]))
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == 4


def test_stations_have_the_colours_of_a_table(with_repair):
    shop = with_repair
    run = simulate(shop, hours=8, seed=0)
    ax = plot_layout(shop, colour=run.stations["blocked"], label="blocked [h]")
    colours = {patch.get_facecolor() for patch in ax.patches if isinstance(patch, Rectangle)}
    assert len(colours) > 1
    assert [each.get_ylabel() for each in ax.figure.axes[1:]] == ["blocked [h]"]
    ax = plot_layout(shop, colour={"A": 1.0, "mid": 3.0})
    white = [patch for patch in ax.patches if patch.get_facecolor() == (1.0, 1.0, 1.0, 1.0)]
    assert len(white) == len(shop.stations) - 1 + len(shop.stores) - 1


def test_copies_have_the_mean_of_theirs(with_repair):
    ax = plot_layout(with_repair, colour={"D #1": 1.0, "D #2": 3.0, "A": 2.0})
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert cells[0].get_facecolor() == cells[-1].get_facecolor() != cells[1].get_facecolor()


def test_a_scenario_shows_all_its_shops():
    ax = plot_layout(scenario("ningde-2021"))
    texts = {text.get_text() for text in ax.texts}
    assert {"FIN-100-220", "topcoat", "assembly line"} <= texts


@pytest.mark.parametrize(
    ("colour", "error", "text"),
    [
        (3, TypeError, "plot_layout: colour must be a Series or a mapping, got 3"),
        ({"AA": 3}, ValueError, r"got 'AA'. Did you mean A"),
        ({"A": "x"}, TypeError, "the colour of 'A' must be a number, got 'x'"),
    ],
)
def test_colours_that_cannot_be_drawn_are_refused(with_repair, colour, error, text):
    with pytest.raises(error, match=text):
        plot_layout(with_repair, colour=colour)
