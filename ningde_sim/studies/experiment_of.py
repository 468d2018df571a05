"""The experiment that a shop or a scenario stands for."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ningde_sim._support import checks
from ningde_sim.engine.simulate import Engine, check_request, warn_of_idle_crews
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.shop import Shop
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.kept_tables import checked
from ningde_sim.studies.of_shop import ShopExperiment, check_kept
from ningde_sim.studies.of_year import KEPT as YEAR_TABLES
from ningde_sim.studies.of_year import Inputs, YearExperiment
from ningde_sim.year.scenario import Scenario


def experiment_of(
    caller: str,
    what: Shop | Scenario | Experiment,
    *,
    hours: float | None,
    calendar: Calendar | Mapping[str, Any] | None,
    start: datetime.date | str | None,
    days: int | None,
    warm_up: float,
    inputs: Inputs,
    seed: int,
    engine: Engine,
    keep: Sequence[str] = (),
    every: float | None = None,
) -> Experiment:
    """What is repeated, checked; parameters as of `replicate`."""
    if isinstance(what, (Scenario, Shop, Experiment)):
        name = what.title if isinstance(what, Experiment) else what.name
        checks.one_of(f"{caller} {name!r}", "inputs", inputs, get_args(Inputs))
        checks.one_of(f"{caller} {name!r}", "engine", engine, get_args(Engine))
    if isinstance(what, Scenario):
        names = checked(f"{caller} {what.name!r}", keep, YEAR_TABLES)
        what, keep = YearExperiment(what, inputs, engine, names), ()
    if isinstance(what, Experiment):
        if hours is not None or warm_up:
            rule = "hours and warm_up are arguments for a Shop only"
            raise ValueError(checks.complain(f"{caller} {what.title!r}", rule, hours))
        dated = {"calendar": calendar, "start": start, "days": days}
        for name, given in dated.items():
            if given is not None:
                rule, cure = f"{name} is an argument for a Shop only", ""
                if isinstance(what, YearExperiment):
                    cure = "A Scenario has its own: scenario.replace changes it by path."
                raise ValueError(checks.complain(f"{caller} {what.title!r}", rule, given, cure))
        if every is not None:
            rule = "every is an argument for a Shop only"
            raise ValueError(checks.complain(f"{caller} {what.title!r}", rule, every))
        if keep:
            rule = "keep is an argument for a Shop or a Scenario only"
            cure = "An Experiment of your own keeps what its run_keeping gives."
            raise ValueError(checks.complain(f"{caller} {what.title!r}", rule, keep, cure))
        return what
    if not isinstance(what, Shop):
        rule = "it must be given a Shop or a Scenario"
        cure = "Call it." if callable(what) else 'scenario("ningde-2021") gives one.'
        raise TypeError(checks.complain(caller, rule, what, cure))
    request = check_request(
        caller,
        what,
        hours=hours,
        calendar=calendar,
        start=start,
        days=days,
        warm_up=warm_up,
        seed=seed,
        engine=engine,
    )
    keep, every = check_kept(request.owner, keep, every, request.hours, request.dates)
    warn_of_idle_crews(what)
    return ShopExperiment(
        what,
        request.hours,
        request.warm_up,
        engine=engine,
        keep=keep,
        every=every,
        dates=request.dates,
    )
