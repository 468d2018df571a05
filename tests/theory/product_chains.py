"""Shops with products and exponential times, solved exactly as Markov chains.

Each function says which shop it solves. All times are means in one unit of the caller's choice.
The product of each body is a part of the state. Between two transitions every move that is possible
is made at once, as in the engines; in continuous time no two transitions fall together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ningde_sim.theory.chains import stationary

IDLE, SETUP, WORKING, BLOCKED = range(4)

Means = Mapping[str, float]
"""Mean time of each product. [unit of time]"""

# --------------------------------------------------------------- the sequence of products

Token = tuple[str, int]
"""The product of a body, and its place in its batch or in the cycle."""


@dataclass(frozen=True)
class Drawn:
    """Products by shares, drawn anew for each batch."""

    shares: Mapping[str, float]
    batch: int = 1

    def following(self, token: Token | None) -> Iterator[tuple[Token, float]]:
        """The next body, with its probability."""
        if token and token[1] + 1 < self.batch:
            yield (token[0], token[1] + 1), 1.0
        else:
            yield from (((product, 0), share) for product, share in self.shares.items())


@dataclass(frozen=True)
class Round:
    """Products that come round and round."""

    products: Sequence[str]

    def following(self, token: Token | None) -> Iterator[tuple[Token, float]]:
        """The next body."""
        place = (token[1] + 1) % len(self.products) if token else 0
        yield (self.products[place], place), 1.0


# --------------------------------------------------------------- (1) mixed lines


@dataclass(frozen=True)
class Machine:
    """A station with exponential times.

    Attributes
    ----------
    cycle : mapping
        Mean of each product. [unit of time]
    setup : mapping
        Mean from a product to another; without an entry there is none. [unit of time]
    scrap : mapping
        Probability of each product. [-]
    """

    cycle: Means
    setup: Mapping[tuple[str, str], float]
    scrap: Mapping[str, float]


def machine(
    cycle: Means,
    setup: Mapping[tuple[str, str], float] | None = None,
    scrap: Mapping[str, float] | None = None,
) -> Machine:
    """A station; by default without setups and scrap."""
    return Machine(cycle, setup or {}, scrap or dict.fromkeys(cycle, 0.0))


@dataclass(frozen=True)
class Mixed:
    """The steady state of `mixed_line`.

    Attributes
    ----------
    throughput : dict
        Good bodies of each product. [bodies per unit of time]
    scrapped : dict
        Of each product, at all stations. [bodies per unit of time]
    setup, starved, blocked : tuple of float
        Share of time of each station. [-]
    setups : tuple of float
        Of each station. [setups per unit of time]
    n_states : int
    """

    throughput: dict[str, float]
    scrapped: dict[str, float]
    setup: tuple[float, ...]
    starved: tuple[float, ...]
    blocked: tuple[float, ...]
    setups: tuple[float, ...]
    n_states: int


Place = tuple[str, str, int]
"""Of a station: the product before, the product now or at last, and what it does."""

LineState = tuple[Token, tuple[Place, ...], tuple[str, ...]]
"""The last body that was begun, the stations, the buffers (a letter a body)."""


@dataclass(frozen=True)
class _Line:
    machines: Sequence[Machine]
    buffers: Sequence[int]
    sequence: Drawn | Round

    def begun(self, i: int, place: Place, product: str) -> Place:
        """A station with its next body."""
        last = place[1]
        needs = (last, product) in self.machines[i].setup
        return (last, product, SETUP) if needs else ("", product, WORKING)

    def steps(self, state: LineState) -> Iterator[tuple[LineState, float]]:
        token, places, buffers = state
        for i, (before, product, does) in enumerate(places):
            tool = self.machines[i]
            if does == SETUP:
                after = _set(places, i, ("", product, WORKING))
                yield (token, after, buffers), 1 / tool.setup[before, product]
            elif does == WORKING:
                scrap = tool.scrap[product]
                for then, share in ((BLOCKED, 1 - scrap), (IDLE, scrap)):
                    after = _set(places, i, ("", product, then))
                    for following, chance in self.moved(token, after, buffers):
                        yield following, share * chance / tool.cycle[product]

    def moved(
        self, token: Token, places: tuple[Place, ...], buffers: tuple[str, ...]
    ) -> Iterator[tuple[LineState, float]]:
        """Make all moves from the end on; then the first station begins the next body."""
        n = len(places)
        for _ in range(2 * n):
            for i in reversed(range(n)):
                _, product, does = places[i]
                if does == BLOCKED and (i == n - 1 or len(buffers[i]) < self.buffers[i]):
                    places = _set(places, i, ("", product, IDLE))
                    if i < n - 1:
                        buffers = _set(buffers, i, buffers[i] + product)
                elif does == BLOCKED and places[i + 1][2] == IDLE and not buffers[i]:
                    places = _set(places, i, ("", product, IDLE))
                    places = _set(places, i + 1, self.begun(i + 1, places[i + 1], product))
                if i and places[i][2] == IDLE and buffers[i - 1]:
                    places = _set(places, i, self.begun(i, places[i], buffers[i - 1][0]))
                    buffers = _set(buffers, i - 1, buffers[i - 1][1:])
        if places[0][2] != IDLE:
            yield (token, places, buffers), 1.0
            return
        for following, share in self.sequence.following(token):
            first = self.begun(0, places[0], following[0])
            yield (following, _set(places, 0, first), buffers), share


def _set(values: tuple, i: int, value: object) -> tuple:
    return (*values[:i], value, *values[i + 1 :])


def mixed_line(
    machines: Sequence[Machine], buffers: Sequence[int], sequence: Drawn | Round
) -> Mixed:
    """Stations in a row, whose times depend on the product.

    The shop, with products of one letter:

        Line("line", [Station(name, {product: Exponential(mean)}, setup=..., scrap=...), ...],
             buffers=buffers)

    and the same sequence. A setup that is an `Exponential` is drawn anew for each change.
    """
    line = _Line(machines, buffers, sequence)
    n = len(machines)
    token, _ = next(iter(sequence.following(None)))
    places = ("", token[0], WORKING), *((("", "", IDLE),) * (n - 1))
    states, shares = stationary("mixed_line", (token, places, ("",) * (n - 1)), line.steps)
    weighed = [(state[1], share) for state, share in zip(states, shares, strict=True)]

    def share_of(i: int, does: int) -> float:
        return float(sum(share for places, share in weighed if places[i][2] == does))

    def made(i: int, product: str) -> float:
        works = sum(s for places, s in weighed if places[i][1:] == (product, WORKING))
        return float(works) / machines[i].cycle[product]

    def setups(i: int) -> float:
        return float(
            sum(
                share / machines[i].setup[places[i][:2]]
                for places, share in weighed
                if places[i][2] == SETUP
            )
        )

    return Mixed(
        throughput={p: made(n - 1, p) * (1 - machines[-1].scrap[p]) for p in machines[0].cycle},
        scrapped={
            p: sum(made(i, p) * tool.scrap[p] for i, tool in enumerate(machines))
            for p in machines[0].cycle
        },
        setup=tuple(share_of(i, SETUP) for i in range(n)),
        starved=tuple(share_of(i, IDLE) for i in range(n)),
        blocked=tuple(share_of(i, BLOCKED) for i in range(n)),
        setups=tuple(setups(i) for i in range(n)),
        n_states=len(states),
    )


# --------------------------------------------------------------- (2) dedicated and flexible


@dataclass(frozen=True)
class Shared:
    """The steady state of `dedicated_beside_flexible`.

    Attributes
    ----------
    dedicated : float
        Bodies of A. [bodies per unit of time]
    flexible : dict
        Bodies of each product. [bodies per unit of time]
    source_blocked, dedicated_starved, flexible_starved, level : float
        Shares of time; mean content of the store. [-] [parts]
    """

    dedicated: float
    flexible: dict[str, float]
    source_blocked: float
    dedicated_starved: float
    flexible_starved: float
    level: float


SharedState = tuple[str, bool, str, bool, str]
"""Product at the source, whether it is blocked, the store, whether A is made at the dedicated line,
the product at the flexible one."""


def dedicated_beside_flexible(
    *,
    source: float,
    dedicated: float,
    flexible: Means,
    shares: Mapping[str, float],
    capacity: int,
    in_order: bool = False,
) -> Shared:
    """A line that makes A only, beside one that makes A and B.

    The shop, with `shares` of the products A and B:

        Line("source", [Station("S", Exponential(source))], puts="parts")
        Line("dedicated", [Station("D", Exponential(dedicated))], makes=["A"], takes="parts")
        Line("flexible", [Station("F", {p: Exponential(mean)})], takes="parts")
        Store("parts", capacity, in_order=in_order)
    """

    def moved(state: SharedState) -> tuple[SharedState, bool]:
        """The state after all moves, and whether the source begins a body."""
        product, blocked, store, busy, at = state
        begins = False
        while True:
            offered = store + product if blocked and not capacity else store
            reach = offered[:1] if in_order else offered
            if not busy and "A" in reach:
                busy, taken = True, "A"
            elif not at and offered:
                at = taken = offered[0]
            elif blocked and len(store) < capacity:
                store, blocked, begins = store + product, False, True
                continue
            else:
                return (product, blocked, store, busy, at), begins
            if taken in store:
                store = store.replace(taken, "", 1)
            else:
                blocked, begins = False, True

    def after(state: SharedState, rate: float) -> Iterator[tuple[SharedState, float]]:
        following, begins = moved(state)
        if not begins:
            yield following, rate
            return
        yield from (((product, *following[1:]), rate * p) for product, p in shares.items())

    def steps(state: SharedState) -> Iterator[tuple[SharedState, float]]:
        product, blocked, store, busy, at = state
        if not blocked:
            yield from after((product, True, store, busy, at), 1 / source)
        if busy:
            yield from after((product, blocked, store, False, at), 1 / dedicated)
        if at:
            yield from after((product, blocked, store, busy, ""), 1 / flexible[at])

    states, part = stationary("dedicated_beside_flexible", ("A", False, "", False, ""), steps)
    busy = np.array([state[3] for state in states])
    at = np.array([state[4] for state in states])
    return Shared(
        dedicated=float(part @ busy) / dedicated,
        flexible={p: float(part @ (at == p)) / flexible[p] for p in shares},
        source_blocked=float(part @ np.array([state[1] for state in states])),
        dedicated_starved=float(part @ ~busy),
        flexible_starved=float(part @ (at == "")),
        level=float(part @ np.array([len(state[2]) for state in states])),
    )


# --------------------------------------------------------------- (3) lines that take turns


def lines_in_turn(means: Means, shares: Mapping[str, float]) -> dict[str, float]:
    """Lines without a store, each of which makes one product. [bodies per unit of time]

    The shop:

        Line(product, [Station(product, Exponential(mean))], makes=[product])

    The lines share one count: each waits until the next number is of its product. The state: the
    product of the next number, and the lines that work, always that one among them.
    """

    def begun(busy: frozenset[str], rate: float) -> Iterator[tuple[tuple, float]]:
        """The next numbers, until one is of a line that works."""
        for product, share in shares.items():
            if product in busy:
                yield (product, busy), rate * share
            else:
                yield from begun(busy | {product}, rate * share)

    def steps(state: tuple[str, frozenset[str]]) -> Iterator[tuple[tuple, float]]:
        following, busy = state
        for product in busy:
            if product == following:
                yield from begun(busy, 1 / means[product])  # it goes on with the next number
            else:
                yield (following, busy - {product}), 1 / means[product]

    product = next(iter(shares))
    states, part = stationary("lines_in_turn", (product, frozenset({product})), steps)
    return {
        product: sum(
            float(p) / means[product]
            for (_, busy), p in zip(states, part, strict=True)
            if product in busy
        )
        for product in means
    }
