"""How fast the bottleneck measures read a day of the large shop."""

from __future__ import annotations

import time

from ningde_sim import measures, ningde_2021, simulate


def test_all_measures_of_a_day(report):
    """167 stations, some 127,000 intervals: a second at most."""
    run = simulate(ningde_2021(), hours=24, warm_up=24, seed=1, trace=True)
    measures.ranking(run)  # imports scipy.stats
    begin = time.perf_counter()
    measures.ranking(run)
    seconds = time.perf_counter() - begin
    report("all bottleneck measures of 24 h of the 620-robot shop", f"{seconds:.2f} s")
    assert seconds < 1
