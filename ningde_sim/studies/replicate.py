"""The one Monte Carlo: run an experiment many times, until it has been run often enough."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ningde_sim._support import checks
from ningde_sim._support.parallel import Work, number_of_workers
from ningde_sim._support.version import VERSION
from ningde_sim.engine.counts import Packed
from ningde_sim.engine.simulate import Engine
from ningde_sim.exceptions import IncompleteStudy, PrecisionMissed, WorkerDied
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics import estimate, stopping
from ningde_sim.statistics.stopping import Precision
from ningde_sim.statistics.variance_shares import EVERY
from ningde_sim.studies.cheap_runs import CheapRuns, Readings, further_runs, number_of_further
from ningde_sim.studies.experiment import Experiment, Row, columns
from ningde_sim.studies.experiment_of import experiment_of
from ningde_sim.studies.kept_tables import RunTable, packed, stacked
from ningde_sim.studies.of_year import Inputs
from ningde_sim.studies.study import Study
from ningde_sim.year.scenario import Scenario

RUNS = 200
"""How many runs are made when neither their number nor a precision is asked for."""

REPEAT_STREAMS = 2**31
"""Added to the number of a run for the random streams of its repeat; no study has so many runs."""


class Record(NamedTuple):
    """A run on its way home; arrays and numbers only, but for the labels of the first run.

    Attributes
    ----------
    inputs, results : mapping of str to number
    repeat : mapping of str to number, or None
        The results of its repeat where it has one.
    tables : mapping of str to RunTable
        What it keeps.
    exits : Packed or None
    cheap : mapping of str to number
        Its readings of the cheap model; empty without a control.
    """

    inputs: Row
    results: Row
    repeat: Row | None
    tables: Mapping[str, RunTable]
    exits: Packed | None
    cheap: Row


def replicate(
    what: Shop | Scenario | Experiment,
    *,
    hours: float | None = None,
    calendar: Calendar | Mapping[str, Any] | None = None,
    start: datetime.date | str | None = None,
    days: int | None = None,
    warm_up: float = 0.0,
    inputs: Inputs = "drawn",
    runs: int | None = None,
    precision: float | Mapping[str, float] | None = None,
    seed: int,
    workers: int | None = None,
    target: float | None = None,
    control_runs: int | None = None,
    engine: Engine = "compiled",
    keep: Sequence[str] = (),
    every: float | None = None,
    progress: bool | None = None,
) -> Study:
    """Run a shop or a year many times: the Monte Carlo of this library.

    Each replication has its own random streams, and a year its own uncertain inputs.

    Run k of a shop is `simulate(..., run=k)`, that of a scenario `simulate_year` of
    `scenario.draw(seed, k)`, so the number of workers changes nothing. The work goes out through
    joblib: threads for the compiled engine, processes for the reference, and what a
    `joblib.parallel_config` around the call says instead, such as a cluster.

    Ctrl-C ends it with the runs that have finished, if any.

    Parameters
    ----------
    what : Shop, Scenario or Experiment
    hours : float
        Counted hours of each run of a shop by the clock, after the warm-up: time outside its
        working time counts too. Give either hours or a calendar. [h]
    calendar, start, days : optional
        Of a shop in place of hours, as for `simulate`.
    warm_up : float
        Hours of a shop that do not count, from the empty start; `ningde_sim.warm_up.how_long` tells
        how many it needs. [h]
    inputs : {"drawn", "typical"}
        Of a scenario: "drawn" draws its uncertain inputs for each run, "typical" keeps them at
        their typical values.
    runs : int, optional
        How many, from 1: 200 by default. With a precision the most that are made, 10,000 by
        default.
    precision : float or mapping, optional
        The half-width wanted of the 95 % interval of P(>= target), 0.02 for +-2 points; or
        {"probability": 0.02}, or {"mean": 500} in the unit of the main column. The study ends at
        the first look (after 128, 160, 224, 288, ... runs) at which the interval is so narrow;
        `stopping.stop` tells how such intervals hold.
    seed : int
        From 0 to 2**63 - 1.
    workers : int, optional
        How many at a time; all cores by default.
    target : float, optional
        The least of the main column that counts as reached; by default that of the scenario.
        [bodies, for a shop]
    control_runs : int, optional
        Where the experiment has a cheap model (`Experiment.cheap`), and at least 30 runs are made,
        so many further runs of it: with the readings of the runs themselves they are the control
        that makes intervals narrower, see `statistics.control`. By default 32 a run, at most
        8,192; 0 for no control.
    engine : {"compiled", "events", "reference"}
        Of a shop or scenario: all give equal results; the reference is slow.
    keep : sequence of str
        What is kept of each run besides its totals: tables of `ShopRun` or `YearRun` by name, such
        as "stations" or "monthly", for `Study.table`; of a shop also "exits", for `Study.time_of`.
        A cell takes 8 bytes a run, an exit at most some 4.
    every : float, optional
        Length of the periods of a shop's tables by period, such as "stations_by_period"; with a
        calendar 24 h by default. [h]
    progress : bool, optional
        Show a bar; by default on a terminal.

    Returns
    -------
    Study

    Raises
    ------
    TypeError, ValueError
        A number out of bounds, an unknown engine, a precision without a target.
    WorkerDied
        A worker process was killed, such as for want of memory.

    Warns
    -----
    PrecisionMissed
        The runs ended before the precision was reached.
    IncompleteStudy
        It was interrupted.
    WarmUpTooShort
        No body had left the shop when its warm-up ended (in run 0). Whether a longer one is too
        short the results cannot show: they are totals.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> shop = Shop("one", [Line("L", [Station("A", 60, scrap=0.1)])])
    >>> study = replicate(shop, hours=8, runs=50, seed=0, target=430)
    >>> print(study.mean())
    432.7 (430.5 to 434.9; 95 %, n = 50)
    >>> study = replicate(shop, hours=8, runs=50, seed=0, keep=["stations"])
    >>> study.table("stations").filter(like="scrapped").round(1)
             scrapped  scrapped_low  scrapped_high
    station
    A            47.3          45.1           49.5
    """
    experiment = experiment_of(
        "replicate",
        what,
        hours=hours,
        calendar=calendar,
        start=start,
        days=days,
        warm_up=warm_up,
        inputs=inputs,
        seed=seed,
        engine=engine,
        keep=keep,
        every=every,
    )
    owner = f"replicate {experiment.title!r}"
    seed = checks.stream_number(owner, "seed", seed)
    workers = number_of_workers(owner, workers)
    target = experiment.target if target is None else checks.finite(owner, "target", target)
    aim = None if precision is None else stopping.wanted(owner, precision, target)
    if runs is None:
        runs = stopping.MOST if aim else RUNS
    runs = checks.whole(owner, "runs", runs, low=1, high=REPEAT_STREAMS)
    m = number_of_further(owner, experiment, seed, asked=control_runs, runs=runs)
    study_of = partial(_study, experiment, seed=seed, target=target, precision=aim)
    records: list[Record] = []
    further: Readings = {}
    try:
        further = further_runs(experiment, seed, m, workers=workers, shown=progress)
        with closing(_records(experiment, seed, runs, aim, workers, progress, further)) as made:
            for record in made:
                records.append(record)
    except KeyboardInterrupt:
        if not records:
            raise
        warnings.warn(IncompleteStudy(len(records), runs), stacklevel=2)
        return study_of(records, further, complete=False)
    except BrokenExecutor as error:
        rule = f"a worker process died after {len(records):,} of at most {runs:,} runs"
        cure = "Often memory ran out: take fewer workers. The error's .finished holds these runs."
        finished = study_of(records, further, complete=False) if records else None
        raise WorkerDied(f"{owner}: {rule}. {cure}", finished) from error
    study = study_of(records, further)
    if aim and not aim.reached(study.column(), study.control()):
        missed = aim.estimate(study.column(), study.control())
        warnings.warn(PrecisionMissed(missed, aim.needed(missed)), stacklevel=2)
    experiment.check(estimate.mean(study.column(), level=0.95), seed)
    if stuck := experiment.stuck(study.values, seed):
        warnings.warn(stuck, stacklevel=2)
    return study


def _record(experiment: Experiment, seed: int, controlled: bool, run: int) -> Record:
    """One run in a worker, one in five with its repeat, which sends home rows."""
    inputs, results, kept = experiment.run_keeping(seed, run)
    repeated = bool(inputs) and not run % EVERY
    repeat = experiment.run(seed, run, run + REPEAT_STREAMS)[1] if repeated else None
    tables = {name: packed(table, with_labels=run == 0) for name, table in kept.tables.items()}
    exits = None if kept.exits is None else Packed()
    if exits is not None and kept.exits is not None:
        exits.add(kept.exits)
    cheap = experiment.cheap(seed, run) if controlled else {}
    return Record(inputs, results, repeat, tables, exits, cheap)


def _records(
    experiment: Experiment,
    seed: int,
    runs: int,
    aim: Precision | None,
    workers: int | None,
    progress: bool | None,
    further: Readings,
) -> Generator[Record, None, None]:
    """The records of the runs in their order, from as many workers, until they are enough."""
    looks = iter(stopping.looks(runs) if aim else [runs])
    look, values, cheap = next(looks), [], []
    with Work(
        partial(_record, experiment, seed, bool(further)),
        range(runs),
        title=experiment.title,
        total=look,
        workers=workers,
        prefer=experiment.prefer,
        shown=progress,
    ) as work:
        for record in work:
            yield record
            values.append(record.results[experiment.of])
            cheap.append(record.cheap)
            if aim and len(values) == look:
                control = CheapRuns(columns(cheap), further).control(experiment.of, experiment.of)
                half = stopping.half_width(aim.estimate(np.array(values), control))
                if half <= aim.wanted or look == runs:
                    break
                look = next(looks)
                work.show(f"+-{half:.3g} of {aim.wanted:g}", total=look)


def _study(
    experiment: Experiment,
    records: list[Record],
    further: Readings,
    *,
    seed: int,
    target: float | None,
    precision: Precision | None,
    complete: bool = True,
) -> Study:
    inputs, results, repeats, tables, exits, cheap = zip(*records, strict=True)
    repeated = {run: row for run, row in enumerate(repeats) if row is not None}
    numbers = {"run": np.array(list(repeated))} if repeated else {}
    return Study(
        experiment,
        columns(results),
        target,
        seed,
        VERSION,
        columns(inputs),
        {**numbers, **columns(list(repeated.values()))} if repeated else {},
        complete,
        precision,
        tables={
            name: stacked(f"replicate {experiment.title!r}", name, [of[name] for of in tables])
            for name in tables[0]
        },
        exits=tuple(times for times in exits if times is not None),
        cheap=CheapRuns(columns(cheap), further),
    )
