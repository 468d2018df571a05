"""What a plant makes: products, the sequence in which they come, the setups between them."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar

import pandas as pd

from ningde_sim._support import checks
from ningde_sim._support.frozen import Entries, unchangeable
from ningde_sim._support.units import MAX_CAPACITY, MAX_HOURS, MAX_TIME
from ningde_sim.plant.crew import check_asked
from ningde_sim.plant.distributions import Distribution, fixed
from ningde_sim.plant.entries import SHARES_ADD_UP

MOST_PRODUCTS = 60
"""Of a shop: the engines hold what a line makes in the bits of one word."""

REACHED = 0.9
"""The share of the full speed that `Ramp.days_to_90` speaks of. [-]"""

HOURS_A_DAY = 24.0

Value = TypeVar("Value")


@unchangeable
@dataclass(frozen=True, slots=True)
class Ramp:
    """How the stations learn to make a new product: slow at its start, then faster and faster.

    `t` days after the start of the product they run at 1 - (1 - start) exp(-t / tau) of their full
    speed, a curve of constant learning rate; tau follows from `days_to_90`. A cycle of that product
    is longer by the inverse; cycles of other products are not.

    Parameters
    ----------
    start : float
        Speed at its start, as a share of the full speed; from 0.01 to 0.9. [-]
    days_to_90 : float
        Days by the clock until the speed is 0.9. [d]
    stations : sequence of str
        Names of the stations that it slows, or patterns such as "FL*"; all by default.

    References
    ----------
    Terwiesch, Bohn (2001), Learning and process improvement during production ramp-up, Int. J.
    Production Economics 70:1-19, for speeds that grow so; the numbers are a planner's own.

    Examples
    --------
    >>> round(Ramp(start=0.4, days_to_90=60).speed(60), 9)
    0.9
    """

    start: float = 0.4
    days_to_90: float = 60.0
    _: KW_ONLY
    stations: str | Iterable[str] = ()

    def __post_init__(self) -> None:
        start = checks.number("Ramp", "start", self.start, low=0.01, high=REACHED)
        days = checks.number("Ramp", "days_to_90", self.days_to_90, high=MAX_HOURS)
        stations = checks.members("Ramp", "stations", self.stations, str)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "days_to_90", days)
        object.__setattr__(self, "stations", stations)

    @property
    def tau(self) -> float:
        """The time constant of the curve; 0 where full speed is there at once. [h]"""
        gap = math.log((1.0 - self.start) / (1.0 - REACHED)) if self.start < REACHED else 0.0
        return HOURS_A_DAY * self.days_to_90 / gap if gap else 0.0

    def speed(self, days: float) -> float:
        """The share of the full speed so long after the start of the product. [-]

        Parameters
        ----------
        days : float
            By the clock. [d]
        """
        if self.tau == 0.0:
            return 1.0
        return 1.0 - (1.0 - self.start) * math.exp(-HOURS_A_DAY * max(days, 0.0) / self.tau)

    def slows(self, station: str) -> bool:
        """Whether it slows a station.

        Parameters
        ----------
        station : str
            Its name.
        """
        return not self.stations or _any_of(tuple(self.stations)).match(station) is not None


@lru_cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(each) for each in patterns))


@unchangeable
@dataclass(frozen=True, slots=True)
class Product:
    """A product of a shop: a model, a variant, a part number.

    Parameters
    ----------
    name : str
        Unique among the products of the shop.
    share : float, optional
        Of the mix, once all products have started; those of all products add up to 1. Where all
        leave it out, all have the same. It has no effect with a cycle or a list of orders. [-]
    start : float
        Hours from the start of a run from which it is made; before, the others share the mix. With
        a random sequence only. [h]
    ramp : Ramp, optional
        How its cycles get faster from its start on.

    Examples
    --------
    >>> Product("SUV", 0.35, start=2000, ramp=Ramp(0.4, 60)).share
    0.35
    """

    name: str
    share: float | None = None
    _: KW_ONLY
    start: float = 0.0
    ramp: Ramp | None = None

    def __post_init__(self) -> None:
        checks.text("Product", "name", self.name)
        owner = f"Product {self.name!r}"
        if self.share is not None:
            object.__setattr__(self, "share", checks.number(owner, "share", self.share, high=1.0))
        object.__setattr__(self, "start", checks.number(owner, "start", self.start, high=MAX_HOURS))
        if self.ramp is not None:
            checks.kind(owner, "ramp", self.ramp, Ramp)


SequenceKind = Literal["random", "cycle", "orders"]


@unchangeable
@dataclass(frozen=True, slots=True, repr=False)
class Sequence:
    """The order in which products come: number n of each count is its n-th product.

    Use `Sequence.random`, `Sequence.cycle` or `Sequence.orders`.

    Attributes
    ----------
    kind : {"random", "cycle", "orders"}
    batch : int
        How many numbers in a row have one product. [parts]
    runs : tuple of (str, int)
        Of a cycle and of orders: product and how many of it in a row.

    Examples
    --------
    >>> Sequence.cycle(["A", "A", "B"]).runs
    (('A', 2), ('B', 1))
    """

    kind: SequenceKind = "random"
    batch: int = 1
    runs: tuple[tuple[str, int], ...] = ()

    def __repr__(self) -> str:
        """As a user writes it."""
        if self.kind == "random":
            return f"Sequence.random(batch={self.batch})"
        if self.kind == "orders":
            return f"Sequence.orders({list(self.runs)!r})"
        return f"Sequence.cycle({[name for name, n in self.runs for _ in range(n)]!r})"

    @classmethod
    def random(cls, batch: int = 1) -> Sequence:
        """By the shares of the products, drawn anew for each batch.

        Parameters
        ----------
        batch : int
            How many in a row have one product. [parts]
        """
        return cls("random", checks.whole("Sequence", "batch", batch, low=1, high=MAX_CAPACITY))

    @classmethod
    def cycle(cls, names: Iterable[str]) -> Sequence:
        """Always the same again.

        Parameters
        ----------
        names : sequence of str
            Such as `["A", "A", "B"]`.
        """
        given = checks.members("Sequence", "the names of a cycle", names, str)
        if not given:
            rule = "a cycle must name at least one product"
            raise ValueError(checks.complain("Sequence", rule, given))
        return cls("cycle", runs=_in_runs((name, 1) for name in given))

    @classmethod
    def orders(cls, table: Any) -> Sequence:
        """A list of orders, one after another; then supply ends.

        Parameters
        ----------
        table : sequence of (str, int), mapping, or DataFrame
            Product and how many of it; a DataFrame has the columns product and count.

        Examples
        --------
        >>> Sequence.orders({"A": 3, "B": 7}).n_orders
        10
        """
        pairs = _pairs(table)
        runs = []
        for name, count in pairs:
            checks.text("Sequence", "the product of an order", name)
            rule = f"the count of an order of {name!r}"
            n = checks.whole("Sequence", rule, count, low=1, high=MAX_CAPACITY)
            runs.append((name, n))
        if not runs:
            rule = "orders must hold at least one order"
            raise ValueError(checks.complain("Sequence", rule, table))
        checks.whole("Sequence", "all orders together", sum(n for _, n in runs), high=MAX_CAPACITY)
        return cls("orders", runs=_in_runs(runs))

    @property
    def n_orders(self) -> int | None:
        """After how many parts supply ends; None if it never does. [parts]"""
        return sum(n for _, n in self.runs) if self.kind == "orders" else None

    @property
    def names(self) -> tuple[str, ...]:
        """The products that it names, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.runs))


