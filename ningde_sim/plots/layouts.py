"""A plot of a description: lines, stores and the flows between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.line import Line, numbered
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.shop import Shop
from ningde_sim.plots.axes import BLUE, GREY, SKY, VERMILLION, WIDTH, as_written, new_axes
from ningde_sim.year.joined_shops import join_shops
from ningde_sim.year.open_hours import open_hours
from ningde_sim.year.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SWEEPS = 8
"""How often the rows of a column are put in the order of their neighbours."""

COLUMN, ROW = 1.15, 0.42
"""Of a new figure: the width of a column and the height of a row. [inch]"""

WIDE, HIGH = 0.62, 0.3
"""A line, in columns and rows."""

LANE, APART = 0.4, 0.1
"""How far below the last row a flow goes back, and from the next one that does. [rows]"""

ASIDE = 0.42
"""How far beside its column a flow goes down where something stands below. [columns]"""

MOST_LANES = 5
"""Flows that go back side by side; more lie on each other."""

Place = tuple[float, float]
Node = tuple[str, str]


@dataclass(frozen=True)
class Flow:
    """A flow from a line to a store, or back: by what it is called in a `Line`."""

    begin: Node
    end: Node
    kind: str


def plot_layout(
    what: Shop | Scenario,
    ax: Axes | None = None,
    *,
    colour: pd.Series | Mapping[str, float] | None = None,
    label: str | None = None,
) -> Axes:
    """Lines, stores and flows from left to right, as the description joins them.

    A line is a strip with a cell for each station, a store a box with its capacity. Rejects are
    dashed, carriers that go back dotted.

    Parameters
    ----------
    what : Shop or Scenario
        Of a scenario all its shops, after the retooling.
    ax : Axes, optional
        By default those of a new figure.
    colour : Series or mapping, optional
        A number for some stations and stores, by name, such as `run.stations["blocked"]`; of a line
        with copies, the mean of those of its copies. Those without one stay white.
    label : str, optional
        Of the scale of colours; by default the name of the series.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        Neither a shop nor a scenario; a name that the shop does not have, something that is no
        number.

    Examples
    --------
    >>> from ningde_sim import ningde_2021, simulate
    >>> shop = ningde_2021()
    >>> ax = plot_layout(shop, colour=simulate(shop, hours=8, seed=0).stations["blocked"])
    """
    shop = _shop(what)
    values = _values(shop, colour)
    flows = [*_flows(shop)]
    places = arranged(shop, flows)
    columns = 1 + max(x for x, _ in places.values())
    rows = 1 + max(abs(y) for _, y in places.values())
    ax = new_axes(ax, 1.0 + 2 * ROW * rows, max(WIDTH, COLUMN * columns))
    shade = _shades(ax, values, label or str(getattr(colour, "name", None) or ""))
    lanes = _lanes(places, flows)
    for flow in flows:
        _draw_flow(ax, places[flow.begin], places[flow.end], flow.kind, lanes.get(flow))
    for line in shop.lines:
        _draw_line(ax, places["line", line.name], line, values, shade)
    for store in shop.stores:
        text = f"{store.name} ({store.capacity})"
        _draw_store(ax, places["store", store.name], text, shade(values.get(store.name)))
    ax.set_xlim(-0.6, columns - 0.4)
    ax.set_ylim(rows, -rows)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    title = f"{shop.name}: {shop.n_stations:,} stations, {len(shop.stores):,} stores"
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax


def _shop(what: object) -> Shop:
    if isinstance(what, Shop):
        return what
    if isinstance(what, Scenario):
        plan = what.typical().without("retooling")
        return join_shops(plan, open_hours(plan, seed=0, run=0)).shop
    raise TypeError(checks.complain("plot_layout", "it must be given a Shop or a Scenario", what))


def _values(shop: Shop, colour: object) -> dict[str, float]:
    """By the name of a station or store; copies of a station together."""
    if colour is None:
        return {}
    if not isinstance(colour, (pd.Series, Mapping)):
        rule, cure = "colour must be a Series or a mapping", 'Such as run.stations["blocked"].'
        raise TypeError(checks.complain("plot_layout", rule, colour, cure))
    known = {
        numbered(station.name, copy): station.name
        for line in shop.lines
        for station in line.stations
        for copy in range(line.copies + 1)
    } | {store.name: store.name for store in shop.stores}
    values: dict[str, list[float]] = defaultdict(list)
    for name, value in colour.items():
        if name not in known:
            rule = "each name in colour must be that of a station or a store"
            cure = nearest(str(name), sorted({*known.values()}))
            raise ValueError(checks.complain("plot_layout", rule, name, cure))
        number = checks.number("plot_layout", f"the colour of {name!r}", value, low=-np.inf)
        values[known[name]].append(number)
    return {name: float(np.mean(several)) for name, several in values.items()}


# --------------------------------------------------------------------------- places


def _flows(shop: Shop) -> Iterator[Flow]:
    for line in shop.lines:
        this = ("line", line.name)
        for name in store_names(line.takes):
            yield Flow(("store", name), this, "takes")
        for kind in ("puts", "rejects", "returns"):
            for name in store_names(getattr(line, kind)):
                yield Flow(this, ("store", name), kind)


def arranged(shop: Shop, flows: list[Flow]) -> dict[Node, Place]:
    """The column and the row of each line and store; rows count from the middle.

    The column is the longest way from a begin, without what goes back. Within a column the order is
    that of the mean rows of the neighbours (the barycenters of Sugiyama, Tagawa and Toda, 1981).
    """
    nodes: list[Node] = [("line", line.name) for line in shop.lines]
    nodes += [("store", store.name) for store in shop.stores]
    column = _columns(nodes, flows)
    beside: dict[Node, list[Node]] = defaultdict(list)
    for flow in flows:
        beside[flow.begin].append(flow.end)
        beside[flow.end].append(flow.begin)
    members: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        members[column[node]].append(node)
    row = {node: _row(k, len(each)) for each in members.values() for k, node in enumerate(each)}
    for _ in range(SWEEPS):
        for number in sorted(members):
            wanted = {
                node: np.mean([row[other] for other in beside[node]]) if beside[node] else row[node]
                for node in members[number]
            }
            members[number].sort(key=wanted.__getitem__)
            for k, node in enumerate(members[number]):
                row[node] = _row(k, len(members[number]))
    return {node: (column[node], row[node]) for node in nodes}


def _row(k: int, n: int) -> float:
    return k - (n - 1) / 2


def _columns(nodes: list[Node], flows: list[Flow]) -> dict[Node, int]:
    """The longest way to each node, along flows that close no ring; feeders as late as can be."""
    follows: dict[Node, list[Node]] = defaultdict(list)
    for flow in flows:
        follows[flow.begin].append(flow.end)
    filled = {flow.end for flow in flows}
    begins = [node for node in nodes if node not in filled]
    last: list[Node] = []  # each after all that follows it
    state: dict[Node, int] = {}  # 1 while what follows it is looked at, then 2
    ahead: dict[Node, list[Node]] = defaultdict(list)
    for begin in [*begins, *nodes]:
        if begin in state:
            continue
        state[begin] = 1
        stack = [(begin, iter(follows[begin]))]
        while stack:
            node, left = stack[-1]
            after = next(left, None)
            if after is None:
                stack.pop()
                state[node] = 2
                last.append(node)
            elif state.get(after) != 1:
                ahead[node].append(after)
                if after not in state:
                    state[after] = 1
                    stack.append((after, iter(follows[after])))
    column = dict.fromkeys(nodes, 0)
    for node in reversed(last):
        for after in ahead[node]:
            column[after] = max(column[after], column[node] + 1)
    for node in last:  # what feeds a late line stands close to it
        if ahead[node]:
            column[node] = min(column[after] for after in ahead[node]) - 1
    return column


# --------------------------------------------------------------------------- drawing


def _shades(ax: Axes, values: Mapping[str, float], label: str) -> Any:
    """From a number to its colour; white where there is none, one for all without numbers."""
    if not values:
        return lambda _: SKY
    from matplotlib import colormaps  # loaded only when something is drawn
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    scale = ScalarMappable(
        Normalize(low, high if high > low else low + 1.0), colormaps["cividis_r"]
    )
    ax.figure.colorbar(scale, ax=ax, label=as_written(label), shrink=0.6, pad=0.01)
    return lambda value: "white" if value is None else scale.to_rgba(value)


def _draw_line(ax: Axes, place: Place, line: Line, values: Mapping[str, float], shade: Any) -> None:
    from matplotlib.patches import Rectangle  # loaded only when something is drawn

    x, y = place
    width = WIDE / len(line.stations)
    for k, station in enumerate(line.stations):
        corner = (x - WIDE / 2 + k * width, y - HIGH / 2)
        cell = Rectangle(corner, width, HIGH, fc=shade(values.get(station.name)), ec=BLUE, lw=1.2)
        ax.add_patch(cell)
    name = f"{line.name} x {line.copies}" if line.copies > 1 else line.name
    ax.text(x, y - HIGH / 2 - 0.05, as_written(name), ha="center", va="bottom", fontsize=7)


def _draw_store(ax: Axes, place: Place, text: str, colour: Any) -> None:
    from matplotlib.patches import Ellipse  # loaded only when something is drawn

    x, y = place
    ax.add_patch(Ellipse((x, y), 0.16, HIGH, fc=colour, ec=VERMILLION, lw=1.4, zorder=3))
    ax.text(x, y - HIGH / 2 - 0.05, as_written(text), ha="center", va="bottom", fontsize=7)


_DASHES = {"takes": "-", "puts": "-", "rejects": "--", "returns": ":"}


def _lanes(places: Mapping[Node, Place], flows: list[Flow]) -> dict[Flow, list[Place]]:
    """The way of each flow that goes back: below all that it passes by."""
    lanes: dict[Flow, list[Place]] = {}
    for flow in flows:
        (right, begin), (left, end) = places[flow.begin], places[flow.end]
        if right <= left:
            continue
        lowest = max(y for x, y in places.values() if left <= x <= right)
        lane = lowest + LANE + APART * (len(lanes) % MOST_LANES)
        out, back = _halves(flow.kind)
        way = [(right, begin + HIGH / 2), (right, lane)]
        if any(x == right and y > begin for x, y in places.values()):
            way = [(right + out, begin), (right + ASIDE, begin), (right + ASIDE, lane)]
        if any(x == left and y > end for x, y in places.values()):
            way += [(left - ASIDE, lane), (left - ASIDE, end), (left - back, end)]
        else:
            way += [(left, lane), (left, end + HIGH / 2)]
        lanes[flow] = way
    return lanes


def _halves(kind: str) -> tuple[float, float]:
    """Half the width of what a flow comes from, and of what it goes to. [columns]"""
    return (0.08, WIDE / 2) if kind == "takes" else (WIDE / 2, 0.08)


def _draw_flow(ax: Axes, begin: Place, end: Place, kind: str, way: list[Place] | None) -> None:
    """An arrow, straight or along its way back."""
    from matplotlib.patches import FancyArrowPatch  # loaded only when something is drawn
    from matplotlib.path import Path

    out, back = _halves(kind)
    arrow = FancyArrowPatch(
        path=Path(way or [(begin[0] + out, begin[1]), (end[0] - back, end[1])]),
        arrowstyle="-|>",
        mutation_scale=7,
        color=VERMILLION if kind == "rejects" else GREY,
        ls=_DASHES[kind],
        lw=0.9,
        zorder=0,
    )
    ax.add_patch(arrow)
