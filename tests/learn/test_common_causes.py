"""Stops of all equipment at once are failures of the line, not of each of its machines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ningde_sim import Failure, Line, Shop, Station, WorkingTime, simulate
from ningde_sim.learn import check, fit_downtime
from tests.learn.test_fitting import TEN_DAYS, log, rows

POWER = [("power", 30.0, 32.0), ("power", 100.0, 101.0), ("power", 200.0, 206.0)]
OWN = [("R1", "tip", 10, 11), ("R2", "tip", 50, 52), ("R3", "power", 150, 151)]


def logged(late: float = 0.5) -> pd.DataFrame:
    """Three machines that lose their power at once, within a minute, and one by itself."""
    at_once = [
        (f"R{k + 1}", reason, start + late * k / 60, end - k / 60)
        for reason, start, end in POWER
        for k in range(3)
    ]
    return log(*OWN, *at_once)


def test_what_stops_all_at_once_is_no_failure_of_one() -> None:
    downtime = fit_downtime(logged(), **TEN_DAYS)
    by = rows(downtime)
    assert by.loc[("all equipment", "power"), "n"] == 3
    hours = 240 - 2 - 1 - 6
    assert by.loc[("all equipment", "power"), "uptime"] == pytest.approx(hours / 3)
    assert by.loc[("all equipment", "power"), "repair"] == pytest.approx(60 * 9 / 3)
    assert by.loc[("R3", "power"), "n"] == 1  # what came to it alone
    assert ("R1", "power") not in by.index
    (failure,) = downtime.common
    assert (failure.name, failure.clock) == ("power", "calendar")
    assert [[f.name for f in downtime.failures[f"R{k}"]] for k in (1, 2, 3)] == [
        ["tip"],
        ["tip"],
        ["power"],
    ]
    # the clock of each machine stands still meanwhile
    assert by.loc[("R1", "tip"), "uptime"] == pytest.approx(240 - 1 - 9, abs=0.1)
    assert "all equipment stopped at once, see .common: power" in str(downtime)
    line = Line("L", [Station(f"R{k}", 60) for k in (1, 2, 3)], failures=downtime.common)
    run = simulate(Shop("one", [line]), hours=20_000, seed=0)
    share = run.failures["down"].sum() / 20_000
    assert share == pytest.approx(9 / 240, rel=0.15)


def test_what_comes_to_some_or_later_is_their_own() -> None:
    two = logged()[lambda table: table["equipment"] != "R2"]
    everyone = {"equipment": ["R1", "R2", "R3"]}
    assert fit_downtime(two, **TEN_DAYS, **everyone).common == ()
    assert fit_downtime(two, **TEN_DAYS).common == ()  # two may stop at once by chance
    assert fit_downtime(logged(late=1.5), **TEN_DAYS).common == ()
    assert fit_downtime(logged(), not_failures=["power"], **TEN_DAYS).common == ()


def test_many_stops_of_many_machines_are_no_common_cause() -> None:
    """Each of 40 machines stops once a quarter of an hour, so that one does each 22 s."""
    rng = np.random.default_rng(0)
    starts = np.sort(rng.uniform(0, 0.2, (40, 900)) + np.arange(900) * 0.25, axis=1)
    stops = [(f"M{k}", "micro", at, at + 0.01) for k in range(40) for at in starts[k]]
    power = [(f"M{k}", "micro", 230 + k / 5_000, 231) for k in range(40)]
    assert fit_downtime(log(*stops), **TEN_DAYS).common == ()
    (failure,) = fit_downtime(log(*stops, *power), **TEN_DAYS).common
    assert failure.repair.mean == pytest.approx(60)


def test_working_time_counts_and_the_last_may_go_on() -> None:
    at_once = [
        (f"R{k}", "air", start, end) for start, end in ((30, 56), (220, np.nan)) for k in "123"
    ]
    table = log(*at_once)
    days = WorkingTime([(6, 18)], every=24)
    downtime = fit_downtime(table, working_time=days, **TEN_DAYS)
    (row,) = downtime.table[downtime.table["reason"] == "air"].to_dict("records")
    assert (row["n"], row["repair_censored"]) == (2, 1)
    first, last = 12 + 2, 12  # from 6:00 to 8:00 of the next day, of which ten hours are closed
    assert row["repair"] == pytest.approx(60 * (first + last))
    assert row["uptime"] == pytest.approx((120 - first - last) / 2)


def test_the_round_trip_leaves_them_out_and_says_so() -> None:
    shop = Shop("one", [Line("L", [Station(f"R{k}", 60) for k in (1, 2, 3)])])
    found = check(fit_downtime(logged(), **TEN_DAYS), shop, runs=2, progress=False)
    assert "all equipment" not in set(found.table["equipment"])
    assert "stops of all equipment at once are left out of both" in str(found)
    assert isinstance(shop.lines[0].failures, tuple)
    assert not any(isinstance(each, Failure) for each in shop.lines[0].failures)
