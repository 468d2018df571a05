"""The failures of a log of stops: their distributions, ready for a plant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim.learn.failure_times import FailureTimes
from ningde_sim.learn.maximum_likelihood import FEW, Fit
from ningde_sim.plant.quantity import Evidence, Quantity
from ningde_sim.plant.station import Failure
from ningde_sim.statistics.estimate import Estimate

SHOWN = 5
"""Rows in the summary."""


@dataclass(frozen=True, eq=False)
class FittedTimes:
    """The times behind a row, and what was fitted to them.

    Attributes
    ----------
    times : FailureTimes
    uptime : Fit, Estimate or None
        Of the mean alone where nothing failed. [h]
    repair : Fit or None
        [min]
    """

    times: FailureTimes
    uptime: Fit | Estimate | None
    repair: Fit | None

    @property
    def note(self) -> str:
        """What the reader of the row must know; else ""."""
        named = (("uptime", self.uptime), ("repair", self.repair))
        notes = [f"{what}: {fit.note}" for what, fit in named if isinstance(fit, Fit) and fit.note]
        return "; ".join([*notes, *filter(None, [self.times.note])])


@dataclass(frozen=True, repr=False, eq=False)
class Downtime:
    """The failures of a log of stops.

    Attributes
    ----------
    title : str
        Name of the log.
    observed : str
        The observation window.
    level : float
        Confidence of each interval. [-]
    table : DataFrame
        A row per equipment (per group, where equipment is pooled) and reason:

        - `n`: failures that began in the window; `censored`: times between failures that the
          window cut at its end.
        - `uptime_family`, `uptime`, `uptime_low`, `uptime_high`: the MTBF, here the mean time on
          the clock from a repair to the next failure. [h]
        - `uptime_cv`, `_low`, `_high`: standard deviation over mean; of an exponential 1, without
          bounds. [-] `uptime_runner_up`, `uptime_behind`: the next best family, and by how much
          its AICc is higher; below 0 where the exponential was kept as the simpler one.
        - `uptime_seen`: all hours over the failures, whatever the family; NaN where that is not
          their mean. [h] `uptime_p`: of the test whether the family fits, from 0.001 to 0.5. [-]
          Where none fits, `uptime_family` is Empirical, the times as seen, `uptime_runner_up` the
          best of those that do not, and `uptime_p` its.
        - `repair_censored`, `repair_family`, `repair` ...: the same for repairs, whose mean is the
          MTTR. [min]
        - `note`: what the reader must know, such as a family that does not fit; else "".

        An equipment that did not fail has reason "", an infinite `uptime` and its lower bound.
    problems : DataFrame
        A row per problem: row of the log, equipment, reason, problem, given, done.
    assumed : tuple of str
        Assumptions where the log says nothing.
    failures : dict
        Equipment to a tuple of Failure, for `Robot` or `Station`. A stop in a log includes any wait
        for a crew, and so does the repair; hence `crew` is False unless `fit_downtime` was asked
        for a crew. Empty where nothing could be fitted.
    fits : dict
        Equipment (group) and reason to the times behind a row of the table, for `plots.plot_fit`.
    not_failures : DataFrame
        Stops that are no failures, a row per equipment and reason: `stops`, `hours` of working
        time. [h]
    common : tuple of Failure
        Of all equipment at once, for `Line(failures=...)`; in the table "all equipment".
    groups : dict
        Equipment to the name by which the table has it.
    hours : float
        From the first opening of a window to the last closing. [h]
    """

    title: str
    observed: str
    level: float
    table: pd.DataFrame
    problems: pd.DataFrame
    assumed: tuple[str, ...]
    failures: Mapping[str, tuple[Failure, ...]]
    fits: Mapping[tuple[str, str], FittedTimes]
    not_failures: pd.DataFrame
    common: tuple[Failure, ...]
    groups: Mapping[str, str]
    hours: float

    def ranges(
        self, shop: str = "body_shop", *, evidence: Evidence = "measured"
    ) -> dict[str, Quantity]:
        """MTBF (uptime), MTTR (repair) and cv of the repair for each reason, with intervals.

        They are for `Scenario.replace`, at paths such as `body_shop.failures.minor.uptime`. The
        reason is the failure mode: "micro stop" becomes `micro_stop`. A scenario takes uptimes as
        exponential and repairs as lognormal, whatever was fitted.

        Parameters
        ----------
        shop : str
            First word of the paths.
        evidence : str
            How the numbers are known, as in `Quantity`.

        Raises
        ------
        ValueError
            A reason has several rows: pool all equipment with that failure mode.
        """
        fitted = self.table.dropna(subset=["uptime", "repair"])
        keys = fitted["reason"].str.replace(" ", "_")
        repeated = fitted["reason"][keys.duplicated()]
        if len(repeated):
            rule = "each reason must have one row"
            cure = 'Pool the equipment with that reason: pool={"R1": "robots", "R2": "robots"}.'
            raise ValueError(checks.complain(self.title, rule, repeated.iloc[0], cure))
        ranges: dict[str, Quantity] = {}
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
                ranges[f"{head}.{key}"] = Quantity(
                    value,
                    unit,
                    low=low if math.isfinite(low) else None,
                    high=high if math.isfinite(high) else None,
                    evidence=evidence,
                    source=f"{self.title}, {self.observed}",
                    note=f"{row['n']} failures, {family}, {100 * self.level:g} % interval",
                )
        return ranges

    def pareto(self, by: Literal["reason", "equipment"] = "reason") -> pd.DataFrame:
        """What takes most of the downtime, most first.

        Parameters
        ----------
        by : {"reason", "equipment"}
            What a row is; of pooled equipment, the group.

        Returns
        -------
        DataFrame
            Columns `n`: failures; `hours` of repairs in working time, those of each reason where
            several overlap; `mean` [min]; `share` of all hours, and `cumulative`, from 0 to 1.
        """
        checks.one_of(self.title, "by", by, ("reason", "equipment"))
        keys = [key[by == "reason"] for key in self.fits]
        hours = [each.times.repairs.total / 60 for each in self.fits.values()]
        n = [each.times.n for each in self.fits.values()]
        rows = pd.DataFrame({by: keys, "n": n, "hours": hours})
        rows = rows[rows["n"] > 0].groupby(by, sort=True).sum()
        rows = rows.sort_values("hours", ascending=False, kind="stable").reset_index()
        rows["mean"] = 60 * rows["hours"] / rows["n"]
        rows["share"] = rows["hours"] / rows["hours"].sum()
        return rows.assign(cumulative=rows["share"].cumsum())

    def __repr__(self) -> str:
        return f"Downtime({self.title!r}, {len(self.table)} rows, {self.table['n'].sum()} failures)"

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """Some lines: the log, the reasons with most downtime, notes, the assumptions."""
        return wrapped("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        aside = int((self.problems["done"] == "set aside").sum())
        n = int(self.table["n"].sum())
        yield f"{self.title}: {len(self.failures)} pieces of equipment, {self.observed}"
        yield f"  failures  {n:,}; {aside} rows set aside, {len(self.problems) - aside} noted"
        if self.common:
            reasons = ", ".join(failure.name for failure in self.common)
            yield f"  common    all equipment stopped at once, see .common: {reasons}"
        if len(self.not_failures):
            stops, hours = self.not_failures["stops"].sum(), self.not_failures["hours"].sum()
            reasons = ", ".join(sorted(set(self.not_failures["reason"])))
            yield f"  besides   {stops:,} stops, {hours:,.1f} h, that are no failures: {reasons}"
        down = self.table["n"] * self.table["repair"].fillna(0) / 60
        top = self.table.assign(down=down).sort_values("down", ascending=False, kind="stable")
        for _, row in top.head(SHOWN).iterrows():
            yield f"  {name_of(row)}"
            yield f"    MTBF {_interval(row, 'uptime')} h, MTTR {_interval(row, 'repair')} min"
        if len(top) > SHOWN:
            yield f"  and       {len(top) - SHOWN} more rows in .table"
        few = int((self.table["n"] < FEW).sum())
        yield (
            f"  families  by AICc; exponential unless another is clearly better, and with fewer "
            f"than {FEW} failures: {few} rows"
        )
        yield from note_lines(self.table)
        yield f"  interval  {100 * self.level:g} %, each by itself"
        for text in self.assumed:
            yield f"  assumed   {text}"


def _rounded(number: float) -> float:
    """To four significant digits."""
    return float(f"{number:.4g}")


def name_of(row: pd.Series[Any]) -> str:
    """Equipment of a row, and its reason, if it has one."""
    return ": ".join(word for word in (row["equipment"], row.get("reason", "")) if word)


def note_lines(table: pd.DataFrame) -> Iterator[str]:
    """Lines of a summary: the first notes of a table, and how many more it has."""
    noted = table[table["note"] != ""]
    for _, row in noted.head(SHOWN).iterrows():
        yield f"  note      {name_of(row)}: {row['note']}"
    if len(noted) > SHOWN:
        yield f"  and       {len(noted) - SHOWN} more in column note of .table"


def _interval(row: pd.Series[Any], what: str) -> str:
    """A mean with its interval and family, as text."""
    low, value, high = (float(row[name]) for name in (f"{what}_low", what, f"{what}_high"))
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return f"more than {low:.3g}"
    return f"{value:.3g} ({low:.3g} to {high:.3g}; {row[f'{what}_family']})"


def fit_columns(what: str, result: Fit | Estimate | None) -> dict[str, object]:
    """The columns of the table for a fit, or for the mean alone."""
    unknown = Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    fit = result if isinstance(result, Fit) else None
    mean = result if isinstance(result, Estimate) else fit.mean if fit else unknown
    cv = fit.cv if fit else unknown
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
        f"{what}_seen": fit.seen if fit else math.nan,
        f"{what}_p": fit.p if fit else math.nan,
    }
