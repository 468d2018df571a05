"""The tables of a run, made from its layout and its counts; `ShopRun` documents their columns.

All but the trace have the counts of all copies of a line added up: a row a thing of the
description.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine._kernel import OVERTIME
from ningde_sim.engine.copies import first_copies, n_copies
from ningde_sim.engine.counts import Counts, Ints, merged
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.rules import OPEN_STATES, STATES, State
from ningde_sim.plant.crew import ALL_CREWS
from ningde_sim.plant.line import numbered

Hours = dict[str, np.ndarray[Any, np.dtype[np.float64]]]
"""Hours of each station by the name of the state."""

DESCRIBED = ("capacity", "copies", "crews", "end")
"""Numbers in the tables that describe the shop or the request: they are the same in each run."""

ENGINE_ONLY = ("content", "asked_at")
"""What the engines tell of each station that is in no table."""


def stations(layout: Layout, counts: Counts, hours: Hours) -> pd.DataFrame:
    """A row a station."""
    rows, lines = first_copies(layout.stations), layout.shop.lines
    return pd.DataFrame(
        {
            "line": [lines[row.line].name for row in rows],
            "zone": [lines[row.line].zone for row in rows],
            "copies": np.array([lines[row.line].copies for row in rows], dtype=np.int64),
            **{name: values for name, values in counts.stations.items() if name not in ENGINE_ONLY},
            **{state: hours[state] for state in STATES},
        },
        index=pd.Index([row.station.name for row in rows], name="station"),
    )


def failures(layout: Layout, counts: Counts, hours: Hours) -> pd.DataFrame:
    """A row a failure."""
    rows = [row for row in first_copies(layout.failures) if not row.is_planned]
    numbers = [row.kind for row in rows]
    counted = {name: values[numbers] for name, values in counts.failures.items()}
    stations = [layout.stations[row.stations[0]] for row in rows]
    down, waiting = (units.ms_to_hours(counted[name]) for name in ("repair_ms", "queue_ms"))
    working = hours["working"][np.array([row.kind for row in stations], dtype=np.int64)]
    of_station = np.array([row.clock == "operating" and not row.of_line for row in rows], bool)
    clock = units.ms_to_hours(counts.clocks["clock_ms"][numbers])
    on_clock = np.where(of_station, working, clock)
    n = np.where(counted["failures"] > 0, counted["failures"], np.nan)
    return pd.DataFrame(
        {
            "owner": [row.owner for row in rows],
            "station": [
                "" if row.of_line else station.station.name
                for row, station in zip(rows, stations, strict=True)
            ],
            "failure": [row.failure.name for row in rows],
            "crew": np.array([bool(row.failure.crew) for row in rows], dtype=bool),
            "failures": counted["failures"],
            "down": down,
            "waiting": waiting,
            "mtbf": on_clock / n,
            "mttr": counted["repair_ms"] / units.MS_PER_MIN / n,
        }
    )


def planned_stops(layout: Layout, counts: Counts) -> pd.DataFrame:
    """A row a planned stop."""
    rows, failures = first_copies(layout.stops), layout.failures
    kinds = [failures[row.failure].kind if row.failure >= 0 else -1 for row in rows]
    crewed = np.array(kinds, dtype=np.int64)
    own, asked = counts.stops, counts.failures

    def joined(name: str, other: str | None) -> Ints:
        """What is counted of those without a crew, and of those with one."""
        values = np.zeros(len(rows), np.int64) if other is None else own[other].copy()
        values[crewed >= 0] = asked[name][crewed[crewed >= 0]]
        return values

    return pd.DataFrame(
        {
            "owner": [row.owner for row in rows],
            "station": [layout.stations[row.station].station.name for row in rows],
            "stop": [row.stop.name for row in rows],
            "times": joined("failures", "n_stops"),
            "hours": units.ms_to_hours(joined("repair_ms", "stop_ms")),
            "waiting": units.ms_to_hours(joined("queue_ms", None)),
        }
    )


def robots(layout: Layout, counts: Counts, hours: Hours, failures: pd.DataFrame) -> pd.DataFrame:
    """A row a robot."""
    rows = [
        (robot.name, row.station.name, robot.role, number)
        for number, row in enumerate(first_copies(layout.stations))
        for robot in row.station.robots
    ]
    table = pd.DataFrame(rows, columns=["robot", "station", "role", "number"])
    numbers = table.pop("number").to_numpy(dtype=np.int64)
    table["cycles"] = counts.stations["cycles"][numbers]
    of_machines = failures[failures["station"] != ""]  # a line may have the name of a robot
    own = of_machines.groupby("owner")[["failures", "down", "waiting"]].sum()
    own = own.reindex(table["robot"], fill_value=0)
    table["failures"] = own["failures"].to_numpy(dtype=np.int64)
    table["working"] = hours["working"][numbers]
    table["down"] = own["down"].to_numpy(dtype=np.float64)
    table["waiting"] = own["waiting"].to_numpy(dtype=np.float64)
    return table.set_index("robot")


def stores(layout: Layout, counts: Counts, counted_ms: int, *, declared: bool) -> pd.DataFrame:
    """A row a store, or a row a buffer of some capacity if not `declared`."""
    names = pd.Index([row.name for row in first_copies(layout.stores)], name="store")
    table = pd.DataFrame(store_columns(layout, counts.stores, counted_ms), index=names)
    return table[stores_shown(layout, declared=declared)]


def store_columns(layout: Layout, counted: Mapping[str, Ints], ms: Any) -> dict[str, Any]:
    """The columns of a table of all stores, whose counts are of some time. [ms]"""
    copies, rows = n_copies(layout.stores), first_copies(layout.stores)
    capacity = copies * np.array([row.capacity for row in rows], dtype=np.int64)
    lasting = np.where(capacity > 0, ms, np.nan)  # nothing lies in a store of capacity 0
    return {
        "capacity": capacity + 0 * counted["n_put"],
        "put": counted["n_put"],
        "taken": counted["n_taken"],
        "level_start": counted["level_start"],
        "level_end": counted["level_end"],
        "level": counted["level_ms"] / lasting,
        "full": counted["full_ms"] / (copies * lasting),
        "empty": counted["empty_ms"] / (copies * lasting),
        "none_ready": counted["none_ready_ms"] / (copies * lasting),
    }


def stores_shown(layout: Layout, *, declared: bool) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which stores a table shows: the shop's, or else the buffers of some capacity."""
    rows = first_copies(layout.stores)
    shown = [r.declared if declared else not r.declared and r.capacity > 0 for r in rows]
    return np.array(shown, dtype=bool)


