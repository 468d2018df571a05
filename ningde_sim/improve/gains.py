"""What each improvement of a shop brings, from the critical path of its runs.

A second less of a step on the path brings the last body a second earlier, as long as the path
stays the same; in the time that is won the shop makes bodies at its new pace. What an action takes
off the path in that sense is its prediction; where work is shorter, that goes for the failures of
its operating time as well. It is a local estimate: for shorter times mostly too high, since another
path takes over; for a place more in a store it counts each time that the path waited for a place
there as one body, of which the rest of the shop may leave little, so that even the order of places
may be wrong. Only a rerun on the same luck tells what is true, and `verify` makes these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.parallel import number_of_workers, run_all
from ningde_sim._support.summary import wrapped
from ningde_sim._support.version import VERSION
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.simulate import check_request, simulate
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Robot, Station
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.sweep import sweep

FASTER = 1.0
"""What is taken off a cycle. [s]"""

SHORTER, RARER = 0.9, 1.1
"""What repairs and times between failures are multiplied by. [-]"""

CYCLE = f"cycle -{FASTER:g} s"
REPAIRS = f"repairs {SHORTER - 1:+.0%}"
FAILURES = f"time between failures {RARER - 1:+.0%}"
PLACE, CREW = "one place more", "one crew more"

VERIFIED = ["verified", "verified_low", "verified_high"]
"""Columns of a rerun."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to improve.

    Parameters
    ----------
    thing, kind : str
        Where, and what: such as "FIN-220" and "cycle -1 s".
    changes : mapping
        Values by path, as `Shop.replace` takes them.
    """

    thing: str
    kind: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, repr=False, eq=False)
class Gains:
    """What actions bring: predicted, and of some of them the truth.

    Attributes
    ----------
    shop : Shop
        What they would improve.
    hours, warm_up : float
        Of each run. [h]
    runs, seed : int
        Whose critical paths were read: runs 0, 1, ... of the seed.
    bodies : Estimate
        What the shop makes as it is. [bodies in the counted hours]
    table : DataFrame
        A row an action, the largest prediction first: thing, kind; predicted, low, high, the
        mean over the runs and its interval; verified, verified_low, verified_high, the mean
        gain of a rerun on the same luck, NaN where none was made. All but the names in bodies
        in the counted hours.
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
            f"{self.hours:g} h, seed={self.seed}: {top['thing']} {top['kind']} {_told(top)})"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self, most: int = 10) -> str:
        """What was verified, then the `most` largest predictions of the rest, which say so."""
        return wrapped("\n".join(self._lines(most)))

    def _lines(self, most: int) -> Iterator[str]:
        yield f"{self.shop.name}: what each action brings, bodies in {self.hours:g} h"
        yield f"  as it is  {self.bodies}"
        verified = self.table.dropna().sort_values("verified", ascending=False, kind="stable")
        told = (verified["verified_low"] > 0) | (verified["verified_high"] < 0)
        verified = pd.concat([verified[told], verified[~told]])
        rest = self.table[self.table["verified"].isna()]
        shown = pd.concat([verified, rest.head(max(0, most - len(verified)))])
        wide = [max(len(str(v)) for v in shown[name]) for name in ("thing", "kind")]
        for _, row in shown.iterrows():
            yield f"  {row['thing']:<{wide[0]}}  {row['kind']:<{wide[1]}}  {_told(row)}"
        yield "  predicted from the critical path: local, mostly too high, for places rough"
        yield (
            f"  {self.runs:,} runs, seed {self.seed}, 95 % intervals of luck only; "
            f"version {self.version}"
        )
        yield from (f"  note      {note}" for note in self.shop.notes)


