"""Cases with fixed times, where every departure is known."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Fixed, Line, Shop, Station, Store, WorkingTime, simulate
from ningde_sim.exceptions import ShopStuck
from tests.theory.networks import pallet_ring
from tests.theory.reference import load, record, serial_line

MINUTE = 60_000
ENGINES = ("compiled", "reference")
each_engine = pytest.mark.parametrize("engine", ENGINES)


# ------------------------------------------------------------------------------------------- A12


@each_engine
def test_a12_the_first_body_leaves_after_14_the_others_every_5(engine):
    run = simulate(serial_line("A12", 60.0), hours=8, seed=0, engine=engine)
    start = record("A12", "time of first departure")["value"]
    step = record("A12", "time between later departures")["value"]
    expected = np.arange(start * MINUTE, 480 * MINUTE + 1, step * MINUTE)
    np.testing.assert_array_equal(run.exits["line"], expected)


@each_engine
@pytest.mark.parametrize(
    ("minutes", "quantity"),
    [
        (480, "parts finished in [0, 480]"),
        (478.9, "parts finished in [0, 478.9]"),
        (479, "parts finished in [0, 479] (a departure falls exactly on 479)"),
    ],
)
def test_a12_a_departure_on_the_horizon_counts(engine, minutes, quantity):
    run = simulate(serial_line("A12", 60.0), hours=minutes / 60, seed=0, engine=engine)
    assert run.bodies == record("A12", quantity)["value"]


@each_engine
def test_a12_a_departure_on_the_end_of_the_warm_up_does_not_count(engine):
    shop = serial_line("A12", 60.0)
    run = simulate(shop, hours=50 / 60, warm_up=19 / 60, seed=0, engine=engine)
    steady = record("A12", "steady throughput")["value"]
    assert run.bodies == steady * 50
    assert run.exits["line"][0] == 5 * MINUTE


# ------------------------------------------------------------------------------------------- E16


def dream() -> Shop:
    """E16, shifted by the two minutes of the warm-up.

    Four parts come from a line each, every 2 minutes, half a minute apart. The failures of the
    machine are known beforehand, and it takes no frame while it is failed. A failed station of ours
    would take it, so the failures are modelled as closed working time. The machine closes 1 ms
    early: a frame that is finished at the instant of a failure is not passed either.
    """
    half = 0.5 / 60
    parts = [
        Line(
            f"part {j}",
            [Station(f"part {j}", Fixed(120))],
            puts=f"parts {j}",
            working_time=WorkingTime([(j * half, 1e6)]) if j else None,
        )
        for j in range(4)
    ]
    frames = Line("frames", [Station("frame", Fixed(120))], puts="frames")
    names = [f"parts {j}" for j in range(4)]
    assembly = Line("assembly", [Station("assembly", 120)], takes=["frames", *names], puts="pass")
    closing = 62 / 60 - 1 / 3_600_000
    times = WorkingTime([(2 / 60, closing)], every=65 / 60)
    machine = Line("machine", [Station("machine", 15)], takes="pass", working_time=times)
    stores = [Store(name, 10_000) for name in ("frames", *names)]
    return Shop("dream", [*parts, frames, assembly, machine], stores=[*stores, Store("pass", 0)])


@each_engine
def test_e16_frames_and_work_of_the_assembly_are_exact(engine):
    horizon = load("E16")["model"]["horizon"]
    run = simulate(dream(), hours=horizon / 60, warm_up=2 / 60, seed=0, engine=engine)
    assert run.bodies == record("E16", "frames finished")["value"]
    working = record("E16", "assembly working, percent")
    share = 100 * run.stations["working"]["assembly"] / run.hours
    assert share == pytest.approx(working["value"], abs=working["tolerance_abs"])


# ------------------------------------------------------------------------------------------- E04


@each_engine
def test_e04_a_ring_full_of_pallets_stands_still(engine):
    assert "deadlock" in record("E04", "N=6 (all places full)")["value"]
    with pytest.warns(ShopStuck, match="can never move again since 9.93 h before the counted"):
        run = simulate(pallet_ring(6, 60.0), hours=10, warm_up=10, seed=0, engine=engine)
    assert run.bodies == 0
    assert (run.stations["blocked"][["M1", "M2", "M3"]] == 10).all()
