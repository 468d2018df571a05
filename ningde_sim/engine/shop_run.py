"""What one run of a shop gave, as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.result_table import result_table
from ningde_sim._support.summary import wrapped
from ningde_sim.engine.counts import Counts, History, Ints, Packed, merged
from ningde_sim.engine.critical_path import CriticalPath
from ningde_sim.engine.rules import STATES, Layout, State
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.working_time import open_before, union

Kept = TypeVar("Kept", Ints, History, Packed)


@dataclass(frozen=True, repr=False, eq=False)
class ShopRun:
    """What one run of a shop gave.

    Attributes
    ----------
    shop : Shop
        What was run.
    hours : float
        Counted hours. [h]
    warm_up : float
        Hours before them that do not count. [h]
    seed, run : int
        Which luck it had.
    engine : str
        Which engine ran.
    counts : Counts
        The arrays that all tables are made from. [ms]
    """

    shop: Shop
    hours: float
    warm_up: float
    seed: int
    run: int
    engine: str
    counts: Counts
    _layout: Layout = field(repr=False, compare=False)

    @property
    def bodies(self) -> int:
        """Finished bodies in the counted hours, over all output lines. [bodies]"""
        return sum(len(times) for times in self.counts.exits.values())

    @property
    def throughput(self) -> float:
        """Finished bodies in an hour by the clock, shifts and breaks alike. [bodies/h]"""
        return self.bodies / self.hours

    @property
    def working_hours(self) -> float:
        """Hours of the counted ones in which any of the lines works. [h]"""
        layout = self._layout
        times = {place.time for place in layout.places}
        windows = np.array([w for time in times for w in layout.windows[time]], dtype=np.int64)
        return float(units.ms_to_hours(self._opened_ms(*union(*windows.reshape(-1, 2).T))))

    @property
    def exits(self) -> dict[str, Ints]:
        """Finish times by output line, from the start of the counted hours on.

        Arrays of shape (bodies of the line,), rising. [ms, int64]
        """
        lines = self.shop.lines
        return {lines[number].name: times.array() for number, times in self.counts.exits.items()}

    def per_hour(self) -> Ints:
        """Finished bodies in each counted hour; hour i ends with its last instant.

        Returns
        -------
        numpy.ndarray, shape (ceil(hours),), int64
            [bodies]
        """
        n = math.ceil(self._counted_ms / units.MS_PER_H)
        times = np.concatenate([*self.exits.values()])
        hour = np.maximum(-(-times // units.MS_PER_H) - 1, 0)
        return np.bincount(hour, minlength=n).astype(np.int64)

    @property
    def _counted_ms(self) -> int:
        return self._layout.horizon - units.hours_to_ms(self.warm_up)

    def _open_ms(self, time: int) -> int:
        """Counted part of a working time. [ms]"""
        windows = np.array(self._layout.windows[time], dtype=np.int64).reshape(-1, 2)
        return self._opened_ms(*windows.T)

    def _opened_ms(self, opens: Ints, closes: Ints) -> int:
        """Counted part of some windows. [ms]"""
        ends = units.hours_to_ms(self.warm_up), self._layout.horizon
        begin, end = (open_before(at, opens, closes) for at in ends)
        return int(end - begin)

    def windows(self, line: str) -> Ints:
        """When the stations of a `line` open and close, from the start of the counted hours on.

        Returns
        -------
        numpy.ndarray, shape (n, 2), int64
            Of windows in the warm-up too, before 0. [ms]
        """
        number = [known.name for known in self.shop.lines].index(line)
        time = next(place.time for place in self._layout.places if place.line == number)
        windows = np.array(self._layout.windows[time], dtype=np.int64).reshape(-1, 2)
        return windows - units.hours_to_ms(self.warm_up)

    @result_table
    def stations(self) -> pd.DataFrame:
        """A row a station: line, zone, cycles, scrapped, reworked, failures, hours in each state.

        The hours of the seven states (working, planned, down, waiting, blocked, starved, off)
        add up to the counted hours exactly, in whole milliseconds.
        """
        places, lines = self._layout.places, self.shop.lines
        table = pd.DataFrame(
            {
                "line": [lines[place.line].name for place in places],
                "zone": [lines[place.line].zone for place in places],
                **{k: v for k, v in self.counts.stations.items() if k != "content"},
            },
            index=pd.Index([place.station.name for place in places], name="station"),
        )
        for state in STATES:
            table[state] = units.ms_to_hours(self.state_ms(State[state.upper()]))
        return table

    def state_ms(self, state: State) -> Ints:
        """Time of each station in a `state`, shape (n_stations,). [ms, int64]"""
        if state is not State.OFF:
            return self.counts.spent[:, state]
        closed = [self._counted_ms - self._open_ms(t) for t in range(len(self._layout.windows))]
        return np.array([closed[place.time] for place in self._layout.places], dtype=np.int64)

    @result_table
    def failures(self) -> pd.DataFrame:
        """A row a failure of a robot or station: how often, hours of repair and of waiting."""
        clocks, places = self._layout.clocks, self._layout.places
        counted = self.counts.clocks
        return pd.DataFrame(
            {
                "owner": [clock.owner for clock in clocks],
                "station": [places[clock.place].station.name for clock in clocks],
                "failure": [clock.failure.name for clock in clocks],
                "crew": np.array([clock.failure.crew for clock in clocks], dtype=bool),
                "failures": counted["failures"],
                "down": units.ms_to_hours(counted["repair_ms"]),
                "waiting": units.ms_to_hours(counted["queue_ms"]),
            }
        )

    @result_table
    def robots(self) -> pd.DataFrame:
        """A row a robot: station, role, cycles, failures, hours working, down, waiting.

        Down and waiting are the robot's own: the time that its failures were under repair or in
        the queue for a crew. It works while its station works.
        """
        rows = [
            (robot.name, place.station.name, robot.role, number)
            for number, place in enumerate(self._layout.places)
            for robot in place.station.robots
        ]
        table = pd.DataFrame(rows, columns=["robot", "station", "role", "place"])
        places = table.pop("place").to_numpy(dtype=np.int64)
        table["cycles"] = self.counts.stations["cycles"][places]
        own = self.failures.groupby("owner")[["failures", "down", "waiting"]].sum()
        own = own.reindex(table["robot"], fill_value=0)
        table["failures"] = own["failures"].to_numpy(dtype=np.int64)
        table["working"] = units.ms_to_hours(self.state_ms(State.WORKING))[places]
        table["down"] = own["down"].to_numpy(dtype=np.float64)
        table["waiting"] = own["waiting"].to_numpy(dtype=np.float64)
        return table.set_index("robot")

    @result_table
    def stores(self) -> pd.DataFrame:
        """A row a store: places, put, taken, levels, shares of time full, empty, none ready.

        The level counts parts in transit; a store with nothing but those has none ready.
        """
        return self._store_table(declared=True)

    @result_table
    def buffers(self) -> pd.DataFrame:
        """The same for the gaps inside lines that have places."""
        return self._store_table(declared=False)

    def _store_table(self, *, declared: bool) -> pd.DataFrame:
        gaps, counted = self._layout.gaps, self.counts.stores
        table = pd.DataFrame(
            {
                "capacity": np.array([gap.capacity for gap in gaps], dtype=np.int64),
                "put": counted["n_put"],
                "taken": counted["n_taken"],
                "level_start": counted["level_start"],
                "level_end": counted["level_end"],
                "level": counted["level_ms"] / self._counted_ms,
                "full": counted["full_ms"] / self._counted_ms,
                "empty": counted["empty_ms"] / self._counted_ms,
                "none_ready": counted["none_ready_ms"] / self._counted_ms,
            },
            index=pd.Index([gap.name for gap in gaps], name="store"),
        )
        handed = table["capacity"] == 0
        table.loc[handed, ["level", "full", "empty", "none_ready"]] = np.nan
        wanted = [g.declared if declared else not g.declared and g.capacity > 0 for g in gaps]
        return table[np.array(wanted, dtype=bool)]

    @result_table
    def crews(self) -> pd.DataFrame:
        """One row: crews, repairs asked for, hours busy, share busy, waits [min] for a crew.

        Busy is the share of `working_hours`.
        """
        with_crew = self.failures["crew"].to_numpy(dtype=bool)
        counted = {name: values[with_crew] for name, values in self.counts.clocks.items()}
        asked = int(counted["failures"].sum())
        busy = float(units.ms_to_hours(counted["repair_ms"].sum()))
        there = math.inf if self.shop.repair_crews is None else self.shop.repair_crews
        waits = counted["queue_ms"].sum() / units.MS_PER_MIN
        row = {
            "crews": there,
            "asked": asked,
            "busy": busy,
            "share_busy": busy / (there * max(self.working_hours, 1e-12)),
            "waited": int(counted["n_queued"].sum()),
            "mean_wait": waits / asked if asked else 0.0,
            "longest_wait": counted["longest_ms"].max(initial=0) / units.MS_PER_MIN,
        }
        return pd.DataFrame([row], index=pd.Index([self.shop.name], name="shop"))

    @result_table
    def trace(self) -> pd.DataFrame:
        """With `trace=True`: thing, state, begin and end of each interval. [ms, int64]

        Things are stations, with all states but `off`, then "robot: failure" with those under
        repair or waiting for a crew. Time outside of working hours is inside the intervals.
        """
        names = [place.station.name for place in self._layout.places]
        names += [f"{clock.owner}: {clock.failure.name}" for clock in self._layout.clocks]
        rows = merged(self._kept(self.counts.trace, "a trace", "trace=True"))
        return pd.DataFrame(
            {
                "thing": [names[i] for i in rows[:, 0]],
                "state": [State(i).name.lower() for i in rows[:, 1]],
                "begin": rows[:, 2],
                "end": rows[:, 3],
            }
        )

    @cached_property
    def critical_steps(self) -> CriticalPath:
        """With `critical_path=True`: the steps that the last body waited for, one after the other."""
        steps = self._kept(self.counts.path, "a critical path", "critical_path=True").array()
        begin = units.hours_to_ms(self.warm_up)
        return CriticalPath(self._layout, begin, self._counted_ms, steps)

    def critical_path(self, *, every: float | None = None) -> pd.DataFrame:
        """With `critical_path=True`: where the counted hours went, along the critical path.

        From the last body back each instant had one step that all after it waited for, and to
        that thing and cause it is booked. So the hours add up to the counted ones exactly, in
        whole ms: a second less of what is on the path would have brought the last body a second
        earlier, as long as the path stays the same.

        Parameters
        ----------
        every : float, optional
            Tell it for each period of so many counted hours. [h]

        Returns
        -------
        DataFrame
            A row a thing and cause, the most hours first; with `every` in order of `period`, its
            beginning. [h]

            - `thing`: station, robot or store; `station`, `line`: where it is, "" for a store.
            - `cause`: "working", "planned" (stop), "repair", "waiting" (for a crew), "transit",
              "closed" (outside working time), "stuck" (nothing moves any more).
            - `failure`: of a repair or a wait, which one.
            - `times`: steps that came to their end there; pieces broken off don't count.
            - `ms` [int64], `hours` [h].

        Raises
        ------
        ValueError
            No critical path was kept; `every` is not above 0.

        Examples
        --------
        >>> from ningde_sim import Line, Shop, Station, simulate
        >>> line = Line("L", [Station("A", 50), Station("B", 60)])
        >>> run = simulate(Shop("two", [line]), hours=8, seed=0, critical_path=True)
        >>> run.critical_path()[["thing", "cause", "times", "hours"]].round(3)
          thing    cause  times  hours
        0     B  working    479  7.986
        1     A  working      1  0.014
        """
        owner = f"ShopRun {self.shop.name!r}"
        path = self.critical_steps
        if every is None:
            table = path.table().drop(columns="period").sort_values("ms", ascending=False)
        else:
            every = checks.number(owner, "every", every, above=True, high=units.MAX_HOURS)
            period = max(1, units.hours_to_ms(every))
            table = path.table(period)
            table["period"] = units.ms_to_hours(table["period"] * period)
        things = path.things[["thing", "station", "line", "cause", "failure"]]
        told = things.iloc[table.pop("number")].reset_index(drop=True)
        table = pd.concat([told, table.reset_index(drop=True)], axis=1)
        table["hours"] = units.ms_to_hours(table["ms"])
        if every is not None:
            table.insert(0, "period", table.pop("period"))
        return table

    @property
    def history(self) -> History:
        """With `every=24.0`, say: what was counted up to the end of each period of 24 h.

        All counts are cumulative from the start of the counted hours, int64; the last row is
        what the whole run counted. Stations are in the order of the table `stations`, gaps are
        all stores and then all gaps inside lines, those without places too.

        - `ends`, shape (n,): end of each period since the start of the counted hours. [ms]
        - `stations`, dict of arrays, shape (n, n_stations): cycles, scrapped, reworked, failures.
        - `spent`, shape (n, n_stations, 6): time in each state but off, in the order down,
          waiting, planned, working, blocked, starved. [ms]
        - `stores`, dict of arrays, shape (n, n_gaps): level_ms [ms * parts], full_ms, empty_ms,
          none_ready_ms [ms], n_put, n_taken, and level at the end of the period. [parts]
        """
        return self._kept(self.counts.history, "a history", "every=24.0")

    def _kept(self, kept: Kept | None, what: str, option: str) -> Kept:
        """What is only kept when asked for."""
        if kept is None:
            cure = f"Ask for one: simulate(..., {option})."
            owner = f"ShopRun {self.shop.name!r}"
            raise ValueError(checks.complain(owner, f"it must have kept {what}", None, cure))
        return kept

    def __repr__(self) -> str:
        return (
            f"ShopRun({self.shop.name!r}, {self.hours:g} h, seed={self.seed}, run={self.run}, "
            f"engine={self.engine!r}: {self.bodies} bodies)"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what came out, where the time went, what to know about it."""
        return wrapped("\n".join(_summary(self)))


