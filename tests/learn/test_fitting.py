"""From a log to failures: hours counted by hand, pooled equipment, ranges, the log of a run."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import (
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
    Weibull,
    WorkingTime,
    scenario,
    simulate,
)
from ningde_sim.learn import Downtime, downtime_log, fit_downtime, fitting

DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)
BEGIN = pd.Timestamp("2021-03-01")
TEN_DAYS = {"begin": BEGIN, "end": BEGIN + 10 * DAY}


def log(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Rows of equipment, reason, start and end in hours since the begin."""
    table = pd.DataFrame(rows, columns=["equipment", "reason", "start", "end"])
    for column in ("start", "end"):
        table[column] = BEGIN + table[column] * HOUR
    return table


TWO_REASONS = log(
    ("R1", "tip", 10, 11),
    ("R1", "arm", 50, 60),
    ("R1", "tip", 100, 103),
    ("R1", "arm", 102, 112),  # overlaps the other for an hour
    ("R1", "tip", 200, 200.5),
)


def rows(downtime: Downtime) -> pd.DataFrame:
    return downtime.table.set_index(["equipment", "reason"])


# ------------------------------------------------------------------ hours counted by hand


def test_the_operating_clock_stands_still_in_every_stop() -> None:
    table = rows(fit_downtime(TWO_REASONS, **TEN_DAYS))
    running = 240 - 1 - 10 - 12 - 0.5
    assert table.loc[("R1", "tip"), "uptime"] == pytest.approx(running / 3)
    assert table.loc[("R1", "arm"), "uptime"] == pytest.approx(running / 2)
    assert table.loc[("R1", "tip"), "repair"] == pytest.approx(60 * 4.5 / 3)
    assert table.loc[("R1", "arm"), "repair"] == pytest.approx(60 * 20 / 2)
    assert table[["n", "censored", "repair_censored"]].to_numpy().tolist() == [[2, 1, 0], [3, 1, 0]]


def test_the_calendar_clock_stands_still_in_its_own_repairs_only() -> None:
    table = rows(fit_downtime(TWO_REASONS, clock="calendar", **TEN_DAYS))
    assert table.loc[("R1", "tip"), "uptime"] == pytest.approx((240 - 4.5) / 3)
    assert table.loc[("R1", "arm"), "uptime"] == pytest.approx((240 - 20) / 2)


@pytest.mark.parametrize("operating", [0.5, {"R1": 0.5, "R9": 1.0}, pd.Series({"R1": 0.5})])
def test_operating_is_a_share_of_the_working_time(operating: Any) -> None:
    table = rows(fit_downtime(TWO_REASONS, operating=operating, **TEN_DAYS))
    assert table.loc[("R1", "tip"), "uptime"] == pytest.approx(120 / 3)
    assert table.loc[("R1", "arm"), "uptime"] == pytest.approx(120 / 2)


def test_only_working_time_counts() -> None:
    """Shifts from 8 to 18: a stop from 16 to 10 lasts four hours."""
    table = log(("R1", "tip", 16, 34), ("R1", "tip", 80, 81))
    shifts = WorkingTime([(8, 18)], every=24)
    for clock in ("operating", "calendar"):
        fitted = rows(fit_downtime(table, working_time=shifts, clock=clock, **TEN_DAYS))
        assert fitted.loc[("R1", "tip"), "repair"] == pytest.approx(60 * 5 / 2)
        assert fitted.loc[("R1", "tip"), "uptime"] == pytest.approx((100 - 5) / 2)


def test_each_equipment_may_have_its_own_window() -> None:
    own = {"R1": (BEGIN, BEGIN + 4 * DAY), "R2": (BEGIN + 2 * DAY, BEGIN + 10 * DAY)}
    table = log(("R1", "tip", 16, 17), ("R2", "tip", 80, 82))
    fitted = rows(fit_downtime(table, equipment=own))
    assert fitted["uptime"].tolist() == pytest.approx([95, 190])
    outside = pd.concat([table, log(("R2", "tip", 16, 17))], ignore_index=True)
    pd.testing.assert_frame_equal(rows(fit_downtime(outside, equipment=own)), fitted)


