"""Who gets a part or a place: rule 6, worked out by hand and as a law over built shops."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import Line, Shop, Station, Store, WorkingTime
from ningde_sim.engine import reference
from ningde_sim.engine.layout import Layout
from ningde_sim.exceptions import LineUnfed
from tests.engine.by_hand import every, exits, windows
from tests.shops import shops

DAY = 24 * 3600


@pytest.mark.parametrize("capacity", [0, 1, 2])
def test_who_is_closed_holds_no_claim(run, capacity):
    """X works by day, Y round the clock: together they take what F makes, one in 60 s."""
    days = WorkingTime([(0, 7.995)], every=24)
    lines = [
        Line("F", [Station("F1", 60)], puts="s"),
        Line("X", [Station("X1", 30)], takes="s", working_time=days),
        Line("Y", [Station("Y1", 30)], takes="s"),
    ]
    assert run(Shop("s", lines, stores=[Store("s", capacity)]), DAY).bodies == 1439


def test_who_lacks_another_part_leaves_the_first_to_others(run):
    """X waits a day for its second part; Y takes what P makes, but for one after 60 s."""
    lines = [
        Line("P", [Station("P1", 60)], puts="s"),
        Line("D", [Station("D1", DAY)], puts="d"),
        Line("X", [Station("X1", 60)], takes=("s", "d")),
        Line("Y", [Station("Y1", 50)], takes="s"),
    ]
    shop = Shop("s", lines, stores=[Store("s", 1), Store("d", 1)])
    assert run(shop, 23 * 3600).bodies == 1379


@pytest.mark.parametrize("capacity", [0, 1, 5])
def test_of_two_lines_that_merge_one_may_be_closed(run, capacity):
    """A makes 480 by day, B 1,439 that T has finished: A's closed hours cost B nothing."""
    lines = [
        Line("A", [Station("A1", 60)], puts="m", working_time=WorkingTime([(0, 8)], every=24)),
        Line("B", [Station("B1", 60)], puts="m"),
        Line("T", [Station("T1", 30)], takes="m"),
    ]
    result = run(Shop("s", lines, stores=[Store("m", capacity)], output=("A", "B", "T")), DAY)
    assert len(exits(result, "A")) == 480
    assert len(exits(result, "T")) == 480 + 1439


def operated(**times):
    """Two machines of 10 and 25 s that share one operator."""
    lines = [
        Line(name, [Station(f"{name}1", s)], takes="op", puts="op", working_time=times.get(name))
        for name, s in (("M", 10), ("N", 25))
    ]
    return Shop("s", lines, stores=[Store("op", 1, initial=1)], output=("M", "N"))


def test_one_operator_serves_two_machines_in_turn(run):
    """Who asked first comes first: M, N, M, N, in rounds of 35 s."""
    result = run(operated(), 70)
    assert exits(result, "M") == [10, 45]
    assert exits(result, "N") == [35, 70]


def test_the_operator_does_not_wait_for_a_closed_machine(run):
    """N closes at 35 s. At 105 s it opens, and has asked long before M."""
    result = run(operated(N=windows((0, 35), (105, 140))), 140)
    assert exits(result, "M") == [10, 45, 55, 65, 75, 85, 95, 105, 140]
    assert exits(result, "N") == [35, 130]


def beside_an_idle_one_that_failed(cycle):
    """M asks first and fails after 5 s for 100 s; N, beside it, never fails."""
    lines = [
        Line("F", [Station("F1", 10)], puts="s"),
        Line("M", [Station("M1", 4, failures=[every(5, 100, clock="calendar")])], takes="s"),
        Line("N", [Station("N1", cycle)], takes="s"),
    ]
    return Shop("s", lines, stores=[Store("s", 9)])


def test_who_can_start_work_comes_before_who_stands_under_repair(run):
    """N takes each part, though M asked first."""
    result = run(beside_an_idle_one_that_failed(4), 109)
    assert exits(result, "N") == [14 + 10 * i for i in range(10)]
    assert exits(result, "M") == []


