"""Independent runs of a reference case, with Student's interval for each of its quantities."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ningde_sim import Shop, ShopRun, simulate
from tests.theory.reference import UNIT, Measure, record

RUNS = 40
LEVEL = 0.9999
"""Confidence of each interval. With about 250 of them a correct engine has a false alarm for 2.5 %
of the choices of seeds; the seeds are fixed, so that it does not come and go."""

WIDEST = 0.005
"""Half-width of a throughput, as a share of it. A bias of 1 % is then 8.7 standard errors or more
from the reference, and missed with a probability of less than 0.0001."""

WIDEST_OTHER = 0.02
"""The same for shares of time and contents of stores, as a share of one plus the reference."""

RATES = ("throughput", "good_throughput", "availability")
"""Metrics to which `WIDEST` applies."""


@dataclass(frozen=True)
class Instance:
    """An instance of a reference case, with how a run measures its quantities.

    Attributes
    ----------
    file : str
        Number of the case: A01.
    name : str
        Name of the instance.
    shop : callable
        The shop, for the length of the abstract unit. [s]
    claims : dict
        From the text of the reference to how a run measures it.
    units : float
        Counted time of one of the `RUNS` runs. [abstract units]
    warm_up : float
        Time before it. [abstract units]
    widest : float
        Its own for `WIDEST`. [-]
    widest_other : float
        Its own for `WIDEST_OTHER`. [-]
    trace : bool
        Whether a claim needs the trace.
    exact : callable, optional
        The reference of each claim, if it is not in a file.
    """

    file: str
    name: str
    shop: Callable[[float], Shop]
    claims: Mapping[str, Measure]
    units: float = 30_000
    warm_up: float = 1_000
    widest: float = WIDEST
    widest_other: float = WIDEST_OTHER
    trace: bool = False
    exact: Callable[[], Mapping[str, Any]] | None = None

    def reference(self, quantity: str) -> dict[str, Any]:
        """The record of a claim."""
        if self.exact is None:
            return record(self.file, quantity)
        value = self.exact()[quantity]
        return {"metric": quantity, "value": value, "tolerance_abs": 0.0, "kind": "exact"}

    @property
    def label(self) -> str:
        """Names the case in the list of tests."""
        return f"{self.file} {self.name}".strip()

    @property
    def seed(self) -> int:
        """Each case has its own random streams."""
        return zlib.crc32(self.label.encode())

    def run(
        self, run: int, *, units: float = 0.0, unit: float = UNIT, engine="compiled"
    ) -> ShopRun:
        """One of the runs; with `units` a short one with a tenth of them as warm-up."""
        hours = unit / 3600
        warm_up = min(self.warm_up, units / 10) if units else self.warm_up
        return simulate(
            self.shop(unit),
            hours=(units or self.units) * hours,
            warm_up=warm_up * hours,
            seed=self.seed,
            run=run,
            engine=engine,
            trace=self.trace,
        )


@dataclass(frozen=True)
class Agreement:
    """A quantity beside its reference, element for element."""

    quantity: str
    mean: np.ndarray
    half_width: np.ndarray
    reference: np.ndarray
    widest: np.ndarray

    @property
    def agrees(self) -> bool:
        """The reference lies inside the interval."""
        return bool((abs(self.mean - self.reference) <= self.half_width).all())

    @property
    def is_sharp(self) -> bool:
        """The interval is narrow enough for the test to have power."""
        return bool((self.half_width <= self.widest).all())

    def __str__(self) -> str:
        return f"{self.quantity}: {self.mean} +- {self.half_width}, reference {self.reference}"


def compare(case: Instance) -> list[Agreement]:
    """All quantities of a case, from its runs by the compiled engine."""
    runs = [case.run(i) for i in range(RUNS)]
    return [
        _compare(case, quantity, np.array([measure(run, UNIT) for run in runs], dtype=float))
        for quantity, measure in case.claims.items()
    ]


def _compare(case: Instance, quantity: str, samples: np.ndarray) -> Agreement:
    """The interval includes the uncertainty of the reference, where that is simulated itself."""
    given = case.reference(quantity)
    reference = np.array(given["value"], dtype=float)
    simulated = given["kind"].startswith("Monte Carlo")  # its tolerance is 4 standard errors
    own = given["tolerance_abs"] / 4 if simulated else 0.0
    slack = 0.0 if simulated else given["tolerance_abs"]
    error = np.hypot(samples.std(axis=0, ddof=1) / np.sqrt(len(samples)), own)
    t = stats.t.ppf((1 + LEVEL) / 2, df=len(samples) - 1)
    is_rate = given["metric"] in RATES
    widest = case.widest * reference if is_rate else case.widest_other * (1 + reference)
    return Agreement(quantity, samples.mean(axis=0), t * error + slack, reference, widest)