def test_without_a_window_the_time_before_the_first_failure_does_not_count() -> None:
    table = log(("R1", "tip", 10, 11), ("R1", "tip", 31, 32), ("R1", "tip", 72, 74))
    downtime = fit_downtime(table)
    assert downtime.table["uptime"].iloc[0] == pytest.approx((20 + 40) / 2)
    assert downtime.table["n"].iloc[0] == 3
    assert downtime.table["repair"].iloc[0] == pytest.approx(60 * 4 / 3)
    assert "begin and end of the window from the log itself" in downtime.assumed[0]
    # What begins with the window counts, and what was under way does not.
    for hour, n in ((10, 3), (10.5, 2)):
        given = fit_downtime(table, begin=BEGIN + hour * HOUR, end=BEGIN + 74 * HOUR)
        assert given.table["n"].iloc[0] == n


# ------------------------------------------------------------------ pooled equipment


def test_equipment_that_never_stopped_has_a_lower_bound() -> None:
    """With an MTBF of 65 h a Poisson count of 0 in 240 h has probability 2.5 %."""
    downtime = fit_downtime(TWO_REASONS, equipment=["R1", "R2"], **TEN_DAYS)
    row = rows(downtime).loc[("R2", "")]
    assert (row["n"], row["censored"], row["uptime"], row["uptime_high"]) == (0, 1, np.inf, np.inf)
    assert np.exp(-240 / row["uptime_low"]) == pytest.approx(0.025)
    assert np.isnan(row["repair"])
    assert downtime.failures["R2"] == ()
    assert "R2\n    MTBF more than 65.1 h, MTTR unknown min" in str(downtime)


@pytest.mark.parametrize("pool", [{"R1": "robots", "R2": "robots", "R3": "robots"}, "kind"])
def test_pooled_equipment_is_fitted_together(pool: Any) -> None:
    """The hours of equipment that did not fail count too."""
    table = log(("R1", "tip", 16, 17), ("R2", "tip", 80, 82), ("R3", "arm", 80, 85))
    downtime = fit_downtime(table.assign(kind="robots"), pool=pool, **TEN_DAYS)
    by = rows(downtime)
    running = 3 * 240 - 8
    assert by.loc[("robots", "tip"), "uptime"] == pytest.approx(running / 2)
    assert by.loc[("robots", "arm"), "uptime"] == pytest.approx(running / 1)
    assert by.loc[("robots", "tip"), "censored"] == 3
    assert set(downtime.failures) == {"R1", "R2", "R3"}
    assert downtime.failures["R1"] == downtime.failures["R3"]
    assert [failure.name for failure in downtime.failures["R2"]] == ["arm", "tip"]


def test_a_scenario_takes_the_ranges() -> None:
    table = log(
        *(("R1", "micro stop", 10.0 * k, 10 * k + 0.1 * (k % 4) + 0.1) for k in range(1, 20))
    )
    downtime = fit_downtime(table, **TEN_DAYS)
    ranges = downtime.ranges()
    assert list(ranges) == [
        f"body_shop.failures.micro_stop.{w}" for w in ("uptime", "repair", "cv")
    ]
    for path, quantity in ranges.items():
        assert scenario("ningde-2021").replace(ranges).get(path) == quantity
    row = downtime.table.iloc[0]
    uptime = ranges["body_shop.failures.micro_stop.uptime"]
    assert (uptime.unit, uptime.evidence) == ("h", "measured")
    for end, value in (("low", uptime.low), ("value", uptime.value), ("high", uptime.high)):
        assert value == pytest.approx(
            row["uptime" if end == "value" else f"uptime_{end}"], rel=1e-3
        )
    assert "2021-03-01 00:00:00 to 2021-03-11 00:00:00" in uptime.source
    two_rows = fit_downtime(log(("R1", "tip", 1, 2), ("R2", "tip", 5, 6)), **TEN_DAYS)
    with pytest.raises(ValueError, match="each reason must have one row, got 'tip'"):
        two_rows.ranges()


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"clock": "wall"}, ValueError, "clock must be 'operating' or 'calendar', got"),
        ({"on_problem": "drop"}, ValueError, "on_problem must be 'raise' or 'report'"),
        ({"level": 95}, ValueError, "level must be less than 1, got 95"),
        ({"clock": "calendar", "operating": 0.8}, ValueError, "operating must be left out"),
        ({"operating": 80}, ValueError, "operating of 'R1' must be at most 1, got 80"),
        (
            {"operating": {"R9": 0.8}},
            ValueError,
            "operating must have a value for each equipment, got 'R1'",
        ),
        ({"operating": 0.99}, ValueError, r"operating of 'R1' must be at most 0\.9021, got 0\.99"),
        ({"pool": "kind"}, ValueError, "pool must be a column of the log, or a mapping"),
        ({"pool": {"R2": "robots"}}, ValueError, "must name the group of each equipment, got 'R1'"),
        ({"pool": "reason"}, ValueError, "each equipment in one group, but 'reason' has several"),
        ({"equipment": "R1"}, TypeError, "equipment must be a list of names, or a mapping"),
        ({"equipment": ["R2"]}, ValueError, "equipment must be one of those listed, got 'R1'"),
        ({"equipment": {"R1": "2021"}}, ValueError, "equipment 'R1' must have a pair"),
        ({"working_time": 8}, TypeError, "working_time must be a WorkingTime or None, got 8"),
        ({"working_time": WorkingTime([(900, 901)])}, ValueError, "must be open while 'R1' was"),
    ],
)
def test_invalid_arguments_are_refused(options: dict[str, Any], kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        fit_downtime(TWO_REASONS, **TEN_DAYS | options)


def test_the_result_is_a_record_that_names_its_assumptions() -> None:
    downtime = fit_downtime(TWO_REASONS, operating=0.8, **TEN_DAYS)
    assert repr(downtime) == "Downtime('Downtime log', 2 rows, 5 failures)"
    text = str(downtime)
    assert "R1: arm\n    MTBF 96 (26.6 to 793; Exponential) h, MTTR 600" in text
    assert "assumed   equipment works evenly between its stops" in text
    assert len(text.splitlines()) <= 20
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(downtime)).table, downtime.table)


