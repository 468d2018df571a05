"""Random numbers: the right words, then the right distributions."""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
import pytest
from scipy import stats

from ningde_sim import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Normal,
    Shifted,
    Triangular,
    Uniform,
    Weibull,
)
from ningde_sim.engine import _kernel
from ningde_sim.engine.streams import Streams, key

N = 1_000_000
FALSE_ALARM = 1e-5
"""Of each check of a distribution. There are some 200, on fixed seeds."""

Z = float(stats.norm.isf(FALSE_ALARM / 2))

WORD = 2**64 - 1


@pytest.fixture
def python_kernel(monkeypatch):
    """The kernel as Python runs it, all the way down."""
    for name, function in vars(_kernel).items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(_kernel, name, function.py_func)


# --------------------------------------------------------------------------------- random words

WORDS = [
    ((0, 0, 0, 0), (0, 0)),
    ((0, 0, 0, 1), (1, 0)),
    ((1, 2, 3, 4), (5, 6)),
    ((2**32 - 1, 2**32, 2**63 - 1, 2**63), (2**32, 2**32 - 1)),
    ((0, 0, 2**63 - 1, 2**63 - 1), (2**63, 2**63 - 1)),
    ((WORD, 0, WORD, 0), (0, WORD)),
    ((WORD,) * 4, (WORD,) * 2),
    *(
        (tuple(int(w) for w in row[:4]), tuple(int(w) for w in row[4:]))
        for row in np.random.default_rng(20210101).integers(0, WORD, (200, 6), np.uint64, True)
    ),
]


def numpy_words(counter: tuple[int, ...], keys: tuple[int, ...]) -> list[int]:
    """The same by NumPy, which increments its counter before it generates."""
    number = sum(word << 64 * i for i, word in enumerate(counter))
    before = (number - 1) % 2**256
    generator = np.random.Philox(key=keys[0] | keys[1] << 64, counter=before)
    return [int(word) for word in generator.random_raw(4)]


def check_words():
    for counter, keys in WORDS:
        words = _kernel.philox(*(np.uint64(word) for word in (*counter, *keys)))
        assert [int(word) for word in words] == numpy_words(counter, keys)


def test_words_are_bit_for_bit_those_of_numpy():
    check_words()


def test_words_are_the_same_without_compilation(python_kernel):
    """Warnings are errors, so that an overflow would show."""
    check_words()


def test_products_and_sums_of_words_do_not_overflow(python_kernel):
    for a in (0, 1, 2**32 - 1, 2**32, 2**63, WORD):
        for b in (0, 1, 2**32 - 1, 2**32, 2**63, WORD):
            high, low = _kernel._multiply(np.uint64(a), np.uint64(b))
            assert (int(high) << 64) + int(low) == a * b
            assert int(_kernel._add(np.uint64(a), np.uint64(b))) == (a + b) % 2**64


def test_a_uniform_number_has_52_bits_of_a_word():
    for word in (0, 1 << 11, 2**63, 0x0123456789ABCDEF):
        assert _kernel._unit(np.uint64(word)) == ((word >> 12) + 0.5) / 2**52


def test_a_uniform_number_is_neither_0_nor_1():
    for word in (0, 4095, WORD - 4096, WORD - 4095, WORD):
        assert 0 < _kernel._unit(np.uint64(word)) < 1


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
@pytest.mark.parametrize("run", [0, 1, 2**63 - 1])
def test_a_draw_is_made_from_its_key_run_seed_and_number(seed, run):
    rows, _ = streams_of(Uniform(0, 1))
    keys = key("test", "a", "draw")
    for k in (0, 1, 2**40):
        word = numpy_words((k, 0, run, seed), keys)[0]
        assert _kernel.uniform(rows[0], seed, run, k) == ((word >> 12) + 0.5) / 2**52


# -------------------------------------------------------------------------------- distributions


def streams_of(*distributions, unit=1, names=None):
    streams = Streams()
    for i, distribution in enumerate(distributions):
        name = names[i] if names else chr(ord("a") + i)
        streams.add("test", name, "draw", distribution, unit, 0)
    return streams.arrays()


@numba.njit
def fill(stream, values, seed, run, out):
    for k in range(len(out)):
        out[k] = _kernel.draw(stream, values, seed, run, k)


def draws(distribution, *, seed=0, run=0, n=N, name="a"):
    rows, values = streams_of(distribution, names=[name])
    out = np.empty(n)
    fill(rows[0], values, seed, run, out)
    return out


