"""Whether a plant with the failures of a log stops as often, and makes as much, as the log says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import scipy

from ningde_sim._support import checks
from ningde_sim._support.parallel import number_of_workers, run_all
from ningde_sim._support.summary import wrapped
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.engine.simulate import simulate
from ningde_sim.learn.common_causes import ALL
from ningde_sim.learn.downtime import SHOWN, Downtime, name_of
from ningde_sim.plant.line import Line
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.station import Robot, Station

OWNER = "check"

NEAR = 0.02
"""A plant whose value lies so near to that of the log agrees with it, by chance or not. [-]"""


@dataclass(frozen=True, repr=False, eq=False)
class RoundTrip:
    """A log beside the plant that was described by its fits.

    Attributes
    ----------
    title : str
        Name of the log.
    hours : float
        Of the window, and of each run. [h]
    runs : int
    level : float
        Confidence of each interval. [-]
    totals : DataFrame
        A row for stops, hours down, and bodies, where the log's are known. `log`, `plant`: what the
        log has and the mean of the runs; `low`, `high`: in between one more run lies with the
        probability `level`; `agrees`: whether the log does, or is within 2 % of the plant.
    table : DataFrame
        A row per equipment (group) and reason: `stops_log`, `stops`, `stops_low`, `stops_high`,
        `down_log`, `down`, `down_low`, `down_high` [h], `agrees`.
    notes : tuple of str
        What the reader must know.
    """

    title: str
    hours: float
    runs: int
    level: float
    totals: pd.DataFrame
    table: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether all totals agree."""
        return bool(self.totals["agrees"].all())

    def __repr__(self) -> str:
        verdict = "agrees" if self.agrees else "does not agree"
        return f"RoundTrip({self.title!r}, {self.runs} runs of {self.hours:g} h, {verdict})"

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """Some lines: the totals, the verdict, what differs most."""
        return wrapped("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.title} beside {self.runs} runs of the plant, {self.hours:,.0f} h each"
        for what, row in self.totals.iterrows():
            off = row["log"] / row["plant"] - 1 if row["plant"] else math.inf
            verdict = "agrees" if row["agrees"] else f"{off:+.0%} in the log: it does not agree"
            yield (
                f"  {what:<12}{row['log']:,.0f} in the log, {row['plant']:,.0f} "
                f"({row['low']:,.0f} to {row['high']:,.0f}) in the plant: {verdict}"
            )
        n = int((~self.table["agrees"]).sum())
        expected = (1 - self.level) * 2 * len(self.table)
        yield f"  rows        {n} of {len(self.table)} outside, some {expected:.1f} are by chance"
        off = (self.table["down_log"] - self.table["down"]).abs()
        worst = self.table.assign(off=off)[~self.table["agrees"]].sort_values(
            "off", ascending=False, kind="stable"
        )
        for _, row in worst.head(SHOWN).iterrows():
            name = name_of(row)
            yield (
                f"  {name}: {row['stops_log']:,.0f} stops, {row['down_log']:,.1f} h in the log, "
                f"{row['stops']:,.0f} and {row['down']:,.1f} h in the plant"
            )
        for note in self.notes:
            yield f"  note        {note}"


def check(
    downtime: Downtime,
    shop: Shop,
    *,
    output: float | None = None,
    warm_up: float = 0.0,
    runs: int = 20,
    seed: int = 0,
    level: float = 0.95,
    workers: int | None = None,
    progress: bool | None = None,
) -> RoundTrip:
    """Run a plant with the failures of a log for as long as the log, and put both side by side.

    Parameters
    ----------
    downtime : Downtime
        From `fit_downtime`.
    shop : Shop
        Its robots, stations and lines that the log names get the failures of the log in place of
        their own.
    output : float, optional
        What the plant made in the window of the log. [bodies]
    warm_up : float
        Before what is counted of each run. [h]
    runs : int
        At least 2.
    seed : int
    level : float
        Confidence of each interval. [-]
    workers : int, optional
        Runs at a time; all cores by default.
    progress : bool, optional
        Whether a bar is shown; by default where there is a terminal.

    Raises
    ------
    TypeError, ValueError
        The log names equipment that the shop has not, or copies of a line that differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from ningde_sim import Line, Shop, Station
    >>> from ningde_sim.learn import check, fit_downtime
    >>> at = pd.date_range("2021-03-01 08:00", periods=30, freq="8h")
    >>> log = pd.DataFrame({"equipment": "A", "start": at, "duration": 10, "reason": "jam"})
    >>> fitted = fit_downtime(log, begin="2021-03-01", end="2021-03-11")
    >>> found = check(fitted, Shop("one", [Line("L", [Station("A", 60)])]), progress=False)
    >>> found.totals.round(0).loc["stops", ["log", "plant"]].tolist()
    [29.0, 29.0]
    """
    checks.kind(OWNER, "downtime", downtime, Downtime, "fit_downtime makes one.")
    checks.kind(OWNER, "shop", shop, Shop)
    runs = checks.whole(OWNER, "runs", runs, low=2)
    level = checks.share(OWNER, "level", level)
    if output is not None:
        output = checks.number(OWNER, "output", output)
    if not any(downtime.failures.values()):
        rule, cure = "the log must have a failure of one piece of equipment", "See its table."
        raise ValueError(checks.complain(OWNER, rule, downtime.title, cure))
    warm_up = checks.number(OWNER, "warm_up", warm_up)
    owners = _owners(downtime, shop)
    plant = shop.replace(
        {
            f"{path}.failures": downtime.failures[name]
            for name, path in _paths(downtime, shop, owners)
        }
    )
    one = partial(_one_run, plant, downtime.hours, warm_up, seed)
    found = run_all(
        one,
        range(runs),
        title="The log beside the plant",
        workers=number_of_workers(OWNER, workers),
        shown=progress,
    )
    rows, counts = [], []
    for (group, reason), each in downtime.fits.items():
        if not reason or group == ALL:
            continue
        mine = [name for name, of in downtime.groups.items() if of == group]
        keys = {(owners[name], reason) for name in mine}
        of_runs = np.array([_sums(failures, keys) for failures, _ in found])
        of_log = np.array([each.times.n, each.times.repairs.total / 60])
        (n, n_low, n_high), (down, low, high) = (_next(x, level) for x in of_runs.T)
        rows.append(
            {
                "equipment": group,
                "reason": reason,
                "stops_log": of_log[0],
                "stops": n,
                "stops_low": n_low,
                "stops_high": n_high,
                "down_log": of_log[1],
                "down": down,
                "down_low": low,
                "down_high": high,
                "agrees": bool(n_low <= of_log[0] <= n_high and low <= of_log[1] <= high),
            }
        )
        counts.append((of_log, of_runs))
    log_total, run_total = (np.sum(each, axis=0) for each in zip(*counts, strict=True))
    both = {"stops": (log_total[0], run_total[:, 0]), "hours down": (log_total[1], run_total[:, 1])}
    if output is not None:
        both["bodies"] = (output, np.array([float(bodies) for _, bodies in found]))
    totals = {what: _beside(value, of_runs, level) for what, (value, of_runs) in both.items()}
    return RoundTrip(
        downtime.title,
        downtime.hours,
        runs,
        level,
        pd.DataFrame(totals).T.astype({"agrees": bool}),
        pd.DataFrame(rows),
        tuple(_notes(downtime, plant, output, set(owners.values()))),
    )


def _one_run(
    shop: Shop, hours: float, warm_up: float, seed: int, run: int
) -> tuple[pd.DataFrame, int]:
    done: ShopRun = simulate(shop, hours=hours, warm_up=warm_up, seed=seed, run=run, progress=False)
    return done.failures, done.bodies


def _sums(failures: pd.DataFrame, keys: set[tuple[str, str]]) -> tuple[float, float]:
    """Stops, and hours down with the waits for a crew, of some owners and failures."""
    mine = [key in keys for key in zip(failures["owner"], failures["failure"], strict=True)]
    rows = failures[mine]
    return float(rows["failures"].sum()), float((rows["down"] + rows["waiting"]).sum())


def _next(values: Any, level: float) -> tuple[float, float, float]:
    """The mean of runs, and where one more lies with a probability.

    From Student's distribution; the number of stops and their hours are not below 0.
    """
    n, mean = len(values), float(np.mean(values))
    t = float(scipy.stats.t.isf((1 - level) / 2, n - 1))
    half = t * float(np.std(values, ddof=1)) * math.sqrt(1 + 1 / n)
    return mean, max(0.0, mean - half), mean + half


def _beside(value: float, values: Any, level: float) -> Mapping[str, Any]:
    mean, low, high = _next(values, level)
    near = abs(value - mean) <= NEAR * mean
    return {
        "log": float(value),
        "plant": mean,
        "low": low,
        "high": high,
        "agrees": bool(low <= value <= high or near),
    }


# ------------------------------------------------------------------ whose failures


def _things(shop: Shop) -> list[Robot | Station | Line]:
    """All that may fail."""
    return [*shop.robots, *shop.stations, *shop.lines]


def _owners(downtime: Downtime, shop: Shop) -> dict[str, str]:
    """The thing of the shop that each equipment is: copies of a line have theirs in common."""
    known = {each.name for each in _things(shop)}
    owners = {}
    for name in downtime.failures:
        owner = name if name in known else name.rpartition(" #")[0]
        if owner not in known:
            rule = "the shop must have the equipment of the log"
            raise ValueError(checks.complain(OWNER, rule, name, nearest(name, sorted(known))))
        owners[name] = owner
    return owners


def _paths(downtime: Downtime, shop: Shop, owners: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One equipment of the log for each thing of the shop, and its path."""
    robots = {each.name for each in shop.robots}
    stations = {each.name for each in shop.stations}
    first: dict[str, str] = {}
    for name, owner in owners.items():
        other = first.setdefault(owner, name)
        if downtime.failures[other] != downtime.failures[name]:
            rule = f"the copies of {owner!r} must have the same failures, as a shop has them"
            got = f"others of {other!r} than of {name!r}"
            cure = 'Fit them together: pool="station", or a mapping.'
            raise ValueError(checks.complain(OWNER, rule, got, cure))
    for owner, name in first.items():
        kind = "robots" if owner in robots else "stations" if owner in stations else "lines"
        yield name, f"{kind}.{owner}"


def _notes(downtime: Downtime, plant: Shop, output: float | None, named: set[str]) -> Iterator[str]:
    own = [each.name for each in _things(plant) if each.failures]
    others = sorted(set(own) - named)
    if others:
        few = ", ".join(others[:SHOWN]) + (" ..." if len(others) > SHOWN else "")
        yield f"{len(others)} that the log does not name keep their own failures: {few}"
    if output is None:
        yield "what the plant made is not compared: output=..."
    if downtime.common:
        yield "stops of all equipment at once are left out of both: give .common to the lines"
    if len(downtime.not_failures):
        yield "what is no failure in the log is none in the plant: it may be blocked or starved"
