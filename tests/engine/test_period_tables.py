"""Tables by period and shares of time, worked out by hand and against the tables of the run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import Line, Shop, Station, Store, WorkingTime, simulate
from ningde_sim.engine.run_tables import DESCRIBED
from tests.engine.by_hand import HOUR
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)


def pair():
    """A body every 10 s into a store of 2, and one every 25 s out of it."""
    lines = [Line("P", [Station("A", 10)], puts="q"), Line("T", [Station("B", 25)], takes="q")]
    return Shop("s", lines, stores=[Store("q", 2)])


def test_a_body_counts_for_the_period_in_whose_last_instant_it_leaves(run):
    """B finishes at 35, 60, 85 s: two bodies in the first minute, one in the rest of 85 s."""
    table = run(pair(), 85, every=60 / HOUR).periods
    assert table.index.tolist() == [0, 60 / HOUR]
    assert table["end"].tolist() == [60 / HOUR, 85 / HOUR]
    assert table["bodies"].tolist() == [2, 1]


def test_each_period_has_its_own_hours_and_levels(run):
    """A puts at 10, 20, 30, 40, 60, 85 s, held from 50 and 70 s on; B takes at 10, 35, 60, 85."""
    result = run(pair(), 85, every=40 / HOUR)
    stations = result.stations_by_period
    assert stations.index.names == ["period", "station"]
    assert stations.loc[(0, "A"), "cycles"] == 4
    seconds = (stations["working"].xs("A", level="station") * HOUR).round(6).tolist()
    blocked = (stations["blocked"].xs("A", level="station") * HOUR).round(6).tolist()
    assert (seconds, blocked) == ([40, 20, 0], [0, 20, 5])
    stores = result.stores_by_period.xs("q", level="store")
    assert stores["level_start"].tolist() == [0, 2, 2]
    assert stores["level_end"].tolist() == [2, 2, 2]
    assert stores["put"].tolist() == [4, 1, 1]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(shop=shops(), seed=st.integers(0, 2**31), period=st.sampled_from([0.1, 0.7, 5.0]))
def test_periods_add_up_to_the_run(shop, seed, period):
    """Whatever the shop: counts, hours in each state, and mean levels weighted by the time."""
    result = simulate(shop, hours=1.2, warm_up=0.3, seed=seed, every=period)
    own = result.stations_by_period
    numbers = [name for name in own.select_dtypes("number") if name not in DESCRIBED]
    summed = own[numbers].groupby("station", sort=False).sum()
    np.testing.assert_allclose(summed, result.stations[numbers], atol=1e-12)
    assert own.columns.tolist() == result.stations.columns.tolist()
    assert result.periods["bodies"].sum() == result.bodies
    np.testing.assert_allclose(result.periods["working"].sum(), result.stations["working"].sum())
    lengths = (result.periods["end"] - result.periods.index).rename_axis("period")
    for by_period, whole in (
        (result.stores_by_period, result.stores),
        (result.buffers_by_period, result.buffers),
    ):
        assert by_period.columns.tolist() == whole.columns.tolist()
        level = by_period["level"].mul(lengths, level="period").groupby("store", sort=False)
        np.testing.assert_allclose(level.sum(min_count=1) / 1.2, whole["level"], atol=1e-12)
        last = by_period.groupby("store", sort=False)["level_end"].last()
        assert last.tolist() == whole["level_end"].tolist()


def test_utilisation_is_of_the_hours_in_which_the_line_is_open(run):
    """Open for half of the time, and half of that starved."""
    lines = [Line("P", [Station("A", 10)], puts="q"), Line("T", [Station("B", 5)], takes="q")]
    shop = Shop("s", lines, stores=[Store("q", 2)], working_time=WorkingTime([(0, 0.5)], every=1))
    table = run(shop, 10 * HOUR, warm_up=HOUR).utilisation
    assert table.loc["A"].drop(["line", "zone"]).to_dict() == pytest.approx(
        {"utilisation": 1, "working": 1, "off": 0.5}
        | dict.fromkeys(("setup", "planned", "down", "waiting", "blocked", "starved"), 0)
    )
    assert table.loc["B", "utilisation"] == pytest.approx(0.5)
    assert table.loc["B", "starved"] == pytest.approx(0.5)


def test_the_summary_tells_shares_of_open_time(run):
    """Two shifts of three: B starves 20 s of each minute, which is 33.3 % of shift time."""
    lines = [Line("L", [Station("A", 60), Station("B", 40)])]
    shop = Shop("s", lines, working_time=WorkingTime([(0, 16)], every=24))
    text = " ".join(run(shop, 24 * HOUR, warm_up=24 * HOUR).summary().split())
    assert "most starved B, 33.3% of its open time" in text
    assert "working 83.3%, planned 0.0%, down 0.0%, waiting 0.0%, blocked 0.0%, starved" in text
    assert "starved 16.7% of open time; off 33.3% by the clock" in text


def test_a_station_that_is_never_open_has_no_utilisation(run):
    """NaN, not a number."""
    never = WorkingTime([(50, 51)])
    lines = [Line("P", [Station("A", 10)]), Line("N", [Station("B", 10)], working_time=never)]
    assert np.isnan(run(Shop("s", lines), 60).utilisation.loc["B", "utilisation"])


@pytest.mark.parametrize("name", ["periods", "stations_by_period", "stores_by_period"])
def test_a_run_without_a_history_says_how_to_get_one(run, name):
    """By the argument that keeps it."""
    with pytest.raises(ValueError, match=r"must have kept a history.*every=24\.0"):
        getattr(run(pair(), 60), name)
