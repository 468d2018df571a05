"""Products: the counts of births, and how parts are chosen."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from ningde_sim._support import units
from ningde_sim.engine import _kernel
from ningde_sim.engine._kernel import NEVER

if TYPE_CHECKING:
    from ningde_sim.engine.reference.floor import Floor
    from ningde_sim.engine.reference.stations import StationProcess
    from ningde_sim.engine.reference.stores import Join, Part, StoreProcess


class ProductSequence:
    """The sequence of the plant, and how far each count of births has come in it."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.layout = floor.layout
        self.products = self.layout.shop.products
        self.sequence = self.layout.shop.sequence
        mix = self.layout.shop.mix
        self.shares = [mix[product.name] for product in self.products]
        self.starts = [units.hours_to_ms(product.start) for product in self.products]
        self.first = [NEVER if product.start else 0 for product in self.products]
        self.next = [*self.layout.first_numbers]
        self.head = [0] * len(self.next)

    def product_of(self, number: int) -> int:
        """The product of a number; -1 behind the last order."""
        assert self.sequence is not None
        listed = self.layout.sequence
        if self.sequence.kind == "orders" and number >= len(listed):
            return -1
        if listed:
            return listed[number % len(listed)]
        made = [p for p, first in enumerate(self.first) if first <= number]
        drawn = self.floor.uniform(self.layout.choices, number // self.sequence.batch)
        left = reduce(add, [self.shares[p] for p in made], 0.0) * drawn
        made = [p for p in made if self.shares[p] > 0.0]
        for p in made:
            if left < self.shares[p]:
                return p
            left -= self.shares[p]
        return made[-1]

    def look_ahead(self, group: int) -> None:
        """Which product comes next in a count: one that has started may come from it on."""
        assert self.sequence is not None
        others = [n + 1 for other, n in enumerate(self.next) if other != group]
        first = max([self.next[group], *others])
        first = math.ceil(first / self.sequence.batch) * self.sequence.batch
        now = int(self.floor.env.now)
        for p, start in enumerate(self.starts):
            if self.first[p] == NEVER and start <= now:
                self.first[p] = first
        self.head[group] = self.product_of(self.next[group])

    def make_next(self, part: Part, group: int) -> None:
        """A part that is born is the next in a count; others may begin what comes after it."""
        part.product, part.number = self.head[group], self.next[group]
        self.next[group] += 1
        self.look_ahead(group)
        for station in self.floor.stations:
            if station.row.choosy and station.row.group == group and station.is_empty():
                self.floor.wake(station)


class Choice:
    """What a station that chooses its parts takes.

    Parameters
    ----------
    station : StationProcess
        The first of its line; it is empty.
    """

    def __init__(self, station: StationProcess) -> None:
        self.station = station
        self.makes = {*station.row.makes}

    def product_of(self, part: Part) -> int:
        """The product of a part; of one not born yet that which the station would make of it."""
        if part.product >= 0:
            return part.product
        return self.station.floor.sequence.head[self.station.row.group]

    def parts(self, store: StoreProcess, makes: Collection[int] | None, number: int) -> list[Part]:
        """The first parts of some products that can be taken from a store; None means of all."""
        found: list[Part] = []
        for part in store.reachable(lambda part: self.is_of(part, makes)):
            if len(found) < number:
                found.append(part)
        return found

    def is_of(self, part: Part, makes: Collection[int] | None) -> bool:
        """Whether a part is of some products."""
        return makes is None or self.product_of(part) in makes

    def store_of(self, join: Join, makes: Collection[int] | None) -> StoreProcess | None:
        """The first store of a join that has enough parts of some products."""
        n = join.row.number
        return next((s for s in join.stores if len(self.parts(s, makes, n)) == n), None)

    def used(self) -> dict[Join, StoreProcess] | None:
        """The store that each join uses; None if the station cannot begin."""
        if not self.station.takes:
            head = self.station.floor.sequence.head[self.station.row.group]
            return {} if head in self.makes else None
        first, *beside = self.station.takes
        stores: dict[Join, StoreProcess | None] = {}
        for join in beside:
            if join.row.matches:
                self.makes = {p for p in self.makes if self.store_of(join, {p})}
            else:
                stores[join] = self.store_of(join, None)
        stores[first] = found = self.store_of(first, self.makes)
        if found is None or None in stores.values():
            return None
        body = oldest(self.parts(found, self.makes, first.row.number))
        for join in beside:
            if join.row.matches:
                stores[join] = self.store_of(join, {self.product_of(body)})
        return stores  # type: ignore[return-value]

    def take(self) -> list[list[Part]]:
        """Take all parts, those of each join by themselves."""
        taken: list[list[Part]] = []
        for join in self.station.takes:
            makes: Collection[int] | None = None
            if self.station.row.choosy and not taken:
                makes = self.makes
            elif join.row.matches:
                makes = {self.product_of(oldest(taken[0]))}
            taken.append([self.take_one(join.used, makes) for _ in range(join.row.number)])
        return taken

    def take_one(self, store: StoreProcess, makes: Collection[int] | None) -> Part:
        """Take the first part of some products."""
        if makes is None and not store.row.lanes:
            return store.take()
        return store.take(*self.parts(store, makes, 1))


def oldest(parts: list[Part]) -> Part:
    """The part that was born first; of parts not born yet the first."""
    born = [part for part in parts if part.born != _kernel.UNBORN]
    return min(born, key=lambda part: part.born) if born else parts[0]
