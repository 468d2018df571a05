"""Formulas against the reference cases, against each other, and at their limits."""

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
buffers = st.integers(0, 3)


@st.composite
def lines(draw, n: int):
    """Mean cycles, buffers, uptimes and repairs of n exponential machines."""
    return (
        draw(st.lists(rates, min_size=n, max_size=n)),
        draw(st.lists(buffers, min_size=n - 1, max_size=n - 1)),
        draw(st.lists(ups, min_size=n, max_size=n)),
        draw(st.lists(repairs, min_size=n, max_size=n)),
    )


@settings(max_examples=25, deadline=None)
@given(lines(3))
def test_a_reliable_exponential_line_has_the_same_throughput_reversed(line):
    """Reversibility: Yamazaki, Sakasegawa (1975)."""
    means, buffers, *_ = line
    forward = theory.exponential_line(means, buffers).throughput
    backward = theory.exponential_line(means[::-1], buffers[::-1]).throughput
    assert forward == pytest.approx(backward, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(lines(3), st.sampled_from(["operating", "calendar"]))
def test_bodies_and_time_are_conserved_in_an_exponential_line(line, clock):
    means, buffers, uptime, repair = line
    result = theory.exponential_line(means, buffers, uptime=uptime, repair=repair, clock=clock)
    np.testing.assert_allclose(result.working / means, result.throughput, rtol=1e-9)
    states = result.working + result.down + result.blocked + result.starved
    np.testing.assert_allclose(states, 1.0, rtol=1e-9)
    on_clock = result.working if clock == "operating" else 1 - result.down
    np.testing.assert_allclose(result.down, on_clock * np.divide(repair, uptime), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(lines(3), st.sampled_from([1, 2]), st.sampled_from(["operating", "calendar"]))
def test_too_few_crews_lower_the_throughput(line, crews, clock):
    means, buffers, uptime, repair = line
    fails = {"uptime": uptime, "repair": repair, "clock": clock}
    few = theory.exponential_line(means, buffers, **fails, crews=crews)
    enough = theory.exponential_line(means, buffers, **fails, crews=3)
    free = theory.exponential_line(means, buffers, **fails)
    assert few.throughput < enough.throughput
    assert enough.throughput == pytest.approx(free.throughput, rel=1e-9)


def test_the_throughput_of_a_single_machine_is_rate_times_availability():
    machine = {"service": [2.0], "uptime": [30.0], "repair": [6.0]}
    for clock in ("operating", "calendar"):
        result = theory.exponential_line(**machine, clock=clock)
        assert result.throughput == pytest.approx(0.5 / (1 + 6 / 30))


def test_with_very_large_buffers_the_slowest_machine_sets_the_throughput():
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
def test_without_buffers_continuous_flow_stops_together(times):
    """So does the decomposition."""
    up, repair = zip(*times, strict=True)
    fails, restores = [1 / u for u in up], [1 / r for r in repair]
    series = theory.stop_together(up, repair)
    pair = theory.fluid_pair(fails[:2], restores[:2], 0).throughput
    assert pair == pytest.approx(theory.stop_together(up[:2], repair[:2]))
    assert theory.fluid_line(fails, restores, [0] * (len(up) - 1)) == pytest.approx(series)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(ups, repairs), min_size=2, max_size=2), st.floats(0, 30))
def test_a_fluid_pair_has_the_same_throughput_reversed(times, buffer):
    up, repair = zip(*times, strict=True)
    fails, restores = [1 / u for u in up], [1 / r for r in repair]
    for clock in ("operating", "calendar"):
        forward = theory.fluid_pair(fails, restores, buffer, clock=clock)
        backward = theory.fluid_pair(fails[::-1], restores[::-1], buffer, clock=clock)
        assert forward.throughput == pytest.approx(backward.throughput)
        assert forward.content == pytest.approx(buffer - backward.content, abs=1e-9)
        assert forward.blocked == pytest.approx(backward.starved)