def _in_runs(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """The same with equal neighbours in one."""
    runs: list[tuple[str, int]] = []
    for name, n in pairs:
        if runs and runs[-1][0] == name:
            n += runs.pop()[1]
        runs.append((name, n))
    return tuple(runs)


def _pairs(table: Any) -> list[tuple[Any, Any]]:
    if isinstance(table, pd.DataFrame):
        columns = [*map(str, table.columns)]
        for name in ("product", "count"):
            if name not in columns:
                rule = f"a table of orders must have the column {name!r}"
                raise ValueError(checks.complain("Sequence", rule, columns))
        unknown = [name for name in columns if name not in ("product", "count")]
        if unknown:
            rule, cure = "a table of orders has the columns product and count only", "Drop it."
            raise ValueError(checks.complain("Sequence", rule, unknown, cure))
        return [*zip(table["product"].tolist(), table["count"].tolist(), strict=True)]
    given = [*table.items()] if isinstance(table, Mapping) else table
    orders = checks.listed("Sequence", "orders", given, "pairs of product and count")
    for order in orders:
        if not isinstance(order, (tuple, list)) or len(order) != 2:
            rule, cure = "each order must be a pair of product and count", 'Such as ("A", 3).'
            raise TypeError(checks.complain("Sequence", rule, order, cure))
    return [(name, count) for name, count in orders]


@unchangeable
@dataclass(frozen=True, slots=True)
class Setup:
    """The setup of a station at a change of product.

    It comes before the start of the body of another product, after planned stops that are due. The
    first body of a run changes nothing: the station is set up for it.

    Parameters
    ----------
    time : float, Distribution or mapping
        At each change; or by product from which and to which:
        `{"A": {"B": 120}, "B": {"A": 60}}`. [s]
    same : float or Distribution
        Before each body of the same product as the one before. [s]
    hidden : float
        Share of it that is done beforehand and costs no time, 0 to 1. [-]
    crew : bool or str
        Whether it needs a crew, as of a `Failure`; no part of it is hidden then.

    Examples
    --------
    >>> Setup(300, hidden=0.4).between("A", "B").mean, Setup(300, hidden=0.4).visible("A", "B")
    (300.0, 180.0)
    """

    time: float | Distribution | Mapping[str, Any]
    _: KW_ONLY
    same: float | Distribution = 0.0
    hidden: float = 0.0
    crew: bool | str = False

    def __post_init__(self) -> None:
        if isinstance(self.time, Mapping):
            object.__setattr__(self, "time", _matrix(self.time))
        else:
            object.__setattr__(self, "time", _duration("the time of a setup", self.time))
        object.__setattr__(self, "same", _duration("same", self.same))
        object.__setattr__(self, "hidden", checks.number("Setup", "hidden", self.hidden, high=1.0))
        check_asked("Setup", self.crew)
        if self.crew and self.hidden:
            rule, cure = "a setup with a crew can't be hidden", "Leave hidden out, or crew."
            raise ValueError(checks.complain("Setup", rule, self.hidden, cure))

    name = "setup"
    """As failures and planned stops have one."""

    def between(self, before: str, after: str) -> Distribution:
        """The time of a change, the hidden part included. [s]

        Parameters
        ----------
        before, after : str
            Products.
        """
        if isinstance(self.time, Mapping):
            time = self.time[before][after] if before != after else self._same_in_matrix(before)
        else:
            time = self.same if before == after else self.time
        return time if isinstance(time, Distribution) else fixed(time)

    def _same_in_matrix(self, product: str) -> Any:
        assert isinstance(self.time, Mapping)
        return self.time[product].get(product, self.same)

    def visible(self, before: str, after: str) -> float:
        """The part of a change that delays the next start; of a random one its mean. [s]

        Parameters
        ----------
        before, after : str
            Products.
        """
        return self.between(before, after).mean * (1.0 - self.hidden)

    def check(self, owner: str, products: Iterable[str]) -> None:
        """Raise an error for a matrix that lacks a change, or names an unknown product.

        Parameters
        ----------
        owner : str
            Who complains.
        products : iterable of str
            All products of the shop.
        """
        if not isinstance(self.time, Mapping):
            return
        names = [*products]
        for before, row in self.time.items():
            check_products(owner, "the setup", (before, *row), names)
        for before in names:
            for after in names:
                if before != after and after not in self.time.get(before, {}):
                    rule = f"the setup must tell the change from {before!r} to {after!r}"
                    cure = 'Such as Setup({"A": {"B": 120}, "B": {"A": 60}}); 0 is no setup.'
                    raise ValueError(checks.complain(owner, rule, dict(self.time), cure))


def _duration(field: str, given: Any) -> float | Distribution:
    if isinstance(given, Distribution):
        return given
    return checks.number("Setup", field, given, high=MAX_TIME)


def _matrix(given: Mapping[str, Any]) -> Entries[Entries[float | Distribution]]:
    matrix = {}
    for before, row in given.items():
        checks.text("Setup", "each product of the matrix", before)
        checks.mapping("Setup", f"the setups from {before!r}", row, 'Such as {"A": {"B": 120}}.')
        for after in row:
            checks.text("Setup", "each product of the matrix", after)
        cells = {after: _duration(f"from {before!r} to {after!r}", s) for after, s in row.items()}
        matrix[before] = Entries(cells)
    if not matrix:
        raise ValueError(checks.complain("Setup", "a matrix must hold at least one change", given))
    return Entries(matrix)


def check_products(owner: str, what: str, names: Iterable[str], products: Iterable[str]) -> None:
    """Raise an error for the name of a product that a shop does not have."""
    known = [*products]
    cure = f"The shop has these: {', '.join(known)}." if known else "Give the shop `products`."
    for name in names:
        if name not in known:
            raise ValueError(checks.complain(owner, f"unknown product in {what}", name, cure))


def of_product(value: Value | Mapping[str, Value], product: str) -> Value:
    """The value of a product: of a mapping its own, otherwise that of all."""
    return value[product] if isinstance(value, Mapping) else value


def check_sequence(
    owner: str, products: tuple[Product, ...], sequence: Sequence | None
) -> Sequence | None:
    """The sequence of some products: by default random; None without products.

    Raises
    ------
    TypeError, ValueError
        A sequence without products, unknown names, shares that do not add up to 1, a start with
        a sequence that has its own order.
    """
    if len(products) > MOST_PRODUCTS:
        rule = f"a shop has at most {MOST_PRODUCTS} products"
        raise ValueError(checks.complain(owner, rule, len(products), "Join those that are alike."))
    checks.distinct(owner, "products", (product.name for product in products))
    if sequence is None:
        sequence = Sequence() if products else None
    if sequence is None:
        return None
    checks.kind(owner, "sequence", sequence, Sequence)
    names = [product.name for product in products]
    if not products:
        cure = "Give the shop `products`."
        raise ValueError(checks.complain(owner, "a sequence is one of products", sequence, cure))
    check_products(owner, "sequence", sequence.names, names)
    shares = [product.share for product in products]
    told = [share for share in shares if share is not None]
    if sequence.kind != "random":
        late = next((product for product in products if product.start), None)
        if late:
            rule = f"the start of product {late.name!r} has no effect: the sequence has its order"
            raise ValueError(checks.complain(owner, rule, late.start, "Leave it out."))
        return sequence
    if told and len(told) < len(shares):
        lacking = next(product.name for product in products if product.share is None)
        rule = "all products must have a share, or none"
        raise ValueError(checks.complain(owner, rule, f"none of {lacking!r}"))
    total = math.fsum(told)
    if told and abs(total - 1.0) > SHARES_ADD_UP:
        rule = "the shares of the products must add up to 1"
        cure = f"They add up to {total:g}."
        given = {product.name: product.share for product in products}
        raise ValueError(checks.complain(owner, rule, given, cure))
    if all(product.start > 0.0 or product.share == 0.0 for product in products):
        rule, cure = "one product must be made from the start", "Give one of them start=0."
        given = {product.name: product.start for product in products}
        raise ValueError(checks.complain(owner, rule, given, cure))
    return sequence


def mix(products: tuple[Product, ...], sequence: Sequence | None) -> dict[str, float]:
    """The share of each product in the long run, all started; of orders over all of them. [-]"""
    if sequence is None:
        return {}
    if sequence.kind == "random":
        equal = 1.0 / len(products)
        return {p.name: equal if p.share is None else p.share for p in products}
    total = sum(n for _, n in sequence.runs)
    shares = {product.name: 0.0 for product in products}
    for name, n in sequence.runs:
        shares[name] += n / total
    return shares
