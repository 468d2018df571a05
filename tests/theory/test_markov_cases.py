"""The exact cases at their limits, where a formula or a simpler chain gives the same number."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from ningde_sim import theory
from tests.theory.markov_cases import Kind, batches, crew_groups, rework_loop, stopped_line

PAIRS = [((1.0, 1.0), 1), ((1.0, 0.8), 3), ((0.7, 1.1), 2)]
pairs = pytest.mark.parametrize(("means", "buffer"), PAIRS)

# ------------------------------------------------------------------------------ rework


@pairs
def test_a_loop_without_rejects_is_a_line_of_two(means, buffer):
    loop = rework_loop(
        merge=means[0], inspection=means[1], repair=2, reject=0, capacities=(buffer, 1, 1)
    )
    line = theory.exponential_line(means, buffer)
    assert loop.throughput == pytest.approx(line.throughput, rel=1e-9)
    assert loop.merge_blocked == pytest.approx(line.blocked[0], rel=1e-9)
    assert loop.waiting == pytest.approx(line.contents[0], rel=1e-9)


@pairs
def test_a_loop_whose_repair_takes_no_time_passes_its_share_of_a_line_of_two(means, buffer):
    """The merge always has a body, new or repaired: only the inspection's rejects are lost."""
    loop = rework_loop(
        merge=means[0], inspection=means[1], repair=1e-7, reject=0.3, capacities=(buffer, 2, 2)
    )
    line = theory.exponential_line(means, buffer).throughput
    assert loop.throughput == pytest.approx(0.7 * line, rel=1e-5)
    assert loop.inspection_blocked == pytest.approx(0, abs=1e-6)


def test_the_repair_works_on_every_reject():
    """Little's law of the repair: its rejects an hour times its time."""
    loop = rework_loop(merge=1, inspection=0.9, repair=2.5, reject=0.25)
    assert loop.repairing == pytest.approx(loop.throughput / 0.75 * 0.25 * 2.5, rel=1e-9)


def test_a_slow_repair_with_small_stores_limits_the_loop():
    """In the end to its own rate, for each of whose bodies 3 more are good at once."""
    slow = rework_loop(merge=1, inspection=0.9, repair=400, reject=0.25, capacities=(2, 3, 1))
    assert slow.repairing == pytest.approx(1, abs=1e-2)
    assert slow.throughput == pytest.approx(3 / 400, rel=1e-2)
    roomy = rework_loop(merge=1, inspection=0.9, repair=2.5, reject=0.25, capacities=(2, 9, 9))
    tight = rework_loop(merge=1, inspection=0.9, repair=2.5, reject=0.25, capacities=(2, 1, 1))
    assert tight.throughput < 0.97 * roomy.throughput


# ------------------------------------------------------------------------------ quantities


@pairs
def test_one_part_at_a_time_is_a_line_of_two(means, buffer):
    case = batches(feeder=means[0], station=means[1], number=1, capacity=buffer)
    line = theory.exponential_line(means, buffer)
    assert case.throughput == pytest.approx(line.throughput, rel=1e-9)
    assert case.feeder_blocked == pytest.approx(line.blocked[0], rel=1e-9)
    assert case.station_starved == pytest.approx(line.starved[1], rel=1e-9)
    assert case.level == pytest.approx(line.contents[0], rel=1e-9)


@pytest.mark.parametrize(("number", "station"), [(2, 1.2), (3, 2.0), (4, 3.6)])
def test_with_a_large_store_it_is_the_queue_with_erlang_arrivals(number, station):
    """E_k/M/1: a body is ready when its k-th part comes; Kleinrock (1975), section 6.4.

    An arrival finds n bodies with probability (1 - s) s**n, where s is the root of
    s = (1 / (1 + (1 - s) / station))**k, and the mean number is the load over 1 - s.
    """
    case = batches(feeder=1.0, station=station, number=number, capacity=900)

    def excess(s: float) -> float:
        return s - (1 / (1 + (1 - s) / station)) ** number

    root = optimize.brentq(excess, 0, 1 - 1e-6)
    load = station / number
    assert case.throughput == pytest.approx(1 / number, rel=1e-9)
    assert 1 - case.station_starved == pytest.approx(load, rel=1e-9)
    assert case.complete == pytest.approx(load / (1 - root), rel=1e-6)


def test_a_store_for_one_body_makes_the_feeder_wait():
    """Both limits: an endless feeder, and a station that takes no time."""
    fast = batches(feeder=1e-7, station=2, number=3, capacity=3)
    assert fast.throughput == pytest.approx(1 / 2, rel=1e-6)
    quick = batches(feeder=1, station=1e-7, number=3, capacity=3)
    assert quick.throughput == pytest.approx(1 / 3, rel=1e-6)


@pytest.mark.parametrize("number", [2, 3])
def test_the_balance_of_a_store_for_one_body_written_out(number):
    """All rates 1; idle with 0 to n - 1 parts made, then busy with 0 to n + 1 made meanwhile."""
    case = batches(feeder=1, station=1, number=number, capacity=number)
    n = number
    size = n + n + 2
    balance = np.zeros((size, size))

    def add(a: int, b: int) -> None:
        balance[b, a] += 1
        balance[a, a] -= 1

    for made in range(n):
        add(made, made + 1 if made + 1 < n else n)  # the n-th part: busy with 0 made
    for made in range(n + 2):
        if made <= n:
            add(n + made, n + made + 1)
        add(n + made, made if made < n else n + made - n)
    balance[-1] = 1
    shares = np.linalg.solve(balance, [0] * (size - 1) + [1])
    assert case.throughput == pytest.approx(shares[n:].sum(), rel=1e-9)
    assert case.feeder_blocked == pytest.approx(shares[-1], rel=1e-9)


