"""Lines in discrete time: all machines have the same cycle and move together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ningde_sim._support import checks
from ningde_sim.theory.chains import stationary


@dataclass(frozen=True, eq=False)
class SlotLine:
    """The steady state of a line in discrete time.

    Attributes
    ----------
    throughput : float
        [bodies per cycle]
    contents : numpy.ndarray, shape (n - 1,)
        Mean contents of the buffers between cycles. [bodies]
    blocked, starved : numpy.ndarray, shape (n,)
        Shares of the cycles in which a machine that is up has no space behind it, or no body. [-]
    """

    throughput: float
    contents: NDArray[np.float64]
    blocked: NDArray[np.float64]
    starved: NDArray[np.float64]


# ------------------------------------------------------------------------ geometric up and down


def synchronous_line(
    fails: Sequence[float], repairs: Sequence[float], buffers: Sequence[int]
) -> SlotLine:
    """A line with geometric uptimes and repairs in steps of one cycle: exact.

    First the machines change state: one that is up, not starved and not blocked may fail, one that
    is down may be repaired. Then each machine that is up takes a body from the buffer before it and
    puts one into the buffer behind it, unless at the start of the cycle the former was empty or the
    latter full. Buffers count all bodies between two machines; machines hold none. Blocked and
    starved are read between cycles.

    Parameters
    ----------
    fails, repairs : sequence of float, length n
        Probabilities in a cycle: of a failure 0 to 1, of a repair above 0 to 1. [-]
    buffers : sequence of int, length n - 1
        Capacities, at least 1. [bodies]

    Raises
    ------
    TypeError, ValueError
        Different lengths, a number out of bounds, more states than can be solved.

    References
    ----------
    Buzacott (1967), Automatic transfer lines with buffer stocks, International Journal of
    Production Research 5; Gershwin (1994), Manufacturing Systems Engineering, chapter 3: the
    deterministic two-machine line, here for any number of machines by its chain.

    Examples
    --------
    >>> round(synchronous_line([0.01, 0.01], [0.1, 0.1], [10]).throughput, 6)
    0.856175
    """
    owner = "synchronous_line"
    fail = checks.numbers(owner, "fails", fails, high=1.0)
    repair = checks.numbers(owner, "repairs", repairs, high=1.0, above=True)
    n = len(fail)
    if len(repair) != n:
        rule = f"repairs must hold {n} numbers, one per machine"
        raise ValueError(checks.complain(owner, rule, repairs))
    capacities = _capacities(owner, buffers, n)

    def waiting(contents: tuple[int, ...]) -> list[tuple[bool, bool]]:
        """Whether each machine is starved, and blocked."""
        return [
            (i > 0 and contents[i - 1] == 0, i < n - 1 and contents[i] == capacities[i])
            for i in range(n)
        ]

    def steps(
        state: tuple[tuple[bool, ...], tuple[int, ...]],
    ) -> Iterator[tuple[_SlotState, float]]:
        ups, contents = state
        idle = [starved or blocked for starved, blocked in waiting(contents)]
        stays_up = [(1.0 if idle[i] else 1 - fail[i]) if ups[i] else repair[i] for i in range(n)]
        for after in product((True, False), repeat=n):
            probability = math.prod(
                p if up else 1 - p for p, up in zip(stays_up, after, strict=True)
            )
            if probability:
                moves = [up and not still for up, still in zip(after, idle, strict=True)]
                yield (after, _shifted(contents, moves)), probability

    first = (True,) * n, (0,) * (n - 1)
    states, shares = stationary(owner, first, steps)
    up = np.array([ups for ups, _ in states])
    wait = np.array([waiting(contents) for _, contents in states])
    comes = np.where(up[:, -1], 1 - fail[-1], repair[-1]) * ~wait[:, -1, 0]
    return SlotLine(
        throughput=float(shares @ comes),
        contents=shares @ np.array([c for _, c in states]).reshape(len(states), n - 1),
        blocked=shares @ (up & wait[:, :, 1] & ~wait[:, :, 0]),
        starved=shares @ (up & wait[:, :, 0]),
    )


_SlotState = tuple[tuple[bool, ...], tuple[int, ...]]


def _shifted(contents: tuple[int, ...], moves: Sequence[bool]) -> tuple[int, ...]:
    return tuple(c + moves[i] - moves[i + 1] for i, c in enumerate(contents))


# ------------------------------------------------------------------------------------- Bernoulli


def bernoulli_line(up: Sequence[float], buffers: Sequence[int]) -> SlotLine:
    """A line whose machines are up in each cycle with a probability, independently: exact.

    A machine that is up takes a body, unless the buffer before it was empty at the start of the
    cycle (starved), or the buffer behind it was full and the next machine takes no body (blocked
    before service).

    Parameters
    ----------
    up : sequence of float, length n
        Probabilities, above 0 to 1. [-]
    buffers : sequence of int, length n - 1
        Capacities, at least 1. [bodies]

    Raises
    ------
    TypeError, ValueError
        As for `synchronous_line`.

    References
    ----------
    Li, Meerkov (2009), Production Systems Engineering, chapter 4.

    Examples
    --------
    >>> round(bernoulli_line([0.9, 0.9], [3]).throughput, 6)
    0.870968
    """
    owner = "bernoulli_line"
    up = checks.numbers(owner, "up", up, high=1.0, above=True)
    n = len(up)
    capacities = _capacities(owner, buffers, n)

    def moves(contents: tuple[int, ...], ups: Sequence[bool]) -> tuple[list[bool], list[bool]]:
        """Which machines take a body, and which are kept from it by a full buffer."""
        go, blocked = [False] * n, [False] * n
        for i in range(n - 1, -1, -1):
            fed = ups[i] and (i == 0 or contents[i - 1] > 0)
            blocked[i] = fed and i < n - 1 and contents[i] == capacities[i] and not go[i + 1]
            go[i] = fed and not blocked[i]
        return go, blocked

    def each(contents: tuple[int, ...]) -> Iterator[tuple[Sequence[bool], float]]:
        for ups in product((True, False), repeat=n):
            yield ups, math.prod(p if u else 1 - p for p, u in zip(up, ups, strict=True))

    def steps(contents: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], float]]:
        for ups, probability in each(contents):
            if probability:
                yield _shifted(contents, moves(contents, ups)[0]), probability

    states, shares = stationary(owner, (0,) * (n - 1), steps)
    blocked = np.zeros(n)
    for contents, share in zip(states, shares, strict=True):
        for ups, probability in each(contents):
            blocked += share * probability * np.array(moves(contents, ups)[1])
    empty = np.array([[False, *(c == 0 for c in contents)] for contents in states])
    starved = (shares @ empty) * up
    return SlotLine(
        throughput=float(up[-1] - starved[-1]),
        contents=shares @ np.array(states, dtype=float).reshape(len(states), n - 1),
        blocked=blocked,
        starved=starved,
    )


def bernoulli_aggregation(up: Sequence[float], buffers: Sequence[int]) -> float:
    """Throughput of a long Bernoulli line by aggregation. [bodies per cycle]

    Exact for two machines, else an approximation: for 500 random lines of three machines, up 60 %
    to 99 % of the time, buffers of 1 to 5, it is off by 0.2 % on average and by 3.9 % at most.

    Parameters
    ----------
    up, buffers
        As for `bernoulli_line`.

    References
    ----------
    Li, Meerkov (2009), Production Systems Engineering, chapter 4: the recursive aggregation.

    Examples
    --------
    >>> round(bernoulli_aggregation([0.9] * 3, [2, 2]), 6)
    0.832016
    """
    owner = "bernoulli_aggregation"
    up = checks.numbers(owner, "up", up, high=1.0, above=True)
    n = len(up)
    capacities = _capacities(owner, buffers, n)
    forward, backward = [*up], [*up]
    for _ in range(MOST_ROUNDS):
        before = forward[-1]
        for i in range(n - 2, -1, -1):
            backward[i] = up[i] * (1 - _empty(backward[i + 1], forward[i], capacities[i]))
        for i in range(1, n):
            forward[i] = up[i] * (1 - _empty(forward[i - 1], backward[i], capacities[i - 1]))
        if abs(forward[-1] - before) < CLOSE:
            return forward[-1]
    rule = f"the aggregation must converge within {MOST_ROUNDS} rounds"
    raise ValueError(checks.complain(owner, rule, forward[-1] - before))


MOST_ROUNDS = 100_000
CLOSE = 1e-14


def _empty(x: float, y: float, capacity: int) -> float:
    """Probability that the buffer between two machines, up x and y of the time, is empty."""
    if x == 1:
        return 0.0
    if abs(x - y) < 1e-9:
        return (1 - x) / (capacity + 1 - x)
    ratio = x * (1 - y) / (y * (1 - x))
    return (1 - x) * (1 - ratio) / (1 - x / y * ratio**capacity)


def _capacities(owner: str, buffers: Sequence[int], machines: int) -> tuple[int, ...]:
    given = checks.listed(owner, "buffers", buffers, "whole numbers")
    capacities = tuple(checks.whole(owner, "each of buffers", each, low=1) for each in given)
    if len(capacities) != machines - 1:
        rule = f"buffers must hold {machines - 1} numbers, one between two machines"
        raise ValueError(checks.complain(owner, rule, buffers))
    return capacities
