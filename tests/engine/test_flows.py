"""Quantities, alternatives, splits, rejects, finite stock, lead times: worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ningde_sim import Exponential, Line, Shop, Split, Station, Store, simulate
from ningde_sim.exceptions import ShopStuck
from tests.engine.by_hand import every, exits, states

HOUR = 3600


def feed(name, seconds, store, **options):
    """A line of one station that fills a store without end."""
    return Line(name, [Station(f"{name}1", seconds, **options)], puts=store)


# ---------------------------------------------------------------------------- quantities


def test_four_wheels_to_a_car(run):
    """Wheels each 10 s, four of them at 40 s, then a car each 60 s."""
    cars = Line("cars", [Station("C", 60)], takes={"wheels": 4})
    result = run(Shop("s", [feed("W", 10, "wheels"), cars], stores=[Store("wheels", 8)]), 400)
    assert exits(result, "cars") == [100, 160, 220, 280, 340, 400]
    assert result.stores.loc["wheels", "taken"] == 28
    assert states(result, "C") == {"working": 360, "starved": 40}


def test_an_oven_waits_for_ten_and_lets_ten_out(run):
    """A part each 30 s: the oven is full at 300 s, then each 300 s; ten go out at once."""
    oven = Line("oven", [Station("O", 120)], takes={"raw": 10}, puts={"baked": 10})
    out = Line("out", [Station("P", 1)], takes="baked")
    shop = Shop(
        "s", [feed("F", 30, "raw"), oven, out], stores=[Store("raw", 20), Store("baked", 10)]
    )
    result = run(shop, 1100)
    assert exits(result, "out") == [t + i for t in (420, 720, 1020) for i in range(1, 11)]


@pytest.mark.parametrize(("places", "blocked"), [(12, 580), (13, 540), (24, 520)])
def test_a_press_puts_twelve_at_one_instant(run, places, blocked):
    """A pallet of twelve waits until all twelve have a place; a blank is taken each 60 s.

    The first twelve come at 60 s, when one of them is taken. The next are ready at 120 s: of twelve
    places all are free at 720 s, of thirteen twelve at 660 s; of 24 at once, but then the third
    pallet waits from 180 s on. The run ends at 700 s.
    """
    press = Line("press", [Station("P", 60)], puts={"blanks": 12})
    weld = Line("weld", [Station("W", 60)], takes="blanks")
    result = run(Shop("s", [press, weld], stores=[Store("blanks", places)]), 700)
    assert result.stations.loc["P", "blocked"] * 3600 == pytest.approx(blocked)


def test_quantities_and_single_parts_in_one_list(run):
    """A body takes one underbody and two doors."""
    lines = [
        feed("U", 50, "under"),
        feed("D", 20, "doors"),
        Line("B", [Station("B1", 10)], takes=["under", {"doors": 2}]),
    ]
    shop = Shop("s", lines, stores=[Store("under", 2), Store("doors", 4)])
    result = run(shop, 300)
    assert exits(result, "B") == [60, 110, 160, 210, 260]
    assert shop.lines[2].takes[0] == "under"
    assert repr(shop.lines[2].takes) == "('under', {'doors': 2})"


# ---------------------------------------------------------------------------- alternatives


def test_repaired_bodies_go_before_new_ones(run):
    """A merge of 60 s that gets six repaired bodies an hour passes all six, and 54 new ones."""
    lines = [
        feed("N", 30, "new"),
        feed("R", 600, "repaired"),
        Line("M", [Station("M1", 60)], takes=[("repaired", "new")]),
    ]
    shop = Shop("s", lines, stores=[Store("new", 5), Store("repaired", 5)])
    result = run(shop, 10 * HOUR, warm_up=HOUR)
    assert result.bodies == 600
    assert result.stores["taken"].to_dict() == {"new": 540, "repaired": 60}


@pytest.mark.parametrize("capacity", [0, 3])
def test_the_first_alternative_that_has_a_place_is_used(run, capacity):
    """A keeps up with all parts, B gets one only where A cannot take it."""
    lines = [
        Line("F", [Station("F1", 10)], puts=[("a", "b")]),
        Line("A", [Station("A1", 9)], takes="a"),
        Line("B", [Station("B1", 10)], takes="b"),
    ]
    stores = [Store("a", capacity), Store("b", capacity)]
    result = run(Shop("s", lines, stores=stores, output=("A", "B")), 1000)
    assert len(exits(result, "A")) == 99
    assert exits(result, "B") == []
    slow = [lines[0], Line("A", [Station("A1", 40)], takes="a"), lines[2]]
    result = run(Shop("s", slow, stores=stores, output=("A", "B")), 1000)
    passed = [len(exits(result, name)) for name in ("A", "B")]
    in_a = 1 + capacity  # one on the station, the buffer full in the end
    assert passed == [24, 99 - 24 - in_a]


def test_an_alternative_hand_to_hand_meets_a_partner_who_can_move(run):
    """X is under way for long, so F hands over to Y, which comes second."""
    lines = [
        Line("F", [Station("F1", 10)], puts=[("x", "y")]),
        Line("X", [Station("X1", 100)], takes="x"),
        Line("Y", [Station("Y1", 10)], takes="y"),
    ]
    shop = Shop("s", lines, stores=[Store("x", 0), Store("y", 0)], output=("X", "Y"))
    result = run(shop, 115)
    assert exits(result, "X") == [110]
    assert exits(result, "Y") == [30, 40, 50, 60, 70, 80, 90, 100, 110]


def test_alternatives_with_quantities_come_from_one_store(run):
    """Two of a at 20 s; b is never used, though it has one part from the start."""
    lines = [
        feed("A", 10, "a"),
        feed("B", 1000, "b"),
        Line("T", [Station("T1", 5)], takes={("b", "a"): 2}),
    ]
    shop = Shop("s", lines, stores=[Store("a", 4), Store("b", 4, initial=1)])
    result = run(shop, 100)
    assert exits(result, "T") == [25, 45, 65, 85]
    assert result.stores["taken"].to_dict() == {"a": 10, "b": 0}


# ---------------------------------------------------------------------------- splits


def test_a_split_sends_by_share(run):
    """Of 10,000 bodies 30 %, to within 4 standard deviations; the choice waits for its place."""
    lines = [
        Line("F", [Station("F1", 1)], puts=Split({"a": 0.7, "b": 0.3})),
        Line("A", [Station("A1", 0.5)], takes="a"),
        Line("B", [Station("B1", 0.5)], takes="b"),
    ]
    shop = Shop("s", lines, stores=[Store("a", 1), Store("b", 1)])
    result = run(shop, 10_000)
    n = 10_000
    assert result.stores["put"].sum() == n
    assert abs(result.stores.loc["b", "put"] - 0.3 * n) < 4 * math.sqrt(0.21 * n)


def test_a_body_waits_for_the_store_that_the_split_chose(run):
    """All go to b, and b is slow: a stays empty."""
    lines = [
        Line("F", [Station("F1", 10)], puts=Split({"a": 0.0, "b": 1.0})),
        Line("A", [Station("A1", 10)], takes="a"),
        Line("B", [Station("B1", 100)], takes="b"),
    ]
    shop = Shop("s", lines, stores=[Store("a", 1), Store("b", 1)], output=("A", "B"))
    result = run(shop, 1000)
    assert exits(result, "A") == []
    assert exits(result, "B") == [110 + 100 * i for i in range(9)]


def test_a_split_draws_by_cycle_so_that_a_change_elsewhere_moves_nobody():
    """The k-th body goes the same way, whatever the speed of the machines behind."""

    def put(seconds):
        lines = [
            Line("F", [Station("F1", 10)], puts=Split({"a": 0.5, "b": 0.5})),
            Line("A", [Station("A1", seconds)], takes="a"),
            Line("B", [Station("B1", 10)], takes="b"),
        ]
        shop = Shop("s", lines, stores=[Store("a", 1000), Store("b", 1000)])
        return simulate(shop, hours=10, seed=1).stores["put"].to_dict()

    assert put(10) == put(30)


# ---------------------------------------------------------------------------- rejects, rounds


def rework_loop(reject, rounds=None):
    """A check of 60 s; what it rejects is repaired in 30 s and comes back before new bodies."""
    lines = [
        feed("N", 30, "new"),
        Line(
            "M",
            [Station("M1", 60, reject=reject)],
            takes=[("repaired", "new")],
            rejects="bad",
            rounds=rounds,
        ),
        Line("R", [Station("R1", 30)], takes="bad", puts="repaired"),
    ]
    stores = [Store("new", 2), Store("bad", 2), Store("repaired", 2)]
    return Shop("s", lines, stores=stores, output="M")


@pytest.mark.parametrize("rounds", [0, 1, 2, 5])
def test_after_so_many_rounds_a_body_is_scrapped(run, rounds):
    """All are rejected each time: each body is checked rounds + 1 times, then scrapped."""
    result = run(rework_loop(1.0, rounds), 10 * HOUR)
    checked = result.stations.loc["M1"]
    assert result.bodies == 0
    assert checked["cycles"] == checked["scrapped"] + checked["rejected"]
    assert checked["scrapped"] == pytest.approx(checked["cycles"] / (rounds + 1), abs=3)


def test_a_rework_loop_passes_its_share(run):
    """A tenth of all checks fails: of 1,800 some 1,620 leave good."""
    result = run(rework_loop(0.1), 30 * HOUR)
    n = result.stations.loc["M1", "cycles"]
    assert n >= 1_798
    assert abs(result.bodies - 0.9 * n) < 4 * math.sqrt(0.09 * n)
    assert result.stores.loc["repaired", "taken"] == pytest.approx(n - result.bodies, abs=4)


def test_who_leaves_the_line_good_begins_anew(run):
    """Two lines of one round each: what the first rejected once may be rejected by the second."""
    lines = [
        Line("A", [Station("A1", 10, reject=1.0)], rejects="a", rounds=1),
        Line("B", [Station("B1", 10, reject=1.0)], takes="a", rejects="b", rounds=2),
        Line("C", [Station("C1", 10)], takes="b"),
    ]
    result = run(Shop("s", lines, stores=[Store("a", 1), Store("b", 1)], output="C"), 1000)
    assert result.stations["scrapped"].sum() == 0  # rejected by A once, by B once
    lines[1] = Line("B", [Station("B1", 10, reject=1.0)], takes="a", rejects="b", rounds=1)
    result = run(Shop("s", lines, stores=[Store("a", 1), Store("b", 1)], output="C"), 1000)
    assert result.stations["scrapped"].to_dict() == {"A1": 0, "B1": 99, "C1": 0}


def test_a_reject_in_the_middle_of_a_line_leaves_it_there(run):
    """A2 rejects all: A3 never gets a body, the audit gets each."""
    stations = [Station("A1", 10), Station("A2", 10, reject=1.0), Station("A3", 10)]
    lines = [
        Line("A", stations, rejects="audit"),
        Line("Q", [Station("Q1", 5)], takes="audit"),
    ]
    result = run(Shop("s", lines, stores=[Store("audit", 1)]), 100)
    assert exits(result, "Q") == [25, 35, 45, 55, 65, 75, 85, 95]
    assert exits(result, "A") == []


# ---------------------------------------------------------------------------- finite stock


def test_a_stock_that_no_line_fills_runs_out(run):
    """Fifty castings, one each 60 s."""
    shop = Shop(
        "s", [Line("L", [Station("L1", 60)], takes="cast")], stores=[Store("cast", 50, initial=50)]
    )
    with pytest.warns(
        ShopStuck, match="L1 waits for a part from store 'cast', which nobody brings"
    ):
        result = run(shop, 2 * HOUR)
    assert result.bodies == 50
    assert result.stores.loc["cast", "level_end"] == 0


def test_a_rest_that_is_too_small_stays(run):
    """Fifty castings, eight at a time: two are left."""
    shop = Shop(
        "s",
        [Line("L", [Station("L1", 60)], takes={"cast": 8})],
        stores=[Store("cast", 50, initial=50)],
    )
    with pytest.warns(ShopStuck):
        result = run(shop, HOUR)
    assert result.bodies == 6
    assert result.stores.loc["cast", "level_end"] == 2


# ---------------------------------------------------------------------------- lead time


def test_lead_times_of_a_line(run):
    """A feeds B through two places: in the end a body waits for all those before it."""
    line = Line("L", [Station("A", 60), Station("B", 70)], buffers=2)
    result = run(Shop("s", [line]), 10 * HOUR)
    leads = result.lead_times["L"] / 1000
    assert leads[:3].tolist() == [130, 140, 150]
    assert leads[-1] == 280  # four bodies before it on A, in the buffer and on B
    assert result.lead_time(0.5) == pytest.approx(280 / 3600)


def test_an_assembly_keeps_the_birth_of_what_it_takes_first(run):
    """Old bodies and fresh doors, in either order of takes."""
    bodies = Line("B", [Station("B1", 100), Station("B2", 100)], puts="bodies")
    doors = Line("D", [Station("D1", 10)], puts="doors")
    stores = [Store("bodies", 1), Store("doors", 0)]

    def first(takes):
        marry = Line("M", [Station("M1", 50)], takes=takes)
        return run(Shop("s", [bodies, doors, marry], stores=stores), 300).lead_times["M"].tolist()

    assert first(["bodies", "doors"]) == [250_000]
    assert first(["doors", "bodies"]) == [250_000]  # the door was loaded at 0 too, and waited
    doors = Line("D", [Station("D1", 10)], puts="doors", takes="sheets")
    sheets = Line("S", [Station("S1", 150)], puts="sheets")
    stores.append(Store("sheets", 1))

    def second(takes):
        marry = Line("M", [Station("M1", 50)], takes=takes)
        shop = Shop("s", [bodies, doors, sheets, marry], stores=stores)
        return run(shop, 300).lead_times["M"].tolist()

    assert second(["bodies", "doors"]) == [250_000]
    assert second(["doors", "bodies"]) == [250_000]


def test_a_batch_is_as_old_as_its_oldest_part(run):
    """Three parts of 10 s each: the first was born at 0."""
    batch = Line("B", [Station("B1", 5)], takes={"s": 3})
    result = run(Shop("s", [feed("F", 10, "s"), batch], stores=[Store("s", 3)]), 70)
    assert (result.exits["B"] / 1000).tolist() == [35, 65]
    assert (result.lead_times["B"] / 1000).tolist() == [35, 35]


def test_a_skid_of_a_loop_is_born_anew_with_each_body(run):
    """Two skids, one station of 60 s: each body is in the loop for 60 s."""
    line = Line("L", [Station("L1", 60)], takes="skids", puts="skids")
    result = run(Shop("s", [line], stores=[Store("skids", 2, initial=2)], output="L"), 600)
    assert set(result.lead_times["L"].tolist()) == {60_000}
    assert result.wip == pytest.approx(1)


def test_lead_times_of_repaired_bodies_hold_all_rounds(run):
    """All are rejected once: 60 s, 30 s of repair, 60 s."""
    lines = [
        Line("A", [Station("A1", 60, reject=1.0)], rejects="bad"),
        Line("R", [Station("R1", 30)], takes="bad", puts="ok"),
        Line("B", [Station("B1", 60)], takes="ok"),
    ]
    result = run(Shop("s", lines, stores=[Store("bad", 1), Store("ok", 1)], output="B"), 600)
    assert set(result.lead_times["B"].tolist()) == {150_000}


def test_littles_law_of_a_queue():
    """M/M/1 at 80 %: mean WIP 4, mean lead time 5 service times, WIP = rate x lead time."""
    lines = [
        Line("arrivals", [Station("A", Exponential(75))], puts="queue"),
        Line("server", [Station("S", Exponential(60))], takes="queue"),
    ]
    shop = Shop("mm1", lines, stores=[Store("queue", 100_000)])
    result = simulate(shop, hours=20_000, warm_up=100, seed=0)
    lead = result.lead_times["server"].mean() / 1000
    stays = lead * result.throughput / 3600  # the arrival's own time of birth counts too
    assert result.wip == pytest.approx(stays, rel=5e-3)
    assert lead - 75 == pytest.approx(300, rel=0.08)  # less the time on the arrivals' station


def test_work_in_process_over_time(run):
    """By history: what is inside at the end of each period, and its integral."""
    line = Line("L", [Station("A", 60), Station("B", 70)], buffers=2)
    result = run(Shop("s", [line]), 600, every=60 / 3600)
    assert result.history.wip["wip"][:4].tolist() == [2, 3, 3, 3]
    assert result.history.wip["wip_ms"][:2].tolist() == [60_000, 180_000]
    assert result.history.wip["wip_ms"][-1] == result.counts.wip["ms"]


# ---------------------------------------------------------------------------- descriptions

A, B = Station("A", 10), Station("B", 10)


def shop_of(*lines, **options):
    return Shop("s", lines, **options)


BAD_LINES = [
    ({"takes": {"s": 0}}, ValueError, "the quantity of 's' in takes must be at least 1, got 0."),
    ({"takes": {"s": 1.5}}, TypeError, "quantity of 's' in takes must be a whole number, got 1.5."),
    ({"takes": [("a", "b"), "a"]}, ValueError, "duplicate name in takes, got 'a'. Name each store"),
    ({"takes": [()]}, ValueError, "alternatives in takes must name at least one store"),
    ({"takes": [3]}, TypeError, "must be the name of a store, or a tuple of alternatives, got 3."),
    ({"takes": Split({"a": 1.0})}, TypeError, "takes must hold no Split"),
    ({"rejects": "s"}, ValueError, "rejects has no effect: no station has a reject above 0"),
    ({"rounds": 2}, ValueError, "rounds has no effect"),
]


@pytest.mark.parametrize(("fields", "error", "text"), BAD_LINES)
def test_a_line_with_a_wrong_flow_gets_a_clear_error(fields, error, text):
    with pytest.raises(error) as raised:
        Line("L", [A], **fields)
    assert str(raised.value).startswith("Line 'L': ")
    assert text in str(raised.value)


BAD_SPLITS = [
    ({"a": 0.5, "b": 0.6}, ValueError, "the shares must add up to 1, got {'a': 0.5, 'b': 0.6}."),
    ({"a": -0.5, "b": 1.5}, ValueError, "the share of 'a' must be at least 0, got -0.5."),
    (["a"], TypeError, "shares must be a mapping, got ['a']."),
]


@pytest.mark.parametrize(("shares", "error", "text"), BAD_SPLITS)
def test_a_wrong_split_gets_a_clear_error(shares, error, text):
    with pytest.raises(error) as raised:
        Split(shares)
    assert f"Split: {text}" in str(raised.value)


def test_a_reject_needs_a_store_and_a_share():
    with pytest.raises(ValueError, match="what station 'A' rejects must go to a store"):
        Line("L", [Station("A", 1, reject=0.1)])
    with pytest.raises(ValueError, match="scrap, rework and reject together must be at most 1"):
        Station("A", 1, scrap=0.5, rework=0.3, reject=0.3)


def test_a_store_has_the_capacity_for_what_comes_at_once():
    lines = Line("L", [A], puts={"s": 4}), Line("M", [B], takes="s")
    with pytest.raises(ValueError, match="'s' must have the capacity for the 4 parts at one inst"):
        shop_of(*lines, stores=[Store("s", 3)])


def test_a_loop_with_too_few_parts_never_starts():
    line = Line("L", [A], takes={"s": 2}, puts={"s": 2})
    with pytest.raises(ValueError, match="these lines never start, got "):
        shop_of(line, stores=[Store("s", 4, initial=1)], output="L")
    assert shop_of(line, stores=[Store("s", 4, initial=2)], output="L").stores[0].initial == 2


def test_a_store_without_a_feeder_holds_parts():
    with pytest.raises(ValueError, match="must be filled by a line, or hold `initial` parts"):
        shop_of(Line("L", [A], takes="s"), stores=[Store("s", 4)])


def test_a_description_with_all_kinds_of_flows_is_read_back_from_its_repr():
    """Equal, hashable, and the same however it was written."""
    line = Line(
        "L",
        [Station("A", 10, reject=0.1)],
        takes=["a", {"b": 2, ("c", "d"): 3}, ("e", "f")],
        puts=[Split({"h": 0.75, "g": 0.25}), "i"],
        rejects=[("j", "k")],
        rounds=2,
    )
    again = eval(repr(line), vars(__import__("ningde_sim")))
    assert again == line
    assert hash(again) == hash(line)
    assert Split({"g": 0.25, "h": 0.75}) == Split({"h": 0.75, "g": 0.25})


def test_the_rank_of_alternatives_needs_no_empty_stretch(run):
    """A repair beside: the first alternative comes back when its machine is up again."""
    lines = [
        Line("F", [Station("F1", 20)], puts=[("a", "b")]),
        Line("A", [Station("A1", 20, failures=[every(60, 40)])], takes="a"),
        Line("B", [Station("B1", 20)], takes="b"),
    ]
    shop = Shop("s", lines, stores=[Store("a", 0), Store("b", 0)], output=("A", "B"))
    result = run(shop, 300)
    assert len(exits(result, "A")) + len(exits(result, "B")) == pytest.approx(13, abs=1)
    assert np.all(np.diff(exits(result, "A")) >= 20)
