"""The greatest flow through lines and stores: a linear program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.shop import Shop

Row = dict[tuple[str, str], float]
"""Coefficients of a row by kind of variable and name of the line."""


SLACK = 1e-6
"""Tolerance where one program starts from the optimum of another, as a share of the greatest flow;
the solver itself has 1e-7. [-]"""


@dataclass(frozen=True, slots=True)
class LineFlow:
    """What the program needs of a line, which is all its copies together.

    Attributes
    ----------
    line : Line
    most : float
        Most bodies that it can take in. [bodies/h]
    passed : float
        Share of these that comes out; the others are scrapped. [-]
    held : float
        Least mean time that a body taken in stays in the line. [h]
    repair : float
        Time of crews for each body taken in. [h]
    """

    line: Line
    most: float
    passed: float
    held: float
    repair: float

    @property
    def wip_limit(self) -> int:
        """Most bodies that it can hold, in all its copies. [bodies]"""
        buffers: tuple[int, ...] = self.line.buffers  # type: ignore[assignment]
        return self.line.copies * (len(self.line.stations) + sum(buffers))


@dataclass(slots=True)
class _Program:
    """Rows of a linear program, each with its upper bound and the thing that it limits."""

    lines: Sequence[LineFlow]
    kinds: tuple[str, ...] = ("flow", "in", "out", "scrapped")
    rows: list[NDArray[np.float64]] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    things: list[tuple[str, str]] = field(default_factory=list)
    equal: list[NDArray[np.float64]] = field(default_factory=list)

    def copy(self) -> _Program:
        """A copy to which rows can be added."""
        return replace(self, rows=[*self.rows], bounds=[*self.bounds], things=[*self.things])

    def row(self, coefficients: Row) -> NDArray[np.float64]:
        """The coefficients in the order of the variables."""
        names = [flow.line.name for flow in self.lines]
        row = np.zeros(len(self.kinds) * len(names))
        for (kind, name), value in coefficients.items():
            row[self.kinds.index(kind) * len(names) + names.index(name)] = value
        return row

    def at_most(self, bound: float, thing: tuple[str, str], coefficients: Row) -> None:
        """Add a row."""
        self.rows.append(self.row(coefficients))
        self.bounds.append(bound)
        self.things.append(thing)


def greatest_flow(
    shop: Shop, lines: Sequence[LineFlow]
) -> tuple[float, NDArray[np.float64], dict[tuple[str, str], float]]:
    """The greatest output of a shop, the flows that give it, and what limits them.

    In the long run each store takes in as much as it gives, no line takes in more than it can, and,
    by Little's law, the mean content (WIP) of a line or a store is at least flow times time. The
    mean content is the initial content plus mean counts of what went in, less what went out, and is
    at most the capacity. So too few pallets in a loop, or too little capacity for long transits,
    limit the flow too.

    Returns
    -------
    float
        Output of all output lines. [bodies/h]
    numpy.ndarray, shape (n_lines,)
        Bodies that each line takes in, to 1e-5 of the greatest; of all flows with the best output
        those with the lowest loads, the highest load first. [bodies/h]
    dict
        For ("line" | "store" | "wip" | "crews", name) the share of the output that it accounts for:
        1 % more of it brings that share of 1 %. They add up to 1. [-]

    References
    ----------
    Campos, Chiola, Silva (1991), Ergodicity and throughput bounds of Petri nets with unique
    consistent firing count vector, IEEE Transactions on Software Engineering 17, 117-125: such
    programs for bounds of throughput. Little (1961), Operations Research 9, 383-387.
    """
    program = _Program(lines)
    for flow in lines:
        _add_line(program, flow)
    for store in shop.stores:
        _add_store(program, store)
    if (number := number_of_crews(shop)) is not None:
        work = {("flow", flow.line.name): flow.repair for flow in lines}
        program.at_most(number, ("crews", shop.name), work)
    output = program.row(
        {("flow", f.line.name): f.passed for f in lines if f.line.name in (shop.output or ())}
    )
    optimum = _solved(shop, program, -output)
    best = max(0.0, -optimum.fun)
    return best, _evened(shop, program, output, best), _shares(program, optimum)


def number_of_crews(shop: Shop) -> int | None:
    """All crews of a shop; None without bound, or where a group has a working time of its own."""
    groups = shop.crew_groups
    if not groups or any(group.working_time is not None for group in groups):
        return None
    return sum(group.number for group in groups)


def _solved(shop: Shop, program: _Program, costs: NDArray[np.float64]) -> Any:
    optimum: Any = scipy.optimize.linprog(
        costs,
        A_ub=np.array(program.rows),
        b_ub=program.bounds,
        A_eq=np.array(program.equal) if program.equal else None,
        b_eq=np.zeros(len(program.equal)) if program.equal else None,
        method="highs",
    )
    if not optimum.success:  # cannot be: flows of 0 are possible, and every flow is bounded
        raise RuntimeError(f"Shop {shop.name!r}: no greatest flow: {optimum.message}")
    return optimum


def _add_line(program: _Program, flow: LineFlow) -> None:
    name = flow.line.name
    inside: Row = {("in", name): 1.0, ("out", name): -1.0}
    if flow.passed < 1:
        inside["scrapped", name] = -1.0
    held: Row = {key: -value for key, value in inside.items()}
    program.at_most(flow.most, ("line", name), {("flow", name): 1.0})
    program.at_most(flow.wip_limit, ("wip", name), inside)
    program.at_most(0.0, ("wip", name), {("flow", name): flow.held} | held)


def _add_store(program: _Program, store: Store) -> None:
    into = [flow for flow in program.lines if store.name in flow.line.puts]
    back = [flow for flow in program.lines if store.name in flow.line.returns and flow.passed < 1]
    out_of = [flow for flow in program.lines if store.name in flow.line.takes]
    inside: Row = {("out", flow.line.name): 1.0 for flow in into}
    inside |= {("scrapped", flow.line.name): 1.0 for flow in back}
    inside |= {("in", flow.line.name): -1.0 for flow in out_of}
    share = {flow.line.name: flow.passed for flow in into}
    for flow in back:
        share[flow.line.name] = share.get(flow.line.name, 0.0) + 1 - flow.passed
    transit: Row = {
        ("flow", name): each * store.transit_time / 3600 for name, each in share.items()
    }
    less: Row = {key: -value for key, value in inside.items()}
    thing = "store", store.name
    program.at_most(store.capacity - store.initial, thing, inside)
    program.at_most(store.initial, thing, transit | less)
    comes = program.row({("flow", name): each for name, each in share.items()})
    goes = program.row({("flow", flow.line.name): 1.0 for flow in out_of})
    program.equal.append(comes - goes)


def _shares(program: _Program, optimum: Any) -> dict[tuple[str, str], float]:
    """The share of each thing; by duality the output is the sum of bounds times their prices."""
    shares: dict[tuple[str, str], float] = {}
    for thing, bound, price in zip(
        program.things, program.bounds, optimum.ineqlin.marginals, strict=True
    ):
        shares[thing] = shares.get(thing, 0.0) + bound * price / (optimum.fun or 1.0)
    return shares


def _evened(
    shop: Shop, program: _Program, output: NDArray[np.float64], best: float
) -> NDArray[np.float64]:
    """Of all flows with the best output those with the lowest loads, the highest load first.

    Each round minimises the highest of the free loads, then fixes the loads of the lines that keep
    it from being lower.
    """
    names = [flow.line.name for flow in program.lines]
    most = np.array([flow.most for flow in program.lines])
    free = most > 0
    flows = np.zeros(len(names))
    held = program.copy()
    held.rows.append(-output)
    slack = SLACK * most.max()
    held.bounds.append(slack - best)
    while free.any():
        n_rows = len(held.rows)
        level = held.copy()
        level.rows = [np.append(row, 0.0) for row in held.rows]
        level.equal = [np.append(row, 0.0) for row in held.equal]
        for i in np.flatnonzero(free):
            row = np.zeros(len(output) + 1)
            row[i], row[-1] = 1.0, -most[i]
            level.rows.append(row)
            level.bounds.append(0.0)
        optimum = _solved(shop, level, np.append(np.zeros(len(output)), 1.0))
        flows = optimum.x[: len(names)]
        if optimum.x[-1] < SLACK:  # the other lines stand still
            break
        prices = optimum.ineqlin.marginals[n_rows:]
        for i in np.flatnonzero(free)[prices < prices.min() / 2]:
            row = np.zeros(len(output))
            row[i] = 1.0
            held.rows.append(row)
            held.bounds.append(most[i] * optimum.x[-1] + slack)
            free[i] = False
    return flows
