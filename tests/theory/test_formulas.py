"""Formulas against the reference cases, against one another, at their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ningde_sim import theory
from ningde_sim.theory import chains
from tests.theory.formulas import FORMULAS
from tests.theory.reference import record


@pytest.mark.parametrize("formula", FORMULAS, ids=[f.label for f in FORMULAS])
def test_a_formula_gives_the_reference_within_its_tolerance(formula):
    given = record(formula.file, formula.quantity)
    if isinstance(given["value"], str):
        assert formula.value() == given["value"]
    else:
        tolerance = given["tolerance_abs"]
        np.testing.assert_allclose(formula.value(), given["value"], rtol=0, atol=tolerance)


# ----------------------------------------------------------------------------------------- limits

rates = st.floats(0.5, 2.0)
ups = st.floats(2.0, 50.0)
repairs = st.floats(0.5, 5.0)
places = st.integers(0, 3)


@st.composite
def lines(draw, n: int):
    """Means, places, uptimes, repairs of n exponential machines."""
    return (
        draw(st.lists(rates, min_size=n, max_size=n)),
        draw(st.lists(places, min_size=n - 1, max_size=n - 1)),
        draw(st.lists(ups, min_size=n, max_size=n)),
        draw(st.lists(repairs, min_size=n, max_size=n)),
    )


@settings(max_examples=25, deadline=None)
@given(lines(3))
def test_a_reliable_exponential_line_makes_as_much_backwards(line):
    """Reversibility: Yamazaki, Sakasegawa (1975)."""
    means, buffers, *_ = line
    there = theory.exponential_line(means, buffers).throughput
    back = theory.exponential_line(means[::-1], buffers[::-1]).throughput
    assert there == pytest.approx(back, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(lines(3), st.sampled_from(["operating", "calendar"]))
def test_bodies_and_time_are_conserved_in_an_exponential_line(line, clock):
    means, buffers, uptime, repair = line
    found = theory.exponential_line(means, buffers, uptime=uptime, repair=repair, clock=clock)
    np.testing.assert_allclose(found.working / means, found.throughput, rtol=1e-9)
    states = found.working + found.down + found.blocked + found.starved
    np.testing.assert_allclose(states, 1.0, rtol=1e-9)
    on_clock = found.working if clock == "operating" else 1 - found.down
    np.testing.assert_allclose(found.down, on_clock * np.divide(repair, uptime), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(lines(3), st.sampled_from([1, 2]), st.sampled_from(["operating", "calendar"]))
def test_crews_that_are_too_few_cost_bodies(line, crews, clock):
    means, buffers, uptime, repair = line
    fails = {"uptime": uptime, "repair": repair, "clock": clock}
    few = theory.exponential_line(means, buffers, **fails, crews=crews)
    enough = theory.exponential_line(means, buffers, **fails, crews=3)
    free = theory.exponential_line(means, buffers, **fails)
    assert few.throughput < enough.throughput
    assert enough.throughput == pytest.approx(free.throughput, rel=1e-9)


def test_a_single_machine_makes_what_its_availability_leaves():
    alone = {"service": [2.0], "uptime": [30.0], "repair": [6.0]}
    for clock in ("operating", "calendar"):
        found = theory.exponential_line(**alone, clock=clock)
        assert found.throughput == pytest.approx(0.5 / (1 + 6 / 30))


def test_endless_buffers_leave_the_slowest_machine():
    exponential = theory.exponential_line([1.0, 0.5], 300).throughput
    fails = [0.01, 0.02, 0.01], [0.1, 0.1, 0.2]
    assert exponential == pytest.approx(1.0, abs=1e-9)
    assert theory.fluid_pair([0.01, 0.02], [0.1, 0.1], 3_000).throughput == pytest.approx(1 / 1.2)
    assert theory.fluid_line(*fails, [3_000, 3_000]) == pytest.approx(1 / 1.2)
    assert theory.bernoulli_line([0.9, 0.8], [200]).throughput == pytest.approx(0.8)
    assert theory.bernoulli_aggregation([0.9, 0.7, 0.8], [200, 200]) == pytest.approx(0.7)
    assert theory.synchronous_line([0.01, 0.02], [0.1, 0.1], [1_500]).throughput == (
        pytest.approx(1 / 1.2)
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ups, repairs), min_size=2, max_size=6))
def test_without_buffers_flowing_material_stops_together(times):
    """Nothing else is left of the decomposition either."""
    up, repair = zip(*times, strict=True)
    fails, restores = [1 / u for u in up], [1 / r for r in repair]
    series = theory.stop_together(up, repair)
    pair = theory.fluid_pair(fails[:2], restores[:2], 0).throughput
    assert pair == pytest.approx(theory.stop_together(up[:2], repair[:2]))
    assert theory.fluid_line(fails, restores, [0] * (len(up) - 1)) == pytest.approx(series)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ups, repairs), min_size=2, max_size=2), st.floats(0, 30))
def test_a_fluid_pair_makes_as_much_backwards(times, buffer):
    up, repair = zip(*times, strict=True)
    fails, restores = [1 / u for u in up], [1 / r for r in repair]
    for clock in ("operating", "calendar"):
        there = theory.fluid_pair(fails, restores, buffer, clock=clock)
        back = theory.fluid_pair(fails[::-1], restores[::-1], buffer, clock=clock)
        assert there.throughput == pytest.approx(back.throughput)
        assert there.content == pytest.approx(buffer - back.content, abs=1e-9)
        assert there.blocked == pytest.approx(back.starved)


def test_without_buffers_calendar_clocks_must_all_be_up():
    pair = theory.fluid_pair([0.1, 0.2], [0.5, 0.4], 0, clock="calendar")
    assert pair.throughput == pytest.approx(theory.all_up([10, 5], [2, 2.5]))


def test_ever_shorter_cycles_of_a_synchronous_line_become_flow():
    """The error is of the order of the cycle: two lengths of it leave next to none."""
    fails, restores = np.array([0.02, 0.01]), np.array([0.1, 0.12])
    eighth, sixteenth = (
        theory.synchronous_line(fails / k, restores / k, [5 * k]).throughput for k in (8, 16)
    )
    flow = theory.fluid_pair(fails, restores, 5).throughput
    assert 2 * sixteenth - eighth == pytest.approx(flow, abs=2e-5)


@settings(max_examples=25, deadline=None)
@given(st.tuples(st.floats(0.5, 0.99), st.floats(0.5, 0.99)), st.integers(1, 6))
def test_the_aggregation_of_two_bernoulli_machines_is_exact(up, places):
    exact = theory.bernoulli_line(up, [places])
    assert theory.bernoulli_aggregation(up, [places]) == pytest.approx(exact.throughput)
    assert up[0] - exact.blocked[0] == pytest.approx(exact.throughput)


def test_repairs_in_one_cycle_of_an_indexing_line_overlap():
    """With rare failures hardly ever."""
    often, rare = [20.0] * 8, [2e5] * 8
    cycles = theory.indexing_line(often, [3.0] * 8, cycle=1)
    assert cycles > theory.stop_together(often, [3.0] * 8) * 1.01
    seldom = theory.indexing_line(rare, [3.0] * 8, cycle=1)
    assert 1 - seldom == pytest.approx(1 - theory.stop_together(rare, [3.0] * 8), rel=1e-3)


def test_machines_with_a_crew_each_do_not_wait():
    found = theory.machine_repairman(7, 7, uptime=3.0, repair=1.0)
    assert (found.availability, found.waits) == pytest.approx((0.75, 0.0))
    assert found.busy * 7 == pytest.approx(found.down)
    short = theory.machine_repairman(7, 1, uptime=3.0, repair=1.0)
    assert short.availability * 7 / 3.0 == pytest.approx(short.busy)


def test_the_repairman_of_two_calendar_clocks_is_that_of_a_line():
    """They do not mind whether their machines wait for one another."""
    chain = theory.exponential_line(
        [1.0, 1.0], 0, uptime=[6.0, 6.0], repair=[2.0, 2.0], clock="calendar", crews=1
    )
    men = theory.machine_repairman(2, 1, uptime=6.0, repair=2.0)
    np.testing.assert_allclose(1 - chain.down, men.availability)


# ------------------------------------------------------------------------------------ big chains


def test_a_chain_that_is_iterated_has_the_law_of_one_that_is_solved(monkeypatch):
    line = {"uptime": [200] * 3, "repair": [10] * 3, "clock": "calendar"}
    solved = theory.exponential_line([1, 1.1, 0.9], 3, **line)
    monkeypatch.setattr(chains, "MOST_SOLVED", 0)
    iterated = theory.exponential_line([1, 1.1, 0.9], 3, **line)
    assert iterated.throughput == pytest.approx(solved.throughput, rel=1e-10)
    np.testing.assert_allclose(iterated.contents, solved.contents, rtol=1e-9)


def test_too_many_states_are_refused_with_a_cure(monkeypatch):
    monkeypatch.setattr(chains, "MOST_STATES", 50)
    with pytest.raises(ValueError, match=r"at most 50 states.*fewer machines or places"):
        theory.exponential_line([1, 1, 1, 1], 3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: theory.exponential_line([1, 1], [1, 2]), "1 numbers, one per gap"),
        (lambda: theory.exponential_line([1, 1], 1, uptime=[5, 5]), "must come together"),
        (lambda: theory.exponential_line([1, -1]), "service must be greater than 0"),
        (lambda: theory.exponential_line([1], clock="wall"), "operating"),
        (lambda: theory.stop_together([1, 2], [1]), "2 numbers, one per uptime"),
        (lambda: theory.synchronous_line([0.1], [0.1, 0.2], []), "1 numbers, one per machine"),
        (lambda: theory.bernoulli_line([0.9, 0.9], [0]), "at least 1"),
        (lambda: theory.bernoulli_line([0.9, 1.1], [1]), "at most 1"),
        (lambda: theory.fluid_line([0.1, 0.1], [0.1, 0.1], [1, 2]), "1 numbers"),
        (lambda: theory.mm1_delay(1.0, 1.0), "below 1"),
        (lambda: theory.machine_repairman(0, 1, uptime=1, repair=1), "at least 1"),
        (lambda: theory.practical_worst_case(0, rate=1, critical=2), "at least 1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong, text):
    with pytest.raises(ValueError, match=text):
        wrong()
