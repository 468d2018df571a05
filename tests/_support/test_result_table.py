"""A table of a result is a copy for the reader: a change of it does not change the result."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Line,
    Lognormal,
    PlannedStop,
    Robot,
    Shop,
    Station,
    Store,
    compare,
    fluid_year,
    replicate,
    simulate,
    simulate_year,
    sweep,
)
from tests.years import small_year


def shop() -> Shop:
    arm = Failure("arm", Exponential(1), Lognormal(8, 1.0), crew=True)
    robot = Robot("R", "weld", failures=[arm], planned_stops=[PlannedStop("tips", 20, 10)])
    weld = Line("weld", [Station("A", 50, robots=[robot]), Station("B", 55)], buffers=1, puts="s")
    fit = Line("fit", [Station("C", 52)], takes="s")
    return Shop("small", [weld, fit], stores=[Store("s", 5)], repair_crews=1)


RESULTS: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "ShopRun": (
        lambda: simulate(
            shop(),
            calendar={"shifts": 1, "shift_hours": 8},
            start="2026-03-02",
            days=1,
            seed=0,
            trace=True,
            critical_path=True,
            every=1,
        ),
        {
            *("stations", "robots", "failures", "stores", "buffers", "crews", "trace"),
            *("utilisation", "periods", "planned_stops", "sequence"),
            *("products", "products_in_stores", "resequencing"),
            *("stations_by_period", "stores_by_period", "buffers_by_period"),
            *("by_shift", "stations_by_shift", "stores_by_shift"),
            *("by_day", "stations_by_day", "stores_by_day"),
        },
    ),
    "YearRun": (
        lambda: simulate_year(small_year(), seed=0),
        {"daily", "monthly", "lost_hours", "losses", "products", "waits"},
    ),
    "FluidYear": (lambda: fluid_year(small_year(), seed=0), {"daily", "monthly"}),
    "ShippingRun": (
        lambda: simulate_year(small_year(), seed=0).shipping,
        {"daily", "monthly", "voyages"},
    ),
    "Study": (lambda: replicate(shop(), hours=8, runs=10, seed=0, target=450), {"runs"}),
    "Sweep": (
        lambda: sweep(shop(), {"repair_crews": [1, 2]}, hours=8, runs=10, seed=0, target=450),
        {"table", "runs"},
    ),
    "Comparison": (
        lambda: compare(shop(), shop().replace({"repair_crews": 2}), hours=8, runs=10, seed=0),
        {"table", "changes"},
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_what_is_written_into_a_table_changes_no_result(name: str) -> None:
    make, tables = RESULTS[name]
    result = make()
    before = {table: getattr(result, table).copy() for table in tables}
    summary = result.summary()
    for table in tables:
        written = getattr(result, table)
        for column in written.select_dtypes("number").columns[:1]:
            written.loc[written.index[0], column] = 0
            written[column] *= 0
        written["mine"] = 1
        pd.testing.assert_frame_equal(getattr(result, table), before[table])
    assert result.summary() == summary
    assert pickle.loads(pickle.dumps(result)).summary() == summary


@pytest.mark.parametrize("name", ["ShopRun", "YearRun", "ShippingRun"])
def test_a_table_of_a_result_cannot_be_set(name: str) -> None:
    make, tables = RESULTS[name]
    result = make()
    for table in tables:
        with pytest.raises(AttributeError):
            setattr(result, table, None)
        with pytest.raises(AttributeError, match=f"{table}: a result cannot be set"):
            object.__setattr__(result, table, None)


@pytest.mark.parametrize("name", RESULTS)
def test_no_table_of_a_result_is_forgotten_here(name: str) -> None:
    make, tables = RESULTS[name]
    result = make()
    public = (key for key in dir(result) if not key.startswith("_"))
    assert {key for key in public if isinstance(getattr(result, key), pd.DataFrame)} == tables
