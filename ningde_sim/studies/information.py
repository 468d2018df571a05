"""The value of information: of which uncertain input the answer would narrow the result most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy

from ningde_sim.statistics import estimate, variance_shares
from ningde_sim.statistics.conditioning import NOTHING_KNOWN, KnownMonths
from ningde_sim.statistics.estimate import Values
from ningde_sim.statistics.variance_shares import in_words

THIRDS = ("low", "middle", "high")

SHOWN = 5
"""Inputs that the summary lists."""


@dataclass(frozen=True, repr=False, eq=False)
class Information:
    """The uncertain inputs of a study, by how much of the spread would go were each one known.

    Attributes
    ----------
    title : str
        What was run.
    of, unit : str
        The result whose spread it is, and its unit.
    target : float or None
        The least of it that counts as reached. [unit]
    n : int
        Runs.
    sd : float
        The standard deviation of the result over the runs. [unit]
    level : float
        Confidence of each interval, and of `beyond_chance` over all inputs. [-]
    table : DataFrame
        A row an input, the greatest share first: share, share_low, share_high of the variance [-];
        beyond_chance; low_to and high_from, the values at which its low third ends and its high
        third begins. [unit of the input] With a target besides, for each third: p_low, p_low_low,
        p_low_high, p_middle, ..., p_high, ..., the probability to reach it in the runs that drew
        the input there; NaN where none did. [-]
    """

    title: str
    of: str
    unit: str
    target: float | None
    n: int
    sd: float
    level: float
    table: pd.DataFrame

    def __repr__(self) -> str:
        return f"Information({self.title!r}, {self.n} runs: {self.advice})"

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    @property
    def advice(self) -> str:
        """What to ask first, and how the answer would move the probability."""
        if not self.table["beyond_chance"].any():
            return f"no input stands out from chance in {self.of}; more runs may show one"
        top = self.table.iloc[0]
        low, high = top["share_low"], top["share_high"]
        words = f"ask first for {top.name} (share {top['share']:.2f}, {low:.2f} to {high:.2f})"
        return words if self.target is None else f"{words}: {self._odds(top)}"

    def _odds(self, row: pd.Series[Any]) -> str:
        """How far the answer would move the probability."""
        what = f"P(>= {self.target:,.6g})"
        by_third = {third: float(row[f"p_{third}"]) for third in THIRDS}
        by_third = {third: p for third, p in by_third.items() if not np.isnan(p)}
        worst, best = (
            min(by_third, key=by_third.__getitem__),
            max(by_third, key=by_third.__getitem__),
        )
        if by_third[worst] == by_third[best]:
            return f"{what} is {by_third[best]:.2f} in each third of it"
        ends = {
            "low": f"up to {row['low_to']:,.4g}",
            "middle": "in between",
            "high": f"from {row['high_from']:,.4g} on",
        }
        return (
            f"{what} is {in_words(row, f'p_{worst}')} in its worst third, {ends[worst]}; "
            f"{in_words(row, f'p_{best}')} in its best, {ends[best]}"
        )

    def summary(self) -> str:
        """A dozen lines: the inputs that matter most, what to ask first, what the answer brings."""
        title = f"{self.title}: what to find out first about {self.of}, {self.n:,} runs"
        return "\n".join([title, *self._lines()])

    def _lines(self) -> Iterator[str]:
        top = self.table.head(SHOWN)
        width = max(len(str(name)) for name in ("input", *top.index))
        by_third = (
            "" if self.target is None else f"P(>= {self.target:,.6g}) in low, middle, high third"
        )
        yield f"  {'input':<{width}}  {'share of variance':<24}{by_third}".rstrip()
        for name, row in top.iterrows():
            thirds = [] if self.target is None else [f"{row[f'p_{third}']:.2f}" for third in THIRDS]
            chance = "" if row["beyond_chance"] else "  (may be chance)"
            share = f"{in_words(row, 'share'):<24}{'  '.join(thirds)}"
            yield f"  {name:<{width}}  {share}{chance}".rstrip()
        for k, words in enumerate(self.advice.split(": ")):
            yield f"  {'' if k else 'so':<10}{words}"
        if self.table["beyond_chance"].any():
            left = self.sd * np.sqrt(1 - float(top["share"].iloc[0]))
            fall = f"from {_figure(self.sd)} to {_figure(left)} {self.unit}"
            yield f"  known     it takes the standard deviation {fall}"
        if len(self.table):
            least = variance_shares.share_by_chance(self.n, len(self.table), level=self.level)
            rare = f"{100 * (1 - self.level):.3g} % of studies"
            yield (
                f"  chance    makes a share above {least:.2f} somewhere in {rare}, "
                f"had none of the {len(self.table)} inputs weight"
            )
        yield f"  interval  {100 * self.level:g} %, each by itself, of the number of runs only"
        yield "  bias      the largest of many estimates is a little too large (selection bias)"


def information(
    inputs: Mapping[str, Values],
    values: Values,
    *,
    title: str,
    of: str,
    unit: str,
    target: float | None,
    level: float,
    known: KnownMonths = NOTHING_KNOWN,
) -> Information:
    """Rank inputs by their share of the variance of the results.

    Parameters
    ----------
    inputs : mapping of numpy.ndarray, shape (n,)
    values : numpy.ndarray, shape (n,)
        The results; they must differ. [unit]
    title, of, unit, target, level
        As of `Information`.
    regressions : int
        Regressions on known months that were regressions out of inputs and results.
    widening : float
        How many times as wide the intervals of probabilities have to be. [-]
    """
    table = variance_shares.parabola_shares(
        inputs, values, level=level, regressions=known.regressions
    )
    rows = [_odds(inputs[name], values, target, level, known.widening) for name in table.index]
    table = table.join(pd.DataFrame(rows, index=table.index))
    sd = float(np.std(values, ddof=1 + known.regressions))
    return Information(title, of, unit, target, len(values), sd, level, table)


def _odds(
    drawn: Values, values: Values, target: float | None, level: float, widening: float
) -> dict[str, float]:
    """Where the thirds of an input end, and the probability to reach the target in each."""
    third = thirds(drawn)
    cuts = {
        "low_to": float(np.max(drawn[third == 0], initial=-np.inf)),
        "high_from": float(np.min(drawn[third == 2], initial=np.inf)),
    }
    columns = {name: end if np.isfinite(end) else np.nan for name, end in cuts.items()}
    if target is None:
        return columns
    for k, name in enumerate(THIRDS):
        hits, ends = values[third == k] >= target, [np.nan] * 3
        if len(hits):
            p = estimate.probability(int(hits.sum()), len(hits), level=level)
            p = p.wider(widening, least=0.0, most=1.0)
            ends = [p.value, p.low, p.high]
        columns |= dict(zip((f"p_{name}", f"p_{name}_low", f"p_{name}_high"), ends, strict=True))
    return columns


def thirds(drawn: Values) -> Values:
    """In which third of the runs each value lies, 0 to 2; equal values in the one of their middle.

    So crews in whole numbers have thirds of other sizes, or one that is empty.
    """
    middle = (scipy.stats.rankdata(drawn) - 0.5) / len(drawn)
    return np.asarray(np.floor(3 * middle), dtype=np.int64)


def _figure(number: float) -> str:
    """To four figures, or to ones."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"