# ------------------------------------------------------------------ the log of a run


def shop(clock: str, *, crews: int | None = None, time: WorkingTime | None = None) -> Shop:
    """Three stations of a robot each, the first a little slower, so that the others starve."""
    failures = [
        Failure("minor", Weibull(40, 1.8), Gamma(12, 0.5), clock=clock, crew=crews is not None),
        Failure("jam", Exponential(60), Lognormal(5, 0.8), clock=clock, crew=crews is not None),
    ]
    robots = [Robot(f"R{i}", "weld", failures=failures) for i in range(3)]
    stations = [Station(f"S{i}", 70 - 5 * (i > 0), robots=[robots[i]]) for i in range(3)]
    line = Line("L", stations, buffers=2)
    return Shop("small", [line], repair_crews=crews, working_time=time)


SHIFTS = WorkingTime([(0, 8), (9, 17)], every=24)


@pytest.mark.parametrize(
    ("clock", "time", "warm_up"),
    [("operating", None, 0), ("operating", SHIFTS, 240), ("calendar", SHIFTS, 240)],
)
def test_the_log_of_a_run_recovers_its_failures(
    clock: str, time: WorkingTime | None, warm_up: float
) -> None:
    """24 means with intervals of 99.9 %: one fails in one suite of forty."""
    hours = 6_000
    plant = shop(clock, time=time)
    run = simulate(plant, hours=hours, warm_up=warm_up, seed=1, trace=True)
    downtime = fit_downtime(
        downtime_log(run, start=BEGIN),
        begin=BEGIN,
        end=BEGIN + hours * HOUR,
        clock=clock,
        working_time=time,
        operating=run.robots["working"] / run.working_hours if clock == "operating" else None,
        new=warm_up == 0,
        level=0.999,
        on_problem="report",
    )
    assert not (downtime.problems["done"] == "set aside").any()
    assert downtime.table["n"].sum() == pytest.approx(run.failures["failures"].sum(), abs=6)
    minor, jam = plant.station("S0").robots[0].failures
    for (_, reason), row in rows(downtime).iterrows():
        true = minor if reason == "minor" else jam
        for what in ("uptime", "repair"):
            mean = getattr(true, what).mean
            assert row[f"{what}_low"] <= mean <= row[f"{what}_high"], (reason, what)
        if reason == "minor":
            assert row["uptime_family"] != "Exponential"
            assert row["uptime_cv_low"] <= true.uptime.std / 40 <= row["uptime_cv_high"]
        else:
            assert row["uptime_family"] == "Exponential" or row["uptime_behind"] < 10
    for name, failures in downtime.failures.items():
        assert {failure.clock for failure in failures} == {clock}
        assert plant.replace({f"robots.{name}.failures": failures}).get(f"robots.{name}.failures")


