"""The one Monte Carlo: many runs of one description, read as estimates with intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from types import MappingProxyType

import joblib
import numpy as np
import pandas as pd

from ningde_sim import estimate
from ningde_sim.engine.rules import STATES
from ningde_sim.engine.simulation import Engine, ShopRun, check_request, simulate
from ningde_sim.estimate import Estimate, Values
from ningde_sim.plant import checks
from ningde_sim.plant.shop import Shop
from ningde_sim.progress import bar

Row = dict[str, float]

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "bodies": "bodies",
        "throughput": "bodies/h",
        "scrapped": "bodies",
        "reworked": "bodies",
        "failures": "failures",
        **dict.fromkeys(STATES, "station hours"),
    }
)
"""What a study keeps of each run, and its unit."""


@dataclass(frozen=True, repr=False, eq=False)
class Study:
    """What many runs of a shop gave.

    Attributes
    ----------
    shop : Shop  What was run.
    hours : float  Counted hours of each run. [h]
    warm_up : float  Hours before them that do not count. [h]
    seed : int  Which luck they had; the runs are those numbered from 0.
    engine : str  Which engine ran.
    version : str  Of this library.
    target : float or None  Bodies in the counted hours that are aimed at. [bodies]
    values : mapping of arrays, shape (n,)  The columns of `runs`, but its first.
    """

    shop: Shop
    hours: float
    warm_up: float
    seed: int
    engine: str
    version: str
    target: float | None
    values: Mapping[str, Values]

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.values["bodies"])

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run: its number, bodies, bodies an hour, scrapped, reworked, failures, states.

        The states (working, planned, down, waiting, blocked, starved, off) are in hours, summed
        over the stations.
        """
        return pd.DataFrame({"run": np.arange(self.n), **self.values})

    def column(self, of: str) -> Values:
        """The results of all runs, in the order of the runs, shape (n,). [UNITS[of]]"""
        if of not in self.values:
            rule = f"of must be one of {', '.join(self.values)}"
            raise ValueError(checks.complain(self._owner, rule, of))
        return self.values[of]

    def probability(
        self, target: float | None = None, *, of: str = "bodies", level: float = 0.95
    ) -> Estimate:
        """How likely a run reaches the target, with the exact interval of Clopper and Pearson.

        Parameters
        ----------
        target : float, optional  The least that counts as reached; the study's own by default,
            which is in bodies. [UNITS[of]]
        of : str  A column of `runs`.
        level : float  Confidence, between 0 and 1. [-]

        Raises
        ------
        ValueError, TypeError
            No target, an unknown column, a level out of bounds.

        Warns
        -----
        FewRuns
            Fewer than 10 runs.
        """
        least = self.target if target is None and of == "bodies" else target
        if least is None:
            cure = "Give it here, or to replicate."
            raise ValueError(checks.complain(self._owner, f"{of} has no target", target, cure))
        least = checks.number(self._owner, "target", least)
        hits = int(np.sum(self.column(of) >= least))
        level = self._share("level", level)
        return estimate.warn(estimate.probability(hits, self.n, level=level))

    def mean(self, *, of: str = "bodies", level: float = 0.95) -> Estimate:
        """The mean of a run, with Student's t interval.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        level = self._share("level", level)
        return estimate.warn(estimate.mean(self.column(of), level=level))

    def quantile(self, q: float, *, of: str = "bodies", level: float = 0.95) -> Estimate:
        """What a share `q` of the runs stays at or below, with an interval of order statistics.

        It holds whatever the distribution; its `level` is the one reached, at least that asked
        for. Where the runs are too few for a bound, the end is infinite.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; fewer than bound this quantile (72 for 5 % or 95 %).
        """
        q, level = self._share("q", q), self._share("level", level)
        found = estimate.quantile(self.column(of), q, level=level)
        return estimate.warn(found, needed=estimate.runs_for_quantile(q, level=level))

    def minus(self, other: Study, *, of: str = "bodies", level: float = 0.95) -> Estimate:
        """The mean difference to another study, run by run on the same luck, with its t interval.

        Both had the same seed, so run k of both had the same draws, and what they share cancels:
        the interval is much narrower than those of the two means.

        Raises
        ------
        ValueError
            The studies differ in seed, hours, warm-up or number of runs.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        for field in ("seed", "hours", "warm_up", "n"):
            ours, theirs = getattr(self, field), getattr(other, field)
            if ours != theirs:
                rule = f"both studies must have the same {field} as the first, {ours:g}"
                raise ValueError(checks.complain(f"{self._owner} minus", rule, theirs))
        level = self._share("level", level)
        return estimate.warn(estimate.mean(self.column(of) - other.column(of), level=level))

    def _share(self, field: str, value: float) -> float:
        share = checks.number(self._owner, field, value, above=True)
        if share >= 1:
            cure = "It is a share: 0.95 for 95 %."
            rule = f"{field} must be less than 1"
            raise ValueError(checks.complain(self._owner, rule, value, cure))
        return share

    @property
    def _owner(self) -> str:
        return f"Study {self.shop.name!r}"

    def __repr__(self) -> str:
        bodies = estimate.mean(self.values["bodies"], level=0.95)
        return (
            f"Study({self.shop.name!r}, {self.n} runs of {self.hours:g} h, seed={self.seed}, "
            f"engine={self.engine!r}: bodies {bodies})"
        )

    def summary(self) -> str:
        """A dozen lines: what was run, what came out, what its intervals mean.

        It does not warn: where the runs are too few, the text says so.
        """
        return "\n".join(_summary(self))


