"""Lines of machines with exponential times, solved exactly as Markov chains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ningde_sim._support import checks
from ningde_sim.plant.station import Clock, check_clock
from ningde_sim.theory.chains import stationary

STARVED, BLOCKED = -1, -2
"""LineState of a machine without work; otherwise the number of phases of its work done so far."""

LineState = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Work of the machines, contents of the buffers, machines that are down in the order of repair."""


@dataclass(frozen=True, eq=False)
class ExactLine:
    """The steady state of a line.

    Attributes
    ----------
    throughput : float
        [bodies per unit of time]
    contents : numpy.ndarray, shape (n - 1,)
        Mean content of each buffer. [bodies]
    working, down, blocked, starved : numpy.ndarray, shape (n,)
        Shares of time, 1 in all. A machine under repair, or waiting for it, counts as down only.
        [-]
    parts : float
        Mean number of bodies on machines and in buffers (WIP). [bodies]
    n_states : int
        Number of states of the chain.
    """

    throughput: float
    contents: NDArray[np.float64]
    working: NDArray[np.float64]
    down: NDArray[np.float64]
    blocked: NDArray[np.float64]
    starved: NDArray[np.float64]
    parts: float
    n_states: int


def exponential_line(
    service: Sequence[float],
    buffers: int | Sequence[int] = 0,
    *,
    uptime: Sequence[float] | None = None,
    repair: Sequence[float] | None = None,
    clock: Clock = "operating",
    crews: int | None = None,
    phases: int = 1,
) -> ExactLine:
    """A line with exponential (or Erlang) cycles, exponential uptimes and repairs: exact.

    The rules are those of the simulated lines: a finished body stays until there is space behind it
    (blocking after service), buffers do not count the machines, the first machine is never starved,
    the last never blocked, crews serve first come, first served.

    Parameters
    ----------
    service : sequence of float, length n
        Mean cycle of each machine. [unit of time]
    buffers : int or sequence of int, length n - 1
        Capacity of each buffer. [bodies]
    uptime, repair : sequence of float, length n, optional
        MTBF, on the clock, and MTTR of all machines; without them no machine fails. [unit of time]
    clock : {"operating", "calendar"}
        Operation- or time-dependent failures (ODF, TDF), as for `Failure`.
    crews : int, optional
        Number of crews, shared by all machines; by default one is always free.
    phases : int
        Phases of the cycle: 1 is exponential, k is Erlang-k with a cv of 1 / sqrt(k).

    Raises
    ------
    TypeError, ValueError
        Different lengths, a number out of bounds, more states than can be solved.

    References
    ----------
    Hillier, Boling (1967), Operations Research 15, 286-303: such chains for reliable lines.
    Gershwin (1994), Manufacturing Systems Engineering, chapter 3: two exponential machines that
    fail, with another blocking rule.

    Examples
    --------
    >>> round(exponential_line([1, 1, 1]).throughput * 39, 6)
    22.0
    """
    owner = "exponential_line"
    means = _numbers(owner, "service", service, None)
    n = len(means)
    if isinstance(buffers, int):
        buffers = [buffers] * (n - 1)
    buffers = checks.listed(owner, "buffers", buffers, "whole numbers")
    capacities = tuple(checks.whole(owner, "buffers", b) for b in buffers)
    if len(capacities) != n - 1:
        rule = f"buffers must be one number or {n - 1} numbers, one between two machines"
        raise ValueError(checks.complain(owner, rule, buffers))
    if (uptime is None) != (repair is None):
        rule = "uptime and repair must be given together"
        raise ValueError(checks.complain(owner, rule, (uptime, repair)))
    check_clock(owner, clock)
    ups = _numbers(owner, "uptime", [math.inf] * n if uptime is None else uptime, n)
    repairs = _numbers(owner, "repair", [1.0] * n if repair is None else repair, n)
    phases = checks.whole(owner, "phases", phases, low=1)
    line = _Line(
        buffers=capacities,
        work=tuple(phases / mean for mean in means),
        phases=phases,
        fails=tuple(1 / up for up in ups),
        repairs=tuple(1 / mean for mean in repairs),
        calendar=clock == "calendar",
        crews=n if crews is None else checks.whole(owner, "crews", crews, low=1),
    )
    first: LineState = (0, *[STARVED] * (n - 1)), (0,) * (n - 1), ()
    return _read(line, *stationary(owner, first, line.steps))


