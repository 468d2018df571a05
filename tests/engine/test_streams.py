"""Random numbers by name: nothing else changes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    PlannedStop,
    Robot,
    Shop,
    Station,
    Store,
    Triangular,
    Uniform,
    Weibull,
    simulate,
)
from ningde_sim.engine.streams import Draws, Streams, first_draws, key
from tests.engine.test_draws import OBSERVED, N, Z, draws, fill

KINDS = {
    "another kind": ("station", "a", "draw"),
    "another name": ("test", "b", "draw"),
    "another purpose": ("test", "a", "repair"),
    "a name that runs into the purpose": ("test", "ad", "raw"),
}


@pytest.mark.parametrize("other", KINDS.values(), ids=KINDS)
def test_streams_of_different_things_are_uncorrelated(other):
    streams = Streams()
    for thing in (("test", "a", "draw"), other):
        streams.add(*thing, Uniform(0, 1), 1, 0)
    rows, values = streams.arrays()
    out = np.empty((2, N))
    for row, drawn in zip(rows, out, strict=True):
        fill(row, values, 0, 0, drawn)
    assert abs(np.corrcoef(out)[0, 1]) <= Z / np.sqrt(N)


@pytest.mark.parametrize(
    ("one", "other"), [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 1), (1, 0)), ((7, 36), (7, 37))]
)
def test_runs_and_seeds_are_uncorrelated(one, other):
    """Each pair is a seed with a run."""
    a, b = (draws(Uniform(0, 1), seed=seed, run=run) for seed, run in (one, other))
    assert abs(np.corrcoef(a, b)[0, 1]) <= Z / np.sqrt(N)
    assert abs(np.corrcoef(a[1:], b[:-1])[0, 1]) <= Z / np.sqrt(N - 1)


def test_the_first_draws_of_many_streams_are_those_of_each():
    """To the bit."""
    names = ["shift hours", "model_a.share"]
    table = first_draws("input", names, "place", seed=3, run=5, n=4)
    for name, row in zip(names, table, strict=True):
        draw = Draws("input", name, "place")
        assert row.tolist() == [draw(3, 5, k) for k in range(4)]


def test_a_thousand_stations_have_a_thousand_keys():
    names = [f"S{i}" for i in range(1000)]
    keys = {key("station", name, purpose) for name in names for purpose in ("cycle", "quality")}
    assert len(keys) == 2000


RANDOM = Line(
    "random",
    [
        Station(
            "L1",
            Gamma(50, 0.4),
            robots=[
                Robot(
                    "L1-R", "weld", failures=[Failure("arm", Exponential(0.5), Lognormal(2, 0.8))]
                )
            ],
        ),
        Station(
            "L2",
            Exponential(45),
            failures=[Failure("belt", Weibull(0.5, 2), Gamma(2, 0.5), clock="calendar")],
            planned_stops=[PlannedStop("clean", 20, 60)],
            rework=0.05,
            scrap=0.05,
        ),
        Station("L3", Triangular(20, 40, 90), failures=[Failure("x", Uniform(0.2, 1), OBSERVED)]),
    ],
    buffers=2,
)

OTHERS = {
    "before": [Line("other", [Station("O1", Exponential(30)), Station("O2", 40)])],
    "with failures": [
        Line("other", [Station("O1", 30, failures=[Failure("arm", Exponential(0.1), Fixed(3))])])
    ],
    "with observed values": [Line("other", [Station("O1", Empirical((10, 20, 60)))])],
}


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_a_line_added_elsewhere_changes_nobodys_draws(others, engine):
    alone = simulate(Shop("s", [RANDOM]), hours=20, seed=3, engine=engine)
    shop = Shop("s", [*others, RANDOM])
    together = simulate(shop, hours=20, seed=3, engine=engine)
    np.testing.assert_array_equal(alone.exits["random"], together.exits["random"])


def test_a_failure_added_to_a_station_leaves_its_other_draws_as_they_are():
    """An uptime beyond the horizon changes nothing at all."""
    never = Failure("never", Fixed(1e6), Exponential(5))
    stations = [replace(s, failures=[never, *s.failures]) for s in RANDOM.stations]
    shops = (Shop("s", [RANDOM]), Shop("s", [replace(RANDOM, stations=stations)]))
    one, other = (simulate(shop, hours=20, seed=3) for shop in shops)
    np.testing.assert_array_equal(one.exits["random"], other.exits["random"])


def test_run_37_alone_is_run_37_of_many():
    shop = Shop("s", [RANDOM])
    many = [simulate(shop, hours=5, seed=11, run=run).exits["random"] for run in range(40)]
    np.testing.assert_array_equal(
        simulate(shop, hours=5, seed=11, run=37).exits["random"], many[37]
    )
    assert len({times.tobytes() for times in many}) == 40


def test_seed_0_is_a_seed_like_any_other():
    shop = Shop("s", [RANDOM])
    ends = {simulate(shop, hours=5, seed=seed).exits["random"].tobytes() for seed in range(5)}
    assert len(ends) == 5
    again = simulate(shop, hours=5, seed=0).exits["random"].tobytes()
    assert again == simulate(shop, hours=5, seed=0).exits["random"].tobytes()
    assert again in ends


# ---------------------------------------------------------------------------------- without Numba

RICH = Shop(
    "rich",
    [
        replace(RANDOM, puts="store"),
        Line("side", [Station("S1", Uniform(20, 60))], puts="side store"),
        Line(
            "join",
            [
                Station(
                    "J1",
                    Empirical((30, 40, 50)),
                    failures=[
                        Failure("f", Exponential(0.3), Exponential(4), clock="calendar", crew=True)
                    ],
                ),
                Station("J2", 45, failures=[Failure("f", Gamma(0.3, 2), Weibull(4, 2), crew=True)]),
            ],
            takes=["store", "side store"],
        ),
    ],
    stores=[Store("store", 3, transit_time=20), Store("side store", 0)],
    repair_crews=1,
)


def outcome(engine: str) -> dict[str, list[int]]:
    """The result of a small run of everything, to be compared between processes."""
    run = simulate(RICH, hours=2, seed=2**40, run=1, engine=engine)
    return {
        "exits": run.exits["join"].tolist(),
        "spent": run.counts.spent.ravel().tolist(),
        "failures": run.failures["failures"].tolist(),
    }


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_without_compilation_both_engines_give_the_same(engine):
    """Warnings are errors there too, so that an overflow of words would show."""
    code = (
        "import json, numba; from tests.engine.test_streams import outcome; "
        f"assert numba.config.DISABLE_JIT; print(json.dumps(outcome({engine!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == outcome(engine)
