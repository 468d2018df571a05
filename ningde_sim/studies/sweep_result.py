"""What a sweep gave, read as estimates and compared."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, files
from ningde_sim._support.spreadsheet import harmless
from ningde_sim._support.summary import wrapped
from ningde_sim.exceptions import NoneReaches
from ningde_sim.statistics import control, estimate, selection
from ningde_sim.statistics.cross_fit import Control
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.studies import sweep_summary, verdicts
from ningde_sim.studies.cheap_runs import NO_CHEAP_RUNS, CheapRuns
from ningde_sim.studies.cost import Cost, prices, runs_to_tell
from ningde_sim.studies.design_points import DesignPoints, PointName, shown
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.study import Study

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, repr=False, eq=False)
class Sweep:
    """What a sweep gave.

    All design points had common random numbers (CRN), so what they share cancels in their
    differences. In tables those that were given by name have it in the column `name`, all others
    their values by path; what a named one changes is in `design_points.changes`.

    Wherever `of` is a column of results, it is the main one by default; wherever `target` is the
    least of it that counts as reached, it is that of the sweep - but `against` and `best` go by the
    mean unless they are given one. [experiment.units] `level` and `confidence` are between 0 and
    1. [-]

    Attributes
    ----------
    experiment : Experiment
        What was varied, as it is.
    design_points : DesignPoints
        The values of each design point.
    values : mapping of design point number to array, shape (n,)
        Results of the design points that have finished, with a field for each column, read-only.
        [experiment.units]
    inputs : the same
        The uncertain inputs drawn; without fields where none are.
    n : int
        Runs of each design point.
    target : float or None
        The least of the main column that counts as reached. [experiment.units]
    seed : int
        Of all random streams.
    version : str
        Of this library.
    cheap : mapping of design point number to CheapRuns
        Readings of a cheap model, the control of `estimates` and `against`; `best` and `cheapest`
        choose by the runs alone.
    """

    experiment: Experiment
    design_points: DesignPoints
    values: Mapping[int, Values]
    inputs: Mapping[int, Values]
    n: int
    target: float | None
    seed: int
    version: str
    cheap: Mapping[int, CheapRuns] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for records in (*self.values.values(), *self.inputs.values()):
            records.flags.writeable = False

    @property
    def complete(self) -> bool:
        """Whether all design points have finished; it is False where the sweep was interrupted."""
        return len(self.values) == len(self.design_points)

    @property
    def plain(self) -> Sweep:
        """The same sweep without a control: its estimates are of the runs alone."""
        return replace(self, cheap={})

    # ------------------------------------------------------------------ one design point

    def number(self, point: PointName) -> int:
        """The number of a design point by its name, its values {"repair_crews": 4}, or number.

        Parameters
        ----------
        point : int, str or mapping

        Raises
        ------
        ValueError, TypeError
            No design point is so, several are, or it has not finished; the message names the
            nearest.
        """
        number = self.design_points.number(self._owner, point)
        if number not in self.values:
            rule = "the design point must have finished before the sweep was interrupted"
            raise ValueError(checks.complain(self._owner, rule, self.design_points.label(number)))
        return number

    def study(self, point: PointName) -> Study:
        """The runs of one design `point`, as a study without repeats."""
        k, points = self.number(point), self.design_points
        experiment = self.experiment.replace(points.changes[k], points.paths)
        values, inputs = _columns(self.values[k]), _columns(self.inputs[k])
        cheap = self.cheap.get(k, NO_CHEAP_RUNS)
        what = experiment, values, self.target, self.seed, self.version, inputs
        return Study(*what, {}, cheap=cheap)

    # ------------------------------------------------------------------ tables

    @property
    def table(self) -> pd.DataFrame:
        """A row a design point: its name or values by path, and estimates of the main column."""
        return self.estimates()

    def estimates(
        self, *, of: str | None = None, target: float | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """A row a design point: its values by path or its name, and estimates of one column.

        `mean`, with `mean_low` and `mean_high` the ends of its interval by Student's t; where there
        is a target `probability` to reach it, with its interval by Clopper and Pearson; both with a
        control where there is one; n, the runs, and level, the confidence of each interval by
        itself. The index is the design point. A path that a design point leaves as it is has no
        value.
        """
        level = checks.share(self._owner, "level", level)
        target = self._target(of, target)
        columns: dict[str, Any] = {}
        for name, least in {"mean": None, "probability": target}.items():
            if name == "mean" or least is not None:
                rows = np.array([_ends(each) for each in self.each(of, least, level)])
                columns |= {
                    f"{name}{end}": rows[:, i] for i, end in enumerate(("", "_low", "_high"))
                }
        table = pd.DataFrame({**columns, "n": self.n, "level": level}, index=self._index)
        return pd.concat([self._labels, table], axis=1)

    def each(self, of: str | None, target: float | None, level: float) -> list[Estimate]:
        """The mean of each finished design point, or its probability to reach a target.

        Parameters
        ----------
        of : str or None
        target : float or None
            [experiment.units]
        level : float
            [-]
        """
        rows = zip(self.matrix(of), self.controls(of), strict=True)
        if target is None:
            return [control.mean(row, readings, level=level) for row, readings in rows]
        exact = cache(partial(estimate.probability, n=self.n, level=level))  # thousands, few counts
        return [
            control.probability(row, target, readings, level=level)
            if readings
            else exact(int(np.sum(row >= target)))
            for row, readings in rows
        ]

    def controls(self, of: str | None) -> list[Control | None]:
        """The readings of a cheap model for a column, of each finished design point."""
        main = self.experiment.of
        runs = (self.cheap.get(k, NO_CHEAP_RUNS) for k in self.values)
        return [each.control(main if of is None else of, main) for each in runs]

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run: the design point, its values by path or its name, the run, the results.

        The inputs that were drawn are in `study(point).runs`.
        """
        k, n = len(self.values), self.n
        labels = self._labels.loc[self._labels.index.repeat(n)].reset_index()
        columns = {of: self.matrix(of).ravel() for of in self._columns}
        return pd.concat(
            [labels, pd.DataFrame({"run": np.tile(np.arange(n), k), **columns})], axis=1
        )

    def to_csv(self, path: str | os.PathLike[str], *, runs: bool = False) -> None:
        """Write `table`, or with `runs` a row a run, to a CSV file at `path`.

        An existing file is replaced as a whole, or stays as it was. An apostrophe is put before a
        text that begins with =, +, - or @, such as the name of a design point: a spreadsheet would
        run it as a formula.
        """
        checks.path(self._owner, "path", path)
        checks.flag(self._owner, "runs", runs)
        with files.replaced(path, f"{self._owner} to_csv") as new:
            harmless(self._written(runs)).to_csv(new, index=False)

    def to_parquet(self, path: str | os.PathLike[str], *, runs: bool = False) -> None:
        """Write `table`, or with `runs` a row a run, to a Parquet file at `path`.

        An existing file is replaced as a whole, or stays as it was.

        Raises
        ------
        ImportError
            Without pyarrow, which the extra `[tables]` brings.
        """
        checks.path(self._owner, "path", path)
        checks.flag(self._owner, "runs", runs)
        with files.replaced(path, f"{self._owner} to_parquet") as new:
            self._written(runs).to_parquet(new, index=False)

    def to_xarray(self) -> xarray.Dataset:
        """The results of all runs by the values of their design points.

        A grid has a dimension for each path, a list of design points the dimension `design_point`,
        along which the paths have their values and `name` the names; the last dimension is `run`.
        Design points that have not finished are NaN.

        Raises
        ------
        ImportError
            Without xarray, which the extra `[tables]` brings.
        """
        import xarray  # an extra

        paths, n = self.design_points.paths, self.n
        rows = [
            {path: shown(row[path]) if path in row else None for path in paths}
            for row in self.design_points.changes
        ]
        dims: tuple[str, ...] = ("design_point", "run")
        coords: dict[str, Any] = {
            path: ("design_point", [row[path] for row in rows]) for path in paths
        }
        if self.design_points.names:
            coords["name"] = "design_point", list(self.design_points.names)
        if self.design_points.axes:
            dims = (*paths, "run")
            coords = {
                path: list(map(shown, axis)) for path, axis in self.design_points.axes.items()
            }
        data = {}
        for of in self._columns:
            matrix = self.matrix(of)
            if not self.complete:
                matrix, part = np.full((len(self.design_points), n), np.nan), matrix
                matrix[self._index] = part
            shaped = matrix.reshape(*self.design_points.shape, n)
            data[of] = (dims, shaped, {"units": self.experiment.units.get(of, "")})
        attributes = {
            "title": self.experiment.title,
            "runs": self.experiment.description,
            "seed": self.seed,
            "version": self.version,
            "digest": self.digest,
        }
        return xarray.Dataset(data, {**coords, "run": range(n)}, attributes)

    @property
    def digest(self) -> str:
        """SHA-256 of design points and results: equal for equal sweeps, bit by bit."""
        sha = hashlib.sha256()
        for k in self.values:
            sha.update(f"{k} {self.design_points.changed(k)}\n".encode())
            for records in (self.values[k], self.inputs[k]):
                sha.update(f"{records.dtype.descr}\n".encode())
                sha.update(records.tobytes())
            cheap = self.cheap.get(k, NO_CHEAP_RUNS)
            for column in (*cheap.own.values(), *cheap.further.values()):
                sha.update(f"cheap {len(column)}\n".encode() + column.tobytes())
        return sha.hexdigest()

    # ------------------------------------------------------------------ design points compared

    def against(
        self,
        baseline: PointName,
        *,
        of: str | None = None,
        target: float | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """What each design point brings against one of them, run by run (CRN).

        Parameters
        ----------
        baseline : int, str or mapping
            The design point that all others are compared with.
        of : str, optional
            A column of results.
        target : float, optional
            Given, it compares the probabilities to reach it (`paired.probability_difference`), else
            the means (`paired.difference`); with a control as in `statistics.control`.
            [experiment.units]
        level : float
            With this confidence all intervals of the table hold together: each is at the level
            1 - (1 - level) / k of k comparisons, after Bonferroni. [-]

        Returns
        -------
        DataFrame
            A row each other design point: its name or values; difference (design point less
            baseline), low, high; n; level; variance_reduction, how many times the runs that
            independent random numbers would need for this difference; verdict: "more", "less", or
            "not distinguishable" where the interval holds 0.

        Raises
        ------
        ValueError
            The design point is unknown, or there is no other.

        References
        ----------
        Law (2015), Simulation Modeling and Analysis, 5th ed., section 10.3.1: comparisons with a
        standard.
        """
        level = checks.share(self._owner, "level", level)
        base, matrix = self.number(baseline), self.matrix(of)
        if len(matrix) == 1:
            rule = "a design point besides the baseline is needed"
            raise ValueError(checks.complain(self._owner, rule, self.design_points.label(base)))
        least = None if target is None else checks.finite(self._owner, "target", target)
        at = int(self._index.get_loc(base))  # type: ignore[arg-type]
        table = verdicts.differences(matrix, at, self.controls(of), least=least, level=level)
        table.index = self._index.drop([base])
        return self._labels.drop(index=[base]).join(table)

    def best(
        self, *, of: str | None = None, target: float | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """The design points that may be the best: the best of all is among them.

        By the largest mean; given a `target`, by the largest probability to reach it. A design
        point is dropped where another is better with this `confidence`, in paired comparisons of
        all. More runs leave fewer.

        Returns
        -------
        DataFrame
            The rows of `estimates` of these design points, the largest estimate first; by, "mean"
            or "probability".

        References
        ----------
        Subset selection: see `selection.possibly_best` and `selection.possibly_likeliest`.
        """
        confidence = checks.share(self._owner, "confidence", confidence)
        if target is not None:
            target = checks.finite(self._owner, "target", target)
        kept = self.may_be_best(of, target, confidence)
        by = "mean" if target is None else "probability"
        table = self.estimates(of=of, target=target)[kept].assign(by=by)
        return table.sort_values(by, ascending=False, kind="stable")

    def may_be_best(self, of: str | None, target: float | None, confidence: float) -> Values:
        """Whether each finished design point may be the best, as `best`, shape (points,).

        Parameters
        ----------
        of : str or None
        target : float or None
            [experiment.units]
        confidence : float
            [-]
        """
        matrix = self.matrix(of)
        if target is None:
            return selection.possibly_best(matrix, confidence=confidence)
        return selection.possibly_likeliest(matrix >= target, confidence=confidence)

    def cheapest(
        self,
        *,
        cost: Cost,
        probability: float,
        target: float | None = None,
        of: str | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """The cheapest design points that reach a target with some probability.

        Parameters
        ----------
        cost : mapping or callable
            The price of one unit at each path, {"repair_crews": 120_000}; or of each design point
            by name; or a function of a design point's values by path.
        probability : float
            How likely a run of the design point has to reach the target. [-]
        target : float, optional
            [experiment.units]
        of : str, optional
            A column of results.
        confidence : float
            With which all verdicts "reaches" hold together, and all "falls short". [-]

        Returns
        -------
        DataFrame
            A row a design point, the cheapest first: its name or values, cost, probability with
            its bounds low and high, n, confidence, verdict: "reaches", where the lower bound is at
            least `probability`; "open", where more runs would decide. The last row is the cheapest
            that reaches, if any does; those that cost more, and those that fall short, are left
            out.

        Raises
        ------
        TypeError, ValueError
            No target; a cost of an unknown path or name, with the nearest.

        Warns
        -----
        NoneReaches
            No design point reaches it with this confidence; the warning names the best, and about
            how many runs would decide whether that one does.

        References
        ----------
        Simultaneous bounds: see `selection.chances`.
        """
        wanted = checks.share(self._owner, "probability", probability)
        confidence = checks.share(self._owner, "confidence", confidence)
        least = self._target(of, target)
        if least is None:
            cure = "Give it here, or to sweep."
            raise ValueError(checks.complain(self._owner, "a target is needed", target, cure))
        hits = np.sum(self.matrix(of) >= least, axis=1)
        costs = prices(self._owner, self.design_points, self._index, cost)
        columns = verdicts.reached(hits, self.n, costs, wanted=wanted, confidence=confidence)
        table = self._labels.join(columns.set_index(self._index))
        table = table.sort_values(["cost", "probability"], ascending=[True, False], kind="stable")
        if not (table["verdict"] == "reaches").any():
            what = f"{self.experiment.of if of is None else of} >= {least:,.10g}"
            self._warn_none(table, wanted, what, confidence)
        return verdicts.up_to_the_first_that_reaches(table)

    def _warn_none(self, table: pd.DataFrame, wanted: float, what: str, confidence: float) -> None:
        """Say that no design point reaches for sure, with the best of the table."""
        at = int(table["probability"].to_numpy().argmax())  # the cheapest of several
        best, tail = table.iloc[at], (1 - confidence) / len(table)
        # of this one by itself; a confidence of less than a half bounds nothing on both sides
        level = max(0.0, 1 - 2 * tail)
        value, low, high = (float(best[end]) for end in ("probability", "low", "high"))
        share = Estimate(value, low, high, level, self.n)
        needed = None
        if best["verdict"] == "open":
            needed = runs_to_tell(share.value, wanted, tail=tail)
            needed = needed and max(needed, self.n + 1)
        verdict = "all fall short" if (table["verdict"] != "open").all() else "some are open"
        about = (
            f"{self._owner}: no design point has {what} with probability {wanted:g} for sure; "
            f"{verdict}. The best is {self.design_points.label(table.index[at])}"
        )
        warnings.warn(NoneReaches(share, needed, about), stacklevel=3)

    # ------------------------------------------------------------------ text

    def __repr__(self) -> str:
        points = self.design_points
        part = "" if self.complete else f" of {len(points):,}, incomplete"
        return (
            f"Sweep({self.experiment.title!r}, {len(self.values):,} design points{part} of "
            f"{self.n:,} runs of {self.experiment.description}, "
            f"over {', '.join(points.names or points.paths)}, seed={self.seed})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what was varied, the extremes, which design points may be best."""
        experiment = self.experiment
        title = (
            f"{experiment.title}: {len(self.values):,} design points of {self.n:,} runs: "
            f"{experiment.description}"
        )
        rows = (f"  {name:<13}{text}" for name, text in sweep_summary.lines(self))
        return wrapped("\n".join([title, *rows]))

    # ------------------------------------------------------------------ parts

    @property
    def _owner(self) -> str:
        return f"Sweep {self.experiment.title!r}"

    @property
    def _index(self) -> pd.Index[int]:
        return pd.Index(list(self.values), name="design_point")

    @property
    def _labels(self) -> pd.DataFrame:
        """The name of each design point, or its values by path."""
        if names := self.design_points.names:
            return pd.DataFrame({"name": [names[k] for k in self.values]}, index=self._index)
        rows = [self.design_points.changes[k] for k in self.values]
        columns = {
            path: [shown(row[path]) if path in row else None for row in rows]
            for path in self.design_points.paths
        }
        return pd.DataFrame(columns, index=self._index)

    @property
    def _columns(self) -> list[str]:
        """The columns that all design points have."""
        first, *others = {values.dtype: None for values in self.values.values()}
        return [of for of in first.names or () if all(of in (o.names or ()) for o in others)]

    def matrix(self, of: str | None) -> Values:
        """The results of the finished design points, shape (points, n). [experiment.units[of]]"""
        of = self.experiment.of if of is None else of
        if not isinstance(of, str) or of not in self._columns:
            rule, known = "of must be a column of the results", ", ".join(self._columns)
            raise ValueError(checks.complain(self._owner, rule, of, f"They are {known}."))
        return np.array([values[of] for values in self.values.values()])

    def _written(self, runs: bool) -> pd.DataFrame:
        table = self.runs if runs else self.table.reset_index()
        mixed = [p for p in self._labels if len({*map(type, table[p])} - {type(None)}) > 1]
        return table.astype(dict.fromkeys(mixed, str))

    def _target(self, of: str | None, target: float | None) -> float | None:
        if target is None:
            return self.target if of is None or of == self.experiment.of else None
        return checks.finite(self._owner, "target", target)


def _columns(records: Values) -> dict[str, Values]:
    return {name: records[name].copy() for name in records.dtype.names or ()}


def _ends(value: Estimate) -> tuple[float, float, float]:
    return value.value, value.low, value.high