@cache
def sample(distribution):
    """The draws that all tests of a distribution use."""
    drawn = draws(distribution, seed=2021)
    drawn.flags.writeable = False
    return drawn


def lognormal(mean, cv):
    variance = np.log1p(cv * cv)
    return stats.lognorm(np.sqrt(variance), scale=mean * np.exp(-variance / 2))


def triangular(low, mode, high):
    return stats.triang((mode - low) / (high - low), loc=low, scale=high - low)


def normal(mean, std):
    mu, sigma = Normal(mean, std).whole
    return stats.truncnorm(-mu / sigma, np.inf, loc=mu, scale=sigma)


CONTINUOUS = {
    Exponential(3.0): stats.expon(scale=3.0),
    Lognormal(2.0, 0.3): lognormal(2.0, 0.3),
    Lognormal(1.5, 0.8): lognormal(1.5, 0.8),
    Gamma(2.0, 0.2): stats.gamma(25.0, scale=2.0 / 25.0),
    Gamma(2.0, 0.5): stats.gamma(4.0, scale=0.5),
    Gamma(2.0, 1.0): stats.gamma(1.0, scale=2.0),
    Gamma(2.0, 1.7): stats.gamma(1 / 1.7**2, scale=2.0 * 1.7**2),
    Gamma(2.0, 3.0): stats.gamma(1 / 9.0, scale=18.0),
    Weibull(3.0, 0.7): stats.weibull_min(0.7, scale=Weibull(3.0, 0.7).scale),
    Weibull(3.0, 1.0): stats.expon(scale=3.0),
    Weibull(3.0, 3.5): stats.weibull_min(3.5, scale=Weibull(3.0, 3.5).scale),
    Uniform(2.0, 5.0): stats.uniform(2.0, 3.0),
    Triangular(1.0, 2.0, 6.0): triangular(1.0, 2.0, 6.0),
    Triangular(1.0, 1.0, 6.0): triangular(1.0, 1.0, 6.0),
    Triangular(1.0, 6.0, 6.0): triangular(1.0, 6.0, 6.0),
    Normal(2.0, 0.2): stats.norm(2.0, 0.2),
    Normal(2.0, 0.8): normal(2.0, 0.8),
    Normal(2.0, 1.4): normal(2.0, 1.4),
    Normal(2.0, 1.6): normal(2.0, 1.6),
    Shifted(1.0, Exponential(3.0)): stats.expon(loc=1.0, scale=3.0),
    Shifted(1.0, Gamma(2.0, 0.5)): stats.gamma(4.0, loc=1.0, scale=0.5),
    Shifted(1.0, Triangular(0.0, 2.0, 6.0)): triangular(1.0, 3.0, 7.0),
}

OBSERVED = Empirical((1.0, 2.0, 2.0, 7.0, 9.0))

each = pytest.mark.parametrize("distribution", CONTINUOUS, ids=str)


@pytest.mark.parametrize("distribution", [*CONTINUOUS, OBSERVED, Fixed(4.0)], ids=str)
def test_draws_have_the_mean_and_the_deviation_of_their_distribution(distribution):
    """By the central limit, with the fourth moment for the variance."""
    drawn = sample(distribution)
    theirs = CONTINUOUS.get(distribution)
    fourth = np.mean(
        (np.array(getattr(distribution, "values", [distribution.mean])) - distribution.mean) ** 4
    )
    if theirs is not None:
        assert (distribution.mean, distribution.std) == pytest.approx((theirs.mean(), theirs.std()))
        fourth = (theirs.stats("k") + 3) * theirs.var() ** 2
    assert abs(drawn.mean() - distribution.mean) <= Z * distribution.std / np.sqrt(N)
    spread = np.mean((drawn - distribution.mean) ** 2)
    assert (
        abs(spread - distribution.std**2)
        <= Z * np.sqrt(max(fourth - distribution.std**4, 0) / N) + 1e-12
    )


@each
def test_draws_pass_kolmogorov_and_smirnov(distribution):
    assert stats.kstest(sample(distribution), CONTINUOUS[distribution].cdf).pvalue > FALSE_ALARM


@each
@pytest.mark.parametrize("share", [1e-4, 1e-3, 1e-2])
def test_both_tails_have_as_many_draws_as_they_should(distribution, share):
    """Counts beyond a quantile are binomial: at 1e-4 some 100 of them."""
    theirs, drawn = CONTINUOUS[distribution], sample(distribution)
    fewest, most = stats.binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], N, share)
    assert fewest <= np.sum(drawn < theirs.ppf(share)) <= most
    assert fewest <= np.sum(drawn > theirs.isf(share)) <= most


