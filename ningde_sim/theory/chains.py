"""Markov chains by their states, explored from a first one, and their stationary law."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ningde_sim.plant import checks

State = TypeVar("State", bound=Hashable)

MOST_STATES = 200_000
"""More are refused: what solves the equations takes time and memory that grow faster than they."""


def stationary(
    owner: str, first: State, steps: Callable[[State], Iterable[tuple[State, float]]]
) -> tuple[list[State], NDArray[np.float64]]:
    """The states that can be reached from a first one, with the share of time in each.

    Parameters
    ----------
    owner : str  Whose chain it is, for complaints.
    first : hashable
    steps : callable  State -> next states, each with its rate (or probability, in discrete time).

    Returns
    -------
    list of states, numpy.ndarray of shape (n_states,)
        The probabilities add up to 1. [-]

    Raises
    ------
    ValueError
        More than `MOST_STATES` states.
    """
    from scipy import sparse  # takes a while to import
    from scipy.sparse import linalg

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
    balance: Any = sparse.csc_matrix((rates, (rows, columns)), shape=(n, n))
    # The balance of state 0 follows from the others: with its probability set to 1 they are solved.
    rest = linalg.spsolve(balance[1:, 1:], -balance[1:, 0].toarray().ravel())
    found = np.append(1.0, rest)
    return states, found / found.sum()
