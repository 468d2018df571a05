"""Logs that have the day of each stop and its minutes, and no times of day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ningde_sim import Exponential, WorkingTime
from ningde_sim.learn import fit_downtime

MARCH = {"begin": "2021-03-01", "end": "2021-03-11"}
LOG = pd.DataFrame(
    [
        ("R1", "2021-03-01", 30, "tip"),
        ("R1", "2021-03-01", 90, "tip"),
        ("R1", "2021-03-01", 60, "arm"),
        ("R1", "2021-03-04", 60, "tip"),
        ("R2", "2021-03-04", 20, "tip"),
        ("R2", "2021-03-04", 40, "tip"),
    ],
    columns=["equipment", "start", "duration", "reason"],
)


def rows(**options: Any) -> pd.DataFrame:
    return fit_downtime(LOG, **MARCH | options).table.set_index(["equipment", "reason"])


def test_hours_over_stops_are_the_mean_uptime() -> None:
    found = rows()
    assert found["n"].to_dict() == {("R1", "arm"): 1, ("R1", "tip"): 3, ("R2", "tip"): 2}
    assert found.loc[("R1", "tip"), "uptime"] == pytest.approx((240 - 4) / 3)
    assert found.loc[("R1", "arm"), "uptime"] == pytest.approx(240 - 4)
    assert found.loc[("R2", "tip"), "uptime"] == pytest.approx((240 - 1) / 2)
    assert found["repair"].tolist() == pytest.approx([60, 60, 30])
    # an interval of a Poisson count of 3
    low = found.loc[("R1", "tip"), "uptime_low"]
    assert stats.poisson.cdf(3, 236 / low) == pytest.approx(0.025)
    assert (found["uptime_family"] == "Exponential").all()
    assert (found["note"] == "").all()


def test_clock_share_working_time_and_pool_count() -> None:
    calendar = rows(clock="calendar")
    assert calendar.loc[("R1", "tip"), "uptime"] == pytest.approx((240 - 3) / 3)
    assert rows(operating=0.5).loc[("R1", "tip"), "uptime"] == pytest.approx(120 / 3)
    shifts = rows(working_time=WorkingTime([(6, 22)], every=24))
    assert shifts.loc[("R1", "tip"), "uptime"] == pytest.approx((160 - 4) / 3)
    both = fit_downtime(LOG, pool={"R1": "all", "R2": "all"}, **MARCH).table.set_index("reason")
    assert both.loc["tip", "uptime"] == pytest.approx((480 - 5) / 5)


def test_what_is_no_failure_takes_its_hours() -> None:
    found = rows(not_failures=["arm"])
    assert found.loc[("R1", "tip"), "uptime"] == pytest.approx((240 - 4) / 3)
    assert ("R1", "arm") not in found.index


def test_equipment_that_never_stopped_has_a_bound() -> None:
    found = rows(equipment=["R1", "R2", "R3"]).loc[("R3", "")]
    assert (found["n"], found["uptime"]) == (0, np.inf)
    assert np.exp(-240 / found["uptime_low"]) == pytest.approx(0.025)


def test_the_log_says_so_and_has_failures() -> None:
    downtime = fit_downtime(LOG, **MARCH)
    assert "the log has days only, no times of day" in " ".join(str(downtime).split())
    assert [failure.name for failure in downtime.failures["R1"]] == ["arm", "tip"]
    assert downtime.failures["R2"][0].uptime == Exponential(119.5)
    assert downtime.common == ()


def test_many_repairs_have_a_family_of_their_own() -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2021-01-01", periods=120, freq="D").strftime("%d.%m.%Y")
    log = pd.DataFrame({"equipment": "M", "start": days, "reason": "jam"})
    log["duration"] = rng.gamma(6, 3, 120)
    (row,) = fit_downtime(log, begin="2021-01-01", end="2021-05-01").table.to_dict("records")
    assert row["repair_family"] in ("Gamma", "Weibull", "Lognormal")
    assert row["repair"] == pytest.approx(log["duration"].mean(), rel=0.05)
    assert row["uptime"] == pytest.approx((120 * 24 - log["duration"].sum() / 60) / 120)


def test_equal_rows_of_a_day_are_stops_of_their_own() -> None:
    twice = pd.concat([LOG, LOG[:1]], ignore_index=True)
    assert fit_downtime(twice, **MARCH).table["n"].sum() == len(LOG) + 1


def test_more_downtime_than_hours_is_told() -> None:
    log = LOG.assign(duration=6_000)
    with pytest.raises(ValueError, match="the stops of 'R1' must leave it time to run"):
        fit_downtime(log, **MARCH)


def test_a_few_stops_may_begin_at_midnight() -> None:
    with pytest.raises(ValueError, match="before the end of row 0, the same reason"):
        fit_downtime(LOG[:2], **MARCH)
    one = fit_downtime(LOG[:2].assign(start=["2021-03-01", "2021-03-02"]), **MARCH)
    assert "days only" not in str(one)
