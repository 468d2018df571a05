"""Active periods and momentary bottlenecks: by hand, and by the definition minute by minute."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ningde_sim import WorkingTime, simulate
from ningde_sim.measures import active_periods, momentary_bottlenecks
from tests.measures.logs import log, one_line

TWO = log(
    A="wwwwwwwwwwsssswwwwww",  # 0-10 and 14-20
    B="sssssswwwwwwddddwwbb",  # 6-18
)


def shares(table: pd.DataFrame, total: int) -> dict[str, list[int]]:
    """Minutes as sole bottleneck, as shifting one, as neither."""
    columns = ["sole_share", "shifting_share", "neither_share"]
    minutes = table[columns] * total
    return {name: np.rint(row).astype(int).tolist() for name, row in minutes.iterrows()}


# ------------------------------------------------------------------ active periods


def test_active_periods_by_hand() -> None:
    """A has 10 and 6 min, B one of 12 min including its repair; t of 1 degree: 12.706."""
    table = active_periods(TWO)
    assert table["active_periods"].tolist() == [2, 1]
    assert table["mean_active_period"].tolist() == [8, 12]
    assert table["standard_error"].tolist() == pytest.approx([2, np.nan], nan_ok=True)
    assert table.loc["A", ["low", "high"]].tolist() == pytest.approx([0, 8 + 2 * 12.7062], abs=1e-3)
    assert table.loc["B", ["low", "high"]].tolist() == [0, np.inf]
    assert table["rank"].tolist() == [2, 1]
    assert table["bottleneck"].tolist() == [False, True]


def test_the_interval_narrows_with_the_level() -> None:
    """Student's t for 3 periods of 1, 2, 3 min: 2 +- 0.8165 / sqrt(3) at 50 %."""
    table = active_periods(log(A="wbwwbwww"), level=0.5)
    error = 1 / np.sqrt(3)
    assert table.loc["A", "standard_error"] == pytest.approx(error)
    low, high = 2 - 0.816497 * error, 2 + 0.816497 * error
    assert table.loc["A", ["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-6)


def test_every_state_but_starved_and_blocked_is_active() -> None:
    """Planned stops, repairs, waits for a crew, in any order."""
    table = active_periods(log(A="wpdcws", B="dddbww", C="bbssbs"))
    assert table["active_periods"].tolist() == [1, 2, 0]
    assert table["mean_active_period"].tolist() == [5, 2.5, 0]
    assert table["bottleneck"].tolist() == [True, False, False]


def test_without_an_active_station_there_is_no_bottleneck() -> None:
    """All stations are starved or blocked."""
    idle = log(A="ss", B="bs")
    assert not active_periods(idle)["bottleneck"].any()
    assert not momentary_bottlenecks(idle)["bottleneck"].any()
    assert momentary_bottlenecks(idle)["neither_share"].tolist() == [1, 1]


def test_time_off_neither_ends_a_period_nor_counts_in_it() -> None:
    """A and B share a night, C is off alone; a minute without a row ends a period."""
    table = active_periods(log(A="wwoow", B="bwoob", C="wowoo", D="ww.ow"))
    assert table["active_periods"].tolist() == [1, 1, 1, 2]
    assert table["mean_active_period"].tolist() == [3, 1, 2, 1.5]


def test_a_time_without_any_row_is_like_time_off() -> None:
    """A night without a row for any station."""
    assert active_periods(log(A="ww..w", B="bw..b"))["mean_active_period"].tolist() == [3, 1]


# ------------------------------------------------------------------ momentary bottlenecks


def test_momentary_bottlenecks_by_hand() -> None:
    """A from 0, B from 6, both to 10; A again from 14, both to 18, A alone to 20."""
    table = momentary_bottlenecks(TWO)
    assert shares(table, 20) == {"A": [8, 8, 4], "B": [4, 8, 8]}
    assert table["rank"].tolist() == [1, 2]
    assert table["bottleneck"].tolist() == [True, False]


def test_a_short_period_inside_a_longer_one_is_never_the_bottleneck() -> None:
    """Nor does it make the longer one shift."""
    table = momentary_bottlenecks(log(A="wwwww", B="swwws"))
    assert shares(table, 5) == {"A": [5, 0, 0], "B": [0, 0, 5]}


def test_the_longest_of_those_under_way_follows() -> None:
    """After A (0-4) C with 6 min, not B with 5, though B began first."""
    table = momentary_bottlenecks(log(A="wwwwssss", B="swwwwwss", C="sswwwwww"))
    assert shares(table, 8) == {"A": [2, 2, 4], "B": [0, 0, 8], "C": [4, 2, 2]}


def test_three_bottlenecks_may_overlap() -> None:
    """A 0-5, B 2-10, C 4-12: of B and C, 8 min each, the earlier; from 2 to 10 it shifts."""
    table = momentary_bottlenecks(log(A="wwwwwsssssss", B="sswwwwwwwwss", C="sssswwwwwwww"))
    assert shares(table, 12) == {"A": [2, 3, 7], "B": [0, 8, 4], "C": [2, 6, 4]}


def test_of_equal_periods_the_one_of_the_first_station_counts() -> None:
    """Both from 0 to 3."""
    assert shares(momentary_bottlenecks(log(B="www", A="www")), 3) == {
        "A": [3, 0, 0],
        "B": [0, 0, 3],
    }


def test_time_without_an_active_station_has_no_bottleneck() -> None:
    """From 2 to 5."""
    table = momentary_bottlenecks(log(A="wwsssbb", B="sssssww"))
    assert shares(table, 7) == {"A": [2, 0, 5], "B": [2, 0, 5]}


def test_a_station_that_is_off_while_others_work_is_not_the_bottleneck_meanwhile() -> None:
    """A has 8 min in two pieces, 0-4 and 8-12, B 7 min from 2 to 9."""
    table = momentary_bottlenecks(log(A="wwwwoooowwww", B="sswwwwwwwsss"))
    assert shares(table, 12) == {"A": [5, 3, 4], "B": [4, 3, 5]}


def by_the_minute(lines: dict[str, str]) -> dict[str, list[int]]:
    """The definition, minute by minute: which station it is, and which periods overlap."""
    total = len(next(iter(lines.values())))
    periods = []
    for name, letters in lines.items():
        minute = 0
        for active, run in itertools.groupby(letters, key=lambda letter: letter in "wpdc"):
            n = len(list(run))
            if active:
                periods.append((name, minute, minute + n))
            minute += n
    current, bottlenecks = None, set()
    for minute in range(total):
        if current is None or current[2] <= minute:
            under_way = [period for period in periods if period[1] <= minute < period[2]]
            # longest, then earliest, then first by name
            current = min(under_way, key=lambda p: (p[1] - p[2], p[1], p[0]), default=None)
            bottlenecks.add(current)
    counted = {name: [0, 0, 0] for name in lines}
    for minute in range(total):
        now = {p[0] for p in bottlenecks if p is not None and p[1] <= minute < p[2]}
        for name in lines:
            counted[name][2 if name not in now else 0 if len(now) == 1 else 1] += 1
    return counted


def minutes(total: int) -> st.SearchStrategy[str]:
    return st.text("wwwwdbs", min_size=total, max_size=total)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.fixed_dictionaries({name: minutes(n) for name in "ABCD"})
    )
)
def test_the_result_is_that_of_the_definition(lines: dict[str, str]) -> None:
    """On any log of four stations."""
    total = len(lines["A"])
    table = momentary_bottlenecks(log(**lines))
    assert shares(table, total) == by_the_minute(lines)
    sums = table[["sole_share", "shifting_share", "neither_share"]].sum(axis=1)
    assert sums.to_numpy() == pytest.approx(1)


