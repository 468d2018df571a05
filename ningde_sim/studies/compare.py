"""Two plants, or two plans, compared run by run with common random numbers."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim.engine.simulate import Engine
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.paths import differences
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics import control, estimate, paired
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.of_year import Inputs
from ningde_sim.studies.replicate import replicate
from ningde_sim.studies.study import Study
from ningde_sim.year.scenario import Scenario

MOST_CHANGES = 4
"""Changed values that a summary lists."""


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """Two studies with common random numbers (CRN). All differences are the second less the first.

    Wherever `of` is a column of results, it is the main one by default; `level` is the confidence
    of the interval, between 0 and 1. [-]

    Parameters
    ----------
    first, second : Study
        Of the same seed, runs, main column and units.

    Raises
    ------
    TypeError, ValueError
        They are no two such studies.
    """

    first: Study
    second: Study

    def __post_init__(self) -> None:
        if not isinstance(self.first, Study):
            rule = "it must be given two studies"
            raise TypeError(checks.complain("Comparison", rule, self.first))
        self.first.check_paired(self.second)

    def difference(self, of: str | None = None, *, level: float = 0.95) -> Estimate:
        """The difference of the means, with Student's t interval of the paired differences.

        With a control, see `control.difference`.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        return self.second.minus(self.first, of=of, level=level)

    def probability_difference(
        self, target: float | None = None, *, of: str | None = None, level: float = 0.95
    ) -> Estimate:
        """How much likelier the second reaches a target; see `paired.probability_difference`.

        With a control, see `control.probability_difference`.

        Parameters
        ----------
        target : float, optional
            By default that of the first study. [units of the column]

        Raises
        ------
        ValueError
            There is no target.
        """
        level = checks.share("Comparison", "level", level)
        if target is None:
            target = self.first.target if of in (None, self.first.experiment.of) else None
        if target is None:
            cure = "Give it here, or to compare."
            raise ValueError(checks.complain("Comparison", "a target is needed", target, cure))
        least = checks.finite("Comparison", "target", target)
        return estimate.warn(self._likelier(of, least, level))

    def variance_reduction(self, of: str | None = None, *, level: float = 0.95) -> Estimate:
        """How many times the runs independent random numbers would need.

        See `paired.variance_reduction`.

        Raises
        ------
        ValueError
            There are fewer than 3 runs.
        """
        level = checks.share("Comparison", "level", level)
        if self.first.n < 3:
            rule = "at least 3 runs are needed"
            raise ValueError(checks.complain("Comparison", rule, self.first.n))
        return paired.variance_reduction(*self._both(of), level=level)

    @property
    def unequal(self) -> tuple[str, ...]:
        """Inputs that are drawn in one of the two and known in the other."""
        return tuple(sorted(self.first.inputs.keys() ^ self.second.inputs.keys()))

    @property
    def changes(self) -> pd.DataFrame:
        """A row a path at which the two differ: what stands in the first, and in the second."""
        both = [dict(study.experiment.content) for study in (self.first, self.second)]
        return differences(*both).set_axis(["first", "second"], axis="columns")

    @property
    def table(self) -> pd.DataFrame:
        """A row a column of results that both have: means, difference with 95 % interval, unit.

        `distinguishable` says whether the interval leaves out 0, each row by itself: of many rows
        one in twenty does by chance.
        """
        rows = {}
        for of in self.first.values:
            if of in self.second.values:
                gain = self._gain(of)
                apart = gain.low > 0 or gain.high < 0
                unit = self.first.experiment.units.get(of, "")
                with estimate.unwarned():
                    means = [study.mean(of=of).value for study in (self.first, self.second)]
                rows[of] = (*means, gain.value, gain.low, gain.high, unit, apart)
        names = ["first", "second", "difference", "low", "high", "unit", "distinguishable"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("of")

    def __repr__(self) -> str:
        gain = self._gain(None)
        return (
            f"Comparison({self._names[0]!r}, {self._names[1]!r}, {self.first.n} runs, "
            f"seed={self.first.seed}: {self.first.experiment.of} {gain})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: both, their difference, what common random numbers saved."""
        experiment = self.first.experiment
        lines = [f"{self._names[1]} less {self._names[0]}: {self.first.n:,} runs of each"]
        lines[0] += f", {experiment.description}"
        lines += [f"  {name:<17}{text}" for name, text in self._lines()]
        return wrapped("\n".join(lines))

    def _lines(self) -> Iterator[tuple[str, str]]:
        experiment, both, n = self.first.experiment, self._both(None), self.first.n
        target, studies = self.first.target, {"first": self.first, "second": self.second}
        with estimate.unwarned():
            means = {words: study.mean() for words, study in studies.items()}
            probabilities = (
                {words: study.probability(target) for words, study in studies.items()}
                if target is not None
                else {}
            )
        yield from self._change_lines()
        for words, mean in means.items():
            yield words, f"{mean} {experiment.units[experiment.of]}, the mean"
        gain = self._gain(None)
        yield "difference", f"{gain} {experiment.units[experiment.of]}{_verdict(gain)}"
        if target is not None:
            for words, chance in probabilities.items():
                yield f"P(>= {target:,.6g})", f"{chance}, the {words}"
            gain = self._likelier(None, target, 0.95)
            yield "difference", f"{gain}{_verdict(gain)}"
        if self.first.control() and self.second.control():
            yield "control", f"{self.first.cheap.m:,} runs of a cheap model of each"
        if n >= 3:
            fewer = paired.variance_reduction(*both, level=0.95)
            words = "could not match this, which is exact: all runs differ by the same"
            if math.isfinite(fewer.value):
                ends = f"{_times(fewer.low)} to {_times(fewer.high)}"
                ends = ends if fewer.bounded else f"at least {_times(fewer.low)}"
                words = (
                    f"would need {_times(fewer.value)} times the runs for as narrow a difference"
                )
                words += f" ({ends}; 95 %)"
            yield "without CRN", words
        engines = dict.fromkeys((experiment.engine, self.second.experiment.engine))
        engine = f"{' and '.join(engines)} engine, version {self.first.version}"
        yield "run with", f"common random numbers (CRN): seed {self.first.seed}, {engine}"
        if self.unequal:
            yield "unequal", f"{', '.join(self.unequal[:5])}: drawn in one, known in the other;"
            yield "", "the difference holds that uncertainty too. Set them in both to leave it out"
        if self.first.inputs:
            yield "inputs", "drawn anew for each run, the same in both"
        else:
            yield "interval", "of random variation only: it says nothing about uncertain inputs"
        notes = dict.fromkeys((*experiment.notes, *self.second.experiment.notes))
        yield from (("note", note) for note in notes)

    def _change_lines(self) -> Iterator[tuple[str, str]]:
        """The first of the changes, if any."""
        changes = self.changes
        for k, row in enumerate(changes.head(MOST_CHANGES).itertuples()):
            first, second = (shorten(str(value), 60) for value in (row.first, row.second))
            yield "" if k else "changed", f"{row.Index}: {first} -> {second}"
        if len(changes) > MOST_CHANGES:
            yield "", f"and {len(changes) - MOST_CHANGES:,} more: see `.changes`"

    @property
    def _names(self) -> tuple[str, str]:
        names = self.first.experiment.title, self.second.experiment.title
        return names if names[0] != names[1] else (f"{names[0]} (first)", f"{names[1]} (second)")

    def _gain(self, of: str | None) -> Estimate:
        """As `difference`, without a warning."""
        with estimate.unwarned():
            return self.difference(of)

    def _likelier(self, of: str | None, least: float, level: float) -> Estimate:
        """The difference of two probabilities."""
        controls = self.first.control(of), self.second.control(of)
        difference = control.probability_difference(*self._both(of), least, controls, level=level)
        return difference.wider(self._widening, least=-1.0, most=1.0)

    @property
    def _widening(self) -> float:
        """How much wider than those of plain runs intervals are, where months are known."""
        return max(self.first.known.widening, self.second.known.widening)

    def _both(self, of: str | None) -> tuple[Values, Values]:
        return self.first.column(of), self.second.column(of)


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"


def _verdict(gain: Estimate) -> str:
    if gain.low > 0 or gain.high < 0:
        return ""
    return ": not distinguishable"


def compare(
    a: Shop | Scenario | Experiment,
    b: Shop | Scenario | Experiment,
    *,
    runs: int | None = None,
    seed: int,
    workers: int | None = None,
    hours: float | None = None,
    calendar: Calendar | Mapping[str, Any] | None = None,
    start: datetime.date | str | None = None,
    days: int | None = None,
    warm_up: float = 0.0,
    inputs: Inputs = "drawn",
    target: float | None = None,
    control_runs: int | None = None,
    engine: Engine = "compiled",
    progress: bool | None = None,
) -> Comparison:
    """What changes from a to b, run by run, with common random numbers (CRN).

    The k-th repair of a robot and the draw of each uncertain input are the same in both, so that
    what they share cancels, and the interval of the difference is much narrower than those of the
    two means. An input that is drawn in one and set in the other does not cancel: the summary and
    `Comparison.unequal` name it.

    Parameters
    ----------
    a, b : Shop or Scenario
        Two of a kind.
    runs : int, optional
        Of each, 200 by default.
    seed : int
        From 0 to 2**63 - 1.
    workers, hours, calendar, start, days, warm_up, inputs, target, control_runs, engine, progress
        As for `replicate`.

    Returns
    -------
    Comparison
        Of the study of a, `first`, and that of b, `second`; its differences are b less a.

    Raises
    ------
    TypeError, ValueError
        As `replicate`; a and b are of two kinds.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> slow = Shop("slow", [Line("L", [Station("A", 60, scrap=0.1)])])
    >>> fast = Shop("fast", [Line("L", [Station("A", 50, scrap=0.1)])])
    >>> print(compare(slow, fast, hours=8, runs=50, seed=0).difference())
    86.5 (85.5 to 87.4; 95 %, n = 50)
    """
    kinds = [type(what) for what in (a, b)]
    if kinds[0] is not kinds[1]:
        rule, got = "a and b must be of one kind", [kind.__name__ for kind in kinds]
        raise TypeError(checks.complain("compare", rule, got))
    first, second = (
        replicate(
            what,
            runs=runs,
            seed=seed,
            workers=workers,
            hours=hours,
            calendar=calendar,
            start=start,
            days=days,
            warm_up=warm_up,
            inputs=inputs,
            target=target,
            control_runs=control_runs,
            engine=engine,
            progress=progress,
        )
        for what in (a, b)
    )
    return Comparison(first, second)