@each
def test_a_draw_says_nothing_about_the_next(distribution):
    ranks = stats.rankdata(sample(distribution))
    for lag in (1, 2, 3):
        r = np.corrcoef(ranks[:-lag], ranks[lag:])[0, 1]
        assert abs(r) <= Z / np.sqrt(N - lag)


@pytest.mark.parametrize("cv", [1e-5, 0.1, 0.1249999, 0.125, 0.2, 0.4, 0.6, 0.7555, 0.8])
def test_what_is_left_of_a_bell_has_the_mean_and_the_deviation_asked_for(cv):
    theirs = normal(5.0, 5.0 * cv)
    assert (theirs.mean(), theirs.std()) == pytest.approx((5.0, 5.0 * cv), rel=1e-9)


def test_observed_values_come_with_equal_probability():
    values, counts = np.unique(sample(OBSERVED), return_counts=True)
    assert values.tolist() == [1.0, 2.0, 7.0, 9.0]
    expected = N * np.array([1, 2, 1, 1]) / 5
    assert stats.chisquare(counts, expected).pvalue > FALSE_ALARM


def test_observed_values_of_two_stations_stay_apart():
    rows, values = streams_of(Empirical((1.0, 2.0)), Empirical((5.0, 6.0, 7.0)))
    drawn = [{_kernel.draw(row, values, 0, 0, k) for k in range(100)} for row in rows]
    assert drawn == [{1.0, 2.0}, {5.0, 6.0, 7.0}]


@pytest.mark.parametrize(
    "law", [*CONTINUOUS, OBSERVED, Empirical([3, 1, 2], in_order=True)], ids=str
)
def test_a_shifted_draw_is_the_low_and_the_draw_of_its_distribution(law):
    assert draws(Shifted(10.0, law), n=200) == pytest.approx(10.0 + draws(law, n=200), rel=1e-14)


def test_values_in_order_come_one_after_another_and_then_anew():
    drawn = draws(Empirical([3, 1, 2], in_order=True), n=7)
    assert drawn.tolist() == [3, 1, 2, 3, 1, 2, 3]


def test_values_in_order_of_two_stations_stay_apart():
    rows, values = streams_of(Empirical([1, 2], in_order=True), Empirical([5, 6, 7], in_order=True))
    drawn = [[_kernel.draw(row, values, seed, 3, 4) for row in rows] for seed in (0, 1)]
    assert drawn == [[1, 6], [1, 6]]


@pytest.mark.parametrize(
    "distribution",
    [
        *(Fixed(4.0), Lognormal(4.0, 0.0), Gamma(4.0, 0.0), Uniform(4, 4), Triangular(4, 4, 4)),
        *(Normal(4.0, 0.0), Shifted(1.0, Fixed(3.0)), Shifted(1.0, Gamma(3.0, 0.0))),
    ],
)
def test_without_spread_every_draw_is_the_mean(distribution):
    assert set(draws(distribution, n=100)) == {4.0}


def test_draws_are_rounded_to_the_millisecond_once_and_without_bias():
    rows, values = streams_of(Exponential(2.0), unit=1000)
    ms = np.array([_kernel.draw_ms(rows, values, 0, 5, 0, k) for k in range(1000)])
    np.testing.assert_array_equal(ms, np.rint(draws(Exponential(2.0), seed=5, n=1000) * 1000))


def test_an_uptime_lasts_at_least_a_millisecond():
    streams = Streams()
    streams.add("failure", "x", "uptime", Exponential(1e-9), 1000, 1)
    rows, values = streams.arrays()
    assert {_kernel.draw_ms(rows, values, 0, 0, 0, k) for k in range(100)} == {1}


@pytest.mark.parametrize(
    "distribution",
    [*CONTINUOUS, OBSERVED, Fixed(4.0), Empirical((2, 1, 5), in_order=True)],
    ids=str,
)
def test_python_draws_what_the_compiled_kernel_draws(distribution, request):
    """To the last bits: the two may round a logarithm differently."""
    compiled = draws(distribution, seed=9, run=4, n=200)
    request.getfixturevalue("python_kernel")
    rows, values = streams_of(distribution)
    row = rows.view(np.recarray)[0]
    python = [_kernel.draw(row, values, 9, 4, k) for k in range(200)]
    np.testing.assert_allclose(python, compiled, rtol=1e-13)
