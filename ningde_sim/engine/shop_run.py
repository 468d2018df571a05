"""The result of one run of a shop."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before, union
from ningde_sim._support.result_table import result_table
from ningde_sim._support.summary import wrapped
from ningde_sim.engine import period_tables, product_tables, run_summary, run_tables
from ningde_sim.engine._kernel import EMPTY, OVERTIME, UNBORN
from ningde_sim.engine.copies import added, totals
from ningde_sim.engine.counts import Counts, History, Ints, Packed, period_ends
from ningde_sim.engine.critical_path import CriticalPath
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.rules import STATES, State
from ningde_sim.engine.stuck import Stuck
from ningde_sim.engine.stuck import find as find_stuck
from ningde_sim.plant.line import numbered
from ningde_sim.plant.run_dates import RunDates
from ningde_sim.plant.shop import Shop
from ningde_sim.plant.start import ON_STATION, Start

ENOUGH = 20
"""Parts that others took of a store before a line that took none is told. [parts]"""

Kept = TypeVar("Kept", Ints, History, Packed, RunDates)


@dataclass(frozen=True, repr=False, eq=False)
class ShopRun:
    """The result of one run of a shop.

    The copies of a line are counted together: tables, critical path and history have a row, or a
    column, for each thing that the shop describes. The trace and `stuck` name each copy, such as
    "OP20 #2".

    With a calendar the run has dates: `by_shift`, `by_day`, `stations_by_shift`, `stores_by_day`
    and their like are tables by date. The history as a table is `periods`, with `every=24.0` or a
    calendar; `stations_by_period` and `stores_by_period` stand beside it.

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
    counts : Counts
        The arrays that all tables are made from, those of each copy of a line by itself. [ms]
    layout : Layout
        The numbers of stations, stores and failures in these arrays.
    period : int, optional
        Length of the periods of the history. [ms]
    dates : RunDates, optional
        With a calendar: `dates.start` is when the counted hours begin.
    """

    shop: Shop
    hours: float
    warm_up: float
    seed: int
    run: int
    counts: Counts
    layout: Layout
    period: int | None = None
    dates: RunDates | None = None

    @property
    def engine(self) -> str:
        """What ran: bodies that flow ("flow"), event by event ("events"), or SimPy ("reference").

        All give equal arrays.
        """
        return self.counts.engine

    @property
    def by_events(self) -> str:
        """Why the compiled engine went from event to event; "" if it did not."""
        return self.counts.by_events

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
        return float(units.ms_to_hours(self._opened_ms(*self._open)))

    @cached_property
    def _open(self) -> tuple[Ints, Ints]:
        """When any of the lines opens and closes. [ms]"""
        layout = self.layout
        times = {row.time for row in layout.stations}
        windows = np.array([w for time in times for w in layout.windows[time]], dtype=np.int64)
        return union(*windows.reshape(-1, 2).T)

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
        of = self.layout.stores_of
        unfed = [rows[k] for k in waiting if any(taken[s] >= ENOUGH for s in of(*rows[k].takes))]
        copies = Counter(row.line for row in unfed)
        lines = [(self.shop.lines[number], n) for number, n in copies.items()]
        return tuple(line.name for line, n in lines if n == line.copies)

    @property
    def exits(self) -> dict[str, Ints]:
        """Finish times by output line, since the start of the counted hours.

        Arrays of shape (bodies of the line,), rising. [ms, int64]
        """
        lines = self.shop.lines
        return {lines[n].name: rows.array()[:, 0] for n, rows in self.counts.exits.items()}

    @property
    def lead_times(self) -> dict[str, Ints]:
        """Lead times by output line, in the order of `exits`: from the first load to the exit.

        An assembled body has the lead time of the parts that it took first. What leaves an output
        line ends there: a carrier that goes on is born anew when it is loaded.
        Arrays of shape (bodies of the line,). [ms, int64]
        """
        lines = self.shop.lines
        return {lines[n].name: rows.array()[:, 1] for n, rows in self.counts.exits.items()}

    @cached_property
    def end(self) -> Start:
        """What is on stations and in stores at the end: the start of another run.

        `dataclasses.replace(shop, start=run.end)` goes on from here, with the ages of all parts;
        work on a body, failures, planned stops and rounds of repair begin anew. Run it with another
        `run` or `seed`, or its random streams are those of this run.
        """
        rows, n = self.counts.inside, len(self.layout.stations)
        hours = units.ms_to_hours(self.layout.horizon - rows[:, 1])
        born = rows[:, 1] != UNBORN
        ages = [float(h) if b else None for h, b in zip(hours, born, strict=True)]
        content = self.counts.stations["content"]
        bodies: dict[str, str] = {}
        on: dict[str, float] = {}
        parts: dict[str, list[float | None]] = {}
        for store in self.layout.stores:
            if store.capacity:
                parts[numbered(store.name, store.copy)] = []
        for k, age in zip(rows[:, 0].tolist(), ages, strict=True):
            if k >= n:
                store = self.layout.stores[k - n]
                parts[numbered(store.name, store.copy)].append(age)
            else:
                station = self.layout.stations[k].name
                bodies[station] = ON_STATION[content[k] - 1]
                on |= {} if age is None else {station: age}
        return Start(bodies, parts, on)

    def lead_time(self, q: float) -> float:
        """What a share `q` of all lead times stays at or below; NaN without a body. [h]"""
        q = checks.share(f"ShopRun {self.shop.name!r}", "q", q)
        times = np.concatenate([*self.lead_times.values()])
        return float(units.ms_to_hours(np.quantile(times, q))) if len(times) else math.nan

    @property
    def wip(self) -> float:
        """Work in process: mean number of parts between first load and exit. [parts]

        Parts that wait in a store without ever having been loaded, such as skids, do not count.
        """
        return float(self.counts.wip["ms"] / self._counted_ms)

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

        Of a station with copies by the name of one of them, "OP20 #2"; or by its own, when any was.

        Returns
        -------
        numpy.ndarray, shape (n, 2), int64
            As `windows` of its line, and its overtime. [ms]

        Raises
        ------
        KeyError
            No station has that name.
        """
        numbers = self.layout.numbers(station)
        if not numbers:
            self.shop.station(station)  # complains
        overtime = self._overtime[np.isin(self._overtime[:, 0], numbers), 2:]
        line = self.shop.lines[self.layout.stations[numbers[0]].line]
        opened = np.concatenate((self.windows(line.name), overtime))
        return np.column_stack(union(*opened.T))

    def state_ms(self, state: State) -> Ints:
        """Time of each station in a `state`, shape (n_stations,), copy by copy. [ms, int64]"""
        spent = self.counts.spent
        return self._counted_ms - spent.sum(axis=1) if state is State.OFF else spent[:, state]

    @cached_property
    def _hours(self) -> run_tables.Hours:
        """Hours of each station in each state, those of all copies together."""
        rows, by_state = self.layout.stations, {s: self.state_ms(State[s.upper()]) for s in STATES}
        return {state: units.ms_to_hours(added(rows, ms)) for state, ms in by_state.items()}

    @cached_property
    def _totals(self) -> Counts:
        """The counts of all copies of a line together."""
        return totals(self.layout, self.counts)

    @result_table
    def stations(self) -> pd.DataFrame:
        """A row a station, by name.

        - `line`, `zone`, `copies`: of its line; all other columns are totals of its copies.
        - `cycles`: cycles that ended, repeats counted. [cycles]
        - `scrapped`, `reworked`, `rejected`: bodies thrown away, processed again and sent to the
          `rejects` of the line, after a cycle. [bodies]
        - `failures`: of its robots and its own. [failures]
        - `setups`: changes of product, and other setups. [setups]
        - `working`, `setup`, `planned`, `down`, `waiting`, `blocked`, `starved`, `off`: hours in
          each state. They add up to `copies` times the counted hours exactly, in whole ms. [h]
        """
        return run_tables.stations(self.layout, self._totals, self._hours)

    @result_table
    def utilisation(self) -> pd.DataFrame:
        """A row a station, by name: where its open time goes, in shares.

        - `line`, `zone`: of its line.
        - `utilisation`: the share `working`, by the name that reports give it. [-]
        - `working`, `setup`, `planned`, `down`, `waiting`, `blocked`, `starved`: of its open hours;
          they add up to 1, and are NaN if it is never open. [-]
        - `off`: of the counted hours; only this share is of the time by the clock. [-]
        """
        return run_tables.utilisation(self.layout, self._hours)

    @result_table
    def failures(self) -> pd.DataFrame:
        """A row a failure of a robot, a station or a line, for all copies of the line.

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
        return run_tables.failures(self.layout, self._totals, self._hours)

    @result_table
    def planned_stops(self) -> pd.DataFrame:
        """A row a planned stop.

        - `owner`, `station`, `stop`: the robot or station that has it; the station; its name.
        - `times`: how often it came. [stops]
        - `hours`: how long it lasted, without what was hidden; of those side by side each. [h]
        - `waiting`: hours in which it waited for a crew. [h]
        """
        return run_tables.planned_stops(self.layout, self._totals)

    @result_table
    def robots(self) -> pd.DataFrame:
        """A row a robot, by name, for all copies of its line.

        - `station`, `role`: the station at which it works; what it does.
        - `cycles`: of its station. [cycles]
        - `failures`: its own. [failures]
        - `working`: hours in which its station works. [h]
        - `down`, `waiting`: hours in which its own failures were under repair, and waited for a
          crew. [h]
        """
        return run_tables.robots(self.layout, self._totals, self._hours, self.failures)

    @result_table
    def stores(self) -> pd.DataFrame:
        """A row a store, by name.

        - `capacity`: parts in transit included. [parts]
        - `put`, `taken`: by all lines. [parts]
        - `level_start`, `level_end`: at the start and the end of the counted hours. [parts]
        - `level`: mean over time, parts in transit included; NaN at capacity 0. [parts]
        - `full`, `empty`, `none_ready`: share of the counted hours at capacity, without parts, and
          without parts that are ready (all in transit); NaN at capacity 0. Closed hours count too,
          as a store is full or empty then as well: `stores_by_shift` leaves them out. [-]
        """
        return run_tables.stores(self.layout, self._totals, self._counted_ms, declared=True)

    @result_table
    def buffers(self) -> pd.DataFrame:
        """A row a buffer inside a line, those of capacity 0 left out.

        The index `store` names the stations before and after, "A > B"; the columns are those of
        `stores`. Of a line with copies they are totals, capacity and level too, but for the shares,
        which are means over its copies.
        """
        return run_tables.stores(self.layout, self._totals, self._counted_ms, declared=False)

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
    def products(self) -> pd.DataFrame:
        """A row a product, by name; one row where all parts are alike.

        - `bodies`, `throughput`, `share`: finished bodies, an hour by the clock, of all. [bodies,
          bodies/h, -]
        - `scrapped`, `reworked`, `rejected`: at all stations; 0 where all are alike, see
          `stations`. [bodies]
        - `wip`: mean number of parts between first load and exit; 0 where all are alike. [parts]
        - `lead_time`: median from the first load to the exit; NaN without a body. [h]
        """
        return product_tables.products(self.layout, self.counts, self.hours)

    @result_table
    def sequence(self) -> pd.DataFrame:
        """A row a finished body, in order of time.

        - `time`: since the start of the counted hours. [h]
        - `line`, `product`
        - `number`: in the sequence of the plant, from 0; 0 where all are alike.
        """
        return product_tables.sequence(self.layout, self.counts)

    @result_table
    def products_in_stores(self) -> pd.DataFrame:
        """A row a store, a column a product: mean number over time. [parts]"""
        return product_tables.held(self.layout, self._totals, self.hours)

    @result_table
    def resequencing(self) -> pd.DataFrame:
        """A row a store: the sequence of the products before it and behind it.

        - `batch_before`, `batch_after`: mean number of parts of one product in a row; NaN where no
          part passed, or where all are alike. [parts]
        - `changes_before`, `changes_after`: changes of product, which are setups of a station that
          makes this sequence.
        - `in_sequence`: share of the parts that left before every later one of the sequence:
          sequence adherence. [-]
        """
        return product_tables.resequencing(self.layout, self._totals)

    @property
    def makespan(self) -> float:
        """With a sequence of orders: when the last body of all left; NaN if some have not. [h]

        Bodies that were scrapped count as done. It is since the start of the counted hours.
        """
        return product_tables.makespan(self.layout, self.counts)

    @result_table
    def trace(self) -> pd.DataFrame:
        """With `trace=True`: a row an interval in one state.

        - `thing`: a station, with all states but "off"; then "owner: failure", with its repairs
          ("down") and waits for a crew ("waiting"), and the same of planned stops with a crew
          ("planned"). Each copy of a line has rows of its own: "OP20 #2", "OP20 #2: belt".
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

            - `thing`: station, robot, line or store, one for all copies of a line; `station`,
              `line`: where it is, "" for a store, and without a station for a failure of a line.
            - `cause`: "working", "setup", "planned" (stop), "repair", "waiting" (for a crew),
              "transit", "closed" (outside working time, or held before closing), "overtime" (work
              and repairs after closing), "stuck" (nothing moves any more).
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

        With a calendar its periods are production days, unless `every` says otherwise. As a table
        it is `periods`. All counts are cumulative from the start of the counted hours, in the
        arrays of `History`; those of all copies of a line are added up, in the order of the tables.
        """
        history = self._kept(self._totals.history, "a history", "every=24.0")
        if self.dates is None or self.period is None:
            return history
        return history.at(period_ends(self._counted_ms, self.period))

    @result_table
    def periods(self) -> pd.DataFrame:
        """With `every=24.0` or a calendar: the history as a table, a row a period, by its begin.

        The begin is a date with a calendar, else in hours since the start of the counted ones.

        - `begin`, `end`: of the period. [h, or dates]
        - `open_hours`: in which any of the lines works, as in `working_hours`. [h]
        - `bodies`: that leave the output lines in it, its last instant included. [bodies]
        - `per_open_hour`: bodies an open hour (JPH); NaN where none is open. [bodies/h]
        - `scrapped`, `reworked`, `rejected`, `failures`, `setups`: over all stations. [bodies,
          failures, setups]
        - `wip`: mean work in process, as `ShopRun.wip`. [parts]
        - `working`, ..., `off`: over all stations, as in `stations`. [station hours]
        """
        return self._over(self._by_period)

    @result_table
    def stations_by_period(self) -> pd.DataFrame:
        """With `every=24.0` or a calendar: `stations` of each period alone.

        A row a period and a station.
        """
        return period_tables.stations(self.layout, self._by_period)

    @result_table
    def stores_by_period(self) -> pd.DataFrame:
        """With `every=24.0` or a calendar: `stores` of each period; a row a period and a store."""
        return period_tables.stores(self.layout, self._totals, self._by_period, declared=True)

    @result_table
    def buffers_by_period(self) -> pd.DataFrame:
        """With `every=24.0` or a calendar: `buffers` of each period alone.

        A row a period and a buffer.
        """
        return period_tables.stores(self.layout, self._totals, self._by_period, declared=False)

    @result_table
    def by_shift(self) -> pd.DataFrame:
        """With a calendar: a row a shift, by `day` and `shift`, with the columns of `periods`.

        A shift lasts from `begin` to `end` with its breaks, and with the overtime behind the last
        one; a night belongs to the day on which it starts. The closed time between shifts is left
        out of `off` and `wip`. What is done in it, such as a body that is finished first, counts
        for the shift before, so all other columns add up to the run.
        """
        return self._over(self._by_shift)

    @result_table
    def stations_by_shift(self) -> pd.DataFrame:
        """With a calendar: `stations` of each shift; a row a day, a shift and a station.

        What shifts are and what counts for them see `by_shift`.
        """
        return period_tables.stations(self.layout, self._by_shift)

    @result_table
    def stores_by_shift(self) -> pd.DataFrame:
        """With a calendar: `stores` from begin to end of each shift; a row a day, shift and store.

        What is put and taken in the closed time between shifts is left out.
        """
        return period_tables.stores(self.layout, self._totals, self._by_shift, declared=True)

    @result_table
    def by_day(self) -> pd.DataFrame:
        """With a calendar: a row a production day, worked or not, with the columns of `periods`.

        It lasts 24 h from the time at which the first shift begins.
        """
        return self._over(self._by_day)

    @result_table
    def stations_by_day(self) -> pd.DataFrame:
        """With a calendar: `stations` of each production day; a row a day and a station."""
        return period_tables.stations(self.layout, self._by_day)

    @result_table
    def stores_by_day(self) -> pd.DataFrame:
        """With a calendar: `stores` of each production day; a row a day and a store."""
        return period_tables.stores(self.layout, self._totals, self._by_day, declared=True)

    def _over(self, spans: period_tables.Spans) -> pd.DataFrame:
        exits = np.concatenate([*self.exits.values()])
        opened = open_before(self._warm_up_ms + spans.edges, *self._open)
        return period_tables.periods(self.layout, spans, exits, opened)

    @property
    def _by_period(self) -> period_tables.Spans:
        start = None if self.dates is None else np.datetime64(self.dates.start, "ms")
        return period_tables.by_period(self.history, start)

    @property
    def _by_shift(self) -> period_tables.Spans:
        return period_tables.by_shift(*self._dated)

    @property
    def _by_day(self) -> period_tables.Spans:
        return period_tables.by_day(*self._dated)

    @property
    def _dated(self) -> tuple[History, RunDates]:
        """The history by the bounds of shifts and days, and the dates."""
        option = 'calendar=..., start="2026-03-02", days=28'
        dates = self._kept(self.dates, "dates", option)
        return self._kept(self._totals.history, "dates", option), dates

    def _kept(self, kept: Kept | None, what: str, option: str) -> Kept:
        """What the run keeps only if asked to."""
        if kept is None:
            cure = f"Ask for one: simulate(..., {option})."
            owner = f"ShopRun {self.shop.name!r}"
            raise ValueError(checks.complain(owner, f"it must have kept {what}", None, cure))
        return kept

    @property
    def span(self) -> str:
        """What was counted, in words: "160 h", with a calendar the days too."""
        hours = f"{self.hours:g} h"
        return hours if self.dates is None else f"{self.dates.title}, {hours}"

    def __repr__(self) -> str:
        return (
            f"ShopRun({self.shop.name!r}, {self.span}, seed={self.seed}, run={self.run}, "
            f"engine={self.engine!r}: {self.bodies} bodies)"
        )

    def __str__(self) -> str:
        """The summary."""
        return self.summary()

    def summary(self) -> str:
        """A dozen lines: what came out, where the time went, what to know about it."""
        return wrapped("\n".join(run_summary.lines(self)))
