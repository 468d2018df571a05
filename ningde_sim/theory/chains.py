"""Markov chains, explored from a first state, and their stationary distribution."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from ningde_sim._support import checks

ChainState = TypeVar("ChainState", bound=Hashable)

MOST_STATES = 200_000
"""More states are refused: time and memory of the solver grow faster than their number."""

MOST_SOLVED = 4_000
"""A chain with up to so many states is solved directly, a larger one by iteration."""

CLOSE = 1e-12
"""Error that the iteration may leave, summed over all states. [-]"""

ROUND, MOST_ROUNDS = 100, 5_000
"""Steps of the iteration between two checks; the most such rounds."""


def stationary(
    owner: str,
    first: ChainState,
    steps: Callable[[ChainState], Iterable[tuple[ChainState, float]]],
) -> tuple[list[ChainState], NDArray[np.float64]]:
    """The states that can be reached from the first, with the share of time in each.

    Parameters
    ----------
    owner : str
        The thing that has the chain, for complaints.
    first : hashable
    steps : callable
        From a state to its next states, each with its rate (probability, in discrete time).

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
            cure = "Take fewer machines or smaller buffers, or simulate the line."
            raise ValueError(checks.complain(owner, rule, f"more than {MOST_STATES:,}", cure))
    n = len(states)
    if n == 1:
        return states, np.ones(1)
    balance: Any = scipy.sparse.csc_matrix((rates, (rows, columns)), shape=(n, n))
    if n > MOST_SOLVED:
        return states, _iterated(owner, balance)
    # One balance equation follows from the others; the sum of all shares, 1, replaces it.
    total = scipy.sparse.csr_matrix(np.ones((1, n)))
    whole = scipy.sparse.vstack((balance.tocsr()[:-1], total)).tocsc()
    return states, scipy.sparse.linalg.spsolve(whole, np.append(np.zeros(n - 1), 1.0))


def _iterated(owner: str, balance: Any) -> NDArray[np.float64]:
    """Run the chain from equal shares until its remaining change is below `CLOSE`."""
    step = balance.tocsr() / (-1.1 * balance.diagonal().min())
    shares = np.full(step.shape[0], 1 / step.shape[0])
    before = 0.0  # no round yet, so the ratio is unknown
    for _ in range(MOST_ROUNDS):
        old = shares
        for _ in range(ROUND):
            shares = shares + step @ shares
        shares /= shares.sum()
        change = np.abs(shares - old).sum()
        ratio = min(change / before, 1.0) if before else 1.0  # the rest is a geometric series
        if change < CLOSE / 100 or change * ratio < CLOSE * (1 - ratio):
            return shares
        before = change
    rule = f"the chain must converge within {MOST_ROUNDS * ROUND:,} steps"
    cure = "Its times differ too much: simulate the line."
    raise ValueError(checks.complain(owner, rule, f"a change of {change:g} in the last", cure))
