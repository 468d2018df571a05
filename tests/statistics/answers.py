"""The library's answers for the reference cases of group F: intervals and studies.

Each claim is a quantity of a case and a function that gives our answer: a number or a few where it
is exact, samples of shape (n,) or (n, k) where it is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from scipy import signal, stats

from ningde_sim import Exponential, Line, Shop, Station, Store, simulate
from ningde_sim.statistics import estimate, paired
from ningde_sim.statistics.estimate import Values
from ningde_sim.statistics.mser import Cut, mser
from tests.theory.reference import UNIT, load, record


@dataclass(frozen=True)
class Answers:
    """The answers for some quantities of a case.

    Attributes
    ----------
    file : str
        Number of the case: F04.
    claims : dict
        From the text of the reference to our answer.
    """

    file: str
    claims: Mapping[str, Callable[[], Any]]


def quantities(file: str, *metrics: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Text and parameters of the quantities of a case, with these metrics only if any are given."""
    for entry in load(file)["reference"]:
        if not metrics or entry["metric"] in metrics:
            yield entry["quantity"], entry.get("params", {})


# --------------------------------------------------------------------------------- intervals


def passing(coverage: float, n: int, low: float, high: float) -> float:
    """P(low <= hits <= high) for n intervals that hold the true value with this probability."""
    return float(stats.binom.cdf(high, n, coverage) - stats.binom.cdf(low - 1, n, coverage))


def accepted(quantity: str) -> float:
    """F02: the rule that accepts a coverage of 95 %: 93 to 97 % of 1,000."""
    return passing(float(quantity.split()[-1].rstrip(")")), 1_000, 930, 970)


def exact_interval(x: int, n: int, confidence: float) -> list[float]:
    """F04, Clopper and Pearson."""
    interval = estimate.probability(x, n, level=confidence)
    return [interval.low, interval.high]


def score_interval(x: int, n: int, confidence: float) -> list[float]:
    """F04: Wilson's interval is Tango's where all runs that differ do so in one direction."""
    second = np.arange(n) < x
    interval = paired.probability_difference(np.zeros(n, dtype=bool), second, level=confidence)
    return [interval.low, interval.high]


def ranks(n: int, q: float) -> list[float]:
    """F06: of n values the k-th smallest is k; there is no run 0 and none n + 1."""
    interval = estimate.quantile(np.arange(n, 0, -1), q, level=0.95)
    return [max(interval.low, 0.0), min(interval.high, n + 1.0), interval.level]


def law(what: str) -> float:
    """F14: mean and interval of ten numbers."""
    model = load("F14")["model"]
    mean = estimate.mean(np.array(model["data"]), level=model["confidence"])
    half = mean.high - mean.value
    assert math.isclose(half, mean.value - mean.low)
    t = stats.t.ppf(0.5 + model["confidence"] / 2, mean.n - 1)
    return {"mean": mean.value, "half": half, "variance": mean.n * (half / t) ** 2}[what]


# ----------------------------------------------------------------------------------- warm-up


def park_miller(seed: int, n: int) -> list[float]:
    """Numbers between 0 and 1, the first after one step from the seed."""
    x, numbers = seed, []
    for _ in range(n):
        x = 16_807 * x % 2_147_483_647
        numbers.append(x / 2_147_483_647)
    return numbers


def decay() -> Values:
    """F11: a start that decays, and noise."""
    u = np.array(park_miller(12_345, 300))
    return np.asarray(5 + 20 * 0.9 ** np.arange(300) + 2 * (u - 0.5))


def cut(batch: int) -> Cut:
    """F11: where MSER cuts it."""
    return mser(decay(), batch=batch)


# -------------------------------------------------------------------------------- batch means

VARIANCE_AND_CORRELATION = "variance of a batch mean, lag-1 correlation of batch means"

EXPERIMENTS = 5_000
BATCHES = 20


