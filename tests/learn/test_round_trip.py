"""A log beside the plant that its fits make: the same if the fits are right, else told."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pandas as pd
import pytest

from ningde_sim import Exponential, Failure, Gamma, Line, Lognormal, Robot, Shop, Station, simulate
from ningde_sim.learn import Downtime, RoundTrip, check, downtime_log, fit_downtime

BEGIN = pd.Timestamp("2021-03-01")
HOURS = 1_500


def plant(copies: int = 1) -> Shop:
    """A line of three stations with a robot each, of which the second is the slowest."""
    modes = [
        Failure("jam", Exponential(12), Lognormal(6, 0.8)),
        Failure("arm", Gamma(60, 0.6), Gamma(40, 0.5)),
    ]
    stations = [
        Station(f"S{k}", 55 + 5 * (k == 1), robots=[Robot(f"R{k}", "weld", failures=modes)])
        for k in range(3)
    ]
    return Shop("three", [Line("L", stations, buffers=5, copies=copies)])


def logged(shop: Shop, **options: Any) -> tuple[Downtime, int]:
    """What is fitted to the log of a run, and what the run made."""
    run = simulate(shop, hours=HOURS, seed=3, trace=True, progress=False)
    share = run.robots["working"] / run.working_hours
    options = {"operating": share} | options
    log = downtime_log(run, start=BEGIN)
    window = {"begin": BEGIN, "end": BEGIN + pd.Timedelta(hours=HOURS)}
    return fit_downtime(log, **window, **options, on_problem="report"), run.bodies


@pytest.fixture(scope="module")
def fitted() -> tuple[Downtime, int]:
    return logged(plant())


def bare(shop: Shop) -> Shop:
    """Without failures of its own."""
    return shop.replace({f"robots.{robot.name}.failures": () for robot in shop.robots})


def test_the_plant_of_a_log_agrees_with_it(fitted: tuple[Downtime, int]) -> None:
    downtime, bodies = fitted
    found = check(downtime, bare(plant()), output=bodies, runs=12, progress=False)
    assert found.agrees
    assert list(found.totals.index) == ["stops", "hours down", "bodies"]
    assert found.totals.loc["stops", "log"] == downtime.table["n"].sum()
    assert found.totals.loc["bodies", "plant"] == pytest.approx(bodies, rel=0.03)
    assert found.totals.loc["hours down", "plant"] == pytest.approx(
        found.totals.loc["hours down", "log"], rel=0.1
    )
    assert len(found.table) == 6
    assert found.table["agrees"].sum() >= 4
    assert found.table["stops_log"].sum() == found.totals.loc["stops", "log"]
    assert "in the plant: agrees" in str(found)
    assert repr(found).endswith("12 runs of 1500 h, agrees)")
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).table, found.table)


def test_a_plant_that_works_less_than_was_assumed_is_told(fitted: tuple[Downtime, int]) -> None:
    """The log is fitted as if all worked whenever no stop was logged; the plant waits for parts."""
    downtime, bodies = logged(plant(), operating=None)
    slow = bare(plant()).replace({"stations.S0.cycle_time": 200})
    found = check(downtime, slow, output=bodies, runs=6, progress=False)
    assert not found.agrees
    assert not found.totals.loc["bodies", "agrees"]
    assert "it does not agree" in str(found)
    assert repr(found).endswith("does not agree)")


def test_wrong_repairs_are_told_with_the_row(fitted: tuple[Downtime, int]) -> None:
    downtime, _ = fitted
    wrong = dict(downtime.failures)
    wrong["R1"] = tuple(dataclasses.replace(f, repair=Exponential(120)) for f in wrong["R1"])
    found = check(dataclasses.replace(downtime, failures=wrong), plant(), runs=6, progress=False)
    assert not found.totals.loc["hours down", "agrees"]
    assert "R1: jam: " in str(found)
    by = found.table.set_index(["equipment", "reason"])
    assert not by.loc[("R1", "jam"), "agrees"]
    assert "what the plant made is not compared" in str(found)


def test_runs_are_those_of_the_seed(fitted: tuple[Downtime, int]) -> None:
    downtime, _ = fitted
    options = {"runs": 3, "progress": False}
    one, same, other = (
        check(downtime, plant(), **options, **more) for more in ({}, {"workers": 1}, {"seed": 1})
    )
    pd.testing.assert_frame_equal(one.table, same.table)
    assert not one.table.equals(other.table)


def test_copies_have_their_failures_in_common() -> None:
    pooled, bodies = logged(plant(2), operating=0.9, pool="station")
    found = check(pooled, bare(plant(2)), output=bodies, runs=6, progress=False)
    assert found.table["equipment"].unique().tolist() == ["S0", "S1", "S2"]
    assert found.totals.loc["stops", "plant"] == pytest.approx(pooled.table["n"].sum(), rel=0.15)
    apart, _ = logged(plant(2), operating=0.9)
    with pytest.raises(ValueError, match="the copies of 'R0' must have the same failures"):
        check(apart, plant(2), progress=False)


def test_what_cannot_be_checked_is_named(fitted: tuple[Downtime, int]) -> None:
    downtime, _ = fitted
    other = Shop("other", [Line("L", [Station("S0", 60), Station("R11", 60)])])
    with pytest.raises(ValueError, match="must have the equipment of the log, got 'R0'"):
        check(downtime, other)
    with pytest.raises(TypeError, match="downtime must be a Downtime, got 5"):
        check(5, other)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="runs must be at least 2"):
        check(downtime, plant(), runs=1)


def test_equipment_that_the_log_does_not_name_keeps_its_failures() -> None:
    at = pd.date_range(BEGIN + pd.Timedelta("1h"), periods=20, freq="7h")
    log = pd.DataFrame({"equipment": "R0", "start": at, "duration": 5, "reason": "jam"})
    found = check(fit_downtime(log), plant(), runs=2, progress=False)
    assert isinstance(found, RoundTrip)
    assert "2 that the log does not name keep their own failures: R1, R2" in str(found)
    assert found.table["reason"].tolist() == ["jam"]
