"""Random numbers: the right words, the right distributions, and whose they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numba
import numpy as np
import pytest
from scipy import stats

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    PlannedStop,
    Robot,
    Shop,
    Station,
    Store,
    Triangular,
    Uniform,
    Weibull,
    simulate,
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


def test_a_uniform_number_has_53_bits_of_a_word():
    for word in (0, 1 << 11, 2**63, 0x0123456789ABCDEF):
        assert _kernel._unit(np.uint64(word)) == ((word >> 11) + 0.5) / 2**53


@pytest.mark.xfail(reason="the greatest of all words gives 1.0, by rounding")
def test_a_uniform_number_is_neither_0_nor_1():
    for word in (0, 2047, WORD - 2048, WORD - 2047, WORD):
        assert 0 < _kernel._unit(np.uint64(word)) < 1


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
@pytest.mark.parametrize("run", [0, 1, 2**63 - 1])
def test_a_draw_is_made_from_its_key_run_seed_and_number(seed, run):
    rows, _ = streams_of(Uniform(0, 1))
    keys = key("test", "a", "draw")
    for k in (0, 1, 2**40):
        word = numpy_words((k, 0, run, seed), keys)[0]
        assert _kernel.uniform(rows[0], seed, run, k) == ((word >> 11) + 0.5) / 2**53


# -------------------------------------------------------------------------------- distributions


def streams_of(*distributions, unit=1, names=None):
    streams = Streams()
    for i, distribution in enumerate(distributions):
        name = names[i] if names else chr(ord("a") + i)
        streams.add("test", name, "draw", distribution, unit, 0)
    return streams.arrays()


@numba.njit
def _fill(stream, values, seed, run, out):
    for k in range(len(out)):
        out[k] = _kernel.draw(stream, values, seed, run, k)


def draws(distribution, *, seed=0, run=0, n=N, name="a"):
    rows, values = streams_of(distribution, names=[name])
    out = np.empty(n)
    _fill(rows[0], values, seed, run, out)
    return out


@cache
def sample(distribution):
    """The draws that all tests of a distribution look at."""
    found = draws(distribution, seed=2021)
    found.flags.writeable = False
    return found


def lognormal(mean, cv):
    variance = np.log1p(cv * cv)
    return stats.lognorm(np.sqrt(variance), scale=mean * np.exp(-variance / 2))


def triangular(low, mode, high):
    return stats.triang((mode - low) / (high - low), loc=low, scale=high - low)


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
}

OBSERVED = Empirical((1.0, 2.0, 2.0, 7.0, 9.0))

each = pytest.mark.parametrize("ours", CONTINUOUS, ids=str)


@pytest.mark.parametrize("ours", [*CONTINUOUS, OBSERVED, Fixed(4.0)], ids=str)
def test_mean_and_deviation_say_what_is_drawn(ours):
    """By the central limit, with the fourth moment for the variance."""
    found = sample(ours)
    theirs = CONTINUOUS.get(ours)
    fourth = np.mean((np.array(getattr(ours, "values", [ours.mean])) - ours.mean) ** 4)
    if theirs is not None:
        assert (ours.mean, ours.std) == pytest.approx((theirs.mean(), theirs.std()))
        fourth = (theirs.stats("k") + 3) * theirs.var() ** 2
    assert abs(found.mean() - ours.mean) <= Z * ours.std / np.sqrt(N)
    spread = np.mean((found - ours.mean) ** 2)
    assert abs(spread - ours.std**2) <= Z * np.sqrt(max(fourth - ours.std**4, 0) / N) + 1e-12


@each
def test_draws_pass_kolmogorov_and_smirnov(ours):
    assert stats.kstest(sample(ours), CONTINUOUS[ours].cdf).pvalue > FALSE_ALARM


@each
@pytest.mark.parametrize("share", [1e-4, 1e-3, 1e-2])
def test_both_tails_have_as_many_draws_as_they_should(ours, share):
    """Counts beyond a quantile are binomial: at 1e-4 some 100 of them."""
    theirs, found = CONTINUOUS[ours], sample(ours)
    fewest, most = stats.binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], N, share)
    assert fewest <= np.sum(found < theirs.ppf(share)) <= most
    assert fewest <= np.sum(found > theirs.isf(share)) <= most


@each
def test_a_draw_tells_nothing_of_the_next(ours):
    ranks = stats.rankdata(sample(ours))
    for lag in (1, 2, 3):
        r = np.corrcoef(ranks[:-lag], ranks[lag:])[0, 1]
        assert abs(r) <= Z / np.sqrt(N - lag)


def test_observed_values_come_alike():
    values, counts = np.unique(sample(OBSERVED), return_counts=True)
    assert values.tolist() == [1.0, 2.0, 7.0, 9.0]
    expected = N * np.array([1, 2, 1, 1]) / 5
    assert stats.chisquare(counts, expected).pvalue > FALSE_ALARM


def test_observed_values_of_two_stations_stay_apart():
    rows, values = streams_of(Empirical((1.0, 2.0)), Empirical((5.0, 6.0, 7.0)))
    drawn = [{_kernel.draw(row, values, 0, 0, k) for k in range(100)} for row in rows]
    assert drawn == [{1.0, 2.0}, {5.0, 6.0, 7.0}]


@pytest.mark.parametrize(
    "ours", [Fixed(4.0), Lognormal(4.0, 0.0), Gamma(4.0, 0.0), Uniform(4, 4), Triangular(4, 4, 4)]
)
def test_without_spread_every_draw_is_the_mean(ours):
    assert set(draws(ours, n=100)) == {4.0}


def test_draws_are_rounded_to_the_millisecond_once_and_without_bias():
    rows, values = streams_of(Exponential(2.0), unit=1000)
    ms = np.array([_kernel.draw_ms(rows, values, 0, 5, 0, k) for k in range(1000)])
    np.testing.assert_array_equal(ms, np.rint(draws(Exponential(2.0), seed=5, n=1000) * 1000))


def test_an_uptime_lasts_at_least_a_millisecond():
    streams = Streams()
    streams.add("failure", "x", "uptime", Exponential(1e-9), 1000, 1)
    rows, values = streams.arrays()
    assert {_kernel.draw_ms(rows, values, 0, 0, 0, k) for k in range(100)} == {1}


# -------------------------------------------------------------------------- whose numbers they are

KINDS = {
    "another kind": ("station", "a", "draw"),
    "another name": ("test", "b", "draw"),
    "another purpose": ("test", "a", "repair"),
    "a name that runs into the purpose": ("test", "ad", "raw"),
}


@pytest.mark.parametrize("other", KINDS.values(), ids=KINDS)
def test_streams_of_different_things_are_uncorrelated(other):
    streams = Streams()
    for thing in (("test", "a", "draw"), other):
        streams.add(*thing, Uniform(0, 1), 1, 0)
    rows, values = streams.arrays()
    out = np.empty((2, N))
    for row, drawn in zip(rows, out, strict=True):
        _fill(row, values, 0, 0, drawn)
    assert abs(np.corrcoef(out)[0, 1]) <= Z / np.sqrt(N)


@pytest.mark.parametrize(
    ("one", "other"), [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 1), (1, 0)), ((7, 36), (7, 37))]
)
def test_runs_and_seeds_are_uncorrelated(one, other):
    """Each pair is a seed with a run."""
    a, b = (draws(Uniform(0, 1), seed=seed, run=run) for seed, run in (one, other))
    assert abs(np.corrcoef(a, b)[0, 1]) <= Z / np.sqrt(N)
    assert abs(np.corrcoef(a[1:], b[:-1])[0, 1]) <= Z / np.sqrt(N - 1)


def test_a_thousand_stations_have_a_thousand_keys():
    names = [f"S{i}" for i in range(1000)]
    found = {key("station", name, purpose) for name in names for purpose in ("cycle", "quality")}
    assert len(found) == 2000


LUCKY = Line(
    "lucky",
    [
        Station(
            "L1",
            Gamma(50, 0.4),
            robots=[Robot("L1-R", "weld", [Failure("arm", Exponential(0.5), Lognormal(2, 0.8))])],
        ),
        Station(
            "L2",
            Exponential(45),
            failures=[Failure("belt", Weibull(0.5, 2), Gamma(2, 0.5), "calendar")],
            planned_stops=[PlannedStop("clean", 20, 60)],
            rework=0.05,
            scrap=0.05,
        ),
        Station("L3", Triangular(20, 40, 90), failures=[Failure("x", Uniform(0.2, 1), OBSERVED)]),
    ],
    buffers=2,
)

OTHERS = {
    "before": [Line("other", [Station("O1", Exponential(30)), Station("O2", 40)])],
    "with failures": [
        Line("other", [Station("O1", 30, failures=[Failure("arm", Exponential(0.1), Fixed(3))])])
    ],
    "with observed values": [Line("other", [Station("O1", Empirical((10, 20, 60)))])],
}


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_a_line_added_elsewhere_changes_nobodys_luck(others, engine):
    alone = simulate(Shop("s", [LUCKY]), hours=20, seed=3, engine=engine)
    shop = Shop("s", [*others, LUCKY])
    together = simulate(shop, hours=20, seed=3, engine=engine)
    np.testing.assert_array_equal(alone.exits["lucky"], together.exits["lucky"])


def test_a_failure_added_to_a_station_leaves_its_other_draws_as_they_are():
    """An uptime beyond the horizon changes nothing at all."""
    never = Failure("never", Fixed(1e6), Exponential(5))
    stations = [replace(s, failures=[never, *s.failures]) for s in LUCKY.stations]
    shops = (Shop("s", [LUCKY]), Shop("s", [replace(LUCKY, stations=stations)]))
    one, other = (simulate(shop, hours=20, seed=3) for shop in shops)
    np.testing.assert_array_equal(one.exits["lucky"], other.exits["lucky"])


def test_run_37_alone_is_run_37_of_many():
    shop = Shop("s", [LUCKY])
    many = [simulate(shop, hours=5, seed=11, run=run).exits["lucky"] for run in range(40)]
    np.testing.assert_array_equal(simulate(shop, hours=5, seed=11, run=37).exits["lucky"], many[37])
    assert len({times.tobytes() for times in many}) == 40


def test_seed_0_is_a_seed_like_any_other():
    shop = Shop("s", [LUCKY])
    ends = {simulate(shop, hours=5, seed=seed).exits["lucky"].tobytes() for seed in range(5)}
    assert len(ends) == 5
    again = simulate(shop, hours=5, seed=0).exits["lucky"].tobytes()
    assert again == simulate(shop, hours=5, seed=0).exits["lucky"].tobytes()
    assert again in ends


# ---------------------------------------------------------------------------------- without Numba

RICH = Shop(
    "rich",
    [
        replace(LUCKY, puts="store"),
        Line("side", [Station("S1", Uniform(20, 60))], puts="side store"),
        Line(
            "join",
            [
                Station(
                    "J1",
                    Empirical((30, 40, 50)),
                    failures=[Failure("f", Exponential(0.3), Exponential(4), "calendar", True)],
                ),
                Station("J2", 45, failures=[Failure("f", Gamma(0.3, 2), Weibull(4, 2), crew=True)]),
            ],
            takes=["store", "side store"],
        ),
    ],
    [Store("store", 3, transit_time=20), Store("side store", 0)],
    repair_crews=1,
)


def outcome(engine: str) -> dict[str, list[int]]:
    """What a small run of everything gives, to be compared between processes."""
    run = simulate(RICH, hours=2, seed=2**40, run=1, engine=engine)
    return {
        "exits": run.exits["join"].tolist(),
        "spent": run.counts.spent.ravel().tolist(),
        "failures": run.failures["failures"].tolist(),
    }


@pytest.mark.xfail(
    reason="rows of structured arrays have no attributes outside Numba: they need np.recarray"
)
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_without_compilation_both_engines_give_the_same(engine):
    """Warnings are errors there too, so that an overflow of words would show."""
    code = (
        "import json, numba; from tests.engine.test_draws import outcome; "
        f"assert numba.config.DISABLE_JIT; print(json.dumps(outcome({engine!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == outcome(engine)


@pytest.mark.parametrize("ours", [*CONTINUOUS, OBSERVED, Fixed(4.0)], ids=str)
def test_python_draws_what_the_compiled_kernel_draws(ours, request):
    """To the last bits: the two may round a logarithm differently."""
    compiled = draws(ours, seed=9, run=4, n=200)
    request.getfixturevalue("python_kernel")
    rows, values = streams_of(ours)
    row = rows.view(np.recarray)[0]
    python = [_kernel.draw(row, values, 9, 4, k) for k in range(200)]
    np.testing.assert_allclose(python, compiled, rtol=1e-13)
