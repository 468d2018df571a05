"""Shops with products, and those among them whose Markov chains `product_chains` solves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from ningde_sim import Exponential, Line, Product, Sequence, Setup, Shop, ShopRun, Station, Store
from tests.theory.intervals import Instance
from tests.theory.product_chains import (
    Drawn,
    Machine,
    Round,
    dedicated_beside_flexible,
    lines_in_turn,
    machine,
    mixed_line,
)
from tests.theory.reference import Measure


def an_hour(of: str, product: str) -> Measure:
    """Of the table of products. [bodies per unit of time]"""
    return lambda run, unit: run.products.loc[product, of] / run.hours * unit / 3600


def of_line(line: str) -> Measure:
    """Bodies that left a line. [bodies per unit of time]"""
    return lambda run, unit: len(run.exits[line]) / run.hours * unit / 3600


def share(station: str, state: str) -> Measure:
    """Of the time of a station. [-]"""
    return lambda run, unit: run.stations.loc[station, state] / run.hours


def changes(station: str) -> Measure:
    """Setups of a station. [per unit of time]"""
    return lambda run, unit: run.stations.loc[station, "setups"] / run.hours * unit / 3600


def level(store: str) -> Measure:
    """Mean content of a store. [parts]"""
    return lambda run, unit: run.stores.loc[store, "level"]


# ------------------------------------------------------------------------- fixed times

CYCLES = [{"A": 40, "B": 90, "C": 20, "D": 50}, {"A": 70, "B": 30, "C": 60, "D": 50}]
CYCLES += [{"A": 20, "B": 80, "C": 90, "D": 40}]
"""At three stations. [s]"""


def made(names: str) -> list[Product]:
    """Products in equal shares."""
    return [Product(name, 1 / len(names)) for name in names]


def orders(names: Any) -> Sequence:
    """One body an order."""
    return Sequence.orders([(name, 1) for name in names])


def only(names: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Of a table by product, or from product to product, what speaks of these."""
    return {
        name: only(names, value) if isinstance(value, Mapping) else value
        for name, value in table.items()
        if name in names
    }


def assert_exits(run: ShopRun, line: str, seconds: list[int]) -> None:
    np.testing.assert_array_equal(run.exits[line], 1000 * np.array(seconds, dtype=np.int64))


# ------------------------------------------------------------------------- sequences


def described(sequence: Drawn | Round) -> tuple[list[Product], Sequence]:
    """Products with their shares, and the sequence of the plant."""
    if isinstance(sequence, Round):
        names = dict.fromkeys(sequence.products)
        shares = {name: sequence.products.count(name) / len(sequence.products) for name in names}
        order = Sequence.cycle([*sequence.products])
    else:
        shares, order = sequence.shares, Sequence.random(batch=sequence.batch)
    return [Product(name, part) for name, part in shares.items()], order


def times(means: Mapping[str, float], unit: float) -> dict[str, Exponential]:
    """Exponential times of each product. [s]"""
    return {product: Exponential(mean * unit) for product, mean in means.items()}


# ------------------------------------------------------------------------- mixed lines


def mixed_shop(
    machines: list[Machine], buffers: list[int], sequence: Drawn | Round, unit: float
) -> Shop:
    """As `mixed_line` writes it."""
    stations = []
    for i, tool in enumerate(machines):
        more: dict[str, Any] = {}
        if tool.setup:
            matrix: dict[str, dict[str, Exponential]] = {}
            for (before, after), mean in tool.setup.items():
                matrix.setdefault(before, {})[after] = Exponential(mean * unit)
            more["setup"] = Setup(matrix)
        if any(tool.scrap.values()):
            more["scrap"] = tool.scrap
        stations.append(Station(f"S{i}", times(tool.cycle, unit), **more))
    products, order = described(sequence)
    line = Line("line", stations, buffers=buffers)
    return Shop("mixed", [line], products=products, sequence=order)


def mixed(
    name: str,
    machines: list[Machine],
    buffers: list[int],
    sequence: Drawn | Round,
    units: float,
) -> Instance:
    """Throughput of each product, states of the stations, scrap and setups where there are some."""
    claims: dict[str, Measure] = {}
    for p in machines[0].cycle:
        claims[f"throughput of {p}"] = an_hour("bodies", p)
        if any(tool.scrap[p] for tool in machines):
            claims[f"scrapped {p}"] = an_hour("scrapped", p)
    for i, tool in enumerate(machines):
        claims[f"S{i} blocked"] = share(f"S{i}", "blocked")
        claims[f"S{i} starved"] = share(f"S{i}", "starved")
        if tool.setup:
            claims[f"S{i} setup"] = share(f"S{i}", "setup")
            claims[f"throughput of setups S{i}"] = changes(f"S{i}")

    @cache
    def exact() -> dict[str, Any]:
        case = mixed_line(machines, buffers, sequence)
        values = {f"throughput of {p}": rate for p, rate in case.throughput.items()}
        values |= {f"scrapped {p}": rate for p, rate in case.scrapped.items()}
        for i in range(len(machines)):
            values[f"S{i} blocked"] = case.blocked[i]
            values[f"S{i} starved"] = case.starved[i]
            values[f"S{i} setup"] = case.setup[i]
            values[f"throughput of setups S{i}"] = case.setups[i]
        return values

    shop = partial(mixed_shop, machines, buffers, sequence)
    return instance("mixed", name, shop, claims, exact, units)


