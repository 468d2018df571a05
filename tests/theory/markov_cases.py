"""Shops with exponential times, solved exactly as Markov chains: references for the engines.

Each function says which shop it solves, in the words of `Line`, `Store` and `Failure`. All times
are means in one unit of the caller's choice. Between two transitions every move that is possible
is made at once, as in the engines; in continuous time no two transitions fall together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ningde_sim.theory.chains import stationary

STARVED, WORKING, BLOCKED = range(3)


# --------------------------------------------------------------- (1) rework with priority


@dataclass(frozen=True)
class ReworkLoop:
    """The steady state of `rework_loop`.

    Attributes
    ----------
    throughput : float
        Good bodies. [bodies per unit of time]
    merge_blocked, inspection_blocked : float
        Shares of time. [-]
    repairing : float
        Share of time in which the repair works. [-]
    waiting, repaired : float
        Mean levels of the stores before inspection and of repaired bodies. [parts]
    n_states : int
    """

    throughput: float
    merge_blocked: float
    inspection_blocked: float
    repairing: float
    waiting: float
    repaired: float
    n_states: int


@dataclass(frozen=True)
class _Loop:
    """State: merge, waiting, inspection, rejected, repair, repaired."""

    rates: tuple[float, float, float]
    reject: float
    capacities: tuple[int, int, int]

    def steps(self, state: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], float]]:
        merge, waiting, inspection, rejected, repair, repaired = state
        if merge == WORKING:
            after = (BLOCKED, waiting, inspection, rejected, repair, repaired)
            yield self.moved(after), self.rates[0]
        if inspection == WORKING:
            good = (merge, waiting, STARVED, rejected, repair, repaired)
            yield self.moved(good), self.rates[1] * (1 - self.reject)
            bad = (merge, waiting, BLOCKED, rejected, repair, repaired)
            yield self.moved(bad), self.rates[1] * self.reject
        if repair == WORKING:
            after = (merge, waiting, inspection, rejected, BLOCKED, repaired)
            yield self.moved(after), self.rates[2]

    def moved(self, state: tuple[int, ...]) -> tuple[int, ...]:
        """Make all moves; the merge asks for a repaired body, and else takes a new one."""
        merge, waiting, inspection, rejected, repair, repaired = state
        most_waiting, most_rejected, most_repaired = self.capacities
        while True:
            if repair == BLOCKED and repaired < most_repaired:
                repair, repaired = STARVED, repaired + 1
            elif inspection == BLOCKED and rejected < most_rejected:
                inspection, rejected = STARVED, rejected + 1
            elif repair == STARVED and rejected:
                repair, rejected = WORKING, rejected - 1
            elif inspection == STARVED and waiting:
                inspection, waiting = WORKING, waiting - 1
            elif merge == BLOCKED and waiting < most_waiting:
                merge, waiting, repaired = WORKING, waiting + 1, max(repaired - 1, 0)
            else:
                return merge, waiting, inspection, rejected, repair, repaired


def rework_loop(
    *,
    merge: float,
    inspection: float,
    repair: float,
    reject: float,
    capacities: tuple[int, int, int] = (1, 1, 1),
) -> ReworkLoop:
    """A merge that takes repaired bodies before new ones, an inspection, and a repair.

    The shop, with new parts without end:

        Line("merge", [Station("M", Exponential(merge))],
             takes=[("repaired", "new")], puts="waiting")
        Line("inspection", [Station("I", Exponential(inspection), reject=reject)],
             takes="waiting", rejects="rejected")
        Line("repair", [Station("R", Exponential(repair))], takes="rejected", puts="repaired")
        Store("waiting", capacities[0]), Store("rejected", capacities[1]),
        Store("repaired", capacities[2]), Store("new", 1_000_000, initial=1_000_000)

    With capacities from 1 nothing gets stuck: the merge takes a new body only while no repaired one
    waits, so that the loop always has a place left.
    """
    rates = 1 / merge, 1 / inspection, 1 / repair
    loop = _Loop(rates, reject, capacities)
    states, shares = stationary("rework_loop", (WORKING, 0, STARVED, 0, STARVED, 0), loop.steps)
    m, waiting, i, _, r, repaired = np.array(states).T
    return ReworkLoop(
        throughput=float(shares @ (i == WORKING)) * rates[1] * (1 - reject),
        merge_blocked=float(shares @ (m == BLOCKED)),
        inspection_blocked=float(shares @ (i == BLOCKED)),
        repairing=float(shares @ (r == WORKING)),
        waiting=float(shares @ waiting),
        repaired=float(shares @ repaired),
        n_states=len(states),
    )


# --------------------------------------------------------------- (2) assembly in quantities


@dataclass(frozen=True)
class Batches:
    """The steady state of `batches`.

    Attributes
    ----------
    throughput : float
        Bodies that leave the station, each of `number` parts. [bodies per unit of time]
    feeder_blocked, station_starved : float
        Shares of time. [-]
    level : float
        Mean level of the store. [parts]
    complete : float
        Mean number of bodies at the station or ready to be taken, the part on the blocked feeder
        included. [bodies]
    """

    throughput: float
    feeder_blocked: float
    station_starved: float
    level: float
    complete: float


def batches(*, feeder: float, station: float, number: int, capacity: int) -> Batches:
    """A station that takes a number of parts at one instant from a store with one feeder.

    The shop, with `number` at most `capacity`:

        Line("feeder", [Station("F", Exponential(feeder))], puts="parts")
        Line("station", [Station("S", Exponential(station))], takes={"parts": number})
        Store("parts", capacity)
    """

    def moved(made: int, busy: bool) -> tuple[int, bool]:
        """`made` counts the part on a blocked feeder; the station can only take what is stored."""
        if not busy and min(made, capacity) >= number:
            return made - number, True
        return made, busy

    def steps(state: tuple[int, bool]) -> Iterator[tuple[tuple[int, bool], float]]:
        made, busy = state
        if made <= capacity:
            yield moved(made + 1, busy), 1 / feeder
        if busy:
            yield moved(made, False), 1 / station

    states, shares = stationary("batches", (0, False), steps)
    made, busy = np.array(states).T
    return Batches(
        throughput=float(shares @ busy) / station,
        feeder_blocked=float(shares @ (made > capacity)),
        station_starved=float(shares @ (busy == 0)),
        level=float(shares @ np.minimum(made, capacity)),
        complete=float(shares @ (made // number + busy)),
    )


# --------------------------------------------------------------- (3) groups of crews with skills


@dataclass(frozen=True)
class Kind:
    """Equal machines whose failures ask for one skill.

    Attributes
    ----------
    skill : str
    machines : int
    uptime, repair : float
        MTBF and MTTR. [unit of time]
    priority : int
        The highest comes first.
    """

    skill: str
    machines: int
    uptime: float
    repair: float
    priority: int = 0


@dataclass(frozen=True)
class Groups:
    """The steady state of `crew_groups`.

    Attributes
    ----------
    availability : tuple of float
        Share of time in which a machine of each kind is up. [-]
    busy : tuple of float
        Mean number of crews of each group at work. [crews]
    """

    availability: tuple[float, ...]
    busy: tuple[float, ...]


CrewState = tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]
"""Machines of each kind that each group repairs; kinds of those that wait, first come first."""


@dataclass(frozen=True)
class _Crews:
    kinds: Sequence[Kind]
    numbers: tuple[int, ...]
    skills: tuple[frozenset[str], ...]

    def steps(self, state: CrewState) -> Iterator[tuple[CrewState, float]]:
        repairs, queue = state
        for k, kind in enumerate(self.kinds):
            down = sum(group[k] for group in repairs) + queue.count(k)
            if up := kind.machines - down:
                yield self.asked(state, k), up / kind.uptime
            for g, group in enumerate(repairs):
                if group[k]:
                    freed = _changed(repairs, g, k, -1)
                    yield self.next(freed, queue, g), group[k] / kind.repair

    def asked(self, state: CrewState, k: int) -> CrewState:
        """The first declared group with a free crew that has the skill comes, if any."""
        repairs, queue = state
        for g, number in enumerate(self.numbers):
            if sum(repairs[g]) < number and self.kinds[k].skill in self.skills[g]:
                return _changed(repairs, g, k, 1), queue
        return repairs, (*queue, k)

    def next(
        self, repairs: tuple[tuple[int, ...], ...], queue: tuple[int, ...], g: int
    ) -> CrewState:
        """A crew of group g is free: the highest priority of what it can do, then the first."""
        able = [i for i, k in enumerate(queue) if self.kinds[k].skill in self.skills[g]]
        if not able:
            return repairs, queue
        first = min(able, key=lambda i: (-self.kinds[queue[i]].priority, i))
        return _changed(repairs, g, queue[first], 1), (*queue[:first], *queue[first + 1 :])


def _changed(
    repairs: tuple[tuple[int, ...], ...], g: int, k: int, by: int
) -> tuple[tuple[int, ...], ...]:
    group = tuple(n + by * (i == k) for i, n in enumerate(repairs[g]))
    return (*repairs[:g], group, *repairs[g + 1 :])


def crew_groups(kinds: Sequence[Kind], groups: Sequence[tuple[int, Sequence[str]]]) -> Groups:
    """Machines that always work when up, and groups of crews with skills.

    The shop, with a machine a line and endless supply, for each machine of a kind:

        f = Failure("f", Exponential(uptime), Exponential(repair), crew=skill, priority=priority)
        f = Failure("f", Exponential(uptime), Exponential(repair), crew=skill, priority=priority)
        Line(name, [Station(name, Fixed(unit), failures=[f])])

    and crews=[Crew(name, number, skills=skills) for number, skills in groups]. Among groups that
    could come at once the first declared comes; a free crew goes to the highest priority that it
    can serve, then to who asked first. No repair is left for another.

    Parameters
    ----------
    kinds : sequence of Kind
    groups : sequence of (int, sequence of str)
        Number and skills of each group.
    """
    numbers = tuple(number for number, _ in groups)
    crews = _Crews(kinds, numbers, tuple(frozenset(skills) for _, skills in groups))
    none = tuple(0 for _ in kinds)
    first: CrewState = tuple(none for _ in groups), ()
    states, shares = stationary("crew_groups", first, crews.steps)
    repaired = np.array([repairs for repairs, _ in states])
    waiting = np.array([[queue.count(k) for k in range(len(kinds))] for _, queue in states])
    down = shares @ (repaired.sum(axis=1) + waiting)
    machines = np.array([kind.machines for kind in kinds])
    busy = shares @ repaired.sum(axis=2)
    return Groups(tuple((1 - down / machines).tolist()), tuple(busy.tolist()))


# --------------------------------------------------------------- (4) failures of a whole line


@dataclass(frozen=True)
class StoppedLine:
    """The steady state of `stopped_line`.

    Attributes
    ----------
    throughput : float
        [bodies per unit of time]
    down : float
        Share of time in which the line is under repair. [-]
    blocked, starved : float
        Shares of time of the first and of the second station, neither it nor the line down. [-]
    content : float
        Mean content of the buffer. [bodies]
    """

    throughput: float
    down: float
    blocked: float
    starved: float
    content: float


PairState = tuple[int, int, int, bool, bool, bool]
"""First station, content, second station; whether first, second and the line are down."""


@dataclass(frozen=True)
class _Pair:
    rates: tuple[float, float]
    buffer: int
    fails: Mapping[str, float]
    calendar: bool

    def steps(self, state: PairState) -> Iterator[tuple[PairState, float]]:
        first, content, second, down1, down2, stopped = state
        works1 = first == WORKING and not (down1 or stopped)
        works2 = second == WORKING and not (down2 or stopped)
        own_up, own_repair = self.fails["own uptime"], self.fails["own repair"]
        if works1:
            moved = self.moved(BLOCKED, content, second)
            yield (*moved, down1, down2, stopped), self.rates[0]
        if works2:
            moved = self.moved(first, content, STARVED)
            yield (*moved, down1, down2, stopped), self.rates[1]
        for works, down, after in (
            (works1, down1, (first, content, second, not down1, down2, stopped)),
            (works2, down2, (first, content, second, down1, not down2, stopped)),
        ):
            if down:
                yield after, 1 / own_repair
            elif works:
                yield after, 1 / own_up
        other = (first, content, second, down1, down2, not stopped)
        if stopped:
            yield other, 1 / self.fails["repair"]
        elif self.calendar or works1 or works2:
            yield other, 1 / self.fails["uptime"]

    def moved(self, first: int, content: int, second: int) -> tuple[int, int, int]:
        """Finished bodies go on; a station that is down takes and gives as well."""
        if second == STARVED and content:
            second, content = WORKING, content - 1
        if first == BLOCKED and second == STARVED:
            first, second = WORKING, WORKING
        elif first == BLOCKED and content < self.buffer:
            first, content = WORKING, content + 1
        return first, content, second


def stopped_line(
    means: tuple[float, float],
    buffer: int,
    *,
    uptime: float,
    repair: float,
    calendar: bool,
    own_uptime: float = np.inf,
    own_repair: float = 1.0,
) -> StoppedLine:
    """Two exponential stations and a failure that stops both, with a buffer between them.

    The shop, with times of the unit of each field:

        gate = Failure("gate", Exponential(uptime), Exponential(repair), clock=clock)
        own = Failure("own", Exponential(own_uptime), Exponential(own_repair))
        Line("line", [Station("A", Exponential(means[0]), failures=[own]),
                      Station("B", Exponential(means[1]), failures=[own])],
             buffers=buffer, failures=[gate])

    The clock "operating" of the line runs while any of its stations works, "calendar" except
    during its own repair. While the line stands, repairs of the stations go on, and their own
    clocks, which are operating ones, do not.
    """
    fails = {"uptime": uptime, "repair": repair, "own uptime": own_uptime, "own repair": own_repair}
    pair = _Pair((1 / means[0], 1 / means[1]), buffer, fails, calendar)
    start: PairState = (WORKING, 0, STARVED, False, False, False)
    states, shares = stationary("stopped_line", start, pair.steps)
    first, content, second, down1, down2, stopped = np.array(states, dtype=int).T
    up1, up2 = (1 - down1) * (1 - stopped), (1 - down2) * (1 - stopped)
    return StoppedLine(
        throughput=float(shares @ (up2 * (second == WORKING))) / means[1],
        down=float(shares @ stopped),
        blocked=float(shares @ (up1 * (first == BLOCKED))),
        starved=float(shares @ (up2 * (second == STARVED))),
        content=float(shares @ content),
    )