def test_a_part_goes_to_who_stands_under_repair_if_nobody_else_can_use_it(run):
    """N is busy when the second part comes: M takes it at 20 s, works from 105 s on."""
    result = run(beside_an_idle_one_that_failed(25), 109)
    assert exits(result, "N") == [35, 60, 85]
    assert exits(result, "M") == [109]


def test_who_needs_many_things_may_starve(run):
    """W needs both parts at once; X and Y take each as soon as it is there: it is told."""
    lines = [
        Line("A", [Station("A1", 10)], puts="a"),
        Line("B", [Station("B1", 11)], puts="b"),
        Line("W", [Station("W1", 1)], takes=("a", "b")),
        Line("X", [Station("X1", 1)], takes="a"),
        Line("Y", [Station("Y1", 1)], takes="b"),
    ]
    result = run(Shop("s", lines, stores=[Store("a", 1), Store("b", 1)]), 999)
    assert result.unfed == ("W",)
    assert "without parts     W" in result.summary()
    assert len(exits(result, "W")) == 0
    assert len(exits(result, "X")) == 99
    assert result.stations.loc["W1", "starved"] == pytest.approx(999 / 3600)


def test_a_parallel_line_that_never_gets_a_part_is_told(run):
    """Q works by night only, when the feeder does not."""
    day, night = windows((0, 400), (800, 1200)), windows((401, 799))
    lines = [
        Line("F", [Station("F1", 10)], puts="s", working_time=day),
        Line("P", [Station("P1", 10)], takes="s", working_time=day),
        Line("Q", [Station("Q1", 10)], takes="s", working_time=night),
    ]
    with pytest.warns(LineUnfed, match="Shop 's': Q took no part in the whole run, while other"):
        result = run(Shop("s", lines, stores=[Store("s", 0)]), 1200)
    assert result.unfed == ("Q",)


# ------------------------------------------------------------------------------- the law


class Watched(reference.Floor):
    """A floor that holds the law of claims against each move, and after each event."""

    moves = 0

    def alone(self, station):
        """Whether a station could move now, meeting nobody; None if it has to meet somebody."""
        if not station.can_move():
            return False
        joins, empty = station.wants(), station.is_empty()
        if any(store.row.capacity == 0 for join in joins for store in join.stores):
            return None
        return all(
            any(s.available(empty=empty) >= join.row.number for s in join.stores) for join in joins
        )

    def exchange(self, team, used):
        leader = team[0]
        served = {used[join] for join in leader.wants() if used[join].row.capacity}
        for other in self.stations:
            wanted = {store for join in other.wants() for store in join.stores}
            rivals = other.is_empty() == leader.is_empty() and wanted & served
            if other is not leader and rivals and self.alone(other):
                assert leader.turn() < other.turn()
        self.moves += 1
        super().exchange(team, used)

    def settle(self):
        super().settle()
        assert not [s.row.station.name for s in self.stations if self.alone(s)]
        for putter in self.stations:
            for taker in self.stations:
                assert not self.could_meet(putter, taker)

    def could_meet(self, putter, taker):
        """Whether two stations could move by meeting each other at all that they want."""
        gives, takes = ([join.stores for join in k.wants()] for k in (putter, taker))
        return (
            gives == takes != []
            and not putter.is_empty()
            and taker.is_empty()
            and putter.can_move()
            and taker.can_move()
            and all(len(stores) == 1 and stores[0].row.capacity == 0 for stores in gives)
        )


@pytest.mark.slow
def test_no_part_lies_ready_while_a_station_that_could_move_wants_it():
    """Nor does a place stay free; in 1,000 shops over all rules, after each event."""
    seen = []

    @settings(max_examples=1000, suppress_health_check=list(HealthCheck))
    @given(shop=shops(), seed=st.integers(0, 2**63 - 1))
    def check(shop, seed):
        floor = Watched(Layout(shop, 1_000_000), seed=seed, run=0)
        floor.start()
        floor.env.run(until=reference.Due(floor.env, 1_000_000, reference.LAST))
        seen.append(floor.moves)

    check()
    assert len(seen) >= 1000
    assert sum(seen) > 100_000
