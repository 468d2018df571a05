"""What a log of stops says about failures: their distributions, ready for a plant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ningde_sim._support import checks
from ningde_sim.learn.fits import FEW, Fit
from ningde_sim.plant.quantity import Evidence, Quantity
from ningde_sim.plant.station import Failure
from ningde_sim.statistics.estimate import Estimate

SHOWN = 5
"""Rows that the summary tells of."""


@dataclass(frozen=True, repr=False, eq=False)
class Downtime:
    """The failures of a log of stops.

    Attributes
    ----------
    title : str
        The log.
    observed : str
        When.
    level : float
        Confidence of each interval. [-]
    table : DataFrame
        A row an equipment (a group, where they are pooled) and reason:

        - `n`: failures that began in the window; `censored`: times between failures that the
          window cut at its end.
        - `uptime_family`, `uptime`, `uptime_low`, `uptime_high`: mean time on the clock between a
          repair and the next failure. [h]
        - `uptime_cv`, `_low`, `_high`: standard deviation over mean; of an exponential 1, without
          bounds. [-] `uptime_runner_up`, `uptime_behind`: the next best family, and by how much
          its AICc is higher; below 0 where the exponential was kept as the simpler one.
        - `repair_censored`, `repair_family`, `repair` ...: the same of repairs. [min]

        An equipment that did not fail has reason "", an infinite `uptime` and its lower bound.
    problems : DataFrame
        A row a finding: row of the log, equipment, reason, problem, given, done.
    assumed : tuple of str
        What the log does not say and was taken to be so.
    failures : dict
        Equipment to a tuple of Failure, for `Robot` or `Station`. Their repairs include any wait
        for a crew that the log's stops include, hence `crew` is False. Empty where nothing could be
        fitted.
    """

    title: str
    observed: str
    level: float
    table: pd.DataFrame
    problems: pd.DataFrame
    assumed: tuple[str, ...]
    failures: Mapping[str, tuple[Failure, ...]]

    def ranges(
        self, shop: str = "body_shop", *, evidence: Evidence = "measured"
    ) -> dict[str, Quantity]:
        """Mean time between failures, mean repair and cv of each reason, with their intervals.

        They are for `Scenario.replace` and stand at paths such as
        `body_shop.failures.minor.uptime`: the reason is the mode, "micro stop" `micro_stop`. A
        scenario takes uptimes as exponential and repairs as lognormal, whatever was fitted.

        Parameters
        ----------
        shop : str
            First word of the paths.
        evidence : str
            How well the numbers are known, as in `Quantity`.

        Raises
        ------
        ValueError
            A reason has several rows: all equipment of a mode must be pooled.
        """
        fitted = self.table.dropna(subset=["uptime", "repair"])
        twice = fitted["reason"][fitted["reason"].duplicated()]
        if len(twice):
            rule = "each reason must have one row"
            cure = 'Pool the equipment of a mode: pool={"R1": "robots", "R2": "robots"}.'
            raise ValueError(checks.complain(self.title, rule, twice.iloc[0], cure))
        found: dict[str, Quantity] = {}
        for _, row in fitted.iterrows():
            head = f"{shop}.failures.{str(row['reason']).replace(' ', '_')}"
            for key, column, unit in (
                ("uptime", "uptime", "h"),
                ("repair", "repair", "min"),
                ("cv", "repair_cv", "-"),
            ):
                low, value, high = (
                    _rounded(row[name]) for name in (f"{column}_low", column, f"{column}_high")
                )
                family = row[f"{column.partition('_')[0]}_family"]
                found[f"{head}.{key}"] = Quantity(
                    value,
                    unit,
                    low=low if math.isfinite(low) else None,
                    high=high if math.isfinite(high) else None,
                    evidence=evidence,
                    source=f"{self.title}, {self.observed}",
                    note=f"{row['n']} failures, {family}, {100 * self.level:g} % interval",
                )
        return found

    def __repr__(self) -> str:
        return f"Downtime({self.title!r}, {len(self.table)} rows, {self.table['n'].sum()} failures)"

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what was read, what stops most, what to know about it."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        aside = int((self.problems["done"] == "set aside").sum())
        n = int(self.table["n"].sum())
        yield f"{self.title}: {len(self.failures)} pieces of equipment, {self.observed}"
        yield f"  failures  {n:,}; {aside} rows set aside, {len(self.problems) - aside} noted"
        down = self.table["n"] * self.table["repair"].fillna(0) / 60
        top = self.table.assign(down=down).sort_values("down", ascending=False, kind="stable")
        for _, row in top.head(SHOWN).iterrows():
            name = ": ".join(word for word in (row["equipment"], row["reason"]) if word)
            yield f"  {name}"
            yield f"    up {_words(row, 'uptime')} h, down {_words(row, 'repair')} min"
        if len(top) > SHOWN:
            yield f"  and       {len(top) - SHOWN} more rows in .table"
        few = int((self.table["n"] < FEW).sum())
        yield (
            f"  families  by AICc; exponential unless another is clearly better, and of fewer than "
            f"{FEW}: {few} rows"
        )
        yield f"  interval  {100 * self.level:g} %, each by itself"
        for text in self.assumed:
            yield f"  assumed   {text}"


def _rounded(number: float) -> float:
    """To four figures."""
    return float(f"{number:.4g}")


def _words(row: pd.Series[Any], what: str) -> str:
    low, value, high = (float(row[name]) for name in (f"{what}_low", what, f"{what}_high"))
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return f"more than {low:.3g}"
    return f"{value:.3g} ({low:.3g} to {high:.3g}; {row[f'{what}_family']})"


def columns(what: str, found: Fit | Estimate | None) -> dict[str, object]:
    """The columns of a table that tell of a fit, or of the mean alone."""
    nothing = Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    fit = found if isinstance(found, Fit) else None
    mean = found if isinstance(found, Estimate) else fit.mean if fit else nothing
    cv = fit.cv if fit else nothing
    return {
        f"{what}_family": fit.family if fit else "",
        what: mean.value,
        f"{what}_low": mean.low,
        f"{what}_high": mean.high,
        f"{what}_cv": cv.value,
        f"{what}_cv_low": cv.low,
        f"{what}_cv_high": cv.high,
        f"{what}_runner_up": fit.runner_up if fit else "",
        f"{what}_behind": fit.behind if fit else math.nan,
    }
