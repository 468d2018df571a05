"""Subset selection: which of many design points may be the best, with common random numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy

from ningde_sim.statistics.estimate import Values

BLOCK = 256
"""Rows of the table of all pairs held in memory at a time; 10,000 points take about 20 MB."""


def possibly_best(values: Values, *, confidence: float) -> Values:
    """Which design points may have the largest mean: subset selection with CRN.

    A design point is dropped when the mean of another one is greater by more than t S / sqrt(n).
    Here S is the standard deviation of their paired differences and t the quantile of Student's
    distribution at 1 - (1 - confidence) / (k - 1) with n - 1 degrees of freedom. With normal
    differences the best of the k design points, and each of several equally good ones, is kept with
    at least this confidence.

    Parameters
    ----------
    values : numpy.ndarray, shape (k, n)
        Results of the same n runs of k design points.
    confidence : float
        [-]

    Returns
    -------
    numpy.ndarray of bool, shape (k,)
        All True for a single run, which decides nothing.

    References
    ----------
    Nelson, Swann, Goldsman, Song (2001), Operations Research 49, 950-963, section 3, here with the
    variances of paired differences and Bonferroni's bound in place of independent design points.
    """
    k, n = values.shape
    if k == 1 or n == 1:
        return np.ones(k, dtype=bool)
    t = scipy.stats.t.isf((1 - confidence) / (k - 1), n - 1)
    means = values.mean(axis=1)
    apart = values - means[:, None]
    apart -= apart.mean(axis=0)  # what all design points share cancels before it can round
    squares = np.sum(apart**2, axis=1)
    kept = np.empty(k, dtype=bool)
    for rows in _blocks(k):
        between = squares[rows, None] + squares - 2 * apart[rows] @ apart.T
        allowed = t * np.sqrt(between.clip(min=0) / ((n - 1) * n))
        kept[rows] = ~np.any(means - means[rows, None] > allowed, axis=1)
    return kept


def possibly_likeliest(hits: Values, *, confidence: float) -> Values:
    """Which design points may have the largest probability of a hit: subset selection, exact.

    A design point is dropped when, of the runs in which it and another one differ, the other hit so
    often that chance alone would cause it with probability (1 - confidence) / (k - 1) or less:
    McNemar's sign test. The likeliest design point is kept with at least this confidence, for any
    n.

    Parameters
    ----------
    hits : numpy.ndarray of bool, shape (k, n)
        Whether each of the same n runs of k design points hit.
    confidence : float
        [-]

    Returns
    -------
    numpy.ndarray of bool, shape (k,)

    References
    ----------
    McNemar (1947), Psychometrika 12, 153-157. The scheme is that of `possibly_best`.
    """
    k, n = hits.shape
    if k == 1:
        return np.ones(k, dtype=bool)
    p = (1 - confidence) / (k - 1)
    enough = np.asarray(scipy.stats.binom.isf(p, np.arange(n + 1), 0.5)) + 1  # by runs that differ
    counts, ones = hits.sum(axis=1), hits.astype(np.float32)  # exact: n is below 2**24
    kept = np.empty(k, dtype=bool)
    for rows in _blocks(k):
        both = (ones[rows] @ ones.T).astype(np.int64)
        others = counts - both
        differ = others + counts[rows, None] - both
        kept[rows] = ~np.any(others >= enough[differ], axis=1)
    return kept


def chances(hits: Values, n: int, *, confidence: float) -> tuple[Values, Values]:
    """Bounds of the probabilities of many design points, by Clopper and Pearson.

    Each bound of each of the k design points fails with probability (1 - confidence) / k at most.
    So all lower bounds hold together with the confidence, and so do all upper bounds (Bonferroni);
    all bounds hold together with 1 - 2 (1 - confidence).

    Parameters
    ----------
    hits : numpy.ndarray of int, shape (k,)
        Number of the n runs that hit.
    n : int
    confidence : float
        [-]

    Returns
    -------
    lows, highs : numpy.ndarray, shape (k,)

    References
    ----------
    Clopper, Pearson (1934), Biometrika 26, 404-413.
    """
    tail = (1 - confidence) / len(hits)
    # The beta distribution needs counts above 0; with a count of 0 the bound is known.
    lows: Values = np.where(
        hits == 0, 0.0, scipy.stats.beta.ppf(tail, np.maximum(hits, 1), n - hits + 1)
    )
    highs: Values = np.where(
        hits == n, 1.0, scipy.stats.beta.isf(tail, hits + 1, np.maximum(n - hits, 1))
    )
    return lows, highs


def _blocks(k: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, k, BLOCK))