def utilisation(layout: Layout, hours: Hours) -> pd.DataFrame:
    """A row a station."""
    rows, lines = first_copies(layout.stations), layout.shop.lines
    opened = np.sum([hours[state] for state in OPEN_STATES], axis=0)
    shares = {s: hours[s] / np.where(opened > 0, opened, np.nan) for s in OPEN_STATES}
    return pd.DataFrame(
        {
            "line": [lines[row.line].name for row in rows],
            "zone": [lines[row.line].zone for row in rows],
            "utilisation": shares["working"],
            **shares,
            "off": hours["off"] / (opened + hours["off"]),
        },
        index=pd.Index([row.station.name for row in rows], name="station"),
    )


def crews(layout: Layout, counts: Counts, working_hours: Sequence[float]) -> pd.DataFrame:
    """A row a group; `working_hours` of each. Without groups one row, of crews always free."""
    rows, of_failures = layout.failures, counts.failures
    names = [row.crew.name for row in layout.crews] or [ALL_CREWS]
    table = []
    for i, hours in enumerate(working_hours):
        if layout.crews:
            may_ask = [i in row.groups for row in rows]
            n, busy_ms = float(layout.crews[i].crew.number), counts.crews["busy_ms"][i]
        else:
            may_ask = [bool(row.failure.crew) for row in rows]
            n, busy_ms = math.inf, of_failures["repair_ms"][np.array(may_ask, dtype=bool)].sum()
        mask = np.array(may_ask, dtype=bool)
        counted = {name: values[mask] for name, values in of_failures.items()}
        asked, busy = int(counted["failures"].sum()), float(units.ms_to_hours(busy_ms))
        waits = counted["queue_ms"].sum() / units.MS_PER_MIN
        row = {
            "crews": n,
            "asked": asked,
            "busy": busy,
            "share_busy": busy / (n * max(hours, 1e-12)),
            "waited": int(counted["n_queued"].sum()),
            "mean_wait": waits / asked if asked else 0.0,
            "longest_wait": counted["longest_ms"].max(initial=0) / units.MS_PER_MIN,
        }
        table.append(row)
    return pd.DataFrame(table, index=pd.Index(names, name="crew"))


def trace(layout: Layout, intervals: Ints) -> pd.DataFrame:
    """A row an interval."""
    names = [row.name for row in layout.stations]
    names += [f"{numbered(row.owner, row.copy)}: {row.failure.name}" for row in layout.failures]
    rows = merged(intervals[intervals[:, 1] != OVERTIME])
    return pd.DataFrame(
        {
            "thing": [names[i] for i in rows[:, 0]],
            "state": [State(i).name.lower() for i in rows[:, 1]],
            "begin": rows[:, 2],
            "end": rows[:, 3],
        }
    )
