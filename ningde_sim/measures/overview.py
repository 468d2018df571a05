"""All measures of a bottleneck side by side."""

from __future__ import annotations

import pandas as pd

from ningde_sim._support import checks
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.measures.active import active_periods, momentary_bottlenecks
from ningde_sim.measures.neighbours import Joins, arrows, joined_stations, turning_points
from ningde_sim.measures.ranks import ranks
from ningde_sim.measures.states import shares


def ranking(run_or_log: ShopRun | pd.DataFrame, joins: Joins | None = None) -> pd.DataFrame:
    """All measures side by side, with the simple ones: share working and share down.

    Where they agree, trust them more; where they differ, look for the reason. None of them knows
    what more capacity would bring.

    Parameters
    ----------
    run_or_log : ShopRun or DataFrame
        As for `active_periods`.
    joins : iterable of (feeding, taking)
        As for `arrows`; a log needs them, since it does not say which station feeds which.

    Returns
    -------
    DataFrame
        A row a station, each measure with its rank, 1 being the strongest: working_share,
        down_share (under repair or waiting for a crew) [-], mean_active_period [min],
        momentary_share (sole and shifting), arrows_severity, turning_index [-], and
        arrows_bottleneck, turning_bottleneck. The ranks are working_rank, down_rank, ...

    Raises
    ------
    TypeError, ValueError
        As for `active_periods` and `arrows`; a log without joins.
    """
    spent = shares(run_or_log)
    if joins is not None:
        pairs = [*checks.listed("ranking", "joins", joins, "pairs of stations (feeding, taking)")]
    elif isinstance(run_or_log, ShopRun):
        pairs = joined_stations(run_or_log.shop)
    else:
        cure = "For one line, in order: joins=itertools.pairwise(['A', 'B', 'C'])."
        raise ValueError(checks.complain("ranking", "a log must come with joins", joins, cure))
    active, momentary = active_periods(run_or_log), momentary_bottlenecks(run_or_log)
    arrow, turning = arrows(spent, pairs), turning_points(spent, pairs)
    down = spent["down"] + spent["waiting"]
    return pd.DataFrame(
        {
            "working_share": spent["working"],
            "working_rank": ranks(spent["working"].to_numpy()),
            "down_share": down,
            "down_rank": ranks(down.to_numpy()),
            "mean_active_period": active["mean_active_period"],
            "active_rank": active["rank"],
            "momentary_share": momentary["sole_share"] + momentary["shifting_share"],
            "momentary_rank": momentary["rank"],
            "arrows_severity": arrow["severity"],
            "arrows_rank": arrow["rank"],
            "arrows_bottleneck": arrow["bottleneck"],
            "turning_index": turning["index"],
            "turning_rank": turning["rank"],
            "turning_bottleneck": turning["bottleneck"],
        }
    )