def test_pooled_robots_of_a_short_run_recover_their_shape() -> None:
    """About two failures a robot, in a plant that has run for long: the window cuts first times."""
    arm = Failure("arm", Weibull(40, 2.5), Gamma(12, 0.5))
    lines = [Line(f"L{i}", [Station(f"S{i}", 60, failures=[arm])]) for i in range(150)]
    run = simulate(Shop("many", lines), hours=90, warm_up=1_000, seed=2, trace=True)
    options = {
        "begin": BEGIN,
        "end": BEGIN + 90 * HOUR,
        "pool": {f"S{i}": "all" for i in range(150)},
    }
    log = downtime_log(run, start=BEGIN)
    (row,) = fit_downtime(log, equipment=list(options["pool"]), **options).table.to_dict("records")
    assert 250 < row["n"] < 400
    assert row["uptime_family"] == "Weibull"
    assert row["uptime_low"] < 40 < row["uptime_high"]
    assert row["uptime_cv_low"] < arm.uptime.std / 40 < row["uptime_cv_high"]


def test_the_log_of_a_run_names_lines_and_leaves_planned_stops_out() -> None:
    """A gate of the line after 2 h; a stop with a crew, which the trace keeps, is planned."""
    gate = Failure("gate", Fixed(2), Fixed(6), clock="calendar")
    stop = PlannedStop("clean", 10, 60, crew=True)
    stations = [Station(name, 60, planned_stops=[stop]) for name in "AB"]
    plant = Shop("s", [Line("L", stations, failures=[gate])])
    run = simulate(plant, hours=5, seed=0, trace=True)
    assert (run.trace["thing"] == "B: clean").any()
    rows = downtime_log(run, start=BEGIN)
    assert rows[["equipment", "reason", "station"]].to_numpy().tolist() == [["L", "gate", ""]] * 2
    assert (rows["end"] - rows["start"] == HOUR / 10).all()


def test_the_log_of_a_run_includes_the_waits_for_a_crew() -> None:
    run = simulate(shop("operating", crews=1), hours=5_000, warm_up=10, seed=3, trace=True)
    log = downtime_log(run, start=BEGIN)
    failures = run.failures.set_index(["owner", "failure"])
    length = (log["end"].fillna(BEGIN + 5_000 * HOUR) - log["start"]) / HOUR
    by = length.groupby([log["equipment"], log["reason"]]).sum()
    for key, hours in by.items():
        assert hours == pytest.approx(failures.loc[key, ["down", "waiting"]].sum())
    assert failures["waiting"].sum() > 0
    downtime = fit_downtime(log, begin=BEGIN, end=BEGIN + 5_000 * HOUR)
    # No two rows are parts of one stop:
    assert downtime.table["n"].sum() == len(log)
    assert list(log["station"]) == [f"S{name[1:]}" for name in log["equipment"]]
    assert log["start"].is_monotonic_increasing


def test_a_repair_that_goes_on_when_the_run_ends_has_no_end() -> None:
    endless = Failure("endless", Exponential(1), Exponential(1e6))
    plant = Shop("stuck", [Line("L", [Station("A", 60, failures=[endless])])])
    run = simulate(plant, hours=50, seed=0, trace=True)
    log = downtime_log(run, start="2021-03-01T00:00+08:00")
    assert log["end"].isna().tolist() == [True]
    downtime = fit_downtime(log, begin="2021-03-01T00:00+08:00", end="2021-03-03T02:00+08:00")
    assert downtime.table["repair_censored"].tolist() == [1]
    assert downtime.failures["A"] == ()
    with pytest.raises(ValueError, match="the run must have a trace"):
        downtime_log(
            dataclasses.replace(run, counts=dataclasses.replace(run.counts, trace=None)),
            start=BEGIN,
        )
    with pytest.raises(TypeError, match="run must be a ShopRun, got 5"):
        downtime_log(5, start=BEGIN)  # type: ignore[arg-type]


def test_a_run_without_a_failure_has_an_empty_log() -> None:
    never = Failure("never", Exponential(1e6), Exponential(1))
    for failures in ([], [never]):
        line = Line("L", [Station("A", 60, failures=failures)])
        run = simulate(Shop("bare", [line]), hours=5, seed=0, trace=True)
        assert downtime_log(run, start=BEGIN).empty
        assert list(run.failures.index) == [*range(len(failures))]


def test_repairs_take_a_crew_with_crew_true() -> None:
    log = pd.DataFrame(
        {
            "equipment": "R1",
            "start": ["2021-03-01 08:00", "2021-03-02 14:00", "2021-03-05 06:00"],
            "end": ["2021-03-01 08:10", "2021-03-02 13:00", "2021-03-05 06:04"],
            "reason": "tip",
        }
    )
    options = {"begin": "2021-03-01", "end": "2021-03-08", "on_problem": "report"}
    free, crewed = (fit_downtime(log, crew=crew, **options) for crew in (False, True))
    assert [f.failures["R1"][0].crew for f in (free, crewed)] == [False, True]
    text = " ".join(str(free).split())
    assert "needs no crew of the shop (crew=False)" in text
    assert "the stops of 1 rows set aside are left out: failures look rarer" in text


