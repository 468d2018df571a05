"""What each improvement of a shop brings: a prediction for all, a rerun for the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.parallel import MOST_RUNS, number_of_workers, run_all
from ningde_sim._support.summary import wrapped
from ningde_sim._support.version import VERSION
from ningde_sim.engine.simulate import check_request
from ningde_sim.improve.actions import Action, improvements, predict
from ningde_sim.plant.shop import Shop
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.sweep import sweep

VERIFIED = ["verified", "verified_low", "verified_high"]
"""Columns of a rerun."""


@dataclass(frozen=True, repr=False, eq=False)
class Gains:
    """What actions bring: a prediction for each, and for some the result of a rerun.

    Attributes
    ----------
    shop : Shop
        The shop before any action.
    hours, warm_up : float
        Of each run. [h]
    runs, seed : int
        Predictions come from the critical paths of runs 0, 1, ... of the seed.
    bodies : Estimate
        What the shop makes as it is. [bodies in the counted hours]
    table : DataFrame
        A row an action, the largest prediction first: thing, kind; predicted, low, high, the
        mean over the runs and its interval; verified, verified_low, verified_high, the mean
        gain of a rerun with common random numbers, NaN where none was made. All but the names
        in bodies in the counted hours.
    actions : tuple of Action
        In the order of the table.
    version : str
        Of this library.
    """

    shop: Shop
    hours: float
    warm_up: float
    runs: int
    seed: int
    bodies: estimate.Estimate
    table: pd.DataFrame
    actions: tuple[Action, ...]
    version: str

    def __repr__(self) -> str:
        top = self.table.iloc[0]
        return (
            f"Gains({self.shop.name!r}, {len(self.table)} actions, {self.runs} runs of "
            f"{self.hours:g} h, seed={self.seed}: {top['thing']} {top['kind']} {_gain(top)})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self, most: int = 10) -> str:
        """What was verified, then the largest other predictions, `most` rows in all."""
        return wrapped("\n".join(self._lines(most)))

    def _lines(self, most: int) -> Iterator[str]:
        yield f"{self.shop.name}: what each action brings, bodies in {self.hours:g} h"
        yield f"  as it is  {self.bodies}"
        verified = self.table.dropna().sort_values("verified", ascending=False, kind="stable")
        clear = (verified["verified_low"] > 0) | (verified["verified_high"] < 0)
        verified = pd.concat([verified[clear], verified[~clear]])
        rest = self.table[self.table["verified"].isna()]
        shown = pd.concat([verified, rest.head(max(0, most - len(verified)))])
        wide = [max(len(str(v)) for v in shown[name]) for name in ("thing", "kind")]
        for _, row in shown.iterrows():
            yield f"  {row['thing']:<{wide[0]}}  {row['kind']:<{wide[1]}}  {_gain(row)}"
        yield "  predicted from the critical path: mostly too high, rough for capacity and copies"
        yield (
            f"  {self.runs:,} runs, seed {self.seed}, 95 % intervals of random variation only; "
            f"version {self.version}"
        )
        yield from (f"  note      {note}" for note in self.shop.notes)


def _gain(row: pd.Series[Any]) -> str:
    """Such as +31 (+12 to +50), predicted +45; or the prediction with its warning."""
    if np.isnan(row["verified"]):
        return f"{row['predicted']:+,.1f} predicted, NOT VERIFIED"
    low, high = row["verified_low"], row["verified_high"]
    chance = "" if low > 0 or high < 0 else ": may be chance"
    return (
        f"{row['verified']:+,.1f} ({low:+,.1f} to {high:+,.1f}){chance}, "
        f"predicted {row['predicted']:+,.1f}"
    )


def gains(
    shop: Shop,
    *,
    hours: float,
    warm_up: float = 0.0,
    runs: int = 10,
    seed: int,
    verify: int = 0,
    workers: int | None = None,
    progress: bool | None = None,
) -> Gains:
    """Predict what improvements at every station and store bring, and rerun the best.

    The actions are, at each station, 1 s off its cycle, repairs 10 % shorter (MTTR) and 10 % more
    time between failures (MTBF), those of its robots included; 1 s off all cycles of a line; room
    for one part more in each store and each buffer; one machine more, which is a copy of a line of
    one station or beside other copies; one crew more. An action that saves nothing on the path of
    any run is left out: it is predicted to bring nothing.

    Predictions are local, see `improve.actions`; only reruns show what is true. Where stations have
    equal cycles, the path goes through the last of them. To make one of them faster brings nothing,
    whatever is predicted; all of them together bring something. A copy more is predicted as if its
    line went on to set the pace.

    Parameters
    ----------
    shop : Shop
    hours, warm_up : float
        As in `simulate`. [h]
    runs : int
        How many critical paths are read, at least 2.
    seed : int
        From 0 to 2**63 - 1.
    verify : int
        How many actions are run again, with common random numbers: the largest prediction of each
        kind, then the second of each, and so on, because predictions of two kinds compare badly.
        All their intervals hold together at 95 %.
    workers : int, optional
        How many runs at a time; all cores by default. It changes no result.
    progress : bool, optional
        Show a bar; by default on a terminal.

    Returns
    -------
    Gains

    Raises
    ------
    TypeError, ValueError
        A number out of bounds; nothing on the path that an action could improve.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station, improve
    >>> line = Line("L", [Station("A", 50), Station("B", 60)])
    >>> shop = Shop("two", [line])
    >>> result = improve.gains(shop, hours=8, runs=2, seed=0, verify=2, progress=False)
    >>> print(*result.summary(2).splitlines()[2:4], sep=chr(10))
      L  cycle -1 s, all stations  +8.0 (+8.0 to +8.0), predicted +8.1
      B  cycle -1 s                +8.0 (+8.0 to +8.0), predicted +8.1

    References
    ----------
    Derivatives by following the critical path of one run: Ho and Cao (1991), Perturbation
    Analysis of Discrete Event Dynamic Systems.
    """
    owner, hours, warm_up, seed, _ = check_request(
        "gains", shop, hours=hours, warm_up=warm_up, seed=seed, engine="compiled"
    )
    runs = checks.whole(owner, "runs", runs, low=2, high=MOST_RUNS)
    verify = checks.whole(owner, "verify", verify)
    workers = number_of_workers(owner, workers)
    actions, savings = zip(*improvements(shop), strict=True)
    task, title = partial(predict, shop, hours, warm_up, seed, savings), "critical path"
    by_run = run_all(
        task, range(runs), title=f"{shop.name}: {title}", workers=workers, shown=progress
    )
    bodies, predicted = zip(*by_run, strict=True)
    table, ranked = _ranked(actions, np.array(predicted))
    if table.empty:
        rule = "something that an action improves must be on the critical path"
        raise ValueError(checks.complain(owner, rule, f"{bodies[0]} bodies in {hours:g} h"))
    if verify:
        best = _in_turn(table["kind"])[:verify]
        reruns = sweep(
            shop,
            [{}, *(dict(ranked[k].changes) for k in best)],
            hours=hours,
            warm_up=warm_up,
            runs=runs,
            seed=seed,
            workers=workers,
            progress=progress,
        ).against(0)
        table.loc[best, VERIFIED] = reruns[["difference", "low", "high"]].to_numpy()
    as_it_is = estimate.mean(np.array(bodies, float), level=0.95)
    return Gains(shop, hours, warm_up, runs, seed, as_it_is, table, ranked, VERSION)


def _ranked(
    actions: Sequence[Action], predicted: Values
) -> tuple[pd.DataFrame, tuple[Action, ...]]:
    """The actions that bring anything in any run, the largest prediction first, none verified."""
    ranking = np.argsort(-predicted.mean(axis=0), kind="stable")
    order = [k for k in ranking if predicted[:, k].any()]
    ranked = tuple(actions[k] for k in order)
    means = [estimate.mean(predicted[:, k], level=0.95) for k in order]
    table = pd.DataFrame(
        {
            "thing": [action.thing for action in ranked],
            "kind": [action.kind for action in ranked],
            "predicted": [mean.value for mean in means],
            "low": [mean.low for mean in means],
            "high": [mean.high for mean in means],
        }
    )
    table[VERIFIED] = np.nan
    return table, ranked


def _in_turn(kinds: pd.Series[Any]) -> list[int]:
    """The rows in which each kind has its turn: the first of each, the second of each, ..."""
    turn = kinds.groupby(kinds, sort=False).cumcount()
    return [int(k) for k in turn.sort_values(kind="stable").index]
