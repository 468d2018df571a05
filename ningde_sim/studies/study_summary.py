"""The summary of a study, line by line: what came out, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ningde_sim.statistics import control, estimate
from ningde_sim.statistics.stopping import half_width
from ningde_sim.statistics.variance_shares import ENOUGH

if TYPE_CHECKING:
    from ningde_sim.studies.study import Study

Lines = Iterator[tuple[str, str]]


def results(study: Study) -> Lines:
    """What came out, in words."""
    experiment = study.experiment
    if study.known:
        yield "given", f"{study.known}"
    with estimate.unwarned():
        reached = None if study.target is None else study.probability()
        means = {of: study.mean(of=of) for of in (experiment.of, *experiment.also)}
        shares = [study.quantile(q) for q in (0.05, 0.5, 0.95)]
        others = {} if study.target is None else experiment.readings
        also = {words: study.probability(study.target, of=of) for of, words in others.items()}
    if reached is not None:
        yield f"P(>= {study.target:,.10g})", f"{reached}"
        for words, share in also.items():
            yield f"P {words}", f"{share}, if they count"
    yield experiment.of, f"{means[experiment.of]}, the mean"
    for words, share in zip(("5 % of runs", "half of them", "95 % of runs"), shares, strict=True):
        yield words, f"{share} or less"
    for of in experiment.also:
        yield of, f"{means[of]} {experiment.units[of]}, the mean"
    if limit := limiting(study):
        part, runs = limit
        yield "limits the year", f"{part} in {runs:,} of {study.n:,} runs"


def limiting(study: Study) -> tuple[str, int] | None:
    """The part of the plant that limits the most runs, and how many."""
    runs = {
        part: int(study.column(column).sum()) for column, part in study.experiment.parts.items()
    }
    return max(runs.items(), key=lambda each: each[1]) if runs else None


def cautions(study: Study) -> Lines:
    """How the results came about and how far they can be trusted, in words."""
    values, needed = study.column(), estimate.runs_for_quantile(0.05, level=0.95)
    yield (
        "run with",
        f"seed {study.seed}, {study.experiment.engine} engine, version {study.version}",
    )
    yield from _control(study)
    if study.inputs:
        yield "interval", "from the number of runs only; the uncertainty of the inputs is in the"
        yield "", "spread of the runs, as far as their ranges are stated"
    else:
        yield "interval", "of random variation only: it says nothing about uncertain inputs"
    if study.inputs and study.n < ENOUGH:
        yield "random share", f"too few runs for it, or for which inputs matter: ask for {ENOUGH}"
    elif study.inputs and np.ptp(values) > 0:
        if study.repeats:
            yield "random share", f"{study.random_share()} of the variance (n: repeated runs)"
        yield "matters most", f"{_strongest(study.input_shares())}; rank correlation"
    for k, sentence in enumerate(study.known.cautions()):
        yield "" if k else "with care", sentence
    if np.any(stuck := study.values.get("stuck", 0)):
        n = np.count_nonzero(stuck)
        yield "stuck", f"{n:,} of {study.n:,} runs came to a stop: the results hold dead time"
    if not study.complete:
        yield "incomplete", "interrupted: these are the first runs only"
    if study.precision and not study.precision.reached(values, study.control()):
        reached = study.precision.estimate(values, study.control())
        yield (
            "imprecise",
            f"{reached}: +-{study.precision.wanted:g} was asked for, "
            f"which takes about {study.precision.needed(reached):,} runs",
        )
    if study.n < needed:
        yield "few runs", f"{needed} runs bound the 5 % and 95 % on both sides"


def _control(study: Study) -> Lines:
    """How many runs would do as well without the cheap model, in words."""
    if not study.cheap or study.n < control.FEWEST:
        return
    widths = {"the mean": [half_width(each.mean()) for each in (study, study.plain)]}
    if study.target is not None:
        name = f"P(>= {study.target:,.10g})"
        widths[name] = [half_width(each.probability()) for each in (study, study.plain)]
    runs = {what: study.n * (plain / own) ** 2 for what, (own, plain) in widths.items() if own}
    words = " and ".join(f"{what} with {n:,.0f}" for what, n in runs.items())
    yield (
        "control",
        f"{study.cheap.m:,} runs of a cheap model: as narrow as, without it, {words} runs",
    )


def _strongest(table: pd.DataFrame) -> str:
    """The three inputs with the strongest correlation, and whether it may be chance."""
    top = table.head(3)
    rows = zip(top.index, top["correlation"], top["beyond_chance"], strict=True)
    words = (
        f"{name} {r:+.2f}" + ("" if beyond else " (may be chance)") for name, r, beyond in rows
    )
    return ", ".join(words) or "no input varies"
