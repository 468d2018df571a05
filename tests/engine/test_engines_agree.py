"""Both engines give equal tables and arrays, on shops that Hypothesis builds over all the rules."""

from __future__ import annotations

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ningde_sim import ShopRun, ningde_2020, ningde_2021, simulate
from ningde_sim.engine import compiled
from ningde_sim.engine._kernel import UNBORN
from ningde_sim.engine.counts import COUNTED, History
from tests.shops import UNUSUAL, mixed_shops, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

TABLES = (
    *("stations", "robots", "failures", "planned_stops", "stores", "buffers", "crews", "trace"),
)
N_EVENTS = 10_000


def assert_equal(one: ShopRun, other: ShopRun, tables: tuple[str, ...] = TABLES) -> None:
    """Every table and array of two runs, to the last bit."""
    for table in tables:
        pd.testing.assert_frame_equal(
            getattr(one, table), getattr(other, table), check_exact=True, obj=table
        )
    for table, fields in COUNTED.items():
        for field in fields:
            values = [getattr(run.counts, table)[field] for run in (one, other)]
            np.testing.assert_array_equal(*values, err_msg=f"{table}.{field}")
    np.testing.assert_array_equal(one.counts.spent, other.counts.spent)
    for field, values in one.counts.products.items():
        np.testing.assert_array_equal(values, other.counts.products[field], err_msg=field)
    np.testing.assert_array_equal(one.counts.inside, other.counts.inside, err_msg="inside")
    pd.testing.assert_frame_equal(one.sequence, other.sequence, check_exact=True)
    np.testing.assert_array_equal(one.makespan, other.makespan)
    for field in ("content", "asked_at"):
        values = [run.counts.stations[field] for run in (one, other)]
        np.testing.assert_array_equal(*values, err_msg=field)
    np.testing.assert_array_equal(one.counts.chosen, other.counts.chosen, err_msg="chosen")
    assert one.counts.wip == other.counts.wip
    assert one.stuck == other.stuck
    assert (one.counts.history is None) == (other.counts.history is None)
    assert (one.counts.path is None) == (other.counts.path is None)
    if one.counts.path is not None:
        steps = [run.critical_steps.steps for run in (one, other)]
        np.testing.assert_array_equal(*steps, err_msg="critical path")
    if one.counts.history is not None:
        assert_histories_equal(one.counts.history, other.counts.history)
    np.testing.assert_array_equal(one.per_hour(), other.per_hour())
    assert one.exits.keys() == other.exits.keys()
    for line, times in one.exits.items():
        np.testing.assert_array_equal(times, other.exits[line], err_msg=line)
        leads = [run.lead_times[line] for run in (one, other)]
        np.testing.assert_array_equal(*leads, err_msg=f"lead times of {line}")


def assert_histories_equal(one: History, other: History) -> None:
    """Every array, row for row."""
    np.testing.assert_array_equal(one.ends, other.ends)
    np.testing.assert_array_equal(one.spent, other.spent)
    for table in ("stations", "stores", "wip"):
        ours, others = getattr(one, table), getattr(other, table)
        assert ours.keys() == others.keys()
        for field, values in ours.items():
            np.testing.assert_array_equal(values, others[field], err_msg=f"{table}.{field}")


def n_events(run: ShopRun) -> int:
    """Ends of cycles, failures and repairs."""
    return int(run.stations["cycles"].sum() + 2 * run.stations["failures"].sum())


@pytest.fixture(autouse=True, scope="module")
def little_room_for_steps():
    """The compiled engine compacts its steps often, and has to make more room."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "N_STEPS", 64)
        yield


def both(shop, **options):
    """The same run by both engines, with a critical path and a history with a short last period."""
    options |= {"trace": True, "critical_path": True, "every": 0.3 * options["hours"]}
    return [simulate(shop, engine=engine, **options) for engine in ("reference", "compiled")]


@pytest.mark.parametrize(
    "part", [0, 1, *(pytest.param(i, marks=pytest.mark.slow) for i in range(2, 6))]
)
def test_engines_agree_on_shops_over_all_rules(part: int) -> None:
    """300 shops, each over at least 10,000 events."""

    @hypothesis.seed(part)
    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(shop=shops(), seed=st.integers(0, 2**63 - 1), warm_up=st.sampled_from([0.0, 0.4321]))
    def check(shop, seed, warm_up):
        rate = n_events(simulate(shop, hours=4, seed=seed)) / 4
        assume(rate > 300)
        options = {"hours": 1.2 * N_EVENTS / rate, "warm_up": warm_up, "seed": seed, "run": 7}
        assume(n_events(simulate(shop, **options)) >= N_EVENTS)
        assert_equal(*both(shop, **options))

    check()


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(shop=shops(), seed=st.integers(0, 2**63 - 1))
def test_engines_agree_on_shops_that_are_slow_or_get_stuck(shop, seed):
    """Deadlocks, shops that are mostly closed, lines that wait for ever."""
    assert_equal(*both(shop, hours=1.5, seed=seed))


@pytest.mark.slow
def test_engines_agree_on_many_short_runs():
    """350 shops more; those with products follow all these rules too, some 1,000 besides."""

    @hypothesis.seed(17)
    @settings(max_examples=350, suppress_health_check=list(HealthCheck))
    @given(shop=shops(), seed=st.integers(0, 2**63 - 1))
    def check(shop, seed):
        assert_equal(*both(shop, hours=0.4, seed=seed))

    check()


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(shop=mixed_shops(), seed=st.integers(0, 2**63 - 1), warm_up=st.sampled_from([0.0, 0.1]))
def test_engines_agree_on_shops_with_products(shop, seed, warm_up):
    """Sequences, setups, ramps, banks, lines that make some products, parts that match."""
    runs = both(shop, hours=0.6, warm_up=warm_up, seed=seed)
    assert_equal(*runs)
    assert_parts_are_kept(runs[1])


@pytest.mark.slow
@pytest.mark.parametrize("hours", [0.4, 1.5])
def test_engines_agree_on_many_shops_with_products(hours):
    """1,000 shops in all, half of them with ties."""

    @hypothesis.seed(19)
    @settings(max_examples=470, suppress_health_check=list(HealthCheck))
    @given(shop=mixed_shops(), seed=st.integers(0, 2**63 - 1))
    def check(shop, seed):
        runs = both(shop, hours=hours, seed=seed)
        assert_equal(*runs)
        assert_parts_are_kept(runs[1])

    check()


def assert_parts_are_kept(run: ShopRun) -> None:
    """By product: the work in process is what is inside, what was made has a product."""
    inside = run.counts.inside[run.counts.inside[:, 1] != UNBORN]
    per_product = np.bincount(inside[:, 3], minlength=len(run.layout.products))
    np.testing.assert_array_equal(per_product, run.counts.products["wip"])
    assert per_product.sum() == run.counts.wip["end"]
    made = run.counts.products["made"].sum(axis=1)
    for column, name in enumerate(("scrapped", "reworked", "rejected")):
        np.testing.assert_array_equal(made[:, column], run.counts.stations[name])
    assert run.products["bodies"].sum() == run.bodies
    levels = run.counts.products["held"].sum(axis=1)
    assert (levels <= run.counts.stores["level_end"]).all()  # skids have no product


@pytest.mark.parametrize("shop", [ningde_2020(), ningde_2021()], ids=lambda shop: shop.name)
def test_engines_agree_on_the_default_shops_over_100_hours(shop):
    """All 511 and all 620 robots, with a trace of the last hours."""
    runs = both(shop, hours=98, warm_up=2, seed=0)
    assert n_events(runs[0]) > 300_000
    assert_equal(*runs)