def instance(
    file: str,
    name: str,
    shop: Callable[[float], Shop],
    claims: Mapping[str, Measure],
    exact: Callable[[], Mapping[str, Any]],
    units: float,
) -> Instance:
    """A case whose other claims are sharp to 0.5 % of one plus the reference."""
    return Instance(file, name, shop, claims, units=units, exact=exact, widest_other=0.005)


# ------------------------------------------------------------------------- dedicated, flexible


def shared_shop(
    source: float,
    dedicated: float,
    flexible: Mapping[str, float],
    shares: Mapping[str, float],
    capacity: int,
    in_order: bool,
    unit: float,
) -> Shop:
    """As `dedicated_beside_flexible` writes it."""
    lines = [
        Line("source", [Station("S", Exponential(source * unit))], puts="parts"),
        Line("flexible", [Station("F", times(flexible, unit))], takes="parts"),
        Line(
            "dedicated",
            [Station("D", Exponential(dedicated * unit))],
            makes=["A"],
            takes="parts",
        ),
    ]
    products = [Product(p, part) for p, part in shares.items()]
    parts = Store("parts", capacity, in_order=in_order)
    return Shop("shared", lines, stores=[parts], products=products, sequence=Sequence.random())


def shared(name: str, units: float, **shop: Any) -> Instance:
    """Bodies of both lines and of both products, waits, the content of the store."""
    claims: dict[str, Measure] = {
        "throughput of A": an_hour("bodies", "A"),
        "throughput of B": an_hour("bodies", "B"),
        "throughput of the dedicated line": of_line("dedicated"),
        "throughput of the flexible line": of_line("flexible"),
        "source blocked": share("S", "blocked"),
        "dedicated starved": share("D", "starved"),
        "flexible starved": share("F", "starved"),
        "level": level("parts"),
    }

    @cache
    def exact() -> dict[str, Any]:
        case = dedicated_beside_flexible(**shop)
        return {
            "throughput of A": case.dedicated + case.flexible["A"],
            "throughput of B": case.flexible["B"],
            "throughput of the dedicated line": case.dedicated,
            "throughput of the flexible line": sum(case.flexible.values()),
            "source blocked": case.source_blocked,
            "dedicated starved": case.dedicated_starved,
            "flexible starved": case.flexible_starved,
            "level": case.level,
        }

    def built(unit: float) -> Shop:
        return shared_shop(**{"in_order": False, **shop}, unit=unit)

    return instance("shared", name, built, claims, exact, units)


# ------------------------------------------------------------------------- lines in turn


def turns_shop(means: Mapping[str, float], shares: Mapping[str, float], unit: float) -> Shop:
    """As `lines_in_turn` writes it."""
    lines = [
        Line(p, [Station(f"S {p}", Exponential(mean * unit))], makes=[p])
        for p, mean in means.items()
    ]
    products = [Product(p, part) for p, part in shares.items()]
    return Shop("turns", lines, products=products, sequence=Sequence.random())


def turns(name: str, means: Mapping[str, float], shares: Mapping[str, float]) -> Instance:
    """Bodies of each line."""
    claims = {f"throughput of {p}": an_hour("bodies", p) for p in means}

    @cache
    def exact() -> dict[str, Any]:
        return {f"throughput of {p}": rate for p, rate in lines_in_turn(means, shares).items()}

    return instance("turns", name, partial(turns_shop, means, shares), claims, exact, units=40_000)


# ------------------------------------------------------------------------- the cases

HALF, MIX = {"A": 0.5, "B": 0.5}, {"A": 0.4, "B": 0.6}
FRONT, REAR = {"A": 1.4, "B": 0.6}, {"A": 0.7, "B": 1.2}
PAIR = [machine(FRONT), machine(REAR)]
SETUPS = {("A", "B"): 0.9, ("B", "A"): 0.3}
SCRAP = {"A": 0.15, "B": 0.02}
FLEXIBLE = {"source": 0.5, "dedicated": 1.0, "flexible": {"A": 0.9, "B": 1.1}}

CHAINS = [
    mixed("random b=0", PAIR, [0], Drawn(MIX), 70_000),
    mixed("random b=2", PAIR, [2], Drawn(MIX), 70_000),
    mixed("batches of 2", PAIR, [1], Drawn(HALF, 2), 100_000),
    mixed("round", PAIR, [1], Round("AABAB"), 40_000),
    mixed("three", [*PAIR, machine({"A": 1.0, "B": 0.9})], [1, 0], Drawn(HALF), 60_000),
    mixed("setups", [machine(FRONT, SETUPS), machine(REAR, SETUPS)], [1], Drawn(HALF, 2), 110_000),
    mixed("setups by hand", [machine(FRONT), machine(REAR, SETUPS)], [0], Drawn(HALF), 75_000),
    mixed(
        "scrap",
        [machine(FRONT, SETUPS, SCRAP), machine(REAR, scrap=SCRAP)],
        [1],
        Drawn(HALF),
        80_000,
    ),
    shared("b=1", 50_000, **FLEXIBLE, shares=HALF, capacity=1),
    shared("b=3", 35_000, **FLEXIBLE, shares=HALF, capacity=3),
    shared("in order", 45_000, **FLEXIBLE, shares=HALF, capacity=2, in_order=True),
    turns("by shares", {"A": 1.3, "B": 0.8}, MIX),
]
