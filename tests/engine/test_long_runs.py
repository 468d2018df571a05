"""Long horizons, long durations, and Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import t as student

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Line,
    Shop,
    Station,
    Store,
    ningde_2021,
    simulate,
)
from ningde_sim.engine import compiled
from tests.engine.test_engines_agree import assert_equal


def test_ten_thousand_hours_do_not_drift():
    """The last 1,000 h of the 620-robot shop make as many bodies as the first.

    The difference of the two, each in ten pieces of 100 h, lies inside its 99.9 % interval, which
    is no wider than 6 % of the throughput to each side: a drift by 9 % would be seen in 19 of 20
    such runs.
    """
    run = simulate(ningde_2021(), hours=10_000, warm_up=50, seed=2)
    pieces = run.per_hour().reshape(100, 100).sum(axis=1)
    first, last = pieces[:10], pieces[-10:]
    error = np.sqrt(first.var(ddof=1) / 10 + last.var(ddof=1) / 10)
    half_width = student.ppf(0.9995, 18) * error
    assert half_width < 0.06 * pieces.mean()
    assert abs(last.mean() - first.mean()) < half_width
    assert (run.counts.spent >= 0).all()
    assert run.counts.spent.sum(axis=1).tolist() == [10_000 * 3_600_000] * 167


def test_a_horizon_beyond_the_clock_is_refused():
    """At most a million hours; more is an error that says so, not an overflow."""
    with pytest.raises(ValueError, match=r"hours must be at most 1e\+06, got 10000000.0"):
        simulate(ningde_2021(), hours=1e7, seed=0)
    with pytest.raises(ValueError, match=r"hours must be at least a millisecond, got 1e-07"):
        simulate(ningde_2021(), hours=1e-7, seed=0)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_century_is_counted_without_overflow(engine):
    """Cycles of a day for 114 years, a million parts in a store."""
    day = Fixed(86_400)
    lines = [
        Line("A", [Station("A", day)], puts="q", takes="q"),
        Line("B", [Station("B", day)]),
    ]
    shop = Shop("slow", lines, stores=[Store("q", 10**6, initial=10**6 - 1)])
    run = simulate(shop, hours=1e6, seed=0, engine=engine)
    assert run.bodies == 1e6 // 24
    assert run.stores.loc["q", "level"] == pytest.approx(10**6 - 2, abs=0.01)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_failure_beyond_the_clock_never_comes(engine):
    """An uptime longer than the clock can hold counts as the longest one."""
    never = [Failure(c, Exponential(1e12), Fixed(1), clock=c) for c in ("operating", "calendar")]
    shop = Shop("s", [Line("L", [Station("A", 60, failures=never)])])
    run = simulate(shop, hours=100, seed=0, engine=engine)
    assert run.bodies == 6000
    assert run.stations.loc["A", "failures"] == 0


def test_where_the_kernel_returns_to_python_changes_nothing(monkeypatch):
    """A run in calls of a few events equals a run in one call."""
    whole = simulate(ningde_2021(), hours=0.5, warm_up=0.5, seed=4, trace=True)
    monkeypatch.setattr(compiled, "EVENTS", 3)
    monkeypatch.setattr(compiled, "PATIENCE", 0.0)
    in_pieces = simulate(ningde_2021(), hours=0.5, warm_up=0.5, seed=4, trace=True)
    assert_equal(whole, in_pieces)


INTERRUPTED = """
import signal, threading, time
from ningde_sim import ningde_2021, simulate
simulate(ningde_2021(), hours=1, seed=0)
sent = []
def interrupt():
    sent.append(time.perf_counter())
    signal.raise_signal(signal.SIGINT)
threading.Timer(1.0, interrupt).start()
try:
    simulate(ningde_2021(), hours=500_000, seed=0)
except KeyboardInterrupt:
    print(time.perf_counter() - sent[0])
"""


def test_ctrl_c_works_within_half_a_second():
    """The kernel returns to Python in time."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120, check=True
    )
    assert float(done.stdout) < 0.5
