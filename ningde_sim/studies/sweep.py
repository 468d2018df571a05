"""Run many design points of a plant with common random numbers."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from functools import cache, partial
from typing import Any
from warnings import warn

import numpy as np

from ningde_sim._support import checks
from ningde_sim._support.parallel import Work, bar, number_of_workers
from ningde_sim._support.version import VERSION, VERSIONS
from ningde_sim.engine.simulate import Engine
from ningde_sim.exceptions import IncompleteStudy, ShopStuck, WorkerDied
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.cheap_runs import FURTHER, CheapRuns, number_of_further
from ningde_sim.studies.checkpoint import Checkpoint
from ningde_sim.studies.design_points import DesignPoints, Over, design_points
from ningde_sim.studies.experiment import Experiment, Row, columns
from ningde_sim.studies.experiment_of import experiment_of
from ningde_sim.studies.of_year import Inputs
from ningde_sim.studies.replicate import REPEAT_STREAMS
from ningde_sim.studies.sweep_result import Sweep
from ningde_sim.year.scenario import Scenario

Call = tuple[int, Experiment, int]
"""Number of the design point, its experiment, number of the run."""

CHECKS_SHOWN = 1.0
"""The bar of the check of the design points appears after this time. [s]"""

Runs = dict[int, tuple[Row, Row]]
"""Inputs and results by run."""


def sweep(
    what: Shop | Scenario | Experiment,
    over: Over,
    *,
    runs: int,
    seed: int,
    workers: int | None = None,
    resume: str | os.PathLike[str] | None = None,
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
) -> Sweep:
    """Run a shop or a year at many design points, all with common random numbers (CRN).

    Run k of a design point is run k of `replicate` of the shop or scenario with these values: the
    k-th repair of a robot is the same draw in all of them, and so is each uncertain input except
    those that the sweep varies: these are known in all design points, also where one of a list
    leaves them as they are. What the design points share cancels in their differences. A sweep
    keeps no tables of its runs; `replicate` with `keep` does, of one design point.

    The work goes out through joblib: to threads for the compiled engine, to processes for the
    reference, and where a `joblib.parallel_config` stands around the call to what that says, such
    as a cluster. Ctrl-C ends it with the design points that have finished, if any.

    Parameters
    ----------
    what : Shop or Scenario
    over : {path: values}, {name: {path: value}} or sequence of {path: value}
        The full grid of all combinations; or named design points; or a list without names.
        `{}` is the plan as it is. Names stand in tables and plots in place of the values; they
        change no result, nor what `resume` finds. `designs` makes lists where a grid would be too
        large.
    runs : int
        Of each design point.
    seed : int
        From 0 to 2**63 - 1.
    workers : int, optional
        How many at a time; all cores by default. It changes no result.
    resume : path, optional
        A file of finished runs. Each run is in it at once, and none that is in it is made again:
        neither after a kill or a power cut, nor when the sweep has grown by values, paths or runs.
        It belongs to one shop or scenario and seed, to this version and its source code, and to
        the versions of the packages that results hang on. An `Experiment` of your own stands for
        its code itself: name another file when you change it.
    hours, calendar, start, days, warm_up, inputs, target, control_runs, engine, progress
        As for `replicate`; the further runs are made at each design point.

    Returns
    -------
    Sweep

    Raises
    ------
    KeyError, TypeError, ValueError
        Before the first run: an unknown path, with the nearest; a value that breaks a rule; no
        values; a value or design point that stands twice; a number out of bounds.
    CheckpointRefused, CheckpointFailed
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
    >>> cycles = sweep(shop, {"stations.B.cycle_time": [50, 60, 70]}, hours=8, runs=2, seed=0)
    >>> cycles.table["mean"].tolist()
    [575.0, 479.0, 410.0]
    """
    experiment = experiment_of(
        "sweep",
        what,
        hours=hours,
        calendar=calendar,
        start=start,
        days=days,
        warm_up=warm_up,
        inputs=inputs,
        seed=seed,
        engine=engine,
    )
    owner = f"sweep {experiment.title!r}"
    if experiment.keep:
        rule, cure = "a sweep keeps no tables", "Replicate its design points one by one."
        raise ValueError(checks.complain(owner, rule, experiment.keep, cure))
    seed = checks.stream_number(owner, "seed", seed)
    runs = checks.whole(owner, "runs", runs, low=1, high=REPEAT_STREAMS)
    workers = number_of_workers(owner, workers)
    target = experiment.target if target is None else checks.finite(owner, "target", target)
    points = design_points(owner, over)
    digests = _digests(owner, experiment, points, progress)
    m = number_of_further(owner, experiment, seed, asked=control_runs, runs=runs)
    task = _Task(experiment, points, digests, runs, seed, target, m)
    if resume is None:
        return _run(owner, task, None, workers, progress)
    checks.path(owner, "resume", resume)
    if os.fspath(resume) == ":memory:":
        rule, cure = "resume must be the path of a file", "Memory does not outlast the sweep."
        raise ValueError(checks.complain(owner, rule, resume, cure))
    content = experiment.content
    with Checkpoint(resume, content=content, seed=seed, versions=VERSIONS) as checkpoint:
        return _run(owner, task, checkpoint, workers, progress)


class _Task:
    """What is to be run, and what has been."""

    def __init__(
        self,
        experiment: Experiment,
        points: DesignPoints,
        digests: list[str],
        runs: int,
        seed: int,
        target: float | None,
        m: int,
    ) -> None:
        self.experiment, self.points, self.digests = experiment, points, digests
        self.runs, self.seed, self.target = runs, seed, target
        self.m, self.cheap = m, dict[int, CheapRuns]()
        self.open: dict[int, Runs] = {k: {} for k in range(len(points))}
        self.values: dict[int, Values] = {}
        self.inputs: dict[int, Values] = {}

    def recall(self, checkpoint: Checkpoint) -> int:
        """Take over what has finished before; the number of runs."""
        recalled = 0
        for point, digest in enumerate(self.digests):
            for run, record in checkpoint.finished(digest).items():
                if run < self.runs:
                    self.keep(point, run, *record)
                    recalled += 1
        return recalled

    def keep(self, point: int, run: int, inputs: Row, results: Row) -> None:
        """Keep a run; those of a design point that is complete as arrays."""
        self.open[point][run] = inputs, results
        if len(self.open[point]) == self.runs:
            records = self.open.pop(point)
            both = zip(*(records[run] for run in range(self.runs)), strict=True)
            self.inputs[point], self.values[point] = map(_records, both)

    def calls(self) -> Iterator[Call]:
        """What is still to be run."""
        return self.calls_of(
            [(k, [r for r in range(self.runs) if r not in self.open[k]]) for k in self.open]
        )

    def calls_of(self, missing: Sequence[tuple[int, Sequence[int]]]) -> Iterator[Call]:
        """Runs of design points by their numbers; a design point is made when its turn comes."""
        for point, numbers in missing:
            experiment = self.at(point)
            yield from ((point, experiment, run) for run in numbers)

    def at(self, point: int) -> Experiment:
        """The experiment of a design point."""
        return self.experiment.replace(self.points.changes[point], self.points.paths)

    def stuck(self) -> ShopStuck | None:
        """What to warn of at the first design point at which runs got stuck."""
        if "stuck" not in self.experiment.units:
            return None
        points = [k for k in sorted(self.values) if self.values[k]["stuck"].any()]
        if not points:
            return None
        values = {"stuck": self.values[points[0]]["stuck"]}
        stuck = self.at(points[0]).stuck(values, self.seed)
        n = len(points) - 1
        more = f" and {n:,} more design point{'s' * (n > 1)}" if n else ""
        return stuck and stuck.at(f"{self.points.label(points[0])}{more}")

    def sweep(self) -> Sweep | None:
        """The design points that have finished; None where none has."""
        if not self.values:
            return None
        values, inputs = ({k: part[k] for k in sorted(part)} for part in (self.values, self.inputs))
        return Sweep(
            self.experiment,
            self.points,
            values,
            inputs,
            n=self.runs,
            target=self.target,
            seed=self.seed,
            version=VERSION,
            cheap={k: self.cheap[k] for k in values if k in self.cheap},
        )


def _digests(
    owner: str, experiment: Experiment, points: DesignPoints, shown: bool | None
) -> list[str]:
    """Make each design point once, so that its faults show before the first run; their digests.

    Of big shops it takes a while, so it has a bar of its own.

    Raises
    ------
    KeyError, TypeError, ValueError
        As the plant complains, with the design point; two design points that are the same.
    """
    digests: dict[str, int] = {}
    title = f"{experiment.title}: checking"
    with bar(title, total=len(points), unit="point", shown=shown, delay=CHECKS_SHOWN) as meter:
        for point, changes in enumerate(points.changes):
            try:
                digest = experiment.replace(changes, points.paths).digest
            except (TypeError, ValueError) as error:
                raise type(error)(f"{owner}, at {points.label(point)}: {error}") from None
            if digest in digests:
                both = f"{points.label(digests[digest])}; {points.label(point)}"
                rule = "no two design points may be the same plant"
                raise ValueError(checks.complain(owner, rule, both, "Leave one of them out."))
            digests[digest] = point
            meter.update(1)
    return list(digests)


def _run(
    owner: str, task: _Task, checkpoint: Checkpoint | None, workers: int | None, shown: bool | None
) -> Sweep:
    """Run what is missing, and keep each run as it comes."""
    done = task.recall(checkpoint) if checkpoint else 0
    total, n_points = len(task.points) * task.runs, len(task.points)
    try:
        if task.m:
            _run_cheap(task, checkpoint, workers, shown)
        with Work(
            partial(_one, task.seed),
            task.calls(),
            title=task.experiment.title,
            total=total,
            done=done,
            workers=workers,
            prefer=task.experiment.prefer,
            shown=shown,
            ordered=False,
        ) as work:
            for point, run, inputs, results in work:
                if checkpoint:
                    checkpoint.add(task.digests[point], run, inputs, results)
                task.keep(point, run, inputs, results)
                work.show(f"{len(task.values):,} of {n_points:,} design points")
    except KeyboardInterrupt:
        part = task.sweep()
        if part is None:
            raise
        warn(IncompleteStudy(len(task.values) * task.runs, total), stacklevel=3)
        return part
    except BrokenExecutor as error:
        rule = f"a worker process died after {len(task.values):,} of {n_points:,} design points"
        kept = "the same call goes on from its file" if checkpoint else "its .finished holds these"
        cure = f"Often memory ran out: take fewer workers; {kept}."
        raise WorkerDied(f"{owner}: {rule}. {cure}", task.sweep()) from error
    whole = task.sweep()
    assert whole is not None  # there is at least one design point with one run
    if stuck := task.stuck():
        warn(stuck, stacklevel=3)
    return whole


def _run_cheap(
    task: _Task, checkpoint: Checkpoint | None, workers: int | None, shown: bool | None
) -> None:
    """The readings of the main column of each design point, of its runs and of further ones."""
    numbers = [*range(task.runs), *range(FURTHER, FURTHER + task.m)]
    keys = [f"{digest} cheap" for digest in task.digests]
    rows: list[dict[int, Row]] = [{} for _ in keys]
    if checkpoint:
        rows = [{run: row for run, (_, row) in checkpoint.finished(key).items()} for key in keys]
    missing = [(k, [run for run in numbers if run not in rows[k]]) for k in range(len(keys))]
    with Work(
        partial(_reading, task.seed),
        task.calls_of(missing),
        title=f"{task.experiment.title}: cheap model",
        total=len(keys) * len(numbers),
        done=len(keys) * len(numbers) - sum(len(runs) for _, runs in missing),
        workers=workers,
        prefer=task.experiment.prefer,
        shown=shown,
        ordered=False,
    ) as work:
        for point, run, row in work:
            if checkpoint:
                checkpoint.add(keys[point], run, {}, row)
            rows[point][run] = row
    for point, readings in enumerate(rows):
        if all(readings.values()):
            own, further = numbers[: task.runs], numbers[task.runs :]
            task.cheap[point] = CheapRuns(
                *(columns([readings[run] for run in part]) for part in (own, further))
            )


def _reading(seed: int, call: Call) -> tuple[int, int, Row]:
    """The reading of the main column, if the cheap model knows it, in a worker."""
    point, experiment, run = call
    readings, of = experiment.cheap(seed, run), experiment.of
    return point, run, {of: readings[of]} if of in readings else {}


def _one(seed: int, call: Call) -> tuple[int, int, Row, Row]:
    """One run in a worker, which sends home rows."""
    point, experiment, run = call
    return point, run, *experiment.run(seed, run)


def _records(rows: tuple[Row, ...]) -> Values:
    """The rows as one array, a field a column: thousands of design points stay small."""
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    records = np.empty(len(rows), _fields(tuple((n, c.dtype.str) for n, c in columns.items())))
    for name, column in columns.items():
        records[name] = column
    return records


@cache
def _fields(fields: tuple[tuple[str, str], ...]) -> np.dtype[Any]:
    """One object for all design points."""
    return np.dtype(list(fields))
