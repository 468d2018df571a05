"""Markov chains by their states, explored from a first one, and their stationary law."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from ningde_sim._support import checks

State = TypeVar("State", bound=Hashable)

MOST_STATES = 200_000
"""More are refused: what solves the equations takes time and memory that grow faster than they."""

MOST_SOLVED = 4_000
"""States of a chain that is solved at once; of more the law is found by iteration."""

CLOSE = 1e-12
"""What the iteration may leave out, summed over all states. [-]"""

ROUND, MOST_ROUNDS = 100, 5_000
"""Steps of the iteration between two looks at it; the most such rounds."""


def stationary(
    owner: str, first: State, steps: Callable[[State], Iterable[tuple[State, float]]]
) -> tuple[list[State], NDArray[np.float64]]:
    """The states that can be reached from a first one, with the share of time in each.

    Parameters
    ----------
    owner : str
        Whose chain it is, for complaints.
    first : hashable
    steps : callable
        State -> next states, each with its rate (or probability, in discrete time).

    Returns
    -------
    list of states, numpy.ndarray of shape (n_states,)
        The probabilities add up to 1. [-]

    Raises
    ------
    ValueError
        More than `MOST_STATES` states.
    """
    numbers, states = {first: 0}, [first]
    rows: list[int] = []
    columns: list[int] = []
    rates: list[float] = []
    for state in states:  # grows meanwhile
        for following, rate in steps(state):
            number = numbers.setdefault(following, len(states))
            if number == len(states):
                states.append(following)
            if number != numbers[state]:
                rows += [number, numbers[state]]
                columns += [numbers[state]] * 2
                rates += [rate, -rate]
        if len(states) > MOST_STATES:
            rule = f"the chain must have at most {MOST_STATES:,} states"
            cure = "Take fewer machines or places, or simulate the line."
            raise ValueError(checks.complain(owner, rule, f"more than {MOST_STATES:,}", cure))
    n = len(states)
    if n == 1:
        return states, np.ones(1)
    balance: Any = scipy.sparse.csc_matrix((rates, (rows, columns)), shape=(n, n))
    if n > MOST_SOLVED:
        return states, _iterated(owner, balance)
    # One balance follows from the others: in its place all shares add up to 1.
    total = scipy.sparse.csr_matrix(np.ones((1, n)))
    whole = scipy.sparse.vstack((balance.tocsr()[:-1], total)).tocsc()
    return states, scipy.sparse.linalg.spsolve(whole, np.append(np.zeros(n - 1), 1.0))


def _iterated(owner: str, balance: Any) -> NDArray[np.float64]:
    """Let the chain run from equal shares until what it can still change is below `CLOSE`."""
    step = balance.tocsr() / (-1.1 * balance.diagonal().min())
    found = np.full(step.shape[0], 1 / step.shape[0])
    before = 0.0  # of no round yet: nothing is known of the ratio
    for _ in range(MOST_ROUNDS):
        old = found
        for _ in range(ROUND):
            found = found + step @ found
        found /= found.sum()
        change = np.abs(found - old).sum()
        ratio = min(change / before, 1.0) if before else 1.0  # the rest is a geometric series
        if change < CLOSE / 100 or change * ratio < CLOSE * (1 - ratio):
            return found
        before = change
    rule = f"the chain must come to rest within {MOST_ROUNDS * ROUND:,} steps"
    cure = "Its times lie too far apart: simulate the line."
    raise ValueError(checks.complain(owner, rule, f"a change of {change:g} in the last", cure))