def test_copies_of_a_machine_have_logs_of_their_own_and_are_fitted_together():
    """Three machines side by side: nine times the stops of one in three times the hours."""
    jam = Failure("jam", uptime=Exponential(5), repair=Exponential(10))
    lines = [Line("L", [Station("A", 60, failures=[jam])], copies=3)]
    run = simulate(Shop("three", lines), hours=3_000, seed=0, trace=True)
    log = downtime_log(run, start=BEGIN)
    assert set(log["equipment"]) == {"A #1", "A #2", "A #3"}
    assert set(log["station"]) == {"A"}
    assert len(log) == run.failures["failures"].item()
    table = fit_downtime(log, pool="station", begin=BEGIN).table
    assert table["equipment"].tolist() == ["A"]
    assert table["uptime"].item() == pytest.approx(5, rel=0.1)


# ------------------------------------------------------------------ what is no failure


def test_what_is_no_failure_stops_the_clock_and_is_listed() -> None:
    table = pd.concat([TWO_REASONS, log(("R1", "no parts", 20, 30), ("R1", "no parts", 55, 65))])
    table = table.reset_index(drop=True)
    downtime = fit_downtime(table, not_failures=["no parts"], **TEN_DAYS)
    by = rows(downtime)
    assert list(by.index) == [("R1", "arm"), ("R1", "tip")]
    running = 240 - 1 - 10 - 12 - 0.5 - 10 - 5  # "no parts" from 55 to 60 lies in "arm"
    assert by.loc[("R1", "tip"), "uptime"] == pytest.approx(running / 3)
    assert by["repair"].tolist() == rows(fit_downtime(TWO_REASONS, **TEN_DAYS))["repair"].tolist()
    assert [failure.name for failure in downtime.failures["R1"]] == ["arm", "tip"]
    assert downtime.not_failures.to_numpy().tolist() == [["R1", "no parts", 2, 20.0]]
    assert "2 stops, 20.0 h, that are no failures: no parts" in str(downtime)


@pytest.mark.parametrize(
    ("reasons", "kind", "text"),
    [
        (["tipp"], ValueError, "must be reasons of the log, got 'tipp'. Did you mean tip"),
        ("tip", TypeError, "not_failures must be a list of reasons, got 'tip'"),
        (["tip", "arm"], ValueError, "not_failures must leave a failure in the log"),
    ],
)
def test_unknown_reasons_are_refused(reasons: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        fit_downtime(TWO_REASONS, not_failures=reasons, **TEN_DAYS)


def test_what_takes_most_of_the_downtime_comes_first() -> None:
    table = log(*TWO_REASONS.to_numpy()[:0], ("R2", "tip", 20, 26))
    table = pd.concat([TWO_REASONS, table], ignore_index=True)
    downtime = fit_downtime(table, equipment=["R1", "R2", "R3"], **TEN_DAYS)
    by_reason, by_equipment = downtime.pareto(), downtime.pareto("equipment")
    assert by_reason["reason"].tolist() == ["arm", "tip"]
    assert by_reason["hours"].tolist() == pytest.approx([20, 4.5 + 6])
    assert by_reason["mean"].tolist() == pytest.approx([600, 60 * 10.5 / 4])
    assert by_reason["cumulative"].tolist() == pytest.approx([20 / 30.5, 1])
    assert by_equipment[["equipment", "n"]].to_numpy().tolist() == [["R1", 5], ["R2", 1]]
    with pytest.raises(ValueError, match="by must be 'reason' or 'equipment', got 'robot'"):
        downtime.pareto("robot")  # type: ignore[arg-type]


def test_many_rows_are_fitted_on_all_cores_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = ((f"R{k}", 10 * j + k / 400) for k in range(310) for j in (1, 3, 7))
    table = log(*((name, "tip", at, at + 0.2) for name, at in stops))
    several = fit_downtime(table, progress=False, **TEN_DAYS).table
    monkeypatch.setattr(fitting, "MANY", 10**9)
    pd.testing.assert_frame_equal(fit_downtime(table, **TEN_DAYS).table, several)
