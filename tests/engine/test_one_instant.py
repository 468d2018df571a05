"""Many events at one instant, and what moves first: worked out by hand, for both engines."""

from __future__ import annotations

from ningde_sim import Line, Robot, Shop, Station, Store
from tests.engine.by_hand import HOUR, every, exits, states, windows


def test_stations_that_finish_at_one_instant_follow_their_declaration(run):
    """Seven hand to hand to one taker of 1 s: the i-th declared gets rid of its body i-th."""
    lines = [Line(f"L{i}", [Station(f"S{i}", 10)], puts="x") for i in (3, 0, 6, 1, 5, 2, 4)]
    lines.append(Line("T", [Station("T1", 1)], takes="x"))
    shop = Shop("s", lines, stores=[Store("x", 0)], output=[line.name for line in lines])
    result = run(shop, 18)
    assert [exits(result, line.name) for line in lines[:7]] == [[10.0 + i] for i in range(7)]


def rivals(p, q, *, initial, stores):
    """Two lines that ask for the parts of store s; F makes one at 15 and one at 30 s."""
    lines = [Line("F", [Station("F1", 15)], puts="s"), *p, *q]
    stores = [Store("s", 9, initial=initial), *stores]
    return Shop("s", lines, stores=stores, output=("P", "Q"))


def test_a_transit_ends_before_a_station_finishes(run):
    """At 14 s a transit ends, so that P gets rid of its body, and Q finishes: P asks first."""
    p = [
        Line("P", [Station("P1", 4)], takes="s", puts="t"),
        Line("D", [Station("D1", 1)], takes="t"),
    ]
    q = [Line("Q", [Station("Q1", 14)], takes="s")]
    result = run(rivals(p, q, initial=3, stores=[Store("t", 1, transit_time=10)]), 45)
    # P1 has its second body from 8 to 14 s. It takes the part of 15 s, Q the one of 30 s.
    assert exits(result, "P") == [4, 14, 24]
    assert exits(result, "Q") == [14, 44]


def test_transits_that_end_at_one_instant_follow_their_stores(run):
    """Both lines wait for the end of a transit at 14 s: that of Q's store is declared first."""
    lines = [
        [
            Line(n, [Station(f"{n}1", 4)], takes="s", puts=f"t{n}"),
            Line(f"D{n}", [Station(f"D{n}1", 1)], takes=f"t{n}"),
        ]
        for n in ("P", "Q")
    ]
    stores = [Store(f"t{n}", 1, transit_time=10) for n in ("Q", "P")]
    result = run(rivals(*lines, initial=4, stores=stores), 29)
    assert exits(result, "Q") == [4, 14, 24]
    assert exits(result, "P") == [4, 14]


def shut(name, time):
    """Finished at 6 s before a full store; the next line makes room at 9 s, while it is closed."""
    return [
        Line(name, [Station(f"{name}1", 2)], takes="s", puts=f"u{name}", working_time=time),
        Line(f"V{name}", [Station(f"V{name}1", 7)], takes=f"u{name}"),
    ]


def test_a_working_time_opens_before_a_transit_ends(run):
    """At 14 s P opens and puts, and a transit ends that lets Q put: P asks first."""
    p = shut("P", windows((0, 7), (14, 99)))
    q = [
        Line("Q", [Station("Q1", 4)], takes="s", puts="t"),
        Line("D", [Station("D1", 1)], takes="t"),
    ]
    stores = [Store("uP", 1), Store("t", 1, transit_time=10)]
    result = run(rivals(q, p, initial=5, stores=stores), 29)
    assert exits(result, "P") == [2, 4, 14, 17]
    assert exits(result, "Q") == [4, 14]


def test_stations_of_one_working_time_move_in_order_when_it_opens(run):
    """Both P and Q put at 14 s and ask: P is declared first."""
    time = windows((0, 7), (14, 99))
    stores = [Store("uP", 1), Store("uQ", 1)]
    result = run(rivals(shut("P", time), shut("Q", time), initial=6, stores=stores), 29)
    assert exits(result, "P") == [2, 4, 14, 17]
    assert exits(result, "Q") == [2, 4, 14]