def _told(row: pd.Series[Any]) -> str:
    """Such as +31 (+12 to +50), predicted +45; or the prediction with its warning."""
    if np.isnan(row["verified"]):
        return f"{row['predicted']:+,.1f} predicted, NOT VERIFIED"
    low, high = row["verified_low"], row["verified_high"]
    luck = "" if low > 0 or high < 0 else ": may be luck"
    return (
        f"{row['verified']:+,.1f} ({low:+,.1f} to {high:+,.1f}){luck}, "
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

    The actions are, at each station, 1 s off its cycle, repairs 10 % shorter and 10 % more time
    between failures (with its robots'); 1 s off all cycles of a line; one place more in each store
    and gap; one crew more. What is never on the path of any run is left out: it is predicted to be
    to bring nothing. Among stations of one cycle the path goes through the last: one alone that is
    made faster brings nothing, whatever is predicted; only all of them do.

    Parameters
    ----------
    shop : Shop
    hours, warm_up : float
        As in `simulate`. [h]
    runs : int
        Whose critical paths are read, at least 2.
    seed : int
        From 0 to 2**63 - 1.
    verify : int
        How many actions are run again as changed, on the same luck: that of the largest prediction
        of each kind, then the second of each, and so on, since predictions of two kinds compare
        badly. All their intervals hold together at 95 %.
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
        A number out of bounds; nothing is on the path that an action could improve.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station, improve
    >>> line = Line("L", [Station("A", 50), Station("B", 60)])
    >>> found = improve.gains(Shop("two", [line]), hours=8, runs=2, seed=0, verify=1, progress=False)
    >>> print(found.summary(1).splitlines()[2])
      L  cycle -1 s, all stations  +8.0 (+8.0 to +8.0), predicted +8.0

    References
    ----------
    Derivatives by following the critical path of one run: Ho and Cao (1991), Perturbation
    Analysis of Discrete Event Dynamic Systems.
    """
    owner, hours, warm_up, seed = check_request(
        "gains", shop, hours=hours, warm_up=warm_up, seed=seed, engine="compiled"
    )
    runs = checks.whole(owner, "runs", runs, low=2)
    verify = checks.whole(owner, "verify", verify)
    workers = number_of_workers(owner, workers)
    actions, savings = zip(*_actions(Layout(shop, 1)), strict=True)
    task, title = (
        partial(_gains, shop, hours, warm_up, seed, savings),
        f"{shop.name}: critical path",
    )
    made = run_all(task, range(runs), title=title, workers=workers, shown=progress)
    bodies, predicted = zip(*made, strict=True)
    table, ranked = _ranked(actions, np.array(predicted))
    if table.empty:
        rule = "something that an action improves must be on the critical path"
        raise ValueError(checks.complain(owner, rule, f"{bodies[0]} bodies in {hours:g} h"))
    if verify:
        best = _in_turn(table["kind"])[:verify]
        again = sweep(
            shop,
            [{}, *(dict(ranked[k].changes) for k in best)],
            hours=hours,
            warm_up=warm_up,
            runs=runs,
            seed=seed,
            workers=workers,
            progress=progress,
        ).against(0)
        table.loc[best, VERIFIED] = again[["difference", "low", "high"]].to_numpy()
    as_it_is = estimate.mean(np.array(bodies, float), level=0.95)
    told = (as_it_is, table, ranked, VERSION)
    return Gains(shop, hours, warm_up, runs, seed, *told)


def _ranked(actions: Sequence[Action], gains: Values) -> tuple[pd.DataFrame, tuple[Action, ...]]:
    """The actions that bring anything in any run, the largest prediction first, none verified."""
    order = [k for k in np.argsort(-gains.mean(axis=0), kind="stable") if gains[:, k].any()]
    ranked = tuple(actions[k] for k in order)
    means = [estimate.mean(gains[:, k], level=0.95) for k in order]
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


@dataclass(frozen=True, slots=True)
class _Saving:
    """What an action takes off the path.

    Parameters
    ----------
    shares : mapping of int to float
        Of the time of things, numbered as in the layout. [-]
    faster : tuple of int
        Whose steps that came to their end are each shorter by `FASTER`.
    gap : int
        Or: waits for a place in this gap, -1 for none.
    """

    shares: Mapping[int, float]
    faster: tuple[int, ...] = ()
    gap: int = -1


def _gains(
    shop: Shop, hours: float, warm_up: float, seed: int, savings: Sequence[_Saving], run: int
) -> tuple[int, Values]:
    """The bodies of a run, and how many more each action would bring, shape (n_actions,)."""
    found = simulate(
        shop, hours=hours, warm_up=warm_up, seed=seed, run=run, critical_path=True, progress=False
    )
    path = found.critical_steps
    told, crossed = path.table(), path.crossed()
    ms, times = np.zeros(len(path.things)), np.zeros(len(path.things))
    ms[told["number"]], times[told["number"]] = told["ms"], told["times"]
    opened = ms.sum() - ms[path.layout.n_things : path.layout.stuck].sum()
    calendar = [i for i, f in enumerate(path.layout.failures) if f.failure.clock == "calendar"]
    by_time = sum(ms[path.layout.repair(i)] + ms[path.layout.wait(i)] for i in calendar)
    gains = np.empty(len(savings))
    for k, saving in enumerate(savings):
        shorter = sum(share * ms[thing] for thing, share in saving.shares.items())
        shorter += 1000 * FASTER * times[list(saving.faster)].sum()
        lasting = by_time if saving.faster else 0  # they come as often, however short the work
        gains[k] = found.bodies * shorter / max(opened - lasting - shorter, 1)
        if saving.gap >= 0:
            gains[k] = crossed[saving.gap]
    return found.bodies, gains


def _actions(layout: Layout) -> Iterator[tuple[Action, _Saving]]:
    """All actions of a shop, and what each takes off the path."""
    shop, first = layout.shop, 0
    for line in shop.lines:
        here = range(first, first + len(line.stations))
        first = here.stop
        if len(here) > 1:
            yield _faster(layout, line.name, f"{CYCLE}, all stations", here)
    for k, row in enumerate(layout.stations):
        station, failures = row.station, row.failures
        yield _faster(layout, station.name, CYCLE, [k])
        if failures:
            repairs = [layout.repair(i) for i in failures]
            stops = [*repairs, *(layout.wait(i) for i in failures)]
            less, fewer = dict.fromkeys(repairs, 1 - SHORTER), dict.fromkeys(stops, 1 - 1 / RARER)
            yield _failing(station, REPAIRS, "repair", SHORTER), _Saving(less)
            yield _failing(station, FAILURES, "uptime", RARER), _Saving(fewer)
    yield from _places(layout)
    if shop.repair_crews is not None:
        waits = dict.fromkeys((layout.wait(i) for i in range(len(layout.failures))), 1.0)
        yield Action(shop.name, CREW, {"repair_crews": shop.repair_crews + 1}), _Saving(waits)


def _faster(
    layout: Layout, thing: str, kind: str, numbers: Sequence[int]
) -> tuple[Action, _Saving]:
    """A second off the cycles, where they are longer than that.

    What fails by its operating time does so less often by the share that the work is shorter.
    """
    changes: dict[str, Any] = {}
    shares: dict[int, float] = {}
    faster = []
    for k in numbers:
        row = layout.stations[k]
        cycle = row.station.cycle_distribution
        if cycle.mean <= FASTER:
            continue
        share = FASTER / cycle.mean
        changes[f"stations.{row.station.name}.cycle_time"] = cycle.times(1 - share)
        faster.append(k)
        for i in row.failures:
            if layout.failures[i].failure.clock == "operating":
                shares |= {layout.repair(i): share, layout.wait(i): share}
    return Action(thing, kind, changes), _Saving(shares, tuple(faster))


def _failing(station: Station, kind: str, field: str, factor: float) -> Action:
    """All failures of a station and its robots with longer or shorter times."""
    owners: list[tuple[str, Robot | Station]] = [("stations", station)]
    owners += [("robots", robot) for robot in station.robots]
    changes = {
        f"{group}.{owner.name}.failures.{failure.name}.{field}": getattr(failure, field).times(
            factor
        )
        for group, owner in owners
        for failure in owner.failures
    }
    return Action(station.name, kind, changes)


def _places(layout: Layout) -> Iterator[tuple[Action, _Saving]]:
    """A place more in each store, and in each gap of a line."""
    shop = layout.shop
    numbers = count()
    for store in shop.stores:
        changes: dict[str, Any] = {f"stores.{store.name}.capacity": store.capacity + 1}
        yield Action(store.name, PLACE, changes), _Saving({}, gap=next(numbers))
    for line in shop.lines:
        places: tuple[int, ...] = line.buffers  # type: ignore[assignment]
        for i, there in enumerate(places):
            more = (*places[:i], there + 1, *places[i + 1 :])
            gap = next(numbers)
            yield (
                Action(layout.stores[gap].name, PLACE, {f"lines.{line.name}.buffers": more}),
                _Saving({}, gap=gap),
            )