@cache
def batch_means(size: int) -> Values:
    """F13: 20 consecutive batch means of an AR(1) in steady state, shape (EXPERIMENTS, 20)."""
    phi, rng = load("F13")["model"]["phi"], np.random.default_rng([13, size])
    blocks = []
    for _ in range(EXPERIMENTS // 500):
        noise = rng.normal(size=(500, BATCHES * size))
        before = rng.normal(size=(500, 1)) / math.sqrt(1 - phi**2)
        values, _ = signal.lfilter([1], [1, -phi], noise, zi=phi * before)
        blocks.append(values.reshape(500, BATCHES, size).mean(axis=2))
    return np.concatenate(blocks)


def variance_and_correlation(size: int) -> Values:
    """Both with the mean, 0, and the variance known; shape (EXPERIMENTS, 2)."""
    means = batch_means(size)
    variance, _ = record("F13", f"batch size {size}: {VARIANCE_AND_CORRELATION}")["value"]
    following = (means[:, 1:] * means[:, :-1]).mean(axis=1) / variance
    return np.column_stack([(means**2).mean(axis=1), following])


def holds_zero(size: int) -> Values:
    """Whether Student's interval of the batch means holds the mean, shape (EXPERIMENTS,)."""
    means = [estimate.mean(row, level=0.95) for row in batch_means(size)]
    return np.array([mean.low <= 0 <= mean.high for mean in means])


# ------------------------------------------------------------------------------------ delays


def queues(n: int) -> Shop:
    """F01, n times: arrivals go to a server and are counted at the same instant."""
    model = load("F01")["model"]
    arrivals = Exponential(UNIT / model["arrival_rate"])
    service = Exponential(UNIT * model["service_mean"])
    stores, lines = [], []
    for i in range(n):
        stores += [Store(f"wait {i}", 2_000), Store(f"count {i}", 2_000)]
        lines += [
            Line(f"arrive {i}", [Station(f"A{i}", arrivals)], puts=[f"wait {i}", f"count {i}"]),
            Line(f"serve {i}", [Station(f"S{i}", service)], takes=f"wait {i}"),
            Line(f"count {i}", [Station(f"C{i}", 0.001)], takes=f"count {i}"),
        ]
    return Shop("F01", lines, stores=stores)


@cache
def delays(customers: int, units: float, runs: int, n: int = 20) -> Values:
    """Delays in the queue of the first customers of each queue of each run. [abstract units]

    A service begins with the arrival or with the departure of the customer before, if later.
    """
    shop, rows = queues(n), []
    for run in range(runs):
        exits = simulate(shop, hours=units * UNIT / 3600, seed=1, run=run).exits
        for i in range(n):
            arrives, leaves = exits[f"count {i}"] - 1, exits[f"serve {i}"]
            begins = np.maximum(arrives[1:customers], leaves[: customers - 1])
            assert len(begins) == customers - 1, "the run is too short"
            rows.append(np.concatenate([[0], begins - arrives[1:customers]]))
    return np.array(rows) / (1000 * UNIT)


FEW = partial(delays, 25, 130, 500)
MANY = partial(delays, 1_000, 1_500, 100)


# ------------------------------------------------------------------------------------ claims

EXACT = [
    Answers("F02", {q: partial(accepted, q) for q, _ in quantities("F02")}),
    Answers(
        "F04",
        {
            **{
                q: partial(exact_interval, **p)
                for q, p in quantities("F04", "clopper_pearson_interval")
            },
            **{
                q: partial(score_interval, **p)
                for q, p in quantities("F04", "wilson_interval")
                if p["x"] > 1
            },
        },
    ),
    Answers("F06", {q: partial(ranks, **p) for q, p in quantities("F06")}),
    Answers(
        "F11",
        {
            "first three y": lambda: decay()[:3],
            "MSER d (observations)": lambda: cut(1).at,
            "MSER minimum": lambda: cut(1).minimum,
            "MSER-5 d (batches)": lambda: cut(5).at / 5,
            "MSER-5 d (observations)": lambda: cut(5).at,
            "MSER-5 minimum": lambda: cut(5).minimum,
            "mean after MSER-5 truncation (all remaining observations)": lambda: decay()[
                cut(5).at :
            ].mean(),
        },
    ),
    Answers(
        "F14",
        {
            "mean": partial(law, "mean"),
            "sample variance": partial(law, "variance"),
            "90 % half-width": partial(law, "half"),
        },
    ),
]

SIMULATED = [
    Answers(
        "F01",
        {
            "mean over the first 25 delays, empty start": lambda: FEW().mean(axis=1),
            "E of the 25th delay": lambda: FEW()[:, 24],
        },
    ),
    Answers(
        "F13",
        {
            f"batch size {size}: {VARIANCE_AND_CORRELATION}": partial(
                variance_and_correlation, size
            )
            for size in (10, 50, 200)
        }
        | {
            f"coverage of the 95 % CI from 20 batches of {size}": partial(holds_zero, size)
            for size in (10, 50, 200)
        },
    ),
]

LONG = [
    Answers(
        "F01",
        {"mean over the first 1000 delays, empty start": lambda: MANY().mean(axis=1)},
    ),
]

ANSWERS = [*EXACT, *SIMULATED, *LONG]
