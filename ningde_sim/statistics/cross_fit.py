"""What a control leaves of results: each fifth of the runs is predicted from the others."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy

from ningde_sim.statistics.estimate import Values

FOLDS = 5
"""Parts of the runs, each of which is predicted from the others."""

BATCH = 32
"""Further runs in a row that may depend on each other, as those of a Latin hypercube do. [runs]"""

FEWEST_BATCHES = 20
"""With fewer batches further runs count as independent, which is safe for a hypercube."""

ROUNDING = 1e-9
"""Least range of readings, as a share of the largest, and least spread of results about the line,
as a share of their range. [-]"""

Prediction = Callable[[Values], Values]
"""From readings to predicted results, each of shape (runs,)."""

Fit = Callable[[Values, Values], Prediction]
"""From readings and results of some runs, each of shape (runs,)."""


class Control(NamedTuple):
    """Readings of a cheap model.

    Attributes
    ----------
    own : array, shape (n,)
        Of the n runs themselves.
    further : array, shape (m,)
        Of m further runs, with other inputs and random streams; batches of `BATCH` of them are
        independent of one another.
    """

    own: Values
    further: Values


def differ(readings: Values) -> bool:
    """Whether readings differ by more than rounding."""
    return bool(np.ptp(readings) > ROUNDING * np.abs(readings).max())


class Left(NamedTuple):
    """What a control leaves of the results, shape (n,), and the control of further runs, (m,)."""

    results: Values
    control: Values

    @property
    def mean(self) -> float:
        """The estimate."""
        return float(self.results.mean())

    @property
    def variance(self) -> float:
        """Of the estimate."""
        return self._parts[0] + self._parts[1]

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the variance (Welch, Satterthwaite)."""
        (own, further), n = self._parts, len(self.results)
        if not further:
            return n - 2
        return (own + further) ** 2 / (own**2 / (n - 2) + further**2 / (len(self._means) - 1))

    @property
    def _parts(self) -> tuple[float, float]:
        """The variance that the runs give the estimate, and that which the further runs do."""
        own = float(self.results.var(ddof=2)) / len(self.results)
        means = self._means
        return own, float(means.var(ddof=1)) / len(means) if len(means) > 1 else 0.0

    @property
    def _means(self) -> Values:
        """Independent means of further runs: of whole batches, or of each run if these are few."""
        batches = len(self.control) // BATCH
        if batches < FEWEST_BATCHES:
            return self.control
        means: Values = self.control[: batches * BATCH].reshape(batches, BATCH).mean(axis=1)
        return means

    def less(self, other: Left) -> Left:
        """Of the difference."""
        m = min(len(self.control), len(other.control))
        return Left(self.results - other.results, self.control[:m] - other.control[:m])


def left_of(values: Values, control: Control) -> Left:
    """Results less the line."""
    return _less(values, values, control, _line)


def left_of_hits(values: Values, least: float, control: Control) -> Left:
    """Hits, 1 for a result of at least this, less their fitted probability."""
    return _less(1.0 * (values >= least), values, control, partial(_likely, least=least))


def _less(counted: Values, values: Values, control: Control, fit: Fit) -> Left:
    """What is counted of each run less its control: each fifth is predicted from the others."""
    n, m = len(values), len(control.further)
    weight, fold = m / (n + m), np.arange(n) % FOLDS
    left, shared = counted.astype(float), np.zeros(m)
    for k in range(FOLDS):
        out = fold == k
        predict = fit(control.own[~out], values[~out])
        further = predict(control.further)
        left[out] -= weight * (predict(control.own[out]) - further.mean())
        shared += weight * out.mean() * further
    return Left(left, shared)


def _line(readings: Values, values: Values) -> Prediction:
    """The line of least squares, flat where the readings do not differ."""
    middle, mean = readings.mean(), values.mean()
    away = readings - middle
    square = float(away @ away)  # of readings near 0 it may be 0 though they differ
    slope = float(away @ values) / square if square and differ(readings) else 0.0
    return lambda readings: mean + slope * (readings - middle)


def chance(readings: Values, values: Values, least: float) -> Prediction:
    """The probability of at least this result, with normal residuals about the line."""
    line = _line(readings, values)
    sd = math.sqrt(np.sum(np.square(values - line(readings))) / (len(values) - 2))
    sd = max(sd, ROUNDING * float(np.ptp(values)), sys.float_info.min)
    return lambda readings: np.asarray(scipy.special.ndtr((line(readings) - least) / sd))


def _likely(readings: Values, values: Values, least: float) -> Prediction:
    """The same, times the slope of hits on it."""
    likely = chance(readings, values, least)
    scaled = _line(likely(readings), 1.0 * (values >= least))
    slope = min(max(float(scaled(np.ones(1))[0] - scaled(np.zeros(1))[0]), 0.0), 1.0)
    return lambda readings: slope * likely(readings)
