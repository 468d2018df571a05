"""Ctrl-C is heard within a second, each time, in both engines."""

from __future__ import annotations

import gc
import signal
import time

import pytest

from ningde_sim import Exponential, Failure, Gamma, Line, Shop, Station, simulate

TRIES = 25


def long_shop() -> Shop:
    """Random cycles and failures: nearly all of the time goes into draws and events."""
    fails = Failure("f", Exponential(0.1), Gamma(1, 2))
    stations = [Station(f"S{k}", Gamma(10, 0.5), failures=[fails]) for k in range(4)]
    return Shop("long", [Line("L", stations)])


@pytest.mark.parametrize(("engine", "hours"), [("reference", 50), ("compiled", 100_000)])
def test_ctrl_c_is_heard_each_time(engine: str, hours: float) -> None:
    """At 25 moments of a run of several seconds."""
    simulate(long_shop(), hours=0.1, seed=0, engine=engine)  # compiled
    waited = []
    for k in range(TRIES):
        gc.collect()  # Python itself swallows what comes while it clears the run before
        asked = time.monotonic() + 0.05 + 0.003 * k
        signal.setitimer(signal.ITIMER_REAL, asked - time.monotonic())
        previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                simulate(long_shop(), hours=hours, seed=k, engine=engine, progress=False)
        finally:
            signal.signal(signal.SIGALRM, previous)
        waited.append(time.monotonic() - asked)
    assert max(waited) < 1
