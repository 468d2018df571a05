"""Runs of an experiment's cheap model, which make the estimates of a study narrower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from ningde_sim._support import checks
from ningde_sim._support.parallel import Work
from ningde_sim.statistics import control
from ningde_sim.statistics.cross_fit import Control
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.experiment import Experiment, columns

FURTHER = 2**32
"""Number of the first further run: no study, and no repeat, has so many."""

A_RUN, MOST = 32, 8192
"""Further runs for each run, and in all, by default: whole hypercubes, so many that their part of
the variance is small, so few that the runs themselves take most of the time."""

MOST_ASKED = 10**7

Readings = Mapping[str, Values]
"""A reading of each run by the column of results that it stands for."""


@dataclass(frozen=True, eq=False)
class CheapRuns:
    """Readings of a cheap model; false where there are none.

    Attributes
    ----------
    own : mapping of arrays, shape (n,)
        Of the runs of the study. [experiment.units]
    further : mapping of arrays, shape (m,)
        Of runs `FURTHER`, `FURTHER` + 1, ... of the same seed. [experiment.units]
    """

    own: Readings = field(default_factory=dict)
    further: Readings = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in (*self.own.values(), *self.further.values()):
            column.flags.writeable = False

    def __bool__(self) -> bool:
        return bool(self.own)

    @property
    def m(self) -> int:
        """Number of further runs."""
        return len(next(iter(self.further.values()), ()))

    def control(self, of: str, main: str) -> Control | None:
        """The readings of a column, or where there are none of the main one."""
        column = of if of in self.own else main
        if column not in self.own:
            return None
        return Control(self.own[column], self.further[column])


NO_CHEAP_RUNS = CheapRuns()
"""Of an experiment without a cheap model."""


def number_of_further(
    owner: str, experiment: Experiment, seed: int, *, asked: int | None, runs: int
) -> int:
    """How many further runs are made: those asked for, else enough for so many runs.

    0 where the experiment has no cheap model, or the study has too few runs for a control.
    """
    if asked is not None:
        asked = checks.whole(owner, "control_runs", asked, low=0, high=MOST_ASKED)
    if asked == 0 or runs < control.FEWEST or not experiment.cheap(seed, FURTHER):
        return 0
    return min(MOST, A_RUN * runs) if asked is None else asked


def further_runs(
    experiment: Experiment, seed: int, m: int, *, workers: int | None, shown: bool | None
) -> Readings:
    """The readings of m further runs, from as many workers."""
    if not m:
        return {}
    with Work(
        partial(experiment.cheap, seed),
        range(FURTHER, FURTHER + m),
        title=f"{experiment.title}: cheap model",
        total=m,
        workers=workers,
        prefer=experiment.prefer,
        shown=shown,
    ) as work:
        return columns([*work])
