"""Times of which the observation window shows only a part: complete, censored, residual."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_VALUES = 1_000
"""Of times as they were seen; of more than that, means of some side by side."""

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class CensoredTimes:
    """Times between failures, or repairs, in one unit, all above 0, arrays of shape (n,).

    Attributes
    ----------
    complete : array
        Seen from beginning to end.
    right_censored : array
        So long they had lasted when the window closed.
    residual : array
        The rest, from the opening of the window on, of times that ended in it.
    residual_censored : array
        The length of the window, for times that began before it and outlasted it.
    """

    complete: Floats
    right_censored: Floats
    residual: Floats
    residual_censored: Floats

    @property
    def n(self) -> int:
        """Number of times that ended in the window."""
        return len(self.complete) + len(self.residual)

    @property
    def n_censored(self) -> int:
        """Number of times that did not end in the window."""
        return len(self.right_censored) + len(self.residual_censored)

    @property
    def total(self) -> float:
        """Sum of all times. [unit]"""
        parts = (self.complete, self.right_censored, self.residual, self.residual_censored)
        return float(sum(map(np.sum, parts)))

    @property
    def mean_seen(self) -> float:
        """All times over the number that ended, which holds whatever the distribution.

        NaN where it would not: too many times were cut that had all begun at a repair. [unit]
        """
        under_way = len(self.residual) + len(self.residual_censored)
        holds = self.n > 0 and (under_way > 0 or 4 * self.n_censored <= self.n)
        return self.total / self.n if holds else math.nan

    def values_seen(self) -> Floats:
        """Values, each as probable, that lie as the complete times do, with `mean_seen` as mean."""
        x, left = self.survival_seen()
        until = 1 - left
        sums = np.append(0.0, np.cumsum(x[1:] * np.diff(until)))
        n = min(int(np.count_nonzero(np.diff(until))), MOST_VALUES)
        values = n * np.diff(np.interp(np.arange(n + 1) / n, until, sums))
        seen = self.mean_seen
        return np.asarray(values if math.isnan(seen) else values * (seen / values.mean()))

    def survival_seen(self) -> tuple[Floats, Floats]:
        """Times in order, from 0 on, and the share that is longer than each.

        A time that was cut is one of the longer ones, each as probable; the longest of all is taken
        as ended there.

        References
        ----------
        Kaplan, Meier (1958), Journal of the American Statistical Association 53, 457-481. Efron
        (1967), Proceedings of the Fifth Berkeley Symposium 4, 831-853.
        """
        x = np.concatenate([self.complete, self.right_censored])
        ended = np.repeat([True, False], [len(self.complete), len(self.right_censored)])
        order = np.lexsort((~ended, x))
        x, ended = x[order], ended[order]
        ended[-1:] = True
        left = np.cumprod(1 - ended / np.arange(len(x), 0, -1))
        return np.append(0.0, x), np.append(1.0, left)
