"""How a log of states is read, and which faults are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ningde_sim import simulate
from ningde_sim.engine.copies import added
from ningde_sim.engine.rules import State
from ningde_sim.measures import active_periods, shares
from ningde_sim.measures.state_log import read
from tests.measures.logs import log, one_line
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)


@settings(suppress_health_check=list(HealthCheck))
@given(shop=shops(), seed=st.integers(0, 2**63 - 1), warm_up=st.sampled_from([0.0, 0.777]))
def test_a_run_read_as_a_log_has_the_counted_times(shop, seed, warm_up) -> None:
    """On shops that use all rules, with working times of lines: to the millisecond."""
    run = simulate(shop, hours=1.2, warm_up=warm_up, seed=seed, trace=True)
    assume(run.counts.spent.any())
    spent = read(run).spent()
    assert read(run).names == tuple(run.stations.index)
    rows = run.layout.stations
    assert spent[:, : State.OFF].tolist() == added(rows, run.counts.spent).tolist()
    # Time off counts where another station is at work.
    assert (spent[:, State.OFF] <= added(rows, run.state_ms(State.OFF))).all()


def test_shares_of_a_log_by_hand() -> None:
    """Time off does not count."""
    table = shares(log(A="wwdb", B="soow", C="oooo"))
    states = ["working", "setup", "planned", "down", "waiting", "blocked", "starved"]
    assert list(table.columns) == states
    assert table.loc["A"].tolist() == [0.5, 0, 0, 0.25, 0, 0.25, 0]
    assert table.loc["B"].tolist() == [0.5, 0, 0, 0, 0, 0, 0.5]
    assert table.loc["C"].tolist() == [0] * 7


def test_shares_of_a_run_need_no_trace() -> None:
    """Those of its table equal those of its log."""
    traced = simulate(one_line(50, 60, 45), hours=2, warm_up=1, seed=0, trace=True)
    run = simulate(one_line(50, 60, 45), hours=2, warm_up=1, seed=0)
    assert shares(run).loc["A", "blocked"] == pytest.approx(10 / 60)
    expected = shares(run).to_numpy()
    of_log = shares(traced.trace).to_numpy()
    assert of_log == pytest.approx(expected)


def test_rows_of_no_length_change_nothing() -> None:
    """A trace has such rows."""
    plain = log(A="wwb")
    moment = pd.DataFrame([("A", "starved", 60_000, 60_000)], columns=plain.columns)
    with_it = pd.concat([plain, moment], ignore_index=True)
    pd.testing.assert_frame_equal(active_periods(with_it), active_periods(plain))


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_dates_and_durations_are_read_as_times(zone) -> None:
    """To the microsecond."""
    plain = log(A="wwb", B="sww")
    span = {end: pd.to_timedelta(plain[end], "ms") for end in ("begin", "end")}
    dates = {end: pd.Timestamp("2021-03-01", tz=zone) + value for end, value in span.items()}
    for times in (span, dates):
        log_of_times, expected = read(plain.assign(**times)), read(plain)
        assert log_of_times.begin.tolist() == expected.begin.tolist()
        assert log_of_times.end.tolist() == expected.end.tolist()


def changed(row: int, column: str, value: object) -> pd.DataFrame:
    """A log of A, two rows, then B, with one value changed."""
    table = log(A="wb", B="sw").astype(object)
    table.loc[row, column] = value
    return table


LOG = log(A="wb", B="sw")
NOON = pd.Timestamp("2021-03-01 12:00")


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        (
            "log",
            TypeError,
            r"must be a ShopRun or a DataFrame, got 'log'. A log has the columns th",
        ),
        (
            LOG.drop(columns="state"),
            ValueError,
            r"column 'state' is missing, got .*A log needs thing",
        ),
        (LOG.iloc[:0], ValueError, r"it must have at least one row, got 0"),
        (changed(1, "thing", None), ValueError, r"row 1 of None: thing must be the name of a stat"),
        (changed(2, "state", "idle"), ValueError, r"row 2 of 'B': state must be one of working, s"),
        (
            changed(2, "state", "idle"),
            ValueError,
            r"got 'idle'. Translate your own words.*replace\(",
        ),
        (changed(2, "state", None), ValueError, r"row 2 of 'B': state must be one of"),
        (changed(3, "end", 59_999), ValueError, r"row 3 of 'B': end must not be before begin, got"),
        (changed(3, "end", np.nan), ValueError, r"row 3 of 'B': end must be a date or a number of"),
        (changed(3, "end", "noon"), ValueError, r"got 'noon'. Turn text into dates with pd.to_dat"),
        (changed(0, "end", 60_001), ValueError, r"row 1 of 'A': begin must not be before the end "),
        (changed(0, "end", 60_001), ValueError, r"of row 0 of this station, got 60000. A stat"),
        (log(A="o", B="o"), ValueError, r"a station must be at work at some time, got 2. All"),
        (LOG.assign(end=NOON), TypeError, r"both be dates or both be numbers, got \('int64', 'dat"),
        (
            LOG.assign(begin=NOON, end=NOON.tz_localize("UTC")),
            TypeError,
            r"begin and end must both have a time zone, or neither",
        ),
    ],
)
def test_an_invalid_log_is_refused(source, kind, text) -> None:
    """The message names the row and the cure."""
    with pytest.raises(kind, match=f"State log.*{text}"):
        read(source)


def test_an_overlap_is_found_across_shuffled_rows_of_other_stations() -> None:
    """The message names the label of the row, not its position."""
    table = log(A="wwww", B="ssww", C="wbwb").sample(frac=1, random_state=1)
    table.loc[5, "begin"] = 0  # of B, over row 4
    with pytest.raises(
        ValueError, match=r"row [45] of 'B': begin .* row [45] of this station, got 0"
    ):
        read(table)
