"""The way of cars and CKD sets from the gate to the ship, in SimPy.

At the end of each day happens, in this order: what was made for export passes the gate, as far as
the plant's yard has room; trains, trucks and containers leave, as far as the gateway's yard has
room for their load and for what is already on its way; what still stands before the gate passes if
it can; the day's levels are counted. During the day lots arrive, and ships call, load and leave.

A car needs room in the yard until its ship begins to load. A ship takes the cars that are cleared
at that instant, loads them, leaves, and does not wait for more.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from ningde_sim._support import units
from ningde_sim.engine.counts import Ints
from ningde_sim.shipping.batches import Batch, Shares, Stock, allot
from ningde_sim.shipping.records import DailyCounts, Voyage, blank_counts
from ningde_sim.shipping.schema import ExportTable, GatewayTable, Kind, LegTable, ServiceTable
from ningde_sim.shipping.timetable import Call, Closures, calls, closures

NO_LIMIT = 2**60
"""Capacity of what is never full. [units]"""

Process = Generator[simpy.Event, Any, None]


class Leg:
    """A way over land to a gateway, with the units that wait for it at the plant."""

    def __init__(self, name: str, index: int, table: LegTable, n_destinations: int) -> None:
        self.name, self.index, self.table = name, index, table
        self.waiting = Stock(n_destinations)
        hours = table.loading.value + table.transit.value + table.unloading.value
        self.time = units.hours_to_ms(hours)
        self.lot = int(table.lot.value)

    def lots(self, day: int) -> int:
        """Lots that may leave on a day; at less than one a day some days have none."""
        rate = self.table.per_day.value
        return math.floor(rate * (day + 1) + 1e-9) - math.floor(rate * day + 1e-9)

    def due(self, day: int, lot: int) -> int:
        """Units that are to leave on a day: full lots, or less when the oldest waited too long."""
        waiting = self.waiting.total
        if waiting < lot and self.waiting.oldest() <= day - self.table.longest_wait.value:
            return waiting
        return waiting - waiting % lot


class Port:
    """A gateway for one kind: its legs, yard and berth."""

    def __init__(
        self,
        env: simpy.Environment,
        kind: Kind,
        table: GatewayTable,
        legs: list[Leg],
        shut: dict[str, Closures],
        n_destinations: int,
    ) -> None:
        limited = kind == "cars"
        self.legs, self.land, self.sea = legs, shut["land"], shut["sea"]
        self.yard = Stock(n_destinations)
        self.capacity = int(table.yard.value) if limited else NO_LIMIT
        self.loading_time = units.MS_PER_DAY / table.loading_rate.value if limited else 0.0
        self.clearance = round(table.clearance.value * units.MS_PER_DAY)
        self.berth = simpy.Resource(env, 1 if limited else NO_LIMIT)
        self.on_way = self.loading = self.over = 0

    @property
    def room(self) -> int:
        """What the yard can still take, beyond what is on its way. [units]"""
        return self.capacity - self.yard.total - self.on_way


@dataclass(eq=False)
class Flow:
    """One kind on its way; `counts` keeps what it did.

    Parameters
    ----------
    env : simpy.Environment
    kind : {"cars", "ckd_sets"}
    export : ExportTable
    counts : DailyCounts
        All 0 at first but what is made.
    shut : dict
        By gateway and side, land or sea: when it is shut.
    """

    env: simpy.Environment
    kind: Kind
    export: ExportTable
    counts: DailyCounts
    shut: dict[str, dict[str, Closures]]
    today: int = 0
    voyages: list[Voyage] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.counts.destinations)
        self.capacity = int(self.export.yard.value) if self.kind == "cars" else NO_LIMIT
        self.gate = Stock(n)
        self.ports = {name: self._port(name, n) for name in self.counts.gateways}
        tables = self.export.destinations
        self.shares = Shares([tables[to].of(self.kind).value for to in self.counts.destinations])
        self.ways = [self._ways(to) for to in self.counts.destinations]

    def _port(self, name: str, n_destinations: int) -> Port:
        legs = [
            Leg(leg, self.counts.legs.index(leg), table, n_destinations)
            for leg, table in self.export.legs(name, self.kind).items()
        ]
        table, shut = self.export.gateways[name], self.shut[name]
        return Port(self.env, self.kind, table, legs, shut, n_destinations)

    def _ways(self, to: str) -> tuple[list[Leg], Shares]:
        """The legs to a destination, and their shares by the slots a month of their gateways."""
        slots = dict.fromkeys(self.ports, 0.0)
        served = self.export.calling(self.kind, to)
        months = len(self.counts.made) / (365.25 / 12)
        for table in served:
            often = len(table.dates or ()) / months if table.calls is None else table.calls.value
            slots[table.gateway] += table.slots.value * often
        if not sum(slots.values()):
            slots |= {table.gateway: 1.0 for table in served}
        total = sum(slots.values()) or 1.0
        ways = [
            (leg, slots[name] / total * leg.table.share.value)
            for name, port in self.ports.items()
            for leg in port.legs
            if slots[name] and leg.table.share.value
        ]
        return [leg for leg, _ in ways], Shares([share for _, share in ways])

    @property
    def now(self) -> int:
        """Time since the start. [ms]"""
        return int(self.env.now)

    # ------------------------------------------------------------------ the end of a day

    def end_day(self, day: int, made: int) -> None:
        """Pass the gate, dispatch, pass the gate again; -1 is the day before the first."""
        for to, n in enumerate(self.shares.split(made)):
            self.gate.put(Batch(to, day, n, day))
        self._pass_gate(day)
        for port in self.ports.values():
            self._dispatch(port, day)
        self._pass_gate(day)

    def _behind_gate(self) -> int:
        return sum(leg.waiting.total for port in self.ports.values() for leg in port.legs)

    def _pass_gate(self, day: int) -> None:
        for batch in self.gate.take(self.capacity - self._behind_gate()):
            legs, shares = self.ways[batch.to]
            for leg, n in zip(legs, shares.split(batch.n), strict=True):
                leg.waiting.put(batch._replace(n=n, since=day, leg=leg.index))

    def _dispatch(self, port: Port, day: int) -> None:
        """Send what is due; then, by the legs that take overflow, what found no lot."""
        port.over = 0
        if port.land.next_open(self.now) > self.now:
            return
        free = {leg.index: leg.lots(day) * leg.lot for leg in port.legs}
        short = {}
        for leg in port.legs:
            due = leg.due(day, min(leg.lot, port.capacity or leg.lot))
            wanted = min(due, free[leg.index])
            short[leg.index] = due - wanted
            free[leg.index] -= self._send(port, leg, leg, wanted, day)
        for leg in port.legs:
            for other in port.legs if leg.table.overflow else ():
                if other is not leg:
                    wanted = min(short[other.index], max(0, free[leg.index]))
                    short[other.index] -= wanted
                    free[leg.index] -= self._send(port, leg, other, wanted, day)

    def _send(self, port: Port, leg: Leg, of: Leg, wanted: int, day: int) -> int:
        """Send units that wait for the leg `of` by `leg`; the room of their lots. [units]"""
        n, lot = wanted, min(leg.lot, port.capacity or leg.lot)
        if n > port.room:
            n = max(0, port.room - port.room % lot)
            port.over += wanted - n
        if n == 0:
            return 0
        lots = -(-n // lot)
        day = max(day, 0)
        self.counts.sent[day, leg.index] += n
        self.counts.lots[day, leg.index] += lots
        port.on_way += n
        batches = of.waiting.take(n)
        self.env.process(self._travel(port, leg, batches, n))
        return lots * leg.lot

    def _travel(self, port: Port, leg: Leg, batches: list[Batch], n: int) -> Process:
        yield self.env.timeout(port.land.finish(self.now, leg.time) - self.now)
        port.on_way -= n
        for batch in batches:
            port.yard.put(batch._replace(since=self.now + port.clearance, leg=leg.index))

    def count_levels(self, day: int) -> None:
        """Count the levels at the end of a day; what happens from now on belongs to the next."""
        counts, ports = self.counts, list(self.ports.values())
        counts.held[day] = self.gate.total
        counts.plant[day] = self._behind_gate()
        counts.on_land[day] = sum(port.on_way for port in ports)
        counts.loading[day] = sum(port.loading for port in ports)
        counts.yard[day] = [port.yard.total for port in ports]
        counts.over[day] = [port.over for port in ports]
        self.today = day + 1

    # ------------------------------------------------------------------ ships

    def call(self, name: str, table: ServiceTable, call: Call) -> Process:
        """A ship: it waits for the berth and for open sea, loads, leaves."""
        env, port = self.env, self.ports[table.gateway]
        yield env.timeout(call.arrives)
        with port.berth.request() as turn:
            yield turn
            yield env.timeout(port.sea.next_open(self.now) - self.now)
            cargo, left_behind = self._cargo(port, table)
            n = sum(batch.n for batch in cargo)
            port.loading += n
            work = round(n * port.loading_time)
            yield env.timeout(port.sea.finish(self.now, work) - self.now)
            port.loading -= n
        self._depart(cargo)
        age = sum(batch.n * (self.today - batch.day) for batch in cargo) / n if n else math.nan
        slots, planned = int(table.slots.value), call.planned // units.MS_PER_DAY
        self.voyages.append(
            Voyage(
                *(name, table.gateway, self.kind, planned, self.today),
                *(slots, n, left_behind, age),
            )
        )

    def _cargo(self, port: Port, table: ServiceTable) -> tuple[list[Batch], int]:
        """What a ship takes from the yard, and how many units that are ready it leaves there."""
        to = [self.counts.destinations.index(name) for name in table.destinations]
        ready = [port.yard.count(i, self.now) for i in to]
        n = min(int(table.slots.value), sum(ready))
        left_behind = sum(ready) - n
        if table.order == "age":
            return port.yard.take(n, to, self.now), left_behind
        if table.order == "waiting":
            parts = allot(n, [n * count / max(1, sum(ready)) for count in ready])
        else:
            before = np.cumsum([0, *ready[:-1]])
            parts = [min(count, max(0, n - int(b))) for count, b in zip(ready, before, strict=True)]
        cargo = [port.yard.take(part, [i], self.now) for i, part in zip(to, parts, strict=True)]
        return [batch for batches in cargo for batch in batches], left_behind

    def _depart(self, cargo: Iterable[Batch]) -> None:
        counts = self.counts
        for batch in cargo:
            counts.exported[self.today, batch.to, batch.leg] += batch.n
            counts.ages[self.today - batch.day] += batch.n
            voyage = self.export.destinations[counts.destinations[batch.to]].voyage
            arrives = (self.now + round(voyage.value * units.MS_PER_DAY)) // units.MS_PER_DAY
            if arrives < len(counts.arrived):
                counts.arrived[arrives] += batch.n


def move(
    export: ExportTable,
    made: dict[Kind, Ints],
    initial: int,
    start: datetime.date,
    *,
    seed: int,
    run: int,
) -> tuple[dict[Kind, DailyCounts], list[Voyage]]:
    """Move what is made for export, day by day, until the last day ends.

    Parameters
    ----------
    export : ExportTable
    made : dict of array (n,)
        Made for export, by kind and day. [units]
    initial : int
        Cars behind the gate at the start; `made` counts them on the first day. [cars]
    start : date
        The first day.
    seed, run : int

    Returns
    -------
    tuple of dict and list
        What each kind did; the ships that left.
    """
    env, n_days = simpy.Environment(), len(made["cars"])
    shut = {
        name: closures(name, table, start, n_days, seed=seed, run=run)
        for name, table in export.gateways.items()
    }
    flows = {
        kind: Flow(env, kind, export, blank_counts(kind, export, numbers), shut)
        for kind, numbers in made.items()
    }
    for name, table in export.services.items():
        flow = flows.get(table.carries)
        for call in calls(name, table, start, n_days, seed=seed, run=run) if flow else ():
            env.process(flow.call(name, table, call))  # type: ignore[union-attr]

    def days() -> Process:
        flows["cars"].end_day(-1, initial)
        for day in range(n_days):
            yield env.timeout(units.MS_PER_DAY)
            for kind, flow in flows.items():
                at_start = initial if kind == "cars" and day == 0 else 0
                flow.end_day(day, int(made[kind][day]) - at_start)
                flow.count_levels(day)

    env.run(until=env.process(days()))
    voyages = [voyage for flow in flows.values() for voyage in flow.voyages]
    return {kind: flow.counts for kind, flow in flows.items()}, voyages
