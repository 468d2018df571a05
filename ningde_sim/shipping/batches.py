"""Cars on their way as batches: how many, bound for where, built when; never single cars."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import NamedTuple


class Batch(NamedTuple):
    """Units that move together.

    Attributes
    ----------
    to : int
        Number of the destination.
    day : int
        When they were built, since the start. [days]
    n : int
        How many. [units]
    since : int
        From when on they may go further; each `Stock` says in what unit.
    leg : int
        Number of the leg that they took over land; -1 before they left.
    """

    to: int
    day: int
    n: int
    since: int
    leg: int = -1


class Stock:
    """Units at one location; those to one destination keep the order in which they came.

    Parameters
    ----------
    n_destinations : int
    """

    def __init__(self, n_destinations: int) -> None:
        self.queues: list[deque[Batch]] = [deque() for _ in range(n_destinations)]
        self.total = 0

    def put(self, batch: Batch) -> None:
        """Add a batch behind the others to its destination."""
        if batch.n:
            self.queues[batch.to].append(batch)
            self.total += batch.n

    def count(self, to: int, by: float = math.inf) -> int:
        """Units to a destination that may go further by then."""
        return sum(batch.n for batch in self.queues[to] if batch.since <= by)

    def oldest(self) -> float:
        """The least `since` of all; infinite when it is empty."""
        return min((queue[0].since for queue in self.queues if queue), default=math.inf)

    def take(self, n: int, among: Iterable[int] | None = None, by: float = math.inf) -> list[Batch]:
        """Take up to n units, those built first before the others.

        Parameters
        ----------
        n : int
        among : iterable of int, optional
            Destinations to take from; by default all.
        by : float
            Take only units that may go further by then.
        """
        batches: list[Batch] = []
        among = range(len(self.queues)) if among is None else tuple(among)
        while n > 0:
            queues = [self.queues[to] for to in among]
            heads = [(q[0].day, q[0].to) for q in queues if q and q[0].since <= by]
            if not heads:
                break
            batches.append(self._pop(min(heads)[1], n))
            n -= batches[-1].n
        return batches

    def _pop(self, to: int, n: int) -> Batch:
        head = self.queues[to].popleft()
        if head.n > n:
            self.queues[to].appendleft(head._replace(n=head.n - n))
            head = head._replace(n=n)
        self.total -= head.n
        return head


def allot(n: int, due: Sequence[float]) -> list[int]:
    """Give n units to some, each as near to its due as whole numbers allow: largest remainder.

    Parameters
    ----------
    n : int
    due : sequence of float
        They add up to n; a negative one has had too many before.
    """
    given = [max(0, math.floor(x + 1e-9)) for x in due]
    rest = n - sum(given)
    step = 1 if rest > 0 else -1
    order = sorted(range(len(due)), key=lambda i: step * (given[i] - due[i]))
    for i in cycle(order):
        if rest == 0:
            return given
        if given[i] + step >= 0:
            given[i] += step
            rest -= step
    return given


class Shares:
    """Shares that whole numbers keep to over time: what one got too little, it gets the next time.

    Parameters
    ----------
    shares : sequence of float
        They add up to 1.
    """

    def __init__(self, shares: Sequence[float]) -> None:
        self.shares = tuple(shares)
        self._due = [0.0] * len(self.shares)

    def split(self, n: int) -> list[int]:
        """How many of the next n each gets."""
        if len(self.shares) == 1:
            return [n]
        due = [before + n * share for before, share in zip(self._due, self.shares, strict=True)]
        given = allot(n, due)
        self._due = [x - got for x, got in zip(due, given, strict=True)]
        return given
