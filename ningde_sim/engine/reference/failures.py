"""Failures, and planned stops with a crew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER
from ningde_sim.engine.counts import COUNTED
from ningde_sim.engine.layout import FailureLayout
from ningde_sim.engine.reference.events import Due
from ningde_sim.engine.rules import State

if TYPE_CHECKING:
    from ningde_sim.engine.reference.crews import CrewGroup
    from ningde_sim.engine.reference.events import Process
    from ningde_sim.engine.reference.floor import Floor
    from ningde_sim.engine.reference.stations import StationProcess
    from ningde_sim.engine.reference.working_times import WorkingTimeProcess


class LineClock:
    """The clock of a line's operating failures: runs while any station of the line works."""

    def __init__(self) -> None:
        self.failures: list[FailureProcess] = []
        self.n_working = self.worked = self.since = 0

    def reading(self) -> int:
        """How long the line has worked. [ms]"""
        if self.n_working and self.failures:
            return self.worked + self.failures[0].time.reading() - self.since
        return self.worked

    def starts(self) -> None:
        """One more station works."""
        self.n_working += 1
        if self.n_working == 1 and self.failures:
            self.since = self.failures[0].time.reading()
            for failure in self.failures:
                if failure.state == State.WORKING and failure.due_at == NEVER:
                    failure.schedule(failure.time.after(failure.fails_at - self.worked))

    def rests(self) -> None:
        """One station less works; a clock that runs out at this instant still does."""
        self.worked, self.n_working = self.reading(), self.n_working - 1
        if self.failures:
            self.since = self.failures[0].time.reading()
        if self.n_working == 0:
            for failure in self.failures:
                if failure.state == State.WORKING and failure.due_at > failure.floor.env.now:
                    failure.due, failure.due_at = None, NEVER