# ------------------------------------------------------------------ both measures


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.fixed_dictionaries({name: minutes(n) for name in "ABC"})
    ),
    st.integers(0, 30),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_clock_nor_nights_change_the_result(lines, night, random) -> None:
    """Rows shuffled, an hour later, as dates, with a night in which all are off."""
    plain = log(**lines)
    slept = {name: text[:night] + "ooooo" + text[night:] for name, text in lines.items()}
    order = list(range(len(plain)))
    random.shuffle(order)
    later = plain.assign(begin=plain["begin"] + 3_600_000, end=plain["end"] + 3_600_000)
    dates = plain.assign(
        **{
            end: pd.Timestamp("2021-03-01 06:00") + pd.to_timedelta(plain[end], "ms")
            for end in ("begin", "end")
        }
    )
    for measure in (active_periods, momentary_bottlenecks):
        expected = measure(plain)
        for other in (plain.iloc[order], later, dates, log(**slept)):
            pd.testing.assert_frame_equal(measure(other), expected)


def test_closed_hours_of_a_run_do_not_count() -> None:
    """Two shifts a day with a break give the same as 24 h without one."""
    shifts = WorkingTime([(0, 5), (6, 9), (20, 24)], every=24)
    closed = simulate(
        one_line(50, 52, 49, buffers=1, cv=0.3, working_time=shifts), hours=48, seed=3, trace=True
    )
    through = simulate(one_line(50, 52, 49, buffers=1, cv=0.3), hours=24, seed=3, trace=True)
    for measure in (active_periods, momentary_bottlenecks):
        pd.testing.assert_frame_equal(measure(closed), measure(through))


def test_a_run_by_hand() -> None:
    """A 50 s, B 60 s, hand to hand, for 5 min: A active to 100, then 50 s of 60; B from 50 on.

    B begins at 50, 110, 170, 230, 290 s; A ends at 50, 100, 160, 220, 280 s, waits for B, goes on.
    """
    run = simulate(one_line(50, 60), hours=300 / 3600, seed=0, trace=True)
    table = active_periods(run)
    assert table["active_periods"].tolist() == [5, 1]  # 0-100, 110-160, 170-220, 230-280, 290-300
    seconds = table["mean_active_period"] * 60
    assert seconds.tolist() == pytest.approx([(100 + 3 * 50 + 10) / 5, 250])
    assert shares(momentary_bottlenecks(run), 300) == {"A": [50, 50, 200], "B": [200, 50, 50]}


def test_a_level_above_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"active_periods: level must be less than 1, got 95"):
        active_periods(TWO, level=95)


def test_a_run_without_a_trace_is_refused() -> None:
    """The message names the cure."""
    run = simulate(one_line(50, 60), hours=1, seed=0)
    with pytest.raises(ValueError, match=r"must have kept a trace.*trace=True"):
        momentary_bottlenecks(run)
