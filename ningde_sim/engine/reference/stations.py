"""Stations, and planned stops without a crew."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import simpy

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER, UNBORN
from ningde_sim.engine.counts import COUNTED
from ningde_sim.engine.layout import RecipeLayout, StationLayout, StopLayout
from ningde_sim.engine.reference.events import Due, later
from ningde_sim.engine.reference.products import Choice, oldest
from ningde_sim.engine.reference.stores import Join, Part
from ningde_sim.engine.rules import State

if TYPE_CHECKING:
    from ningde_sim.engine.reference.events import Process, Step
    from ningde_sim.engine.reference.failures import FailureProcess
    from ningde_sim.engine.reference.floor import Floor
    from ningde_sim.engine.reference.stores import StoreProcess


class StationProcess:
    """Takes a body, works on it, and keeps it until there is room behind."""

    def __init__(self, floor: Floor, row: StationLayout, number: int) -> None:
        self.floor = floor
        self.row = row
        self.number = number
        self.rank = len(floor.times) + len(floor.stores) + number
        self.time = floor.times[row.time]
        self.takes = self.joins(row.takes)
        self.puts, self.returns = self.joins(row.puts), self.joins(row.returns)
        self.rejects = self.joins(row.rejects)
        outward = (*self.puts, *self.returns, *self.rejects)
        for store in dict.fromkeys(store for join in outward for store in join.all):
            store.putters.append(self)
        for store in (store for join in self.takes for store in join.all):
            store.takers.append(self)
        self.most_rounds = floor.layout.shop.lines[row.line].rounds
        self.part = Part(row.born)
        if not floor.layout.by_product:
            self.part.product = self.part.number = 0
        self.drawn = [0] * len(floor.layout.products)
        self.set_for = -1
        self.n_changes = 0
        self.content = row.content
        self.task = State.WORKING
        self.stops = [PlannedStopProcess(floor, floor.layout.stops[i]) for i in row.stops]
        self.open: list[FailureProcess] = []
        self.line = floor.lines[row.line, row.copy]
        self.asked = self.asked_at = self.rank_of_products = 0
        self.indexed_at = -1
        self.begun = self.held = False
        self.overtime = 0
        self.loaded = floor.env.event()
        self.restored = floor.env.event()
        self.opened = floor.env.event()
        self.process: simpy.Process | None = None
        self.running = False
        self.began = self.left = self.cycle = 0
        self.done = 0
        self.worked = 0
        self.state = State.STARVED
        self.cause: Step | None = None
        self.before: Step | None = None
        self.started = 0
        self.since = self.since_wall = 0
        self.clear()

    def joins(self, numbers: range) -> list[Join]:
        """Some of its joins."""
        return [
            Join(self.floor, self.floor.layout.joins[i], takes=numbers == self.row.takes)
            for i in numbers
        ]

    def clear(self) -> None:
        """Begin to count."""
        self.spent = [0] * len(State)
        self.counted = dict.fromkeys(COUNTED["stations"], 0)
        self.tally = [[0] * 3 for _ in self.drawn]

    # ------------------------------------------------------------------ its clock

    def stays(self) -> bool:
        """Whether it finishes its body first when its working time closes."""
        return self.begun and self.row.at_close == "finish"

    @property
    def closing(self) -> int:
        """When its working time closes, or closed last. [ms]"""
        return self.time.closing

    def late_by(self) -> int:
        """The overtime since the last closing. [ms]"""
        return max(0, int(self.floor.env.now) - self.time.closing) if self.stays() else 0

    def reading(self) -> int:
        """Working time and overtime since the start of the run. [ms]"""
        return self.time.reading() + self.overtime + self.late_by()

    def after(self, duration: int) -> int:
        """The instant at which its clock will have gone on by `duration`. [ms]"""
        return int(self.floor.env.now) + duration if self.stays() else self.time.after(duration)

    def can_work(self) -> bool:
        """Whether work goes on from now on."""
        return self.floor.env.now < self.time.closing or self.stays()

    def may_begin(self, cycle: int) -> bool:
        """Whether it begins a body now."""
        if self.row.at_close == "pause":
            return True
        left = self.time.closing - int(self.floor.env.now)
        return left > 0 and (self.row.at_close == "finish" or cycle <= left)

    def opens(self) -> None:
        """Its working time opens, the last closing is still known: overtime ends."""
        if self.late_by():
            self.step()
            self.end_overtime()

    def end_overtime(self) -> None:
        """Add the overtime since the last closing to that before."""
        self.record_overtime()
        self.overtime += self.late_by()

    def record_overtime(self) -> None:
        """Add it to the trace."""
        if self.late_by():
            self.floor.record(self.number, _kernel.OVERTIME, self.time.closing)

    # ------------------------------------------------------------------ accounts

    def account(self) -> None:
        """Book the time up to now on the state that the station was in."""
        reading = self.reading()
        self.spent[self.state] += reading - self.since
        self.floor.record(self.number, self.state, self.since_wall)
        self.since, self.since_wall = reading, int(self.floor.env.now)

    def show(self) -> None:
        """Update the state; the first that applies counts."""
        if self.open:
            state = min(failure.state for failure in self.open)
        elif self.content == _kernel.LOADED:
            state = State.OFF if self.held else self.task
        else:
            state = State.STARVED if self.is_empty() else State.BLOCKED
        if state != self.state:
            self.account()
            self.state = state

    # ------------------------------------------------------------------ causes

    def load(self) -> None:
        """A body is there, or is processed again: a step begins, planned stops that are due too."""
        self.content = _kernel.LOADED
        self.begun = False
        self.started, self.before = int(self.floor.env.now), self.floor.cause
        self.task = State.WORKING
        self.left = self.cycle = 0
        for stop in [stop for stop in self.stops if stop.is_due(self)]:
            stop.begin(self)
        if self.task == State.WORKING:
            self.set_up()

    def doing(self) -> int:
        """The step that it is in."""
        return 2 * self.floor.layout.overtime(self.number) if self.late_by() else self.activity()

    def activity(self) -> int:
        """What it does, in overtime or not; of several repairs or waits the first declared."""
        layout = self.floor.layout
        if self.open:
            first = min(self.open, key=lambda failure: (failure.state, failure.number))
            waits = first.state == State.WAITING
            return 2 * (layout.wait(first.number) if waits else layout.repair(first.number))
        if self.held:
            return 2 * layout.closed(self.number)
        return 2 * self.task_of(self.task)

    def task_of(self, task: int) -> int:
        """The number of what it does by itself."""
        numbers = {State.PLANNED: self.floor.layout.stop, State.SETUP: self.floor.layout.setup}
        return numbers[task](self.number) if task in numbers else self.number  # type: ignore[index]

    def step(self, ending: int | None = None) -> None:
        """Its step ends, or is broken off because something else happens."""
        if self.content == _kernel.LOADED:
            self.split()
            what, now = self.doing(), int(self.floor.env.now)
            if what == ending or now > self.started:
                self.before = self.floor.note(what + (what == ending), self.started, self.before)
            self.started = now

    def split(self) -> None:
        """In overtime: its step up to the closing ends there."""
        closing = self.time.closing
        if self.late_by() and self.started < closing:
            self.before = self.floor.note(self.activity(), self.started, self.before, closing)
            self.started = closing

    # ------------------------------------------------------------------ moves

    def is_empty(self) -> bool:
        """Whether it waits for parts."""
        return self.content == _kernel.EMPTY

    def ask(self, content: int) -> None:
        """It waits from now on: empty for parts, finished or scrapped for places."""
        self.content = content
        self.asked, self.asked_at = self.floor.next_request(), int(self.floor.env.now)
        many = len(self.floor.layout.products) > 1 and content == _kernel.EMPTY
        self.rank_of_products = len(self.row.makes) if many else 0
        self.show()
        self.floor.wake(self)
        self.wake_mates()

    def wants(self) -> list[Join]:
        """Its joins to the stores whose parts or places it waits for."""
        return [self.takes, [], self.puts, self.returns, self.rejects][self.content]

    def join(self, store: StoreProcess) -> Join | None:
        """Its join to a store whose parts or places it waits for; None if it does not."""
        joins = [join for join in self.wants() if store in join.stores]
        return joins[0] if joins else None

    def turn(self) -> tuple[bool, int, int]:
        """Who asked first comes first, who makes fewer products before; under repair at last."""
        return bool(self.open), self.rank_of_products, self.asked

    def can_move(self) -> bool:
        """Whether it waits, in its working time, and is not held by others of its line."""
        return self.content != _kernel.LOADED and self.time.is_open() and self.may_index()

    def mates(self) -> list[StationProcess]:
        """All stations of its line, if they index together."""
        return [self.floor.stations[k] for k in self.row.together]

    def all_done(self) -> bool:
        """Whether its line can index: no body is in work or on its way out, nothing is down."""
        return all(
            mate.content in (_kernel.EMPTY, _kernel.FINISHED) and not mate.open
            for mate in self.mates()
        )

    def may_index(self) -> bool:
        """Whether it may move with its line: the last body leaves first, then all move at once."""
        mates = self.mates()
        if not mates or self.content in (_kernel.SCRAPPED, _kernel.REJECTED):
            return True
        if mates[0].indexed_at == self.floor.env.now:
            return True
        last_moves = self is mates[-1] or mates[-1].is_empty()
        return last_moves and self.all_done()

    def wake_mates(self) -> None:
        """If its line can index, all try to move."""
        if self.row.together and self.all_done():
            for mate in self.mates():
                self.floor.wake(mate)

    def receive(self) -> None:
        """Take all parts; the one of the first join that was born first becomes the body."""
        choice = Choice(self)
        if self.row.choosy:
            choice.used()
        parts = choice.take() if self.takes else [[self.floor.part()]]
        self.part = oldest(parts[0])
        for part in (part for several in parts for part in several if part is not self.part):
            self.floor.ends(part)
        if self.part.born == UNBORN:
            self.floor.begins(self.part, self.row.group)

    def give(self) -> None:
        """Put all parts; more than one are copies of the body, carriers are not born yet."""
        body = self.part
        if self.content == _kernel.FINISHED and self.row.last:
            if self.row.output:
                self.floor.exit(self, body)
            if self.most_rounds is not None:
                body.rounds = 0
        first = True
        for join in self.wants():
            for _ in range(join.row.number):
                join.used.put(body if first else self.floor.copy(body))
                first = False
        if first:
            self.floor.ends(body)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Go on with the body that is there at the start, or ask for parts."""
        if self.content == _kernel.LOADED:
            self.load()
            self.loaded.succeed()
            return
        for join in self.wants():
            join.choose(0)
        self.ask(self.content)

    def life(self) -> Process:
        """Take a body, work on it until it is good or scrapped, give it away; then the next."""
        while True:
            yield self.loaded
            while self.content == _kernel.LOADED:
                yield from self.cycle_of(self.loaded)
            self.floor.settle()

    def cycle_of(self, body: simpy.Event) -> Process:
        """The planned stops that are due, then the work, unless a failure scraps the body."""
        if self.task == State.PLANNED:
            yield from self.go_on(body)
            if self.loaded is not body:
                return
            self.step(2 * self.task_of(State.PLANNED))
            self.set_up()
        if self.task == State.SETUP:
            yield from self.go_on(body)
            if self.loaded is not body:
                return
            self.step(2 * self.task_of(State.SETUP))
        self.task = State.WORKING
        self.left = self.cycle = self.draw_cycle()
        yield from self.go_on(body)
        if self.loaded is body:
            self.finish()

    def set_up(self) -> None:
        """Set up for the product of the body, if this takes time before the work.

        A setup with a crew asks for it, and holds the work as a failure does.
        """
        product, before, layout = self.part.product, self.set_for, self.floor.layout
        self.task = State.WORKING
        self.left = self.cycle = 0
        self.set_for = product if self.row.setups else -1
        if not self.row.setups or before < 0:
            return
        stream = layout.changes[self.row.setups.start + before * len(layout.products) + product]
        if stream < 0:
            return
        self.counted["setups"] += 1
        if self.row.setup_failure >= 0:
            failure = self.floor.failures[self.row.setup_failure]
            failure.repair_stream = stream
            failure.fail()
            return
        self.task = State.SETUP
        self.left = self.cycle = self.floor.draw(stream, self.n_changes)
        self.n_changes += 1

    def draw_cycle(self) -> int:
        """The cycle of the body in work; fixed ones keep their rate, product by product. [ms]"""
        product = self.part.product
        recipe = self.recipe(product)
        if len(self.row.recipes) == 1:
            return self.floor.draw(recipe.cycle, self.done)
        cycle = self.floor.draw(recipe.cycle, self.drawn[product])
        self.drawn[product] += 1
        if recipe.ramps:
            made = self.floor.layout.shop.products[product]
            assert made.ramp is not None
            since = int(self.floor.env.now) - units.hours_to_ms(made.start)
            tau = made.ramp.tau * units.MS_PER_H
            cycle = int(_kernel.ramped(cycle, since, made.ramp.start, tau))
        return cycle

    def recipe(self, product: int) -> RecipeLayout:
        """How it makes a product."""
        rows = self.row.recipes
        return self.floor.layout.recipes[rows[product] if len(rows) > 1 else rows[0]]

    def go_on(self, body: simpy.Event) -> Process:
        """Do the task through all interruptions, as long as the body is there."""
        self.show()
        while self.loaded is body:
            with suppress(simpy.Interrupt):
                if self.is_stopped():
                    yield self.restored
                elif self.task == State.WORKING and not self.begun and not self.begin():
                    yield self.opened
                else:
                    self.run()
                    yield Due(self.floor.env, self.after(self.length()), self.rank)
                    self.pause()
                    if self.left == 0:
                        return
                    self.fail_in_operation()

    def is_stopped(self) -> bool:
        """Whether its task rests; planned stops side by side hold up the work alone."""
        return any(not f.row.is_planned or self.task != State.PLANNED for f in self.open)

    def begin(self) -> bool:
        """Begin a body, unless it is held until the next opening."""
        self.step()
        self.held = not self.may_begin(self.left)
        self.begun = not self.held
        self.show()
        return self.begun

    def length(self) -> int:
        """The rest of its task, or the time until an operating clock runs out. [ms]"""
        if self.task == State.WORKING:
            return min(self.left, self.first_to_fail() - self.worked)
        return self.left

    def run(self) -> None:
        """Its task goes on."""
        self.running = True
        self.began = self.reading()
        if self.task == State.WORKING:
            self.line.starts()

    def pause(self) -> None:
        """Its task rests, or comes to its end."""
        self.book()
        self.running = False
        if self.task == State.WORKING:
            self.line.rests()

    def book(self) -> None:
        """Book what passed of its task."""
        passed = self.reading() - self.began
        self.began += passed
        self.left -= passed
        if self.task == State.WORKING:
            self.worked += passed
        else:
            for stop in self.stops:
                stop.book(passed)

    def finish(self) -> None:
        """The body is finished, processed again, or scrapped."""
        self.split()
        self.floor.cause = self.floor.note(self.doing() + 1, self.started, self.before)
        self.end_cycle()
        recipe, k = self.recipe(self.part.product), self.done - 1
        again = recipe.scrap + recipe.rework
        fails = again + recipe.reject
        drawn = self.floor.uniform(self.row.quality, k) if fails else 1.0
        if drawn < recipe.scrap or (drawn < fails and self.part.rounds == self.most_rounds):
            self.scrap()
            return
        if drawn < fails and self.most_rounds is not None:
            self.part.rounds += 1
        if drawn < again:
            self.count_product(1)
            self.counted["reworked"] += 1
            self.load()
            return
        self.loaded = self.floor.env.event()
        rejected = drawn < fails
        self.counted["rejected"] += rejected
        if rejected:
            self.count_product(2)
        for join in self.rejects if rejected else self.puts:
            join.choose(k)
        self.ask(_kernel.REJECTED if rejected else _kernel.FINISHED)

    def scrap(self) -> None:
        """The body is thrown away; what carried it goes back."""
        self.counted["scrapped"] += 1
        self.count_product(0)
        self.floor.ends(self.part)
        self.part = self.floor.part()
        self.loaded = self.floor.env.event()
        self.ask(_kernel.SCRAPPED if self.returns else _kernel.EMPTY)

    def end_cycle(self) -> None:
        """A cycle is over, and its overtime."""
        self.end_overtime()
        self.begun = False
        self.counted["cycles"] += 1
        self.done += 1

    def count_product(self, column: int) -> None:
        """Count what became of the body by its product: scrapped, reworked, rejected."""
        if self.floor.layout.by_product:
            self.tally[self.part.product][column] += 1

    def interrupt(self) -> None:
        """Whatever it waits for, it looks again what to do."""
        if self.process is not self.floor.env.active_process:
            self.process.interrupt()  # type: ignore[union-attr]

    # ------------------------------------------------------------------ failures

    def first_to_fail(self) -> int:
        """Work after which the next operating clock runs out. [ms]"""
        return min((self.floor.failures[i].fails_at for i in self.row.failures), default=NEVER)

    def fail_in_operation(self) -> None:
        """Of the operating clocks that have run out the first declared fails."""
        failures = [self.floor.failures[i] for i in self.row.failures]
        failure = next(f for f in failures if f.fails_at == self.worked)
        failure.fails_at = NEVER
        failure.fail()
        self.floor.settle()

    def fails(self, failure: FailureProcess) -> None:
        """A failure stops it: its task rests, and the body in work may be done again or scrapped.

        Planned stops of those that begin together go on side by side.
        """
        was_running = self.running
        if was_running:
            self.pause()
        self.step()
        begun = self.content == _kernel.LOADED and self.task == State.WORKING and not self.held
        scraps = False
        if begun and self.left < self.cycle:
            scraps = failure.row.then == "scrap"
            if failure.row.then == "restart":
                self.left = self.cycle
        if scraps or failure.row.of_line:
            self.leaves_overtime()
        if scraps:
            self.floor.cause = self.before
            self.end_cycle()
            self.scrap()
        self.open.append(failure)
        if was_running or scraps:
            self.interrupt()

    def leaves_overtime(self) -> None:
        """From now on it does not stay at closing: the repairs that go on are timed anew."""
        if self.row.at_close == "finish" and self.begun:
            self.end_overtime()
            self.begun = False
            for failure in self.open:
                failure.timed_anew()

    def idle_step(self, failure: FailureProcess, what: int) -> None:
        """A step of a failure that holds a line that indexes, without a body in work here.

        It is what came after the last cause of the line.
        """
        if self.row.together and self.content != _kernel.LOADED:
            before = None
            for mate in self.mates():
                before = later(before, mate.cause)
            begin = max(failure.stopped_at, before.end) if before else failure.stopped_at
            self.cause = self.floor.note(what, begin, before) or self.cause

    def goes_on(self) -> None:
        """A failure is repaired, or a planned stop with a crew is over."""
        done, self.restored = self.restored, self.floor.env.event()
        done.succeed()
        self.show()