def _numbers(
    owner: str, field: str, values: Sequence[float], length: int | None
) -> tuple[float, ...]:
    given = checks.listed(owner, field, values)
    never = [isinstance(value, float) and value == math.inf for value in given]
    numbers = tuple(
        math.inf if infinite else checks.number(owner, field, value, above=True)
        for infinite, value in zip(never, given, strict=True)
    )
    if length is not None and len(numbers) != length:
        rule = f"{field} must hold {length} numbers, one per machine"
        raise ValueError(checks.complain(owner, rule, values))
    if not numbers:
        raise ValueError(checks.complain(owner, f"{field} must not be empty", values))
    return numbers


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as numbers; rates in 1 / unit of time."""

    buffers: tuple[int, ...]
    work: tuple[float, ...]
    phases: int
    fails: tuple[float, ...]
    repairs: tuple[float, ...]
    calendar: bool
    crews: int

    def steps(self, state: LineState) -> Iterator[tuple[LineState, float]]:
        """The next states, with their rates."""
        works, contents, queue = state
        for i in queue[: self.crews]:
            yield (works, contents, tuple(j for j in queue if j != i)), self.repairs[i]
        for i, work in enumerate(works):
            if i in queue:
                continue
            if self.fails[i] and (work >= 0 or self.calendar):
                yield (works, contents, self._queued(queue, i)), self.fails[i]
            if 0 <= work < self.phases - 1:
                yield (_with(works, i, work + 1), contents, queue), self.work[i]
            elif work >= 0:
                moved = self._moved([*_with(works, i, BLOCKED)], [*contents])
                yield (*moved, queue), self.work[i]

    def _queued(self, queue: tuple[int, ...], i: int) -> tuple[int, ...]:
        """The queue with one more; repairs under way are sorted, as their order does not matter."""
        longer = (*queue, i)
        return (*sorted(longer[: self.crews]), *longer[self.crews :])

    def _moved(
        self, works: list[int], contents: list[int]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Make all possible moves, from the end of the line, so that each one frees space."""
        last = len(works) - 1
        for i in range(last, -1, -1):
            if works[i] == BLOCKED:
                if i == last:
                    works[i] = STARVED
                elif works[i + 1] == STARVED:
                    works[i], works[i + 1] = STARVED, 0
                elif contents[i] < self.buffers[i]:
                    works[i], contents[i] = STARVED, contents[i] + 1
            if works[i] == STARVED and i == 0:
                works[i] = 0
            elif works[i] == STARVED and contents[i - 1]:
                works[i], contents[i - 1] = 0, contents[i - 1] - 1
        return tuple(works), tuple(contents)


def _with(works: tuple[int, ...], i: int, work: int) -> tuple[int, ...]:
    return (*works[:i], work, *works[i + 1 :])


def _read(line: _Line, states: list[LineState], shares: NDArray[np.float64]) -> ExactLine:
    n = len(line.work)
    works = np.array([works for works, _, _ in states])
    contents = np.array([contents for _, contents, _ in states]).reshape(len(states), n - 1)
    down = np.zeros((len(states), n), dtype=bool)
    for row, (_, _, queue) in zip(down, states, strict=True):
        row[list(queue)] = True
    last = ~down[:, -1] & (works[:, -1] == line.phases - 1)
    return ExactLine(
        throughput=float(line.work[-1] * shares[last].sum()),
        contents=shares @ contents,
        working=shares @ (~down & (works >= 0)),
        down=shares @ down,
        blocked=shares @ (~down & (works == BLOCKED)),
        starved=shares @ (~down & (works == STARVED)),
        parts=float(shares @ (contents.sum(axis=1) + (works != STARVED).sum(axis=1))),
        n_states=len(states),
    )
