"""MSER: series whose transient start is known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ningde_sim.statistics.mser import mser


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


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("n", [100, 101, 149, 160])
def test_the_cut_is_that_of_the_formula(n: int, batch: int) -> None:
    for k in range(20):
        rng = np.random.default_rng([1, k])
        series = 1e6 + 30 * np.exp(-np.arange(n) / 9) + rng.normal(size=n)
        assert mser(series, batch=batch).at == brute(series, batch)


def test_a_constant_rest_is_cut_to_the_step_whatever_its_value() -> None:
    """Sums of 0.1 round; this must not move the cut to a later step."""
    for rest in (0.1, 60.0, 1 / 3, 1e9 + 0.1):
        series = np.concatenate([np.linspace(2, 3, 30) * rest, np.full(270, rest)])
        assert mser(series).at == 30
        assert mser(series, batch=1).at == 30
        assert mser(series).minimum == 0
        assert mser(np.full(100, rest)).at == 0


def test_a_series_that_still_rises_is_too_short() -> None:
    noise = np.random.default_rng(2).normal(size=300)
    assert not mser(np.arange(300) + 5 * noise).enough
    assert not mser(100 * (1 - np.exp(-np.arange(300) / 150)) + noise).enough
    assert mser(100 * (1 - np.exp(-np.arange(300) / 10)) + noise).enough


def test_what_is_left_of_the_start_is_small_beside_the_noise() -> None:
    """A series that decays: uncut, its start shifts the mean by 14 standard errors."""
    start = 20 * 0.93 ** np.arange(400)
    assert start.mean() * np.sqrt(400) > 14
    noise = np.random.default_rng(3).normal(size=(1_000, 400))
    cuts = [mser(start + row).at for row in noise]
    left = [start[at:].mean() * np.sqrt(400 - at) for at in cuts]
    assert np.mean(left) < 0.5
    assert max(cuts) < 200


def test_stationary_noise_is_called_too_short_as_rarely_as_the_docstring_says() -> None:
    """10,000 series: the standard error is 0.34 points for the first."""
    claims = re.findall(r"([\d.]+) %\s+with (\d+)", mser.__doc__ or "")
    assert len(claims) == 3
    for n, share in [(int(n), float(share)) for share, n in claims]:
        rng = np.random.default_rng([4, n])
        too_short = [not mser(rng.normal(size=n), batch=1).enough for _ in range(10_000)]
        assert 100 * np.mean(too_short) == pytest.approx(share, abs=4 * np.sqrt(share))


@pytest.mark.parametrize(
    ("series", "batch", "text"),
    [
        (np.ones(99), 5, r"at least 100 observations, got \(99,\)"),
        (np.ones((2, 100)), 5, r"one row of at least 100 observations, got \(2, 100\)"),
        (np.full(100, np.nan), 5, "must hold finite numbers"),
        (np.ones(100), 0, "batch must be at least 1, got 0"),
    ],
)
def test_an_invalid_series_is_refused(series, batch: int, text: str) -> None:
    with pytest.raises(ValueError, match=f"mser: .*{text}"):
        mser(series, batch=batch)
