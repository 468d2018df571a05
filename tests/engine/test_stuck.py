"""Shops that get stuck, and shops that only look so: rule 17, for both engines."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from ningde_sim import Line, Shop, Station, Store, compare, replicate, simulate, sweep, warm_up
from ningde_sim.exceptions import SeriesTooShort, ShopStuck
from tests.engine.by_hand import HOUR, windows


def leaking(scrap=1.0):
    """A loop of two pallets that loses one with each scrapped body."""
    line = Line("L", [Station("A", 60), Station("B", 60, scrap=scrap)], takes="p", puts="p")
    return Shop("leaking", [line], stores=[Store("p", 2, initial=2)], output="L")


def test_a_loop_without_parts_is_stuck(run):
    """The first pallet is lost at 120 s, the second at 180 s: who waits for whom is told."""
    with pytest.warns(ShopStuck) as caught:
        result = run(leaking(), 600)
    assert result.stuck.stations == ("A", "B")
    assert result.stuck.everything
    assert result.stuck.since == pytest.approx(180 / HOUR)
    assert result.stuck.ring == (
        "A waits for a part from store 'p', which B brings",
        "B waits for a part from the buffer A > B, which A brings",
    )
    text = str(caught[0].message)
    assert text.startswith("Shop 'leaking': nothing can ever move again since 0.05 h: A waits")
    assert "nothing can ever move again since 0.05 h" in " ".join(result.summary().split())
    assert caught[0].filename == __file__.replace("test_stuck", "conftest")
    copy = pickle.loads(pickle.dumps(caught[0].message))
    assert str(copy) == text


def test_a_run_that_is_not_over_is_not_stuck(run):
    assert run(leaking(), 179).stuck is None


def test_a_part_of_a_shop_may_be_stuck(run):
    """A deadlock of two lines that each need what the other makes; a third goes on."""
    lines = [
        Line("X", [Station("X1", 10)], takes=("a", "b"), puts="a"),
        Line("Y", [Station("Y1", 10)], takes="a", puts="b"),
        Line("Z", [Station("Z1", 10)]),
    ]
    stores = [Store("a", 2, initial=1), Store("b", 2, initial=1)]
    shop = Shop("s", lines, stores=stores, output=("X", "Z"))
    with pytest.warns(ShopStuck, match="2 stations, X1 the first, can never move again since"):
        result = run(shop, 600)
    # X and Y both want the part of a: X has it and b, then Y takes a and makes b, for ever one.
    assert len(result.exits["Z"]) == 60


def test_full_stores_on_a_ring_are_stuck(run):
    """Each line puts to the store from which the other takes; both stores are full."""
    lines = [
        Line("X", [Station("X1", 10)], takes="a", puts="b"),
        Line("Y", [Station("Y1", 10)], takes="b", puts=("a", "c")),
        Line("E", [Station("E1", 10)], takes=("c", "d")),
        Line("D", [Station("D1", 1e7)], puts="d"),
    ]
    stores = [Store("a", 2, initial=2), Store("b", 2, initial=2), Store("c", 1), Store("d", 1)]
    result = run(Shop("s", lines, stores=stores, output="E"), 3600)
    assert result.stuck is None  # D is at work: after 1e7 s everything moves again


def test_lines_that_never_work_together_are_stuck_hand_to_hand(run):
    """A works by day, B by night, nothing between them."""
    lines = [
        Line("A", [Station("A1", 10)], puts="x", working_time=windows((0, 100))),
        Line("B", [Station("B1", 10)], takes="x", working_time=windows((200, 300))),
    ]
    with pytest.warns(ShopStuck, match="B1 waits for a part from store 'x', which A1 brings"):
        assert run(Shop("s", lines, stores=[Store("x", 0)]), 400).stuck.since == 10 / HOUR


def test_a_closed_shop_is_not_stuck(run):
    """At night both wait, and meet at the next opening; so does one that has closed for good."""
    lines = [Line("A", [Station("A1", 10)], puts="x"), Line("B", [Station("B1", 10)], takes="x")]
    shop = Shop("s", lines, stores=[Store("x", 0)], working_time=windows((0, 100), (200, 300)))
    for seconds in (99, 100, 150, 250, 400):
        assert run(shop, seconds).stuck is None


def test_hand_to_hand_partners_that_wait_for_a_third_are_not_stuck(run):
    """A is finished and B empty; B still lacks a part that C is making."""
    lines = [
        Line("A", [Station("A1", 10)], puts="x"),
        Line("C", [Station("C1", 1000)], puts="c"),
        Line("B", [Station("B1", 10)], takes=("x", "c")),
    ]
    assert run(Shop("s", lines, stores=[Store("x", 0), Store("c", 1)]), 500).stuck is None


def test_a_chain_ends_where_nobody_brings_anything(run):
    """Four parts are used up; none comes back but by scrap, which there is none of."""
    lines = [
        Line("A", [Station("A1", 10)], takes="p", returns="p"),
        Line("B", [Station("B1", 10)]),
    ]
    with pytest.warns(ShopStuck, match="station A1 can never move again since 0.01 h"):
        result = run(Shop("s", lines, stores=[Store("p", 4, initial=4)]), 600)
    assert result.stuck.ring == ("A1 waits for a part from store 'p', which A1 brings",)


def test_studies_sweeps_comparisons_and_warm_ups_tell_it():
    """One warning, of how many runs, with the ring of the first."""
    with pytest.warns(ShopStuck, match="12 of 12 runs got stuck; in the first nothing can") as told:
        study = replicate(leaking(0.5), hours=10, runs=12, seed=0, progress=False)
    assert len(told) == 1
    assert np.all(study.column("stuck") > 9)
    assert "12 of 12 runs came to a stop" in study.summary()
    at = {"stations.B.scrap": [0.0, 0.5, 0.9]}
    with pytest.warns(ShopStuck, match=r"scrap = 0\.5 and 1 more design point: 2 of 2 runs"):
        sweep(leaking(), at, hours=10, runs=2, seed=0, progress=False)
    with pytest.warns(ShopStuck):
        compare(leaking(0.5), leaking(0.0), hours=10, runs=12, seed=0, progress=False)
    with pytest.warns((ShopStuck, SeriesTooShort)) as told:
        warm_up.how_long(leaking(0.5), hours=100, runs=2, seed=0, progress=False)
    assert "2 of 2 runs got stuck" in " ".join(str(w.message) for w in told)


def test_a_loop_that_gets_its_pallets_back_never_stops():
    line = Line(
        "L", [Station("A", 60), Station("B", 60, scrap=0.5)], takes="p", puts="p", returns="p"
    )
    shop = Shop("kept", [line], stores=[Store("p", 2, initial=2)], output="L")
    study = replicate(shop, hours=100, runs=10, seed=0, progress=False)
    assert study.column("stuck").tolist() == [0.0] * 10
    assert simulate(shop, hours=100, seed=0).stuck is None
