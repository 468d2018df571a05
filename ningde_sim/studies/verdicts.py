"""Verdicts on design points: which differ from a baseline, which reach a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ningde_sim.statistics import paired, selection
from ningde_sim.statistics.estimate import Values


def differences(matrix: Values, at: int, *, level: float) -> pd.DataFrame:
    """Each row of results less the one `at`: a row each other, in their order.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (points, n)
        Results of the same runs; of bool whether each hit, then probabilities are compared.
    at : int
        The baseline.
    level : float
        Confidence of all intervals together. [-]
    """
    base, others = matrix[at], np.delete(matrix, at, axis=0)
    compared = paired.probability_difference if matrix.dtype == bool else paired.difference
    rows = []
    for row in others:
        gain = compared(base, row, level=level, comparisons=len(others))
        fewer = paired.variance_reduction(1.0 * base, 1.0 * row, level=level).value
        verdict = "more" if gain.low > 0 else "less" if gain.high < 0 else "not distinguishable"
        rows.append((gain.value, gain.low, gain.high, gain.n, level, fewer, verdict))
    names = ["difference", "low", "high", "n", "level", "variance_reduction", "verdict"]
    return pd.DataFrame(rows, columns=names)


def reached(
    hits: Values, n: int, costs: Sequence[float], *, wanted: float, confidence: float
) -> pd.DataFrame:
    """Cost, probability with its bounds, and verdict of each design point.

    Parameters
    ----------
    hits : numpy.ndarray of int, shape (points,)
        How many of n runs reached the target.
    n : int
    costs : sequence of float
    wanted : float
        How likely it has to be. [-]
    confidence : float
        Of all lower bounds together, and of all upper ones. [-]
    """
    low, high = selection.chances(hits, n, confidence=confidence)
    verdict = np.where(low >= wanted, "reaches", np.where(high < wanted, "falls short", "open"))
    return pd.DataFrame(
        {
            "cost": costs,
            "probability": hits / n,
            "low": low,
            "high": high,
            "n": n,
            "confidence": confidence,
            "verdict": verdict,
        }
    )


def up_to_the_first_that_reaches(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that do not fall short, up to the first that reaches, if any does."""
    table = table[table["verdict"] != "falls short"]
    reaches = np.flatnonzero(table["verdict"] == "reaches")
    return table.iloc[: reaches[0] + 1] if len(reaches) else table
