"""The one Monte Carlo: run a case many times, until it has been run often enough."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import closing
from functools import partial
from importlib.metadata import version
from typing import Any, get_args

import numpy as np

from ningde_sim._support import checks
from ningde_sim._support.parallel import each, number_of_workers
from ningde_sim._support.progress import bar
from ningde_sim.engine.simulate import Engine, check_request
from ningde_sim.exceptions import IncompleteStudy, PrecisionMissed, WarmUpTooShort, WorkerDied
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics import estimate, stopping
from ningde_sim.statistics.estimate import Values
from ningde_sim.statistics.stopping import Precision
from ningde_sim.studies.experiment import Case, Row
from ningde_sim.studies.of_shop import ShopCase
from ningde_sim.studies.of_year import Uncertainty, YearCase
from ningde_sim.studies.study import EVERY, Study
from ningde_sim.warm_up import nothing_leaves
from ningde_sim.year.scenario import Scenario

RUNS = 200
"""How many runs are made when neither their number nor a precision is asked for."""

OTHER_LUCK = 2**31
"""What is added to the number of a run for the luck of its twin; no study has so many runs."""

Record = tuple[Row, Row, Row | None]
"""The inputs of a run, its results, and those of its twin where it has one."""


def replicate(
    what: Shop | Scenario | Case,
    *,
    hours: float | None = None,
    warm_up: float = 0.0,
    uncertainty: Uncertainty = "all",
    runs: int | None = None,
    precision: float | Mapping[str, float] | None = None,
    seed: int,
    workers: int | None = None,
    target: float | None = None,
    engine: Engine = "compiled",
    progress: bool | None = None,
) -> Study:
    """Run a shop or a year many times, each run with its own luck, and a year with its own inputs.

    Run k of a shop is `simulate(..., run=k)`, that of a scenario `simulate_year` of
    `scenario.draw(seed, k)`, so the number of workers changes nothing. The work goes out through
    joblib: threads for the compiled engine, processes for the reference, and what a
    `joblib.parallel_config` around the call says instead, such as a cluster.

    Ctrl-C ends it with the runs that have finished, once there is one.

    Parameters
    ----------
    what : Shop, Scenario or Case
    hours : float  Counted hours of each run of a shop, after the warm-up. [h]
    warm_up : float  Hours of a shop that do not count, from the empty start;
        `ningde_sim.warm_up.how_long` tells how many it needs. [h]
    uncertainty : {"all", "luck"}  Of a scenario: "all" draws its doubtful inputs for each run,
        "luck" keeps them at their typical values.
    runs : int, optional  How many, from 1: 200 by default. With a precision the most that are
        made, 10,000 by default.
    precision : float or mapping, optional  The half-width wanted of the 95 % interval of P(>=
        target), 0.02 for +-2 points; or {"probability": 0.02}, or {"mean": 500} in the unit of
        the main column. The study ends at the first look (after 128, 160, 224, 288, ... runs)
        at which the interval is so narrow; `stopping.stop` tells how such intervals hold.
    seed : int  From 0 to 2**63 - 1.
    workers : int, optional  How many at a time; all cores by default.
    target : float, optional  The least of the main column that counts as reached; by default that
        of the scenario. [bodies, for a shop]
    engine : {"compiled", "reference"}  Of a shop or scenario: both give equal results; the
        reference is slow.
    progress : bool, optional  Show a bar; by default on a terminal.

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
        There is a warm-up, and no body had left the shop when it ended (in run 0). Whether a
        longer one is too short the results cannot tell: they are totals.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> shop = Shop("one", [Line("L", [Station("A", 60, scrap=0.1)])])
    >>> study = replicate(shop, hours=8, runs=50, seed=0, target=430)
    >>> print(study.mean())
    432.7 (430.5 to 434.9; 95 %, n = 50)
    """
    case = case_of(
        "replicate",
        what,
        hours=hours,
        warm_up=warm_up,
        uncertainty=uncertainty,
        seed=seed,
        engine=engine,
    )
    owner = f"replicate {case.title!r}"
    seed = checks.luck(owner, "seed", seed)
    workers = number_of_workers(owner, workers)
    target = case.target if target is None else checks.finite(owner, "target", target)
    aim = None if precision is None else stopping.wanted(owner, precision, target)
    if runs is None:
        runs = stopping.MOST if aim else RUNS
    runs = checks.whole(owner, "runs", runs, low=1, high=OTHER_LUCK)
    made = partial(_study, case, seed=seed, target=target, precision=aim)
    found: list[Record] = []
    try:
        with closing(_spread(case, seed, runs, aim, workers, progress)) as records:
            for record in records:
                found.append(record)
    except KeyboardInterrupt:
        if not found:
            raise
        warnings.warn(IncompleteStudy(len(found), runs), stacklevel=2)
        return made(found, complete=False)
    except BrokenExecutor as error:
        rule = f"a worker process died after {len(found):,} of at most {runs:,} runs"
        cure = "Often memory ran out: take fewer workers. The error's .finished holds these runs."
        study = made(found, complete=False) if found else None
        raise WorkerDied(f"{owner}: {rule}. {cure}", study) from error
    study = made(found)
    if aim and not aim.reached(study.column()):
        missed = aim.estimate(study.column())
        warnings.warn(PrecisionMissed(missed, aim.needed(missed)), stacklevel=2)
    if (
        isinstance(case, ShopCase)
        and case.warm_up
        and nothing_leaves(case.shop, case.warm_up, seed=seed, engine=case.engine)
    ):
        counted = estimate.mean(study.column(), level=0.95)
        warnings.warn(WarmUpTooShort(counted, case.warm_up), stacklevel=2)
    return study


def case_of(
    caller: str,
    what: Shop | Scenario | Case,
    *,
    hours: float | None,
    warm_up: float,
    uncertainty: Uncertainty,
    seed: int,
    engine: Engine,
) -> Case:
    """What is repeated, checked."""
    if isinstance(what, Scenario):
        owner = f"{caller} {what.name!r}"
        if uncertainty not in get_args(Uncertainty):
            rule = "uncertainty must be 'all' or 'luck'"
            raise ValueError(checks.complain(owner, rule, uncertainty))
        what = YearCase(what, uncertainty, engine)
    if isinstance(what, Case):
        if hours is not None or warm_up:
            rule = "hours and warm_up are of shops"
            raise ValueError(checks.complain(f"{caller} {what.title!r}", rule, hours))
        return what
    if not isinstance(what, Shop):
        rule = "it must be given a Shop or a Scenario"
        cure = "Call it." if callable(what) else 'scenario("ningde-2021") gives one.'
        raise TypeError(checks.complain(caller, rule, what, cure))
    asked: Any = {"hours": hours, "warm_up": warm_up, "seed": seed, "engine": engine}
    _, hours, warm_up, _ = check_request(caller, what, **asked)
    return ShopCase(what, hours, warm_up, engine=engine)


def _record(case: Case, seed: int, run: int) -> Record:
    """One run in a worker, one in five with its twin, which sends home rows."""
    inputs, results = case.run(seed, run)
    if not inputs or run % EVERY:
        return inputs, results, None
    return inputs, results, case.run(seed, run, run + OTHER_LUCK)[1]


def _spread(
    case: Case,
    seed: int,
    runs: int,
    aim: Precision | None,
    workers: int | None,
    progress: bool | None,
) -> Generator[Record, None, None]:
    """The records of the runs in their order, from as many workers, until they are enough.

    The workers are always a few runs ahead; what they are at when it ends is dropped.
    """
    task = partial(_record, case, seed)
    looks = iter(stopping.looks(runs) if aim else [runs])
    look, values = next(looks), []
    with (
        each(task, range(runs), workers=workers, prefer=case.prefer) as records,
        bar(case.title, total=look, unit="run", shown=progress) as shown,
    ):
        for record in records:
            yield record
            values.append(record[1][case.of])
            shown.update(1)
            if aim and len(values) == look:
                half = stopping.half_width(aim.estimate(np.array(values)))
                shown.set_postfix_str(f"+-{half:.3g} of {aim.wanted:g}")
                if half <= aim.wanted or look == runs:
                    break
                look = shown.total = next(looks)


def _study(
    case: Case,
    found: list[Record],
    *,
    seed: int,
    target: float | None,
    precision: Precision | None,
    complete: bool = True,
) -> Study:
    inputs, results, others = zip(*found, strict=True)
    twins = {run: row for run, row in enumerate(others) if row is not None}
    return Study(
        case,
        _columns(results),
        target,
        seed,
        version("ningde-sim"),
        _columns(inputs),
        {"run": np.array(list(twins)), **_columns(list(twins.values()))} if twins else {},
        complete,
        precision,
    )


def _columns(rows: Any) -> Mapping[str, Values]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
