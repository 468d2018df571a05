"""What many runs of an experiment gave, read as estimates with intervals."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim._support.units import MS_PER_H
from ningde_sim.engine.counts import Packed
from ningde_sim.exceptions import FewRuns, NotReached
from ningde_sim.plant.paths import nearest
from ningde_sim.statistics import conditioning, control, estimate, variance_shares
from ningde_sim.statistics.conditioning import NOTHING_KNOWN, KnownMonths
from ningde_sim.statistics.cross_fit import Control
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.statistics.stopping import Precision
from ningde_sim.statistics.variance_shares import ENOUGH, EVERY
from ningde_sim.studies import study_summary
from ningde_sim.studies.cheap_runs import NO_CHEAP_RUNS, CheapRuns
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.information import Information, information
from ningde_sim.studies.kept_tables import KeptTable


@dataclass(frozen=True, repr=False, eq=False)
class Study:
    """What many runs of an experiment gave.

    Wherever `of` is a column of results, it is the main one by default; `level` is the confidence
    of the interval, between 0 and 1. [-]

    Attributes
    ----------
    experiment : Experiment
        What was run.
    values : mapping of arrays, shape (n,)
        The results by column. [experiment.units]
    target : float or None
        The least of the main column that counts as reached. [experiment.units]
    seed : int
        Of all random streams; the runs are those numbered from 0.
    version : str
        Of this library.
    inputs : mapping of arrays, shape (n,)
        The uncertain inputs drawn; empty where none are.
    repeats : mapping of arrays, shape (m,)
        Results of runs 0, 5, 10, ... with the same inputs and other random streams, and the
        numbers of these runs as `run`; empty where no inputs are drawn.
    complete : bool
        False where the study was interrupted: these are its first runs.
    precision : Precision or None
        The one that was asked for.
    known : KnownMonths
        The months already built that it takes as given.
    tables : mapping of str to KeptTable
        The tables that it was to keep of each run.
    exits : sequence of Packed
        If it was to keep them, when bodies left, run by run.
    cheap : CheapRuns
        Readings of a cheap model, the control of mean, probability, quantile and differences; all
        else is of the runs alone.
    """

    experiment: Experiment
    values: Mapping[str, Values]
    target: float | None
    seed: int
    version: str
    inputs: Mapping[str, Values]
    repeats: Mapping[str, Values]
    complete: bool = True
    precision: Precision | None = None
    known: KnownMonths = NOTHING_KNOWN
    tables: Mapping[str, KeptTable] = field(default_factory=dict)
    exits: Sequence[Packed] = ()
    cheap: CheapRuns = NO_CHEAP_RUNS

    def __post_init__(self) -> None:
        for columns in (self.inputs, self.values, self.repeats):
            for column in columns.values():
                column.flags.writeable = False

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.values[self.experiment.of])

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run: its number, the inputs drawn, the results."""
        return pd.DataFrame({"run": np.arange(self.n), **self.inputs, **self.values})

    def column(self, of: str | None = None) -> Values:
        """The results of all runs, in the order of the runs, shape (n,). [experiment.units[of]]"""
        of = self.experiment.of if of is None else of
        if not isinstance(of, str) or of not in self.values:
            known = list(self.values)
            rule = "of must be a column of the results"
            cure = nearest(str(of), known) if len(known) > 20 else f"They are {', '.join(known)}."
            raise ValueError(checks.complain(self._owner, rule, of, cure))
        return self.values[of]

    @property
    def digest(self) -> str:
        """SHA-256 of runs, inputs, results and what is kept: equal for equal studies, by bit."""
        sha = hashlib.sha256()
        results = {"inputs": self.inputs, "values": self.values, "repeats": self.repeats}
        readings = {"own": self.cheap.own, "further": self.cheap.further}

        def add(parts: Mapping[str, Mapping[str, Values]]) -> None:
            for part, columns in parts.items():
                for name, column in columns.items():
                    sha.update(f"{part} {name} {column.dtype.str} {len(column)}\n".encode())
                    sha.update(column.tobytes())

        add({"runs": {"run": np.arange(self.n)}, **results})
        for kept, table in self.tables.items():
            sha.update(f"table {kept} {table.digest.hex()}\n".encode())
            for name, values in table.values.items():
                sha.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
                sha.update(values.tobytes())
        add(readings)
        for exits in self.exits:
            sha.update(f"exits {len(exits)}\n".encode() + exits.array().tobytes())
        return sha.hexdigest()

    @property
    def plain(self) -> Study:
        """The same study without a control: its estimates are of the runs alone."""
        return replace(self, cheap=NO_CHEAP_RUNS)

    def control(self, of: str | None = None) -> Control | None:
        """The readings of a cheap model for a column, or else the main one; None where none are."""
        self.column(of)  # complains of what is none
        return self.cheap.control(self.experiment.of if of is None else of, self.experiment.of)

    # ------------------------------------------------------------------ estimates

    def probability(
        self, target: float | None = None, *, of: str | None = None, level: float = 0.95
    ) -> Estimate:
        """The probability that a run reaches the target, with the exact interval.

        With a control, see `statistics.control.probability`.

        Parameters
        ----------
        target : float, optional
            The least that counts as reached; the study's own by default, which is of the main
            column. [experiment.units[of]]
        of : str, optional
            A column of results.
        level : float
            Confidence, between 0 and 1. [-]

        Raises
        ------
        ValueError, TypeError
            No target, an unknown column, a level out of bounds.

        Warns
        -----
        FewRuns
            Fewer than 10 runs.

        References
        ----------
        Clopper, Pearson (1934): see `statistics.estimate.probability`.
        """
        of = self.experiment.of if of is None else of
        values, least = self.column(of), self._least(target, of)
        if least is None:
            cure = "Give it here, or to replicate."
            raise ValueError(checks.complain(self._owner, f"{of} has no target", target, cure))
        level = checks.share(self._owner, "level", level)
        share = control.probability(values, least, self.control(of), level=level)
        return estimate.warn(share.wider(self.known.widening, least=0.0, most=1.0))

    def mean(self, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """The mean of a run, with Student's t interval.

        With a control, see `statistics.control.mean`.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        level = checks.share(self._owner, "level", level)
        mean = control.mean(self.column(of), self.control(of), level=level)
        return estimate.warn(mean.wider(self.known.widening))

    def quantile(self, q: float, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """What a share `q` of the runs stays at or below, with an interval of order statistics.

        It holds whatever the distribution; its `level` is the one reached, at least that asked
        for. Where the runs are too few for a bound, the end is infinite. With a control, see
        `statistics.control.quantile`.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; fewer than bound this quantile (72 for 5 % or 95 %).
        """
        q, level = checks.share(self._owner, "q", q), checks.share(self._owner, "level", level)
        quantile = control.quantile(self.column(of), q, self.control(of), level=level)
        quantile = quantile.wider(self.known.widening)
        return estimate.warn(quantile, needed=estimate.runs_for_quantile(q, level=level))

    def table(self, name: str, *, level: float = 0.95) -> pd.DataFrame:
        """A table of the runs: each number the mean over the runs, with Student's t interval.

        Its rows and columns are those of the run's own table; each column of results, such as
        `working`, is followed by the ends of its intervals, `working_low` and `working_high`. Each
        interval holds by itself: of 100 cells at 95 %, some 5 miss.

        They are of the runs alone, without a control.

        A cell that is NaN in some runs, such as the MTBF of what did not fail, is the mean over
        the others: read it with care where these are few. With one of them its interval is
        infinite, with none it is NaN.

        Parameters
        ----------
        name : str
            One of those given to `replicate` as `keep`.
        level : float
            Confidence of each interval, between 0 and 1. [-]

        Raises
        ------
        ValueError
            A table that was not kept, a level out of bounds.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run. The warning carries the mean of the main column.
        """
        level = checks.share(self._owner, "level", level)
        if not isinstance(name, str) or name not in self.tables:
            rule = f"name must be a table that it keeps, {', '.join(self.tables) or 'none'}"
            cure = f"Ask for it: replicate(..., keep=[{name!r}])."
            raise ValueError(checks.complain(self._owner, rule, name, cure))
        estimate.warn(estimate.mean(self.column(), level=level))
        return self.tables[name].with_intervals(level)

    def time_of(self, n: int, *, q: float = 0.5, level: float = 0.95) -> Estimate:
        """When the `n`-th body has left in a share `q` of the runs. [h]

        With `keep=["exits"]`: hours since the start of the counted ones, over all output lines,
        with an interval of order statistics as in `quantile`. A run with fewer bodies counts as
        infinite, which is no error: the n-th body comes later than its last hour.

        Parameters
        ----------
        n : int
            From 1. [bodies]
        q : float
            Share of the runs; 0.5 is the median. [-]
        level : float
            Confidence, between 0 and 1. [-]

        Raises
        ------
        ValueError
            No exits were kept; a number out of bounds.

        Warns
        -----
        NotReached
            The time or an end of its interval is infinite because runs ended before.
        FewRuns, OpenInterval
            Fewer than 10 runs; fewer than bound this quantile.
        """
        n = checks.whole(self._owner, "n", n, low=1)
        q, level = checks.share(self._owner, "q", q), checks.share(self._owner, "level", level)
        if not self.exits:
            rule, cure = "it must have kept the exits", "Ask: replicate(..., keep=['exits'])."
            raise ValueError(checks.complain(self._owner, rule, self.exits, cure))
        reached = np.array([len(exits) >= n for exits in self.exits])
        times = np.full(self.n, np.inf)
        times[reached] = [e.array()[n - 1] / MS_PER_H for e in self.exits if len(e) >= n]
        time = estimate.quantile(times, q, level=level)
        needed = estimate.runs_for_quantile(q, level=level)
        if self.n >= needed and not time.bounded:
            missed = self.n - int(reached.sum())
            warnings.warn(NotReached(time, n, missed, self.n), stacklevel=2)
            return time
        return estimate.warn(time, needed=needed)

    def minus(self, other: Study, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """The mean difference to the `other` study, run by run, with a t interval.

        Both had the same seed, so run k of both used common random numbers (CRN), and what they
        share cancels: the interval is much narrower than those of the two means.

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
        columns = other.column(of), self.column(of)
        controls = other.control(of), self.control(of)
        difference = control.difference(*columns, controls, level=level)
        return estimate.warn(difference.wider(max(self.known.widening, other.known.widening)))

    def check_paired(self, other: Study) -> None:
        """Complain of an `other` study that cannot be compared with this one run by run."""
        if not isinstance(other, Study):
            rule = "it must be given a Study"
            raise TypeError(checks.complain(f"{self._owner} minus", rule, other))
        for what, ours, theirs in (
            ("seed", self.seed, other.seed),
            ("number of runs", self.n, other.n),
            ("run", self.experiment.description, other.experiment.description),
            ("main column", self.experiment.of, other.experiment.of),
            ("units", dict(self.experiment.units), dict(other.experiment.units)),
            ("months already built", _built(self.known), _built(other.known)),
        ):
            if ours != theirs:
                rule = f"both studies must have the same {what} as the first, {ours}"
                raise ValueError(checks.complain(f"{self._owner} minus", rule, theirs))

    # ------------------------------------------------------------------ where the spread comes from

    def random_share(self, of: str | None = None, *, level: float = 0.95) -> Estimate:
        """The share of the variance that is random variation; the rest is uncertainty of inputs.

        It comes from the repeats; `n` is their number. It is 1 where no inputs are drawn. See
        `variance_shares.random_share` for the interval, which supposes normal results.

        Raises
        ------
        ValueError
            All runs gave the same: there is no spread to share out; or no run was repeated, as in
            the study of a design point of a sweep.

        Warns
        -----
        FewRuns
            Fewer than 10 repeats, which 46 runs have.
        """
        level, values = checks.share(self._owner, "level", level), self._varying(of)
        if not self.inputs:
            return Estimate(1.0, 1.0, 1.0, level, self.n)
        if not self.repeats:
            rule = "random_share needs repeats, runs with the same inputs and other random streams"
            cure = "replicate makes them."
            raise ValueError(checks.complain(self._owner, rule, len(self.repeats), cure))
        second = self.repeats[self.experiment.of if of is None else of]
        regressions = self.known.regressions
        if len(second) <= regressions:
            rule = f"random_share needs at least {regressions + 1} repeats where months are known"
            cure = f"Ask for {EVERY * regressions + 1} runs."
            raise ValueError(checks.complain(self._owner, rule, len(second), cure))
        first = values[self.repeats["run"]]
        share = variance_shares.random_share(
            values, first, second, level=level, regressions=regressions
        )
        if share.n < estimate.FEW_RUNS:
            warnings.warn(FewRuns(share, ENOUGH), stacklevel=2)
        return share

    def input_shares(self, of: str | None = None, *, level: float = 0.95) -> pd.DataFrame:
        """How the results depend on each input drawn, by ranks: a row an input, strongest first.

        `correlation` is Spearman's, from `low` to `high`; `share` is its square, about the share
        of the variance of the ranks that goes with the input; `beyond_chance` says whether it
        would be a surprise, at 5 % over all inputs together (Holm), were there no connection.

        It sees what rises or falls with one input. It cannot see an input that matters only
        together with another (an interaction), nor one whose middle is best or worst; so the
        shares need not add up to what is not random variation. Inputs that are constant, or that
        cannot affect the column, such as ships on vehicles made, are left out.

        Raises
        ------
        ValueError
            All runs gave the same, or there are fewer than 4 runs.
        """
        level, values = checks.share(self._owner, "level", level), self._varying(of)
        return variance_shares.input_shares(
            self._affecting(of, 4), values, level=level, regressions=self.known.regressions
        )

    def information(
        self, target: float | None = None, *, of: str | None = None, level: float = 0.95
    ) -> Information:
        """The value of information: what to find out first, and how much of the spread would go.

        `input_shares` shows what the results depend on, this what an answer would bring:
        the share of the variance that goes with the input, and the probability to reach the
        target where the input lies in the low, the middle, the high third of the runs.

        Parameters
        ----------
        target : float, optional
            As for `probability`; without one there are no probabilities. [experiment.units[of]]
        of : str, optional
            A column of results.
        level : float
            Confidence of each interval, between 0 and 1. [-]

        Raises
        ------
        ValueError, TypeError
            All runs gave the same, there are fewer than 10 runs, an unknown column, a target or a
            level out of bounds.
        """
        level, values = checks.share(self._owner, "level", level), self._varying(of)
        of = self.experiment.of if of is None else of
        return information(
            self._affecting(of, estimate.FEW_RUNS),
            values,
            title=self.experiment.title,
            of=of,
            unit=self.experiment.units[of],
            target=self._least(target, of),
            level=level,
            known=self.known,
        )

    def given(self, actuals: float | Iterable[float], through: str | int | None = None) -> Study:
        """The study after the months already built.

        The main column of each run becomes what was made plus the rest of that run, moved along
        the linear regression of the rest on what the runs made in these months: a lead or a lag
        so far carries over to the rest as it does across the runs. All other columns move along
        regressions of their own; what no run has below 0 stops there, and the main column at what
        was made; months given one by one become what they were. The inputs move as well, except
        those that cannot affect the main column: a good start says something of them too. They
        are then no longer as they were drawn: whole numbers become fractions, and where the months
        are far from those of the runs they may leave their ranges.

        So `random_share`, `input_shares` and `information` share out the spread that is left. For
        inputs and results that are jointly normal they are right; of steps and thresholds, take
        them as a rough guide.

        The regression is itself an estimate, the worse the further the months are from those of
        the runs: intervals of mean, probability and quantile are so much wider, see
        `KnownMonths.widening`. All other intervals take it as known. Tables that the study keeps
        and its control are left out: they are of the runs as they were.

        Parameters
        ----------
        actuals : sequence of float, or float
            Of each month from the first on, or their total. [units of the main column]
        through : str or int, optional
            The last month of a total: "2021-08", or 8.

        Raises
        ------
        ValueError, TypeError
            No months, too many, an unknown one, a negative figure.

        Warns
        -----
        OutsideRuns
            No run made so little, or so much.
        """
        if self.n < estimate.FEW_RUNS:
            mean = estimate.mean(self.column(), level=0.95)
            warnings.warn(FewRuns(mean, estimate.FEW_RUNS), stacklevel=2)
        of, months = self.experiment.of, self.experiment.months
        after = conditioning.condition(
            conditioning.known_months(self._owner, of, months, actuals, through),
            self.known,
            inputs=self.inputs,
            values=self.values,
            repeats=self.repeats,
            idle=self.experiment.idle(of),
        )
        return replace(
            self,
            inputs=after.inputs,
            values=after.values,
            repeats=after.repeats,
            precision=None,
            known=after.known,
            tables={},
            exits=(),
            cheap=NO_CHEAP_RUNS,
        )

    # ------------------------------------------------------------------ text

    def __repr__(self) -> str:
        with estimate.unwarned():
            main = f"{self.experiment.of} {self.mean()}"
        given = f", given {self.known}" if self.known else ""
        part = "" if self.complete else ", incomplete"
        return (
            f"Study({self.experiment.title!r}, {self.n} runs of "
            f"{self.experiment.description}{given}{part}, "
            f"seed={self.seed}, engine={self.experiment.engine!r}: {main})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write one web page for those who decide and those who check the numbers.

        It holds the answer in a sentence, plots, tables, assumptions with their sources, and all
        that it takes to run the study again. It needs neither network nor script. A file of that
        name is replaced. For equal studies the page is the same to the last byte; it holds no date.

        Parameters
        ----------
        path : str or path
            Such as "report.html".

        Returns
        -------
        Path
            The page.

        Raises
        ------
        FileNotFoundError, IsADirectoryError
            The folder does not exist; the path is a folder.
        """
        page: Path = import_module("ningde_sim.report").write(self, path)  # pages know studies
        return page

    def summary(self) -> str:
        """A dozen lines: what was run, what came out, what its intervals mean.

        It does not warn: where the runs are too few, the text says so.
        """
        experiment = self.experiment
        lines = [f"{experiment.title}: {self.n:,} runs of {experiment.description}"]
        notes = (("note", note) for note in experiment.notes)
        rows = (*study_summary.results(self), *study_summary.cautions(self), *notes)
        lines += [f"  {name:<18}{text}" for name, text in rows]
        return wrapped("\n".join(lines))

    # ------------------------------------------------------------------ parts

    @property
    def _owner(self) -> str:
        return f"Study {self.experiment.title!r}"

    def _least(self, target: float | None, of: str) -> float | None:
        """The target given, or the study's own if the column is the main one."""
        least = self.target if target is None and of == self.experiment.of else target
        return None if least is None else checks.finite(self._owner, "target", least)

    def _varying(self, of: str | None) -> Values:
        """A column of results that differ."""
        values = self.column(of)
        if np.ptp(values) == 0:
            rule = f"the runs must differ in {self.experiment.of if of is None else of}"
            raise ValueError(checks.complain(self._owner, rule, float(values[0])))
        return values

    def _affecting(self, of: str | None, runs: int) -> dict[str, Values]:
        """The inputs that can affect a column, where there are as many runs as this."""
        runs += self.known.regressions
        if self.n < runs:
            rule = f"at least {runs} runs are needed"
            raise ValueError(checks.complain(self._owner, rule, self.n))
        idle = self.experiment.idle(self.experiment.of if of is None else of)
        return {name: drawn for name, drawn in self.inputs.items() if name not in idle}


def _built(known: KnownMonths) -> str:
    """What a study takes as given, in words."""
    if not known:
        return "none"
    each = ", ".join(f"{figure!r}" for figure in known.figures) or repr(known.total)
    return f"{each} {known.of} through {known.months[-1]}"
