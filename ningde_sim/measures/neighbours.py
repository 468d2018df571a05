"""Bottlenecks by which of two neighbours waits for the other, blocked or starved."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.measures.ranks import ranks
from ningde_sim.measures.state_log import Floats
from ningde_sim.measures.states import shares
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.line import Line
from ningde_sim.plant.shop import Shop

Joins = Iterable[tuple[Any, Any]]


def joined_stations(shop: Shop) -> list[tuple[str, str]]:
    """Pairs of stations (feeding, taking) of a `shop`: inside lines, then through stores.

    A store joins each station that puts to it, the last of a line or one that rejects, to the first
    station of every line that takes from it.
    """
    checks.kind("joined_stations", "shop", shop, Shop)
    inside = [(a.name, b.name) for line in shop.lines for a, b in pairwise(line.stations)]
    across = [
        (feeding, taking.stations[0].name)
        for store in shop.stores
        for line in shop.lines
        for feeding in _feeding(line, store.name)
        for taking in shop.lines
        if store.name in store_names(taking.takes)
    ]
    return [(a, b) for a, b in dict.fromkeys(inside + across) if a != b]


def _feeding(line: Line, store: str) -> Iterator[str]:
    """The stations of a line that put to a store."""
    last = line.stations[-1]
    for station in line.stations:
        if (station is last and store in store_names(line.puts)) or (
            station.reject and store in store_names(line.rejects)
        ):
            yield station.name


def arrows(run_or_table: ShopRun | pd.DataFrame, joins: Joins | None = None) -> pd.DataFrame:
    """Arrows that point from each station to the one it waits for; none leaves a bottleneck.

    Between two consecutive stations an arrow points downstream where the first is blocked more than
    the second is starved, upstream where less, and there is none where the two are equal. Of
    several bottlenecks the one with the greatest severity comes first. Severity is the sum of two
    differences: starvation of the next station less blocking of this one, and blocking of the
    previous station less starvation of this one; the ends of a line have one of the two.

    In a shop a station may feed several and be fed by several: each pair has its arrow, and the
    severity takes the mean over the next ones and the mean over the previous ones.

    Limitations: the measure does not see for which station another waits. At an assembly one
    missing part counts against all stations that feed it, also against those whose part lies ready.
    It sees neither what large buffers absorb nor what an arrow costs: a share that is greater by a
    second decides, so that on nearly balanced lines random variation turns arrows around.

    Parameters
    ----------
    run_or_table : ShopRun or DataFrame
        A run, or a table with a row a station: blocked and starved, shares of its working time
        between 0 and 1, for example from `shares(log)`. The stations are in the column `station`,
        or else in the index.
    joins : iterable of (feeding, taking), optional
        Names of consecutive stations; by default those of the shop (`joined_stations`), for a table
        each row and the next.

    Returns
    -------
    DataFrame
        A row a station: blocked, starved [-], arrows_out, arrows_in, severity [-], rank (stations
        without an outgoing arrow first, then by severity), bottleneck.

    Raises
    ------
    TypeError, ValueError
        A table without a column or rows, a duplicate station, a share out of bounds, a join with an
        unknown station or of a station with itself. The message names row and cure.

    References
    ----------
    Kuo, Lim, Meerkov (1996), Bottlenecks in serial production lines: a system-theoretic approach,
    Mathematical Problems in Engineering 2, 233-276.

    Examples
    --------
    >>> table = pd.DataFrame({"blocked": [0.2, 0.05, 0], "starved": [0, 0.1, 0.3]}, index=[*"ABC"])
    >>> arrows(table)[["arrows_out", "severity", "bottleneck"]]
             arrows_out  severity  bottleneck
    station
    A                 1     -0.10       False
    B                 0      0.35        True
    C                 1     -0.25       False
    """
    table, before, after = _joined("arrows", run_or_table, joins)
    blocked, starved = table["blocked"].to_numpy(), table["starved"].to_numpy()
    n, excess = len(table), blocked[before] - starved[after]
    down, up = excess > 0, excess < 0
    ends = np.concatenate((before[down], after[up])), np.concatenate((after[down], before[up]))
    table["arrows_out"], table["arrows_in"] = (np.bincount(end, minlength=n) for end in ends)
    table["severity"] = _mean_of(before, -excess, n) + _mean_of(after, excess, n)
    bottleneck = table["arrows_out"].to_numpy() == 0
    table["rank"] = ranks(bottleneck, table["severity"].to_numpy())
    table["bottleneck"] = bottleneck
    return table


def turning_points(
    run_or_table: ShopRun | pd.DataFrame, joins: Joins | None = None
) -> pd.DataFrame:
    """Where a line turns from blocked to starved, and waits least: the bottleneck.

    A turning point is a station that is blocked and starved, together, less than its neighbours.
    The stations before it are blocked more than starved, the stations after it starved more than
    blocked. Only its direct neighbours count, all of them where a shop has several; the ends of a
    line have neighbours on one side only.

    Of several turning points the one with the greatest index comes first. The index is this
    library's own: how much more the neighbours are blocked and starved, on average, than the
    station.

    Limitations: those of `arrows`. Moreover there may be no turning point, most often where
    consecutive stations are nearly equal, or where a store joins many lines of which some starve
    and others are blocked.

    Parameters
    ----------
    run_or_table, joins
        As for `arrows`, with the same errors.

    Returns
    -------
    DataFrame
        A row a station: blocked, starved, blocked_less_starved, blocked_and_starved, index [-],
        rank (turning points before the others, then by index), bottleneck.

    References
    ----------
    Li, Chang, Ni (2009), Data driven bottleneck detection of manufacturing systems, International
    Journal of Production Research 47, 5019-5036.
    """
    table, before, after = _joined("turning_points", run_or_table, joins)
    n, trend = len(table), (table["blocked"] - table["starved"]).to_numpy()
    waits = (table["blocked"] + table["starved"]).to_numpy()
    station, neighbour = np.concatenate((after, before)), np.concatenate((before, after))
    turns = np.ones(n, dtype=bool)
    turns[after[trend[before] <= 0]] = False
    turns[before[trend[after] >= 0]] = False
    turns[station[waits[station] >= waits[neighbour]]] = False
    table["blocked_less_starved"], table["blocked_and_starved"] = trend, waits
    table["index"] = _mean_of(station, waits[neighbour] - waits[station], n)
    table["rank"] = ranks(turns, table["index"].to_numpy())
    table["bottleneck"] = turns
    return table


def _mean_of(number: Ints, values: Floats, n: int) -> Floats:
    """The mean of the values of each number below n, 0 where it has none."""
    count = np.bincount(number, minlength=n)
    return np.asarray(np.bincount(number, weights=values, minlength=n) / np.maximum(count, 1))


def _joined(
    owner: str, source: ShopRun | pd.DataFrame, joins: Joins | None
) -> tuple[pd.DataFrame, Ints, Ints]:
    """The shares of blocked and starved, and the rows of the two stations of each join."""
    if joins is not None:
        joins = checks.listed(owner, "joins", joins, "pairs of stations (feeding, taking)")
    if isinstance(source, ShopRun):
        table = shares(source)[["blocked", "starved"]]
        pairs: list[Any] = [*(joined_stations(source.shop) if joins is None else joins)]
    else:
        table = _checked(owner, source)
        pairs = [*(pairwise(table.index) if joins is None else joins)]
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or pair[0] == pair[1]:
            rule = "each join must be a pair of two stations (feeding, taking)"
            raise ValueError(checks.complain(owner, rule, pair))
        for name in pair:
            if not isinstance(name, Hashable) or name not in table.index:
                more = ", ..." if len(table) > 8 else "."
                cure = f"The stations are {', '.join(map(str, table.index[:8]))}{more}"
                rule = f"unknown station in the join {pair!r}"
                raise ValueError(checks.complain(owner, rule, name, cure))
    distinct = list(dict.fromkeys((a, b) for a, b in pairs))
    before, after = (
        table.index.get_indexer(pd.Index([pair[end] for pair in distinct], dtype=table.index.dtype))
        for end in (0, 1)
    )
    return table.copy(), before.astype(np.int64), after.astype(np.int64)


def _checked(owner: str, table: object) -> pd.DataFrame:
    """The columns blocked and starved of a table, by station."""
    if not isinstance(table, pd.DataFrame):
        rule = "the first argument must be a ShopRun or a DataFrame"
        raise TypeError(checks.complain(owner, rule, table))
    for column in ("blocked", "starved"):
        if column not in table.columns:
            cure = f"For a log of states call {owner}(shares(log), joins=...)."
            rule = f"column {column!r} is missing"
            raise ValueError(checks.complain(owner, rule, list(table.columns), cure))
    if table.empty:
        raise ValueError(
            checks.complain(owner, "the table must have at least one station", len(table))
        )
    if "station" in table.columns:
        table = table.set_index("station")
    if table.index.has_duplicates:
        repeated = table.index[table.index.duplicated()][0]
        cure = "Take one row a station."
        raise ValueError(checks.complain(owner, "duplicate station", repeated, cure))
    cure = "Divide hours by the hours at work, per cent by 100."
    for column in ("blocked", "starved"):
        for name, value in table[column].items():
            checks.number(f"{owner}, row {name!r}", column, value, high=1, cure=cure)
    checked = table[["blocked", "starved"]].astype(np.float64).rename_axis("station")
    for name, value in checked.sum(axis=1).items():
        rule = "blocked and starved together"
        checks.number(f"{owner}, row {name!r}", rule, value, high=1 + 1e-9, cure=cure)
    return checked
