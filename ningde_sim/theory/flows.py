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
"""Coefficients of a row by kind of the variable and name of the line."""


SLACK = 1e-6
"""Play where one program goes on from the optimum of another, as a share of the greatest flow; the
solver itself has 1e-7. [-]"""


@dataclass(frozen=True, slots=True)
class LineFlow:
    """What the program has to know of a line.

    Attributes
    ----------
    line : Line
    most : float
        Bodies that it can take in. [bodies/h]
    passed : float
        Share of these that comes out, the others are scrapped. [-]
    held : float
        Least mean time that a body taken in stays in it. [h]
    repair : float
        Time of crews that a body taken in asks for. [h]
    """

    line: Line
    most: float
    passed: float
    held: float
    repair: float

    @property
    def places(self) -> int:
        """Bodies that it can hold."""
        return len(self.line.stations) + sum(self.line.buffers)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Program:
    """Rows of a program as they come, each at most its bound, with the thing that it speaks of."""

    lines: Sequence[LineFlow]
    kinds: tuple[str, ...] = ("flow", "in", "out", "scrapped")
    rows: list[NDArray[np.float64]] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    things: list[tuple[str, str]] = field(default_factory=list)
    equal: list[NDArray[np.float64]] = field(default_factory=list)

    def copy(self) -> _Program:
        """The same, to be added to."""
        return replace(self, rows=[*self.rows], bounds=[*self.bounds], things=[*self.things])

    def row(self, coefficients: Row) -> NDArray[np.float64]:
        """The coefficients in the order of the variables."""
        names = [flow.line.name for flow in self.lines]
        found = np.zeros(len(self.kinds) * len(names))
        for (kind, name), value in coefficients.items():
            found[self.kinds.index(kind) * len(names) + names.index(name)] = value
        return found

    def at_most(self, bound: float, thing: tuple[str, str], coefficients: Row) -> None:
        """Add a row."""
        self.rows.append(self.row(coefficients))
        self.bounds.append(bound)
        self.things.append(thing)


def greatest_flow(
    shop: Shop, lines: Sequence[LineFlow]
) -> tuple[float, NDArray[np.float64], dict[tuple[str, str], float]]:
    """The most that can come out of a shop, the flows at which it does, what holds them back.

    In the long run each store takes in as much as it gives, no line takes in more than it can,
    and, by Little's law, what is inside a line or a store is at least flow times time. What is
    inside on average follows from what was there at the start by average counts of what went in
    and out, and is at most what there is room for: so few pallets in a loop, or few places for
    long transits, hold the flow back too.

    Returns
    -------
    float
        Over all output lines. [bodies/h]
    numpy.ndarray, shape (n_lines,)
        Bodies that each line takes in, to 1e-5 of the greatest; of all such flows those with the
        lowest loads, the highest load first. [bodies/h]
    dict
        For ("line" | "store" | "room" | "crews", name) the share of the output that it accounts
        for: 1 % more of it brings that share of 1 %. They add up to 1. [-]

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
    if shop.repair_crews is not None:
        work = {("flow", flow.line.name): flow.repair for flow in lines}
        program.at_most(shop.repair_crews, ("crews", shop.name), work)
    output = program.row(
        {("flow", f.line.name): f.passed for f in lines if f.line.name in (shop.output or ())}
    )
    found = _solved(shop, program, -output)
    best = max(0.0, -found.fun)
    return best, _evened(shop, program, output, best), _shares(program, found)


def _solved(shop: Shop, program: _Program, costs: NDArray[np.float64]) -> Any:

    found: Any = scipy.optimize.linprog(
        costs,
        A_ub=np.array(program.rows),
        b_ub=program.bounds,
        A_eq=np.array(program.equal) if program.equal else None,
        b_eq=np.zeros(len(program.equal)) if program.equal else None,
        method="highs",
    )
    if not found.success:  # all flows at 0 are always possible, and every line has its most
        raise RuntimeError(f"Shop {shop.name!r}: no greatest flow was found: {found.message}")
    return found


def _add_line(program: _Program, flow: LineFlow) -> None:
    name = flow.line.name
    inside: Row = {("in", name): 1.0, ("out", name): -1.0}
    if flow.passed < 1:
        inside["scrapped", name] = -1.0
    held: Row = {key: -value for key, value in inside.items()}
    program.at_most(flow.most, ("line", name), {("flow", name): 1.0})
    program.at_most(flow.places, ("room", name), inside)
    program.at_most(0.0, ("room", name), {("flow", name): flow.held} | held)


def _add_store(program: _Program, store: Store) -> None:
    into = [flow for flow in program.lines if store.name in flow.line.puts]
    out_of = [flow for flow in program.lines if store.name in flow.line.takes]
    inside: Row = {("out", flow.line.name): 1.0 for flow in into}
    inside |= {("in", flow.line.name): -1.0 for flow in out_of}
    transit: Row = {
        ("flow", flow.line.name): flow.passed * store.transit_time / 3600 for flow in into
    }
    less: Row = {key: -value for key, value in inside.items()}
    thing = "store", store.name
    program.at_most(store.capacity - store.initial, thing, inside)
    program.at_most(store.initial, thing, transit | less)
    comes = program.row({("flow", flow.line.name): flow.passed for flow in into})
    goes = program.row({("flow", flow.line.name): 1.0 for flow in out_of})
    program.equal.append(comes - goes)


def _shares(program: _Program, found: Any) -> dict[tuple[str, str], float]:
    """By duality the output is the sum of all bounds times their prices."""
    shares: dict[tuple[str, str], float] = {}
    for thing, bound, price in zip(
        program.things, program.bounds, found.ineqlin.marginals, strict=True
    ):
        shares[thing] = shares.get(thing, 0.0) + bound * price / (found.fun or 1.0)
    return shares


def _evened(
    shop: Shop, program: _Program, output: NDArray[np.float64], best: float
) -> NDArray[np.float64]:
    """Of all flows with the best output those with the lowest loads, the highest load first.

    Each round finds the least that the highest of the free loads can be, then holds the lines that
    keep it there at their loads.
    """
    names = [flow.line.name for flow in program.lines]
    most = np.array([flow.most for flow in program.lines])
    free = most > 0
    flows = np.zeros(len(names))
    held = program.copy()
    held.rows.append(-output)
    play = SLACK * most.max()
    held.bounds.append(play - best)
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
        found = _solved(shop, level, np.append(np.zeros(len(output)), 1.0))
        flows = found.x[: len(names)]
        if found.x[-1] < SLACK:  # the others stand still
            break
        prices = found.ineqlin.marginals[n_rows:]
        for i in np.flatnonzero(free)[prices < prices.min() / 2]:
            row = np.zeros(len(output))
            row[i] = 1.0
            held.rows.append(row)
            held.bounds.append(most[i] * found.x[-1] + play)
            free[i] = False
    return flows
