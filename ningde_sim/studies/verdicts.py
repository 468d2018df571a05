"""Verdicts on design points: which differ from a baseline, which reach a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim.statistics import control, paired, selection
from ningde_sim.statistics.cross_fit import Control
from ningde_sim.statistics.estimate import Values


def differences(
    matrix: Values,
    at: int,
    controls: Sequence[Control | None],
    *,
    least: float | None,
    level: float,
) -> pd.DataFrame:
    """Each row of results less the one `at`: a row each other, in their order.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (points, n)
        Results of the same runs.
    at : int
        The baseline.
    controls : sequence of Control or None
        Of each row.
    least : float or None
        Given, the probabilities of at least this result are compared, else the means.
    level : float
        Confidence of all intervals together. [-]
    """
    counted = matrix if least is None else 1.0 * (matrix >= least)
    rows = []
    for k in range(len(matrix)):
        if k == at:
            continue
        pair, both = (matrix[at], matrix[k]), (controls[at], controls[k])
        options: Any = {"level": level, "comparisons": len(matrix) - 1}
        if least is None:
            gain = control.difference(*pair, both, **options)
        else:
            gain = control.probability_difference(*pair, least, both, **options)
        fewer = paired.variance_reduction(counted[at], counted[k], level=level).value
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
