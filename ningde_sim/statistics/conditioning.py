"""The rest of a year given the output of its first months, by regression over the runs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ningde_sim._support import checks
from ningde_sim.exceptions import OutsideRuns
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values

ROUNDING = 1e-12
"""Rounding error of a sum of months, as a share of the months built. [-]"""

SHOWN = 3
"""Number of columns that a sentence names."""

Columns = Mapping[str, Values]
"""A value for each run, by name of the column."""


@dataclass(frozen=True, slots=True)
class KnownMonths:
    """Months already built; false where there are none.

    Parameters
    ----------
    of : str
        The quantity counted: the main column of the results.
    months : tuple of str
        The months, from the first month of the year on.
    total : float
        Output of these months together. [units of the column]
    figures : tuple of float
        Output of each month; empty where only the total is known. [units of the column]
    distance : float
        Distance of the total from the mean of the runs, in their standard deviations; for several
        steps of known months the root of the sum of squares. [-]
    regressions : int
        Number of regressions along which the columns were moved, one after the other. Each costs a
        degree of freedom.
    outside : tuple of str
        A sentence for each step in which no run was like these months.
    stopped : tuple of str
        Columns that the regression takes below the least possible value in some run.
    """

    of: str = ""
    months: tuple[str, ...] = ()
    total: float = 0.0
    figures: tuple[float, ...] = ()
    distance: float = 0.0
    regressions: int = 0
    outside: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.months)

    @property
    def widening(self) -> float:
        """Factor by which intervals must be wider, since the regression is an estimate too. [-]

        For the mean at x the standard error is s sqrt(1/n + (x - mean)^2 / sum of squares). For
        probabilities and quantiles of normal results the factor errs on the safe side, at the
        median by a quarter at most, towards the ends by more.

        References
        ----------
        Draper, Smith (1998), Applied Regression Analysis, 3rd ed., section 3.1.
        """
        return math.hypot(1.0, self.distance)

    def cautions(self) -> Iterator[str]:
        """What every reader of a result must know about these months, a sentence each."""
        yield from self.outside
        if self.stopped:
            names = ", ".join(self.stopped[:SHOWN])
            more = f" and {left} more" if (left := len(self.stopped) - SHOWN) > 0 else ""
            yield (
                f"The regression on the months built takes {names}{more} below the least possible "
                "value in some runs. They are set to it there, so sums may not add up."
            )

    def __str__(self) -> str:
        return f"{self.total:,.6g} {self.of} through {self.months[-1]}"


NOTHING_KNOWN = KnownMonths()
"""No month is built yet."""


def known_months(
    owner: str,
    of: str,
    months: Sequence[str],
    actuals: float | Iterable[float],
    through: str | int | None,
) -> KnownMonths:
    """Check the known output of the first months.

    Raises
    ------
    TypeError, ValueError
        The runs have no months, none or too many are given, a total without its last month, an
        unknown month, a figure that is negative or not a number.
    """
    if not months:
        raise ValueError(checks.complain(owner, "the runs must have months", actuals))
    if not isinstance(actuals, Iterable):
        total = checks.number(owner, "actuals", actuals)
        return KnownMonths(of, tuple(months[: _count(owner, months, through)]), total)
    if through is not None:
        cure = "It is for a single total; months given one by one need none."
        raise ValueError(checks.complain(owner, "through must be left out", through, cure))
    figures = tuple(checks.numbers(owner, "actuals", actuals))
    if not 1 <= len(figures) <= len(months):
        rule = f"actuals must hold 1 to {len(months)} months"
        raise ValueError(checks.complain(owner, rule, len(figures)))
    return KnownMonths(of, tuple(months[: len(figures)]), sum(figures), figures)


def _count(owner: str, months: Sequence[str], through: str | int | None) -> int:
    """The number of months that a total covers."""
    if through in months:
        return months.index(str(through)) + 1
    if isinstance(through, int) and 1 <= through <= len(months):
        return int(through)
    rule = f"through must be one of {', '.join(months)}, or 1 to {len(months)}"
    raise ValueError(checks.complain(owner, rule, through))


@dataclass(frozen=True, slots=True)
class Conditioned:
    """The columns of a study after months already built.

    Parameters
    ----------
    known : KnownMonths
    inputs, values, repeats : mapping of numpy.ndarray
        Columns as in a study.
    """

    known: KnownMonths
    inputs: dict[str, Values]
    values: dict[str, Values]
    repeats: dict[str, Values]


def condition(
    new: KnownMonths,
    before: KnownMonths,
    *,
    inputs: Columns,
    values: Columns,
    repeats: Columns,
    idle: Collection[str],
) -> Conditioned:
    """Move each column along its regression on the output of the runs in the known months.

    Parameters
    ----------
    new, before : KnownMonths
        The months known now; the months known before.
    inputs, values : mapping of numpy.ndarray, shape (n,)
        Drawn inputs and results of n runs.
    repeats : mapping of numpy.ndarray, shape (m,)
        Results of the repeats, and the numbers of the repeated runs as `run`.
    idle : collection of str
        Inputs that cannot affect the main column: they stay unchanged.

    Warns
    -----
    OutsideRuns
        The total lies outside of the range of the runs.

    References
    ----------
    Beaumont, Zhang, Balding (2002), Genetics 162, 2025-2035: linear regression adjustment.
    """
    made = _made(new, values)
    moved, least = _shifted(new, values, made), _least_possible(new, values, made)
    shifted_repeats: dict[str, Values] = {}
    if repeats:
        numbers = repeats["run"]
        second = {name: column for name, column in repeats.items() if name != "run"}
        first = {name: values[name][numbers] for name in second}
        ends = {name: moved[name][numbers] for name in second}
        shifted_repeats = {"run": numbers, **_shifted_repeats(new, second, first, ends)}
    stopped = tuple(name for name in least if moved[name].min() < least[name])
    known = replace(
        new,
        distance=math.hypot(before.distance, _distance(made, new.total)),
        regressions=before.regressions + 1,
        outside=(*before.outside, *_outside(new, made)),
        stopped=tuple(dict.fromkeys(before.stopped + stopped)),
    )
    return Conditioned(
        known,
        {
            name: drawn if name in idle else _along(made, new.total, drawn)
            for name, drawn in inputs.items()
        },
        _not_below(moved, least),
        _not_below(shifted_repeats, least),
    )


def _outside(known: KnownMonths, made: Values) -> Iterator[str]:
    """A sentence, and a warning, where the total lies outside of the range of the runs."""
    low, high = float(made.min()), float(made.max())
    if not low <= known.total <= high:
        mean = estimate.mean(made, level=0.95)
        warnings.warn(OutsideRuns(mean, known.total, low, high), stacklevel=4)
        yield (
            f"No run made as few, or as many, as {known}: the runs made {low:,.6g} to "
            f"{high:,.6g}; results are extrapolated."
        )


def _made(known: KnownMonths, columns: Columns) -> Values:
    """Output of each run in these months, shape (n,). [units of the column]"""
    made: Values = np.sum([columns[f"{known.of}_{month}"] for month in known.months], axis=0)
    return made


def _shifted(known: KnownMonths, values: Columns, made: Values) -> dict[str, Values]:
    """Columns as they would be if these months had made the total.

    The main column is the total plus the rest, which moves along its own regression.
    """
    rest = values[known.of] - made
    if np.ptp(rest) <= ROUNDING * known.total:
        rest = np.full(len(made), rest[0])  # for example with all months known
    rest = _along(made, known.total, rest)
    moved = {name: _along(made, known.total, column) for name, column in values.items()}
    return {**moved, known.of: known.total + rest, **_figures(known, len(made))}


def _shifted_repeats(
    known: KnownMonths, second: Columns, first: Columns, moved: Columns
) -> dict[str, Values]:
    """Results of repeats as they would be: the same inputs, these months, another rest.

    A run and its repeat differ by random variation alone, that of these months and that of the
    rest. A regression through 0 (run and repeat are exchangeable) takes out of the difference what
    these months explain; what is left is added to the moved results of the run. With

        y = a + g x + b made + e,  e of variance v,

    for inputs x and results y, the result of the run moves by the slope of y on made, which is g
    times that of x on made, plus b: so it becomes a + g (x moved) + b total + e. The difference to
    the repeat is b times that of made, plus that of e. With b taken out, half its mean square is v,
    the random variance of y once these months are known. For jointly normal results this is exact
    except for the errors of the slopes.

    Parameters
    ----------
    second, first : mapping of numpy.ndarray, shape (m,)
        The results of the repeats, and of the runs that they repeat.
    moved : mapping of numpy.ndarray, shape (m,)
        The results of the runs after `_shifted`.
    """
    made = _made(known, second) - _made(known, first)
    squares = float(made @ made)
    shifted = {}
    for name, again in second.items():
        apart = again - first[name]
        weight = float(made @ apart) / squares if squares > 0 else 0.0
        shifted[name] = moved[name] + apart - weight * made
    return {**shifted, **_figures(known, len(made))}


def _figures(known: KnownMonths, n: int) -> dict[str, Values]:
    """The columns of months that are known one by one, for n runs."""
    return {
        f"{known.of}_{month}": np.full(n, figure)
        for month, figure in zip(known.months, known.figures, strict=False)
    }


def _least_possible(known: KnownMonths, values: Columns, made: Values) -> dict[str, float]:
    """0 for columns that no run has below 0; for the main column what is built."""
    least = {name: 0.0 for name, column in values.items() if column.min() >= 0}
    rest = values[known.of] - made
    return {**least, known.of: known.total} if rest.min() >= 0 else least


def _distance(made: Values, total: float) -> float:
    """Distance of a total from the mean of the runs; 0 without spread. [standard deviations]"""
    sd = float(np.std(made))
    return abs(total - float(np.mean(made))) / sd if sd > 0 else 0.0


def _along(made: Values, total: float, column: Values) -> Values:
    """A column moved along its least-squares line on the output, to where the output is the total.

    Unchanged where either is constant.
    """
    if np.ptp(made) == 0 or np.ptp(column) == 0:
        return column
    away = made - made.mean()
    moved: Values = column + float(away @ column) / float(away @ away) * (total - made)
    return moved


def _not_below(columns: Columns, least: Mapping[str, float]) -> dict[str, Values]:
    """Columns with values below the least possible set to it."""
    return {
        name: np.maximum(column, least[name]) if name in least else column
        for name, column in columns.items()
    }
