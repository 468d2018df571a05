"""What the spread of results is made of: the share of luck, the weight of each input."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ningde_sim.estimate import Estimate, Values


def luck_share(values: Values, first: Values, second: Values, *, level: float) -> Estimate:
    """The share of the variance that is luck, from twins: the same inputs, other luck.

    Half of the mean squared difference of twins is the variance of luck alone; over the variance
    of the results it has, for normal results, the F distribution with m and n - 1 degrees of
    freedom times the true share. The two are not quite independent, as the first of each twins is
    a result too, which makes the interval a little wide: that of 95 % held a true share of 0.2,
    0.5 and 0.9 in 95.2 %, 96.2 % and 96.5 % of 4,000 studies of 200 runs.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)  The results; they must differ.
    first, second : numpy.ndarray, shape (m,)  The results of the twins.
    level : float  Confidence. [-]

    References
    ----------
    Searle, Casella, McCulloch (1992), Variance Components, section 3.6. Saltelli et al. (2008),
    Global Sensitivity Analysis, section 4.5.
    """
    from scipy import stats  # takes a second to import

    m, n = len(first), len(values)
    luck = np.mean((first - second) ** 2) / 2
    ratio = luck / np.var(values, ddof=1)
    law = stats.f(m, n - 1)
    ends = (ratio / law.ppf(0.5 + level / 2), ratio, ratio / law.ppf(0.5 - level / 2))
    low, value, high = (float(x) for x in np.clip(ends, 0, 1))
    return Estimate(value, low, high, level, m)


def input_shares(inputs: Mapping[str, Values], values: Values, *, level: float) -> pd.DataFrame:
    """Spearman's correlation of each input with the results, the strongest first.

    Ties share their mean rank. Inputs that are constant are left out.

    Parameters
    ----------
    inputs : mapping of numpy.ndarray, shape (n,)
    values : numpy.ndarray, shape (n,)  The results; they must differ.
    level : float  Confidence of the intervals, and of `beyond_chance` over all inputs. [-]

    Returns
    -------
    DataFrame
        Index: input. Columns: correlation, low, high, share, beyond_chance.

    References
    ----------
    Bonett, Wright (2000), Psychometrika 65, 23-28, for the standard error of Fisher's z. Holm
    (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    from scipy import stats  # takes a second to import

    names = [name for name, drawn in inputs.items() if np.ptp(drawn) > 0]
    n, ranks = len(values), stats.rankdata(values)
    correlation = np.array(
        [np.corrcoef(stats.rankdata(inputs[name]), ranks)[0, 1] for name in names]
    ).clip(-1, 1)
    with np.errstate(divide="ignore"):  # of a correlation of 1
        t = np.abs(correlation) * np.sqrt((n - 2) / (1 - correlation**2))
        z = np.arctanh(correlation)
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt((1 + correlation**2 / 2) / (n - 3))
    table = pd.DataFrame(
        {
            "correlation": correlation,
            "low": np.tanh(z - half),
            "high": np.tanh(z + half),
            "share": correlation**2,
            "beyond_chance": _holm(2 * stats.t.sf(t, n - 2), 1 - level),
        },
        index=pd.Index(names, name="input", dtype=object),
    )
    return table.sort_values("correlation", key=np.abs, ascending=False, kind="stable")


def _holm(p: Values, alpha: float) -> Values:
    """Which p values are too small for chance, all of them taken together."""
    order = np.argsort(p)
    small = p[order] <= alpha / np.arange(len(p), 0, -1)
    found = np.zeros(len(p), dtype=bool)
    found[order] = np.logical_and.accumulate(small)
    return found
