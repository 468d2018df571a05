"""The greatest flow through lines and stores: a linear program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ningde_sim.plant.line import Store
from ningde_sim.plant.shop import Shop
from ningde_sim.theory.line_flows import LineFlow, Part, Row, times, total

SLACK = 1e-6
"""Tolerance where one program starts from the optimum of another, as a share of the greatest flow;
the solver itself has 1e-7. [-]"""


@dataclass(slots=True)
class _Program:
    """Rows of a linear program, each with its upper bound and the thing that it limits."""

    lines: Sequence[LineFlow]
    rows: list[Row] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    things: list[tuple[str, str]] = field(default_factory=list)
    equal: list[Row] = field(default_factory=list)

    def copy(self) -> _Program:
        """A copy to which rows can be added."""
        return replace(self, rows=[*self.rows], bounds=[*self.bounds], things=[*self.things])

    def at_most(self, bound: float, thing: tuple[str, str], row: Row) -> None:
        """Add a row."""
        self.rows.append(row)
        self.bounds.append(bound)
        self.things.append(thing)


def greatest_flow(
    shop: Shop, lines: Sequence[LineFlow], *, hours: float | None = None
) -> tuple[float, NDArray[np.float64], dict[tuple[str, str], float]]:
    """The greatest output of a shop, the flows that give it, and what limits them.

    In the long run each store takes in as much as it gives, no line takes in more than it can, and,
    by Little's law, the mean content (WIP) of a line or a store is at least flow times time. The
    mean content is the initial content plus mean counts of what went in, less what went out, and is
    at most the capacity. So too few pallets in a loop, or too little capacity for long transits,
    limit the flow too. How much goes over each of several alternatives is free; over a split its
    shares. A stock that no line fills lasts for the `hours`, if given, and brings nothing in the
    long run.

    Parameters
    ----------
    shop : Shop
    lines : sequence of LineFlow
    hours : float, optional
        Time for which a stock is to last. [h]

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
    parts: list[Part] = []
    for flow in lines:
        _add_line(program, flow)
        more, zero = flow.parts()
        parts += more
        program.equal += zero
    for store in shop.stores:
        _add_store(program, store, [part for part in parts if part.store == store.name], hours)
    if (number := number_of_crews(shop)) is not None:
        work = total(*(times(flow.repair, flow.flow) for flow in lines))
        program.at_most(number, ("crews", shop.name), work)
    output = total(*(flow.good for flow in lines if flow.line.name in (shop.output or ())))
    optimum = _solved(shop, program, times(-1.0, output))
    best = max(0.0, -optimum.fun)
    return best, _evened(shop, program, output, best), _shares(program, optimum)


def number_of_crews(shop: Shop) -> int | None:
    """All crews of a shop; None without bound, or where a group has a working time of its own."""
    groups = shop.crew_groups
    if not groups or any(group.working_time is not None for group in groups):
        return None
    return sum(group.number for group in groups)


def _solved(shop: Shop, program: _Program, costs: Row) -> Any:
    """The optimum; its first values are the flows of the lines."""
    keys = dict.fromkeys(key for flow in program.lines for key in flow.flow)
    keys |= dict.fromkeys(key for row in (*program.rows, *program.equal) for key in row)
    number = {key: i for i, key in enumerate(keys)}

    def matrix(rows: Sequence[Row]) -> NDArray[np.float64]:
        filled = np.zeros((len(rows), len(number)))
        for i, row in enumerate(rows):
            for key, value in row.items():
                filled[i, number[key]] = value
        return filled

    optimum: Any = scipy.optimize.linprog(
        matrix([costs])[0],
        A_ub=matrix(program.rows),
        b_ub=program.bounds,
        A_eq=matrix(program.equal) if program.equal else None,
        b_eq=np.zeros(len(program.equal)) if program.equal else None,
        method="highs",
    )
    if not optimum.success:  # cannot be: flows of 0 are possible, and every flow is bounded
        raise RuntimeError(f"Shop {shop.name!r}: no greatest flow: {optimum.message}")
    return optimum


def _add_line(program: _Program, flow: LineFlow) -> None:
    name = flow.line.name
    came, *went = flow.counts()
    inside = total(came, *(times(-1.0, row) for row in went))
    program.at_most(flow.most, ("line", name), flow.flow)
    program.at_most(flow.wip_limit, ("wip", name), inside)
    program.at_most(0.0, ("wip", name), total(times(flow.held, flow.flow), times(-1.0, inside)))
    if flow.loose:
        program.at_most(flow.intake, ("line", name), flow.taken)
        program.at_most(0.0, ("line", name), times(-1.0, flow.scrapped))
        if flow.bad:
            most = times(-flow.rejected, flow.taken)
            program.at_most(0.0, ("line", name), total(flow.bad, most))


def _add_store(program: _Program, store: Store, parts: Sequence[Part], hours: float | None) -> None:
    came = [part for part in parts if part.field != "takes"]
    went = [part for part in parts if part.field == "takes"]
    comes, goes = total(*(part.rate for part in came)), total(*(part.rate for part in went))
    less = times(-1.0, total(*(part.counted for part in came)))
    less = total(less, *(part.counted for part in went))
    transit = times(store.transit_time / 3600, comes)
    thing = "store", store.name
    program.at_most(store.capacity - store.initial, thing, times(-1.0, less))
    program.at_most(store.initial, thing, total(transit, less))
    if not comes:
        program.at_most(store.initial / hours if hours else 0.0, thing, goes)
        return
    program.equal.append(total(comes, times(-1.0, goes)))
    if store.headway:
        program.at_most(3600 / store.headway, thing, comes)


def _shares(program: _Program, optimum: Any) -> dict[tuple[str, str], float]:
    """The share of each thing; by duality the output is the sum of bounds times their prices."""
    shares: dict[tuple[str, str], float] = {}
    for thing, bound, price in zip(
        program.things, program.bounds, optimum.ineqlin.marginals, strict=True
    ):
        shares[thing] = shares.get(thing, 0.0) + bound * price / (optimum.fun or 1.0)
    return shares


def _evened(shop: Shop, program: _Program, output: Row, best: float) -> NDArray[np.float64]:
    """Of all flows with the best output those with the lowest loads, the highest load first.

    Each round minimises the highest of the free loads, then fixes the loads of the lines that keep
    it from being lower.
    """
    lines = program.lines
    most = np.array([flow.most for flow in lines])
    free = most > 0
    flows = np.zeros(len(lines))
    held = program.copy()
    slack = SLACK * most.max()
    held.rows.append(times(-1.0, output))
    held.bounds.append(slack - best)
    highest: Row = {("highest load",): 1.0}
    while free.any():
        n_rows = len(held.rows)
        level = held.copy()
        for i in map(int, np.flatnonzero(free)):
            level.rows.append(total(lines[i].flow, times(-most[i], highest)))
            level.bounds.append(0.0)
        optimum = _solved(shop, level, highest)
        flows = optimum.x[: len(lines)]
        load = optimum.fun
        if load < SLACK:  # the other lines stand still
            break
        prices = optimum.ineqlin.marginals[n_rows:]
        for i in map(int, np.flatnonzero(free)[prices < prices.min() / 2]):
            held.rows.append(lines[i].flow)
            held.bounds.append(most[i] * load + slack)
            free[i] = False
    return flows
