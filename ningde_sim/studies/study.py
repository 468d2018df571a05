"""What many runs of a case gave, read as estimates with intervals."""

from __future__ import annotations

import hashlib
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim.exceptions import FewRuns, OutsideRuns
from ningde_sim.statistics import conditioning, estimate, variance_shares
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.statistics.stopping import Precision
from ningde_sim.studies.information import WorthKnowing, worth_knowing
from ningde_sim.studies.sample import Sample

EVERY = 5
"""Runs 0, 5, 10, ... are run a second time with the same inputs and other luck: the twins."""

ENOUGH = EVERY * (estimate.FEW_RUNS - 1) + 1
"""With so many runs there are as many twins as `estimate.FEW_RUNS` asks for. [runs]"""


@dataclass(frozen=True, repr=False, eq=False)
class Study(Sample):
    """What many runs of a case gave.

    Wherever `of` is a column of results, it is the case's main one by default; `level` is the
    confidence of the interval, between 0 and 1. [-]

    Attributes
    ----------
    case : Case  What was run.
    seed : int  Which luck the runs had; they are those numbered from 0.
    version : str  Of this library.
    target : float or None  The least of the main column that counts as reached. [case.units]
    inputs : mapping of arrays, shape (n,)  The doubtful inputs drawn; empty where none are.
    values : mapping of arrays, shape (n,)  The results. [case.units]
    twins : mapping of arrays, shape (m,)  Results of runs 0, 5, 10, ... on other luck, and the
        numbers of these as `run`; empty where no inputs are drawn.
    complete : bool  False where the study was interrupted: these are its first runs.
    precision : Precision or None  The one that was asked for.
    known : Known or None  The months already built that it takes as given.
    """

    seed: int
    version: str
    inputs: Mapping[str, Values]
    twins: Mapping[str, Values]
    complete: bool = True
    precision: Precision | None = None
    known: conditioning.Known | None = None

    def __post_init__(self) -> None:
        for columns in (self.inputs, self.values, self.twins):
            for column in columns.values():
                column.flags.writeable = False

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run: its number, the inputs drawn, the results."""
        return pd.DataFrame({"run": np.arange(self.n), **self.inputs, **self.values})

    @property
    def digest(self) -> str:
        """SHA-256 of runs, inputs, results and twins: equal for equal studies, bit by bit."""
        found = hashlib.sha256()
        parts = {"inputs": self.inputs, "values": self.values, "twins": self.twins}
        for part, columns in {"runs": {"run": np.arange(self.n)}, **parts}.items():
            for name, column in columns.items():
                found.update(f"{part} {name} {column.dtype.str} {len(column)}\n".encode())
                found.update(column.tobytes())
        return found.hexdigest()

    def minus(self, other: Study, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """The mean difference to the `other` study, run by run on the same luck: a t interval.

        Both had the same seed, so run k of both had the same draws, and what they share cancels:
        the interval is much narrower than those of the two means.

        Raises
        ------
        ValueError
            The studies differ in seed, number of runs, what a run is, main column, units or what
            they were `given`: two plans are compared after the same months.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        self.check_paired(other)
        level = checks.share(self._owner, "level", level)
        found = estimate.mean(self.column(of) - other.column(of), level=level)
        return estimate.warn(found.wider(max(self.widening, other.widening)))

    def check_paired(self, other: Study) -> None:
        """Complain of an `other` study that cannot be compared with this one run by run."""
        if not isinstance(other, Study):
            rule = "it must be given a Study"
            raise TypeError(checks.complain(f"{self._owner} minus", rule, other))
        for what, ours, theirs in (
            ("seed", self.seed, other.seed),
            ("number of runs", self.n, other.n),
            ("run", self.case.description, other.case.description),
            ("main column", self.case.of, other.case.of),
            ("units", dict(self.case.units), dict(other.case.units)),
            ("months already built", _built(self), _built(other)),
        ):
            if ours != theirs:
                rule = f"both studies must have the same {what} as the first, {ours}"
                raise ValueError(checks.complain(f"{self._owner} minus", rule, theirs))

    def luck_share(self, of: str | None = None, *, level: float = 0.95) -> Estimate:
        """The share of the variance over the runs that is luck; the rest is what is not known.

        From the twins; `n` is their number. It is 1 where no inputs are drawn. See
        `spread.luck_share` for the interval, which supposes normal results.

        Raises
        ------
        ValueError
            All runs gave the same: there is no spread to share out; or there are no twins, as in
            the study of a cell of a sweep.

        Warns
        -----
        FewRuns
            Fewer than 10 twins, which 46 runs have.
        """
        level, values = checks.share(self._owner, "level", level), self._spread(of)
        if not self.inputs:
            return Estimate(1.0, 1.0, 1.0, level, self.n)
        if not self.twins:
            rule, cure = "luck_share needs twins, runs with other luck", "replicate makes them."
            raise ValueError(checks.complain(self._owner, rule, len(self.twins), cure))
        twins = self.twins[self.case.of if of is None else of]
        if len(twins) <= self._taken:
            rule = f"luck_share needs at least {self._taken + 1} twins where months are known"
            cure = f"Ask for {EVERY * self._taken + 1} runs."
            raise ValueError(checks.complain(self._owner, rule, len(twins), cure))
        first = values[self.twins["run"]]
        found = variance_shares.luck_share(values, first, twins, level=level, taken=self._taken)
        if found.n < estimate.FEW_RUNS:
            warnings.warn(FewRuns(found, ENOUGH), stacklevel=2)
        return found

    def input_shares(self, of: str | None = None, *, level: float = 0.95) -> pd.DataFrame:
        """How the results hang on each input drawn, by ranks: a row an input, the strongest first.

        `correlation` is Spearman's, from `low` to `high`; `share` is its square, about the share
        of the variance of the ranks that goes with the input; `beyond_chance` tells whether it
        would be a surprise, at 5 % over all inputs together (Holm), were there no connection.

        It sees what rises or falls with one input. It can't see an input that matters only
        together with another (an interaction), nor one whose middle is best or worst; so the
        shares need not add up to what is not luck. Inputs that are constant, or
        that cannot bear on the column, such as ships on vehicles made, are left out.

        Raises
        ------
        ValueError
            All runs gave the same, or there are fewer than 4 runs.
        """
        level, values = checks.share(self._owner, "level", level), self._spread(of)
        inputs = self._bearing(of, 4)
        return variance_shares.input_shares(inputs, values, level=level, taken=self._taken)

    def worth_knowing(
        self, target: float | None = None, *, of: str | None = None, level: float = 0.95
    ) -> WorthKnowing:
        """What to find out first: how much of the spread would go were each input known.

        Where `input_shares` tells what the results hang on, this tells what an answer is worth:
        the share of the variance that goes with the input, and the probability to reach the
        target where the input lies in the low, the middle, the high third of the runs.

        Parameters
        ----------
        target : float, optional  As for `probability`; without one there are no probabilities.
            [case.units[of]]
        of : str, optional  A column of results.
        level : float  Confidence of each interval, between 0 and 1. [-]

        Raises
        ------
        ValueError, TypeError
            All runs gave the same, there are fewer than 10 runs, an unknown column, a target or a
            level out of bounds.
        """
        level, values = checks.share(self._owner, "level", level), self._spread(of)
        of = self.case.of if of is None else of
        return worth_knowing(
            self._bearing(of, estimate.FEW_RUNS),
            values,
            title=self.case.title,
            of=of,
            unit=self.case.units[of],
            target=self._least(target, of),
            level=level,
            taken=self._taken,
            widening=self.widening,
        )

    @property
    def _taken(self) -> int:
        """Regressions taken out of inputs and results: each costs what a run tells."""
        return self.known.taken if self.known else 0

    def _bearing(self, of: str | None, runs: int) -> dict[str, Values]:
        """The inputs that can bear on a column, where there are as many runs as this."""
        runs += self._taken
        if self.n < runs:
            rule = f"at least {runs} runs are needed"
            raise ValueError(checks.complain(self._owner, rule, self.n))
        idle = self.case.idle(self.case.of if of is None else of)
        return {name: drawn for name, drawn in self.inputs.items() if name not in idle}

    def given(self, actuals: float | Iterable[float], through: str | int | None = None) -> Study:
        """The odds after the months already built.

        The main column of each run becomes what was made plus the rest of that run, moved along
        the linear regression of the rest on what the runs made in these months: a lead or a lag
        so far carries over to the rest as it does across the runs. All other columns move along
        regressions of their own; what no run has below 0 stops there, and the main column at what
        was made; months given one by one become what they were. The inputs move as well,
        but those that cannot bear on the main column: a year that starts well tells of them too.
        They are then no longer as they were drawn, whole numbers are none, and where the months
        are far from those of the runs they may leave their ranges.

        So `luck_share`, `input_shares` and `worth_knowing` share out the spread that is left. For
        inputs and results that are jointly normal they are right; of steps and thresholds, take
        them as a rough guide.

        The regression is itself an estimate, the worse the further the months are from those of
        the runs: intervals of mean, probability and quantile are so much wider, see
        `outlook.Known.widening`. All other intervals take it as known.

        Parameters
        ----------
        actuals : sequence of float, or float  Of each month from the first on, or their total.
            [units of the main column]
        through : str or int, optional  The last month of a total: "2021-08", or 8.

        Raises
        ------
        ValueError, TypeError
            No months, too many, an unknown one, a negative figure.

        Warns
        -----
        OutsideRuns
            No run made so little, or so much.

        References
        ----------
        Beaumont, Zhang, Balding (2002), Genetics 162, 2025-2035: linear regression adjustment.
        """
        if self.n < estimate.FEW_RUNS:
            found = estimate.mean(self.column(), level=0.95)
            warnings.warn(FewRuns(found, estimate.FEW_RUNS), stacklevel=2)
        known = conditioning.known(self._owner, self.case, actuals, through)
        made = known.made(self.values)
        low, high = float(made.min()), float(made.max())
        if not low <= known.total <= high:
            found = estimate.mean(made, level=0.95)
            warnings.warn(OutsideRuns(found, known.total, low, high), stacklevel=2)
            words = (
                f"No run made so little, or so much, as {known}: they made {low:,.6g} to "
                f"{high:,.6g}; what follows is extrapolated."
            )
            known = replace(known, outside=(words,))
        idle = self.case.idle(self.case.of)
        inputs = {
            name: drawn if name in idle else conditioning.along(made, known.total, drawn)
            for name, drawn in self.inputs.items()
        }
        moved, least = known.shift(self.values), known.least(self.values)
        values = conditioning.not_below(moved, least)
        stopped = tuple(name for name in least if moved[name].min() < least[name])
        before = self.known or conditioning.Known(self.case.of, (), 0.0, taken=0)
        known = replace(
            known,
            distance=math.hypot(before.distance, conditioning.distance(made, known.total)),
            taken=before.taken + 1,
            outside=before.outside + known.outside,
            stopped=tuple(dict.fromkeys(before.stopped + stopped)),
        )
        twins = conditioning.not_below(self._twins_given(known, moved), least)
        return replace(self, inputs=inputs, values=values, twins=twins, precision=None, known=known)

    def _twins_given(
        self, known: conditioning.Known, moved: Mapping[str, Values]
    ) -> dict[str, Values]:
        """The twins after the months already built, beside the results `moved` so."""
        if not self.twins:
            return {}
        numbers = self.twins["run"]
        second = {name: column for name, column in self.twins.items() if name != "run"}
        first = {name: self.values[name][numbers] for name in second}
        there = {name: moved[name][numbers] for name in second}
        return {"run": numbers, **known.shift_twins(second, first, there)}

    @property
    def widening(self) -> float:
        """More than 1 where months are known: see `outlook.Known.widening`. [-]"""
        return self.known.widening if self.known else 1.0

    def __repr__(self) -> str:
        with estimate.unwarned():
            main = f"{self.case.of} {self.mean()}"
        given = f", given {self.known}" if self.known else ""
        part = "" if self.complete else ", incomplete"
        return (
            f"Study({self.case.title!r}, {self.n} runs of {self.case.description}{given}{part}, "
            f"seed={self.seed}, engine={self.case.engine!r}: {main})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write one web page for who decides and who checks; it needs neither network nor script.

        The answer in a sentence, pictures, tables, assumptions with their sources, and all that it
        takes to run it again. A file of that name is replaced. For equal studies the page is the
        same to the last byte; it holds no date.

        Parameters
        ----------
        path : str or path  Such as "report.html".

        Returns
        -------
        Path  Where it stands.

        Raises
        ------
        FileNotFoundError, IsADirectoryError
            There is no such folder; the path is a folder.
        """
        from ningde_sim.report import study_page  # the one door upwards: pictures know studies

        return study_page.write(self, path)

    def summary(self) -> str:
        """A dozen lines: what was run, what came out, what its intervals mean.

        It does not warn: where the runs are too few, the text says so.
        """
        lines = [f"{self.case.title}: {self.n:,} runs of {self.case.description}"]
        notes = (("note", note) for note in self.case.notes)
        told = (*results(self), *doubts(self), *notes)
        lines += [f"  {name:<18}{text}" for name, text in told]
        return wrapped("\n".join(lines))


def _built(study: Study) -> str:
    """What a study takes as given, in words."""
    if not study.known:
        return "none"
    each = ", ".join(f"{figure!r}" for figure in study.known.figures) or repr(study.known.total)
    return f"{each} {study.known.of} through {study.known.months[-1]}"


Lines = Iterator[tuple[str, str]]


def results(study: Study) -> Lines:
    """What came out, in words."""
    case = study.case
    if study.known:
        yield "given", f"{study.known}"
    with estimate.unwarned():
        odds = None if study.target is None else study.probability()
        means = {of: study.mean(of=of) for of in (case.of, *case.also)}
        shares = [study.quantile(q) for q in (0.05, 0.5, 0.95)]
    if odds is not None:
        yield f"P(>= {study.target:,.10g})", f"{odds}"
    yield case.of, f"{means[case.of]}, the mean"
    for words, share in zip(("5 % of runs", "half of them", "95 % of runs"), shares, strict=True):
        yield words, f"{share} or less"
    for of in case.also:
        yield of, f"{means[of]} {case.units[of]}, the mean"


def doubts(study: Study) -> Lines:
    """How it came about, and what it is worth, in words."""
    values, needed = study.column(), estimate.runs_for_quantile(0.05, level=0.95)
    yield "luck", f"seed {study.seed}, {study.case.engine} engine, version {study.version}"
    if study.inputs:
        yield (
            "interval",
            "of the number of runs only (sampling); what is not known is in the spread",
        )
        yield "", "over the runs, as far as its ranges are stated"
    else:
        yield "interval", "of luck only: it says nothing about inputs that are not known"
    if study.inputs and study.n < ENOUGH:
        yield "luck share", f"too few runs to tell, or which inputs weigh most: ask for {ENOUGH}"
    elif study.inputs and np.ptp(values) > 0:
        if study.twins:
            yield "luck share", f"{study.luck_share()} of the variance (n: twins)"
        yield "weighs most", f"{_weights(study.input_shares())}; rank correlation"
    for k, doubt in enumerate(study.known.doubts() if study.known else ()):
        yield "" if k else "with care", doubt
    if not study.complete:
        yield "incomplete", "interrupted: these are the first runs only"
    if study.precision and not study.precision.reached(values):
        found = study.precision.estimate(values)
        yield (
            "imprecise",
            f"{found}: +-{study.precision.wanted:g} was asked for, "
            f"which takes about {study.precision.needed(found):,} runs",
        )
    if study.n < needed:
        yield "few runs", f"{needed} runs bound the 5 % and 95 % on both sides"


def _weights(table: pd.DataFrame) -> str:
    """The three inputs that weigh most, and whether chance would do."""
    top = table.head(3)
    rows = zip(top.index, top["correlation"], top["beyond_chance"], strict=True)
    words = (
        f"{name} {r:+.2f}" + ("" if beyond else " (may be chance)") for name, r, beyond in rows
    )
    return ", ".join(words) or "no input varies"
