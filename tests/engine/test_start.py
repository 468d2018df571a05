"""What is in a shop at the start of a run, and a run that goes on where another ended."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import Exponential, Line, Shop, Split, Start, Station, Store, simulate
from tests.engine.by_hand import exits
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)


def line_of(*cycles, buffers=2, **options):
    return Line(
        "L", [Station(f"S{i}", c) for i, c in enumerate(cycles)], buffers=buffers, **options
    )


def test_bodies_on_stations_and_in_buffers(run):
    """S0 works, S1 has finished, two wait between them: the next exits come 60 s apart."""
    start = Start({"S0": "working", "S1": "finished"}, {"S0 > S1": 2}, {"S1": 0.5})
    result = run(Shop("s", [line_of(60, 60)], start=start), 240)
    assert exits(result, "L") == [0, 60, 120, 180, 240]
    assert result.lead_times["L"].tolist()[:3] == [1_800_000, 60_000, 120_000]
    assert result.counts.wip["start"] == 4


def test_parts_in_a_store_replace_its_initial_ones(run):
    """Three skids of which one comes back with an age; the store alone would have one."""
    line = line_of(60, takes="s", puts="s")
    shop = Shop("s", [line], stores=[Store("s", 4, initial=1)], output="L")
    assert run(shop, 60).stores.loc["s", "level_start"] == 1
    more = dataclasses.replace(shop, start=Start(parts={"s": (0.25, None, None)}))
    result = run(more, 180)
    assert result.stores.loc["s", "level_start"] == 3
    assert (result.lead_times["L"] / 1000).tolist() == [960, 60, 60]


def test_a_finished_body_waits_for_the_place_that_a_split_chose(run):
    lines = [
        Line("F", [Station("F1", 10)], puts=Split({"a": 1.0, "b": 0.0})),
        Line("A", [Station("A1", 10)], takes="a"),
        Line("B", [Station("B1", 10)], takes="b"),
    ]
    shop = Shop(
        "s",
        lines,
        stores=[Store("a", 0), Store("b", 0)],
        output=("A", "B"),
        start=Start({"F1": "finished"}),
    )
    assert exits(run(shop, 35), "A") == [10, 20, 30]


def test_the_end_of_a_run_tells_what_is_inside(run):
    """S0 blocked, two in the buffer, S1 at work: with their ages."""
    result = run(Shop("s", [line_of(10, 100)]), 250)
    assert dict(result.end.bodies) == {"S0": "finished", "S1": "working"}
    assert dict(result.end.parts) == {"S0 > S1": tuple(pytest.approx(s / 3600) for s in (220, 140))}


def test_a_run_goes_on_where_another_ended(run):
    """With cycles that end at the cut: 100 s and 100 s are 200 s, lead times included."""
    shop = Shop("s", [line_of(20, 20, 20, buffers=[2, 0])])
    whole, first = run(shop, 200), run(shop, 100)
    second = run(dataclasses.replace(shop, start=first.end), 100)
    assert exits(whole, "L") == exits(first, "L") + [100 + t for t in exits(second, "L")]
    both = np.concatenate([each.lead_times["L"] for each in (first, second)])
    np.testing.assert_array_equal(whole.lead_times["L"], both)
    assert second.counts.wip["start"] == first.counts.wip["end"]


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(shop=shops(), seed=st.integers(0, 2**63 - 1))
def test_the_end_of_any_run_is_a_start(shop, seed):
    """The shop takes it; the second run begins with the parts with which the first ended."""
    first = simulate(shop, hours=0.5, seed=seed)
    other = dataclasses.replace(shop, start=first.end)
    runs = [
        simulate(other, hours=0.5, seed=seed, run=1, engine=e) for e in ("reference", "compiled")
    ]
    for second in runs:
        assert second.counts.wip["start"] == first.counts.wip["end"]
        np.testing.assert_array_equal(
            second.counts.stores["level_start"], first.counts.stores["level_end"]
        )
    np.testing.assert_array_equal(runs[0].counts.inside, runs[1].counts.inside)
    np.testing.assert_array_equal(runs[0].counts.spent, runs[1].counts.spent)
    for line, times in runs[0].exits.items():
        np.testing.assert_array_equal(times, runs[1].exits[line])
        np.testing.assert_array_equal(runs[0].lead_times[line], runs[1].lead_times[line])


def test_a_loop_may_hold_its_parts_on_stations(run):
    """No part in the store, one on the station."""
    line = line_of(60, takes="s", puts="s")
    stores = [Store("s", 1)]
    with pytest.raises(ValueError, match="these lines never start"):
        Shop("s", [line], stores=stores, output="L")
    shop = Shop("s", [line], stores=stores, output="L", start=Start({"S0": "working"}))
    assert exits(run(shop, 180), "L") == [60, 120, 180]


def test_a_study_and_a_sweep_begin_there_too():
    """The start belongs to the shop, so all that repeats shops knows it."""
    shop = Shop("s", [line_of(Exponential(10), 20)], start=Start(parts={"S0 > S1": 2}))
    one, other = (
        simulate(s, hours=1, seed=0).bodies for s in (shop, shop.replace({"lines.L.buffers": 5}))
    )
    assert other >= one
    assert eval(repr(shop), vars(__import__("ningde_sim"))) == shop


BAD = [
    ({"bodies": {"S9": "working"}}, "unknown station in start, got 'S9'."),
    ({"bodies": {"S0": "scrapped"}}, "no body can be scrapped and wait on station 'S0' at the"),
    ({"bodies": {"S0": "rejected"}}, "no body can be rejected and wait on station 'S0' at the"),
    ({"parts": {"x": 1}}, "unknown store or buffer in start, got 'x'."),
    ({"parts": {"S0 > S1": 3}}, "in 'S0 > S1' must be at most its capacity 2, got 3."),
]


@pytest.mark.parametrize(("fields", "text"), BAD)
def test_what_has_no_place_is_refused(fields, text):
    with pytest.raises(ValueError, match="Shop 's': ") as raised:
        Shop("s", [line_of(60, 60)], start=Start(**fields))
    assert text in str(raised.value)


BAD_STARTS = [
    ({"bodies": {"S0": "lost"}}, ValueError, "the state of station 'S0' must be one of working"),
    ({"bodies": ["S0"]}, TypeError, "bodies must be a mapping"),
    ({"parts": {"s": -1}}, ValueError, "the parts in 's' must be at least 0, got -1."),
    ({"parts": {"s": "3"}}, TypeError, "the parts in 's' must be a whole number, got '3'."),
    ({"parts": {"s": (-1,)}}, ValueError, "each age of the parts in 's' must be at least 0"),
    ({"ages": {"S0": 1}}, ValueError, "ages are of stations with a body, got 'S0'."),
]


@pytest.mark.parametrize(("fields", "error", "text"), BAD_STARTS)
def test_a_wrong_start_gets_a_clear_error(fields, error, text):
    with pytest.raises(error) as raised:
        Start(**fields)
    assert f"Start: {text}" in str(raised.value)


def test_copies_are_named_one_by_one(run):
    line = line_of(60, 60, copies=2)
    start = Start({"S0 #2": "working"}, {"S0 > S1 #1": 2})
    result = run(Shop("s", [line], start=start), 60)
    assert result.counts.wip["start"] == 3
    with pytest.raises(ValueError, match="unknown station in start, got 'S0'"):
        Shop("s", [line], start=Start({"S0": "working"}))
