"""Studies of a shop on the dates of a calendar."""

from __future__ import annotations

import datetime
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ningde_sim import (
    Calendar,
    Exponential,
    Failure,
    Line,
    Shift,
    Shop,
    Station,
    compare,
    ningde_2020,
    replicate,
    scenario,
    simulate,
    sweep,
)
from ningde_sim.exceptions import WarmUpTooShort
from ningde_sim.plant.calendar import Closure
from ningde_sim.report.program import program
from ningde_sim.report.study_page import page

CALENDAR = Calendar(
    shifts={
        "early": Shift("06:00", "14:00", breaks=[("09:00", "09:15")]),
        "night": ("22:00", "02:00"),
    },
    country="DE",
    region="BY",
    overtime=11,
    closures={"inventory": Closure(start=datetime.date(2026, 3, 4), days=1)},
)
DATES: Any = {"calendar": CALENDAR, "start": "2026-03-02", "days": 3, "warm_up": 24}
QUIET: Any = {"progress": False, "workers": 1, "seed": 3}


def shop(cycle: float = 60) -> Shop:
    stop = Failure("stop", Exponential(5), Exponential(20))
    return Shop("s", [Line("L", [Station("A", cycle, failures=[stop]), Station("B", 50)])])


def test_each_run_is_that_of_simulate() -> None:
    """By its number."""
    study = replicate(shop(), **DATES, **QUIET, runs=12, keep=["by_shift", "stations_by_day"])
    runs = [simulate(shop(), **DATES, seed=3, run=k) for k in range(12)]
    assert study.column().tolist() == [run.bodies for run in runs]
    table = study.table("by_shift")
    assert table.index.equals(runs[0].by_shift.index)
    means = np.mean([run.by_shift["bodies"] for run in runs], axis=0)
    np.testing.assert_allclose(table["bodies"], means)
    assert study.table("stations_by_day").index.equals(runs[0].stations_by_day.index)


def test_tables_by_period_are_by_production_day() -> None:
    """Unless another period is asked for."""
    kept = replicate(shop(), **DATES, **QUIET, runs=10, keep=["periods"])
    assert kept.table("periods").index.tolist() == [*pd.date_range("2026-03-02 06:00", periods=3)]
    kept = replicate(shop(), **DATES, **QUIET, runs=10, keep=["periods"], every=12.0)
    assert len(kept.table("periods")) == 6


def test_the_program_of_a_report_makes_it_again() -> None:
    """It writes the calendar so that it can be read, and checks the digest."""
    study = replicate(ningde_2020(), **DATES, **QUIET, runs=2, keep=["by_day"])
    text = program(study)
    assert "'early': {'start': '06:00'" in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "program", "exec"), {})
    again = replicate(ningde_2020(), **{**DATES, **study.experiment.call().arguments}, **QUIET)
    assert again.experiment.digest == study.experiment.digest


def test_the_page_tells_the_days_and_the_calendar() -> None:
    """What was run, value by value."""
    text = page(replicate(shop(), **DATES, **QUIET, runs=2))
    assert "2 runs of 3 days from 2026-03-02 after 24 h." in text
    assert "calendar.shifts.early.start" in text.replace("<wbr>", "")


def test_another_calendar_is_another_digest() -> None:
    """Though its days are the same."""
    options: Any = {**DATES, **QUIET, "runs": 2}
    two = replicate(shop(), **options)
    other = replicate(shop(), **{**options, "calendar": {"shifts": 2, "shift_hours": 8}})
    assert two.experiment.digest != other.experiment.digest
    assert two.experiment.content["calendar.overtime"] == "11.0"
    assert "calendar.overtime" not in other.experiment.content


def test_compare_and_sweep_take_a_calendar() -> None:
    """As replicate."""
    options: Any = {**DATES, **QUIET, "runs": 4}
    both = compare(shop(), shop(55), **options)
    assert both.first.column().tolist() == replicate(shop(), **options).column().tolist()
    swept = sweep(shop(), {"stations.A.cycle_time": [60, 55]}, **options)
    assert swept.study(1).column().tolist() == both.second.column().tolist()


def test_a_warm_up_in_which_nobody_works_is_told() -> None:
    """The four hours before 06:00 are closed."""
    with pytest.warns(WarmUpTooShort):
        replicate(shop(), **{**DATES, "warm_up": 4}, **QUIET, runs=10)


@pytest.mark.parametrize(
    ("what", "options", "text"),
    [
        (shop(), {"hours": 3}, r"replicate 's': it needs hours or a calendar, not both"),
        (shop(), {"calendar": None}, r"start and days need a calendar"),
        (shop(), {"every": 2.0}, "every has no effect without a table by period"),
        (
            shop(),
            {"calendar": None, "start": None, "days": None, "hours": 3, "keep": ["by_day"]},
            r"by_day needs a calendar",
        ),
        (
            scenario("ningde-2020-12"),
            {"warm_up": 0},
            r"calendar is an argument for a Shop only, .* A Scenario has its own",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(what: Any, options: Any, text: str) -> None:
    """With the rule and the cure."""
    with pytest.raises(ValueError, match=text):
        replicate(what, **{**DATES, **options}, **QUIET, runs=2)
