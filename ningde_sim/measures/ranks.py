"""Ranks by one or more keys."""

from __future__ import annotations

import numpy as np

from ningde_sim.engine.counts import Ints
from ningde_sim.measures.state_log import Bools, Floats


def ranks(*keys: Floats | Bools) -> Ints:
    """Rank 1 has the greatest first key; the next keys decide ties; full ties share a rank."""
    table = np.column_stack(keys).astype(np.float64)
    order = np.lexsort(-table.T[::-1])
    differs = np.concatenate(([True], np.any(np.diff(table[order], axis=0) != 0, axis=1)))
    ranking = np.empty(len(order), dtype=np.int64)
    ranking[order] = np.maximum.accumulate(np.where(differs, np.arange(len(order)), 0)) + 1
    return ranking
