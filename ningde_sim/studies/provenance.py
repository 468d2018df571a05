"""Where a study comes from: the call that makes it again, what its numbers rest on."""

from __future__ import annotations

import pandas as pd
import tomli_w

from ningde_sim.plant.paths import plain
from ningde_sim.plant.shipped import ningde_2020, ningde_2021
from ningde_sim.plant.shop import Shop
from ningde_sim.studies.experiment import Case
from ningde_sim.studies.of_shop import ShopCase
from ningde_sim.studies.of_year import YearCase
from ningde_sim.studies.study import Study
from ningde_sim.year.read import scenario
from ningde_sim.year.scenario import Scenario

SHOPS = {"ningde-2021": ningde_2021, "ningde-2020-12": ningde_2020}
"""Shops that ship, by the scenario whose body shop each is."""

PLAN, SHOP = "plan.toml", "shop.txt"
"""Files for what does not ship."""


def call(study: Study) -> str:
    """A program that makes the study again and checks its digest."""
    case = study.case
    imports, what, asked = _made(case)
    asked |= {"runs": study.n, "seed": study.seed, "target": study.target}
    arguments = (f"    {key}={value!r}," for key, value in asked.items())
    lines = [*imports, "", f"what = {what}"]
    lines += ["study = replicate(", "    what,", *arguments, ")"]
    if known := study.known:
        months = [float(figure) for figure in known.figures]
        given = f"{months}" if months else f"{float(known.total)}, through={known.months[-1]!r}"
        lines.append(f"study = study.given({given})")
    if study.inputs and not study.twins:
        lines.append("# This one is a cell of a sweep: the same runs, without twins; its digest is")
        lines.append(f"# {study.digest}")
    else:
        lines.append(f'assert study.digest == "{study.digest}"')
    return "\n".join(lines)


def _made(case: Case) -> tuple[list[str], str, dict[str, object]]:
    """What to import, the expression that makes what was run, what a run of it is."""
    asked: dict[str, object]
    if isinstance(case, YearCase):
        file = case.scenario.name if _ships(case.scenario) else PLAN
        asked = {"uncertainty": case.uncertainty, "engine": case.engine}
        return ["from ningde_sim import replicate, scenario"], f"scenario({file!r})", asked
    if isinstance(case, ShopCase):
        asked = {"hours": case.hours, "warm_up": case.warm_up, "engine": case.engine}
        if shipped := _shipped(case.shop):
            name = SHOPS[shipped].__name__
            return [f"from ningde_sim import {name}, replicate"], f"{name}()", asked
        imports = ["from pathlib import Path", "", "from ningde_sim import *"]
        return imports, f"eval(Path({SHOP!r}).read_text('utf-8'))", asked
    return ["from ningde_sim import replicate"], f"...  # {case!r}", {}


def text(case: Case) -> tuple[str, str] | None:
    """The name of a file, and what has to stand in it to make again what does not ship."""
    if isinstance(case, YearCase) and not _ships(case.scenario):
        return PLAN, tomli_w.dumps(plain(case.scenario))
    if isinstance(case, ShopCase) and not _shipped(case.shop):
        return SHOP, repr(case.shop)
    return None


def assumptions(case: Case) -> pd.DataFrame | None:
    """The quantities of a case by path, as in `Scenario.assumptions`; None where it has none."""
    if isinstance(case, YearCase):
        return case.scenario.assumptions()
    if isinstance(case, ShopCase) and (name := _shipped(case.shop)):
        table = scenario(name).assumptions()
        return table[table.index.str.startswith("body_shop.")]
    return None


def _ships(plan: Scenario) -> bool:
    return plan.name in Scenario.names() and plan == scenario(plan.name)


def _shipped(shop: Shop) -> str:
    """The scenario that ships with this shop, "" for none."""
    return next((name for name, make in SHOPS.items() if shop == make()), "")
