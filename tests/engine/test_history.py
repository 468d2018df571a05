"""What a history keeps at the end of each period, and that keeping it changes nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import Line, Shop, Station, Store, simulate
from ningde_sim.engine.counts import COUNTED
from ningde_sim.engine.layout import Layout
from tests.engine.by_hand import HOUR, every, windows
from tests.engine.test_engines_agree import assert_equal
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

SEEDS = st.integers(0, 2**63 - 1)
WARM_UP = st.sampled_from([0.0, 0.777])
PERIOD = st.sampled_from([0.0101, 0.1, 0.3, 0.7, 1.2, 5.0])
BUILT = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def one_line():
    """A body every 10 s."""
    return Shop("s", [Line("L", [Station("A", 10)])])


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_history_changes_nothing_else(engine):
    """Tables, counts, exits, longest waits and the trace, on shops over all the rules."""

    @settings(BUILT, max_examples=150 if engine == "compiled" else 50)
    @given(shop=shops(), seed=SEEDS, warm_up=WARM_UP, period=PERIOD)
    def check(shop, seed, warm_up, period):
        options = {"hours": 1.2, "warm_up": warm_up, "seed": seed, "engine": engine, "trace": True}
        kept = simulate(shop, **options, every=period)
        assert len(kept.history.ends) == np.ceil(round(1.2 / period, 9))
        without = dataclasses.replace(kept, counts=dataclasses.replace(kept.counts, history=None))
        assert_equal(simulate(shop, **options), without)

    check()


@BUILT
@given(shop=shops(), seed=SEEDS, warm_up=WARM_UP, period=PERIOD)
def test_the_last_row_is_what_the_run_counted(shop, seed, warm_up, period):
    """All fields of stations and stores, at the last instant."""
    counts = simulate(shop, hours=1.2, warm_up=warm_up, seed=seed, every=period).counts
    history = counts.history
    assert history.ends[-1] == 4_320_000
    for field in COUNTED["stations"]:
        assert history.stations[field][-1].tolist() == counts.stations[field].tolist()
    for field in COUNTED["stores"]:
        assert history.stores[field][-1].tolist() == counts.stores[field].tolist()
    assert history.stores["level"][-1].tolist() == counts.stores["level_end"].tolist()
    assert history.spent[-1].tolist() == counts.spent.tolist()


@BUILT
@given(shop=shops(), seed=SEEDS, warm_up=WARM_UP, period=PERIOD)
def test_each_row_is_what_a_run_to_its_end_counts(shop, seed, warm_up, period):
    """A run that ends with a period counts what a longer one has counted by then."""
    run = simulate(shop, hours=1.2, warm_up=warm_up, seed=seed, every=period)
    history, row = run.counts.history, len(run.history.ends) // 2
    options = {"hours": history.ends[row] / 3_600_000, "warm_up": warm_up, "seed": seed}
    counts = simulate(shop, **options).counts
    assert history.spent[row].tolist() == counts.spent.tolist()
    for field, values in history.stations.items():
        assert values[row].tolist() == counts.stations[field].tolist(), field
    for field in COUNTED["stores"]:
        assert history.stores[field][row].tolist() == counts.stores[field].tolist(), field


@BUILT
@given(shop=shops(), seed=SEEDS, warm_up=WARM_UP, period=PERIOD)
def test_rows_rise_and_levels_follow_from_what_was_put_and_taken(shop, seed, warm_up, period):
    """Counts are cumulative; a part in a store was put in, or was in it at the start."""
    run = simulate(shop, hours=1.2, warm_up=warm_up, seed=seed, every=period)
    history = run.counts.history
    stores = dict(history.stores)
    level = stores.pop("level")
    for counted in (*history.stations.values(), history.spent, *stores.values()):
        assert (np.diff(counted, axis=0, prepend=0) >= 0).all()
    expected = run.counts.stores["level_start"] + stores["n_put"] - stores["n_taken"]
    assert level.tolist() == expected.tolist()


@BUILT
@given(shop=shops(), seed=SEEDS, warm_up=WARM_UP, period=PERIOD)
def test_the_states_of_each_period_add_up_to_its_working_time(shop, seed, warm_up, period):
    """To the millisecond, with windows that begin and end inside periods.

    Overtime adds to it, hours in which a body is held are taken off.
    """
    run = simulate(shop, hours=1.2, warm_up=warm_up, seed=seed, every=period)
    history = run.counts.history
    begun = round(warm_up * 3_600_000)
    layout = Layout(shop, begun + 4_320_000)
    ends = begun + history.ends
    begins = np.concatenate(([begun], ends[:-1]))
    spent = np.diff(history.spent, axis=0, prepend=0).sum(axis=2)
    for k, row in enumerate(layout.stations):
        opened = np.zeros(len(ends), np.int64)
        for opening, closing in layout.windows[row.time]:
            opened += np.maximum(0, np.minimum(ends, closing) - np.maximum(begins, opening))
        if row.at_close == "pause":
            assert spent[:, k].tolist() == opened.tolist()
        elif row.at_close == "finish":
            assert (spent[:, k] >= opened).all()
            assert (spent[:, k] <= ends - begins).all()
        else:
            assert (spent[:, k] <= opened).all()


def test_periods_by_hand(run):
    """A puts every 10 s, B takes every 25 s, capacity 2; periods of 20 s after 10 s of warm-up."""
    lines = [Line("A", [Station("A1", 10)], puts="q"), Line("B", [Station("B1", 25)], takes="q")]
    shop = Shop("s", lines, stores=[Store("q", 2)])
    history = run(shop, 50, warm_up=10, every=20 / HOUR).history
    # B takes at 10, 35 and 60 s; A's bodies of 20, 30, 40 s go in, the one of 50 s waits.
    assert history.ends.tolist() == [20_000, 40_000, 50_000]
    assert history.stations["cycles"].tolist() == [[2, 0], [4, 1], [4, 2]]
    assert history.stores["n_put"][:, 0].tolist() == [2, 3, 4]
    assert history.stores["n_taken"][:, 0].tolist() == [0, 1, 2]
    assert history.stores["level"][:, 0].tolist() == [2, 2, 2]
    assert history.stores["level_ms"][:, 0].tolist() == [10_000, 45_000, 65_000]


def test_a_period_ends_with_its_last_instant(run):
    """The body that is finished at 30 s belongs to the period that ends at 30 s."""
    history = run(one_line(), 60, every=30 / HOUR).history
    assert history.stations["cycles"].tolist() == [[3], [6]]


def test_a_period_longer_than_the_run_is_the_run(run):
    """One row."""
    assert run(one_line(), 60, every=1.0).history.ends.tolist() == [60_000]


def test_a_wait_for_a_crew_across_the_end_of_a_period_counts_whole(run):
    """B waits from 6 to 15 s; periods end at 10 and at 15 s, when the wait does."""
    lines = [
        Line("A", [Station("A1", 100, failures=[every(5, 10, crew=True)])]),
        Line("B", [Station("B1", 100, failures=[every(6, 2, crew=True)])]),
    ]
    crews = run(Shop("s", lines, repair_crews=1), 20, every=5 / HOUR).crews.iloc[0]
    assert crews["longest_wait"] == pytest.approx(9 / 60)
    assert crews["waited"] == 1


def test_closed_time_belongs_to_no_state(run):
    """Open from 0 to 10 and from 20 to 30 s, periods of 15 s; at work all the time."""
    shop = Shop("s", [Line("L", [Station("A", 99)])], working_time=windows((0, 10), (20, 30)))
    spent = run(shop, 40, every=15 / HOUR).history.spent.sum(axis=2)
    assert spent[:, 0].tolist() == [10_000, 20_000, 20_000]


def test_a_run_without_a_history_says_how_to_keep_one(run):
    """Not an empty one."""
    with pytest.raises(ValueError, match=r"ShopRun 's': .* simulate\(..., every=24\.0\)"):
        _ = run(one_line(), 30).history


@pytest.mark.parametrize(
    ("period", "error", "text"),
    [
        (0, ValueError, r"simulate 's': every must be greater than 0, got 0\. None keeps"),
        (-24.0, ValueError, r"every must be greater than 0, got -24\.0\."),
        ("day", TypeError, r"every must be a number, got 'day'\."),
        (True, TypeError, r"every must be a number, got True\."),
        (float("nan"), ValueError, r"every must be a finite number, got nan\."),
        (0.001, ValueError, r"at most 1,000,000 periods.*, got 0\.001\. 1200 h need .* 0\.00\d+ h"),
        (1e-8, ValueError, r"every must leave at most 1,000,000 periods, each at least 1 ms"),
    ],
)
def test_a_senseless_period_is_refused(period, error, text):
    """Object, rule, value, cure."""
    with pytest.raises(error, match=text):
        simulate(one_line(), hours=1200, seed=0, every=period)


def test_the_shortest_period_that_the_message_names_is_accepted():
    """1,200,000 ms in a million periods: of 2 ms each."""
    with pytest.raises(ValueError, match=r"0\.333333 h need periods of at least 5\.55556e-07 h"):
        simulate(one_line(), hours=1 / 3, seed=0, every=1 / 3_600_000)
    assert len(simulate(one_line(), hours=1 / 360, seed=0, every=5.55556e-07).history.ends) == 5_000
