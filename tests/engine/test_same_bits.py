"""Regression: both shops of the package give the same bits, whatever is renamed or moved."""

import hashlib

import numpy as np
import pytest

from ningde_sim import ningde_2020, ningde_2021, simulate
from ningde_sim.engine.rules import State

REGRESSION = {
    "ningde_2020": "60d99d27b25a5711c9e8d8cecec45c21821b112ceb81fd6847e1117e03c5db0b",
    "ningde_2021": "9a2fe31d887874b6845384bf2f78e25343064506cc1c6ccacc8658fdff7e14f9",
}
"""SHA-256 of what 260 h after 20 h gave, seed 7, run 3, before names and folders changed."""

LATER = ("asked_at", "rejected", "setups", "batches_in", "batches_out", "overtaken")
"""Counts that there were not then."""

SHOPS = {"ningde_2020": ningde_2020, "ningde_2021": ningde_2021}


def digest(run) -> str:
    """SHA-256 of exits and counts, in an order that depends on no name of ours."""
    counts = run.counts
    arrays = [times for _, times in sorted(run.exits.items())]
    assert not counts.spent[:, State.SETUP].any()  # a state that there was not then
    arrays += [np.delete(counts.spent, State.SETUP, axis=1)]
    for columns in (counts.stations, counts.stores, counts.failures):
        arrays += [columns[name] for name in sorted(columns) if name not in LATER]
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
    return hashed.hexdigest()


@pytest.mark.parametrize("name", SHOPS)
def test_regression_a_default_shop_gives_the_same_bits(name):
    run = simulate(SHOPS[name](), hours=260, warm_up=20, seed=7, run=3)
    assert digest(run) == REGRESSION[name]
