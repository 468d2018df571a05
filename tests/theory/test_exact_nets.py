"""Nets in which two ways to count or to build give exactly the same number."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Exponential, Failure, Fixed, Line, Shop, Station, Store, simulate
from ningde_sim.exceptions import ShopStuck

each_engine = pytest.mark.parametrize("engine", ["compiled", "reference"])

HEADWAY = 4.0
"""Of the conveyor. [s]"""

CELLS = 6


def on_a_belt() -> Shop:
    """A machine that fails, a conveyor for six parts, another machine that fails."""
    first, last = machines()
    belt = Store.conveyor("belt", length=9, speed=0.375, spacing=1.5)
    assert (belt.capacity, belt.transit_time, belt.headway) == (CELLS, CELLS * HEADWAY, HEADWAY)
    lines = [Line("first", [first], puts="belt"), Line("last", [last], takes="belt")]
    return Shop("belt", lines, stores=[belt])


def in_cells() -> Shop:
    """The same with a station a place, hand to hand."""
    first, last = machines()
    cells = [Station(f"cell {i}", Fixed(HEADWAY)) for i in range(CELLS)]
    return Shop("cells", [Line("last", [first, *cells, last])])


def machines() -> list[Station]:
    mode = Failure("f", Exponential(0.1), Exponential(2), clock="operating")
    return [Station(name, Exponential(6), failures=[mode]) for name in ("first", "last")]


@pytest.mark.parametrize(("engine", "hours"), [("compiled", 500), ("reference", 10)])
def test_an_accumulating_conveyor_is_a_chain_of_cells(engine, hours):
    """All exits to the millisecond: the belt is full or empty for a good part of the time."""
    belt, cells = (
        simulate(shop, hours=hours, seed=3, engine=engine) for shop in (on_a_belt(), in_cells())
    )
    assert belt.bodies > 200 * hours
    np.testing.assert_array_equal(belt.exits["last"], cells.exits["last"])
    assert 0.1 < belt.stations.loc["first", "blocked"] / hours < 0.5
    for name in ("first", "last"):
        for state in ("working", "down", "blocked", "starved"):
            assert belt.stations.loc[name, state] == cells.stations.loc[name, state]


def checked(stock: int) -> Shop:
    """Blanks that run out, two machines side by side, a check, repairs, a check of these anew."""
    lines = [
        Line("machine", [Station("M", Exponential(50))], takes="blanks", puts="made", copies=2),
        Line(
            "check",
            [Station("C", Exponential(18), reject=0.3), Station("P", 15, rework=0.1)],
            takes=[("repaired", "made")],
            rejects="bad",
            buffers=1,
        ),
        Line("repair", [Station("R", Exponential(80))], takes="bad", puts="repaired", copies=3),
    ]
    stores = [
        Store("blanks", stock, initial=stock),
        Store("made", 3, transit_time=20),
        Store("bad", stock),
        Store("repaired", 2),
    ]
    return Shop("checked", lines, stores=stores, output="check")


@each_engine
def test_the_integral_of_wip_is_the_sum_of_the_stays(engine):
    """Little's law without a remainder: all 500 have left, some after several repairs."""
    with pytest.warns(ShopStuck, match="'blanks', which nobody brings"):
        run = simulate(checked(500), hours=10, seed=0, engine=engine)
    assert run.bodies == 500
    assert run.stations.loc["C", "rejected"] > 150
    stays = run.lead_times["check"]
    assert run.counts.wip["ms"] == stays.sum()
    assert run.wip == pytest.approx(run.throughput * stays.mean() / 3_600_000, rel=1e-12)


@each_engine
def test_a_body_stays_for_as_many_moves_as_an_indexing_line_has_stations(engine):
    """Once full, ten bodies are inside; each exit is a move, and the tenth from now takes mine."""
    stations = [Station(f"S{i}", Exponential(60)) for i in range(10)]
    shop = Shop("indexing", [Line("line", stations, transfer="together")])
    run = simulate(shop, hours=10, seed=1, engine=engine)
    exits, stays = run.exits["line"], run.lead_times["line"]
    np.testing.assert_array_equal(stays[10:], (exits[10:] - exits[:-10]))
