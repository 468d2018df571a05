"""The summary of a sweep, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ningde_sim.studies.design_points import shown

if TYPE_CHECKING:
    from ningde_sim.studies.sweep_result import Sweep

MOST_NAMES = 10
"""Named design points that are listed."""

MOST_CHANGES = 3
"""Changed values of each of them that are listed."""

MOST_VALUES = 6
"""Values of a path that are listed."""

Lines = Iterator[tuple[str, str]]


def lines(sweep: Sweep) -> Lines:
    """Name and text of each line."""
    yield from _over(sweep)
    yield from _extremes(sweep)
    yield from _best(sweep)
    engine = f"{sweep.experiment.engine} engine, version {sweep.version}"
    yield "run with", f"common random numbers (CRN): seed {sweep.seed}, {engine}"
    if m := max((runs.m for runs in sweep.cheap.values()), default=0):
        yield "control", f"{m:,} runs of a cheap model at each design point"
    if any(inputs.dtype.names for inputs in sweep.inputs.values()):
        yield "inputs", "drawn anew for each run, the same in all design points; those varied"
        yield "", "here are known"
    else:
        yield "interval", "of random variation only: it says nothing about uncertain inputs"
    yield from (("note", note) for note in sweep.experiment.notes)
    if not sweep.complete:
        missing = len(sweep.design_points) - len(sweep.values)
        yield "incomplete", f"interrupted: {missing:,} design points are missing"


def _over(sweep: Sweep) -> Lines:
    """What was varied: the named design points, or the values of each path."""
    points = sweep.design_points
    if names := points.names:
        for k, name in enumerate(names[:MOST_NAMES]):
            changes = points.changed(k, MOST_CHANGES) if points.changes[k] else "no change"
            yield "over", f"{name}: {changes}"
        if len(names) > MOST_NAMES:
            yield "", f"and {len(names) - MOST_NAMES:,} more: see `.design_points`"
        return
    for path in points.paths:
        values = [*dict.fromkeys(shown(row[path]) for row in points.changes if path in row)]
        words = [f"{v:g}" if isinstance(v, float) else str(v) for v in values[:MOST_VALUES]]
        yield "over", f"{path}: {', '.join(words)}{' ...' if len(values) > MOST_VALUES else ''}"


def _extremes(sweep: Sweep) -> Lines:
    """The design points of the least and the largest estimate."""
    estimates = sweep.each(None, sweep.target, 0.95)
    order = np.argsort([each.value for each in estimates], kind="stable").tolist()
    numbers = list(sweep.values)
    for words, at in (("least", order[0]), ("most", order[-1])):
        alike = sum(each.value == estimates[at].value for each in estimates) - 1
        more = f", and {alike} more" if alike else ""
        label = sweep.design_points.label(numbers[at])
        yield words, f"{_what(sweep)} {estimates[at]} at {label}{more}"


def _best(sweep: Sweep) -> Lines:
    """How many may be the best, by probability and by mean."""
    ways: dict[str, float | None] = {"the mean": None}
    if sweep.target is not None:
        ways = {_what(sweep): sweep.target, **ways}
    kept = [f"{sweep.may_be_best(None, t, 0.95).sum():,} by {by}" for by, t in ways.items()]
    number = len(sweep.values)
    yield "may be best", f"of {number:,} design points {', '.join(kept)}; with 95 % confidence"


def _what(sweep: Sweep) -> str:
    """The column, or the probability that it reaches the target."""
    of = sweep.experiment.of
    return of if sweep.target is None else f"P({of} >= {sweep.target:,.6g})"