def test_without_buffers_all_machines_with_calendar_clocks_must_be_up():
    pair = theory.fluid_pair([0.1, 0.2], [0.5, 0.4], 0, clock="calendar")
    assert pair.throughput == pytest.approx(theory.all_up([10, 5], [2, 2.5]))


def test_a_synchronous_line_with_short_cycles_tends_to_continuous_flow():
    """The error is of the order of the cycle: extrapolation from two lengths removes it."""
    fails, restores = np.array([0.02, 0.01]), np.array([0.1, 0.12])
    eighth, sixteenth = (
        theory.synchronous_line(fails / k, restores / k, [5 * k]).throughput for k in (8, 16)
    )
    flow = theory.fluid_pair(fails, restores, 5).throughput
    assert 2 * sixteenth - eighth == pytest.approx(flow, abs=2e-5)


@settings(max_examples=25, deadline=None)
@given(st.tuples(st.floats(0.5, 0.99), st.floats(0.5, 0.99)), st.integers(1, 6))
def test_the_aggregation_of_two_bernoulli_machines_is_exact(up, buffer):
    exact = theory.bernoulli_line(up, [buffer])
    assert theory.bernoulli_aggregation(up, [buffer]) == pytest.approx(exact.throughput)
    assert up[0] - exact.blocked[0] == pytest.approx(exact.throughput)


def test_repairs_in_one_cycle_of_an_indexing_line_overlap():
    """With rare failures they hardly ever do."""
    often, rare = [20.0] * 8, [2e5] * 8
    cycles = theory.indexing_line(often, [3.0] * 8, cycle=1)
    assert cycles > theory.stop_together(often, [3.0] * 8) * 1.01
    seldom = theory.indexing_line(rare, [3.0] * 8, cycle=1)
    assert 1 - seldom == pytest.approx(1 - theory.stop_together(rare, [3.0] * 8), rel=1e-3)


def test_machines_with_a_crew_each_do_not_wait():
    result = theory.machine_repairman(7, 7, uptime=3.0, repair=1.0)
    assert (result.availability, result.waits) == pytest.approx((0.75, 0.0))
    assert result.busy * 7 == pytest.approx(result.down)
    short = theory.machine_repairman(7, 1, uptime=3.0, repair=1.0)
    assert short.availability * 7 / 3.0 == pytest.approx(short.busy)


def test_the_repairman_of_two_calendar_clocks_is_that_of_a_line():
    """Calendar clocks run whether or not the machines wait for each other."""
    chain = theory.exponential_line(
        [1.0, 1.0], 0, uptime=[6.0, 6.0], repair=[2.0, 2.0], clock="calendar", crews=1
    )
    men = theory.machine_repairman(2, 1, uptime=6.0, repair=2.0)
    np.testing.assert_allclose(1 - chain.down, men.availability)


# ---------------------------------------------------------------------------------- large chains


def test_iteration_gives_the_same_distribution_as_direct_solution(monkeypatch):
    line = {"uptime": [200] * 3, "repair": [10] * 3, "clock": "calendar"}
    solved = theory.exponential_line([1, 1.1, 0.9], 3, **line)
    monkeypatch.setattr(chains, "MOST_SOLVED", 0)
    iterated = theory.exponential_line([1, 1.1, 0.9], 3, **line)
    assert iterated.throughput == pytest.approx(solved.throughput, rel=1e-10)
    np.testing.assert_allclose(iterated.contents, solved.contents, rtol=1e-9)


def test_too_many_states_are_refused_with_a_cure(monkeypatch):
    monkeypatch.setattr(chains, "MOST_STATES", 50)
    with pytest.raises(ValueError, match=r"at most 50 states.*fewer machines or smaller buffers"):
        theory.exponential_line([1, 1, 1, 1], 3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: theory.exponential_line([1, 1], [1, 2]), "1 numbers, one between two machines"),
        (lambda: theory.exponential_line([1, 1], 1, uptime=[5, 5]), "must be given together"),
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
def test_invalid_numbers_are_refused(wrong, text):
    with pytest.raises(ValueError, match=text):
        wrong()
