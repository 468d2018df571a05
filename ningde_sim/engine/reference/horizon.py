"""Run a layout to its horizon, and collect what was counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine.counts import Counts, History, Ints, Packed
from ningde_sim.engine.critical_path import packed
from ningde_sim.engine.layout import Layout
from ningde_sim.engine.reference.events import Due
from ningde_sim.engine.reference.floor import Floor, counted, spent

LAST = 2**40
"""A rank after that of all things."""


N_REPORTS = 1000
"""Progress reports of a run; at most one an hour of the run."""


def run(
    layout: Layout,
    *,
    warm_up: int,
    seed: int,
    run: int,
    trace: bool,
    critical_path: bool,
    ends: Ints | None,
    report: Callable[[int], None],
) -> Counts:
    """Run a layout to its horizon.

    Parameters
    ----------
    warm_up : int
        [ms]
    ends : array, optional
        Keep a history, a row up to each of these instants since the warm-up, which rise to the end
        of the run. [ms, int64]
    report : callable
        Called with the clock now and then. [ms]
    """
    floor = Floor(layout, seed=seed, run=run)
    floor.tracing = trace and warm_up == 0
    step = max(layout.horizon // N_REPORTS, units.MS_PER_H)

    def advance(until: int) -> None:
        for stop in (*range(int(floor.env.now) + step, until, step), until):
            floor.env.run(until=Due(floor.env, stop, LAST))
            report(stop)

    if critical_path and not warm_up:
        floor.note_causes()
    floor.start()
    if warm_up:
        advance(warm_up)
        floor.account()
        floor.clear()
        floor.tracing = trace
        if critical_path:
            floor.note_causes()
    history = None
    if ends is not None:
        history = History.blank(ends, len(floor.stations), len(floor.stores))
    stops = [layout.horizon - warm_up] if ends is None else ends.tolist()
    for row, end in enumerate(stops):
        advance(warm_up + end)
        if history is not None:
            floor.keep(history, row)
    floor.account()
    return _collect(floor, warm_up, history)


def _collect(floor: Floor, warm_up: int, history: History | None) -> Counts:
    begun = np.array([0, 0, warm_up, warm_up])
    n, by_product = len(floor.layout.products), floor.layout.by_product
    exits = {row.line: Packed(4) for row in floor.layout.stations if row.output}
    for number, rows in exits.items():
        own = [(t - warm_up, *told) for n, t, *told in floor.exits if n == number]
        rows.add(np.array(own, np.int64).reshape(-1, 4))
    return Counts(
        stations=counted("stations", floor.stations)
        | {
            "content": np.array([s.content for s in floor.stations], np.int64),
            "asked_at": np.array([s.asked_at - warm_up for s in floor.stations], np.int64),
        },
        spent=spent(floor),
        stores=counted("stores", floor.stores)
        | {
            "level_start": np.array([s.level_start for s in floor.stores], np.int64),
            "level_end": np.array([s.level for s in floor.stores], np.int64),
        },
        failures=counted("failures", floor.failures),
        clocks=counted("clocks", floor.failures),
        stops=counted("stops", floor.stops()),
        crews=counted("crews", floor.crews.groups),
        exits=exits,
        products={
            "made": np.array([s.tally for s in floor.stations], np.int64),
            "held_ms": np.array([s.held_ms for s in floor.stores], np.int64).reshape(-1, n),
            "held": np.array([s.held() for s in floor.stores], np.int64).reshape(-1, n)
            * by_product,
            "wip_ms": np.array(floor.wip_ms_of, np.int64) * by_product,
            "wip": np.array(floor.wip_of, np.int64) * by_product,
            "next": np.array(floor.sequence.next, np.int64),
            "head": np.array(floor.sequence.head, np.int64),
            "set_for": np.array([s.set_for for s in floor.stations], np.int64),
        },
        wip={"start": floor.wip_start, "ms": floor.wip_ms, "end": floor.wip},
        chosen=np.array(floor.chosen(), np.int64),
        inside=floor.inside(),
        trace=np.array(floor.trace, np.int64).reshape(-1, 4) - begun if floor.tracing else None,
        history=history,
        path=packed(floor.critical_path(warm_up), warm_up) if floor.noting else None,
        engine="reference",
    )