# ------------------------------------------------------------------------------ crews


def test_one_group_for_all_is_the_machine_repairman():
    kinds = [Kind("arc", 3, 10, 2), Kind("bolt", 4, 10, 2)]
    groups = crew_groups(kinds, [(2, ["arc", "bolt"])])
    shared = theory.machine_repairman(7, 2, uptime=10, repair=2)
    assert groups.availability == pytest.approx((shared.availability,) * 2, rel=1e-9)
    assert groups.busy == pytest.approx((2 * shared.busy,), rel=1e-9)


def test_groups_without_a_common_skill_are_apart():
    kinds = [Kind("arc", 3, 10, 2), Kind("bolt", 5, 20, 6)]
    groups = crew_groups(kinds, [(1, ["arc"]), (2, ["bolt"])])
    apart = [
        theory.machine_repairman(3, 1, uptime=10, repair=2),
        theory.machine_repairman(5, 2, uptime=20, repair=6),
    ]
    assert groups.availability == pytest.approx([one.availability for one in apart], rel=1e-9)
    assert groups.busy == pytest.approx([apart[0].busy, 2 * apart[1].busy], rel=1e-9)


def test_a_priority_takes_from_the_one_kind_what_it_gives_to_the_other():
    """Of equal machines and one group: crews work as before, so as many machines are up."""
    first, last = (
        crew_groups(
            [Kind("arc", 4, 10, 3, priority), Kind("bolt", 4, 10, 3)], [(2, ["arc", "bolt"])]
        )
        for priority in (1, -1)
    )
    alike = theory.machine_repairman(8, 2, uptime=10, repair=3).availability
    assert first.availability[0] > alike + 0.03
    assert np.mean(first.availability) == pytest.approx(alike, rel=1e-9)
    assert first.availability == pytest.approx(last.availability[::-1], rel=1e-9)


def test_two_groups_of_the_same_skills_are_one_of_which_the_first_works_more():
    kinds = [Kind("arc", 6, 10, 3)]
    groups = crew_groups(kinds, [(1, ["arc"]), (1, ["arc"])])
    one = theory.machine_repairman(6, 2, uptime=10, repair=3)
    assert groups.availability == pytest.approx((one.availability,), rel=1e-9)
    assert groups.busy[0] > groups.busy[1]
    assert sum(groups.busy) == pytest.approx(2 * one.busy, rel=1e-9)


def test_a_second_skill_of_one_group_is_worth_less_than_both_skills_of_both():
    """Between apart and all in one."""
    kinds = [Kind("arc", 4, 10, 3), Kind("bolt", 4, 10, 3)]
    apart, cross = (
        crew_groups(kinds, [(1, ["arc"]), (1, skills)]).availability
        for skills in (["bolt"], ["bolt", "arc"])
    )
    pooled = crew_groups(kinds, [(2, ["arc", "bolt"])]).availability
    assert np.mean(apart) < np.mean(cross) < np.mean(pooled)


# ------------------------------------------------------------------------------ line stopped


@pairs
@pytest.mark.parametrize("calendar", [False, True])
def test_a_line_of_two_without_other_failures_stands_for_its_repairs(means, buffer, calendar):
    """One of two stations always works, so both clocks run until the line fails."""
    case = stopped_line(means, buffer, uptime=20, repair=5, calendar=calendar)
    line = theory.exponential_line(means, buffer)
    assert case.throughput == pytest.approx(line.throughput * 20 / 25, rel=1e-9)
    assert case.down == pytest.approx(5 / 25, rel=1e-9)
    assert case.blocked == pytest.approx(line.blocked[0] * 20 / 25, rel=1e-9)
    assert case.content == pytest.approx(line.contents[0], rel=1e-9)


@pairs
def test_a_line_that_never_fails_has_the_failures_of_its_stations(means, buffer):
    never = {"uptime": np.inf, "repair": 1.0, "calendar": False}
    case = stopped_line(means, buffer, **never, own_uptime=30, own_repair=6)
    line = theory.exponential_line(means, buffer, uptime=[30, 30], repair=[6, 6])
    assert case.throughput == pytest.approx(line.throughput, rel=1e-9)
    assert case.blocked == pytest.approx(line.blocked[0], rel=1e-9)
    assert case.starved == pytest.approx(line.starved[1], rel=1e-9)
    assert case.content == pytest.approx(line.contents[0], rel=1e-9)


def test_a_calendar_clock_fails_also_while_both_stations_are_under_repair():
    """An operating one does not; each share is that of the clock."""
    options = {"uptime": 20.0, "repair": 5.0, "own_uptime": 10.0, "own_repair": 10.0}
    calendar = stopped_line((1.0, 1.0), 2, calendar=True, **options)
    operating = stopped_line((1.0, 1.0), 2, calendar=False, **options)
    assert calendar.down == pytest.approx(5 / 25, rel=1e-9)
    assert operating.down < 0.9 * calendar.down
    assert operating.throughput > calendar.throughput


def test_a_repair_of_a_station_goes_on_while_the_line_stands():
    """So a line that stops for the same time costs less than its share."""
    pair = ((1.0, 1.0), 0)
    own = {"own_uptime": 20.0, "own_repair": 20.0}
    never = stopped_line(*pair, uptime=np.inf, repair=1, calendar=True, **own).throughput
    half = stopped_line(*pair, uptime=20, repair=20, calendar=True, **own).throughput
    assert half > 1.05 * never / 2
