"""All plots: labels, units and colours can be seen; each takes its own result only."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes

from ningde_sim import plots
from ningde_sim.plots import (
    COLOURS,
    plot_bottleneck,
    plot_changeovers,
    plot_critical_path,
    plot_distribution,
    plot_fan,
    plot_fit,
    plot_gantt,
    plot_layout,
    plot_lead_times,
    plot_levels,
    plot_pareto,
    plot_products,
    plot_products_in_stores,
    plot_sequence,
    plot_states,
    plot_stores,
    plot_sweep,
    plot_tornado,
    plot_warm_up,
    plot_wip,
    plot_yard,
)
from ningde_sim.plots.axes import BLUE, GREY, ORANGE, SKY, VERMILLION
from tests.plot_checks import assert_ink, assert_readable, assert_units, over


@dataclass
class Case:
    """A plot, the fixture it draws, how much of the axes each colour covers."""

    draw: Callable[..., Axes]
    of: str
    ink: dict[Any, tuple[float, float]]
    options: dict[str, Any] = field(default_factory=dict)
    without_unit: tuple[str, ...] = ()


LINE = (0.0007, 0.05)
"""Share of a line: a pixel or two of some 400 in height, half of that where it is broken."""

BANDS = {over(SKY, 0.35): (0.03, 0.5), over(SKY, 0.8, "#C4E4F7"): (0.03, 0.5)}

CIVIDIS_LOW, CIVIDIS_HIGH = "#00224E", "#FEE838"

PATHS = ("stations.A.scrap", "stores.s.capacity")

WORKING, DOWN, BLOCKED = COLOURS["working"], COLOURS["down"], COLOURS["blocked"]

CASES = {
    # C has all of the path
    "bottleneck": Case(plot_bottleneck, "by_hand", {CIVIDIS_HIGH: (0.95, 1)}, {"every": 0.5}),
    "bottleneck, whole shop": Case(
        plot_bottleneck, "run", {CIVIDIS_LOW: (0.4, 0.95), "white": (0, 0.02)}, {"every": 6}
    ),
    "distribution": Case(
        plot_distribution,
        "study",
        {SKY: (0.15, 0.5), WORKING: (0.03, 0.3), VERMILLION: LINE, "black": LINE},
    ),
    "fan": Case(plot_fan, "wide", BANDS | {BLUE: LINE, VERMILLION: LINE}),
    "fit": Case(plot_fit, "micro_stops", {BLUE: LINE, GREY: LINE}),
    "fit, uptime": Case(plot_fit, "micro_stops", {BLUE: LINE, VERMILLION: LINE}, {"of": "uptime"}),
    # one row of 0.75 on a height of 1.2, over 1 / 1.25 of the width, with words behind it
    "pareto": Case(plot_pareto, "micro_stops", {VERMILLION: (0.46, 0.52), "black": (0.0001, 0.05)}),
    # bars of 0.8 of a row; A, B and C work 25, 50 and 100 % of the time, else they are blocked
    "gantt": Case(
        plot_gantt,
        "by_hand",
        {WORKING: (0.45, 0.48), BLOCKED: (0.31, 0.34), "white": (0.15, 0.21), DOWN: (0, 0)},
        {"end": 0.3},
    ),
    "gantt, whole shop": Case(
        plot_gantt,
        "run",
        {WORKING: (0.2, 0.7), DOWN: (0.005, 0.2), BLOCKED: (0.01, 0.4), "white": (0.15, 0.25)},
        {"end": 8},
    ),
    # one row of 0.75 on a height of 1.2, with words over it
    "critical path": Case(plot_critical_path, "by_hand", {WORKING: (0.58, 0.63), DOWN: (0, 0)}),
    "critical path, whole shop": Case(
        plot_critical_path, "run", {WORKING: (0.02, 0.1), DOWN: (0.001, 0.05), "white": (0.7, 0.98)}
    ),
    "lead times, two exits": Case(
        plot_lead_times, "two_exits", {BLUE: (0.002, 0.05), VERMILLION: (0.002, 0.05)}
    ),
    "lead times": Case(plot_lead_times, "run", {SKY: (0.1, 0.6), BLUE: LINE, VERMILLION: LINE}),
    "levels": Case(plot_levels, "filling", {BLUE: LINE, "black": LINE, "white": (0.9, 1)}),
    "levels, heat map": Case(plot_levels, "run", {CIVIDIS_HIGH: (0.1, 0.95), "white": (0, 0.02)}),
    # five lines and four stores
    "layout": Case(plot_layout, "with_repair", {SKY: (0.03, 0.2), "white": (0.7, 0.97)}),
    # one row of 0.8 on a height of 1, over 1 / 1.2 of the width
    "changeovers": Case(plot_changeovers, "mixed", {COLOURS["setup"]: (0.62, 0.7)}),
    # half of each, over 1 / 1.05 of the height
    "products": Case(
        plot_products, "mixed", {BLUE: (0.42, 0.48), ORANGE: (0.42, 0.48), "white": (0.04, 0.1)}
    ),
    # strips of two thirds of the height, and thin lines between them
    "sequence": Case(
        plot_sequence,
        "mixed",
        {BLUE: (0.3, 0.42), ORANGE: (0.3, 0.42), "white": (0.1, 0.3)},
        {"most": 60},
    ),
    # one row of 0.8 over 1 / 1.05 of the width
    "products in stores": Case(
        plot_products_in_stores, "mixed", {BLUE: (0.3, 0.45), ORANGE: (0.3, 0.45)}
    ),
    # two rows on a height of 2.2: of 37.5 % (the mean of A and B) and of 100 %
    "states": Case(
        plot_states, "by_hand", {WORKING: (0.46, 0.51), BLOCKED: (0.21, 0.24), DOWN: (0, 0)}
    ),
    "states, whole shop": Case(plot_states, "run", {WORKING: (0.3, 0.7), DOWN: (0.001, 0.1)}),
    "states, stations": Case(
        plot_states,
        "by_hand",
        {WORKING: (0.56, 0.59), BLOCKED: (0.39, 0.42), "white": (0, 0.03)},
        {"by": "station"},
    ),
    "states, stations of the whole shop": Case(
        plot_states, "run", {WORKING: (0.4, 0.9), "white": (0, 0.06)}, {"by": "station"}
    ),
    # one row of 0.8 on a height of 1.2, full all the time
    "stores": Case(
        plot_stores, "by_hand", {BLOCKED: (0.62, 0.68), "black": (0.0005, 0.03), SKY: (0, 0)}
    ),
    "stores, whole shop": Case(
        plot_stores, "run", {BLOCKED: (0.1, 0.7), "#E4E4E4": (0.1, 0.7), "black": (0.002, 0.05)}
    ),
    # all runs reach 900 of 1,000 without scrap, none with 20 % scrap
    "sweep": Case(
        plot_sweep,
        "coin_sweep",
        {CIVIDIS_HIGH: (0.3, 0.35), CIVIDIS_LOW: (0.3, 0.35), "white": (0, 0.02)},
        without_unit=PATHS,
    ),
    "sweep, line": Case(
        plot_sweep, "line_sweep", {BLUE: LINE}, {"show": "mean"}, without_unit=PATHS
    ),
    "sweep, list": Case(plot_sweep, "list_sweep", {BLUE: LINE, VERMILLION: (0.0001, 0.01)}),
    "tornado": Case(plot_tornado, "one_by_one", {BLUE: (0.01, 0.3), ORANGE: (0.01, 0.3)}),
    "warm-up": Case(
        plot_warm_up, "draining", {over(SKY, 0.35): (0.04, 0.06), BLUE: LINE, VERMILLION: LINE}
    ),
    "work in process": Case(plot_wip, "filling", {BLUE: LINE, VERMILLION: LINE}),
    "work in process, whole shop": Case(plot_wip, "run", {BLUE: LINE, VERMILLION: LINE}),
    "yard": Case(
        plot_yard,
        "yards",
        BANDS | {BLUE: LINE, VERMILLION: LINE, ORANGE: (0.0005, 0.02)},
        {"gateway": "port"},
    ),
}

each_case = pytest.mark.parametrize("name", CASES)


def test_every_plot_has_a_case() -> None:
    named = {name for name in plots.__all__ if name.startswith("plot_")}
    assert {case.draw.__name__ for case in CASES.values()} == named


@each_case
def test_a_plot_takes_its_result_and_axes_and_the_rest_by_name(name: str) -> None:
    first, second, *rest = inspect.signature(CASES[name].draw).parameters.values()
    assert first.default is inspect.Parameter.empty
    assert (second.name, second.default) == ("ax", None)
    assert all(option.kind is inspect.Parameter.KEYWORD_ONLY for option in rest)


@each_case
def test_a_plot_has_its_ink_and_can_be_read(name: str, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    ax = case.draw(request.getfixturevalue(case.of), **case.options)
    assert_ink(ax, case.ink)
    assert_readable(ax)
    assert_units(ax, case.without_unit)
    assert ax.get_title("left")
    assert ax.figure.get_figwidth() == 9  # type: ignore[union-attr]
    assert len(plt.get_fignums()) == 1


@each_case
def test_a_plot_is_drawn_on_the_axes_that_it_is_given(
    name: str, request: pytest.FixtureRequest
) -> None:
    case = CASES[name]
    figure, (ax, other) = plt.subplots(2, figsize=(9, 10), layout="constrained")
    result = request.getfixturevalue(case.of)
    assert case.draw(result, ax, **case.options) is ax
    assert_ink(ax, case.ink)
    assert not other.has_data()
    assert plt.get_fignums() == [figure.number]  # type: ignore[attr-defined]


@each_case
def test_a_plot_without_its_marks_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    case = CASES[name]
    ax = case.draw(request.getfixturevalue(case.of), **case.options)
    for mark in [*ax.collections, *ax.patches, *ax.lines, *ax.images]:
        mark.remove()
    with pytest.raises(AssertionError, match="covers"):
        assert_ink(ax, case.ink)


def test_importing_plots_does_not_load_matplotlib() -> None:
    code = "import sys, ningde_sim.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("draw", dict.fromkeys(p.draw for p in CASES.values()))
def test_a_plot_of_something_else_is_refused(draw: Callable[[Any], Axes]) -> None:
    """The error names the plot and what it takes."""
    kinds = "Study|ShopRun|Sweep|ShippingRun|Tornado|WarmUp|Downtime|Shop or a Scenario"
    rule = f"it must be given a ({kinds}), got"
    with pytest.raises(TypeError, match=f"{draw.__name__}: {rule}"):
        draw("month")
