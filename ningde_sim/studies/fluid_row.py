"""The results of a year as a continuous flow, in the columns of a study of simulated years."""

from __future__ import annotations

import numpy as np

from ningde_sim._support import units
from ningde_sim.studies.experiment import Row
from ningde_sim.year.fluid_model import FluidFlow, FluidModel
from ningde_sim.year.schema import BlockTable
from ningde_sim.year.windows import by_day

EXPORT_LAG = 10
"""From the gate to the ship, for the sake of a close correlation; the mean of simulated exports of
"ningde-2021" is met within 2 %. [days]"""


def fluid_row(model: FluidModel, seed: int, run: int) -> Row:
    """Of the columns that a study keeps of a year, those that the flow of a run knows."""
    flow = model.run(seed, run)
    plan, made = flow.scenario, flow.made
    totals = {word: float(by_day.sum()) for word, by_day in made.items()}
    of = plan.made[-1]
    sets = {}
    if plan.ckd is not None:
        packed = float(flow.ckd_sets.sum())
        sets = {"ckd_sets": packed, "with_ckd_sets": totals[of] + packed}
    row = {of: totals[of], **totals, **sets, "scrapped": float(flow.scrapped.sum()), **_lost(flow)}
    for word in dict.fromkeys((plan.made[0], of)):
        by_month = np.add.reduceat(made[word], model.month_begins).tolist()
        for month, number in zip(model.months, by_month, strict=True):
            row[f"{word}_{month}"] = number
    return row | _exported(flow, model)


def _exported(flow: FluidFlow, model: FluidModel) -> Row:
    """The share of what is made that is exported, `EXPORT_LAG` days later."""
    plan = flow.scenario
    if plan.export is None:
        return {}
    sets = plan.export.ckd_share.value * flow.ckd_sets
    made = plan.export.vehicle_share.value * flow.made[plan.made[-1]] + sets
    late = np.concatenate((np.zeros(EXPORT_LAG), made))[: len(made)]
    by_month = np.add.reduceat(late, model.month_begins)
    monthly = zip(model.months, by_month.tolist(), np.cumsum(by_month).tolist(), strict=True)
    row = {"exports": float(late.sum()), "exported_ckd_sets": float(sets[:-EXPORT_LAG].sum())}
    for month, inside, up_to_end in monthly:
        row[f"exports_{month}"], row[f"exports_by_{month}"] = inside, up_to_end
    return row


def _lost(flow: FluidFlow) -> Row:
    """What closed hours took from the last shop, as `YearRun.losses` counts it. [vehicles]"""
    *_, name = flow.scenario.shops
    block = flow.scenario.shops[name]
    if not isinstance(block, BlockTable):
        return {}
    shop, an_hour = flow.open_hours.shops[name], block.rate.value / units.MS_PER_H
    besides = by_day(shop.planned, len(shop.nominal)) - shop.nominal
    return {
        "nominal": int(shop.nominal.sum()) * an_hour,
        "lost_overtime": -int(besides[besides > 0].sum()) * an_hour,
        "lost_closures": -int(besides[besides < 0].sum()) * an_hour,
        **{f"lost_{cause}": ms * an_hour for cause, ms in shop.paces[1].items()},
    }