class FailureProcess:
    """A failure, or a planned stop with a crew: runs, waits for a crew, is repaired, starts afresh.

    Its state is that in which it puts its stations; it works while it stops none. A planned stop
    has no clock: its station asks for it.
    """

    def __init__(self, floor: Floor, row: FailureLayout, number: int) -> None:
        self.floor = floor
        self.row = row
        self.number = number
        self.stations = [floor.stations[k] for k in row.stations]
        self.time = floor.times[row.time]
        self.own_clock = self.time if row.of_line else self.stations[0]
        self.rank = len(floor.times) + len(floor.stores) + len(floor.stations) + number
        self.due: Due | None = None
        self.due_at = self.fails_at = NEVER
        self.n_up = self.n_repair = self.request = self.left = 0
        self.repair_stream = row.repair
        self.rests = False
        self.group: CrewGroup | None = None
        self.state = State.WORKING
        self.since = self.since_wall = 0
        self.worked = self.stopped_at = 0
        if self.is_in_line_operation():
            self.stations[0].line.failures.append(self)
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys((*COUNTED["failures"], *COUNTED["clocks"]), 0)

    # ------------------------------------------------------------------ accounts

    def clock(self) -> StationProcess | WorkingTimeProcess:
        """The clock on which its repair passes, or its wait for a crew."""
        if self.group is not None and self.group.time is not None:
            return self.group.time
        return self.own_clock

    def account(self) -> None:
        """Book the time up to now on the repair, or on the wait for a crew."""
        passed = self.clock().reading() - self.since
        if self.state != State.WORKING:
            waits = self.state == State.WAITING
            self.counted["queue_ms" if waits else "repair_ms"] += passed
            self.floor.record(len(self.floor.stations) + self.number, self.state, self.since_wall)
        if self.is_in_line_operation():
            worked = self.stations[0].line.reading()
            self.counted["clock_ms"] += worked - self.worked
            self.worked = worked
        elif self.state == State.WORKING:
            self.counted["clock_ms"] += passed
        if self.group is not None:
            self.group.counted["busy_ms"] += passed
        self.since, self.since_wall = self.since + passed, int(self.floor.env.now)

    def is_in_line_operation(self) -> bool:
        """Whether its clock runs while any station of its line works."""
        return self.row.of_line and self.row.clock == "operating"

    def change(self, state: State, group: CrewGroup | None = None) -> None:
        """It waits for a crew, is repaired, or its clock runs again."""
        self.account()
        self.state, self.group = state, group
        self.since = self.clock().reading()

    # ------------------------------------------------------------------ its next event

    def schedule(self, when: int) -> None:
        """Set its next event; the one before no longer counts."""
        self.due_at, self.due = when, Due(self.floor.env, when, self.rank)
        self.floor.env.process(self.wait(self.due))

    def wait(self, due: Due) -> Process:
        """A clock runs out; a repair ends or rests."""
        yield due
        if due is self.due:
            self.due_at = NEVER
            if self.state == State.WORKING:
                self.fail()
            elif self.rests:
                self.rest()
            else:
                self.repaired()
            self.floor.settle()

    # ------------------------------------------------------------------ what happens

    def start(self) -> None:
        """Draw the next uptime and let the clock run; it may have run for long before the start."""
        if self.row.is_planned:
            return
        aged = self.floor.first_uptimes[self.number] if self.n_up == 0 else -1
        uptime = self.floor.draw(self.row.uptime, self.n_up) if aged < 0 else aged
        self.n_up += 1
        if self.row.clock == "calendar":
            self.schedule(self.time.after(uptime))
        else:
            station = self.stations[0]
            self.fails_at = (station.line if self.row.of_line else station).worked + uptime

    def fail(self) -> None:
        """Stop its stations; ask for a crew if one is needed."""
        self.counted["failures"] += 1
        self.stopped_at = int(self.floor.env.now)
        if not self.row.is_planned and not self.row.of_line:
            self.stations[0].counted["failures"] += 1
        for station in self.stations:
            station.fails(self)
        self.left = self.floor.draw(self.repair_stream, self.n_repair)
        self.n_repair += 1
        group = self.floor.crews.ask(self) if self.row.groups else None
        if self.row.groups and group is None:
            self.change(State.WAITING)
        else:
            self.repair(group)
        for station in self.stations:
            station.show()

    def repair(self, group: CrewGroup | None) -> None:
        """The repair goes on, with a crew up to the closing at most."""
        if group is not None:
            group.free -= 1
        state = State.PLANNED if self.row.is_planned else State.DOWN
        self.change(State.SETUP if self.row.is_setup else state, group)
        self.time_repair()

    def time_repair(self) -> None:
        """When the repair ends or rests."""
        clock, now = self.clock(), int(self.floor.env.now)
        open_for = clock.closing - now
        self.rests = self.group is not None and not clock.stays() and open_for < self.left
        end = now + open_for if self.rests else clock.after(self.left)
        self.left -= end - now
        self.schedule(end)

    def timed_anew(self) -> None:
        """Its station no longer stays at closing, so the repair may rest then."""
        now = int(self.floor.env.now)
        if self.state != State.WAITING and self.clock() is self.stations[0] and self.due_at > now:
            self.left += self.due_at - now
            self.time_repair()

    def rest(self) -> None:
        """The working time closes: the crew leaves; what is left asks again, in its turn."""
        for station in self.stations:
            station.step()
            station.idle_step(self, 2 * self.floor.layout.repair(self.number))
        group = self.group
        self.change(State.WAITING)
        self.floor.crews.waiting.append(self)
        for station in self.stations:
            station.show()
        self.floor.crews.leave(group)

    def crew_comes(self, group: CrewGroup) -> None:
        """The wait is over."""
        waited = self.clock().reading() - self.since
        for station in self.stations:
            what = 2 * self.floor.layout.wait(self.number)
            station.step(what if waited else None)
            if waited:
                station.idle_step(self, what + 1)
        if waited > 0:
            self.counted["n_queued"] += 1
            self.counted["longest_ms"] = max(self.counted["longest_ms"], waited)
        self.repair(group)
        for station in self.stations:
            station.show()

    def repaired(self) -> None:
        """The clock starts afresh, the crew goes to the next failure, the stations go on."""
        for station in self.stations:
            station.step(2 * self.floor.layout.repair(self.number))
            station.open.remove(self)
        group = self.group
        self.change(State.WORKING)
        self.floor.crews.leave(group)
        self.start()
        for station in self.stations:
            station.goes_on()
        for station in self.stations:
            station.idle_step(self, 2 * self.floor.layout.repair(self.number) + 1)
            if station.row.together and station.content != _kernel.LOADED:
                self.floor.cause = station.cause
                station.wake_mates()