def _summary(run: ShopRun) -> list[str]:
    stations = run.stations
    total = stations[list(STATES)].to_numpy().sum()
    shares = (f"{state} {stations[state].sum() / total:.1%}" for state in STATES)
    worst = (stations["down"] + stations["waiting"]).sort_values(ascending=False).head(3)
    blocked = stations["blocked"].idxmax()
    starved = stations["starved"].idxmax()
    return [
        f"{run.shop.name}: {run.hours:g} h after {run.warm_up:g} h of warm-up",
        f"  bodies            {run.bodies:,}{_rates(run)}",
        f"  scrapped, redone  {stations['scrapped'].sum():,}, {stations['reworked'].sum():,}",
        f"  station hours     {', '.join(shares)}",
        f"  failures          {stations['failures'].sum():,}",
        f"  most stopped      {', '.join(f'{n} {h:.1f} h' for n, h in worst.items())}",
        f"  most blocked      {blocked}, {stations['blocked'].max() / run.hours:.1%} of the time",
        f"  most starved      {starved}, {stations['starved'].max() / run.hours:.1%} of the time",
        f"  repair crews      {_crews(run)}",
        f"  luck              seed {run.seed}, run {run.run}, {run.engine} engine; one run only",
        *(f"  note              {note}" for note in run.shop.notes),
    ]


def _crews(run: ShopRun) -> str:
    """How many, and how busy; without a number one is always free."""
    crews = run.crews.iloc[0]
    if run.shop.repair_crews is None:
        return f"always one free; {crews['asked']:.0f} repairs asked for one"
    return (
        f"{crews['crews']:g}, busy {crews['share_busy']:.1%}, "
        f"{crews['waited']:.0f} of {crews['asked']:.0f} repairs waited"
    )


def _rates(run: ShopRun) -> str:
    """Bodies an hour by the clock, and by working time where that is not the same."""
    if run.working_hours in (0, run.hours):
        return f" ({run.throughput:.2f} an hour)"
    working = run.bodies / run.working_hours
    return f" ({run.throughput:.2f} an hour by the clock, {working:.2f} a working hour)"
