"""What a sweep gave: many cells on the same luck, read as estimates and compared."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.summary import wrapped
from ningde_sim.exceptions import NoneReaches
from ningde_sim.plant.paths import nearest
from ningde_sim.statistics import estimate, paired
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.studies.cost import Cost, prices, runs_to_tell
from ningde_sim.studies.design_points import Cells, Changes, label
from ningde_sim.studies.experiment import Tunable
from ningde_sim.studies.study import Study

if TYPE_CHECKING:
    import xarray

CellName = int | str | Changes
"""The number of a cell, its name where it has one, or values by path that only this cell has."""

MOST_PLANS = 10
"""Plans that a summary tells."""

MOST_CHANGES = 3
"""Changed values of each plan that a summary tells."""


@dataclass(frozen=True, repr=False, eq=False)
class Sweep:
    """What a sweep gave.

    All cells had the same luck, so that what they share cancels in their differences. In tables
    plans that were given by name have it in the column `plan`, all other cells their values by
    path; what a plan changes is in `cells.changes`.

    Wherever `of` is a column of results, it is the main one by default; wherever `target` is the
    least of it that counts as reached, it is that of the sweep - but `against` and `best` go by
    the mean unless they are given one. [case.units] `level` and `confidence` are between 0 and
    1. [-]

    Attributes
    ----------
    case : Tunable  What was varied, as it is.
    cells : Cells  The values of each cell.
    values : mapping of cell number to array, shape (n,)  Results of the cells that have finished,
        with a field for each column, read-only. [case.units]
    inputs : the same  The doubtful inputs drawn; without fields where none are.
    n : int  Runs of each cell.
    target : float or None  The least of the main column that counts as reached. [case.units]
    seed : int  Which luck.
    version : str  Of this library.
    """

    case: Tunable
    cells: Cells
    values: Mapping[int, Values]
    inputs: Mapping[int, Values]
    n: int
    target: float | None
    seed: int
    version: str

    def __post_init__(self) -> None:
        for found in (*self.values.values(), *self.inputs.values()):
            found.flags.writeable = False

    @property
    def complete(self) -> bool:
        """Whether all cells have finished; it is False where the sweep was interrupted."""
        return len(self.values) == len(self.cells)

    # ------------------------------------------------------------------ one cell

    def number(self, cell: CellName) -> int:
        """The number of the `cell` of this name, these values, `{"repair_crews": 4}`, or number.

        Raises
        ------
        ValueError, TypeError
            No cell has them, several have, or it has not finished; the message names the nearest.
        """
        if isinstance(cell, str):
            cell = self._named(cell)
        elif isinstance(cell, Mapping):
            cell = self._with(cell)
        cell = checks.whole(self._owner, "cell", cell, high=len(self.cells) - 1)
        if cell not in self.values:
            rule = "the cell must have finished before the sweep was interrupted"
            raise ValueError(checks.complain(self._owner, rule, self.cells.words(cell)))
        return cell

    def _named(self, name: str) -> int:
        names = self.cells.names or ()
        if name in names:
            return names.index(name)
        cure = f"They are {', '.join(names)}." if len(names) <= 6 else ""
        cure = nearest(name, [*names]) or cure
        if not names:
            cure = "These cells have no names: take the number of one, or its values by path."
        raise ValueError(
            checks.complain(self._owner, "there must be a plan of this name", name, cure)
        )

    def _with(self, values: Changes) -> int:
        rows = self.cells.changes
        fitting = [k for k, row in enumerate(rows) if values.items() <= row.items()]
        if values == {} and {} in rows:
            fitting = [rows.index({})]
        if len(fitting) != 1:
            words = [self.cells.words(k) for k in fitting[:3] or range(min(3, len(self.cells)))]
            cure = f"{len(fitting)} fit. Such as: {'; '.join(words)}."
            rule = "there must be one such cell"
            raise ValueError(checks.complain(self._owner, rule, dict(values), cure))
        return fitting[0]

    def study(self, cell: CellName) -> Study:
        """The runs of one `cell`, as a study without twins."""
        k = self.number(cell)
        case = self.case.replace(self.cells.changes[k], self.cells.paths)
        values, inputs = _columns(self.values[k]), _columns(self.inputs[k])
        return Study(case, values, self.target, self.seed, self.version, inputs, {})

    # ------------------------------------------------------------------ tables

    @property
    def table(self) -> pd.DataFrame:
        """A row a cell: its values by path or its name, and estimates of the main column."""
        return self.estimates()

    def estimates(
        self, *, of: str | None = None, target: float | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """A row a cell: its values by path or its name, and estimates of one column.

        `mean`, with `mean_low` and `mean_high` the ends of its interval by Student's t; where there
        is a target `probability` to reach it, with its interval by Clopper and Pearson; n, the
        runs, and level, the confidence of each interval by itself. The index is the cell. A path
        that a cell leaves as it is has no value.
        """
        level = checks.share(self._owner, "level", level)
        target = self._target(of, target)
        found = self._matrix(of)
        ends = ("", "_low", "_high")
        means = np.array([_ends(estimate.mean(row, level=level)) for row in found])
        columns: dict[str, Any] = {f"mean{end}": means[:, i] for i, end in enumerate(ends)}
        if target is not None:
            hits = np.sum(found >= target, axis=1)
            odds = {h: _ends(estimate.probability(int(h), self.n, level=level)) for h in set(hits)}
            for i, end in enumerate(ends):
                columns[f"probability{end}"] = [odds[h][i] for h in hits]
        table = pd.DataFrame({**columns, "n": self.n, "level": level}, index=self._index)
        return pd.concat([self._labels, table], axis=1)

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run: the cell, its values by path or its name, the run, the results.

        The inputs that were drawn are in `study(cell).runs`.
        """
        k, n = len(self.values), self.n
        labels = self._labels.loc[self._labels.index.repeat(n)].reset_index()
        columns = {of: self._matrix(of).ravel() for of in self._columns}
        return pd.concat(
            [labels, pd.DataFrame({"run": np.tile(np.arange(n), k), **columns})], axis=1
        )

    def to_csv(self, path: str | os.PathLike[str], *, runs: bool = False) -> None:
        """Write `table`, or with `runs` a row a run, to a CSV file at `path`."""
        self._written(runs).to_csv(path, index=False)

    def to_parquet(self, path: str | os.PathLike[str], *, runs: bool = False) -> None:
        """Write `table`, or with `runs` a row a run, to a Parquet file at `path`.

        Raises
        ------
        ImportError
            Without pyarrow, which the extra `[tables]` brings.
        """
        self._written(runs).to_parquet(path, index=False)

    def to_xarray(self) -> xarray.Dataset:
        """The results of all runs by the values of their cells.

        A grid has a dimension for each path, a list of cells the dimension `cell`, along which the
        paths have their values and `plan` the names; the last dimension is `run`. Cells that have
        not finished are NaN.

        Raises
        ------
        ImportError
            Without xarray, which the extra `[tables]` brings.
        """
        import xarray  # an extra

        paths, n = self.cells.paths, self.n
        rows = [
            {path: label(row[path]) if path in row else None for path in paths}
            for row in self.cells.changes
        ]
        dims: tuple[str, ...] = ("cell", "run")
        coords: dict[str, Any] = {path: ("cell", [row[path] for row in rows]) for path in paths}
        if self.cells.names:
            coords["plan"] = "cell", list(self.cells.names)
        if self.cells.axes:
            dims = (*paths, "run")
            coords = {path: list(map(label, axis)) for path, axis in self.cells.axes.items()}
        data = {}
        for of in self._columns:
            found = self._matrix(of)
            if not self.complete:
                found, part = np.full((len(self.cells), n), np.nan), found
                found[self._index] = part
            shaped = found.reshape(*self.cells.shape, n)
            data[of] = (dims, shaped, {"units": self.case.units.get(of, "")})
        told = {"title": self.case.title, "seed": self.seed, "version": self.version}
        told |= {"runs": self.case.description, "digest": self.digest}
        return xarray.Dataset(data, {**coords, "run": range(n)}, told)

    @property
    def digest(self) -> str:
        """SHA-256 of cells and results: equal for equal sweeps, bit by bit."""
        found = hashlib.sha256()
        for k in self.values:
            found.update(f"{k} {self.cells.told(k)}\n".encode())
            for there in (self.values[k], self.inputs[k]):
                found.update(f"{there.dtype.descr}\n".encode())
                found.update(there.tobytes())
        return found.hexdigest()

    # ------------------------------------------------------------------ cells compared

    def against(
        self,
        baseline: CellName,
        *,
        of: str | None = None,
        target: float | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """What each cell brings against one of them, run by run on the same luck.

        Parameters
        ----------
        baseline : int, str or mapping  The cell that all others are compared with.
        target : float, optional  [case.units] Given, it compares the probabilities to reach it (as
            `paired.probability_difference`), else the means (`paired.difference`).
        level : float  With this confidence all intervals of the table hold together: each is at
            the level 1 - (1 - level) / k of k comparisons, after Bonferroni. [-]

        Returns
        -------
        DataFrame  A row each other cell: its values or name; difference (cell less baseline), low,
            high; n; variance_reduction, how many times more runs independent luck would need for
            this difference; verdict: "more", "less", or "not distinguishable" where the interval
            holds 0.

        Raises
        ------
        ValueError
            There is no such cell, or no other.

        References
        ----------
        Law (2015), Simulation Modeling and Analysis, 5th ed., section 10.3.1: comparisons with a
        standard.
        """
        level = checks.share(self._owner, "level", level)
        base, found = self.number(baseline), self._matrix(of)
        at = self._index.get_loc(base)
        others = len(found) - 1
        if not others:
            rule = "there must be a cell besides the baseline"
            raise ValueError(checks.complain(self._owner, rule, self.cells.words(base)))
        compared = paired.difference
        if target is not None:
            found = found >= checks.finite(self._owner, "target", target)
            compared = paired.probability_difference
        rows = []
        for k, row in enumerate(found):
            if k == at:
                continue
            gain = compared(found[at], row, level=level, comparisons=others)
            fewer = paired.variance_reduction(1.0 * found[at], 1.0 * row, level=level).value
            verdict = "more" if gain.low > 0 else "less" if gain.high < 0 else "not distinguishable"
            rows.append((gain.value, gain.low, gain.high, gain.n, level, fewer, verdict))
        names = ["difference", "low", "high", "n", "level", "variance_reduction", "verdict"]
        table = pd.DataFrame(rows, columns=names, index=self._index.drop([base]))
        return self._labels.drop(index=[base]).join(table)

    def best(
        self, *, of: str | None = None, target: float | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """The cells that may be the best: with this confidence the best of all is among them.

        By the largest mean; given a `target`, by the largest probability to reach it. A cell is
        dropped where another is better beyond doubt, in paired comparisons of all cells. More
        runs leave fewer cells.

        Returns
        -------
        DataFrame  The rows of `estimates` of these cells, the best looking first; by, "mean" or
            "probability".

        References
        ----------
        Subset selection: see `paired.possibly_best` and `paired.possibly_likeliest`.
        """
        confidence = checks.share(self._owner, "confidence", confidence)
        if target is not None:
            target = checks.finite(self._owner, "target", target)
        kept = self._may_be_best(of, target, confidence)
        by = "mean" if target is None else "probability"
        table = self.estimates(of=of, target=target)[kept].assign(by=by)
        return table.sort_values(by, ascending=False, kind="stable")

    def _may_be_best(self, of: str | None, target: float | None, confidence: float) -> Values:
        """Of each cell whether it may be the best, by the mean or by how likely it reaches."""
        found = self._matrix(of)
        if target is None:
            return paired.possibly_best(found, confidence=confidence)
        return paired.possibly_likeliest(found >= target, confidence=confidence)

    def cheapest(
        self,
        *,
        cost: Cost,
        probability: float,
        target: float | None = None,
        of: str | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """The cheapest cells that reach a target with some probability, surely or possibly.

        Parameters
        ----------
        cost : mapping or callable  The price of one unit at each path, {"repair_crews": 120_000};
            or of each plan by name; or a function of a cell's values by path.
        probability : float  How likely a run of the cell has to reach the target. [-]
        target : float, optional  [case.units]
        confidence : float  With which all verdicts "reaches" hold together, and all "falls
            short". [-]

        Returns
        -------
        DataFrame  By cost, the cheapest first: values or name, cost, probability, low, high, n and
            verdict: "reaches", where the lower bound is at least `probability`; "open", where more
            runs would tell. The last row is the cheapest that reaches, if any does; cells
            that cost more, and those that fall short, are left out.

        Raises
        ------
        TypeError, ValueError
            There is no target; a cost of what there is not, with the nearest.

        Warns
        -----
        NoneReaches
            No cell reaches it for sure; it names the best found, and about how many runs would
            tell whether that one does.

        References
        ----------
        Simultaneous bounds: see `paired.chances`.
        """
        wanted = checks.share(self._owner, "probability", probability)
        confidence = checks.share(self._owner, "confidence", confidence)
        least = self._target(of, target)
        if least is None:
            cure = "Give it here, or to sweep."
            raise ValueError(checks.complain(self._owner, "there must be a target", target, cure))
        hits = np.sum(self._matrix(of) >= least, axis=1)
        low, high = paired.chances(hits, self.n, confidence=confidence)
        verdict = np.where(low >= wanted, "reaches", np.where(high < wanted, "falls short", "open"))
        table = self._labels.assign(
            cost=prices(self._owner, self.cells, self._index, cost),
            probability=hits / self.n,
            low=low,
            high=high,
            n=self.n,
            confidence=confidence,
            verdict=verdict,
        ).sort_values(["cost", "probability"], ascending=[True, False], kind="stable")
        if not (verdict == "reaches").any():
            what = f"{self.case.of if of is None else of} >= {least:,.10g}"
            self._warn_none(table, wanted, what, confidence)
        table = table[table["verdict"] != "falls short"]
        reached = np.flatnonzero(table["verdict"] == "reaches")
        return table.iloc[: reached[0] + 1] if len(reached) else table

    def _warn_none(self, table: pd.DataFrame, wanted: float, what: str, confidence: float) -> None:
        """Say that no cell reaches beyond doubt, with the best of the table."""
        at = int(table["probability"].to_numpy().argmax())  # the cheapest of several
        best, tail = table.iloc[at], (1 - confidence) / len(table)
        # of this cell by itself; a confidence of less than a half bounds nothing on both sides
        level = max(0.0, 1 - 2 * tail)
        value, low, high = (float(best[end]) for end in ("probability", "low", "high"))
        found = Estimate(value, low, high, level, self.n)
        needed = None
        if best["verdict"] == "open":
            needed = runs_to_tell(found.value, wanted, tail=tail)
            needed = needed and max(needed, self.n + 1)
        verdict = "all fall short" if (table["verdict"] != "open").all() else "some are open"
        about = f"{self._owner}: no cell has {what} with probability {wanted:g} beyond doubt"
        about = f"{about}; {verdict}. The best found is {self.cells.words(table.index[at])}"
        warnings.warn(NoneReaches(found, needed, about), stacklevel=3)

    # ------------------------------------------------------------------ to look at

    def __repr__(self) -> str:
        part = "" if self.complete else f" of {len(self.cells):,}, incomplete"
        return (
            f"Sweep({self.case.title!r}, {len(self.values):,} cells{part} of {self.n:,} runs of "
            f"{self.case.description}, over {', '.join(self.cells.names or self.cells.paths)}, "
            f"seed={self.seed})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what was varied, the extremes, which cells may be best."""
        case, cells = self.case, len(self.values)
        lines = [f"{case.title}: {cells:,} cells of {self.n:,} runs: {case.description}"]
        lines += [f"  {name:<13}{text}" for name, text in self._lines()]
        return wrapped("\n".join(lines))

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield from self._over()
        of, found = self.case.of, self._matrix(None)
        if self.target is None:
            each = [estimate.mean(row, level=0.95) for row in found]
        else:
            of = f"P({of} >= {self.target:,.6g})"
            hits = np.sum(found >= self.target, axis=1).tolist()
            each = [estimate.probability(h, self.n, level=0.95) for h in hits]
        order = np.argsort([one.value for one in each], kind="stable").tolist()
        for words, at in (("least", order[0]), ("most", order[-1])):
            alike = sum(one.value == each[at].value for one in each) - 1
            told = self.cells.words(list(self.values)[at]) + (f", and {alike} more" * bool(alike))
            yield words, f"{of} {each[at]} at {told}"
        ways: dict[str, float | None] = {"the mean": None}
        if self.target is not None:
            ways = {of: self.target, **ways}
        kept = [f"{self._may_be_best(None, t, 0.95).sum():,} by {by}" for by, t in ways.items()]
        told = f"{', '.join(kept)}; with 95 % confidence"
        yield "may be best", f"of {len(found):,} cells {told}"
        told = f"seed {self.seed}, {self.case.engine} engine, version {self.version}"
        yield "luck", f"the same in all cells: {told}"
        if any(inputs.dtype.names for inputs in self.inputs.values()):
            yield "doubt", "inputs drawn anew for each run, the same in all cells; those varied"
            yield "", "here are known"
        else:
            yield "interval", "of luck only: it says nothing about inputs that are not known"
        yield from (("note", note) for note in self.case.notes)
        if not self.complete:
            yield "incomplete", f"interrupted: {len(self.cells) - len(found):,} cells are missing"

    def _over(self) -> Iterator[tuple[str, str]]:
        """What was varied: the plans by name, or the values of each path."""
        if names := self.cells.names:
            for k, name in enumerate(names[:MOST_PLANS]):
                same = not self.cells.changes[k]
                yield "over", f"{name}: {'no change' if same else self.cells.told(k, MOST_CHANGES)}"
            if len(names) > MOST_PLANS:
                yield "", f"and {len(names) - MOST_PLANS:,} more: see `.cells`"
            return
        for path in self.cells.paths:
            there = [label(row[path]) for row in self.cells.changes if path in row]
            values = [*dict.fromkeys(there)]
            words = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values[:6])
            yield "over", f"{path}: {words}{' ...' if len(values) > 6 else ''}"

    # ------------------------------------------------------------------ parts

    @property
    def _owner(self) -> str:
        return f"Sweep {self.case.title!r}"

    @property
    def _index(self) -> pd.Index[int]:
        return pd.Index(list(self.values), name="cell")

    @property
    def _labels(self) -> pd.DataFrame:
        """The name of each cell, or its values by path."""
        if names := self.cells.names:
            return pd.DataFrame({"plan": [names[k] for k in self.values]}, index=self._index)
        rows = [self.cells.changes[k] for k in self.values]
        columns = {
            path: [label(row[path]) if path in row else None for row in rows]
            for path in self.cells.paths
        }
        return pd.DataFrame(columns, index=self._index)

    @property
    def _columns(self) -> list[str]:
        """The columns that all cells have."""
        first, *others = {values.dtype: None for values in self.values.values()}
        return [of for of in first.names or () if all(of in (o.names or ()) for o in others)]

    def _matrix(self, of: str | None) -> Values:
        """The results of the cells, shape (cells, n). [case.units[of]]"""
        of = self.case.of if of is None else of
        if of not in self._columns:
            rule, known = "of must be a column of the results", ", ".join(self._columns)
            raise ValueError(checks.complain(self._owner, rule, of, f"They are {known}."))
        return np.array([values[of] for values in self.values.values()])

    def _written(self, runs: bool) -> pd.DataFrame:
        table = self.runs if runs else self.table.reset_index()
        mixed = [p for p in self._labels if len({*map(type, table[p])} - {type(None)}) > 1]
        return table.astype(dict.fromkeys(mixed, str))

    def _target(self, of: str | None, target: float | None) -> float | None:
        if target is None:
            return self.target if of is None or of == self.case.of else None
        return checks.finite(self._owner, "target", target)


def _columns(records: Values) -> dict[str, Values]:
    return {name: records[name].copy() for name in records.dtype.names or ()}


def _ends(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high