def _summary(study: Study) -> list[str]:
    bodies = study.values["bodies"]
    low, middle, high = (estimate.quantile(bodies, q, level=0.95) for q in (0.05, 0.5, 0.95))
    rate = estimate.mean(study.values["throughput"], level=0.95)
    needed = estimate.runs_for_quantile(0.05, level=0.95)
    lines = [
        f"{study.shop.name}: {study.n:,} runs of {study.hours:g} h after {study.warm_up:g} h",
        f"  bodies            {estimate.mean(bodies, level=0.95)}, the mean",
        f"  5 % of runs       {low} or less",
        f"  half of them      {middle} or less",
        f"  95 % of runs      {high} or less",
        f"  bodies an hour    {rate}",
        f"  failures          {estimate.mean(study.values['failures'], level=0.95)} a run",
        f"  luck              seed {study.seed}, {study.engine} engine, version {study.version}",
        "  interval          of luck only: it says nothing about inputs that are not known",
        *(f"  note              {note}" for note in study.shop.notes),
    ]
    if study.target is not None:
        reached = estimate.probability(int(np.sum(bodies >= study.target)), study.n, level=0.95)
        lines.insert(1, f"  P(>= {study.target:,.0f})".ljust(20) + f"{reached}")
    if study.n < needed:
        lines.append(f"  few runs          {needed} runs bound the 5 % and 95 % on both sides")
    return lines


def _row(run: ShopRun) -> Row:
    """What a study keeps of a run; `UNITS` names the same."""
    stations = run.stations
    counts = {name: int(stations[name].sum()) for name in ("scrapped", "reworked", "failures")}
    hours = {state: float(stations[state].sum()) for state in STATES}
    return {"bodies": run.bodies, "throughput": run.throughput, **counts, **hours}


def _run(shop: Shop, *, hours: float, warm_up: float, seed: int, run: int, engine: Engine) -> Row:
    """One run in a worker, which sends home a row and keeps the arrays."""
    return _row(
        simulate(
            shop, hours=hours, warm_up=warm_up, seed=seed, run=run, engine=engine, progress=False
        )
    )


def replicate(
    shop: Shop,
    *,
    hours: float,
    warm_up: float = 0.0,
    runs: int,
    seed: int,
    workers: int | None = None,
    target: float | None = None,
    engine: Engine = "compiled",
    progress: bool | None = None,
) -> Study:
    """Run a shop many times, each run with its own luck.

    Run k is `simulate(..., run=k)`, so the number of workers changes nothing. The work goes out
    through joblib: threads for the compiled engine, processes for the reference, and what a
    `joblib.parallel_config` around the call says instead, such as a cluster.

    Parameters
    ----------
    shop : Shop
    hours : float  Counted hours of each run, after the warm-up. [h]
    warm_up : float  Hours that do not count, from the empty start. [h]
    runs : int  How many, from 1.
    seed : int  From 0 to 2**63 - 1.
    workers : int, optional  How many at a time; all cores by default.
    target : float, optional  Bodies in the counted hours that are aimed at. [bodies]
    engine : {"compiled", "reference"}  Both give equal results; the reference is slow.
    progress : bool, optional  Show a bar; by default on a terminal.

    Returns
    -------
    Study

    Raises
    ------
    TypeError, ValueError
        A number out of bounds, an unknown engine.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station
    >>> shop = Shop("one", [Line("L", [Station("A", 60, scrap=0.1)])])
    >>> study = replicate(shop, hours=8, runs=50, seed=0, target=430)
    >>> print(study.mean())
    432.7 (430.5 to 434.9; 95 %, n = 50)
    """
    owner, hours, warm_up, seed = check_request(
        "replicate", shop, hours=hours, warm_up=warm_up, seed=seed, engine=engine
    )
    runs = checks.whole(owner, "runs", runs, low=1)
    if workers is not None:
        cure = "None takes all cores."
        workers = checks.whole(owner, "workers", workers, low=1, cure=cure)
    if target is not None:
        target = checks.number(owner, "target", target)
    task = partial(_run, shop, hours=hours, warm_up=warm_up, seed=seed, engine=engine)
    kind = "threads" if engine == "compiled" else "processes"
    rows = _spread(task, runs, workers=workers, kind=kind, title=shop.name, progress=progress)
    return Study(shop, hours, warm_up, seed, engine, version("ningde-sim"), target, _columns(rows))


def _spread(
    task: Callable[..., Row],
    runs: int,
    *,
    workers: int | None,
    kind: str,
    title: str,
    progress: bool | None,
) -> list[Row]:
    """The rows of all runs in their order, from as many workers; Ctrl-C ends them."""
    parallel = joblib.Parallel(
        n_jobs=-1 if workers is None else workers, prefer=kind, return_as="generator"
    )
    found = []
    with (
        _closing(parallel(joblib.delayed(task)(run=run) for run in range(runs))) as rows,
        bar(title, total=runs, unit="run", shown=progress) as shown,
    ):
        for row in rows:
            found.append(row)
            shown.update(1)
    return found


@contextmanager
def _closing(rows: Generator[Row, None, None]) -> Iterator[Generator[Row, None, None]]:
    """End the workers; joblib's warning that it cancels what they do is what Ctrl-C asks for."""
    try:
        yield rows
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            rows.close()


def _columns(rows: list[Row]) -> Mapping[str, Values]:
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    for column in columns.values():
        column.flags.writeable = False
    return columns
