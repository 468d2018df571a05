"""Results of many runs, read as estimates with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import checks
from ningde_sim.plant.paths import nearest
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate, Values
from ningde_sim.studies.experiment import Case


@dataclass(frozen=True, repr=False, eq=False)
class Sample:
    """Results of independent runs of a case, column by column; told with `Study`."""

    case: Case
    values: Mapping[str, Values]
    target: float | None

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.values[self.case.of])

    def column(self, of: str | None = None) -> Values:
        """The results of all runs, in the order of the runs, shape (n,). [case.units[of]]"""
        of = self.case.of if of is None else of
        if of not in self.values:
            known = list(self.values)
            rule = "of must be a column of the results"
            cure = nearest(str(of), known) if len(known) > 20 else f"They are {', '.join(known)}."
            raise ValueError(checks.complain(self._owner, rule, of, cure))
        return self.values[of]

    def probability(
        self, target: float | None = None, *, of: str | None = None, level: float = 0.95
    ) -> Estimate:
        """How likely a run reaches the target, with the exact interval of Clopper and Pearson.

        Parameters
        ----------
        target : float, optional  The least that counts as reached; the study's own by default,
            which is of the main column. [case.units[of]]
        of : str, optional  A column of results.
        level : float  Confidence, between 0 and 1. [-]

        Raises
        ------
        ValueError, TypeError
            No target, an unknown column, a level out of bounds.

        Warns
        -----
        FewRuns
            Fewer than 10 runs.
        """
        of = self.case.of if of is None else of
        values, least = self.column(of), self._least(target, of)
        if least is None:
            cure = "Give it here, or to replicate."
            raise ValueError(checks.complain(self._owner, f"{of} has no target", target, cure))
        hits = int(np.sum(values >= least))
        level = checks.share(self._owner, "level", level)
        found = estimate.probability(hits, self.n, level=level)
        return estimate.warn(found.wider(self.widening, least=0.0, most=1.0))

    def mean(self, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """The mean of a run, with Student's t interval.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; one run.
        """
        level = checks.share(self._owner, "level", level)
        return estimate.warn(estimate.mean(self.column(of), level=level).wider(self.widening))

    def quantile(self, q: float, *, of: str | None = None, level: float = 0.95) -> Estimate:
        """What a share `q` of the runs stays at or below, with an interval of order statistics.

        It holds whatever the distribution; its `level` is the one reached, at least that asked
        for. Where the runs are too few for a bound, the end is infinite.

        Warns
        -----
        FewRuns, OpenInterval
            Fewer than 10 runs; fewer than bound this quantile (72 for 5 % or 95 %).
        """
        q, level = checks.share(self._owner, "q", q), checks.share(self._owner, "level", level)
        found = estimate.quantile(self.column(of), q, level=level).wider(self.widening)
        return estimate.warn(found, needed=estimate.runs_for_quantile(q, level=level))

    def _least(self, target: float | None, of: str) -> float | None:
        """The target given, or the own one if the column is the main one."""
        least = self.target if target is None and of == self.case.of else target
        return None if least is None else checks.finite(self._owner, "target", least)

    def _spread(self, of: str | None) -> Values:
        """A column of results that differ."""
        values = self.column(of)
        if np.ptp(values) == 0:
            rule = f"the runs must differ in {self.case.of if of is None else of}"
            raise ValueError(checks.complain(self._owner, rule, float(values[0])))
        return values

    @property
    def widening(self) -> float:
        """How many times as wide as those of so many plain runs the intervals have to be. [-]"""
        return 1.0

    @property
    def _owner(self) -> str:
        return f"Study {self.case.title!r}"
