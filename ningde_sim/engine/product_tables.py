"""What a run made of each product, as tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ningde_sim._support import units
from ningde_sim.engine.copies import first_copies
from ningde_sim.engine.counts import Counts, Ints
from ningde_sim.engine.layout import Layout

SCRAPPED, REWORKED, REJECTED = range(3)
"""The last axis of `Counts.products["made"]`."""


def sequence(layout: Layout, counts: Counts) -> pd.DataFrame:
    """A row an exit, in order of time; of one instant in the order of the lines."""
    lines = layout.shop.lines
    exits = {number: rows.array() for number, rows in counts.exits.items()}
    names = np.array([lines[n].name for n, rows in exits.items() for _ in range(len(rows))], object)
    rows = np.concatenate([*exits.values(), np.zeros((0, 4), np.int64)])
    order = np.argsort(rows[:, 0], kind="stable")
    products = np.array(layout.products, dtype=object)
    return pd.DataFrame(
        {
            "time": units.ms_to_hours(rows[order, 0]),
            "line": names[order],
            "product": products[rows[order, 2]],
            "number": rows[order, 3],
        }
    )


def products(layout: Layout, counts: Counts, hours: float) -> pd.DataFrame:
    """A row a product."""
    exits = np.concatenate([rows.array() for rows in counts.exits.values()])
    made = counts.products["made"].sum(axis=0)
    leads = [exits[exits[:, 2] == p, 1] for p in range(len(layout.products))]
    bodies = np.array([len(times) for times in leads], dtype=np.int64)
    return pd.DataFrame(
        {
            "bodies": bodies,
            "throughput": bodies / hours,
            "share": bodies / max(1, bodies.sum()) if bodies.sum() else np.nan,
            "scrapped": made[:, SCRAPPED],
            "reworked": made[:, REWORKED],
            "rejected": made[:, REJECTED],
            "wip": counts.products["wip_ms"] / (hours * units.MS_PER_H),
            "lead_time": [_median(times) for times in leads],
        },
        index=pd.Index(layout.products, name="product"),
    )


def _median(times: Ints) -> float:
    return float(units.ms_to_hours(np.median(times))) if len(times) else math.nan


def held(layout: Layout, counts: Counts, hours: float) -> pd.DataFrame:
    """A row a store of the shop, a column a product: how many of it lay there in the mean."""
    rows = first_copies(layout.stores)
    shown = [i for i, row in enumerate(rows) if row.declared]
    levels = counts.products["held_ms"][shown] / (hours * units.MS_PER_H)
    names = pd.Index([rows[i].name for i in shown], name="store")
    return pd.DataFrame(levels, index=names, columns=pd.Index(layout.products, name="product"))


def resequencing(layout: Layout, counts: Counts) -> pd.DataFrame:
    """A row a store of the shop: the sequence before it and behind it."""
    rows, counted = first_copies(layout.stores), counts.stores
    shown = [i for i, row in enumerate(rows) if row.declared]
    values = {name: counted[name][shown] for name in counted}
    taken = np.where(values["n_taken"] > 0, values["n_taken"], np.nan)
    batches = {
        name: np.where(values[name] > 0, values[name], np.nan)
        for name in ("batches_in", "batches_out")
    }
    return pd.DataFrame(
        {
            "batch_before": values["n_put"] / batches["batches_in"],
            "batch_after": taken / batches["batches_out"],
            "changes_before": np.maximum(values["batches_in"] - 1, 0),
            "changes_after": np.maximum(values["batches_out"] - 1, 0),
            "in_sequence": 1.0 - values["overtaken"] / taken,
        },
        index=pd.Index([rows[i].name for i in shown], name="store"),
    )


def makespan(layout: Layout, counts: Counts) -> float:
    """When the last of all orders left; NaN if some have not left, or there are none. [h]

    What was scrapped on the way counts as done.
    """
    orders = layout.shop.sequence.n_orders if layout.shop.sequence else None
    if orders is None:
        return math.nan
    groups = [layout.group_at(k) for k in range(len(layout.stations))]
    scrapped = counts.products["made"][:, :, SCRAPPED].sum(axis=1)
    last = 0
    for group in {groups[k] for k, row in enumerate(layout.stations) if row.output}:
        own = [k for k, other in enumerate(groups) if other == group]
        lines = {layout.stations[k].line for k in own} & {*counts.exits}
        exits = np.concatenate([counts.exits[number].array() for number in lines])
        if len(np.unique(exits[:, 3])) + scrapped[own].sum() < orders:
            return math.nan
        last = max(last, int(exits[:, 0].max(initial=0)))
    return float(units.ms_to_hours(last))
