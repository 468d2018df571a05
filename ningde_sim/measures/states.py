"""The share of its working time that a station spends in each state."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ningde_sim.engine.rules import OPEN_STATES, State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.measures.state_log import read


def shares(run_or_log: ShopRun | pd.DataFrame) -> pd.DataFrame:
    """The share of its working time that each station spends in each state.

    Parameters
    ----------
    run_or_log : ShopRun or DataFrame
        A run, or a log as for `active_periods`. Neither time off nor time without a row counts.

    Returns
    -------
    DataFrame
        A row a station: working, setup, planned, down, waiting, blocked, starved. [-]
    """
    if isinstance(run_or_log, ShopRun):
        states = run_or_log.stations[list(OPEN_STATES)]
        spent, index = states.to_numpy(dtype=np.float64), states.index
    else:
        log = read(run_or_log)
        spent, index = log.spent()[:, [State[s.upper()] for s in OPEN_STATES]], log.index
    total = spent.sum(axis=1, keepdims=True)
    table = np.divide(spent, total, out=np.zeros_like(spent), where=total > 0)
    return pd.DataFrame(table, columns=list(OPEN_STATES), index=index)