def test_working_times_that_open_at_one_instant_follow_the_order_in_which_they_are_named(run):
    """A store names that of Q first: Q puts and asks first, though P is declared first."""
    p, q = windows((0, 7), (14, 99)), windows((0, 6.5), (14, 99))
    stores = [Store("uP", 1), Store("uQ", 1, working_time=q)]
    result = run(rivals(shut("P", p), shut("Q", q), initial=6, stores=stores), 29)
    assert exits(result, "Q") == [2, 4, 14, 17]
    assert exits(result, "P") == [2, 4, 14]


def test_a_body_is_finished_before_a_calendar_clock_runs_out(run):
    """Both at 10 s, and again at 25 s, 10 s after the repair."""
    shop = Shop("s", [Line("L", [Station("A", 10, failures=[every(10, 5, clock="calendar")])])])
    assert exits(run(shop, 39), "L") == [10, 25]


def test_clocks_that_run_out_at_one_instant_ask_for_a_crew_in_order(run):
    """Stations as declared; of a station its robots' failures before its own."""

    def mode(repair):
        return every(10, repair, clock="calendar", crew=True)

    robot = Robot("R", "weld", failures=[mode(1)])
    lines = [
        Line("B", [Station("B1", 100, robots=[robot], failures=[mode(2)])]),
        Line("A", [Station("A1", 100, failures=[mode(4)])]),
    ]
    result = run(Shop("s", lines, repair_crews=1), 13)
    # R from 10 to 11 s, B1 to 13 s, A1 from 13 s on.
    waiting = result.failures.set_index("owner")["waiting"] * HOUR
    assert waiting.round(6).to_dict() == {"R": 0, "B1": 1, "A1": 3}


def test_a_wait_for_a_crew_that_ends_at_once_is_none(run):
    """A's clock runs out at 9 s, at which B is repaired: A asks first, but waits for 0 s."""
    lines = [
        Line(n, [Station(f"{n}1", 100, failures=[every(t, 5, clock="calendar", crew=True)])])
        for n, t in (("A", 9), ("B", 4))
    ]
    result = run(Shop("s", lines, repair_crews=1), 12)
    assert result.crews.iloc[0][["asked", "waited", "longest_wait"]].tolist() == [2, 0, 0]
    assert states(result, "A1") == {"working": 9, "down": 3}


def test_of_two_clocks_that_run_out_together_the_first_declared_fails_first(run):
    """The other fails when work goes on, at the same instant."""
    modes = [every(5, 3, "a"), every(5, 4, "b")]
    shop = Shop("s", [Line("L", [Station("A", 100, failures=modes)])])
    for seconds, failures in ((7, [1, 0]), (8, [1, 1]), (12, [1, 1]), (17, [2, 1])):
        assert run(shop, seconds).failures["failures"].tolist() == failures
    assert states(run(shop, 17), "A") == {"working": 10, "down": 7}


def test_a_move_wakes_the_station_that_waits_for_its_part_before_the_station_that_moves(run):
    """K puts to x at 10 s. T takes from x and y, so that Y asks; then K takes, so that S asks."""
    lines = [
        Line("F", [Station("F1", 15)], puts="r"),
        Line("S", [Station("S1", 1)], takes="r", puts="s"),
        Line("Y", [Station("Y1", 1)], takes="r", puts="y"),
        Line("K", [Station("K1", 9)], takes="s", puts="x"),
        Line("T", [Station("T1", 1)], takes=("x", "y")),
    ]
    stores = [Store("r", 9, initial=5), Store("s", 1), Store("y", 1), Store("x", 1)]
    result = run(Shop("s", lines, stores=stores, output=("S", "Y")), 29)
    assert exits(result, "Y") == [1, 10, 19]  # made of the part of 15 s, blocked until 19 s
    assert exits(result, "S") == [1, 2, 10]


