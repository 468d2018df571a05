"""What the runs say of the rest of a year, given what its first months made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ningde_sim.cases import Case
from ningde_sim.estimate import DoubtfulEstimate, Estimate, Values
from ningde_sim.plant import checks


class OutsideRuns(DoubtfulEstimate):
    """The months already built made less than in any run, or more: no run is like them.

    Attributes
    ----------
    estimate : Estimate  What these months make, the mean over the runs.
    actual, low, high : float  What they made; the least and the most of the runs.
    """

    def __init__(self, estimate: Estimate, actual: float, low: float, high: float) -> None:
        super().__init__(estimate, None)
        self.args = (estimate, actual, low, high)
        self.actual, self.low, self.high = actual, low, high

    def __str__(self) -> str:
        return (
            f"{self.estimate}: the runs made {self.low:,.6g} to {self.high:,.6g} in these months, "
            f"which the actual {self.actual:,.6g} lies outside of; what follows is extrapolated."
        )


@dataclass(frozen=True, slots=True)
class Known:
    """Months already built.

    Parameters
    ----------
    of : str  What was counted: a main column.
    months : tuple of str  From the first month on.
    total : float  What they made. [units[of]]
    figures : tuple of float  What each made; empty where only the total is known. [units[of]]
    distance : float  How far the total is from the mean of the runs, in their standard deviations;
        of several given one after the other the root of the sum of squares. [-]
    """

    of: str
    months: tuple[str, ...]
    total: float
    figures: tuple[float, ...] = ()
    distance: float = 0.0

    @property
    def widening(self) -> float:
        """How many times as wide intervals have to be, since the regression is an estimate too.

        For the mean at x the standard error is s sqrt(1/n + (x - mean)^2 / sum of squares). Of
        probabilities and quantiles of normal results the factor errs on the safe side, at the
        median by a quarter at most, towards the ends by more.

        References
        ----------
        Draper, Smith (1998), Applied Regression Analysis, 3rd ed., section 3.1.
        """
        return math.hypot(1.0, self.distance)

    def made(self, columns: Mapping[str, Values]) -> Values:
        """What each run made in these months, shape (n,). [units[of]]"""
        made: Values = np.sum([columns[f"{self.of}_{month}"] for month in self.months], axis=0)
        return made

    def shift(self, columns: Mapping[str, Values], runs: Mapping[str, Values]) -> dict[str, Values]:
        """Columns as they would be had these months made the total.

        Each column moves along its own regression, over the `runs`, on what these months made;
        the main column is the total plus the rest, which moves so.
        """
        made, across = self.made(columns), self.made(runs)
        gap = self.total - made
        found = {name: column + slope(across, runs[name]) * gap for name, column in columns.items()}
        rest = columns[self.of] - made + slope(across, runs[self.of] - across) * gap
        known = {
            f"{self.of}_{month}": np.full(len(made), figure)
            for month, figure in zip(self.months, self.figures, strict=False)
        }
        return {**found, self.of: self.total + rest, **known}

    def __str__(self) -> str:
        return f"{self.total:,.6g} {self.of} through {self.months[-1]}"


def distance(runs: Values, total: float) -> float:
    """How far a total is from the mean of the runs; 0 where they agree. [standard deviations]"""
    spread = float(np.std(runs))
    return abs(total - float(np.mean(runs))) / spread if spread > 0 else 0.0


def slope(x: Values, y: Values) -> float:
    """Of the least-squares line of y on x; 0 where x is constant."""
    away = x - x.mean()
    spread = float(away @ away)
    return float(away @ y) / spread if spread > 0 else 0.0


def known(
    owner: str, case: Case, actuals: float | Iterable[float], through: str | int | None
) -> Known:
    """Check what is known of the first months.

    Raises
    ------
    TypeError, ValueError
        A case without months, no months or too many, a total without its last month, an unknown
        month, a figure that is negative or no number.
    """
    months = tuple(case.months)
    if not months:
        raise ValueError(checks.complain(owner, "its runs have no months", actuals))
    if not isinstance(actuals, Iterable):
        total = checks.number(owner, "actuals", actuals)
        return Known(case.of, months[: _count(owner, months, through)], total)
    if through is not None:
        cure = "Months given one by one say themselves how far they go."
        raise ValueError(checks.complain(owner, "through goes with one total", through, cure))
    figures = tuple(checks.number(owner, "each of actuals", figure) for figure in actuals)
    if not 1 <= len(figures) <= len(months):
        rule = f"actuals must be those of 1 to {len(months)} months"
        raise ValueError(checks.complain(owner, rule, len(figures)))
    return Known(case.of, months[: len(figures)], sum(figures), figures)


def _count(owner: str, months: tuple[str, ...], through: str | int | None) -> int:
    """How many months a total is of."""
    if through in months:
        return months.index(str(through)) + 1
    if isinstance(through, int) and 1 <= through <= len(months):
        return int(through)
    rule = f"through must be one of {', '.join(months)}, or 1 to {len(months)}"
    raise ValueError(checks.complain(owner, rule, through))