class PlannedStopProcess:
    """One planned stop of a station: when it is due, how long it lasts."""

    def __init__(self, floor: Floor, row: StopLayout) -> None:
        self.floor = floor
        self.row = row
        self.next = row.every
        self.n = self.left = 0
        self.clear()

    def clear(self) -> None:
        """Begin to count."""
        self.counted = dict.fromkeys(COUNTED["stops"], 0)

    def is_due(self, station: StationProcess) -> bool:
        """Whether it comes before this start; what is missed several times makes one stop."""
        counters = {"cycles": station.done, "working h": station.worked}
        now = counters.get(self.row.stop.unit, int(self.floor.env.now))
        due = now >= self.next
        if due:
            self.next = (now // self.row.every + 1) * self.row.every
        return due

    def begin(self, station: StationProcess) -> None:
        """Begin, side by side with the others; ask for a crew if it needs one."""
        if self.row.failure >= 0:
            self.floor.failures[self.row.failure].fail()
            return
        self.counted["n_stops"] += 1
        self.left = self.floor.draw(self.row.duration, self.n)
        self.n += 1
        station.task = State.PLANNED
        station.left = max(station.left, self.left)

    def book(self, passed: int) -> None:
        """Book what passed of it."""
        self.counted["stop_ms"] += min(passed, self.left)
        self.left -= min(passed, self.left)
