"""How long a warm-up has to be: shops whose transient start is known."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Line,
    Shop,
    Station,
    Store,
    WorkingTime,
    simulate,
    warm_up,
)
from ningde_sim.exceptions import EstimateWarning, SeriesTooShort, WarmUpTooShort
from ningde_sim.studies.replicate import replicate
from ningde_sim.warm_up import how_long


def full_store(initial: int, **more: object) -> Shop:
    """It makes 120 an hour while the store lasts, which empties by 60 an hour, then 60."""
    lines = [Line("a", [Station("A", 60)], puts="s"), Line("b", [Station("B", 30)], takes="s")]
    return Shop("full", lines, stores=[Store("s", 9_000, initial=initial)], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("initial", [300, 600, 1_200])
def test_the_warm_up_ends_when_the_initial_store_is_used_up(initial: int) -> None:
    result = how_long(full_store(initial), hours=100, runs=2, seed=0)
    assert result.hours == initial / 60
    assert result.rest.value == 60
    assert result.series[: initial // 60] == pytest.approx(120, abs=1)


def test_the_periods_are_those_of_per_hour() -> None:
    """Averaged over the runs; scrap is random, so that runs differ."""
    fails = Failure("f", Fixed(0.7), Fixed(5))
    shop = Shop("one", [Line("L", [Station("A", 50, failures=[fails], scrap=0.2)])])
    result = how_long(shop, hours=100.5, runs=3, seed=7)
    runs = [simulate(shop, hours=100, seed=7, run=k).per_hour() for k in range(3)]
    assert np.array_equal(result.values, runs)
    assert result.series == pytest.approx(np.mean(runs, axis=0))
    halves = how_long(shop, hours=100.5, runs=3, seed=7, every=0.5, workers=1)
    assert halves.values.shape == (3, 201)
    assert halves.values[:, :200].reshape(3, 100, 2).mean(axis=2) == pytest.approx(result.values)


def test_a_store_that_lasts_longer_raises_a_warning() -> None:
    with pytest.warns(SeriesTooShort, match="Ask for more hours") as caught:
        result = how_long(full_store(4_200), hours=100, runs=2, seed=0)
    assert result.hours is None
    assert "no answer, the series is too short" in str(result)
    assert "no answer" in repr(result)
    message = caught[0].message
    assert isinstance(message, EstimateWarning)
    assert message.estimate == result.rest
    assert result.rest.value == pytest.approx(np.mean(result.series[50:]))
    assert caught[0].filename == __file__


def test_nights_do_not_look_like_a_change() -> None:
    """By the clock a day of two shifts would; in each working hour the shop makes 60."""
    shop = full_store(3_000, working_time=WorkingTime([(0, 8), (8, 16)], every=24))
    result = how_long(shop, hours=4_800, runs=2, seed=0)
    assert (result.every, result.time) == (1.0, shop.lines[0].working_time or shop.working_time)
    assert result.hours == 3 * 24 + 2  # 50 working hours, 16 a day
    assert result.rest.value == 60


def test_the_summary_has_half_a_dozen_lines() -> None:
    result = how_long(full_store(600), hours=100, runs=2, seed=0)
    text = str(result)
    assert text.startswith("full: a warm-up of 10 h will do\n")
    assert "  after it     60 (60 to 60; 95 %, n = 2) bodies/h, the mean\n" in text
    assert f"{100 * (result.series.mean() / 60 - 1):+.2f} % off" in text
    assert "MSER-5 on the mean of 2 runs, 5 h a step" in text
    assert len(text.splitlines()) == 6


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hours": 99}, r"hours must hold at least 100 periods of 1 h, got 99"),
        ({"hours": 100, "every": 2}, r"hours must hold at least 100 periods of 2 h, got 100"),
        ({"hours": 100, "runs": 1}, r"runs must be at least 2, got 1"),
        ({"hours": 100, "every": 0}, r"every must be greater than 0, got 0"),
    ],
)
def test_invalid_arguments_are_refused(options: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=rf"how_long 'full': {text}"):
        how_long(full_store(300), **{"seed": 0, **options})  # type: ignore[arg-type]


# ------------------------------------------------------------------ the warm-up of a study


def long_line() -> Shop:
    """A body takes 20 minutes from end to end."""
    return Shop("long", [Line("L", [Station(f"S{i}", 60, scrap=0.01) for i in range(20)])])


def test_a_warm_up_in_which_no_body_leaves_raises_a_warning_with_the_estimate() -> None:
    with pytest.warns(WarmUpTooShort, match=r"warm-up of 0\.25 h ended.*how_long") as caught:
        study = replicate(long_line(), hours=1, warm_up=0.25, runs=12, seed=0)
    warning = pickle.loads(pickle.dumps(caught[0].message))
    assert warning.estimate == study.mean()
    assert (warning.hours, warning.needed) == (0.25, None)
    assert isinstance(warning, EstimateWarning)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("hours", [0.0, 0.5, 2.0])
def test_no_warm_up_or_one_that_fills_the_line_raises_no_warning(hours: float) -> None:
    """Warnings are errors here. Without a warm-up the start is meant to count."""
    replicate(long_line(), hours=1, warm_up=hours, runs=12, seed=0)


def test_all_public_names_exist() -> None:
    assert all(hasattr(warm_up, name) for name in warm_up.__all__)


def test_several_working_times_are_averaged_over_their_longest_period() -> None:
    """No working time is that of all lines."""
    day, week = WorkingTime([(0, 16)], every=24), WorkingTime([(0, 100)], every=168)
    lines = [
        Line("a", [Station("A", 60)], puts="s", working_time=day),
        Line("b", [Station("B", 60)], takes="s", working_time=week),
    ]
    shop = Shop("two", lines, stores=[Store("s", 10)])
    with pytest.raises(ValueError, match=r"100 periods of 168 h, got 1000.0. Take 16,800 h"):
        how_long(shop, hours=1_000, runs=2, seed=0)


def test_too_few_working_hours_are_refused_with_the_hours_that_would_do() -> None:
    shop = full_store(10, working_time=WorkingTime([(0, 8)], every=24))
    with pytest.raises(ValueError, match=r"100 working hours, got 150.0. Take 292 h or more"):
        how_long(shop, hours=150, runs=2, seed=0)


def unreliable_pair() -> Shop:
    """Two machines of 90 % before and behind a store that takes hundreds of hours to fill."""
    fails = [Failure("f", Exponential(9), Exponential(60))]
    lines = [
        Line("a", [Station("A", 60, failures=fails)], puts="s"),
        Line("b", [Station("B", 60, failures=fails)], takes="s"),
    ]
    return Shop("pair", lines, stores=[Store("s", 1_000)])


def test_a_store_that_still_fills_is_seen() -> None:
    """The throughput looks settled after some 20 h, while the store still fills."""
    with pytest.warns(SeriesTooShort):
        short = how_long(unreliable_pair(), hours=200, seed=0)
    assert (short.hours, short.cut.enough, short.level_cut.enough) == (None, True, False)
    assert "what lies in the stores still changes" in str(short)
    long = how_long(unreliable_pair(), hours=2_000, seed=0)
    assert long.hours is not None
    assert 100 < long.hours == long.level_cut.at > long.cut.at
    assert "it ends when the stores have filled, to about" in str(long)


def test_the_parts_in_the_stores_are_those_at_the_end_of_each_period() -> None:
    """The store loses 60 a working hour; B has one more by the end of each."""
    shop = full_store(3_000, working_time=WorkingTime([(0, 8), (9, 17)], every=24))
    result = how_long(shop, hours=240, runs=2, seed=0)
    assert result.levels[0, :40].tolist() == [2_999 - 60 * (k + 1) for k in range(40)]
