"""How long a warm-up has to be: series and shops whose beginnings are known."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

from ningde_sim import Failure, Fixed, Line, Shop, Station, Store, WorkingTime, simulate, warm_up
from ningde_sim.exceptions import EstimateWarning, SeriesTooShort, WarmUpTooShort
from ningde_sim.studies.replicate import replicate
from ningde_sim.warm_up import how_long, mser


def brute(series: np.ndarray, batch: int) -> int:
    """The cut by the formula as it is written."""
    n = len(series) // batch
    z = [float(np.mean(series[i * batch : (i + 1) * batch])) for i in range(n)]
    spread = [
        sum((x - sum(z[d:]) / (n - d)) ** 2 for x in z[d:]) / (n - d) ** 2
        for d in range(n)
        if 2 * d < n
    ]
    return batch * spread.index(min(spread))


# ------------------------------------------------------------------ a series


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("n", [100, 101, 149, 160])
def test_the_cut_is_that_of_the_formula(n: int, batch: int) -> None:
    for k in range(20):
        rng = np.random.default_rng([1, k])
        series = 1e6 + 30 * np.exp(-np.arange(n) / 9) + rng.normal(size=n)
        assert mser(series, batch=batch).at == brute(series, batch)


def test_a_constant_rest_is_found_to_the_step_whatever_its_value() -> None:
    """Sums of 0.1 round; the cut must not fall on a later step for that."""
    for rest in (0.1, 60.0, 1 / 3, 1e9 + 0.1):
        series = np.concatenate([np.linspace(2, 3, 30) * rest, np.full(270, rest)])
        assert mser(series).at == 30
        assert mser(series, batch=1).at == 30
        assert mser(series).minimum == 0
        assert mser(np.full(100, rest)).at == 0


def test_a_rise_that_goes_on_is_too_short_to_tell() -> None:
    noise = np.random.default_rng(2).normal(size=300)
    assert not mser(np.arange(300) + 5 * noise).enough
    assert not mser(100 * (1 - np.exp(-np.arange(300) / 150)) + noise).enough
    assert mser(100 * (1 - np.exp(-np.arange(300) / 10)) + noise).enough


def test_what_is_left_of_the_beginning_is_small_beside_the_noise() -> None:
    """Of the mean of a series that decays: uncut it shifts it by 14 standard errors."""
    start = 20 * 0.93 ** np.arange(400)
    assert start.mean() * np.sqrt(400) > 14
    noise = np.random.default_rng(3).normal(size=(1_000, 400))
    cuts = [mser(start + row).at for row in noise]
    left = [start[at:].mean() * np.sqrt(400 - at) for at in cuts]
    assert np.mean(left) < 0.5
    assert max(cuts) < 200


def test_stationary_noise_is_called_too_short_as_seldom_as_said() -> None:
    """Of 10,000 series: the standard error is 0.34 points for the first."""
    said = re.findall(r"([\d.]+) %\s+with (\d+)", mser.__doc__ or "")
    assert len(said) == 3
    for n, share in [(int(n), float(share)) for share, n in said]:
        rng = np.random.default_rng([4, n])
        found = [not mser(rng.normal(size=n), batch=1).enough for _ in range(10_000)]
        assert 100 * np.mean(found) == pytest.approx(share, abs=4 * np.sqrt(share))


@pytest.mark.parametrize(
    ("series", "batch", "text"),
    [
        (np.ones(99), 5, r"at least 100 observations, got \(99,\)"),
        (np.ones((2, 100)), 5, r"one row of at least 100 observations, got \(2, 100\)"),
        (np.full(100, np.nan), 5, "must be of finite numbers"),
        (np.ones(100), 0, "batch must be at least 1, got 0"),
    ],
)
def test_a_series_that_makes_no_sense_is_refused(series, batch: int, text: str) -> None:
    with pytest.raises(ValueError, match=f"mser: .*{text}"):
        mser(series, batch=batch)


# ------------------------------------------------------------------ a shop


def full_store(initial: int, **more: object) -> Shop:
    """It makes 120 an hour while the store lasts, which loses 60, then 60."""
    lines = [Line("a", [Station("A", 60)], puts="s"), Line("b", [Station("B", 30)], takes="s")]
    return Shop("full", lines, stores=[Store("s", 9_000, initial=initial)], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("initial", [300, 600, 1_200])
def test_a_store_that_is_used_up_after_known_hours_is_the_warm_up(initial: int) -> None:
    found = how_long(full_store(initial), hours=100, runs=2, seed=0)
    assert found.hours == initial / 60
    assert found.rest.value == 60
    assert found.series[: initial // 60] == pytest.approx(120, abs=1)


def test_the_periods_are_those_of_per_hour() -> None:
    """Averaged over the runs; random, so that runs differ."""
    fails = Failure("f", Fixed(0.7), Fixed(5))
    shop = Shop("one", [Line("L", [Station("A", 50, failures=[fails], scrap=0.2)])])
    found = how_long(shop, hours=100.5, runs=3, seed=7)
    alone = [simulate(shop, hours=100, seed=7, run=k).per_hour() for k in range(3)]
    assert np.array_equal(found.values, alone)
    assert found.series == pytest.approx(np.mean(alone, axis=0))
    halves = how_long(shop, hours=100.5, runs=3, seed=7, every=0.5, workers=1)
    assert halves.values.shape == (3, 201)
    assert halves.values[:, :200].reshape(3, 100, 2).mean(axis=2) == pytest.approx(found.values)


def test_a_store_that_lasts_longer_is_told() -> None:
    with pytest.warns(SeriesTooShort, match="ask for more hours") as told:
        found = how_long(full_store(4_200), hours=100, runs=2, seed=0)
    assert found.hours is None
    assert "no answer, the series is too short" in str(found)
    assert "no answer" in repr(found)
    message = told[0].message
    assert isinstance(message, EstimateWarning)
    assert message.estimate == found.rest
    assert found.rest.value == pytest.approx(np.mean(found.series[50:]))
    assert told[0].filename == __file__


def test_nights_do_not_look_like_a_change() -> None:
    """By the hour of the clock a day of two shifts would; by working hours it makes 60 in each."""
    shop = full_store(3_000, working_time=WorkingTime([(0, 8), (8, 16)], every=24))
    found = how_long(shop, hours=4_800, runs=2, seed=0)
    assert (found.every, found.time) == (1.0, shop.lines[0].working_time or shop.working_time)
    assert found.hours == 3 * 24 + 2  # 50 working hours, 16 a day
    assert found.rest.value == 60


def test_it_reads_as_half_a_dozen_lines() -> None:
    found = how_long(full_store(600), hours=100, runs=2, seed=0)
    text = str(found)
    assert text.startswith("full: a warm-up of 10 h will do\n")
    assert "  after it     60 (60 to 60; 95 %, n = 2) bodies/h, the mean\n" in text
    assert f"{100 * (found.series.mean() / 60 - 1):+.2f} % off" in text
    assert "MSER-5 on the mean of 2 runs, 5 h a step" in text
    assert len(text.splitlines()) == 6


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"hours": 99}, r"hours must hold at least 100 periods of 1 h, got 99"),
        ({"hours": 100, "every": 2}, r"hours must hold at least 100 periods of 2 h, got 100"),
        ({"hours": 100, "runs": 1}, r"runs must be at least 2, got 1"),
        ({"hours": 100, "every": 0}, r"every must be greater than 0, got 0"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=rf"how_long 'full': {text}"):
        how_long(full_store(300), **{"seed": 0, **asked})  # type: ignore[arg-type]


# ------------------------------------------------------------------ a study's own warm-up


def long_line() -> Shop:
    """A body takes 20 minutes from end to end."""
    return Shop("long", [Line("L", [Station(f"S{i}", 60, scrap=0.01) for i in range(20)])])


def test_a_warm_up_in_which_nothing_leaves_is_told_with_the_estimate() -> None:
    with pytest.warns(WarmUpTooShort, match=r"warm-up of 0\.25 h ended.*how_long") as told:
        study = replicate(long_line(), hours=1, warm_up=0.25, runs=12, seed=0)
    warning = pickle.loads(pickle.dumps(told[0].message))
    assert warning.estimate == study.mean()
    assert (warning.hours, warning.needed) == (0.25, None)
    assert isinstance(warning, EstimateWarning)
    assert told[0].filename == __file__


@pytest.mark.parametrize("hours", [0.0, 0.5, 2.0])
def test_a_study_from_the_start_or_after_the_filling_is_not(hours: float) -> None:
    """Warnings are errors here. Who asks for no warm-up wants the start counted."""
    replicate(long_line(), hours=1, warm_up=hours, runs=12, seed=0)


def test_the_module_tells_its_names() -> None:
    assert all(hasattr(warm_up, name) for name in warm_up.__all__)


def test_several_working_times_are_averaged_over_what_repeats() -> None:
    """No clock of work is that of all lines."""
    day, week = WorkingTime([(0, 16)], every=24), WorkingTime([(0, 100)], every=168)
    lines = [
        Line("a", [Station("A", 60)], puts="s", working_time=day),
        Line("b", [Station("B", 60)], takes="s", working_time=week),
    ]
    shop = Shop("two", lines, stores=[Store("s", 10)])
    with pytest.raises(ValueError, match=r"100 periods of 168 h, got 1000.0. Take 16,800 h"):
        how_long(shop, hours=1_000, runs=2, seed=0)


def test_too_few_working_hours_are_told_with_those_that_would_do() -> None:
    shop = full_store(10, working_time=WorkingTime([(0, 8)], every=24))
    with pytest.raises(ValueError, match=r"100 working hours, got 150.0. Take 292 h or more"):
        how_long(shop, hours=150, runs=2, seed=0)
