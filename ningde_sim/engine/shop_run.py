"""The result of one run of a shop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before, union
from ningde_sim._support.result_table import result_table
from ningde_sim._support.summary import wrapped
from ningde_sim.engine import run_summary, run_tables
from ningde_sim.engine._kernel import EMPTY, OVERTIME
from ningde_sim.engine.counts import Counts, History, Ints, Packed
from ningde_sim.engine.critical_path import CriticalPath
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.stuck import Stuck
from ningde_sim.engine.stuck import find as find_stuck
from ningde_sim.plant.shop import Shop

ENOUGH = 20
"""Parts that others took of a store before a line that took none is told. [parts]"""

Kept = TypeVar("Kept", Ints, History, Packed)


@dataclass(frozen=True, repr=False, eq=False)
class ShopRun:
    """The result of one run of a shop.

    Attributes
    ----------
    shop : Shop
        What was run.
    hours : float
        Counted hours. [h]
    warm_up : float
        Hours before them that do not count. [h]
    seed, run : int
        Which random streams it had.
    engine : str
        Which engine ran.
    counts : Counts
        The arrays that all tables are made from. [ms]
    layout : Layout
        The numbers of stations, stores and failures in these arrays.
    """

    shop: Shop
    hours: float
    warm_up: float
    seed: int
    run: int
    engine: str
    counts: Counts
    layout: Layout

    @property
    def bodies(self) -> int:
        """Finished bodies in the counted hours, over all output lines. [bodies]"""
        return sum(len(times) for times in self.counts.exits.values())

    @property
    def throughput(self) -> float:
        """Finished bodies in an hour by the clock, shifts and breaks alike (JPH). [bodies/h]"""
        return self.bodies / self.hours

    @property
    def working_hours(self) -> float:
        """Counted hours in which any of the lines works. [h]"""
        layout = self.layout
        times = {row.time for row in layout.stations}
        windows = np.array([w for time in times for w in layout.windows[time]], dtype=np.int64)
        return float(units.ms_to_hours(self._opened_ms(*union(*windows.reshape(-1, 2).T))))

    @cached_property
    def stuck(self) -> Stuck | None:
        """Stations that can never move again, since when and why; None where there are none.

        What is counted after that is dead time, and so are means over it.
        """
        return find_stuck(self.layout, self.counts)

    @cached_property
    def unfed(self) -> tuple[str, ...]:
        """Lines that never took a part, while others took `ENOUGH` parts of the same store."""
        rows, taken, start = self.layout.stations, self.counts.stores["n_taken"], -self._warm_up_ms
        asked, content = (self.counts.stations[name] for name in ("asked_at", "content"))
        waiting = np.flatnonzero((asked == start) & (content == EMPTY))
        unfed = [rows[k] for k in waiting if any(taken[s] >= ENOUGH for s in rows[k].takes)]
        return tuple(self.shop.lines[row.line].name for row in unfed)

    @property
    def exits(self) -> dict[str, Ints]:
        """Finish times by output line, since the start of the counted hours.

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
        return self.layout.horizon - self._warm_up_ms

    @property
    def _warm_up_ms(self) -> int:
        return units.hours_to_ms(self.warm_up)

    def _opened_ms(self, opens: Ints, closes: Ints) -> int:
        """The counted part of some windows. [ms]"""
        ends = units.hours_to_ms(self.warm_up), self.layout.horizon
        begin, end = (open_before(at, opens, closes) for at in ends)
        return int(end - begin)

    def windows(self, line: str) -> Ints:
        """When the stations of a `line` open and close, since the start of the counted hours.

        Returns
        -------
        numpy.ndarray, shape (n, 2), int64
            Windows in the warm-up too, before 0. [ms]
        """
        number = [other.name for other in self.shop.lines].index(line)
        time = next(row.time for row in self.layout.stations if row.line == number)
        windows = np.array(self.layout.windows[time], dtype=np.int64).reshape(-1, 2)
        return windows - units.hours_to_ms(self.warm_up)

    @cached_property
    def _overtime(self) -> Ints:
        trace = self._kept(self.counts.trace, "a trace", "trace=True")
        return np.asarray(trace[trace[:, 1] == OVERTIME])

    def open_windows(self, station: str) -> Ints:
        """With `trace=True`: when a `station` was open, by its line's working time and in overtime.

        Returns
        -------
        numpy.ndarray, shape (n, 2), int64
            As `windows` of its line, and its overtime. [ms]
        """
        row = self.layout.stations[number := self.layout.number(station)]
        overtime = self._overtime[self._overtime[:, 0] == number, 2:]
        opened = np.concatenate((self.windows(self.shop.lines[row.line].name), overtime))
        return np.column_stack(union(*opened.T))

    def state_ms(self, state: State) -> Ints:
        """Time of each station in a `state`, shape (n_stations,). [ms, int64]"""
        spent = self.counts.spent
        return self._counted_ms - spent.sum(axis=1) if state is State.OFF else spent[:, state]

    @cached_property
    def _hours(self) -> run_tables.Hours:
        """Hours of each station in each state."""
        return {state: units.ms_to_hours(self.state_ms(State[state.upper()])) for state in STATES}

    @result_table
    def stations(self) -> pd.DataFrame:
        """A row a station, by name.

        - `line`, `zone`: of its line.
        - `cycles`: cycles that ended, repeats counted. [cycles]
        - `scrapped`, `reworked`: bodies thrown away, and processed again, after a cycle. [bodies]
        - `failures`: of its robots and its own. [failures]
        - `working`, `planned`, `down`, `waiting`, `blocked`, `starved`, `off`: hours in each state.
          They add up to the counted hours exactly, in whole milliseconds. [h]
        """
        return run_tables.stations(self.layout, self.counts, self._hours)

    @result_table
    def failures(self) -> pd.DataFrame:
        """A row a failure of a robot, a station or a line.

        - `owner`, `station`, `failure`: the robot, station or line that has it; the station that it
          stops, "" for all those of a line; its name.
        - `crew`: whether its repair needs a crew.
        - `failures`: how often it failed. [failures]
        - `down`, `waiting`: hours under repair, on the clock of who repairs: of a crew with a
          working time of its own also while the line is closed; and waiting for a crew. [h]
        - `mtbf`: mean time between failures, on its clock: hours in which its station, or any of
          its line, worked, or working time without its repairs and waits, for each failure; NaN
          without a failure. [h]
        - `mttr`: mean time to repair, waits for a crew not counted; NaN without a failure. [min]
        """
        return run_tables.failures(self.layout, self.counts, self._hours)

    @result_table
    def planned_stops(self) -> pd.DataFrame:
        """A row a planned stop.

        - `owner`, `station`, `stop`: the robot or station that has it; the station; its name.
        - `times`: how often it came. [stops]
        - `hours`: how long it lasted, without what was hidden; of those side by side each. [h]
        - `waiting`: hours in which it waited for a crew. [h]
        """
        return run_tables.planned_stops(self.layout, self.counts)

    @result_table
    def robots(self) -> pd.DataFrame:
        """A row a robot, by name.

        - `station`, `role`: the station at which it works; what it does.
        - `cycles`: of its station. [cycles]
        - `failures`: its own. [failures]
        - `working`: hours in which its station works. [h]
        - `down`, `waiting`: hours in which its own failures were under repair, and waited for a
          crew. [h]
        """
        return run_tables.robots(self.layout, self.counts, self._hours, self.failures)

    @result_table
    def stores(self) -> pd.DataFrame:
        """A row a store, by name.

        - `capacity`: parts in transit included. [parts]
        - `put`, `taken`: by all lines. [parts]
        - `level_start`, `level_end`: at the start and the end of the counted hours. [parts]
        - `level`: mean over time, parts in transit included; NaN at capacity 0. [parts]
        - `full`, `empty`, `none_ready`: share of the counted hours at capacity, without parts, and
          without parts that are ready (all in transit); NaN at capacity 0. [-]
        """
        return run_tables.stores(self.layout, self.counts, self._counted_ms, declared=True)

    @result_table
    def buffers(self) -> pd.DataFrame:
        """A row a buffer inside a line, those of capacity 0 left out.

        The index `store` names the stations before and after, "A > B"; the columns are those of
        `stores`.
        """
        return run_tables.stores(self.layout, self.counts, self._counted_ms, declared=False)

    @result_table
    def crews(self) -> pd.DataFrame:
        """A row a group of crews, by name; "repair crews" where the shop gives only a number.

        - `crews`: how many; inf if one is always free. [crews]
        - `asked`: repairs and planned stops that asked for one of the group. [repairs]
        - `busy`, `share_busy`: hours of repair; their share of the working hours of all its crews,
          which are the `working_hours` of the shop for a group without a working time. [h, -]
        - `waited`: repairs that waited for a crew. [repairs]
        - `mean_wait`, `longest_wait`: for a crew, of all repairs that asked for one. [min]

        What several groups may repair counts for each of them in `asked` and in the waits,
        whichever came.
        """
        layout = self.layout
        own = [row.time for row in layout.crews] or [-1]
        windows = [np.array(layout.windows[time], np.int64).reshape(-1, 2) for time in own]
        hours = [
            self.working_hours if time < 0 else units.ms_to_hours(self._opened_ms(*opened.T))
            for time, opened in zip(own, windows, strict=True)
        ]
        return run_tables.crews(layout, self.counts, hours)

    @result_table
    def trace(self) -> pd.DataFrame:
        """With `trace=True`: a row an interval in one state.

        - `thing`: a station, with all states but "off"; then "owner: failure", with its repairs
          ("down") and waits for a crew ("waiting"), and the same of planned stops with a crew
          ("planned").
        - `state`
        - `begin`, `end`: since the start of the counted hours; hours outside working time are
          inside the intervals. [ms, int64]
        """
        return run_tables.trace(self.layout, self._kept(self.counts.trace, "a trace", "trace=True"))

    @cached_property
    def critical_steps(self) -> CriticalPath:
        """With `critical_path=True`: the steps that the last body waited for, one after another."""
        steps = self._kept(self.counts.path, "a critical path", "critical_path=True").array()
        begin = units.hours_to_ms(self.warm_up)
        return CriticalPath(self.layout, begin, self._counted_ms, steps)

    def critical_path(self, *, every: float | None = None) -> pd.DataFrame:
        """With `critical_path=True`: where the counted hours went, along the critical path.

        From the last body back, each instant had one step that everything after it waited for.
        The instant counts for the thing and the cause of that step, so the hours add up to the
        counted hours exactly, in whole ms. A second less on the path would have brought the last
        body a second earlier, as long as the path stays the same.

        Parameters
        ----------
        every : float, optional
            A table of each period of this many counted hours. [h]

        Returns
        -------
        DataFrame
            A row a thing and cause, the most hours first; with `every` in order of `period`, the
            beginning of the period. [h]

            - `thing`: station, robot, line or store; `station`, `line`: where it is, "" for a
              store, and without a station for a failure of a line.
            - `cause`: "working", "planned" (stop), "repair", "waiting" (for a crew), "transit",
              "closed" (outside working time, or held before closing), "overtime" (work and repairs
              after closing), "stuck" (nothing moves any more).
            - `failure`: the failure of a repair or a wait, or a planned stop with a crew.
            - `times`: steps that came to their end; pieces broken off don't count. [steps]
            - `ms`, `hours`: time on the path. [ms, int64; h]

        Raises
        ------
        ValueError
            The run kept no critical path; `every` is not above 0.

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
        names = things.iloc[table.pop("number")].reset_index(drop=True)
        table = pd.concat([names, table.reset_index(drop=True)], axis=1)
        table["hours"] = units.ms_to_hours(table["ms"])
        if every is not None:
            table.insert(0, "period", table.pop("period"))
        return table

    @property
    def history(self) -> History:
        """With `every=24.0`: what was counted up to the end of each period of 24 h.

        All counts are cumulative from the start of the counted hours, in the arrays of `History`.
        """
        return self._kept(self.counts.history, "a history", "every=24.0")

    def _kept(self, kept: Kept | None, what: str, option: str) -> Kept:
        """What the run keeps only if asked to."""
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
        return wrapped("\n".join(run_summary.lines(self)))
