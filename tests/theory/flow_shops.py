"""Lines with products and fixed times, worked out without an engine.

Each shop has two answers: a recursion over its bodies, and a clock that goes on second by second
and moves what can move. All times are whole seconds, so that both are exact.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, pairwise

Cycles = Sequence[Mapping[str, int]]
"""Of each station the cycle of each product. [s]"""

Changes = Mapping[str, Mapping[str, int]]
"""Of a station the setup from a product to another. [s]"""

ROOMY = 1_000
"""A buffer that is never full. [bodies]"""


# ------------------------------------------------------------------------------ serial lines


def departures(
    products: Sequence[str], cycles: Cycles, buffers: int = 0, setups: Sequence[Changes] = ()
) -> list[list[int]]:
    """When each body leaves each station, as it blocks after service. [s]

    A body begins when it has come and the one before has left; it leaves when it is finished and
    the body that is `buffers` + 1 before it has left the next station.
    """
    rows: list[list[int]] = []
    for k, product in enumerate(products):
        came, row = 0, []
        for i, cycle in enumerate(cycles):
            begun = max(came, rows[k - 1][i] if k else 0)
            change = setups[i].get(products[k - 1], {}).get(product, 0) if setups and k else 0
            leaves = begun + change + cycle[product]
            before = k - buffers - 1
            if i + 1 < len(cycles) and before >= 0:
                leaves = max(leaves, rows[before][i + 1])
            row.append(leaves)
            came = leaves
        rows.append(row)
    return rows


def exits(
    products: Sequence[str], cycles: Cycles, buffers: int = 0, setups: Sequence[Changes] = ()
) -> list[int]:
    """When each body leaves the last station. [s]"""
    return [row[-1] for row in departures(products, cycles, buffers, setups)]


@dataclass(eq=False)
class _Machine:
    """What a station holds, and how much work on it is left; what it made last."""

    product: str = ""
    left: int = 0
    last: str = ""

    def load(self, product: str, cycle: Mapping[str, int], changes: Changes) -> None:
        change = changes.get(self.last, {}).get(product, 0)
        self.product, self.left, self.last = product, change + cycle[product], product

    @property
    def finished(self) -> bool:
        return bool(self.product) and not self.left


@dataclass
class _Row:
    """A line at one second."""

    supply: list[str]
    cycles: Cycles
    capacity: int
    setups: Sequence[Changes]
    machines: list[_Machine]
    buffers: list[list[str]]
    left_line: int = 0

    def load(self, i: int, product: str) -> None:
        self.machines[i].load(product, self.cycles[i], self.setups[i] if self.setups else {})

    def moved(self) -> bool:
        """Make one move, if there is one."""
        for i, machine in enumerate(self.machines):
            queue = self.supply if i == 0 else self.buffers[i - 1]
            if not machine.product and queue:
                self.load(i, queue.pop(0))
                return True
            if not machine.finished:
                continue
            if i + 1 == len(self.machines):
                self.left_line += 1
            elif not self.machines[i + 1].product and not self.buffers[i]:
                self.load(i + 1, machine.product)
            elif len(self.buffers[i]) < self.capacity:
                self.buffers[i].append(machine.product)
            else:
                continue
            machine.product = ""
            return True
        return False


def ticked(
    products: Sequence[str], cycles: Cycles, buffers: int = 0, setups: Sequence[Changes] = ()
) -> list[int]:
    """The same as `exits`, second by second."""
    machines = [_Machine() for _ in cycles]
    row = _Row([*products], cycles, buffers, setups, machines, [[] for _ in cycles[1:]])
    now, times = 0, []
    while row.left_line < len(products):
        while row.moved():
            pass
        times += [now] * (row.left_line - len(times))
        for machine in machines:
            machine.left = max(machine.left - 1, 0)
        now += 1
    return times


def longest_path(products: Sequence[str], cycles: Cycles) -> int:
    """The makespan with large buffers: the longest of all ways through the table of cycles. [s]

    A way goes from the first body at the first station to the last at the last, each step to the
    next body or to the next station; Johnson (1954).
    """
    n, m = len(products), len(cycles)
    longest = 0
    for turns in combinations(range(n + m - 2), m - 1):
        body = station = length = 0
        for step in range(n + m - 1):
            length += cycles[station][products[body]]
            if step in turns:
                station += 1
            else:
                body = min(body + 1, n - 1)
        longest = max(longest, length)
    return longest


def johnson(first: Mapping[str, int], second: Mapping[str, int]) -> list[str]:
    """The order of the shortest makespan on two stations with a large buffer; Johnson (1954)."""
    early = sorted((p for p in first if first[p] < second[p]), key=first.__getitem__)
    late = sorted((p for p in first if first[p] >= second[p]), key=second.__getitem__, reverse=True)
    return early + late


# ------------------------------------------------------------------------------ side by side


def side_by_side(products: Sequence[str], cycle: Mapping[str, int], machines: int) -> list[int]:
    """Exits of equal machines, of which the first that is free makes the next body. [s]"""
    free = [0] * machines
    times = []
    for product in products:
        end = heapq.heappop(free) + cycle[product]
        heapq.heappush(free, end)
        times.append(end)
    return sorted(times)


def in_turn(products: Sequence[str], cycle: Mapping[str, int]) -> list[int]:
    """When each body is finished by machines of which each makes one product. [s]

    They share one count: the n-th body begins when its machine is free and the one before it has
    begun. Those that are finished later may overtake it.
    """
    free: dict[str, int] = {}
    begun, ends = 0, []
    for product in products:
        begun = max(begun, free.get(product, 0))
        free[product] = begun + cycle[product]
        ends.append(free[product])
    return ends


# ------------------------------------------------------------------------------ doors


@dataclass(frozen=True)
class Doors:
    """Bodies meet the doors of their product, which a machine for each product makes.

    Attributes
    ----------
    body, door, assembly : mapping
        Cycle of each product. [s]
    places : int
        Of the store of doors; that of bodies is never full. [doors]
    in_order : bool
        Whether only the first door in the store may be taken.
    bodies_in_order : bool
        Whether only the first body may be taken; otherwise the first whose door is there.
    """

    body: Mapping[str, int]
    door: Mapping[str, int]
    assembly: Mapping[str, int]
    places: int = ROOMY
    in_order: bool = False
    bodies_in_order: bool = True


def matched(products: Sequence[str], shop: Doors) -> list[int]:
    """Exits of the assembly with a store that is never full, if no two things come at once. [s]

    The j-th body of a product gets the j-th door of that product.
    """
    ends = [*zip(products, in_turn(products, shop.door), strict=True)]
    doors = {name: iter([end for p, end in ends if p == name]) for name in shop.door}
    came = accumulate(shop.body[product] for product in products)
    ready = [max(body, next(doors[p])) for p, body in zip(products, came, strict=True)]
    free, times, left = 0, [], [*range(len(products))]
    while left:
        now = max(free, min(ready[k] for k in left))
        body = left[0] if shop.bodies_in_order else next(k for k in left if ready[k] <= now)
        left.remove(body)
        free = max(free, ready[body]) + shop.assembly[products[body]]
        times.append(free)
    return times


@dataclass
class _Feeding:
    """Bodies and doors at one second."""

    products: Sequence[str]
    shop: Doors
    bodies_begun: int = 0
    doors_begun: int = 0
    body: _Machine = field(default_factory=_Machine)
    assembly: _Machine = field(default_factory=_Machine)
    bodies: list[str] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.makers = {product: _Machine() for product in self.shop.door}

    @property
    def machines(self) -> list[_Machine]:
        return [self.body, *self.makers.values(), self.assembly]

    def settle(self) -> None:
        """Make all moves that are possible."""
        while self.met() or self.door_moved() or self.door_begun() or self.body_begun():
            pass

    def met(self) -> bool:
        """The first body, or the first whose door is there, with the first door of its product."""
        within = self.doors[:1] if self.shop.in_order else self.doors
        bodies = self.bodies[:1] if self.shop.bodies_in_order else self.bodies
        product = next((body for body in bodies if body in within), "")
        if self.assembly.product or not product:
            return False
        self.bodies.remove(product)
        self.doors.remove(product)
        self.assembly.load(product, self.shop.assembly, {})
        return True

    def door_moved(self) -> bool:
        """A finished door moves into the store, first come, first served."""
        if not self.blocked or len(self.doors) == self.shop.places:
            return False
        product = self.blocked.pop(0)
        self.doors.append(product)
        self.makers[product].product = ""
        return True

    def door_begun(self) -> bool:
        if self.doors_begun == len(self.products):
            return False
        product = self.products[self.doors_begun]
        if self.makers[product].product:
            return False
        self.makers[product].load(product, self.shop.door, {})
        self.doors_begun += 1
        return True

    def body_begun(self) -> bool:
        if self.body.product or self.bodies_begun == len(self.products):
            return False
        self.body.load(self.products[self.bodies_begun], self.shop.body, {})
        self.bodies_begun += 1
        return True

    def finish(self, machine: _Machine) -> None:
        if machine is self.body:
            self.bodies.append(machine.product)
        if machine in (self.body, self.assembly):
            machine.product = ""
        else:
            self.blocked.append(machine.product)


def matched_ticks(products: Sequence[str], shop: Doors) -> list[int]:
    """Exits second by second, with any store; fewer than the bodies if it gets stuck. [s]

    What is finished in the same second is followed through in the order of the stations: the body,
    the doors, the assembly.
    """
    floor, now, times = _Feeding(products, shop), 0, []
    floor.settle()
    while any(machine.left for machine in floor.machines):
        now += 1
        ending = [machine for machine in floor.machines if machine.left == 1]
        for machine in floor.machines:
            machine.left = max(machine.left - 1, 0)
        for machine in ending:
            times += [now] * (machine is floor.assembly)
            floor.finish(machine)
            floor.settle()
    return times


# ------------------------------------------------------------------------------ mean times


def two_by_hand(pairs: Mapping[tuple[str, str], float], cycles: Cycles) -> float:
    """Mean time from move to move of two stations hand to hand. [s]

    Both bodies move at one instant, so the next move comes after the longer of the cycle of the
    body at the second station and that of the next body at the first one.

    Parameters
    ----------
    pairs : mapping
        How often a body of a product is followed by one of another. [-]
    """
    return sum(
        share * max(cycles[0][following], cycles[1][product])
        for (product, following), share in pairs.items()
    )


def pairs_of_cycle(products: Sequence[str]) -> dict[tuple[str, str], float]:
    """How often each product follows each, when the products come round and round. [-]"""
    shares: dict[tuple[str, str], float] = {}
    for pair in pairwise([*products, products[0]]):
        shares[pair] = shares.get(pair, 0.0) + 1 / len(products)
    return shares


def pairs_of_batches(shares: Mapping[str, float], batch: int) -> dict[tuple[str, str], float]:
    """The same when the product of each batch is drawn anew. [-]"""
    return {
        (a, b): shares[a] * ((a == b) * (batch - 1) + shares[b]) / batch
        for a in shares
        for b in shares
    }
