"""Run many cells of a plant on the same luck."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from functools import cache, partial
from importlib.metadata import version
from typing import Any
from warnings import warn

import numpy as np

from ningde_sim._support import checks
from ningde_sim._support.parallel import each, number_of_workers
from ningde_sim._support.progress import bar
from ningde_sim.engine.simulate import Engine
from ningde_sim.exceptions import IncompleteStudy, WorkerDied
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.checkpoint import Archive
from ningde_sim.studies.design_points import Cells, Over, cells
from ningde_sim.studies.experiment import Row, Tunable
from ningde_sim.studies.of_year import Uncertainty
from ningde_sim.studies.replicate import OTHER_LUCK, case_of
from ningde_sim.studies.sweep_result import Sweep
from ningde_sim.year.scenario import Scenario

Task = tuple[int, Tunable, int]
"""Number of the cell, the cell, number of the run."""

Runs = dict[int, tuple[Row, Row]]
"""Inputs and results by run."""


def sweep(
    what: Shop | Scenario | Tunable,
    over: Over,
    *,
    runs: int,
    seed: int,
    workers: int | None = None,
    resume: str | os.PathLike[str] | None = None,
    hours: float | None = None,
    warm_up: float = 0.0,
    uncertainty: Uncertainty = "all",
    target: float | None = None,
    engine: Engine = "compiled",
    progress: bool | None = None,
) -> Sweep:
    """Run a shop or a year at many combinations of values, all on the same luck.

    Run k of a cell is run k of `replicate` of the shop or scenario with these values: the k-th
    repair of a robot is the same draw in all cells, and so is each doubtful input but those that
    the sweep varies: these are known in all cells, also where a cell of a list leaves them as
    they are. What the cells share cancels in their differences.

    The work goes out through joblib: to threads for the compiled engine, to processes for the
    reference, and where a `joblib.parallel_config` stands around the call to what that says, such
    as a cluster. Ctrl-C ends it with the cells that have finished, once there is one.

    Parameters
    ----------
    what : Shop or Scenario
    over : {path: values}, {name: {path: value}} or sequence of {path: value}
        The full grid of all combinations; or plans by name; or cells one by one without names.
        `{}` is the plan as it is. Names stand in tables and pictures in place of the values; they
        change no result, nor what `resume` finds. `designs` makes lists where a grid would be too
        large.
    runs : int  Of each cell.
    seed : int  From 0 to 2**63 - 1.
    workers : int, optional  How many at a time; all cores by default. It changes no result.
    resume : path, optional
        A file of finished runs. Each run is in it at once, and none that is in it is made again:
        neither after a kill or a power cut, nor when the sweep has grown by values, paths or runs.
        It belongs to one shop or scenario, seed and version.
    hours, warm_up, uncertainty, target, engine, progress : as for `replicate`.

    Returns
    -------
    Sweep

    Raises
    ------
    KeyError, TypeError, ValueError
        Before the first run: an unknown path, with the nearest; a value that breaks a rule; no
        values; a value or cell that stands twice; a number out of bounds.
    ArchiveRefused, ArchiveFailed
        The file is of something else, or damaged; it cannot be read or written. What is in it
        stays.
    WorkerDied
        A worker process was killed, such as for want of memory.

    Warns
    -----
    IncompleteStudy
        It was interrupted.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> shop = Shop("two", [Line("L", [Station("A", 50), Station("B", 60)])])
    >>> found = sweep(shop, {"stations.B.cycle_time": [50, 60, 70]}, hours=8, runs=2, seed=0)
    >>> found.table["mean"].tolist()
    [575.0, 479.0, 410.0]
    """
    asked = {"hours": hours, "warm_up": warm_up, "seed": seed}
    case = case_of("sweep", what, **asked, uncertainty=uncertainty, engine=engine)  # type: ignore[arg-type]
    owner = f"sweep {case.title!r}"
    if not isinstance(case, Tunable):
        rule = "its values must be known by path: it must be given a Shop or a Scenario"
        raise TypeError(checks.complain(owner, rule, case))
    seed = checks.luck(owner, "seed", seed)
    runs = checks.whole(owner, "runs", runs, low=1, high=OTHER_LUCK)
    workers = number_of_workers(owner, workers)
    target = case.target if target is None else checks.finite(owner, "target", target)
    asked_for = cells(owner, over)
    digests = _digests(owner, case, asked_for)
    plan = _Plan(case, asked_for, digests, runs, seed, target)
    if resume is None:
        return _run(owner, plan, None, workers, progress)
    content = case.content
    with Archive(resume, content=content, seed=seed, version=version("ningde-sim")) as archive:
        return _run(owner, plan, archive, workers, progress)


class _Plan:
    """What is to be run, and what has been."""

    def __init__(
        self,
        case: Tunable,
        asked: Cells,
        digests: list[str],
        runs: int,
        seed: int,
        target: float | None,
    ) -> None:
        self.case, self.cells, self.digests = case, asked, digests
        self.runs, self.seed, self.target = runs, seed, target
        self.open: dict[int, Runs] = {k: {} for k in range(len(asked))}
        self.values: dict[int, Values] = {}
        self.inputs: dict[int, Values] = {}

    def recall(self, archive: Archive) -> int:
        """Take over what has finished before; the number of runs."""
        known = 0
        for cell, digest in enumerate(self.digests):
            for run, record in archive.finished(digest).items():
                if run < self.runs:
                    self.keep(cell, run, *record)
                    known += 1
        return known

    def keep(self, cell: int, run: int, inputs: Row, results: Row) -> None:
        """Keep a run; those of a cell that is complete as arrays."""
        self.open[cell][run] = inputs, results
        if len(self.open[cell]) == self.runs:
            records = self.open.pop(cell)
            both = zip(*(records[run] for run in range(self.runs)), strict=True)
            self.inputs[cell], self.values[cell] = map(_records, both)

    def tasks(self) -> Iterator[Task]:
        """What is still to be run; a cell is made when its turn comes."""
        missing = [(k, [r for r in range(self.runs) if r not in self.open[k]]) for k in self.open]
        for cell, numbers in missing:
            case = self.case.replace(self.cells.changes[cell], self.cells.paths)
            yield from ((cell, case, run) for run in numbers)

    def sweep(self) -> Sweep | None:
        """The cells that have finished; None where none has."""
        if not self.values:
            return None
        values, inputs = ({k: part[k] for k in sorted(part)} for part in (self.values, self.inputs))
        told = (self.target, self.seed, version("ningde-sim"))
        return Sweep(self.case, self.cells, values, inputs, self.runs, *told)


def _digests(owner: str, case: Tunable, asked: Cells) -> list[str]:
    """Make each cell once, so that its faults are told before the first run; their digests.

    Raises
    ------
    KeyError, TypeError, ValueError
        As the plant complains, with the cell; two cells that are the same.
    """
    found: dict[str, int] = {}
    for cell, changes in enumerate(asked.changes):
        try:
            digest = case.replace(changes, asked.paths).digest
        except (TypeError, ValueError) as error:
            raise type(error)(f"{owner}, at {asked.words(cell)}: {error}") from None
        if digest in found:
            both = f"{asked.words(found[digest])}; {asked.words(cell)}"
            rule = "no two cells may be the same plant"
            raise ValueError(checks.complain(owner, rule, both, "Leave one of them out."))
        found[digest] = cell
    return list(found)


def _run(
    owner: str, plan: _Plan, archive: Archive | None, workers: int | None, progress: bool | None
) -> Sweep:
    """Run what is missing, and keep each run as it comes."""
    known = plan.recall(archive) if archive else 0
    total = len(plan.cells) * plan.runs
    task = partial(_one, plan.seed)
    prefer = plan.case.prefer
    try:
        with (
            bar(plan.case.title, total=total, unit="run", shown=progress, done=known) as shown,
            each(task, plan.tasks(), workers=workers, prefer=prefer, ordered=False) as records,
        ):
            for cell, run, inputs, results in records:
                if archive:
                    archive.add(plan.digests[cell], run, inputs, results)
                plan.keep(cell, run, inputs, results)
                shown.set_postfix_str(f"{len(plan.values):,} of {len(plan.cells):,} cells", False)
                shown.update(1)
    except KeyboardInterrupt:
        found = plan.sweep()
        if found is None:
            raise
        warn(IncompleteStudy(len(plan.values) * plan.runs, total), stacklevel=3)
        return found
    except BrokenExecutor as error:
        rule = f"a worker process died after {len(plan.values):,} of {len(plan.cells):,} cells"
        kept = "the same call goes on from its file" if archive else "its .finished holds these"
        cure = f"Often memory ran out: take fewer workers; {kept}."
        raise WorkerDied(f"{owner}: {rule}. {cure}", plan.sweep()) from error
    found = plan.sweep()
    assert found is not None  # there is at least one cell with one run
    return found


def _one(seed: int, task: Task) -> tuple[int, int, Row, Row]:
    """One run in a worker, which sends home rows."""
    cell, case, run = task
    return cell, run, *case.run(seed, run)


def _records(rows: tuple[Row, ...]) -> Values:
    """The rows as one array, a field a column: thousands of cells stay small."""
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    found = np.empty(len(rows), _fields(tuple((n, c.dtype.str) for n, c in columns.items())))
    for name, column in columns.items():
        found[name] = column
    return found


@cache
def _fields(fields: tuple[tuple[str, str], ...]) -> np.dtype[Any]:
    """One object for all cells."""
    return np.dtype(list(fields))