def test_a_team_goes_on_in_the_order_in_which_it_was_found(run):
    """A2 has the last part at 8 s: it is first, then B, which it meets, then A1, which B meets."""
    lines = [
        Line("F", [Station("F1", 15)], puts="r"),
        Line("A1", [Station("A1", 5)], takes="r", puts="x1"),
        Line("A2", [Station("A2", 8)], takes="r", puts="x2"),
        Line("B", [Station("B1", 1)], takes=("x1", "x2")),
    ]
    stores = [Store("r", 9, initial=2), Store("x1", 0), Store("x2", 0)]
    result = run(Shop("s", lines, stores=stores), 29)
    assert exits(result, "B") == [9]
    # A2 asks first, it has the part of 15 s.
    assert result.stations.loc[["A1", "A2"], "cycles"].tolist() == [1, 2]


def test_hand_to_hand_the_first_partner_that_can_move_too_is_met(run):
    """B asked first, but lacks p: C meets all, A and Z in turn where both wait."""
    lines = [
        Line("A", [Station("A1", 2)], puts="x"),
        Line("Z", [Station("Z1", 3)], puts="x"),
        Line("P", [Station("P1", 50)], puts="p"),
        Line("B", [Station("B1", 1)], takes=("x", "p")),
        Line("C", [Station("C1", 1)], takes="x"),
    ]
    result = run(Shop("s", lines, stores=[Store("x", 0), Store("p", 1)]), 20)
    # At 2 s A's; 3 s Z's; 4 s A's; at 6 s A's, and Z's at 7 s, and so on, in rounds of 4 s.
    assert exits(result, "C") == [3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20]
    assert exits(result, "B") == []
    assert states(result, "A1") == {"working": 20}


def test_stations_that_move_together_need_a_part_each(run):
    """A meets B1 and B2 at once, which both take from q: one part is not enough until 20 s."""
    lines = [
        Line("A", [Station("A1", 5)], puts=("x1", "x2")),
        Line("B1", [Station("B1", 1)], takes=("x1", "q")),
        Line("B2", [Station("B2", 1)], takes=("x2", "q")),
        Line("F", [Station("F1", 20)], puts="q"),
    ]
    stores = [Store("x1", 0), Store("x2", 0), Store("q", 5, initial=1)]
    result = run(Shop("s", lines, stores=stores), 24)
    assert (exits(result, "B1"), exits(result, "B2")) == ([21], [21])
    assert states(result, "A1") == {"working": 5 + 4, "blocked": 15}


def test_a_choice_of_partners_that_leads_nowhere_is_taken_back(run):
    """B asked first and needs C as well, who is at work until 50 s: A meets D, who asked later."""
    lines = [
        Line("A", [Station("A1", 5)], puts="x"),
        Line("B", [Station("B1", 1)], takes=("x", "y")),
        Line("C", [Station("C1", 50)], puts="y"),
        Line("D", [Station("D1", 1)], takes="x"),
    ]
    result = run(Shop("s", lines, stores=[Store("x", 0), Store("y", 0)]), 52)
    # At 50 s A1 is finished, then C1: A meets D before C is there; B gets the body of 55 s.
    assert exits(result, "D") == [6 + 5 * k for k in range(10)]
    assert exits(result, "B") == []
    assert run(Shop("s", lines, stores=[Store("x", 0), Store("y", 0)]), 56).bodies == 11


def test_two_lines_may_hand_over_two_parts_at_once(run):
    """Body and skid, each hand to hand."""
    lines = [
        Line("A", [Station("A1", 2)], puts=("x", "skid")),
        Line("B", [Station("B1", 5)], takes=("x", "skid")),
    ]
    assert exits(run(Shop("s", lines, stores=[Store("x", 0), Store("skid", 0)]), 18), "B") == [
        7,
        12,
        17,
    ]


