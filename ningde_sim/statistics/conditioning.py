"""What the runs say of the rest of a year, given what its first months made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import checks
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.experiment import Case

ROUNDING = 1e-12
"""Of the months built, what the sum of others may be off. [-]"""

SHOWN = 3
"""Columns that a sentence names."""


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
    taken : int  How many such regressions the columns were moved along, one after the other.
    outside : tuple of str  What to say of months unlike any run.
    stopped : tuple of str  Columns that the regression takes below the least possible in some run.
    """

    of: str
    months: tuple[str, ...]
    total: float
    figures: tuple[float, ...] = ()
    distance: float = 0.0
    taken: int = 1
    outside: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

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

    def shift(self, runs: Mapping[str, Values]) -> dict[str, Values]:
        """Columns as they would be had these months made the total.

        Each column moves along its own regression on what these months made; the main column is
        the total plus the rest, which moves so.
        """
        made = self.made(runs)
        rest = runs[self.of] - made
        if np.ptp(rest) <= ROUNDING * self.total:
            rest = np.full(len(made), rest[0])  # as when all months are known
        rest = along(made, self.total, rest)
        found = {name: along(made, self.total, column) for name, column in runs.items()}
        return {**found, self.of: self.total + rest, **self._figures(len(made))}

    def shift_twins(
        self, twins: Mapping[str, Values], first: Mapping[str, Values], moved: Mapping[str, Values]
    ) -> dict[str, Values]:
        """Results of twins as they would be: the same inputs, these months, other luck of the rest.

        Twins differ by luck alone, that of these months and that of the rest. What the luck of
        these months explains of the difference, by a regression through 0 as neither twin is
        the better one, is taken out of it; what is left is added to the `first`, as `moved`. With

            y = a + g x + b made + e,  e of variance v,

        for inputs x and results y, the first moves by the slope of y on made, which is g times
        that of x on made, plus b: so it is a + g (x moved) + b total + e. The difference of twins
        is b times that of made, plus that of e: with b taken out, half its mean square is v, the
        variance of luck in y once these months are known. For jointly normal results all of this
        is exact but for the errors of the slopes.

        Parameters
        ----------
        twins, first : mapping of numpy.ndarray, shape (m,)  The results of both twins.
        moved : mapping of numpy.ndarray, shape (m,)  Those of the first after `shift`.
        """
        made = self.made(twins) - self.made(first)
        squares = float(made @ made)
        found = {}
        for name, second in twins.items():
            apart = second - first[name]
            weight = float(made @ apart) / squares if squares > 0 else 0.0
            found[name] = moved[name] + apart - weight * made
        return {**found, **self._figures(len(made))}

    def _figures(self, n: int) -> dict[str, Values]:
        """The months that are known one by one, in each of n runs."""
        return {
            f"{self.of}_{month}": np.full(n, figure)
            for month, figure in zip(self.months, self.figures, strict=False)
        }

    def least(self, runs: Mapping[str, Values]) -> dict[str, float]:
        """The least possible: 0 of what no run has below 0, what is built of the main column."""
        found = {name: 0.0 for name, column in runs.items() if column.min() >= 0}
        rest = runs[self.of] - self.made(runs)
        return {**found, self.of: self.total} if rest.min() >= 0 else found

    def doubts(self) -> Iterator[str]:
        """What the reader of any result has to know of these months, a sentence each."""
        yield from self.outside
        if self.stopped:
            names = ", ".join(self.stopped[:SHOWN])
            more = f" and {left} more" if (left := len(self.stopped) - SHOWN) > 0 else ""
            yield (
                f"The regression on the months built takes {names}{more} below the least possible "
                "in some runs; there they stand at it, so that they need not add up with others."
            )

    def __str__(self) -> str:
        return f"{self.total:,.6g} {self.of} through {self.months[-1]}"


def distance(runs: Values, total: float) -> float:
    """How far a total is from the mean of the runs; 0 where they agree. [standard deviations]"""
    spread = float(np.std(runs))
    return abs(total - float(np.mean(runs))) / spread if spread > 0 else 0.0


def along(made: Values, total: float, column: Values) -> Values:
    """A column moved along its least-squares line on what was made, to where that is the total.

    As it was where either is constant.
    """
    if np.ptp(made) == 0 or np.ptp(column) == 0:
        return column
    away = made - made.mean()
    moved: Values = column + float(away @ column) / float(away @ away) * (total - made)
    return moved


def not_below(columns: Mapping[str, Values], least: Mapping[str, float]) -> dict[str, Values]:
    """Columns stopped at the least possible."""
    return {
        name: np.maximum(column, least[name]) if name in least else column
        for name, column in columns.items()
    }


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
