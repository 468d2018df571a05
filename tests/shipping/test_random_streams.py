"""Random streams of the export: one for each thing, so that a change of one moves no other."""

from __future__ import annotations

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest

from ningde_sim._support.units import MS_PER_DAY
from ningde_sim.shipping import ship
from ningde_sim.shipping.timetable import calls, closures
from tests.exports import export, gateway, leg, q, service

START = datetime.date(2021, 1, 1)
STORM = {
    "closes": ["sea"],
    "days": q(2, "days"),
    "per_year": q(3, "closures/year"),
    "season": [0, 0, 0, 0, 0, 0, 4, 4, 4, 0, 0, 0],
}
LEGS = {"rail": leg(hours=26)}


def plan(often=2.0, **more):
    """Two services at ports with storms."""
    services = {
        "one": service(slip=3, calls=q(often, "calls/month")),
        "two": service(slip=3, slots=500, calls=q(3, "calls/month"), **more),
    }
    port = gateway(rate=1_700, clearance=3, legs=LEGS, closures={"typhoon": STORM})
    return export(gateways={"port": port}, services=services)


def late(plan, name, run=0):
    """By how much each call of a service is late. [ms]"""
    table = plan.services[name]
    return [c.arrives - c.planned for c in calls(name, table, START, 365, seed=1, run=run)]


def shut(plan, run=0):
    """When the port is shut by sea."""
    return closures("port", plan.gateways["port"], START, 365, seed=1, run=run)["sea"].windows


def test_a_change_of_sailings_moves_no_other_draws():
    few, many = plan(2), plan(6)
    assert late(few, "two") == late(many, "two")
    assert shut(few) == shut(many)
    assert late(few, "one") == late(many, "one")[:24]  # the k-th call is late as ever


def test_seed_and_run_make_the_draws():
    assert late(plan(), "two", run=1) != late(plan(), "two")
    assert late(plan(), "one") != late(plan(), "two")[:24]
    made = np.full(365, 100)
    one, same, other = (ship(plan(), made, start=START, seed=4, run=k) for k in (1, 1, 2))
    pd.testing.assert_frame_equal(one.daily, same.daily)
    pd.testing.assert_frame_equal(one.voyages, same.voyages)
    assert one.voyages["late"].tolist() != other.voyages["late"].tolist()
    later = ship(plan(), made, start=START, seed=5, run=1)
    assert one.voyages["late"].tolist() != later.voyages["late"].tolist()


def test_lateness_has_its_mean_and_standard_deviation():
    """Of 360 calls, within four standard errors."""
    days = np.array([x for run in range(10) for x in late(plan(), "two", run)]) / MS_PER_DAY
    assert days.min() >= 0
    assert days.mean() == pytest.approx(3, abs=4 * 3 / 360**0.5)
    assert days.std() == pytest.approx(3, abs=4 * 3 * (2 / 360) ** 0.5)


def test_storms_come_in_their_season_and_as_often_as_expected():
    """Three a year on average, within four standard errors of 200 years."""
    storms = [window for run in range(200) for window in shut(plan(), run)]
    begins = [begin // MS_PER_DAY for begin, _ in storms]
    months = {(START + datetime.timedelta(days=day)).month for day in begins}
    assert months == {7, 8, 9}
    lengths = sum(end - begin for begin, end in storms) / MS_PER_DAY / 2
    expected = 3 * 92 * 4 / 365.25
    assert lengths / 200 == pytest.approx(expected, abs=4 * (expected / 200) ** 0.5 + 0.05)


def test_late_ships_carry_the_same_cars_later():
    """All of them, if the horizon is long enough."""
    runs = [ship(plan(), [100] * 100 + [0] * 265, start=START, seed=seed) for seed in range(3)]
    assert [run.exports for run in runs] == [10_000] * 3
    assert len({run.age(0.9) for run in runs}) > 1


def test_a_run_can_be_sent():
    run = ship(plan(), [500] * 60, start=START, seed=0)
    sent = pickle.loads(pickle.dumps(run))
    pd.testing.assert_frame_equal(sent.monthly, run.monthly)
    assert repr(run) == (
        f"ShippingRun(from 2021-01-01, 60 days, seed=0, run=0: {run.exports:,} exported)"
    )


def test_a_calendar_may_begin_within_a_month():
    """From 16 May on: half of its four calls."""
    planned = calls("x", plan(4).services["one"], datetime.date(2021, 5, 16), 46, seed=0, run=0)
    assert len(planned) == 2 + 4
    assert all(0 <= call.planned < 46 * MS_PER_DAY for call in planned)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"export": 5}, TypeError, "ship: export must be an ExportTable, got 5. scenario"),
        ({"start": "2021"}, TypeError, "ship: start must be a date, got '2021'"),
        ({"seed": -1}, ValueError, "ship: seed must be at least 0, got -1"),
        ({"vehicles": []}, ValueError, r"ship: vehicles must be a series of days, got \[\]"),
        ({"vehicles": [[1]]}, ValueError, "ship: vehicles must be a series of days"),
        ({"vehicles": [1.5, 2]}, TypeError, "ship: vehicles must be whole numbers, got 'float64'"),
        ({"vehicles": [3, -1]}, ValueError, "vehicles must be at least 0 on day 1, got -1"),
        ({"ckd_sets": [1]}, ValueError, "ckd_sets must have as many days as vehicles, 2, got 1"),
        ({"horizon_days": 1}, ValueError, "horizon_days must be at least 2, got 1"),
    ],
)
def test_what_cannot_be_shipped_is_refused(change, error, message):
    given = {"export": plan(), "vehicles": [1, 2], "start": START, "seed": 0} | change
    with pytest.raises(error, match=message):
        ship(given.pop("export"), given.pop("vehicles"), **given)


def test_an_age_is_asked_for_by_a_share_and_a_kind():
    run = ship(plan(), [5], start=START, seed=0)
    with pytest.raises(ValueError, match="q must be at most 1, got 2"):
        run.age(2)
    with pytest.raises(ValueError, match="kind must be cars or ckd_sets, got 'boats'"):
        run.age(0.5, "boats")