def test_who_lacks_another_place_holds_no_claim(run):
    """A asked first for a place in q, but lacks one in p: Z gets each place in q."""
    lines = [
        Line("A", [Station("A1", 1)], puts=("q", "p")),
        Line("Z", [Station("Z1", 2)], puts="q"),
        Line("K", [Station("K1", 50)], takes="p"),
        Line("T", [Station("T1", 10)], takes="q"),
    ]
    shop = Shop("s", lines, stores=[Store("q", 2), Store("p", 1)], output=("A", "Z"))
    result = run(shop, 49)
    # A: 1 s, T takes, K takes; 2 s, p full. A's third waits for p from 3 s. Z at 2 and 4 s:
    # q holds A's second and Z's first from 2 s. T takes at 11 s, and Z puts, and so on.
    assert exits(result, "A") == [1, 2]
    assert exits(result, "Z") == [2, 11, 21, 31, 41]


def test_hand_to_hand_waits_for_the_working_time_of_the_other(run):
    """A works round the clock, B opens at 65 s."""
    closed = windows((0, 5), (65, 99))
    lines = [
        Line("A", [Station("A1", 10)], puts="x"),
        Line("B", [Station("B1", 1)], takes="x", working_time=closed),
    ]
    result = run(Shop("s", lines, stores=[Store("x", 0)]), 76)
    assert exits(result, "B") == [66, 76]
    assert states(result, "A1") == {"working": 10 + 10 + 1, "blocked": 55}


def test_the_end_of_a_transit_wakes_all_that_wait(run):
    """B asked first for t, but lacks p; each part that arrives is C's."""
    lines = [
        Line("P", [Station("P1", 50)], puts="p"),
        Line("Q", [Station("Q1", 10)], puts="t"),
        Line("B", [Station("B1", 1)], takes=("p", "t")),
        Line("C", [Station("C1", 1)], takes="t"),
    ]
    result = run(Shop("s", lines, stores=[Store("p", 1), Store("t", 5, transit_time=2)]), 44)
    assert exits(result, "C") == [13, 23, 33, 43]


def test_two_parts_put_at_one_instant_wake_the_waiting_stations_in_order(run):
    """A1 and A2 move together, as B takes from both: T1 moves first, then T2; so Y1 asks first."""
    lines = [
        Line("F", [Station("F1", 15)], puts="r"),
        Line("A1", [Station("A1", 2)], puts=("x1", "q")),
        Line("A2", [Station("A2", 5)], puts=("x2", "q")),
        Line("B", [Station("B1", 1)], takes=("x1", "x2")),
    ]
    stores = [Store("r", 9, initial=4), Store("x1", 0), Store("x2", 0), Store("q", 2)]
    for i in "12":
        lines.append(Line(f"Y{i}", [Station(f"Y{i}", 1)], takes="r", puts=f"y{i}"))
        lines.append(Line(f"T{i}", [Station(f"T{i}", 1)], takes=("q", f"y{i}")))
        stores.append(Store(f"y{i}", 1))
    result = run(Shop("s", lines, stores=stores, output=("Y1", "Y2")), 29)
    assert (exits(result, "Y1"), exits(result, "Y2")) == ([1, 5, 16], [1, 5])


def test_two_places_that_become_free_at_one_instant_wake_the_waiting_stations_in_order(run):
    """B1 and B2 take from q together at 5 s, as A puts to both: Y1 puts and asks first."""
    lines = [
        Line("F", [Station("F1", 15)], puts="r"),
        Line("A", [Station("A1", 5)], puts=("x1", "x2")),
        Line("B1", [Station("B1", 1)], takes=("x1", "q")),
        Line("B2", [Station("B2", 1)], takes=("x2", "q")),
        Line("Y1", [Station("Y1", 1)], takes="r", puts="q"),
        Line("Y2", [Station("Y2", 1)], takes="r", puts="q"),
    ]
    stores = [Store("r", 9, initial=4), Store("x1", 0), Store("x2", 0), Store("q", 2)]
    result = run(Shop("s", lines, stores=stores, output=("Y1", "Y2")), 29)
    assert (exits(result, "Y1"), exits(result, "Y2")) == ([1, 5, 16], [1, 5])
